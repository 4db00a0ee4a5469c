/* Nuisances of a profile: damped Newton steps, in which each block's own ones are eliminated by its Schur complement. */
#include <math.h>
#include <string.h>

#include "base/num.h"
#include "est/profile_parts.h"
#include "phys/stat_log.h"

/*
 * Bins without counts give a nuisance no wall: -2 ln L falls on a straight line, also where the prediction is negative.  As
 * in interior point methods they hold this many counts while the nuisances are sought, which moves -2 ln L by less than 1e-10.
 */
static const double WALL = 1e-12, AT_WALL = 1e-25;
static const double DONE = 1e-20, NOISE = 1e-13, GOOD_ENOUGH = 1e-8;    /* fall of -2 ln L that a step promises */
static const double FLAT = 1e-10;       /* curvature left, of that with nuisances held: they cannot be told from the norm */
enum { MAX_STEPS = 200, MAX_HALVINGS = 50 };

typedef struct fe_schur {           /* one block: its own nuisances as functions of norm and shared ones */
    double *gradient, *hessian;     /* [n_local], [n_local]^2: Cholesky factor                          */
    double *mixed, *follow;         /* [1 + n_shared][n_local]: H_ly, and H_yy^-1 H_yg                  */
    double *answer;                 /* [n_local]: H_yy^-1 g_y                                           */
} fe_schur;

/* ---- variables of a block: norm, shared, own ------------------------------------------------------------------- */

static const double *template_of(const fe_bins *bins, const fe_block *block, size_t v)
{
    if (v == 0)
        return block->s;
    if (v <= bins->n_shared)
        return block->shared ? block->shared[v - 1] : NULL;
    return block->local[v - 1 - bins->n_shared];
}

static double template_rest(const fe_bins *bins, const fe_block *block, size_t v)
{
    if (v == 0)
        return block->s_rest;
    if (v <= bins->n_shared)
        return block->shared_rest ? block->shared_rest[v - 1] : 0;
    return block->local_rest ? block->local_rest[v - 1 - bins->n_shared] : 0;
}

/* Known background, and nothing below zero: Cash. */
static bool has_walls(const fe_bins *bins, const fe_block *block)
{
    fe_stat_bins view = fe_profile_view(block);

    return fe_profile_moves(bins, block) && (block->n_bins == 0 || isfinite(block->stat->s_min(&view, 0)));
}

/* Bins that are summed count as one bin here: of them only the sum is kept positive. */
static bool has_rest(const fe_block *block)
{
    return block->stat_rest != 0 || block->s_rest != 0;
}

static double rest_mu(const fe_bins *bins, size_t k, const fe_profile_state *at, size_t local)
{
    const fe_block *block = &bins->block[k];

    return block->stat_rest / 2 + at->x * block->s_rest + fe_nuisance_rest(bins, k, at->value, local);
}

/* ---- making ---------------------------------------------------------------------------------------------------- */

static double reach_of(const fe_bins *bins, const fe_block *block, size_t v)
{
    const double *template = template_of(bins, block, v);
    double sum = fabs(template_rest(bins, block, v)), n = 1;

    for (size_t i = 0; template && i < block->n_bins; i++) {
        sum += fabs(template[i]);
        n += block->n[i];
    }
    return sum > 0 ? n / sum : 0;
}

static void new_schur(fe_profile *p, fe_schur *b, size_t n_local, fe_arena *arena)
{
    size_t n_outer = 1 + p->bins->n_shared;

    b->gradient = FE_ARENA_NEWN(arena, double, n_local);
    b->answer = FE_ARENA_NEWN(arena, double, n_local);
    b->hessian = FE_ARENA_NEWN(arena, double, n_local * n_local);
    b->mixed = FE_ARENA_NEWN(arena, double, n_local * n_outer);
    b->follow = FE_ARENA_NEWN(arena, double, n_local * n_outer);
}

