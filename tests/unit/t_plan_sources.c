/* est/plan with several sources: others fixed or refitted, backgrounds, systematic errors, time; against slow methods. */
#include "memory_feed.h"

#include "est/fit.h"
#include "est/plan_column.h"

/* ---- one dataset, kept in memory ------------------------------------------------------------------------------- */

enum { N = 8 };

typedef struct one { double counts[N], n_off[N], background[N], alpha; bool has_off; } one;

static int open_one(void *ctx, size_t i, fe_dataset **out, fe_err *err)
{
    const one *x = ctx;
    fe_dataset *d = fe_dataset_new(N, N, 1, 1);

    (void)i, (void)err;
    for (size_t j = 0; j <= N; j++)
        d->e_edge_TeV[j] = d->etrue_edge_TeV[j] = edge_at(1, j);
    fe_edisp_free(d->edisp);
    d->edisp = fe_edisp_overlap(N, d->etrue_edge_TeV, N, d->e_edge_TeV);
    d->background = x->has_off ? NULL : FE_NEWN(double, N);
    d->n_off = x->has_off ? FE_NEWN(double, N) : NULL;
    d->alpha = x->has_off ? FE_NEWN(double, N) : NULL;
    d->livetime_s = 1;
    d->gti = fe_gti_new();
    d->gti->mjdref_i = 51544;
    snprintf(d->gti->timesys, sizeof d->gti->timesys, "TT");
    fe_gti_add(d->gti, 0, 86400);
    for (size_t j = 0; j < N; j++) {
        d->counts[j] = x->counts[j];
        d->exposure_cm2_s[j] = 3e13;
        *(x->has_off ? &d->n_off[j] : &d->background[j]) = x->has_off ? x->n_off[j] : x->background[j];
        if (x->has_off)
            d->alpha[j] = x->alpha;
    }
    *out = d;
    return 0;
}

static fe_models *sources_of(const char *chosen)
{
    fe_models *models = fe_models_new();
    fe_err err;

    fe_models_add(models, "A", fe_spectrum_parse("pl:index=1.5,amplitude=1e-12 cm-2 s-1 TeV-1,reference=1TeV", &err));
    fe_models_add(models, "B", fe_spectrum_parse("pl:index=3.5,amplitude=3e-12 cm-2 s-1 TeV-1,reference=1TeV", &err));
    CHECK(fe_models_choose(models, chosen, &err) == 0);
    return models;
}

/* Integral of amplitude E^-index over a channel times exposure. */
static void closed_npred(double amplitude, double index, double *npred)
{
    for (size_t j = 0; j < N; j++)
        npred[j] = 3e13 * amplitude * (pow(edge_at(1, j), 1 - index) - pow(edge_at(1, j + 1), 1 - index)) / (index - 1);
}

/* Counts that fluctuate about what both sources and the background predict. */
static one made_up(bool has_off)
{
    one x = { .alpha = 0.4, .has_off = has_off };
    double a[N], b[N];

    closed_npred(1e-12, 1.5, a);
    closed_npred(3e-12, 3.5, b);
    for (size_t j = 0; j < N; j++) {
        x.background[j] = 3;
        x.n_off[j] = (double)(6 + (j * 5) % 7);
        x.counts[j] = floor(a[j] + b[j] + 3 + 2 * sin(3.0 * (double)j) + 0.5);
    }
    return x;
}

typedef struct rows { size_t n; fe_group_result row[4]; fe_sink *product; } rows;

static int keep_row(void *ctx, size_t group, const fe_group_result *r, fe_err *err)
{
    rows *to = ctx;

    (void)err;
    CHECK(group < 4);
    if (to->product)
        CHECK(to->product->put(to->product->ctx, group, r, err) == 0);
    to->row[group] = *r;
    to->n++;
    return 0;
}

static int estimate(one *x, fe_models *models, const fe_plan_request *request, rows *to, fe_err *err)
{
    memory m = plain();
    fe_feed feed = { x, 1, make_info, open_one }, infos = feed_of(&m, 1);
    fe_plan plan = plan_of("1:10TeV", "all", &infos);
    fe_sink sink = { to, NULL, keep_row, NULL };
    int rc = fe_plan_run(&plan, &feed, models, request, &sink, NULL, err);

    fe_plan_free(&plan);
    return rc;
}

/* ---- slow: the statistic from its definition, minima by golden sections ----------------------------------------- */

