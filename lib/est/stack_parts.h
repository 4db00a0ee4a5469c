/* stack_parts.h -- between stack.c and stack_map.c only: pixels of the sum, and responses on a sky grid. */
#ifndef FE_EST_STACK_PARTS_H
#define FE_EST_STACK_PARTS_H
#include "types/dataset.h"

typedef struct fe_overlap {         /* pixels that the sum and a map share                              */
    size_t x0, y0, nx, ny;          /* in the sum                                                       */
    long dx, dy;                    /* pixel (x, y) of the sum is (x - dx, y - dy) of the map           */
} fe_overlap;

/* Pixel (0, 0) of the sum is that of a spectrum. -1 (FE_EDATA): the pixels of d are others, or elsewhere. */
int fe_overlap_of_maps(fe_geom *sum, const char *sum_name, const fe_dataset *d, fe_overlap *out, fe_err *err) FE_RESULT;

/* Float32 rounding of the same edge. */
bool fe_stack_same_edges(const double *a, const double *b, size_t n);

/* The dispersion of a dataset as a map; *own (caller frees) is set where it was made for this. */
const fe_irfmap *fe_stack_edisp(const fe_dataset *, fe_irfmap **own);
/* Without values, on the grid of p and as far as the pixels of `sum` go. */
fe_irfmap *fe_stack_irf_start(const fe_irfmap *p, const fe_dataset *d, fe_geom *sum);
/* -1 (FE_EDATA): a response cannot be added to that of the sum, because of its axes or pixels; either may be NULL. */
int fe_stack_irf_check(const fe_irfmap *sum, const char *sum_name, const fe_irfmap *p, const fe_dataset *d, fe_err *err) FE_RESULT;
/* sum += exposure x value where d is used; used[n_e][ny][nx] says where. */
void fe_stack_irf_add(fe_irfmap *sum, const fe_irfmap *p, const fe_dataset *d, const bool *used);
void fe_stack_irf_finish(fe_irfmap *sum);           /* sums -> means                                    */
#endif
