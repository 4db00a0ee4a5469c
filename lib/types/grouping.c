#include "types/grouping.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

/* x[g] becomes the sum over the channels of the group that are not masked. */
static void sum_up(const fe_dataset *d, double *x, size_t n, const size_t *first)
{
    for (size_t g = 0; x && g < n; g++) {
        double sum = 0;

        for (size_t j = first[g]; j < first[g + 1]; j++)
            sum += d->mask[j] ? x[j] : 0;
        x[g] = sum;
    }
}

/* Before anything is summed: alpha n_off, and acceptances where the dataset has none, of each channel. */
static void group_off(fe_dataset *d, size_t n, const size_t *first)
{
    double *background = FE_NEWN(double, d->n_e), *off_area;
    bool own = d->acceptance && d->acceptance_off;

    if (!own) {
        free(d->acceptance);
        free(d->acceptance_off);
        d->acceptance = FE_NEWN(double, d->n_e);
        d->acceptance_off = FE_NEWN(double, d->n_e);
    }
    off_area = d->acceptance_off;
    for (size_t j = 0; j < d->n_e; j++) {
        bool has_off = d->alpha[j] > 0;

        background[j] = has_off ? d->alpha[j] * d->n_off[j] : 0;
        if (!own) {
            d->acceptance[j] = 1;
            off_area[j] = has_off ? 1 / d->alpha[j] : 0;
        }
    }
    sum_up(d, d->n_off, n, first);
    sum_up(d, background, n, first);
    sum_up(d, d->acceptance, n, first);
    sum_up(d, off_area, n, first);
    for (size_t g = 0; g < n; g++) {
        d->alpha[g] = d->n_off[g] > 0 ? background[g] / d->n_off[g] : off_area[g] > 0 ? d->acceptance[g] / off_area[g] : 0;
        if (d->alpha[g] > 0)
            off_area[g] = d->acceptance[g] / d->alpha[g];
    }
    free(background);
}

/* Columns of the dispersion are summed; a masked channel is a place where events are lost. */
static void group_edisp(fe_dataset *d, size_t n, const size_t *first)
{
    const fe_edisp *r = d->edisp;
    int *group_of = FE_NEWN(int, d->n_e);
    fe_edisp *grouped;
    size_t n_values = 0, k = 0;

    for (size_t g = 0; g < n; g++)
        for (size_t j = first[g]; j < first[g + 1]; j++)
            group_of[j] = d->mask[j] ? (int)g : -1;
    for (size_t i = 0; i < r->n_true; i++) {        /* groups ascend with the channels of a row */
        int last = -1;

        for (size_t m = r->row[i]; m < r->row[i + 1]; m++)
            if (group_of[r->col[m]] >= 0 && group_of[r->col[m]] != last) {
                last = group_of[r->col[m]];
                n_values++;
            }
    }
    grouped = fe_edisp_new(r->n_true, n, n_values);
    for (size_t i = 0; i < r->n_true; i++) {
        grouped->row[i] = k;
        for (size_t m = r->row[i]; m < r->row[i + 1]; m++) {
            int g = group_of[r->col[m]];

            if (g < 0)
                continue;
            if (k == grouped->row[i] || grouped->col[k - 1] != g)
                grouped->col[k++] = g;
            grouped->value[k - 1] += r->value[m];
        }
    }
    grouped->row[r->n_true] = k;
    fe_edisp_free(d->edisp);
    d->edisp = grouped;
    free(group_of);
}

void fe_dataset_group(fe_dataset *d, size_t n, const size_t *first)
{
    d->n_channels = d->n_e;
    if (d->n_off)
        group_off(d, n, first);
    group_edisp(d, n, first);
    sum_up(d, d->counts, n, first);
    sum_up(d, d->background, n, first);
    for (size_t g = 0; g < n; g++) {
        bool any = false;

        for (size_t j = first[g]; j < first[g + 1]; j++)
            any = any || d->mask[j];
        d->mask[g] = any;
    }
    for (size_t g = 0; g <= n; g++)
        d->e_edge_TeV[g] = d->e_edge_TeV[first[g]];
    d->n_e = n;
}
