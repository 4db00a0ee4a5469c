/* ogip.h -- OGIP spectra: PHA (type I and II) with BKG, ARF, RMF -> datasets, and back.
 *
 * Sources: OGIP/92-007 (PHA), CAL/GEN/92-002 (ARF, RMF); formats.md 4 for what gammapy writes and what occurs in the wild.
 * alpha = (EXP_on BACKSCAL_on AREASCAL_on) / (EXP_off BACKSCAL_off AREASCAL_off) per channel; QUALITY != 0 masks a channel.
 */
#ifndef FE_IO_OGIP_H
#define FE_IO_OGIP_H
#include "io/stream.h"
#include "types/dataset.h"
#include "types/feed.h"

typedef struct fe_ogip_cache fe_ogip_cache;     /* ARF and RMF read once: by device, inode, mtime       */

bool fe_ogip_is_pha(const fe_bytes *);
/* All spectra of a PHA file (type II has several): appended to list. */
int fe_ogip_read(const char *path, fe_ogip_cache *, fe_dataset **out, size_t row, fe_err *err) FE_RESULT;

/* A feed over PHA files; type II rows count as datasets of their own. */
fe_feed *fe_ogip_feed_new(size_t n, char *const *path, fe_err *err);
void fe_ogip_feed_free(fe_feed *);

/* dir/pha_obsNAME.fits with _bkg, _arf, _rmf beside it; existing files need force. */
int fe_ogip_write(const fe_dataset *, const char *dir, const char *name, bool force, fe_err *err) FE_RESULT;
#endif
