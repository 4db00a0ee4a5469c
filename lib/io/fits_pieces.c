#include "io/fits_pieces.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/fits_cells.h"
#include "io/fits_image.h"
#include "io/gadf_columns.h"

enum { BLOCK = 2880, ROOM = 16 * BLOCK };

struct fe_fits_pieces {
    fe_table *like;                 /* columns and keywords, no rows                                    */
    fe_fits_cell *cell;             /* [n_cols] what all rows need                                      */
    size_t n_rows, row_bytes;
    size_t at, at_data, end;        /* places in the file: header, data, behind the data put so far     */
    fe_str header;                  /* up to, not with, CHECKSUM                                        */
    uint32_t sum;
    unsigned char *room;            /* [ROOM + row_bytes] bytes not yet put, n_room of them             */
    size_t n_room;
};

fe_fits_pieces *fe_fits_pieces_new(void)
{
    return FE_NEW(fe_fits_pieces);
}

void fe_fits_pieces_free(fe_fits_pieces *p)
{
    if (!p)
        return;
    fe_table_free(p->like);
    free(p->cell);
    fe_str_free(&p->header);
    free(p->room);
    free(p);
}

/* ---- measuring ----------------------------------------------------------------------------------------------- */

static fe_table *without_rows(const fe_table *from)
{
    fe_table *t = fe_table_new(from->name, 0);

    for (size_t k = 0; k < from->n_cols; k++)
        fe_column_like(t, &from->col[k], from->col[k].width);
    fe_metalist_copy(&t->meta, &from->meta);
    return t;
}

static bool same_text(const char *a, const char *b)
{
    return !strcmp(a ? a : "", b ? b : "");
}

static bool same_column(const fe_column *a, const fe_column *b)
{
    return a->type == b->type && a->fits_code == b->fits_code && a->width == b->width && a->n_dim == b->n_dim &&
           !memcmp(a->dim, b->dim, a->n_dim * sizeof *a->dim) && !strcmp(a->name, b->name) && !strcmp(a->unit, b->unit) &&
           same_text(a->comment, b->comment);
}

static bool same_keyword(const fe_meta *a, const fe_meta *b)
{
    return a->type == b->type && !strcmp(a->key, b->key) && !strcmp(a->text, b->text) && same_text(a->comment, b->comment);
}

static bool is_like(const fe_table *a, const fe_table *b)
{
    bool is = a->n_cols == b->n_cols && a->meta.n == b->meta.n && !strcmp(a->name, b->name);

    for (size_t k = 0; is && k < a->n_cols; k++)
        is = same_column(&a->col[k], &b->col[k]);
    for (size_t i = 0; is && i < a->meta.n; i++)
        is = same_keyword(&a->meta.m[i], &b->meta.m[i]);
    return is;
}

/* Strings as long as the longest.  Integers of one width only: which one holds all is not known from two that hold a part. */
static bool widen(fe_fits_cell *all, const fe_fits_cell *piece)
{
    if (all->letter != piece->letter || all->integer != piece->integer)
        return false;
    if (piece->n_chars > all->n_chars)
        *all = *piece;
    return true;
}

bool fe_fits_pieces_measure(fe_fits_pieces *p, const fe_table *piece)
{
    bool is_first = !p->like, fits = true;

    if (is_first) {
        p->like = without_rows(piece);
        p->cell = FE_NEWN(fe_fits_cell, piece->n_cols);
    } else if (!is_like(p->like, piece)) {
        return false;
    }
    for (size_t k = 0; fits && k < piece->n_cols; k++) {
        fe_fits_cell cell = fe_fits_cell_of(&piece->col[k], piece->n_rows);

        if (is_first)
            p->cell[k] = cell;
        fits = widen(&p->cell[k], &cell);
    }
    p->n_rows += piece->n_rows;
    return fits;
}

/* ---- putting ------------------------------------------------------------------------------------------------- */

int fe_fits_pieces_begin(fe_fits_pieces *p, size_t at, fe_err *err)
{
    fe_str closed = { 0 };
    int rc;

    for (size_t k = 0; k < p->like->n_cols; k++)
        p->row_bytes += p->cell[k].bytes;
    p->like->n_rows = p->n_rows;                    /* the header says it; there are none here */
    rc = fe_fits_table_header(NULL, p->like, p->cell, &p->header, err);
    p->like->n_rows = 0;
    if (rc < 0)
        return -1;
    fe_str_addn(&closed, p->header.s, p->header.len);
    fe_fits_header_close(&closed, 0);               /* as long as the one with the sum of the data */
    p->at = at;
    p->at_data = p->end = at + closed.len;
    p->room = fe_alloc(ROOM + p->row_bytes, 1);
    fe_str_free(&closed);
    return 0;
}

static int flush(fe_fits_pieces *p, fe_output *out, size_t n, fe_err *err)
{
    if (n == 0)
        return 0;
    p->sum = fe_fits_sum(p->sum, p->room, n);
    if (fe_output_put(out, p->end, p->room, n, err) < 0)
        return -1;
    p->end += n;
    p->n_room -= n;
    memmove(p->room, p->room + n, p->n_room);
    memset(p->room + p->n_room, 0, n);
    return 0;
}

int fe_fits_pieces_put(fe_fits_pieces *p, fe_output *out, const fe_table *piece, fe_err *err)
{
    for (size_t row = 0; row < piece->n_rows; row++) {
        for (size_t k = 0; k < piece->n_cols; p->n_room += p->cell[k++].bytes)
            fe_fits_cell_put(p->room + p->n_room, &piece->col[k], &p->cell[k], row);
        while (p->n_room >= ROOM)
            if (flush(p, out, ROOM, err) < 0)
                return -1;
    }
    return 0;
}

int fe_fits_pieces_end(fe_fits_pieces *p, fe_output *out, size_t *behind, fe_err *err)
{
    size_t n_filled = (p->n_room + BLOCK - 1) / BLOCK * BLOCK;

    p->n_room = n_filled;                           /* what is behind the last row is 0 */
    if (flush(p, out, n_filled, err) < 0)
        return -1;
    fe_fits_header_close(&p->header, p->sum);
    *behind = p->end;
    return fe_output_put(out, p->at, p->header.s, p->header.len, err);
}
