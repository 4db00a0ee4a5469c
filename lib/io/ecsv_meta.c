#include "io/ecsv_meta.h"

#include <ctype.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/num.h"
#include "io/cells.h"

/* ---- types ------------------------------------------------------------------------------------------------- */

static const struct { const char *name; fe_coltype type; char fits_code; } types[] = {
    { "float64", FE_COL_DOUBLE, 'D' }, { "float32", FE_COL_DOUBLE, 'E' }, { "int64", FE_COL_INT, 'K' },
    { "int32", FE_COL_INT, 'J' },      { "int16", FE_COL_INT, 'I' },      { "uint8", FE_COL_INT, 'B' },
    { "int8", FE_COL_INT, 'S' },       { "uint16", FE_COL_INT, 'U' },     { "uint32", FE_COL_INT, 'V' },
    { "bool", FE_COL_BOOL, 'L' },      { "string", FE_COL_STRING, 'A' },
    { "float16", FE_COL_DOUBLE, 0 },   { "uint64", FE_COL_INT, 0 },       { "float", FE_COL_DOUBLE, 0 },
    { "double", FE_COL_DOUBLE, 0 },    { "int", FE_COL_INT, 0 },          { "boolean", FE_COL_BOOL, 0 },
    { "str", FE_COL_STRING, 0 },       { "object", FE_COL_STRING, 0 },
};
enum { N_TYPES = sizeof types / sizeof *types };

/* A number beyond the range of float is not written as one: readers would make it infinite or zero. */
static bool fits_float(const fe_column *c, size_t n_rows)
{
    for (size_t i = 0; i < n_rows * c->width; i++) {
        double x = fabs(c->v.d[i]);

        if (isfinite(x) && x != 0 && (x > FLT_MAX || x < FLT_MIN))
            return false;
    }
    return true;
}

const char *fe_ecsv_datatype(const fe_column *c, size_t n_rows)
{
    static const char *const by_type[] = {
        [FE_COL_DOUBLE] = "float64", [FE_COL_INT] = "int64", [FE_COL_BOOL] = "bool", [FE_COL_STRING] = "string"
    };

    if (c->type == FE_COL_DOUBLE && c->fits_code == 'E' && !fits_float(c, n_rows))
        return "float64";
    for (size_t k = 0; k < N_TYPES; k++)
        if (types[k].type == c->type && types[k].fits_code && types[k].fits_code == c->fits_code)
            return types[k].name;
    return by_type[c->type];
}

int fe_ecsv_datatype_parse(const char *name, fe_coltype *type, char *fits_code)
{
    for (size_t k = 0; k < N_TYPES; k++)
        if (!strcmp(types[k].name, name)) {
            *type = types[k].type;
            *fits_code = types[k].fits_code;
            return 0;
        }
    return -1;
}

/* ---- scalars ----------------------------------------------------------------------------------------------- */

/* Letters, digits and harmless marks, beginning with a letter: no reader takes it for anything but a string. */
static bool is_plain(const char *text)
{
    static const char *const words[] = { "true", "false", "yes", "no", "on", "off", "null", "nan", "inf", "infinity",
                                         "y", "n" };

    if (!isalpha((unsigned char)*text) && *text != '_')
        return false;
    for (size_t k = 0; k < sizeof words / sizeof *words; k++)
        if (!strcasecmp(text, words[k]))
            return false;
    for (const char *s = text; *s; s++)
        if (!isalnum((unsigned char)*s) && !strchr("_-+./ ", *s))
            return false;
    return text[strlen(text) - 1] != ' ';
}

void fe_ecsv_print_string(const char *text, fe_str *out)
{
    if (is_plain(text)) {
        fe_str_add(out, text);
        return;
    }
    for (const char *s = text; *s; s++)
        if ((unsigned char)*s < ' ' || (unsigned char)*s >= 127 || *s == '\'') {
            fe_text_quote(text, out);
            return;
        }
    fe_str_addf(out, "'%s'", text);
}

