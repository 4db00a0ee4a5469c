/*
 * Do errors and limits hold what they promise?  Pulls, coverage of limits, and the trap of empty OFF channels: simulations with fixed
 * seeds, and exact sums over all counts.  All intervals and more cases: t_intervals.
 */
#include <gsl/gsl_cdf.h>

#include "numbers.h"
#include "sim_sets.h"
#include "types/estimate.h"

enum { N_ON = 120, N_OFF = 150, TRIALS = 20000 };

/* ---- pulls ------------------------------------------------------------------------------------------------------ */

/* norms scatter by err about the truth: mean 0 and width 1 of (norm - 1) / err, each within five standard errors */
static void pulls_of(const char *name, const char *stat, spectrum *d, unsigned long seed, FILE *out)
{
    fe_norm_request r = fe_norm_request_default();
    gsl_rng *rng = rng_new(seed);
    fe_arena *scratch = fe_arena_new();
    double sum = 0, sum2 = 0, counts = 0, mean, width;

    r.want_asym = r.want_ul = false;
    for (size_t i = 0; i < d->n; i++)
        counts += d->s[i] + d->b[i];
    for (int k = 0; k < TRIALS; k++) {
        draw(d, 1, rng);
        fe_norm x = solve(d, stat[0] == 'w', &r, scratch);
        sum += (x.norm - 1) / x.err;
        sum2 += (x.norm - 1) / x.err * ((x.norm - 1) / x.err);
    }
    mean = sum / TRIALS;
    width = sqrt(sum2 / TRIALS - mean * mean);
    CHECK(counts >= 2000);
    NEAR_ABS(mean, 0, 5 / sqrt(TRIALS));
    NEAR_ABS(width, 1, 5 / sqrt(2. * TRIALS));
    if (out)
        fprintf(out, "%s\t%s\t%.0f\t%d\t%.3f\t%.3f\n", name, stat, counts, TRIALS, mean, width);
    fe_arena_free(scratch);
    gsl_rng_free(rng);
}

static spectrum many_channels(void)
{
    spectrum d = { .n = MAX_CHANNELS };

    for (size_t i = 0; i < d.n; i++) {
        d.s[i] = 170 * exp(-(double)i / 8);
        d.b[i] = 100 * exp(-(double)i / 8) + 10;
        d.alpha[i] = 0.2;
    }
    return d;
}

static void test_pulls(void)
{
    FILE *out = open_table("pulls", "data\tstatistic\tmean ON counts\ttrials\tmean of the pulls\twidth of the pulls");
    spectrum one = { .n = 1, .s = { 2000 }, .b = { 1000 }, .alpha = { 0.5 } }, spread = many_channels();

    pulls_of("one bin", "cash", &one, 11, out);
    pulls_of("one bin", "wstat", &one, 12, out);
    pulls_of("40 channels", "cash", &spread, 13, out);
    pulls_of("40 channels", "wstat", &spread, 14, out);
    close_table(out);
}

/* ---- coverage of one bin: exact sums ------------------------------------------------------------------------------ */

typedef struct limits { double ul[N_OFF][N_ON]; } limits;

static fe_norm_request limit_request(void)
{
    fe_norm_request r = fe_norm_request_default();

    r.want_asym = false;
    return r;
}

/* alpha > 0: WStat for all n_on, n_off; else Cash with known background b in row 0. */
static limits *all_limits(double alpha, double b)
{
    limits *l = calloc(1, sizeof *l);
    fe_norm_request r = limit_request();
    fe_arena *scratch = fe_arena_new();

    for (int off = 0; off < (alpha > 0 ? N_OFF : 1); off++)
        for (int on = 0; on < N_ON; on++) {
            spectrum d = { .n = 1, .on = { on }, .off = { off }, .s = { 1 }, .b = { b }, .alpha = { alpha } };

            l->ul[off][on] = solve(&d, alpha > 0, &r, scratch).ul;
        }
    fe_arena_free(scratch);
    return l;
}

/* Probability that the limit is not below the signal; alpha = 0: known background. */
static double exact_coverage(const limits *l, double s, double b, double alpha)
{
    double sum = 0, all = 0;

    for (int off = 0; off < (alpha > 0 ? N_OFF : 1); off++) {
        double p_off = alpha > 0 ? poisson(off, b / alpha) : 1;

        for (int on = 0; on < N_ON; on++) {
            double p = p_off * poisson(on, s + b);

            all += p;
            sum += l->ul[off][on] >= s ? p : 0;
        }
    }
    CHECK(all > 1 - 1e-9);
    return fmin(sum, 1);                                    /* rounding */
}

static double simulated_coverage(const limits *l, double s, double b, double alpha, gsl_rng *rng)
{
    int n = 0;

    for (int k = 0; k < TRIALS; k++) {
        unsigned on = gsl_ran_poisson(rng, s + b), off = alpha > 0 ? gsl_ran_poisson(rng, b / alpha) : 0;

        n += on >= N_ON || off >= N_OFF || l->ul[off][on] >= s;
    }
    return (double)n / TRIALS;
}

static const double signals[] = { 0.5, 2, 5, 20 }, backgrounds[] = { 0, 0.2, 5 }, alphas[] = { 0.1, 1. / 3, 1 };

