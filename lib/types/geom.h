/* geom.h -- where the pixels of a map are on the sky: the only user of WCSLIB.
 *
 * Pixels are numbered from 0, x along FITS axis 1 (longitude), y along axis 2; the centre of a pixel has whole numbers.  Sky
 * positions are degrees in the frame of the map (galactic or equatorial); fe_geom_of_icrs brings an ICRS position into it.
 * Source: Calabretta & Greisen 2002, A&A 395, 1077; every projection of WCSLIB.  A geom never changes once made and may be
 * shared; for threads each takes a copy (WCSLIB keeps work space in its struct).
 */
#ifndef FE_TYPES_GEOM_H
#define FE_TYPES_GEOM_H
#include <stdbool.h>
#include <stddef.h>
#include "base/err.h"

typedef struct fe_geom fe_geom;

enum { FE_GEOM_MAX_PV = 16 };

typedef struct fe_geom_keys {       /* the two-dimensional celestial WCS of a header, as FITS says it   */
    size_t nx, ny;
    char ctype[2][16];              /* "GLON-CAR", "RA---TAN" ...                                       */
    char radesys[16];               /* "" = none                                                        */
    double equinox;                 /* NaN = none                                                       */
    double crpix[2];                /* from 1, as in FITS                                               */
    double crval_deg[2], cdelt_deg[2];
    double pc[2][2];                /* identity where the header has none; CD is PC with CDELT 1        */
    double lonpole_deg, latpole_deg;        /* NaN = default                                            */
    size_t n_pv;
    struct { int i, m; double value; } pv[FE_GEOM_MAX_PV];
} fe_geom_keys;

/* NULL: WCSLIB refuses it, no celestial pair, or HEALPix, which is named.  `file` (may be NULL) and `hdu` for the message. */
fe_geom *fe_geom_new(const fe_geom_keys *, const char *file, const char *hdu, fe_err *err);
fe_geom *fe_geom_share(fe_geom *);                  /* one more owner                                   */
fe_geom *fe_geom_copy(const fe_geom *);             /* with work space of its own, for another thread   */
void fe_geom_free(fe_geom *);                       /* one owner less                                   */
const fe_geom_keys *fe_geom_keys_of(const fe_geom *);
size_t fe_geom_nx(const fe_geom *), fe_geom_ny(const fe_geom *);
bool fe_geom_is_galactic(const fe_geom *);

/* Same projection, reference and pixels? (1e-9 of a pixel) */
bool fe_geom_equal(const fe_geom *, const fe_geom *);
/* Are the pixels of b those of the same grid (1e-6 of a pixel)?  Its pixel (0, 0) is (x0, y0) of a then. */
bool fe_geom_shift(const fe_geom *a, const fe_geom *b, long *x0, long *y0);
/* nx x ny pixels of the same grid, the first of them (x0, y0) of the old one; may reach beyond it (padding). */
fe_geom *fe_geom_cutout(const fe_geom *, long x0, long y0, size_t nx, size_t ny);

/* n points; NaN where there is no such place on the sky, or it has no pixel.  Works for any n at once: WCSLIB is quicker so. */
void fe_geom_to_sky(fe_geom *, size_t n, const double *x, const double *y, double *lon_deg, double *lat_deg);
void fe_geom_to_pixel(fe_geom *, size_t n, const double *lon_deg, const double *lat_deg, double *x, double *y);
/* Pixel (x, y) of one map in the pixels of another, also where one is galactic and the other is not; NaN: not there. */
void fe_geom_across(fe_geom *from, double x, double y, fe_geom *to, double *u, double *v);
void fe_geom_centre(fe_geom *, double *lon_deg, double *lat_deg);      /* of the map: pixel ((nx-1)/2, (ny-1)/2) */

/* Between the frame of the map and ICRS. */
void fe_geom_of_icrs(const fe_geom *, double ra_deg, double dec_deg, double *lon_deg, double *lat_deg);
void fe_geom_to_icrs(const fe_geom *, double lon_deg, double lat_deg, double *ra_deg, double *dec_deg);

double fe_geom_pixel_deg(const fe_geom *);          /* mean |CDELT|                                     */
double fe_geom_pixel_max_deg(const fe_geom *);      /* larger of the two, at the centre of the map      */
/* [ny][nx] sr, from the four corners of each pixel as a spherical polygon; NaN off the sky. */
void fe_geom_solid_angle(fe_geom *, double *out_sr);
/* [ny][nx] great-circle distance of the pixel centres from a place, deg. */
void fe_geom_separation(fe_geom *, double lon_deg, double lat_deg, double *out_deg);
#endif
