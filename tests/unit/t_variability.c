/* est/variability: closed forms, simulated constant sources, and numbers of gammapy and astropy for a flare of PKS 2155-304. */
#include "sim_sets.h"

#include "base/mem.h"
#include "base/str.h"
#include "est/variability.h"
#include "io/format.h"
#include "io/gadf.h"

enum { MAX_ROWS = 40 };

static fe_curve curve(size_t n, const double *t, const double *value, const double *err)
{
    return (fe_curve){ n, t, value, err };
}

static const double days[MAX_ROWS] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23 };

/* ---- values and errors ------------------------------------------------------------------------------------------ */

static void test_constancy(void)
{
    const double f[] = { 1, 5, 2, NAN, 3, 7 }, err[] = { 1, NAN, 1, 1, 1, 0 };      /* three good rows: 1, 2, 3 */
    const double g[] = { 10, 13 }, gerr[] = { 1, 2 };
    fe_curve c = curve(6, days, f, err);
    fe_variability v = fe_variability_measure(&c, false);

    CHECK(v.n == 3);
    NEAR(v.mean, 2, 1e-15);
    NEAR(v.mean_err, 1 / sqrt(3), 1e-15);
    NEAR(v.chi2, 2, 1e-15);
    NEAR(v.p_value, exp(-1), 1e-14);                    /* of chi2 with 2 degrees of freedom: exp(-x/2) */
    c = curve(2, days, g, gerr);
    v = fe_variability_measure(&c, false);
    NEAR(v.mean, (10 + 13 / 4.0) / 1.25, 1e-15);
    NEAR(v.chi2, 9 / 5.0, 1e-14);                       /* (13 - 10)^2 / (1 + 4) */
    NEAR(v.p_value, erfc(sqrt(0.9)), 1e-14);
}

static void test_excess(void)
{
    const double f[] = { 1, 2, 3, 6 }, err[] = { 0.5, 0.5, 0.5, 0.5 }, noisy[] = { 5, 5, 5, 5 };
    fe_curve c = curve(4, days, f, err);
    fe_variability v = fe_variability_measure(&c, false), g = fe_variability_measure(&c, true);
    double x = (14 / 3.0 - 0.25) / 9, r = 0.25 / 9;

    NEAR(v.nxs, x, 1e-14);
    NEAR(v.fvar, sqrt(x), 1e-14);
    NEAR(v.nxs_err, sqrt(0.5 * r * r + r * x), 1e-14);
    NEAR(v.fvar_err, sqrt(0.5 * r * r + r * x) / (2 * sqrt(x)), 1e-14);
    NEAR(v.fpp, sqrt((11 / 6.0 - 0.25) / 9), 1e-14);
    NEAR(g.fpp, sqrt((11 / 3.0 - 0.25) / 9), 1e-14);
    NEAR(g.fvar, v.fvar, 0);
    c = curve(4, days, f, noisy);                       /* less variance than errors explain */
    v = fe_variability_measure(&c, false);
    NEAR(v.nxs, (14 / 3.0 - 25) / 9, 1e-14);
    NEAR(v.fvar, -sqrt((25 - 14 / 3.0) / 9), 1e-14);
    NEAR(fe_variability_measure(&c, true).fvar, -v.fvar, 0);
}

/* White noise, errors that explain half of it: the mean of Fvar^2 and of Fpp^2 is the same, (4 - 2) / 100^2. */
static void test_white_noise(void)
{
    enum { N_TRIALS = 4000, N = 20 };
    gsl_rng *rng = rng_new(11);
    double f[N], err[N], sum[2] = { 0, 0 }, square[2] = { 0, 0 };

    for (int k = 0; k < N_TRIALS; k++) {
        fe_curve c = curve(N, days, f, err);
        fe_variability v;
        double x[2];

        for (int i = 0; i < N; i++) {
            f[i] = 100 + gsl_ran_gaussian(rng, 2);
            err[i] = M_SQRT2;
        }
        v = fe_variability_measure(&c, false);
        x[0] = copysign(v.fvar * v.fvar, v.fvar);
        x[1] = copysign(v.fpp * v.fpp, v.fpp);
        for (int j = 0; j < 2; j++) {
            sum[j] += x[j] / N_TRIALS;
            square[j] += x[j] * x[j] / N_TRIALS;
        }
    }
    for (int j = 0; j < 2; j++)
        NEAR_ABS(sum[j], 2e-4, 5 * sqrt((square[j] - sum[j] * sum[j]) / N_TRIALS));
    gsl_rng_free(rng);
}

