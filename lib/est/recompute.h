/* recompute.h -- errors and limits of a table at other levels, from the likelihood scans it holds. */
#ifndef FE_EST_RECOMPUTE_H
#define FE_EST_RECOMPUTE_H
#include "est/scan.h"
#include "types/estimate.h"

typedef enum fe_recompute { FE_RECOMPUTE_ERR = 1, FE_RECOMPUTE_ERRN = 2, FE_RECOMPUTE_ERRP = 4, FE_RECOMPUTE_UL = 8 } fe_recompute;

/*
 * Restate what is asked for (FE_RECOMPUTE_*, joined by |) in all families of the table, and its levels with it.  Errors share one
 * level: those that are there move along when it changes.  What a scan does not bracket is NaN with SCANOPEN, as is a row
 * without scan; the best fit and its significance stay.  -1 (FE_EDATA): no scans, or one that is no -2 ln L.
 */
int fe_estimate_recompute(fe_estimate *, unsigned what, const fe_scan_levels *, fe_err *err) FE_RESULT;
#endif
