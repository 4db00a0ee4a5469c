/* sensitivity.h -- the flux that datasets would just show in each band (algorithms 14): what must be there to be seen.
 *
 * A spectrum is summed to one bin for each band.  In maps the source is predicted in the pixels, and its significance is that of the
 * likelihood of all of them; its background is that of one bin which would show it as well,
 *
 *     b = S^2 / sum(s_q^2 / b_q),   S = sum s_q:      TS of a faint source is x^2 sum s_q^2 / b_q = (x S)^2 / b
 *
 * which for an even source over an even background is the sum over its pixels.  Several spectra are added, maps are taken jointly.
 */
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
    char *region;                   /* of a map, or NULL                                                */
} fe_sensitivity;

typedef struct fe_sensitivities {   /* start with {0}                                                   */
    size_t n, cap;
    fe_sensitivity *row;
} fe_sensitivities;

fe_sensitivity_request fe_sensitivity_request_default(void);        /* 5 sigma, 10 counts, 5 %          */

/* Excess over a background b, or over alpha n_off measured with n_off counts, that has n_sigma; NaN for negative input. */
double fe_sensitivity_excess_cash(double b, double n_sigma);
double fe_sensitivity_excess_wstat(double n_off, double alpha, double n_sigma);

/* Bands are channels [first[k], last[k]) of a spectrum dataset, summed; its background is alpha n_off, or the known one. */
void fe_sensitivity_bands(const fe_dataset *, const fe_spectrum *, const fe_sensitivity_request *, size_t n_bands,
                          const size_t *first, const size_t *last, fe_arena *scratch, fe_sensitivity *out);

/*
 * Of datasets member[0 .. n) of a feed together, spectra or maps, in the bands of a plan (edges, exact_edges): a row for each is
 * appended.  A band outside the data is EMPTY.  The first of the sources is the one to be seen, and its amplitude has no influence; in
 * maps the others are part of the background, which models of it scale.  region: name of the rows, or NULL.
 */
int fe_sensitivity_add(fe_sensitivities *, const fe_feed *, size_t n, const size_t *member, const fe_plan *, const fe_models *sources,
                       const fe_sensitivity_request *, const char *region, fe_err *err) FE_RESULT;
void fe_sensitivities_free(fe_sensitivities *);

/* As a table of type e2dnde: its value, background, status, columns excess, criterion, and region where one has it. */
fe_estimate *fe_sensitivity_table(const fe_sensitivities *, const fe_model *, const fe_sensitivity_request *);
#endif
