/* The global fit where it is hard: bad models, no data, limits, degeneracy, kinks; many local backgrounds; profiles. */
#include <stdint.h>

#include "est/fit_parts.h"
#include "est/norm.h"
#include "fit_sets.h"

#define PL "pl:index=2.3,amplitude=3e-12 cm-2 s-1 TeV-1"

/* ---- models and data that cannot be fitted --------------------------------------------------------------------- */

static void refuse(const char *model, size_t par, double value, double max, const char *message)
{
    fe_models *models = models_of(model);
    fe_err err = { 0 };

    models->model[0].spectrum->par[par].value = value;
    models->model[0].spectrum->par[par].max = max;
    CHECK_MSG(fe_fit_new(models, &PLAIN, &err) == NULL, message);
    CHECK_MSG(!strcmp(err.text, message), err.text);
    fe_models_free(models);
}

static void test_bad_models(void)
{
    fe_models *none = fe_models_new();
    fe_err err = { 0 };

    refuse(PL, 0, NAN, NAN, "source 'a': parameter index is nan, expected a finite number");
    refuse(PL, 1, INFINITY, NAN, "source 'a': parameter amplitude is inf, expected a finite number");
    refuse(PL, 2, NAN, NAN, "source 'a': parameter reference is nan, expected a finite number");
    refuse(PL, 0, 2.3, 2, "source 'a': parameter index starts at 2.3, expected a value inside its limits nan to 2");
    (void)fe_models_add(none, "a", fe_spectrum_new("pl-norm"));
    CHECK(fe_fit_new(none, &PLAIN, &err) == NULL);
    SAME_STR(err.text, "source 'a': its model is a factor without a unit, expected a spectrum");
    fe_models_free(none);
    none = fe_models_new();
    CHECK(fe_fit_new(none, &PLAIN, &err) == NULL);
    SAME_STR(err.text, "no source to fit, expected at least one model");
    fe_models_free(none);
}

static void fails_to_run(fe_fit *f, const char *message)
{
    fe_err err = { 0 };

    CHECK_MSG(fe_fit_run(f, &err) == NULL, message);
    CHECK_MSG(!strcmp(err.text, message), err.text);
    fe_fit_free(f);
}

static void test_bad_data(void)
{
    fe_dataset *d = dataset_of(PL, 5, 0.1, true, 1, 0), *cash = dataset_of(PL, 5, 0, true, 1, 0);
    fe_fit *f;
    fe_err err = { 0 };
    double factor = NAN;

    fails_to_run(fit_of(PL, &PLAIN, 0, NULL), "no data to fit, expected at least one dataset");
    f = fit_of(PL, &PLAIN, 0, NULL);
    CHECK(fe_fit_add(f, d, &factor, &err) < 0);
    SAME_STR(err.text, "the factor of source 'a' is nan, expected a finite number");
    d->counts[3] = -1;
    CHECK(fe_fit_add(f, d, NULL, &err) < 0);
    CHECK_MSG(strstr(err.text, "channel 3 has counts -1 and background ") == err.text, err.text);
    d->counts[3] = 0;
    fe_fit_free(f);
    memset(d->mask, 0, d->n_e);
    fails_to_run(fit_of(PL, &PLAIN, 1, &d), "no channel is left in 1 dataset: all are masked");
    d->mask[4] = true;
    d->alpha[4] = 0;
    fails_to_run(fit_of(PL, &PLAIN, 1, &d), "no channel is left in 1 dataset: all are masked or have no OFF region");
    d->alpha[4] = 0.1;
    d->exposure_cm2_s[20] = NAN;
    fails_to_run(fit_of(PL, &PLAIN, 1, &d),
                 "dataset 1, channel 4: the start model predicts nan, expected a finite number");
    cash->background[29] = 1e-9;
    cash->exposure_cm2_s[20] = 1e20;
    f = fit_of("pl:index=2.3,amplitude=-3e-12 cm-2 s-1 TeV-1", &PLAIN, 1, &cash);
    CHECK(fe_fit_run(f, &err) == NULL);
    CHECK_MSG(strstr(err.text, "the start model predicts -"), err.text);
    CHECK_MSG(strstr(err.text, ", expected no less than nothing"), err.text);
    fe_fit_free(f);
    fe_dataset_free(d);
    fe_dataset_free(cash);
}

