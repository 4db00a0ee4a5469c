/* spline2.h -- the quadratic spline through a scan (algorithms 17.4): scipy's interp1d(kind="quadratic").
 *
 * Degree 2, knots half way between neighbouring abscissae but for the first and the last pair; smooth to first order.
 */
#ifndef FE_EST_SPLINE2_H
#define FE_EST_SPLINE2_H
#include <stdbool.h>
#include <stddef.h>

/* coefficient[n] of the spline through x[n] (ascending), y[n], n >= 3; room[2 n]. false: not ascending, not finite. */
bool fe_spline2_make(size_t n, const double *x, const double *y, double *room, double *coefficient);

/* Value, first and second derivative at `at`; beyond the ends the outer pieces go on. d1, d2 may be NULL. */
double fe_spline2_eval(size_t n, const double *x, const double *coefficient, double at, double *d1, double *d2);
#endif
