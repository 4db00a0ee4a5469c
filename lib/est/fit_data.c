/* Datasets of the global fit, reduced to what the likelihood needs. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "est/fit_parts.h"

/* ---- axes ------------------------------------------------------------------------------------------------------ */

static double *copy_of(const double *x, size_t n)
{
    double *y = FE_NEWN(double, n + 1);

    if (n)
        memcpy(y, x, n * sizeof *y);
    return y;
}

static bool same_axis(const fe_fit_axis *a, bool is_points, bool is_background, size_t n, const double *edge, const double *upper)
{
    size_t n_edges = is_points ? n : n + 1;

    return a->is_points == is_points && a->is_background == is_background && a->n == n && !a->upper_TeV == !upper &&
           !memcmp(a->edge_TeV, edge, n_edges * sizeof *edge) &&
           (!upper || !memcmp(a->upper_TeV, upper, n * sizeof *upper));
}

size_t fe_fit_axis_find(fe_fit *f, bool is_points, bool is_background, size_t n, const double *edge_TeV, const double *upper_TeV)
{
    for (size_t k = 0; k < f->n_axes; k++)
        if (same_axis(&f->axis[k], is_points, is_background, n, edge_TeV, upper_TeV))
            return k;
    FE_GROW(f->axis, f->n_axes, f->axes_cap);
    f->axis[f->n_axes] = (fe_fit_axis){ .n = n, .is_points = is_points, .is_background = is_background,
                                        .edge_TeV = copy_of(edge_TeV, is_points ? n : n + 1),
                                        .upper_TeV = upper_TeV ? copy_of(upper_TeV, n) : NULL };
    return f->n_axes++;
}

/* ---- sets ------------------------------------------------------------------------------------------------------ */

fe_fit_set *fe_fit_set_new(fe_fit *f, size_t axis, size_t n, const double *factor)
{
    fe_fit_set *set;

    FE_GROW(f->set, f->n_sets, f->sets_cap);
    set = &f->set[f->n_sets++];
    *set = (fe_fit_set){ .axis = axis, .n = n, .background_norm = 1 };
    set->channel = FE_NEWN(int, n + 1);
    set->signal = FE_NEWN(double, n + 1);
    if (factor) {
        set->factor = copy_of(factor, f->models->n);
        f->weighs_sources = true;
    }
    f->n_bins += n;
    f->n_empty += n == 0;
    f->most_bins = n > f->most_bins ? n : f->most_bins;
    return set;
}

void fe_fit_set_clear(fe_fit_set *set)
{
    free(set->channel);
    free(set->signal);
    free(set->factor);
    free(set->exposure_cm2_s);
    free(set->store);
    fe_edisp_free(set->edisp);
    for (size_t k = 0; k < set->n_images; k++)
        fe_edisp_free(set->image[k].bins);
    free(set->image);
    fe_fit_points_free(set->points);
}

/* ---- counts ---------------------------------------------------------------------------------------------------- */

static double counts_value(const fe_fit_set *set, const double *s)
{
    return set->kernel->value(&set->bins, s);
}

static double counts_diff(const fe_fit_set *set, const double *s1, const double *s0)
{
    return set->kernel->diff(&set->bins, s1, s0);
}

static void counts_derivs(const fe_fit_set *set, const double *s, double *w1, double *w2)
{
    set->kernel->derivs(&set->bins, s, w1, w2);
}

const fe_fit_stat fe_fit_counts_stat = { counts_value, counts_diff, counts_derivs };

/* Without one a WStat channel is left out (algorithms 21, 3). */
bool fe_fit_has_off_region(const fe_dataset *d, size_t j)
{
    return !d->n_off || (d->alpha[j] > 0 && isfinite(d->alpha[j]));
}

static int check_dataset(const fe_fit *f, const fe_dataset *d, const double *factor, fe_err *err)
{
    fe_where where = { d->info.file, NULL, 0 };

    if (d->ny != 1 || d->nx != 1)
        return fe_fail(err, FE_EDATA, &where, "dataset '%s' has %zu x %zu pixels, expected a spectrum",
                       d->info.name ? d->info.name : "", d->nx, d->ny);
    for (size_t j = 0; j < d->n_e; j++)
        if (d->mask[j] && (!(d->counts[j] >= 0) || (d->n_off && !(d->n_off[j] >= 0)) ||
                           (d->background && !(d->background[j] >= 0))))
            return fe_fail(err, FE_EDATA, &where, "channel %zu has counts %g and background %g, expected numbers of at "
                           "least 0", j, d->counts[j],
                           d->n_off ? d->n_off[j] : d->background ? d->background[j] : 0);
    for (size_t k = 0; factor && k < f->models->n; k++)
        if (!isfinite(factor[k]))
            return fe_fail(err, FE_EDATA, &where, "the factor of source '%s' is %g, expected a finite number",
                           f->models->model[k].name, factor[k]);
    return 0;
}

