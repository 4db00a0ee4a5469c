/* fluxmap.h -- flux maps as one file, as gammapy's FluxMaps: an image for each quantity, model, good times, provenance.
 *
 * In memory a map is an estimate whose rows are pixels: band after band, in each the pixels in the order of the images (x fastest).
 * A file is written band by band, so that memory holds one of them.
 */
#ifndef FE_IO_FLUXMAP_H
#define FE_IO_FLUXMAP_H
#include <stdbool.h>
#include "types/estimate.h"
#include "types/geom.h"
#include "types/scanlist.h"

typedef struct fe_fluxmap fe_fluxmap;

typedef struct fe_fluxmap_head {
    const fe_geom *geom;
    size_t n_bands;
    const double *edge_TeV;         /* [n_bands + 1] each band begins where the one before ends         */
    const char *unit;               /* of the flux images; NULL: canonical                              */
    bool as_float;                  /* half as large                                                    */
    bool force, history;
} fe_fluxmap_head;

/*
 * Begin a file (path NULL or "-": standard output).  What is absent in `like` (arrays of its type's family, quantities) is not written;
 * its settings go into the header.
 */
fe_fluxmap *fe_fluxmap_create(const char *path, const fe_fluxmap_head *, const fe_estimate *like, fe_err *err);
/* Rows first_row ... of the estimate are the pixels of a band; bands in any order, each once. */
int fe_fluxmap_put(fe_fluxmap *, size_t band, const fe_estimate *, size_t first_row, fe_err *err) FE_RESULT;
/*
 * Scans of some pixels, as the tables SCANDATA (a row for each pixel that has one, PIX its number in the images, dloglike_scan and
 * norm_scan [n_norm] of each band) and EBOUNDS of the GADF likelihood cube; nothing without scans.
 */
int fe_fluxmap_put_scans(fe_fluxmap *, const fe_scanlist *, fe_err *err) FE_RESULT;
/* Model and good times of `like`; the file gets its name, and FILE_model.yaml beside it (gammapy looks for that).  Frees. */
int fe_fluxmap_close(fe_fluxmap *, const fe_estimate *like, fe_err *err) FE_RESULT;
void fe_fluxmap_drop(fe_fluxmap *);
#endif
