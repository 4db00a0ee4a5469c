/* product.h -- an estimate as the common options ask for it: type, units, limits, layout, format, file. */
#ifndef FE_IO_PRODUCT_H
#define FE_IO_PRODUCT_H
#include "base/opt.h"
#include "io/gadf.h"
#include "types/estimate.h"

/*
 * Convert to args->to (else `type`), apply the rule for limits (args->ul_if; NULL leaves is_ul as it came), write to `path`
 * (NULL: stdout) in `format`.  `from`: the document the estimate came from, whose other parts pass through; or NULL.
 */
int fe_product_write(fe_estimate *, fe_sedtype type, const fe_document *from, const fe_common *args,
                     const fe_format *format, const char *path, fe_err *err) FE_RESULT;

/* The two halves of it: how rows are written, and what becomes of them before. */
fe_layout fe_product_layout(const fe_common *args, const fe_format *);
int fe_product_prepare(fe_estimate *, fe_sedtype type, const fe_common *args, fe_err *err) FE_RESULT;

bool fe_product_is_flagged(const fe_estimate *);        /* any row with a status: what --strict asks         */
#endif
