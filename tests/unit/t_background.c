/* Backgrounds that are cubes of counts: pixels and bins of the dataset, cut, wider and finer, factors, order, what is refused. */
#include "base/mem.h"
#include "map_set.h"
#include "types/background.h"

static fe_err err;

static int never(fe_skymap *m, fe_err *e)
{
    return fe_fail(e, FE_EDATA, &(fe_where){ m->file, NULL, 0 }, "read");
}

/* Value x + 100 y + 10000 k on pixels of the dataset from (x0, y0), bins between n + 1 edges. */
static fe_skymap *cube_of(const fe_dataset *d, long x0, long y0, size_t nx, size_t ny, size_t n, const double *edge)
{
    fe_skymap *m = fe_skymap_later("cube.fits", false, never);
    fe_geom *g = fe_geom_cutout(d->geom, x0, y0, nx, ny);

    fe_skymap_fill(m, g, n);
    fe_geom_free(g);
    m->e_edge_TeV = FE_NEWN(double, n + 1);
    memcpy(m->e_edge_TeV, edge, (n + 1) * sizeof *edge);
    for (size_t i = 0; i < n * nx * ny; i++)
        m->value[i] = (double)(i % nx + 100 * (i / nx % ny) + 10000 * (i / (nx * ny)));
    return m;
}

static fe_models *models_of(fe_skymap *cube, double norm, double tilt)
{
    fe_models *models = fe_models_new();
    fe_spectrum *s = fe_spectrum_new("pl-norm");

    fe_spectrum_par(s, "norm")->value = norm;
    fe_spectrum_par(s, "tilt")->value = tilt;
    fe_models_add_background(models, "cube", s)->map = cube;
    return models;
}

static double at(const fe_dataset *d, size_t j, size_t y, size_t x)
{
    return d->background[(j * NY + y) * NX + x];
}

/* The dataset has bins 1, 4, 7 TeV and a background of 0.5. */
static void same_pixels(void)
{
    fe_dataset *d = map_set();
    fe_models *m = models_of(cube_of(d, 0, 0, NX, NY, N_E, d->e_edge_TeV), 2, 1);

    CHECK_MSG(fe_background_apply(m, false, d, &err) == 0, err.text);
    NEAR(at(d, 0, 3, 5), 0.5 + 305 * 2 / sqrt(4), 1e-14);
    NEAR(at(d, 1, 16, 20), 0.5 + 11620 * 2 / sqrt(28), 1e-14);
    fe_models_free(m);
    fe_dataset_free(d);
}

/* FoVBackgroundModel is for what the dataset holds itself, whatever their order. */
static void with_factor(void)
{
    fe_dataset *d = map_set();
    fe_models *m = models_of(cube_of(d, 0, 0, NX, NY, N_E, d->e_edge_TeV), 1, 0);
    fe_spectrum *s = fe_spectrum_new("pl-norm");

    fe_spectrum_par(s, "norm")->value = 3;
    fe_models_add_background(m, "fov", s);
    fe_strv_add(&m->background[0].datasets, "one");
    d->info.name = fe_strdup("two");
    CHECK(fe_background_apply(m, false, d, &err) == 0);
    NEAR(at(d, 0, 3, 5), 1.5, 1e-14);
    d->info.name[0] = 0;
    strcpy(d->info.name, "one");
    CHECK(fe_background_apply(m, false, d, &err) == 0);
    NEAR(at(d, 0, 3, 5), 4.5 + 305, 1e-14);
    fe_models_free(m);
    fe_dataset_free(d);
}

/* A part of the pixels; more of them, and bins that are parts of a channel or lie outside. */
static void other_sizes(void)
{
    static const double finer[] = { 0.5, 1, 2, 4.00001, 7, 9 };
    fe_dataset *d = map_set();
    fe_models *m = models_of(cube_of(d, 4, 2, 5, 5, N_E, d->e_edge_TeV), 1, 0);

    CHECK_MSG(fe_background_apply(m, false, d, &err) == 0, err.text);
    NEAR(at(d, 1, 2, 4), 10000.5, 1e-14);
    NEAR(at(d, 0, 6, 8), 404.5, 1e-14);
    NEAR(at(d, 0, 6, 9), 0.5, 0);
    NEAR(at(d, 0, 1, 4), 0.5, 0);
    fe_models_free(m);
    fe_dataset_free(d);
    d = map_set();
    free(d->background);
    d->background = NULL;
    m = models_of(cube_of(d, -3, -2, NX + 9, NY + 9, 5, finer), 1, 0);
    CHECK_MSG(fe_background_apply(m, false, d, &err) == 0, err.text);
    NEAR(at(d, 0, 0, 0), 203 + 10000 + 203 + 20000, 1e-14);
    NEAR(at(d, 1, 16, 20), 1823 + 30000, 1e-14);
    fe_models_free(m);
    fe_dataset_free(d);
}

static void refused(fe_dataset *d, fe_skymap *cube, const char *message)
{
    fe_models *m = models_of(cube, 1, 0);

    CHECK(fe_background_apply(m, false, d, &err) < 0 && err.code == FE_EDATA);
    CHECK_MSG(strstr(err.text, message), err.text);
    fe_models_free(m);
}

static void refuses(void)
{
    static const double cuts[] = { 1, 3, 7 };
    fe_dataset *d = map_set();
    fe_geom_keys k = *fe_geom_keys_of(d->geom);
    fe_skymap *other = fe_skymap_later("other.fits", false, never);
    fe_geom *g;

    d->info.file = fe_strdup("d.fits");
    refused(d, cube_of(d, 0, 0, NX, NY, 2, cuts), "d.fits: background 'cube' (cube.fits) has bins of energy that edges of the dataset cut");
    k.crpix[0] += 0.3;
    g = fe_geom_new(&k, NULL, NULL, NULL);
    fe_skymap_fill(other, g, 1);
    fe_geom_free(g);
    refused(d, other, "background 'cube' (other.fits) has other pixels than the dataset");
    refused(d, fe_skymap_later("none.fits", false, never), "none.fits: read");
    d->n_off = FE_NEWN(double, N_E * N_PIXELS);
    refused(d, fe_skymap_later("none.fits", false, never), "has no place in a dataset with OFF counts");
    fe_geom_free(d->geom);
    d->geom = NULL;
    refused(d, fe_skymap_later("none.fits", false, never), "is a map, and the dataset a spectrum");
    fe_dataset_free(d);
}

int main(void)
{
    same_pixels();
    with_factor();
    other_sizes();
    refuses();
    return check_done();
}