typedef struct slow { const one *x; double a[N], b[N]; int what; double norm, width; } slow;
enum { OTHER, BACKGROUND, SYSTEMATIC };

static double statistic(const slow *s, double norm, double y)
{
    double sum = s->what == SYSTEMATIC ? y * y / (s->width * s->width) : 0;

    for (size_t j = 0; j < N; j++) {
        double signal = norm * s->a[j] + (s->what == OTHER ? y : 1) * s->b[j];
        double bkg = s->x->has_off ? s->x->alpha * s->x->n_off[j] : s->x->background[j];

        if (s->what == SYSTEMATIC)
            signal += y * bkg;
        if (s->x->has_off)
            sum += fe_wstat(s->x->counts[j], s->x->n_off[j], s->x->alpha, signal);
        else
            sum += fe_cash(s->x->counts[j], signal + (s->what == BACKGROUND ? y : 1) * bkg);
    }
    return sum;
}

static double along(const slow *s, double y) { return statistic(s, s->norm, y); }

static double golden(double (*f)(const slow *, double), slow *s, double low, double high, double *at)
{
    const double g = 0.6180339887498949;

    for (int k = 0; k < 90; k++) {
        double p = high - g * (high - low), q = low + g * (high - low);

        if (f(s, p) < f(s, q))
            high = q;
        else
            low = p;
    }
    *at = 0.5 * (low + high);
    return f(s, *at);
}

static double profile(const slow *s, double norm)
{
    slow at = *s;
    double y;

    at.norm = norm;
    return golden(along, &at, s->what == SYSTEMATIC ? -0.9 : -1, s->what == SYSTEMATIC ? 0.9 : 6, &y);
}

/* Norm, limit and TS of the profile within 1e-6. */
static void against_slow(const slow *s, const fe_norm *got)
{
    slow at = *s;
    double norm, best = golden(profile, &at, 0.05, 4, &norm), low = norm, high = 20;

    NEAR_ABS(got->norm, norm, 2e-6);            /* a minimum is found to the root of the digits of its value */
    NEAR(got->stat, best, 1e-9);
    NEAR(got->ts, profile(s, 0) - best, 1e-6);
    for (int k = 0; k < 60; k++) {
        double mid = 0.5 * (low + high);

        *(profile(s, mid) - best < fe_stat_drop_of_cl(0.95) ? &low : &high) = mid;
    }
    NEAR(got->ul, low, 1e-6);
}

static fe_norm refitted(one *x, const char *free, double bkg_syst)
{
    fe_models *models = sources_of("A");
    fe_plan_request request = request_of(1);
    rows to = { 0 };
    fe_err err = { 0 };

    request.bkg_syst = bkg_syst;
    CHECK_MSG(fe_refit_parse(free, models, &request.refit, &err) == 0, err.text);
    CHECK_MSG(estimate(x, models, &request, &to, &err) == 0, err.text);
    CHECK(to.n == 1 && to.row[0].norm.status == 0);
    fe_refit_clear(&request.refit);
    fe_models_free(models);
    return to.row[0].norm;
}

static void test_slow(void)
{
    for (int off = 0; off < 2; off++) {
        one x = made_up(off);
        slow s = { .x = &x, .what = OTHER };
        fe_norm fixed, got;

        closed_npred(1e-12, 1.5, s.a);
        closed_npred(3e-12, 3.5, s.b);
        got = refitted(&x, "norms", 0);
        against_slow(&s, &got);
        NEAR(refitted(&x, "B", 0).norm, got.norm, 0);
        fixed = refitted(&x, "none", 0);
        CHECK(fixed.err < got.err && fabs(fixed.norm - got.norm) > 1e-3);
        s.what = SYSTEMATIC;
        s.width = 0.2;
        got = refitted(&x, "none", 0.2);
        against_slow(&s, &got);
        NEAR(refitted(&x, "none", 1e-7).norm, fixed.norm, 1e-9);
        if (off)
            continue;
        s.what = BACKGROUND;
        got = refitted(&x, "bkg", 0);
        against_slow(&s, &got);
    }
}

