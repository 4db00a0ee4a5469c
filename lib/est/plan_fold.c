#include "est/plan_fold.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/note.h"
#include "est/predict.h"
#include "types/temporal_gti.h"

static const char *name_of(const fe_model *model)
{
    return model->name && *model->name ? model->name : "source";
}

void fe_plan_fold_start(fe_plan_fold *f, const fe_models *sources, const fe_plan_request *request)
{
    size_t n = sources->n, n_chosen = fe_models_n_chosen(sources);
    const bool *is_free = request->refit.source;

    *f = (fe_plan_fold){ .sources = sources, .request = request, .n_chosen = n_chosen };
    f->n_shared = FE_NEWN(size_t, n_chosen);
    f->width = FE_NEWN(double, n_chosen * (n + 1));
    f->shared = FE_NEWN(const double *, n_chosen * n);
    f->beside = FE_NEWN(fe_fold_beside, n_chosen);
    f->applies = FE_NEWN(bool, n);
    f->n_applied = FE_NEWN(size_t, n);
    for (size_t k = 0; k < n_chosen; k++) {
        double *width = f->width + k * (n + 1);

        for (size_t m = 0; is_free && m < n; m++)
            if (m != k && is_free[m])
                width[f->n_shared[k]++] = INFINITY;
        if (request->bkg_syst > 0)
            width[f->n_shared[k]++] = request->bkg_syst;
        f->beside[k].shared = f->shared + k * n;
        f->beside[k].n_shared = f->n_shared[k] - (request->bkg_syst > 0);
        f->beside[k].bkg_syst = request->bkg_syst > 0;
    }
}

void fe_plan_fold_free(fe_plan_fold *f)
{
    free(f->edge_TeV);
    free(f->flux);
    free(f->n_shared);
    free(f->width);
    free(f->shared);
    free(f->beside);
    free(f->applies);
    free(f->n_applied);
    *f = (fe_plan_fold){ 0 };
}

void fe_plan_fold_warn(const fe_plan_fold *f)
{
    for (size_t k = 0; k < f->sources->n; k++)
        if (f->sources->model[k].datasets.n && f->n_applied[k] == 0)
            fe_note(FE_NOTE_WARN, NULL, "source '%s' belongs to datasets by name (datasets_names), none of which is here",
                    name_of(&f->sources->model[k]));
}

/* ---- fluxes ------------------------------------------------------------------------------------------------ */

/* A norm that scales a negative flux is no norm: limits would turn round (user demand: refused with the reason). */
static int check_signs(const fe_plan_fold *f, const fe_bands *bands, fe_err *err)
{
    for (size_t k = 0; k < f->n_chosen; k++)
        for (size_t i = 0; i < f->n_etrue; i++) {
            bool inside = f->edge_TeV[i + 1] > bands->edge_TeV[0] && f->edge_TeV[i] < bands->edge_TeV[bands->n];

            if (inside && f->flux[k * f->n_etrue + i] < 0)
                return fe_fail(err, FE_EUSAGE, NULL, "the model of source '%s' is negative at %.4g TeV, which is no "
                               "reference for a norm%s", name_of(&f->sources->model[k]),
                               sqrt(f->edge_TeV[i] * f->edge_TeV[i + 1]),
                               f->request->abs_ref ? " (it changes its sign: --abs-ref does not help)"
                                                   : " (--abs-ref takes its absolute value)");
        }
    return 0;
}

/* Many runs share one true axis: the integrals are done once for them. */
static int find_fluxes(fe_plan_fold *f, const fe_dataset *d, const fe_bands *bands, fe_err *err)
{
    size_t n_bytes = (d->n_etrue + 1) * sizeof *d->etrue_edge_TeV;

    if (f->edge_TeV && f->n_etrue == d->n_etrue && !memcmp(f->edge_TeV, d->etrue_edge_TeV, n_bytes))
        return 0;
    f->n_etrue = d->n_etrue;
    f->edge_TeV = fe_realloc(f->edge_TeV, d->n_etrue + 1, sizeof *f->edge_TeV);
    f->flux = fe_realloc(f->flux, f->sources->n * d->n_etrue, sizeof *f->flux);
    memcpy(f->edge_TeV, d->etrue_edge_TeV, n_bytes);
    for (size_t k = 0; k < f->sources->n; k++)
        fe_fold_flux(d, f->sources->model[k].spectrum, f->request->gammapy_grid, f->flux + k * d->n_etrue);
    return check_signs(f, bands, err);
}

