/* Minimum of a convex profile, and the norms at which it has risen by so much: Newton steps inside a bracket. */
#include <float.h>
#include <math.h>

#include "est/norm_parts.h"

enum { MAX_TURNS = 300 };

typedef struct bracket { double low, high; } bracket;       /* distances; high may be infinite          */

/* Newton's proposal where it lies inside; else the middle, or farther out while there is no upper end. */
static double choose(const bracket *b, double d, double newton)
{
    if (newton > b->low && newton < b->high && (isfinite(b->high) || newton < 20 * d))
        return newton;
    return isfinite(b->high) ? b->low + 0.5 * (b->high - b->low) : 10 * d;
}

/* Slopes of both ends of a bracket that has closed: do they differ by more than rounding?  Then the curve has a bend there. */
static bool has_bend(const fe_profile *p, const bracket *b, double d2, double low, double high)
{
    double jump = high - low;

    return jump > 1e-9 * fe_profile_signal(p) && jump > 1e3 * d2 * (b->high - b->low);
}

static bool is_closed(const bracket *b, double x)
{
    return isfinite(b->high) && b->high - b->low <= 4 * DBL_EPSILON * fmax(fabs(x), b->high);
}

/* ---- minimum --------------------------------------------------------------------------------------------------- */

typedef struct search { double from, bound; int direction; } search;    /* bound: distance from `from` */

/* The walk is over when a step is below the digits of x, or no longer shrinks: rounding of the sums. */
static bool is_done(double step, double last_step, double d, double tolerance)
{
    return step <= tolerance || (step <= 1e-8 * d && step >= 0.5 * last_step);
}

/*
 * The root of the slope at a distance d > 0 from where the walk starts; at_edge when the bound comes first.  The bound
 * itself is tried only when a step wants to pass it: where a bin with counts makes it a wall, the slope there says nothing.
 */
static void walk(fe_profile *p, const search *s, double d, fe_norm_minimum *out)
{
    bracket b = { 0, s->bound };
    bool seen_bound = !isfinite(s->bound);
    double last_step = INFINITY, slope_low = 0, slope_high = 0;

    for (int turn = 0; turn < MAX_TURNS; turn++) {
        bool at_bound = !seen_bound && d >= s->bound;
        double x = s->from + s->direction * (at_bound ? s->bound : d), uphill, next, step;
        fe_profile_point at;

        fe_profile_eval(p, x, &at);
        uphill = s->direction * at.d1;
        *out = (fe_norm_minimum){ .x = x, .d2 = at.d2, .converged = at.converged };
        if (isnan(uphill))
            break;
        if (at_bound && uphill < 0) {
            out->at_edge = true;
            out->slope_right = fmax(at.d1, 0);
            return;
        }
        seen_bound |= at_bound;
        if (at_bound) {
            d = choose(&b, d, NAN);
            continue;
        }
        if (uphill < 0)
            b.low = d, slope_low = uphill;
        else
            b.high = d, slope_high = uphill;
        next = d - uphill / at.d2;
        step = fabs(next - d);
        if (is_closed(&b, x) && has_bend(p, &b, at.d2, slope_low, slope_high)) {
            out->at_kink = true;
            out->slope_right = s->direction > 0 ? slope_high : -slope_low;
            out->slope_left = s->direction > 0 ? -slope_low : slope_high;
            return;
        }
        if (uphill == 0 || is_closed(&b, x) ||
            (at.d2 > 0 && is_done(step, last_step, d, 2 * DBL_EPSILON * fabs(x) + 1e-14 * sqrt(2 / at.d2))))
            return;
        if (step > 0.5 * last_step && isfinite(b.high))                 /* to and fro over a bend */
            next = NAN;
        last_step = step;
        d = !seen_bound && next >= s->bound ? s->bound : choose(&b, d, next);
    }
    out->converged = false;
}

/*
 * From x = 0 (or the positivity bound above it), to the side where the profile falls.  guess: (counts - background) / signal, exact for
 * one bin.
 */
