#include <gsl/gsl_sf_lambert.h>
/* The norm solver at the edges: nothing to fit, kinks, bounds, any counts at any scale; scans and sensitivity. */
#include "slow_fit.h"

/* ---- what goes wrong ------------------------------------------------------------------------------------------------ */

static void test_status(void)
{
    fe_norm_request r = fe_norm_request_default();
    arrays a = { .n = { 3, 0 }, .s = { 0, 0 }, .b = { 1, 1 }, .n_off = { 2, 0 }, .alpha = { 0.5, 0.5 } };
    fe_block b = wstat_block(&a, 2), none = { .stat = &fe_stat_wstat, .norm_min = -INFINITY };
    fe_bins bins = { .n_blocks = 1, .block = &b };

    b.counts = 3;
    b.background = 1;
    fe_norm x = solve(&bins, &r);
    CHECK(x.status == FE_STATUS_NOEXPO && isnan(x.norm) && isnan(x.ul) && isnan(x.ts) && x.counts == 3 && x.background == 1);
    CHECK(isfinite(x.stat_null));
    x = solve(&(fe_bins){ 0 }, &r);
    CHECK(x.status == FE_STATUS_EMPTY && isnan(x.norm) && isnan(x.stat_null) && x.n_iter == 0);
    x = solve(&(fe_bins){ .n_blocks = 1, .block = &none }, &r);
    CHECK(x.status == FE_STATUS_EMPTY && isnan(x.ul));

    a.s[0] = 1;                                             /* the empty channel makes a kink where the other wants no more */
    a.s[1] = 1;
    a.n[0] = 1;
    x = solve(&bins, &r);
    CHECK(x.status == FE_STATUS_KINK && x.norm == 0 && isnan(x.err) && x.ts == 0 && x.sqrt_ts == 0);
    NEAR(x.errp, slow_crossing(&bins, 0, 1, 100), 1e-10);
    NEAR(x.ul, slow_crossing(&bins, 0, r.ul_drop, 100), 1e-10);
    NEAR(fe_wstat(1, 2, 0.5, -x.errn) - fe_wstat(1, 2, 0.5, 0) + 4 * x.errn, 1, 1e-10);

    a = (arrays){ .n = { 10, 0 }, .s = { 1, 1 }, .b = { 4.5, 0.3 } };
    b = cash_block(&a, 2);                                  /* 4.5 + x = 5; the bound is at -0.3, with a rise of 0.29 */
    x = solve(&bins, &r);
    CHECK(x.status == FE_STATUS_EDGE && isnan(x.errn));
    NEAR(x.norm, 0.5, 1e-13);
    NEAR(x.err, sqrt(2 / (2 * 10 / 25.)), 1e-13);
    NEAR(x.norm + x.errp, slow_crossing(&bins, x.norm, 1, 50), 1e-10);

    a = (arrays){ .n = { 1, 2 }, .s = { 1, 1 }, .n_off = { 1, 1 }, .alpha = { NAN, 1 } };
    b = wstat_block(&a, 2);
    x = solve(&bins, &r);
    CHECK(x.status & FE_STATUS_NOCONV && isnan(x.norm));
}

