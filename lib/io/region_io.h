/* region_io.h -- regions as users name them: a DS9 file, or shapes that are typed. */
#ifndef FE_IO_REGION_IO_H
#define FE_IO_REGION_IO_H
#include "types/region.h"

/* A file of that name, else shapes (types/region.h). */
int fe_regions_read(const char *text, fe_regions *out, fe_err *err) FE_RESULT;
#endif
