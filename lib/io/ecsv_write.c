#include "io/ecsv.h"

#include <string.h>

#include "base/note.h"
#include "io/cells.h"
#include "io/ecsv_meta.h"

static const fe_words words_body = { "nan", "inf", "True", "False" };
static const fe_words words_list = { "NaN", "Infinity", "true", "false" };      /* what Python's json reads */
static const fe_words words_yaml = { ".nan", ".inf", "true", "false" };

static bool is_list(const fe_column *c)
{
    return c->n_dim || c->width != 1;
}

/* "{name: e_ref, unit: TeV, datatype: float64, description: ...", open at the end. */
static void print_spec(const fe_column *c, size_t n_rows, fe_str *out)
{
    fe_str_add(out, "{name: ");
    fe_ecsv_print_string(c->name, out);
    if (*c->unit && !fe_ecsv_is_time(c)) {
        fe_str_add(out, ", unit: ");
        fe_ecsv_print_string(c->unit, out);
    }
    fe_str_addf(out, ", datatype: %s", is_list(c) ? "string" : fe_ecsv_datatype(c, n_rows));
    if (is_list(c)) {
        fe_str_addf(out, ", subtype: '%s[", fe_ecsv_datatype(c, n_rows));
        for (size_t d = c->n_dim; d-- > 0;)
            fe_str_addf(out, "%zu%s", c->dim[d], d ? "," : "");
        if (!c->n_dim)
            fe_str_addf(out, "%zu", c->width);
        fe_str_add(out, "]'");
    }
    if (c->comment && *c->comment) {
        fe_str_add(out, ", description: ");
        fe_ecsv_print_string(c->comment, out);
    }
}

static void print_values(const fe_column *c, size_t n_rows, fe_str *out)
{
    fe_str_add(out, ", values: [");
    for (size_t row = 0; row < n_rows; row++) {
        fe_str_add(out, row ? ", " : "");
        if (is_list(c))
            fe_cell_print_list(c, row, &words_yaml, out);
        else if (c->type == FE_COL_STRING)
            fe_text_quote(fe_column_string(c, row, 0), out);
        else if (c->type == FE_COL_DOUBLE)
            fe_ecsv_print_number(c->v.d[row], out);
        else
            fe_element_print(c, row, &words_yaml, out);
    }
    fe_str_add(out, "]");
}

static void print_further(const fe_table *t, fe_str *out)
{
    fe_str_add(out, "#   - name: ");
    fe_ecsv_print_string(t->name, out);
    fe_str_add(out, "\n");
    if (t->meta.n) {
        fe_str_add(out, "#     meta:\n");
        fe_ecsv_print_meta(&t->meta, "#       ", out);
    }
    fe_str_add(out, t->n_cols ? "#     columns:\n" : "#     columns: []\n");
    for (size_t k = 0; k < t->n_cols; k++) {
        fe_str_add(out, "#     - ");
        print_spec(&t->col[k], t->n_rows, out);
        print_values(&t->col[k], t->n_rows, out);
        fe_str_add(out, "}\n");
    }
}

/* The parts behind the main table; images have no place in a text. */
static void print_parts(const fe_document *doc, const fe_table *main, fe_str *out)
{
    bool any = false;

    for (size_t i = 0; i < doc->n_parts; i++) {
        const fe_part *part = &doc->part[i];

        if (!part->table)
            fe_note(FE_NOTE_WARN, &(fe_where){ doc->file, part->name, 0 }, "no table: left out of the ECSV file");
        if (!part->table || part->table == main)
            continue;
        fe_str_add(out, any ? "" : "#   " FE_ECSV_TABLES ":\n");
        any = true;
        print_further(part->table, out);
    }
}

static void print_meta(const fe_document *doc, const fe_table *t, fe_str *out)
{
    fe_str meta = { 0 };

    fe_str_add(&meta, "");
    if (*t->name) {
        fe_str_add(&meta, "#   EXTNAME: ");
        fe_ecsv_print_string(t->name, &meta);
        fe_str_add(&meta, "\n");
    }
    fe_ecsv_print_times(t, &meta);
    fe_ecsv_print_meta(&t->meta, "#   ", &meta);
    if (doc->primary.n) {
        fe_str_add(&meta, "#   " FE_ECSV_PRIMARY ":\n");
        fe_ecsv_print_meta(&doc->primary, "#     ", &meta);
    }
    print_parts(doc, t, &meta);
    if (meta.len)
        fe_str_addf(out, "# meta:\n%s", meta.s);
    fe_str_free(&meta);
}

static void print_row(const fe_table *t, size_t row, fe_str *cell, fe_str *out)
{
    for (size_t k = 0; k < t->n_cols; k++) {
        const fe_column *c = &t->col[k];

        fe_str_add(out, k ? " " : "");
        cell->len = 0;
        fe_str_add(cell, "");
        if (is_list(c))
            fe_cell_print_list(c, row, &words_list, cell);
        else
            fe_element_print(c, row, &words_body, cell);
        fe_cell_print_csv(cell->s, ' ', out);
    }
    fe_str_add(out, "\n");
}

int fe_ecsv_write(const fe_document *doc, fe_str *out, fe_err *err)
{
    const fe_table *t = fe_document_first(doc);
    fe_str cell = { 0 };

    if (!t || !t->n_cols)
        return fe_fail(err, FE_EDATA, &(fe_where){ doc->file, NULL, 0 }, "no table to write as ECSV");
    fe_str_add(out, "# %ECSV 1.0\n# ---\n# datatype:\n");
    for (size_t k = 0; k < t->n_cols; k++) {
        fe_str_add(out, "# - ");
        print_spec(&t->col[k], t->n_rows, out);
        fe_str_add(out, "}\n");
    }
    print_meta(doc, t, out);
    fe_str_add(out, "# schema: astropy-2.0\n");
    for (size_t k = 0; k < t->n_cols; k++) {
        fe_str_add(out, k ? " " : "");
        fe_cell_print_csv(t->col[k].name, ' ', out);
    }
    fe_str_add(out, "\n");
    for (size_t row = 0; row < t->n_rows; row++)
        print_row(t, row, &cell, out);
    fe_str_free(&cell);
    return 0;
}