/* A source that has no row is part of the prediction: without it its counts would be the other one's. */
static void test_fixed(void)
{
    for (int off = 0; off < 2; off++) {
        one x = made_up(off);
        double a[N], b[N], sum_b = 0;
        fe_norm got;

        closed_npred(1e-12, 1.5, a);
        closed_npred(3e-12, 3.5, b);
        for (size_t j = 0; j < N; j++) {
            x.counts[j] = 1.7 * a[j] + b[j] + (off ? 0.4 * x.n_off[j] : 3);
            sum_b += b[j];
        }
        got = refitted(&x, "none", 0);
        NEAR(got.norm, 1.7, 1e-9);
        CHECK(sum_b > 10);
        NEAR(got.npred - got.npred_excess - got.background, sum_b, 1e-9);
        NEAR(got.npred, got.counts, 1e-9);
    }
}

/* The Asimov set of the sensitivity holds the other source, too: at 5 sigma in one bin with OFF counts. */
static void test_fixed_sensitivity(void)
{
    one x = made_up(true);
    fe_models *models = sources_of("A");
    fe_plan_request request = request_of(1);
    double a[N], b[N], s = 0, other = 0, n_off = 0, n;
    rows to = { 0 };
    fe_err err = { 0 };

    closed_npred(1e-12, 1.5, a);
    closed_npred(3e-12, 3.5, b);
    request.method = FE_METHOD_EXCESS;
    request.norm.want_sens = true;
    CHECK(estimate(&x, models, &request, &to, &err) == 0);
    for (size_t j = 0; j < N; j++) {
        s += a[j] * to.row[0].norm.sensitivity;
        other += b[j];
        n_off += x.n_off[j];
    }
    n = s + other + 0.4 * n_off;
    NEAR(fe_wstat(n, n_off, 0.4, other) - fe_wstat(n, n_off, 0.4, other + s), 25, 1e-9);
    fe_models_free(models);
}

/*
 * Two overlapping sources: both rows are the one fit, whose covariance is the inverse of the Hessian, written out here; the
 * global fit of the two amplitudes has the same.
 */
static void test_overlap(void)
{
    one x = made_up(false);
    fe_models *models = sources_of("all"), *fitted = sources_of("all");
    fe_plan_request request = request_of(1);
    double a[N], b[N], aa = 0, ab = 0, bb = 0, det;
    rows to = { 0 };
    fe_err err = { 0 };

    closed_npred(1e-12, 1.5, a);
    closed_npred(3e-12, 3.5, b);
    for (size_t j = 0; j < N; j++) {
        double mu = x.counts[j] = 1.3 * a[j] + 0.6 * b[j] + 3;

        aa += a[j] * a[j] / mu;
        ab += a[j] * b[j] / mu;
        bb += b[j] * b[j] / mu;
    }
    det = aa * bb - ab * ab;
    CHECK(fe_refit_parse("norms", models, &request.refit, &err) == 0);
    fe_plan shape = { 0 };
    fe_estimate *e = fe_estimate_new();
    fe_plan_add_set(&shape, NULL);
    fe_sink product = fe_estimate_sink(e, &shape, models);
    to.product = &product;
    request.norm.n_sigma = 2;
    CHECK_MSG(estimate(&x, models, &request, &to, &err) == 0, err.text);
    CHECK(to.n == 2 && e->n == 2 && e->covar);
    const double *estimate_covar = e->covar;
    NEAR(to.row[0].norm.norm, 1.3, 1e-9);
    NEAR(to.row[1].norm.norm, 0.6, 1e-9);
    NEAR(to.row[0].norm.err, 2 * sqrt(bb / det), 1e-8);
    NEAR(to.row[1].norm.err, 2 * sqrt(aa / det), 1e-8);
    NEAR(to.row[0].norm.stat, to.row[1].norm.stat, 1e-12);
    NEAR(estimate_covar[0], bb / det, 1e-8);
    NEAR(estimate_covar[3], aa / det, 1e-8);
    NEAR(estimate_covar[1], -ab / det, 1e-8);
    CHECK(estimate_covar[2] == estimate_covar[1]);

    fe_fit_options options = { .free_background = false };
    for (size_t k = 0; k < 2; k++)
        fe_spectrum_par(fitted->model[k].spectrum, "index")->frozen = true;
    fe_fit *fit = fe_fit_new(fitted, &options, &err);
    fe_dataset *d = NULL;
    CHECK(fit && open_one(&x, 0, &d, &err) == 0 && fe_fit_add(fit, d, NULL, &err) == 0);
    const fe_fit_result *best = fe_fit_run(fit, &err);
    CHECK_MSG(best != NULL, err.text);
    NEAR(best->covariance[1] / sqrt(best->covariance[0] * best->covariance[3]), -ab / sqrt(aa * bb), 1e-6);
    NEAR(2 * sqrt(best->covariance[0]) / 1e-12, to.row[0].norm.err, 1e-6);
    CHECK(ab / sqrt(aa * bb) > 0.3);                /* they do overlap */
    fe_dataset_free(d);
    fe_fit_free(fit);
    fe_plan_free(&shape);
    fe_estimate_free(e);
    fe_refit_clear(&request.refit);
    fe_models_free(models);
    fe_models_free(fitted);
}