void fe_nuisance_new(fe_profile *p, fe_arena *arena)
{
    const fe_bins *bins = p->bins;
    size_t m = bins->n_shared, value = m;

    p->trial.signal = FE_ARENA_NEWN(arena, double, p->n_bins);
    p->trial.value = FE_ARENA_NEWN(arena, double, p->n_values);
    p->reach = FE_ARENA_NEWN(arena, double, p->n_values);
    p->gradient = FE_ARENA_NEWN(arena, double, 1 + m);
    p->hessian = FE_ARENA_NEWN(arena, double, (1 + m) * (1 + m));
    p->factor = FE_ARENA_NEWN(arena, double, m * m);
    p->answer = FE_ARENA_NEWN(arena, double, m);
    p->follow = FE_ARENA_NEWN(arena, double, m);
    p->schur = FE_ARENA_NEWN(arena, fe_schur, bins->n_blocks);
    for (size_t k = 0; k < bins->n_blocks; k++) {
        const fe_block *block = &bins->block[k];

        for (size_t v = 1; v <= m; v++)
            p->reach[v - 1] = fmax(p->reach[v - 1], reach_of(bins, block, v));
        for (size_t l = 0; l < block->n_local; l++)
            p->reach[value++] = reach_of(bins, block, 1 + m + l);
        new_schur(p, &p->schur[k], block->n_local, arena);
    }
    /* positive bins need a first point inside */
    if (isfinite(p->x_min))
        p->x_min += 1e-12 * fabs(p->x_min);
}

void fe_nuisance_start(const fe_profile *p, fe_profile_state *at)
{
    for (size_t v = 0; v < p->n_values; v++)
        at->value[v] = v < p->bins->n_shared ? p->bins->shared_start : p->bins->local_start;
}

/* ---- small symmetric systems ----------------------------------------------------------------------------------- */

/*
 * Cholesky factor in place (lower half).  Where there is no curvature the pivot is such that a step changes the counts by
 * about their own number, not by infinity.
 */
static void factorise(double *h, size_t n, const double *gradient, const double *reach)
{
    for (size_t j = 0; j < n; j++) {
        double diagonal = h[j * n + j], pivot = diagonal;

        for (size_t k = 0; k < j; k++)
            pivot -= h[j * n + k] * h[j * n + k];
        if (!(pivot > 1e-13 * diagonal) || pivot == 0)
            pivot = fmax(fmax(1e-13 * diagonal, 1e-100), reach[j] > 0 ? fabs(gradient[j]) / reach[j] : 0);
        h[j * n + j] = sqrt(pivot);
        for (size_t i = j + 1; i < n; i++) {
            double x = h[i * n + j];

            for (size_t k = 0; k < j; k++)
                x -= h[i * n + k] * h[j * n + k];
            h[i * n + j] = x / h[j * n + j];
        }
    }
}

static void solve(const double *h, size_t n, const double *right, double *x)
{
    for (size_t i = 0; i < n; i++) {
        x[i] = right[i];
        for (size_t k = 0; k < i; k++)
            x[i] -= h[i * n + k] * x[k];
        x[i] /= h[i * n + i];
    }
    for (size_t i = n; i-- > 0;) {
        for (size_t k = i + 1; k < n; k++)
            x[i] -= h[k * n + i] * x[k];
        x[i] /= h[i * n + i];
    }
}