void fe_ecsv_print_number(double x, fe_str *out)
{
    char buf[FE_NUM_SIZE];
    const char *text = fe_num_format(x, buf), *exponent = strchr(buf, 'e');

    if (!isfinite(x)) {
        fe_str_add(out, isnan(x) ? ".nan" : x < 0 ? "-.inf" : ".inf");
        return;
    }
    if (!exponent)
        exponent = buf + strlen(buf);
    fe_str_addn(out, text, (size_t)(exponent - text));
    fe_str_add(out, memchr(text, '.', (size_t)(exponent - text)) ? "" : ".0");
    fe_str_add(out, exponent);
}

static bool is_bool(const char *text)
{
    return !strcasecmp(text, "true") || !strcasecmp(text, "false");
}

/* What a plain scalar is; numbers begin like numbers, so that the word "infinity" stays a word. */
static fe_metatype scalar_type(const fe_yaml_node *node)
{
    const char *text = fe_yaml_text(node);
    long whole;

    if (fe_yaml_is_quoted(node))
        return strchr(text, '\n') ? FE_META_TEXT : FE_META_STRING;
    if (is_bool(text))
        return FE_META_BOOL;
    if (fe_num_parse_long(text, &whole) == 0)
        return FE_META_INT;
    if (!strcasecmp(text, ".nan") || (!isalpha((unsigned char)*text) && !isnan(fe_yaml_number(node))))
        return FE_META_NUMBER;
    return FE_META_STRING;
}

static bool is_null(const fe_yaml_node *node)
{
    const char *text = fe_yaml_text(node);

    return !fe_yaml_is_quoted(node) && (!*text || !strcmp(text, "~") || !strcasecmp(text, "null"));
}

static void print_scalar(const fe_yaml_node *node, fe_str *out)
{
    fe_metatype type = scalar_type(node);

    if (is_null(node))
        fe_str_add(out, "null");
    else if (type == FE_META_STRING || type == FE_META_TEXT)
        fe_ecsv_print_string(fe_yaml_text(node), out);
    else
        fe_str_add(out, fe_yaml_text(node));
}

void fe_ecsv_print_node(const fe_yaml_node *node, fe_str *out)
{
    if (fe_yaml_text(node)) {
        print_scalar(node, out);
        return;
    }
    fe_str_add(out, fe_yaml_is_map(node) ? "{" : "[");
    for (size_t i = 0; i < fe_yaml_size(node); i++) {
        fe_str_add(out, i ? ", " : "");
        if (fe_yaml_is_map(node)) {
            fe_ecsv_print_string(fe_yaml_key(node, i), out);
            fe_str_add(out, ": ");
        }
        fe_ecsv_print_node(fe_yaml_is_map(node) ? fe_yaml_value(node, i) : fe_yaml_item(node, i), out);
    }
    fe_str_add(out, fe_yaml_is_map(node) ? "}" : "]");
}

/* ---- keywords ---------------------------------------------------------------------------------------------- */

/* A text that is flow YAML in our own spelling came from nested meta and goes back as such. */
static bool is_nested(const char *text)
{
    fe_yaml *yaml = *text == '{' || *text == '[' ? fe_yaml_parse(text, strlen(text), "", NULL) : NULL;
    fe_str again = { 0 };
    bool same = false;

    if (yaml) {
        fe_ecsv_print_node(fe_yaml_root(yaml), &again);
        same = !strcmp(again.s, text);
    }
    fe_yaml_free(yaml);
    fe_str_free(&again);
    return same;
}

static void print_value(const fe_meta *m, fe_str *out)
{
    long whole;

    if (m->type == FE_META_BOOL)
        fe_str_add(out, m->number ? "true" : "false");
    else if (m->type == FE_META_INT && fe_num_parse_long(m->text, &whole) == 0)
        fe_str_addf(out, "%ld", whole);
    else if (m->type == FE_META_NUMBER || m->type == FE_META_INT)
        fe_ecsv_print_number(m->number, out);
    else if (m->type == FE_META_TEXT && is_nested(m->text))
        fe_str_add(out, m->text);
    else
        fe_ecsv_print_string(m->text, out);
}

static size_t first_with(const fe_metalist *list, const char *key)
{
    return (size_t)(fe_meta_find(list, key) - list->m);
}

