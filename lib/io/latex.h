/* latex.h -- the first table as a LaTeX tabular: names, units, 4 digits as $1.234\times10^{-11}$; written only. */
#ifndef FE_IO_LATEX_H
#define FE_IO_LATEX_H
#include "io/format.h"

int fe_latex_write(const fe_document *, fe_str *out, fe_err *err) FE_RESULT;
#endif
