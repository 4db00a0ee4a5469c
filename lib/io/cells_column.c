/* Cells to columns: numbers, words, lists. */
#include "io/cells.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/num.h"
#include "phys/units.h"

static const char *cell_at(const fe_cells *cells, size_t row, size_t k)
{
    return cells->cell.s[row * cells->n_cols + k];
}

/* Words for "no value" seen in the wild: astropy's masked "--", JSON's null. */
static bool is_missing(const char *text)
{
    return !*text || !strcmp(text, "--") || !strcasecmp(text, "null");
}

static bool is_nan(const char *text)
{
    return is_missing(text) || !strcasecmp(text, "nan");
}

static int parse_bool(const char *text, unsigned char *value)
{
    if (strcasecmp(text, "true") && strcasecmp(text, "false") && strcmp(text, "1") && strcmp(text, "0"))
        return -1;
    *value = *text == 't' || *text == 'T' || *text == '1';
    return 0;
}

/* "24" and "24.0" are integers; 2^53 bounds what a double holds exactly. */
static int parse_int(const char *text, int64_t *value)
{
    long whole;
    double x;

    if (fe_num_parse_long(text, &whole) == 0) {
        *value = whole;
        return 0;
    }
    if (fe_num_parse(text, &x) < 0 || !(fabs(x) < 9007199254740992.0) || x != floor(x))
        return -1;
    *value = (int64_t)x;
    return 0;
}

static const char *const expected[] = {
    [FE_COL_DOUBLE] = "a number", [FE_COL_INT] = "an integer", [FE_COL_BOOL] = "True or False", [FE_COL_STRING] = "text"
};

static int set_element(fe_column *c, size_t i, const char *text)
{
    switch (c->type) {
    case FE_COL_DOUBLE:
        if (!is_nan(text))
            return fe_num_parse(text, &c->v.d[i]);
        c->v.d[i] = NAN;
        return 0;
    case FE_COL_INT:
        return parse_int(text, &c->v.i[i]);
    case FE_COL_BOOL:
        return parse_bool(text, &c->v.b[i]);
    case FE_COL_STRING:
        free(c->v.s[i]);
        c->v.s[i] = fe_strdup(text);
    }
    return 0;
}

/* ---- lists ------------------------------------------------------------------------------------------------- */

typedef struct list {               /* walks over "[[1, 2], [3, NaN]]" */
    const char *s;
    int depth, deepest;
    bool quoted;
    fe_str word;
} list;

static void read_escape(list *l)
{
    static const char from[] = "ntrbf", to[] = "\n\t\r\b\f";
    const char *known = strchr(from, *l->s);
    char *end, hex[5] = { 0 };
    unsigned long code;

    if (*l->s != 'u') {
        fe_str_addn(&l->word, known ? &to[known - from] : l->s, 1);
        l->s++;
        return;
    }
    strncpy(hex, ++l->s, 4);
    code = strtoul(hex, &end, 16);
    l->s += end - hex;
    if (code < 0x80)
        fe_str_addf(&l->word, "%c", (int)code);
    else if (code < 0x800)
        fe_str_addf(&l->word, "%c%c", (int)(0xC0 | code >> 6), (int)(0x80 | (code & 0x3F)));
    else
        fe_str_addf(&l->word, "%c%c%c", (int)(0xE0 | code >> 12), (int)(0x80 | (code >> 6 & 0x3F)),
                    (int)(0x80 | (code & 0x3F)));
}

static int read_word(list *l)
{
    l->word.len = 0;
    fe_str_add(&l->word, "");
    l->quoted = *l->s == '"';
    if (!l->quoted) {
        for (; *l->s && !strchr("[], \t\r\n\"", *l->s); l->s++)
            fe_str_addn(&l->word, l->s, 1);
        return l->word.len ? 1 : -1;
    }
    for (l->s++; *l->s && *l->s != '"';) {
        if (*l->s != '\\')
            fe_str_addn(&l->word, l->s++, 1);
        else if (*++l->s)
            read_escape(l);
    }
    return *l->s++ == '"' ? 1 : -1;
}

