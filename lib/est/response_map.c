/* The built-in response on the pixels of a map. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "est/response.h"

enum { N_RAD = 60 };

static const double PSF_SLOPE = -0.2, PSF_REACH = 6;

static fe_geom *geom_of(const fe_response *r, fe_err *err)
{
    size_t n = (size_t)fmax(round(r->width_deg / r->bin_deg), 1);
    fe_geom_keys k = { .nx = n, .ny = n, .crpix = { 0.5 * (double)(n + 1), 0.5 * (double)(n + 1) },
                       .crval_deg = { r->lon_deg, r->lat_deg }, .cdelt_deg = { -r->bin_deg, r->bin_deg },
                       .pc = { { 1, 0 }, { 0, 1 } }, .equinox = NAN, .lonpole_deg = NAN, .latpole_deg = NAN };

    snprintf(k.ctype[0], sizeof k.ctype[0], "%s", r->galactic ? "GLON-CAR" : "RA---TAN");
    snprintf(k.ctype[1], sizeof k.ctype[1], "%s", r->galactic ? "GLAT-CAR" : "DEC--TAN");
    snprintf(k.radesys, sizeof k.radesys, "%s", r->galactic ? "" : "ICRS");
    if (r->galactic) {                              /* a cylinder stays on the equator */
        k.crval_deg[1] = 0;
        k.crpix[1] -= r->lat_deg / r->bin_deg;
    }
    return fe_geom_new(&k, NULL, NULL, err);
}

/* Gaussians in true energy, integral 1; out to PSF_REACH of the widest. */
static fe_irfmap *psf_of(const fe_response *r, const fe_dataset *d)
{
    const double rad = M_PI / 180;
    fe_irfmap *p = fe_irfmap_new(FE_IRF_PSF, d->n_etrue, N_RAD, 1, 1);
    double widest = r->psf_deg * pow(sqrt(d->etrue_edge_TeV[0] * d->etrue_edge_TeV[1]), PSF_SLOPE), step = PSF_REACH * widest / N_RAD;

    memcpy(p->e_edge_TeV, d->etrue_edge_TeV, (d->n_etrue + 1) * sizeof *p->e_edge_TeV);
    for (size_t k = 0; k <= N_RAD; k++)
        p->axis_edge[k] = step * (double)k;
    for (size_t k = 0; k < N_RAD; k++)
        p->axis_node[k] = step * ((double)k + 0.5);
    for (size_t i = 0; i < d->n_etrue; i++) {
        double sigma;

        p->e_node_TeV[i] = sqrt(p->e_edge_TeV[i] * p->e_edge_TeV[i + 1]);
        sigma = r->psf_deg * pow(p->e_node_TeV[i], PSF_SLOPE);
        for (size_t k = 0; k < N_RAD; k++)
            p->value[i * N_RAD + k] = exp(-0.5 * pow(p->axis_node[k] / sigma, 2)) / (2 * M_PI * pow(sigma * rad, 2));
    }
    return p;
}

fe_dataset *fe_response_map(const fe_response *r, double livetime_s, fe_err *err)
{
    fe_dataset *one = fe_response_dataset(r, livetime_s, 1), *d;
    fe_geom *geom = geom_of(r, err);
    size_t n = geom ? fe_geom_nx(geom) * fe_geom_ny(geom) : 0;
    double *away = FE_NEWN(double, n), *sr = FE_NEWN(double, n), *mu = FE_NEWN(double, one->n_e);

    if (!geom) {
        fe_dataset_free(one);
        d = NULL;
        goto done;
    }
    d = fe_dataset_new(one->n_e, one->n_etrue, fe_geom_ny(geom), fe_geom_nx(geom));
    d->geom = geom;
    memcpy(d->e_edge_TeV, one->e_edge_TeV, (d->n_e + 1) * sizeof *d->e_edge_TeV);
    memcpy(d->etrue_edge_TeV, one->etrue_edge_TeV, (d->n_etrue + 1) * sizeof *d->etrue_edge_TeV);
    fe_edisp_free(d->edisp);
    d->edisp = fe_edisp_share(one->edisp);
    d->livetime_s = livetime_s;
    d->background = FE_NEWN(double, d->n_e * n);
    d->psf = psf_of(r, d);
    fe_geom_separation(geom, r->lon_deg, r->lat_deg, away);
    fe_geom_solid_angle(geom, sr);
    fe_response_background(r, livetime_s, d->n_e, d->e_edge_TeV, mu);
    for (size_t q = 0; q < n; q++) {
        double fov = exp(-0.5 * pow(away[q] / r->fov_deg, 2)), deg2 = sr[q] * pow(180 / M_PI, 2);

        for (size_t i = 0; i < d->n_etrue; i++)
            d->exposure_cm2_s[i * n + q] = (double)(float)(one->exposure_cm2_s[i] * fov);
        for (size_t j = 0; j < d->n_e; j++) {
            d->mask[j * n + q] = true;
            d->background[j * n + q] = (double)(float)(mu[j] * deg2 * fov);
        }
    }
    fe_dataset_free(one);
done:
    free(away);
    free(sr);
    free(mu);
    return d;
}
