/* check.h -- flux tables looked through for what seems wrong in them (types/lint.h). */
#ifndef FE_IO_CHECK_H
#define FE_IO_CHECK_H
#include <stddef.h>
#include "base/err.h"

/* Findings to standard output; `type` as fe_estimate_read.  FE_EDATA when there are any, or one of several files cannot be
 * read. */
int fe_check_files(size_t n, char *const *file, int type, fe_err *err) FE_RESULT;
#endif
