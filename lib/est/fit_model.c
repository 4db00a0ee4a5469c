/* Sources and backgrounds as sums of terms, and derivatives of their fluxes. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "est/fit_parts.h"

/* Parts of the step that moves the flux by itself: for derivatives of sixth order, and for mixed second derivatives. */
static const double STEP = 1e-2, MIXED_STEP = 1e-3;
static const double STEP_TOO_SHORT = 1e-3, STEP_TOO_LONG = 3e-2;    /* relative change of the flux over one step */
static const double NEGLIGIBLE = 1e-10;                             /* of the largest flux in the axis */

/* ---- ends ------------------------------------------------------------------------------------------------------- */

void fe_fit_model_free(fe_fit *f)
{
    for (size_t t = 0; t < f->n_terms; t++) {
        fe_spectrum_free(f->term[t].spectrum);
        free(f->term[t].target);
        free(f->term[t].shape);
        free(f->term[t].reach);
    }
    free(f->term);
    free(f->own);
    free(f->par);
    free(f->is_amplitude);
    free(f->pair);
    free(f->pair_first);
    free(f->pair_second);
}

/* ---- terms ----------------------------------------------------------------------------------------------------- */

static size_t number_of(const fe_fit *f, const fe_par *p)
{
    for (size_t i = 0; i < f->n_own; i++)
        if (f->own[i].par == p)
            return f->own[i].number;
    return SIZE_MAX;
}

/* Free parameters of a copied tree; The first one that multiplies all of it is its amplitude. */
static void find_targets(const fe_fit *f, fe_fit_term *t, const fe_spectrum *from, fe_spectrum *copy, bool is_factor)
{
    if (!from->kind) {
        find_targets(f, t, from->left, copy->left, is_factor && from->op == '*');
        find_targets(f, t, from->right, copy->right, is_factor && from->op == '*');
        return;
    }
    for (size_t i = 0; i < from->kind->n_par; i++) {
        size_t number = number_of(f, &from->par[i]);

        if (number == SIZE_MAX)
            continue;
        if (is_factor && !t->amplitude && fe_fit_is_linear(from->kind->par[i].name)) {
            t->amplitude = &copy->par[i];
            t->amplitude_number = number;
            continue;
        }
        t->target = fe_realloc(t->target, t->n_targets + 1, sizeof *t->target);
        t->target[t->n_targets++] = (fe_fit_target){ &copy->par[i], number };
    }
}

/* An amplitude that is linked to something else in its own term is no mere factor. */
static void keep_amplitude_apart(fe_fit_term *t)
{
    for (size_t i = 0; t->amplitude && i < t->n_targets; i++)
        if (t->target[i].number == t->amplitude_number) {
            t->target = fe_realloc(t->target, t->n_targets + 1, sizeof *t->target);
            t->target[t->n_targets++] = (fe_fit_target){ t->amplitude, t->amplitude_number };
            t->amplitude = NULL;
        }
}

static void number_shapes(fe_fit_term *t)
{
    t->shape = FE_NEWN(size_t, t->n_targets + 1);
    t->reach = FE_NEWN(double, t->n_targets + 1);
    for (size_t i = 0; i < t->n_targets; i++) {
        size_t j = 0;

        while (j < t->n_shape && t->shape[j] != t->target[i].number)
            j++;
        if (j == t->n_shape)
            t->shape[t->n_shape++] = t->target[i].number;
    }
}

/* Sums become terms; not on gammapy's grid, on which the integral of a sum is not the sum of integrals. */
static void add_terms(fe_fit *f, size_t source, const fe_spectrum *s, double sign)
{
    fe_fit_term *t;

    if (!s->kind && s->op != '*' && !f->options.gammapy_grid) {
        add_terms(f, source, s->left, sign);
        add_terms(f, source, s->right, s->op == '-' ? -sign : sign);
        return;
    }
    FE_GROW(f->term, f->n_terms, f->terms_cap);
    t = &f->term[f->n_terms++];
    *t = (fe_fit_term){ .source = source, .sign = sign, .spectrum = fe_spectrum_copy(s) };
    find_targets(f, t, s, t->spectrum, true);
    keep_amplitude_apart(t);
    number_shapes(t);
}

/* ---- vectors: which second derivatives there are --------------------------------------------------------------- */

