/* fit_table.h -- what a global fit found, as tables: parameters, covariance, butterfly; and in words. */
#ifndef FE_EST_FIT_TABLE_H
#define FE_EST_FIT_TABLE_H
#include <stdbool.h>
#include "est/fit.h"
#include "types/table.h"

typedef struct fe_fit_levels {
    double n_sigma;                 /* of err, errn, errp, butterflies                                      */
    bool asym;                      /* errn, errp from the profile of -2 ln L                               */
    const char *ul;                 /* names of parameters (types/model_pars.h) with commas that get a limit; or NULL */
    double ul_drop;                 /* rise of -2 ln L                                                      */
    bool ul_bounded;                /* over max(best, 0)                                                    */
    bool ts;                        /* TS of each source                                                    */
} fe_fit_levels;

/* -1 (FE_EUSAGE): a name of levels->ul is no free parameter. */
int fe_fit_levels_check(const fe_fit_levels *, const fe_models *, fe_err *err) FE_RESULT;

/*
 * One row for each parameter: source, parameter, value, unit, err, errn, errp, ul, frozen, min, max, and for the source ts,
 * e_pivot; errn to ul and ts only where levels asks.  Keywords say how it went.  Values in the internal units.
 */
fe_table *fe_fit_table(fe_fit *, const fe_fit_result *, const fe_fit_levels *);

/* Parameter and its covariances with all, in one cell; NULL without a covariance. */
fe_table *fe_fit_covariance_table(const fe_fit *);

/* source, energy, dnde, dnde_err, dnde_lo, dnde_hi over the energies of the data, ten a decade. */
fe_table *fe_fit_butterfly(fe_fit *, double n_sigma);

/* Notes: how it ended, statistic, bins, pivot energies, TS of the table, correlations. */
void fe_fit_say(const fe_fit *, const fe_fit_result *, const fe_table *);
#endif
