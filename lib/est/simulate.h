/* simulate.h -- datasets with drawn or Asimov counts, and a built-in analytic response.
 *
 * What a file holds in single precision (effective area, redistribution) is rounded to it here already, so that a dataset
 * and the files written from it are the same dataset; edges are rounded to 12 digits of keV. Both keep the last bits of
 * a machine's libm out of the files.
 */
#ifndef FE_EST_SIMULATE_H
#define FE_EST_SIMULATE_H
#include <stdbool.h>
#include <stddef.h>
#include "base/err.h"
#include "phys/spectrum.h"
#include "types/dataset.h"

typedef struct fe_response {        /* built-in analytic response: documented in fe-simulate(1)         */
    double e_min_TeV, e_max_TeV;    /* reconstructed axis                                               */
    size_t bins_per_decade, true_bins_per_decade;
    double aeff_cm2, aeff_knee_TeV; /* A(E) = aeff (E/knee)^2 / (1 + (E/knee)^2)                        */
    double resolution;              /* sigma of ln(E_reco/E_true): log-normal, bias 0; 0 = no dispersion */
    double bkg_rate_s, bkg_index;   /* background in the ON region above e_min: rate and power law      */
} fe_response;
fe_response fe_response_default(void);

/* 0, or -1 (FE_EUSAGE): axis empty, too many bins, index <= 1 (its integral above e_min must be finite) ... */
int fe_response_check(const fe_response *, fe_err *err) FE_RESULT;

/* Mean of A(E) over a bin, uniform in ln E: aeff ln[(1 + x2^2) / (1 + x1^2)] / (2 ln(x2/x1)), x = E/knee. */
double fe_response_aeff_cm2(const fe_response *, double e1_TeV, double e2_TeV);

/*
 * Expected background counts in the ON region, [n_e]: rate livetime [(e1/e_min)^(1-index) - (e2/e_min)^(1-index)], a power law
 * in reconstructed energy. The axis may be another one than that of the response; the law goes on below e_min.
 */
void fe_response_background(const fe_response *, double livetime_s, size_t n_e, const double *e_edge_TeV, double *mu_bkg);

/*
 * A dataset with this response, constant alpha (acceptance 1 and 1/alpha), counts and n_off 0. The true axis is wider than the
 * reconstructed one by 5 sigma of the resolution (at least one bin) on both sides. Rows of the dispersion are taken at
 * the geometric centre of their bin:  R_ij = [erf(u_(j+1)) - erf(u_j)] / 2,  u_j = ln(E_j / E_i) / (sqrt(2) sigma).
 * Entries below 1e-6 are left out; rows are not renormalised: what falls outside the axis is lost.
 */
fe_dataset *fe_simulate_response(const fe_response *, double livetime_s, double alpha);

/* Expected background of a measured dataset, [n_e], ON region: alpha n_off, or the known background. */
void fe_simulate_background(const fe_dataset *, double *mu_bkg);

/* Another livetime (exposure goes with it) and constant alpha; NaN leaves what is there. */
int fe_simulate_set(fe_dataset *, double livetime_s, double alpha, fe_err *err) FE_RESULT;

/* One interval of the dataset's livetime from mjd_start (TT). */
void fe_simulate_set_time(fe_dataset *, double mjd_start);

/*
 * Fill counts and n_off from npred and expected background mu_bkg[n_e] (ON region): Poisson draws of stream (seed, index), or
 * the expectation itself (asimov). Expected OFF counts are mu_bkg / alpha, none where alpha is 0.
 * A dataset without alpha (Cash) gets mu_bkg as its known background.
 * Streams: GSL's mt19937 with a 32-bit seed that is different for every index of one seed. Channel by channel, ON then OFF.
 */
void fe_simulate_counts(fe_dataset *, const double *npred, const double *mu_bkg, unsigned long seed, size_t index,
                        bool asimov);
#endif
