/* The global fit on the built-in response: it finds the truth, its covariance is right, a second method agrees. */
#include <gsl/gsl_multimin.h>

#include "est/fit_parts.h"
#include "est/norm.h"
#include "fit_sets.h"
#include "numbers.h"

/* ---- derivatives against closed forms -------------------------------------------------------------------------- */

/* pl: d ln dnde / d index = -ln(E/E0), its second derivative the square; lp: -ln x and -ln^2 x. */
static void test_derivatives(void)
{
    static const double e[] = { 0.05, 0.3, 1.7, 20, 90 };
    fe_dataset *d = dataset_of("pl", 1, 0.1, true, 1, 0);
    fe_fit *f = fit_of("lp:amplitude=3e-12 cm-2 s-1 TeV-1,reference=2TeV,alpha=2.2,beta=0", &PLAIN, 1, &d);
    fe_fit_axis a = { .n = 5, .is_points = true, .edge_TeV = (double *)e };
    double x[3] = { 3e-12, 2.2, 0 }, vector[5 * 10];

    fe_fit_room(f);
    CHECK(f->n_vectors == 9);                   /* flux, 3, and 5 pairs: not amplitude with itself */
    fe_fit_model_vectors(f, &a, x, f->n_vectors, 0, vector);
    for (size_t i = 0; i < 5; i++) {
        double l = log(e[i] / 2), y = 3e-12 * pow(e[i] / 2, -2.2), *v = vector + i * 9;

        NEAR(v[0], y, 1e-14);
        NEAR(v[1], y / 3e-12, 1e-14);
        NEAR(v[2], -l * y, 1e-11);
        NEAR(v[3], -l * l * y, 1e-11);
        NEAR(v[f->pair[1 * 3 + 1]], l * l * y, 1e-8);
        NEAR(v[f->pair[2 * 3 + 2]], pow(l, 4) * y, 1e-6);
        NEAR(v[f->pair[1 * 3 + 2]], pow(l, 3) * y, 1e-5);
        NEAR(v[f->pair[0 * 3 + 1]], -l * y / 3e-12, 1e-11);
    }
    fe_fit_free(f);
    fe_dataset_free(d);
}

/* ---- Asimov sets ----------------------------------------------------------------------------------------------- */

typedef struct asimov_case { const char *truth, *start; } asimov_case;

static const asimov_case asimov_cases[] = {
    { "pl:index=2.3,amplitude=3e-11 cm-2 s-1 TeV-1", "pl:index=2,amplitude=1e-12 cm-2 s-1 TeV-1" },
    { "pl:index=2.3,amplitude=3e-11 cm-2 s-1 TeV-1", "pl:index=3.8,amplitude=3e-8 cm-2 s-1 TeV-1" },
    { "pl:index=2.3,amplitude=3e-11 cm-2 s-1 TeV-1", "pl:index=0.8,amplitude=3e-14 cm-2 s-1 TeV-1" },
    { "pl:index=2.3,amplitude=3e-11 cm-2 s-1 TeV-1", "pl:index=3.8,amplitude=0 cm-2 s-1 TeV-1" },
    { "lp:alpha=2.3,beta=0.2,amplitude=3e-11 cm-2 s-1 TeV-1,reference=1TeV",
      "lp:alpha=1,beta=0,amplitude=1e-13 cm-2 s-1 TeV-1,reference=1TeV" },
    { "ecpl:index=2,lambda_=0.1 TeV-1,amplitude=3e-11 cm-2 s-1 TeV-1",
      "ecpl:index=3,lambda_=1 TeV-1,amplitude=3e-8 cm-2 s-1 TeV-1" },
    { "ecpl-3fgl:index=2,ecut=7 TeV,amplitude=3e-11 cm-2 s-1 TeV-1",
      "ecpl-3fgl:index=1.5,ecut=30 TeV,amplitude=3e-12 cm-2 s-1 TeV-1" },
    { "bpl:index1=1.8,index2=2.9,ebreak=1.3 TeV,amplitude=3e-11 cm-2 s-1 TeV-1",
      "bpl:index1=2,index2=2.5,ebreak=2 TeV,amplitude=3e-12 cm-2 s-1 TeV-1" },
    { "pl-2:amplitude=1e-10 cm-2 s-1,index=2.2,emin=1 TeV,emax=10 TeV",
      "pl-2:amplitude=1e-12 cm-2 s-1,index=3,emin=1 TeV,emax=10 TeV" },
    { "pl:index=2.3,amplitude=3e-11 cm-2 s-1 TeV-1 + gauss:amplitude=5e-11 cm-2 s-1,mean=2TeV,sigma=0.4TeV",
      "pl:index=2,amplitude=1e-12 cm-2 s-1 TeV-1 + gauss:amplitude=1e-12 cm-2 s-1,mean=1.6TeV,sigma=0.5TeV" },
    { "pl:index=1.7,amplitude=3e-11 cm-2 s-1 TeV-1; "
      "lp:alpha=3,beta=0.1,amplitude=5e-11 cm-2 s-1 TeV-1,reference=0.5TeV",
      "pl:index=1.9,amplitude=1e-11 cm-2 s-1 TeV-1; "
      "lp:alpha=2.8,beta=0.2,amplitude=1e-11 cm-2 s-1 TeV-1,reference=0.5TeV" }
};

