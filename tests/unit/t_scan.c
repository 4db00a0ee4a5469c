/* A stored scan restates limits and errors as the solver gave them; nothing is extrapolated. */
#include "slow_fit.h"

#include "est/scan.h"

enum { POINTS = 41, GRID = 11 };

/*
 * The second derivative of WStat jumps where a channel without ON or without OFF counts turns into a straight line (algorithms 2).  A
 * scan cannot show a jump between its points: where there are many near the minimum (deficits), and for OFF counts below 1.
 */
static const double ROUGH = 1e-2, FINE = 1e-4;

typedef struct scanned {            /* a problem solved directly, and its scan                          */
    fe_norm x;
    size_t n;
    double norm[256], stat[256];
} scanned;

static scanned solve_scan(const fe_bins *bins, fe_norm_request r)
{
    fe_arena *scratch = fe_arena_new();
    scanned s;

    r.want_scan = true;
    fe_norm_solve(bins, &r, scratch, &s.x);
    s.n = s.x.n_scan;
    memcpy(s.norm, s.x.norm_scan, s.n * sizeof *s.norm);
    memcpy(s.stat, s.x.stat_scan, s.n * sizeof *s.stat);
    fe_arena_free(scratch);
    return s;
}

/* Restated levels against direct ones, in units of the error there; the scan was made at other levels. */
static void against_direct(const fe_bins *bins, size_t n_grid, const double *grid, double tol)
{
    fe_norm_request r = fe_norm_request_default();
    scanned s;
    fe_scan *scan;

    r.scan_points = POINTS;
    r.n_scan_norms = n_grid;
    r.scan_norms = grid;
    s = solve_scan(bins, r);
    scan = fe_scan_new(s.n, s.norm, s.stat, s.x.norm, s.x.stat);
    NEAR_ABS(scan->norm, s.x.norm, 1e-12 * fabs(s.x.norm));
    for (double level = 0.5; level < 4; level += 0.7)
        for (int bounded = 0; bounded < 2; bounded++) {
            fe_scan_levels levels = { .n_sigma = level, .ul_drop = level * level, .bounded = bounded };
            fe_scan_norm got = fe_scan_solve(scan, &levels);
            fe_norm want;

            r.n_sigma = level;
            r.ul_drop = level * level;
            r.ul_unbounded = !bounded;
            want = solve(bins, &r);
            if (want.ul <= scan->x[scan->n - 1])
                NEAR_ABS(got.ul, want.ul, tol * want.errp);
            else
                CHECK(isnan(got.ul));
            if (want.norm + want.errp <= scan->x[scan->n - 1])
                NEAR(got.errp, want.errp, tol);
            else
                CHECK(isnan(got.errp));
            if (want.norm - want.errn >= scan->x[0])
                NEAR(got.errn, want.errn, 5 * tol);         /* the tail of one count is steep */
            else
                CHECK(isnan(got.errn));
            if (!n_grid && tol < ROUGH)
                NEAR(got.err, want.err, tol);
        }
    fe_scan_free(scan);
}

static void test_one_bin(void)
{
    const double n[] = { 0, 1, 2, 5, 30, 400, 1e5 }, b[] = { 0, 0.2, 3, 90 };
    arrays a = { .s = { 2.5 } };

    for (int i = 0; i < 7; i++)
        for (int j = 0; j < 4; j++)
            for (int k = 0; k < 3; k++) {
                fe_block wstat = wstat_block(&a, 1), cash = cash_block(&a, 1);
                fe_bins one = { .n_blocks = 1, .block = &wstat };

                a.n[0] = n[i];
                a.n_off[0] = b[j];
                a.alpha[0] = k == 0 ? 0.1 : k == 1 ? 0.3 : 2;
                a.b[0] = b[j];
                against_direct(&one, 0, NULL, n[i] < 1 || b[j] < 1 ? ROUGH : FINE);
                cash = cash_block(&a, 1);
                one.block = &cash;
                if (b[j] > 0 || n[i] > 0)
                    against_direct(&one, 0, NULL, FINE);
            }
}

