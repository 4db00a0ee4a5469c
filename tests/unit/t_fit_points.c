/* Flux points as data: closed forms, the terms of limits, scans, bins; and the quadratic spline against scipy. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "check.h"
#include "est/fit_parts.h"
#include "est/fit_points.h"
#include "est/spline2.h"

enum { N = 6, N_SCAN = 9 };

static const double e_ref[N] = { 0.3, 0.7, 1.5, 4, 11, 30 }, edge[N + 1] = { 0.2, 0.5, 1, 2.5, 7, 18, 50 };

static fe_spectrum *parse(const char *text)
{
    fe_err err = { 0 };
    fe_spectrum *s = fe_spectrum_parse(text, &err);

    CHECK_MSG(s != NULL, err.text);
    return s;
}

static fe_fit *fit_of(const char *model, const fe_points *p, fe_points_stat stat, bool gammapy)
{
    fe_fit_options options = { .max_steps = 0 };
    fe_models *models = fe_models_new();
    fe_err err = { 0 };
    fe_fit *f;

    (void)fe_models_add(models, "a", parse(model));
    f = fe_fit_new(models, &options, &err);
    CHECK_MSG(f && fe_fit_add_points(f, p, stat, gammapy, &err) == 0, err.text);
    fe_models_free(models);
    return f;
}

static const fe_fit_result *run_fit(fe_fit *f)
{
    fe_err err = { 0 };
    const fe_fit_result *r = fe_fit_run(f, &err);

    CHECK_MSG(r != NULL, err.text);
    return r;
}

/* ---- the spline ------------------------------------------------------------------------------------------------ */

/* scipy 1.17: interp1d(x, y, kind="quadratic", fill_value="extrapolate") */
static void test_spline(void)
{
    static const double x[7] = { 0.2, 0.3, 0.5, 1, 1.7, 2.4, 5 }, y[7] = { 31, 20.5, 9.25, 0.75, 3.5, 11, 70 };
    static const double want[][2] = {
        { 0.1, 45.18559443063894 }, { 0.2, 31.0 }, { 0.27, 23.263012584782906 }, { 0.41, 13.193793734468775 },
        { 0.8, 2.279285966960284 }, { 1.3, 0.7304105832721979 }, { 1.35, 0.9924852927507043 },
        { 2.2, 8.503641055069885 }, { 3.9, 39.02155211109218 }, { 6, 105.82011007929538 }
    };
    double room[14], c[7], d1, d2, lo, hi, mid;

    CHECK(fe_spline2_make(7, x, y, room, c));
    for (size_t i = 0; i < sizeof want / sizeof *want; i++)
        NEAR(fe_spline2_eval(7, x, c, want[i][0], NULL, NULL), want[i][1], 1e-12);
    for (double at = 0.25; at < 5; at += 0.31) {
        mid = fe_spline2_eval(7, x, c, at, &d1, &d2);
        lo = fe_spline2_eval(7, x, c, at - 1e-4, NULL, NULL);
        hi = fe_spline2_eval(7, x, c, at + 1e-4, NULL, NULL);
        NEAR_ABS(d1, (hi - lo) / 2e-4, 1e-6);
        NEAR_ABS(d2, (hi + lo - 2 * mid) / 1e-8, 1e-5);
    }
    CHECK(fe_spline2_make(3, x, y, room, c));
    NEAR(fe_spline2_eval(3, x, c, 0.4, NULL, NULL), 13.249999999999995, 1e-12);
    CHECK(!fe_spline2_make(2, x, y, room, c));
    CHECK(!fe_spline2_make(3, (const double[]){ 1, 1, 2 }, y, room, c));
    CHECK(!fe_spline2_make(3, x, (const double[]){ 1, NAN, 2 }, room, c));
}

/* ---- chi2 ------------------------------------------------------------------------------------------------------ */

