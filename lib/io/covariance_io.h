/* covariance_io.h -- gammapy's covariance files (formats 9.3): a table with bars, one row for each parameter. */
#ifndef FE_IO_COVARIANCE_IO_H
#define FE_IO_COVARIANCE_IO_H
#include "types/model.h"

int fe_covariance_read(const char *path, fe_covariance **out, fe_err *err) FE_RESULT;
void fe_covariance_print(const fe_covariance *, fe_str *out);

/*
 * As gammapy wants it beside the YAML of these models: one row for each parameter that stands there, free or not, in
 * their order, linked ones too; where the models' covariance has none, error^2 or 0.
 */
void fe_models_print_covariance(const fe_models *, fe_str *out);

/* From the units of a models file to ours: factor[k] is that of the parameter name[k]; others stay. */
void fe_covariance_scale(fe_covariance *, const fe_strv *name, const double *factor);
#endif
