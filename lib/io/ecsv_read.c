#include "io/ecsv.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/cells.h"
#include "io/ecsv_meta.h"

static const char *const own_keys[] = { "EXTNAME", FE_ECSV_PRIMARY, FE_ECSV_TABLES, FE_ECSV_MIXINS, NULL };

bool fe_ecsv_sniff(const fe_bytes *b)
{
    const char *text = (const char *)b->data, *mark = b->n ? strstr(text, "%ECSV") : NULL;

    return fe_text_is(b) && mark && !memchr(text, '\n', (size_t)(mark - text));
}

/* ---- header: the YAML behind the # signs -------------------------------------------------------------------- */

/*
 * Text of the header without its # signs; returns where the body starts.  The block of mixins is left out: it may hold
 * YAML aliases, and all it says of units stands in `datatype` too.
 */
static const char *collect_header(const char *s, fe_str *yaml)
{
    size_t block = 0;                   /* blanks before the line that opened the block, plus 1 */

    for (bool first = true; *s; s = fe_cells_next(s), first = false) {
        const char *line = s + (*s == '#');
        size_t n;

        if (*s != '#' && s[strspn(s, " \t\r")] != '\n')
            break;
        line += *line == ' ';
        n = strcspn(line, "\r\n");
        if (!block || strspn(line, " ") < block)
            block = fe_ecsv_opens_mixins(line);
        if (!first && !block)
            fe_str_addn(yaml, line, n);
        fe_str_add(yaml, "\n");         /* keeps the line numbers of messages */
    }
    if (yaml->len)                      /* none behind the last line: a block of text that ends there has none */
        yaml->s[--yaml->len] = 0;
    return s;
}

/* ---- columns ----------------------------------------------------------------------------------------------- */

typedef struct spec {                   /* one entry of `datatype` */
    const char *name, *unit, *comment, *word;
    fe_coltype type;
    char fits_code;
    size_t width, n_dim, dim[FE_MAX_DIM];
    bool ragged;
} spec;

/* "float64[3,2]": slowest first, as numpy has it; null = of any length. */
static int parse_shape(spec *s, const char *open, const fe_where *where, fe_err *err)
{
    size_t dims[FE_MAX_DIM], n = 0;
    const char *text = open + 1;

    while (*text && *text != ']') {
        char *end;
        unsigned long size = strtoul(text, &end, 10);

        text += strspn(text, " ");
        if (!strncmp(text, "null", 4)) {
            s->ragged = true;
            end = (char *)text + 4;
        }
        if (n == FE_MAX_DIM || end == text || size > 1UL << 32 || (!s->ragged && !isdigit((unsigned char)*text)))
            return fe_fail(err, FE_EDATA, where, "column %s: no shape of a cell: '%.40s'", s->name, open);
        dims[n++] = size;
        text = end + strspn(end, " ,");
    }
    if (*text != ']' || !n || (s->ragged && n > 1))
        return fe_fail(err, FE_EDATA, where, "column %s: no shape of a cell that can be read: '%.40s'", s->name, open);
    s->n_dim = n;
    for (size_t d = 0; d < n; d++) {
        s->dim[d] = dims[n - 1 - d];
        if (s->dim[d] && s->width > ((size_t)1 << 32) / s->dim[d])
            return fe_fail(err, FE_EDATA, where, "column %s: cells too large: '%.40s'", s->name, open);
        s->width *= s->dim[d];
    }
    return 0;
}

static const char *text_or(const fe_yaml_node *map, const char *key, const char *otherwise)
{
    const char *text = fe_yaml_text(fe_yaml_get(map, key));

    return text ? text : otherwise;
}

/* Plain `unit: m`, or a tagged map (!astropy.units.Unit {unit: m}). */
static const char *unit_of(const fe_yaml_node *map)
{
    const fe_yaml_node *unit = fe_yaml_get(map, "unit");

    return fe_yaml_is_map(unit) ? text_or(unit, "unit", "") : text_or(map, "unit", "");
}

static int parse_spec(const fe_yaml_node *map, spec *s, const fe_where *where, fe_err *err)
{
    const char *datatype, *subtype, *open;
    char word[32];
    size_t n;

    *s = (spec){ .name = text_or(map, "name", NULL), .unit = unit_of(map), .comment = text_or(map, "description", NULL),
                 .width = 1 };
    datatype = text_or(map, "datatype", NULL);
    if (!s->name || !datatype)
        return fe_fail(err, FE_EDATA, where, "line %ld: a column without %s", fe_yaml_line(map),
                       s->name ? "datatype" : "name");
    subtype = !strcmp(datatype, "string") ? text_or(map, "subtype", datatype) : datatype;
    if (!strcmp(subtype, "json"))
        subtype = "string";
    open = strchr(subtype, '[');
    n = open ? (size_t)(open - subtype) : strlen(subtype);
    if (n < sizeof word) {
        memcpy(word, subtype, n);
        word[n] = 0;
    }
    if (n >= sizeof word || fe_ecsv_datatype_parse(word, &s->type, &s->fits_code) < 0)
        return fe_fail(err, FE_EDATA, where, "column %s: datatype '%.40s' has no counterpart here", s->name, subtype);
    return open ? parse_shape(s, open, where, err) : 0;
}