/* Next scalar of the list: 1 and its text in l->word, 0 at the end, -1 when it is no list. */
static int next_scalar(list *l)
{
    for (;; l->s++) {
        if (*l->s == '[')
            l->depth++;
        else if (*l->s == ']')
            l->depth--;
        else if (!*l->s)
            return l->depth ? -1 : 0;
        else if (*l->s != ',' && !isspace((unsigned char)*l->s))
            break;
        if (l->depth > l->deepest)
            l->deepest = l->depth;
        if (l->depth < 0)
            return -1;
    }
    return l->depth > 0 ? read_word(l) : -1;
}

/* 0 when it is no list; else its number of elements plus 1. */
static size_t count_list(const char *text, bool *has_null)
{
    list l = { .s = text };
    size_t n = 0;
    int rc = -1;

    while (*text == '[' && (rc = next_scalar(&l)) > 0) {
        n++;
        *has_null |= !l.quoted && is_nan(l.word.s);
    }
    fe_str_free(&l.word);
    return rc < 0 ? 0 : n + 1;
}

size_t fe_cells_longest_list(const fe_cells *cells, size_t k)
{
    size_t longest = 0;
    bool ignored = false;

    for (size_t row = 0; row < cells->n_rows; row++) {
        size_t n = count_list(cell_at(cells, row, k), &ignored);

        if (!n && !is_missing(cell_at(cells, row, k)))
            return 0;
        if (n > longest + 1)
            longest = n - 1;
    }
    return longest;
}

static int fill_list(const fe_cells *cells, size_t row, size_t k, fe_column *c, fe_err *err)
{
    const fe_where where = { cells->file, NULL, (long)row + 1 };
    list l = { .s = cell_at(cells, row, k) };
    size_t n = 0;
    int rc = 0;

    if (is_missing(l.s))
        return 0;
    while (*cell_at(cells, row, k) == '[' && (rc = next_scalar(&l)) > 0) {
        if (n < c->width && set_element(c, row * c->width + n, l.word.s) < 0) {
            rc = fe_fail(err, FE_EDATA, &where, "column %s, element %zu: '%.40s' is not %s", c->name, n + 1, l.word.s,
                         expected[c->type]);
            goto done;
        }
        n++;
    }
    if (rc < 0 || *cell_at(cells, row, k) != '[')
        rc = fe_fail(err, FE_EDATA, &where, "column %s: '%.40s' is not a list", c->name, cell_at(cells, row, k));
    else if (cells->ragged ? n > c->width : n != c->width)
        rc = fe_fail(err, FE_EDATA, &where, "column %s: expected a list of %zu values, found %zu", c->name,
                     c->width, n);
    else if (c->n_dim > 1 && l.deepest != (int)c->n_dim && n)
        rc = fe_fail(err, FE_EDATA, &where, "column %s: expected lists %zu deep, found %d", c->name, c->n_dim,
                     l.deepest);
done:
    fe_str_free(&l.word);
    return rc;
}

/* ---- columns ----------------------------------------------------------------------------------------------- */

bool fe_cells_have_missing(const fe_cells *cells, size_t k)
{
    bool missing = false;

    for (size_t row = 0; row < cells->n_rows && !missing; row++) {
        const char *text = cell_at(cells, row, k);

        missing = is_nan(text);
        if (*text == '[')
            (void)count_list(text, &missing);
    }
    return missing;
}

int fe_cells_fill(const fe_cells *cells, size_t k, fe_column *c, fe_err *err)
{
    for (size_t row = 0; row < cells->n_rows; row++) {
        const char *text = cell_at(cells, row, k);

        if (c->n_dim || c->width != 1) {
            if (fill_list(cells, row, k, c, err) < 0)
                return -1;
        } else if (set_element(c, row, text) < 0) {
            return fe_fail(err, FE_EDATA, &(fe_where){ cells->file, NULL, (long)row + 1 },
                           "column %s: '%.40s' is not %s", c->name, text, expected[c->type]);
        }
    }
    return 0;
}

