/* Counts over a known background, one bin: W(mu) = 2 (mu - n ln mu), mu = b + s. */
#include <math.h>

#include "est/excess.h"
#include "phys/stat_log.h"
#include "types/estimate.h"

enum { MOST_STEPS = 100 };

/* W(mu) - W(from), without cancellation: 2 (d - n ln(mu / from)), d = mu - from. */
static double rise(double n, double from, double mu, double d)
{
    return n > 0 ? 2 * (n * fe_stat_log_gap(from, mu, d) + d - n * (d / from)) : 2 * d;
}

/*
 * The distance from `from` (at or above n when up, n itself when down) at which W has risen by drop: Newton's steps on the square root
 * of the rise, nearly a straight line; the lower side never reaches mu = 0, where W is infinite.
 */
static double crossing(double n, double from, double drop, int direction)
{
    double slope = from > 0 ? 2 * (1 - n / from) : 2, curve = from > 0 ? n / (from * from) : 0, y, lo = 0;
    double hi = direction > 0 ? INFINITY : from;

    if (n <= 0)
        return drop / 2;
    y = 2 * drop / (slope + sqrt(slope * slope + 4 * curve * drop));
    if (!(y < hi))
        y = hi / 2;
    for (int k = 0; k < MOST_STEPS; k++) {
        double d = direction * y, w = rise(n, from, from + d, d), at = direction * 2 * (1 - n / (from + d)), root = sqrt(w), next;

        if (w < drop)
            lo = y;
        else
            hi = y;
        next = y - 2 * root * (root - sqrt(drop)) / at;
        if (!(next > lo && next < hi))
            next = isinf(hi) ? 2 * y : 0.5 * (lo + hi);
        if (fabs(next - y) <= 1e-13 * next)
            return next;
        y = next;
    }
    return NAN;
}

/* Excess whose Asimov set, b + s counts, has ts = want: 2 ((b + s) ln(1 + s / b) - s), convex in s. */
static double sensitivity(double b, double want)
{
    double s = sqrt(b * want) + want / 6;

    for (int k = 0; k < MOST_STEPS && b > 0; k++) {
        double gap = fe_stat_log_gap(b, b + s, s), value = 2 * (s * (s / b) - (b + s) * gap), step = (want - value) / (2 * (s / b - gap));

        s += step;
        if (fabs(step) <= 1e-12 * s)
            return s;
    }
    return NAN;
}

/* From n itself, where it is kept: the same bits. */
static double crossing_from_n(double n, double drop, int direction, double *kept)
{
    double *at = kept && n < FE_EXCESS_CACHED && n == floor(n) ? &kept[(size_t)n] : NULL;

    if (!at)
        return crossing(n, n, drop, direction);
    if (*at == 0)
        *at = crossing(n, n, drop, direction);
    return *at;
}

void fe_excess_cash(double n, double b, double x, const fe_norm_request *r, bool as_gammapy, fe_excess_cache *cache, fe_norm *out)
{
    double excess = n - b, k2 = r->n_sigma * r->n_sigma, up = NAN, from = r->ul_unbounded || excess >= 0 ? fmax(n, 0) : b;

    *out = (fe_norm){ .norm = excess / x, .err = NAN, .errn = NAN, .errp = NAN, .ul = NAN, .sensitivity = NAN, .counts = n,
                      .background = b, .npred = n, .npred_excess = excess, .n_iter = 1 };
    out->stat_null = fe_cash(n, b);
    out->stat = fe_cash(n, n);
    out->ts = n > 0 && b > 0 ? rise(n, n, b, b - n) : n > 0 ? out->stat_null - out->stat : 2 * b;
    out->sqrt_ts = copysign(sqrt(out->ts), excess);
    if (n > 0)
        out->err = r->n_sigma * sqrt(n) / x;
    else
        out->status |= FE_STATUS_EDGE;
    if (as_gammapy && n == 0)
        out->err = 0;
    if (r->want_asym) {
        out->errp = crossing_from_n(n, k2, 1, cache ? cache->up : NULL) / x;
        out->errn = n > 0 ? crossing_from_n(n, k2, -1, cache ? cache->down : NULL) / x : NAN;
    }
    if (r->want_ul) {
        up = from + (from == n ? crossing_from_n(n, r->ul_drop, 1, cache ? cache->limit : NULL) : crossing(n, from, r->ul_drop, 1)) - b;
        out->ul = up / x;
        if (up < 0)
            out->status |= FE_STATUS_NEGUL;
    }
    if (r->want_sens)
        out->sensitivity = sensitivity(b, r->sens_sigma * r->sens_sigma) / x;
}
