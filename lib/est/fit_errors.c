/* Profiles of the global fit: asymmetric errors, upper limits, TS of a source; and errors of fluxes. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "est/fit_parts.h"

enum { MAX_TRIALS = 100, PIVOT_GRID = 120, PIVOT_TURNS = 80 };

static const double CLOSE = 1e-11;              /* of the drop */

/* ---- profiles -------------------------------------------------------------------------------------------------- */

static void go_back(fe_fit *f)
{
    memset(f->fixed, 0, f->n_par * sizeof *f->fixed);
    memset(f->source_off, 0, f->models->n * sizeof *f->source_off);
    (void)fe_fit_derivs(f, f->best, true, f->gradient, f->hessian, f->metric);
    memcpy(f->at, f->best, f->n_par * sizeof *f->at);
    f->level = 0;
}

/* The others as the covariance says they follow parameter k. */
static void follow(const fe_fit *f, size_t k, double value, double *x)
{
    const double *row = f->result.covariance + k * f->n_par;
    double step = value - f->at[k];

    for (size_t j = 0; j < f->n_par; j++) {
        double move = row[k] > 0 ? row[j] / row[k] * step : 0, to = f->at[j] + move;

        x[j] = isfinite(to) && !(to < f->low[j]) && !(to > f->high[j]) ? to : f->at[j];
    }
    x[k] = value;
}

/* Profile over the best fit at one value, and its slope; the fit stays there.  false: no place to be, or no minimum. */
static bool profile_at(fe_fit *f, size_t k, double value, double *level, double *slope)
{
    double *x = FE_NEWN(double, f->n_par);
    bool there;
    fe_minimum end;

    follow(f, k, value, x);
    there = fe_fit_go(f, x);
    if (!there) {
        memcpy(x, f->at, f->n_par * sizeof *x);
        x[k] = value;
        there = fe_fit_go(f, x);
    }
    free(x);
    if (!there)
        return false;
    f->fixed[k] = true;
    fe_fit_search(f, &end);
    f->fixed[k] = false;
    if (fe_fit_found(end.end))
        there = fe_fit_derivs(f, f->at, false, f->gradient, f->hessian, f->metric);
    *level = f->level;
    *slope = f->gradient[k];
    return there && fe_fit_found(end.end);
}

double fe_fit_profile(fe_fit *f, size_t k, double value)
{
    double level, slope;
    bool found = profile_at(f, k, value, &level, &slope);

    go_back(f);
    return found ? level : NAN;
}

/* A first step that should raise the profile by the drop. */
static double first_step(const fe_fit *f, size_t k, double drop)
{
    double error = f->result.par[k].error, bend = f->hessian[k * f->n_par + k];

    if (!isfinite(error))
        error = bend > 0 ? sqrt(2 / bend) : 0.1 * fmax(fabs(f->best[k]), 1e-3);
    return error * sqrt(drop);
}

typedef struct bracket {            /* distances from the best value, along the side                    */
    double low, high;               /* profile below and above the drop; high may be infinite           */
    double most;                    /* up to the parameter's limit                                      */
} bracket;

/* The next distance: Newton in sqrt(profile), which is nearly straight; inside the bracket. */
static double next_distance(const bracket *b, double at, double level, double slope, double drop)
{
    double root = sqrt(fmax(level, 0)), to = at - (root - sqrt(drop)) * 2 * root / slope;

    if (!(to > b->low) || !isfinite(to))
        to = isfinite(b->high) ? 0.5 * (b->low + b->high) : 2 * at;
    if (!isfinite(b->high))
        to = fmin(to, 4 * at);
    else if (!(to < b->high))
        to = 0.5 * (b->low + b->high);
    return fmin(to, b->most);
}

/* `from`: start of the bracket, a distance where the profile is below the drop. */
static fe_fit_cross cross(fe_fit *f, size_t k, double drop, int side, double from)
{
    double limit = side < 0 ? f->low[k] : f->high[k];
    bracket b = { from, INFINITY, isnan(limit) ? INFINITY : fabs(limit - f->best[k]) };
    fe_fit_cross out = { NAN, false, false };
    double at = fmin(fmax(first_step(f, k, drop), from * 1.5), b.most);

    for (int turn = 0; turn < MAX_TRIALS && at < 1e300; turn++) {
        double level = NAN, slope = NAN;
        bool found = profile_at(f, k, f->best[k] + side * at, &level, &slope);

        if (!found) {                   /* a wall: come back half way */
            b.high = at;
            at = 0.5 * (b.low + at);
            if (b.high - b.low < 1e-12 * b.high)
                break;
            continue;
        }
        out.value = f->best[k] + side * at;
        out.converged = true;
        if (fabs(level - drop) <= CLOSE * drop || (isfinite(b.high) && b.high - b.low <= 4e-16 * fabs(out.value)))
            break;
        out.at_limit = level < drop && at >= b.most;
        if (out.at_limit)
            break;
        if (level < drop)
            b.low = at;
        else
            b.high = at;
        out.value = NAN;
        out.converged = false;
        at = next_distance(&b, at, level, side * slope, drop);
    }
    go_back(f);
    return out;
}

fe_fit_cross fe_fit_profile_cross(fe_fit *f, size_t k, double drop, int side)
{
    return cross(f, k, drop, side, 0);
}

