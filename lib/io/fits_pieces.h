/* fits_pieces.h -- a binary table that is never there as a whole: its pieces are measured one by one, then put one by one.
 *
 * The bytes are those that fe_fits_write has for the table of all rows.
 */
#ifndef FE_IO_FITS_PIECES_H
#define FE_IO_FITS_PIECES_H
#include <stdbool.h>
#include "io/stream.h"
#include "types/table.h"

typedef struct fe_fits_pieces fe_fits_pieces;

fe_fits_pieces *fe_fits_pieces_new(void);
void fe_fits_pieces_free(fe_fits_pieces *);

/* Before the first is put, all are measured.  false: its columns or keywords are not those of the pieces before. */
bool fe_fits_pieces_measure(fe_fits_pieces *, const fe_table *piece);

/* The table begins at a place of the file; all pieces, in order; the end gives the place behind it. */
int fe_fits_pieces_begin(fe_fits_pieces *, size_t at, fe_err *err) FE_RESULT;
int fe_fits_pieces_put(fe_fits_pieces *, fe_output *, const fe_table *piece, fe_err *err) FE_RESULT;
int fe_fits_pieces_end(fe_fits_pieces *, fe_output *, size_t *behind, fe_err *err) FE_RESULT;
#endif
