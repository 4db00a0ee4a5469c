/* profile.h -- the profile of the statistic along the norm, nuisances eliminated: what the norm solver evaluates.
 *
 * Local nuisances are eliminated block by block (Schur complement), shared ones by a damped Newton step on the rest, so
 * 10 000 blocks with a background each cost 10 000 small systems.  Without nuisances an evaluation is one pass.
 * Nuisances go no further than where a Cash bin would predict less than nothing; of the bins that a block sums up, only the sum is
 * held so.
 */
#ifndef FE_EST_PROFILE_H
#define FE_EST_PROFILE_H
#include <stdbool.h>
#include "base/arena.h"
#include "est/bins.h"

typedef struct fe_profile fe_profile;

typedef struct fe_profile_point {
    double x;
    double d1, d2;          /* dp/dx (right side at the kink), d2p/dx2 with the nuisances following     */
    bool converged;
} fe_profile_point;

fe_profile *fe_profile_new(const fe_bins *bins, fe_arena *scratch);             /* lives in the arena   */
void fe_profile_eval(fe_profile *, double x, fe_profile_point *out);
/* How the shared nuisances follow the norm at x: dy/dx, [n_shared]. */
void fe_profile_follow(fe_profile *, double x, double *slope);
double fe_profile_diff(fe_profile *, double x1, double x0);                     /* p(x1) - p(x0)        */
double fe_profile_value(fe_profile *, double x);                                /* p(x)                 */
double fe_profile_kink(const fe_profile *);         /* jump of p' at x = 0; 0 where smooth              */
double fe_profile_x_min(const fe_profile *);        /* positivity bound, or -infinity                   */
double fe_profile_signal(const fe_profile *);       /* sum of s over all bins                           */
double fe_profile_background(fe_profile *, double x);       /* sum of the expected background at x       */
int fe_profile_n_eval(const fe_profile *);          /* evaluations and differences so far               */
void fe_profile_forget(fe_profile *);               /* the counts of the bins have been changed         */
#endif