static void test_time_scales(void)
{
    const double t[] = { 0, 1, 1.5, 2, 4, 5, 6 }, f[] = { 1, 2, NAN, 8, 2, -1, 3 }, err[] = { 0.1, 0.1, 1, 0.4, 0.1, 0.1, 0.1 };
    const double flat[] = { 2, 2, 2 };
    fe_curve c = curve(7, t, f, err);
    fe_variability v = fe_variability_measure(&c, false);
    double log4 = log(4);

    NEAR(v.doubling.s, 43200, 1e-14);                   /* 2 to 8 in a day */
    NEAR(v.doubling.mjd, 1, 0);
    NEAR(v.doubling.err_s, 86400 * log(2) / (log4 * log4) * hypot(0.4 / 8, 0.1 / 2), 1e-13);
    NEAR(v.halving.s, 86400, 1e-14);                    /* 8 to 2 in two */
    NEAR(v.halving.mjd, 2, 0);
    c = curve(3, t, flat, err);
    v = fe_variability_measure(&c, false);
    CHECK(isnan(v.doubling.s) && isnan(v.halving.s) && isnan(v.halving.mjd));
}

static void test_few_rows(void)
{
    const double f[] = { 2 }, err[] = { 1 };
    fe_curve c = curve(1, days, f, err);
    fe_variability v = fe_variability_measure(&c, false);
    fe_structure s = fe_variability_structure(&c);
    size_t first[1] = { 7 };

    CHECK(v.n == 1 && v.mean == 2 && v.chi2 == 0 && isnan(v.p_value) && isnan(v.fvar) && isnan(v.fpp) && isnan(v.doubling.s));
    CHECK(s.n == 0 && fe_blocks_of_values(&c, 0.05, first) == 1 && first[0] == 0);
    fe_structure_free(&s);
    c.n = 0;
    v = fe_variability_measure(&c, false);
    CHECK(v.n == 0 && isnan(v.mean) && isnan(v.chi2) && isnan(v.fvar) && fe_blocks_of_values(&c, 0.05, first) == 0);
}

static void test_structure(void)
{
    const double t[] = { 0, 1, 2.000001, 4 }, f[] = { 1, 2, 4, 4 }, err[] = { 0.1, 0.2, 0.4, 0.2 };
    fe_curve c = curve(4, t, f, err);
    fe_structure s = fe_variability_structure(&c);

    CHECK(s.n == 4);                                    /* lags 1 (twice), 2 (twice), 3, 4 */
    NEAR(s.lag_d[0], 1, 1e-12);
    NEAR(s.lag_d[3], 4, 1e-12);
    NEAR(s.value[0], (100 * 1 + 100 * 4) / 200.0, 1e-14);
    NEAR(s.value[1], (100 * 9 + 200 * 0) / 300.0, 1e-14);
    NEAR(s.value[2], 4, 1e-14);
    fe_structure_free(&s);
}

/* ---- scans ------------------------------------------------------------------------------------------------------ */

typedef struct scans { fe_scan *scan[MAX_ROWS]; double ref[MAX_ROWS]; fe_curve_scans c; } scans;

static void free_scans(scans *s)
{
    for (size_t i = 0; i < s->c.n; i++)
        fe_scan_free(s->scan[i]);
}

/* Parabolas of the given width, each with a reference of its own, five sigma to both sides. */
static void add_parabola(scans *s, double value, double err)
{
    size_t i = s->c.n++;
    double norm[21], stat[21];

    s->ref[i] = 1 + 0.1 * (double)i;
    for (int k = 0; k < 21; k++) {
        norm[k] = (value + err * (k - 10) / 2.0) / s->ref[i];
        stat[k] = 100 + pow((k - 10) / 2.0, 2);
    }
    s->scan[i] = fe_scan_new(21, norm, stat, NAN, NAN);
    s->c.scan = s->scan;
    s->c.ref = s->ref;
}

