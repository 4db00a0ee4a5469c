/* Sensitivity: the norm that would be seen at so many sigma, from Asimov sets (algorithms 8, step 7, and 14). */
#include <math.h>
#include <string.h>

#include "est/norm_parts.h"

enum { MAX_DOUBLINGS = 200, MAX_TURNS = 200 };

typedef struct asimov {
    const fe_bins *data;
    fe_bins bins;
    fe_block *block;                /* of bins                                                          */
    double **n;                     /* their counts, filled for each norm                               */
    double *signal, *background;    /* scratch of the longest block                                     */
    fe_profile *profile;
    bool profiled;
} asimov;

/* ---- making: all bins one by one, also those that the data sum up because they have no counts -------------------- */

static bool has_rest(const fe_block *b)
{
    return b->s_rest != 0 || b->stat_rest != 0;
}

/* Bins one by one, and what the nuisances are in each of them: else only their sum is known. */
static bool is_kept(const fe_bins *bins, const fe_block *b)
{
    return b->n_rest && b->rest_s && b->rest_b && (!b->n_local || b->rest_local) && (!bins->n_shared || !b->shared || b->rest_shared);
}

static size_t count_rest(const fe_bins *bins, const fe_block *b)
{
    if (!has_rest(b))
        return 0;
    return is_kept(bins, b) ? b->n_rest : 1;
}

static const double *longer(const double *x, size_t n, const double *more, size_t n_more, fe_arena *arena)
{
    double *y = FE_ARENA_NEWN(arena, double, n + n_more);

    if (x && n)
        memcpy(y, x, n * sizeof *y);
    memcpy(y + n, more, n_more * sizeof *y);
    return y;
}

/* more: [n_templates][n_more], or NULL: one bin more, the sum of the others. */
static const double *const *longer_templates(const double *const *x, size_t n_templates, size_t n, const double *const *more, size_t n_more,
                                             const double *sum, fe_arena *arena)
{
    const double **y = FE_ARENA_NEWN(arena, const double *, n_templates);
    const double none = 0;

    for (size_t k = 0; x && k < n_templates; k++)
        y[k] = longer(x[k], n, more ? more[k] : sum ? &sum[k] : &none, n_more, arena);
    return x ? y : NULL;
}

static void unfold_rest(const fe_bins *bins, const fe_block *from, fe_arena *arena, fe_block *to)
{
    size_t n = from->n_bins, n_rest = count_rest(bins, from);
    double b_sum = from->stat_rest / 2;
    bool singly = is_kept(bins, from);

    *to = *from;
    if (n_rest == 0)
        return;
    to->n_bins = n + n_rest;
    to->s = longer(from->s, n, singly ? from->rest_s : &from->s_rest, n_rest, arena);
    to->b = longer(from->b, n, singly ? from->rest_b : &b_sum, n_rest, arena);
    if (bins->n_shared || from->n_local) {
        to->local = longer_templates(from->local, from->n_local, n, singly ? from->rest_local : NULL, n_rest, from->local_rest, arena);
        to->shared = longer_templates(from->shared, bins->n_shared, n, singly ? from->rest_shared : NULL, n_rest, from->shared_rest, arena);
    }
    to->local_rest = to->shared_rest = NULL;
    to->s_rest = to->stat_rest = 0;
}

static void make(const fe_bins *data, bool profiled, fe_arena *arena, asimov *a)
{
    size_t n_most = 0;

    *a = (asimov){ .data = data, .bins = *data, .profiled = profiled };
    a->bins.block = a->block = FE_ARENA_NEWN(arena, fe_block, data->n_blocks);
    a->n = FE_ARENA_NEWN(arena, double *, data->n_blocks);
    for (size_t k = 0; k < data->n_blocks; k++) {
        unfold_rest(data, &data->block[k], arena, &a->block[k]);
        a->block[k].n = a->n[k] = FE_ARENA_NEWN(arena, double, a->block[k].n_bins);
        n_most = a->block[k].n_bins > n_most ? a->block[k].n_bins : n_most;
    }
    a->signal = FE_ARENA_NEWN(arena, double, n_most);
    a->background = FE_ARENA_NEWN(arena, double, n_most);
}

