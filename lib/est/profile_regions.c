#include "est/profile_regions.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "base/str.h"
#include "phys/sky.h"
#include "phys/units.h"

enum { MOST_REGIONS = 10000 };

void fe_profile_axis_free(fe_profile_axis *a)
{
    free(a->min_deg);
    free(a->max_deg);
    free(a->ref_deg);
    *a = (fe_profile_axis){ 0 };
}

static fe_region *add_region(fe_regions *out, fe_region_shape shape, double lon, double lat)
{
    fe_region *r;

    FE_GROW(out->region, out->n, out->cap);
    r = &out->region[out->n++];
    *r = (fe_region){ .shape = shape, .n = 1, .lon_deg = FE_NEW(double), .lat_deg = FE_NEW(double), .name = fe_strdup("") };
    r->lon_deg[0] = lon;
    r->lat_deg[0] = lat;
    return r;
}

static int parse_number(const char *option, const char *text, long *n, fe_err *err)
{
    if (fe_num_parse_long(text, n) < 0 || *n < 2 || *n > MOST_REGIONS)
        return fe_fail(err, FE_EUSAGE, NULL, "%s: '%s' regions, expected 2 to %d", option, text, MOST_REGIONS);
    return 0;
}

/* A place in the frame of the map. */
static int parse_place(const char *text, const fe_geom *map, double *lon, double *lat, fe_err *err)
{
    if (fe_sky_parse(text, lon, lat, err) < 0)
        return -1;
    fe_geom_of_icrs(map, *lon, *lat, lon, lat);
    return 0;
}

/* Boxes between two places of the map, their names their numbers. */
static void put_boxes(fe_geom *map, const double lon[2], const double lat[2], long n, double height_deg, fe_regions *out)
{
    double x[2], y[2], length = fe_sky_separation(lon[0], lat[0], lon[1], lat[1]);
    double angle = fe_sky_position_angle(lon[0], lat[0], lon[1], lat[1]) - 90;

    fe_geom_to_pixel(map, 2, lon, lat, x, y);
    for (long k = 0; k < n; k++) {
        double part = ((double)k + 0.5) / (double)n, px = x[0] + part * (x[1] - x[0]), py = y[0] + part * (y[1] - y[0]), l, b;
        fe_region *r;

        fe_geom_to_sky(map, 1, &px, &py, &l, &b);
        r = add_region(out, FE_REGION_BOX, l, b);
        r->galactic = fe_geom_is_galactic(map);
        r->size_deg[0] = length / (double)n;
        r->size_deg[1] = height_deg;
        r->angle_deg = angle;
    }
}

int fe_profile_boxes(const char *text, fe_geom *map, fe_regions *out, fe_err *err)
{
    fe_strv part = { 0 };
    double lon[2], lat[2], height = 0;
    long n = 0;
    int rc = 0;

    *out = (fe_regions){ 0 };
    fe_strv_split(&part, text, "/");
    if (part.n != 4)
        rc = fe_fail(err, FE_EUSAGE, NULL, "--boxes: '%s', expected FROM/TO/N/HEIGHT, as in gal:3,0/gal:-3,0/12/0.4deg", text);
    for (int k = 0; k < 2 && rc == 0; k++)
        rc = parse_place(part.s[k], map, &lon[k], &lat[k], err);
    if (rc == 0)
        rc = parse_number("--boxes", part.s[2], &n, err);
    if (rc == 0)
        rc = fe_quantity_parse(part.s[3], "deg", &height, err);
    if (rc == 0 && (!(height > 0) || !(fe_sky_separation(lon[0], lat[0], lon[1], lat[1]) > 0)))
        rc = fe_fail(err, FE_EUSAGE, NULL, "--boxes: '%s', expected two places apart and a height above 0", text);
    if (rc == 0)
        put_boxes(map, lon, lat, n, height, out);
    fe_strv_free(&part);
    return rc;
}

/* The unit of the second holds for the first where that has none. */
static int parse_radii(const char *inner, const char *outer, double r[2], fe_err *err)
{
    const char *unit = outer + strspn(outer, "0123456789.eE+- ");
    fe_str first = { 0 };
    double number;
    int rc;

    fe_str_addf(&first, "%s%s", inner, fe_num_parse(inner, &number) == 0 ? unit : "");
    rc = fe_quantity_parse(first.s, "deg", &r[0], err);
    fe_str_free(&first);
    return rc < 0 ? rc : fe_quantity_parse(outer, "deg", &r[1], err);
}

