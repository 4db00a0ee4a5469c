/* lines.h -- lists in files: one item a line, blanks around it cut off, empty lines and # comments dropped. */
#ifndef FE_IO_LINES_H
#define FE_IO_LINES_H
#include "base/err.h"
#include "base/str.h"

/* Append the items of a file ("-": standard input); operand lists (@LIST), energy edges (@FILE) and the like. */
int fe_lines_read(const char *path, fe_strv *lines, fe_err *err) FE_RESULT;
#endif
