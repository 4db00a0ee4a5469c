/* product_pieces.h -- the product of a long run: rows are made a piece at a time, and written to the file as they come. */
#ifndef FE_IO_PRODUCT_PIECES_H
#define FE_IO_PRODUCT_PIECES_H
#include "base/opt.h"
#include "types/estimate.h"

typedef int (*fe_inputs_use)(void *ctx, const void *bytes, size_t n, fe_err *err);

typedef struct fe_product_pieces {
    void *ctx;
    size_t n;
    const fe_estimate *head;        /* no rows; what all have in common: model, good time intervals     */
    int (*rows)(void *ctx, size_t piece, fe_estimate **out, fe_err *err);              /* caller frees   */
    int (*inputs)(void *ctx, fe_inputs_use, void *use_ctx, fe_err *err);        /* what the history handed over, in order */
} fe_product_pieces;

/*
 * FITS, of the bytes that fe_product_write has for all rows; every piece is asked for twice.  1: it cannot be had so, for rows
 * differ in their bands, or do not follow each other in time; nothing is written.  *flagged: a row has a status.
 */
int fe_product_write_pieces(const fe_product_pieces *, fe_sedtype type, const fe_common *args, bool *flagged, fe_err *err) FE_RESULT;
#endif
