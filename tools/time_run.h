/* time_run.h -- bins of time and phase of a command line (est/time_opt.h), for tools whose rows they make. */
#ifndef FE_TOOLS_TIME_RUN_H
#define FE_TOOLS_TIME_RUN_H
#include "est/plan.h"
#include "types/feed.h"

/* What was typed; closed after a failure, too. */
int time_run_open(fe_err *) FE_RESULT;
void time_run_close(void);

/* The sets of the plan: the datasets cut by time or phase, and by group_by (COLUMN[:EDGES]) where it is not NULL. */
int time_run_group(fe_plan *, const char *group_by, const fe_feed *, fe_models *, const fe_plan_request *, fe_err *) FE_RESULT;
#endif
