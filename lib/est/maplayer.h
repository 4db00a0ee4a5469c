/* maplayer.h -- what the fits of a TS map run over: a plane of counts, its background, and what a source in each pixel would add.
 *
 * A source at pixel p with norm 1 adds m(q) = sum_j K_j(q - p) X_j(q) to pixel q: K_j the kernel of channel j, X_j the counts there
 * if the whole flux were in pixel q (algorithms 11.4).  Where channels are summed, K_j and X_j are not: that is the right weight of
 * each channel.  gammapy 2.1 takes X(q) sum_j K_j M_j / sum_j M_j, the mean of the kernels of the channels in use.
 * The fractions X_j / X of all channels are combinations of a few maps (terms), found by elimination until less than 1e-4 is left, so
 * that m(q) = sum_t K_t(q - p) W_t(q) with one term where the spectrum of the exposure is the same everywhere.
 */
#ifndef FE_EST_MAPLAYER_H
#define FE_EST_MAPLAYER_H
#include <stdbool.h>
#include <stdint.h>
#include "est/map_sums.h"
#include "est/mapband.h"
#include "est/psf_kernel.h"

typedef struct fe_maplayer {
    const fe_mapband *band;
    size_t at;                      /* plane of the band                                                */
    size_t ny, nx, side, half;      /* half = side / 2                                                  */
    const double *counts, *background;      /* [ny][nx] of the band                                     */
    fe_map_plane plane;
    double *kernel, *weight, *per_b;        /* of the plane                                             */
    double *stat_null;              /* [ny][nx] Cash statistic at norm 0; NULL for OFF counts           */
    uint32_t *before;               /* [ny][nx + 1] pixels with counts before this one                  */
    uint32_t *column;               /* of pixels with counts: [i] of the map                            */
    double *n, *w;                  /* [i] counts; [i][n_terms] W / b; infinite: no background          */
} fe_maplayer;

/* Plane `at` of a band (it must outlive the layer); kernels of the channels of the band. */
void fe_maplayer_make(const fe_mapband *, size_t at, const fe_kernels *, bool as_gammapy, fe_maplayer *out);
void fe_maplayer_free(fe_maplayer *);

/* m of a pixel under the kernel: (k, l) from the upper left corner of the kernel of trial pixel (x, y). */
double fe_maplayer_signal(const fe_maplayer *, size_t x, size_t y, size_t k, size_t l);
#endif
