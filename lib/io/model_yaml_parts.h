/* model_yaml_parts.h -- what the readers of the parts of a models file share.  Private to io/model_yaml*.c. */
#ifndef FE_IO_MODEL_YAML_PARTS_H
#define FE_IO_MODEL_YAML_PARTS_H
#include "base/str.h"
#include "io/yaml.h"
#include "phys/spatial.h"
#include "types/model.h"

typedef struct fe_model_yaml {
    const char *file;
    fe_models *models;          /* on its way                                                           */
    fe_str path;                /* of the parameters at hand: "crab.spectral.model1"                     */
    fe_strv par_name;           /* all parameters so far, as in covariances                             */
    double *par_factor;         /* [par_name.n] internal units in one of the file                       */
    size_t cap_factor;
    fe_err *err;
} fe_model_yaml;

/* "m.yaml: line 3: WHAT 'FOUND', expected EXPECTED"; found and expected may be NULL.  Returns -1. */
int fe_model_yaml_complain(const fe_model_yaml *, const fe_yaml_node *, const char *what, const char *found,
                           const char *expected);
const char *fe_model_yaml_text(const fe_yaml_node *map, const char *key);

int fe_model_yaml_value(const fe_model_yaml *, const fe_yaml_node *, const char *name, double factor,
                        double *x) FE_RESULT;
int fe_model_yaml_par(fe_model_yaml *, const fe_yaml_node *, const char *name, const char *unit, fe_par *) FE_RESULT;
/* {data: [...], unit: ...}; the array is the caller's. */
int fe_model_yaml_list(const fe_model_yaml *, const fe_yaml_node *map, const char *key, const char *unit, size_t *n,
                       double **x) FE_RESULT;

/* A leaf of nodes, or NULL; the table of an ebl-norm leaf; a temporal model. */
fe_spectrum *fe_model_yaml_nodes(const fe_model_yaml *, const fe_yaml_node *, const fe_spectrum_kind *);
int fe_model_yaml_ebl(const fe_model_yaml *, const fe_yaml_node *, fe_spectrum *leaf) FE_RESULT;
int fe_model_yaml_temporal(fe_model_yaml *, const fe_yaml_node *, fe_temporal **out) FE_RESULT;
int fe_model_yaml_spatial(fe_model_yaml *, const fe_yaml_node *, fe_model *) FE_RESULT;
#endif
