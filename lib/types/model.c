#include "types/model.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

fe_models *fe_models_new(void)
{
    return FE_NEW(fe_models);
}

void fe_models_free(fe_models *models)
{
    if (!models)
        return;
    for (size_t i = 0; i < models->n; i++) {
        free(models->model[i].name);
        free(models->model[i].yaml);
        fe_spectrum_free(models->model[i].spectrum);
    }
    free(models->model);
    free(models);
}

fe_model *fe_models_add(fe_models *models, const char *name, fe_spectrum *spectrum)
{
    FE_GROW(models->model, models->n, models->cap);
    models->model[models->n] = (fe_model){ fe_strdup(name ? name : ""), spectrum, NULL };
    return &models->model[models->n++];
}

const fe_model *fe_models_find(const fe_models *models, const char *name)
{
    for (size_t i = 0; i < models->n; i++)
        if (!strcmp(models->model[i].name, name))
            return &models->model[i];
    return NULL;
}
