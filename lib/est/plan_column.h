/* plan_column.h -- datasets by what their keywords say: sets of one value or one bin of a column, and --where. */
#ifndef FE_EST_PLAN_COLUMN_H
#define FE_EST_PLAN_COLUMN_H
#include "est/plan.h"

/* The "column" row of fe_groupings: arg is COLUMN or COLUMN:EDGES. */
int fe_plan_make_column(const fe_plan_infos *, const char *arg, fe_plan *, fe_err *err) FE_RESULT;

/* Is the expression true for the keywords of a dataset? */
int fe_plan_test_info(const fe_dataset_info *, const fe_expr *, bool *is_true, fe_err *err) FE_RESULT;

fe_set *fe_plan_add_set(fe_plan *, const char *label);      /* empty; until the next one is added        */
void fe_set_add(fe_plan *, fe_set *, size_t dataset);
fe_set_bin *fe_set_own_bin(fe_plan *, fe_set *);            /* its bin, to be changed                    */
#endif
