/* simulate.h -- datasets with drawn or Asimov counts, and a built-in analytic response. */
#ifndef FE_EST_SIMULATE_H
#define FE_EST_SIMULATE_H
#include <stdbool.h>
#include <stddef.h>
#include "phys/spectrum.h"
#include "types/dataset.h"

typedef struct fe_response {        /* built-in analytic response: documented in fe-simulate(1)         */
    double e_min_TeV, e_max_TeV;    /* reconstructed axis                                               */
    size_t bins_per_decade, true_bins_per_decade;
    double aeff_cm2, aeff_knee_TeV; /* A(E) = aeff (E/knee)^2 / (1 + (E/knee)^2)                        */
    double resolution;              /* sigma of ln(E_reco/E_true): log-normal, bias 0                   */
    double bkg_rate_s, bkg_index;   /* background in the ON region above e_min: rate and power law      */
} fe_response;
fe_response fe_response_default(void);

/* A dataset with response and expected background alpha n_off of the response; counts still 0. */
fe_dataset *fe_simulate_response(const fe_response *, double livetime_s, double alpha);

/*
 * Fill counts and n_off from npred and expected background mu_bkg[n_e] (ON region): Poisson draws of stream (seed, index), or
 * the expectation itself (asimov).
 */
void fe_simulate_counts(fe_dataset *, const double *npred, const double *mu_bkg, unsigned long seed, size_t index,
                        bool asimov);
#endif
