/* ogip.h -- OGIP spectra: PHA (type I and II) with BKG, ARF, RMF -> datasets, and back.
 *
 * Sources: OGIP/92-007 (PHA), CAL/GEN/92-002 (ARF, RMF); formats.md 4 for what gammapy writes and what occurs in the wild.
 * alpha = (EXP_on BACKSCAL_on AREASCAL_on) / (EXP_off BACKSCAL_off AREASCAL_off) per channel; QUALITY != 0 masks a channel.
 * GROUPING (1 begins a bin, -1 goes on with it): the channels of a bin that are not masked are summed (types/grouping.h).
 */
#ifndef FE_IO_OGIP_H
#define FE_IO_OGIP_H
#include <stdbool.h>
#include "base/opt.h"
#include "base/str.h"
#include "io/stream.h"
#include "types/dataset.h"
#include "types/feed.h"

typedef struct fe_ogip_cache fe_ogip_cache;     /* ARF and RMF read once: by device, inode, size, mtime */

fe_ogip_cache *fe_ogip_cache_new(void);
void fe_ogip_cache_free(fe_ogip_cache *);

bool fe_ogip_is_pha(const fe_bytes *);
/* Spectrum `row` (0-based; 0 of a type I) of a PHA file and what belongs to it; the cache may be NULL. */
int fe_ogip_read(const char *path, fe_ogip_cache *, fe_dataset **out, size_t row, fe_err *err) FE_RESULT;

/*
 * A feed over files of either kind, told apart by content: PHA, and datasets of one file (io/dataset_io); also those that gammapy's
 * datasets files name (io/datasets_io).  Type II rows count as datasets of their own.  A file that cannot be read counts as one, and
 * opening it says why.  The paths are borrowed.  For one thread.
 */
fe_feed *fe_ogip_feed_new(size_t n, char *const *path, fe_err *err);
void fe_ogip_feed_free(fe_feed *);

typedef struct fe_ogip_files {      /* how spectra are read                                             */
    const char *bkg, *arf, *rmf;    /* given by hand, in place of what keywords name; NULL: as they name it */
    bool no_grouping;               /* channels as they are; else GROUPING says which are summed        */
    bool known_bkg;                 /* the background spectrum is an expectation, not counts: Cash      */
    bool maps;                      /* the caller can use maps; else they are refused                   */
} fe_ogip_files;
fe_ogip_files fe_ogip_files_typed(const fe_common *);   /* --bkg --arf --rmf --no-grouping --known-bkg  */

/* The same; a background belongs to one spectrum: -1 (FE_EUSAGE) with several. */
fe_feed *fe_ogip_feed_new_with(size_t n, char *const *path, const fe_ogip_files *, fe_err *err);

/*
 * Append the paths of the files beside a file of data that its datasets are read from, too: what a datasets file names, BKG, ARF and
 * RMF, what lies beside a counts cube.  What cannot be read has none.
 */
void fe_ogip_list_beside(const char *path, fe_strv *out);

/*
 * Writing: DIR/pha_obsNAME.fits, bkg_obsNAME.fits, arf_obsRESPONSE.fits, rmf_obsRESPONSE.fits, the PHA last because it names
 * the others. Counts that are not integers (Asimov sets) are written as D with POISSERR F and a STAT_ERR column.
 * A known background (Cash) has no OGIP form and is refused.
 */
typedef struct fe_ogip_output {
    const char *dir;                /* must exist                                                       */
    const char *name;               /* of the PHA and BKG files                                         */
    const char *response;           /* of the ARF and RMF files; several runs may share them            */
    bool write_response;            /* false: ARF and RMF have been written with an earlier run         */
    bool force;                     /* replace existing files                                           */
    bool history;                   /* PROV table in the PHA                                            */
} fe_ogip_output;

int fe_ogip_write(const fe_dataset *, const fe_ogip_output *, fe_err *err) FE_RESULT;
char *fe_ogip_path(const fe_ogip_output *, const char *kind, const char *name);     /* "pha" -> dir/pha_obsNAME.fits; caller frees */
#endif
