/* gti_io.h -- good time intervals <-> the GTI table of a document. */
#ifndef FE_IO_GTI_IO_H
#define FE_IO_GTI_IO_H
#include "types/gti.h"
#include "types/table.h"

fe_gti *fe_gti_of_table(const fe_table *);                  /* NULL: it has no START and STOP           */
fe_table *fe_gti_to_table(const fe_gti *);
#endif
