/* The norm solver: four shapes of problems with the same code, against slow methods that share nothing with it (slow_fit.h). */
#include "slow_fit.h"

#include "est/profile.h"

enum { BLOCKS = 1000, BINS = 8 };

static void test_one_bin(void)
{
    const double n[] = { 0.5, 1, 3, 40, 2500 };
    arrays a = { .s = { 2.5 } };
    fe_norm_request r = fe_norm_request_default();

    r.n_sigma = 1.7;
    for (int i = 0; i < 5; i++)
        for (int j = 0; j < 5; j++) {
            a.n[0] = n[i];
            a.n_off[0] = a.b[0] = n[j];
            a.alpha[0] = 0.3;
            for (int cash = 0; cash < 2; cash++) {
                fe_block b = cash ? cash_block(&a, 1) : wstat_block(&a, 1);
                fe_bins bins = { .n_blocks = 1, .block = &b };
                fe_norm x = solve(&bins, &r);

                against_slow(&bins, &x, &r, cash ? b.norm_min * (1 - 1e-15) : -1e4, 1e4);
                NEAR_ABS(x.norm, (n[i] - n[j] * (cash ? 1 : 0.3)) / 2.5, 1e-12 * (n[i] + n[j]));
                NEAR(x.err, 1.7 * sqrt(n[i] + (cash ? 0 : 0.09 * n[j])) / 2.5, 1e-12);
                NEAR(x.npred, n[i], 1e-12);
            }
        }
}

static void test_spectrum(void)
{
    const double norms[] = { 1, 0.05, -0.5, 20 };
    fe_norm_request r = fe_norm_request_default();
    gsl_rng *rng = rng_new(1);
    arrays a;

    for (int k = 0; k < 4; k++) {
        make_spectrum(&a, norms[k], false, rng);
        for (int free_ul = 0; free_ul < 2; free_ul++) {
            fe_block b = wstat_block(&a, 20), c = cash_block(&a, 15), both[2] = { b, c };
            fe_bins one = { .n_blocks = 1, .block = &b }, joint = { .n_blocks = 2, .block = both };
            fe_norm x;

            r.ul_unbounded = free_ul;
            x = solve(&one, &r);
            against_slow(&one, &x, &r, -30, 200);
            CHECK(x.n_iter < 60 && x.sqrt_ts * x.norm > 0);
            x = solve(&joint, &r);
            against_slow(&joint, &x, &r, c.norm_min * (1 - 1e-15), 200);
            b = wstat_block(&a, CHANNELS);                  /* with channels that hold nothing */
            x = solve(&one, &r);
            CHECK(!(x.status & ~(unsigned)(FE_STATUS_NEGUL | FE_STATUS_KINK)) && x.n_iter < 60 && x.errp > 0 && x.errn > 0);
        }
    }
    make_spectrum(&a, 1, true, rng);
    fe_block b = wstat_block(&a, CHANNELS);
    NEAR(solve(&(fe_bins){ .n_blocks = 1, .block = &b }, &r).norm, 1, 1e-9);
    b = cash_block(&a, CHANNELS);
    NEAR(solve(&(fe_bins){ .n_blocks = 1, .block = &b }, &r).norm, 1, 1e-9);
    gsl_rng_free(rng);
}

/* 441 pixels under a kernel, most without counts: as all bins, and with those summed. */
static void test_gather(void)
{
    fe_norm_request r = fe_norm_request_default();
    gsl_rng *rng = rng_new(2);
    arrays all, few, rest;
    size_t n = 0, n_rest = 0;
    fe_block sparse = { .stat = &fe_stat_cash }, full;
    fe_bins one = { .n_blocks = 1, .block = &full }, two = { .n_blocks = 1, .block = &sparse };

    for (int i = 0; i < PIXELS; i++) {
        double dx = i % 21 - 10, dy = i / 21 - 10;

        all.s[i] = exp(-(dx * dx + dy * dy) / 8) * 2;
        all.b[i] = 0.05 * (1 + i / 500.);
        all.n[i] = gsl_ran_poisson(rng, all.b[i] + all.s[i] * 0.6);
        if (all.n[i] > 0) {
            few.n[n] = all.n[i];
            few.b[n] = all.b[i];
            few.s[n++] = all.s[i];
        } else {
            rest.s[n_rest] = all.s[i];
            rest.b[n_rest++] = all.b[i];
            sparse.s_rest += all.s[i];
            sparse.stat_rest += 2 * all.b[i];
        }
    }
    CHECK(n > 20 && n < 100);
    full = cash_block(&all, PIXELS);
    sparse.n = few.n;
    sparse.s = few.s;
    sparse.b = few.b;
    sparse.n_bins = n;
    sparse.norm_min = full.norm_min;
    r.want_sens = true;
    fe_norm x = solve(&one, &r), y = solve(&two, &r);
    sparse.n_rest = n_rest;
    sparse.rest_s = rest.s;
    sparse.rest_b = rest.b;
    fe_norm z = solve(&two, &r);
    CHECK(isnan(x.errn) == (slow_stat(&one, full.norm_min * (1 - 1e-15), NULL) - slow_stat(&one, x.norm, NULL) < 1));
    if (isnan(x.errn))
        CHECK(x.status == FE_STATUS_EDGE && y.status == FE_STATUS_EDGE);
    NEAR_ABS(x.norm, slow_minimum(&one, full.norm_min * (1 - 1e-15), 50), 1e-11);
    NEAR(x.ul, slow_crossing(&one, x.norm, r.ul_drop, 50), 1e-10);
    NEAR(x.norm, y.norm, 1e-12);
    NEAR(x.err, y.err, 1e-12);
    NEAR(x.ul, y.ul, 1e-12);
    NEAR(x.ts, y.ts, 1e-11);
    NEAR(x.stat, y.stat, 1e-11);
    NEAR(x.npred, y.npred, 1e-12);
    NEAR(x.sensitivity, z.sensitivity, 1e-11);
    CHECK(y.sensitivity > 1.01 * x.sensitivity);            /* summed bins are one bin: less can be told apart */
    gsl_rng_free(rng);
}

