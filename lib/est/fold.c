#include "est/fold.h"

#include <math.h>
#include <string.h>

#include "base/num.h"

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
    double alpha, background;       /* once it is closed: WStat; b or alpha n_off                       */
    double others;                  /* sum of |templates of other sources|: 0 where none of them acts   */
    size_t n_channels, first, end;  /* the channels lie in [first, end)                                 */
} bin;

typedef struct builder {
    const fe_dataset *d;
    const double *npred;
    const fe_fold_beside *beside;   /* or NULL                                                          */
    size_t n_others;                /* other sources whose norms are nuisances                          */
    bool scales;                    /* a nuisance scales the background                                 */
    bool sparse;                    /* only bins that need it are listed                                */
    double *n, *s, *b, *fixed, *n_off, *alpha, *rest_s, *rest_b;
    double *background;             /* [bins] b, or alpha n_off; where it is scaled                     */
    size_t *first, *end;            /* [bins] their channels; where there are others                    */
    bin flat;                       /* Cash bins that nothing moves but the norm of the background      */
    bin tight;                      /* of the bins without counts the one whose wall comes first        */
    fe_sum still, still_npred;
    fe_fold_piece *out;
} builder;

static bool has_off_region(const fe_dataset *d, size_t j)
{
    return d->alpha[j] > 0 && isfinite(d->alpha[j]);
}

static void add_channel(bin *x, const builder *to, size_t j)
{
    const fe_dataset *d = to->d;

    x->first = x->n_channels++ ? x->first : j;
    x->end = j + 1;
    x->n += d->counts[j];
    x->s += to->npred[j];
    x->fixed += to->beside && to->beside->fixed ? to->beside->fixed[j] : 0;
    x->b += d->background ? d->background[j] : 0;
    for (size_t m = 0; m < to->n_others; m++)
        x->others += fabs(to->beside->shared[m][j]);
    if (!d->n_off)
        return;
    x->n_off += d->n_off[j];
    x->alpha_off += d->alpha[j] * d->n_off[j];
    x->acceptance += d->acceptance ? d->acceptance[j] : 1;
    x->acceptance_off += d->acceptance && d->acceptance_off ? d->acceptance_off[j]
                                                            : (d->acceptance ? d->acceptance[j] : 1) / d->alpha[j];
}

static void join(bin *x, const bin *y)
{
    if (y->n_channels == 0)
        return;
    x->n += y->n;
    x->s += y->s;
    x->b += y->b;
    x->fixed += y->fixed;
    x->others += y->others;
    x->n_off += y->n_off;
    x->alpha_off += y->alpha_off;
    x->acceptance += y->acceptance;
    x->acceptance_off += y->acceptance_off;
    x->first = x->n_channels ? x->first : y->first;
    x->end = y->end;
    x->n_channels += y->n_channels;
}

/*
 * alpha of summed channels: with it alpha n_off is the summed background, sum alpha_j n_off_j.  Without OFF counts that
 * is 0/0; then it is the ratio of the summed acceptances, so that a run whose channels share one alpha keeps it.
 */
static double alpha_of(const bin *x, const fe_dataset *d)
{
    if (x->n_channels == 1)
        return d->alpha[x->first];
    return x->n_off > 0 ? x->alpha_off / x->n_off : x->acceptance / x->acceptance_off;
}

static void list(builder *to, const bin *x)
{
    size_t k = to->out->block.n_bins++;

    to->n[k] = x->n;                    /* the arrays have a place for each bin that may come */
    to->s[k] = x->s;
    if (to->scales)
        to->background[k] = x->background;
    if (to->n_others) {
        to->first[k] = x->first;
        to->end[k] = x->end;
    }
    if (to->d->n_off) {
        to->n_off[k] = x->n_off;
        to->alpha[k] = x->alpha;
        to->fixed[k] = x->fixed;
    } else {
        to->b[k] = x->b + x->fixed;
    }
}

/* Neither the norm nor a nuisance acts: a constant. */
static bool stands_still(const builder *to, const bin *x)
{
    return to->sparse && x->s == 0 && x->others == 0 && (!to->scales || x->background == 0);
}

static void add_still(builder *to, const bin *x)
{
    double b = x->b + x->fixed;

    to->out->block.n_still++;
    if (to->d->n_off) {
        fe_sum_add(&to->still, fe_wstat(x->n, x->n_off, x->alpha, x->fixed));
        fe_sum_add(&to->still_npred, x->fixed + x->alpha * fe_wstat_mu_bkg(x->n, x->n_off, x->alpha, x->fixed));
    } else {
        fe_sum_add(&to->still, fe_cash(x->n, b));
        fe_sum_add(&to->still_npred, b);
    }
}