/*
 * Memory follows the text: a list of n values takes n bytes of it at least.  Some cells may be empty, so there is
 * slack, but a header that claims huge cells is refused before they are made.
 */
static int check_room(const fe_cells *cells, size_t k, const spec *s, const fe_where *where, fe_err *err)
{
    size_t bytes = 0;

    if (s->width <= 1 || s->ragged)
        return 0;
    for (size_t row = 0; row < cells->n_rows; row++)
        bytes += strlen(cells->cell.s[row * cells->n_cols + k]);
    if (cells->n_rows && s->width > (64 * bytes + 65536) / cells->n_rows)
        return fe_fail(err, FE_EDATA, where, "column %s: lists of %zu values expected, far more than there are",
                       s->name, s->width);
    return 0;
}

/* Integers and booleans have no missing value inside: a column with gaps becomes one of numbers. */
static fe_column *add_column(fe_table *t, const spec *s, const fe_cells *cells, size_t k)
{
    bool gaps = (s->type == FE_COL_INT || s->type == FE_COL_BOOL) && (s->ragged || fe_cells_have_missing(cells, k));
    size_t width = s->ragged ? fe_cells_longest_list(cells, k) : s->width;
    fe_column *c = fe_table_add(t, s->name, gaps ? FE_COL_DOUBLE : s->type, s->unit, width);
    char *unit = fe_strdup(c->unit);

    free(c->unit);
    c->unit = fe_strdup(fe_str_trim(unit));
    free(unit);
    c->comment = fe_strdup(s->comment);
    c->fits_code = gaps ? 0 : s->fits_code;
    c->n_dim = s->n_dim;
    memcpy(c->dim, s->dim, sizeof c->dim);
    if (s->ragged)
        c->dim[0] = width;
    return c;
}

/* ---- body -------------------------------------------------------------------------------------------------- */

static int read_names(const fe_yaml_node *columns, const fe_strv *names, const fe_where *where, fe_err *err)
{
    if (names->n != fe_yaml_size(columns))
        return fe_fail(err, FE_EDATA, where, "%zu columns in the header, %zu names in the line below it",
                       fe_yaml_size(columns), names->n);
    for (size_t k = 0; k < names->n; k++) {
        const char *name = text_or(fe_yaml_item(columns, k), "name", "");

        if (strcmp(names->s[k], name))
            return fe_fail(err, FE_EDATA, where, "column %zu is '%.40s' in the header and '%.40s' in the line of names",
                           k + 1, name, names->s[k]);
    }
    return 0;
}

static int read_columns(const fe_yaml_node *columns, fe_cells *cells, fe_table *t, const fe_where *where, fe_err *err)
{
    for (size_t k = 0; k < cells->n_cols; k++) {
        spec s;

        if (parse_spec(fe_yaml_item(columns, k), &s, where, err) < 0)
            return -1;
        if (check_room(cells, k, &s, where, err) < 0)
            return -1;
        cells->ragged = s.ragged;
        if (fe_cells_fill(cells, k, add_column(t, &s, cells, k), err) < 0)
            return -1;
    }
    return 0;
}

static int read_body(const fe_yaml_node *columns, const char *body, char delimiter, fe_table **out,
                     const fe_where *where, fe_err *err)
{
    fe_cells cells = { .file = where->file };
    fe_strv names = { 0 };
    fe_table *t = NULL;
    int rc = -1;

    if (!(body = fe_cells_skip(body)) || !(body = fe_cells_line(body, delimiter, &names))) {
        (void)fe_fail(err, FE_EDATA, where, "no line of column names behind the header");
        goto done;
    }
    if (read_names(columns, &names, where, err) < 0)
        goto done;
    cells.n_cols = names.n;
    if (fe_cells_read(&cells, body, delimiter, err) < 0)
        goto done;
    t = fe_table_new("", cells.n_rows);
    rc = read_columns(columns, &cells, t, where, err);
done:
    if (rc < 0) {
        fe_table_free(t);
        t = NULL;
    }
    *out = t;
    fe_cells_free(&cells);
    fe_strv_free(&names);
    return rc;
}

/* ---- further tables: columns with their values in the header ------------------------------------------------ */

/* One row's value as a cell of text, so that the same code fills the column; ".nan", ".inf" are YAML's spelling. */
static void print_cell(const fe_yaml_node *value, bool inside, fe_str *text)
{
    const char *word = fe_yaml_text(value);
    double x = fe_yaml_number(value);

    if (!word) {
        fe_str_add(text, "[");
        for (size_t i = 0; i < fe_yaml_size(value); i++) {
            fe_str_add(text, i ? "," : "");
            print_cell(fe_yaml_item(value, i), true, text);
        }
        fe_str_add(text, "]");
    } else if (fe_yaml_is_quoted(value) && inside) {
        fe_text_quote(word, text);
    } else if (!fe_yaml_is_quoted(value) && *word && strchr(".+-", *word) && (x != x || x - x != 0)) {
        fe_str_add(text, x != x ? "nan" : x < 0 ? "-inf" : "inf");
    } else {
        fe_str_add(text, word);
    }
}