/* ---- systematic error of the background: one bin has closed forms ------------------------------------------------ */

static fe_norm summed(one *x, double bkg_syst)
{
    fe_models *models = sources_of("A");
    fe_plan_request request = request_of(1);
    rows to = { 0 };
    fe_err err = { 0 };

    CHECK(fe_models_select(models, "A", &err) == 0);
    request.method = FE_METHOD_EXCESS;
    request.bkg_syst = bkg_syst;
    request.norm.want_sens = true;
    CHECK_MSG(estimate(x, models, &request, &to, &err) == 0, err.text);
    fe_models_free(models);
    return to.row[0].norm;
}

static void test_bkg_syst(void)
{
    const double widths[] = { 0, 0.01, 0.05, 0.2, 0.5, 1 };

    for (int off = 0; off < 2; off++) {
        one x = made_up(off);
        double s[N], n = 0, b = 0, n_off = 0, signal = 0, last_ul = 0, last_sens = 0, last_ts = INFINITY;

        closed_npred(1e-12, 1.5, s);
        for (size_t j = 0; j < N; j++) {
            n += x.counts[j];
            n_off += x.n_off[j];
            b += off ? 0.4 * x.n_off[j] : 3;
            signal += s[j];
        }
        for (size_t k = 0; k < sizeof widths / sizeof *widths; k++) {
            double f = widths[k];
            fe_norm got = summed(&x, f);

            NEAR(got.norm, (n - b) / signal, 1e-10);
            /* variances of counts and of the background add up */
            NEAR(got.err, sqrt(n + (off ? 0.16 * n_off : 0) + f * f * b * b) / signal, 1e-8);
            CHECK(got.ul > last_ul && got.sensitivity > last_sens && got.ts < last_ts && got.status == 0);
            last_ul = got.ul;
            last_sens = got.sensitivity;
            last_ts = got.ts;
            if (off || f == 0)
                continue;
            /* at norm 0 the best change d of the background solves d^2 + d (1 + F^2 b) + F^2 (b - n) = 0 */
            double p = 1 + f * f * b, d = 0.5 * (sqrt(p * p - 4 * f * f * (b - n)) - p);
            NEAR(got.ts, 2 * (b * (1 + d) - n + n * log(n / (b * (1 + d)))) + d * d / f / f, 1e-9);
        }
    }
}

/* ---- what is refused ------------------------------------------------------------------------------------------- */

static void refused(const char *chosen, const char *free, const char *text)
{
    fe_models *models = sources_of(chosen);
    fe_refit refit;
    fe_err err = { 0 };

    CHECK(fe_refit_parse(free, models, &refit, &err) == -1 && err.code == FE_EUSAGE);
    SAME_STR(err.text, text);
    fe_models_free(models);
}

static void test_refused(void)
{
    fe_models *models = sources_of("B");
    fe_plan_request request = request_of(1);
    one off = made_up(true), dark = made_up(false);
    fe_str text = { 0 };
    rows to = { 0 };
    fe_err err = { 0 };

    SAME_STR(models->model[0].name, "B");
    refused("A", "A", "--free A: this is the source that is estimated");
    refused("A", "index", "--free index: shapes are not refitted in a band, only norms and backgrounds; fe-fit finds shapes "
            "from all bands together");
    refused("A", "C", "--free C: expected none, bkg, norms, all or the name of a source");
    CHECK(fe_refit_parse("bkg,A", models, &request.refit, &err) == 0);
    fe_refit_print(&request.refit, models, &text);
    SAME_STR(text.s, "bkg,A.norm");
    CHECK(estimate(&off, models, &request, &to, &err) == -1 && strstr(err.text, "the dataset has OFF counts"));
    memset(dark.background, 0, sizeof dark.background);
    CHECK(estimate(&dark, models, &request, &to, &err) == -1 && strstr(err.text, "no background whose norm"));
    fe_refit_clear(&request.refit);
    CHECK(fe_refit_parse("all", models, &request.refit, &err) == 0);       /* what there is */
    CHECK_MSG(estimate(&off, models, &request, &to, &err) == 0, err.text);
    CHECK(estimate(&dark, models, &request, &to, &err) == 0);
    fe_refit_clear(&request.refit);
    fe_str_free(&text);
    fe_models_free(models);
}

