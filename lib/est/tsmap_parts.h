/* tsmap_parts.h -- inside of TS maps, shared by tsmap.c, tsmap_fit.c and tsmap_norm.c only. */
#ifndef FE_EST_TSMAP_PARTS_H
#define FE_EST_TSMAP_PARTS_H
#include "est/maplayer.h"
#include "est/tsmap.h"

typedef struct fe_pixel_data {      /* what lies under the kernel of a trial pixel                      */
    size_t places;                  /* of the lists: pixels with counts, then zeros, a multiple of FE_LANES */
    const double *n, *u;            /* counts, m / b; 0: no signal                                      */
    size_t n_listed;                /* of these, pixels with counts                                     */
    double u_max;                   /* largest u; 0: no counts where there is signal                    */
    double signal;                  /* sum of m                                                         */
    double norm_min;                /* -min background / m of all pixels                                */
    double counts, background, stat_null;       /* sums over the kernel                                 */
    size_t all;                     /* for the sensitivity: places of lists of all pixels with signal, or 0 */
    const double *all_b, *all_m, *all_u;
} fe_pixel_data;

void fe_pixel_fit(const fe_map_loops *, const fe_norm_request *, const fe_pixel_data *, bool as_gammapy, fe_norm *out);

/* The same by est/norm.h, for anything it can do. */
void fe_pixel_norm(const fe_maplayer *, size_t n_layers, const fe_tsmap_request *, bool want_scan, size_t x, size_t y, fe_arena *,
                   fe_norm *out);
#endif
