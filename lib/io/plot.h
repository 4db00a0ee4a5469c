/* plot.h -- a flux table as columns to draw: x xlo xhi y ylo yhi is_ul; written only.
 *
 * x is time (middle of the bin), phase, position or energy; y the value SED_TYPE names.  Errors are _errn and _errp,
 * else _err; in a row that counts as a limit y is the limit and ylo, yhi are nan.  One block per source and energy band (or
 * per source), two empty lines between them (gnuplot's index).  The # line names columns and units.
 */
#ifndef FE_IO_PLOT_H
#define FE_IO_PLOT_H
#include "io/format.h"

int fe_plot_write(const fe_document *, fe_str *out, fe_err *err) FE_RESULT;
#endif
