/* map_set.h -- for tests of maps: a small map dataset made by hand, 21 x 17 pixels of 0.1 deg, 2 channels, 3 true bins. */
#ifndef FE_TESTS_MAP_SET_H
#define FE_TESTS_MAP_SET_H
#include <stdlib.h>

#include "check.h"
#include "types/dataset.h"

enum { NX = 21, NY = 17, N_E = 2, N_TRUE = 3, N_PIXELS = NX * NY };

static inline fe_geom *map_geom(void)
{
    fe_geom_keys k = { .nx = NX, .ny = NY, .ctype = { "RA---TAN", "DEC--TAN" }, .radesys = "ICRS", .equinox = NAN, .crpix = { 11, 9 },
                       .crval_deg = { 83, 22 }, .cdelt_deg = { -0.1, 0.1 }, .pc = { { 1, 0 }, { 0, 1 } }, .lonpole_deg = NAN,
                       .latpole_deg = NAN };

    return fe_geom_new(&k, NULL, NULL, NULL);
}

/* Exposure 1e12 (i + 1) cm2 s, the same everywhere; a dispersion that mixes the channels; counts j + 1, background 0.5. */
static inline fe_dataset *map_set(void)
{
    static const double r[N_TRUE][N_E] = { { 0.8, 0.1 }, { 0.5, 0.5 }, { 0.1, 0.9 } };
    fe_dataset *d = fe_dataset_new(N_E, N_TRUE, NY, NX);
    size_t k = 0;

    d->geom = map_geom();
    d->background = calloc(N_E * N_PIXELS, sizeof *d->background);
    for (size_t j = 0; j <= N_E; j++)
        d->e_edge_TeV[j] = 1 + 3 * (double)j;
    for (size_t i = 0; i <= N_TRUE; i++)
        d->etrue_edge_TeV[i] = 0.5 + 3 * (double)i;
    for (size_t i = 0; i < N_TRUE * N_PIXELS; i++)
        d->exposure_cm2_s[i] = 1e12 * (double)(i / N_PIXELS + 1);
    for (size_t j = 0; j < N_E * N_PIXELS; j++) {
        d->counts[j] = (double)(j / N_PIXELS + 1);
        d->background[j] = 0.5;
    }
    fe_edisp_free(d->edisp);
    d->edisp = fe_edisp_new(N_TRUE, N_E, N_TRUE * N_E);
    for (size_t i = 0; i < N_TRUE; i++) {
        d->edisp->row[i] = k;
        for (size_t j = 0; j < N_E; j++, k++) {
            d->edisp->col[k] = (int)j;
            d->edisp->value[k] = r[i][j];
        }
    }
    d->edisp->row[N_TRUE] = k;
    return d;
}

/* A Gaussian PSF of sigma deg, integral 1, at one energy and so at all. */
static inline fe_irfmap *map_psf(double sigma_deg)
{
    enum { N_RAD = 200 };
    const double rad = M_PI / 180, step = 6 * sigma_deg / N_RAD;
    fe_irfmap *p = fe_irfmap_new(FE_IRF_PSF, 1, N_RAD, 1, 1);

    p->e_edge_TeV[0] = 0.1;
    p->e_edge_TeV[1] = 100;
    p->e_node_TeV[0] = 3;
    for (size_t k = 0; k <= N_RAD; k++)
        p->axis_edge[k] = step * (double)k;
    for (size_t k = 0; k < N_RAD; k++) {
        p->axis_node[k] = step * ((double)k + 0.5);
        p->value[k] = exp(-0.5 * pow(p->axis_node[k] / sigma_deg, 2)) / (2 * M_PI * pow(sigma_deg * rad, 2));
    }
    return p;
}
#endif
