/* tsmap_parts.h -- inside of TS maps, shared by tsmap.c, tsmap_fit.c and tsmap_norm.c only. */
#ifndef FE_EST_TSMAP_PARTS_H
#define FE_EST_TSMAP_PARTS_H
#include "est/maplayer.h"
#include "est/tsmap.h"

typedef struct fe_pixel_data {      /* what lies under the kernel of a trial pixel                      */
    size_t n;                       /* pixels with counts and signal, with others up to a multiple of FE_LANES */
    const double *count, *r;        /* [n] r = background / signal                                      */
    size_t n_listed;                /* of these, pixels with counts                                     */
    double r_min;                   /* smallest r of them; infinity: none                               */
    double signal;                  /* sum of m                                                         */
    double norm_min;                /* -min background / m of all pixels                                */
    double counts, background, stat_null;       /* sums over the kernel                                 */
    size_t n_all;                   /* for the sensitivity: all pixels with signal ..., or 0            */
    const double *m, *r_all;        /* [n_all]                                                          */
} fe_pixel_data;

void fe_pixel_fit(const fe_map_loops *, const fe_norm_request *, const fe_pixel_data *, bool as_gammapy, fe_norm *out);

/* The same by est/norm.h, for anything it can do. */
void fe_pixel_norm(const fe_maplayer *, size_t n_layers, const fe_tsmap_request *, bool want_scan, size_t x, size_t y, fe_arena *,
                   fe_norm *out);
#endif
