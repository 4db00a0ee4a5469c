/* reduce.h -- a region of a map dataset as a spectrum dataset (algorithms 13): counts and backgrounds summed over its pixels.
 *
 * Exposure is the mean over the pixels, energy dispersion that at a place; masked pixels are left out of the sums channel by channel.
 * alpha is that with which alpha n_off is the summed background (without OFF counts the ratio of summed acceptances).  No
 * containment is applied: the flux is of the region, and a model there is flat over it.
 */
#ifndef FE_EST_REDUCE_H
#define FE_EST_REDUCE_H
#include "types/dataset.h"

/*
 * in_region[ny][nx]; lon, lat (frame of the map): where the dispersion is taken.  NULL with err: no pixel in the region, or a
 * dispersion that does not fit.
 */
fe_dataset *fe_dataset_reduce(const fe_dataset *, const bool *in_region, double lon_deg, double lat_deg, fe_err *err);
#endif
