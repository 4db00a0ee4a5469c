/* plan_group.h -- one group while its datasets go by, and its solution. */
#ifndef FE_EST_PLAN_GROUP_H
#define FE_EST_PLAN_GROUP_H
#include "est/plan.h"

typedef struct fe_group {
    size_t number;                  /* for the sink                                                     */
    bool skip;                      /* the sink has it already                                          */
    size_t n_blocks, cap;
    fe_block *block;                /* arrays in the arena of the set                                   */
    size_t n_kept, room;            /* bins that were kept, and room for more in the last block         */
    size_t n_used, n_nooff;         /* channels                                                         */
    size_t n_bins;                  /* bins that are looked at one by one                               */
    size_t n_wstat_bins;            /* bins of the likelihood with OFF counts                           */
    double n_off_sum;
    size_t n_shared;                /* nuisances of the group, and what holds them                      */
    const double *shared_width;
    bool in_band;                   /* the band of some dataset is not empty, masked or not             */
    fe_group_result result;
} fe_group;

void fe_group_start(fe_group *, const fe_group_result *keys);      /* keys: set, source, band, asked edges, plan ... */
/* What one dataset gives for the channels [first, last).  keep: the arena for a copy of its bins; NULL: they stay where they are. */
void fe_group_add(fe_group *, const fe_dataset *, size_t first, size_t last, const fe_fold_piece *, fe_arena *keep);
void fe_group_solve(fe_group *, fe_arena *scratch);
void fe_group_free(fe_group *);
#endif