void fe_norm_find_minimum(fe_profile *p, double guess, fe_norm_minimum *out)
{
    double kink = fe_profile_kink(p), x_min = fe_profile_x_min(p);
    search s = { .from = fmax(0, x_min) };
    fe_profile_point at;

    fe_profile_eval(p, s.from, &at);
    if (s.from != 0)
        kink = 0;
    if (at.d1 >= 0 && at.d1 - kink <= 0 && (kink > 0 || at.d1 == 0)) {
        *out = (fe_norm_minimum){ .x = s.from, .d2 = at.d2, .slope_right = at.d1, .slope_left = kink - at.d1,
                                  .at_kink = kink > 0, .converged = at.converged };
        return;
    }
    s.direction = at.d1 < 0 ? 1 : -1;
    s.bound = at.d1 < 0 ? INFINITY : s.from - x_min;
    if (s.bound == 0) {
        *out = (fe_norm_minimum){ .x = s.from, .d2 = at.d2, .slope_right = at.d1, .at_edge = true, .converged = at.converged };
        return;
    }
    walk(p, &s, s.direction * (guess - s.from) > 0 ? s.direction * (guess - s.from) : 1 / fe_profile_signal(p), out);
}

/* ---- crossings ------------------------------------------------------------------------------------------------- */

static const double NEARLY = 0.05;

/* A parabola with the slope and curvature of the start rises by drop over this distance. */
static double parabola(const fe_norm_start *s, double drop)
{
    return 2 * drop / (s->slope + sqrt(s->slope * s->slope + 2 * s->d2 * drop));
}

/*
 * Newton on sqrt(rise), which is a straight line for a parabola.  Where that leaves the bracket or goes to and fro (a straight
 * slope, a bend), Newton on the rise itself: from above it never passes the root of a convex curve.
 */
static double propose(const bracket *b, double d, double rise, double drop, double slope, double last_step)
{
    double root = sqrt(fmax(rise, 0)), next = d - 2 * root * (root - sqrt(drop)) / slope;

    if (rise > drop && (!(next > b->low) || fabs(next - d) > 0.5 * last_step))
        return d - (rise - drop) / slope;
    return next;
}

double fe_norm_find_crossing(fe_profile *p, const fe_norm_start *s, double drop, bool *converged)
{
    double bound = s->direction < 0 ? s->x - fe_profile_x_min(p) : INFINITY, last_step = INFINITY;
    double d = s->guess > 0 ? s->guess : parabola(s, drop);
    bracket b = { 0, bound };
    bool seen_bound = !isfinite(bound);

    if (bound <= 0)
        return NAN;
    if (!(d > 0) || !isfinite(d))
        d = 1 / fe_profile_signal(p);
    for (int turn = 0; turn < MAX_TURNS; turn++) {
        bool at_bound = !seen_bound && d >= bound;
        double x = s->x + s->direction * (at_bound ? bound : d), rise = fe_profile_diff(p, x, s->x), next, step;
        fe_profile_point at;

        if (at_bound && rise < drop)
            return NAN;
        seen_bound |= at_bound;
        if (at_bound) {
            d = choose(&b, d, NAN);
            continue;
        }
        fe_profile_eval(p, x, &at);
        if (isnan(rise) || !at.converged)
            break;
        if (rise < drop)
            b.low = d;
        else
            b.high = d;
        next = propose(&b, d, rise, drop, s->direction * at.d1, last_step);
        step = fabs(next - d);
        if (is_done(step, last_step, d, fmax(s->rtol * d, 2 * DBL_EPSILON * fabs(x)))) {
            if (fabs(rise - drop) <= NEARLY * drop)
                return s->x + s->direction * next;
            next = NAN;                 /* beside a pole, where steps are small far from the root */
        }
        if (is_closed(&b, x))
            return x;
        last_step = step;
        d = !seen_bound && next >= bound ? bound : choose(&b, d, next);
    }
    *converged = false;
    return NAN;
}