static void compare_values(const fe_fit *f, const char *truth, const char *start)
{
    fe_models *models = models_of(truth);
    fe_fit *t = fit_of(truth, &PLAIN, 0, NULL);
    char text[256];

    for (size_t k = 0; k < f->n_par; k++) {
        double got = f->result.par[k].value, want = t->par[k].value, sigma = f->result.par[k].error;

        snprintf(text, sizeof text, "%s: %s is %g, should be %g (%.2g sigma)", start, t->par[k].name, got, want,
                 (got - want) / sigma);
        check_(fabs(got - want) <= 1e-8 * sigma, text, __FILE__, __LINE__);
    }
    fe_fit_free(t);
    fe_models_free(models);
}

static void test_asimov(void)
{
    for (size_t c = 0; c < sizeof asimov_cases / sizeof *asimov_cases; c++)
        for (int cash = 0; cash < 2; cash++) {
            const asimov_case *a = &asimov_cases[c];
            fe_dataset *d[2] = { dataset_of(a->truth, 5, cash ? 0 : 0.1, true, 1, 0),
                                 dataset_of(a->truth, 20, cash ? 0 : 0.2, true, 1, 0) };
            fe_fit *f = fit_of(a->start, &PLAIN, 2, d);
            const fe_fit_result *r = run_fit(f);

            CHECK_MSG(r->converged, r->why);
            CHECK_MSG(r->n_steps < 60, a->start);
            compare_values(f, a->truth, a->start);
            if (!cash)
                NEAR_ABS(r->stat, 0, 1e-9);     /* WStat of a perfect description */
            CHECK(r->n_bins == 60);
            fe_fit_free(f);
            fe_dataset_free(d[0]);
            fe_dataset_free(d[1]);
        }
}

/* The amplitude alone is wrong, by any factor: the work is that of a good start. */
static void test_far_amplitude(void)
{
    static const char *const starts[] = { "pl:index=2.3,amplitude=3e-5 cm-2 s-1 TeV-1",
                                          "pl:index=2.3,amplitude=3e-17 cm-2 s-1 TeV-1",
                                          "pl:index=2.3,amplitude=0 cm-2 s-1 TeV-1" };
    fe_dataset *d = dataset_of(asimov_cases[0].truth, 5, 0.1, true, 1, 0);

    for (size_t k = 0; k < 3; k++) {
        fe_fit *f = fit_of(starts[k], &PLAIN, 1, &d);
        const fe_fit_result *r = run_fit(f);

        CHECK_MSG(r->converged, r->why);
        CHECK_MSG(r->n_steps <= 8, starts[k]);
        compare_values(f, asimov_cases[0].truth, starts[k]);
        fe_fit_free(f);
    }
    fe_dataset_free(d);
}

