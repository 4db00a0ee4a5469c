/* Estimates -> documents: the flux table and what stands beside it; what came with a file passes through untouched. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "base/str.h"
#include "io/covar_io.h"
#include "io/gadf.h"
#include "io/gadf_layout.h"
#include "io/gti_io.h"
#include "io/history.h"
#include "io/model_io.h"

/* ---- copies of what passes through -------------------------------------------------------------------------- */

static fe_table *copy_table(const fe_table *from)
{
    fe_table *t = fe_table_new(from->name, from->n_rows);

    for (size_t k = 0; k < from->n_cols; k++)
        fe_column_copy(&from->col[k], 0, fe_column_like(t, &from->col[k], from->col[k].width), 0,
                       t->n_rows * from->col[k].width);
    fe_metalist_copy(&t->meta, &from->meta);
    return t;
}

static void copy_part(fe_document *doc, const fe_part *part)
{
    fe_part *copy;

    if (part->table) {
        fe_document_add(doc, copy_table(part->table));
        return;
    }
    FE_GROW(doc->part, doc->n_parts, doc->cap_parts);
    copy = &doc->part[doc->n_parts++];
    *copy = (fe_part){ NULL, fe_strdup(part->name), fe_alloc(part->n_raw, 1), part->n_raw };
    if (part->n_raw)
        memcpy(copy->raw, part->raw, part->n_raw);
}

/* ---- model, good time intervals, covariance -------------------------------------------------------------------------- */

static char *model_text(const fe_estimate *e)
{
    fe_models *models;
    fe_str text = { 0 };

    if (e->model_yaml || !e->model)
        return fe_strdup(e->model_yaml);
    models = fe_models_new();
    fe_models_add(models, e->source && e->n && e->source[0] ? e->source[0] : "source", fe_spectrum_copy(e->model));
    fe_models_print_yaml(models, &text);
    fe_models_free(models);
    return text.s;
}

static bool same_gti(const fe_gti *a, const fe_gti *b)
{
    if (!a || !b)
        return a == b;
    return a->n == b->n && a->mjdref_i == b->mjdref_i && a->mjdref_f == b->mjdref_f &&
           !strcmp(a->timesys, b->timesys) &&
           (!a->n || (!memcmp(a->start_s, b->start_s, a->n * sizeof *a->start_s) &&
                      !memcmp(a->stop_s, b->stop_s, a->n * sizeof *a->stop_s)));
}

typedef struct beside {             /* tables beside the flux table: NULL = none, or as it came */
    fe_table *model, *gti, *covar, *history;
    bool model_same, gti_same, covar_same;
} beside;

/* order_kept: rows of the estimate stand where they stood in the file. */
static beside make_beside(const fe_estimate *e, const fe_estimate *was, const fe_cell_map *map, bool order_kept)
{
    beside b = { .gti_same = was && same_gti(e->gti, was->gti),
                 .covar_same = was && fe_covar_same(e, was) && (order_kept || !e->covar) };
    char *yaml = model_text(e);

    b.model_same = was && (yaml && was->model_yaml ? !strcmp(yaml, was->model_yaml) : !yaml && !was->model_yaml);
    if (yaml && !b.model_same)
        b.model = fe_table_of_model(yaml);
    if (e->gti && !b.gti_same)
        b.gti = fe_gti_to_table(e->gti);
    if (!b.covar_same)
        b.covar = fe_covar_to_table(e, map->row);
    free(yaml);
    return b;
}

/* ---- the flux table ----------------------------------------------------------------------------------------- */

static bool is_identity(const fe_cell_map *map)
{
    for (size_t i = 0; i < map->n_outer * map->n_inner; i++)
        if (map->row[i] != i)
            return false;
    return true;
}

static bool same_metalist(const fe_metalist *a, const fe_metalist *b)
{
    if (a->n != b->n)
        return false;
    for (size_t i = 0; i < a->n; i++)
        if (strcmp(a->m[i].key, b->m[i].key) || strcmp(a->m[i].text, b->m[i].text))
            return false;
    return true;
}

static fe_table *make_flux_table(fe_table_job *job, fe_err *err)
{
    const fe_estimate *e = job->e;
    bool gadf = job->layout->gadf;
    fe_bins bins = FE_BINS_NONE;
    fe_out_list list = { 0 };
    fe_meta_state state;
    fe_table *t;

    job->map = fe_cell_map_make(e, gadf);
    if (job->old) {
        fe_grid old = fe_table_grid(job->old, job->was->type);

        job->same_shape = old.n_outer == job->map.n_outer && old.n_inner == job->map.n_inner && is_identity(&job->map);
    }
    if (job->layout->series)
        bins = FE_BINS_MADE;
    else if (job->same_layout && job->same_shape && !job->layout->stated)
        bins = FE_BINS_STAY;
    fe_layout_columns(e, job->was, gadf, gadf && !(job->same_layout && job->was->type == e->type), bins, &list);
    t = fe_table_of_columns(job, &list, err);
    free(list.c);
    if (!t)
        return NULL;
    if (job->old)
        fe_metalist_copy(&t->meta, &job->old->meta);
    state = !job->same_layout ? FE_META_NEW : job->changed ? FE_META_SAME_LAYOUT : FE_META_SAME;
    fe_meta_of_estimate(e, job->was, gadf, state, &t->meta);
    if (job->bins_made && job->layout->series)
        fe_meta_of_series(t);
    else if (job->old && fe_table_find(job->old, "time_bin_start") && !fe_table_find(t, "time_bin_start"))
        fe_meta_forget_instants(&t->meta);
    job->changed |= !job->old || !same_metalist(&t->meta, &job->old->meta);
    return t;
}

