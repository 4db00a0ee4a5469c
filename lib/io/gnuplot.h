/* gnuplot.h -- gnuplot as a program: a script goes in, a picture comes out.  No shell, no files with names. */
#ifndef FE_IO_GNUPLOT_H
#define FE_IO_GNUPLOT_H
#include "base/err.h"
#include "base/str.h"

/* -1 with err when gnuplot is not there (FE_ESYS), complains about the script, or draws nothing. */
int fe_gnuplot_run(const fe_str *script, fe_str *picture, fe_err *err) FE_RESULT;
#endif
