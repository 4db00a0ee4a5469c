/* fit.h -- the global fit: joint maximum likelihood of any number of datasets for a list of sources.
 *
 *     -2 ln L(theta) = sum over datasets d, channels j of W_dj(s_dj),   s_dj = sum over sources of npred
 *
 * (algorithms 2, 6.1.)
 *
 * Datasets are reduced as they are added (unmasked channels, shared dispersion), so thousands stream in.  Integrals of
 * the flux are done once a step for all datasets on one true axis.  What belongs to one dataset (the norm of a known
 * background) is eliminated there: profile and Schur complement, so the cost is linear in the number of datasets.
 * A map is reduced to the bins that say something, and what each source predicts there for a flux in each true bin (fit_map.c).
 * Derivatives: amplitudes enter linearly and exactly; shape parameters by central differences of sixth order, each step
 * chosen so that the flux moves by 1e-2: good to 1e-11 (t_fit).  Covariance = 2 H^-1 with the full Hessian.
 */
#ifndef FE_EST_FIT_H
#define FE_EST_FIT_H
#include <stdbool.h>
#include <stddef.h>
#include "base/err.h"
#include "est/minimise.h"
#include "types/dataset.h"
#include "types/model.h"

typedef struct fe_fit fe_fit;

typedef struct fe_fit_options {
    bool gammapy_grid;          /* integrals as gammapy 2.1: see phys/spectrum.h                        */
    bool free_background;       /* Cash: the norm (>= 0) of each dataset's known background is free     */
    int max_steps;              /* 0: 200                                                               */
} fe_fit_options;

typedef struct fe_fit_par {     /* a free parameter; strings belong to the fit                          */
    const char *source, *name, *unit;
    double start, value;
    double error;               /* NaN: none (not converged, singular, at a limit)                      */
    double min, max;            /* NaN = none                                                           */
    bool at_limit;
} fe_fit_par;

typedef struct fe_fit_result {
    size_t n_par;
    fe_fit_par *par;            /* [n_par] in the order of sources and of their parameters              */
    double *covariance;         /* [n_par][n_par]; rows of parameters at a limit are 0, NaN if singular */
    double stat;                /* -2 ln L at the best fit                                              */
    size_t n_sets, n_empty;     /* datasets; those with no channel left                                 */
    size_t n_bins;              /* channels, or flux points, that take part                             */
    size_t n_nooff;             /* channels left out for having no OFF region                           */
    size_t n_lowoff;            /* WStat channels of no OFF counts (see interface 7: they pull the norm down) */
    size_t n_local;             /* background norms that were free                                      */
    size_t n_outside;           /* flux points whose model lies outside their stored scan               */
    bool converged;
    fe_minimise_end end;
    char why[256];              /* how it ended, in words: "converged", "singular: ..."                 */
    double edm;                 /* fall of -2 ln L that a further step promises                         */
    int n_steps;                /* derivatives taken                                                    */
    size_t n_set_eval;          /* evaluations of single datasets: work, linear in their number         */
} fe_fit_result;

/*
 * Models are copied, but where maps are added they must outlive that; linked parameters are one.  NULL (FE_EDATA): a parameter not
 * finite or outside its limits; nothing free is no error.
 */
fe_fit *fe_fit_new(const fe_models *, const fe_fit_options *, fe_err *err);
void fe_fit_free(fe_fit *);

/* One parameter instead of two: "crab.index", "halo.index" (SOURCE.PARAMETER); it starts at the first one's value. */
int fe_fit_link(fe_fit *, const char *first, const char *second, fe_err *err) FE_RESULT;

/*
 * Add a spectrum dataset (ny = nx = 1) or a map; it may be freed afterwards.  factor[n_sources] multiplies the prediction of
 * each source there (temporal models; 0 = the source is not part of it), NULL = all 1.  A background of the models that has a free
 * parameter and belongs to the dataset multiplies the known background there; those of which nothing is free have done so before
 * (fe_background_apply).  The spatial parts of sources are as given: one that is free is refused.
 */
int fe_fit_add(fe_fit *, const fe_dataset *, const double *factor, fe_err *err) FE_RESULT;

/*
 * Minimise from the start values; the result lives in the fit until it is run again.  NULL (FE_EDATA) only where there
 * is nothing to minimise: no data, no channel left, a prediction that is not finite.  Else see `converged` and `why`.
 */
const fe_fit_result *fe_fit_run(fe_fit *, fe_err *err);

/* The sources with values, errors and covariance of the last run (NULL: there is none, as it is singular). */
const fe_models *fe_fit_models(const fe_fit *);
void fe_fit_energies(const fe_fit *, double *e_min_TeV, double *e_max_TeV);     /* of the data that take part; NaN: none */
double fe_fit_background_norm(const fe_fit *, size_t set);      /* of the set added as number `set`; 1 if not free */

/* ---- after a run: each leaves the fit at its best point -------------------------------------------------------- */

typedef struct fe_fit_cross {
    double value;               /* NaN: the statistic does not rise that far                            */
    bool at_limit;              /* the parameter's own limit was met before                             */
    bool converged;             /* all refits on the way                                                */
} fe_fit_cross;

/* Where the profile of parameter k (the others refitted) has risen by `drop` over the minimum; side: -1 or +1. */
fe_fit_cross fe_fit_profile_cross(fe_fit *, size_t k, double drop, int side);

/* Upper limit: profile(limit) - profile(max(best, 0)) = drop. bounded false: over the minimum itself. */
fe_fit_cross fe_fit_upper_limit(fe_fit *, size_t k, double drop, bool bounded);

/* Profile of parameter k over the minimum, the others refitted; NaN where that fails. */
double fe_fit_profile(fe_fit *, size_t k, double value);

/* TS of a source: -2 ln L without it, the others refitted (*stat_null), minus the best.  NaN if that fails. */
double fe_fit_ts(fe_fit *, size_t source, double *stat_null);

/* dnde of a source on a grid, and its error by linear propagation of the covariance; NaN where it has none. */
void fe_fit_band(fe_fit *, size_t source, size_t n, const double *e_TeV, double *dnde, double *error);

/* flux and energy flux between two energies with their errors, likewise. */
void fe_fit_flux(fe_fit *, size_t source, double e1_TeV, double e2_TeV, bool weight_energy, double *flux,
                 double *error);

/* Energy where the relative error of dnde is smallest, inside the energies of the data; NaN if it is nowhere inside. */
double fe_fit_pivot_TeV(fe_fit *, size_t source);
#endif
