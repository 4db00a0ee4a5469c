/* fit_points.h -- flux points as data of the global fit (est/fit.h): algorithms 18.
 *
 * chi2:     ((y - m) / err)^2; limits and points without a value are left out.
 * distrib:  the same with errp where the model lies above the point and errn below; a limit is the censored term
 *           -2 ln [erfc((m - ul) / (sqrt(2) sigma)) / 2],  sigma = ul / ul_n_sigma.
 * profile:  -2 ln L of the point itself, from its stored scan: a quadratic spline (algorithms 17.4) at m / ref_dnde.
 *           Outside the scan its end pieces go on, and the result counts the points that ended there (n_outside).
 */
#ifndef FE_EST_FIT_POINTS_H
#define FE_EST_FIT_POINTS_H
#include <stdbool.h>
#include <stddef.h>
#include "est/fit.h"

typedef enum fe_points_stat { FE_POINTS_CHI2, FE_POINTS_DISTRIB, FE_POINTS_PROFILE } fe_points_stat;

typedef struct fe_points {          /* arrays borrowed; what is NULL or NaN is not there                */
    size_t n;
    const double *e_ref_TeV;        /* [n] where the model is taken; or NULL: its mean over the bin     */
    const double *e_min_TeV, *e_max_TeV;        /* [n] of the bins                                      */
    const double *dnde;             /* [n] at e_ref, or flux / (e_max - e_min)                          */
    const double *err, *errn, *errp, *ul;       /* [n] of dnde, at one sigma                            */
    const bool *is_ul;              /* [n] or NULL                                                      */
    double ul_n_sigma;              /* of ul: 1.645 for one-sided 95 %                                  */
    const double *ref_dnde;         /* [n] of the scans: the model there is norm 1                      */
    size_t n_scan;
    const double *norm_scan, *stat_scan;        /* [n][n_scan], norms ascending                         */
    const double *stat;             /* [n] subtracted from the scan, or NULL                            */
    const double *factor;           /* [n_sources] of the models there (temporal models), or NULL       */
} fe_points;

/*
 * gammapy_limits: the term of gammapy 2.1 for limits (distrib), 2 ln [erfc((ul - m) / ul) / erfc(1)], which saturates;
 * and |stat_scan - stat| as in gammapy (profile).  -1 (FE_EDATA): arrays that the statistic needs are missing or bad.
 */
int fe_fit_add_points(fe_fit *, const fe_points *, fe_points_stat, bool gammapy_limits, fe_err *err) FE_RESULT;
#endif
