/* sim_sets.h -- for tests that simulate: counts of a spectrum drawn with a fixed seed, and the solver on them. */
#ifndef FE_TESTS_SIM_SETS_H
#define FE_TESTS_SIM_SETS_H
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/arena.h"
#include "check.h"
#include "est/norm.h"

enum { MAX_CHANNELS = 40 };

typedef struct spectrum {
    size_t n;
    double on[MAX_CHANNELS], off[MAX_CHANNELS], s[MAX_CHANNELS], b[MAX_CHANNELS], alpha[MAX_CHANNELS];
} spectrum;

static inline gsl_rng *rng_new(unsigned long seed)
{
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);

    gsl_rng_set(rng, seed);
    return rng;
}

static inline fe_block block_of(const spectrum *d, bool wstat)
{
    fe_block b = { .stat = wstat ? &fe_stat_wstat : &fe_stat_cash, .n_bins = d->n, .n = d->on, .s = d->s,
                   .norm_min = -INFINITY };

    if (wstat) {
        b.n_off = d->off;
        b.alpha = d->alpha;
        return b;
    }
    b.b = d->b;
    for (size_t i = 0; i < d->n; i++)
        b.norm_min = fmax(b.norm_min, -d->b[i] / d->s[i]);
    return b;
}

static inline fe_norm solve(const spectrum *d, bool wstat, const fe_norm_request *r, fe_arena *scratch)
{
    fe_block b = block_of(d, wstat);
    fe_norm out;

    fe_arena_clear(scratch);
    fe_norm_solve(&(fe_bins){ .n_blocks = 1, .block = &b }, r, scratch, &out);
    return out;
}

static inline void draw(spectrum *d, double norm, gsl_rng *rng)
{
    for (size_t i = 0; i < d->n; i++) {
        d->on[i] = gsl_ran_poisson(rng, norm * d->s[i] + d->b[i]);
        d->off[i] = gsl_ran_poisson(rng, d->b[i] / d->alpha[i]);
    }
}

static inline double poisson(int n, double mean)
{
    return mean > 0 ? gsl_ran_poisson_pdf((unsigned)n, mean) : n == 0;
}
#endif
