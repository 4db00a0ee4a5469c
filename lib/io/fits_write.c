/* Bytes of our own making, so that a document gives the same ones every time: CFITSIO puts the clock into CHECKSUM. */
#include <fitsio.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/fits.h"
#include "io/fits_cells.h"
#include "io/fits_header.h"
#include "io/fits_image.h"

enum { BLOCK = 2880, CARD = 80, VALUE_AT = 11, SUM_CHARS = 16, MAX_FIELDS = 999 };

/* ---- headers ------------------------------------------------------------------------------------------------ */

static void put_int(fe_str *h, const char *key, size_t value, const char *comment)
{
    char text[32];

    snprintf(text, sizeof text, "%zu", value);
    fe_fits_card_add(h, key, FE_META_INT, text, comment);
}

static void put_text(fe_str *h, const char *stem, size_t n, const char *text, const char *comment)
{
    char key[32];

    snprintf(key, sizeof key, "%s%zu", stem, n);
    fe_fits_card_add(h, key, FE_META_STRING, text, comment);
}

static void put_dims(fe_str *h, size_t n, const fe_column *c, const fe_fits_cell *l)
{
    bool strings = c->type == FE_COL_STRING && c->width > 1 && c->n_dim == 0;
    fe_str text = { 0 };

    if (c->n_dim == 0 && !strings)
        return;
    if (c->type == FE_COL_STRING)
        fe_str_addf(&text, ",%zu", l->n_chars);
    if (strings)
        fe_str_addf(&text, ",%zu", c->width);
    for (size_t k = 0; k < c->n_dim; k++)
        fe_str_addf(&text, ",%zu", c->dim[k]);
    text.s[0] = '(';
    fe_str_add(&text, ")");
    put_text(h, "TDIM", n, text.s, NULL);
    fe_str_free(&text);
}

static void put_column(fe_str *h, size_t n, const fe_column *c, const fe_fits_cell *l)
{
    char form[64], key[32];

    snprintf(form, sizeof form, "%zu%c", l->letter == 'A' ? l->bytes : c->width, l->letter);
    put_text(h, "TTYPE", n, c->name, c->comment);
    put_text(h, "TFORM", n, form, NULL);
    if (*c->unit)
        put_text(h, "TUNIT", n, c->unit, NULL);
    if (c->timescale && !c->is_span) {          /* standard 4.0, 9.2.3: the scale of a column */
        put_text(h, "TCTYP", n, c->timescale, NULL);
        put_text(h, "TCUNI", n, "d", NULL);
    }
    if (l->integer && l->integer->tzero) {
        snprintf(key, sizeof key, "TSCAL%zu", n);
        put_int(h, key, 1, NULL);
        snprintf(key, sizeof key, "TZERO%zu", n);
        fe_fits_card_add(h, key, FE_META_INT, l->integer->tzero, "unsigned (signed: bytes) integers");
    }
    put_dims(h, n, c, l);
}

/* ---- checksums: standard 4.0, appendix J -------------------------------------------------------------------- */

uint32_t fe_fits_sum(uint32_t sum, const void *data, size_t n)
{
    const unsigned char *p = data;
    uint64_t total = sum;

    for (size_t i = 0; i + 3 < n; i += 4)
        total += (uint32_t)p[i] << 24 | (uint32_t)p[i + 1] << 16 | (uint32_t)p[i + 2] << 8 | (uint32_t)p[i + 3];
    while (total >> 32)
        total = (total & UINT32_MAX) + (total >> 32);
    return (uint32_t)total;
}

static void fill_block(fe_str *s, char with)
{
    char fill[BLOCK];

    memset(fill, with, sizeof fill);
    fe_str_addn(s, fill, (BLOCK - s->len % BLOCK) % BLOCK);
}

void fe_fits_header_close(fe_str *h, uint32_t data_sum)
{
    char text[32];
    size_t at = h->len + VALUE_AT;

    snprintf(text, sizeof text, "%lu", (unsigned long)data_sum);
    fe_fits_card_add(h, "CHECKSUM", FE_META_STRING, "0000000000000000", "HDU checksum");
    fe_fits_card_add(h, "DATASUM", FE_META_STRING, text, "data unit checksum");
    fe_str_addf(h, "%-*s", CARD, "END");
    fill_block(h, ' ');
    fits_encode_chksum(fe_fits_sum(data_sum, h->s, h->len), 1, text);
    memcpy(h->s + at, text, SUM_CHARS);
}

/* End the header, with the sum of its data and of itself, and append both. */
static void close_hdu(fe_str *h, fe_str *data, fe_str *out)
{
    fill_block(data, 0);
    fe_fits_header_close(h, fe_fits_sum(0, data->s, data->len));
    fe_str_addn(out, h->s, h->len);
    fe_str_addn(out, data->len ? data->s : "", data->len);
    fe_str_free(h);
    fe_str_free(data);
}

/* ---- HDUs --------------------------------------------------------------------------------------------------- */

