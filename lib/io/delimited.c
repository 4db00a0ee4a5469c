#include "io/delimited.h"

#include <string.h>

#include "base/num.h"
#include "io/cells.h"

enum { N_SNIFFED = 10 };            /* lines looked at */

/* Every line has as many delimiters as the first, at least one, and the first line holds names. */
static bool is_delimited(const fe_bytes *b, char delimiter)
{
    const char *s = fe_text_is(b) ? fe_cells_skip((const char *)b->data) : NULL;
    size_t first = 0;

    for (size_t i = 0; s && i < N_SNIFFED; i++) {
        fe_strv cells = { 0 };
        size_t n;
        double x;
        bool names;

        s = fe_cells_line(s, delimiter, &cells);
        n = cells.n;
        names = first || (n && fe_num_parse(cells.s[0], &x) < 0);
        fe_strv_free(&cells);
        if (!s)                                 /* the reader will name the open quote */
            break;
        if (n < 2 || !names || (first && n != first))
            return false;
        first = n;
        s = fe_cells_skip(s);
    }
    return first > 0;
}

bool fe_tsv_sniff(const fe_bytes *b)
{
    return is_delimited(b, '\t');
}

/* A comma outside quotes in the first line: rows of another length are named by the reader. */
bool fe_csv_sniff(const fe_bytes *b)
{
    const char *s = fe_text_is(b) ? fe_cells_skip((const char *)b->data) : NULL;
    fe_strv cells = { 0 };
    bool yes = s && fe_cells_line(s, ',', &cells) && cells.n > 1;

    fe_strv_free(&cells);
    return yes;
}

int fe_header_read(const char *text, char delimiter, const char *file, fe_strv *names, fe_strv *units,
                   const char **body, fe_err *err)
{
    const fe_where where = { file, NULL, 0 };
    const char *next;

    if (!(text = fe_cells_skip(text)))
        return fe_fail(err, FE_EDATA, &where, "no line of column names, only comments");
    if (!(text = fe_cells_line(text, delimiter, names)))
        return fe_fail(err, FE_EDATA, &where, "line of column names: a quote is not closed");
    for (size_t k = 0; k < names->n; k++) {
        double x;

        if (!*names->s[k])
            return fe_fail(err, FE_EDATA, &where, "column %zu has no name", k + 1);
        for (size_t j = 0; j < k; j++)
            if (!strcmp(names->s[j], names->s[k]))
                return fe_fail(err, FE_EDATA, &where, "columns %zu and %zu have the same name (%.40s)", j + 1, k + 1,
                               names->s[k]);
        if (fe_num_parse(names->s[k], &x) == 0)
            return fe_fail(err, FE_EDATA, &where, "no line of column names: the first line holds the number %.40s",
                           names->s[k]);
    }
    *body = text;
    next = fe_cells_skip(text);
    if (next && (next = fe_cells_line(next, delimiter, units)) && units->n == names->n && fe_cells_are_units(units))
        *body = next;
    else
        fe_strv_free(units);
    for (size_t k = 0; k < units->n; k++)
        fe_cells_strip_unit(units->s[k]);
    return 0;
}

int fe_rows_read(const char *body, char delimiter, const char *file, const fe_strv *names, const fe_strv *units,
                 fe_document **out, fe_err *err)
{
    fe_cells cells = { .file = file, .n_cols = names->n };
    fe_document *doc = NULL;
    int rc = fe_cells_read(&cells, body, delimiter, err);

    if (rc == 0) {
        fe_table *t;

        doc = fe_document_new(file);
        t = fe_document_add(doc, fe_table_new("", cells.n_rows));
        for (size_t k = 0; rc == 0 && k < names->n; k++)
            rc = fe_cells_add_column(&cells, k, t, names->s[k], k < units->n ? units->s[k] : "", err);
    }
    if (rc < 0) {
        fe_document_free(doc);
        doc = NULL;
    }
    *out = doc;
    fe_cells_free(&cells);
    return rc;
}

static int read_delimited(const fe_bytes *b, char delimiter, fe_document **out, fe_err *err)
{
    const char *text = fe_text_start(b, err), *body;
    fe_strv names = { 0 }, units = { 0 };
    int rc = -1;

    *out = NULL;
    if (text && fe_header_read(text, delimiter, b->name, &names, &units, &body, err) == 0)
        rc = fe_rows_read(body, delimiter, b->name, &names, &units, out, err);
    fe_strv_free(&names);
    fe_strv_free(&units);
    return rc;
}

int fe_csv_read(const fe_bytes *b, fe_document **out, fe_err *err)
{
    return read_delimited(b, ',', out, err);
}

int fe_tsv_read(const fe_bytes *b, fe_document **out, fe_err *err)
{
    return read_delimited(b, '\t', out, err);
}

/* ---- writing ----------------------------------------------------------------------------------------------- */

static void print_cell(const fe_column *c, size_t row, char delimiter, fe_str *cell, fe_str *out)
{
    cell->len = 0;
    fe_str_add(cell, "");
    if (c->n_dim || c->width != 1)
        fe_cell_print_list(c, row, &fe_words_json, cell);
    else
        fe_element_print(c, row, &fe_words_text, cell);
    fe_cell_print_csv(cell->s, delimiter, out);
}

static int write_delimited(const fe_document *doc, char delimiter, fe_str *out, fe_err *err)
{
    const fe_table *t = fe_document_first(doc);
    fe_str cell = { 0 };

    if (!t || !t->n_cols)
        return fe_fail(err, FE_EDATA, &(fe_where){ doc->file, NULL, 0 }, "no table to write");
    for (size_t k = 0; k < t->n_cols; k++) {
        fe_str_addn(out, &delimiter, k > 0);
        fe_cell_print_csv(t->col[k].name, delimiter, out);
    }
    fe_str_add(out, "\n");
    for (size_t row = 0; row < t->n_rows; row++) {
        size_t before = out->len;

        for (size_t k = 0; k < t->n_cols; k++) {
            fe_str_addn(out, &delimiter, k > 0);
            print_cell(&t->col[k], row, delimiter, &cell, out);
        }
        fe_str_add(out, out->len == before ? "\"\"\n" : "\n");      /* an empty line would be no row */
    }
    fe_str_free(&cell);
    return 0;
}

int fe_csv_write(const fe_document *doc, fe_str *out, fe_err *err)
{
    return write_delimited(doc, ',', out, err);
}

int fe_tsv_write(const fe_document *doc, fe_str *out, fe_err *err)
{
    return write_delimited(doc, '\t', out, err);
}
