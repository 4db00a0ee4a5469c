#include "io/yaml.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <yaml.h>

#include "base/mem.h"
#include "base/num.h"

enum { MAX_DEPTH = 100 };

struct fe_yaml_node {
    yaml_node_type_t type;          /* scalar, sequence or mapping */
    long line;                      /* 1-based */
    bool quoted;                    /* scalar in quotes or a block: a string whatever is in it */
    char *text;                     /* scalar; of a mapping's child: see key */
    char *key;                      /* when it is the value of a pair */
    size_t n, cap;
    struct fe_yaml_node *child;     /* items of a sequence, values of a mapping */
};

struct fe_yaml {
    struct fe_yaml_node root;
};

typedef struct loader {
    yaml_parser_t parser;
    const char *file;
    fe_err *err;
} loader;

static void clear(fe_yaml_node *node)
{
    for (size_t i = 0; i < node->n; i++)
        clear(&node->child[i]);
    free(node->child);
    free(node->text);
    free(node->key);
}

static int complain(const loader *l, long line, const char *what)
{
    return fe_fail(l->err, FE_EDATA, &(fe_where){ l->file, NULL, 0 }, "line %ld: not YAML: %s", line, what);
}

static int next_event(loader *l, yaml_event_t *event)
{
    if (yaml_parser_parse(&l->parser, event))
        return 0;
    return complain(l, (long)l->parser.problem_mark.line + 1, l->parser.problem ? l->parser.problem : "unreadable");
}

static int load(loader *l, yaml_event_t *event, fe_yaml_node *node, int depth);

static fe_yaml_node *add_child(fe_yaml_node *node)
{
    FE_GROW(node->child, node->n, node->cap);
    memset(&node->child[node->n], 0, sizeof *node->child);
    return &node->child[node->n++];
}

/* The children up to the end of a sequence or mapping; a mapping's pair is one child with its key. */
static int load_children(loader *l, fe_yaml_node *node, yaml_event_type_t end, int depth)
{
    yaml_event_t event;

    if (depth > MAX_DEPTH)
        return complain(l, node->line, "nested too deeply");
    for (;;) {
        fe_yaml_node *child;
        char *key = NULL;
        int rc;

        if (next_event(l, &event) < 0)
            return -1;
        if (event.type == end) {
            yaml_event_delete(&event);
            return 0;
        }
        if (node->type == YAML_MAPPING_NODE) {
            if (event.type != YAML_SCALAR_EVENT) {
                yaml_event_delete(&event);
                return complain(l, node->line, "a key is not a plain word");
            }
            key = fe_strdup((const char *)event.data.scalar.value);
            yaml_event_delete(&event);
            if (next_event(l, &event) < 0) {
                free(key);
                return -1;
            }
        }
        child = add_child(node);
        child->key = key;
        rc = load(l, &event, child, depth + 1);
        yaml_event_delete(&event);
        if (rc < 0)
            return -1;
    }
}

static int load(loader *l, yaml_event_t *event, fe_yaml_node *node, int depth)
{
    node->line = (long)event->start_mark.line + 1;
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        node->type = YAML_SCALAR_NODE;
        node->text = fe_strdup((const char *)event->data.scalar.value);
        node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
        return 0;
    case YAML_SEQUENCE_START_EVENT:
        node->type = YAML_SEQUENCE_NODE;
        return load_children(l, node, YAML_SEQUENCE_END_EVENT, depth);
    case YAML_MAPPING_START_EVENT:
        node->type = YAML_MAPPING_NODE;
        return load_children(l, node, YAML_MAPPING_END_EVENT, depth);
    case YAML_ALIAS_EVENT:
        return complain(l, node->line, "aliases are not understood here");
    default:
        return complain(l, node->line, "a value is missing");
    }
}

