/* fit_io.h -- what goes into a global fit and comes out of it: which kind the operands are, models or tables as files. */
#ifndef FE_IO_FIT_IO_H
#define FE_IO_FIT_IO_H
#include <stdbool.h>
#include "base/opt.h"
#include "io/format.h"
#include "types/model.h"

/* Is it a table of flux points, and not a counts spectrum or a datasets file?  By content; standard input is a table. */
int fe_input_is_points(const char *path, bool *is_points, fe_err *err) FE_RESULT;

/*
 * -f, else the suffix of -o, else text on a terminal and models elsewhere.  *format NULL: models, as YAML.
 */
int fe_fit_format_choose(const fe_common *, const fe_format **format, fe_err *err) FE_RESULT;

/* Tables, taken (NULL ones are left out), and provenance as one document; path NULL: stdout. */
int fe_tables_write(size_t n, fe_table **table, const fe_format *, const char *path, bool force, fe_err *err) FE_RESULT;
#endif
