/* spectrum.h -- spectral models: dnde(E), integrals, inline text.
 *
 * Energies in TeV; dnde in cm-2 s-1 TeV-1, flux in cm-2 s-1, eflux in TeV cm-2 s-1; norm-type models (pl-norm ...) are
 * dimensionless and only make sense in products.  A model is a tree: leaves are rows of fe_spectrum_kinds (one row +
 * one function + one test each), inner nodes are "*" and "+" of two models.
 */
#ifndef FE_PHYS_SPECTRUM_H
#define FE_PHYS_SPECTRUM_H
#include <stdbool.h>
#include <stddef.h>
#include "base/err.h"
#include "base/str.h"

enum { FE_SPECTRUM_MAX_PAR = 8 };

typedef struct fe_par_spec {
    const char *name;           /* as in gammapy's YAML                                                 */
    const char *unit;           /* internal unit: "", "TeV", "TeV-1", "cm-2 s-1 TeV-1", "cm-2 s-1"      */
    double value;               /* class default                                                        */
    bool frozen;                /* by default                                                           */
} fe_par_spec;

typedef struct fe_par {
    double value, error, min, max;      /* internal unit; error 0 = none, min/max NaN = none            */
    bool frozen;
    unsigned link;              /* parameters of one number are one (fe_models' link labels); 0 = none   */
} fe_par;

struct fe_spectrum;

typedef struct fe_spectrum_kind {
    const char *type;           /* "PowerLawSpectralModel"                                              */
    const char *tag;            /* "pl"                                                                 */
    bool is_norm;               /* dimensionless factor                                                 */
    size_t n_par;
    const fe_par_spec *par;     /* [n_par]                                                              */
    double (*dnde)(const struct fe_spectrum *, double e_TeV);
    double (*flux)(const struct fe_spectrum *, double e1_TeV, double e2_TeV);      /* NULL: numerical    */
    double (*eflux)(const struct fe_spectrum *, double e1_TeV, double e2_TeV);     /* NULL: numerical    */
    double (*kink_TeV)(const struct fe_spectrum *);    /* break where quadrature must split, or NULL     */
    unsigned gammapy_closed;    /* integrals that gammapy 2.1 does in closed form too                   */
} fe_spectrum_kind;

enum { FE_CLOSED_FLUX = 1, FE_CLOSED_EFLUX = 2 };       /* bits of gammapy_closed                       */

extern const fe_spectrum_kind fe_spectrum_kinds[];      /* ends with type NULL */
/* By type or tag (and "ebl", as users call ebl-norm); NULL. */
const fe_spectrum_kind *fe_spectrum_kind_find(const char *type_or_tag);

typedef struct fe_spectrum {
    const fe_spectrum_kind *kind;       /* NULL for an inner node                                       */
    fe_par par[FE_SPECTRUM_MAX_PAR];
    size_t n_node;                      /* template, piecewise-norm: nodes                              */
    double *node_e_TeV, *node_value;    /* [n_node], energies ascending                                 */
    bool node_linear;                   /* piecewise-norm with "interp: lin"                            */
    struct fe_ebl *ebl;                 /* ebl-norm: the table, shared; see phys/spectrum_ebl.h          */
    char op;                            /* inner node: '*', '+' or '-'                                  */
    struct fe_spectrum *left, *right;
} fe_spectrum;

fe_spectrum *fe_spectrum_new(const char *type_or_tag);                  /* class defaults; NULL if unknown */
fe_spectrum *fe_spectrum_join(char op, fe_spectrum *left, fe_spectrum *right);      /* takes both           */
fe_spectrum *fe_spectrum_template(size_t n, const double *e_TeV, const double *dnde);
fe_spectrum *fe_spectrum_nodes(const char *type_or_tag, size_t n, const double *e_TeV, const double *value);
fe_spectrum *fe_spectrum_copy(const fe_spectrum *);
void fe_spectrum_free(fe_spectrum *);
fe_par *fe_spectrum_par(fe_spectrum *, const char *name);              /* of a leaf; NULL if it has none  */
bool fe_spectrum_has_nodes(const fe_spectrum *);                       /* template, piecewise-norm         */
bool fe_spectrum_has_table(const fe_spectrum *);                       /* ebl-norm                         */
void fe_spectrum_negate(fe_spectrum *);                                /* dnde times -1                    */
bool fe_spectrum_is_norm(const fe_spectrum *);                         /* dimensionless as a whole         */

/*
 * "pl:index=2.3,amplitude=3e-12 cm-2 s-1 TeV-1,reference=1TeV", with " * ", " + ", " - " and brackets between models;
 * nodes are lists: "template:energy=[0.5,1,2]TeV,values=[4e-12,1e-12,2e-13]cm-2 s-1 TeV-1".  lp must name its
 * reference.
 */
fe_spectrum *fe_spectrum_parse(const char *text, fe_err *err);

/*
 * The same with "template:FILE" and "ebl:FILE,redshift=0.1": `read` gives the new leaf what the file holds.  There are
 * no files in this room; io/spectrum_io has such a function.
 */
typedef int fe_spectrum_reader(fe_spectrum *leaf, const char *file, fe_err *err);
fe_spectrum *fe_spectrum_parse_files(const char *text, fe_spectrum_reader *read, fe_err *err);
void fe_spectrum_print(const fe_spectrum *, fe_str *out);              /* inline text that parses back     */

double fe_spectrum_dnde(const fe_spectrum *, double e_TeV);
double fe_spectrum_flux(const fe_spectrum *, double e1_TeV, double e2_TeV);
double fe_spectrum_eflux(const fe_spectrum *, double e1_TeV, double e2_TeV);

/*
 * Integrals over all bins of an axis in one call: out[i] = integral over edge[i] .. edge[i+1].
 * weight_energy: of E dnde instead of dnde.  gammapy_grid: gammapy 2.1's trapezoids in log-log on one geometric grid
 * per bin, int(100 log10 r_max) points with r_max the largest E2/E1 of this call (algorithms 5), for comparisons digit
 * by digit; models that gammapy integrates in closed form do so either way.  Otherwise analytic where known, else a
 * Gauss-Kronrod rule in ln E with adaptive refinement (GSL QAG, relative 1e-12), split at kinks.  NaN where there is no
 * finite answer.  gammapy's ref_flux and ref_eflux of a table are one call for all its bands.
 */
void fe_spectrum_integrals(const fe_spectrum *, size_t n_bins, const double *edge_TeV, bool weight_energy,
                           bool gammapy_grid, double *out);
/* One bin by gammapy's rule, in a call whose widest bin has E2/E1 = r_max: a row of a table with bands of its own. */
double fe_spectrum_grid_integral(const fe_spectrum *, double e1_TeV, double e2_TeV, bool weight_energy, double r_max);
bool fe_spectrum_is_analytic(const fe_spectrum *);     /* both integrals in closed form                  */
const char *fe_spectrum_library(void);                  /* "gsl 2.7.1"                                    */
#endif
