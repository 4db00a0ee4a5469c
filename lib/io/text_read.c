/* Tables between blanks, as people and programs leave them. */
#include "io/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "io/cells.h"
#include "io/delimited.h"

bool fe_text_sniff(const fe_bytes *b)
{
    return fe_text_is(b);
}

typedef struct header {
    fe_strv names, units;
    const char *body;
    fe_metalist meta;
} header;

/* Words between blanks, but a bracket keeps what it holds together: "e_ref[TeV] dnde [cm-2 s-1 TeV-1]" is two. */
static void split_outside_brackets(const char *s, const char *end, fe_strv *out)
{
    fe_str word = { 0 };
    int depth = 0;

    for (; s < end; s++) {
        bool blank = isspace((unsigned char)*s);

        if (blank && depth <= 0) {
            const char *next = s + strspn(s, " \t");

            if (word.len && (next >= end || *next != '[')) {
                fe_strv_add(out, word.s);
                word.len = 0;
            }
            continue;
        }
        depth += *s == '[' ? 1 : *s == ']' ? -1 : 0;
        fe_str_addn(&word, s, 1);
    }
    if (word.len)
        fe_strv_add(out, word.s);
    fe_str_free(&word);
}

static size_t line_length(const char *s)
{
    return strcspn(s, "\r\n");
}

/* "# 1 energy [TeV]": number of the column, name, unit. */
static bool read_sextractor_line(const char *s, fe_strv *names)
{
    fe_strv words = { 0 };
    long number = 0;
    bool yes;

    split_outside_brackets(s + 1, s + line_length(s), &words);
    yes = words.n == 2 && fe_num_parse_long(words.s[0], &number) == 0 && number == (long)names->n + 1;
    if (yes)
        fe_strv_add(names, words.s[1]);
    fe_strv_free(&words);
    return yes;
}

/* "# e_ref[TeV] dnde[cm-2 s-1 TeV-1]": as many names as there are columns, at least one with its unit. */
static bool read_comment_names(const char *s, size_t n_cols, fe_strv *names)
{
    bool any_unit = false, any_number = false;

    split_outside_brackets(s + 1, s + line_length(s), names);
    for (size_t k = 0; k < names->n; k++) {
        double x;

        any_unit |= strchr(names->s[k], '[') && fe_str_ends_nocase(names->s[k], "]");
        any_number |= fe_num_parse(names->s[k], &x) == 0;
    }
    if (names->n == n_cols && any_unit && !any_number)
        return true;
    fe_strv_free(names);
    return false;
}

/* A header in the comments above the first line of values. */
static bool read_commented_header(const char *text, header *h)
{
    const char *values = fe_cells_skip(text);
    fe_strv first = { 0 };
    size_t n_cols;

    if (!values || !fe_cells_line(values, ' ', &first))
        values = text;
    n_cols = first.n;
    fe_strv_free(&first);
    for (const char *s = text; s < values && n_cols; s = fe_cells_next(s))
        if (*s == '#')
            (void)read_sextractor_line(s, &h->names);
    for (const char *s = text; s < values && n_cols && h->names.n != n_cols; s = fe_cells_next(s)) {
        fe_strv_free(&h->names);
        if (*s == '#')
            (void)read_comment_names(s, n_cols, &h->names);
    }
    h->body = values;
    return n_cols && h->names.n == n_cols;
}

/* ---- IPAC tables ------------------------------------------------------------------------------------------- */

/* Cells of "| TeV | cm-2 s-1 |". */
static void read_bars(const char *s, fe_strv *out)
{
    const char *end = s + line_length(s), *bar;

    for (s++; s < end && (bar = memchr(s, '|', (size_t)(end - s))); s = bar + 1) {
        char *cell = fe_strndup(s, (size_t)(bar - s));

        fe_strv_add(out, fe_str_trim(cell));
        free(cell);
    }
}

/* "\cl = 0.95" is a keyword, "\ text" a comment. */
static void read_keyword(const char *s, fe_metalist *meta)
{
    char *line = fe_strndup(s + 1, line_length(s + 1)), *equal = strchr(line, '='), *key, *value;
    double x;

    if (equal && !isspace((unsigned char)*line)) {
        *equal = 0;
        key = fe_str_trim(line);
        value = fe_str_trim(equal + 1);
        if (*value == '\'' && value[1] && fe_str_ends_nocase(value, "'")) {
            value[strlen(value) - 1] = 0;
            value++;
        }
        fe_meta_set(meta, key, fe_num_parse(value, &x) == 0 ? FE_META_NUMBER : FE_META_STRING, value, NULL);
    }
    free(line);
}

/* Lines of bars: names, then types, units, words for null. */
static int read_ipac_header(const char *text, header *h, const char *file, fe_err *err)
{
    fe_strv types = { 0 };
    int n_bars = 0;

    for (; *text == '\\' || *text == '|'; text = fe_cells_next(text)) {
        if (*text == '\\')
            read_keyword(text, &h->meta);
        else
            read_bars(text, n_bars == 0 ? &h->names : n_bars == 2 ? &h->units : &types);
        n_bars += *text == '|';
    }
    fe_strv_free(&types);
    h->body = text;
    if (!h->names.n)
        return fe_fail(err, FE_EDATA, &(fe_where){ file, NULL, 0 }, "IPAC table without a line of names |...|");
    return 0;
}

static int read_header(const char *text, header *h, const char *file, fe_err *err)
{
    if (*text == '\\' || *text == '|')
        return read_ipac_header(text, h, file, err);
    if (read_commented_header(text, h))
        return 0;
    fe_strv_free(&h->names);
    return fe_header_read(text, ' ', file, &h->names, &h->units, &h->body, err);
}

int fe_text_read(const fe_bytes *b, fe_document **out, fe_err *err)
{
    const char *text = fe_text_start(b, err);
    header h = { 0 };
    int rc = -1;

    *out = NULL;
    if (text && read_header(text, &h, b->name, err) == 0) {
        rc = fe_rows_read(h.body, ' ', b->name, &h.names, &h.units, out, err);
        if (rc == 0)
            fe_metalist_copy(&fe_document_first(*out)->meta, &h.meta);
    }
    fe_strv_free(&h.names);
    fe_strv_free(&h.units);
    fe_metalist_free(&h.meta);
    return rc;
}