/* Nothing that can be thrown at it makes it fail: any counts, any scale of the signal. */
static void test_never_fails(void)
{
    fe_norm_request r = fe_norm_request_default();
    gsl_rng *rng = rng_new(5);
    fe_norm_request everything = r;
    int n_bad = 0, n_most = 0, n_most_plain = 0;
    arrays a;

    everything.want_scan = everything.want_sens = true;
    for (int trial = 0; trial < 4000; trial++) {
        double mean = pow(10, 5 * gsl_rng_uniform(rng) - 1.5), scale = pow(10, 24 * gsl_rng_uniform(rng) - 12);
        size_t n = 1 + gsl_rng_uniform_int(rng, 6);

        for (size_t i = 0; i < n; i++) {
            a.s[i] = scale * gsl_rng_uniform(rng);
            a.n[i] = gsl_ran_poisson(rng, mean * gsl_rng_uniform(rng));
            a.n_off[i] = gsl_ran_poisson(rng, mean * gsl_rng_uniform(rng));
            a.alpha[i] = pow(10, 3 * gsl_rng_uniform(rng) - 2.5);
            a.b[i] = 0.01 + a.alpha[i] * a.n_off[i];
        }
        fe_block b = trial % 2 ? cash_block(&a, n) : wstat_block(&a, n);
        fe_norm x = solve(&(fe_bins){ .n_blocks = 1, .block = &b }, &everything);
        n_bad += x.status & FE_STATUS_NOCONV || !isfinite(x.norm) || !(x.ul > 0) || !isfinite(x.ul) || !(x.errp > 0) ||
                 (isnan(x.err) && !(x.status & (FE_STATUS_KINK | FE_STATUS_EDGE))) || !(x.ts >= 0) || !(x.sensitivity > 0);
        n_most = x.n_iter > n_most ? x.n_iter : n_most;
        x = solve(&(fe_bins){ .n_blocks = 1, .block = &b }, &r);
        n_most_plain = x.n_iter > n_most_plain ? x.n_iter : n_most_plain;
    }
    CHECK(n_bad == 0);
    CHECK(n_most < 500);
    CHECK(n_most_plain < 120);
    gsl_rng_free(rng);
}

/* ---- scans and sensitivity ------------------------------------------------------------------------------------------- */

static void check_scan(const fe_bins *bins, const fe_norm *x, double *low_drop, double *high_drop)
{
    bool has_minimum = false;
    double worst = 0;

    for (size_t i = 0; i < x->n_scan; i++) {
        double at = x->norm_scan[i];

        NEAR_ABS(x->stat_scan[i], (double)slow_stat(bins, at, NULL), 1e-8 * (1 + fabs(x->stat)));
        CHECK(i == 0 || at > x->norm_scan[i - 1]);
        has_minimum |= at == x->norm && x->stat_scan[i] == x->stat;
        if (i > 0 && i + 1 < x->n_scan) {                   /* no hole: neighbours differ by no more than this in sqrt(rise) */
            double q = sqrt(fabs(x->stat_scan[i] - x->stat)), q1 = sqrt(fabs(x->stat_scan[i + 1] - x->stat));

            worst = fmax(worst, fabs(q1 - q));
        }
    }
    CHECK(has_minimum);
    *low_drop = x->stat_scan[0] - x->stat;
    *high_drop = x->stat_scan[x->n_scan - 1] - (x->norm < 0 ? x->stat_null : x->stat);      /* bounded limits count from max(norm, 0) */
    CHECK(worst < 2.6 * sqrt(x->stat_scan[x->n_scan - 1] - x->stat) / (double)(x->n_scan - 2));
}

static void test_scan(void)
{
    const double norms[] = { 1, 0.1, -0.6, 20 }, grid[] = { -0.9, 0, 0.7, 1.1, 1e3 };
    fe_norm_request r = fe_norm_request_default();
    gsl_rng *rng = rng_new(6);
    fe_arena *scratch = fe_arena_new();
    double low, high;
    fe_norm x;
    arrays a;

    r.want_scan = true;
    for (int k = 0; k < 4; k++) {
        make_spectrum(&a, norms[k], false, rng);
        fe_block b = wstat_block(&a, 20);
        fe_norm_solve(&(fe_bins){ .n_blocks = 1, .block = &b }, &r, scratch, &x);
        check_scan(&(fe_bins){ .n_blocks = 1, .block = &b }, &x, &low, &high);
        NEAR(low, 25, 1e-6);
        NEAR(high, 25, 1e-6);
        CHECK(x.n_scan == r.scan_points && x.n_iter < 250);
    }
    /* nothing seen: the scan starts at the positivity bound, and norm 0 is in it */
    a = (arrays){ .n = { 0 }, .s = { 2 }, .b = { 3 } };
    fe_block b = cash_block(&a, 1);
    fe_bins bins = { .n_blocks = 1, .block = &b };
    fe_norm_solve(&bins, &r, scratch, &x);
    check_scan(&bins, &x, &low, &high);
    CHECK(low == 0 && x.norm_scan[0] == -1.5);
    NEAR(high, 25, 1e-9);
    bool has_zero = false;
    for (size_t i = 0; i < x.n_scan; i++)
        has_zero |= x.norm_scan[i] == 0;
    CHECK(has_zero);

    make_spectrum(&a, 1, false, rng);
    b = cash_block(&a, 20);
    r.n_scan_norms = 5;
    r.scan_norms = grid;
    fe_norm_solve(&bins, &r, scratch, &x);
    CHECK(x.n_scan == 5 && x.norm_scan[2] == 0.7 && isnan(x.stat_scan[0]) && x.status == 0);   /* -0.9: beyond the bound */
    NEAR(x.stat_scan[1], x.stat_null, 1e-12);
    NEAR(x.stat_scan[4], (double)slow_stat(&bins, 1e3, NULL), 1e-12);
    r.n_scan_norms = 2;
    fe_norm_solve(&bins, &r, scratch, &x);
    CHECK(x.status == FE_STATUS_SCANOPEN);
    fe_arena_free(scratch);
    gsl_rng_free(rng);
}

