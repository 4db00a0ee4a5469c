#include "est/response.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "est/simulate.h"
#include "phys/const.h"

enum { MAX_BINS = 10000, MAX_BINS_PER_DECADE = 1000 };

static const double MIN_PROBABILITY = 1e-6, TRUE_MARGIN_SIGMA = 5;

fe_response fe_response_default(void)
{
    return (fe_response){
        .e_min_TeV = 0.1, .e_max_TeV = 100, .bins_per_decade = 10, .true_bins_per_decade = 20,
        .aeff_cm2 = 3e9, .aeff_knee_TeV = 0.5, .resolution = 0.15, .bkg_rate_s = 0.05, .bkg_index = 2.7,
        .bin_deg = 0.05, .psf_deg = 0.06, .fov_deg = 2
    };
}

static double n_decades(double e1_TeV, double e2_TeV)
{
    return log10(e2_TeV / e1_TeV);
}

/* Bins of a log axis between two edges: the number asked for per decade, rounded, at least one. */
static size_t count_bins(double e1_TeV, double e2_TeV, size_t per_decade)
{
    double n = round(n_decades(e1_TeV, e2_TeV) * (double)per_decade);

    return n < 1 ? 1 : (size_t)n;
}

int fe_response_check(const fe_response *r, fe_err *err)
{
    if (!(r->e_min_TeV > 0) || !(r->e_max_TeV > r->e_min_TeV) || !isfinite(r->e_max_TeV))
        return fe_fail(err, FE_EUSAGE, NULL, "energy axis from %g to %g TeV is empty, expected 0 < e-min < e-max",
                       r->e_min_TeV, r->e_max_TeV);
    if (r->bins_per_decade < 1 || r->bins_per_decade > MAX_BINS_PER_DECADE || r->true_bins_per_decade < 1 ||
        r->true_bins_per_decade > MAX_BINS_PER_DECADE)
        return fe_fail(err, FE_EUSAGE, NULL, "%zu and %zu bins per decade, expected 1 to %d", r->bins_per_decade,
                       r->true_bins_per_decade, MAX_BINS_PER_DECADE);
    if (n_decades(r->e_min_TeV, r->e_max_TeV) * (double)r->bins_per_decade > MAX_BINS)
        return fe_fail(err, FE_EUSAGE, NULL, "the energy axis has more than %d bins", MAX_BINS);
    if (!(r->aeff_cm2 > 0) || !(r->aeff_knee_TeV > 0) || !(r->resolution >= 0 && r->resolution <= 2))
        return fe_fail(err, FE_EUSAGE, NULL, "response with area %g cm2, knee %g TeV, resolution %g, expected "
                       "positive numbers and a resolution of at most 2", r->aeff_cm2, r->aeff_knee_TeV, r->resolution);
    if (!(r->bkg_rate_s >= 0) || !(r->bkg_index > 1))
        return fe_fail(err, FE_EUSAGE, NULL, "background of rate %g s-1 and index %g, expected a rate of at least 0 "
                       "and an index above 1", r->bkg_rate_s, r->bkg_index);
    if (r->width_deg < 0 || (r->width_deg > 0 && !(r->bin_deg > 0 && r->bin_deg <= r->width_deg)) || r->width_deg > 60 * r->bin_deg * 100)
        return fe_fail(err, FE_EUSAGE, NULL, "a map of %g deg with pixels of %g deg, expected 1 to 6000 of them on a side",
                       r->width_deg, r->bin_deg);
    if (!(r->psf_deg > 0) || !(r->fov_deg > 0))
        return fe_fail(err, FE_EUSAGE, NULL, "PSF of %g deg, field of view of %g deg, expected positive numbers", r->psf_deg, r->fov_deg);
    return 0;
}

double fe_response_aeff_cm2(const fe_response *r, double e1_TeV, double e2_TeV)
{
    double x1 = e1_TeV / r->aeff_knee_TeV, x2 = e2_TeV / r->aeff_knee_TeV;

    return r->aeff_cm2 * (log1p(x2 * x2) - log1p(x1 * x1)) / (2 * log(x2 / x1));
}

void fe_response_background(const fe_response *r, double livetime_s, size_t n_e, const double *e_edge_TeV,
                            double *mu_bkg)
{
    double g = 1 - r->bkg_index;

    for (size_t j = 0; j < n_e; j++) {
        double above = r->bkg_rate_s * livetime_s * pow(e_edge_TeV[j] / r->e_min_TeV, g);

        mu_bkg[j] = -above * expm1(g * log(e_edge_TeV[j + 1] / e_edge_TeV[j]));
    }
}

