#include "io/cells.h"

#include <ctype.h>
#include <string.h>

#include "base/num.h"

static const unsigned char byte_order_mark[] = { 0xEF, 0xBB, 0xBF };

/* Offset of the first byte no text holds, or n. */
static size_t find_control(const fe_bytes *b)
{
    for (size_t i = 0; i < b->n; i++)
        if ((b->data[i] < ' ' && !strchr("\t\n\r\f", b->data[i])) || b->data[i] == 0)
            return i;
    return b->n;
}

bool fe_text_is(const fe_bytes *b)
{
    return b->n && find_control(b) == b->n;
}

const char *fe_text_start(const fe_bytes *b, fe_err *err)
{
    const fe_where where = { b->name, NULL, 0 };
    size_t at = find_control(b);
    bool marked = b->n >= sizeof byte_order_mark && !memcmp(b->data, byte_order_mark, sizeof byte_order_mark);
    const char *text = (const char *)b->data + (marked ? sizeof byte_order_mark : 0);

    if (at < b->n) {
        (void)fe_fail(err, FE_EDATA, &where, "neither FITS nor text: byte 0x%02x at offset %zu", b->data[at], at);
        return NULL;
    }
    if (!text[strspn(text, " \t\r\n\f")]) {
        (void)fe_fail(err, FE_EDATA, &where, "empty, expected a table");
        return NULL;
    }
    return text;
}

void fe_cells_free(fe_cells *cells)
{
    fe_strv_free(&cells->cell);
}

/* ---- lines to cells ---------------------------------------------------------------------------------------- */

static bool ends_cell(const char *s, char delimiter)
{
    return !*s || *s == '\n' || (*s == '\r' && (s[1] == '\n' || !s[1])) || *s == delimiter ||
           (delimiter == ' ' && isspace((unsigned char)*s));
}

static const char *skip_blanks(const char *s, char delimiter)
{
    while (*s && *s != '\n' && *s != delimiter && isspace((unsigned char)*s))
        s++;
    while (delimiter == ' ' && *s && *s != '\n' && isspace((unsigned char)*s))
        s++;
    return s;
}

/* A quoted part, s behind the opening quote; its end, or NULL. */
static const char *read_quoted(const char *s, fe_str *out)
{
    for (;; s++) {
        if (!*s)
            return NULL;
        if (*s == '"') {
            if (s[1] != '"')
                return s + 1;
            s++;
        }
        fe_str_addn(out, s, 1);
    }
}

/* End of a bracketed part that closes in the same line ("[cm-2 s-1]", "[1, 2]"), or s. */
static const char *skip_brackets(const char *s)
{
    int depth = 0;

    for (const char *end = s; *end && *end != '\n'; end++) {
        depth += *end == '[' ? 1 : *end == ']' ? -1 : 0;
        if (depth == 0)
            return end + (end > s);
    }
    return s;
}

const char *fe_cells_next(const char *s)
{
    const char *end = strchr(s, '\n');

    return end ? end + 1 : s + strlen(s);
}

const char *fe_cells_skip(const char *s)
{
    for (; *s; s = fe_cells_next(s)) {
        const char *first = s;

        while (*first && *first != '\n' && isspace((unsigned char)*first))
            first++;
        if (*first && *first != '\n' && *first != '#')
            return s;
    }
    return NULL;
}

const char *fe_cells_line(const char *s, char delimiter, fe_strv *out)
{
    fe_str cell = { 0 };

    for (;;) {
        s = skip_blanks(s, delimiter);
        if (delimiter == ' ' && (!*s || *s == '\n'))
            break;
        cell.len = 0;
        fe_str_add(&cell, "");
        if (*s == '"') {
            if (!(s = read_quoted(s + 1, &cell)))
                goto done;
            while (!ends_cell(s, delimiter))
                fe_str_addn(&cell, s++, 1);
            fe_strv_add(out, cell.s);
        } else {
            const char *end = delimiter == ' ' && *s == '[' ? skip_brackets(s) : s;

            while (!ends_cell(end, delimiter))
                end++;
            fe_str_addn(&cell, s, (size_t)(end - s));
            fe_strv_add(out, fe_str_trim(cell.s));
            s = end;
        }
        if (delimiter != ' ' && *s != delimiter)
            break;
        s += *s == delimiter && delimiter != ' ';
    }
    s = fe_cells_next(s);
done:
    fe_str_free(&cell);
    return s;
}

int fe_cells_read(fe_cells *cells, const char *s, char delimiter, fe_err *err)
{
    for (s = fe_cells_skip(s); s && *s; s = fe_cells_skip(s)) {
        size_t before = cells->cell.n;
        fe_where where = { cells->file, NULL, (long)cells->n_rows + 1 };

        s = fe_cells_line(s, delimiter, &cells->cell);
        if (!s)
            return fe_fail(err, FE_EDATA, &where, "a quote is not closed");
        if (cells->cell.n - before != cells->n_cols)
            return fe_fail(err, FE_EDATA, &where, "expected %zu values, found %zu", cells->n_cols,
                           cells->cell.n - before);
        cells->n_rows++;
    }
    return 0;
}

/* ---- columns to cells -------------------------------------------------------------------------------------- */

