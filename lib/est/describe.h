/* describe.h -- what a later reader must know of how the numbers of a product were made, as its metadata. */
#ifndef FE_EST_DESCRIBE_H
#define FE_EST_DESCRIBE_H
#include "est/plan.h"

/* Keywords (METHOD, DATASETS, FREEPAR, BKGSYST, ABSREF, GROUPOFF, SENSSIG, SENSDEF, COMPAT), levels of errors and limits, reference model. */
void fe_plan_describe(const fe_plan_request *, const fe_models *, fe_estimate *);

/* Of these the part of the solver: levels, SENSSIG, SENSDEF, COMPAT. */
void fe_norm_describe(const fe_norm_request *, bool as_gammapy, fe_estimate *);

/* A dataset took part: its telescope, its good times. */
void fe_estimate_see(fe_estimate *, const fe_dataset *);
#endif