/* In one channel two norms cannot be told apart: no number, and a flag. */
static void test_degenerate(void)
{
    one x = made_up(true);
    fe_models *models = sources_of("A");
    fe_plan_request request = request_of(1);
    memory m = plain();
    fe_feed feed = { &x, 1, make_info, open_one }, infos = feed_of(&m, 1);
    fe_plan plan = plan_of("1,1.2589254117941673TeV", "all", &infos);
    rows to = { 0 };
    fe_sink sink = { &to, NULL, keep_row, NULL };
    fe_err err = { 0 };

    CHECK(fe_refit_parse("norms", models, &request.refit, &err) == 0);
    CHECK_MSG(fe_plan_run(&plan, &feed, models, &request, &sink, NULL, &err) == 0, err.text);
    CHECK(to.row[0].norm.status == FE_STATUS_NOCONV && isnan(to.row[0].norm.norm) && to.row[0].norm.counts == x.counts[0]);
    fe_refit_clear(&request.refit);
    fe_plan_free(&plan);
    fe_models_free(models);
}

static void test_negative(void)
{
    one x = made_up(true);
    fe_models *models = fe_models_new();
    fe_plan_request request = request_of(1);
    rows to = { 0 };
    fe_err err = { 0 };
    double norm;

    fe_models_add(models, "N", fe_spectrum_parse("pl:index=1.5,amplitude=-1e-12 cm-2 s-1 TeV-1,reference=1TeV", &err));
    CHECK(estimate(&x, models, &request, &to, &err) == -1 && err.code == FE_EUSAGE);
    CHECK(strstr(err.text, "the model of source 'N' is negative at 1.122 TeV") && strstr(err.text, "--abs-ref"));
    fe_spectrum_negate(models->model[0].spectrum);
    CHECK(estimate(&x, models, &request, &to, &err) == 0 && to.row[0].norm.ul > 0);
    norm = to.row[0].norm.norm;
    CHECK(norm > 1);
    fe_models_free(models);

    fe_spectrum *s = fe_spectrum_parse("pl * pl-norm:tilt=1,reference=1TeV - ecpl", &err), *t = fe_spectrum_copy(s);
    fe_spectrum_negate(t);
    for (double e = 0.1; e < 50; e *= 3)
        NEAR(fe_spectrum_dnde(t, e), -fe_spectrum_dnde(s, e), 1e-15);
    fe_spectrum_free(s);
    fe_spectrum_free(t);
}

/* ---- time ------------------------------------------------------------------------------------------------------- */

/* A day of exp(-t / 2 d) from its reference on holds 2 (1 - exp(-1/2)) of a constant: the norm is that much larger. */
static void test_time(void)
{
    one x = made_up(true);
    fe_models *models = fe_models_new();
    fe_plan_request request = request_of(1);
    rows to = { 0 };
    fe_err err = { 0 };
    double constant;

    fe_models_add(models, "D", fe_spectrum_parse("pl:index=1.5,amplitude=1e-12 cm-2 s-1 TeV-1,reference=1TeV", &err));
    CHECK(estimate(&x, models, &request, &to, &err) == 0);
    constant = to.row[0].norm.norm;
    models->model[0].temporal = fe_temporal_new("exp-decay");
    fe_temporal_par(models->model[0].temporal, "t0")->value = 2;
    fe_temporal_par(models->model[0].temporal, "t_ref")->value = 51544;
    snprintf(models->model[0].temporal->scale, sizeof models->model[0].temporal->scale, "TT");
    CHECK_MSG(estimate(&x, models, &request, &to, &err) == 0, err.text);
    NEAR(to.row[0].norm.norm * 2 * (1 - exp(-0.5)), constant, 1e-9);
    request.stack = true;
    CHECK(estimate(&x, models, &request, &to, &err) == -1 && strstr(err.text, "source 'D' changes with time: its datasets"));
    fe_models_free(models);
}

int main(void)
{
    test_fixed();
    test_fixed_sensitivity();
    test_slow();
    test_overlap();
    test_bkg_syst();
    test_refused();
    test_degenerate();
    test_negative();
    test_time();
    return check_done();
}
