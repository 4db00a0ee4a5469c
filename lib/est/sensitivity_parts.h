/* sensitivity_parts.h -- inside of the sensitivity, shared by sensitivity*.c only. */
#ifndef FE_EST_SENSITIVITY_PARTS_H
#define FE_EST_SENSITIVITY_PARTS_H
#include "est/plan_bands.h"
#include "est/sensitivity.h"

fe_sensitivity fe_sensitivity_start(double e_min_TeV, double e_max_TeV);       /* all else missing          */
/* excess, of the significance, and background are there: the criterion, and the model scaled by excess / signal. */
void fe_sensitivity_finish(const fe_sensitivity_request *, const fe_spectrum *, double signal, fe_sensitivity *);

/* ---- sensitivity_map.c ----------------------------------------------------------------------------------------- */

typedef struct fe_sensitivity_maps fe_sensitivity_maps;
fe_sensitivity_maps *fe_sensitivity_maps_new(const fe_models *sources);
void fe_sensitivity_maps_free(fe_sensitivity_maps *);
/* The map may be freed afterwards; bands: placed on it. */
int fe_sensitivity_maps_add(fe_sensitivity_maps *, const fe_dataset *, const fe_bands *, fe_err *err) FE_RESULT;
/* out[bands] */
void fe_sensitivity_maps_solve(fe_sensitivity_maps *, const fe_sensitivity_request *, fe_sensitivity *out);
#endif