/* ---- blocks with a background of their own ------------------------------------------------------------------------ */

typedef struct runs {
    fe_block block[BLOCKS];
    double n[BLOCKS][BINS], s[BLOCKS][BINS], b[BLOCKS][BINS];
    const double *local[BLOCKS][1];
} runs;

static runs *make_runs(bool asimov)
{
    runs *r = calloc(1, sizeof *r);
    gsl_rng *rng = rng_new(3);

    for (int k = 0; k < BLOCKS; k++) {
        double quality = 0.6 + 0.8 * gsl_rng_uniform(rng);

        r->block[k] = (fe_block){ .stat = &fe_stat_cash, .n_bins = BINS, .n = r->n[k], .s = r->s[k], .b = r->b[k],
                                  .n_local = 1, .local = r->local[k], .norm_min = -INFINITY };
        r->local[k][0] = r->b[k];
        for (int i = 0; i < BINS; i++) {
            r->s[k][i] = 3 * exp(-0.5 * i);
            r->b[k][i] = 4 * exp(-0.2 * i);
            double mu = 0.8 * r->s[k][i] + quality * r->b[k][i];
            r->n[k][i] = asimov ? r->s[k][i] + quality * r->b[k][i] : gsl_ran_poisson(rng, mu);
            r->block[k].norm_min = fmax(r->block[k].norm_min, -r->b[k][i] / r->s[k][i]);
        }
    }
    gsl_rng_free(rng);
    return r;
}

static void test_runs(void)
{
    fe_norm_request r = fe_norm_request_default();
    runs *data = make_runs(false), *asimov = make_runs(true);
    size_t bytes[2];
    int n_eval[2];

    for (int k = 0; k < 2; k++) {
        fe_arena *scratch = fe_arena_new();
        fe_norm x;

        fe_norm_solve(&(fe_bins){ .n_blocks = k ? BLOCKS : BLOCKS / 10, .block = data->block }, &r, scratch, &x);
        CHECK(x.status == 0);
        n_eval[k] = x.n_iter;
        bytes[k] = fe_arena_bytes(scratch);
        NEAR_ABS(x.norm, 0.8, 5 * x.err);
        fe_arena_free(scratch);
    }
    CHECK(n_eval[1] < 60 && n_eval[1] < 1.5 * n_eval[0]);   /* work per block is the same */
    CHECK(bytes[1] < 25 * bytes[0] && bytes[1] < BLOCKS * (size_t)1500);
    NEAR(solve(&(fe_bins){ .n_blocks = BLOCKS, .block = asimov->block }, &r).norm, 1, 1e-9);

    fe_bins few = { .n_blocks = 12, .block = data->block };
    fe_norm x = solve(&few, &r);
    NEAR_ABS(x.norm, slow_minimum(&few, -0.3, 5), 1e-8);
    NEAR(x.norm - x.errn, slow_crossing(&few, x.norm, 1, -0.3), 1e-8);
    NEAR(x.norm + x.errp, slow_crossing(&few, x.norm, 1, 5), 1e-8);
    NEAR(x.ul, slow_crossing(&few, x.norm, r.ul_drop, 5), 1e-8);
    NEAR(x.stat, (double)slow_stat(&few, x.norm, NULL), 1e-11);
    free(data);
    free(asimov);
}

/* One of 12 runs has no counts at all: its background goes to where nothing is predicted, and no further. */
static void test_run_without_counts(void)
{
    fe_norm_request r = fe_norm_request_default();
    runs *data = make_runs(false);
    fe_bins few = { .n_blocks = 12, .block = data->block };

    memset(data->n[5], 0, sizeof data->n[5]);
    fe_norm x = solve(&few, &r);
    CHECK(x.status == 0);
    NEAR_ABS(x.norm, golden_minimum(&few, 0, 5), 1e-7);
    NEAR(x.ul, slow_crossing(&few, x.norm, r.ul_drop, 5), 1e-7);
    free(data);
}

/* ---- two parameters ------------------------------------------------------------------------------------------------ */

