/* Fit statistics: check values of algorithms 2 and 3, closed forms at the edges, differences and derivatives by other ways. */
#include "base/arena.h"
#include "check.h"
#include "est/norm.h"
#include "phys/stat.h"
#include "phys/stat_log.h"
#include "types/estimate.h"

/* ---- logarithm ------------------------------------------------------------------------------------------------ */

static long double slow_gap(long double r)
{
    long double sum = 0;

    for (int k = 40; k > 1; k--)
        sum += (k % 2 ? -1 : 1) * powl(r, k) / k;
    return sum;
}

static void test_log(void)
{
    double worst = 0, worst_gap = 0;

    for (double x = 1e-300; x < 1e300; x *= 1.0137)
        worst = fmax(worst, fabs((double)(((long double)fe_stat_log(x) - logl(x)) / logl(x))));
    for (double f = 1e-12; f < 1e3; f *= 1.01)
        for (int sign = f < 0.99 ? -1 : 1; sign <= 1; sign += 2) {
            double r = sign * f, got = fe_stat_log_gap(1, 1 + r, r);
            long double want = fabs(r) < 0.1 ? slow_gap(r) : r - log1pl(r);

            worst_gap = fmax(worst_gap, fabs((double)((got - want) / want)));
        }
    CHECK(worst < 2.3e-16);
    CHECK(worst_gap < 2e-15);
    CHECK(fe_stat_log(1) == 0 && fe_stat_log(0) == -INFINITY && isnan(fe_stat_log(-1)) && fe_stat_log(INFINITY) == INFINITY);
    CHECK(isnan(fe_stat_log(NAN)));
    NEAR(fe_stat_log(5e-324), log(5e-324), 1e-15);
}

/* ---- single bins ---------------------------------------------------------------------------------------------- */

static void test_values(void)
{
    NEAR(fe_cash(3, 2.5), -0.4977444, 1e-7);
    NEAR(fe_cash(3, 0), 345.387764, 1e-8);
    NEAR(fe_cash(3, -1), 345.387764, 1e-8);
    NEAR(fe_cash(0, 2), 4, 1e-15);
    NEAR(fe_cash(0, 0), 2e-25, 1e-15);
    NEAR(fe_cstat(3, 2.5), 0.0939293, 1e-6);
    NEAR(fe_cstat(0, 2), 4, 1e-15);
    NEAR(fe_wstat(3, 7, .2, 1.5), 0.0031053961, 1e-7);
    NEAR(fe_wstat_mu_bkg(3, 7, .2, 1.5), 7.0441557, 1e-8);
    NEAR(fe_wstat(0, 7, .2, 1.5), 5.5525018, 1e-8);
    NEAR(fe_wstat(3, 0, .2, 1.5), 1.1588831, 1e-7);
    NEAR(fe_wstat(0, 0, .2, 1.5), 3, 1e-15);
    NEAR(fe_wstat(3, 0, .2, .1), 9.7505568, 1e-8);
    NEAR(sqrt(fe_wstat(11, 27, 1. / 3, 0)), 0.5528530398, 1e-9);
    NEAR(fe_stat_drop_of_cl(0.95), 2.705543454095404, 1e-12);
    NEAR(fe_stat_drop_of_cl(0.975), 3.841458820694124, 1e-12);
    NEAR(fe_stat_cl_of_drop(4), 0.9772498680518208, 1e-14);
    NEAR(fe_stat_cl_of_drop(fe_stat_drop_of_cl(0.9)), 0.9, 1e-14);
    CHECK(isnan(fe_stat_drop_of_cl(0.4)) && fe_stat_drop_of_cl(0.5) == 0 && isnan(fe_stat_cl_of_drop(-1)));
}

/* The formulas of algorithms 2 as they stand, in long double: no branch but for counts of 0. */
static long double slow_mu(long double n_on, long double n_off, long double a, long double s)
{
    long double c = a * (n_on + n_off) - (1 + a) * s, d = sqrtl(c * c + 4 * a * (a + 1) * n_off * s);

    return (c + d) / (2 * a * (a + 1));
}

static long double slow_wstat(long double n_on, long double n_off, long double a, long double s)
{
    long double mu = slow_mu(n_on, n_off, a, s), w = s + (1 + a) * mu;

    if (n_on > 0)
        w -= n_on * logl(s + a * mu) + n_on * (1 - logl(n_on));
    if (n_off > 0)
        w -= n_off * logl(mu) + n_off * (1 - logl(n_off));
    return 2 * w;
}

