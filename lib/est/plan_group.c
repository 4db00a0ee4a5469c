#include "est/plan_group.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/note.h"

enum { MAX_ROOM = 1024 };           /* bins */

void fe_group_start(fe_group *g, const fe_group_result *keys)
{
    *g = (fe_group){ .result = *keys };
    g->result.e_min_TeV = g->result.e_max_TeV = NAN;
    g->result.e_min_eff_TeV = g->result.e_max_eff_TeV = NAN;
}

/* Exposure of the true bin that holds e, of a map at its centre; 0 outside of the axis. */
static double exposure_at(const fe_dataset *d, double e_TeV)
{
    for (size_t i = 0; i < d->n_etrue; i++)
        if (d->etrue_edge_TeV[i] <= e_TeV && e_TeV < d->etrue_edge_TeV[i + 1])
            return d->exposure_cm2_s[(i * d->ny + d->ny / 2) * d->nx + d->nx / 2];
    return 0;
}

static void add_block(fe_group *g, const fe_block *block)
{
    FE_GROW(g->block, g->n_blocks, g->cap);
    g->block[g->n_blocks++] = *block;
}

/* In thousands of datasets a block for each would be more than its bins: they share blocks, each a quarter of what was there. */
static void keep_block(fe_group *g, const fe_block *block, fe_arena *arena)
{
    size_t n = block->n_bins, room = g->n_kept / 4 > n ? g->n_kept / 4 - n : 0;
    fe_block kept = *block;
    bool with_rest = g->result.request->norm.want_sens;

    g->n_kept += n;
    if (!with_rest)                                 /* which does not keep blocks apart then */
        kept.n_rest = 0;
    if (g->n_blocks && n <= g->room && fe_block_may_join(&g->block[g->n_blocks - 1], &kept)) {
        fe_block_join(&g->block[g->n_blocks - 1], &kept);
        g->room -= n;
        return;
    }
    if (room > MAX_ROOM)
        room = MAX_ROOM;
    kept.n_rest = block->n_rest;
    fe_block_keep(&kept, g->n_shared, with_rest, room, arena);
    add_block(g, &kept);
    g->room = room;
}

void fe_group_add(fe_group *g, const fe_dataset *d, size_t first, size_t last, const fe_fold_piece *piece, fe_arena *keep)
{
    fe_group_result *r = &g->result;
    double lo_TeV = d->e_edge_TeV[first], hi_TeV = d->e_edge_TeV[last];

    g->in_band = true;
    r->e_min_TeV = fmin(r->e_min_TeV, lo_TeV);          /* fmin and fmax ignore a NaN */
    r->e_max_TeV = fmax(r->e_max_TeV, hi_TeV);
    g->n_nooff += piece->n_nooff;
    if (piece->n_used == 0)
        return;
    if (keep)
        keep_block(g, &piece->block, keep);
    else
        add_block(g, &piece->block);
    g->n_used += piece->n_used;
    g->n_off_sum += piece->n_off_sum;
    g->n_bins += piece->block.n_bins;
    if (piece->block.n_off)
        g->n_wstat_bins += piece->block.n_bins + piece->block.n_still;
    r->e_min_eff_TeV = fmin(r->e_min_eff_TeV, piece->e_min_eff_TeV);
    r->e_max_eff_TeV = fmax(r->e_max_eff_TeV, piece->e_max_eff_TeV);
    /* at the centre of this dataset's channels: e_ref of the row is known with the last dataset only */
    r->exposure_cm2_s += exposure_at(d, sqrt(lo_TeV * hi_TeV));
    r->livetime_s += d->livetime_s;
}

static const fe_norm no_norm = {
    .norm = NAN, .err = NAN, .errn = NAN, .errp = NAN, .ul = NAN, .sensitivity = NAN, .ts = NAN, .sqrt_ts = NAN,
    .stat = NAN, .stat_null = NAN, .npred = NAN, .npred_excess = NAN, .counts = NAN, .background = NAN
};

static const double *keep(const double *x, size_t n)
{
    double *y = FE_NEWN(double, n);

    memcpy(y, x, n * sizeof *x);
    return y;
}

static void solve(fe_group *g, fe_arena *scratch)
{
    const fe_bins bins = { .n_blocks = g->n_blocks, .block = g->block, .n_shared = g->n_shared,
                           .shared_width = g->shared_width };
    fe_norm *x = &g->result.norm;

    fe_arena_clear(scratch);
    fe_norm_solve(&bins, &g->result.request->norm, scratch, x);
    if (x->n_shared)
        x->shared_cov = keep(x->shared_cov, x->n_shared);
    if (x->n_scan == 0)
        return;
    x->norm_scan = keep(x->norm_scan, x->n_scan);       /* the scratch serves the next group, too */
    x->stat_scan = keep(x->stat_scan, x->n_scan);
}

/* Interface section 7: WStat with OFF counts below one a channel. */
static bool has_low_off(const fe_group *g)
{
    return g->result.request->method == FE_METHOD_FOLD && g->n_wstat_bins > 0 &&
           g->n_off_sum < (double)g->n_wstat_bins;
}

static unsigned flags_of(const fe_group *g)
{
    const fe_plan *plan = g->result.plan;
    unsigned flags = 0;

    if (g->n_used == 0)
        flags |= FE_STATUS_EMPTY;
    if (g->n_nooff)
        flags |= FE_STATUS_NOOFF;
    if (has_low_off(g))
        flags |= FE_STATUS_LOWOFF;
    if (plan->grouping && plan->grouping->is_time && isnan(plan->set[g->result.set].time_min))
        flags |= FE_STATUS_NOTIME;
    return flags | plan->set[g->result.set].status;
}

void fe_group_solve(fe_group *g, fe_arena *scratch)
{
    fe_group_result *r = &g->result;
    unsigned flags = r->norm.status | flags_of(g);

    if (!g->in_band) {                                  /* no dataset has a say: the edges are those asked for */
        r->e_min_TeV = r->e_min_asked_TeV;
        r->e_max_TeV = r->e_max_asked_TeV;
    }
    if (isinf(r->e_max_asked_TeV))                      /* --integral: to the end of the data */
        r->e_max_asked_TeV = isinf(r->e_max_TeV) ? NAN : r->e_max_TeV;
    if (isinf(r->e_max_TeV))
        r->e_max_TeV = NAN;
    if (r->e_min_TeV == 0)
        r->e_min_TeV = NAN;
    if (r->e_min_asked_TeV == 0)
        r->e_min_asked_TeV = r->e_min_TeV;
    r->e_ref_TeV = sqrt(r->e_min_TeV * r->e_max_TeV);
    r->norm = no_norm;
    if (g->n_used)
        solve(g, scratch);
    else
        r->livetime_s = r->exposure_cm2_s = NAN;
    r->norm.status |= flags;
    if (flags & FE_STATUS_LOWOFF)
        fe_note(FE_NOTE_WARN, NULL, "less than one OFF count per channel in some bands (LOWOFF): WStat pulls the norm "
                "down there; --method excess or --group-off N avoids it");
}

void fe_group_free(fe_group *g)
{
    if (g->result.norm.n_scan) {
        free((void *)g->result.norm.norm_scan);         /* kept by solve() */
        free((void *)g->result.norm.stat_scan);
    }
    if (g->result.norm.n_shared)
        free((void *)g->result.norm.shared_cov);
    free(g->block);
}
