/* norm_parts.h -- inside of the norm solver, shared by norm.c, norm_root.c, norm_scan.c and norm_sens.c only. */
#ifndef FE_EST_NORM_PARTS_H
#define FE_EST_NORM_PARTS_H
#include "est/norm.h"
#include "est/profile.h"

typedef struct fe_norm_minimum {
    double x, d2;
    double slope_left, slope_right;     /* of the profile on both sides, both >= 0 when walking away    */
    bool at_kink, at_edge, converged;
} fe_norm_minimum;

void fe_norm_find_minimum(fe_profile *, double guess, fe_norm_minimum *);

typedef struct fe_norm_start {          /* where a crossing is sought from                              */
    double x;
    double slope, d2;                   /* outward slope (>= 0) there, and curvature                    */
    int direction;                      /* +1 up, -1 down                                               */
    double rtol;                        /* of the distance                                              */
    double guess;                       /* distance to try first; 0: a parabola's                       */
} fe_norm_start;

/* The norm at which the profile has risen by drop; NaN when the positivity bound comes first, *converged false when lost. */
double fe_norm_find_crossing(fe_profile *, const fe_norm_start *, double drop, bool *converged);

void fe_norm_scan(fe_profile *, const fe_norm_request *, const fe_norm_minimum *, fe_arena *, fe_norm *out);
#endif