static long double slow_cash(long double n, long double mu)
{
    return 2 * (mu - (n > 0 ? n * logl(mu) : 0));
}

static const double counts[] = { 0, 0.3, 1, 5, 40, 1000 }, alphas[] = { 0.02, 1. / 3, 1, 4 };
static const double signals[] = { -30, -3, -0.2, -1e-3, 1e-3, 0.4, 2, 11, 90, 2000 };
enum { N_COUNTS = 6, N_ALPHAS = 4, N_SIGNALS = 10 };

static void test_wstat_grid(void)
{
    int n_done = 0;

    for (int i = 0; i < N_COUNTS; i++)
        for (int j = 0; j < N_COUNTS; j++)
            for (int k = 0; k < N_ALPHAS; k++)
                for (int l = 0; l < N_SIGNALS; l++) {
                    double n = counts[i], off = counts[j], a = alphas[k], s = signals[l], border = a * (n - off) / (1 + a);
                    long double mu = slow_mu(n, off, a, s), want;

                    if (n > 0 && off > 0)
                        want = slow_wstat(n, off, a, s);
                    else if (off > 0)                       /* nothing in ON: closed forms of algorithms 2 */
                        want = s > border ? 2 * (s + off * logl(1 + a)) : 2 * (-s / a - off + off * logl(off * a / -s));
                    else if (n > 0)
                        want = s >= border ? 2 * (s - n + n * logl(n / s)) : -2 * s / a + 2 * n * logl(1 + 1 / a);
                    else
                        want = s > 0 ? 2 * s : -2 * s / a;
                    near_(fe_wstat(n, off, a, s), (double)want, 1e-11, 1e-12, "wstat on a grid", __FILE__, __LINE__);
                    if (mu > 1e-3L)
                        near_(fe_wstat_mu_bkg(n, off, a, s), (double)mu, 1e-12, 0, "mu on a grid", __FILE__, __LINE__);
                    n_done++;
                }
    CHECK(n_done == N_COUNTS * N_COUNTS * N_ALPHAS * N_SIGNALS);
    /* C < 0: the sum of algorithms 2 would lose all digits; mu_b -> n_off / (1 + alpha) for a large signal */
    NEAR(fe_wstat_mu_bkg(3, 7, 0.2, 1e12), 7 / 1.2, 1e-11);
}

/* ---- differences and derivatives ------------------------------------------------------------------------------ */

static long double slow_of(const fe_stat_bins *b, double s)
{
    if (!b->n_off)
        return slow_cash(b->n_on[0], (long double)s + b->b[0]);
    return slow_wstat(b->n_on[0], b->n_off[0], b->alpha[0], s);
}

/* Against long double where that has digits left, for steps from 1e-7 of the signal to far away. */
static void check_bin(const fe_stat *stat, const fe_stat_bins *b, double s)
{
    static const double steps[] = { 1e-7, 1e-4, 0.03, 0.5, 7, -1e-6, -0.01, -0.3 };
    double w1, w2, up1, up2, down1, down2, h = 1e-5 * fmax(fabs(s), 0.1), up = s + h, down = s - h;
    long double here = slow_of(b, s);

    for (int k = 0; k < 8; k++) {
        double to = s + steps[k] * fabs(s), got = stat->diff(b, &to, &s);

        if (to < stat->s_min(b, 0))
            continue;
        long double want = slow_of(b, to) - here;
        double noise = 1e-17 * (fabs((double)here) + b->n_on[0] * 20 + (b->n_off ? b->n_off[0] * 20 : 0) + 1) + 1e-15;
        near_(got, (double)want, 1e-10, noise, "diff of a bin", __FILE__, __LINE__);
    }
    stat->derivs(b, &s, &w1, &w2);
    stat->derivs(b, &up, &up1, &up2);
    stat->derivs(b, &down, &down1, &down2);
    near_(w1, stat->diff(b, &up, &down) / (up - down), 1e-5, 1e-8, "W'", __FILE__, __LINE__);
    near_(w2, (up1 - down1) / (up - down), 1e-5, 1e-7, "W''", __FILE__, __LINE__);
}