int fe_profile_annuli(const char *text, fe_regions *out, fe_err *err)
{
    fe_strv part = { 0 }, radius = { 0 };
    double ra = 0, dec = 0, r[2] = { 0, 0 };
    long n = 0;
    int rc = 0;

    *out = (fe_regions){ 0 };
    fe_strv_split(&part, text, "/");
    fe_strv_split(&radius, part.n == 2 ? part.s[1] : "", ":");
    if (part.n != 2 || radius.n != 3)
        rc = fe_fail(err, FE_EUSAGE, NULL, "--annuli: '%s', expected POS/RMIN:RMAX:N, as in 83.63,22.01/0:1deg:10", text);
    if (rc == 0)
        rc = fe_sky_parse(part.s[0], &ra, &dec, err);
    if (rc == 0)
        rc = parse_radii(radius.s[0], radius.s[1], r, err);
    if (rc == 0)
        rc = parse_number("--annuli", radius.s[2], &n, err);
    if (rc == 0 && !(r[0] >= 0 && r[1] > r[0]))
        rc = fe_fail(err, FE_EUSAGE, NULL, "--annuli: '%s', expected radii that grow", text);
    for (long k = 0; k < n && rc == 0; k++) {
        double inner = r[0] + (r[1] - r[0]) * (double)k / (double)n, outer = r[0] + (r[1] - r[0]) * (double)(k + 1) / (double)n;
        fe_region *region = add_region(out, inner > 0 ? FE_REGION_ANNULUS : FE_REGION_CIRCLE, ra, dec);

        region->size_deg[0] = inner > 0 ? inner : outer;
        region->size_deg[1] = outer;
    }
    fe_strv_free(&part);
    fe_strv_free(&radius);
    return rc;
}

/* Rings around one place. */
static bool are_annuli(const fe_regions *list, size_t n)
{
    const fe_region *first = fe_regions_included(list, 0);
    bool any = false;

    for (size_t k = 0; k < n; k++) {
        const fe_region *r = fe_regions_included(list, k);

        if ((r->shape != FE_REGION_ANNULUS && !(r->shape == FE_REGION_CIRCLE && k == 0)) || r->lon_deg[0] != first->lon_deg[0] ||
            r->lat_deg[0] != first->lat_deg[0])
            return false;
        any |= r->shape == FE_REGION_ANNULUS;
    }
    return any;
}

void fe_profile_axis_of(const fe_regions *list, fe_profile_axis *out)
{
    size_t n = fe_regions_n_included(list);
    bool rings = are_annuli(list, n);
    double ra0, dec0;

    *out = (fe_profile_axis){ n, FE_NEWN(double, n), FE_NEWN(double, n), FE_NEWN(double, n) };
    if (n == 0)
        return;
    fe_region_centre(fe_regions_included(list, 0), &ra0, &dec0);
    for (size_t k = 0; k < n; k++) {
        const fe_region *r = fe_regions_included(list, k);
        bool ring = r->shape == FE_REGION_ANNULUS;
        double ra, dec;

        fe_region_centre(r, &ra, &dec);
        out->min_deg[k] = ring ? r->size_deg[0] : 0;
        out->max_deg[k] = ring ? r->size_deg[1] : r->size_deg[0];
        out->ref_deg[k] = rings ? 0.5 * (out->min_deg[k] + out->max_deg[k]) : fe_sky_separation(ra0, dec0, ra, dec);
    }
    for (size_t k = 0; k < n && !rings; k++) {
        double before = k ? out->ref_deg[k] - out->ref_deg[k - 1] : n > 1 ? out->ref_deg[1] - out->ref_deg[0] : 0;
        double behind = k + 1 < n ? out->ref_deg[k + 1] - out->ref_deg[k] : before;

        out->min_deg[k] = out->ref_deg[k] - 0.5 * before;
        out->max_deg[k] = out->ref_deg[k] + 0.5 * behind;
    }
}
