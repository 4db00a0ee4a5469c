/* -2 ln L of all datasets, its changes and derivatives; background norms are eliminated dataset by dataset. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "est/fit_parts.h"

enum { MAX_NORM_STEPS = 200 };

/* ---- room ------------------------------------------------------------------------------------------------------ */

void fe_fit_room(fe_fit *f)
{
    size_t most = f->most_bins + 1, n = f->most_channels > most ? f->most_channels : most;

    fe_fit_model_wire(f);
    for (size_t k = 0; k < f->n_axes; k++) {
        fe_fit_axis *a = &f->axis[k];

        a->vector = fe_realloc(a->vector, a->n * f->n_vectors + 1, sizeof(double));
        if (f->weighs_sources)
            a->by_source = fe_realloc(a->by_source, fe_models_n_all(f->models) * a->n * f->n_vectors + 1, sizeof(double));
        f->most_true = a->n > f->most_true ? a->n : f->most_true;
    }
    f->through = fe_realloc(f->through, (f->most_true + 1) * f->n_vectors, sizeof(double));
    f->folded = fe_realloc(f->folded, n * f->n_vectors, sizeof(double));
    f->trial = fe_realloc(f->trial, most, sizeof(double));
    f->w1 = fe_realloc(f->w1, most, sizeof(double));
    f->w2 = fe_realloc(f->w2, most, sizeof(double));
    f->curve = fe_realloc(f->curve, f->n_par + 1, sizeof(double));
    f->live = fe_realloc(f->live, f->n_vectors, sizeof *f->live);
}

/* ---- predictions ----------------------------------------------------------------------------------------------- */

static void make_vectors(fe_fit *f, const double *x, size_t n_use)
{
    for (size_t k = 0; k < f->n_axes; k++) {
        fe_fit_axis *a = &f->axis[k];

        if (!f->weighs_sources) {
            fe_fit_model_vectors(f, a, x, n_use, SIZE_MAX, a->vector);
            continue;
        }
        for (size_t m = 0; m < fe_models_n_all(f->models); m++)
            if (!f->source_off[m] && a->is_background == (m >= f->models->n))
                fe_fit_model_vectors(f, a, x, n_use, m, a->by_source + m * a->n * f->n_vectors);
    }
}

/* The vectors of an axis as this dataset sees its sources. */
static const double *vectors_for(fe_fit *f, const fe_fit_set *set, size_t n_use)
{
    fe_fit_axis *a = &f->axis[set->axis];

    if (!f->weighs_sources)
        return a->vector;
    memset(a->vector, 0, a->n * f->n_vectors * sizeof *a->vector);
    for (size_t m = 0; m < f->models->n; m++) {
        const double *from = a->by_source + m * a->n * f->n_vectors;
        double factor = f->source_off[m] ? 0 : set->factor ? set->factor[m] : 1;

        for (size_t i = 0; factor != 0 && i < a->n; i++)
            for (size_t v = 0; v < n_use; v++)
                a->vector[i * f->n_vectors + v] += factor * from[i * f->n_vectors + v];
    }
    return a->vector;
}

/* A spectrum: one pass over the dispersion for all vectors. */
static void fold_spectrum(fe_fit *f, const fe_fit_set *set, size_t n_use)
{
    const double *vector = vectors_for(f, set, n_use);
    size_t n_true = f->axis[set->axis].n, width = f->n_vectors;
    const fe_edisp *r = set->edisp;

    for (size_t j = 0; j < r->n_reco; j++)
        memset(f->folded + j * width, 0, n_use * sizeof *f->folded);
    for (size_t i = 0; i < n_true; i++) {
        double exposure = set->exposure_cm2_s[i];

        if (exposure == 0)              /* no exposure, no counts: also where a flux is infinite (a first edge at 0) */
            continue;
        for (size_t v = 0; v < n_use; v++)
            f->through[v] = exposure * vector[i * width + v];
        for (size_t k = r->row[i]; k < r->row[i + 1]; k++) {
            double *to = f->folded + (size_t)r->col[k] * width;

            for (size_t v = 0; v < n_use; v++)
                to[v] += f->through[v] * r->value[k];
        }
    }
    for (size_t k = 0; k < set->n; k++)         /* channel[k] >= k: nothing is overwritten before it is read */
        memmove(f->folded + k * width, f->folded + (size_t)set->channel[k] * width, n_use * sizeof *f->folded);
}