/* Masked datasets beside good ones change nothing. */
static void test_masked(void)
{
    fe_dataset *d[2] = { dataset_of(PL, 5, 0.1, false, 1, 0), dataset_of(PL, 5, 0.1, false, 1, 1) };
    fe_fit *one = fit_of(PL, &PLAIN, 1, d), *both;
    const fe_fit_result *r = run_fit(one), *s;

    memset(d[1]->mask, 0, d[1]->n_e);
    both = fit_of(PL, &PLAIN, 2, d);
    s = run_fit(both);
    CHECK(s->n_empty == 1 && s->n_sets == 2 && s->n_bins == r->n_bins);
    NEAR(s->stat, r->stat, 0);
    NEAR(s->par[0].value, r->par[0].value, 0);
    NEAR(s->par[1].error, r->par[1].error, 0);
    fe_fit_free(one);
    fe_fit_free(both);
    fe_dataset_free(d[0]);
    fe_dataset_free(d[1]);
}

/* ---- ends ------------------------------------------------------------------------------------------------------ */

static void test_singular(void)
{
    fe_dataset *d = dataset_of(PL, 50, 0.1, false, 1, 0);
    fe_fit *f = fit_of(PL "; " PL, &PLAIN, 1, &d), *g;
    const fe_fit_result *r = run_fit(f), *s;

    CHECK(r->end == FE_MINIMISE_SINGULAR && !r->converged);
    CHECK_MSG(strstr(r->why, "singular: the data do not determine a.") && strstr(r->why, " and b."), r->why);
    CHECK(isnan(r->par[0].error) && isnan(r->par[3].error));

    g = fit_of("bpl:index1=2.3,index2=3,ebreak=1e4 TeV,amplitude=1e-20 cm-2 s-1 TeV-1", &PLAIN, 1, &d);
    s = run_fit(g);                             /* a break far above the data */
    CHECK(!s->converged);
    CHECK_MSG(strstr(s->why, "a.index2") || strstr(s->why, "a.ebreak") || strstr(s->why, "a.amplitude"), s->why);
    fe_fit_free(f);
    f = fit_of(PL, &PLAIN, 1, &d);
    NEAR(s->stat, run_fit(f)->stat, 1e-9);
    fe_fit_free(f);
    fe_fit_free(g);
    fe_dataset_free(d);
}

static void test_limit(void)
{
    fe_dataset *d = dataset_of(PL, 50, 0.1, false, 1, 0);
    fe_models *models = models_of(PL);
    fe_err err = { 0 };
    fe_fit *f, *frozen;
    const fe_fit_result *r, *s;
    fe_par *index = &models->model[0].spectrum->par[0];

    index->value = 2.8;
    index->min = 2.5;
    f = fe_fit_new(models, &PLAIN, &err);
    index->value = 2.5;
    index->frozen = true;
    frozen = fe_fit_new(models, &PLAIN, &err);
    CHECK(fe_fit_add(f, d, NULL, &err) == 0 && fe_fit_add(frozen, d, NULL, &err) == 0);
    r = run_fit(f);
    s = run_fit(frozen);
    CHECK(r->end == FE_MINIMISE_LIMIT && r->converged);
    SAME_STR(r->why, "converged with a.index at a limit");
    CHECK(r->par[0].at_limit && !r->par[1].at_limit);
    NEAR(r->par[0].value, 2.5, 0);
    CHECK(isnan(r->par[0].error));
    NEAR(r->par[1].value, s->par[0].value, 1e-10);
    NEAR(r->par[1].error, s->par[0].error, 1e-10);
    NEAR(r->stat, s->stat, 1e-12);
    CHECK(fe_fit_profile_cross(f, 0, 1, -1).at_limit);
    fe_fit_free(f);
    fe_fit_free(frozen);
    fe_models_free(models);
    fe_dataset_free(d);
}

