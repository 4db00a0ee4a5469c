/* fits.h -- FITS documents: the only user of fitsio.h besides the OGIP and map readers' column calls in this room. */
#ifndef FE_IO_FITS_H
#define FE_IO_FITS_H
#include <stdbool.h>
#include "base/str.h"
#include "io/stream.h"
#include "types/table.h"

bool fe_fits_sniff(const fe_bytes *);
int fe_fits_read(const fe_bytes *, fe_document **out, fe_err *err) FE_RESULT;   /* every table HDU; images kept raw */
int fe_fits_read_heads(const fe_bytes *, fe_document **out, fe_err *err) FE_RESULT;     /* of images the header alone */
/* With CHECKSUM and DATASUM; the same bytes every time. */
int fe_fits_write(const fe_document *, fe_str *out, fe_err *err) FE_RESULT;
const char *fe_fits_library(void);                                              /* "cfitsio 4.2.0 (static)" */
#endif
