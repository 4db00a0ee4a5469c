#include "io/xml.h"

#include <expat.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

enum { MAX_DEPTH = 100 };

struct fe_xml_element {
    char *name;
    long line;
    fe_strv attribute;              /* name, value, name, value ...                                     */
    struct fe_xml_element **child;  /* [n]; each has its own place in memory, pointers to it last       */
    size_t n, cap;
};

struct fe_xml {
    fe_xml_element root;
};

typedef struct loader {
    XML_Parser parser;
    fe_xml_element *open[MAX_DEPTH];
    size_t depth;
    long lines_before;              /* of the declaration, which the parser does not see                */
    const char *refused;            /* what we do not take, or NULL                                     */
} loader;

static void clear(fe_xml_element *e)
{
    for (size_t i = 0; i < e->n; i++) {
        clear(e->child[i]);
        free(e->child[i]);
    }
    free(e->child);
    fe_strv_free(&e->attribute);
    free(e->name);
}

static void refuse(loader *l, const char *what)
{
    l->refused = what;
    XML_StopParser(l->parser, XML_FALSE);
}

static long line_now(const loader *l)
{
    return (long)XML_GetCurrentLineNumber(l->parser) + l->lines_before;
}

static void XMLCALL on_start(void *context, const XML_Char *name, const XML_Char **attribute)
{
    loader *l = context;
    fe_xml_element *parent, *e;

    if (l->depth == MAX_DEPTH) {
        refuse(l, "nested too deeply");
        return;
    }
    if (l->depth == 0) {            /* the element around all, which is ours */
        l->depth = 1;
        return;
    }
    parent = l->open[l->depth - 1];
    e = FE_NEW(fe_xml_element);
    e->name = fe_strdup(name);
    e->line = line_now(l);
    for (size_t i = 0; attribute[i]; i++)
        fe_strv_add(&e->attribute, attribute[i]);
    FE_GROW(parent->child, parent->n, parent->cap);
    parent->child[parent->n++] = e;
    l->open[l->depth++] = e;
}

static void XMLCALL on_end(void *context, const XML_Char *name)
{
    loader *l = context;

    (void)name;
    l->depth--;
}

/* Text of the file behind its XML declaration; a byte order mark is passed over. */
static const char *behind_declaration(const char *text, size_t *n, long *lines)
{
    const char *end;

    *lines = 0;
    if (*n >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) {
        text += 3;
        *n -= 3;
    }
    if (!(*n > 5 && !memcmp(text, "<?xml", 5)) || !(end = memmem(text, *n, "?>", 2)))
        return text;
    for (const char *p = text; p < end; p++)
        *lines += *p == '\n';
    *n -= (size_t)(end + 2 - text);
    return end + 2;
}

static bool feed(loader *l, const char *text, size_t n)
{
    return XML_Parse(l->parser, "<all>", 5, XML_FALSE) == XML_STATUS_OK &&
           XML_Parse(l->parser, text, (int)n, XML_FALSE) == XML_STATUS_OK &&
           XML_Parse(l->parser, "</all>", 6, XML_TRUE) == XML_STATUS_OK;
}

fe_xml *fe_xml_parse(const char *text, size_t n, const char *file, fe_err *err)
{
    fe_xml *xml = FE_NEW(fe_xml);
    loader l = { .parser = XML_ParserCreate(NULL), .open = { &xml->root } };
    bool is_read;

    if (!l.parser || n > 1 << 30) {
        (void)fe_fail(err, FE_EDATA, &(fe_where){ file, NULL, 0 }, "too large for XML (%zu bytes)", n);
        XML_ParserFree(l.parser);
        fe_xml_free(xml);
        return NULL;
    }
    xml->root.name = fe_strdup("");
    xml->root.line = 1;
    XML_SetUserData(l.parser, &l);
    XML_SetElementHandler(l.parser, on_start, on_end);
    text = behind_declaration(text, &n, &l.lines_before);
    is_read = feed(&l, text, n);
    if (!is_read) {
        (void)fe_fail(err, FE_EDATA, &(fe_where){ file, NULL, 0 }, "line %ld: not XML: %s", line_now(&l),
                      l.refused ? l.refused : XML_ErrorString(XML_GetErrorCode(l.parser)));
        fe_xml_free(xml);
        xml = NULL;
    }
    XML_ParserFree(l.parser);
    return xml;
}

void fe_xml_free(fe_xml *xml)
{
    if (!xml)
        return;
    clear(&xml->root);
    free(xml);
}

const fe_xml_element *fe_xml_root(const fe_xml *xml)
{
    return &xml->root;
}

const char *fe_xml_name(const fe_xml_element *e)
{
    return e->name;
}

size_t fe_xml_size(const fe_xml_element *e)
{
    return e->n;
}

const fe_xml_element *fe_xml_child(const fe_xml_element *e, size_t i)
{
    return i < e->n ? e->child[i] : NULL;
}

const fe_xml_element *fe_xml_find(const fe_xml_element *e, const char *name)
{
    for (size_t i = 0; i < e->n; i++)
        if (!strcmp(e->child[i]->name, name))
            return e->child[i];
    return NULL;
}

const char *fe_xml_attribute(const fe_xml_element *e, const char *name)
{
    for (size_t i = 0; i + 1 < e->attribute.n; i += 2)
        if (!strcmp(e->attribute.s[i], name))
            return e->attribute.s[i + 1];
    return NULL;
}

long fe_xml_line(const fe_xml_element *e)
{
    return e->line;
}

const char *fe_xml_library(void)
{
    static char name[32];

    snprintf(name, sizeof name, "expat %d.%d.%d", XML_MAJOR_VERSION, XML_MINOR_VERSION, XML_MICRO_VERSION);
    return name;
}
