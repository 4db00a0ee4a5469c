/* describe.h -- what a later reader must know of how the numbers of a product were made, as its metadata. */
#ifndef FE_EST_DESCRIBE_H
#define FE_EST_DESCRIBE_H
#include "est/plan.h"

/* Keywords (METHOD, DATASETS, FREEPAR, BKGSYST, ABSREF, GROUPOFF, SENSSIG, SENSDEF, COMPAT), levels of errors and limits, reference model. */
void fe_plan_describe(const fe_plan_request *, const fe_models *, fe_estimate *);
#endif
