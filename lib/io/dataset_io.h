/* dataset_io.h -- gammapy's datasets in one FITS file (formats 3): SpectrumDataset, MapDataset, and both with OFF counts.
 *
 * HDUs by name: COUNTS, EXPOSURE, BACKGROUND or COUNTS_OFF with ACCEPTANCE and ACCEPTANCE_OFF, EDISP, PSF, MASK_SAFE, MASK_FIT, GTI,
 * META_TABLE.  Recognised by content.  BACKGROUND is a known expectation: Cash.  A bin is used where both masks allow it.
 */
#ifndef FE_IO_DATASET_IO_H
#define FE_IO_DATASET_IO_H
#include <stdbool.h>
#include "base/str.h"
#include "io/stream.h"
#include "types/dataset.h"

bool fe_dataset_sniff(const fe_bytes *);
/* The edisp of a map is that at its centre. */
int fe_dataset_read(const fe_bytes *, fe_dataset **out, fe_err *err) FE_RESULT;
/* Names, times, and in meta what META_TABLE says; the maps are not looked at.  Also of a counts cube (io/fermi_io). */
int fe_dataset_get_info(const fe_bytes *, fe_dataset_info *out, fe_err *err) FE_RESULT;

/* A spectrum as such a file, the same bytes every time; `history`: with a PROV table. -1 (FE_EDATA): it is a map. */
int fe_dataset_print(const fe_dataset *, bool history, fe_str *out, fe_err *err) FE_RESULT;

typedef struct fe_dataset_output {
    const char *dir, *name;         /* DIR/NAME.fits                                                    */
    bool force, history;
} fe_dataset_output;

/* Spectra and maps; a map is written plane by plane. */
int fe_dataset_write(const fe_dataset *, const fe_dataset_output *, fe_err *err) FE_RESULT;
char *fe_dataset_path(const fe_dataset_output *);                   /* the caller frees                 */
bool fe_dataset_is_known_bkg(const fe_dataset *);                   /* or a map: which OGIP files cannot hold */
#endif