/* TSvar of parabolas is chi2, within the scans and beyond their ends. */
static void test_parabolas(void)
{
    const double f[] = { 1, 2, 3.5, 2.5, 30 }, err[] = { 0.5, 1, 0.7, 2, 0.6 };
    const double flat[5] = { 1, 1, 1, 1, 1 }, norm[5] = { 0, 1, 2, 3, 4 };
    fe_curve c = curve(5, days, f, err);
    fe_variability v = fe_variability_measure(&c, false);
    scans s = { .c = { 0, NULL, NULL } };
    fe_tsvar ts;

    for (int i = 0; i < 5; i++)
        add_parabola(&s, f[i], err[i]);
    s.scan[s.c.n++] = NULL;
    s.scan[s.c.n++] = fe_scan_new(5, norm, flat, NAN, NAN);
    ts = fe_variability_tsvar(&s.c);
    CHECK(ts.n == 5 && ts.n_beyond == 4);               /* but for the wide one */
    NEAR(ts.ts, v.chi2, 1e-9);
    NEAR(ts.flux, v.mean, 1e-9);
    NEAR(ts.p_value, v.p_value, 1e-6);
    free_scans(&s);
    s.c.n = 0;
    ts = fe_variability_tsvar(&s.c);
    CHECK(ts.n == 0 && isnan(ts.ts));
}

static fe_norm_request scan_request(void)
{
    fe_norm_request r = fe_norm_request_default();

    r.want_asym = r.want_ul = false;
    r.want_scan = true;
    r.scan_drop = 25;
    r.scan_points = 21;
    return r;
}

/* One bin of Poisson counts on a known background for each time. */
static void add_poisson(scans *s, double n, double signal, double background, double ref, fe_arena *scratch)
{
    const fe_norm_request request = scan_request();
    spectrum d = { .n = 1 };
    fe_norm out;
    size_t i = s->c.n++;

    d.on[0] = n;
    d.s[0] = signal;
    d.b[0] = background;
    out = solve(&d, false, &request, scratch);
    s->ref[i] = ref;
    s->scan[i] = fe_scan_new(out.n_scan, out.norm_scan, out.stat_scan, out.norm, out.stat);
    s->c.scan = s->scan;
    s->c.ref = s->ref;
}

/* Without background: 2 sum of n ln(n / (t_i sum n / sum t)), t_i being the exposures. */
static void test_poisson(void)
{
    const double n[] = { 90, 120, 101, 140, 75 }, exposure[] = { 1, 1.1, 0.9, 1.2, 1 };
    double sum_n = 0, sum_t = 0, want = 0;
    scans s = { .c = { 0, NULL, NULL } };
    fe_arena *scratch = fe_arena_new();
    fe_tsvar ts;

    for (int i = 0; i < 5; i++) {
        sum_n += n[i];
        sum_t += exposure[i];
        add_poisson(&s, n[i], 50 * exposure[i], 0, 2.5, scratch);
    }
    for (int i = 0; i < 5; i++)
        want += 2 * n[i] * log(n[i] / (sum_n * exposure[i] / sum_t));
    ts = fe_variability_tsvar(&s.c);
    NEAR(ts.ts, want, 1e-4);                            /* between the points of scans */
    NEAR(ts.flux, 2.5 * sum_n / sum_t / 50, 1e-6);
    CHECK(ts.n == 5 && ts.n_beyond == 0);
    free_scans(&s);
    fe_arena_free(scratch);
}

/* A constant source with at least 100 counts a bin: TSvar follows chi2 with n - 1 degrees of freedom (user-demands 37). */
static void test_constant_source(void)
{
    enum { N_TRIALS = 1000, N = 12 };
    gsl_rng *rng = rng_new(5);
    fe_arena *scratch = fe_arena_new();
    double sum = 0, n_above = 0;

    for (int k = 0; k < N_TRIALS; k++) {
        scans s = { .c = { 0, NULL, NULL } };
        fe_tsvar ts;

        for (int i = 0; i < N; i++) {
            double signal = 90 + 5 * i, background = 20 + 3 * (i % 4);

            add_poisson(&s, gsl_ran_poisson(rng, signal + background), signal, background, 1e-11 * (1 + i), scratch);
            s.ref[i] = 1e-11;
        }
        ts = fe_variability_tsvar(&s.c);
        CHECK(ts.n == N);
        sum += ts.ts / (N - 1) / N_TRIALS;
        n_above += ts.p_value < 0.1;
        free_scans(&s);
    }
    NEAR_ABS(sum, 1, 5 * sqrt(2.0 / (N - 1) / N_TRIALS));
    NEAR_ABS(n_above / N_TRIALS, 0.1, 5 * sqrt(0.09 / N_TRIALS));
    gsl_rng_free(rng);
    fe_arena_free(scratch);
}