static double dot(const double *a, const double *b, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* ---- derivatives ----------------------------------------------------------------------------------------------- */

/* W' and W'' of the bins of a block, walls included; the summed bins: *rest1 and *rest2. */
static void bin_derivs(fe_profile *p, size_t k, const fe_profile_state *at, const double *signal, size_t local,
                       double *rest1, double *rest2)
{
    const fe_block *block = &p->bins->block[k];
    fe_stat_bins view = fe_profile_view(block);
    bool walls = has_walls(p->bins, block);

    block->stat->derivs(&view, signal, p->w1, p->w2);
    for (size_t i = 0; walls && i < block->n_bins; i++) {
        double mu = fmax(signal[i] - block->stat->s_min(&view, i), AT_WALL);

        if (block->n[i] > 0)
            continue;
        p->w1[i] -= 2 * WALL / mu;
        p->w2[i] += 2 * WALL / mu / mu;
    }
    *rest1 = 2;
    *rest2 = 0;
    if (walls && has_rest(block)) {
        double mu = fmax(rest_mu(p->bins, k, at, local), AT_WALL);

        *rest1 -= 2 * WALL / mu;
        *rest2 += 2 * WALL / mu / mu;
    }
}

static double slope_along(const fe_profile *p, const fe_block *block, size_t v, double rest1)
{
    const double *template = template_of(p->bins, block, v);
    fe_sum sum = { rest1 * template_rest(p->bins, block, v), 0 };

    for (size_t i = 0; template && i < block->n_bins; i++)
        fe_sum_add(&sum, template[i] != 0 ? p->w1[i] * template[i] : 0);
    return fe_sum_value(&sum);
}

static double bend_along(const fe_profile *p, const fe_block *block, size_t u, size_t v, double rest2)
{
    const double *a = template_of(p->bins, block, u), *b = template_of(p->bins, block, v);
    double sum = rest2 * template_rest(p->bins, block, u) * template_rest(p->bins, block, v);

    for (size_t i = 0; a && b && i < block->n_bins; i++)
        sum += p->w2[i] * a[i] * b[i];
    return sum;
}

/* Derivatives by the block's own nuisances, and by them and the others. */
static void fill_schur(const fe_profile *p, const fe_block *block, fe_schur *b, double rest1, double rest2)
{
    size_t n = block->n_local, n_outer = 1 + p->bins->n_shared;

    for (size_t l = 0; l < n; l++) {
        b->gradient[l] = slope_along(p, block, n_outer + l, rest1);
        for (size_t j = 0; j <= l; j++)
            b->hessian[l * n + j] = bend_along(p, block, n_outer + l, n_outer + j, rest2);
        for (size_t v = 0; v < n_outer; v++)
            b->mixed[v * n + l] = bend_along(p, block, v, n_outer + l, rest2);
    }
}

/* The block's share of gradient and Hessian by norm and shared nuisances, its own ones following. */
static void add_block(fe_profile *p, size_t k, double rest1, double rest2)
{
    const fe_block *block = &p->bins->block[k];
    fe_schur *b = &p->schur[k];
    size_t n = block->n_local, n_outer = 1 + p->bins->n_shared;

    for (size_t u = 0; u < n_outer; u++) {
        p->gradient[u] += slope_along(p, block, u, rest1) - dot(b->mixed + u * n, b->answer, n);
        for (size_t v = 0; v <= u; v++)
            p->hessian[u * n_outer + v] += bend_along(p, block, u, v, rest2) - dot(b->mixed + u * n, b->follow + v * n, n);
    }
}

/* Derivatives of the Gaussians that hold shared nuisances. */
static void hold(fe_profile *p, const fe_profile_state *at)
{
    size_t n_outer = 1 + p->bins->n_shared;

    for (size_t u = 1; p->bins->shared_width && u < n_outer; u++) {
        double width = p->bins->shared_width[u - 1];

        p->gradient[u] += 2 * at->value[u - 1] / width / width;
        p->hessian[u * n_outer + u] += 2 / width / width;
    }
}

/* Everything at a state; returns the fall of -2 ln L (twice it, to second order) that a full step promises. */
static double assemble(fe_profile *p, const fe_profile_state *at)
{
    size_t m = p->bins->n_shared, n_outer = 1 + m, local = m;
    const double *signal = at->signal;
    double promise = 0;

    memset(p->gradient, 0, n_outer * sizeof *p->gradient);
    memset(p->hessian, 0, n_outer * n_outer * sizeof *p->hessian);
    for (size_t k = 0; k < p->bins->n_blocks; k++) {
        const fe_block *block = &p->bins->block[k];
        fe_schur *b = &p->schur[k];
        double rest1, rest2;

        bin_derivs(p, k, at, signal, local, &rest1, &rest2);
        fill_schur(p, block, b, rest1, rest2);
        factorise(b->hessian, block->n_local, b->gradient, p->reach + local);
        solve(b->hessian, block->n_local, b->gradient, b->answer);
        for (size_t v = 0; v < n_outer; v++)
            solve(b->hessian, block->n_local, b->mixed + v * block->n_local, b->follow + v * block->n_local);
        add_block(p, k, rest1, rest2);
        promise += dot(b->gradient, b->answer, block->n_local);
        signal += block->n_bins;
        local += block->n_local;
    }
    hold(p, at);
    for (size_t u = 0; u < m; u++)
        for (size_t v = 0; v <= u; v++)
            p->factor[u * m + v] = p->hessian[(1 + u) * n_outer + 1 + v];
    factorise(p->factor, m, p->gradient + 1, p->reach);
    solve(p->factor, m, p->gradient + 1, p->answer);
    return promise + dot(p->gradient + 1, p->answer, m);
}

/* Curvature along the norm with all nuisances held; of counts alone, not of walls. */
static double own_bend(fe_profile *p, const fe_profile_state *at)
{
    const double *signal = at->signal;
    double sum = 0;

    for (size_t k = 0; k < p->bins->n_blocks; k++) {
        const fe_block *block = &p->bins->block[k];
        fe_stat_bins view = fe_profile_view(block);

        block->stat->derivs(&view, signal, p->w1, p->w2);
        for (size_t i = 0; i < block->n_bins; i++)
            sum += p->w2[i] * block->s[i] * block->s[i];
        signal += block->n_bins;
    }
    return sum;
}

bool fe_nuisance_derivs(fe_profile *p, const fe_profile_state *at, double *d1, double *d2)
{
    size_t m = p->bins->n_shared, n_outer = 1 + m;
    double slope, bend, own;

    assemble(p, at);
    slope = p->gradient[0];
    bend = p->hessian[0];
    for (size_t u = 0; u < m; u++)                                      /* column of the norm: H_zx */
        p->gradient[1 + u] = p->hessian[(1 + u) * n_outer];
    solve(p->factor, m, p->gradient + 1, p->follow);
    *d1 = slope - dot(p->gradient + 1, p->answer, m);
    *d2 = bend - dot(p->gradient + 1, p->follow, m);
    own = own_bend(p, at);
    return own == 0 || *d2 > FLAT * own;
}

/* ---- steps ----------------------------------------------------------------------------------------------------- */

/* trial = at + t (full step) */
static void try_step(fe_profile *p, const fe_profile_state *at, double t)
{
    size_t m = p->bins->n_shared, value = m;

    for (size_t v = 0; v < m; v++)
        p->trial.value[v] = at->value[v] - t * p->answer[v];
    for (size_t k = 0; k < p->bins->n_blocks; k++) {
        const fe_schur *b = &p->schur[k];
        size_t n = p->bins->block[k].n_local;

        for (size_t l = 0; l < n; l++, value++) {
            double step = b->answer[l];

            for (size_t v = 0; v < m; v++)
                step -= b->follow[(1 + v) * n + l] * p->answer[v];
            p->trial.value[value] = at->value[value] - t * step;
        }
    }
    p->trial.x = at->x;
    fe_profile_fill(p, &p->trial);
}

/* One wall on the way from one state to another: how far it lets go, and the change of its -2 ln. */
typedef struct way { double limit, change; bool outside; } way;

static void pass_wall(way *w, double from, double to, bool counts)
{
    w->outside |= from < 0;
    if (to < from)
        w->limit = fmin(w->limit, fmax(from, 0) / (from - to));
    if (!counts && from > 0 && to > 0)
        w->change -= 2 * WALL * fe_stat_log(to / from);
}

static way past_walls(const fe_profile *p, const fe_profile_state *from, const fe_profile_state *to)
{
    size_t first = 0, local = p->bins->n_shared;
    way w = { INFINITY, 0, false };

    for (size_t k = 0; k < p->bins->n_blocks; k++) {
        const fe_block *block = &p->bins->block[k];
        fe_stat_bins view = fe_profile_view(block);

        if (has_walls(p->bins, block)) {
            for (size_t i = 0; i < block->n_bins; i++) {
                double s_min = block->stat->s_min(&view, i);

                pass_wall(&w, from->signal[first + i] - s_min, to->signal[first + i] - s_min, block->n[i] > 0);
            }
            if (has_rest(block))
                pass_wall(&w, rest_mu(p->bins, k, from, local), rest_mu(p->bins, k, to, local), false);
        }
        first += block->n_bins;
        local += block->n_local;
    }
    return w;
}

/* Go along the full step as far as the walls let and -2 ln L falls; false when it does not fall. */
static bool take_step(fe_profile *p, fe_profile_state *at, double promise)
{
    double t = 1, limit;

    try_step(p, at, 1);
    limit = past_walls(p, at, &p->trial).limit;
    if (limit <= 1) {
        t = 0.99 * limit;
        try_step(p, at, t);
    }
    for (int half = 0; half < MAX_HALVINGS; half++) {
        double fall = -fe_profile_between(p, &p->trial, at) - past_walls(p, at, &p->trial).change;

        if (fall >= 1e-4 * t * promise || (promise <= NOISE && half == 0)) {
            memcpy(at->value, p->trial.value, p->n_values * sizeof *at->value);
            memcpy(at->signal, p->trial.signal, p->n_bins * sizeof *at->signal);
            return true;
        }
        t /= 2;
        try_step(p, at, t);
    }
    return false;
}

void fe_nuisance_solve(fe_profile *p, fe_profile_state *at)
{
    double promise = INFINITY;

    fe_profile_fill(p, at);
    if (past_walls(p, at, at).outside) {
        fe_nuisance_start(p, at);
        fe_profile_fill(p, at);
    }
    for (int k = 0; k < MAX_STEPS && promise > DONE; k++) {
        promise = assemble(p, at);
        if (!isfinite(promise) || !take_step(p, at, promise))
            break;
    }
    at->converged = promise <= GOOD_ENOUGH;
}