static bool looks_like_bool(const char *text)
{
    return !strcasecmp(text, "true") || !strcasecmp(text, "false");
}

typedef struct looks { bool as_int, as_number, as_bool; } looks;

static void look_at(const char *text, bool quoted, looks *l)
{
    long whole;
    double x;

    l->as_int &= !quoted && fe_num_parse_long(text, &whole) == 0;
    l->as_number &= !quoted && (is_nan(text) || fe_num_parse(text, &x) == 0);
    l->as_bool &= !quoted && looks_like_bool(text);
}

/* The narrowest type that holds every cell, or every element of its lists; nothing but missing values are numbers. */
static fe_coltype type_of(const fe_cells *cells, size_t k, bool is_list)
{
    looks all = { cells->n_rows > 0, true, cells->n_rows > 0 };

    for (size_t row = 0; row < cells->n_rows; row++) {
        list l = { .s = cell_at(cells, row, k) };

        if (!is_list)
            look_at(l.s, false, &all);
        while (is_list && next_scalar(&l) > 0)
            look_at(l.word.s, l.quoted, &all);
        fe_str_free(&l.word);
    }
    return all.as_bool ? FE_COL_BOOL : all.as_int ? FE_COL_INT : all.as_number ? FE_COL_DOUBLE : FE_COL_STRING;
}

static bool all_lists_of(const fe_cells *cells, size_t k, size_t n)
{
    bool ignored = false;

    for (size_t row = 0; row < cells->n_rows; row++)
        if (count_list(cell_at(cells, row, k), &ignored) != n + 1)
            return false;
    return n > 0;
}

/* "e_ref [TeV]" -> name "e_ref", unit "TeV". */
static void split_name(char *name, const char **unit)
{
    char *open = strpbrk(name, "[("), *close;
    fe_unit known;

    if (**unit || !open || open == name || !(close = strrchr(open, *open == '[' ? ']' : ')')) || close[1])
        return;
    *close = 0;
    if (*open == '(' && fe_unit_parse(open + 1, &known) < 0) {         /* "flux (1-10 TeV)" is a name */
        *close = ')';
        return;
    }
    *open = 0;
    *unit = fe_str_trim(open + 1);
    fe_str_trim(name);
}

int fe_cells_add_column(const fe_cells *cells, size_t k, fe_table *t, const char *name, const char *unit, fe_err *err)
{
    char *bare = fe_strdup(name);
    size_t longest = fe_cells_longest_list(cells, k);
    bool is_list = all_lists_of(cells, k, longest);
    fe_column *c;
    int rc;

    split_name(bare, &unit);
    c = fe_table_add(t, bare, type_of(cells, k, is_list), unit, is_list ? longest : 1);
    if (is_list) {
        c->n_dim = 1;
        c->dim[0] = longest;
    }
    rc = fe_cells_fill(cells, k, c, err);
    free(bare);
    return rc;
}

void fe_cells_strip_unit(char *unit)
{
    size_t n = strlen(unit);
    bool square = n > 1 && *unit == '[' && unit[n - 1] == ']';
    bool round = n > 1 && *unit == '(' && unit[n - 1] == ')' && !strchr(unit + 1, '(');

    if (square || round) {
        memmove(unit, unit + 1, n - 2);
        unit[n - 2] = 0;
    }
    if (!strcmp(unit, "-"))
        *unit = 0;
}

bool fe_cells_are_units(const fe_strv *row)
{
    size_t n_units = 0;

    for (size_t k = 0; k < row->n; k++) {
        char *text = fe_strdup(row->s[k]);
        fe_unit unit;
        double x;
        bool ok;

        fe_cells_strip_unit(text);
        ok = !*text || (fe_num_parse(text, &x) < 0 && fe_unit_parse(text, &unit) == 0);
        n_units += ok && *text;
        free(text);
        if (!ok)
            return false;
    }
    return n_units > 0;
}
