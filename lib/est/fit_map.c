/*
 * A map dataset of the global fit, reduced to what the likelihood needs.
 *
 * What a source predicts is linear in its flux in each true bin, so that its spatial part is folded once: images over true bins.  With a
 * known background only bins with counts need them one by one.  Of the others, in each channel,
 *
 *     empty bins that a source reaches         are one bin without counts: W = 2 (b + s) is linear
 *     bins that no source reaches              are one bin: W = 2 f b - 2 n ln(f b), f the factor of the background, is that of the sums
 *                                              but for a constant
 *
 * Empty bins bound a negative signal, s >= -b: the one of the largest s / b of a source in a channel and true bin is kept.  With
 * OFF counts every bin that a source reaches is kept, the others are constant.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "est/fit_parts.h"
#include "est/predict.h"

enum { UNUSED = -3, FAR = -2, SUMMED = -1, KEPT = 0 };

typedef struct reducer {
    fe_fit *fit;
    const fe_dataset *d;
    size_t n_pixels;
    int *place;                     /* [bins of d] of the enum; then, of those kept, the bin of the set */
    size_t n_kept, n_used;
    double factor;                  /* of the source at hand                                            */
    fe_edisp *image;                /* its image, rows up to n_rows                                     */
    size_t n_rows, n_values, cap;
    double *summed;                 /* [n_e] of the true bin at hand                                    */
} reducer;

/* ---- checks ---------------------------------------------------------------------------------------------------- */

/* Rounding may leave a background a little below 0. */
static const double TINY = 1e-9;

static int check_bin(const fe_dataset *d, size_t bin, fe_err *err)
{
    size_t n_pixels = d->ny * d->nx, q = bin % n_pixels;
    double b = d->n_off ? d->n_off[bin] : d->background ? d->background[bin] : 0;

    if (d->counts[bin] >= 0 && b >= (d->n_off ? 0 : -TINY) && isfinite(d->counts[bin] + b))
        return 0;
    return fe_fail(err, FE_EDATA, &(fe_where){ d->info.file, NULL, 0 }, "pixel (%zu, %zu) of channel %zu has counts %g and background "
                   "%g, expected numbers of at least 0, or that it is masked", q % d->nx, q / d->nx, bin / n_pixels, d->counts[bin], b);
}

static int check_places(const fe_models *models, const double *factor, fe_err *err)
{
    for (size_t k = 0; k < models->n; k++) {
        const fe_spatial *s = models->model[k].spatial;

        for (size_t i = 0; s && (!factor || factor[k] != 0) && i < s->kind->n_par; i++)
            if (!s->par[i].frozen)
                return fe_fail(err, FE_EUSAGE, NULL, "source '%s': its spatial parameter %s is free, but only spectra are fitted: "
                               "expected it frozen, in the models file or with --fix spatial", models->model[k].name,
                               s->kind->par[i].name);
    }
    return 0;
}

/* ---- which bins are kept --------------------------------------------------------------------------------------- */

static double background_of(const fe_dataset *d, size_t bin)
{
    return d->background ? fmax(d->background[bin], 0) : 0;
}

static int find_used(reducer *x, fe_err *err)
{
    const fe_dataset *d = x->d;

    for (size_t bin = 0; bin < fe_dataset_n_bins(d); bin++) {
        x->place[bin] = UNUSED;
        if (!d->mask[bin])
            continue;
        if (!fe_fit_has_off_region(d, bin)) {
            x->fit->n_nooff++;
            continue;
        }
        if (check_bin(d, bin, err) < 0)
            return -1;
        x->place[bin] = FAR;
        x->n_used++;
        x->fit->n_lowoff += d->n_off && d->n_off[bin] == 0;
        fe_fit_widen(x->fit, d->e_edge_TeV[bin / x->n_pixels], d->e_edge_TeV[bin / x->n_pixels + 1]);
    }
    return 0;
}

/* Below this part of the largest value a convolution leaves rounding: no pixel without background may live on that. */
static double rounding_of(const fe_patch *p)
{
    double most = 0;

    for (size_t i = 0; i < p->n_e * p->ny * p->nx; i++)
        most = fmax(most, p->npred[i]);
    return 1e-13 * most;
}

typedef struct bound { double ratio, value; size_t bin; } bound;

