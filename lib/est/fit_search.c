/* Searches of the global fit: being somewhere, the start, the minimum over some of the parameters. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "est/fit_parts.h"

enum { MAX_STEPS = 200, MAX_START_STEPS = 40 };

static const double START_DONE = 0.1;           /* of -2 ln L: the shapes are not yet right anyway      */

bool fe_fit_found(fe_minimise_end end)
{
    return end != FE_MINIMISE_NAN && end != FE_MINIMISE_STEPS;
}

bool fe_fit_go(fe_fit *f, const double *x)
{
    double change = fe_fit_change(f, x);

    if (!isfinite(change) || !fe_fit_derivs(f, x, true, f->gradient, f->hessian, f->metric))
        return false;
    f->level += change;
    memmove(f->at, x, f->n_par * sizeof *x);
    return true;
}

static void search(fe_fit *f, const double *low, const double *high, int max_steps, double done, fe_minimum *out)
{
    fe_minimise_problem problem = { .n = f->n_par, .ctx = f, .change = fe_fit_change, .derivs = fe_fit_derivs,
                                    .min = low, .max = high, .fixed = f->fixed, .max_steps = max_steps, .done = done };

    f->searching = true;
    fe_minimise(&problem, f->at, f->held, f->direction, out);
    f->searching = false;
    f->level -= out->fall;
    if (done == 0 && (out->end == FE_MINIMISE_STEPS || !f->is_near) && out->end != FE_MINIMISE_NAN &&
        !fe_fit_derivs(f, f->at, true, f->gradient, f->hessian, f->metric))
        out->end = FE_MINIMISE_NAN;
}

void fe_fit_search(fe_fit *f, fe_minimum *out)
{
    search(f, f->low, f->high, f->options.max_steps > 0 ? f->options.max_steps : MAX_STEPS, 0, out);
}

/* Amplitudes of 0 say nothing about where to start: together they get what has been observed. */
static void lift_zeros(fe_fit *f, double *x, double observed, const double *per_unit)
{
    for (size_t k = 0; k < f->n_par; k++)
        if (f->is_amplitude[k] && x[k] == 0 && per_unit[k] > 0)
            x[k] = fmin(fmax(fmax(observed, 1e-3) / per_unit[k], isnan(f->low[k]) ? -INFINITY : f->low[k]),
                        isnan(f->high[k]) ? INFINITY : f->high[k]);
}

static double inside(double x, double low, double high)
{
    return x < low ? low : x > high ? high : x;
}

/* All amplitudes times one factor, so that as much is predicted as was observed. */
static void scale_all(fe_fit *f, double *x, double factor)
{
    for (size_t k = 0; k < f->n_par; k++)
        if (f->is_amplitude[k])
            x[k] = inside(factor * x[k], f->low[k], f->high[k]);
}

/*
 * W is convex in the amplitudes, so with the shapes of the start their best values are found from anywhere; they stay
 * positive here, lest a wrong shape drives one below 0.
 */
void fe_fit_prepare(fe_fit *f, fe_minimum *out)
{
    size_t n = f->n_par;
    double *x = FE_NEWN(double, 2 * n + 1), *low = x + n, observed, predicted;
    bool any = false;

    for (size_t k = 0; k < n; k++) {
        f->fixed[k] = !f->is_amplitude[k];
        any = any || f->is_amplitude[k];
    }
    memcpy(x, f->at, n * sizeof *x);
    fe_fit_totals(f, x, &observed, &predicted, low);
    lift_zeros(f, x, observed, low);
    if (any && memcmp(x, f->at, n * sizeof *x))
        (void)fe_fit_go(f, x);
    if (observed > 0 && predicted > 0 && (observed > 3 * predicted || predicted > 3 * observed)) {
        scale_all(f, x, observed / predicted);
        if (fe_fit_change(f, x) < 0)
            (void)fe_fit_go(f, x);
    }
    for (size_t k = 0; k < n; k++)
        low[k] = f->at[k] > 0 && !(f->low[k] > 1e-6 * f->at[k]) ? 1e-6 * f->at[k] : f->low[k];
    if (any)
        search(f, low, f->high, MAX_START_STEPS, START_DONE, out);
    memset(f->fixed, 0, n * sizeof *f->fixed);
    free(x);
}
