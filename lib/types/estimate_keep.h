/* estimate_keep.h -- some of the rows of an estimate, in an order. */
#ifndef FE_TYPES_ESTIMATE_KEEP_H
#define FE_TYPES_ESTIMATE_KEEP_H
#include "types/estimate.h"

/* Row k becomes what row[k] was, 0 <= k < n; each is named once at most.  The others are gone. */
void fe_estimate_keep(fe_estimate *, size_t n, const size_t *row);
#endif
