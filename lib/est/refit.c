#include "est/refit.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* A source that is the only one estimated is in no group as another one. */
static bool is_other(const fe_models *models, size_t k)
{
    return k >= fe_models_n_chosen(models) || fe_models_n_chosen(models) > 1;
}

static int refuse(const char *item, fe_err *err)
{
    const char *dot = strrchr(item, '.');
    bool is_shape = false;

    for (const fe_spectrum_kind *kind = fe_spectrum_kinds; kind->type; kind++)
        for (size_t i = 0; i < kind->n_par; i++)
            is_shape = is_shape || !strcmp(dot ? dot + 1 : item, kind->par[i].name);
    if (is_shape)
        return fe_fail(err, FE_EUSAGE, NULL, "--free %s: shapes are not refitted in a band, only norms and backgrounds; "
                       "fe-fit finds shapes from all bands together", item);
    return fe_fail(err, FE_EUSAGE, NULL, "--free %s: expected none, bkg, norms, all or the name of a source", item);
}

static int free_norms(const fe_models *models, bool must, fe_refit *refit, fe_err *err)
{
    for (size_t k = 0; k < models->n; k++)
        refit->source[k] = is_other(models, k);
    if (must && !fe_refit_any_source(refit, models))
        return fe_fail(err, FE_EUSAGE, NULL, "--free norms: the model has no source beside the one that is estimated");
    return 0;
}

static int take(const char *item, const fe_models *models, fe_refit *refit, fe_err *err)
{
    if (!strcmp(item, "none"))
        return 0;
    if (!strcmp(item, "bkg")) {
        refit->bkg = true;
        return 0;
    }
    if (!strcmp(item, "norms"))
        return free_norms(models, true, refit, err);
    if (!strcmp(item, "all")) {
        refit->bkg = refit->bkg_if_any = true;
        return free_norms(models, false, refit, err);
    }
    for (size_t k = 0; k < models->n; k++) {
        if (strcmp(models->model[k].name, item))
            continue;
        refit->source[k] = true;
        return is_other(models, k) ? 0 : fe_fail(err, FE_EUSAGE, NULL, "--free %s: this is the source that is estimated",
                                                 item);
    }
    return refuse(item, err);
}

int fe_refit_parse(const char *text, const fe_models *models, fe_refit *refit, fe_err *err)
{
    fe_strv items = { 0 };
    int rc = 0;

    *refit = (fe_refit){ .source = FE_NEWN(bool, models->n) };
    fe_strv_split(&items, text, ",");
    for (size_t i = 0; i < items.n && rc == 0; i++)
        rc = take(items.s[i], models, refit, err);
    fe_strv_free(&items);
    if (rc < 0)
        fe_refit_clear(refit);
    return rc;
}

bool fe_refit_any_source(const fe_refit *refit, const fe_models *models)
{
    for (size_t k = 0; refit->source && k < models->n; k++)
        if (refit->source[k])
            return true;
    return false;
}

void fe_refit_print(const fe_refit *refit, const fe_models *models, fe_str *out)
{
    size_t start = out->len;

    if (refit->bkg)
        fe_str_add(out, "bkg");
    for (size_t k = 0; refit->source && k < models->n; k++)
        if (refit->source[k])
            fe_str_addf(out, "%s%s.norm", out->len > start ? "," : "", models->model[k].name);
    if (out->len == start)
        fe_str_add(out, "none");
}

void fe_refit_clear(fe_refit *refit)
{
    free(refit->source);
    *refit = (fe_refit){ 0 };
}