static void want_pair(fe_fit *f, size_t k, size_t l)
{
    if (f->pair[k * f->n_par + l])
        return;
    f->pair_first = fe_realloc(f->pair_first, f->n_pairs + 1, sizeof *f->pair_first);
    f->pair_second = fe_realloc(f->pair_second, f->n_pairs + 1, sizeof *f->pair_second);
    f->pair_first[f->n_pairs] = k;
    f->pair_second[f->n_pairs++] = l;
    f->pair[k * f->n_par + l] = f->pair[l * f->n_par + k] = f->n_par + f->n_pairs;
}

void fe_fit_model_wire(fe_fit *f)
{
    if (f->pair)
        return;
    f->pair = FE_NEWN(size_t, f->n_par * f->n_par + 1);
    for (size_t k = 0; k < fe_models_n_all(f->models); k++)
        add_terms(f, k, fe_models_at(f->models, k)->spectrum, 1);
    for (size_t t = 0; t < f->n_terms; t++) {
        const fe_fit_term *term = &f->term[t];

        for (size_t i = 0; i < term->n_shape; i++) {
            f->is_amplitude[term->shape[i]] = false;
            if (term->amplitude)
                want_pair(f, term->amplitude_number, term->shape[i]);
            for (size_t j = 0; j <= i; j++)
                want_pair(f, term->shape[i], term->shape[j]);
        }
    }
    f->n_vectors = 1 + f->n_par + f->n_pairs;
}

/* ---- fluxes of one term ---------------------------------------------------------------------------------------- */

static void set_shape(fe_fit_term *t, size_t j, double value)
{
    for (size_t i = 0; i < t->n_targets; i++)
        if (t->target[i].number == t->shape[j])
            t->target[i].par->value = value;
}

/* Flux of the term, without its amplitude. */
static void flux_of(const fe_fit *f, const fe_fit_term *t, const fe_fit_axis *a, double *out)
{
    if (!a->is_points) {
        fe_spectrum_integrals(t->spectrum, a->n, a->edge_TeV, a->weight_energy, f->options.gammapy_grid, out);
        return;
    }
    for (size_t i = 0; i < a->n; i++) {
        double edge[2] = { a->edge_TeV[i], a->upper_TeV ? a->upper_TeV[i] : NAN };

        if (a->upper_TeV) {
            fe_spectrum_integrals(t->spectrum, 1, edge, false, f->options.gammapy_grid, &out[i]);
            out[i] /= edge[1] - edge[0];
        } else {
            out[i] = fe_spectrum_dnde(t->spectrum, edge[0]);
        }
    }
}

/* Largest relative change; NaN where something that was finite no longer is. */
static double change_between(size_t n, const double *from, const double *to)
{
    double most = 0, change = 0;

    for (size_t i = 0; i < n; i++)
        if (isfinite(from[i]))
            most = fmax(most, fabs(from[i]));
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(from[i]) || fabs(from[i]) <= NEGLIGIBLE * most)
            continue;
        if (!isfinite(to[i]))
            return NAN;
        change = fmax(change, fabs(to[i] / from[i] - 1));
    }
    return change;
}

/* The step of a shape parameter that moves the flux by its own size (extrapolated); infinite when none does. */
static double find_reach(const fe_fit *f, fe_fit_term *t, const fe_fit_axis *a, size_t j, double at, const double *flux,
                         double *room)
{
    double h = STEP * (t->reach[j] > 0 && isfinite(t->reach[j]) ? t->reach[j] : 0.1 * fmax(fabs(at), 1e-2));

    for (int turn = 0; turn < 40; turn++) {
        double change;

        set_shape(t, j, at + h);
        flux_of(f, t, a, room);
        change = change_between(a->n, flux, room);
        if (change > 0.5 * STEP && change < 2 * STEP)
            return h * (STEP / change) / STEP;
        if (change == 0 && h > 1e6 * fmax(fabs(at), 1))
            break;
        h *= isnan(change) ? 0.1 : change == 0 ? 100 : fmin(fmax(STEP / change, 1e-4), 1e4);
        if (h < 1e-15 * fabs(at))
            break;
    }
    return INFINITY;
}

