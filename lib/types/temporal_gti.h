/* temporal_gti.h -- a temporal model in the good time of a dataset: one factor for its prediction. */
#ifndef FE_TYPES_TEMPORAL_GTI_H
#define FE_TYPES_TEMPORAL_GTI_H
#include "phys/temporal.h"
#include "types/gti.h"
#include "types/model.h"

/*
 * sum over k of integral_k m dt / sum over k of dt_k (algorithms 4).  1 without a model and for a constant one.  NaN
 * where there is no answer: no good time, an unknown time scale, a power law before its reference.
 */
double fe_temporal_factor(const fe_temporal *, const fe_gti *);

/*
 * The factor of a source in a dataset (name NULL: data that are none): 0 where it is no part of it; -1 (FE_EDATA) where there is no
 * answer.
 */
int fe_model_factor(const fe_model *, const char *name, const fe_gti *, const char *file, double *factor, fe_err *err) FE_RESULT;
#endif