void fe_fits_primary_add(const fe_metalist *keywords, fe_str *out)
{
    fe_str h = { 0 }, data = { 0 };

    fe_fits_card_add(&h, "SIMPLE", FE_META_BOOL, "T", "conforms to the FITS standard");
    put_int(&h, "BITPIX", 8, "no data");
    put_int(&h, "NAXIS", 0, "no data");
    fe_fits_card_add(&h, "EXTEND", FE_META_BOOL, "T", "extensions follow");
    fe_fits_cards_add(&h, keywords);
    close_hdu(&h, &data, out);
}

static void put_header(fe_str *h, const fe_table *t, const fe_fits_cell *l, size_t n_fields, size_t row_bytes)
{
    fe_fits_card_add(h, "XTENSION", FE_META_STRING, "BINTABLE", "binary table");
    put_int(h, "BITPIX", 8, "bytes");
    put_int(h, "NAXIS", 2, "rows of bytes");
    put_int(h, "NAXIS1", row_bytes, "bytes in a row");
    put_int(h, "NAXIS2", row_bytes ? t->n_rows : 0, "rows");
    put_int(h, "PCOUNT", 0, "no heap");
    put_int(h, "GCOUNT", 1, "one group");
    put_int(h, "TFIELDS", n_fields, "columns");
    for (size_t k = 0, n = 0; k < t->n_cols; k++)
        if (l[k].bytes)
            put_column(h, ++n, &t->col[k], &l[k]);
    if (*t->name)
        fe_fits_card_add(h, "EXTNAME", FE_META_STRING, t->name, NULL);
    fe_fits_cards_add(h, &t->meta);
}

/*
 * Rows go straight to their place behind the header, whose length is that of one with other sums: of a large table there is no
 * second copy.
 */
static void put_rows(fe_str *h, const fe_table *t, const fe_fits_cell *l, size_t row_bytes, fe_str *out)
{
    size_t n_data = (t->n_rows * row_bytes + BLOCK - 1) / BLOCK * BLOCK, at = out->len;
    fe_str closed = { 0 };
    unsigned char *to;

    fe_str_addn(&closed, h->s, h->len);
    fe_fits_header_close(&closed, 0);
    to = (unsigned char *)fe_str_extend(out, closed.len + n_data) + closed.len;
    for (size_t row = 0; row < t->n_rows; row++)
        for (size_t k = 0; k < t->n_cols; to += l[k++].bytes)
            fe_fits_cell_put(to, &t->col[k], &l[k], row);
    fe_fits_header_close(h, fe_fits_sum(0, out->s + at + closed.len, n_data));
    memcpy(out->s + at, h->s, h->len);
    fe_str_free(h);
    fe_str_free(&closed);
}

int fe_fits_table_header(const char *file, const fe_table *t, const fe_fits_cell *l, fe_str *out, fe_err *err)
{
    size_t row_bytes = 0, n_fields = 0;

    for (size_t k = 0; k < t->n_cols; k++) {
        row_bytes += l[k].bytes;
        n_fields += l[k].bytes > 0;
    }
    if (n_fields > MAX_FIELDS)
        return fe_fail(err, FE_EDATA, &(fe_where){ .file = file, .hdu = t->name }, "%zu columns, a FITS table holds %d", n_fields,
                       MAX_FIELDS);
    put_header(out, t, l, n_fields, row_bytes);
    return 0;
}

int fe_fits_table_add(const char *file, const fe_table *t, fe_str *out, fe_err *err)
{
    fe_fits_cell *l = FE_NEWN(fe_fits_cell, t->n_cols);
    fe_str h = { 0 };
    size_t row_bytes = 0;
    int rc;

    for (size_t k = 0; k < t->n_cols; k++) {
        l[k] = fe_fits_cell_of(&t->col[k], t->n_rows);
        row_bytes += l[k].bytes;
    }
    rc = fe_fits_table_header(file, t, l, &h, err);
    if (rc == 0)
        put_rows(&h, t, l, row_bytes, out);
    free(l);
    return rc;
}

static bool is_primary(const fe_part *p)
{
    return !p->table && p->n_raw && !memcmp(p->raw, "SIMPLE", 6);
}

/* A primary image that was read stands first again; without one the primary HDU is empty. */
int fe_fits_write(const fe_document *doc, fe_str *out, fe_err *err)
{
    const fe_part *primary = NULL;

    for (size_t i = 0; i < doc->n_parts && !primary; i++)
        if (is_primary(&doc->part[i]))
            primary = &doc->part[i];
    if (primary)
        fe_str_addn(out, primary->raw, primary->n_raw);
    else
        fe_fits_primary_add(&doc->primary, out);
    for (size_t i = 0; i < doc->n_parts; i++) {
        const fe_part *p = &doc->part[i];

        if (p->table && fe_fits_table_add(doc->file, p->table, out, err) < 0)
            return -1;
        if (!p->table && !is_primary(p))
            fe_str_addn(out, p->raw, p->n_raw);
    }
    return 0;
}