/* Newton for both at once on the sums of algorithms 24, derivatives by differences in long double. */
static void direct_fit(const fe_bins *bins, double *x, double *z)
{
    for (int turn = 0; turn < 60; turn++) {
        long double h = 1e-4L, f[3][3];

        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 3; j++) {
                double z_at = *z + (double)(h * (j - 1));

                f[i][j] = slow_stat(bins, *x + h * (i - 1), &z_at);
            }
        long double gx = (f[2][1] - f[0][1]) / (2 * h), gz = (f[1][2] - f[1][0]) / (2 * h);
        long double xx = (f[2][1] - 2 * f[1][1] + f[0][1]) / (h * h), zz = (f[1][2] - 2 * f[1][1] + f[1][0]) / (h * h);
        long double xz = (f[2][2] - f[2][0] - f[0][2] + f[0][0]) / (4 * h * h), det = xx * zz - xz * xz;

        *x -= (double)((zz * gx - xz * gz) / det);
        *z -= (double)((xx * gz - xz * gx) / det);
    }
}

static void test_second_source(void)
{
    fe_norm_request r = fe_norm_request_default();
    gsl_rng *rng = rng_new(4);
    arrays a;
    double t[CHANNELS], x = 1, z = 0;
    const double *templates[1] = { t };

    make_spectrum(&a, 1, false, rng);
    for (int i = 0; i < 20; i++) {
        t[i] = 12 * exp(-i / 4.);
        a.n[i] += gsl_ran_poisson(rng, 0.7 * t[i]);
    }
    fe_block block[2] = { wstat_block(&a, 20), cash_block(&a, 12) };
    block[0].shared = block[1].shared = templates;
    fe_bins bins = { .n_blocks = 2, .block = block, .n_shared = 1 };
    fe_norm got = solve(&bins, &r);
    direct_fit(&bins, &x, &z);
    NEAR_ABS(got.norm, x, 1e-6);
    NEAR_ABS(got.stat, (double)slow_stat(&bins, x, &z), 1e-9);
    CHECK(got.status == 0 && z > -1 && z < 2);

    /* errors with the other source following: d2 against differences, limit against a scan of the other norm */
    fe_arena *arena = fe_arena_new();
    fe_profile *p = fe_profile_new(&bins, arena);
    fe_profile_point at, up, down;
    fe_profile_eval(p, 1.3, &at);
    fe_profile_eval(p, 1.3 + 1e-4, &up);
    fe_profile_eval(p, 1.3 - 1e-4, &down);
    NEAR(at.d2, (up.d1 - down.d1) / 2e-4, 1e-6);
    NEAR(fe_profile_diff(p, 1.3 + 1e-4, 1.3 - 1e-4), 2e-4 * at.d1, 1e-6);
    CHECK(at.converged);
    long double best = INFINITY;
    for (double zz = z - 1; zz < z + 1; zz += 1e-4)
        best = fminl(best, slow_stat(&bins, got.ul, &zz));
    NEAR_ABS((double)(best - slow_stat(&bins, x, &z)), r.ul_drop, 1e-5);
    fe_bins fixed = { .n_blocks = 2, .block = block };
    CHECK(got.err > 1.05 * solve(&fixed, &r).err);
    fe_arena_free(arena);
    gsl_rng_free(rng);
}

/* A bin without counts has its kink where all its signal is 0: with 2 of another source and s = 1, at -2. */
static void test_kink_elsewhere(void)
{
    const double fixed[] = { 2 };
    arrays a = { .s = { 1 } };
    fe_norm_request r = fe_norm_request_default();

    a.alpha[0] = 0.3;
    fe_block b = wstat_block(&a, 1);
    b.fixed = fixed;
    fe_bins bins = { .n_blocks = 1, .block = &b };
    fe_norm x = solve(&bins, &r);
    NEAR(x.norm, -2, 1e-12);
    CHECK(x.status == FE_STATUS_KINK && isnan(x.err));
    NEAR(x.errp, 0.5, 1e-9);                    /* slope 2 above, 2 / alpha below */
    NEAR(x.errn, 0.15, 1e-9);
    NEAR(x.ul, r.ul_drop / 2, 1e-9);            /* from 0 on */
    NEAR(x.ts, 4, 1e-9);
}

/* The kink of a bin on which no nuisance acts stays at 0 beside others on which one does. */
static void test_kink_beside(void)
{
    const double none[] = { 0 }, width[] = { 0.5 }, *const shared[] = { none };
    arrays a = { .s = { 1 } };
    fe_norm_request r = fe_norm_request_default();

    a.alpha[0] = 0.3;
    fe_block b = wstat_block(&a, 1);
    b.shared = shared;
    fe_bins bins = { .n_blocks = 1, .block = &b, .n_shared = 1, .shared_width = width };
    fe_norm x = solve(&bins, &r);
    CHECK(x.norm == 0 && x.status == FE_STATUS_KINK);
    NEAR(x.ul, r.ul_drop / 2, 1e-9);
}

int main(void)
{
    test_kink_elsewhere();
    test_kink_beside();
    test_one_bin();
    test_spectrum();
    test_gather();
    test_runs();
    test_run_without_counts();
    test_second_source();
    return check_done();
}
