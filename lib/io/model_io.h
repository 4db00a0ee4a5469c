/* model_io.h -- reference models from what users type: inline text, gammapy models YAML, the model stored in a product. */
#ifndef FE_IO_MODEL_IO_H
#define FE_IO_MODEL_IO_H
#include "base/str.h"
#include "types/model.h"

/* "pl:index=2" | crab.yaml | @product.fits */
int fe_models_read(const char *text, fe_models **out, fe_err *err) FE_RESULT;
int fe_models_parse_yaml(const char *yaml, const char *file, fe_models **out, fe_err *err) FE_RESULT;
void fe_models_print_yaml(const fe_models *, fe_str *out);
#endif
