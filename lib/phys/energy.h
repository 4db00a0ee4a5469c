/* energy.h -- the little language of energy edges, and axes of energy bins.  All energies in TeV.
 *
 * Edges: "0.3,1,3,10TeV" | "300GeV,1TeV" | "1:10TeV" | "0.5:50TeV:10" (log bins) | "0.5:50TeV:5/dec" | "all" |
 * "min-sig=3" | "min-counts=20".  "@FILE" is expanded by the caller (io) into a list before it gets here.
 */
#ifndef FE_PHYS_ENERGY_H
#define FE_PHYS_ENERGY_H
#include <stdbool.h>
#include <stddef.h>
#include "base/err.h"

typedef enum fe_edges_kind { FE_EDGES_LIST, FE_EDGES_ALL, FE_EDGES_MIN_SIG, FE_EDGES_MIN_COUNTS } fe_edges_kind;

typedef struct fe_edges {
    fe_edges_kind kind;
    double threshold;           /* of MIN_SIG, MIN_COUNTS                                              */
    size_t n_bins;              /* LIST: edge[0 .. n_bins]                                             */
    double *edge_TeV;           /* owned; ascending                                                    */
} fe_edges;

int fe_edges_parse(const char *text, fe_edges *edges, fe_err *err) FE_RESULT;
void fe_edges_free(fe_edges *edges);
int fe_edges_whole(fe_edges *);                                 /* one band from 0 to infinity: all of the data  */
int fe_edges_span(const fe_edges *list, fe_edges *one);         /* one band from the first edge to the last      */

/*
 * Index of the axis edge nearest to e in log energy, half way to even: round_half_even of the coordinate, as gammapy's
 * slicing does (algorithms 7.2); e below or above the axis goes to its first or last edge.
 * axis[0..n_bins] ascending, positive (a first edge at 0 is treated as half the second).
 */
size_t fe_edge_nearest(const double *axis_TeV, size_t n_bins, double e_TeV);

/* |a - b| <= 1e-6 relative: the same edge up to float32 rounding. */
bool fe_edge_same(double a_TeV, double b_TeV);
#endif
