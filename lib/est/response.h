/* response.h -- a built-in analytic response, for simulations where there is no instrument yet.
 *
 * What a file holds in single precision (effective area, redistribution) is rounded to it here already, so that a
 * dataset and the files written from it are the same dataset; edges are rounded to 12 digits of keV. Both keep the last
 * bits of a machine's libm out of the files.
 */
#ifndef FE_EST_RESPONSE_H
#define FE_EST_RESPONSE_H
#include <stdbool.h>
#include <stddef.h>
#include "base/err.h"
#include "types/dataset.h"

typedef struct fe_response {        /* built-in analytic response: documented in fe-simulate(1)         */
    double e_min_TeV, e_max_TeV;    /* reconstructed axis                                               */
    size_t bins_per_decade, true_bins_per_decade;
    double aeff_cm2, aeff_knee_TeV; /* A(E) = aeff (E/knee)^2 / (1 + (E/knee)^2)                        */
    double resolution;              /* sigma of ln(E_reco/E_true): log-normal, bias 0; 0 = no dispersion */
    double bkg_rate_s, bkg_index;   /* background in the ON region above e_min: rate and power law; of a map per square degree */
    /* Of a map, whose width is not 0: */
    double width_deg, bin_deg;
    double lon_deg, lat_deg;        /* centre, galactic (CAR) or ICRS (TAN)                             */
    bool galactic;
    double psf_deg;                 /* sigma of the point spread function at 1 TeV: a Gaussian, sigma (E / TeV)^-0.2 */
    double fov_deg;                 /* exposure and background fall as exp(-r^2 / (2 fov^2)); infinity: the same everywhere */
} fe_response;
fe_response fe_response_default(void);

/* 0, or -1 (FE_EUSAGE): axis empty, too many bins, index <= 1 (its integral above e_min must be finite) ... */
int fe_response_check(const fe_response *, fe_err *err) FE_RESULT;

/* Mean of A(E) over a bin, uniform in ln E: aeff ln[(1 + x2^2) / (1 + x1^2)] / (2 ln(x2/x1)), x = E/knee. */
double fe_response_aeff_cm2(const fe_response *, double e1_TeV, double e2_TeV);

/*
 * Expected background counts in the ON region, [n_e]: rate livetime [(e1/e_min)^(1-index) - (e2/e_min)^(1-index)], a
 * power law in reconstructed energy. The axis may be another one than the response's; the law goes on below e_min.
 */
void fe_response_background(const fe_response *, double livetime_s, size_t n_e, const double *e_edge_TeV,
                            double *mu_bkg);

/*
 * A dataset with this response, constant alpha (acceptance 1 and 1/alpha), counts and n_off 0. The true axis is wider
 * than the reconstructed one by 5 sigma of the resolution (at least one bin) on both sides. Rows of the dispersion are
 * taken at the geometric centre of their bin:  R_ij = [erf(u_(j+1)) - erf(u_j)] / 2,  u_j = ln(E_j / E_i) / (sqrt(2) sigma).
 * Entries below 1e-6 are left out; rows are not renormalised: what falls outside the axis is lost.
 */
fe_dataset *fe_response_dataset(const fe_response *, double livetime_s, double alpha);

/* The same on the pixels of a map, with a PSF, and a known background (Cash): what a pixel of its solid angle sees of the rate. */
fe_dataset *fe_response_map(const fe_response *, double livetime_s, fe_err *err);
#endif
