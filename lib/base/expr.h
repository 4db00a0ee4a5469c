/* expr.h -- the little language of --where and --ul-if: an expression over the columns of a row.
 *
 * Column names, numbers, strings in '...' or "...", < <= == != >= >, and or not, ( ), + - * /, isnan(x).  Comparisons
 * with NaN are false (!= is true); truth is 1 or 0, and NaN counts as false.  A text that is compared with a number is
 * read as one.  Parsed once, evaluated row by row.
 */
#ifndef FE_BASE_EXPR_H
#define FE_BASE_EXPR_H
#include <stdbool.h>
#include "base/err.h"

typedef struct fe_value {           /* of a column in a row, or of an expression                        */
    double number;                  /* NaN = missing, or a text                                         */
    const char *text;               /* borrowed; NULL = a number.  A flag word may have both            */
} fe_value;

/* The value of a column; false when there is no such column. */
typedef bool (*fe_expr_lookup)(void *ctx, const char *name, fe_value *value);

typedef struct fe_expr fe_expr;

fe_expr *fe_expr_parse(const char *text, fe_err *err);      /* NULL (FE_EUSAGE) names the place and the word */
void fe_expr_free(fe_expr *);
/* 0, or -1 (FE_EUSAGE): a column that is not there, or arithmetic with a text. */
int fe_expr_eval(const fe_expr *, fe_expr_lookup lookup, void *ctx, fe_value *value, fe_err *err) FE_RESULT;
int fe_expr_is_true(const fe_expr *, fe_expr_lookup lookup, void *ctx, bool *is_true, fe_err *err) FE_RESULT;
#endif