/*
 * A nuisance scales all that is predicted: sum 2 (c b - n ln(c b)) is one bin of the sums of n and b, and a constant (Cash).
 */
static bool is_flat(const builder *to, const bin *x)
{
    return to->sparse && !to->d->n_off && x->s == 0 && x->others == 0 && x->fixed == 0 && x->b > 0;
}

static void add_flat(builder *to, const bin *x)
{
    fe_sum_add(&to->still, fe_cash(x->n, x->b));
    to->flat.n += x->n;
    to->flat.b += x->b;
    to->flat.n_channels += x->n_channels;
}

/*
 * A Cash bin without counts needs no log, W = 2 (b + x s), and where nothing else acts on it than the norm, and the norm of all its
 * background, the bin whose b/s is smallest is the first of its like to come to 0.
 */
static bool is_linear(const builder *to, const bin *x)
{
    if (to->d->n_off || x->n > 0)
        return false;
    if (to->n_others == 0 && !to->scales)
        return true;
    return to->sparse && x->s > 0 && x->others == 0 && x->b >= 0 && x->fixed >= 0 && (x->fixed == 0 || !to->scales);
}

static void add_linear(builder *to, bin *x)
{
    fe_block *block = &to->out->block;
    double b;

    if (to->n_others || to->scales) {
        bin other = to->tight;

        if (other.n_channels == 0 || (x->b + x->fixed) * other.s < (other.b + other.fixed) * x->s) {
            to->tight = *x;
            *x = other;
        }
        if (x->n_channels == 0)
            return;
    }
    b = x->b + x->fixed;
    to->rest_s[block->n_rest] = x->s;
    to->rest_b[block->n_rest++] = b;
    block->s_rest += x->s;
    block->stat_rest += 2 * b;
}

/* The bin is complete: one of the block, or what is left of it where it needs no place of its own. */
static void close_bin(builder *to, bin *x)
{
    fe_block *block = &to->out->block;

    if (x->n_channels == 0)
        return;
    x->alpha = to->d->n_off ? alpha_of(x, to->d) : 0;
    x->background = to->d->n_off ? x->alpha * x->n_off : x->b;
    block->counts += x->n;
    block->background += x->background;
    if (!to->d->n_off && x->s > 0)
        block->norm_min = fmax(block->norm_min, -(x->b + x->fixed) / x->s);
    if (stands_still(to, x))
        add_still(to, x);
    else if (is_flat(to, x))
        add_flat(to, x);
    else if (is_linear(to, x))
        add_linear(to, x);
    else
        list(to, x);
    *x = (bin){ 0 };
}

