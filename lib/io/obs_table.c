#include "io/obs_table.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/format.h"
#include "io/run_index.h"

typedef struct joined {
    const fe_feed *inner;
    fe_document *doc;
    const fe_table *table;
    const fe_column *key;
    fe_run_index *runs;
} joined;

static int find_row(const joined *x, const fe_dataset_info *info, size_t *row, fe_err *err)
{
    const char *name = info->name ? info->name : "";
    size_t n_found;
    const size_t *found = fe_run_index_find(x->runs, name, &n_found);

    if (n_found == 1) {
        *row = *found;
        return 0;
    }
    return fe_fail(err, FE_EDATA, &(fe_where){ x->doc->file, NULL, 0 }, "OBS_ID %s (%s) is there %zu times, expected once",
                   name, info->file ? info->file : "", n_found);
}

static void add_columns(const joined *x, size_t row, fe_metalist *meta)
{
    for (size_t k = 0; k < x->table->n_cols; k++) {
        const fe_column *c = &x->table->col[k];

        if (c == x->key || c->width != 1)
            continue;
        fe_meta_remove(meta, c->name);
        if (c->type == FE_COL_STRING)
            fe_meta_set(meta, c->name, FE_META_STRING, fe_column_string(c, row, 0), NULL);
        else
            fe_meta_set_number(meta, c->name, fe_column_number(c, row, 0), NULL);
    }
}

static int get_info(void *ctx, size_t i, fe_dataset_info *info, fe_err *err)
{
    joined *x = ctx;
    size_t row = 0;

    if (x->inner->info(x->inner->ctx, i, info, err) < 0)
        return -1;
    if (find_row(x, info, &row, err) < 0) {
        fe_dataset_info_free(info);
        return -1;
    }
    add_columns(x, row, &info->meta);
    return 0;
}

static int open_dataset(void *ctx, size_t i, fe_dataset **dataset, fe_err *err)
{
    const fe_feed *inner = ((joined *)ctx)->inner;

    return inner->open(inner->ctx, i, dataset, err);
}

fe_feed *fe_obs_table_join(const fe_feed *inner, const char *path, fe_err *err)
{
    joined *x;
    fe_feed *feed;
    fe_document *doc = fe_document_read(path, err);
    const fe_table *table = doc ? fe_document_first(doc) : NULL;
    const fe_column *key = table ? fe_table_find(table, "OBS_ID") : NULL;

    if (doc && !key)
        fe_fail(err, FE_EDATA, &(fe_where){ doc->file, NULL, 0 }, "there is no column OBS_ID to join the datasets on");
    if (!key) {
        fe_document_free(doc);
        return NULL;
    }
    x = FE_NEW(joined);
    *x = (joined){ inner, doc, table, key, fe_run_index_new(key, table->n_rows) };
    feed = FE_NEW(fe_feed);
    *feed = (fe_feed){ x, inner->n, get_info, open_dataset };
    return feed;
}

void fe_obs_table_free(fe_feed *feed)
{
    joined *x = feed ? feed->ctx : NULL;

    if (!x)
        return;
    fe_run_index_free(x->runs);
    fe_document_free(x->doc);
    free(x);
    free(feed);
}
