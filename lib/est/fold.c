#include "est/fold.h"

#include <math.h>
#include <string.h>

/* ---- predicted counts -------------------------------------------------------------------------------------- */

void fe_fold_flux(const fe_dataset *d, const fe_spectrum *model, bool gammapy_grid, double *flux)
{
    fe_spectrum_integrals(model, d->n_etrue, d->etrue_edge_TeV, false, gammapy_grid, flux);
}

void fe_fold_response(const fe_dataset *d, const double *flux, fe_arena *arena, double *npred)
{
    double *through = FE_ARENA_NEWN(arena, double, d->n_etrue);

    /* no exposure, no counts: also where the integral is infinite (a first edge at 0) */
    for (size_t i = 0; i < d->n_etrue; i++)
        through[i] = d->exposure_cm2_s[i] == 0 ? 0 : d->exposure_cm2_s[i] * flux[i];
    memset(npred, 0, d->n_e * sizeof *npred);
    fe_edisp_apply(d->edisp, through, npred);
}

void fe_fold_spectrum(const fe_dataset *d, const fe_spectrum *model, bool gammapy_grid, fe_arena *arena, double *npred)
{
    double *flux = FE_ARENA_NEWN(arena, double, d->n_etrue);

    fe_fold_flux(d, model, gammapy_grid, flux);
    fe_fold_response(d, flux, arena, npred);
}

/* ---- bins of a block --------------------------------------------------------------------------------------- */

typedef struct bin {                /* sums over the channels that make one bin                         */
    double n, s, b, fixed, n_off, alpha_off, acceptance, acceptance_off;
    size_t n_channels;
} bin;

typedef struct builder {
    const fe_dataset *d;
    const double *npred;
    const fe_fold_beside *beside;   /* or NULL                                                          */
    bool keep_all;                  /* bins without counts, too                                         */
    double *n, *s, *b, *fixed, *n_off, *alpha, *rest_s, *rest_b;
    double *background;             /* [bins] b, or alpha n_off                                         */
    size_t *end;                    /* [bins] channel behind the last one of a bin                      */
    fe_fold_piece *out;
} builder;

static bool has_off_region(const fe_dataset *d, size_t j)
{
    return d->alpha[j] > 0 && isfinite(d->alpha[j]);
}

static void add_channel(bin *x, const builder *to, size_t j)
{
    const fe_dataset *d = to->d;

    x->n += d->counts[j];
    x->s += to->npred[j];
    x->fixed += to->beside && to->beside->fixed ? to->beside->fixed[j] : 0;
    x->b += d->background ? d->background[j] : 0;
    x->n_channels++;
    if (!d->n_off)
        return;
    x->n_off += d->n_off[j];
    x->alpha_off += d->alpha[j] * d->n_off[j];
    x->acceptance += d->acceptance ? d->acceptance[j] : 1;
    x->acceptance_off += d->acceptance && d->acceptance_off ? d->acceptance_off[j]
                                                            : (d->acceptance ? d->acceptance[j] : 1) / d->alpha[j];
}

/*
 * alpha of summed channels: with it alpha n_off is the summed background, sum alpha_j n_off_j.  Without OFF counts that
 * is 0/0; then it is the ratio of the summed acceptances, so that a run whose channels share one alpha keeps it.
 */
static double alpha_of(const bin *x, const fe_dataset *d, size_t j)
{
    if (x->n_channels == 1)
        return d->alpha[j];
    return x->n_off > 0 ? x->alpha_off / x->n_off : x->acceptance / x->acceptance_off;
}

/* The bin, with last channel j, becomes one of the block.  A Cash bin without counts needs no log: W = 2 (b + x s). */
static void close_bin(builder *to, bin *x, size_t j)
{
    fe_block *block = &to->out->block;
    size_t k = block->n_bins;

    if (x->n_channels == 0)
        return;
    block->counts += x->n;
    if (to->d->n_off) {
        double alpha = alpha_of(x, to->d, j);

        block->background += alpha * x->n_off;
        to->n_off[k] = x->n_off;
        to->alpha[k] = alpha;
        to->fixed[k] = x->fixed;
        to->background[k] = alpha * x->n_off;
        block->n_bins++;
    } else {
        double b = x->b + x->fixed;

        block->background += x->b;
        if (x->s > 0 && -b / x->s > block->norm_min)
            block->norm_min = -b / x->s;
        if (x->n > 0 || to->keep_all) {
            to->b[k] = b;
            to->background[k] = x->b;
            block->n_bins++;
        } else {
            to->rest_s[block->n_rest] = x->s;
            to->rest_b[block->n_rest++] = b;
            block->s_rest += x->s;
            block->stat_rest += 2 * b;
        }
    }
    to->n[k] = x->n;                    /* the arrays have one place more than channels */
    to->s[k] = x->s;
    to->end[k] = j + 1;
    *x = (bin){ 0 };
}

static bool is_used(const fe_dataset *d, size_t j)
{
    return d->mask[j] && (!d->n_off || has_off_region(d, j));
}

/* Take the channel; false when it is left out. */
static bool use_channel(const fe_dataset *d, size_t j, fe_fold_piece *out)
{
    if (!is_used(d, j)) {
        out->n_nooff += d->mask[j];
        return false;
    }
    if (out->n_used++ == 0)
        out->e_min_eff_TeV = d->e_edge_TeV[j / (d->ny * d->nx)];
    out->e_max_eff_TeV = d->e_edge_TeV[j / (d->ny * d->nx) + 1];
    out->n_off_sum += d->n_off ? d->n_off[j] : 0;
    return true;
}