/* All values of a key that stands several times. */
static void print_values(const fe_metalist *list, size_t first, fe_str *out)
{
    size_t n = 0;

    for (size_t i = first; i < list->n; i++)
        n += fe_str_equal_nocase(list->m[i].key, list->m[first].key);
    fe_str_add(out, n > 1 ? "[" : "");
    for (size_t i = first; i < list->n; i++)
        if (fe_str_equal_nocase(list->m[i].key, list->m[first].key)) {
            fe_str_add(out, i > first ? ", " : "");
            print_value(&list->m[i], out);
        }
    fe_str_add(out, n > 1 ? "]" : "");
}

static void print_comments(const fe_metalist *list, const char *indent, fe_str *out)
{
    size_t n = 0;

    for (size_t i = 0; i < list->n; i++)
        if (list->m[i].comment && *list->m[i].comment && first_with(list, list->m[i].key) == i) {
            fe_str_addf(out, "%s%s", n ? "" : indent, n ? ", " : FE_ECSV_COMMENTS ": {");
            n++;
            fe_ecsv_print_string(list->m[i].key, out);
            fe_str_add(out, ": ");
            fe_ecsv_print_string(list->m[i].comment, out);
        }
    fe_str_add(out, n ? "}\n" : "");
}

void fe_ecsv_print_meta(const fe_metalist *list, const char *indent, fe_str *out)
{
    for (size_t i = 0; i < list->n; i++) {
        if (first_with(list, list->m[i].key) != i)
            continue;
        fe_str_add(out, indent);
        fe_ecsv_print_string(list->m[i].key, out);
        fe_str_add(out, ": ");
        print_values(list, i, out);
        fe_str_add(out, "\n");
    }
    print_comments(list, indent, out);
}

const fe_yaml_node *fe_ecsv_get(const fe_yaml_node *node, const char *key)
{
    const fe_yaml_node *found = fe_yaml_get(node, key);

    for (size_t i = 0; !found && i < fe_yaml_size(node); i++)
        found = fe_yaml_get(fe_yaml_item(node, i), key);
    return found;
}

static bool is_repeated(const char *key)
{
    return !*key || !strcasecmp(key, "COMMENT") || !strcasecmp(key, "HISTORY");
}

static void read_scalar(const char *key, const fe_yaml_node *node, const char *comment, fe_metalist *out)
{
    fe_metatype type = scalar_type(node);
    const char *text = fe_yaml_text(node);

    if (type == FE_META_NUMBER)
        fe_meta_set_number(out, key, fe_yaml_number(node), comment);
    else if (type == FE_META_BOOL)
        fe_meta_set_bool(out, key, *text == 't' || *text == 'T', comment);
    else
        fe_meta_set(out, key, type, is_null(node) ? "" : text, comment);
}

static void read_pair(const char *key, const fe_yaml_node *value, const char *comment, fe_metalist *out)
{
    fe_str text = { 0 };

    if (fe_yaml_text(value)) {
        read_scalar(key, value, comment, out);
        return;
    }
    if (is_repeated(key) && !fe_yaml_is_map(value)) {
        for (size_t i = 0; i < fe_yaml_size(value); i++)
            read_pair(key, fe_yaml_item(value, i), comment, out);
        return;
    }
    fe_ecsv_print_node(value, &text);
    fe_meta_set(out, key, FE_META_TEXT, text.s, comment);
    fe_str_free(&text);
}

static bool is_in(const char *key, const char *const *list)
{
    for (; list && *list; list++)
        if (!strcmp(*list, key))
            return true;
    return !strcmp(key, FE_ECSV_COMMENTS);
}

static void read_map(const fe_yaml_node *map, const fe_yaml_node *comments, const char *const *skip, fe_metalist *out)
{
    for (size_t i = 0; fe_yaml_is_map(map) && i < fe_yaml_size(map); i++) {
        const char *key = fe_yaml_key(map, i);

        if (!is_in(key, skip))
            read_pair(key, fe_yaml_value(map, i), fe_yaml_text(fe_yaml_get(comments, key)), out);
    }
}

void fe_ecsv_read_meta(const fe_yaml_node *node, const char *const *skip, fe_metalist *out)
{
    const fe_yaml_node *comments = fe_ecsv_get(node, FE_ECSV_COMMENTS);

    read_map(node, comments, skip, out);
    for (size_t i = 0; !fe_yaml_is_map(node) && i < fe_yaml_size(node); i++)
        read_map(fe_yaml_item(node, i), comments, skip, out);
}