/* Instruments of different true and reconstructed axes, one of them with a zone without exposure. */
static void test_axes(void)
{
    const char *truth = asimov_cases[4].truth;
    fe_response r = fe_response_default();
    fe_models *models = models_of(truth);
    fe_dataset *d[2] = { dataset_of(truth, 5, 0.1, true, 1, 0), NULL };
    double *npred, *none;
    fe_fit *f;

    r.e_min_TeV = 0.003;
    r.e_max_TeV = 0.7;
    r.bins_per_decade = 7;
    r.true_bins_per_decade = 13;
    d[1] = fe_response_dataset(&r, 3e4, 0.3);
    for (size_t i = 0; i < 6; i++)
        d[1]->exposure_cm2_s[i] = 0;
    npred = FE_NEWN(double, d[1]->n_e);
    none = FE_NEWN(double, d[1]->n_e);
    predict(d[1], models, npred);
    fe_simulate_counts(d[1], npred, none, 1, 0, true);
    f = fit_of(asimov_cases[4].start, &PLAIN, 2, d);
    CHECK_MSG(run_fit(f)->converged, f->result.why);
    CHECK(f->n_axes == 2);
    compare_values(f, truth, "two axes");
    fe_fit_free(f);
    free(npred);
    free(none);
    fe_models_free(models);
    fe_dataset_free(d[0]);
    fe_dataset_free(d[1]);
}

/* ---- covariance: the Hessian by differences of sums made bin by bin -------------------------------------------- */

static long double stat_at(const fe_fit *f, fe_dataset *const *d, size_t n_sets, const double *x)
{
    long double sum = 0;

    for (size_t i = 0; i < f->n_own; i++)
        f->own[i].par->value = x[f->own[i].number];
    for (size_t k = 0; k < n_sets; k++)
        sum += wide_stat(d[k], f->models);
    return sum;
}

/* Mixed second difference over h sigma, fourth order by Richardson. */
static double second(const fe_fit *f, fe_dataset *const *d, size_t n_sets, size_t k, size_t l, double h)
{
    long double sum = 0;

    for (int half = 0; half < 2; half++) {
        double x[8], part = half ? h / 2 : h;
        long double corners = 0;

        for (int u = -1; u <= 1; u += 2)
            for (int v = -1; v <= 1; v += 2) {
                for (size_t i = 0; i < f->n_par; i++)
                    x[i] = f->result.par[i].value;
                x[k] += u * part * f->result.par[k].error;
                x[l] += v * part * f->result.par[l].error;
                corners += u * v * stat_at(f, d, n_sets, x);
            }
        sum += (half ? 4.0L / 3 : -1.0L / 3) * corners / (4 * part * part);
    }
    return (double)sum / f->result.par[k].error / f->result.par[l].error;
}

static void check_covariance(const fe_fit *f, fe_dataset *const *d, size_t n_sets)
{
    size_t n = f->n_par;
    double *h = FE_NEWN(double, n * n), *cov = FE_NEWN(double, n * n), direction[8];

    for (size_t k = 0; k < n; k++)
        for (size_t l = 0; l < n; l++)
            h[k * n + l] = second(f, d, n_sets, k, l, 0.05);
    CHECK(fe_minimise_covariance(n, h, NULL, cov, direction));
    for (size_t k = 0; k < n; k++)
        for (size_t l = 0; l < n; l++)
            NEAR_ABS(f->result.covariance[k * n + l] / f->result.par[k].error / f->result.par[l].error,
                     cov[k * n + l] / f->result.par[k].error / f->result.par[l].error, 1e-4);
    free(h);
    free(cov);
}

/* ---- a second method: Nelder and Mead's simplex on the sums made bin by bin ------------------------------------ */

typedef struct second_way {
    const fe_fit *f;
    fe_dataset *const *d;
    size_t n_sets;
    double best[8], error[8];
    long double zero;
} second_way;

static double simplex_value(const gsl_vector *v, void *context)
{
    second_way *w = context;
    double x[8];

    for (size_t i = 0; i < w->f->n_par; i++)
        x[i] = w->best[i] + w->error[i] * gsl_vector_get(v, i);
    return (double)(stat_at(w->f, w->d, w->n_sets, x) - w->zero);
}