fe_fit_cross fe_fit_upper_limit(fe_fit *f, size_t k, double drop, bool bounded)
{
    double at_zero = 0, slope;

    if (!bounded || !(f->best[k] < 0))
        return cross(f, k, drop, 1, 0);
    if (!profile_at(f, k, 0, &at_zero, &slope)) {
        go_back(f);
        return (fe_fit_cross){ NAN, false, false };
    }
    go_back(f);
    return cross(f, k, at_zero + drop, 1, -f->best[k]);
}

/* ---- sources --------------------------------------------------------------------------------------------------- */

/* Parameters that nothing but this source has. */
static void fix_own(fe_fit *f, size_t source)
{
    for (size_t k = 0; k < f->n_par; k++)
        f->fixed[k] = true;
    for (size_t t = 0; t < f->n_terms; t++) {
        const fe_fit_term *term = &f->term[t];

        if (term->source == source)
            continue;
        if (term->amplitude)
            f->fixed[term->amplitude_number] = false;
        for (size_t i = 0; i < term->n_targets; i++)
            f->fixed[term->target[i].number] = false;
    }
}

double fe_fit_ts(fe_fit *f, size_t source, double *stat_null)
{
    fe_minimum end = { .end = FE_MINIMISE_NAN };
    double ts = NAN;

    *stat_null = NAN;
    f->source_off[source] = true;
    fix_own(f, source);
    if (fe_fit_go(f, f->best))
        fe_fit_search(f, &end);
    if (fe_fit_found(end.end)) {
        ts = f->level;
        *stat_null = fe_fit_value(f);
    }
    go_back(f);
    return ts;
}

/* ---- fluxes with errors ---------------------------------------------------------------------------------------- */

/* Value and error of each place of an axis: sqrt(g^T C g). */
static void propagate(fe_fit *f, size_t source, const fe_fit_axis *a, double *value, double *error)
{
    size_t n = f->n_par, width = f->n_vectors;
    double *vector = FE_NEWN(double, a->n * width + 1);
    const double *c = f->result.covariance;

    fe_fit_model_vectors(f, a, f->best, 1 + n, source, vector);
    for (size_t i = 0; i < a->n; i++) {
        const double *g = vector + i * width + 1;
        double variance = 0;

        for (size_t k = 0; k < n; k++)
            for (size_t l = 0; l < n; l++)
                variance += g[k] != 0 && g[l] != 0 ? g[k] * g[l] * c[k * n + l] : 0;
        value[i] = vector[i * width];
        error[i] = variance >= 0 ? sqrt(variance) : NAN;
    }
    free(vector);
}

void fe_fit_band(fe_fit *f, size_t source, size_t n, const double *e_TeV, double *dnde, double *error)
{
    fe_fit_axis a = { .n = n, .is_points = true };

    a.edge_TeV = FE_NEWN(double, n + 1);
    if (n)
        memcpy(a.edge_TeV, e_TeV, n * sizeof *e_TeV);
    propagate(f, source, &a, dnde, error);
    free(a.edge_TeV);
}

void fe_fit_flux(fe_fit *f, size_t source, double e1_TeV, double e2_TeV, bool weight_energy, double *flux,
                 double *error)
{
    double edge_TeV[2] = { e1_TeV, e2_TeV };
    fe_fit_axis a = { .n = 1, .edge_TeV = edge_TeV, .weight_energy = weight_energy };

    propagate(f, source, &a, flux, error);
}

static double relative_error(fe_fit *f, size_t source, double log_e)
{
    double e_TeV = exp(log_e), dnde, error;

    fe_fit_band(f, source, 1, &e_TeV, &dnde, &error);
    return error / fabs(dnde);
}

/* Golden section around the smallest value of a grid. */
static double golden(fe_fit *f, size_t source, double low, double high)
{
    const double part = 0.381966011250105;
    double x1 = low + part * (high - low), x2 = high - part * (high - low);
    double y1 = relative_error(f, source, x1), y2 = relative_error(f, source, x2);

    for (int k = 0; k < PIVOT_TURNS && high - low > 1e-9; k++) {
        if (y1 < y2) {
            high = x2;
            x2 = x1;
            y2 = y1;
            x1 = low + part * (high - low);
            y1 = relative_error(f, source, x1);
        } else {
            low = x1;
            x1 = x2;
            y1 = y2;
            x2 = high - part * (high - low);
            y2 = relative_error(f, source, x2);
        }
    }
    return 0.5 * (low + high);
}

double fe_fit_pivot_TeV(fe_fit *f, size_t source)
{
    double from = log(f->e_min_TeV), step = (log(f->e_max_TeV) - from) / PIVOT_GRID, least = INFINITY, most = 0;
    int best = 0;

    if (!isfinite(from) || !(step > 0))
        return NAN;
    for (int i = 0; i <= PIVOT_GRID; i++) {
        double y = relative_error(f, source, from + i * step);

        most = fmax(most, y);
        if (y < least) {
            least = y;
            best = i;
        }
    }
    if (best == 0 || best == PIVOT_GRID || !(most > least * (1 + 1e-9)))
        return NAN;
    return exp(golden(f, source, from + (best - 1) * step, from + (best + 1) * step));
}
