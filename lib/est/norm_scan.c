/* Scan of the statistic over the norm: on a grid that was asked for, or on one that shows what there is to see. */
#include <math.h>
#include <string.h>

#include "est/norm_parts.h"
#include "types/estimate.h"

enum { FEWEST_POINTS = 5 };

static void fill_stat(fe_profile *p, const fe_norm_minimum *min, size_t n, const double *x, double *stat, double stat_min)
{
    for (size_t i = 0; i < n; i++)
        stat[i] = x[i] < fe_profile_x_min(p) ? NAN : stat_min + fe_profile_diff(p, x[i], min->x);
}

static void fixed_scan(const fe_norm_request *r, double *x, fe_norm *out)
{
    double low = INFINITY, high = -INFINITY;

    memcpy(x, r->scan_norms, r->n_scan_norms * sizeof *x);
    for (size_t i = 0; i < r->n_scan_norms; i++) {
        low = fmin(low, x[i]);
        high = fmax(high, x[i]);
    }
    if (!(low <= out->norm && out->norm <= high) || (r->want_ul && !(out->ul <= high)))
        out->status |= FE_STATUS_SCANOPEN;
}

/*
 * Points on one side of the minimum, at equal steps of sqrt(rise), so that a parabola gets equal steps and the stat is smooth
 * between points: x[1] ... x[n], the last one the end.  On the lower side they go down (x[-1] ...).
 */
static void fill_side(fe_profile *p, const fe_norm_minimum *min, int direction, size_t n, double end, double rise,
                      double *x)
{
    fe_norm_start s = { .x = min->x, .slope = direction < 0 ? min->slope_left : min->slope_right, .d2 = min->d2,
                        .direction = direction, .rtol = 0.1 / (double)(n + 1) };

    for (size_t k = 1; k < n; k++) {
        double part = (double)k / (double)n, at;
        bool converged = true;

        at = fe_norm_find_crossing(p, &s, rise * part * part, &converged);
        at = isnan(at) ? min->x + part * (end - min->x) : at;
        s.guess = fabs(at - min->x) * (double)(k + 1) / (double)k;      /* as if it were a parabola from here on */
        x[direction * (ptrdiff_t)k] = at;
    }
    if (n)
        x[direction * (ptrdiff_t)n] = end;
}

/* Put norm 0 in its place among n ascending points. */
static void insert_zero(double *x, size_t n)
{
    size_t i = n;

    for (; i > 0 && x[i - 1] > 0; i--)
        x[i] = x[i - 1];
    x[i] = 0;
}

static double end_of(fe_profile *p, const fe_norm_minimum *min, int direction, double drop, unsigned *status)
{
    fe_norm_start s = { .x = min->x, .slope = direction < 0 ? min->slope_left : min->slope_right, .d2 = min->d2,
                        .direction = direction, .rtol = 1e-9 };
    bool converged = true;
    double end = fe_norm_find_crossing(p, &s, drop, &converged);

    if (!converged)
        *status |= FE_STATUS_NOCONV;
    if (isnan(end))
        return converged && direction < 0 ? fmin(fe_profile_x_min(p), min->x) : min->x;
    return end;
}

/* Bounded limits count from norm 0 where the best norm is below: the upper end lies scan_drop above the statistic there. */
static double upper_rise(fe_profile *p, const fe_norm_request *r, const fe_norm_minimum *min)
{
    return r->scan_drop + (min->x < 0 ? fmax(fe_profile_diff(p, 0, min->x), 0) : 0);
}

/*
 * From a rise of scan_drop below the minimum to one above max(minimum, 0); the lower end is the positivity bound where the
 * statistic does not rise so far before it.  The minimum and norm 0 (where it lies inside) are points.  Returns how many.
 * A longer upper side has no more points: the statistic is smooth there, and steep near the bound below.
 */
static size_t adaptive_scan(fe_profile *p, const fe_norm_request *r, const fe_norm_minimum *min, size_t n, double *x,
                            fe_norm *out)
{
    double low = end_of(p, min, -1, r->scan_drop, &out->status), rise_up = upper_rise(p, r, min);
    double high = end_of(p, min, 1, rise_up, &out->status);
    double rise = low < min->x ? fe_profile_diff(p, low, min->x) : 0, q = sqrt(fmax(rise, 0));
    bool zero = low < 0 && high > 0 && min->x != 0;
    size_t n_sides = n - 1 - zero, n_low = (size_t)lround((double)n_sides * q / (q + sqrt(r->scan_drop)));

    if (low < min->x && n_low == 0)
        n_low = 1;
    if (n_low == n_sides)
        n_low--;
    x[n_low] = min->x;
    fill_side(p, min, -1, n_low, low, rise, x + n_low);
    fill_side(p, min, 1, n_sides - n_low, high, rise_up, x + n_low);
    if (zero)
        insert_zero(x, n - 1);
    return n;
}

void fe_norm_scan(fe_profile *p, const fe_norm_request *r, const fe_norm_minimum *min, fe_arena *arena, fe_norm *out)
{
    size_t n = r->n_scan_norms ? r->n_scan_norms : r->scan_points < FEWEST_POINTS ? FEWEST_POINTS : r->scan_points;
    double *x = FE_ARENA_NEWN(arena, double, n), *stat = FE_ARENA_NEWN(arena, double, n);

    if (r->n_scan_norms)
        fixed_scan(r, x, out);
    else
        n = adaptive_scan(p, r, min, n, x, out);
    fill_stat(p, min, n, x, stat, out->stat);
    out->n_scan = n;
    out->norm_scan = x;
    out->stat_scan = stat;
}