/* The amplitude that predicts one count in all. */
static double limit_of(const fe_dataset *d, double index)
{
    fe_models *models = models_of(PL);
    double *npred = FE_NEWN(double, d->n_e), sum = 0;

    models->model[0].spectrum->par[0].value = index;
    predict(d, models, npred);
    for (size_t j = 0; j < d->n_e; j++)
        sum += npred[j];
    free(npred);
    fe_models_free(models);
    return 3e-12 / sum;
}

/* Nothing was counted: the best amplitude is 0, at the kink of WStat or the wall of Cash. It ends, and says so. */
static void test_nothing(void)
{
    for (int cash = 0; cash < 2; cash++) {
        fe_dataset *d = dataset_of(PL, 5, cash ? 0 : 0.1, false, 1, 0);
        fe_fit *f;
        const fe_fit_result *r;

        memset(d->counts, 0, d->n_e * sizeof *d->counts);
        memset(cash ? d->background : d->n_off, 0, d->n_e * sizeof *d->counts);
        f = fit_of(PL, &PLAIN, 1, &d);
        r = run_fit(f);
        CHECK(r->n_steps < 400);
        CHECK(r->end == FE_MINIMISE_NO_PROGRESS && !r->converged);
        CHECK(isnan(r->par[1].error) && isnan(r->covariance[3]));
        /* slope 2 a count: the limit is where half the drop is predicted */
        NEAR(fe_fit_upper_limit(f, 1, 2, true).value, limit_of(d, r->par[0].value), 1e-3);
        NEAR_ABS(r->stat, 0, 1e-2);
        SAME_STR(r->why, "no further progress: nothing is predicted, the best amplitude is 0");
        fe_fit_free(f);
        fe_dataset_free(d);
    }
}

/* Starts from which no way leads down still end. */
static void test_hopeless(void)
{
    static const char *const starts[] = {
        "ecpl:index=2,lambda_=1e6 TeV-1,amplitude=3e-11 cm-2 s-1 TeV-1",
        "pl:index=300,amplitude=3e-11 cm-2 s-1 TeV-1",
        "gauss:amplitude=1e-12 cm-2 s-1,mean=1000TeV,sigma=0.1TeV",
        "pl:index=2,amplitude=1e300 cm-2 s-1 TeV-1",
        "pl:index=2,amplitude=1e-300 cm-2 s-1 TeV-1",
    };

    for (int cash = 0; cash < 2; cash++)
        for (size_t k = 0; k < sizeof starts / sizeof *starts; k++) {
            fe_dataset *d = dataset_of(PL, 50, cash ? 0 : 0.1, false, 1, 0);
            fe_fit *f = fit_of(starts[k], &PLAIN, 1, &d);
            fe_err err = { 0 };
            const fe_fit_result *r = fe_fit_run(f, &err);

            CHECK(r || err.text[0]);
            if (r) {
                CHECK(r->why[0] && r->n_steps <= 300);
                CHECK(!r->converged || (isfinite(r->stat) && isfinite(r->par[0].value)));
            }
            fe_fit_free(f);
            fe_dataset_free(d);
        }
}

/* ---- background norms ------------------------------------------------------------------------------------------ */

