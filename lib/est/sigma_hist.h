/* sigma_hist.h -- how the significances of an excess map are spread where there is no source: mean 0 and width 1, if all is well. */
#ifndef FE_EST_SIGMA_HIST_H
#define FE_EST_SIGMA_HIST_H
#include <stdbool.h>
#include "types/table.h"

typedef struct fe_sigma_hist {      /* start with { 0 }                                                 */
    size_t n, cap;
    double *value;
} fe_sigma_hist;

void fe_sigma_hist_free(fe_sigma_hist *);
/* Significances of pixels; NaN are no significances; used NULL: all. */
void fe_sigma_hist_add(fe_sigma_hist *, size_t n, const double *sqrt_ts, const bool *used);

typedef struct fe_sigma_normal {    /* the normal distribution of largest likelihood                    */
    double mean, width;
    double mean_err, width_err;     /* 1 sigma: width / sqrt(m), width / sqrt(2 m), m = n / circle independent circles */
} fe_sigma_normal;

/* circle: pixels of one, which share their counts. */
fe_sigma_normal fe_sigma_hist_fit(const fe_sigma_hist *, size_t circle);
/* Rows sigma_min, sigma_max, pixels, normal (what the fit expects) in steps of 0.5; MEAN, WIDTH, their errors in the meta. */
fe_table *fe_sigma_hist_table(const fe_sigma_hist *, size_t circle);
#endif