static void test_spectra(void)
{
    const double norms[] = { 1, 0.05, -0.5, 20 };
    gsl_rng *rng = rng_new(7);
    arrays a;

    for (int k = 0; k < 4; k++)
        for (int turn = 0; turn < 5; turn++) {
            make_spectrum(&a, norms[k], false, rng);
            fe_block b = wstat_block(&a, turn % 2 ? 20 : CHANNELS), c = cash_block(&a, 15), both[2] = { b, c };
            fe_bins one = { .n_blocks = 1, .block = &b }, two = { .n_blocks = 2, .block = both };

            against_direct(&one, 0, NULL, norms[k] < 0.5 ? ROUGH : FINE);
            against_direct(&two, 0, NULL, norms[k] < 0.5 ? ROUGH : FINE);
        }
    gsl_rng_free(rng);
}

/* gammapy's grid: geometric, far apart where counts are many; the best fit of the row is one more point. */
static void test_fixed_grid(void)
{
    const double counts[] = { 3, 30, 400, 5000 };
    double grid[GRID];

    for (int i = 0; i < GRID; i++)
        grid[i] = 0.2 * pow(25, i / 10.);
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < 2; k++) {
            arrays a = { .s = { counts[i] }, .n_off = { counts[i] }, .alpha = { 0.2 }, .b = { 0.2 * counts[i] } };

            a.n[0] = 1.3 * counts[i] * (k ? 1 : 0.7);
            fe_block wstat = wstat_block(&a, 1), cash = cash_block(&a, 1);
            against_direct(&(fe_bins){ .n_blocks = 1, .block = &wstat }, GRID, grid, 2e-3);
            against_direct(&(fe_bins){ .n_blocks = 1, .block = &cash }, GRID, grid, 2e-3);
        }
}

/* x - 1 - ln x = drop / 100: where 50 counts have risen by drop. */
static double above_50(double drop)
{
    double low = 1, high = 9;

    for (int turn = 0; turn < 100; turn++) {
        double x = 0.5 * (low + high);

        if (x - 1 - log(x) < drop / 100)
            low = x;
        else
            high = x;
    }
    return low;
}

static double poisson(double n, double x)
{
    return 2 * (x - n * log(x));
}

/* Without the best fit, the minimum comes from the points. */
static void test_unknown_minimum(void)
{
    double x[GRID], y[GRID], linear[21], stat[21];
    fe_scan *s;

    for (int i = 0; i < GRID; i++) {
        x[i] = 0.2 * pow(25, i / 10.);
        y[i] = poisson(50, 50 * x[i]) + 3;
    }
    s = fe_scan_new(GRID, x, y, NAN, NAN);
    NEAR(s->norm, 1, 1e-5);
    NEAR_ABS(s->stat, poisson(50, 50) + 3, 1e-4);
    NEAR(fe_scan_crossing(s, 1, 4), above_50(4), 1e-5);
    NEAR(fe_scan_rise(s, above_50(4)), 4, 1e-4);
    fe_scan_free(s);
    for (int i = 0; i < 21; i++) {
        linear[i] = 0.13 + 0.1 * i;
        stat[i] = poisson(50, 50 * linear[i]);
    }
    s = fe_scan_new(21, linear, stat, NAN, NAN);
    NEAR(s->norm, 1, 1e-5);
    NEAR(fe_scan_crossing(s, 1, 4), above_50(4), 1e-5);
    NEAR(fe_scan_err(s), 1 / sqrt(50), 1e-3);
    fe_scan_free(s);
    s = fe_scan_new(21, linear, stat, 1, 40);                           /* a best fit that is not of this curve */
    NEAR(s->norm, 1, 1e-5);
    NEAR(s->stat, poisson(50, 50), 1e-6);
    fe_scan_free(s);
    s = fe_scan_new(21, linear, stat, 1, poisson(50, 50) - 400);
    NEAR(s->stat, poisson(50, 50), 1e-6);
    fe_scan_free(s);
}

/* stat = a |x| + x^2, minimum at the kink: no curvature there, and stencils do not look across. */
static void test_kink(void)
{
    double x[31], y[31];
    fe_scan *s;

    for (int i = 0; i < 31; i++) {
        double r = (i - 15) / 3.;

        x[i] = copysign(0.5 * (sqrt(9 + 4 * r * r) - 3), r);
        y[i] = 7 + r * r;
    }
    s = fe_scan_new(31, x, y, 0, 7);
    CHECK(s->n == 31 && s->i_min == 15 && isnan(fe_scan_err(s)));
    for (double drop = 0.01; drop < 25; drop *= 1.7) {
        double want = 0.5 * (sqrt(9 + 4 * drop) - 3);

        NEAR_ABS(fe_scan_crossing(s, 1, drop), want, 1e-4);
        NEAR_ABS(fe_scan_crossing(s, -1, drop), -want, 1e-4);
        NEAR_ABS(fe_scan_rise(s, want), drop, 3e-4);
        NEAR(fe_scan_slope(s, want), 3 + 2 * want, 1e-2);
    }
    fe_scan_free(s);
}

