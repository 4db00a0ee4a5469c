/* fluxmap.h -- flux maps as one file, as gammapy's FluxMaps: an image for each quantity, model, good times, provenance.
 *
 * In memory a map is an estimate whose rows are pixels: band after band, in each the pixels in the order of the images (x fastest).
 * A file is written band by band, so that memory holds one of them.
 */
#ifndef FE_IO_FLUXMAP_H
#define FE_IO_FLUXMAP_H
#include <stdbool.h>
#include "io/stream.h"
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

/* ---- reading: fluxmap_read.c ------------------------------------------------------------------------------------- */

struct fe_document;
/* Is it a file of flux maps: images with the names of flux quantities? */
bool fe_fluxmap_is(const struct fe_document *);

typedef struct fe_fluxmap_file fe_fluxmap_file;

/* Ours, and those of gammapy, of any SED type; the model is that in the file, else the file that MODEL names, as it stands or beside. */
fe_fluxmap_file *fe_fluxmap_open(const fe_bytes *, fe_err *err);        /* the bytes must outlive it       */
void fe_fluxmap_free(fe_fluxmap_file *);
fe_geom *fe_fluxmap_geom(const fe_fluxmap_file *);                      /* borrowed                        */
size_t fe_fluxmap_n_bands(const fe_fluxmap_file *);
const double *fe_fluxmap_edges(const fe_fluxmap_file *);                /* [n_bands + 1] TeV               */
const struct fe_document *fe_fluxmap_document(const fe_fluxmap_file *);
/* Without rows: type, model, levels, good times, keywords; the arrays are those that the maps have. */
const fe_estimate *fe_fluxmap_head_of(const fe_fluxmap_file *);
fe_estimate *fe_fluxmap_like(const fe_fluxmap_file *);                  /* its settings, no rows and arrays: for others; caller frees */
/* The pixels of one band as an estimate of its own, with its energies, model and levels; the caller frees. */
int fe_fluxmap_read_band(fe_fluxmap_file *, size_t band, fe_estimate **out, fe_err *err) FE_RESULT;
/* The sparse scans, as they were put, or those of all pixels that gammapy has (empty: none). */
int fe_fluxmap_read_scans(const fe_fluxmap_file *, fe_scanlist *out, fe_err *err) FE_RESULT;
#endif
