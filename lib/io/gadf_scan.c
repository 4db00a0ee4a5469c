/*
 * Scans of the likelihood and what they mean.  gammapy: stat_scan = -2 ln L, absolute, a valley.  GADF: dloglike_scan =
 * ln L minus ln L at norm 0, a peak; fermipy, ctools and gttscube write it minus ln L at the best norm.  The name decides
 * the sign, the curvature proves it, and the zero is found out (formats 11, 12.1).
 */
#include <math.h>

#include "base/note.h"
#include "io/gadf_columns.h"

static const double ZERO_TOLERANCE = 0.5;       /* of ln L: how far an extremum between grid points may be off */

/* Turn of the slope from the first over the middle to the last finite point: above 0 in a valley; NaN: too few. */
static double turn(const double *x, const double *y, size_t n)
{
    size_t first = 0, last = n, middle;

    while (first < n && !(isfinite(x[first]) && isfinite(y[first])))
        first++;
    while (last > first && !(isfinite(x[last - 1]) && isfinite(y[last - 1])))
        last--;
    if (last < first + 3)
        return NAN;
    middle = (first + last - 1) / 2;
    last--;
    return (y[last] - y[middle]) / (x[last] - x[middle]) - (y[middle] - y[first]) / (x[middle] - x[first]);
}

bool fe_scan_is_valley(const double *norm, const double *scan, size_t n_rows, size_t n_scan, bool *known)
{
    size_t n_up = 0, n_down = 0;

    for (size_t i = 0; i < n_rows; i++) {
        double t = turn(norm + i * n_scan, scan + i * n_scan, n_scan);

        n_up += t > 0;
        n_down += t < 0;
    }
    *known = n_up != n_down;
    return n_up >= n_down;
}

/* Height of the peak: of the parabola through the highest point and its neighbours, or the highest point at an end. */
static double peak(const double *x, const double *y, size_t n)
{
    size_t k = n;
    double a, b, t;

    for (size_t i = 0; i < n; i++)
        if (isfinite(x[i]) && isfinite(y[i]) && (k == n || y[i] > y[k]))
            k = i;
    if (k == n)
        return NAN;
    if (k == 0 || k + 1 >= n || !isfinite(y[k - 1]) || !isfinite(y[k + 1]))
        return y[k];
    a = (y[k - 1] - y[k]) / (x[k - 1] - x[k]);
    b = ((y[k + 1] - y[k]) / (x[k + 1] - x[k]) - a) / (x[k + 1] - x[k - 1]);
    a -= b * (x[k - 1] - x[k]);                 /* y = y[k] + a t + b t^2 with t = x - x[k] */
    t = b < 0 ? -a / (2 * b) : 0;
    return y[k] + a * t + b * t * t;
}

static double at(const double *x, size_t i)
{
    return x ? x[i] : NAN;
}

static double stat_of(const fe_estimate *e, size_t row)
{
    double stat = at(e->q[FE_Q_STAT], row);

    return isnan(stat) ? 0 : stat;
}

static double stat_null_of(const fe_estimate *e, size_t row)
{
    double stat_null = at(e->q[FE_Q_STAT_NULL], row);

    return isnan(stat_null) ? stat_of(e, row) + at(e->q[FE_Q_TS], row) : stat_null;
}

typedef enum zero { BEST, NULL_MODEL, UNKNOWN } zero;

/* Where the scans have their zero: the convention that puts the peaks where ts says they are, over all rows. */
static zero zero_of(const fe_estimate *e, const double *dloglike)
{
    double off_best = 0, off_null = 0;
    size_t n = 0, n_null = 0;

    for (size_t i = 0; i < e->n; i++) {
        double top = peak(e->norm_scan + i * e->n_scan, dloglike + i * e->n_scan, e->n_scan);
        double half_ts = (stat_null_of(e, i) - stat_of(e, i)) / 2;

        if (isnan(top))
            continue;
        n++;
        off_best += fabs(top);
        if (isfinite(half_ts)) {
            off_null += fabs(top - half_ts);
            n_null++;
        }
    }
    if (n_null && off_null / (double)n_null < ZERO_TOLERANCE && off_null / (double)n_null <= off_best / (double)n)
        return NULL_MODEL;
    return n && off_best / (double)n < ZERO_TOLERANCE ? BEST : UNKNOWN;
}

void fe_scan_of_dloglike(fe_estimate *e, const double *dloglike)
{
    zero from_zero = zero_of(e, dloglike);

    if (from_zero == UNKNOWN)
        fe_note(FE_NOTE_SAID, e->file ? &(fe_where){ e->file, NULL, 0 } : NULL,
                "dloglike_scan is relative neither to norm 0 nor to the best norm: its peak is taken as the best");
    for (size_t i = 0; i < e->n; i++) {
        const double *from = dloglike + i * e->n_scan;
        double top = from_zero == UNKNOWN ? peak(e->norm_scan + i * e->n_scan, from, e->n_scan) : 0;
        double base = from_zero == NULL_MODEL && isfinite(stat_null_of(e, i)) ? stat_null_of(e, i) : stat_of(e, i);

        for (size_t k = 0; k < e->n_scan; k++)
            e->stat_scan[i * e->n_scan + k] = base - 2 * (from[k] - top);
    }
}

void fe_scan_to_dloglike(const fe_estimate *e, size_t row, double *dloglike)
{
    double stat_null = stat_null_of(e, row), base = isnan(stat_null) ? stat_of(e, row) : stat_null;

    for (size_t k = 0; k < e->n_scan; k++)
        dloglike[k] = -(e->stat_scan[row * e->n_scan + k] - base) / 2;
}
