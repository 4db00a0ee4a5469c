/* The sum of likelihood scans as a scan of its own. */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/num.h"
#include "est/combine_parts.h"

enum { FEWEST_POINTS = 41, MAX_TURNS = 200 };

static const double SCAN_DROP = 25;     /* as far as the scans of the solver reach: user-demands 30        */

typedef struct sum {
    size_t n;
    const fe_scan_term *term;
    double low, high;                   /* range of x that all scans cover                                  */
} sum;

/* ---- one term, as a function of its own norm --------------------------------------------------------------------- */

static double approx_rise(const fe_scan_term *t, double y)
{
    const fe_scan_approx *a = &t->approx;
    double d = y - a->norm, variance = a->v + a->v1 * d;

    if (t->is_wall)
        return d >= 0 ? d * (a->slope + a->bend * d) : INFINITY;
    return variance > 0 ? d * d / variance : INFINITY;
}

static double approx_slope(const fe_scan_term *t, double y)
{
    const fe_scan_approx *a = &t->approx;
    double d = y - a->norm, variance = a->v + a->v1 * d;

    if (t->is_wall)
        return d >= 0 ? a->slope + 2 * a->bend * d : -INFINITY;
    return variance > 0 ? d * (2 * a->v + a->v1 * d) / (variance * variance) : copysign(INFINITY, d);
}

static double term_rise(const fe_scan_term *t, double x)
{
    return t->scan ? fe_scan_rise(t->scan, x * t->scale) : approx_rise(t, x * t->scale);
}

static double term_slope(const fe_scan_term *t, double x)
{
    return t->scale * (t->scan ? fe_scan_slope(t->scan, x * t->scale) : approx_slope(t, x * t->scale));
}

static double term_norm(const fe_scan_term *t)
{
    return (t->scan ? t->scan->norm : t->approx.norm) / t->scale;
}

double fe_scan_term_stat(const fe_scan_term *t)
{
    return t->scan ? t->scan->stat : t->approx.stat;
}

/* Where it begins and ends; an approximation does where its variance vanishes. */
static double term_end(const fe_scan_term *t, int direction)
{
    double end;

    if (t->scan)
        end = direction < 0 ? t->scan->x[0] : t->scan->x[t->scan->n - 1];
    else if (t->is_wall)
        end = direction < 0 ? t->approx.norm : INFINITY;
    else
        end = direction * t->approx.v1 < 0 ? t->approx.norm - t->approx.v / t->approx.v1 : direction * INFINITY;
    return end / t->scale;
}

/* About the distance over which an approximation rises by one. */
static double term_width(const fe_scan_term *t)
{
    const fe_scan_approx *a = &t->approx;

    if (t->scan)
        return INFINITY;
    return (t->is_wall ? 1 / (a->slope + sqrt(a->bend)) : sqrt(a->v)) / t->scale;
}

/* ---- their sum --------------------------------------------------------------------------------------------------- */

static double rise_at(const sum *s, double x)
{
    fe_sum total = { 0, 0 };

    for (size_t i = 0; i < s->n; i++)
        fe_sum_add(&total, term_rise(&s->term[i], x));
    return fe_sum_value(&total);
}

static double slope_at(const sum *s, double x)
{
    fe_sum total = { 0, 0 };

    for (size_t i = 0; i < s->n; i++)
        fe_sum_add(&total, term_slope(&s->term[i], x));
    return fe_sum_value(&total);
}

/* The last double of a range may lie a rounding outside of the scan it came from. */
static double inside(const sum *s, double x, double towards)
{
    for (int turn = 0; turn < 8 && isfinite(x) && !isfinite(rise_at(s, x)); turn++)
        x = nextafter(x, towards);
    return x;
}

/* Does the common range begin at a wall?  Then a minimum there is one, as it is of the term whose wall it is. */
static bool begins_at_wall(const sum *s)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->term[i].is_wall && s->low <= term_norm(&s->term[i]) + 1e-12 * fabs(s->low))
            return true;
    return false;
}

/* The minimum lies between the lowest and the highest minimum of the terms, where the slope changes its sign. */
static double find_minimum(const sum *s, bool *at_wall)
{
    double low = INFINITY, high = -INFINITY, width;

    for (size_t i = 0; i < s->n; i++) {
        low = fmin(low, term_norm(&s->term[i]));
        high = fmax(high, term_norm(&s->term[i]));
    }
    width = high - low;
    *at_wall = low <= s->low && begins_at_wall(s) && slope_at(s, s->low) > 0;
    if (*at_wall)
        return s->low;
    if (low < s->low && !(slope_at(s, s->low) <= 0))
        return NAN;
    if (high > s->high && !(slope_at(s, s->high) >= 0))
        return NAN;
    low = fmax(low, s->low);
    high = fmin(high, s->high);
    for (int turn = 0; turn < MAX_TURNS && high - low > 1e-15 * (fabs(low) + fabs(high)); turn++) {
        double x = 0.5 * (low + high);

        if (x == low || x == high)
            break;
        if (slope_at(s, x) < 0)
            low = x;
        else
            high = x;
    }
    if (low <= 0 && high >= 0 && high - low < 1e-9 * width)
        return 0;                       /* at the kink of WStat */
    return 0.5 * (low + high);
}

