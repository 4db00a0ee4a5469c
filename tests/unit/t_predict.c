/* What sources predict in maps: sums against the fold of a spectrum, places, PSF, borders, templates, kernels. */
#include "base/arena.h"
#include "est/fold.h"
#include "est/predict.h"
#include "map_set.h"
#include "types/skymap.h"

static fe_err err;

static fe_model model_of(const char *spatial, double lon, double lat)
{
    fe_model m = { .name = NULL, .spectrum = fe_spectrum_parse("pl:index=2.2,amplitude=1e-11 cm-2 s-1 TeV-1", NULL) };

    m.spatial = fe_spatial_parse(spatial, NULL);
    if (fe_spatial_par(m.spatial, "lon_0")) {
        fe_spatial_par(m.spatial, "lon_0")->value = lon;
        fe_spatial_par(m.spatial, "lat_0")->value = lat;
    }
    return m;
}

static void clear(fe_model *m)
{
    fe_spectrum_free(m->spectrum);
    fe_spatial_free(m->spatial);
    fe_skymap_free(m->map);
}

/* Counts of each channel of a source whose flux is all on the map: those of a spectrum of the same exposure. */
static void want_sums(const fe_dataset *d, const fe_model *m, double want[N_E])
{
    double flux[N_TRUE];

    fe_fold_flux(d, m->spectrum, false, flux);
    for (size_t j = 0; j < N_E; j++) {
        want[j] = 0;
        for (size_t i = 0; i < N_TRUE; i++)
            want[j] += flux[i] * d->exposure_cm2_s[i * N_PIXELS] * d->edisp->value[i * N_E + j];
    }
}

static double sum_of(const fe_patch *p, size_t j)
{
    double sum = 0;

    for (size_t q = 0; q < p->nx * p->ny; q++)
        sum += p->npred[j * p->nx * p->ny + q];
    return sum;
}

static void sums(const char *spatial, double sigma_deg, double share, double rtol)
{
    fe_dataset *d = map_set();
    fe_model m = model_of(spatial, 83.02, 22.03);
    fe_patch p;
    double want[N_E];

    d->psf = sigma_deg > 0 ? map_psf(sigma_deg) : NULL;
    want_sums(d, &m, want);
    CHECK_MSG(fe_predict_source(d, &m, false, &p, &err) == 0, err.text);
    for (size_t j = 0; j < N_E; j++)
        NEAR(sum_of(&p, j), share * want[j], rtol);
    fe_patch_free(&p);
    clear(&m);
    fe_dataset_free(d);
}

/* A point between four pixels: bilinear weights. */
static void point_weights(void)
{
    fe_dataset *d = map_set();
    double x = 9.25, y = 8.5, lon, lat, *map = calloc(N_E * N_PIXELS, sizeof *map), want[N_E];
    fe_patch p;
    fe_model m;

    fe_geom_to_sky(d->geom, 1, &x, &y, &lon, &lat);
    m = model_of("point", lon, lat);
    want_sums(d, &m, want);
    CHECK(fe_predict_source(d, &m, false, &p, &err) == 0);
    fe_patch_add(&p, 2, NY, NX, map);
    NEAR(map[8 * NX + 9], 2 * want[0] * 0.75 * 0.5, 1e-6);
    NEAR(map[8 * NX + 10], 2 * want[0] * 0.25 * 0.5, 1e-6);
    NEAR(map[N_PIXELS + 9 * NX + 9], 2 * want[1] * 0.75 * 0.5, 1e-6);
    NEAR_ABS(map[10 * NX + 9], 0, 0);
    fe_patch_free(&p);
    clear(&m);
    free(map);
    fe_dataset_free(d);
}

/* On the border half of a symmetric source is on the map; far away nothing is. */
static void borders(void)
{
    fe_dataset *d = map_set();
    double x = -0.5, y = 8, lon, lat, want[N_E];
    fe_patch p;
    fe_model m;

    fe_geom_to_sky(d->geom, 1, &x, &y, &lon, &lat);
    m = model_of("gauss:0.15deg", lon, lat);
    want_sums(d, &m, want);
    CHECK(fe_predict_source(d, &m, false, &p, &err) == 0);
    NEAR(sum_of(&p, 0), want[0] / 2, 2e-3);
    fe_patch_free(&p);
    fe_spatial_par(m.spatial, "lat_0")->value = -60;
    CHECK(fe_predict_source(d, &m, false, &p, &err) == 0 && p.nx == 0 && !p.npred);
    fe_patch_free(&p);
    clear(&m);
    m = model_of("point", 0, 0);
    fe_spatial_free(m.spatial);
    m.spatial = NULL;
    CHECK(fe_predict_source(d, &m, false, &p, &err) < 0 && err.code == FE_EUSAGE);
    clear(&m);
    fe_dataset_free(d);
}

