#include "est/mapband.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "est/predict.h"

void fe_mapband_free(fe_mapband *b)
{
    free(b->mask);
    free(b->counts);
    free(b->background);
    free(b->excess);
    free(b->n_off);
    free(b->acceptance);
    free(b->acceptance_off);
    free(b->others);
    *b = (fe_mapband){ 0 };
}

bool fe_mapband_uses(const fe_mapband *b, size_t pixel)
{
    for (size_t j = 0; j < b->n_channels; j++)
        if (b->mask[j * b->ny * b->nx + pixel])
            return true;
    return false;
}

double fe_mapband_alpha(const fe_mapband *b, size_t plane, size_t pixel)
{
    size_t i = plane * b->ny * b->nx + pixel;

    if (b->n_off[i] > 0)
        return b->background[i] / b->n_off[i];
    return b->acceptance_off[i] > 0 ? b->acceptance[i] / b->acceptance_off[i] : 0;
}

static bool has_off_region(const fe_dataset *d, size_t bin)
{
    return isfinite(d->alpha[bin]) && d->alpha[bin] > 0;
}

/*
 * A pixel of a channel takes part: not masked, what is expected there known, and with an OFF region where one is needed; gammapy
 * takes counts without OFF region as if there were no background.
 */
static bool is_used(const fe_dataset *d, const fe_mapband_request *r, size_t bin, size_t pixel)
{
    return d->mask[bin] && (!r->mask || r->mask[pixel]) && (!d->background || isfinite(d->background[bin])) &&
           (!r->others || isfinite(r->others[bin])) && (!d->n_off || r->as_gammapy || has_off_region(d, bin));
}

/* One bin of the dataset joins bin `to` of the band. */
static void add_bin(const fe_dataset *d, const fe_mapband_request *r, size_t bin, size_t to, fe_mapband *b)
{
    double others = r->others ? r->others[bin] : 0, acceptance;

    b->counts[to] += d->counts[bin];
    if (r->others)
        b->others[to] += others;
    if (!d->n_off) {
        b->background[to] += (d->background ? d->background[bin] : 0) + others;
        return;
    }
    acceptance = d->acceptance ? d->acceptance[bin] : 1;
    b->acceptance[to] += acceptance;
    if (!has_off_region(d, bin))
        return;
    b->background[to] += d->alpha[bin] * d->n_off[bin];
    b->n_off[to] += d->n_off[bin];
    b->acceptance_off[to] += acceptance / d->alpha[bin];
}

void fe_mapband_cut(const fe_dataset *d, const fe_spectrum *s, const fe_mapband_request *r, fe_mapband *b)
{
    size_t n = d->ny * d->nx, n_channels = r->last - r->first, n_planes = r->cube ? n_channels : 1;

    *b = (fe_mapband){ .n_planes = n_planes, .ny = d->ny, .nx = d->nx, .n_channels = n_channels };
    b->mask = FE_NEWN(bool, n_channels * n);
    b->counts = FE_NEWN(double, n_planes * n);
    b->background = FE_NEWN(double, n_planes * n);
    b->excess = FE_NEWN(double, n_channels * n);
    if (d->n_off) {
        b->n_off = FE_NEWN(double, n_planes * n);
        b->acceptance = FE_NEWN(double, n_planes * n);
        b->acceptance_off = FE_NEWN(double, n_planes * n);
    }
    if (r->others)
        b->others = FE_NEWN(double, n_planes * n);
    fe_predict_flat(d, s, r->as_gammapy, r->first, r->last, b->excess);
    for (size_t j = 0; j < n_channels; j++)
        for (size_t q = 0; q < n; q++) {
            size_t bin = (r->first + j) * n + q, i = j * n + q;

            b->mask[i] = is_used(d, r, bin, q);
            if (!b->mask[i] || !isfinite(b->excess[i]))
                b->excess[i] = 0;
            if (b->mask[i])
                add_bin(d, r, bin, r->cube ? i : q, b);
        }
}
