/* cells.h -- tables as text: lines to cells, cells to columns and back.  Every text format is built on it. */
#ifndef FE_IO_CELLS_H
#define FE_IO_CELLS_H
#include <stdbool.h>
#include "base/str.h"
#include "io/stream.h"
#include "types/table.h"

/* Text has something in it and no control bytes; its start behind a byte order mark, or NULL with err. */
const char *fe_text_start(const fe_bytes *, fe_err *err);
bool fe_text_is(const fe_bytes *);                      /* the same question without a message          */

typedef struct fe_cells {       /* start with {0} */
    const char *file;
    fe_strv cell;               /* [n_rows][n_cols] */
    size_t n_rows, n_cols;
    bool ragged;                /* lists may be shorter than their column is wide: the rest is missing */
} fe_cells;
void fe_cells_free(fe_cells *);

/*
 * The cells of one line; delimiter ' ' is any run of blanks.  Quotes ("a ""b"" c") may hold delimiters and line ends.
 * Returns the start of the next line, or NULL when a quote is not closed.
 */
const char *fe_cells_line(const char *s, char delimiter, fe_strv *out);

/* Start of the next line that is neither empty nor a # comment; NULL at the end. */
const char *fe_cells_skip(const char *s);
const char *fe_cells_next(const char *s);               /* start of the next line, whatever it is       */

/* All further lines, each of n_cols cells (set before). */
int fe_cells_read(fe_cells *, const char *s, char delimiter, fe_err *err) FE_RESULT;

/* Append cells k to a table as a column of the type they look like; a unit in brackets behind the name is taken. */
int fe_cells_add_column(const fe_cells *, size_t k, fe_table *, const char *name, const char *unit,
                        fe_err *err) FE_RESULT;

/* Fill a column of known type and shape; an empty cell is NaN, or "". */
int fe_cells_fill(const fe_cells *, size_t k, fe_column *, fe_err *err) FE_RESULT;
bool fe_cells_have_missing(const fe_cells *, size_t k);
/* Most elements of any of the lists "[1, 2]" in cells k; 0 when one of them is no list of scalars. */
size_t fe_cells_longest_list(const fe_cells *, size_t k);

/* Is it a row of units: at least one unit that is not a number, and nothing that is not a unit or blank? */
bool fe_cells_are_units(const fe_strv *);
void fe_cells_strip_unit(char *unit);                   /* "[TeV]", "(TeV)", "-" -> "TeV", ""; in place */

/* One element: shortest digits that read back the same, "nan"; true_word for 1. */
typedef struct fe_words { const char *nan, *inf, *true_word, *false_word; } fe_words;
extern const fe_words fe_words_text, fe_words_json;
void fe_element_print(const fe_column *, size_t i, const fe_words *, fe_str *out);
/* A cell of several elements as a list of lists, slowest dimension outside; strings in quotes. */
void fe_cell_print_list(const fe_column *, size_t row, const fe_words *, fe_str *out);
/* The character at s, as UTF-8: a byte that is none is taken as Latin-1.  Returns the bytes used up. */
size_t fe_utf8_add(const char *s, fe_str *out);
/* A string as JSON and YAML write it: in double quotes, with escapes; bytes that are not UTF-8 are read as Latin-1. */
void fe_text_quote(const char *text, fe_str *out);
/* A cell as csv writes it: quotes only when needed. */
void fe_cell_print_csv(const char *text, char delimiter, fe_str *out);
#endif
