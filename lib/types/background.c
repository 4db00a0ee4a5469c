#include "types/background.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

static const double SAME_EDGE = 1e-5;           /* relative: edges in single precision */
static const double SAME_PIXEL = 1e-4;          /* of a pixel */

/* The centre of a bin as in FoVBackgroundModel.evaluate_geom and TemplateNPredModel.energy_center of gammapy. */
static double factor_of(const fe_model *m, const double *edge_TeV)
{
    return fe_spectrum_dnde(m->spectrum, sqrt(edge_TeV[0] * edge_TeV[1]));
}

static void scale(const fe_model *m, fe_dataset *d)
{
    size_t n = d->ny * d->nx;

    for (size_t j = 0; j < d->n_e; j++) {
        double factor = factor_of(m, d->e_edge_TeV + j);

        for (size_t q = 0; q < n; q++)
            d->background[j * n + q] *= factor;
    }
}

/* ---- cubes ------------------------------------------------------------------------------------------------------- */

static int complain(const fe_model *m, const fe_dataset *d, const char *what, fe_err *err)
{
    return fe_fail(err, FE_EDATA, &(fe_where){ d->info.file, NULL, 0 }, "background '%s' (%s) %s", m->name, m->map->file, what);
}

/* Bin of the dataset that holds a bin of the cube: -1 none, it lies outside; -2: an edge cuts it. */
static long bin_of(const fe_dataset *d, const double *edge_TeV)
{
    double lo = edge_TeV[0] * (1 + SAME_EDGE), hi = edge_TeV[1] * (1 - SAME_EDGE);

    if (hi <= d->e_edge_TeV[0] || lo >= d->e_edge_TeV[d->n_e])
        return -1;
    for (size_t j = 0; j < d->n_e; j++)
        if (lo >= d->e_edge_TeV[j] && hi <= d->e_edge_TeV[j + 1])
            return (long)j;
    return -2;
}

/* Pixel (0, 0) of the cube in the dataset, whose pixels are its own, cut or wider. */
static bool find_shift(const fe_dataset *d, const fe_skymap *cube, long *x0, long *y0)
{
    double x = 0, y = 0, lon, lat;
    fe_geom *same;
    bool equal;

    fe_geom_to_sky(cube->geom, 1, &x, &y, &lon, &lat);
    fe_geom_to_pixel(d->geom, 1, &lon, &lat, &x, &y);
    if (!(fabs(x - round(x)) < SAME_PIXEL && fabs(y - round(y)) < SAME_PIXEL))
        return false;
    *x0 = lround(x);
    *y0 = lround(y);
    same = fe_geom_cutout(d->geom, *x0, *y0, fe_geom_nx(cube->geom), fe_geom_ny(cube->geom));
    equal = same && fe_geom_equal(same, cube->geom);
    fe_geom_free(same);
    return equal;
}

/* to[ny][nx] of the dataset += factor * plane of the cube, where they overlap. */
static void add_plane(const fe_dataset *d, const fe_skymap *cube, size_t plane, double factor, long x0, long y0, double *to)
{
    size_t nx = fe_geom_nx(cube->geom), ny = fe_geom_ny(cube->geom);
    const double *from = cube->value + plane * nx * ny;

    for (size_t i = 0; i < nx * ny; i++) {
        long x = x0 + (long)(i % nx), y = y0 + (long)(i / nx);

        if (x >= 0 && y >= 0 && x < (long)d->nx && y < (long)d->ny)
            to[(size_t)y * d->nx + (size_t)x] += factor * from[i];
    }
}

static int add_cube(const fe_model *m, fe_dataset *d, fe_err *err)
{
    long x0, y0;

    if (!d->geom)
        return complain(m, d, "is a map, and the dataset a spectrum", err);
    if (d->n_off)
        return complain(m, d, "has no place in a dataset with OFF counts", err);
    if (fe_skymap_need(m->map, err) < 0)
        return -1;
    if (!find_shift(d, m->map, &x0, &y0))
        return complain(m, d, "has other pixels than the dataset", err);
    for (size_t k = 0; k < m->map->n_e; k++)
        if (bin_of(d, m->map->e_edge_TeV + k) == -2)
            return complain(m, d, "has bins of energy that edges of the dataset cut", err);
    if (!d->background)
        d->background = FE_NEWN(double, fe_dataset_n_bins(d));
    for (size_t k = 0; k < m->map->n_e; k++) {
        const double *edge = m->map->e_edge_TeV + k;
        long j = bin_of(d, edge);

        if (j >= 0)
            add_plane(d, m->map, k, factor_of(m, edge), x0, y0, d->background + (size_t)j * d->ny * d->nx);
    }
    return 0;
}

int fe_background_apply(const fe_models *models, bool only_fixed, fe_dataset *d, fe_err *err)
{
    for (size_t i = 0; models && d->background && i < models->n_background; i++) {
        const fe_model *m = &models->background[i];

        if (!m->map && fe_model_applies(m, d->info.name) && !(only_fixed && fe_model_is_free(m)))
            scale(m, d);
    }
    for (size_t i = 0; models && i < models->n_background; i++) {
        const fe_model *m = &models->background[i];

        if (m->map && fe_model_applies(m, d->info.name) && add_cube(m, d, err) < 0)
            return -1;
    }
    return 0;
}