/* A signal where nothing at all is expected is significant at once: no sensitivity. */
static bool is_defined(const asimov *a)
{
    for (size_t k = 0; k < a->bins.n_blocks; k++) {
        const fe_block *b = &a->block[k];

        for (size_t i = 0; !b->n_off && i < b->n_bins; i++)
            if (b->s[i] > 0 && !(b->b && b->b[i] > 0))
                return false;
    }
    return true;
}

/* ---- the set of a norm ----------------------------------------------------------------------------------------- */

static void fill(asimov *a, double x)
{
    for (size_t k = 0; k < a->bins.n_blocks; k++) {
        const fe_block *b = &a->block[k];
        fe_stat_bins view = { .n = b->n_bins, .n_on = a->data->block[k].n, .b = b->b, .n_off = b->n_off, .alpha = b->alpha };

        for (size_t i = 0; i < b->n_bins; i++) {
            a->signal[i] = x * b->s[i] + (b->fixed ? b->fixed[i] : 0);
            a->background[i] = b->n_off ? b->alpha[i] * b->n_off[i] : b->b[i];
        }
        if (b->n_off && a->profiled)
            b->stat->background(&view, a->signal, a->background);
        for (size_t i = 0; i < b->n_bins; i++)
            a->n[k][i] = a->signal[i] + a->background[i];
    }
    fe_profile_forget(a->profile);
}

/* Signed root of TS above the one asked for. */
static double surplus(asimov *a, double x, double sigma)
{
    double ts;

    fill(a, x);
    ts = fe_profile_diff(a->profile, 0, x);
    return copysign(sqrt(fabs(ts)), ts) - sigma;
}

/* Regula falsi with halved weights (Illinois): sqrt(TS) is nearly a straight line. */
static double find_root(asimov *a, double sigma, double low, double f_low, double high, double f_high)
{
    int side = 0;

    for (int turn = 0; turn < MAX_TURNS && high - low > 1e-13 * high; turn++) {
        double x = (low * f_high - high * f_low) / (f_high - f_low), f;

        if (!(x > low && x < high))
            x = low + 0.5 * (high - low);
        f = surplus(a, x, sigma);
        if (f == 0 || fabs(f) <= 1e-14 * sigma)
            return x;
        if (f < 0) {
            low = x;
            f_low = f;
            f_high *= side < 0 ? 0.5 : 1;
            side = -1;
        } else {
            high = x;
            f_high = f;
            f_low *= side > 0 ? 0.5 : 1;
            side = 1;
        }
    }
    return 0.5 * (low + high);
}

static double solve(asimov *a, double sigma, double x, bool *converged)
{
    double f = surplus(a, x, sigma);

    for (int k = 0; k < MAX_DOUBLINGS && isfinite(f); k++) {
        double next = f < 0 ? 2 * x : 0.5 * x, f_next = surplus(a, next, sigma);

        if (f == 0)
            return x;
        if (f < 0 && f_next >= 0)
            return find_root(a, sigma, x, f, next, f_next);
        if (f > 0 && f_next < 0)
            return find_root(a, sigma, next, f_next, x, f);
        x = next;
        f = f_next;
    }
    *converged = false;
    return NAN;
}

double fe_norm_sensitivity(const fe_bins *bins, const fe_norm_request *r, fe_arena *arena, int *n_eval, bool *converged)
{
    double sensitivity, background = 0;
    asimov a;

    make(bins, r->sens_profiled, arena, &a);
    if (!is_defined(&a) || !(r->sens_sigma > 0))
        return NAN;
    a.profile = fe_profile_new(&a.bins, arena);
    for (size_t k = 0; k < a.bins.n_blocks; k++) {
        const fe_block *block = &a.block[k];

        for (size_t i = 0; i < block->n_bins; i++)
            background += (block->n_off ? block->alpha[i] * block->n_off[i] : block->b[i]) +
                          (block->fixed ? block->fixed[i] : 0);
    }
    sensitivity = solve(&a, r->sens_sigma, r->sens_sigma * sqrt(1 + background) / fe_profile_signal(a.profile), converged);
    *n_eval += fe_profile_n_eval(a.profile);
    return sensitivity;
}
