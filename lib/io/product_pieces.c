#include "io/product_pieces.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/fits_image.h"
#include "io/fits_pieces.h"
#include "io/gadf.h"
#include "io/history.h"
#include "io/product.h"

enum { N_KEYS = 3 };
static const fe_key band_keys[N_KEYS] = { FE_KEY_E_MIN, FE_KEY_E_MAX, FE_KEY_E_REF };

typedef struct job {
    const fe_product_pieces *of;
    fe_sedtype type;
    const fe_common *args;
    fe_layout layout;
    fe_fits_pieces *table, *history;
    double *band[N_KEYS];           /* [n_bands] of the first interval, which all have to have          */
    size_t n_bands;
    double last_mjd;                /* start of the interval before                                     */
    bool flagged;
    fe_output *out;
    size_t end;                     /* of the file so far                                               */
} job;

/* ---- are all rows of one kind? -------------------------------------------------------------------------------- */

static void take_bands(job *j, const fe_estimate *e)
{
    const double *start = e->key[FE_KEY_TIME_MIN];

    while (j->n_bands < e->n && start[j->n_bands] == start[0])
        j->n_bands++;
    for (int k = 0; k < N_KEYS; k++) {
        j->band[k] = FE_NEWN(double, j->n_bands);
        memcpy(j->band[k], e->key[band_keys[k]], j->n_bands * sizeof(double));
    }
    j->last_mjd = start[0] - 1;
}

/* Cells of a light curve hold the bands of an interval: the same ones, of intervals that follow each other. */
static bool is_regular(job *j, const fe_estimate *e)
{
    const double *start = e->key[FE_KEY_TIME_MIN], *stop = e->key[FE_KEY_TIME_MAX];

    if (!start)
        return true;
    if (j->n_bands == 0 && e->n)
        take_bands(j, e);
    if (j->n_bands == 0)                            /* no rows, or the first without times */
        return e->n == 0;
    for (size_t i = 0; i < e->n; i++) {
        size_t first = i - i % j->n_bands;

        if (i == first ? !(start[i] > j->last_mjd) : !(start[i] == start[first] && stop[i] == stop[first]))
            return false;
        for (int k = 0; k < N_KEYS; k++)
            if (e->key[band_keys[k]][i] != j->band[k][i - first])
                return false;
        j->last_mjd = start[i];
    }
    return e->n == 0 || e->n % j->n_bands == 0;
}

/* ---- pieces --------------------------------------------------------------------------------------------------- */

/* 1: its rows are of another kind. */
static int make_table(job *j, size_t piece, bool check, fe_table **out, fe_err *err)
{
    fe_estimate *e = NULL;
    int rc = j->of->rows(j->of->ctx, piece, &e, err);

    *out = NULL;
    if (rc == 0 && check)
        rc = !is_regular(j, e);
    if (rc == 0)
        rc = fe_product_prepare(e, j->type, j->args, err);
    if (rc == 0)
        rc = fe_estimate_table(e, &j->layout, out, err);
    if (rc == 0)
        j->flagged = j->flagged || fe_product_is_flagged(e);
    fe_estimate_free(e);
    return rc;
}

static int measure_rows(job *j, fe_err *err)
{
    fe_table *t;
    int rc = 0;

    for (size_t k = 0; rc == 0 && k < j->of->n; k++) {
        rc = make_table(j, k, true, &t, err);
        if (rc == 0)
            rc = !fe_fits_pieces_measure(j->table, t);
        fe_table_free(t);
    }
    return rc;
}

static int put_rows(job *j, fe_err *err)
{
    fe_table *t;
    int rc = fe_fits_pieces_begin(j->table, j->end, err);

    for (size_t k = 0; rc == 0 && k < j->of->n; k++) {
        rc = make_table(j, k, false, &t, err);
        if (rc == 0)
            rc = fe_fits_pieces_put(j->table, j->out, t, err);
        fe_table_free(t);
    }
    return rc == 0 ? fe_fits_pieces_end(j->table, j->out, &j->end, err) : -1;
}

/* ---- the history ---------------------------------------------------------------------------------------------- */

static int use_table(job *j, fe_table *t, bool put, fe_err *err)
{
    int rc = put ? fe_fits_pieces_put(j->history, j->out, t, err) : !fe_fits_pieces_measure(j->history, t);

    fe_table_free(t);
    return rc;
}

static int use_inputs(job *j, const void *bytes, size_t n, bool put, fe_err *err)
{
    fe_table *t = NULL;
    int rc = fe_history_handed(bytes, n, &t, err);

    if (rc == 0)
        return use_table(j, t, put, err);
    fe_table_free(t);
    return -1;
}

static int measure_inputs(void *ctx, const void *bytes, size_t n, fe_err *err)
{
    return use_inputs(ctx, bytes, n, false, err);
}

static int put_inputs(void *ctx, const void *bytes, size_t n, fe_err *err)
{
    return use_inputs(ctx, bytes, n, true, err);
}

static int use_history(job *j, bool put, fe_err *err)
{
    int rc = use_table(j, fe_history_head(), put, err);

    if (rc == 0)
        rc = j->of->inputs(j->of->ctx, put ? put_inputs : measure_inputs, j, err);
    return rc == 0 ? use_table(j, fe_history_notes(), put, err) : rc;
}

static int put_history(job *j, fe_err *err)
{
    if (use_history(j, false, err) < 0 || fe_fits_pieces_begin(j->history, j->end, err) < 0 || use_history(j, true, err) < 0)
        return -1;
    return fe_fits_pieces_end(j->history, j->out, &j->end, err);
}

/* ---- the file ------------------------------------------------------------------------------------------------- */

static int put_bytes(job *j, const fe_str *bytes, fe_err *err)
{
    int rc = bytes->len ? fe_output_put(j->out, j->end, bytes->s, bytes->len, err) : 0;

    j->end += bytes->len;
    return rc;
}

static int put_beside(job *j, fe_err *err)
{
    fe_document *doc = fe_estimate_beside(j->of->head);
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < doc->n_parts; i++) {
        fe_str bytes = { 0 };

        rc = fe_fits_table_add("", doc->part[i].table, &bytes, err);
        if (rc == 0)
            rc = put_bytes(j, &bytes, err);
        fe_str_free(&bytes);
    }
    fe_document_free(doc);
    return rc;
}

static int write_file(job *j, fe_err *err)
{
    fe_str primary = { 0 };
    int rc;

    j->out = fe_output_open(j->args->output, j->args->force, err);
    if (!j->out)
        return -1;
    fe_fits_primary_add(&(fe_metalist){ 0 }, &primary);
    rc = put_bytes(j, &primary, err) < 0 || put_rows(j, err) < 0 || put_beside(j, err) < 0 ||
         (j->layout.history && put_history(j, err) < 0) ? -1 : 0;
    fe_str_free(&primary);
    if (rc == 0)
        return fe_output_commit(j->out, err);
    fe_output_drop(j->out);
    return -1;
}

int fe_product_write_pieces(const fe_product_pieces *of, fe_sedtype type, const fe_common *args, bool *flagged, fe_err *err)
{
    job j = { .of = of, .type = type, .args = args, .table = fe_fits_pieces_new(), .history = fe_fits_pieces_new() };
    int rc;

    j.layout = fe_product_layout(args, fe_format_find("fits"));
    rc = measure_rows(&j, err);
    if (rc == 0)
        rc = write_file(&j, err);
    *flagged = j.flagged;
    for (int k = 0; k < N_KEYS; k++)
        free(j.band[k]);
    fe_fits_pieces_free(j.table);
    fe_fits_pieces_free(j.history);
    return rc;
}