const fe_words fe_words_text = { "nan", "inf", "True", "False" };
/* JSON has no infinity: a number that is too large becomes one in every parser. */
const fe_words fe_words_json = { "null", "1e999", "true", "false" };

void fe_element_print(const fe_column *c, size_t i, const fe_words *words, fe_str *out)
{
    switch (c->type) {
    case FE_COL_DOUBLE:
        if (c->v.d[i] != c->v.d[i])
            fe_str_add(out, words->nan);
        else if (c->v.d[i] - c->v.d[i] != 0)
            fe_str_addf(out, "%s%s", c->v.d[i] < 0 ? "-" : "", words->inf);
        else
            fe_str_addnum(out, c->v.d[i]);
        break;
    case FE_COL_INT:
        fe_str_addf(out, "%lld", (long long)c->v.i[i]);
        break;
    case FE_COL_BOOL:
        fe_str_add(out, c->v.b[i] ? words->true_word : words->false_word);
        break;
    case FE_COL_STRING:
        fe_str_add(out, c->v.s[i] ? c->v.s[i] : "");
        break;
    }
}

void fe_cell_print_list(const fe_column *c, size_t row, const fe_words *words, fe_str *out)
{
    size_t first = row * c->width, block, dims = c->n_dim ? c->n_dim : 1;

    if (!c->width)
        fe_str_add(out, "[]");
    for (size_t k = 0; k < c->width; k++) {
        fe_str_add(out, k ? "," : "");
        block = 1;
        for (size_t d = 0; d < dims; d++) {             /* a list opens where an index starts again at 0 */
            block *= c->n_dim ? c->dim[d] : c->width;
            fe_str_add(out, k % block == 0 ? "[" : "");
        }
        if (c->type == FE_COL_STRING)
            fe_text_quote(fe_column_string(c, row, k), out);
        else
            fe_element_print(c, first + k, words, out);
        block = 1;
        for (size_t d = 0; d < dims; d++) {
            block *= c->n_dim ? c->dim[d] : c->width;
            fe_str_add(out, (k + 1) % block == 0 ? "]" : "");
        }
    }
}

/* Bytes of the UTF-8 character at s; 0 when it is none. */
static size_t utf8_length(const unsigned char *s)
{
    size_t n = *s < 0x80 ? 1 : *s >= 0xC2 && *s < 0xE0 ? 2 : (*s & 0xF0) == 0xE0 ? 3 : *s >= 0xF0 && *s < 0xF5 ? 4 : 0;

    for (size_t i = 1; i < n; i++)
        if ((s[i] & 0xC0) != 0x80)
            return 0;
    if ((n == 3 && *s == 0xE0 && s[1] < 0xA0) || (n == 3 && *s == 0xED && s[1] > 0x9F) ||
        (n == 4 && *s == 0xF0 && s[1] < 0x90) || (n == 4 && *s == 0xF4 && s[1] > 0x8F))
        return 0;
    return n;
}

size_t fe_utf8_add(const char *s, fe_str *out)
{
    const unsigned char *c = (const unsigned char *)s;
    size_t n = utf8_length(c);

    if (n)
        fe_str_addn(out, s, n);
    else
        fe_str_addf(out, "%c%c", 0xC0 | *c >> 6, 0x80 | (*c & 0x3F));
    return n ? n : 1;
}

void fe_cell_print_csv(const char *text, char delimiter, fe_str *out)
{
    size_t n = strlen(text);
    bool needs = strpbrk(text, "\"\r\n") || strchr(text, delimiter) || *text == '#' || (!n && delimiter == ' ') ||
                 (n && (isspace((unsigned char)*text) || isspace((unsigned char)text[n - 1]))) ||
                 (delimiter == ' ' && (strpbrk(text, "\t\f") || (*text == '[' && *skip_brackets(text))));

    fe_str_add(out, needs ? "\"" : "");
    while (*text) {
        fe_str_add(out, *text == '"' ? "\"" : "");
        if ((unsigned char)*text < ' ' && !strchr("\t\n\r\f", *text))
            fe_str_addn(out, "?", 1), text++;           /* control bytes make a file no text */
        else
            text += fe_utf8_add(text, out);
    }
    fe_str_add(out, needs ? "\"" : "");
}

void fe_text_quote(const char *text, fe_str *out)
{
    fe_str_add(out, "\"");
    while (*text) {
        unsigned char c = (unsigned char)*text, next = (unsigned char)text[1];

        if (c == '"' || c == '\\')
            fe_str_addf(out, "\\%c", c);
        else if (c == '\n' || c == '\t' || c == '\r')
            fe_str_add(out, c == '\n' ? "\\n" : c == '\t' ? "\\t" : "\\r");
        else if (c < ' ' || c == 127)
            fe_str_addf(out, "\\u%04x", c);
        else if (c == 0xC2 && next >= 0x80 && next < 0xA0)      /* U+0080 to U+009F: control characters to YAML */
            fe_str_addf(out, "\\u%04x", *++text & 0xFF);
        else if (c >= 0x80 && c < 0xA0)
            fe_str_addf(out, "\\u%04x", c);
        else {
            text += fe_utf8_add(text, out);
            continue;
        }
        text++;
    }
    fe_str_add(out, "\"");
}
