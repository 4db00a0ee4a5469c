#include "phys/stat.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdbool.h>

#include "base/num.h"
#include "phys/stat_log.h"

/* Cash and cstat take a prediction below this as this (algorithms 2): ln stays finite where nothing is predicted. */
static const double TRUNCATION = 1e-25;

/*
 * 2 [mu - n ln mu] at `to` minus at `from`, step = to - from.  Expanded about `from` where the log is small, so that neither
 * the common part nor the first order of the log cancels.
 */
static double poisson_diff(double n, double from, double to, double step)
{
    double r = step / from;

    if (!(n > 0))
        return 2 * step;
    if (r > -0.29 && r < 0.41)
        return 2 * (step * ((from - n) / from) + n * fe_stat_log_gap(from, to, step));
    return 2 * (step - n * fe_stat_log(to / from));
}

/* 2 [mu - n + n ln(n / mu)]: 0 where mu = n. */
static double deviance(double n, double mu)
{
    return n > 0 ? poisson_diff(n, n, mu, mu - n) : 2 * mu;
}

/* ---- Cash: known background ------------------------------------------------------------------------------------ */

static double known(const fe_stat_bins *bins, size_t i)
{
    return bins->b ? bins->b[i] : 0;
}

static double cash_value(const fe_stat_bins *bins, const double *s)
{
    fe_sum sum = { 0, 0 };

    for (size_t i = 0; i < bins->n; i++)
        fe_sum_add(&sum, fe_cash(bins->n_on[i], s[i] + known(bins, i)));
    return fe_sum_value(&sum);
}

static double cash_diff(const fe_stat_bins *bins, const double *s1, const double *s0)
{
    fe_sum sum = { 0, 0 };

    for (size_t i = 0; i < bins->n; i++) {
        double from = s0[i] + known(bins, i), to = s1[i] + known(bins, i), step = s1[i] - s0[i];

        if (from < TRUNCATION || to < TRUNCATION) {
            from = fmax(from, TRUNCATION);
            to = fmax(to, TRUNCATION);
            step = to - from;
        }
        fe_sum_add(&sum, poisson_diff(bins->n_on[i], from, to, step));
    }
    return fe_sum_value(&sum);
}

static void cash_derivs(const fe_stat_bins *bins, const double *s, double *w1, double *w2)
{
    for (size_t i = 0; i < bins->n; i++) {
        double n = bins->n_on[i], mu = fmax(s[i] + known(bins, i), TRUNCATION);

        w1[i] = 2 * ((mu - n) / mu);
        w2[i] = 2 * (n / mu / mu);
    }
}

static void cash_background(const fe_stat_bins *bins, const double *s, double *mu)
{
    (void)s;
    for (size_t i = 0; i < bins->n; i++)
        mu[i] = known(bins, i);
}

static double cash_kink(const fe_stat_bins *bins, size_t i)
{
    (void)bins;
    (void)i;
    return 0;
}

static double cash_s_min(const fe_stat_bins *bins, size_t i)
{
    return -known(bins, i);
}

/* ---- WStat: background profiled out ---------------------------------------------------------------------------- */

typedef struct wstat_point {        /* the best background for a signal                                 */
    double on, off;                 /* expected counts m = s + alpha mu_b in ON and mu_b in OFF         */
    double root;                    /* D of algorithms 2; only where both counts are > 0                */
} wstat_point;

/*
 * algorithms 2: D^2 = C^2 + 4 alpha (alpha + 1) n_off s.  With B = alpha (n_on + n_off) + (1 + alpha) s it is B^2 - 4 alpha (alpha + 1)
 * n_on s as well, and m = (B + D) / (2 (1 + alpha)): for each sign of s, B and C the form without cancellation is taken.
 */
static wstat_point both_counts(double n_on, double n_off, double alpha, double s)
{
    double all = alpha * (n_on + n_off), a1 = 1 + alpha, c = all - a1 * s, b = all + a1 * s;
    double root = sqrt(s >= 0 ? c * c + 4 * alpha * a1 * n_off * s : b * b - 4 * alpha * a1 * n_on * s);

    return (wstat_point){
        .on = b >= 0 ? (b + root) / (2 * a1) : 2 * alpha * n_on * s / (b - root),
        .off = c >= 0 ? (c + root) / (2 * alpha * a1) : 2 * n_off * s / (root - c),
        .root = root
    };
}

