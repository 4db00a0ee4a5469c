/* slow_fit.h -- for the tests of the norm solver: problems, and how to solve them slowly, in long double, with nothing shared. */
#ifndef FE_TESTS_SLOW_FIT_H
#define FE_TESTS_SLOW_FIT_H
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/arena.h"
#include "check.h"
#include "est/norm.h"
#include "types/estimate.h"

/* ---- the slow way: formulas of algorithms 2 and 24 as they stand, bisection ---------------------------------- */

static inline long double signal_at(const fe_bins *bins, const fe_block *b, size_t i, long double x, const double *z, long double y)
{
    long double s = x * b->s[i];

    for (size_t m = 0; b->shared && m < bins->n_shared; m++)
        s += (long double)z[m] * b->shared[m][i];
    return s + (b->n_local ? y * b->local[0][i] : 0);
}

static inline long double mu_off(const fe_block *b, size_t i, long double s)
{
    long double a = b->alpha[i], all = a * ((long double)b->n[i] + b->n_off[i]), c = all - (1 + a) * s;

    return (c + sqrtl(c * c + 4 * a * (a + 1) * b->n_off[i] * s)) / (2 * a * (a + 1));
}

static inline long double bin_stat(const fe_block *b, size_t i, long double s)
{
    long double n = b->n[i], mu, w;

    if (!b->n_off)
        return 2 * (s + b->b[i] - (n > 0 ? n * logl(s + b->b[i]) : 0));
    mu = mu_off(b, i, s);
    w = s + (1 + (long double)b->alpha[i]) * mu - (n > 0 ? n * logl(s + b->alpha[i] * mu) + n * (1 - logl(n)) : 0);
    return 2 * (w - (b->n_off[i] > 0 ? b->n_off[i] * logl(mu) + b->n_off[i] * (1 - logl(b->n_off[i])) : 0));
}

static inline long double bin_slope(const fe_block *b, size_t i, long double s)
{
    long double off = b->n_off ? mu_off(b, i, s) : 0, mu = b->n_off ? s + b->alpha[i] * off : s + b->b[i];

    if (b->n[i] > 0)
        return 2 * (1 - b->n[i] / mu);
    if (b->n_off && s < -b->alpha[i] * b->n_off[i] / (1 + (long double)b->alpha[i]))
        return -2 / (long double)b->alpha[i] * (1 - b->n_off[i] / off);     /* nothing expected in ON */
    return 2;
}

/* Best local nuisance of a block at x: root of a rising slope; the positivity of the bins bounds it below. */
static inline long double best_local(const fe_bins *bins, const fe_block *b, long double x, const double *z)
{
    long double low = -1e9L, high = 1e4L;

    if (!b->n_local)
        return 0;
    for (size_t i = 0; i < b->n_bins; i++)
        if (b->b)
            low = fmaxl(low, -(signal_at(bins, b, i, x, z, 0) + b->b[i]) / b->local[0][i]);
    for (int turn = 0; turn < 200; turn++) {
        long double y = (low + high) / 2, slope = 0;

        for (size_t i = 0; i < b->n_bins; i++)
            slope += b->local[0][i] * bin_slope(b, i, signal_at(bins, b, i, x, z, y));
        if (slope < 0)
            low = y;
        else
            high = y;
    }
    return (low + high) / 2;
}

static inline long double slow_stat(const fe_bins *bins, long double x, const double *z)
{
    long double sum = 0;

    for (size_t k = 0; k < bins->n_blocks; k++) {
        const fe_block *b = &bins->block[k];
        long double y = best_local(bins, b, x, z);

        for (size_t i = 0; i < b->n_bins; i++)
            sum += bin_stat(b, i, signal_at(bins, b, i, x, z, y));
        sum += b->stat_rest + 2 * x * b->s_rest;
    }
    return sum;
}

static inline long double slow_slope(const fe_bins *bins, long double x, const double *z)
{
    long double sum = 0;

    for (size_t k = 0; k < bins->n_blocks; k++) {
        const fe_block *b = &bins->block[k];
        long double y = best_local(bins, b, x, z);

        for (size_t i = 0; i < b->n_bins; i++)
            sum += b->s[i] * bin_slope(b, i, signal_at(bins, b, i, x, z, y));
        sum += 2 * b->s_rest;
    }
    return sum;
}

