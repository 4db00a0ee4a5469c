/* time_opt.h -- how datasets are cut by time and phase, as options of a command line. */
#ifndef FE_EST_TIME_OPT_H
#define FE_EST_TIME_OPT_H
#include "base/opt.h"
#include "est/plan.h"

/* --time-bins --night-gap --time-origin --assign --period --t0 --phase-bins */
extern const fe_opt fe_opts_timebins[];

/* What was typed for --time-bins; a list in a file ("@FILE") is for the caller to replace by its text. */
const char *fe_timebins_typed(void);

/* The cut that was typed, and the row of fe_groupings it goes with; `bins` is the text of --time-bins.  Frees with fe_timecut_free. */
int fe_timecut_typed(const fe_common *, const char *bins, fe_timecut *, const char **grouping, fe_err *err) FE_RESULT;
void fe_timecut_free(fe_timecut *);

/* --time-range T0,T1 into MJD TT; both 0 without. */
int fe_time_range_typed(const fe_common *, double *min_mjd, double *max_mjd, fe_err *err) FE_RESULT;
fe_timescale fe_time_scale_typed(const fe_common *);
#endif
