/* What scans say of a constant, and Bayesian blocks of values and of scans. */
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/num.h"
#include "est/variability.h"

enum { MAX_TURNS = 200 };

/* ---- one scan, and beyond its ends ------------------------------------------------------------------------------- */

static bool is_good(const fe_scan *s)
{
    return s && s->n >= 2 && !s->is_empty && !s->is_flat && !s->is_peak && isfinite(s->norm);
}

static bool is_beyond(const fe_scan *s, double x)
{
    return x < s->x[0] || x > s->x[s->n - 1];
}

/* The signed root of the rise beyond an end goes on as its last chord: a Gaussian of the width it has there. */
static double root_beyond(const fe_scan *s, double x, double *slope)
{
    size_t end = x < s->x[0] ? 0 : s->n - 1, before = end == 0 ? 1 : end - 1;

    *slope = (s->r[end] - s->r[before]) / (s->x[end] - s->x[before]);
    return s->r[end] + *slope * (x - s->x[end]);
}

static double rise_at(const fe_scan *s, double x)
{
    double slope, r;

    if (!is_beyond(s, x))
        return fe_scan_rise(s, x);
    r = root_beyond(s, x, &slope);
    return r * r;
}

static double slope_at(const fe_scan *s, double x)
{
    double slope, r;

    if (!is_beyond(s, x))
        return fe_scan_slope(s, x);
    r = root_beyond(s, x, &slope);
    return 2 * r * slope;
}

/* ---- the best constant of rows `from` to `to` - 1 ----------------------------------------------------------------- */

static double sum_rise(const fe_curve_scans *c, size_t from, size_t to, double flux)
{
    fe_sum sum = { 0, 0 };

    for (size_t i = from; i < to; i++)
        if (is_good(c->scan[i]))
            fe_sum_add(&sum, rise_at(c->scan[i], flux / c->ref[i]));
    return fe_sum_value(&sum);
}

static double sum_slope(const fe_curve_scans *c, size_t from, size_t to, double flux)
{
    fe_sum sum = { 0, 0 };

    for (size_t i = from; i < to; i++)
        if (is_good(c->scan[i]))
            fe_sum_add(&sum, slope_at(c->scan[i], flux / c->ref[i]) / c->ref[i]);
    return fe_sum_value(&sum);
}

/* Root of the slope of a convex sum: it lies between the lowest and the highest minimum.  Regula falsi, Illinois variant. */
static double find_constant(const fe_curve_scans *c, size_t from, size_t to)
{
    double low = INFINITY, high = -INFINITY, at_low, at_high, x = NAN;
    int side = 0;

    for (size_t i = from; i < to; i++)
        if (is_good(c->scan[i])) {
            low = fmin(low, c->scan[i]->norm * c->ref[i]);
            high = fmax(high, c->scan[i]->norm * c->ref[i]);
        }
    if (!(high > low))
        return low;
    at_low = sum_slope(c, from, to, low);
    at_high = sum_slope(c, from, to, high);
    if (!(at_low < 0))
        return low;
    if (!(at_high > 0))
        return high;
    for (int turn = 0; turn < MAX_TURNS && high - low > 1e-12 * (fabs(low) + fabs(high)); turn++) {
        double at_x;

        x = turn % 8 == 7 ? 0.5 * (low + high) : low - at_low * (high - low) / (at_high - at_low);
        at_x = sum_slope(c, from, to, x);
        if (at_x == 0)
            return x;
        if (at_x < 0) {
            low = x;
            at_low = at_x;
            at_high *= side < 0 ? 0.5 : 1;
            side = -1;
        } else {
            high = x;
            at_high = at_x;
            at_low *= side > 0 ? 0.5 : 1;
            side = 1;
        }
    }
    return 0.5 * (low + high);
}

fe_tsvar fe_variability_tsvar(const fe_curve_scans *c)
{
    fe_tsvar v = { 0, NAN, NAN, NAN, 0 };

    for (size_t i = 0; i < c->n; i++)
        v.n += is_good(c->scan[i]);
    if (v.n == 0)
        return v;
    v.flux = find_constant(c, 0, c->n);
    v.ts = sum_rise(c, 0, c->n, v.flux);
    if (v.n > 1)
        v.p_value = gsl_cdf_chisq_Q(v.ts, (double)(v.n - 1));
    for (size_t i = 0; i < c->n; i++)
        v.n_beyond += is_good(c->scan[i]) && is_beyond(c->scan[i], v.flux / c->ref[i]);
    return v;
}

/* ---- Bayesian blocks ---------------------------------------------------------------------------------------------- */