/* One amplitude and a local background: the norm solver eliminates it too. */
static void test_local_background(void)
{
    fe_dataset *d = dataset_of(PL, 20, 0, false, 3, 0);
    fe_fit_options options = { .free_background = true };
    fe_models *models = models_of(PL);
    fe_arena *arena = fe_arena_new();
    double *npred = FE_NEWN(double, d->n_e);
    fe_fold_piece piece;
    fe_bins bins = { .n_blocks = 1, .block = &piece.block };
    fe_norm_request request = fe_norm_request_default();
    fe_norm want;
    fe_fit *f;
    const fe_fit_result *r;
    fe_err err = { 0 };
    const double *local;
    double stat_null;

    for (size_t j = 0; j < d->n_e; j++)
        d->background[j] *= 0.8;                /* the norm that is found is near 1.25 */
    for (size_t j = 20; j < d->n_e; j++)
        d->mask[j] = false;                     /* channels without counts are summed in a block */
    predict(d, models, npred);
    fe_fold_piece_make(d, npred, 0, d->n_e, FE_METHOD_FOLD, 0, arena, &piece);
    CHECK(piece.block.n_bins == 20);
    local = piece.block.b;
    piece.block.n_local = 1;
    piece.block.local = &local;
    fe_norm_solve(&bins, &request, arena, &want);
    models->model[0].spectrum->par[0].frozen = true;
    f = fe_fit_new(models, &options, &err);
    CHECK(fe_fit_add(f, d, NULL, &err) == 0);
    r = run_fit(f);
    CHECK_MSG(r->converged, r->why);
    CHECK(r->n_local == 1);
    NEAR(r->par[0].value / 3e-12, want.norm, 1e-8);
    NEAR(r->par[0].error / 3e-12, want.err, 1e-8);
    NEAR(r->stat, want.stat, 1e-10);
    NEAR(fe_fit_ts(f, 0, &stat_null), want.ts, 1e-8);
    NEAR(fe_fit_upper_limit(f, 0, 2.705543454095404, true).value / 3e-12, want.ul, 1e-7);
    CHECK(fabs(fe_fit_background_norm(f, 0) - 1.25) < 0.05 && fe_fit_background_norm(f, 0) > 1.2);
    fe_fit_free(f);
    fe_models_free(models);
    free(npred);
    fe_arena_free(arena);
    fe_dataset_free(d);
}

/* Work for each dataset, and memory for it, do not grow with their number. */
static void test_many(void)
{
    static const size_t numbers[] = { 10, 1000 };
    double work[2];

    for (int k = 0; k < 2; k++) {
        fe_fit_options options = { .free_background = true };
        fe_fit *f = fit_of("pl:index=2,amplitude=1e-12 cm-2 s-1 TeV-1", &options, 0, NULL);
        const fe_fit_result *r;
        fe_err err = { 0 };
        double sum = 0, square = 0;

        for (size_t i = 0; i < numbers[k]; i++) {
            fe_dataset *d = dataset_of(PL, 1, 0, false, 21, i);

            for (size_t j = 0; j < d->n_e; j++)
                d->background[j] *= 1 + 0.4 * ((double)(i % 5) - 2);        /* norms to be found: 1/this */
            CHECK(fe_fit_add(f, d, NULL, &err) == 0);
            fe_dataset_free(d);
        }
        r = run_fit(f);
        CHECK_MSG(r->converged, r->why);
        CHECK(r->n_local == numbers[k] && r->n_par == 2);
        CHECK(f->n_axes == 1);
        NEAR_ABS((r->par[0].value - 2.3) / r->par[0].error, 0, 4);
        NEAR_ABS((r->par[1].value - 3e-12) / r->par[1].error, 0, 4);
        for (size_t i = 0; i < numbers[k]; i++) {
            double x = fe_fit_background_norm(f, i) * (1 + 0.4 * ((double)(i % 5) - 2));

            sum += x;
            square += x * x;
        }
        sum /= (double)numbers[k];
        NEAR_ABS(sum, 1, 5 * sqrt((square / (double)numbers[k] - sum * sum) / (double)numbers[k]));
        work[k] = (double)r->n_set_eval / (double)r->n_sets;
        fe_fit_free(f);
    }
    CHECK(work[0] < 40);
    CHECK(fabs(work[1] / work[0] - 1) < 0.3);
}

/* ---- several sources, factors, links --------------------------------------------------------------------------- */

#define SOFT "pl:index=3.2,amplitude=4e-12 cm-2 s-1 TeV-1"
#define HARD "pl:index=1.8,amplitude=1e-12 cm-2 s-1 TeV-1"

