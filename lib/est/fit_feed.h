/* fit_feed.h -- data of a global fit as tools have them: feeds of spectra, tables of estimates; a range of energies. */
#ifndef FE_EST_FIT_FEED_H
#define FE_EST_FIT_FEED_H
#include <stdbool.h>
#include "est/fit.h"
#include "est/fit_points.h"
#include "phys/energy.h"
#include "types/estimate.h"
#include "types/feed.h"

typedef struct fe_fit_request {
    const fe_models *models;        /* those the fit was made of; temporal models multiply their sources    */
    const fe_edges *edges;          /* its lowest and highest edge are the range; or all of the data        */
    bool exact_edges;               /* refuse edges that are not data edges                                 */
    bool stack;                     /* spectra: add them into one                                           */
    bool free_background;           /* spectra: as the fit was told; refused where there is no known one    */
    bool multi_instrument;          /* spectra: of several telescopes are taken together                    */
    bool skip_bad;                  /* spectra: go on where one cannot be read                              */
    bool gammapy;                   /* points: the limits of gammapy 2.1                                    */
    fe_points_stat stat;            /* points                                                               */
} fe_fit_request;

/* Datasets member[0 .. n) of a feed, one after another: channels that lie in the range, whose ends move to their edges. */
int fe_fit_add_feed(fe_fit *, const fe_feed *, size_t n, const size_t *member, const fe_fit_request *,
                    fe_err *err) FE_RESULT;

/*
 * Rows of a table whose energies lie in the range.  Types with a value at e_ref are taken there (as dnde); `flux` as the mean
 * of the model in the band.  The table is converted.
 */
int fe_fit_add_estimate(fe_fit *, fe_estimate *, const fe_fit_request *, fe_err *err) FE_RESULT;
#endif
