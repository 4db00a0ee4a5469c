/* excess.h -- excess maps: in every pixel, the counts of a circle against what is expected there (algorithms 3, 12).
 *
 * n = sum N, b = sum B over the pixels of the circle that are in use (x^2 + y^2 <= (radius / pixel)^2 around the centre of the pixel);
 * the norm is (n - b) / X, X the mean expected excess under the circle: the flux of a source that lies in the circle as a whole.
 * Cash where the background is known, WStat (Li & Ma 1983, ApJ 272, 317, eq. 17, is its ts) where it was counted.
 */
#ifndef FE_EST_EXCESS_H
#define FE_EST_EXCESS_H
#include <stdbool.h>
#include "est/norm.h"
#include "types/dataset.h"
#include "types/estimate.h"
#include "types/model.h"

typedef struct fe_excess_set {      /* a dataset's share of a band; their counts are added              */
    const fe_dataset *dataset;
    const double *others;           /* [n_e][ny][nx] counts of other sources, or NULL                   */
    size_t first, last;             /* channels of the band; equal: it takes no part                    */
} fe_excess_set;

typedef struct fe_excess_request {
    fe_norm_request norm;
    const fe_model *model;          /* its spectrum                                                     */
    double radius_deg;
    bool correlate_off;             /* OFF counts are summed over the circle as well; else those of the pixel hold for it */
    bool psf_correct;               /* the flux of a point source, part of which lies outside the circle */
    bool as_gammapy;
    size_t x0, y0, nx, ny;          /* window                                                           */
    const bool *mask;               /* [ny][nx] of the map: data to be used; NULL: all                  */
    bool skip_member[FE_MEMBER_N], skip[FE_Q_N];        /* what is not to be kept                       */
    int n_threads;
} fe_excess_request;

typedef struct fe_excess_work { size_t n_pixels, circle, n_failed; } fe_excess_work;       /* circle: pixels of it */

/* New rows for a band: the pixels of the window, x fastest, NaN where the map is not in use. */
int fe_excess_band(size_t n_sets, const fe_excess_set *, const fe_excess_request *, fe_estimate *out, fe_excess_work *,
                   fe_err *err) FE_RESULT;

/*
 * excess_cash.c: n counts over b known ones, norm 1 being x counts: everything in closed form or by Newton's steps on one
 * equation, the same as the norm solver's for one bin.  Distances from n to where the statistic has risen depend on n alone: the cache
 * (may be NULL) keeps them for small whole n, of one request.
 */
enum { FE_EXCESS_CACHED = 4096 };
typedef struct fe_excess_cache {    /* zeros: not known yet                                             */
    double up[FE_EXCESS_CACHED], down[FE_EXCESS_CACHED], limit[FE_EXCESS_CACHED];
} fe_excess_cache;

void fe_excess_cash(double n, double b, double x, const fe_norm_request *, bool as_gammapy, fe_excess_cache *, fe_norm *out);
#endif