/* Points are what the model is there. */
static void fold_points(fe_fit *f, const fe_fit_set *set, size_t n_use)
{
    const double *vector = vectors_for(f, set, n_use);
    size_t width = f->n_vectors;

    for (size_t k = 0; k < set->n; k++)
        memcpy(f->folded + k * width, vector + (size_t)set->channel[k] * width, n_use * sizeof *vector);
}

/* Vectors that are not 0 everywhere: a source depends on few of all parameters. */
static size_t find_live(fe_fit *f, size_t n, const double *vector, size_t n_use)
{
    size_t n_live = 0;

    for (size_t v = 0; v < n_use; v++)
        for (size_t i = 0; i < n; i++)
            if (vector[i * f->n_vectors + v] != 0) {
                f->live[n_live++] = v;
                break;
            }
    return n_live;
}

static void add_image(fe_fit *f, const fe_fit_image *image, size_t n_use)
{
    const fe_fit_axis *a = &f->axis[image->axis];
    const fe_edisp *r = image->bins;
    size_t width = f->n_vectors, n_live;
    const double *vector = a->by_source + image->source * a->n * width;

    if (f->source_off[image->source])
        return;
    n_live = find_live(f, a->n, vector, n_use);
    for (size_t i = 0; i < r->n_true; i++) {
        for (size_t l = 0; l < n_live; l++)
            f->through[l] = vector[i * width + f->live[l]];
        for (size_t k = r->row[i]; k < r->row[i + 1]; k++) {
            double *to = f->folded + (size_t)r->col[k] * width;

            for (size_t l = 0; l < n_live; l++)
                to[f->live[l]] += f->through[l] * r->value[k];
        }
    }
}

/* npred and its derivatives, [bin][n_vectors], into f->folded. */
static void fold(fe_fit *f, const fe_fit_set *set, size_t n_use)
{
    f->n_set_eval++;
    if (set->edisp)
        fold_spectrum(f, set, n_use);
    else if (f->axis[set->axis].is_points)
        fold_points(f, set, n_use);
    else
        for (size_t k = 0; k < set->n; k++)
            memset(f->folded + k * f->n_vectors, 0, n_use * sizeof *f->folded);
    for (size_t k = 0; k < set->n_images; k++)
        add_image(f, &set->image[k], n_use);
}

/* ---- background norm of one dataset ---------------------------------------------------------------------------- */

/* Slope of -2 ln L by the norm, halved, and its slope: both grow with the norm where the prediction is positive. */
static double slope_at(const fe_stat_bins *bins, const double *s, double norm, double *bend)
{
    fe_sum sum = { 0, 0 };

    *bend = 0;
    for (size_t i = 0; i < bins->n; i++) {
        double mu = s[i] + norm * bins->b[i], n = bins->n_on[i];

        if (bins->b[i] == 0)
            continue;
        fe_sum_add(&sum, bins->b[i]);
        if (n > 0) {
            fe_sum_add(&sum, -bins->b[i] * (n / mu));
            *bend += bins->b[i] * bins->b[i] * (n / mu / mu);
        }
    }
    return fe_sum_value(&sum);
}

/* The lowest norm: 0, or where a negative signal uses a background up. */
static double lowest_norm(const fe_stat_bins *bins, const double *s)
{
    double low = 0;

    for (size_t i = 0; i < bins->n; i++)
        if (bins->b[i] > 0)
            low = fmax(low, -s[i] / bins->b[i]);
    return low;
}

/* Root of the slope, by Newton steps inside a bracket; *bend = 0 when it stays at its lowest value. */
static double best_norm(const fe_stat_bins *bins, const double *s, double start, double *bend)
{
    double low = lowest_norm(bins, s), high = 1 + 2 * low, norm, slope;

    slope = slope_at(bins, s, low, bend);
    if (slope >= 0) {
        *bend = 0;
        return low;
    }
    while (slope_at(bins, s, high, bend) < 0 && high < 1e300)
        high *= 2;
    norm = start > low && start < high ? start : 0.5 * (low + high);
    for (int k = 0; k < MAX_NORM_STEPS; k++) {
        double next;

        slope = slope_at(bins, s, norm, bend);
        if (slope < 0)
            low = norm;
        else
            high = norm;
        next = norm - slope / *bend;
        if (!(next > low && next < high))
            next = 0.5 * (low + high);
        if (fabs(next - norm) <= 1e-15 * norm)
            break;
        norm = next;
    }
    return norm;
}