/* ---- the document ------------------------------------------------------------------------------------------- */

/* Does this part make way for a new one, or fall away? */
static bool is_replaced(const fe_part *part, const beside *b)
{
    const char *name = part->table ? part->table->name : "";

    return (fe_str_equal_nocase(name, "REFMODEL") && !b->model_same) ||
           (fe_str_equal_nocase(name, "GTI") && !b->gti_same) ||
           (fe_str_equal_nocase(name, FE_COVAR_TABLE) && !b->covar_same);
}

/* Tables of one name are told apart by EXTVER (FITS standard 4.0, 4.4.2.6), 1 where it is not said. */
static void number_history(const fe_document *doc, fe_table *history)
{
    size_t version = 1;
    char text[FE_NUM_SIZE];

    for (size_t i = 0; i < doc->n_parts; i++)
        if (doc->part[i].table && fe_str_equal_nocase(doc->part[i].table->name, history->name))
            version++;
    if (version > 1)
        fe_meta_set(&history->meta, "EXTVER", FE_META_INT, fe_num_format((double)version, text), "histories, oldest first");
}

static void add_beside(fe_document *doc, const beside *b)
{
    if (b->model)
        fe_document_add(doc, b->model);
    if (b->gti)
        fe_document_add(doc, b->gti);
    if (b->covar)
        fe_document_add(doc, b->covar);
}

static fe_document *assemble(const fe_document *from, const fe_table *old, fe_table *flux, const beside *b)
{
    fe_document *doc = fe_document_new(from ? from->file : "");

    if (!from)
        fe_document_add(doc, flux);
    else
        fe_metalist_copy(&doc->primary, &from->primary);
    for (size_t i = 0; from && i < from->n_parts; i++) {
        if (from->part[i].table == old)
            fe_document_add(doc, flux);
        else if (!is_replaced(&from->part[i], b))
            copy_part(doc, &from->part[i]);
    }
    add_beside(doc, b);
    if (b->history) {
        number_history(doc, b->history);
        fe_document_add(doc, b->history);
    }
    doc->format = from ? from->format : NULL;
    return doc;
}

/* Was the file one that holds the layout asked for now?  A series says so; else FITS holds gadf, the rest flat tables. */
static bool is_same_layout(const fe_document *from, const fe_layout *layout)
{
    bool fits = from->format ? !strcmp(from->format, "fits") : layout->gadf;
    bool series = fe_table_find(fe_document_flux_table(from), "time_bin_start") != NULL;

    if (fe_document_is_bare(from) != layout->bare || (series != layout->series && layout->stated))
        return false;
    return layout->series || fits == layout->gadf;
}

static fe_slot *slots_of(const fe_table *t)
{
    fe_slot *slot = FE_NEWN(fe_slot, t->n_cols);

    for (size_t k = 0; k < t->n_cols; k++)
        slot[k] = fe_slot_of_column(t->col[k].name);
    return slot;
}

int fe_estimate_table(const fe_estimate *e, const fe_layout *layout, fe_table **out, fe_err *err)
{
    fe_table_job job = { .e = e, .layout = layout };

    *out = make_flux_table(&job, err);
    free(job.map.row);
    return *out ? 0 : -1;
}

fe_document *fe_estimate_beside(const fe_estimate *e)
{
    fe_cell_map none = { 0 };
    beside b = make_beside(e, NULL, &none, true);
    fe_document *doc = fe_document_new("");

    add_beside(doc, &b);
    return doc;
}

fe_document *fe_estimate_document(const fe_estimate *e, const fe_document *from, const fe_layout *layout, fe_err *err)
{
    const fe_table *old = from ? fe_document_flux_table(from) : NULL;
    fe_table_job job = { .e = e, .old = old, .layout = layout, .same_layout = old && is_same_layout(from, layout) };
    fe_estimate *was = NULL;
    fe_document *doc = NULL;
    fe_table *flux;
    beside b;

    if (layout->series && fe_layout_check_series(e, err) < 0)
        return NULL;
    if (old && fe_estimate_of_table(from, old, -1, &was, err) < 0)
        return NULL;
    job.was = was;
    job.old_slot = old ? slots_of(old) : NULL;
    job.no_units = old && fe_document_is_bare(from);
    flux = make_flux_table(&job, err);
    if (flux) {
        b = make_beside(e, was, &job.map, is_identity(&job.map));
        job.changed |= !old || !b.model_same || !b.gti_same || !b.covar_same;
        if (old && !job.changed) {
            free(flux->name);
            flux->name = fe_strdup(old->name);
        }
        if (layout->history && (job.changed || !job.same_layout))
            b.history = fe_history_table();
        doc = assemble(old ? from : NULL, old, flux, &b);
    }
    free(job.map.row);
    free(job.old_slot);
    fe_estimate_free(was);
    return doc;
}