/* From one sigma off; answers in sigmas from our minimum. */
static void check_simplex(const fe_fit *f, fe_dataset *const *d, size_t n_sets)
{
    size_t n = f->n_par;
    second_way w = { .f = f, .d = d, .n_sets = n_sets };
    gsl_multimin_function call = { simplex_value, n, &w };
    gsl_multimin_fminimizer *m = gsl_multimin_fminimizer_alloc(gsl_multimin_fminimizer_nmsimplex2, n);
    gsl_vector *at = gsl_vector_alloc(n), *step = gsl_vector_alloc(n);

    for (size_t i = 0; i < n; i++) {
        w.best[i] = f->result.par[i].value;
        w.error[i] = f->result.par[i].error;
    }
    w.zero = stat_at(f, d, n_sets, w.best);
    for (int turn = 0; turn < 3; turn++) {      /* a simplex that has collapsed starts anew */
        gsl_vector_set_all(step, turn ? 1e-2 : 0.5);
        gsl_vector_set_all(at, 1);
        if (turn)
            gsl_vector_memcpy(at, m->x);
        gsl_multimin_fminimizer_set(m, &call, at, step);
        for (int k = 0; k < 1500 && gsl_multimin_fminimizer_size(m) > 1e-9; k++)
            (void)gsl_multimin_fminimizer_iterate(m);
    }
    for (size_t i = 0; i < n; i++)
        NEAR_ABS(gsl_vector_get(m->x, i), 0, 1e-6);
    NEAR_ABS(m->fval, 0, 1e-12);
    gsl_multimin_fminimizer_free(m);
    gsl_vector_free(at);
    gsl_vector_free(step);
}

static void test_drawn(void)
{
    static const char *const truths[] = {
        "pl:index=1.7,amplitude=3e-12 cm-2 s-1 TeV-1; pl:index=3.2,amplitude=2e-12 cm-2 s-1 TeV-1",
        "ecpl:index=2,lambda_=0.2 TeV-1,amplitude=5e-12 cm-2 s-1 TeV-1",
    };

    for (size_t c = 0; c < 2; c++)
        for (int cash = 0; cash < 2; cash++) {
            fe_dataset *d[3];
            fe_fit *f;
            const fe_fit_result *r;

            for (size_t k = 0; k < 3; k++) {
                d[k] = dataset_of(truths[c], 20, cash ? 0 : 0.1 + 0.1 * (double)k, false, 7, k);
                d[k]->mask[0] = d[k]->mask[29] = false;
            }
            f = fit_of(truths[c], &PLAIN, 3, d);
            r = run_fit(f);
            CHECK_MSG(r->converged, r->why);
            CHECK(r->edm <= 1e-14);
            CHECK(r->n_bins == 84);
            NEAR(r->stat, (double)(wide_stat(d[0], fe_fit_models(f)) + wide_stat(d[1], fe_fit_models(f)) +
                                   wide_stat(d[2], fe_fit_models(f))), 1e-12);
            check_covariance(f, d, 3);
            check_simplex(f, d, 3);
            fe_fit_free(f);
            for (size_t k = 0; k < 3; k++)
                fe_dataset_free(d[k]);
        }
}

/* ---- one amplitude: the norm solver knows the answer ----------------------------------------------------------- */

static void solve_norm(const fe_dataset *d, const char *model, fe_norm *out)
{
    fe_models *models = models_of(model);
    fe_arena *arena = fe_arena_new();
    double *npred = FE_NEWN(double, d->n_e);
    fe_fold_piece piece;
    fe_norm_request request = fe_norm_request_default();
    fe_bins bins = { .n_blocks = 1, .block = &piece.block };

    predict(d, models, npred);
    fe_fold_piece_make(d, npred, 0, d->n_e, FE_METHOD_FOLD, 0, arena, &piece);
    fe_norm_solve(&bins, &request, arena, out);
    free(npred);
    fe_arena_free(arena);
    fe_models_free(models);
}

/* index 2.3 through three nodes: only the norm is free. */
static const char one_amplitude[] = "scale:norm=1 * template:energy=[0.01,1,1000]TeV,"
    "values=[3.9810717055349725e-08,1e-12,1.2589254117941673e-19]cm-2 s-1 TeV-1";

