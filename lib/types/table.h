/* table.h -- a generic table, and a document of tables: what came with a file and is passed through untouched.
 *
 * NaN is "missing" for doubles; strings and booleans are never missing.  A column keeps its unit as written.
 */
#ifndef FE_TYPES_TABLE_H
#define FE_TYPES_TABLE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/err.h"
#include "base/str.h"

typedef enum fe_coltype { FE_COL_DOUBLE, FE_COL_INT, FE_COL_BOOL, FE_COL_STRING } fe_coltype;

enum { FE_MAX_DIM = 4 };

typedef struct fe_column {
    char *name, *unit, *comment;    /* unit "" = none; comment may be NULL                              */
    fe_coltype type;
    char fits_code;                 /* TFORM letter it had (E, D, I, J, K, L, A ...), 0 = by type       */
    size_t width;                   /* elements a row; 1 and n_dim 0 = scalar                           */
    size_t n_dim, dim[FE_MAX_DIM];  /* shape of a cell, fastest first (TDIM); product = width           */
    char *timescale;                /* instants (MJD, or text) or spans (d): their scale ("TT"); or NULL */
    bool is_span;
    union {                         /* [n_rows][width]                                                  */
        double *d;
        int64_t *i;
        unsigned char *b;
        char **s;
        void *any;
    } v;
} fe_column;

typedef enum fe_metatype { FE_META_STRING, FE_META_NUMBER, FE_META_INT, FE_META_BOOL, FE_META_TEXT } fe_metatype;

typedef struct fe_meta {            /* one keyword; TEXT is a long text (YAML of a model ...)           */
    char *key, *comment;            /* comment NULL: none; one piece of memory holds all three texts    */
    fe_metatype type;
    char *text;                     /* value as text, for every type                                    */
    double number;                  /* NUMBER, INT, BOOL (0/1)                                          */
} fe_meta;

typedef struct fe_metalist { fe_meta *m; size_t n, cap; } fe_metalist;      /* in the file's order */

typedef struct fe_table {
    char *name;                     /* EXTNAME, or ""                                                   */
    size_t n_rows, n_cols, cap_cols;
    fe_column *col;
    fe_metalist meta;
} fe_table;

typedef struct fe_part {            /* one HDU of a document: a table, or bytes kept as they are        */
    fe_table *table;                /* NULL: raw                                                        */
    char *name;
    unsigned char *raw;             /* whole HDU (header + data), FITS only                             */
    size_t n_raw;
} fe_part;

typedef struct fe_document {
    char *file;                     /* for messages: path, or "<stdin>"                                 */
    const char *format;             /* name of the io/format row it was read with                       */
    fe_metalist primary;            /* keywords of the primary header                                   */
    fe_part *part;
    size_t n_parts, cap_parts;
} fe_document;

fe_table *fe_table_new(const char *name, size_t n_rows);
void fe_table_free(fe_table *);
fe_column *fe_table_add(fe_table *, const char *name, fe_coltype type, const char *unit, size_t width);    /* values zeroed; NaN for doubles */
fe_column *fe_table_find(const fe_table *, const char *name);       /* case-insensitive; NULL            */
void fe_table_remove(fe_table *, const char *name);
/* Set the number of rows of a table, keeping the rows it has; new rows are missing. */
void fe_table_resize(fe_table *, size_t n_rows);
/* Copies n elements from i on to those from j on of a column of the same type. */
void fe_column_copy(const fe_column *from, size_t i, fe_column *to, size_t j, size_t n);
double fe_column_number(const fe_column *, size_t row, size_t k);   /* any numeric type; NaN for strings */
const char *fe_column_string(const fe_column *, size_t row, size_t k);      /* NULL for other types       */

void fe_meta_set(fe_metalist *, const char *key, fe_metatype, const char *text, const char *comment);
void fe_meta_append(fe_metalist *, const char *key, fe_metatype, const char *text, const char *comment);    /* known to be new */
void fe_meta_set_number(fe_metalist *, const char *key, double x, const char *comment);
void fe_meta_set_bool(fe_metalist *, const char *key, bool x, const char *comment);
const fe_meta *fe_meta_find(const fe_metalist *, const char *key);  /* case-insensitive                 */
const char *fe_meta_text(const fe_metalist *, const char *key);     /* NULL when absent                 */
double fe_meta_number(const fe_metalist *, const char *key);        /* NaN when absent or not a number  */
void fe_meta_remove(fe_metalist *, const char *key);
void fe_metalist_free(fe_metalist *);
void fe_metalist_copy(fe_metalist *to, const fe_metalist *from);

fe_document *fe_document_new(const char *file);
void fe_document_free(fe_document *);
fe_table *fe_document_add(fe_document *, fe_table *);               /* takes it; returns it             */
fe_table *fe_document_table(const fe_document *, const char *name); /* by EXTNAME, case-insensitive      */
fe_table *fe_document_first(const fe_document *);                   /* first table                      */
#endif