static void join(bin *x, const bin *y)
{
    x->n += y->n;
    x->s += y->s;
    x->b += y->b;
    x->fixed += y->fixed;
    x->n_off += y->n_off;
    x->alpha_off += y->alpha_off;
    x->acceptance += y->acceptance;
    x->acceptance_off += y->acceptance_off;
    x->n_channels += y->n_channels;
}

/*
 * Channels become bins: one each; all in one (EXCESS); or neighbours together until n_off >= group_off, from low
 * energies up.  What is left over at the end joins the last bin, so a bin is closed only when the next one is full.
 */
static void fill_bins(builder *to, size_t first, size_t last, fe_method method, double group_off)
{
    bool merge = group_off > 0 && to->d->n_off;
    bin full = { 0 }, open = { 0 };
    size_t j_full = first, j_open = first;

    for (size_t j = first; j < last; j++) {
        if (!use_channel(to->d, j, to->out))
            continue;
        add_channel(&open, to, j);
        j_open = j;
        if (method == FE_METHOD_EXCESS || (merge && open.n_off < group_off))
            continue;
        close_bin(to, &full, j_full);
        full = open;
        j_full = j;
        open = (bin){ 0 };
    }
    if (open.n_channels && full.n_channels) {
        join(&full, &open);
        j_full = j_open;
    }
    close_bin(to, full.n_channels ? &full : &open, full.n_channels ? j_full : j_open);
}

/* ---- nuisances --------------------------------------------------------------------------------------------- */

/* Counts per channel, summed as the channels were. */
static const double *in_bins(const builder *to, const double *channel, size_t first, fe_arena *arena)
{
    double *sum = FE_ARENA_NEWN(arena, double, to->out->block.n_bins);
    size_t j = first;

    for (size_t k = 0; k < to->out->block.n_bins; k++)
        for (; j < to->end[k]; j++)
            sum[k] += is_used(to->d, j) ? channel[j] : 0;
    return sum;
}

static void add_nuisances(const builder *to, size_t first, fe_arena *arena)
{
    const fe_fold_beside *beside = to->beside;
    fe_block *block = &to->out->block;
    const double **shared = FE_ARENA_NEWN(arena, const double *, beside->n_shared + 1);
    const double **local = FE_ARENA_NEWN(arena, const double *, 1);

    for (size_t m = 0; m < beside->n_shared; m++)
        shared[m] = in_bins(to, beside->shared[m], first, arena);
    if (beside->bkg_syst)
        shared[beside->n_shared] = to->background;
    if (beside->n_shared || beside->bkg_syst)
        block->shared = shared;
    if (beside->free_bkg && block->background > 0) {
        local[0] = to->background;
        block->local = local;
        block->n_local = 1;
    }
}

/* ---- the piece --------------------------------------------------------------------------------------------- */

static void make_room(builder *to, size_t n, fe_arena *arena)
{
    fe_block *block = &to->out->block;

    block->n = to->n = FE_ARENA_NEWN(arena, double, n);
    block->s = to->s = FE_ARENA_NEWN(arena, double, n);
    to->background = FE_ARENA_NEWN(arena, double, n);
    to->end = FE_ARENA_NEWN(arena, size_t, n);
    if (to->d->n_off) {
        block->n_off = to->n_off = FE_ARENA_NEWN(arena, double, n);
        block->alpha = to->alpha = FE_ARENA_NEWN(arena, double, n);
        to->fixed = FE_ARENA_NEWN(arena, double, n);
        block->fixed = to->beside && to->beside->fixed ? to->fixed : NULL;
    } else {
        block->b = to->b = FE_ARENA_NEWN(arena, double, n);
        block->rest_s = to->rest_s = FE_ARENA_NEWN(arena, double, n);
        block->rest_b = to->rest_b = FE_ARENA_NEWN(arena, double, n);
    }
}

void fe_fold_piece_make_beside(const fe_dataset *d, const double *npred, const fe_fold_beside *beside, size_t first,
                               size_t last, fe_method method, double group_off, fe_arena *arena, fe_fold_piece *out)
{
    size_t n = 0;
    bool nuisances = beside && (beside->n_shared || beside->free_bkg || beside->bkg_syst);
    builder to = { .d = d, .npred = npred, .beside = beside, .keep_all = nuisances, .out = out };

    for (size_t j = first; j < last; j++)
        n += d->mask[j];
    n = method == FE_METHOD_EXCESS ? 2 : n + 1;
    *out = (fe_fold_piece){ .block = { .stat = d->n_off ? &fe_stat_wstat : &fe_stat_cash, .norm_min = -INFINITY },
                            .e_min_eff_TeV = NAN, .e_max_eff_TeV = NAN };
    make_room(&to, n, arena);
    fill_bins(&to, first, last, method, group_off);
    if (nuisances)
        add_nuisances(&to, first, arena);
}

void fe_fold_piece_make(const fe_dataset *d, const double *npred, size_t first, size_t last, fe_method method,
                        double group_off, fe_arena *arena, fe_fold_piece *out)
{
    fe_fold_piece_make_beside(d, npred, NULL, first, last, method, group_off, arena, out);
}
