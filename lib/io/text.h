/* text.h -- tables for eyes: aligned columns, a line of units, 6 digits.
 *
 * Written: all columns, but on a terminal that is too narrow for them the essential ones, and a line that says so.
 * Read: columns between blanks under a line of names, units in a line below it; # starts a comment; a comment that names
 * columns with units ("# e_ref[TeV] ...", SExtractor's "# 1 e_ref [TeV]") is a header; IPAC tables ("|e_ref|dnde|",
 * keywords "\cl = 0.95").  Columns without names are refused: what they are cannot be known.
 */
#ifndef FE_IO_TEXT_H
#define FE_IO_TEXT_H
#include "io/format.h"

bool fe_text_sniff(const fe_bytes *);
int fe_text_read(const fe_bytes *, fe_document **out, fe_err *err) FE_RESULT;
int fe_text_write(const fe_document *, fe_str *out, fe_err *err) FE_RESULT;

/* A cell for eyes: %.6g, names of status flags, "[11]" for a cell of 11 values. */
void fe_cell_print_short(const fe_column *, size_t row, int digits, fe_str *out);
#endif
