/* recompute_opt.h -- what is recomputed from scans and at which levels, as typed. */
#ifndef FE_EST_RECOMPUTE_OPT_H
#define FE_EST_RECOMPUTE_OPT_H
#include "base/opt.h"
#include "est/recompute.h"

/*
 * "ul,err" -> FE_RECOMPUTE_* bits, and the levels of the common options; NULL: nothing, and then levels that were typed
 * are refused (FE_EUSAGE), for they would do nothing.
 */
int fe_recompute_typed(const char *list, const fe_common *, unsigned *what, fe_scan_levels *, fe_err *err) FE_RESULT;
#endif
