#include "types/model.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

fe_models *fe_models_new(void)
{
    return FE_NEW(fe_models);
}

static void clear(fe_model *model)
{
    free(model->name);
    free(model->yaml);
    fe_spectrum_free(model->spectrum);
    *model = (fe_model){ NULL, NULL, NULL };
}

void fe_models_free(fe_models *models)
{
    if (!models)
        return;
    for (size_t i = 0; i < models->n; i++)
        clear(&models->model[i]);
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

/* Position of a source that is still there; models->n when there is none. */
static size_t position(const fe_models *models, const char *name)
{
    size_t k = 0;

    while (k < models->n && !(models->model[k].name && !strcmp(models->model[k].name, name)))
        k++;
    return k;
}

int fe_models_select(fe_models *models, const char *names, fe_err *err)
{
    fe_strv wanted = { 0 };
    fe_str known = { 0 };
    fe_model *kept;
    size_t n = 0;
    int rc = 0;

    fe_strv_split(&wanted, names, ",");
    kept = FE_NEWN(fe_model, wanted.n);
    for (size_t k = 0; k < models->n; k++)
        fe_str_addf(&known, "%s%s", k ? ", " : "", models->model[k].name);
    for (size_t i = 0; i < wanted.n && rc == 0; i++) {
        size_t k = position(models, wanted.s[i]);

        if (k == models->n) {
            rc = fe_fail(err, FE_EUSAGE, NULL, "no source '%s' to choose, expected each of %s at most once", wanted.s[i],
                         known.s ? known.s : "none");
        } else {
            kept[n++] = models->model[k];
            models->model[k] = (fe_model){ NULL, NULL, NULL };
        }
    }
    for (size_t k = 0; k < models->n; k++)
        clear(&models->model[k]);
    free(models->model);
    models->model = kept;
    models->n = n;
    models->cap = wanted.n;
    fe_strv_free(&wanted);
    fe_str_free(&known);
    return rc;
}
