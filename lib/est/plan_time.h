/* plan_time.h -- groupings by time and phase: rows of fe_groupings. */
#ifndef FE_EST_PLAN_TIME_H
#define FE_EST_PLAN_TIME_H
#include "est/plan.h"

int fe_plan_make_intervals(const fe_plan_infos *, const char *arg, fe_plan *, fe_err *err) FE_RESULT;
int fe_plan_make_nights(const fe_plan_infos *, const char *arg, fe_plan *, fe_err *err) FE_RESULT;
int fe_plan_make_times(const fe_plan_infos *, const char *arg, fe_plan *, fe_err *err) FE_RESULT;
int fe_plan_make_phases(const fe_plan_infos *, const char *arg, fe_plan *, fe_err *err) FE_RESULT;
#endif
