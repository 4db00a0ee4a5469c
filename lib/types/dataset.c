#include "types/dataset.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Counts 0, nothing masked, a dispersion without entries: the reader fills what it knows. */
fe_dataset *fe_dataset_new(size_t n_e, size_t n_etrue, size_t ny, size_t nx)
{
    fe_dataset *d = FE_NEW(fe_dataset);
    size_t n = n_e * ny * nx;

    d->info.mjd_start = d->info.mjd_stop = d->info.mjd_mid = d->info.livetime_s = NAN;
    d->n_e = n_e;
    d->ny = ny;
    d->nx = nx;
    d->e_edge_TeV = FE_NEWN(double, n_e + 1);
    d->counts = FE_NEWN(double, n);
    d->mask = FE_NEWN(bool, n);
    for (size_t j = 0; j < n; j++)
        d->mask[j] = true;
    d->n_etrue = n_etrue;
    d->etrue_edge_TeV = FE_NEWN(double, n_etrue + 1);
    d->exposure_cm2_s = FE_NEWN(double, n_etrue * ny * nx);
    d->edisp = fe_edisp_new(n_etrue, n_e, 0);
    d->livetime_s = NAN;
    return d;
}

void fe_dataset_info_free(fe_dataset_info *info)
{
    free(info->name);
    free(info->file);
    free(info->telescop);
    free(info->instrume);
    fe_metalist_free(&info->meta);
    *info = (fe_dataset_info){ .mjd_start = NAN, .mjd_stop = NAN, .mjd_mid = NAN, .livetime_s = NAN };
}

const char *fe_dataset_telescope(const fe_dataset *d)
{
    static const char *const no_name[] = { "", "DUMMY", "UNKNOWN", "NONE" };

    for (size_t i = 0; i < sizeof no_name / sizeof *no_name; i++)
        if (!d->info.telescop || fe_str_equal_nocase(d->info.telescop, no_name[i]))
            return NULL;
    return d->info.telescop;
}

int fe_dataset_check_telescope(const fe_dataset *d, char **before, fe_err *err)
{
    const char *telescop = fe_dataset_telescope(d);

    if (telescop && !*before)
        *before = fe_strdup(telescop);
    if (!telescop || fe_str_equal_nocase(*before, telescop))
        return 0;
    return fe_fail(err, FE_EUSAGE, &(fe_where){ d->info.file, NULL, 0 }, "TELESCOP is %s, but that of datasets before is "
                   "%s: --multi-instrument takes them together", telescop, *before);
}

void fe_dataset_free(fe_dataset *d)
{
    if (!d)
        return;
    fe_dataset_info_free(&d->info);
    free(d->e_edge_TeV);
    free(d->counts);
    free(d->background);
    free(d->n_off);
    free(d->alpha);
    free(d->acceptance);
    free(d->acceptance_off);
    free(d->mask);
    free(d->etrue_edge_TeV);
    free(d->exposure_cm2_s);
    fe_edisp_free(d->edisp);
    fe_geom_free(d->geom);
    fe_irfmap_free(d->psf);
    fe_irfmap_free(d->edisp_map);
    fe_gti_free(d->gti);
    fe_metalist_free(&d->meta);
    fe_table_free(d->runs);
    free(d);
}

size_t fe_dataset_n_bins(const fe_dataset *d)
{
    return d->n_e * d->ny * d->nx;
}

/* ---- exposure of a response -------------------------------------------------------------------------------------- */

/* Linear in ln E between the middles of two bins, constant beyond them. */
static double exposure_at(const fe_dataset *d, size_t pixel, double e_TeV)
{
    size_t n = d->ny * d->nx, i = 0;
    const double *edge = d->etrue_edge_TeV;
    double lo, hi, f;

    if (d->n_etrue == 1)
        return d->exposure_cm2_s[pixel];
    while (i + 2 < d->n_etrue && sqrt(edge[i + 1] * edge[i + 2]) <= e_TeV)
        i++;
    lo = sqrt(edge[i] * edge[i + 1]);
    hi = sqrt(edge[i + 1] * edge[i + 2]);
    f = fmin(fmax(log(e_TeV / lo) / log(hi / lo), 0), 1);
    return (1 - f) * d->exposure_cm2_s[i * n + pixel] + f * d->exposure_cm2_s[(i + 1) * n + pixel];
}

static double mean_exposure_at(const fe_dataset *d, double e_TeV)
{
    size_t n = d->ny * d->nx;
    double sum = 0;

    for (size_t q = 0; q < n; q++)
        sum += exposure_at(d, q, e_TeV);
    return sum / (double)n;
}

/* The pixel of the dataset nearest to pixel q of a response; at the border where it is beyond. */
static size_t nearest_pixel(const fe_dataset *d, const fe_irfmap *m, size_t q)
{
    double x, y;

    fe_geom_across(m->geom, (double)(q % m->nx), (double)(q / m->nx), d->geom, &x, &y);
    x = isnan(x) ? 0 : fmin(fmax(rint(x), 0), (double)d->nx - 1);
    y = isnan(y) ? 0 : fmin(fmax(rint(y), 0), (double)d->ny - 1);
    return (size_t)y * d->nx + (size_t)x;
}

/* Files hold 0 everywhere for a response that nobody has weighed. */
static bool has_own(const fe_irfmap *m)
{
    bool any = false;

    for (size_t i = 0; m->exposure_cm2_s && !any && i < m->n_e * m->ny * m->nx; i++)
        any = m->exposure_cm2_s[i] > 0;
    return any;
}

double *fe_dataset_irf_exposure(const fe_dataset *d, const fe_irfmap *m)
{
    size_t n = m->ny * m->nx;
    double *out = FE_NEWN(double, m->n_e * n);

    if (has_own(m)) {
        memcpy(out, m->exposure_cm2_s, m->n_e * n * sizeof *out);
        return out;
    }
    for (size_t q = 0; q < n; q++) {
        size_t pixel = d->geom && m->geom && n > 1 ? nearest_pixel(d, m, q) : 0;

        for (size_t i = 0; i < m->n_e; i++)
            out[i * n + q] = n == 1 ? mean_exposure_at(d, m->e_node_TeV[i]) : exposure_at(d, pixel, m->e_node_TeV[i]);
    }
    return out;
}