/* ---- blocks ----------------------------------------------------------------------------------------------------- */

/* Of all 2^(n-1) partitions the fittest; bit i of the mask is a change before row i + 1. */
static unsigned best_partition(const fe_curve *c, double prior)
{
    double best = -INFINITY;
    unsigned found = 0;

    for (unsigned mask = 0; mask < 1U << (c->n - 1); mask++) {
        double total = 0, a = 0, b = 0;

        for (size_t i = 0; i < c->n; i++) {
            a += 0.5 / (c->err[i] * c->err[i]);
            b += c->value[i] / (c->err[i] * c->err[i]);
            if (i + 1 == c->n || mask >> i & 1) {
                total += b * b / (4 * a) - prior;
                a = b = 0;
            }
        }
        if (total > best) {
            best = total;
            found = mask;
        }
    }
    return found;
}

static unsigned mask_of(size_t n_blocks, const size_t *first)
{
    unsigned mask = 0;

    for (size_t i = 1; i < n_blocks; i++)
        mask |= 1U << (first[i] - 1);
    return mask;
}

static void test_blocks(void)
{
    enum { N = 10 };
    gsl_rng *rng = rng_new(3);
    size_t first[N], n_changes = 0;
    double f[N], err[N];

    for (int k = 0; k < 300; k++) {
        double p0 = k % 3 ? 0.05 : 0.9, prior = 4 - log(73.53 * p0 * pow(N, -0.478)), level = 5;
        fe_curve c = curve(N, days, f, err);
        scans s = { .c = { 0, NULL, NULL } };
        unsigned want;

        for (int i = 0; i < N; i++) {
            if (gsl_rng_uniform(rng) < 0.2)
                level = 10 * gsl_rng_uniform(rng);
            err[i] = 0.3 + gsl_rng_uniform(rng);
            f[i] = level + gsl_ran_gaussian(rng, err[i]);
            add_parabola(&s, f[i], err[i]);
        }
        want = best_partition(&c, prior);
        CHECK(mask_of(fe_blocks_of_values(&c, p0, first), first) == want);
        CHECK(mask_of(fe_blocks_of_scans(&s.c, p0, first), first) == want);
        n_changes += (size_t)__builtin_popcount(want);
        free_scans(&s);
    }
    CHECK(n_changes > 100);
    gsl_rng_free(rng);
}

static void test_block_edges(void)
{
    const double t[] = { 10, 11, 13, 14, 20 };
    const size_t first[] = { 0, 2, 4 };
    const fe_curve c = curve(5, t, t, t);
    double edge[4];

    fe_blocks_edges(&c, 3, first, edge);
    CHECK(edge[0] == 10 && edge[1] == 12 && edge[2] == 17 && edge[3] == 20);
}

/* ---- real data -------------------------------------------------------------------------------------------------- */

static void check_flare(const fe_curve *c)
{
    static const double edges[] = { 53945.85839333, 53945.86881, 53945.89658778, 53945.92436556, 53945.96603222, 53945.97297667,
                                    53946.04242111, 53946.07019889, 53946.08756 };
    static const double lag[] = { 0.0069, 0.0139, 0.0208, 0.0278 }, sf[] = { 3.52066e-22, 5.20569e-22, 8.86926e-22, 1.28533e-21 };
    fe_variability v = fe_variability_measure(c, true), ours = fe_variability_measure(c, false);
    fe_structure s = fe_variability_structure(c);
    double edge[MAX_ROWS + 1];
    size_t first[MAX_ROWS], n = fe_blocks_of_values(c, 0.05, first);

    CHECK(v.n == 34);
    NEAR(v.fvar, 0.56264064, 1e-7);
    NEAR_ABS(v.fvar_err, 0.01700710, 6e-9);
    NEAR(v.fpp, 0.26686888, 1e-7);
    NEAR_ABS(v.fpp_err, 0.01744293, 6e-9);
    CHECK(ours.fpp < v.fpp / sqrt(2) && ours.fvar == v.fvar);
    NEAR(v.doubling.s, 716.85744, 1e-7);
    NEAR(v.doubling.err_s, 265.23307, 1e-7);
    NEAR_ABS(v.doubling.mjd, 53945.99728222, 6e-9);
    NEAR(v.halving.s, 776.33791, 1e-7);
    NEAR(v.halving.err_s, 254.20638, 1e-7);
    NEAR_ABS(v.halving.mjd, 53946.00422667, 6e-9);
    NEAR(v.mean, 4.17516515e-11, 1e-8);
    NEAR(v.chi2, 1034.18118, 1e-8);
    CHECK(n == 8);
    fe_blocks_edges(c, n, first, edge);
    for (size_t i = 0; i < 9; i++)
        NEAR_ABS(edge[i], edges[i], 6e-9);
    for (size_t i = 0, k = 0; i < s.n && k < 4; i++)
        if (s.lag_d[i] > lag[k] - 1e-4 && s.lag_d[i] < lag[k] + 1e-4)
            NEAR(s.value[i], sf[k++], 3e-6);
    fe_structure_free(&s);
}