/* One amplitude: the weighted mean of y / shape; variance 1 / sum of weights. */
static void test_mean(void)
{
    double dnde[N], err[N], up = 0, down = 0;
    bool is_ul[N] = { false, false, false, true, false, false };
    fe_points p = { .n = N, .e_ref_TeV = e_ref, .dnde = dnde, .err = err, .is_ul = is_ul };
    fe_fit *f;
    const fe_fit_result *r;

    for (size_t i = 0; i < N; i++) {
        double shape = pow(e_ref[i], -2);

        dnde[i] = 1e-12 * shape * (1 + 0.2 * sin(7 * (double)i));
        err[i] = 1e-13 * shape * (1 + (double)i);
        if (i != 3 && i != 5) {
            up += dnde[i] * shape / (err[i] * err[i]);
            down += shape * shape / (err[i] * err[i]);
        }
    }
    dnde[5] = NAN;
    f = fit_of("scale:norm=1 * template:energy=[0.1,100]TeV,values=[1e-10,1e-16]cm-2 s-1 TeV-1", &p, FE_POINTS_CHI2,
               false);
    r = run_fit(f);
    CHECK_MSG(r->converged, r->why);
    CHECK(r->n_bins == 4 && r->n_par == 1);
    NEAR(r->par[0].value, up / down / 1e-12, 1e-12);
    NEAR(r->par[0].error, 1 / sqrt(down) / 1e-12, 1e-10);
    NEAR(fe_fit_profile_cross(f, 0, 1, 1).value, r->par[0].value + r->par[0].error, 1e-10);
    fe_fit_free(f);
}

/* Points on a model give the model back, at e_ref or as means of bins. */
static void test_model(void)
{
    static const char truth[] = "ecpl:index=1.9,amplitude=3e-12 cm-2 s-1 TeV-1,lambda_=0.07 TeV-1";
    fe_spectrum *s = parse(truth);

    for (int mean = 0; mean < 2; mean++) {
        double dnde[N], err[N];
        fe_points p = { .n = N, .e_ref_TeV = mean ? NULL : e_ref, .e_min_TeV = edge, .e_max_TeV = edge + 1,
                        .dnde = dnde, .err = err };
        fe_fit *f;
        const fe_fit_result *r;

        for (size_t i = 0; i < N; i++) {
            dnde[i] = mean ? fe_spectrum_flux(s, edge[i], edge[i + 1]) / (edge[i + 1] - edge[i])
                           : fe_spectrum_dnde(s, e_ref[i]);
            err[i] = 0.1 * dnde[i];
        }
        f = fit_of("ecpl:index=3,amplitude=1e-14 cm-2 s-1 TeV-1,lambda_=0.01 TeV-1", &p, FE_POINTS_CHI2, false);
        r = run_fit(f);
        CHECK_MSG(r->converged, r->why);
        NEAR(r->par[0].value, 1.9, 1e-9);
        NEAR(r->par[1].value, 3e-12, 1e-9);
        NEAR(r->par[2].value, 0.07, 1e-9);
        NEAR_ABS(r->stat, 0, 1e-15);
        fe_fit_free(f);
    }
    fe_spectrum_free(s);
}

/* ---- distrib --------------------------------------------------------------------------------------------------- */

/* -2 ln L of one point for a model of a given dnde there, and its derivatives by differences. */
static double one_point(double m, const fe_points *p, bool gammapy, double *w1, double *w2)
{
    fe_fit *f = fit_of("scale:norm=1 * template:energy=[0.1,10]TeV,values=[1e-12,1e-12]cm-2 s-1 TeV-1", p,
                       FE_POINTS_DISTRIB, gammapy);
    const fe_fit_stat *stat = f->set[0].stat;
    double value = stat->value(&f->set[0], &m);

    stat->derivs(&f->set[0], &m, w1, w2);
    fe_fit_free(f);
    return value;
}

