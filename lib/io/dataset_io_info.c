/* What a dataset says of itself: name, run, times. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/note.h"
#include "io/beside.h"
#include "io/dataset_io_parts.h"
#include "io/gti_io.h"
#include "io/yaml.h"
#include "phys/const.h"
#include "phys/units.h"

/* ---- META_TABLE: one row; of a stacked dataset cells of one value for each run ------------------------------ */

/* What all runs have in common. */
static void add_text(const fe_column *c, fe_metalist *meta)
{
    for (size_t k = 1; k < c->width; k++)
        if (strcmp(fe_column_string(c, 0, k), fe_column_string(c, 0, 0)))
            return;
    fe_meta_set(meta, c->name, FE_META_STRING, fe_column_string(c, 0, 0), NULL);
}

static void add_number(const fe_column *c, fe_metalist *meta)
{
    double x = fe_column_number(c, 0, 0);

    for (size_t k = 1; k < c->width; k++)
        if (fe_column_number(c, 0, k) != x)
            return;
    if (!isnan(x))
        fe_meta_set_number(meta, c->name, x, NULL);
}

static void read_meta(const fe_document *doc, fe_metalist *meta)
{
    const fe_table *t = fe_document_table(doc, "META_TABLE");

    for (size_t k = 0; t && t->n_rows == 1 && k < t->n_cols; k++) {
        const fe_column *c = &t->col[k];

        (c->type == FE_COL_STRING ? add_text : add_number)(c, meta);
    }
}

/* How many runs a META_TABLE has: its cells hold one value for each. */
static size_t count_runs(const fe_table *t)
{
    const fe_column *c = fe_table_find(t, "OBS_ID");

    return c ? c->width : 1;
}

fe_table *fe_dataset_read_runs(const fe_map_file *f)
{
    const fe_table *t = fe_document_table(fe_map_file_document(f), "META_TABLE");
    fe_table *runs;
    size_t n;

    if (!t || t->n_rows != 1)
        return NULL;
    n = count_runs(t);
    runs = fe_table_new(t->name, n);
    for (size_t k = 0; k < t->n_cols; k++) {
        const fe_column *c = &t->col[k];

        if (c->width == n)
            fe_column_copy(c, 0, fe_table_add(runs, c->name, c->type, c->unit, 1), 0, n);
    }
    return runs;
}

/* ---- times -------------------------------------------------------------------------------------------------- */

static void complete_reference(fe_table *t)
{
    if (!fe_meta_find(&t->meta, "MJDREF") && !fe_meta_find(&t->meta, "MJDREFI")) {
        fe_note(FE_NOTE_SAID, NULL, "good time intervals without MJDREF: %.0f is assumed", FE_MJDREF_TT);
        fe_meta_set_number(&t->meta, "MJDREFI", FE_MJDREF_TT, NULL);
    }
    if (!fe_meta_find(&t->meta, "TIMESYS")) {
        fe_note(FE_NOTE_SAID, NULL, "good time intervals without TIMESYS: TT is assumed");
        fe_meta_set(&t->meta, "TIMESYS", FE_META_STRING, "TT", NULL);
    }
}

static int read_gti(const fe_document *doc, fe_gti **out, fe_err *err)
{
    fe_table *t = fe_document_table(doc, "GTI");

    *out = NULL;
    if (!t || t->n_rows == 0)
        return 0;
    complete_reference(t);
    *out = fe_gti_of_table(t);
    if (!*out)
        return fe_fail(err, FE_EDATA, &(fe_where){ doc->file, t->name, 0 }, "there are no columns START and STOP");
    return fe_gti_check(*out, doc->file, t->name, err);
}

/* The table says it, or the primary header. */
static char *known_text(const fe_metalist *meta, const fe_metalist *primary, const char *key)
{
    const char *text = fe_meta_text(meta, key) ? fe_meta_text(meta, key) : fe_meta_text(primary, key);

    return fe_strdup(!text || fe_str_equal_nocase(text, "unknown") ? "" : text);
}

/* JSON is YAML: {"livetime": "1581.7 s"}.  Region maps have lost it. */
double fe_dataset_livetime(const fe_map_file *f)
{
    fe_metalist meta = { 0 };
    const char *text, *livetime;
    fe_yaml *yaml;
    double seconds = NAN;

    fe_map_file_meta(f, "EXPOSURE", &meta);
    text = fe_meta_text(&meta, "META");
    yaml = text ? fe_yaml_parse(text, strlen(text), "META", NULL) : NULL;
    livetime = yaml ? fe_yaml_text(fe_yaml_get(fe_yaml_root(yaml), "livetime")) : NULL;
    if (livetime && (fe_quantity_parse(livetime, "s", &seconds, NULL) < 0 || !(seconds > 0)))
        seconds = NAN;
    fe_yaml_free(yaml);
    fe_metalist_free(&meta);
    return seconds;
}

int fe_dataset_read_info(const fe_map_file *f, fe_metalist *meta, fe_dataset_info *info, fe_gti **gti, fe_err *err)
{
    const fe_document *doc = fe_map_file_document(f);
    const char *name = fe_meta_text(&doc->primary, "NAME"), *id;

    *info = (fe_dataset_info){ .mjd_start = NAN, .mjd_stop = NAN };
    if (read_gti(doc, gti, err) < 0)
        return -1;
    read_meta(doc, meta);
    id = fe_meta_text(meta, "OBS_ID");
    info->name = name && *name ? fe_strdup(name) : id && *id ? fe_strdup(id) : fe_path_stem(doc->file);
    info->file = fe_strdup(doc->file);
    info->telescop = known_text(meta, &doc->primary, "TELESCOP");
    info->instrume = known_text(meta, &doc->primary, "INSTRUME");
    fe_info_set_times(info, *gti, fe_dataset_livetime(f));
    return 0;
}

int fe_dataset_get_info(const fe_bytes *b, fe_dataset_info *out, fe_err *err)
{
    fe_map_file *f = fe_map_file_open(b, err);
    fe_metalist meta = { 0 };
    fe_gti *gti = NULL;
    int rc = f ? fe_dataset_read_info(f, &meta, out, &gti, err) : -1;

    if (rc == 0)
        out->meta = meta;
    else
        fe_metalist_free(&meta);
    fe_gti_free(gti);
    fe_map_file_close(f);
    return rc;
}
