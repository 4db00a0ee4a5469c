/* units.h -- unit strings as they occur in files, and quantities as users type them.
 *
 * Inside the library: TeV, cm, s, deg.  Conversion happens at the edge, in io and opt only.
 * Accepted: FITS ("cm-2 s-1 TeV-1"), astropy ("1 / (cm2 s TeV)"), gammapy composites ("cm-2 keV s-1 TeV-1"), "**", "^",
 * "*", ".", several slashes, numeric prefixes ("1e-13 cm-2 s-1", "10**-12 erg"), words in the wild ("ergs", "photons").
 * ph, photon(s), ct, count(s), event(s) and dimensionless words are dropped; sr is dimensionless by rule (deg2 is not).
 * Non-printable bytes are refused.
 */
#ifndef FE_PHYS_UNITS_H
#define FE_PHYS_UNITS_H
#include <stdbool.h>
#include "base/err.h"

typedef struct fe_unit {
    double scale;                           /* one of this unit in TeV^energy cm^length s^time deg^angle */
    signed char energy, length, time, angle;
} fe_unit;

int fe_unit_parse(const char *text, fe_unit *unit) FE_RESULT;   /* 0, or -1: not a unit; "" and NULL are 1  */
bool fe_unit_same_dim(fe_unit a, fe_unit b);

/* Factor that turns a number in `from` into one in `to`; -1 with err (code FE_EDATA) for unknown or unlike units. */
int fe_unit_factor(const char *from, const char *to, double *factor, fe_err *err) FE_RESULT;

/* "300 GeV", "0.1deg", "1e-12 cm-2 s-1 TeV-1" -> number in `unit`; a bare number is an error unless unit is "". */
int fe_quantity_parse(const char *text, const char *unit, double *value, fe_err *err) FE_RESULT;

/* Canonical spelling for FITS: "cm-2 s-1 TeV-1", "erg cm-2 s-1"; energies keep the name they came with. */
#define FE_UNIT_DNDE "cm-2 s-1 TeV-1"
#define FE_UNIT_E2DNDE "erg cm-2 s-1"
#define FE_UNIT_FLUX "cm-2 s-1"
#define FE_UNIT_EFLUX "erg cm-2 s-1"
#endif