/* A corner in ln dnde: where a break is one, derivatives must not be taken across an edge. */
static bool has_corner(const fe_spectrum *leaf, double e_TeV)
{
    double eps = 1e-6, a = fe_spectrum_dnde(leaf, e_TeV * (1 - eps)), b = fe_spectrum_dnde(leaf, e_TeV),
           c = fe_spectrum_dnde(leaf, e_TeV * (1 + eps));

    return fabs(log(c / b) - log(b / a)) > 1e-3 * eps;
}

static void corners(const fe_spectrum *s, double *e_TeV, size_t *n, size_t room)
{
    if (!s->kind) {
        corners(s->left, e_TeV, n, room);
        corners(s->right, e_TeV, n, room);
    } else if (s->kind->kink_TeV && *n < room && has_corner(s, s->kind->kink_TeV(s))) {
        e_TeV[(*n)++] = s->kind->kink_TeV(s);
    }
}

enum { MAX_CORNERS = 8 };

static bool edge_between(const fe_fit_axis *a, double low, double high)
{
    for (size_t i = 0; i < a->n + (a->is_points ? 0 : 1); i++)
        if ((a->edge_TeV[i] - low) * (a->edge_TeV[i] - high) < 0)
            return true;
    return false;
}

/* Shorten a step until no corner crosses an edge over it. */
static double inside_edges(fe_fit_term *t, const fe_fit_axis *a, size_t j, double at, double h)
{
    double low[MAX_CORNERS], high[MAX_CORNERS];
    size_t n = 0;

    corners(t->spectrum, low, &n, MAX_CORNERS);
    for (int turn = 0; turn < 20 && n; turn++, h *= 0.5) {
        size_t n_low = 0, n_high = 0;
        bool crosses = false;

        set_shape(t, j, at - 3 * h);
        corners(t->spectrum, low, &n_low, MAX_CORNERS);
        set_shape(t, j, at + 3 * h);
        corners(t->spectrum, high, &n_high, MAX_CORNERS);
        for (size_t k = 0; k < n_low && k < n_high; k++)
            crosses = crosses || edge_between(a, low[k], high[k]);
        if (!crosses)
            break;
    }
    return h;
}

/* ---- derivatives ----------------------------------------------------------------------------------------------- */

typedef struct work {               /* one term on one axis                                             */
    fe_fit *f;
    fe_fit_term *t;
    const fe_fit_axis *a;
    const double *x;
    double factor;                  /* sign times amplitude                                             */
    double *flux, *room, *first, *second;   /* [n]                                                      */
    size_t n_use;
    double *vector;
} work;

static void add_vector(const work *w, size_t v, double factor, const double *flux)
{
    if (v < w->n_use)
        for (size_t i = 0; i < w->a->n; i++)
            w->vector[i * w->f->n_vectors + v] += factor * flux[i];
}

/* A derivative of the flux by a shape parameter: by it alone, and by it and the amplitude. */
static void add_derivative(const work *w, size_t number, const double *flux)
{
    add_vector(w, 1 + number, w->factor, flux);
    if (w->t->amplitude)
        add_vector(w, w->f->pair[w->t->amplitude_number * w->f->n_par + number], w->t->sign, flux);
}

/* Flux with a shape parameter off by a step. */
static void flux_off(const work *w, size_t j, double step)
{
    set_shape(w->t, j, w->x[w->t->shape[j]] + step);
    flux_of(w->f, w->t, w->a, w->room);
}

/*
 * Central differences of sixth order (Fornberg, Math. Comp. 51 (1988) 699): f' and f''; of second order, f' alone,
 * while a search is far from its end.  w->room: the flux at + h.
 */
static void differentiate(work *w, size_t j, double h)
{
    static const double weight1[3] = { 45.0 / 60, -9.0 / 60, 1.0 / 60 };
    static const double weight2[3] = { 270.0 / 180, -27.0 / 180, 2.0 / 180 };
    size_t n = w->a->n;
    bool rough = w->f->is_rough;

    memset(w->first, 0, n * sizeof *w->first);
    for (size_t i = 0; i < n; i++)
        w->second[i] = -490.0 / 180 * w->flux[i];
    for (int k = 1; k <= (rough ? 1 : 3); k++)
        for (int side = 1; side >= -1; side -= 2) {
            if (k > 1 || side < 0)
                flux_off(w, j, side * k * h);
            for (size_t i = 0; i < n; i++) {
                w->first[i] += side * (rough ? 0.5 : weight1[k - 1]) * w->room[i];
                w->second[i] += weight2[k - 1] * w->room[i];
            }
        }
    for (size_t i = 0; i < n; i++) {
        w->first[i] /= h;
        w->second[i] /= h * h;
    }
}

