#include "types/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"

/* ---- columns ----------------------------------------------------------------------------------------------- */

static size_t value_size(fe_coltype type)
{
    static const size_t size[] = {
        [FE_COL_DOUBLE] = sizeof(double), [FE_COL_INT] = sizeof(int64_t), [FE_COL_BOOL] = 1,
        [FE_COL_STRING] = sizeof(char *)
    };

    return size[type];
}

/* Elements [from, to) as they are before anyone writes them. */
static void clear_values(fe_column *c, size_t from, size_t to)
{
    size_t size = value_size(c->type);

    if (c->type != FE_COL_DOUBLE && to > from)
        memset(c->v.b + from * size, 0, (to - from) * size);
    for (size_t i = from; c->type == FE_COL_DOUBLE && i < to; i++)
        c->v.d[i] = NAN;
}

static void free_strings(fe_column *c, size_t from, size_t to)
{
    for (size_t i = from; c->type == FE_COL_STRING && i < to; i++)
        free(c->v.s[i]);
}

static void free_column(fe_column *c, size_t n_rows)
{
    free_strings(c, 0, n_rows * c->width);
    free(c->v.any);
    free(c->name);
    free(c->unit);
    free(c->comment);
    free(c->timescale);
}

fe_table *fe_table_new(const char *name, size_t n_rows)
{
    fe_table *t = FE_NEW(fe_table);

    t->name = fe_strdup(name ? name : "");
    t->n_rows = n_rows;
    return t;
}

void fe_table_free(fe_table *t)
{
    if (!t)
        return;
    for (size_t k = 0; k < t->n_cols; k++)
        free_column(&t->col[k], t->n_rows);
    free(t->col);
    free(t->name);
    fe_metalist_free(&t->meta);
    free(t);
}

fe_column *fe_table_add(fe_table *t, const char *name, fe_coltype type, const char *unit, size_t width)
{
    fe_column *c;

    FE_GROW(t->col, t->n_cols, t->cap_cols);
    c = &t->col[t->n_cols++];
    *c = (fe_column){ .name = fe_strdup(name), .unit = fe_strdup(unit ? unit : ""), .type = type, .width = width };
    c->v.any = fe_alloc(t->n_rows, width * value_size(type));
    clear_values(c, 0, t->n_rows * width);
    return c;
}

fe_column *fe_table_find(const fe_table *t, const char *name)
{
    for (size_t k = 0; k < t->n_cols; k++)
        if (fe_str_equal_nocase(t->col[k].name, name))
            return &t->col[k];
    return NULL;
}

void fe_table_remove(fe_table *t, const char *name)
{
    fe_column *c = fe_table_find(t, name);

    if (!c)
        return;
    free_column(c, t->n_rows);
    t->n_cols--;
    memmove(c, c + 1, (size_t)(t->col + t->n_cols - c) * sizeof *c);
}

void fe_table_resize(fe_table *t, size_t n_rows)
{
    for (size_t k = 0; k < t->n_cols; k++) {
        fe_column *c = &t->col[k];

        if (n_rows < t->n_rows)
            free_strings(c, n_rows * c->width, t->n_rows * c->width);
        c->v.any = fe_realloc(c->v.any, n_rows, c->width * value_size(c->type));
        clear_values(c, t->n_rows * c->width, n_rows * c->width);
    }
    t->n_rows = n_rows;
}

void fe_column_copy(const fe_column *from, size_t i, fe_column *to, size_t j, size_t n)
{
    for (size_t k = 0; k < n; k++)
        switch (to->type) {
        case FE_COL_DOUBLE: to->v.d[j + k] = from->v.d[i + k]; break;
        case FE_COL_INT: to->v.i[j + k] = from->v.i[i + k]; break;
        case FE_COL_BOOL: to->v.b[j + k] = from->v.b[i + k]; break;
        case FE_COL_STRING: to->v.s[j + k] = fe_strdup(from->v.s[i + k]); break;
        }
}

double fe_column_number(const fe_column *c, size_t row, size_t k)
{
    size_t i = row * c->width + k;

    switch (c->type) {
    case FE_COL_DOUBLE: return c->v.d[i];
    case FE_COL_INT: return (double)c->v.i[i];
    case FE_COL_BOOL: return c->v.b[i] != 0;
    case FE_COL_STRING: break;
    }
    return NAN;
}

const char *fe_column_string(const fe_column *c, size_t row, size_t k)
{
    const char *s;

    if (c->type != FE_COL_STRING)
        return NULL;
    s = c->v.s[row * c->width + k];
    return s ? s : "";
}

/* ---- keywords ---------------------------------------------------------------------------------------------- */

const fe_meta *fe_meta_find(const fe_metalist *list, const char *key)
{
    for (size_t i = 0; i < list->n; i++)        /* mostly the first letter says that it is another */
        if (!((*list->m[i].key ^ *key) & 0xdf) && fe_str_equal_nocase(list->m[i].key, key))
            return &list->m[i];
    return NULL;
}