/*
 * Where W turns from the straight line of one slope into a Poisson term (algorithms 2).  n_off = 0: slope -2/alpha below, no
 * background above.  n_on = 0: slope 2 above, nothing expected in ON below.  Both 0: the kink, at 0.
 */
static double border(double n_on, double n_off, double alpha)
{
    return (alpha * n_on - alpha * n_off) / (1 + alpha);        /* one of them is 0 */
}

static wstat_point one_count(double n_on, double n_off, double alpha, double s)
{
    double edge = border(n_on, n_off, alpha);

    if (n_on > 0 || n_off <= 0)
        return (wstat_point){ .on = fmax(s, edge), .off = s < edge ? (edge - s) / alpha : 0 };
    return (wstat_point){ .on = fmax(s - edge, 0), .off = s < edge ? -s / alpha : n_off / (1 + alpha) };
}

static wstat_point wstat_at(double n_on, double n_off, double alpha, double s)
{
    return n_on > 0 && n_off > 0 ? both_counts(n_on, n_off, alpha, s) : one_count(n_on, n_off, alpha, s);
}

/*
 * W is the sum of the deviances of ON and OFF, so its difference is one of each.  The steps of m and mu_b follow from D1^2 - D0^2, in
 * which s1 - s0 is a factor.
 */
static double both_counts_diff(double n_on, double n_off, double alpha, double s1, double s0)
{
    wstat_point to = both_counts(n_on, n_off, alpha, s1), from = both_counts(n_on, n_off, alpha, s0);
    double step = s1 - s0, slope;

    if (step == 0)
        return 0;
    slope = ((1 + alpha) * (s1 + s0) + 2 * alpha * (n_off - n_on)) / (to.root + from.root);
    return poisson_diff(n_on, from.on, to.on, 0.5 * step * (slope + 1)) +
           poisson_diff(n_off, from.off, to.off, 0.5 * step * (slope - 1) / alpha);
}

/* The part of the way on the straight line, and the part on the Poisson term. */
static double one_count_diff(double n_on, double n_off, double alpha, double s1, double s0)
{
    double edge = border(n_on, n_off, alpha);
    double low = fmin(s1, edge) - fmin(s0, edge), high = fmax(s1, edge) - fmax(s0, edge);

    if (n_on > 0)
        return -2 / alpha * low + poisson_diff(n_on, fmax(s0, edge), fmax(s1, edge), high);
    if (n_off <= 0)
        return -2 / alpha * low + 2 * high;
    return poisson_diff(n_off, fmin(s0, edge) / -alpha, fmin(s1, edge) / -alpha, -low / alpha) + 2 * high;
}

static double wstat_value(const fe_stat_bins *bins, const double *s)
{
    fe_sum sum = { 0, 0 };

    for (size_t i = 0; i < bins->n; i++)
        fe_sum_add(&sum, fe_wstat(bins->n_on[i], bins->n_off[i], bins->alpha[i], s[i]));
    return fe_sum_value(&sum);
}

static double wstat_diff(const fe_stat_bins *bins, const double *s1, const double *s0)
{
    fe_sum sum = { 0, 0 };

    for (size_t i = 0; i < bins->n; i++) {
        double n_on = bins->n_on[i], n_off = bins->n_off[i], alpha = bins->alpha[i];

        fe_sum_add(&sum, n_on > 0 && n_off > 0 ? both_counts_diff(n_on, n_off, alpha, s1[i], s0[i])
                                               : one_count_diff(n_on, n_off, alpha, s1[i], s0[i]));
    }
    return fe_sum_value(&sum);
}

