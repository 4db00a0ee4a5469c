/* simulate.h -- datasets with drawn or Asimov counts. */
#ifndef FE_EST_SIMULATE_H
#define FE_EST_SIMULATE_H
#include <stdbool.h>
#include <stddef.h>
#include "base/err.h"
#include "est/response.h"
#include "types/dataset.h"
#include "types/model.h"

/* Expected background of a measured dataset, [n_e], ON region: alpha n_off, or the known background. */
void fe_simulate_background(const fe_dataset *, double *mu_bkg);

/* Another livetime: exposure and expected background go with it. */
int fe_simulate_set_livetime(fe_dataset *, double livetime_s, fe_err *err) FE_RESULT;

/* An OFF region of constant alpha, acceptances 1 and 1/alpha; the expected background stays. */
void fe_simulate_set_alpha(fe_dataset *, double alpha);

/*
 * A measured dataset as it is to be simulated: another livetime and alpha (NaN: its own), and its expected background
 * mu_bkg[n_e], that of a built-in response or (NULL) what was measured.
 */
int fe_simulate_prepare(fe_dataset *, double livetime_s, double alpha, const fe_response *background, double *mu_bkg,
                        fe_err *err) FE_RESULT;

/* One interval of the dataset's livetime from mjd_start (TT). */
void fe_simulate_set_time(fe_dataset *, double mjd_start);

/*
 * Fill counts and n_off from npred and expected background mu_bkg[n_e] (ON region): Poisson draws of stream
 * (seed, index), or the expectation itself (asimov). Expected OFF counts are mu_bkg / alpha, none where alpha is 0.
 * A dataset without alpha (Cash) gets mu_bkg as its known background.
 * Streams: GSL's mt19937 with a 32-bit seed that is different for every index of one seed; channel by channel, ON then
 * OFF.
 */
void fe_simulate_counts(fe_dataset *, const double *npred, const double *mu_bkg, unsigned long seed, size_t index,
                        bool asimov);

/* Runs drawn from one response: counts of the sum of the models at norm 1, and of the background. */
typedef struct fe_simulation {
    const fe_models *models;
    const double *mu_bkg;           /* [n_e] ON region                                                  */
    size_t n_runs, first_index;     /* run k draws from stream (seed, first_index + k)                  */
    unsigned long seed;
    bool asimov;
    double mjd_start;               /* of run 0 (TT); NaN: the dataset keeps its times                  */
    double step_s;                  /* from the start of a run to the next; NaN: the livetime           */
} fe_simulation;

/* Fills d with the counts of one run after another and hands it to put, which returns 0, or -1 with err to end. */
int fe_simulate_runs(fe_dataset *d, const fe_simulation *, int (*put)(void *ctx, fe_dataset *d, size_t k, fe_err *err),
                     void *ctx, fe_err *err) FE_RESULT;
#endif
