/* ecsv_meta.h -- what reader and writer of ECSV share: names of types, keywords as YAML. */
#ifndef FE_IO_ECSV_META_H
#define FE_IO_ECSV_META_H
#include "base/str.h"
#include "io/yaml.h"
#include "types/table.h"

#define FE_ECSV_COMMENTS "__comments__"
#define FE_ECSV_PRIMARY "__primary__"
#define FE_ECSV_TABLES "__tables__"
#define FE_ECSV_MIXINS "__serialized_columns__"     /* astropy's own; the columns it speaks of stand in the body */

/* "float32" ... of a column, from its type and the TFORM letter it had. */
const char *fe_ecsv_datatype(const fe_column *, size_t n_rows);
/* 0, or -1 when the name is unknown or has no type here. */
int fe_ecsv_datatype_parse(const char *name, fe_coltype *type, char *fits_code);

/* A scalar that YAML 1.1 and 1.2 read as this string. */
void fe_ecsv_print_string(const char *text, fe_str *out);
/* A number that YAML 1.1 and 1.2 read as a float: 1e-12 is a word to them, 1.0e-12 is not. */
void fe_ecsv_print_number(double x, fe_str *out);
/* A tree of nodes as one line of flow YAML. */
void fe_ecsv_print_node(const fe_yaml_node *, fe_str *out);

/* "{KEY: value, ...}" on a line each, behind `indent`; comments last. Nothing for an empty list. */
void fe_ecsv_print_meta(const fe_metalist *, const char *indent, fe_str *out);
/* The keywords of a map, or of a list of maps (!!omap); keys in `skip` (ends with NULL) are left out. */
void fe_ecsv_read_meta(const fe_yaml_node *, const char *const *skip, fe_metalist *out);
/* Value of a key in a map or a list of maps; NULL. */
const fe_yaml_node *fe_ecsv_get(const fe_yaml_node *, const char *key);

/* ecsv_mixin.c: the block that says which columns form objects of astropy; of these we know its times. */
/* Blanks before the key that opens the block, plus 1; 0: another line. */
size_t fe_ecsv_opens_mixins(const char *line);
/* The block in the header [text, body): columns become instants or spans, the first scale is the TIMESYS of a table without one. */
void fe_ecsv_read_times(const char *text, const char *body, fe_table *);
bool fe_ecsv_is_time(const fe_column *);            /* is it in the block we write?                         */
void fe_ecsv_print_times(const fe_table *, fe_str *out);
#endif
