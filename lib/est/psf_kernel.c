#include "est/psf_kernel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "phys/sky.h"

enum { RADIUS_STEPS = 20, PIXELS_PER_R68 = 12, MAX_FINER = 4 };

static const double MOST_PIXELS = 1e9, MOST_VALUES = 67108864;          /* 0.5 GB */

void fe_kernels_free(fe_kernels *k)
{
    free(k->value);
    free(k->side);
    *k = (fe_kernels){ 0 };
}

size_t fe_kernel_side(double width_deg, double pixel_deg)
{
    double n = fmin(width_deg / pixel_deg, MOST_PIXELS);

    /* a width that was meant to be whole pixels is not one more for its last bit */
    n = fabs(n - round(n)) < 1e-9 * n ? round(n) : ceil(n);
    return 2 * ((size_t)n / 2) + 1;
}

int fe_kernel_check_size(size_t nx, size_t ny, size_t n_e, fe_err *err)
{
    if ((double)nx * (double)ny * (double)n_e <= MOST_VALUES)
        return 0;
    return fe_fail(err, FE_EDATA, NULL, "source and point spread function reach over %zu x %zu pixels of the map, in %zu energies: too wide, or "
                   "its pixels are too small", nx, ny, n_e);
}

fe_geom *fe_kernel_geom(fe_geom *map, double lon_deg, double lat_deg, size_t n, fe_err *err)
{
    fe_geom_keys k = *fe_geom_keys_of(map);
    double x, y;

    fe_geom_to_pixel(map, 1, &lon_deg, &lat_deg, &x, &y);
    if (!isfinite(x) || !isfinite(y)) {
        fe_fail(err, FE_EDATA, NULL, "the place %.6g, %.6g deg has no pixel in the projection of the map", lon_deg, lat_deg);
        return NULL;
    }
    k.nx = k.ny = n;
    k.crpix[0] += 0.5 * (double)(n + 1) - (x + 1);
    k.crpix[1] += 0.5 * (double)(n + 1) - (y + 1);
    return fe_geom_new(&k, NULL, NULL, err);
}

/* ---- radii ----------------------------------------------------------------------------------------------------- */

/* Containment at the edges of the nodes' cells: sum of 2 pi r dr PSF, small angles (algorithms 6.3). */
static double *containment(const fe_irfmap *psf, const double *profile)
{
    const double rad = M_PI / 180;
    double *c = FE_NEWN(double, psf->n_axis + 1);

    for (size_t k = 0; k < psf->n_axis; k++)
        c[k + 1] = c[k] + 2 * M_PI * psf->axis_node[k] * (psf->axis_edge[k + 1] - psf->axis_edge[k]) * rad * rad * profile[k];
    return c;
}

/* Cells of the axis divided in RADIUS_STEPS: the centre of the one that comes nearest to the fraction. */
static double radius_of(const fe_irfmap *psf, const double *c, double fraction)
{
    double best = INFINITY, radius = 0;

    for (size_t k = 0; k < psf->n_axis; k++)
        for (int m = 0; m < RADIUS_STEPS; m++) {
            double at = (m + 0.5) / RADIUS_STEPS, miss = fabs(c[k] + at * (c[k + 1] - c[k]) - fraction);

            if (miss < best) {
                best = miss;
                radius = psf->axis_edge[k] + at * (psf->axis_edge[k + 1] - psf->axis_edge[k]);
            }
        }
    return c[psf->n_axis] > 0 ? radius : 0;
}

double fe_psf_radius(const fe_irfmap *psf, double lon_deg, double lat_deg, double e_TeV, double fraction)
{
    double *profile = FE_NEWN(double, psf->n_axis), *c, radius;

    fe_irfmap_psf(psf, lon_deg, lat_deg, e_TeV, profile);
    c = containment(psf, profile);
    radius = radius_of(psf, c, fraction);
    free(profile);
    free(c);
    return radius;
}

/* ---- planes ---------------------------------------------------------------------------------------------------- */

typedef struct place { size_t node; double part; } place;     /* of a distance among the nodes; part NaN: off the sky */

/* Which nodes a distance lies between, and how far on the way: the same for all energies. */
static place place_of(const fe_irfmap *psf, double r)
{
    const double *x = psf->axis_node;
    size_t lo = 0, hi = psf->n_axis - 1;

    while (hi - lo > 1 && psf->n_axis > 1) {
        size_t mid = (lo + hi) / 2;

        if (x[mid] <= r)
            lo = mid;
        else
            hi = mid;
    }
    return (place){ lo, isnan(r) ? NAN : psf->n_axis > 1 ? (r - x[lo]) / (x[lo + 1] - x[lo]) : 0 };
}

/* Linear between nodes, the outer segments going on; never negative. */
static double at_place(const fe_irfmap *psf, const double *profile, const place *at)
{
    double y = profile[at->node];

    if (psf->n_axis > 1)
        y += (profile[at->node + 1] - profile[at->node]) * at->part;
    return y > 0 && !isnan(at->part) ? y : 0;
}

/* Distances of the finer pixels' centres from the central pixel: [side f][side f]. */
static int fine_distances(fe_geom *map, double lon_deg, double lat_deg, size_t side, size_t f, double **out, fe_err *err)
{
    size_t n = side * f;
    double *x = FE_NEWN(double, n * n), *y = FE_NEWN(double, n * n);
    double *lon = FE_NEWN(double, n * n), *lat = FE_NEWN(double, n * n);
    fe_geom *g = fe_kernel_geom(map, lon_deg, lat_deg, side, err);

    for (size_t i = 0; g && i < n * n; i++) {
        x[i] = ((double)(i % n) + 0.5) / (double)f - 0.5;
        y[i] = ((double)(i / n) + 0.5) / (double)f - 0.5;
    }
    if (g) {
        fe_geom_to_sky(g, n * n, x, y, lon, lat);
        fe_sky_separations(lon_deg, lat_deg, n * n, lon, lat, x);
    }
    free(y);
    free(lon);
    free(lat);
    fe_geom_free(g);
    *out = x;
    return g ? 0 : -1;
}

