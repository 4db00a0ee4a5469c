#include "types/model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/note.h"

fe_models *fe_models_new(void)
{
    return FE_NEW(fe_models);
}

static void clear(fe_model *model)
{
    free(model->name);
    free(model->yaml);
    fe_spectrum_free(model->spectrum);
    fe_temporal_free(model->temporal);
    fe_spatial_free(model->spatial);
    fe_skymap_free(model->map);
    fe_strv_free(&model->datasets);
    *model = (fe_model){ .name = NULL };
}

void fe_models_free(fe_models *models)
{
    if (!models)
        return;
    for (size_t i = 0; i < models->n; i++)
        clear(&models->model[i]);
    for (size_t i = 0; i < models->n_background; i++)
        clear(&models->background[i]);
    free(models->model);
    free(models->background);
    fe_strv_free(&models->link);
    fe_covariance_free(models->covariance);
    free(models);
}

fe_model *fe_models_add(fe_models *models, const char *name, fe_spectrum *spectrum)
{
    FE_GROW(models->model, models->n, models->cap);
    models->model[models->n] = (fe_model){ .name = fe_strdup(name ? name : ""), .spectrum = spectrum };
    return &models->model[models->n++];
}

fe_model *fe_models_add_background(fe_models *models, const char *name, fe_spectrum *spectrum)
{
    FE_GROW(models->background, models->n_background, models->cap_background);
    models->background[models->n_background] = (fe_model){ .name = fe_strdup(name ? name : ""), .spectrum = spectrum };
    return &models->background[models->n_background++];
}

size_t fe_models_n_all(const fe_models *models)
{
    return models->n + models->n_background;
}

fe_model *fe_models_at(const fe_models *models, size_t k)
{
    return k < models->n ? &models->model[k] : &models->background[k - models->n];
}

static bool any_free(const fe_spectrum *s)
{
    if (!s->kind)
        return any_free(s->left) || any_free(s->right);
    for (size_t i = 0; i < s->kind->n_par; i++)
        if (!s->par[i].frozen)
            return true;
    return false;
}

bool fe_model_is_free(const fe_model *model)
{
    return any_free(model->spectrum);
}

size_t fe_models_free_background(const fe_models *models, const fe_dataset *d, size_t from)
{
    size_t k = d->background && from < models->n_background ? from : models->n_background;

    while (k < models->n_background &&
           !(fe_model_applies(&models->background[k], d->info.name) && fe_model_is_free(&models->background[k])))
        k++;
    return k;
}

bool fe_model_is_known(const fe_model *m, const fe_dataset *d)
{
    if (d->geom || !(m->per_sr || fe_spectrum_is_norm(m->spectrum)))
        return true;
    fe_note(FE_NOTE_SAID, NULL, "source '%s' has no flux but one per steradian, and takes no part in spectra", m->name);
    return false;
}

int fe_models_check_fluxes(const fe_models *models, size_t n, fe_err *err)
{
    for (size_t k = 0; k < n; k++)
        if (fe_spectrum_is_norm(models->model[k].spectrum))
            return fe_fail(err, FE_EUSAGE, NULL, "source '%s': its spectrum is a factor without unit, expected one in cm-2 s-1 TeV-1: "
                           "choose others with --source", models->model[k].name);
    return 0;
}