/* Where the sum has risen by drop above the one at x0, on the way to `end`; `end` where it does not rise so far. */
static double crossing(const sum *s, double x0, double rise0, double end, double drop)
{
    double near_end = x0, far = end;

    if (!(rise_at(s, end) - rise0 > drop))
        return end;
    for (int turn = 0; turn < MAX_TURNS && fabs(far - near_end) > 1e-14 * (fabs(far) + fabs(near_end)); turn++) {
        double x = 0.5 * (near_end + far);

        if (x == near_end || x == far)
            break;
        if (rise_at(s, x) - rise0 < drop)
            near_end = x;
        else
            far = x;
    }
    return 0.5 * (near_end + far);
}

/* The end of the range, or where the sum has risen enough where there is none. */
static double reach(const sum *s, double x0, double rise0, double end, int direction)
{
    double width = INFINITY;

    for (size_t i = 0; i < s->n; i++)
        width = fmin(width, term_width(&s->term[i]));
    for (int turn = 0; turn < MAX_TURNS && !isfinite(end); turn++, width *= 2)
        if (rise_at(s, x0 + direction * width) - rise0 > SCAN_DROP)
            end = x0 + direction * width;
    return end;
}

/* n points beyond x0 to the end, at equal steps of the root of the rise; x[1] ... x[n], or x[-1] ... going down. */
static void fill_side(const sum *s, double x0, double rise0, double end, int direction, size_t n, double *x)
{
    double rise = rise_at(s, end) - rise0;

    for (size_t k = 1; k < n; k++) {
        double part = (double)k / (double)n;

        x[direction * (ptrdiff_t)k] = crossing(s, x0, rise0, end, rise * part * part);
    }
    if (n)
        x[direction * (ptrdiff_t)n] = end;
}

static void insert_zero(double *x, size_t *n)
{
    size_t i = *n;

    for (; i > 0 && x[i - 1] > 0; i--)
        x[i] = x[i - 1];
    if (i > 0 && x[i - 1] == 0)
        return;
    x[i] = 0;
    ++*n;
}

static void sample(const sum *s, size_t n_points, double rise0, double stat0, fe_scan_total *out)
{
    size_t n_side = (n_points - 1) / 2, n_low = n_side, n_high = n_points - 1 - n_side;
    double low = crossing(s, out->norm, rise0, reach(s, out->norm, rise0, s->low, -1), SCAN_DROP);
    double high = crossing(s, out->norm, rise0, reach(s, out->norm, rise0, s->high, 1), SCAN_DROP);

    n_low = low < out->norm ? n_low : 0;
    n_high = high > out->norm ? n_high : 0;
    out->norm_scan = FE_NEWN(double, n_points + 1);         /* norm 0 may be one more */
    out->stat_scan = FE_NEWN(double, n_points + 1);
    out->norm_scan[n_low] = out->norm;
    fill_side(s, out->norm, rise0, low, -1, n_low, out->norm_scan + n_low);
    fill_side(s, out->norm, rise0, high, 1, n_high, out->norm_scan + n_low);
    out->n = n_low + n_high + 1;
    if (low < 0 && high > 0)
        insert_zero(out->norm_scan, &out->n);
    for (size_t i = 0; i < out->n; i++)
        out->stat_scan[i] = stat0 + (out->norm_scan[i] == out->norm ? rise0 : rise_at(s, out->norm_scan[i]));
}

void fe_scan_total_make(size_t n_terms, const fe_scan_term *term, size_t n_points, fe_scan_total *out)
{
    sum s = { .n = n_terms, .term = term, .low = -INFINITY, .high = INFINITY };
    fe_sum stat0 = { 0, 0 };
    double rise0;

    *out = (fe_scan_total){ .norm = NAN, .stat = NAN, .stat_null = NAN };
    for (size_t i = 0; i < n_terms; i++) {
        if (term[i].scan && !term[i].scan->n)
            return;
        s.low = fmax(s.low, term_end(&term[i], -1));
        s.high = fmin(s.high, term_end(&term[i], 1));
        fe_sum_add(&stat0, fe_scan_term_stat(&term[i]));
    }
    if (!(s.low < s.high))
        return;
    s.low = inside(&s, s.low, s.high);
    s.high = inside(&s, s.high, s.low);
    out->norm = find_minimum(&s, &out->at_wall);
    if (isnan(out->norm))
        return;
    rise0 = rise_at(&s, out->norm);
    out->stat = fe_sum_value(&stat0) + rise0;
    out->stat_null = fe_sum_value(&stat0) + rise_at(&s, 0);
    sample(&s, n_points < FEWEST_POINTS ? FEWEST_POINTS : n_points, rise0, fe_sum_value(&stat0), out);
}

void fe_scan_total_free(fe_scan_total *total)
{
    free(total->norm_scan);
    free(total->stat_scan);
}
