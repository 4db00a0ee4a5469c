#include "types/region.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "phys/sky.h"

static const double RAD = M_PI / 180;

void fe_regions_free(fe_regions *list)
{
    for (size_t i = 0; i < list->n; i++) {
        free(list->region[i].lon_deg);
        free(list->region[i].lat_deg);
        free(list->region[i].name);
    }
    free(list->region);
    *list = (fe_regions){ 0 };
}

size_t fe_regions_n_included(const fe_regions *list)
{
    size_t n = 0;

    for (size_t i = 0; i < list->n; i++)
        n += !list->region[i].excluded;
    return n;
}

const fe_region *fe_regions_included(const fe_regions *list, size_t k)
{
    for (size_t i = 0; i < list->n; i++)
        if (!list->region[i].excluded && k-- == 0)
            return &list->region[i];
    return NULL;
}

void fe_region_centre(const fe_region *r, double *ra_deg, double *dec_deg)
{
    double sum[3] = { 0 };

    *ra_deg = r->lon_deg[0];
    *dec_deg = r->lat_deg[0];
    if (r->n > 1) {
        for (size_t i = 0; i < r->n; i++) {
            sum[0] += cos(r->lat_deg[i] * RAD) * cos(r->lon_deg[i] * RAD);
            sum[1] += cos(r->lat_deg[i] * RAD) * sin(r->lon_deg[i] * RAD);
            sum[2] += sin(r->lat_deg[i] * RAD);
        }
        *ra_deg = fmod(atan2(sum[1], sum[0]) / RAD + 360, 360);
        *dec_deg = atan2(sum[2], hypot(sum[0], sum[1])) / RAD;
    }
    if (r->galactic)
        fe_sky_galactic_to_icrs(*ra_deg, *dec_deg, ra_deg, dec_deg);
}

/* ---- pixels inside ----------------------------------------------------------------------------------------------- */

/* Is a place (frame of the region) inside?  A place on the border is not, as in the package regions. */
static bool holds(const fe_region *r, double lon_deg, double lat_deg)
{
    double sine = sin(r->angle_deg * RAD), cosine = cos(r->angle_deg * RAD), sep, east, north, u, v;

    if (r->shape == FE_REGION_CIRCLE || r->shape == FE_REGION_ANNULUS) {
        sep = fe_sky_separation(r->lon_deg[0], r->lat_deg[0], lon_deg, lat_deg);
        return r->shape == FE_REGION_CIRCLE ? sep < r->size_deg[0] : sep >= r->size_deg[0] && sep < r->size_deg[1];
    }
    fe_sky_offsets(r->lon_deg[0], r->lat_deg[0], lon_deg, lat_deg, &east, &north);
    u = north * sine - east * cosine;       /* along the width, which at angle 0 points west, as x does in an image */
    v = north * cosine + east * sine;
    if (r->shape == FE_REGION_BOX)
        return fabs(u) < 0.5 * r->size_deg[0] && fabs(v) < 0.5 * r->size_deg[1];
    u /= r->size_deg[0];
    v /= r->size_deg[1];
    return u * u + v * v < 1;
}

/* From the frame of the map into that of the region. */
static void to_frame(const fe_region *r, const fe_geom *g, double *lon_deg, double *lat_deg)
{
    if (r->galactic && !fe_geom_is_galactic(g))
        fe_sky_icrs_to_galactic(*lon_deg, *lat_deg, lon_deg, lat_deg);
    else if (!r->galactic && fe_geom_is_galactic(g))
        fe_sky_galactic_to_icrs(*lon_deg, *lat_deg, lon_deg, lat_deg);
}

static void mask_shape(const fe_region *r, fe_geom *g, bool *out)
{
    size_t nx = fe_geom_nx(g), ny = fe_geom_ny(g);
    double *x = FE_NEWN(double, nx), *y = FE_NEWN(double, nx), *lon = FE_NEWN(double, nx), *lat = FE_NEWN(double, nx);

    for (size_t j = 0; j < ny; j++) {
        for (size_t i = 0; i < nx; i++) {
            x[i] = (double)i;
            y[i] = (double)j;
        }
        fe_geom_to_sky(g, nx, x, y, lon, lat);
        for (size_t i = 0; i < nx; i++) {
            to_frame(r, g, &lon[i], &lat[i]);
            out[j * nx + i] = !isnan(lon[i]) && holds(r, lon[i], lat[i]);
        }
    }
    free(x);
    free(y);
    free(lon);
    free(lat);
}

/* Pixel coordinates of the corners. -1: one of them has none. */
static int corners(const fe_region *r, fe_geom *g, double *x, double *y)
{
    for (size_t i = 0; i < r->n; i++) {
        double lon = r->lon_deg[i], lat = r->lat_deg[i];

        if (r->galactic != fe_geom_is_galactic(g)) {
            if (r->galactic)
                fe_sky_galactic_to_icrs(lon, lat, &lon, &lat);
            else
                fe_sky_icrs_to_galactic(lon, lat, &lon, &lat);
        }
        fe_geom_to_pixel(g, 1, &lon, &lat, &x[i], &y[i]);
        if (isnan(x[i]))
            return -1;
    }
    return 0;
}

/* A ray to the right crosses an odd number of sides. */
static bool in_polygon(size_t n, const double *x, const double *y, double px, double py)
{
    bool in = false;

    for (size_t i = 0, k = n - 1; i < n; k = i++)
        if ((y[i] > py) != (y[k] > py) && px < x[i] + (x[k] - x[i]) * (py - y[i]) / (y[k] - y[i]))
            in = !in;
    return in;
}

int fe_region_mask(const fe_region *r, fe_geom *g, bool *out, fe_err *err)
{
    size_t nx = fe_geom_nx(g), ny = fe_geom_ny(g);
    bool point = r->shape == FE_REGION_POINT;
    double *x, *y;
    int rc = 0;

    if (!point && r->shape != FE_REGION_POLYGON) {
        mask_shape(r, g, out);
        return 0;
    }
    x = FE_NEWN(double, r->n);
    y = FE_NEWN(double, r->n);
    memset(out, 0, nx * ny * sizeof *out);
    if (corners(r, g, x, y) == 0)
        for (size_t q = 0; q < nx * ny; q++) {
            double px = (double)(q % nx), py = (double)(q / nx);

            out[q] = point ? rint(x[0]) == px && rint(y[0]) == py : in_polygon(r->n, x, y, px, py);
        }
    else if (!point)
        rc = fe_fail(err, FE_EDATA, NULL, "polygon with a corner that the projection of the map does not show");
    free(x);
    free(y);
    return rc;
}

int fe_regions_mask(const fe_regions *list, fe_geom *g, bool *out, fe_err *err)
{
    size_t n = fe_geom_nx(g) * fe_geom_ny(g), n_included = 0;
    bool *one = FE_NEWN(bool, n);
    int rc = 0;

    for (size_t k = 0; k < list->n; k++)
        n_included += !list->region[k].excluded;
    for (size_t q = 0; q < n; q++)
        out[q] = n_included == 0;
    /* the excluded ones last: the order of a file does not count */
    for (size_t k = 0; rc == 0 && k < 2 * list->n; k++) {
        const fe_region *r = &list->region[k % list->n];

        if (r->excluded != (k >= list->n))
            continue;
        rc = fe_region_mask(r, g, one, err);
        for (size_t q = 0; rc == 0 && q < n; q++)
            out[q] = r->excluded ? out[q] && !one[q] : out[q] || one[q];
    }
    free(one);
    return rc;
}