/* signal[n] of a dataset for what has been folded, its background norm refitted; false: no place to be. */
static bool signal_of(fe_fit *f, const fe_fit_set *set, double *signal, double *norm, double *bend)
{
    for (size_t k = 0; k < set->n; k++) {
        signal[k] = f->folded[k * f->n_vectors];
        if (!isfinite(signal[k]))
            return false;
    }
    *norm = 1;
    *bend = 0;
    if (set->free_background) {
        *norm = best_norm(&set->bins, signal, set->background_norm, bend);
        for (size_t k = 0; k < set->n; k++)
            signal[k] += (*norm - 1) * set->bins.b[k];
    }
    for (size_t k = 0; set->kernel && k < set->n; k++)
        if (signal[k] < set->kernel->s_min(&set->bins, k) * (1 + 1e-14))
            return false;
    return true;
}

/* ---- what the minimiser asks ----------------------------------------------------------------------------------- */

double fe_fit_change(void *fit, const double *x)
{
    fe_fit *f = fit;
    fe_sum sum = { 0, 0 };

    make_vectors(f, x, 1);
    for (size_t d = 0; d < f->n_sets; d++) {
        const fe_fit_set *set = &f->set[d];
        double norm, bend;

        if (!set->n)
            continue;
        fold(f, set, 1);
        if (!signal_of(f, set, f->trial, &norm, &bend))
            return NAN;
        fe_sum_add(&sum, set->stat->diff(set, f->trial, set->signal));
    }
    return fe_sum_value(&sum);
}

typedef struct sums {               /* over all datasets                                                */
    fe_sum *gradient;
    double *hessian, *metric;
    bool near;
} sums;

/* sum of W' ds and W'' ds ds + W' d2s of one dataset */
static void add_set(fe_fit *f, const fe_fit_set *set, const sums *to)
{
    size_t n_par = f->n_par, width = f->n_vectors;

    for (size_t i = 0; i < set->n; i++) {
        const double *s = f->folded + i * width;
        double w1 = f->w1[i], w2 = to->near ? f->w2[i] : fmax(f->w2[i], 0);

        for (size_t k = 0; k < n_par; k++) {
            double bend = w2 * s[1 + k];

            if (s[1 + k] == 0)
                continue;
            fe_sum_add(&to->gradient[k], w1 * s[1 + k]);
            to->metric[k] += fmax(w2, 0) * s[1 + k] * s[1 + k];
            for (size_t l = 0; l <= k; l++)
                to->hessian[k * n_par + l] += bend * s[1 + l];
        }
        for (size_t p = 0; to->near && p < f->n_pairs; p++) {
            size_t k = f->pair_first[p], l = f->pair_second[p];

            to->hessian[(k > l ? k : l) * n_par + (k > l ? l : k)] += w1 * s[1 + n_par + p];
        }
    }
}

/* The background norm follows: H -= H_kb H_lb / H_bb. */
static void eliminate(fe_fit *f, const fe_fit_set *set, const sums *to)
{
    size_t n_par = f->n_par;
    double *mixed = f->curve, bend = 0;

    memset(mixed, 0, n_par * sizeof *mixed);
    for (size_t i = 0; i < set->n; i++) {
        double b = f->w2[i] * set->bins.b[i];

        bend += b * set->bins.b[i];
        for (size_t k = 0; k < n_par; k++)
            mixed[k] += b * f->folded[i * f->n_vectors + 1 + k];
    }
    for (size_t k = 0; k < n_par; k++) {
        to->metric[k] -= mixed[k] * mixed[k] / bend;
        for (size_t l = 0; l <= k; l++)
            to->hessian[k * n_par + l] -= mixed[k] * mixed[l] / bend;
    }
}

