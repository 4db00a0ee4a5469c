/* grouping.h -- neighbouring channels of a dataset summed to one, as the GROUPING of a spectrum asks. */
#ifndef FE_TYPES_GROUPING_H
#define FE_TYPES_GROUPING_H
#include <stddef.h>
#include "types/dataset.h"

/*
 * Channel g becomes the sum of channels first[g] .. first[g + 1] - 1; first[0] = 0, first[n_groups] = n_e.  Masked channels are left
 * out of the sums of counts, backgrounds and dispersion, a group of nothing else is masked.  alpha of a group is that with which
 * alpha n_off is the sum of theirs; without OFF counts the ratio of the summed acceptances.  Spectra only (ny = nx = 1).
 */
void fe_dataset_group(fe_dataset *, size_t n_groups, const size_t *first);
#endif