/* W' = 2 (1 - n_on / m); with p = n_on / m^2, q = n_off / mu_b^2: dm/ds = q / (alpha^2 p + q), so W'' = 2 p q / (alpha^2 p + q). */
static void both_counts_derivs(double n_on, double n_off, double alpha, double s, double *w1, double *w2)
{
    wstat_point at = both_counts(n_on, n_off, alpha, s);
    double p = n_on / at.on / at.on, q = n_off / at.off / at.off;

    *w1 = 2 * ((at.on - n_on) / at.on);
    *w2 = 2 * p / (alpha * alpha * (p / q) + 1);
}

static void one_count_derivs(double n_on, double n_off, double alpha, double s, double *w1, double *w2)
{
    bool above = s >= border(n_on, n_off, alpha);
    double off = -s / alpha;

    *w2 = 0;
    if (n_on > 0) {
        *w1 = above ? 2 * ((s - n_on) / s) : -2 / alpha;
        *w2 = above ? 2 * (n_on / s / s) : 0;
    } else if (above) {
        *w1 = 2;
    } else {
        *w1 = -2 / alpha * (n_off > 0 ? (off - n_off) / off : 1);
        *w2 = n_off > 0 ? 2 * (n_off / s / s) : 0;
    }
}

static void wstat_derivs(const fe_stat_bins *bins, const double *s, double *w1, double *w2)
{
    for (size_t i = 0; i < bins->n; i++) {
        double n_on = bins->n_on[i], n_off = bins->n_off[i], alpha = bins->alpha[i];

        if (n_on > 0 && n_off > 0)
            both_counts_derivs(n_on, n_off, alpha, s[i], &w1[i], &w2[i]);
        else
            one_count_derivs(n_on, n_off, alpha, s[i], &w1[i], &w2[i]);
    }
}

static void wstat_background(const fe_stat_bins *bins, const double *s, double *mu)
{
    for (size_t i = 0; i < bins->n; i++)
        mu[i] = bins->alpha[i] * wstat_at(bins->n_on[i], bins->n_off[i], bins->alpha[i], s[i]).off;
}

static double wstat_kink(const fe_stat_bins *bins, size_t i)
{
    return bins->n_on[i] > 0 || bins->n_off[i] > 0 ? 0 : 2 * (1 + 1 / bins->alpha[i]);
}

static double wstat_s_min(const fe_stat_bins *bins, size_t i)
{
    (void)bins;
    (void)i;
    return -INFINITY;
}

/* ---- rows ------------------------------------------------------------------------------------------------------ */

const fe_stat fe_stat_cash = {
    .name = "cash", .value = cash_value, .diff = cash_diff, .derivs = cash_derivs, .background = cash_background,
    .kink = cash_kink, .s_min = cash_s_min
};

const fe_stat fe_stat_wstat = {
    .name = "wstat", .value = wstat_value, .diff = wstat_diff, .derivs = wstat_derivs, .background = wstat_background,
    .kink = wstat_kink, .s_min = wstat_s_min
};

const fe_stat *const fe_stats[] = { &fe_stat_cash, &fe_stat_wstat, NULL };

/* ---- single bins ----------------------------------------------------------------------------------------------- */

double fe_cash(double n, double mu)
{
    mu = fmax(mu, TRUNCATION);
    return n > 0 ? 2 * (mu - n * fe_stat_log(mu)) : 2 * mu;
}

double fe_cstat(double n, double mu)
{
    return deviance(fmax(n, TRUNCATION), fmax(mu, TRUNCATION));
}

double fe_wstat(double n_on, double n_off, double alpha, double s)
{
    wstat_point at = wstat_at(n_on, n_off, alpha, s);

    return deviance(n_on, at.on) + deviance(n_off, at.off);
}

double fe_wstat_mu_bkg(double n_on, double n_off, double alpha, double s)
{
    return wstat_at(n_on, n_off, alpha, s).off;
}

/* A parameter's profile falls by z^2 over z standard deviations; one-sided probability cl is z = Phi^-1(cl). */
double fe_stat_drop_of_cl(double cl)
{
    double z;

    if (!(cl >= 0.5 && cl <= 1))
        return NAN;
    z = gsl_cdf_ugaussian_Pinv(cl);
    return z * z;
}

double fe_stat_cl_of_drop(double drop)
{
    return drop >= 0 ? gsl_cdf_ugaussian_P(sqrt(drop)) : NAN;
}