/* Curvature that sets the scale of a parameter: where there is none, a step that would change -2 ln L by 2 is 1. */
static void complete(const fe_fit *f, const sums *from, double *gradient)
{
    size_t n_par = f->n_par;

    for (size_t k = 0; k < n_par; k++) {
        gradient[k] = fe_sum_value(&from->gradient[k]);
        for (size_t l = 0; l < k; l++)
            from->hessian[l * n_par + k] = from->hessian[k * n_par + l];
        if (!(from->metric[k] > 0))
            from->metric[k] = gradient[k] * gradient[k] / 4;
    }
}

static void keep(fe_fit *f, const double *gradient, const double *hessian, const double *metric)
{
    memcpy(f->gradient, gradient, f->n_par * sizeof *gradient);
    memcpy(f->hessian, hessian, f->n_par * f->n_par * sizeof *hessian);
    memcpy(f->metric, metric, f->n_par * sizeof *metric);
}

bool fe_fit_derivs(void *fit, const double *x, bool near, double *gradient, double *hessian, double *metric)
{
    fe_fit *f = fit;
    size_t n_par = f->n_par, n_use = near ? f->n_vectors : 1 + n_par;
    sums to = { FE_NEWN(fe_sum, n_par + 1), hessian, metric, near };
    bool fine = true;

    memset(hessian, 0, n_par * n_par * sizeof *hessian);
    memset(metric, 0, n_par * sizeof *metric);
    f->is_rough = f->searching && !near;
    make_vectors(f, x, n_use);
    f->is_rough = false;
    for (size_t d = 0; d < f->n_sets && fine; d++) {
        fe_fit_set *set = &f->set[d];
        double bend;

        if (!set->n)
            continue;
        fold(f, set, n_use);
        fine = signal_of(f, set, set->signal, &set->background_norm, &bend);
        if (!fine)
            break;
        set->stat->derivs(set, set->signal, f->w1, f->w2);
        add_set(f, set, &to);
        if (bend > 0)
            eliminate(f, set, &to);
    }
    complete(f, &to, gradient);
    free(to.gradient);
    if (gradient != f->gradient)
        keep(f, gradient, hessian, metric);
    f->is_near = near;
    return fine;
}

double fe_fit_value(const fe_fit *f)
{
    fe_sum sum = { 0, 0 };

    for (size_t d = 0; d < f->n_sets; d++) {
        if (f->set[d].n)
            fe_sum_add(&sum, f->set[d].stat->value(&f->set[d], f->set[d].signal));
        fe_sum_add(&sum, f->set[d].constant);
    }
    return fe_sum_value(&sum);
}

void fe_fit_totals(fe_fit *f, const double *x, double *observed, double *predicted, double *per_unit)
{
    *observed = *predicted = 0;
    memset(per_unit, 0, f->n_par * sizeof *per_unit);
    make_vectors(f, x, 1 + f->n_par);
    for (size_t d = 0; d < f->n_sets; d++) {
        const fe_fit_set *set = &f->set[d];

        if (!set->n)
            continue;
        fold(f, set, 1 + f->n_par);
        *observed += set->observed;
        for (size_t i = 0; i < set->n; i++) {
            *predicted += f->folded[i * f->n_vectors];
            for (size_t k = 0; k < f->n_par; k++)
                per_unit[k] += f->is_amplitude[k] ? f->folded[i * f->n_vectors + 1 + k] : 0;
        }
    }
}

const char *fe_fit_bad_place(fe_fit *f, char *text, size_t size)
{
    make_vectors(f, f->at, 1);
    for (size_t d = 0; d < f->n_sets; d++) {
        const fe_fit_set *set = &f->set[d];
        double norm, bend;

        if (!set->n)
            continue;
        fold(f, set, 1);
        if (signal_of(f, set, f->trial, &norm, &bend))
            continue;
        for (size_t k = 0; k < set->n; k++) {
            double s = f->folded[k * f->n_vectors];

            if (isfinite(s) && (!set->kernel || s >= set->kernel->s_min(&set->bins, k)))
                continue;
            snprintf(text, size, "dataset %zu, %s %d: the start model predicts %g, expected %s", d + 1,
                     set->kernel ? "channel" : "point", set->channel[k], s,
                     isfinite(s) ? "no less than nothing" : "a finite number");
            return text;
        }
    }
    return NULL;
}
