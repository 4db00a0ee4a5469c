#include "est/reduce.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

typedef struct sums { double n, b, n_off, alpha_off, acceptance, acceptance_off; size_t n_pixels; } sums;

static sums sum_channel(const fe_dataset *d, const bool *in_region, size_t j)
{
    size_t n = d->ny * d->nx;
    sums s = { 0 };

    for (size_t q = 0, k = j * n; q < n; q++, k++) {
        if (!in_region[q] || !d->mask[k] || (d->n_off && !(d->alpha[k] > 0)))
            continue;
        s.n_pixels++;
        s.n += d->counts[k];
        s.b += d->background ? d->background[k] : 0;
        if (!d->n_off)
            continue;
        s.n_off += d->n_off[k];
        s.alpha_off += d->alpha[k] * d->n_off[k];
        s.acceptance += d->acceptance ? d->acceptance[k] : 1;
        s.acceptance_off += d->acceptance && d->acceptance_off ? d->acceptance_off[k]
                                                               : (d->acceptance ? d->acceptance[k] : 1) / d->alpha[k];
    }
    return s;
}

static void fill_channel(fe_dataset *to, size_t j, const sums *s)
{
    to->mask[j] = s->n_pixels > 0;
    to->counts[j] = s->n;
    if (to->background)
        to->background[j] = s->b;
    if (!to->n_off)
        return;
    to->n_off[j] = s->n_off;
    to->alpha[j] = s->n_off > 0 ? s->alpha_off / s->n_off : s->acceptance_off > 0 ? s->acceptance / s->acceptance_off : 0;
    to->acceptance[j] = s->acceptance;
    to->acceptance_off[j] = to->alpha[j] > 0 ? s->acceptance / to->alpha[j] : 0;
}

static void fill_exposure(const fe_dataset *d, const bool *in_region, size_t n_in, fe_dataset *to)
{
    size_t n = d->ny * d->nx;

    memcpy(to->etrue_edge_TeV, d->etrue_edge_TeV, (d->n_etrue + 1) * sizeof *d->etrue_edge_TeV);
    for (size_t i = 0; i < d->n_etrue; i++) {
        double sum = 0;

        for (size_t q = 0; q < n; q++)
            sum += in_region[q] && isfinite(d->exposure_cm2_s[i * n + q]) ? d->exposure_cm2_s[i * n + q] : 0;
        to->exposure_cm2_s[i] = sum / (double)n_in;
    }
}

static void copy_info(const fe_dataset *d, fe_dataset *to)
{
    to->info = d->info;
    to->info.name = fe_strdup(d->info.name);
    to->info.file = fe_strdup(d->info.file);
    to->info.telescop = fe_strdup(d->info.telescop);
    to->info.instrume = fe_strdup(d->info.instrume);
    to->info.meta = (fe_metalist){ 0 };
    fe_metalist_copy(&to->meta, &d->meta);
    to->gti = d->gti ? fe_gti_copy(d->gti) : NULL;
    to->livetime_s = d->livetime_s;
}

static void make_room(const fe_dataset *d, fe_dataset *to)
{
    if (d->background)
        to->background = FE_NEWN(double, d->n_e);
    if (!d->n_off)
        return;
    to->n_off = FE_NEWN(double, d->n_e);
    to->alpha = FE_NEWN(double, d->n_e);
    to->acceptance = FE_NEWN(double, d->n_e);
    to->acceptance_off = FE_NEWN(double, d->n_e);
}

fe_dataset *fe_dataset_reduce(const fe_dataset *d, const bool *in_region, double lon_deg, double lat_deg, fe_err *err)
{
    fe_dataset *to;
    fe_edisp *edisp;
    size_t n_in = 0;

    for (size_t q = 0; q < d->ny * d->nx; q++)
        n_in += in_region[q];
    if (n_in == 0) {
        (void)fe_fail(err, FE_EUSAGE, &(fe_where){ d->info.file, NULL, 0 }, "no pixel centre of the map lies in the region");
        return NULL;
    }
    edisp = d->edisp_map ? fe_irfmap_edisp(d->edisp_map, lon_deg, lat_deg, d->n_etrue, d->etrue_edge_TeV, d->n_e, d->e_edge_TeV, err)
                         : fe_edisp_share(d->edisp);
    if (!edisp)
        return NULL;
    to = fe_dataset_new(d->n_e, d->n_etrue, 1, 1);
    fe_edisp_free(to->edisp);
    to->edisp = edisp;
    memcpy(to->e_edge_TeV, d->e_edge_TeV, (d->n_e + 1) * sizeof *d->e_edge_TeV);
    make_room(d, to);
    for (size_t j = 0; j < d->n_e; j++) {
        const sums s = sum_channel(d, in_region, j);

        fill_channel(to, j, &s);
    }
    fill_exposure(d, in_region, n_in, to);
    copy_info(d, to);
    return to;
}
