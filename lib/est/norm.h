/* norm.h -- the one solver: by what norm must the model be scaled?
 *
 * It alone knows what an upper limit is, what happens at zero counts and at the positivity bound, and how a failed bin
 * is reported.  It never fails: what goes wrong is in `status`.
 * Method: the profile p(x) = min over nuisances of -2 ln L is convex in the norm x (Cash and WStat are jointly convex in
 * signal and background), so the minimum is the root of a monotone derivative and every limit the root of a
 * monotone difference: bracketed Newton to the last digits.  Kink of WStat at x = 0 (bins with n_on = n_off = 0): algorithms 2.
 */
#ifndef FE_EST_NORM_H
#define FE_EST_NORM_H
#include <stdbool.h>
#include <stddef.h>
#include "base/arena.h"
#include "est/bins.h"

typedef struct fe_norm_request {
    double n_sigma;                 /* err, errn, errp at drop n_sigma^2                                */
    double ul_drop;                 /* limit: stat(ul) - stat(max(norm, 0)) = ul_drop                   */
    bool ul_unbounded;              /* ... - stat(norm)                                                 */
    bool want_asym, want_ul, want_scan, want_sens;
    /* Adaptive scan: equal steps of sqrt(rise) up to this drop (25) below the best norm and above max(norm, 0), or down to the
     * positivity bound where that comes first; the best norm, and 0 where it lies inside, are among the points. */
    double scan_drop;
    size_t scan_points;             /* of an adaptive scan, at least 5                                  */
    size_t n_scan_norms; const double *scan_norms;      /* fixed grid instead, or 0; NaN below the bound */
    double sens_sigma;              /* norm whose Asimov set (background alpha n_off known) has TS = sens_sigma^2 */
    bool sens_profiled;             /* Asimov with the profiled background, as gammapy 2.1              */
} fe_norm_request;

typedef struct fe_norm {            /* NaN where it has no meaning or was not asked                     */
    double norm, err, errn, errp, ul, sensitivity;      /* errn NaN and EDGE: the bound comes first     */
    double ts, sqrt_ts;             /* stat_null - stat; signed root                                    */
    double stat, stat_null;
    double npred, npred_excess;     /* all, and signal, at the best norm                                */
    double counts, background;
    size_t n_scan;
    const double *norm_scan, *stat_scan;        /* [n_scan] in the arena                                */
    size_t n_shared;
    const double *shared_cov;       /* [n_shared] in the arena: covariance (1 sigma) of the norm and each shared nuisance */
    unsigned status;                /* fe_status bits of types/estimate.h                               */
    int n_iter;                     /* evaluations of the profile, all steps                            */
} fe_norm;

fe_norm_request fe_norm_request_default(void);      /* 1 sigma, drop 2.7055, bounded, everything but scan and sensitivity */
/* Its part that needs no counts: of the request sens_sigma and sens_profiled count.  *n_eval += evaluations; *converged false: not found. */
double fe_norm_sensitivity(const fe_bins *, const fe_norm_request *, fe_arena *scratch, int *n_eval, bool *converged);
void fe_norm_solve(const fe_bins *bins, const fe_norm_request *request, fe_arena *scratch, fe_norm *out);
#endif
