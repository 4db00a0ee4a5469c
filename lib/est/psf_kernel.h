/* psf_kernel.h -- the point spread function on the pixels of a map: one kernel per energy, each of sum 1.
 *
 * Recipe (algorithms 6.3): in each energy a box of odd width 2 r_999, pixels divided into f x f with f = min(ceil(12 pixel /
 * (2 r_68)), 4), the profile linear in the distance between its nodes, cells summed, brought to sum 1.
 */
#ifndef FE_EST_PSF_KERNEL_H
#define FE_EST_PSF_KERNEL_H
#include <stdbool.h>
#include <stddef.h>
#include "types/irfmap.h"

typedef struct fe_kernels {         /* one for each energy, in boxes of the same size                   */
    size_t n_e, n;                  /* n x n pixels, odd                                                */
    double *value;                  /* [n_e][n][n]; a plane of zeros: nothing known there               */
    size_t *side;                   /* [n_e] of the box, centred, outside of which there is nothing; 0: nothing at all */
} fe_kernels;

void fe_kernels_free(fe_kernels *);
/* Odd number of pixels for a width: 2 (ceil(width / pixel) / 2) + 1 with whole division: 1 deg of 0.05 deg: 21. */
size_t fe_kernel_side(double width_deg, double pixel_deg);
int fe_kernel_check_size(size_t nx, size_t ny, size_t n_e, fe_err *err) FE_RESULT;      /* -1 (FE_EDATA): more than can be held */
/* n x n pixels as those of a map around a place (its frame), which is in the centre of the central one; NULL: no such place. */
fe_geom *fe_kernel_geom(fe_geom *map, double lon_deg, double lat_deg, size_t n, fe_err *err);

/* Radius that holds a fraction of the profile at a place and energy; 0 when it holds nothing. */
double fe_psf_radius(const fe_irfmap *psf, double lon_deg, double lat_deg, double e_TeV, double fraction);

/*
 * Kernels at a place (frame of the map) for energies; as_gammapy: energies behind the last node of the PSF stay empty, as gammapy
 * 2.1 leaves them.  -1: nothing in any energy.
 */
int fe_psf_kernels(const fe_irfmap *psf, fe_geom *map, double lon_deg, double lat_deg, size_t n_e, const double *e_TeV,
                   bool as_gammapy, fe_kernels *out, fe_err *err) FE_RESULT;
#endif
