/* plan_bands.h -- energy bands on the axis of a dataset: asked edges are moved to the nearest data edges. */
#ifndef FE_EST_PLAN_BANDS_H
#define FE_EST_PLAN_BANDS_H
#include "est/plan.h"

typedef struct fe_bands {
    size_t n;                       /* bands; 0 = not known before the first dataset (edges "all")      */
    double *edge_TeV;               /* [n + 1] as asked                                                 */
    bool from_data;                 /* edges "all"                                                      */
    bool exact;                     /* refuse to move an edge                                           */
    size_t n_e;                     /* axis of the dataset that was placed last                         */
    double *axis_TeV;               /* [n_e + 1]                                                        */
    size_t *first, *last;           /* [n] channels [first, last) of it; equal: it takes no part        */
} fe_bands;

int fe_bands_start(fe_bands *, const fe_plan *, fe_err *err) FE_RESULT;
void fe_bands_free(fe_bands *);
/* Find the channels of a dataset; an axis like the one before costs nothing.  Says what was moved or left out. */
int fe_bands_place(fe_bands *, const fe_dataset *, fe_err *err) FE_RESULT;
#endif