static void test_ts(void)
{
    fe_dataset *d = dataset_of(SOFT "; " HARD, 100, 0.1, false, 9, 0);
    fe_fit *both = fit_of(SOFT "; " HARD, &PLAIN, 1, &d);
    const fe_fit_result *r = run_fit(both);
    static const char *const alone[2] = { HARD, SOFT };

    CHECK_MSG(r->converged, r->why);
    for (size_t k = 0; k < 2; k++) {
        fe_fit *f = fit_of(alone[k], &PLAIN, 1, &d);
        double stat_null, ts = fe_fit_ts(both, k, &stat_null), want = run_fit(f)->stat;

        NEAR(stat_null, want, 1e-10);
        NEAR(ts, want - r->stat, 1e-8);
        CHECK(ts > 10);
        fe_fit_free(f);
    }
    NEAR_ABS(fe_fit_profile(both, 0, r->par[0].value), 0, 1e-12);       /* it is back at its best */
    fe_fit_free(both);
    fe_dataset_free(d);
}

static void test_factors(void)
{
    fe_dataset *d[3] = { dataset_of(PL, 10, 0.1, true, 1, 0), dataset_of(SOFT, 10, 0.1, true, 1, 0),
                         dataset_of("pl:index=2.3,amplitude=1.5e-12 cm-2 s-1 TeV-1", 10, 0.1, true, 1, 0) };
    static const double factor[3][2] = { { 1, 0 }, { 0, 1 }, { 0.5, 0 } };
    fe_fit *f = fit_of("pl:index=2,amplitude=1e-12 cm-2 s-1 TeV-1; pl:index=2,amplitude=1e-12 cm-2 s-1 TeV-1", &PLAIN,
                       0, NULL);
    const fe_fit_result *r;
    fe_err err = { 0 };

    for (size_t k = 0; k < 3; k++)
        CHECK(fe_fit_add(f, d[k], factor[k], &err) == 0);
    r = run_fit(f);
    CHECK_MSG(r->converged, r->why);
    NEAR(value_of(r, "a", "index"), 2.3, 1e-9);
    NEAR(value_of(r, "a", "amplitude"), 3e-12, 1e-9);
    NEAR(value_of(r, "b", "index"), 3.2, 1e-9);
    NEAR(value_of(r, "b", "amplitude"), 4e-12, 1e-9);
    fe_fit_free(f);
    for (size_t k = 0; k < 3; k++)
        fe_dataset_free(d[k]);
}

static void test_links(void)
{
    fe_dataset *d[2] = { dataset_of(PL, 10, 0.1, false, 1, 0),
                         dataset_of("pl:index=2.3,amplitude=6e-12 cm-2 s-1 TeV-1", 10, 0.1, false, 1, 1) };
    static const double first[2] = { 1, 0 }, second[2] = { 0, 1 };
    fe_fit *f = fit_of("pl:index=2,amplitude=1e-12 cm-2 s-1 TeV-1; pl:index=2.5,amplitude=1e-12 cm-2 s-1 TeV-1", &PLAIN,
                       0, NULL);
    const fe_fit_result *r;
    fe_err err = { 0 };
    double *h, spread;

    CHECK(fe_fit_link(f, "a.index", "b.amplitude", &err) < 0);
    CHECK(fe_fit_link(f, "a.index", "c.index", &err) < 0);
    SAME_STR(err.text, "no free parameter 'c.index', expected one as SOURCE.PARAMETER");
    CHECK(fe_fit_link(f, "a.index", "b.index", &err) == 0);
    CHECK(fe_fit_add(f, d[0], first, &err) == 0 && fe_fit_add(f, d[1], second, &err) == 0);
    r = run_fit(f);
    CHECK_MSG(r->converged, r->why);
    CHECK(r->n_par == 3);
    h = f->models->model[1].spectrum->par[0].value == r->par[0].value ? f->hessian : NULL;
    CHECK(h != NULL);
    /* apart from each other: the linked index is their mean, weighted about as their errors */
    spread = 0;
    for (size_t k = 0; k < 2; k++) {
        fe_fit *one = fit_of(PL, &PLAIN, 1, &d[k]);
        const fe_fit_result *s = run_fit(one);

        spread += 1 / (s->par[0].error * s->par[0].error);
        fe_fit_free(one);
    }
    NEAR(r->par[0].error, 1 / sqrt(spread), 0.02);
    fe_fit_free(f);
    fe_dataset_free(d[0]);
    fe_dataset_free(d[1]);
}