static double slow_surplus(const arrays *a, size_t n, double x, bool profiled)
{
    long double ts = 0;

    for (size_t i = 0; i < n; i++) {
        fe_block data = wstat_block(a, n);
        double s = x * a->s[i], on[1], off[1] = { a->n_off[i] }, alpha[1] = { a->alpha[i] };
        fe_block one = { .n = on, .n_off = off, .alpha = alpha };

        on[0] = s + alpha[0] * (profiled ? (double)mu_off(&data, i, s) : off[0]);
        ts += bin_stat(&one, 0, 0) - bin_stat(&one, 0, s);
    }
    return (double)ts - 25;
}

static void test_sensitivity(void)
{
    fe_norm_request r = fe_norm_request_default();
    gsl_rng *rng = rng_new(7);
    arrays a;

    make_spectrum(&a, 3, false, rng);
    r.want_sens = true;
    r.sens_sigma = 5;
    for (int profiled = 0; profiled < 2; profiled++) {
        fe_block b = wstat_block(&a, 15);
        double low = 1e-3, high = 100;
        fe_norm x;

        r.sens_profiled = profiled;
        x = solve(&(fe_bins){ .n_blocks = 1, .block = &b }, &r);
        for (int turn = 0; turn < 100; turn++) {
            double mid = (low + high) / 2;

            if (slow_surplus(&a, 15, mid, profiled) < 0)
                low = mid;
            else
                high = mid;
        }
        NEAR(x.sensitivity, low, 1e-9);
        /* an Asimov set of that norm is seen at 5 sigma */
        if (!profiled) {
            arrays seen = a;

            for (int i = 0; i < 15; i++)
                seen.n[i] = x.sensitivity * a.s[i] + a.alpha[i] * a.n_off[i];
            b = wstat_block(&seen, 15);
            x = solve(&(fe_bins){ .n_blocks = 1, .block = &b }, &r);
            NEAR(x.sqrt_ts, 5, 1e-10);
        }
    }
    gsl_rng_free(rng);
}

/* One count over hardly any background: the parabola's first try for the lower error is the pole of the likelihood itself. */
static void single_count(void)
{
    fe_norm_request r = fe_norm_request_default();
    fe_arena *scratch = fe_arena_new();

    for (int k = 1; k <= 300; k++) {
        arrays a = { .n = { 1 }, .s = { 0.395701 }, .b = { 0.02 } };
        fe_block b = cash_block(&a, 1);
        fe_norm x;

        b.s_rest = 0.0371 * k;
        fe_norm_solve(&(fe_bins){ .n_blocks = 1, .block = &b }, &r, scratch, &x);
        NEAR(x.errn, (1 + gsl_sf_lambert_W0(-exp(-1.5))) / (0.395701 + b.s_rest), 1e-9);
    }
    fe_arena_free(scratch);
}

int main(void)
{
    test_status();
    test_never_fails();
    test_scan();
    test_sensitivity();
    single_count();
    return check_done();
}
