/* background.h -- background models of a models file, put into the known background of a dataset. */
#ifndef FE_TYPES_BACKGROUND_H
#define FE_TYPES_BACKGROUND_H
#include "types/model.h"

/*
 * background *= factor of FoVBackgroundModel at the logarithmic centre of each reconstructed bin; then cubes of counts
 * (TemplateNPredModel) join it, times their factor at the centres of their own bins.  models NULL: nothing.
 *
 * Once for a dataset, and before parts are taken from it; only_fixed: by those of which nothing is free, for a fit moves the others.
 * -1: a cube on other pixels or bins, or for a dataset that is no map or has OFF counts.
 */
int fe_background_apply(const fe_models *, bool only_fixed, fe_dataset *, fe_err *err) FE_RESULT;
#endif
