/* tsmap.h -- TS maps: in every pixel of a map, the norm of a source that stands there (algorithms 11, architecture 4).
 *
 * One call makes one energy band, as rows of an estimate: the pixels of the window, x fastest; NaN where nothing was fitted.  A pixel
 * depends on what lies under its kernel alone, and on no other pixel's result: windows, threads and instruction sets give the same
 * bits.  Cash sets without nuisances take the short way: the sums of est/map_sums.h over the pixels with counts, roots by
 * bracketed Halley steps; OFF counts, a free background and scans go through est/norm.h.
 */
#ifndef FE_EST_TSMAP_H
#define FE_EST_TSMAP_H
#include <stdbool.h>
#include "est/map_sums.h"
#include "est/norm.h"
#include "types/dataset.h"
#include "types/estimate.h"
#include "types/model.h"
#include "types/scanlist.h"

typedef struct fe_tsmap_set {       /* a dataset's share of a band; all have the same pixels            */
    const fe_dataset *dataset;
    const double *others;           /* [n_e][ny][nx] counts of other sources, or NULL                   */
    size_t first, last;             /* channels of the band; equal: it takes no part                    */
} fe_tsmap_set;

typedef struct fe_tsmap_request {
    fe_norm_request norm;
    const fe_model *model;          /* spectrum and shape of what is sought                             */
    double kernel_width_deg;        /* NaN: wide enough for PSF and shape                               */
    bool no_psf, at_centres;        /* see fe_kernel_request                                            */
    bool cube;                      /* fit the channels of a band as they are, not their sum            */
    bool free_bkg;                  /* refit a norm of the background in each pixel                     */
    bool as_gammapy;                /* kernel, weights and exposure pixel of gammapy 2.1                */
    size_t x0, y0, nx, ny;          /* window                                                           */
    const bool *mask;               /* [ny][nx] of the map: data to be used; NULL: all                  */
    const bool *wanted;             /* [ny][nx] of the map: pixels to be fitted; NULL: all              */
    double scan_min;                /* scans where sqrt_ts is at least this (norm.want_scan)            */
    bool skip_member[FE_MEMBER_N], skip[FE_Q_N];        /* what is not to be kept                       */
    int n_threads;
    const fe_map_loops *loops;      /* NULL: the widest of this CPU                                     */
} fe_tsmap_request;

typedef struct fe_tsmap_work {      /* what was done, for -v and tests; added up over bands             */
    size_t n_pixels;                /* fitted                                                           */
    size_t n_bound;                 /* with the best norm at the positivity bound                       */
    size_t n_failed;                /* NOCONV                                                           */
    size_t n_counts;                /* pixels with counts under the kernels of all of them              */
    size_t kernel_side;             /* of the last band                                                 */
    long n_eval;
} fe_tsmap_work;

/* New rows for band `number`, and its scans, which join those that are there (NULL: none asked).  -1: no kernel. */
int fe_tsmap_band(size_t n_sets, const fe_tsmap_set *, const fe_tsmap_request *, size_t number, fe_estimate *out, fe_scanlist *scans,
                  fe_tsmap_work *, fe_err *err) FE_RESULT;

/* Bytes that a band of so many channels needs beside the datasets, for --dry-run. */
double fe_tsmap_bytes(size_t n_sets, const fe_tsmap_set *, const fe_tsmap_request *);
#endif
