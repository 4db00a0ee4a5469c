/* predict.h -- what a source predicts in the pixels and channels of a map dataset (algorithms 6.4).
 *
 *     npred_j(q) = sum_i [PSF_i * S](q) exposure_i(q) int_i phi dE R_ij          S: spatial model, integrated over pixels
 *
 * With a PSF in reconstructed energies (HAWC) it comes last: npred_j = PSF_j * [sum_i S exposure_i int_i phi dE R_ij].
 */
#ifndef FE_EST_PREDICT_H
#define FE_EST_PREDICT_H
#include <stdbool.h>
#include "est/psf_kernel.h"
#include "types/dataset.h"
#include "types/model.h"

typedef struct fe_patch {           /* part of a map: pixel (x, y) of it is (x0 + x, y0 + y) of the map */
    size_t x0, y0, nx, ny, n_e;     /* nx = ny = 0: nothing on the map                                  */
    double *npred;                  /* [n_e][ny][nx]                                                    */
} fe_patch;

void fe_patch_free(fe_patch *);
/* map[n_e][map_ny][map_nx] += norm * patch */
void fe_patch_add(const fe_patch *, double norm, size_t map_ny, size_t map_nx, double *map);

/* The source at norm 1.  -1: it has no place, a template that cannot be read, or an energy dispersion that does not fit. */
int fe_predict_source(const fe_dataset *, const fe_model *, bool as_gammapy, fe_patch *out, fe_err *err) FE_RESULT;

/*
 * The source with a flux of 1 cm-2 s-1 in true bin i and none in the others, for one i after another; those that no channel sees
 * are passed over.  The patch, of the same pixels every time, is the callee's no longer than the call.
 */
int fe_predict_images(const fe_dataset *, const fe_model *, bool as_gammapy, void (*take)(void *ctx, size_t i, const fe_patch *),
                      void *ctx, fe_err *err) FE_RESULT;

/* out[last - first][ny][nx], channels [first, last): the full flux in every pixel, no PSF: its exposure, dispersion of the dataset. */
void fe_predict_flat(const fe_dataset *, const fe_spectrum *, bool as_gammapy, size_t first, size_t last, double *out);

typedef struct fe_kernel_request {
    const fe_model *model;
    size_t first, last;             /* channels                                                         */
    double width_deg;               /* NaN: wide enough for PSF and model                               */
    bool no_psf;
    bool at_centres;                /* the shape at the centres of pixels counts, each pixel alike: a disk is a top hat */
    bool as_gammapy;                /* exposure of one pixel; never wider than PSF and model, and sum 1 however narrow */
} fe_kernel_request;

/*
 * Kernels of a TS map: shape of the source in each channel at the centre of the map, n x n pixels, sum 1, or less where
 * the kernel is too narrow for the source (channels without exposure: zeros).
 */
int fe_predict_kernels(const fe_dataset *, const fe_kernel_request *, fe_kernels *out, fe_err *err) FE_RESULT;
#endif