/* Everything up to the first node, the node, and no second document. */
static int load_document(loader *l, fe_yaml_node *root)
{
    yaml_event_t event;
    bool done = false;

    while (!done) {
        int rc = 0;

        if (next_event(l, &event) < 0)
            return -1;
        if (event.type == YAML_STREAM_END_EVENT)
            done = true;
        else if (event.type != YAML_STREAM_START_EVENT && event.type != YAML_DOCUMENT_START_EVENT &&
                 event.type != YAML_DOCUMENT_END_EVENT)
            rc = root->type ? complain(l, (long)event.start_mark.line + 1, "more than one document")
                            : load(l, &event, root, 0);
        yaml_event_delete(&event);
        if (rc < 0)
            return -1;
    }
    return root->type ? 0 : complain(l, 1, "it is empty");
}

fe_yaml *fe_yaml_parse(const char *text, size_t n, const char *file, fe_err *err)
{
    fe_yaml *yaml = FE_NEW(fe_yaml);
    loader l = { .file = file, .err = err };
    int rc;

    if (!yaml_parser_initialize(&l.parser)) {
        free(yaml);
        (void)fe_fail(err, FE_ESYS, NULL, "out of memory");
        return NULL;
    }
    yaml_parser_set_input_string(&l.parser, (const unsigned char *)text, n);
    rc = load_document(&l, &yaml->root);
    yaml_parser_delete(&l.parser);
    if (rc < 0) {
        fe_yaml_free(yaml);
        return NULL;
    }
    return yaml;
}

void fe_yaml_free(fe_yaml *yaml)
{
    if (!yaml)
        return;
    clear(&yaml->root);
    free(yaml);
}

const fe_yaml_node *fe_yaml_root(const fe_yaml *yaml)
{
    return &yaml->root;
}

const fe_yaml_node *fe_yaml_get(const fe_yaml_node *map, const char *key)
{
    if (!map || map->type != YAML_MAPPING_NODE)
        return NULL;
    for (size_t i = 0; i < map->n; i++)
        if (!strcmp(map->child[i].key, key))
            return &map->child[i];
    return NULL;
}

size_t fe_yaml_size(const fe_yaml_node *node)
{
    return node ? node->n : 0;
}

const fe_yaml_node *fe_yaml_item(const fe_yaml_node *seq, size_t i)
{
    return seq && seq->type == YAML_SEQUENCE_NODE && i < seq->n ? &seq->child[i] : NULL;
}

const char *fe_yaml_key(const fe_yaml_node *map, size_t i)
{
    return map && i < map->n ? map->child[i].key : NULL;
}

const fe_yaml_node *fe_yaml_value(const fe_yaml_node *map, size_t i)
{
    return map && map->type == YAML_MAPPING_NODE && i < map->n ? &map->child[i] : NULL;
}

bool fe_yaml_is_map(const fe_yaml_node *node)
{
    return node && node->type == YAML_MAPPING_NODE;
}

bool fe_yaml_is_quoted(const fe_yaml_node *node)
{
    return node && node->quoted;
}

const char *fe_yaml_text(const fe_yaml_node *node)
{
    return node && node->type == YAML_SCALAR_NODE ? node->text : NULL;
}

double fe_yaml_number(const fe_yaml_node *node)
{
    const char *text = fe_yaml_text(node);
    double x;

    if (!text)
        return NAN;
    if (*text == '.' || ((*text == '-' || *text == '+') && text[1] == '.')) {       /* .nan, .inf, -.inf */
        const char *word = text + (*text != '.') + 1;

        if (!strcasecmp(word, "inf"))
            return *text == '-' ? -INFINITY : INFINITY;
        if (!strcasecmp(word, "nan"))
            return NAN;
    }
    return fe_num_parse(text, &x) < 0 ? NAN : x;
}

long fe_yaml_line(const fe_yaml_node *node)
{
    return node ? node->line : 0;
}

const char *fe_yaml_library(void)
{
    static char text[32];

    snprintf(text, sizeof text, "libyaml %s", yaml_get_version_string());
    return text;
}