bool fe_model_applies(const fe_model *model, const char *dataset_name)
{
    for (size_t i = 0; dataset_name && i < model->datasets.n; i++)
        if (!strcmp(model->datasets.s[i], dataset_name))
            return true;
    return !dataset_name || model->datasets.n == 0;
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

static int refuse_name(const fe_strv *known, const char *name, fe_err *err)
{
    fe_str names = { 0 };

    for (size_t k = 0; k < known->n; k++)
        fe_str_addf(&names, "%s%s", k ? ", " : "", known->s[k]);
    (void)fe_fail(err, FE_EUSAGE, NULL, "no source '%s' to choose, expected each of %s at most once", name,
                  names.s ? names.s : "none");
    fe_str_free(&names);
    return -1;
}

/* Those named to the front, the others behind them in their order. */
static int move_to_front(fe_models *models, const fe_strv *wanted, fe_err *err)
{
    fe_model *sorted = FE_NEWN(fe_model, models->n + wanted->n);
    fe_strv known = { 0 };
    size_t n = 0;
    int rc = 0;

    for (size_t k = 0; k < models->n; k++)
        fe_strv_add(&known, models->model[k].name);
    for (size_t i = 0; i < wanted->n && rc == 0; i++) {
        size_t k = position(models, wanted->s[i]);

        if (k == models->n) {
            rc = refuse_name(&known, wanted->s[i], err);
            break;
        }
        sorted[n++] = models->model[k];
        models->model[k] = (fe_model){ .name = NULL };
    }
    models->n_chosen = n;
    for (size_t k = 0; k < models->n; k++)
        if (models->model[k].name)
            sorted[n++] = models->model[k];
    free(models->model);
    models->model = sorted;
    models->cap = models->n + wanted->n;
    fe_strv_free(&known);
    return rc;
}

int fe_models_choose(fe_models *models, const char *names, fe_err *err)
{
    fe_strv wanted = { 0 };
    int rc = 0;

    models->n_chosen = 0;
    if (!strcmp(names, "all"))
        return 0;
    fe_strv_split(&wanted, names, ",");
    rc = move_to_front(models, &wanted, err);
    fe_strv_free(&wanted);
    return rc;
}

size_t fe_models_n_chosen(const fe_models *models)
{
    return models->n_chosen ? models->n_chosen : models->n;
}

fe_models *fe_models_take_others(fe_models *models)
{
    size_t n_chosen = fe_models_n_chosen(models);
    fe_models *others;

    if (n_chosen == models->n && models->n_background == 0)
        return NULL;
    others = fe_models_new();
    others->background = models->background;
    others->n_background = models->n_background;
    models->background = NULL;
    models->n_background = models->cap_background = 0;
    while (others->n < models->n - n_chosen) {
        FE_GROW(others->model, others->n, others->cap);
        others->model[others->n] = models->model[n_chosen + others->n];
        others->n++;
    }
    models->n = n_chosen;
    return others;
}

int fe_models_select(fe_models *models, const char *names, fe_err *err)
{
    fe_strv wanted = { 0 };
    int rc;

    fe_strv_split(&wanted, names, ",");
    rc = move_to_front(models, &wanted, err);
    for (size_t k = models->n_chosen; rc == 0 && k < models->n; k++)
        clear(&models->model[k]);
    if (rc == 0)
        models->n = models->n_chosen;
    models->n_chosen = 0;
    fe_strv_free(&wanted);
    return rc;
}

/* ---- links and covariance ------------------------------------------------------------------------------------- */

unsigned fe_models_link(fe_models *models, const char *label)
{
    for (size_t k = 0; k < models->link.n; k++)
        if (!strcmp(models->link.s[k], label))
            return (unsigned)k + 1;
    fe_strv_add(&models->link, label);
    return (unsigned)models->link.n;
}

fe_covariance *fe_covariance_new(const fe_strv *name, const double *value)
{
    fe_covariance *c = FE_NEW(fe_covariance);

    c->value = FE_NEWN(double, name->n * name->n);
    for (size_t i = 0; i < name->n; i++)
        fe_strv_add(&c->name, name->s[i]);
    for (size_t i = 0; i < name->n * name->n; i++)
        c->value[i] = value[i];
    return c;
}

void fe_covariance_free(fe_covariance *c)
{
    if (!c)
        return;
    fe_strv_free(&c->name);
    free(c->value);
    free(c);
}

double fe_covariance_of(const fe_covariance *c, const char *a, const char *b)
{
    size_t n = c->name.n, i = 0, j = 0;

    while (i < n && strcmp(c->name.s[i], a))
        i++;
    while (j < n && strcmp(c->name.s[j], b))
        j++;
    return i < n && j < n ? c->value[i * n + j] : NAN;
}