static void test_terms(void)
{
    static const double e[1] = { 1 }, y[1] = { 3 }, errn[1] = { 0.5 }, errp[1] = { 2 }, ul[1] = { 4 };
    static const bool yes[1] = { true };
    fe_points point = { .n = 1, .e_ref_TeV = e, .dnde = y, .errn = errn, .errp = errp };
    fe_points limit = { .n = 1, .e_ref_TeV = e, .dnde = y, .ul = ul, .is_ul = yes, .ul_n_sigma = 2 };
    double w1, w2, unused[2];

    NEAR(one_point(2, &point, false, &w1, &w2), 4, 1e-14);      /* (1 / 0.5)^2 */
    NEAR(w1, -8, 1e-14);
    NEAR(one_point(5, &point, false, &w1, &w2), 1, 1e-14);      /* (2 / 2)^2 */
    NEAR(one_point(4, &limit, false, &w1, &w2), 2 * log(2), 1e-14);
    NEAR(one_point(0, &limit, false, &w1, &w2), -2 * log(0.5 * erfc(-2 / sqrt(2))), 1e-13);
    NEAR(one_point(4, &limit, true, &w1, &w2), -2 * log(erfc(1)), 1e-13);
    NEAR(one_point(1e4, &limit, true, &w1, &w2), 2 * log(2 / erfc(1)), 1e-13);     /* saturates at 5.085 */
    /* the tail of a Gaussian at 40 sigma */
    NEAR(one_point(84, &limit, false, &w1, &w2), 1600 + 2 * log(40 * sqrt(2 * M_PI)), 1e-5);
    for (int gammapy = 0; gammapy < 2; gammapy++)
        for (double m = 0.5; m < 9; m += 1.3) {
            double h = 1e-4, at = one_point(m, &limit, gammapy, &w1, &w2);
            double up = one_point(m + h, &limit, gammapy, unused, unused + 1);
            double down = one_point(m - h, &limit, gammapy, unused, unused + 1);

            NEAR_ABS(w1, (up - down) / (2 * h), 1e-7);
            NEAR_ABS(w2, (up + down - 2 * at) / (h * h), 1e-5);
        }
}

/* A limit far above a model says nothing, one below it pulls it down. */
static void test_limits(void)
{
    double dnde[N], err[N], ul[N], amplitude[3];
    bool is_ul[N] = { false, false, false, false, false, true };
    fe_points p = { .n = N, .e_ref_TeV = e_ref, .dnde = dnde, .err = err, .is_ul = is_ul, .ul = ul,
                    .ul_n_sigma = 1.645 };

    for (int k = 0; k < 3; k++) {
        fe_fit *f;
        const fe_fit_result *r;

        for (size_t i = 0; i < N; i++) {
            dnde[i] = 1e-12 * pow(e_ref[i], -2);
            err[i] = 0.1 * dnde[i];
            ul[i] = dnde[i] * (k == 0 ? 1e9 : k == 1 ? 1 : 0.2);
        }
        f = fit_of("pl:index=2.2,amplitude=1e-12 cm-2 s-1 TeV-1", &p, FE_POINTS_DISTRIB, false);
        r = run_fit(f);
        CHECK_MSG(r->converged, r->why);
        CHECK(r->n_bins == N);
        amplitude[k] = fe_spectrum_dnde(fe_fit_models(f)->model[0].spectrum, 30) / dnde[5];
        fe_fit_free(f);
    }
    NEAR(amplitude[0], 1, 1e-6);
    CHECK(amplitude[1] < 0.99 && amplitude[2] < amplitude[1]);
}

/* ---- profile --------------------------------------------------------------------------------------------------- */

