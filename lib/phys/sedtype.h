/* sedtype.h -- the SED types: one row each, with unit and what one norm is worth.
 *
 * With e_ref and the reference model phi:  dnde = norm phi(e_ref);  e2dnde = norm e_ref^2 phi(e_ref);
 * flux = norm int phi dE;  eflux = norm int E phi dE;  likelihood = norm itself.
 * Source: GADF flux points ("gadf-sed"), gammapy FluxMaps.
 */
#ifndef FE_PHYS_SEDTYPE_H
#define FE_PHYS_SEDTYPE_H
#include <stdbool.h>
#include "phys/spectrum.h"

typedef enum fe_sedtype {
    FE_SED_DNDE, FE_SED_E2DNDE, FE_SED_FLUX, FE_SED_EFLUX, FE_SED_LIKELIHOOD, FE_SED_N
} fe_sedtype;

typedef struct fe_sedtype_row {
    const char *name;           /* "dnde": SED_TYPE and -t                                              */
    const char *column;         /* "dnde": stem of the columns ("norm" for likelihood)                  */
    const char *ref_column;     /* "ref_dnde"; NULL for likelihood                                      */
    const char *unit;           /* internal: "cm-2 s-1 TeV-1", "TeV cm-2 s-1", ...                      */
    const char *out_unit;       /* canonical in files: "erg cm-2 s-1" for e2dnde and eflux              */
    bool needs_band;            /* needs e_min and e_max                                                */
    const char *help;
} fe_sedtype_row;

extern const fe_sedtype_row fe_sedtypes[FE_SED_N];

int fe_sedtype_parse(const char *name);                                 /* fe_sedtype, or -1             */
/* What norm 1 is worth in `type`, internal units; 1 for likelihood; NaN where it needs a band that is not finite. */
double fe_sedtype_ref(fe_sedtype type, const fe_spectrum *model, double e_min, double e_max, double e_ref);
#endif
