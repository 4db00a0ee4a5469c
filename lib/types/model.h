/* model.h -- a source: name, spectrum, and (later) where it is; a list of them as a models file holds it. */
#ifndef FE_TYPES_MODEL_H
#define FE_TYPES_MODEL_H
#include <stddef.h>
#include "phys/spectrum.h"

typedef struct fe_model {
    char *name;                     /* "" = unnamed                                                     */
    fe_spectrum *spectrum;
    char *yaml;                     /* the component as it was read, so that nothing is lost; or NULL   */
} fe_model;

typedef struct fe_models {
    fe_model *model;
    size_t n, cap;
} fe_models;

fe_models *fe_models_new(void);
void fe_models_free(fe_models *);
fe_model *fe_models_add(fe_models *, const char *name, fe_spectrum *spectrum);     /* takes spectrum */
const fe_model *fe_models_find(const fe_models *, const char *name);
/* Keep the sources named in "A,B", in that order; -1 (FE_EUSAGE) names the one that is not there and those that are. */
int fe_models_select(fe_models *, const char *names, fe_err *err) FE_RESULT;
#endif
