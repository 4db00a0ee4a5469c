/*
 * Pure noise: the significances of independent kernels against the exact distribution.  A top hat over a uniform background b (of the
 * whole kernel) has n ~ Poisson(b) counts and sqrt_ts = sign(n - b) sqrt(2 (n ln(n / b) - n + b)): probabilities, mean and width are
 * sums over n.  The mean is -1 / (6 sqrt b) and not 0.
 */
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>

#include "base/mem.h"
#include "check.h"
#include "est/excess.h"
#include "est/tsmap.h"
#include "phys/spectrum.h"

enum { SIDE = 960, CELL = 3, N_TRIALS = (SIDE / CELL) * (SIDE / CELL), N_LEVELS = 3 };

static const double B_PIXEL = 24;           /* five pixels of a top hat: 120                            */

static fe_err err;

typedef struct moments { double mean, square, fourth, above[N_LEVELS]; } moments;

static double significance(double n, double b)
{
    double ts = 2 * (n > 0 ? n * log(n / b) - n + b : b);

    return copysign(sqrt(fmax(ts, 0)), n - b);
}

/* Exact, for n ~ Poisson(b). */
static moments enumerate(double b)
{
    moments m = { 0 };

    for (unsigned n = 0; n < 600; n++) {
        double p = gsl_ran_poisson_pdf(n, b), s = significance(n, b);

        m.mean += p * s;
        for (int k = 0; k < N_LEVELS; k++)
            m.above[k] += s > k + 1 ? p : 0;
    }
    for (unsigned n = 0; n < 600; n++) {
        double p = gsl_ran_poisson_pdf(n, b), d = significance(n, b) - m.mean;

        m.square += p * d * d;
        m.fourth += p * d * d * d * d;
    }
    return m;
}

static fe_dataset *noise(void)
{
    fe_geom_keys k = { .nx = SIDE, .ny = SIDE, .ctype = { "GLON-CAR", "GLAT-CAR" }, .equinox = NAN,
                       .crpix = { 0.5 * (SIDE + 1), 0.5 * (SIDE + 1) }, .cdelt_deg = { -0.001, 0.001 }, .pc = { { 1, 0 }, { 0, 1 } },
                       .lonpole_deg = NAN, .latpole_deg = NAN };
    fe_dataset *d = fe_dataset_new(1, 1, SIDE, SIDE);
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);

    gsl_rng_set(rng, 20261125);
    d->geom = fe_geom_new(&k, NULL, NULL, &err);
    CHECK_MSG(d->geom != NULL, err.text);
    d->e_edge_TeV[0] = d->etrue_edge_TeV[0] = 1;
    d->e_edge_TeV[1] = d->etrue_edge_TeV[1] = 10;
    fe_edisp_free(d->edisp);
    d->edisp = fe_edisp_overlap(1, d->etrue_edge_TeV, 1, d->e_edge_TeV);
    d->background = FE_NEWN(double, SIDE * SIDE);
    for (size_t q = 0; q < SIDE * SIDE; q++) {
        d->mask[q] = true;
        d->exposure_cm2_s[q] = 1e12;
        d->background[q] = B_PIXEL;
        d->counts[q] = gsl_ran_poisson(rng, B_PIXEL);
    }
    gsl_rng_free(rng);
    return d;
}

/* Within five standard errors. */
static void near_exact(const char *what, double got, double want, double variance)
{
    char text[160];
    double error = sqrt(variance / N_TRIALS);

    snprintf(text, sizeof text, "%s: %.6g, exact %.6g +- %.2g", what, got, want, error);
    CHECK_MSG(fabs(got - want) < 5 * error, text);
}

static void compare(const char *tool, const double *sqrt_ts)
{
    static const char *const names[N_LEVELS] = { "P(sqrt_ts > 1)", "P(sqrt_ts > 2)", "P(sqrt_ts > 3)" };
    moments want = enumerate(5 * B_PIXEL), got = { 0 };
    size_t n = 0;

    for (size_t y = CELL / 2; y < SIDE; y += CELL)
        for (size_t x = CELL / 2; x < SIDE; x += CELL) {
            double s = sqrt_ts[y * SIDE + x];

            n++;
            got.mean += s / N_TRIALS;
            got.square += (s - want.mean) * (s - want.mean) / N_TRIALS;
            for (int k = 0; k < N_LEVELS; k++)
                got.above[k] += (s > k + 1) / (double)N_TRIALS;
        }
    CHECK(n == N_TRIALS && n >= 100000);
    printf("%s\n", tool);
    near_exact("mean", got.mean, want.mean, want.square);
    NEAR(want.mean, -1 / (6 * sqrt(5 * B_PIXEL)), 0.05);
    near_exact("variance", got.square, want.square, want.fourth - want.square * want.square);
    for (int k = 0; k < N_LEVELS; k++)
        near_exact(names[k], got.above[k], want.above[k], want.above[k] * (1 - want.above[k]));
}

int main(void)
{
    fe_dataset *d = noise();
    fe_model m = { .spectrum = fe_spectrum_parse("pl:index=2", &err), .spatial = fe_spatial_parse("disk:0.0011deg", &err) };
    bool *wanted = FE_NEWN(bool, SIDE * SIDE);
    fe_tsmap_request t = { .norm = fe_norm_request_default(), .model = &m, .kernel_width_deg = 0.003, .no_psf = true, .at_centres = true,
                           .nx = SIDE, .ny = SIDE, .wanted = wanted, .n_threads = 2 };
    fe_excess_request x = { .norm = fe_norm_request_default(), .model = &m, .radius_deg = 0.0011, .nx = SIDE, .ny = SIDE, .n_threads = 2 };
    fe_tsmap_set ts_set = { d, NULL, 0, 1 };
    fe_excess_set x_set = { d, NULL, 0, 1 };
    fe_tsmap_work ts_work = { 0 };
    fe_excess_work x_work = { 0 };
    fe_estimate *ts = fe_estimate_new(), *excess = fe_estimate_new();

    for (size_t q = 0; q < SIDE * SIDE; q++)
        wanted[q] = q % SIDE % CELL == CELL / 2 && q / SIDE % CELL == CELL / 2;
    t.norm.want_asym = t.norm.want_ul = x.norm.want_asym = x.norm.want_ul = false;
    CHECK_MSG(fe_tsmap_band(1, &ts_set, &t, 0, ts, NULL, &ts_work, &err) == 0, err.text);
    CHECK_MSG(fe_excess_band(1, &x_set, &x, excess, &x_work, &err) == 0, err.text);
    CHECK(ts_work.n_pixels == N_TRIALS && ts_work.n_bound == 0 && ts_work.n_failed == 0 && x_work.circle == 5);
    compare("TS map", ts->q[FE_Q_SQRT_TS]);
    compare("excess map", excess->q[FE_Q_SQRT_TS]);
    fe_estimate_free(ts);
    fe_estimate_free(excess);
    fe_spectrum_free(m.spectrum);
    fe_spatial_free(m.spatial);
    free(wanted);
    fe_dataset_free(d);
    return check_done();
}
