/* estimate_pick.h -- which rows of an estimate: those that hold a time, an energy, a phase ..., in the order of a column. */
#ifndef FE_TYPES_ESTIMATE_PICK_H
#define FE_TYPES_ESTIMATE_PICK_H
#include "base/expr.h"
#include "types/estimate.h"

typedef struct fe_pick {            /* NULL and NaN: all.  A row must meet all of them                  */
    const char *time;               /* its interval holds this: min <= t < max                          */
    const char *time_range;         /* "A..B": its interval lies within; either end may be left out     */
    double e_TeV;                   /* its band holds this: min <= E < max                              */
    double phase;                   /* its bin holds this, also over 0                                  */
    const char *source;             /* names, with commas                                               */
    const fe_expr *where;
    const char *sort;               /* by this column, -COLUMN descending; rows without a value last    */
} fe_pick;

/* row[0 .. *n - 1]: the rows; room for e->n. */
int fe_estimate_pick(const fe_estimate *, const fe_pick *, size_t *row, size_t *n, fe_err *err) FE_RESULT;

/* What a column says in a row as text, numbers in shortest digits; FE_EUSAGE without such a column. */
int fe_estimate_text(const fe_estimate *, const char *column, size_t row, fe_str *out, fe_err *err) FE_RESULT;
#endif
