#include "est/spline2.h"

#include <math.h>

/* Knot k of n + 3: three times the ends, between them the middles of x[1] x[2] ... x[n-3] x[n-2] (de Boor, XIII). */
static double knot(size_t n, const double *x, size_t k)
{
    if (k < 3)
        return x[0];
    if (k >= n)
        return x[n - 1];
    return 0.5 * (x[k - 2] + x[k - 1]);
}

/* Piece in which `at` lies: knot[p] <= at < knot[p + 1], 2 <= p < n. */
static size_t piece_of(size_t n, const double *x, double at)
{
    size_t low = 2, high = n;

    while (high - low > 1) {
        size_t mid = low + (high - low) / 2;

        if (knot(n, x, mid) <= at)
            low = mid;
        else
            high = mid;
    }
    return low;
}

/* The three B-splines of a piece at a place, their slopes and bends: numbers p - 2, p - 1, p. */
static void basis(size_t n, const double *x, size_t p, double at, double b[3], double b1[3], double b2[3])
{
    double t0 = knot(n, x, p - 1), t1 = knot(n, x, p), t2 = knot(n, x, p + 1), t3 = knot(n, x, p + 2), h = t2 - t1;
    double left = (t2 - t0) * h, right = (t3 - t1) * h;

    b[0] = (t2 - at) * (t2 - at) / left;
    b[2] = (at - t1) * (at - t1) / right;
    b[1] = (at - t0) * (t2 - at) / left + (t3 - at) * (at - t1) / right;
    b1[0] = -2 * (t2 - at) / left;
    b1[2] = 2 * (at - t1) / right;
    b1[1] = -b1[0] - b1[2];
    b2[0] = 2 / left;
    b2[2] = 2 / right;
    b2[1] = -b2[0] - b2[2];
}

/* Row i of the collocation matrix touches columns i - 1, i, i + 1: its entries there. */
static void row_of(size_t n, const double *x, size_t i, double row[3])
{
    double b[3], b1[3], b2[3];
    size_t p = piece_of(n, x, x[i]);

    basis(n, x, p, x[i], b, b1, b2);
    for (int k = 0; k < 3; k++) {
        size_t column = i + (size_t)k;      /* one more than the column */

        row[k] = column + 1 >= p && column <= p + 1 ? b[column + 1 - p] : 0;
    }
}

/* The matrix is totally positive: elimination without pivoting is stable (de Boor, chapter XIII). */
bool fe_spline2_make(size_t n, const double *x, const double *y, double *room, double *coefficient)
{
    double *diagonal = room, *above = room + n;

    if (n < 3)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!isfinite(x[i]) || !isfinite(y[i]) || (i && !(x[i] > x[i - 1])))
            return false;
    for (size_t i = 0; i < n; i++) {
        double row[3];

        row_of(n, x, i, row);
        diagonal[i] = row[1];
        above[i] = row[2];
        coefficient[i] = y[i];
        if (i) {
            double part = row[0] / diagonal[i - 1];

            diagonal[i] -= part * above[i - 1];
            coefficient[i] -= part * coefficient[i - 1];
        }
    }
    for (size_t i = n; i-- > 0;)
        coefficient[i] = (coefficient[i] - (i + 1 < n ? above[i] * coefficient[i + 1] : 0)) / diagonal[i];
    return true;
}

double fe_spline2_eval(size_t n, const double *x, const double *coefficient, double at, double *d1, double *d2)
{
    double b[3], b1[3], b2[3], value = 0, slope = 0, bend = 0;
    size_t p = piece_of(n, x, at);

    basis(n, x, p, at, b, b1, b2);
    for (size_t k = 0; k < 3; k++) {
        double c = coefficient[p - 2 + k];

        value += c * b[k];
        slope += c * b1[k];
        bend += c * b2[k];
    }
    if (d1)
        *d1 = slope;
    if (d2)
        *d2 = bend;
    return value;
}