/* 12 digits of keV, the unit of the files. */
static double round_edge(double e_TeV)
{
    char text[32];

    snprintf(text, sizeof text, "%.11e", e_TeV * FE_KEV_PER_TEV);
    return strtod(text, NULL) / FE_KEV_PER_TEV;
}

static void fill_log_axis(double *edge_TeV, size_t n_bins, double e1_TeV, double e2_TeV)
{
    double step = log(e2_TeV / e1_TeV) / (double)n_bins;

    for (size_t i = 0; i < n_bins; i++)
        edge_TeV[i] = round_edge(e1_TeV * exp(step * (double)i));
    edge_TeV[n_bins] = round_edge(e2_TeV);
}

/* Probability of a standard normal between a and b, without cancellation in the tails. */
static double normal_between(double a, double b)
{
    double u = a / sqrt(2), v = b / sqrt(2);

    if (u > 0)
        return 0.5 * (erfc(u) - erfc(v));
    if (v < 0)
        return 0.5 * (erfc(-v) - erfc(-u));
    return 0.5 * (erf(v) - erf(u));
}

/* Row i of a log-normal dispersion from entry n on; edisp NULL only counts. Returns the number of entries so far. */
static size_t fill_row(const fe_dataset *d, size_t i, double sigma, fe_edisp *edisp, size_t n)
{
    double centre = sqrt(d->etrue_edge_TeV[i] * d->etrue_edge_TeV[i + 1]);
    double below = log(d->e_edge_TeV[0] / centre) / sigma;

    for (size_t j = 0; j < d->n_e; j++) {
        double above = log(d->e_edge_TeV[j + 1] / centre) / sigma, p = normal_between(below, above);

        below = above;
        if (p < MIN_PROBABILITY)
            continue;
        if (edisp) {
            edisp->col[n] = (int)j;
            edisp->value[n] = (float)p;
        }
        n++;
    }
    return n;
}

static fe_edisp *make_lognormal(const fe_dataset *d, double sigma)
{
    fe_edisp *edisp;
    size_t n = 0;

    for (size_t i = 0; i < d->n_etrue; i++)
        n = fill_row(d, i, sigma, NULL, n);
    edisp = fe_edisp_new(d->n_etrue, d->n_e, n);
    n = 0;
    for (size_t i = 0; i < d->n_etrue; i++)
        edisp->row[i + 1] = n = fill_row(d, i, sigma, edisp, n);
    return edisp;
}

/* Round what no dispersion gives, too: files hold it in single precision. */
static fe_edisp *make_dispersion(const fe_response *r, const fe_dataset *d)
{
    fe_edisp *edisp;

    if (r->resolution > 0)
        return make_lognormal(d, r->resolution);
    edisp = fe_edisp_overlap(d->n_etrue, d->etrue_edge_TeV, d->n_e, d->e_edge_TeV);
    for (size_t k = 0; k < edisp->row[edisp->n_true]; k++)
        edisp->value[k] = (float)edisp->value[k];
    return edisp;
}

fe_dataset *fe_response_dataset(const fe_response *r, double livetime_s, double alpha)
{
    size_t n_e = count_bins(r->e_min_TeV, r->e_max_TeV, r->bins_per_decade);
    size_t margin = (size_t)ceil(TRUE_MARGIN_SIGMA * r->resolution * (double)r->true_bins_per_decade / log(10)) + 1;
    size_t n_inner = count_bins(r->e_min_TeV, r->e_max_TeV, r->true_bins_per_decade), n_etrue = n_inner + 2 * margin;
    double factor = pow(r->e_max_TeV / r->e_min_TeV, (double)margin / (double)n_inner);
    fe_dataset *d = fe_dataset_new(n_e, n_etrue, 1, 1);

    fill_log_axis(d->e_edge_TeV, n_e, r->e_min_TeV, r->e_max_TeV);
    fill_log_axis(d->etrue_edge_TeV, n_etrue, r->e_min_TeV / factor, r->e_max_TeV * factor);
    for (size_t i = 0; i < n_etrue; i++)
        d->exposure_cm2_s[i] = livetime_s *
            (double)(float)fe_response_aeff_cm2(r, d->etrue_edge_TeV[i], d->etrue_edge_TeV[i + 1]);
    fe_edisp_free(d->edisp);
    d->edisp = make_dispersion(r, d);
    d->livetime_s = livetime_s;
    for (size_t j = 0; j < n_e; j++)
        d->mask[j] = true;
    fe_simulate_set_alpha(d, alpha);
    return d;
}