/* A flat template of 1 sr-1: the solid angle of each pixel. */
static void template(void)
{
    fe_dataset *d = map_set();
    fe_model m = model_of("point", 83, 22);
    fe_geom *wide = fe_geom_cutout(d->geom, -5, -5, NX + 10, NY + 10);
    double want[N_E], sr[N_PIXELS];
    fe_patch p;

    fe_spatial_free(m.spatial);
    m.spatial = fe_spatial_new("template");
    m.map = fe_skymap_new(wide, 1);
    for (size_t q = 0; q < (NX + 10) * (NY + 10); q++)
        m.map->value[q] = 1;
    fe_geom_solid_angle(d->geom, sr);
    want_sums(d, &m, want);
    CHECK_MSG(fe_predict_source(d, &m, false, &p, &err) == 0, err.text);
    CHECK(p.nx == NX && p.ny == NY);
    NEAR(p.npred[5 * NX + 7], want[0] * sr[5 * NX + 7], 1e-12);
    fe_skymap_normalize(m.map);
    NEAR(fe_skymap_integral(m.map, 0), 1, 1e-12);
    fe_patch_free(&p);
    fe_geom_free(wide);
    clear(&m);
    fe_dataset_free(d);
}

static void flat(void)
{
    fe_dataset *d = map_set();
    fe_model m = model_of("point", 83, 22);
    double want[N_E], *x = malloc(N_E * N_PIXELS * sizeof *x);

    want_sums(d, &m, want);
    fe_predict_flat(d, m.spectrum, false, 0, N_E, x);
    NEAR(x[0], want[0], 1e-14);
    NEAR(x[2 * N_PIXELS - 1], want[1], 1e-14);
    fe_predict_flat(d, m.spectrum, false, 1, 2, x);
    NEAR(x[0], want[1], 1e-14);
    clear(&m);
    free(x);
    fe_dataset_free(d);
}

/* Kernels: sum 1 in each channel, symmetric, as wide as asked; variances of PSF and source add up. */
static void kernels(void)
{
    fe_dataset *d = map_set();
    fe_model m = model_of("gauss:0.2deg", 0, 0);
    fe_kernels k;
    double sum = 0, var = 0;

    d->psf = map_psf(0.15);
    CHECK_MSG(fe_predict_kernels(d, &(fe_kernel_request){ &m, 0, N_E, 4.05, false, false, false }, &k, &err) == 0, err.text);
    CHECK(k.n == 41 && k.n_e == N_E);
    for (size_t i = 0; i < k.n * k.n; i++) {
        double x = (double)(i % k.n) - 20;

        sum += k.value[i];
        var += k.value[i] * x * x * 0.01;
        NEAR(k.value[i], k.value[k.n * k.n - 1 - i], 1e-6);
    }
    NEAR(sum, 1, 1e-12);
    NEAR(var, 0.2 * 0.2 + 0.15 * 0.15 + 2 * 0.1 * 0.1 / 12, 0.01);        /* and those of the pixels of both */
    fe_kernels_free(&k);
    CHECK(fe_kernel_side(1, 0.05) == 21 && fe_kernel_side(0.5, 0.05) == 11 && fe_kernel_side(0.01, 0.05) == 1);
    NEAR(fe_psf_radius(d->psf, 0, 0, 3, 0.68), 0.15 * sqrt(-2 * log(0.32)), 0.01);
    clear(&m);
    fe_dataset_free(d);
}

int main(void)
{
    sums("point", 0, 1, 1e-9);
    sums("point", 0.1, 1, 1e-6);
    sums("gauss:0.1deg", 0, 1, 1e-3);
    sums("gauss:0.1deg", 0.08, 1, 1e-3);
    sums("disk:0.3deg", 0, 1, 5e-3);
    sums("shell:0.3deg,0.1deg", 0, 1, 5e-3);
    point_weights();
    borders();
    template();
    flat();
    kernels();
    return check_done();
}
