/* profile_parts.h -- inside of the profile, shared by profile.c and profile_nuisance.c only. */
#ifndef FE_EST_PROFILE_PARTS_H
#define FE_EST_PROFILE_PARTS_H
#include "est/profile.h"

typedef struct fe_profile_state {   /* the bins at one norm                                             */
    bool set, converged;
    double x;
    double *signal;                 /* [n_bins] of all blocks: x s + nuisances                          */
    double *value;                  /* [n_values] nuisances: shared ones first, then block by block     */
} fe_profile_state;

struct fe_profile {
    const fe_bins *bins;
    size_t n_bins, n_values, n_most;        /* all bins; all nuisances; bins of the longest block       */
    double signal, kink, x_min;
    int n_eval;
    fe_profile_state at[2], trial;          /* norms looked at last; a trial step of the nuisances      */
    double *w1, *w2;                        /* [n_most]                                                 */
    struct fe_schur *schur;                 /* [n_blocks] or NULL: no nuisances                         */
    double *reach;                          /* [n_values] change of a nuisance that moves the counts by their own size */
    double *gradient, *hessian;             /* [1 + n_shared], and its square: norm and shared, local ones eliminated */
    double *factor, *answer, *follow;       /* [n_shared]^2, [n_shared] (twice): the shared ones among them */
};

fe_stat_bins fe_profile_view(const fe_block *);
bool fe_profile_moves(const fe_bins *, const fe_block *);           /* nuisances act on the block       */

/* Sum of W over all bins between two states. */
double fe_profile_between(const fe_profile *, const fe_profile_state *to, const fe_profile_state *from);

/* What holds the shared nuisances at 0: sum of (value / width)^2. */
double fe_profile_penalty(const fe_profile *, const fe_profile_state *);

/* Signals of a state from its x and values. */
void fe_profile_fill(const fe_profile *, fe_profile_state *);

void fe_nuisance_new(fe_profile *, fe_arena *);
void fe_nuisance_start(const fe_profile *, fe_profile_state *);     /* nuisances at their start values  */
void fe_nuisance_solve(fe_profile *, fe_profile_state *);           /* from where its nuisances are     */
/* false: the nuisances do all that the norm does, and the profile is flat. */
bool fe_nuisance_derivs(fe_profile *, const fe_profile_state *, double *d1, double *d2);

/* What the nuisances predict in the bins that are summed; local: index of the block's first local one in value. */
double fe_nuisance_rest(const fe_bins *, size_t block, const double *value, size_t local);
#endif