/* What was kept back for the end. */
static void close_block(builder *to)
{
    fe_block *block = &to->out->block;

    if (to->tight.n_channels)
        list(to, &to->tight);
    if (to->flat.n_channels) {
        fe_sum_add(&to->still, -fe_cash(to->flat.n, to->flat.b));
        to->flat.background = to->flat.b;
        list(to, &to->flat);
    }
    block->stat_still = fe_sum_value(&to->still);
    block->npred_still = fe_sum_value(&to->still_npred);
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

/*
 * Channels become bins: one each; all in one (EXCESS); or neighbours together until n_off >= group_off, from low
 * energies up.  What is left over at the end joins the last bin, so a bin is closed only when the next one is full.
 */
static void fill_bins(builder *to, size_t first, size_t last, fe_method method, double group_off)
{
    bool merge = group_off > 0 && to->d->n_off;
    bin full = { 0 }, open = { 0 };

    for (size_t j = first; j < last; j++) {
        if (!use_channel(to->d, j, to->out))
            continue;
        add_channel(&open, to, j);
        if (method == FE_METHOD_EXCESS || (merge && open.n_off < group_off))
            continue;
        close_bin(to, &full);
        full = open;
        open = (bin){ 0 };
    }
    join(&full, &open);
    close_bin(to, &full);
    close_block(to);
}

/* ---- nuisances --------------------------------------------------------------------------------------------- */

/* Counts per channel, summed as the channels were. */
static const double *in_bins(const builder *to, const double *channel, fe_arena *arena)
{
    double *sum = FE_ARENA_NEWN(arena, double, to->out->block.n_bins);

    for (size_t k = 0; k < to->out->block.n_bins; k++)
        for (size_t j = to->first[k]; j < to->end[k]; j++)
            sum[k] += is_used(to->d, j) ? channel[j] : 0;
    return sum;
}

/* Of the bins that are summed up, b is all background where it is scaled; other sources have no share in them. */
static void add_nuisances(const builder *to, fe_arena *arena)
{
    const fe_fold_beside *beside = to->beside;
    fe_block *block = &to->out->block;
    size_t n_shared = beside->n_shared + beside->bkg_syst;
    const double **shared = FE_ARENA_NEWN(arena, const double *, n_shared), **local = FE_ARENA_NEWN(arena, const double *, 1);
    const double **rest_shared = FE_ARENA_NEWN(arena, const double *, n_shared), **rest_local = FE_ARENA_NEWN(arena, const double *, 1);
    double *shared_rest = FE_ARENA_NEWN(arena, double, n_shared), *local_rest = FE_ARENA_NEWN(arena, double, 1);

    for (size_t m = 0; m < beside->n_shared; m++) {
        shared[m] = in_bins(to, beside->shared[m], arena);
        rest_shared[m] = FE_ARENA_NEWN(arena, double, block->n_rest);
    }
    if (beside->bkg_syst) {
        shared[beside->n_shared] = to->background;
        rest_shared[beside->n_shared] = to->rest_b;
        shared_rest[beside->n_shared] = block->stat_rest / 2;
    }
    if (n_shared) {
        block->shared = shared;
        block->rest_shared = rest_shared;
        block->shared_rest = shared_rest;
    }
    if (beside->free_bkg && block->background > 0) {
        local[0] = to->background;
        rest_local[0] = to->rest_b;
        local_rest[0] = block->stat_rest / 2;
        block->local = local;
        block->rest_local = rest_local;
        block->local_rest = local_rest;
        block->n_local = 1;
    }
}

/* ---- the piece --------------------------------------------------------------------------------------------- */

static void make_room(builder *to, size_t n, fe_arena *arena)
{
    fe_block *block = &to->out->block;

    block->n = to->n = FE_ARENA_NEWN(arena, double, n);
    block->s = to->s = FE_ARENA_NEWN(arena, double, n);
    if (to->scales)
        to->background = FE_ARENA_NEWN(arena, double, n);
    if (to->n_others) {
        to->first = FE_ARENA_NEWN(arena, size_t, n);
        to->end = FE_ARENA_NEWN(arena, size_t, n);
    }
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

/* May the channel need a place of its own? */
static bool may_move(const builder *to, size_t j)
{
    const fe_dataset *d = to->d;

    if (to->npred[j] != 0 || to->n_others)
        return true;
    return to->scales && (d->n_off || !d->background || !(d->background[j] >= 0) || (to->beside->fixed && to->beside->fixed[j] != 0));
}

/* Bins that may be listed: on a map, where a source is small, far less than there are pixels.  One more for those that are flat. */
static size_t most_bins(const builder *to, size_t first, size_t last)
{
    size_t n = 1;

    for (size_t j = first; j < last; j++)
        n += to->d->mask[j] && may_move(to, j);
    return n;
}

void fe_fold_piece_make_beside(const fe_dataset *d, const double *npred, const fe_fold_beside *beside, size_t first,
                               size_t last, fe_method method, double group_off, fe_arena *arena, fe_fold_piece *out)
{
    bool nuisances = beside && (beside->n_shared || beside->free_bkg || beside->bkg_syst);
    builder to = { .d = d, .npred = npred, .beside = beside, .n_others = beside ? beside->n_shared : 0,
                   .scales = beside && (beside->free_bkg || beside->bkg_syst), .sparse = method == FE_METHOD_FOLD, .out = out };

    *out = (fe_fold_piece){ .block = { .stat = d->n_off ? &fe_stat_wstat : &fe_stat_cash, .norm_min = -INFINITY },
                            .e_min_eff_TeV = NAN, .e_max_eff_TeV = NAN };
    make_room(&to, method == FE_METHOD_EXCESS ? 2 : most_bins(&to, first, last), arena);
    fill_bins(&to, first, last, method, group_off);
    if (nuisances)
        add_nuisances(&to, arena);
}

void fe_fold_piece_make(const fe_dataset *d, const double *npred, size_t first, size_t last, fe_method method,
                        double group_off, fe_arena *arena, fe_fold_piece *out)
{
    fe_fold_piece_make_beside(d, npred, NULL, first, last, method, group_off, arena, out);
}
