/* fits_cells.h -- how the cells of a column lie in a row of a binary table: between the fits_*.c only. */
#ifndef FE_IO_FITS_CELLS_H
#define FE_IO_FITS_CELLS_H
#include <stdint.h>
#include "base/str.h"
#include "types/table.h"

typedef struct fe_fits_int {        /* TFORM letter of the document, of the file, and what it holds     */
    char code, letter;
    int bytes;
    int64_t min, max;
    const char *tzero;              /* NULL: none                                                       */
    uint64_t zero;                  /* modulo 2^64                                                      */
} fe_fits_int;

typedef struct fe_fits_cell {
    char letter;
    const fe_fits_int *integer;     /* of an integer column                                             */
    size_t n_chars, bytes;          /* of one string; of one row                                        */
} fe_fits_cell;

/* What n_rows rows need: the narrowest integers and strings. */
fe_fits_cell fe_fits_cell_of(const fe_column *, size_t n_rows);
/* One row of the column; strings and bits go to bytes that are 0. */
void fe_fits_cell_put(unsigned char *to, const fe_column *, const fe_fits_cell *, size_t row);

/* fits_write.c: the header of a table up to, not with, CHECKSUM; cell[k] is that of column k.  -1: too many columns. */
int fe_fits_table_header(const char *file, const fe_table *, const fe_fits_cell *cell, fe_str *out, fe_err *err) FE_RESULT;
#endif