/*
 * Scans of 11 points by gammapy.  The sum of splines of the signed roots has its minimum 1194.7647 at norm 1.0725793 (scipy's
 * CubicSpline and minimize_scalar).  Errors of small values are small, so the weighted mean lies below the constant that the
 * likelihood wants.
 */
static void check_flare_scans(const fe_estimate *e)
{
    scans s = { .c = { e->n, NULL, NULL } };
    size_t first[MAX_ROWS], n;
    fe_tsvar ts;

    for (size_t i = 0; i < e->n; i++) {
        s.scan[i] = fe_scan_new(e->n_scan, e->norm_scan + i * e->n_scan, e->stat_scan + i * e->n_scan,
                                e->family[FE_SED_LIKELIHOOD][FE_VALUE][i], e->q[FE_Q_STAT][i]);
        s.ref[i] = e->ref[FE_SED_FLUX][i];
    }
    s.c.scan = s.scan;
    s.c.ref = s.ref;
    ts = fe_variability_tsvar(&s.c);
    n = fe_blocks_of_scans(&s.c, 0.05, first);
    CHECK(ts.n == 34 && ts.n_beyond == 0 && ts.p_value < 1e-100);
    NEAR(ts.ts, 1194.7647, 1e-4);
    NEAR(ts.flux, 1.0725793 * s.ref[0], 1e-4);
    CHECK(n >= 7 && n <= 12);
    free_scans(&s);
}

static void test_flare(void)
{
    fe_str path = { 0 };
    fe_err err = { 0 };
    fe_document *doc;
    fe_estimate *e = NULL;
    double t[MAX_ROWS], f[MAX_ROWS], f_err[MAX_ROWS];

    fe_str_addf(&path, "%s/data/estimators/pks2155_hess_lc/pks2155_hess_lc.fits", check_shared());
    doc = fe_document_read(path.s, &err);
    CHECK_MSG(doc && fe_estimate_read(doc, -1, &e, &err) == 0 && fe_estimate_convert(e, FE_SED_DNDE, &err) == 0, err.text);
    for (size_t i = 0; e && e->n == 34 && i < e->n; i++) {
        /* gammapy forgets ref_flux and takes the one ref_dnde for a constant spectrum over the band */
        double width_TeV = e->key[FE_KEY_E_MAX][i] - e->key[FE_KEY_E_MIN][i];

        t[i] = e->key[FE_KEY_TIME_MIN][i] + 0.5 * (e->key[FE_KEY_TIME_MAX][i] - e->key[FE_KEY_TIME_MIN][i]);
        f[i] = e->family[FE_SED_DNDE][FE_VALUE][i] * width_TeV;
        f_err[i] = e->family[FE_SED_DNDE][FE_ERR][i] * width_TeV;
    }
    CHECK(e && e->n == 34);
    if (e && e->n == 34) {
        fe_estimate_fill_refs(e);
        check_flare(&(fe_curve){ e->n, t, f, f_err });
        check_flare_scans(e);
    }
    fe_estimate_free(e);
    fe_document_free(doc);
    fe_str_free(&path);
}

int main(void)
{
    test_constancy();
    test_excess();
    test_white_noise();
    test_time_scales();
    test_few_rows();
    test_structure();
    test_parabolas();
    test_poisson();
    test_constant_source();
    test_blocks();
    test_block_edges();
    if (check_shared())
        test_flare();
    else
        printf("no shared data (FE_SHARED): the flare of PKS 2155-304 left out\n");
    return check_done();
}
