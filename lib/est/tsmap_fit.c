/* The norm of one trial pixel from its pixels with counts. */
#include <math.h>

#include "est/tsmap_parts.h"
#include "types/estimate.h"

/*
 * Halley's steps triple the digits: behind a step of less than STEP of the scale an error of its third power is left.  That of the best
 * norm may be larger: Newton's step from the sums that are made there anyway squares it.  MOST_STEPS is never reached by a bracketed
 * search that halves where a step fails.
 */
static const double STEP = 1e-4, LAST_STEP = 3e-3;
enum { MOST_STEPS = 200 };

typedef struct fit {
    const fe_map_loops *loops;
    const fe_pixel_data *d;
    fe_norm *out;
    double g0[3];                   /* sums of n (u / (1 + u x))^k at norm 0                            */
    double g[3];                    /* and at the best norm                                             */
} fit;

static void slopes_at(fit *f, double x, double g[3])
{
    f->loops->slopes(f->d->places, f->d->n, f->d->u, x, g);
    f->out->n_iter++;
}

/* Of two numbers, for each pixel: fmax is a call. */
static double larger(double a, double b)
{
    return a > b ? a : b;
}

static double clamp(double x, double lo, double hi)
{
    return x < lo ? lo : x > hi ? hi : x;
}

/* ---- the best norm --------------------------------------------------------------------------------------------- */

/*
 * Where g = sum n u / (1 + u x) is the signal S.  Its reciprocal h is concave and rises from 0 at -1 / u_max (a harmonic mean of
 * straight lines), nearly a straight line itself: Halley's steps on h - 1 / S.  The root of the pixel with the largest u alone is the
 * lower bound; with all counts there it is the upper one.
 */
static double find_root(fit *f)
{
    const fe_pixel_data *d = f->d;
    double s = d->signal, sum = f->g0[0], lo, hi, x = 0, g[3] = { f->g0[0], f->g0[1], f->g0[2] };
    bool below = sum > s;           /* the root lies above 0                                            */

    lo = below ? 0 : larger(-1 / d->u_max, d->norm_min);
    hi = below ? d->counts / s * (1 + STEP) - 1 / d->u_max : 0;     /* with one pixel the bound is the root: room for rounding */
    for (int k = 0; k < MOST_STEPS; k++) {
        double newton = g[0] * (1 - g[0] / s) / g[1], bend = 1 - newton * (g[1] * g[1] - g[0] * g[2]) / (g[0] * g[1]);
        double step = -newton / clamp(bend, 0.5, 2), next = x + step;

        if (g[0] > s)
            lo = x;
        else
            hi = x;
        if (!(next > lo && next < hi))
            next = fabs(step) <= STEP * STEP * fabs(x) ? x : 0.5 * (lo + hi);
        step = next - x;
        x = next;
        if (fabs(step) <= LAST_STEP / sqrt(g[1]) || fabs(step) <= 1e-15 * fabs(x))
            return x;
        slopes_at(f, x, g);
    }
    f->out->status |= FE_STATUS_NOCONV;
    return x;
}

/* Does the likelihood fall all the way down to the bound? */
static bool is_bound(fit *f)
{
    double g[3];

    if (f->g0[0] >= f->d->signal || !(f->d->norm_min * f->d->u_max > -1))
        return false;
    slopes_at(f, f->d->norm_min, g);
    return g[0] <= f->d->signal;
}

/* One more step of Newton from the sums that are there: 1e-8 becomes the last digit; ts is stationary, and needs none. */
static void polish(fit *f)
{
    double step = (f->g[0] - f->d->signal) / f->g[1];

    f->out->norm += step;
    f->g[0] -= f->g[1] * step;
    f->g[1] -= 2 * f->g[2] * step;
}

static void find_best(fit *f)
{
    const fe_pixel_data *d = f->d;
    fe_norm *out = f->out;
    double at[4];
    bool bound = !(d->u_max > 0);

    if (!bound) {
        f->loops->moments(d->places, d->n, d->u, f->g0);
        out->n_iter++;
        bound = is_bound(f);
    }
    out->norm = bound ? d->norm_min : find_root(f);
    f->loops->gain(d->places, d->n, d->u, 0, out->norm, at);
    out->n_iter++;
    for (int k = 0; k < 3; k++)
        f->g[k] = at[k];
    out->ts = larger(2 * (at[3] - out->norm * d->signal), 0);
    if (!bound)
        polish(f);
    out->sqrt_ts = copysign(sqrt(out->ts), out->norm);
    out->stat_null = d->stat_null;
    out->stat = d->stat_null - out->ts;
    out->npred_excess = out->norm * d->signal;
    out->npred = d->background + out->npred_excess;
    if (bound)
        out->status |= FE_STATUS_EDGE;
}

/* ---- errors and limits ----------------------------------------------------------------------------------------- */

typedef struct walk {
    double from;                    /* the statistic rises from here ...                                */
    double g[3];                    /* sums there                                                       */
    double drop;                    /* by this                                                          */
    int direction;
    double end;                     /* and not beyond                                                   */
} walk;

/* Distance at which the expansion at the start, s y + a y^2 + c y^3, has risen by drop. */
static double first_distance(const walk *w, double signal)
{
    double s = larger(2 * w->direction * (signal - w->g[0]), 0), a = w->g[1], c = -2.0 / 3 * w->direction * w->g[2];
    double y = a > 0 ? 2 * w->drop / (s + sqrt(s * s + 4 * a * w->drop)) : w->drop / s;

    return y * clamp(1 - c * y * y / (2 * a * y + s), 0.5, 2);
}

