/* Blocks that wait for the other datasets of their group: packed, and only what the solution will look at. */
#include "est/bins.h"

#include <stdint.h>
#include <string.h>

/* With room for more behind them. */
static const double *keep(const double *x, size_t n, size_t room, fe_arena *arena)
{
    return x ? memcpy(fe_arena_small(arena, (n + room) * sizeof *x), x, n * sizeof *x) : NULL;
}

static const double *const *keep_all(const double *const *x, size_t n_arrays, size_t n, fe_arena *arena)
{
    const double **y;

    if (!x)
        return NULL;
    y = fe_arena_small(arena, n_arrays * sizeof *y);
    for (size_t k = 0; k < n_arrays; k++)
        y[k] = keep(x[k], n, 0, arena);
    return y;
}

static void keep_rest(fe_block *b, size_t n_shared, fe_arena *arena)
{
    b->rest_s = keep(b->rest_s, b->n_rest, 0, arena);
    b->rest_b = keep(b->rest_b, b->n_rest, 0, arena);
    b->rest_local = keep_all(b->rest_local, b->n_local, b->n_rest, arena);
    b->rest_shared = keep_all(b->rest_shared, n_shared, b->n_rest, arena);
}

static void drop_rest(fe_block *b)
{
    b->n_rest = 0;
    b->rest_s = b->rest_b = NULL;
    b->rest_local = b->rest_shared = NULL;
}

void fe_block_keep(fe_block *b, size_t n_shared, bool with_rest, size_t room, fe_arena *arena)
{
    b->n = keep(b->n, b->n_bins, room, arena);
    b->s = keep(b->s, b->n_bins, room, arena);
    b->b = keep(b->b, b->n_bins, room, arena);
    b->n_off = keep(b->n_off, b->n_bins, room, arena);
    b->alpha = keep(b->alpha, b->n_bins, room, arena);
    b->fixed = keep(b->fixed, b->n_bins, room, arena);
    b->local = keep_all(b->local, b->n_local, b->n_bins, arena);
    b->shared = keep_all(b->shared, n_shared, b->n_bins, arena);
    b->local_rest = keep(b->local_rest, b->n_local, 0, arena);
    b->shared_rest = keep(b->shared_rest, n_shared, 0, arena);
    if (with_rest)
        keep_rest(b, n_shared, arena);
    else
        drop_rest(b);
}

/* ---- datasets in one block ------------------------------------------------------------------------------------- */

bool fe_block_may_join(const fe_block *a, const fe_block *b)
{
    return a->stat == b->stat && !a->n_local && !b->n_local && !a->shared && !b->shared && !a->n_rest && !b->n_rest &&
           !a->b == !b->b && !a->n_off == !b->n_off && !a->fixed == !b->fixed;
}

/* The arrays are those of fe_block_keep, which are ours. */
static void append(const double *to, size_t n, const double *from, size_t n_more)
{
    if (to)
        memcpy((double *)(uintptr_t)to + n, from, n_more * sizeof *from);
}

void fe_block_join(fe_block *to, const fe_block *more)
{
    append(to->n, to->n_bins, more->n, more->n_bins);
    append(to->s, to->n_bins, more->s, more->n_bins);
    append(to->b, to->n_bins, more->b, more->n_bins);
    append(to->n_off, to->n_bins, more->n_off, more->n_bins);
    append(to->alpha, to->n_bins, more->alpha, more->n_bins);
    append(to->fixed, to->n_bins, more->fixed, more->n_bins);
    to->n_bins += more->n_bins;
    to->s_rest += more->s_rest;
    to->stat_rest += more->stat_rest;
    to->n_still += more->n_still;
    to->stat_still += more->stat_still;
    to->npred_still += more->npred_still;
    to->counts += more->counts;
    to->background += more->background;
    if (more->norm_min > to->norm_min)
        to->norm_min = more->norm_min;
}
