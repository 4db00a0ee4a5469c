#include "types/estimate_keep.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Rows of `width` numbers. */
static void keep(double **x, size_t n, const size_t *row, size_t width)
{
    double *kept;

    if (!*x)
        return;
    kept = FE_NEWN(double, n * width + 1);
    for (size_t k = 0; k < n && width; k++)
        memcpy(kept + k * width, *x + row[k] * width, width * sizeof *kept);
    free(*x);
    *x = kept;
}

static void keep_sources(fe_estimate *e, size_t n, const size_t *row)
{
    char **kept;

    if (!e->source)
        return;
    kept = FE_NEWN(char *, n + 1);
    for (size_t k = 0; k < n; k++) {
        kept[k] = e->source[row[k]];
        e->source[row[k]] = NULL;
    }
    for (size_t i = 0; i < e->n; i++)
        free(e->source[i]);
    free(e->source);
    e->source = kept;
}

static void keep_covar(fe_estimate *e, size_t n, const size_t *row)
{
    double *kept;

    if (!e->covar)
        return;
    kept = FE_NEWN(double, n * n + 1);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            kept[i * n + j] = e->covar[row[i] * e->n + row[j]];
    free(e->covar);
    e->covar = kept;
}

static void keep_column(fe_column *c, size_t n_old, size_t n, const size_t *row)
{
    static const size_t sizes[] = { [FE_COL_DOUBLE] = sizeof(double), [FE_COL_INT] = sizeof(int64_t), [FE_COL_BOOL] = 1,
                                    [FE_COL_STRING] = sizeof(char *) };
    const size_t size = sizes[c->type] * c->width;
    char *was = c->v.any, *kept = fe_alloc(n * c->width + 1, sizes[c->type]);

    for (size_t k = 0; k < n && size; k++) {
        memcpy(kept + k * size, was + row[k] * size, size);
        if (c->type == FE_COL_STRING)
            memset(was + row[k] * size, 0, size);
    }
    for (size_t i = 0; c->type == FE_COL_STRING && i < n_old * c->width; i++)
        free(c->v.s[i]);
    free(was);
    c->v.any = kept;
}

void fe_estimate_keep(fe_estimate *e, size_t n, const size_t *row)
{
    for (int k = 0; k < FE_KEY_N; k++)
        keep(&e->key[k], n, row, 1);
    for (int t = 0; t < FE_SED_N; t++) {
        for (int m = 0; m < FE_MEMBER_N; m++)
            keep(&e->family[t][m], n, row, 1);
        keep(&e->ref[t], n, row, 1);
    }
    for (int q = 0; q < FE_Q_N; q++)
        keep(&e->q[q], n, row, 1);
    keep(&e->norm_scan, n, row, e->n_scan);
    keep(&e->stat_scan, n, row, e->n_scan);
    keep_covar(e, n, row);
    keep_sources(e, n, row);
    for (size_t k = 0; k < e->rest->n_cols; k++)
        keep_column(&e->rest->col[k], e->rest->n_rows, n, row);
    e->rest->n_rows = n;
    e->n = n;
    e->cap = n;
}
