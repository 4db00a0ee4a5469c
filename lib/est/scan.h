/* scan.h -- one stored likelihood scan as a smooth function of the norm, and what can be read off it.
 *
 * Between the points the norm is a polynomial of the signed root r of the rise, r^2 = stat - stat_min: a parabola makes that
 * a straight line, and a Poisson likelihood a short series.  The stencils avoid kinks.  Nothing is extrapolated: what
 * lies beyond the last point is NaN.
 */
#ifndef FE_EST_SCAN_H
#define FE_EST_SCAN_H
#include <stdbool.h>
#include <stddef.h>

typedef struct fe_scan_piece fe_scan_piece;

typedef struct fe_scan {
    size_t n;                       /* points used, the minimum among them; 0: no minimum inside        */
    double *x, *r;                  /* [n] norm and signed root of the rise, both ascending             */
    fe_scan_piece *piece;           /* [n - 1] polynomial between two points                            */
    size_t i_min;                   /* the point that is the minimum: r = 0                             */
    double norm, stat;              /* there; NaN without                                               */
    bool is_empty;                  /* no point that is finite                                          */
    bool is_flat;                   /* the same everywhere: it holds no data                            */
    bool is_peak;                   /* highest inside: this is no -2 ln L                               */
} fe_scan;

/*
 * Points in any order; those that are not finite are left out.  best_norm and best_stat are the best fit where the table
 * has it (else NaN): it is taken as a point of the same curve when it fits in as its minimum, so a coarse grid gains by it.
 */
fe_scan *fe_scan_new(size_t n, const double *norm, const double *stat, double best_norm, double best_stat);
void fe_scan_free(fe_scan *);

double fe_scan_root(const fe_scan *, double norm);      /* signed root of the rise; NaN outside          */
double fe_scan_rise(const fe_scan *, double norm);      /* stat(norm) - stat_min                         */
double fe_scan_slope(const fe_scan *, double norm);     /* d stat / d norm                               */
/* Norm at which the statistic has risen by drop; direction -1 below the minimum, +1 above. */
double fe_scan_crossing(const fe_scan *, int direction, double drop);
double fe_scan_err(const fe_scan *);                    /* 1 sigma, from the curvature; NaN at an end, at or beside a kink */

typedef struct fe_scan_levels {
    double n_sigma;                 /* err, errn, errp                                                  */
    double ul_drop;                 /* limit                                                            */
    bool bounded;                   /* limit counted from max(norm, 0), as fe_norm_request              */
} fe_scan_levels;

typedef struct fe_scan_norm { double err, errn, errp, ul; } fe_scan_norm;   /* NaN: not bracketed, or no such thing */

fe_scan_norm fe_scan_solve(const fe_scan *, const fe_scan_levels *);
#endif
