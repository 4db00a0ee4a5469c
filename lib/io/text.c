#include "io/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/opt.h"
#include "io/cells.h"
#include "types/estimate.h"

enum { DIGITS = 6 };

static bool is_status(const fe_column *c)
{
    return c->type != FE_COL_STRING && fe_str_equal_nocase(c->name, fe_quantities[FE_Q_STATUS].name);
}

void fe_cell_print_short(const fe_column *c, size_t row, int digits, fe_str *out)
{
    if (c->n_dim || c->width != 1)
        fe_str_addf(out, "[%zu]", c->width);
    else if (is_status(c) && fe_column_number(c, row, 0) >= 0)
        fe_status_print((unsigned)fe_column_number(c, row, 0), out);
    else if (c->type == FE_COL_DOUBLE && isfinite(c->v.d[row]))
        fe_str_addf(out, "%.*g", digits, c->v.d[row]);
    else
        fe_element_print(c, row, &fe_words_text, out);
}

/* Length on the screen: bytes that go on with a UTF-8 character take no place. */
static size_t columns_of(const char *s)
{
    size_t n = 0;

    for (; *s; s++)
        n += ((unsigned char)*s & 0xC0) != 0x80;
    return n;
}

static void print_padded(const char *text, size_t width, bool left, bool last, fe_str *out)
{
    size_t n = columns_of(text), pad = n < width ? width - n : 0;

    fe_str_addf(out, "%*s%s%*s%s", left ? 0 : (int)pad, "", text, left && !last ? (int)pad : 0, "", last ? "\n" : "  ");
}

/* All cells of the table, two lines of header first; "-" keeps the place of what is empty. */
static void collect(const fe_table *t, fe_strv *cells)
{
    fe_str cell = { 0 }, quoted = { 0 };

    for (size_t k = 0; k < t->n_cols; k++) {
        quoted.len = 0;
        fe_cell_print_csv(t->col[k].name, ' ', &quoted);
        fe_strv_add(cells, quoted.s);
    }
    for (size_t k = 0; k < t->n_cols; k++) {
        cell.len = 0;
        fe_str_addf(&cell, *t->col[k].unit ? "[%s]" : "-%s", t->col[k].unit);
        fe_strv_add(cells, cell.s);
    }
    for (size_t row = 0; row < t->n_rows; row++)
        for (size_t k = 0; k < t->n_cols; k++) {
            cell.len = quoted.len = 0;
            fe_str_add(&cell, "");
            fe_cell_print_short(&t->col[k], row, DIGITS, &cell);
            fe_cell_print_csv(cell.len ? cell.s : "-", ' ', &quoted);
            fe_strv_add(cells, quoted.s);
        }
    fe_str_free(&cell);
    fe_str_free(&quoted);
}

static void measure(const fe_strv *cells, size_t n_cols, size_t *width)
{
    for (size_t i = 0; i < cells->n; i++)
        if (columns_of(cells->s[i]) > width[i % n_cols])
            width[i % n_cols] = columns_of(cells->s[i]);
}

/* ---- what a terminal has no room for -------------------------------------------------------------------------- */

/* Columns of the terminal that the text goes to; 0: it goes elsewhere, and nothing is left out. */
static size_t terminal_width(void)
{
    struct winsize size;

    if (fe_args.output || !isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0)
        return 0;
    return size.ws_col;
}

/* Keys, the values of the table's type with errors and limit, and what tells a detection from a limit. */
static bool is_essential(const fe_table *t, const char *name)
{
    static const fe_quantity quantity[] = { FE_Q_SQRT_TS, FE_Q_COUNTS, FE_Q_IS_UL, FE_Q_STATUS };
    int type = fe_sedtype_parse(fe_meta_text(&t->meta, "SED_TYPE") ? fe_meta_text(&t->meta, "SED_TYPE") : "");
    size_t n = type < 0 ? 0 : strlen(fe_sedtypes[type].column);

    for (int k = 0; k < FE_KEY_N; k++)
        if (fe_str_equal_nocase(name, fe_keys[k].name))
            return true;
    for (size_t q = 0; q < sizeof quantity / sizeof *quantity; q++)
        if (fe_str_equal_nocase(name, fe_quantities[quantity[q]].name))
            return true;
    for (int m = FE_VALUE; type >= 0 && m <= FE_UL; m++)
        if (!strncmp(name, fe_sedtypes[type].column, n) && fe_str_equal_nocase(name + n, fe_members[m].name))
            return true;
    return fe_str_equal_nocase(name, "source");
}

/* Marks the columns that are shown; returns how many are not. */
static size_t choose_columns(const fe_table *t, const size_t *width, bool *show)
{
    size_t room = terminal_width(), total = 0, n_hidden = 0;

    for (size_t k = 0; k < t->n_cols; k++) {
        show[k] = true;
        total += width[k] + 2;
    }
    if (!room || total <= room + 2)
        return 0;
    for (size_t k = 0; k < t->n_cols; k++) {
        show[k] = is_essential(t, t->col[k].name);
        n_hidden += !show[k];
    }
    if (n_hidden < t->n_cols)
        return n_hidden;
    for (size_t k = 0; k < t->n_cols; k++)          /* no table of fluxes: all of it */
        show[k] = true;
    return 0;
}

static void print_table(const fe_table *t, const fe_strv *cells, const size_t *width, const bool *show, fe_str *out)
{
    size_t last = 0;

    for (size_t k = 0; k < t->n_cols; k++)
        last = show[k] ? k : last;
    for (size_t i = 0; i < cells->n; i++) {
        size_t k = i % t->n_cols;

        if (show[k])
            print_padded(cells->s[i], width[k], t->col[k].type == FE_COL_STRING, k == last, out);
    }
}

int fe_text_write(const fe_document *doc, fe_str *out, fe_err *err)
{
    const fe_table *t = fe_document_first(doc);
    fe_strv cells = { 0 };
    size_t *width, n_hidden;
    bool *show;

    if (!t || !t->n_cols)
        return fe_fail(err, FE_EDATA, &(fe_where){ doc->file, NULL, 0 }, "no table to write");
    width = FE_NEWN(size_t, t->n_cols);
    show = FE_NEWN(bool, t->n_cols);
    collect(t, &cells);
    measure(&cells, t->n_cols, width);
    n_hidden = choose_columns(t, width, show);
    print_table(t, &cells, width, show, out);
    if (n_hidden)
        fe_str_addf(out, "# %zu more columns have no room on this terminal: -f csv, or -o FILE, has them all\n", n_hidden);
    free(show);
    free(width);
    fe_strv_free(&cells);
    return 0;
}