static void test_diff_and_derivs(void)
{
    for (int i = 0; i < N_COUNTS; i++)
        for (int j = 0; j < N_COUNTS; j++)
            for (int l = 0; l < N_SIGNALS; l++) {
                double n = counts[i], x = counts[j];

                if (x > 0 && signals[l] > -0.9 * x)
                    check_bin(&fe_stat_cash, &(fe_stat_bins){ .n = 1, .n_on = &n, .b = &x }, signals[l]);
                for (int k = 0; k < N_ALPHAS; k++) {
                    double border = alphas[k] * (n - x) / (1 + alphas[k]);

                    if (n > 0 && x > 0)
                        check_bin(&fe_stat_wstat, &(fe_stat_bins){ .n = 1, .n_on = &n, .n_off = &x, .alpha = &alphas[k] },
                                  signals[l]);
                    else if (fabs(signals[l] - border) > 0.01 * fabs(border)) {     /* W'' jumps there */
                        fe_stat_bins b = { .n = 1, .n_on = &n, .n_off = &x, .alpha = &alphas[k] };
                        double to = signals[l] + 0.7, zero = signals[l], w1, w2, h = 1e-6 * fabs(zero), up = zero + h;

                        NEAR_ABS(fe_stat_wstat.diff(&b, &to, &zero), fe_wstat(n, x, alphas[k], to) -
                                 fe_wstat(n, x, alphas[k], zero), 1e-11 * (1 + fe_wstat(n, x, alphas[k], zero)));
                        fe_stat_wstat.derivs(&b, &zero, &w1, &w2);
                        near_(fe_stat_wstat.diff(&b, &up, &zero), w1 * (up - zero) + w2 * h * h / 2, 1e-5, 1e-17,
                              "W' and W'' at the edges", __FILE__, __LINE__);
                    }
                }
            }
}

/* 10^6 counts and a rise of 1e-6: plain subtraction leaves 1e-10 of it. */
static void test_diff_no_cancellation(void)
{
    const double n = 1e6, off = 3e6, alpha = 1. / 3, b = 9.7e5, s0 = 3e4, s1 = 3.0001e4;
    fe_stat_bins cash = { .n = 1, .n_on = &n, .b = &b }, wstat = { .n = 1, .n_on = &n, .n_off = &off, .alpha = &alpha };
    double zero = 0, tiny = 1;

    NEAR(fe_stat_cash.diff(&cash, &s1, &s0), 1e-6, 2e-6);                   /* (delta mu)^2 / mu */
    NEAR(fe_stat_wstat.diff(&wstat, &tiny, &zero), 0.75e-6, 3e-6);          /* s^2 / (n_on + alpha^2 n_off) */
}

static void test_rows(void)
{
    const double n[3] = { 3, 0, 4 }, off[3] = { 7, 0, 0 }, alpha[3] = { .2, .5, .3 }, s[3] = { 1.5, 0, 2 }, b[3] = { 1, 2, 0 };
    fe_stat_bins w = { .n = 3, .n_on = n, .n_off = off, .alpha = alpha }, c = { .n = 3, .n_on = n, .b = b };
    double w1[3], w2[3], mu[3], down[3] = { 1.5, -1e-9, 2 };

    CHECK(fe_stats[0] == &fe_stat_cash && fe_stats[1] == &fe_stat_wstat && !fe_stats[2]);
    SAME_STR(fe_stat_wstat.name, "wstat");
    NEAR(fe_stat_wstat.value(&w, s), fe_wstat(3, 7, .2, 1.5) + fe_wstat(4, 0, .3, 2), 1e-14);
    NEAR(fe_stat_cash.value(&c, s), fe_cash(3, 2.5) + 4 + fe_cash(4, 2), 1e-14);
    fe_stat_wstat.derivs(&w, s, w1, w2);
    CHECK(w1[1] == 2 && w2[1] == 0);                                        /* right side of the kink */
    fe_stat_wstat.derivs(&w, down, w1, w2);
    CHECK(w1[1] == -4);
    CHECK(fe_stat_wstat.kink(&w, 0) == 0 && fe_stat_wstat.kink(&w, 1) == 6 && fe_stat_wstat.kink(&w, 2) == 0);
    CHECK(fe_stat_cash.kink(&c, 1) == 0 && fe_stat_cash.s_min(&c, 1) == -2 && fe_stat_wstat.s_min(&w, 1) == -INFINITY);
    fe_stat_wstat.background(&w, s, mu);
    NEAR(mu[0], .2 * 7.0441557, 1e-8);
    CHECK(mu[1] == 0 && mu[2] == 0);
    fe_stat_cash.background(&c, s, mu);
    CHECK(mu[0] == 1 && mu[2] == 0);
}