typedef struct sizes { double r999, r68; size_t f, side; } sizes;

typedef struct grid {               /* the finer pixels of the widest plane of its fineness            */
    size_t side;                    /* 0: no plane is that fine                                         */
    place *at;                      /* [side f][side f] their distances from the central pixel          */
} grid;

/* One plane in a box of its own, added to the middle of the large one; sum 1. */
static void fill_plane(const fe_irfmap *psf, const double *profile, const grid *g, const sizes *s, size_t n, double *plane)
{
    size_t f = s->f, first = (n - s->side) / 2, fine = s->side * f, skip = (g->side - s->side) / 2 * f;
    double sum = 0;

    for (size_t y = 0; y < fine; y++)
        for (size_t x = 0; x < fine; x++) {
            double value = at_place(psf, profile, &g->at[(y + skip) * g->side * f + x + skip]);

            plane[(first + y / f) * n + first + x / f] += value;
            sum += value;
        }
    for (size_t i = 0; i < n * n && sum > 0; i++)
        plane[i] /= sum;
}

static size_t finer(double r68_deg, double pixel_deg)
{
    double f = ceil(PIXELS_PER_R68 * pixel_deg / (2 * r68_deg));

    return f < MAX_FINER ? (size_t)fmax(f, 1) : MAX_FINER;
}

/* Planes of the same fineness share the distances of the widest. */
static int make_grids(const fe_irfmap *psf, fe_geom *map, double lon_deg, double lat_deg, sizes *s, size_t n, grid *g, fe_err *err)
{
    double pixel = fe_geom_pixel_max_deg(map);

    for (size_t i = 0; i < n; i++) {
        if (!(s[i].r999 > 0))
            continue;
        s[i].f = finer(s[i].r68, pixel);
        s[i].side = fe_kernel_side(2 * s[i].r999, pixel);
        g[s[i].f].side = s[i].side > g[s[i].f].side ? s[i].side : g[s[i].f].side;
    }
    for (size_t f = 1; f <= MAX_FINER; f++) {
        size_t n_fine = g[f].side * f * g[f].side * f;
        double *distance;
        int rc;

        if (!g[f].side)
            continue;
        rc = fine_distances(map, lon_deg, lat_deg, g[f].side, f, &distance, err);
        g[f].at = FE_NEWN(place, n_fine);
        for (size_t i = 0; rc == 0 && i < n_fine; i++)
            g[f].at[i] = place_of(psf, distance[i]);
        free(distance);
        if (rc < 0)
            return -1;
    }
    return 0;
}

static int make_planes(const fe_irfmap *psf, fe_geom *map, double lon_deg, double lat_deg, const double *e_TeV,
                       sizes *s, size_t n_filled, fe_kernels *out, fe_err *err)
{
    double *profile = FE_NEWN(double, psf->n_axis);
    grid g[MAX_FINER + 1] = { { 0 } };
    int rc = make_grids(psf, map, lon_deg, lat_deg, s, n_filled, g, err);

    for (size_t i = 0; i < n_filled && rc == 0; i++) {
        out->side[i] = s[i].side;
        if (s[i].side == 0)
            continue;
        fe_irfmap_psf(psf, lon_deg, lat_deg, e_TeV[i], profile);
        fill_plane(psf, profile, &g[s[i].f], &s[i], out->n, out->value + i * out->n * out->n);
    }
    for (size_t f = 1; f <= MAX_FINER; f++)
        free(g[f].at);
    free(profile);
    return rc;
}

int fe_psf_kernels(const fe_irfmap *psf, fe_geom *map, double lon_deg, double lat_deg, size_t n_e, const double *e_TeV,
                   bool as_gammapy, fe_kernels *out, fe_err *err)
{
    size_t n_filled = as_gammapy && psf->n_e < n_e ? psf->n_e : n_e;
    sizes *s = FE_NEWN(sizes, n_e);
    double widest = 0;
    int rc;

    for (size_t i = 0; i < n_filled; i++) {
        /* gammapy takes the radii at the nodes of the PSF, by their number */
        double e = as_gammapy ? psf->e_node_TeV[i] : e_TeV[i];

        s[i].r999 = fe_psf_radius(psf, lon_deg, lat_deg, e, 0.999);
        s[i].r68 = fe_psf_radius(psf, lon_deg, lat_deg, e, 0.68);
        widest = fmax(widest, s[i].r999);
    }
    *out = (fe_kernels){ .n_e = n_e, .n = fe_kernel_side(2 * widest, fe_geom_pixel_max_deg(map)) };
    if (fe_kernel_check_size(out->n, out->n, n_e, err) < 0) {
        free(s);
        return -1;
    }
    out->value = FE_NEWN(double, n_e * out->n * out->n);
    out->side = FE_NEWN(size_t, n_e);
    rc = widest > 0 ? make_planes(psf, map, lon_deg, lat_deg, e_TeV, s, n_filled, out, err)
                    : fe_fail(err, FE_EDATA, NULL, "the point spread function is zero in all energies");
    free(s);
    if (rc < 0)
        fe_kernels_free(out);
    return rc;
}