/* Scans that are parabolas are chi2 with the same errors; beyond their ends the result says so. */
static void test_profile(void)
{
    double dnde[N], err[N], ref[N], norm[N * N_SCAN], stat[N * N_SCAN];
    fe_points p = { .n = N, .e_ref_TeV = e_ref, .dnde = dnde, .err = err, .ref_dnde = ref, .n_scan = N_SCAN,
                    .norm_scan = norm, .stat_scan = stat };
    fe_fit *chi2, *profile;
    const fe_fit_result *want, *r;

    for (size_t i = 0; i < N; i++) {
        double best = 1 + 0.1 * sin(3 * (double)i), sigma = 0.1 + 0.05 * (double)i;

        ref[i] = 2e-12 * pow(e_ref[i], -2.5);
        dnde[i] = best * ref[i];
        err[i] = sigma * ref[i];
        for (size_t k = 0; k < N_SCAN; k++) {
            double x = 0.2 * pow(25, (double)k / (N_SCAN - 1));

            norm[i * N_SCAN + k] = x;
            stat[i * N_SCAN + k] = pow((x - best) / sigma, 2);
        }
    }
    chi2 = fit_of("pl:index=2,amplitude=1e-12 cm-2 s-1 TeV-1", &p, FE_POINTS_CHI2, false);
    profile = fit_of("pl:index=2,amplitude=1e-12 cm-2 s-1 TeV-1", &p, FE_POINTS_PROFILE, false);
    want = run_fit(chi2);
    r = run_fit(profile);
    CHECK_MSG(r->converged, r->why);
    SAME_STR(r->why, "converged");
    CHECK(r->n_outside == 0);
    for (size_t k = 0; k < 2; k++) {
        NEAR(r->par[k].value, want->par[k].value, 1e-10);
        NEAR(r->par[k].error, want->par[k].error, 1e-8);
    }
    NEAR(r->stat, want->stat, 1e-9);
    fe_fit_free(profile);
    ref[2] *= 1e-3;                             /* the model is far above this scan */
    profile = fit_of("pl:index=2,amplitude=1e-12 cm-2 s-1 TeV-1", &p, FE_POINTS_PROFILE, false);
    r = run_fit(profile);
    CHECK(r->n_outside >= 1);
    CHECK_MSG(strstr(r->why, "outside their stored scan") != NULL, r->why);
    fe_fit_free(profile);
    fe_fit_free(chi2);
}

/* ---- what is refused ------------------------------------------------------------------------------------------- */

static void refuse(const fe_points *p, fe_points_stat stat, const char *message)
{
    fe_fit_options options = { .max_steps = 0 };
    fe_models *models = fe_models_new();
    fe_err err = { 0 };
    fe_fit *f;

    (void)fe_models_add(models, "a", parse("pl"));
    f = fe_fit_new(models, &options, &err);
    CHECK(fe_fit_add_points(f, p, stat, false, &err) < 0);
    CHECK_MSG(!strcmp(err.text, message), err.text);
    fe_fit_free(f);
    fe_models_free(models);
}

static void test_refused(void)
{
    double e[3] = { 1, 2, 3 }, y[3] = { 1, 2, 3 }, err[3] = { 1, 1, 1 }, ul[3] = { 1, -1, 1 };
    double scan[9] = { 1, 2, 3, 1, 1, 3, 1, 2, 3 };
    bool is_ul[3] = { false, true, false };
    fe_points p = { .n = 3, .dnde = y, .err = err };

    refuse(&p, FE_POINTS_CHI2, "flux points without energies, expected e_ref, or e_min and e_max");
    p.e_ref_TeV = e;
    p.dnde = NULL;
    refuse(&p, FE_POINTS_CHI2, "flux points without values, expected dnde");
    refuse(&p, FE_POINTS_PROFILE, "flux points without scans of at least 3 norms and the reference they belong to, "
           "expected norm_scan, stat_scan, ref_dnde");
    p.dnde = y;
    p.is_ul = is_ul;
    p.ul = ul;
    p.ul_n_sigma = 2;
    refuse(&p, FE_POINTS_DISTRIB, "flux point 2: upper limit -1 at 2 sigma, expected positive numbers");
    p.ref_dnde = y;
    p.n_scan = 3;
    p.norm_scan = p.stat_scan = scan;
    refuse(&p, FE_POINTS_PROFILE, "flux point 2: norm_scan does not ascend from 1");
    e[2] = -3;
    refuse(&p, FE_POINTS_CHI2, "flux point 3: energy -3 to -3 TeV, expected positive, ascending numbers");
}

int main(void)
{
    test_spline();
    test_mean();
    test_model();
    test_terms();
    test_limits();
    test_profile();
    test_refused();
    return check_done();
}