static void add_shape(work *w, size_t j)
{
    fe_fit_term *t = w->t;
    size_t number = t->shape[j], n_par = w->f->n_par;
    double at = w->x[number], h = STEP * t->reach[j], change = NAN;

    if (h > 0 && isfinite(h)) {
        h = inside_edges(t, w->a, j, at, h);
        flux_off(w, j, h);
        change = change_between(w->a->n, w->flux, w->room) * (STEP * t->reach[j] / h);
    }
    if (!(change > STEP_TOO_SHORT && change < STEP_TOO_LONG)) {
        t->reach[j] = find_reach(w->f, t, w->a, j, at, w->flux, w->room);
        h = inside_edges(t, w->a, j, at, STEP * t->reach[j]);
        flux_off(w, j, h);
    }
    if (isfinite(t->reach[j])) {
        differentiate(w, j, h);
        add_derivative(w, number, w->first);
        add_vector(w, w->f->pair[number * n_par + number], w->factor, w->second);
    }
    set_shape(t, j, at);
}

/* d2 by two shape parameters: four corners. */
static void add_mixed(work *w, size_t i, size_t j)
{
    fe_fit_term *t = w->t;
    double x = w->x[t->shape[i]], y = w->x[t->shape[j]], h = MIXED_STEP * t->reach[i], k = MIXED_STEP * t->reach[j];

    if (!isfinite(h) || !isfinite(k))
        return;
    h = inside_edges(t, w->a, i, x, h);
    k = inside_edges(t, w->a, j, y, k);
    for (int sx = -1; sx <= 1; sx += 2)
        for (int sy = -1; sy <= 1; sy += 2) {
            set_shape(t, i, x + sx * h);
            set_shape(t, j, y + sy * k);
            flux_of(w->f, t, w->a, w->room);
            add_vector(w, w->f->pair[t->shape[i] * w->f->n_par + t->shape[j]], w->factor * sx * sy / (4 * h * k),
                       w->room);
        }
    set_shape(t, i, x);
    set_shape(t, j, y);
}

static void add_term(work *w)
{
    fe_fit_term *t = w->t;
    const bool *fixed = w->f->fixed;

    if (t->amplitude)
        t->amplitude->value = 1;
    w->factor = t->sign * (t->amplitude ? w->x[t->amplitude_number] : 1);
    for (size_t j = 0; j < t->n_shape; j++)
        set_shape(t, j, w->x[t->shape[j]]);
    flux_of(w->f, t, w->a, w->flux);
    add_vector(w, 0, w->factor, w->flux);
    if (w->n_use == 1)
        return;
    if (t->amplitude)
        add_vector(w, 1 + t->amplitude_number, t->sign, w->flux);
    for (size_t j = 0; j < t->n_shape; j++)
        if (!fixed[t->shape[j]])
            add_shape(w, j);
    for (size_t j = 0; j < t->n_shape && w->n_use > 1 + w->f->n_par; j++)
        for (size_t i = 0; i < j; i++)
            if (!fixed[t->shape[i]] && !fixed[t->shape[j]])
                add_mixed(w, i, j);
}

void fe_fit_model_vectors(fe_fit *f, const fe_fit_axis *a, const double *x, size_t n_use, size_t only, double *vector)
{
    double *room = FE_NEWN(double, 4 * a->n + 1);

    memset(vector, 0, a->n * f->n_vectors * sizeof *vector);
    for (size_t t = 0; t < f->n_terms; t++) {
        work w = { .f = f, .t = &f->term[t], .a = a, .x = x, .flux = room, .room = room + a->n,
                   .first = room + 2 * a->n, .second = room + 3 * a->n, .n_use = n_use, .vector = vector };

        if (only == SIZE_MAX ? w.t->source < f->models->n && !f->source_off[w.t->source] : w.t->source == only)
            add_term(&w);
    }
    free(room);
}
