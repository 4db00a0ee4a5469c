/* yaml.h -- a YAML text as a tree of nodes: the only user of libyaml. */
#ifndef FE_IO_YAML_H
#define FE_IO_YAML_H
#include <stdbool.h>
#include <stddef.h>
#include "base/err.h"

typedef struct fe_yaml fe_yaml;
typedef struct fe_yaml_node fe_yaml_node;       /* borrowed from the fe_yaml it came from */

fe_yaml *fe_yaml_parse(const char *text, size_t n, const char *file, fe_err *err);
void fe_yaml_free(fe_yaml *);
const fe_yaml_node *fe_yaml_root(const fe_yaml *);
const fe_yaml_node *fe_yaml_get(const fe_yaml_node *map, const char *key);      /* NULL: not a map, or no such key */
size_t fe_yaml_size(const fe_yaml_node *);                                      /* items of a sequence, pairs of a map */
const fe_yaml_node *fe_yaml_item(const fe_yaml_node *seq, size_t i);
const char *fe_yaml_key(const fe_yaml_node *map, size_t i);
const fe_yaml_node *fe_yaml_value(const fe_yaml_node *map, size_t i);
bool fe_yaml_is_map(const fe_yaml_node *);
bool fe_yaml_is_quoted(const fe_yaml_node *);                                    /* "1" is a string, 1 is not */
const char *fe_yaml_text(const fe_yaml_node *);                                 /* scalar, else NULL     */
double fe_yaml_number(const fe_yaml_node *);                                    /* NaN when it is none   */
const char *fe_yaml_library(void);                                              /* "libyaml 0.2.5"       */
long fe_yaml_line(const fe_yaml_node *);                                        /* 1-based               */
#endif