static void test_order_and_gaps(void)
{
    double x[8] = { 3, NAN, 1, 2, 0, 4, 2, 5 }, y[8] = { 1, 5, 1, 0, 4, 4, 0, INFINITY };
    fe_scan *s = fe_scan_new(8, x, y, NAN, NAN);

    CHECK(s->n == 5 && s->x[0] == 0 && s->x[4] == 4);
    NEAR(s->norm, 2, 1e-9);
    NEAR(fe_scan_err(s), 1, 1e-9);
    NEAR(fe_scan_crossing(s, 1, 2.25), 3.5, 1e-9);
    NEAR(fe_scan_slope(s, 3.5), 3, 1e-9);
    NEAR(fe_scan_crossing(s, 1, 4), 4, 1e-12);
    CHECK(isnan(fe_scan_crossing(s, 1, 4.001)) && isnan(fe_scan_crossing(s, -1, 4.001)));
    CHECK(isnan(fe_scan_rise(s, -0.001)) && isnan(fe_scan_rise(s, 4.001)) && isnan(fe_scan_slope(s, NAN)));
    fe_scan_free(s);
}

static void test_open(void)
{
    const double x[5] = { 1, 2, 3, 4, 5 }, falls[5] = { 9, 7, 5.5, 4.2, 4 }, peak[5] = { 0, 4, 6, 4, 0.5 };
    const double waves[7] = { 9, 4, 1, 0, 1, 0.5, 9 }, more[7] = { 1, 2, 3, 4, 5, 6, 7 };
    fe_scan *s = fe_scan_new(5, x, falls, NAN, NAN);
    fe_scan_norm got = fe_scan_solve(s, &(fe_scan_levels){ 1, 2.7, true });

    CHECK(s->n == 0 && isnan(s->norm) && !s->is_peak);
    CHECK(isnan(got.err) && isnan(got.errn) && isnan(got.errp) && isnan(got.ul) && isnan(fe_scan_rise(s, 2)));
    fe_scan_free(s);
    s = fe_scan_new(5, x, peak, NAN, NAN);
    CHECK(s->n == 0 && s->is_peak);
    fe_scan_free(s);
    s = fe_scan_new(7, more, waves, 4, 0);                  /* used as far as it rises */
    CHECK(s->n == 5 && s->x[s->n - 1] == 5);
    fe_scan_free(s);
    s = fe_scan_new(5, x, (const double[5]){ 0 }, NAN, NAN);
    CHECK(s->n == 0 && s->is_flat && !s->is_peak);
    fe_scan_free(s);
    s = fe_scan_new(0, NULL, NULL, 1, 2);
    CHECK(s->n == 0 && s->is_empty && isnan(fe_scan_crossing(s, 1, 1)));
    fe_scan_free(s);
    s = fe_scan_new(2, x, falls, NAN, NAN);
    CHECK(s->n == 0);
    fe_scan_free(s);
}

/* A best fit beyond the grid joins it: between known points nothing is extrapolated. */
static void test_best_outside(void)
{
    double x[20], y[20];
    fe_scan *s;

    for (int i = 0; i < 20; i++) {
        x[i] = 0.2 + 0.2 * i;
        y[i] = x[i] * x[i] + 1;
    }
    s = fe_scan_new(20, x, y, 0, 1);
    CHECK(s->n == 21 && s->norm == 0 && s->i_min == 0);
    NEAR(fe_scan_solve(s, &(fe_scan_levels){ 1, 0.01, true }).ul, 0.1, 1e-9);
    CHECK(isnan(fe_scan_solve(s, &(fe_scan_levels){ 1, 0.01, true }).errn));
    fe_scan_free(s);
}

int main(void)
{
    test_one_bin();
    test_spectra();
    test_fixed_grid();
    test_unknown_minimum();
    test_kink();
    test_order_and_gaps();
    test_open();
    test_best_outside();
    return check_done();
}
