#include "types/irf.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

fe_edisp *fe_edisp_new(size_t n_true, size_t n_reco, size_t n_values)
{
    fe_edisp *edisp = FE_NEW(fe_edisp);

    edisp->n_true = n_true;
    edisp->n_reco = n_reco;
    edisp->row = FE_NEWN(size_t, n_true + 1);
    edisp->col = FE_NEWN(int, n_values);
    edisp->value = FE_NEWN(double, n_values);
    edisp->n_owners = 1;
    return edisp;
}

fe_edisp *fe_edisp_share(fe_edisp *edisp)
{
    __atomic_add_fetch(&edisp->n_owners, 1, __ATOMIC_RELAXED);
    return edisp;
}

void fe_edisp_free(fe_edisp *edisp)
{
    if (!edisp || __atomic_sub_fetch(&edisp->n_owners, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    free(edisp->row);
    free(edisp->col);
    free(edisp->value);
    free(edisp);
}

/* Entries of all rows; edisp NULL only counts them. */
static size_t fill_overlap(size_t n_true, const double *t, size_t n_reco, const double *r, fe_edisp *edisp)
{
    size_t n = 0, first = 0;

    for (size_t i = 0; i < n_true; i++) {
        while (first < n_reco && r[first + 1] <= t[i])
            first++;
        for (size_t j = first; j < n_reco && r[j] < t[i + 1]; j++) {
            double overlap = fmin(t[i + 1], r[j + 1]) - fmax(t[i], r[j]);

            if (!(overlap > 0))
                continue;
            if (edisp) {
                edisp->col[n] = (int)j;
                edisp->value[n] = overlap / (t[i + 1] - t[i]);
            }
            n++;
        }
        if (edisp)
            edisp->row[i + 1] = n;
    }
    return n;
}

fe_edisp *fe_edisp_overlap(size_t n_true, const double *true_edge_TeV, size_t n_reco, const double *reco_edge_TeV)
{
    size_t n = fill_overlap(n_true, true_edge_TeV, n_reco, reco_edge_TeV, NULL);
    fe_edisp *edisp = fe_edisp_new(n_true, n_reco, n);

    fill_overlap(n_true, true_edge_TeV, n_reco, reco_edge_TeV, edisp);
    return edisp;
}

void fe_edisp_apply(const fe_edisp *edisp, const double *in, double *out)
{
    for (size_t i = 0; i < edisp->n_true; i++)
        for (size_t k = edisp->row[i]; k < edisp->row[i + 1]; k++)
            out[edisp->col[k]] += in[i] * edisp->value[k];
}
