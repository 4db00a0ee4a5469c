/* points_opt.h -- how norms are estimated, as options of a command line: what fe-points and fe-lightcurve share. */
#ifndef FE_EST_POINTS_OPT_H
#define FE_EST_POINTS_OPT_H
#include "base/opt.h"
#include "est/plan.h"

/* --method --stack --group-off --free --bkg-syst --multi-instrument --abs-ref --scan --scan-points */
extern const fe_opt fe_opts_points[];

/*
 * The request that was typed, for these models; with --abs-ref those that are negative are turned round.  -1 (FE_EUSAGE):
 * combinations that have no answer, refused in one sentence.  fe_refit_clear(&request->refit) frees what it holds.
 */
int fe_points_typed(const fe_common *, fe_models *, fe_plan_request *, fe_err *err) FE_RESULT;

/* --where of the common options, parsed; NULL without it, or with err filled. */
int fe_where_typed(const fe_common *, fe_expr **where, fe_err *err) FE_RESULT;

/* "EMIN" or "EMIN:" -> one band to the end of the data (its upper edge is infinity). */
int fe_integral_typed(const char *text, fe_edges *, fe_err *err) FE_RESULT;
#endif
