/* profile_regions.h -- the regions of a profile: boxes along a line, annuli around a place, or those of a file; and where they lie on its axis. */
#ifndef FE_EST_PROFILE_REGIONS_H
#define FE_EST_PROFILE_REGIONS_H
#include "types/geom.h"
#include "types/region.h"

typedef struct fe_profile_axis {    /* [n] deg                                                          */
    size_t n;
    double *min_deg, *max_deg, *ref_deg;
} fe_profile_axis;

/*
 * "FROM/TO/N/HEIGHT": N boxes from one place to another, their centres at equal steps in the pixels of the map, as wide as their part of
 * the way (algorithms 13).  -1 (FE_EUSAGE).
 */
int fe_profile_boxes(const char *text, fe_geom *map, fe_regions *out, fe_err *err) FE_RESULT;
/* "POS/RMIN:RMAX:N": N annuli of the same width; the first is a circle where RMIN is 0. */
int fe_profile_annuli(const char *text, fe_regions *out, fe_err *err) FE_RESULT;
/*
 * Of annuli (one centre) the radii; else the distance of the centres from the first one, edges half way between neighbours, as in gammapy's
 * projected-distance.
 */
void fe_profile_axis_of(const fe_regions *, fe_profile_axis *out);
void fe_profile_axis_free(fe_profile_axis *);
#endif
