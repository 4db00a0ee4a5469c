/* fit_sets.h -- datasets of the built-in response for the tests of the global fit, and -2 ln L by a second way. */
#ifndef FE_TESTS_FIT_SETS_H
#define FE_TESTS_FIT_SETS_H
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "check.h"
#include "est/fit.h"
#include "est/fold.h"
#include "est/response.h"
#include "est/simulate.h"
#include "phys/stat.h"

static const fe_fit_options PLAIN = { false, false, 0 };

/* "pl:...; lp:..." as sources a, b, c. */
static inline fe_models *models_of(const char *text)
{
    fe_models *models = fe_models_new();
    fe_strv parts = { 0 };
    fe_err err = { 0 };

    fe_strv_split(&parts, text, ";");
    for (size_t k = 0; k < parts.n; k++) {
        fe_spectrum *s = fe_spectrum_parse(parts.s[k], &err);

        CHECK_MSG(s != NULL, err.text);
        (void)fe_models_add(models, (char[]){ (char)('a' + k), '\0' }, s);
    }
    fe_strv_free(&parts);
    return models;
}

static inline void predict(const fe_dataset *d, const fe_models *models, double *npred)
{
    fe_arena *arena = fe_arena_new();
    double *one = FE_NEWN(double, d->n_e);

    memset(npred, 0, d->n_e * sizeof *npred);
    for (size_t k = 0; k < models->n; k++) {
        fe_fold_spectrum(d, models->model[k].spectrum, false, arena, one);
        for (size_t j = 0; j < d->n_e; j++)
            npred[j] += one[j];
    }
    free(one);
    fe_arena_free(arena);
}

/* alpha 0: Cash with known background. */
static inline fe_dataset *dataset_of(const char *truth, double hours, double alpha, bool asimov, unsigned long seed,
                                     size_t index)
{
    fe_response r = fe_response_default();
    fe_dataset *d = fe_response_dataset(&r, hours * 3600, alpha > 0 ? alpha : 0.1);
    fe_models *models = models_of(truth);
    double *npred = FE_NEWN(double, d->n_e), *mu_bkg = FE_NEWN(double, d->n_e);

    if (!(alpha > 0)) {
        free(d->alpha);
        free(d->n_off);
        d->alpha = d->n_off = NULL;
    }
    fe_response_background(&r, d->livetime_s, d->n_e, d->e_edge_TeV, mu_bkg);
    predict(d, models, npred);
    fe_simulate_counts(d, npred, mu_bkg, seed, index, asimov);
    free(npred);
    free(mu_bkg);
    fe_models_free(models);
    return d;
}

/* algorithms 2, to 19 digits: a second way needs the differences of large sums. */
static inline long double wide_cash(long double n, long double mu)
{
    return 2 * (mu - (n > 0 ? n * logl(mu) : 0));
}

static inline long double wide_wstat(long double n_on, long double n_off, long double alpha, long double s)
{
    long double c = alpha * (n_on + n_off) - (1 + alpha) * s, root = sqrtl(c * c + 4 * alpha * (alpha + 1) * n_off * s);
    long double mu = n_off > 0 && c < 0 ? 2 * n_off * s / (root - c) : (c + root) / (2 * alpha * (alpha + 1)), w;

    w = wide_cash(n_on, s + alpha * mu) + wide_cash(n_off, mu);
    return w - (n_on > 0 ? wide_cash(n_on, n_on) : 0) - (n_off > 0 ? wide_cash(n_off, n_off) : 0);
}

static inline long double wide_stat(const fe_dataset *d, const fe_models *models)
{
    double *npred = FE_NEWN(double, d->n_e);
    long double sum = 0;

    predict(d, models, npred);
    for (size_t j = 0; j < d->n_e; j++)
        if (d->mask[j])
            sum += d->n_off ? wide_wstat(d->counts[j], d->n_off[j], d->alpha[j], npred[j])
                            : wide_cash(d->counts[j], npred[j] + (d->background ? d->background[j] : 0));
    free(npred);
    return sum;
}

static inline fe_fit *fit_of(const char *start, const fe_fit_options *options, size_t n, fe_dataset *const *d)
{
    fe_err err = { 0 };
    fe_models *models = models_of(start);
    fe_fit *f = fe_fit_new(models, options, &err);

    CHECK_MSG(f != NULL, err.text);
    for (size_t k = 0; k < n; k++)
        CHECK_MSG(fe_fit_add(f, d[k], NULL, &err) == 0, err.text);
    fe_models_free(models);
    return f;
}

static inline const fe_fit_result *run_fit(fe_fit *f)
{
    fe_err err = { 0 };
    const fe_fit_result *r = fe_fit_run(f, &err);

    CHECK_MSG(r != NULL, err.text);
    return r;
}

static inline double value_of(const fe_fit_result *r, const char *source, const char *name)
{
    for (size_t k = 0; k < r->n_par; k++)
        if (!strcmp(r->par[k].source, source) && !strcmp(r->par[k].name, name))
            return r->par[k].value;
    return NAN;
}
#endif
