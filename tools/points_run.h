/* points_run.h -- what fe-points, fe-lightcurve and fe-profile do alike: read -> select -> estimate -> convert -> write. */
#ifndef FE_TOOLS_POINTS_RUN_H
#define FE_TOOLS_POINTS_RUN_H
#include "est/plan.h"
#include "types/feed.h"
#include "types/region.h"

typedef struct points_job {         /* what differs                                                     */
    const fe_regions *regions;      /* of maps; NULL: those of --regions, if any                        */
    fe_sedtype type;                /* of the product, unless --to says another                         */
    int (*edges)(fe_edges *, fe_err *);
    int (*group)(fe_plan *, const fe_feed *, fe_models *, const fe_plan_request *, fe_err *);   /* makes the sets of the plan */
    int (*look)(fe_estimate *, fe_err *);       /* at the rows before they are written; or NULL         */
} points_job;

/* The estimates of a plan as rows of a table. */
int points_estimate(const fe_plan *, const fe_feed *, fe_models *, const fe_plan_request *, fe_estimate *, fe_err *) FE_RESULT;
/* Sets by COLUMN[:EDGES], by run, or (group_by NULL) one of all. */
int points_group_by(fe_plan *, const char *group_by, const fe_feed *, fe_err *) FE_RESULT;
int points_run(size_t n, char **operand, const points_job *, fe_err *) FE_RESULT;
#endif