/* ---- time -------------------------------------------------------------------------------------------------- */

int fe_plan_fold_check_stack(const fe_plan_fold *f, const fe_dataset *d, fe_err *err)
{
    for (size_t k = 0; k < f->sources->n; k++) {
        if (f->sources->model[k].datasets.n)
            return fe_fail(err, FE_EUSAGE, NULL, "source '%s' belongs to some datasets only (datasets_names): they can be fitted "
                           "jointly, but not added (--stack)", name_of(&f->sources->model[k]));
        if (fe_temporal_factor(f->sources->model[k].temporal, d->gti) != 1)
            return fe_fail(err, FE_EUSAGE, NULL, "source '%s' changes with time: its datasets can be fitted jointly, but "
                           "not added (--stack)", name_of(&f->sources->model[k]));
    }
    return 0;
}

/* ---- counts ------------------------------------------------------------------------------------------------ */

int fe_free_bkg_check(const fe_dataset *d, const char *option, fe_err *err)
{
    const fe_where where = { d->info.file, NULL, 0 };
    double sum = 0;

    if (d->n_off)
        return fe_fail(err, FE_EUSAGE, &where, "the dataset has OFF counts, whose background is fitted in any case: "
                       "%s is for datasets with a background model", option);
    for (size_t j = 0; d->background && j < fe_dataset_n_bins(d); j++)
        sum += d->background[j];
    if (!(sum > 0))
        return fe_fail(err, FE_EUSAGE, &where, "the dataset has no background whose norm could be refitted (%s)", option);
    return 0;
}

static int check_background(const fe_plan_fold *f, const fe_dataset *d, fe_err *err)
{
    return f->request->refit.bkg && !f->request->refit.bkg_if_any ? fe_free_bkg_check(d, "--free bkg", err) : 0;
}

/* Source k alone; the others fixed, or templates of nuisances. */
static void look_beside(fe_plan_fold *f, size_t k, const fe_dataset *d, fe_arena *arena)
{
    fe_fold_beside *beside = &f->beside[k];
    const bool *is_free = f->request->refit.source;
    double *fixed = NULL;
    size_t n = 0, n_bins = fe_dataset_n_bins(d);

    for (size_t m = 0; m < f->sources->n; m++) {
        const double *npred = f->npred + m * n_bins;

        if (m == k)
            continue;
        if (is_free && is_free[m])
            beside->shared[n++] = npred;
        if (!fixed)
            fixed = FE_ARENA_NEWN(arena, double, n_bins);
        for (size_t j = 0; j < n_bins; j++)
            fixed[j] += npred[j];
    }
    beside->fixed = fixed;
    beside->free_bkg = f->request->refit.bkg && !d->n_off;
}

/* On the pixels of a map. */
static int predict_map(const fe_plan_fold *f, size_t k, const fe_dataset *d, double *npred, fe_err *err)
{
    fe_patch patch;
    int rc = fe_predict_source(d, &f->sources->model[k], f->request->gammapy_grid, &patch, err);

    if (rc == 0)
        fe_patch_add(&patch, 1, d->ny, d->nx, npred);
    fe_patch_free(&patch);
    return rc;
}

int fe_plan_fold_dataset(fe_plan_fold *f, const fe_dataset *d, const fe_bands *bands, fe_arena *arena, fe_err *err)
{
    size_t n_bins = fe_dataset_n_bins(d);

    if (check_background(f, d, err) < 0 || find_fluxes(f, d, bands, err) < 0)
        return -1;
    f->npred = FE_ARENA_NEWN(arena, double, f->sources->n * n_bins);
    for (size_t k = 0; k < f->sources->n; k++) {
        double factor, *npred = f->npred + k * n_bins;

        if (fe_model_factor(&f->sources->model[k], d->info.name, d->gti, d->info.file, &factor, err) < 0)
            return -1;
        f->applies[k] = fe_model_applies(&f->sources->model[k], d->info.name) && fe_model_is_known(&f->sources->model[k], d);
        f->n_applied[k] += f->applies[k];
        if (d->geom && factor != 0 && predict_map(f, k, d, npred, err) < 0)
            return -1;
        if (!d->geom && f->applies[k])
            fe_fold_response(d, f->flux + k * d->n_etrue, arena, npred);
        for (size_t j = 0; factor != 1 && j < n_bins; j++)
            npred[j] *= factor;
    }
    for (size_t k = 0; k < f->n_chosen; k++)
        look_beside(f, k, d, arena);
    return 0;
}
