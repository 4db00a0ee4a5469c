#include "io/json.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/cells.h"
#include "io/ecsv_meta.h"
#include "io/yaml.h"

bool fe_json_sniff(const fe_bytes *b)
{
    const char *s = (const char *)b->data;

    while (b->n && isspace((unsigned char)*s))
        s++;
    return b->n && fe_text_is(b) && (*s == '{' || *s == '[');
}

/* ---- reading: JSON is YAML, so the tree is there already ----------------------------------------------------- */

static const fe_yaml_node *rows_of(const fe_yaml_node *root)
{
    const fe_yaml_node *rows = fe_yaml_is_map(root) ? fe_yaml_get(root, "rows") : root;

    return fe_yaml_is_map(rows) || fe_yaml_text(rows) ? NULL : rows;
}

static bool has(const fe_strv *list, const char *word)
{
    for (size_t i = 0; i < list->n; i++)
        if (!strcmp(list->s[i], word))
            return true;
    return false;
}

/* Names of all rows, in the order they appear. */
static int collect_names(const fe_yaml_node *rows, fe_strv *names, const char *file, fe_err *err)
{
    for (size_t row = 0; row < fe_yaml_size(rows); row++) {
        const fe_yaml_node *object = fe_yaml_item(rows, row);

        if (!fe_yaml_is_map(object))
            return fe_fail(err, FE_EDATA, &(fe_where){ file, NULL, (long)row + 1 },
                           "not an object {\"name\": value, ...}");
        for (size_t k = 0; k < fe_yaml_size(object); k++)
            if (k >= names->n || strcmp(names->s[k], fe_yaml_key(object, k)))
                if (!has(names, fe_yaml_key(object, k)))
                    fe_strv_add(names, fe_yaml_key(object, k));
    }
    return 0;
}

/* Cells of one name over all rows, and whether they are strings: quotes decide. */
static bool collect_cells(const fe_yaml_node *rows, const char *name, fe_cells *cells)
{
    bool quoted = false;

    for (size_t row = 0; row < cells->n_rows; row++) {
        const fe_yaml_node *value = fe_yaml_get(fe_yaml_item(rows, row), name);
        fe_str text = { 0 };

        fe_str_add(&text, "");
        quoted |= fe_yaml_is_quoted(value);
        if (value)
            (fe_yaml_text(value) ? fe_str_add(&text, fe_yaml_text(value)) : fe_ecsv_print_node(value, &text));
        fe_strv_add(&cells->cell, text.s);
        fe_str_free(&text);
    }
    return quoted;
}

static int add_column(const fe_yaml_node *rows, const char *name, const char *unit, fe_table *t, const char *file,
                      fe_err *err)
{
    fe_cells cells = { .file = file, .n_rows = t->n_rows, .n_cols = 1 };
    int rc;

    if (collect_cells(rows, name, &cells))
        rc = fe_cells_fill(&cells, 0, fe_table_add(t, name, FE_COL_STRING, unit, 1), err);
    else
        rc = fe_cells_add_column(&cells, 0, t, name, unit, err);
    fe_cells_free(&cells);
    return rc;
}

static int read_table(const fe_yaml_node *root, fe_document *doc, fe_err *err)
{
    const fe_yaml_node *rows = rows_of(root), *units = fe_yaml_get(root, "units");
    fe_strv names = { 0 };
    fe_table *t;
    int rc;

    if (!rows)
        return fe_fail(err, FE_EDATA, &(fe_where){ doc->file, NULL, 0 },
                       "JSON without rows: expected [{...}, ...] or {\"rows\": [{...}, ...]}");
    t = fe_document_add(doc, fe_table_new("", fe_yaml_size(rows)));
    fe_ecsv_read_meta(fe_yaml_get(root, "meta"), NULL, &t->meta);
    for (size_t k = 0; !t->n_rows && k < fe_yaml_size(units); k++)      /* no row names the columns: the units do */
        fe_strv_add(&names, fe_yaml_key(units, k));
    rc = collect_names(rows, &names, doc->file, err);
    for (size_t k = 0; rc == 0 && k < names.n; k++) {
        const char *unit = fe_yaml_text(fe_yaml_get(units, names.s[k]));

        rc = add_column(rows, names.s[k], unit ? unit : "", t, doc->file, err);
    }
    if (rc == 0 && !t->n_cols)
        rc = fe_fail(err, FE_EDATA, &(fe_where){ doc->file, NULL, 0 }, "JSON without columns");
    fe_strv_free(&names);
    return rc;
}

