/* region.h -- shapes on the sky, as users type them and as DS9 region files hold them, and the pixels inside.
 *
 *     circle:POS,R  annulus:POS,RIN,ROUT  box:POS,W,H[,ANGLE]  ellipse:POS,A,B[,ANGLE]  polygon:POS,POS,POS...  point:POS
 *     icrs; circle(83.63, 22.01, 12') # text={Crab}        DS9: fk5, icrs, galactic; degrees, ', ", sexagesimal; "-" excludes
 *
 * Circles are great circles.  W runs along the longitude of the region's frame, H along its latitude, measured in the frame turned
 * to the centre (phys/sky.h, fe_sky_offsets); ANGLE turns both from north to east; A lies along W.  Sides of a polygon are
 * straight in the map, as in DS9 and the Python package regions.
 */
#ifndef FE_TYPES_REGION_H
#define FE_TYPES_REGION_H
#include <stdbool.h>
#include <stddef.h>
#include "types/geom.h"

typedef enum fe_region_shape {
    FE_REGION_CIRCLE, FE_REGION_ANNULUS, FE_REGION_BOX, FE_REGION_ELLIPSE, FE_REGION_POLYGON, FE_REGION_POINT
} fe_region_shape;

typedef struct fe_region {
    fe_region_shape shape;
    bool excluded;                  /* "-" before it                                                    */
    bool galactic;                  /* frame of the places and of the angle; else ICRS                  */
    size_t n;                       /* 1; corners of a polygon                                          */
    double *lon_deg, *lat_deg;      /* [n] centre, or corners                                           */
    double size_deg[2];             /* radius | inner, outer radius | full width, height | half axes    */
    double angle_deg;
    char *name;                     /* DS9 text={...}; "" = none                                        */
} fe_region;

typedef struct fe_regions {         /* start with {0} */
    fe_region *region;
    size_t n, cap;
} fe_regions;

/* Shapes of a text, split by ends of lines and semicolons.  file: for messages; NULL: the text was typed (then FE_EUSAGE). */
int fe_regions_parse(const char *text, const char *file, fe_regions *out, fe_err *err) FE_RESULT;
void fe_regions_free(fe_regions *);

/* Shapes that are not excluded: how many, and the k-th of them. */
size_t fe_regions_n_included(const fe_regions *);
const fe_region *fe_regions_included(const fe_regions *, size_t k);

/* ICRS; of a polygon the mean direction of its corners. */
void fe_region_centre(const fe_region *, double *ra_deg, double *dec_deg);
/* out[ny][nx]: is the centre of the pixel inside?  A point: the pixel it falls into.  -1: a corner has no place on the map. */
int fe_region_mask(const fe_region *, fe_geom *, bool *out, fe_err *err) FE_RESULT;
/* In any of the shapes and in none of the excluded ones; all shapes excluded: everything but these. */
int fe_regions_mask(const fe_regions *, fe_geom *, bool *out, fe_err *err) FE_RESULT;
#endif