/* A bin that a source reaches. */
static void reach(reducer *x, size_t bin, double value, bound *most)
{
    double b = background_of(x->d, bin), ratio = b > 0 ? value / b : INFINITY;

    if (x->place[bin] == KEPT)
        return;
    x->place[bin] = x->d->n_off || x->d->counts[bin] > 0 ? KEPT : SUMMED;
    if (x->place[bin] == SUMMED && (ratio > most->ratio || (ratio == most->ratio && value > most->value)))
        *most = (bound){ ratio, value, bin };
}

static void look(void *ctx, size_t i, const fe_patch *p)
{
    reducer *x = ctx;
    double least = rounding_of(p);

    (void)i;
    for (size_t j = 0; j < p->n_e; j++) {
        bound most = { 0, 0, 0 };

        for (size_t y = 0; y < p->ny; y++)
            for (size_t k = 0; k < p->nx; k++) {
                size_t bin = j * x->n_pixels + (p->y0 + y) * x->d->nx + p->x0 + k;
                double value = p->npred[(j * p->ny + y) * p->nx + k];

                if (value > least && x->place[bin] != UNUSED)
                    reach(x, bin, value, &most);
            }
        if (most.value > 0)
            x->place[most.bin] = KEPT;
    }
}

static void number_kept(reducer *x)
{
    for (size_t bin = 0; bin < fe_dataset_n_bins(x->d); bin++)
        if (x->place[bin] == KEPT)
            x->place[bin] = (int)x->n_kept++;
}

/* Behind the kept bins: of each channel the sum of empty ones, and of those that no source reaches. */
static size_t summed_bin(const reducer *x, size_t j)
{
    return x->n_kept + j;
}

static size_t far_bin(const reducer *x, size_t j)
{
    return x->n_kept + x->d->n_e + j;
}

/* ---- images ---------------------------------------------------------------------------------------------------- */

static void add_value(reducer *x, size_t bin, double value)
{
    fe_edisp *image = x->image;

    if (x->n_values == x->cap) {
        x->cap = 2 * x->cap + 1024;
        image->col = fe_realloc(image->col, x->cap, sizeof *image->col);
        image->value = fe_realloc(image->value, x->cap, sizeof *image->value);
    }
    image->col[x->n_values] = (int)bin;
    image->value[x->n_values++] = x->factor * value;
}

static void end_rows(reducer *x, size_t n)
{
    for (; x->n_rows < n; x->n_rows++)
        x->image->row[x->n_rows + 1] = x->n_values;
}

static void take(void *ctx, size_t i, const fe_patch *p)
{
    reducer *x = ctx;
    double least = rounding_of(p);

    end_rows(x, i);
    for (size_t j = 0; j < p->n_e; j++) {
        double sum = 0;

        for (size_t y = 0; y < p->ny; y++)
            for (size_t k = 0; k < p->nx; k++) {
                size_t bin = j * x->n_pixels + (p->y0 + y) * x->d->nx + p->x0 + k;
                double value = p->npred[(j * p->ny + y) * p->nx + k];

                if (value > least && x->place[bin] >= 0)
                    add_value(x, (size_t)x->place[bin], value);
                else if (value > least && x->place[bin] == SUMMED)
                    sum += value;
            }
        if (sum != 0)
            add_value(x, summed_bin(x, j), sum);
    }
}

static int add_image(reducer *x, fe_fit_set *set, size_t k, double factor, fe_err *err)
{
    x->factor = factor;
    x->image = fe_edisp_new(x->d->n_etrue, set->n, 0);
    x->n_rows = x->n_values = x->cap = 0;
    set->image = fe_realloc(set->image, set->n_images + 1, sizeof *set->image);
    set->image[set->n_images++] = (fe_fit_image){ k, set->axis, x->image };
    if (fe_predict_images(x->d, &x->fit->given->model[k], x->fit->options.gammapy_grid, take, x, err) < 0)
        return -1;
    end_rows(x, x->d->n_etrue);
    return 0;
}

/* ---- bins ------------------------------------------------------------------------------------------------------ */