/* FITS knows keywords that stand any number of times; each of them is an entry of its own. */
static bool is_repeated(const char *key)
{
    return !*key || fe_str_equal_nocase(key, "COMMENT") || fe_str_equal_nocase(key, "HISTORY");
}

static double number_of(fe_metatype type, const char *text)
{
    double x;

    if (type == FE_META_BOOL)
        return *text == 'T' || *text == 't' || *text == '1';
    return fe_num_parse(text, &x) == 0 ? x : NAN;
}

/* Thousands of runs have some fifty keywords each: one piece of memory for a keyword, which key owns. */
static fe_meta make_meta(const char *key, fe_metatype type, const char *text, const char *comment)
{
    size_t n_key = strlen(key) + 1, n_text = strlen(text) + 1, n_comment = comment ? strlen(comment) + 1 : 0;
    fe_meta m = { fe_realloc(NULL, n_key + n_text + n_comment, 1), NULL, type, NULL, number_of(type, text) };

    m.text = m.key + n_key;
    memcpy(m.key, key, n_key);
    memcpy(m.text, text, n_text);
    if (comment)
        m.comment = memcpy(m.text + n_text, comment, n_comment);
    return m;
}

void fe_meta_append(fe_metalist *list, const char *key, fe_metatype type, const char *text, const char *comment)
{
    FE_GROW(list->m, list->n, list->cap);
    list->m[list->n++] = make_meta(key, type, text, comment);
}

void fe_meta_set(fe_metalist *list, const char *key, fe_metatype type, const char *text, const char *comment)
{
    const fe_meta *old = is_repeated(key) ? NULL : fe_meta_find(list, key);
    fe_meta next;

    text = text ? text : "";
    if (!old) {
        fe_meta_append(list, key, type, text, comment);
        return;
    }
    next = make_meta(old->key, type, text, comment);        /* the texts may be its own */
    free(old->key);
    list->m[old - list->m] = next;
}

void fe_meta_set_number(fe_metalist *list, const char *key, double x, const char *comment)
{
    char text[FE_NUM_SIZE];

    fe_meta_set(list, key, FE_META_NUMBER, fe_num_format(x, text), comment);
}

void fe_meta_set_bool(fe_metalist *list, const char *key, bool x, const char *comment)
{
    fe_meta_set(list, key, FE_META_BOOL, x ? "T" : "F", comment);
}

const char *fe_meta_text(const fe_metalist *list, const char *key)
{
    const fe_meta *m = fe_meta_find(list, key);

    return m ? m->text : NULL;
}

double fe_meta_number(const fe_metalist *list, const char *key)
{
    const fe_meta *m = fe_meta_find(list, key);

    return m ? m->number : NAN;
}

void fe_meta_remove(fe_metalist *list, const char *key)
{
    size_t n = 0;

    for (size_t i = 0; i < list->n; i++)
        if (fe_str_equal_nocase(list->m[i].key, key))
            free(list->m[i].key);
        else
            list->m[n++] = list->m[i];
    list->n = n;
}

void fe_metalist_free(fe_metalist *list)
{
    for (size_t i = 0; i < list->n; i++)
        free(list->m[i].key);
    free(list->m);
    *list = (fe_metalist){ NULL, 0, 0 };
}

void fe_metalist_copy(fe_metalist *to, const fe_metalist *from)
{
    for (size_t i = 0; i < from->n; i++)
        fe_meta_set(to, from->m[i].key, from->m[i].type, from->m[i].text, from->m[i].comment);
}

/* ---- documents --------------------------------------------------------------------------------------------- */

fe_document *fe_document_new(const char *file)
{
    fe_document *doc = FE_NEW(fe_document);

    doc->file = fe_strdup(file ? file : "");
    return doc;
}

void fe_document_free(fe_document *doc)
{
    if (!doc)
        return;
    for (size_t i = 0; i < doc->n_parts; i++) {
        fe_table_free(doc->part[i].table);
        free(doc->part[i].name);
        free(doc->part[i].raw);
    }
    free(doc->part);
    free(doc->file);
    fe_metalist_free(&doc->primary);
    free(doc);
}

fe_table *fe_document_add(fe_document *doc, fe_table *t)
{
    FE_GROW(doc->part, doc->n_parts, doc->cap_parts);
    doc->part[doc->n_parts++] = (fe_part){ .table = t, .name = fe_strdup(t->name) };
    return t;
}

fe_table *fe_document_table(const fe_document *doc, const char *name)
{
    for (size_t i = 0; i < doc->n_parts; i++)
        if (doc->part[i].table && fe_str_equal_nocase(doc->part[i].table->name, name))
            return doc->part[i].table;
    return NULL;
}

fe_table *fe_document_first(const fe_document *doc)
{
    for (size_t i = 0; i < doc->n_parts; i++)
        if (doc->part[i].table)
            return doc->part[i].table;
    return NULL;
}
