/* sensitivity.h -- the flux that a dataset would just show in each band (algorithms 14): what must be there to be seen. */
#ifndef FE_EST_SENSITIVITY_H
#define FE_EST_SENSITIVITY_H
#include "base/arena.h"
#include "phys/spectrum.h"
#include "est/plan.h"
#include "types/dataset.h"
#include "types/estimate.h"

typedef struct fe_sensitivity_request {
    double n_sigma;                 /* significance of the excess over the expected background          */
    double min_counts;              /* excess at least so many counts                                   */
    double bkg_syst;                /* and this fraction of the background                              */
} fe_sensitivity_request;

typedef struct fe_sensitivity {     /* one band; NaN where it has no meaning                            */
    double e_min_TeV, e_max_TeV, e_ref_TeV;
    double excess, background;      /* counts: needed, expected                                         */
    double norm;                    /* of the model: excess / predicted                                 */
    double dnde, e2dnde, flux, eflux;       /* norm times the model; internal units                     */
    const char *criterion;          /* "significance", "gamma" (min_counts), "bkg" (bkg_syst); "" none  */
    unsigned status;                /* fe_status bits of types/estimate.h                               */
} fe_sensitivity;

fe_sensitivity_request fe_sensitivity_request_default(void);        /* 5 sigma, 10 counts, 5 %          */

/* Excess over a background b, or over alpha n_off measured with n_off counts, that has n_sigma; NaN for negative input. */
double fe_sensitivity_excess_cash(double b, double n_sigma);
double fe_sensitivity_excess_wstat(double n_off, double alpha, double n_sigma);

/* Bands are channels [first[k], last[k]) of a spectrum dataset, summed; its background is alpha n_off, or the known one. */
void fe_sensitivity_bands(const fe_dataset *, const fe_spectrum *, const fe_sensitivity_request *, size_t n_bands,
                          const size_t *first, const size_t *last, fe_arena *scratch, fe_sensitivity *out);

/*
 * In the bands of a plan (edges, exact_edges) as a table of type e2dnde: its value, background, status, columns excess and criterion;
 * a band outside the data is EMPTY.  The amplitude of the model has no influence.
 */
int fe_sensitivity_table(const fe_dataset *, const fe_plan *, const fe_model *, const fe_sensitivity_request *, fe_estimate **out,
                         fe_err *err) FE_RESULT;
#endif