static inline double slow_minimum(const fe_bins *bins, long double low, long double high)
{
    for (int turn = 0; turn < 100; turn++) {
        long double x = (low + high) / 2;

        if (slow_slope(bins, x, NULL) < 0)
            low = x;
        else
            high = x;
    }
    return (double)((low + high) / 2);
}

/* Golden section: needs no slope, so it holds where a nuisance is at its bound. */
static inline double golden_minimum(const fe_bins *bins, long double low, long double high)
{
    const long double g = (sqrtl(5) - 1) / 2;

    for (int turn = 0; turn < 80; turn++) {
        long double a = high - g * (high - low), b = low + g * (high - low);

        if (slow_stat(bins, a, NULL) < slow_stat(bins, b, NULL))
            high = b;
        else
            low = a;
    }
    return (double)((low + high) / 2);
}

static inline double slow_crossing(const fe_bins *bins, double at, double drop, long double far)
{
    long double from = slow_stat(bins, at, NULL), near_end = at, x = at;

    for (int turn = 0; turn < 100; turn++) {
        x = (near_end + far) / 2;
        if (slow_stat(bins, x, NULL) - from < drop)
            near_end = x;
        else
            far = x;
    }
    return (double)x;
}

static inline void against_slow(const fe_bins *bins, const fe_norm *got, const fe_norm_request *r, double low, double high)
{
    double x = slow_minimum(bins, low, high);

    NEAR_ABS(got->norm, x, 1e-10 * (got->errp + fabs(x)));
    NEAR(got->norm - got->errn, slow_crossing(bins, x, r->n_sigma * r->n_sigma, low), 1e-9);
    NEAR(got->norm + got->errp, slow_crossing(bins, x, r->n_sigma * r->n_sigma, high), 1e-9);
    NEAR(got->ul, slow_crossing(bins, r->ul_unbounded ? x : fmax(x, 0), r->ul_drop, high), 1e-9);
    NEAR_ABS(got->ts, (double)(slow_stat(bins, 0, NULL) - slow_stat(bins, x, NULL)), 1e-9 * (1 + got->ts));
    NEAR_ABS(got->stat, (double)slow_stat(bins, x, NULL), 1e-9 * (1 + fabs(got->stat)));
    CHECK(got->status == (got->ul < 0 ? FE_STATUS_NEGUL : 0));
}

static inline fe_norm solve(const fe_bins *bins, const fe_norm_request *r)
{
    fe_arena *scratch = fe_arena_new();
    fe_norm out;

    fe_norm_solve(bins, r, scratch, &out);
    out.norm_scan = out.stat_scan = NULL;
    fe_arena_free(scratch);
    return out;
}

/* ---- problems ------------------------------------------------------------------------------------------------- */

enum { CHANNELS = 40, PIXELS = 441 };

typedef struct arrays { double n[PIXELS], s[PIXELS], b[PIXELS], n_off[PIXELS], alpha[PIXELS]; } arrays;

static inline gsl_rng *rng_new(unsigned long seed)
{
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);

    gsl_rng_set(rng, seed);
    return rng;
}

static inline fe_block wstat_block(const arrays *a, size_t n)
{
    return (fe_block){ .stat = &fe_stat_wstat, .n_bins = n, .n = a->n, .s = a->s, .n_off = a->n_off, .alpha = a->alpha,
                       .norm_min = -INFINITY };
}

static inline fe_block cash_block(const arrays *a, size_t n)
{
    fe_block b = { .stat = &fe_stat_cash, .n_bins = n, .n = a->n, .s = a->s, .b = a->b, .norm_min = -INFINITY };

    for (size_t i = 0; i < n; i++)
        if (a->s[i] > 0)
            b.norm_min = fmax(b.norm_min, -a->b[i] / a->s[i]);
    return b;
}

/* A spectrum of 40 channels; norm < 0 gives deficits.  asimov: n_on = norm s + alpha n_off exactly. */
static inline void make_spectrum(arrays *a, double norm, bool asimov, gsl_rng *rng)
{
    for (int i = 0; i < CHANNELS; i++) {
        double off = 60 * exp(-i / 8.);

        a->s[i] = 8 * exp(-i / 10.);
        a->alpha[i] = 0.1 + 0.002 * i;
        a->n_off[i] = asimov ? off : gsl_ran_poisson(rng, off);
        a->n[i] = asimov ? norm * a->s[i] + a->alpha[i] * off
                         : gsl_ran_poisson(rng, fmax(norm * a->s[i] + a->alpha[i] * off, 0));
        a->b[i] = a->alpha[i] * off;
    }
}
#endif
