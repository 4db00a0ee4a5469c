/* fold.h -- from a dataset and a model to predicted counts, and to the blocks of a group.
 *
 *     npred_j = sum_i exposure_i int_i phi dE R_ij          (algorithms 6.1)
 */
#ifndef FE_EST_FOLD_H
#define FE_EST_FOLD_H
#include <stdbool.h>
#include "base/arena.h"
#include "est/bins.h"
#include "phys/spectrum.h"
#include "types/dataset.h"

/* npred[n_e] of a spectrum dataset (ny = nx = 1) for the model at norm 1; gammapy_grid: see phys/spectrum.h. */
void fe_fold_spectrum(const fe_dataset *, const fe_spectrum *, bool gammapy_grid, fe_arena *, double *npred);

/* Its two halves, for datasets that share the true axis: flux[n_etrue], the integrals of phi; then npred of them. */
void fe_fold_flux(const fe_dataset *, const fe_spectrum *, bool gammapy_grid, double *flux);
void fe_fold_response(const fe_dataset *, const double *flux, fe_arena *, double *npred);

typedef enum fe_method { FE_METHOD_FOLD, FE_METHOD_EXCESS } fe_method;

typedef struct fe_fold_piece {      /* what one dataset gives to one group                              */
    fe_block block;                 /* arrays in the arena; n_bins 0 when no channel is left            */
    double e_min_eff_TeV, e_max_eff_TeV;    /* of the channels that are not masked; NaN if none         */
    size_t n_used, n_nooff;         /* channels used; channels left out for alpha = 0                   */
    double n_off_sum;
} fe_fold_piece;

/*
 * Bins [first, last) of the dataset as a block: of a spectrum they are channels, of a map the pixels of channels, one channel after
 * another.  FOLD: every unmasked channel stays a bin.  EXCESS: they are summed
 * to one bin (n_on, n_off, s; alpha = sum alpha n_off / sum n_off, and where n_off = 0 the ratio of summed
 * acceptances, so a run keeps the alpha of its channels: algorithms 21, 18a).
 * group_off > 0: neighbouring channels are merged until n_off >= group_off.
 */
void fe_fold_piece_make(const fe_dataset *, const double *npred, size_t first, size_t last, fe_method method,
                        double group_off, fe_arena *, fe_fold_piece *out);

typedef struct fe_fold_beside {     /* what else is predicted in a dataset                              */
    const double *fixed;            /* [n_e] counts of other sources that stay as they are, or NULL     */
    size_t n_shared;
    const double **shared;          /* [n_shared][n_e] counts of other sources, whose norms are refitted */
    bool free_bkg;                  /* the norm of the background is a nuisance of the block            */
    /*
     * One more shared one, d: in every bin d b joins what is predicted, b being the known background or alpha n_off, and
     * (d / F)^2 joins -2 ln L (fe_bins.shared_width): a Gaussian of relative width F on the background of the whole group, as in
     * Dickinson & Conrad, Astropart. Phys. 41 (2013) 17, and Spengler, Astropart. Phys. 67 (2015) 70.
     */
    bool bkg_syst;
} fe_fold_beside;

/*
 * The same where the source is not alone.  FOLD lists only bins that the likelihood must look at one by one, with the same result as if
 * all were listed.  What neither norm nor nuisances move is a constant.  Cash bins without counts are summed up where only the norm
 * acts on them, or where besides it a nuisance scales all that is expected; of these the one that comes to 0 first is listed.  Cash bins
 * without signal, all of whose expectation is scaled, are listed as one.
 */
void fe_fold_piece_make_beside(const fe_dataset *, const double *npred, const fe_fold_beside *, size_t first, size_t last,
                               fe_method method, double group_off, fe_arena *, fe_fold_piece *out);
#endif
