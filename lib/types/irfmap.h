/* irfmap.h -- point spread function or energy dispersion, also where it changes over the field of view.
 *
 * Values lie on a coarse sky grid of their own (geom NULL: the same everywhere).  Evaluation: nearest sky pixel for energy
 * dispersion, bilinear for the PSF (algorithms 6.2, 6.3; ../shared references name the cases).
 */
#ifndef FE_TYPES_IRFMAP_H
#define FE_TYPES_IRFMAP_H
#include <stdbool.h>
#include <stddef.h>
#include "types/geom.h"
#include "types/irf.h"

typedef enum fe_irfkind {
    FE_IRF_PSF,                     /* axis: distance from the source, deg; value sr-1                   */
    FE_IRF_EDISP_MIGRA,             /* axis: E_reco / E_true; value dP/dmigra                            */
    FE_IRF_EDISP_KERNEL             /* axis: reconstructed energy, TeV; value probability of the channel */
} fe_irfkind;

typedef struct fe_irfmap {
    fe_irfkind kind;
    bool reco;                      /* PSF: the energy axis is the reconstructed one (HAWC)             */
    fe_geom *geom;                  /* owned share; NULL: one sky pixel, everywhere the same            */
    bool turned;                    /* one of geom and the map it belongs to is galactic, the other is not */
    size_t n_e, n_axis, ny, nx;
    double *e_edge_TeV;             /* [n_e + 1]                                                        */
    double *e_node_TeV;             /* [n_e] where the values are: nodes of a node axis, else sqrt(lo hi) */
    double *axis_edge;              /* [n_axis + 1]                                                     */
    double *axis_node;              /* [n_axis]                                                         */
    double *value;                  /* [n_e][n_axis][ny][nx]                                            */
    double *exposure_cm2_s;         /* [n_e][ny][nx] to weigh with when stacking and to find valid pixels; or NULL */
} fe_irfmap;

fe_irfmap *fe_irfmap_new(fe_irfkind, size_t n_e, size_t n_axis, size_t ny, size_t nx);      /* values 0, exposure NULL */
void fe_irfmap_free(fe_irfmap *);
/* One dispersion everywhere, as a kernel map of one pixel. */
fe_irfmap *fe_irfmap_of_edisp(const fe_edisp *, const double *true_edge_TeV, const double *reco_edge_TeV);
/* The kind and axes of another on the pixels of geom (NULL: one pixel, everywhere the same): values and exposure 0. */
fe_irfmap *fe_irfmap_like(const fe_irfmap *, fe_geom *geom);

/*
 * Energy dispersion at a place (deg, frame of the map it belongs to) for true bins and channels.  A kernel map must have these channels
 * (1e-5) and true bins; a migra map is integrated (algorithms 6.2).  NULL with err.
 */
fe_edisp *fe_irfmap_edisp(const fe_irfmap *, double lon_deg, double lat_deg, size_t n_true, const double *true_edge_TeV,
                          size_t n_reco, const double *reco_edge_TeV, fe_err *err);

/*
 * out[n_axis]: the PSF (sr-1) at a place and energy: linear in ln E between nodes (constant beyond them), bilinear on the sky;
 * where there is no exposure that of the nearest pixel that has some.
 */
void fe_irfmap_psf(const fe_irfmap *, double lon_deg, double lat_deg, double e_TeV, double *out_sr_1);
#endif