/* ---- profiles and bands ---------------------------------------------------------------------------------------- */

/* -2 ln L with parameter k frozen at a value: an own fit. */
static double frozen_stat(const fe_dataset *d, const char *model, size_t par, double value)
{
    fe_models *models = models_of(model);
    fe_par *p = &models->model[0].spectrum->par[par];
    fe_err err = { 0 };
    fe_fit *f;
    double stat;

    p->value = value;
    p->frozen = true;
    f = fe_fit_new(models, &PLAIN, &err);
    CHECK(fe_fit_add(f, d, NULL, &err) == 0);
    stat = run_fit(f)->stat;
    fe_fit_free(f);
    fe_models_free(models);
    return stat;
}

static void test_profiles(void)
{
    static const char model[] = "lp:amplitude=3e-12 cm-2 s-1 TeV-1,reference=1TeV,alpha=2.3,beta=0.1";
    static const size_t place[3] = { 0, 2, 3 };
    fe_dataset *d = dataset_of(model, 30, 0.1, false, 2, 0);
    fe_fit *f = fit_of(model, &PLAIN, 1, &d);
    const fe_fit_result *r = run_fit(f);

    CHECK_MSG(r->converged, r->why);
    for (size_t k = 0; k < 3; k++)
        for (int side = -1; side <= 1; side += 2) {
            fe_fit_cross c = fe_fit_profile_cross(f, k, 4, side);

            CHECK(c.converged && !c.at_limit);
            CHECK((c.value - r->par[k].value) * side > 0);
            NEAR(frozen_stat(d, model, place[k], c.value) - r->stat, 4, 1e-8);
        }
    NEAR(fe_fit_upper_limit(f, 2, 4, true).value, fe_fit_profile_cross(f, 2, 4, 1).value, 1e-9);
    fe_fit_free(f);
    fe_dataset_free(d);
}

/* Power law: variance of ln dnde is linear algebra, its minimum E0 exp(cov / (A var)) (algorithms 5). */
static void test_band(void)
{
    enum { N = 7 };
    fe_dataset *d = dataset_of(PL, 30, 0.1, false, 2, 0);
    fe_fit *f = fit_of(PL, &PLAIN, 1, &d);
    const fe_fit_result *r = run_fit(f);
    double e[N], dnde[N], error[N], index = r->par[0].value, amplitude = r->par[1].value, flux, flux_error, g[2], var;
    const double *c = r->covariance;

    for (int i = 0; i < N; i++)
        e[i] = pow(10, -1 + 0.5 * i);
    fe_fit_band(f, 0, N, e, dnde, error);
    for (int i = 0; i < N; i++) {
        double l = log(e[i]), want = pow(e[i], -index) * amplitude;

        NEAR(dnde[i], want, 1e-13);
        NEAR(error[i] / want, sqrt(c[3] / amplitude / amplitude + l * l * c[0] - 2 * l * c[1] / amplitude), 1e-9);
    }
    NEAR(fe_fit_pivot_TeV(f, 0), exp(c[1] / (amplitude * c[0])), 1e-6);
    fe_fit_flux(f, 0, 1, 10, false, &flux, &flux_error);
    NEAR(flux, amplitude * (pow(10, 1 - index) - 1) / (1 - index), 1e-12);
    g[1] = flux / amplitude;                    /* d/dG of (10^(1-G) - 1) / (1 - G) */
    g[0] = amplitude * (-log(10) * pow(10, 1 - index) * (1 - index) + (pow(10, 1 - index) - 1)) / pow(1 - index, 2);
    var = g[0] * g[0] * c[0] + 2 * g[0] * g[1] * c[1] + g[1] * g[1] * c[3];
    NEAR(flux_error, sqrt(var), 1e-9);
    fe_fit_free(f);
    fe_dataset_free(d);
}

int main(void)
{
    test_bad_models();
    test_bad_data();
    test_masked();
    test_singular();
    test_limit();
    test_nothing();
    test_hopeless();
    test_local_background();
    test_many();
    test_ts();
    test_factors();
    test_links();
    test_profiles();
    test_band();
    return check_done();
}