static void cover(const limits *l, double alpha, double b, gsl_rng *rng)
{
    for (int i = 0; i < 4; i++) {
        double c = exact_coverage(l, signals[i], b, alpha), sim = simulated_coverage(l, signals[i], b, alpha, rng);

        CHECK(c > 0.75 && c <= 1);
        NEAR_ABS(sim, c, 5 * sqrt(c * (1 - c) / TRIALS) + 1e-9);
    }
}

static void test_coverage(void)
{
    gsl_rng *rng = rng_new(21);

    for (int j = 0; j < 3; j++) {
        limits *l = all_limits(0, backgrounds[j]);

        cover(l, 0, backgrounds[j], rng);
        free(l);
    }
    for (int k = 0; k < 3; k++) {
        limits *l = all_limits(alphas[k], 0);

        for (int j = 0; j < 3; j++)
            cover(l, alphas[k], backgrounds[j], rng);
        free(l);
    }
    gsl_rng_free(rng);
}

/* Signal 50, no background: the limit covers when 2 (s - n + n ln(n / s)) <= 2.7055 or n > s, so the sum starts at one n. */
static void test_coverage_of_50(void)
{
    limits *l = all_limits(0, 0);
    unsigned n = 50;
    double want;

    while (2 * (50 - (n - 1.) + (n - 1.) * log((n - 1.) / 50)) <= 2.705543454095404)
        n--;
    want = gsl_cdf_poisson_Q(n - 1, 50);
    NEAR(exact_coverage(l, 50, 0, 0), want, 1e-6);
    NEAR_ABS(want, 0.953, 0.0005);
    free(l);
}

/* ---- channels without OFF counts ------------------------------------------------------------------------------------ */

/* Neighbours together until n_off >= least; what is left over joins the last bin. */
static spectrum merged(const spectrum *d, double least)
{
    spectrum m = { .n = 0 };
    size_t full = 0;

    for (size_t i = 0; i < d->n; i++) {
        m.on[full] += d->on[i];
        m.off[full] += d->off[i];
        m.s[full] += d->s[i];
        m.alpha[full] = d->alpha[i];
        if (m.off[full] >= least && i + 1 < d->n)
            full++;
    }
    if (full > 0 && m.off[full] < least) {
        m.on[full - 1] += m.on[full];
        m.off[full - 1] += m.off[full];
        m.s[full - 1] += m.s[full];
        full--;
    }
    m.n = full + 1;
    return m;
}

typedef struct trap { double mean, mean_error, coverage; } trap;

static trap trap_of(size_t n_channels, double least, int trials, unsigned long seed)
{
    fe_norm_request r = limit_request();
    gsl_rng *rng = rng_new(seed);
    fe_arena *scratch = fe_arena_new();
    spectrum d = { .n = n_channels };
    double sum = 0, sum2 = 0;
    int n_covered = 0;
    trap t;

    for (size_t i = 0; i < n_channels; i++) {
        d.s[i] = 0.3;
        d.b[i] = 0.2;
        d.alpha[i] = 1;
    }
    for (int k = 0; k < trials; k++) {
        draw(&d, 1, rng);
        spectrum m = merged(&d, least);
        fe_norm x = solve(&m, true, &r, scratch);
        sum += x.norm;
        sum2 += x.norm * x.norm;
        n_covered += x.ul >= 1;
    }
    t = (trap){ .mean = sum / trials, .coverage = (double)n_covered / trials };
    t.mean_error = sqrt((sum2 / trials - t.mean * t.mean) / trials);
    fe_arena_free(scratch);
    gsl_rng_free(rng);
    return t;
}

/*
 * Without OFF counts W is linear in the signal below alpha n_on / (1 + alpha), so that many such channels pull the norm to 0.
 * Three OFF counts a bin are enough to be rid of it.
 */
static void test_empty_off(void)
{
    static const size_t n_channels[] = { 1, 20, 40 };
    static const double leasts[] = { 0, 1, 3, 10 };
    FILE *out = open_table("empty-off", "channels\tmerged until OFF counts are\tmean norm (true: 1)\tcoverage of the 95 % limit");
    trap t[3][4];

    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 4; j++) {
            t[i][j] = trap_of(n_channels[i], leasts[j], 10000, 31);
            if (!out)
                continue;
            fprintf(out, "%zu\t", n_channels[i]);
            fprintf(out, j ? "%.0f\t" : "not merged\t", leasts[j]);
            fprintf(out, "%.2f\t%.3f\n", t[i][j].mean, t[i][j].coverage);
        }
    close_table(out);
    NEAR_ABS(t[0][0].mean, 1, 5 * t[0][0].mean_error);
    CHECK(t[0][0].coverage > 0.99 && t[0][0].mean == t[0][2].mean);
    CHECK(t[1][0].mean < 0.25 && t[1][0].coverage < 0.5);
    CHECK(t[2][0].mean < 0.1 && t[2][0].coverage < 0.2);
    for (int i = 1; i < 3; i++)
        for (int j = 2; j < 4; j++) {
            NEAR_ABS(t[i][j].mean, 1, 0.01 + 5 * t[i][j].mean_error);
            NEAR_ABS(t[i][j].coverage, 0.95, 5 * sqrt(0.95 * 0.05 / 10000));
        }
    CHECK(t[2][1].coverage < t[2][2].coverage);             /* one OFF count a bin is not quite enough */
}

int main(void)
{
    test_pulls();
    test_coverage();
    test_coverage_of_50();
    test_empty_off();
    return check_done();
}
