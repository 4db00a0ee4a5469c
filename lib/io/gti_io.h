/* gti_io.h -- good time intervals <-> the GTI table of a document. */
#ifndef FE_IO_GTI_IO_H
#define FE_IO_GTI_IO_H
#include "base/err.h"
#include "types/dataset.h"
#include "types/timed.h"
#include "types/table.h"

fe_gti *fe_gti_of_table(const fe_table *);                  /* NULL: it has no START and STOP           */
fe_table *fe_gti_to_table(const fe_gti *);
/* -1 (FE_EDATA): a row is no interval of time. */
int fe_gti_check(const fe_gti *, const char *file, const char *hdu, fe_err *err) FE_RESULT;
/* First start, last stop and mid time in TT, livetime; a scale that is unknown is taken for TT, with a warning.  gti NULL: no times. */
void fe_info_set_times(fe_dataset_info *, const fe_gti *gti, double livetime_s);
#endif
