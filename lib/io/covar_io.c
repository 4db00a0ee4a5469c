#include "io/covar_io.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/note.h"

static const char ROW[] = "row", VALUE[] = "norm_covar";

fe_table *fe_covar_to_table(const fe_estimate *e, const size_t *order)
{
    fe_table *t;
    fe_column *row, *value;

    if (!e->covar || !e->n)
        return NULL;
    t = fe_table_new(FE_COVAR_TABLE, e->n);
    row = fe_table_add(t, ROW, FE_COL_INT, "", 1);      /* columns move when another is added */
    row->comment = fe_strdup("row of the flux table, from 1");
    for (size_t i = 0; i < e->n; i++)
        row->v.i[i] = (int64_t)i + 1;
    value = fe_table_add(t, VALUE, FE_COL_DOUBLE, "", e->n);
    value->comment = fe_strdup("covariance of its norm with those of all rows");
    for (size_t i = 0; i < e->n; i++)
        for (size_t j = 0; j < e->n; j++)
            value->v.d[i * e->n + j] = e->covar[order[i] * e->n + order[j]];
    return t;
}

/* Are the rows those of the estimate, each once?  place[i]: index of the i-th. */
static bool find_places(const fe_table *t, const fe_column *row, size_t n, size_t *place)
{
    bool *seen = FE_NEWN(bool, n);
    bool good = t->n_rows == n;

    for (size_t i = 0; good && i < n; i++) {
        double k = row ? fe_column_number(row, i, 0) : (double)i + 1;

        good = k >= 1 && k <= (double)n && !seen[(size_t)k - 1];
        if (good) {
            place[i] = (size_t)k - 1;
            seen[place[i]] = true;
        }
    }
    free(seen);
    return good;
}

/* Elements of a row are in the order of the flux table, whatever the order of the rows. */
void fe_covar_of_table(const fe_table *t, fe_estimate *e)
{
    const fe_column *row = fe_table_find(t, ROW), *value = fe_table_find(t, VALUE);
    size_t *place = FE_NEWN(size_t, e->n ? e->n : 1);

    if (value && value->type != FE_COL_STRING && value->width == e->n && find_places(t, row, e->n, place)) {
        double *covar = fe_estimate_covar(e);

        for (size_t i = 0; i < e->n; i++)
            for (size_t j = 0; j < e->n; j++)
                covar[place[i] * e->n + j] = fe_column_number(value, i, j);
    } else {
        fe_note(FE_NOTE_WARN, &(fe_where){ e->file, t->name, 0 }, "covariance not used: expected rows 1 to %zu and a "
                "column %s of %zu elements", e->n, VALUE, e->n);
    }
    free(place);
}

bool fe_covar_same(const fe_estimate *e, const fe_estimate *was)
{
    if (!e->covar || !was->covar)
        return !e->covar && !was->covar;
    return e->n == was->n && (e->n == 0 || !memcmp(e->covar, was->covar, e->n * e->n * sizeof *e->covar));
}
