#include "pieces_run.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/opt.h"
#include "est/describe.h"
#include "io/model_io.h"

enum { PIECE_ROWS = 256 };

typedef struct maker {
    const pieces_job *job;
    size_t *at;                     /* [n_sets * n_bands] places in the journal; 0: not there            */
    size_t n_bands, sets_per_piece;
    fe_estimate *head;              /* good time intervals, keywords, model                             */
} maker;

bool pieces_can(const fe_plan *plan, const fe_models *models, const fe_plan_request *request)
{
    bool is_one_fit = false;                /* covariance of rows */

    for (size_t m = 0; request->refit.source && m < models->n; m++)
        is_one_fit = is_one_fit || request->refit.source[m];
    return plan->edges.kind == FE_EDGES_LIST && fe_models_n_chosen(models) == 1 && !request->gammapy_grid && !is_one_fit;
}

static int make_rows(void *ctx, size_t piece, fe_estimate **out, fe_err *err)
{
    const maker *m = ctx;
    size_t first = piece * m->sets_per_piece, last = first + m->sets_per_piece;
    fe_estimate *e = *out = fe_estimate_new();
    fe_group_result result;

    last = last < m->job->plan->n_sets ? last : m->job->plan->n_sets;
    fe_estimate_add_rows(e, (last - first) * m->n_bands);
    for (size_t row = 0; row < e->n; row++) {
        if (resume_run_get(m->job->journal, m->at[first * m->n_bands + row], &result, err) < 0)
            return -1;
        fe_estimate_put(e, row, &result);
    }
    fe_metalist_copy(&e->rest->meta, &m->head->rest->meta);
    fe_plan_describe(m->job->request, m->job->models, e);
    return 0;
}

static int give_inputs(void *ctx, fe_inputs_use use, void *use_ctx, fe_err *err)
{
    const maker *m = ctx;

    return resume_run_inputs(m->job->journal, use, use_ctx, err);
}

static void see(void *ctx, size_t i, const fe_dataset *d)
{
    (void)i;
    fe_estimate_see(ctx, d);
}

/* 1: some group has no record. */
static int index_journal(maker *m, fe_err *err)
{
    const fe_sink to = { .ctx = m->head, .see = see };
    size_t n = m->job->plan->n_sets * m->n_bands;

    m->at = FE_NEWN(size_t, n);
    if (resume_run_index(m->job->journal, &to, n, m->at, err) < 0)
        return -1;
    for (size_t i = 0; i < n; i++)
        if (m->at[i] == 0)
            return 1;
    return 0;
}

static void complete_head(maker *m)
{
    fe_str yaml = { 0 };

    fe_plan_describe(m->job->request, m->job->models, m->head);
    resume_mark(m->job->config, m->head);
    fe_models_print_yaml(m->job->models, &yaml);
    m->head->model_yaml = yaml.s;
}

int pieces_write(const pieces_job *job, bool *flagged, fe_err *err)
{
    maker m = { .job = job, .n_bands = job->plan->edges.n_bins, .head = fe_estimate_new() };
    fe_product_pieces pieces = { .ctx = &m, .head = m.head, .rows = make_rows, .inputs = give_inputs };
    int rc = index_journal(&m, err);

    m.sets_per_piece = 1 + (PIECE_ROWS - 1) / m.n_bands;
    pieces.n = (job->plan->n_sets + m.sets_per_piece - 1) / m.sets_per_piece;
    if (rc == 0) {
        complete_head(&m);
        rc = fe_product_write_pieces(&pieces, job->type, &fe_args, flagged, err);
    }
    free(m.at);
    fe_estimate_free(m.head);
    return rc;
}