static void test_norm(void)
{
    int n_negative = 0;

    for (int c = 0; c < 4; c++) {
        const char *truth = c < 2 ? "pl:index=2.3,amplitude=2e-12 cm-2 s-1 TeV-1"
                                  : "pl:index=2,amplitude=0 cm-2 s-1 TeV-1";
        fe_dataset *d = dataset_of(truth, 30, c % 2 ? 0 : 0.1, false, 5, (size_t)c);
        fe_fit *f = fit_of(one_amplitude, &PLAIN, 1, &d);
        const fe_fit_result *r = run_fit(f);
        fe_norm want;
        double ts, stat_null;

        solve_norm(d, "pl:index=2.3,amplitude=1e-12 cm-2 s-1 TeV-1", &want);
        CHECK(r->n_par == 1);
        CHECK_MSG(r->converged, r->why);
        NEAR_ABS(r->par[0].value, want.norm, 1e-9 * want.err);
        n_negative += want.norm < 0;
        NEAR(r->par[0].error, want.err, 1e-9);
        NEAR(r->stat, want.stat, 1e-12);
        ts = fe_fit_ts(f, 0, &stat_null);
        NEAR_ABS(ts, want.ts, 1e-9 * (1 + want.ts));
        NEAR(stat_null, want.stat_null, 1e-12);
        NEAR(fe_fit_profile_cross(f, 0, 1, -1).value, want.norm - want.errn, 1e-9);
        NEAR(fe_fit_profile_cross(f, 0, 1, 1).value, want.norm + want.errp, 1e-9);
        NEAR(fe_fit_upper_limit(f, 0, 2.705543454095404, true).value, want.ul, 1e-8);
        NEAR_ABS(fe_fit_profile(f, 0, want.norm), 0, 1e-12);
        NEAR(fe_fit_profile(f, 0, want.norm - want.errn), 1, 1e-9);
        fe_fit_free(f);
        fe_dataset_free(d);
    }
    CHECK(n_negative > 0);                      /* so that the limit's bound at 0 matters */
}

/* ---- many draws ------------------------------------------------------------------------------------------------ */

/* Mean and width of (value - truth) / error over n draws: 0 and 1 within five standard errors. */
static void test_pulls(void)
{
    enum { N = 300 };
    static const double truth[2] = { 2.3, 5e-12 };
    static const char *const name[2] = { "index", "amplitude" };
    FILE *out = open_table("fit-pulls", "parameter\tfits\tmean of the pulls\twidth of the pulls");
    double sum[2] = { 0, 0 }, square[2] = { 0, 0 };
    int inside = 0;

    for (size_t k = 0; k < N; k++) {
        fe_dataset *d[2] = { dataset_of("pl:index=2.3,amplitude=5e-12 cm-2 s-1 TeV-1", 10, 0.1, false, 11, 2 * k),
                             dataset_of("pl:index=2.3,amplitude=5e-12 cm-2 s-1 TeV-1", 20, 0.2, false, 11, 2 * k + 1) };
        fe_fit *f = fit_of("pl:index=2,amplitude=1e-12 cm-2 s-1 TeV-1", &PLAIN, 2, d);
        const fe_fit_result *r = run_fit(f);

        CHECK_MSG(r->converged, r->why);
        for (int i = 0; i < 2; i++) {
            double pull = (r->par[i].value - truth[i]) / r->par[i].error;

            sum[i] += pull;
            square[i] += pull * pull;
        }
        inside += fabs(r->par[0].value - truth[0]) < r->par[0].error;
        fe_fit_free(f);
        fe_dataset_free(d[0]);
        fe_dataset_free(d[1]);
    }
    for (int i = 0; i < 2; i++) {
        double mean = sum[i] / N, width = sqrt(square[i] / N - mean * mean);

        NEAR_ABS(mean, 0, 5 / sqrt(N) + 0.05);          /* 0.05: the bias of maximum likelihood at these counts */
        NEAR_ABS(width, 1, 5 / sqrt(2.0 * N));
        if (out)
            fprintf(out, "%s\t%d\t%.2f\t%.2f\n", name[i], N, mean, width);
    }
    close_table(out);
    NEAR_ABS((double)inside / N, 0.6827, 5 * sqrt(0.6827 * 0.3173 / N));
}

int main(void)
{
    test_derivatives();
    test_asimov();
    test_far_amplitude();
    test_axes();
    test_drawn();
    test_norm();
    test_pulls();
    return check_done();
}