/* ---- counts statistics: one bin, s = 1 ------------------------------------------------------------------------- */

typedef struct row {
    double n, x, alpha;                     /* counts; background, or OFF counts where alpha > 0        */
    double n_sig, error, ts, sqrt_ts, errn, errp, ul3, ul2, match;
} row;

static fe_norm solve(const row *r, double ul_drop, bool unbounded)
{
    fe_arena *scratch = fe_arena_new();
    fe_norm_request request = fe_norm_request_default();
    const double one = 1;
    fe_block b = { .stat = r->alpha > 0 ? &fe_stat_wstat : &fe_stat_cash, .n_bins = 1, .n = &r->n, .s = &one,
                   .norm_min = r->alpha > 0 ? -INFINITY : -r->x };
    fe_norm out;

    if (r->alpha > 0) {
        b.n_off = &r->x;
        b.alpha = &r->alpha;
    } else {
        b.b = &r->x;
    }
    request.ul_drop = ul_drop;
    request.ul_unbounded = unbounded;
    request.want_sens = true;
    fe_norm_solve(&(fe_bins){ .n_blocks = 1, .block = &b }, &request, scratch, &out);
    CHECK(!(out.status & FE_STATUS_NOCONV));
    fe_arena_free(scratch);
    return out;
}

enum { NOT_GIVEN = -1 };

/*
 * Where the best norm is at the positivity bound (Cash, n = 0) or at a kink there is no error; there and only there gammapy's 0,
 * 0 and c (instead of c - b) are not what is right.
 */
static const row rows[] = {
    { 10, 5, 0, 5, 3.162278, 3.862944, 1.965437, 2.838105, 3.504033, 17.69606, 12.7225, 14.83657 },
    { 0, 5, 0, -5, NAN, 10, -3.162278, NAN, 0.5, -0.5, -3, 14.83657 },
    { 1, 0, 0, 1, 1, 113.1293, 10.63622, .6982904, 1.357677, 7.517193, 4.505241, NAN },
    { 5, 10, 0, -5, 2.236068, 3.068528, -1.751721, 1.915916, 2.581106, 4.98959, .8937622, 19.58009 },
    { 100, 90, 0, 10, 10, 1.072103, 1.035424, 9.669482, 10.33607, 43.07206, 31.35497, 51.43955 },
    { 10, 5, .3, 8.5, 3.232646, 12.85496, 3.585381, 2.932472, 3.55926, 21.30923, 16.3125, 13.872193 },
    { 0, 5, .3, -1.5, .6708204, 2.623643, -1.619766, .7743317, .6881787, 3.188179, .6881787, 13.872193 },
    { 5, 0, .3, 5, 2.236068, 14.66337, 3.829278, 1.915916, 2.581106, 14.98959, 10.89376, 8.524643 },
    { 0, 0, .3, 0, NAN, 0, 0, .15, .5, 4.5, 2, 8.524643 },
    { 1, 20, 1, -19, 4.582576, 21.07153, -4.590373, 4.897018, 4.299083, -7.078228, -10.85032, NOT_GIVEN },
    { 5, 1, 1, 4, 2.449490, 2.911032, 1.706175, 2.310459, 2.718807, 14.22283, 10.09357, NOT_GIVEN },
};

static void test_counts_table(void)
{
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        const row *r = &rows[k];
        fe_norm two = solve(r, 4, true), three = solve(r, 9, true);

        NEAR_ABS(two.norm, r->n_sig, 1e-13 * (1 + r->n));
        NEAR(two.err, r->error, 1e-6);
        NEAR(two.ts, r->ts, 1e-6);
        NEAR(two.sqrt_ts, r->sqrt_ts, 1e-6);
        NEAR(two.errn, r->errn, 1e-6);
        NEAR(two.errp, r->errp, 1e-6);
        NEAR(two.ul, r->ul2, 1e-6);
        NEAR(three.ul, r->ul3, 1e-6);
        CHECK(!(two.status & FE_STATUS_NEGUL) == !(two.ul < 0));
        if (r->match != NOT_GIVEN)
            NEAR_ABS(two.sensitivity, r->match, 1e-5);      /* depends on the background alone */
    }
}