typedef double fitness_fn(const void *ctx, size_t from, size_t to);     /* log likelihood of one block, its best constant */

/*
 * Scargle et al. 2013, section 2.6: best[r] = max over k of best[k] + fitness(k .. r) - prior.  A start that is worse than
 * best[r] even without its prior never wins again, since a block is never fitter than its two halves (Killick et al. 2012,
 * JASA 107, 1590, theorem 3.1).
 */
static size_t find_blocks(size_t n, size_t n_good, double p0, fitness_fn *fitness, const void *ctx, size_t *first)
{
    double prior = 4 - log(73.53 * p0 * pow((double)n_good, -0.478));
    double *best = FE_NEWN(double, n + 1), *value = FE_NEWN(double, n + 1);
    size_t *last = FE_NEWN(size_t, n + 1), *start = FE_NEWN(size_t, n + 1), n_start = 0, n_blocks = 0;

    for (size_t r = 1; r <= n; r++) {
        size_t kept = 0;

        start[n_start++] = r - 1;
        best[r] = -INFINITY;
        for (size_t i = 0; i < n_start; i++) {
            value[i] = best[start[i]] + fitness(ctx, start[i], r);
            if (value[i] - prior > best[r]) {
                best[r] = value[i] - prior;
                last[r] = start[i];
            }
        }
        for (size_t i = 0; i < n_start; i++)
            if (value[i] >= best[r] + fmin(prior, 0))
                start[kept++] = start[i];
        n_start = kept;
    }
    for (size_t r = n; r > 0; r = last[r])
        first[n_blocks++] = last[r];
    for (size_t i = 0; i < n_blocks / 2; i++) {
        size_t swap = first[i];

        first[i] = first[n_blocks - 1 - i];
        first[n_blocks - 1 - i] = swap;
    }
    free(best);
    free(value);
    free(last);
    free(start);
    return n_blocks;
}

typedef struct sums { double *a, *b; } sums;        /* [n + 1] of 1 / (2 err^2) and F / err^2 before each row            */

/* b^2 / 4a: the log likelihood at the weighted mean, but for a term of the data alone. */
static double fitness_of_values(const void *ctx, size_t from, size_t to)
{
    const sums *s = ctx;
    double a = s->a[to] - s->a[from], b = s->b[to] - s->b[from];

    return a > 0 ? b * b / (4 * a) : 0;
}

/* Values are taken from their weighted mean: differences of large sums would lose digits. */
size_t fe_blocks_of_values(const fe_curve *c, double p0, size_t *first)
{
    fe_variability v = fe_variability_measure(c, false);
    sums s = { FE_NEWN(double, c->n + 1), FE_NEWN(double, c->n + 1) };
    size_t n_blocks;

    for (size_t i = 0; i < c->n; i++) {
        bool good = isfinite(c->value[i]) && isfinite(c->err[i]) && c->err[i] > 0;
        double pull = good ? (c->value[i] - v.mean) / c->err[i] : 0, weight = good ? v.mean_err / c->err[i] : 0;

        s.a[i + 1] = s.a[i] + 0.5 * weight * weight;
        s.b[i + 1] = s.b[i] + pull * weight;
    }
    n_blocks = find_blocks(c->n, v.n, p0, fitness_of_values, &s, first);
    free(s.a);
    free(s.b);
    return n_blocks;
}

/* -2 ln L is the sum of the rises but for a term of the data alone. */
static double fitness_of_scans(const void *ctx, size_t from, size_t to)
{
    const fe_curve_scans *c = ctx;
    double flux = find_constant(c, from, to);

    return isfinite(flux) ? -0.5 * sum_rise(c, from, to, flux) : 0;
}

size_t fe_blocks_of_scans(const fe_curve_scans *c, double p0, size_t *first)
{
    size_t n_good = 0;

    for (size_t i = 0; i < c->n; i++)
        n_good += is_good(c->scan[i]);
    return find_blocks(c->n, n_good, p0, fitness_of_scans, c, first);
}

void fe_blocks_edges(const fe_curve *c, size_t n_blocks, const size_t *first, double *edge_mjd)
{
    if (n_blocks == 0)
        return;
    edge_mjd[0] = c->t_mjd[0];
    for (size_t i = 1; i < n_blocks; i++)
        edge_mjd[i] = c->t_mjd[first[i] - 1] + 0.5 * (c->t_mjd[first[i]] - c->t_mjd[first[i] - 1]);
    edge_mjd[n_blocks] = c->t_mjd[c->n - 1];
}