static void fill_wstat(const reducer *x, fe_fit_set *set)
{
    const fe_dataset *d = x->d;
    double *n_on = set->store, *n_off = n_on + set->n, *alpha = n_off + set->n;
    fe_sum constant = { 0, 0 };

    for (size_t bin = 0; bin < fe_dataset_n_bins(d); bin++) {
        int k = x->place[bin];

        if (k == FAR)
            fe_sum_add(&constant, fe_wstat(d->counts[bin], d->n_off[bin], d->alpha[bin], 0));
        if (k < 0)
            continue;
        set->channel[k] = (int)(bin / x->n_pixels);
        n_on[k] = d->counts[bin];
        n_off[k] = d->n_off[bin];
        alpha[k] = d->alpha[bin];
        set->observed += n_on[k] - alpha[k] * n_off[k];
    }
    set->constant = fe_sum_value(&constant);
    set->bins = (fe_stat_bins){ .n = set->n, .n_on = n_on, .n_off = n_off, .alpha = alpha };
    set->kernel = &fe_stat_wstat;
}

static void fill_cash(const reducer *x, fe_fit_set *set)
{
    const fe_dataset *d = x->d;
    double *n_on = set->store, *b = n_on + set->n;
    fe_sum constant = { 0, 0 };

    for (size_t j = 0; j < d->n_e; j++)
        set->channel[summed_bin(x, j)] = set->channel[far_bin(x, j)] = (int)j;
    for (size_t bin = 0; bin < fe_dataset_n_bins(d); bin++) {
        size_t j = bin / x->n_pixels, k = x->place[bin] >= 0 ? (size_t)x->place[bin] : x->place[bin] == FAR ? far_bin(x, j) : summed_bin(x, j);
        double background = background_of(d, bin);

        if (x->place[bin] == UNUSED)
            continue;
        if (x->place[bin] == FAR)
            fe_sum_add(&constant, fe_cash(d->counts[bin], background));
        if (x->place[bin] == FAR && background == 0)        /* nothing changes there */
            continue;
        set->channel[k] = (int)j;
        n_on[k] += d->counts[bin];
        b[k] += background;
        set->observed += x->place[bin] == FAR ? 0 : d->counts[bin] - background;
    }
    for (size_t j = 0; j < d->n_e; j++)
        fe_sum_add(&constant, -fe_cash(n_on[far_bin(x, j)], b[far_bin(x, j)]));
    set->constant = fe_sum_value(&constant);
    set->bins = (fe_stat_bins){ .n = set->n, .n_on = n_on, .b = b };
    set->kernel = &fe_stat_cash;
    for (size_t k = 0; k < set->n; k++)
        set->free_background = set->free_background || (x->fit->options.free_background && b[k] > 0);
    fe_fit_move_background(x->fit, set, d);
}

static fe_fit_set *make_set(reducer *x)
{
    const fe_dataset *d = x->d;
    fe_fit *f = x->fit;
    size_t n = x->n_used == 0 ? 0 : d->n_off ? x->n_kept : x->n_kept + 2 * d->n_e;
    fe_fit_set *set = fe_fit_set_new(f, fe_fit_axis_find(f, false, false, d->n_etrue, d->etrue_edge_TeV, NULL), n, NULL);

    f->n_bins += x->n_used - n;
    f->n_empty -= n == 0 && x->n_used > 0;
    f->weighs_sources = true;
    set->stat = &fe_fit_counts_stat;
    set->store = FE_NEWN(double, 3 * n + 1);
    if (n || d->n_off)
        (d->n_off ? fill_wstat : fill_cash)(x, set);
    return set;
}

/* ---- the map --------------------------------------------------------------------------------------------------- */

static int reduce(reducer *x, const double *factor, fe_err *err)
{
    fe_fit *f = x->fit;
    fe_fit_set *set;

    if (find_used(x, err) < 0 || check_places(f->given, factor, err) < 0)
        return -1;
    for (size_t k = 0; k < f->models->n; k++)
        if ((!factor || factor[k] != 0) &&
            fe_predict_images(x->d, &f->given->model[k], f->options.gammapy_grid, look, x, err) < 0)
            return -1;
    number_kept(x);
    set = make_set(x);
    for (size_t k = 0; set->n && k < f->models->n; k++)
        if ((!factor || factor[k] != 0) && add_image(x, set, k, factor ? factor[k] : 1, err) < 0)
            return -1;
    return 0;
}

int fe_fit_add_map(fe_fit *f, const fe_dataset *d, const double *factor, fe_err *err)
{
    reducer x = { .fit = f, .d = d, .n_pixels = d->ny * d->nx, .place = FE_NEWN(int, fe_dataset_n_bins(d)) };
    int rc = reduce(&x, factor, err);

    free(x.place);
    return rc;
}