/*
 * Rise of the statistic, its first two derivatives along the walk: 2 (S (x - from) - sum n ln((1 + u x) / (1 + u from))).  It is convex, so a
 * step that leaves the bracket is cut in half, or doubled while there is no upper end.
 */
static double find_crossing(fit *f, const walk *w)
{
    const fe_pixel_data *d = f->d;
    double lo = 0, hi = fabs(w->end - w->from), y = first_distance(w, d->signal);

    if (!(y < hi))
        y = isinf(hi) ? 1 : 0.5 * hi;
    for (int k = 0; k < MOST_STEPS; k++) {
        double at[4], x = w->from + w->direction * y, rise, slope, newton, step, next;

        f->loops->gain(d->places, d->n, d->u, w->from, x, at);
        f->out->n_iter++;
        rise = 2 * (d->signal * (x - w->from) - at[3]) - w->drop;
        slope = 2 * w->direction * (d->signal - at[0]);
        if (rise < 0)
            lo = y;
        else
            hi = y;
        newton = rise / slope;
        step = -newton / clamp(1 - newton * at[1] / slope, 0.5, 2);
        next = y + step;
        if (!(slope > 0 && next > lo && next < hi))
            next = fabs(step) <= STEP * STEP * y && slope > 0 ? y : isinf(hi) ? 2 * y : 0.5 * (lo + hi);
        step = next - y;
        y = next;
        if (fabs(step) <= STEP * y)
            return w->from + w->direction * y;
    }
    f->out->status |= FE_STATUS_NOCONV;
    return NAN;
}

/* Is the statistic at the bound below what is asked?  Where a pixel with counts makes the bound, it is infinite there. */
static bool stops_before(fit *f, const walk *w)
{
    const fe_pixel_data *d = f->d;
    double at[4];

    if (!(w->from > w->end))
        return true;
    if (!(w->end * d->u_max > -1 + 1e-14))
        return false;
    f->loops->gain(d->places, d->n, d->u, w->from, w->end, at);
    f->out->n_iter++;
    return 2 * (d->signal * (w->end - w->from) - at[3]) < w->drop;
}

static void find_errors(fit *f, const fe_norm_request *r)
{
    fe_norm *out = f->out;
    double drop = r->n_sigma * r->n_sigma;
    walk up = { out->norm, { f->g[0], f->g[1], f->g[2] }, drop, 1, INFINITY };
    walk down = { out->norm, { f->g[0], f->g[1], f->g[2] }, drop, -1, f->d->norm_min };

    out->errp = find_crossing(f, &up) - out->norm;
    if (stops_before(f, &down))
        out->status |= FE_STATUS_EDGE;
    else
        out->errn = out->norm - find_crossing(f, &down);
}

static void find_limit(fit *f, const fe_norm_request *r)
{
    bool from_null = !r->ul_unbounded && f->out->norm < 0;
    const double *g = from_null ? f->g0 : f->g;
    walk up = { from_null ? 0 : f->out->norm, { g[0], g[1], g[2] }, r->ul_drop, 1, INFINITY };

    f->out->ul = find_crossing(f, &up);
    if (f->out->ul < 0)
        f->out->status |= FE_STATUS_NEGUL;
}

/* The norm whose Asimov set, counts b + x m, has a TS of sens_sigma^2: a convex function of x, Newton's steps from above. */
static void find_sensitivity(fit *f, const fe_norm_request *r)
{
    const fe_pixel_data *d = f->d;
    double want = r->sens_sigma * r->sens_sigma, square = 0, x;

    for (size_t i = 0; i < d->all; i++)
        square += d->all_m[i] * d->all_u[i];
    x = r->sens_sigma / sqrt(square);           /* that of the parabola, which is too low ... */
    for (int k = 0; k < MOST_STEPS; k++) {
        double at[2], step;

        f->loops->asimov(d->all, d->all_b, d->all_m, d->all_u, x, at);
        f->out->n_iter++;
        step = (want - 2 * (at[0] - x * d->signal)) / (2 * at[1]);
        x += step;                              /* ... but the first step goes beyond the root */
        if (fabs(step) <= 1e-13 * x) {
            f->out->sensitivity = x;
            return;
        }
    }
    f->out->status |= FE_STATUS_NOCONV;
}

void fe_pixel_fit(const fe_map_loops *loops, const fe_norm_request *r, const fe_pixel_data *d, bool as_gammapy, fe_norm *out)
{
    fit f = { .loops = loops, .d = d, .out = out };

    *out = (fe_norm){ .norm = NAN, .err = NAN, .errn = NAN, .errp = NAN, .ul = NAN, .sensitivity = NAN, .ts = NAN,
                      .sqrt_ts = NAN, .stat = NAN, .stat_null = d->stat_null, .npred = NAN, .npred_excess = NAN,
                      .counts = d->counts, .background = d->background };
    if (!(d->signal > 0) || !isfinite(d->signal)) {
        out->status = FE_STATUS_NOEXPO;
        return;
    }
    find_best(&f);
    if (out->status & FE_STATUS_NOCONV)
        return;
    if (f.g[1] > 0 && (as_gammapy || !(out->status & FE_STATUS_EDGE)))
        out->err = r->n_sigma / sqrt(f.g[1]);
    if (r->want_asym)
        find_errors(&f, r);
    if (r->want_ul)
        find_limit(&f, r);
    if (r->want_sens)
        find_sensitivity(&f, r);
}