/* ---- the nasty cases of the demands ----------------------------------------------------------------------------- */

/* 1: n_on = 0 and a known background: the bounded limit does not depend on it, the free one is 2 - b and says so when < 0. */
static void test_no_counts(void)
{
    const double drop95 = fe_stat_drop_of_cl(0.95), backgrounds[] = { 0, 1e-3, 0.5, 2, 5, 1e4 };

    for (int k = 0; k < 6; k++) {
        row r = { .n = 0, .x = backgrounds[k] };
        fe_norm bounded = solve(&r, 4, false), cl95 = solve(&r, drop95, false), raw = solve(&r, 4, true);

        CHECK(bounded.norm == -backgrounds[k] && bounded.status & FE_STATUS_EDGE && isnan(bounded.err) && isnan(bounded.errn));
        NEAR(bounded.ul, 2, 1e-14);
        NEAR(cl95.ul, 1.353, 2e-4);
        NEAR(cl95.ul, drop95 / 2, 1e-14);
        NEAR_ABS(raw.ul, 2 - backgrounds[k], 1e-11);
        CHECK(!(raw.status & FE_STATUS_NEGUL) == !(backgrounds[k] > 2));
        NEAR(bounded.ts, 2 * backgrounds[k], 1e-13);
        CHECK(bounded.npred == 0);
    }
}

/* 2: nothing in ON and OFF; slope 2 above: TS 0, limits as in case 1. */
static void test_nothing(void)
{
    fe_norm x = solve(&(row){ .n = 0, .x = 0, .alpha = 0.25 }, 4, false);

    CHECK(x.norm == 0 && x.ts == 0 && x.sqrt_ts == 0 && x.stat == 0 && x.stat_null == 0 && isnan(x.err));
    CHECK(x.status == FE_STATUS_KINK);
    NEAR(x.ul, 2, 1e-14);
    NEAR(x.errp, 0.5, 1e-14);
    NEAR(x.errn, 0.125, 1e-14);
}

/* Eq. 17 of Li and Ma, as published in an issue of gammapy; a closed form of it here. */
static void test_li_ma(void)
{
    double n = 11, off = 27, a = 1. / 3;
    double on_term = n * log((1 + a) / a * n / (n + off)), off_term = off * log((1 + a) * off / (n + off));
    fe_norm x = solve(&(row){ .n = n, .x = off, .alpha = a }, 4, false);

    NEAR(x.sqrt_ts, 0.5528530398, 1e-9);
    NEAR(x.sqrt_ts, sqrt(2 * (on_term + off_term)), 1e-12);
}

/* n_on = 0 over OFF counts: W = 2 (s + n_off ln(1 + alpha)) above -alpha n_off / (1 + alpha). */
static void test_no_on(void)
{
    fe_norm x = solve(&(row){ .n = 0, .x = 7, .alpha = 0.2 }, 4, false);

    NEAR(x.norm, -0.2 * 7, 1e-13);
    NEAR(x.stat_null, 2 * 7 * log1p(0.2), 1e-14);
    NEAR(x.ts, 2 * 7 * log1p(0.2), 1e-13);
    NEAR(x.ul, 2, 1e-13);
}

/* 3: n_on = 5, n_off = 0, alpha = 0.2. */
static void test_no_off(void)
{
    row r = { .n = 5, .x = 0, .alpha = 0.2 };

    NEAR(solve(&r, 4, false).sqrt_ts, 4.232918, 1e-6);
    NEAR(solve(&r, 4, false).ul, 10.8938, 1e-5);
    NEAR(solve(&r, 2.7055434540954, false).ul, 9.6300, 1e-5);
    NEAR(solve(&r, 4, false).ts, 2 * 5 * log1p(1 / 0.2), 1e-13);
}

int main(void)
{
    test_log();
    test_values();
    test_wstat_grid();
    test_diff_and_derivs();
    test_diff_no_cancellation();
    test_rows();
    test_counts_table();
    test_no_counts();
    test_li_ma();
    test_nothing();
    test_no_on();
    test_no_off();
    return check_done();
}