static void add_cell(const fe_yaml_node *value, fe_cells *cells)
{
    fe_str text = { 0 };

    fe_str_add(&text, "");
    print_cell(value, false, &text);
    fe_strv_add(&cells->cell, text.s);
    fe_str_free(&text);
}

static int read_further(const fe_yaml_node *node, fe_document *doc, fe_err *err)
{
    const char *name = text_or(node, "name", "");
    const fe_where where = { doc->file, name, 0 };
    const fe_yaml_node *columns = fe_yaml_get(node, "columns");
    size_t n_rows = fe_yaml_size(fe_yaml_get(fe_yaml_item(columns, 0), "values"));
    fe_table *t = fe_document_add(doc, fe_table_new(name, n_rows));
    int rc = 0;

    fe_ecsv_read_meta(fe_yaml_get(node, "meta"), NULL, &t->meta);
    for (size_t k = 0; rc == 0 && k < fe_yaml_size(columns); k++) {
        const fe_yaml_node *column = fe_yaml_item(columns, k), *values = fe_yaml_get(column, "values");
        fe_cells cells = { .file = doc->file, .n_rows = n_rows, .n_cols = 1 };
        spec s;

        if (fe_yaml_size(values) != n_rows || fe_yaml_is_map(values))
            return fe_fail(err, FE_EDATA, &where, "line %ld: expected a list of %zu values, found %zu",
                           fe_yaml_line(column), n_rows, fe_yaml_size(values));
        for (size_t row = 0; row < n_rows; row++)
            add_cell(fe_yaml_item(values, row), &cells);
        rc = parse_spec(column, &s, &where, err);
        if (rc == 0)
            rc = check_room(&cells, 0, &s, &where, err);
        cells.ragged = rc == 0 && s.ragged;
        if (rc == 0)
            rc = fe_cells_fill(&cells, 0, add_column(t, &s, &cells, 0), err);
        fe_cells_free(&cells);
    }
    return rc;
}

/* ---- the document ------------------------------------------------------------------------------------------ */

static int read_document(const fe_yaml_node *root, const char *body, fe_document *doc, fe_err *err)
{
    const fe_where where = { doc->file, NULL, 0 };
    const fe_yaml_node *columns = fe_yaml_get(root, "datatype"), *meta = fe_yaml_get(root, "meta"), *tables;
    const char *delimiter = text_or(root, "delimiter", " ");
    fe_table *t;

    if (!fe_yaml_size(columns) || fe_yaml_is_map(columns))
        return fe_fail(err, FE_EDATA, &where, "the header has no list of columns (datatype)");
    if (strcmp(delimiter, " ") && strcmp(delimiter, ","))
        return fe_fail(err, FE_EDATA, &where, "delimiter '%.10s', expected a blank or a comma", delimiter);
    if (read_body(columns, body, *delimiter, &t, &where, err) < 0)
        return -1;
    fe_document_add(doc, t);
    fe_ecsv_read_meta(meta, own_keys, &t->meta);
    if (fe_yaml_text(fe_ecsv_get(meta, "EXTNAME"))) {
        free(t->name);
        free(doc->part[0].name);
        t->name = fe_strdup(fe_yaml_text(fe_ecsv_get(meta, "EXTNAME")));
        doc->part[0].name = fe_strdup(t->name);
    }
    fe_ecsv_read_meta(fe_ecsv_get(meta, FE_ECSV_PRIMARY), NULL, &doc->primary);
    tables = fe_ecsv_get(meta, FE_ECSV_TABLES);
    for (size_t i = 0; !fe_yaml_is_map(tables) && i < fe_yaml_size(tables); i++)
        if (read_further(fe_yaml_item(tables, i), doc, err) < 0)
            return -1;
    return 0;
}

int fe_ecsv_read(const fe_bytes *b, fe_document **out, fe_err *err)
{
    const char *text = fe_text_start(b, err), *body;
    fe_document *doc = NULL;
    fe_str header = { 0 };
    fe_yaml *yaml;
    int rc = -1;

    *out = NULL;
    if (!text)
        return -1;
    body = collect_header(text, &header);
    yaml = fe_yaml_parse(header.s ? header.s : "", header.len, b->name, err);
    if (yaml) {
        doc = fe_document_new(b->name);
        rc = read_document(fe_yaml_root(yaml), body, doc, err);
        if (rc == 0)
            fe_ecsv_read_times(text, body, fe_document_first(doc));
    }
    if (rc < 0) {
        fe_document_free(doc);
        doc = NULL;
    }
    *out = doc;
    fe_yaml_free(yaml);
    fe_str_free(&header);
    return rc;
}