void fe_fit_widen(fe_fit *f, double e1_TeV, double e2_TeV)
{
    f->e_min_TeV = fmin(f->e_min_TeV, e1_TeV);
    f->e_max_TeV = fmax(f->e_max_TeV, e2_TeV);
}

/* Row j: the background of the bins of channel j. */
static fe_edisp *background_image(const fe_fit_set *set, size_t n_e)
{
    fe_edisp *image = fe_edisp_new(n_e, set->n, set->n);
    size_t n = 0;

    for (size_t j = 0; j < n_e; j++) {
        for (size_t k = 0; k < set->n; k++) {
            if ((size_t)set->channel[k] != j)
                continue;
            image->col[n] = (int)k;
            image->value[n++] = set->bins.b[k];
        }
        image->row[j + 1] = n;
    }
    return image;
}

/* It is evaluated at the logarithmic middles of channels, as in fe_background_apply. */
void fe_fit_move_background(fe_fit *f, fe_fit_set *set, const fe_dataset *d)
{
    size_t k = fe_models_free_background(f->models, d, 0);
    double *middle_TeV, in_all = 0;

    if (k == f->models->n_background)
        return;
    middle_TeV = FE_NEWN(double, d->n_e);
    for (size_t j = 0; j < d->n_e; j++)
        middle_TeV[j] = sqrt(d->e_edge_TeV[j] * d->e_edge_TeV[j + 1]);
    set->image = fe_realloc(set->image, set->n_images + 1, sizeof *set->image);
    set->image[set->n_images++] = (fe_fit_image){ f->models->n + k, fe_fit_axis_find(f, true, true, d->n_e, middle_TeV, NULL),
                                                  background_image(set, d->n_e) };
    free(middle_TeV);
    for (size_t i = 0; i < set->n; i++)
        in_all += set->bins.b[i];
    set->observed += in_all;
    set->bins.b = NULL;
    f->weighs_sources = f->is_applied[k] = true;
}

static void take_channels(fe_fit *f, fe_fit_set *set, const fe_dataset *d)
{
    double *n_on, *b, *n_off, *alpha, sum_b = 0;
    size_t k = 0;

    set->store = FE_NEWN(double, 3 * set->n + 1);
    n_on = set->store;
    b = n_off = n_on + set->n;
    alpha = b + set->n;
    for (size_t j = 0; j < d->n_e; j++) {
        if (!d->mask[j])
            continue;
        if (!fe_fit_has_off_region(d, j)) {
            f->n_nooff++;
            continue;
        }
        set->channel[k] = (int)j;
        n_on[k] = d->counts[j];
        if (d->n_off) {
            n_off[k] = d->n_off[j];
            alpha[k] = d->alpha[j];
            f->n_lowoff += n_off[k] == 0;
            set->observed += n_on[k] - alpha[k] * n_off[k];
        } else {
            b[k] = d->background ? d->background[j] : 0;
            sum_b += b[k];
            set->observed += n_on[k] - b[k];
        }
        fe_fit_widen(f, d->e_edge_TeV[j], d->e_edge_TeV[j + 1]);
        k++;
    }
    set->bins = (fe_stat_bins){ .n = set->n, .n_on = n_on, .b = d->n_off ? NULL : b, .n_off = d->n_off ? n_off : NULL,
                                .alpha = d->n_off ? alpha : NULL };
    set->kernel = d->n_off ? &fe_stat_wstat : &fe_stat_cash;
    set->free_background = f->options.free_background && !d->n_off && sum_b > 0;
    fe_fit_move_background(f, set, d);
}

int fe_fit_add(fe_fit *f, const fe_dataset *d, const double *factor, fe_err *err)
{
    fe_fit_set *set;
    size_t n = 0;

    if (d->geom)
        return fe_fit_add_map(f, d, factor, err);
    if (check_dataset(f, d, factor, err) < 0)
        return -1;
    for (size_t j = 0; j < d->n_e; j++)
        n += d->mask[j] && fe_fit_has_off_region(d, j);
    set = fe_fit_set_new(f, fe_fit_axis_find(f, false, false, d->n_etrue, d->etrue_edge_TeV, NULL), n, factor);
    set->stat = &fe_fit_counts_stat;
    set->exposure_cm2_s = copy_of(d->exposure_cm2_s, d->n_etrue);
    set->edisp = fe_edisp_share(d->edisp);
    take_channels(f, set, d);
    f->most_channels = d->n_e > f->most_channels ? d->n_e : f->most_channels;
    f->most_true = d->n_etrue > f->most_true ? d->n_etrue : f->most_true;
    return 0;
}
