#include "est/describe.h"

#include <math.h>

#include "base/mem.h"

static void put_text(fe_metalist *meta, const char *key, const char *text, const char *comment)
{
    fe_meta_set(meta, key, FE_META_STRING, text, comment);
}

static void describe_sensitivity(const fe_norm_request *r, fe_metalist *meta)
{
    if (!r->want_sens)
        return;
    fe_meta_set_number(meta, "SENSSIG", r->sens_sigma, "significance of the sensitivity");
    put_text(meta, "SENSDEF", r->sens_profiled ? "profiled" : "alpha n_off", "background of the Asimov set");
}

/* Rows that are no part of one fit share no counts. */
static void complete_covar(fe_estimate *e)
{
    for (size_t i = 0; e->covar && i < e->n * e->n; i++)
        if (isnan(e->covar[i]) && i / e->n != i % e->n && !isnan(e->covar[i / e->n * (e->n + 1)]) &&
            !isnan(e->covar[i % e->n * (e->n + 1)]))
            e->covar[i] = 0;
}

void fe_norm_describe(const fe_norm_request *r, bool as_gammapy, fe_estimate *e)
{
    describe_sensitivity(r, &e->rest->meta);
    if (as_gammapy)
        put_text(&e->rest->meta, "COMPAT", "gammapy", "definitions as there");
    e->n_sigma = r->n_sigma;
    e->ul_drop = r->ul_drop;
    e->ul_side = fe_strdup("one");
    e->ul_conf = fe_stat_cl_of_drop(r->ul_drop);
    e->ul_bounded = !r->ul_unbounded;
}

void fe_plan_describe(const fe_plan_request *r, const fe_models *models, fe_estimate *e)
{
    fe_metalist *meta = &e->rest->meta;
    fe_str refitted = { 0 };

    put_text(meta, "METHOD", r->method == FE_METHOD_FOLD ? "fold" : "excess", "fold: bins kept; excess: bands summed");
    put_text(meta, "DATASETS", r->stack ? "stacked" : "joint", "how datasets were combined");
    fe_refit_print(&r->refit, models, &refitted);
    put_text(meta, "FREEPAR", refitted.s, "refitted in each row beside its norm");
    fe_str_free(&refitted);
    if (r->bkg_syst > 0)
        fe_meta_set_number(meta, "BKGSYST", r->bkg_syst, "Gaussian width of the background norm");
    if (r->turned)
        fe_meta_set_bool(meta, "ABSREF", true, "absolute value of a negative reference model");
    if (r->group_off > 0)
        fe_meta_set_number(meta, "GROUPOFF", r->group_off, "channels merged to this many OFF counts");
    if (fe_models_n_chosen(models) == 1)
        e->model = fe_spectrum_copy(models->model[0].spectrum);
    complete_covar(e);
    e->gammapy_grid = r->gammapy_grid;
    fe_estimate_fill_refs(e);
    fe_norm_describe(&r->norm, r->gammapy_grid, e);
}
