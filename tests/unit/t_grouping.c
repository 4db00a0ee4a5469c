/* Summed channels: counts, backgrounds, alpha, dispersion; folding a grouped dataset sums what folding the channels gives. */
#include "base/arena.h"
#include "check.h"
#include "est/fold.h"
#include "types/grouping.h"

enum { N_E = 6, N_TRUE = 4, N_GROUPS = 3 };

static const size_t first[N_GROUPS + 1] = { 0, 1, 4, 6 };

static fe_dataset *make(bool on_off)
{
    fe_dataset *d = fe_dataset_new(N_E, N_TRUE, 1, 1);
    size_t k = 0;

    for (size_t j = 0; j <= N_E; j++)
        d->e_edge_TeV[j] = 1 + (double)j;
    for (size_t i = 0; i <= N_TRUE; i++)
        d->etrue_edge_TeV[i] = 0.5 + 2 * (double)i;
    for (size_t i = 0; i < N_TRUE; i++)
        d->exposure_cm2_s[i] = 1e13 * (1 + (double)i);
    fe_edisp_free(d->edisp);
    d->edisp = fe_edisp_new(N_TRUE, N_E, N_TRUE * N_E);
    for (size_t i = 0; i < N_TRUE; i++) {
        d->edisp->row[i] = k;
        for (size_t j = 0; j < N_E; j++, k++) {
            d->edisp->col[k] = (int)j;
            d->edisp->value[k] = 1 / (3 + fabs((double)j - 1.5 * (double)i));
        }
    }
    d->edisp->row[N_TRUE] = k;
    for (size_t j = 0; j < N_E; j++)
        d->counts[j] = 10 - (double)j;
    d->mask[2] = false;
    if (on_off) {
        d->n_off = calloc(N_E, sizeof *d->n_off);
        d->alpha = calloc(N_E, sizeof *d->alpha);
        for (size_t j = 0; j < N_E; j++) {
            d->n_off[j] = j < 4 ? 3 * (double)j : 0;
            d->alpha[j] = 0.1 * (1 + (double)j);
        }
    } else {
        d->background = calloc(N_E, sizeof *d->background);
        for (size_t j = 0; j < N_E; j++)
            d->background[j] = 0.5 * (double)j;
    }
    return d;
}

static void sums(bool on_off)
{
    fe_dataset *d = make(on_off), *g = make(on_off);
    fe_spectrum *model = fe_spectrum_parse("pl:index=2,amplitude=1e-11 cm-2 s-1 TeV-1", NULL);
    fe_arena *arena = fe_arena_new();
    double npred[N_E], grouped[N_GROUPS];

    fe_dataset_group(g, N_GROUPS, first);
    CHECK(g->n_e == N_GROUPS && g->edisp->n_reco == N_GROUPS);
    fe_fold_spectrum(d, model, false, arena, npred);
    fe_fold_spectrum(g, model, false, arena, grouped);
    for (size_t k = 0; k < N_GROUPS; k++) {
        double n = 0, s = 0, b = 0;

        for (size_t j = first[k]; j < first[k + 1]; j++) {
            n += d->mask[j] ? d->counts[j] : 0;
            s += d->mask[j] ? npred[j] : 0;
            b += !d->mask[j] ? 0 : on_off ? d->alpha[j] * d->n_off[j] : d->background[j];
        }
        NEAR(g->counts[k], n, 1e-15);
        NEAR(grouped[k], s, 1e-14);
        NEAR(on_off ? g->alpha[k] * g->n_off[k] : g->background[k], b, 1e-14);
        NEAR(g->e_edge_TeV[k], d->e_edge_TeV[first[k]], 0);
    }
    NEAR(g->e_edge_TeV[N_GROUPS], d->e_edge_TeV[N_E], 0);
    if (on_off)                                         /* without OFF counts: sum of acceptances 2 by 1/0.5 + 1/0.6 */
        NEAR(g->alpha[2], 2 / (1 / 0.5 + 1 / 0.6), 1e-15);
    fe_arena_free(arena);
    fe_spectrum_free(model);
    fe_dataset_free(d);
    fe_dataset_free(g);
}

static void masks(void)
{
    fe_dataset *d = make(false);

    d->mask[1] = d->mask[3] = false;                    /* and 2: the whole second group */
    fe_dataset_group(d, N_GROUPS, first);
    CHECK(d->mask[0] && !d->mask[1] && d->mask[2]);
    NEAR(d->counts[1], 0, 0);
    fe_dataset_free(d);
}

int main(void)
{
    sums(false);
    sums(true);
    masks();
    return check_done();
}
