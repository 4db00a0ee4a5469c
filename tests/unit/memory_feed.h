/* memory_feed.h -- a feed whose datasets are made up in memory, for the tests of plans. */
#ifndef FE_TESTS_MEMORY_FEED_H
#define FE_TESTS_MEMORY_FEED_H
#include "check.h"

#include <stdlib.h>

#include "base/mem.h"
#include "est/plan.h"

enum { N_E = 20 };                  /* channels, 10 a decade from 0.1 to 10 TeV                         */

typedef struct memory {             /* what the feed makes its datasets of                              */
    size_t poisoned;                /* index that cannot be read; SIZE_MAX = none                       */
    size_t shifted;                 /* datasets from here on have an axis from 1 TeV up                 */
    bool known_background;
    bool twin;                      /* the second telescope has every other dataset                     */
    const char *timesys;            /* of GTIs, 100 s each, one a dataset; NULL = none                  */
    bool one_gti;                   /* the same for all                                                 */
    size_t n_opened, last;
    bool in_order;
} memory;

static inline memory plain(void)
{
    return (memory){ .poisoned = SIZE_MAX, .shifted = SIZE_MAX, .last = 0, .in_order = true };
}

static inline double edge_at(double e_min_TeV, size_t j)
{
    return e_min_TeV * pow(10, (double)j / 10);
}

static inline int make_info(void *ctx, size_t i, fe_dataset_info *info, fe_err *err)
{
    const memory *m = ctx;
    char name[32];

    if (i == m->poisoned)
        return fe_fail(err, FE_EDATA, NULL, "run%zu: poisoned", i);
    snprintf(name, sizeof name, "run%zu", i);
    *info = (fe_dataset_info){ .name = fe_strdup(name), .file = fe_strdup(name), .mjd_start = NAN, .mjd_stop = NAN };
    fe_meta_set_number(&info->meta, "ZENITH", 40 - 10 * (double)i, NULL);
    fe_meta_set(&info->meta, "STATE", FE_META_STRING, i % 2 ? "old" : "new", NULL);
    return 0;
}

/* Counts that differ from run to run and channel to channel. */
static inline double counts_of(size_t i, size_t j)
{
    return (double)((i * 7 + j * 13 + (i * j) % 5) % 11);
}

static inline int make_dataset(void *ctx, size_t i, fe_dataset **out, fe_err *err)
{
    memory *m = ctx;
    fe_dataset *d;

    if (i == m->poisoned)
        return fe_fail(err, FE_EDATA, NULL, "run%zu: poisoned", i);
    m->in_order &= m->n_opened == 0 || i > m->last;
    m->last = i;
    m->n_opened++;
    d = fe_dataset_new(N_E, N_E, 1, 1);
    d->info.file = fe_strdup("run");
    d->livetime_s = 100;
    if (m->twin)
        d->info.telescop = fe_strdup(i % 2 ? "MAGIC" : "HESS");
    if (m->timesys) {
        double start_s = m->one_gti ? 0 : 1000 * (double)i;

        d->gti = fe_gti_new();
        d->gti->mjdref_i = 51544;
        snprintf(d->gti->timesys, sizeof d->gti->timesys, "%s", m->timesys);
        fe_gti_add(d->gti, start_s, start_s + 100);
    }
    for (size_t j = 0; j <= N_E; j++)
        d->e_edge_TeV[j] = d->etrue_edge_TeV[j] = edge_at(i >= m->shifted ? 1 : 0.1, j);
    fe_edisp_free(d->edisp);
    d->edisp = fe_edisp_overlap(N_E, d->etrue_edge_TeV, N_E, d->e_edge_TeV);
    d->mask[0] = false;
    if (m->known_background)
        d->background = FE_NEWN(double, N_E);
    else
        d->n_off = FE_NEWN(double, N_E), d->alpha = FE_NEWN(double, N_E);
    for (size_t j = 0; j < N_E; j++) {
        d->counts[j] = counts_of(i, j);
        d->exposure_cm2_s[j] = 1e13 * (1 + (double)i) * d->e_edge_TeV[j];
        if (m->known_background)
            d->background[j] = 2;
        else
            d->n_off[j] = counts_of(j, i), d->alpha[j] = 0.25;
    }
    *out = d;
    return 0;
}

static inline fe_feed feed_of(memory *m, size_t n)
{
    return (fe_feed){ m, n, make_info, make_dataset };
}

static inline fe_plan plan_of(const char *edges, const char *grouping, const fe_feed *feed)
{
    fe_plan plan = { .skip_bad = true };
    fe_err err = { 0 };

    CHECK_MSG(fe_edges_parse(edges, &plan.edges, &err) == 0, err.text);
    CHECK_MSG(fe_plan_make(&plan, grouping, NULL, feed, &err) == 0, err.text);
    return plan;
}

static inline fe_models *one_source(void)
{
    fe_models *models = fe_models_new();
    fe_err err;

    fe_models_add(models, "", fe_spectrum_parse("pl:index=2,amplitude=1e-12 cm-2 s-1 TeV-1,reference=1TeV", &err));
    return models;
}

static inline fe_plan_request request_of(int n_threads)
{
    return (fe_plan_request){ .norm = fe_norm_request_default(), .n_threads = n_threads };
}
#endif
