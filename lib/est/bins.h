/* bins.h -- the one problem type: a group is a list of blocks, one per dataset that takes part. */
#ifndef FE_EST_BINS_H
#define FE_EST_BINS_H
#include <stdbool.h>
#include <stddef.h>
#include "base/arena.h"
#include "phys/stat.h"

typedef struct fe_block {           /* one dataset's share of a group; arrays borrowed                  */
    const fe_stat *stat;            /* row of phys/stat                                                 */
    size_t n_bins;                  /* bins that need a log                                             */
    const double *n;                /* [n_bins] counts                                                  */
    const double *s;                /* [n_bins] predicted signal at norm 1                              */
    const double *b;                /* [n_bins] known background, or NULL (WStat)                       */
    const double *n_off, *alpha;    /* [n_bins] WStat, or NULL                                          */
    const double *fixed;            /* [n_bins] known signal beside x s (other sources; Cash has them in b), or NULL */
    double s_rest, stat_rest;       /* all other bins (Cash, n = 0): sum of s; their statistic at norm 0 */
    size_t n_rest;                  /* those bins one by one, where they are kept: 0, or all of them    */
    const double *rest_s, *rest_b;  /* [n_rest] the sensitivity needs them; without, it takes them as one bin */
    size_t n_still;                 /* bins that neither norm nor nuisances move: how many,             */
    double stat_still, npred_still; /* their statistic, and what is predicted in them                   */
    double norm_min;                /* positivity bound over ALL bins; -infinity if none                */
    size_t n_local;                 /* nuisance templates of this block alone: signal += y_k local[k]   */
    const double *const *local;     /* [n_local][n_bins]                                                */
    const double *local_rest;       /* [n_local] sum over the other bins, or NULL                       */
    const double *const *rest_local;        /* [n_local][n_rest] the same one by one, or NULL: the sum is all that is known */
    const double *const *shared;    /* [bins->n_shared][n_bins] templates of the group's nuisances, or NULL  */
    const double *shared_rest;      /* [bins->n_shared], or NULL                                        */
    const double *const *rest_shared;       /* [bins->n_shared][n_rest], or NULL                        */
    double counts, background;      /* sums over all bins, for the table: n, and b or alpha n_off       */
} fe_block;

typedef struct fe_bins {
    size_t n_blocks;
    const fe_block *block;          /* [n_blocks]                                                       */
    size_t n_shared;                /* nuisances shared by all blocks (another source ...)              */
    const double *shared_width;     /* [n_shared] sigma of a Gaussian around 0 that holds it: (y / sigma)^2 joins
                                       -2 ln L; infinity, or NULL for all: free */
    double local_start, shared_start;       /* start values of nuisances: 0 (they are additions to b)   */
} fe_bins;

/*
 * Copy what a block points to, so that it outlives the dataset it is of: WStat keeps 32 bytes a bin, Cash 24.  with_rest: the other
 * bins one by one, too, for the sensitivity.  Into the room behind its bins others can be joined, where neither has anything of its own.
 */
void fe_block_keep(fe_block *, size_t n_shared, bool with_rest, size_t room, fe_arena *);
bool fe_block_may_join(const fe_block *, const fe_block *);
void fe_block_join(fe_block *to, const fe_block *more);
#endif