int fe_json_read(const fe_bytes *b, fe_document **out, fe_err *err)
{
    const char *text = fe_text_start(b, err);
    fe_document *doc = NULL;
    fe_yaml *yaml;
    int rc = -1;

    *out = NULL;
    if (!text || !(yaml = fe_yaml_parse(text, strlen(text), b->name, err)))
        return -1;
    doc = fe_document_new(b->name);
    rc = read_table(fe_yaml_root(yaml), doc, err);
    if (rc < 0) {
        fe_document_free(doc);
        doc = NULL;
    }
    *out = doc;
    fe_yaml_free(yaml);
    return rc;
}

/* ---- writing ----------------------------------------------------------------------------------------------- */

static void print_member(const char *key, bool first, const char *indent, fe_str *out)
{
    fe_str_addf(out, "%s%s", first ? "" : ",", indent);
    fe_text_quote(key, out);
    fe_str_add(out, ": ");
}

/* Keywords that stand several times are one text: an object has a name once. */
static void print_meta(const fe_metalist *list, fe_str *out)
{
    fe_str text = { 0 };
    bool first = true;

    for (size_t i = 0; i < list->n; i++) {
        const fe_meta *m = &list->m[i];

        if (fe_meta_find(list, m->key) != m)
            continue;
        print_member(m->key, first, "\n    ", out);
        first = false;
        text.len = 0;
        fe_str_add(&text, m->text);
        for (size_t k = i + 1; k < list->n; k++)
            if (fe_str_equal_nocase(list->m[k].key, m->key))
                fe_str_addf(&text, "\n%s", list->m[k].text);
        if (m->type == FE_META_BOOL)
            fe_str_add(out, m->number ? "true" : "false");
        else if (m->type == FE_META_NUMBER && !isfinite(m->number))
            fe_str_add(out, isnan(m->number) ? "null" : m->number < 0 ? "-1e999" : "1e999");
        else if (m->type == FE_META_NUMBER)
            fe_ecsv_print_number(m->number, out);
        else if (m->type == FE_META_INT && fabs(m->number) < 9007199254740992.0)
            fe_str_addf(out, "%.0f", m->number);
        else
            fe_text_quote(text.s, out);
    }
    fe_str_free(&text);
}

static void print_row(const fe_table *t, size_t row, fe_str *out)
{
    fe_str_add(out, row ? ",\n    {" : "\n    {");
    for (size_t k = 0; k < t->n_cols; k++) {
        const fe_column *c = &t->col[k];

        print_member(c->name, k == 0, k ? " " : "", out);
        if (c->n_dim || c->width != 1)
            fe_cell_print_list(c, row, &fe_words_json, out);
        else if (c->type == FE_COL_STRING)
            fe_text_quote(fe_column_string(c, row, 0), out);
        else
            fe_element_print(c, row, &fe_words_json, out);
    }
    fe_str_add(out, "}");
}

int fe_json_write(const fe_document *doc, fe_str *out, fe_err *err)
{
    const fe_table *t = fe_document_first(doc);

    if (!t || !t->n_cols)
        return fe_fail(err, FE_EDATA, &(fe_where){ doc->file, NULL, 0 }, "no table to write");
    fe_str_add(out, "{\n  \"meta\": {");
    print_meta(&t->meta, out);
    fe_str_add(out, "\n  },\n  \"units\": {");
    for (size_t k = 0; k < t->n_cols; k++) {
        print_member(t->col[k].name, k == 0, k ? " " : "", out);
        fe_text_quote(t->col[k].unit, out);
    }
    fe_str_add(out, "},\n  \"rows\": [");
    for (size_t row = 0; row < t->n_rows; row++)
        print_row(t, row, out);
    fe_str_add(out, "\n  ]\n}\n");
    return 0;
}
