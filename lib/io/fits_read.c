#include "io/fits.h"

#include <fitsio.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "io/fits_header.h"

enum { MAX_PAD = 32, PAD_FREE = 1 << 20 };      /* see is_padding_sane() */

typedef struct reader {
    fitsfile *f;
    const fe_bytes *bytes;
    bool heads;                     /* of images keep the header alone                                  */
    fe_err *err;
    char hdu[FLEN_VALUE];           /* of the HDU at hand, for messages                                 */
    const char *column;             /* at hand, or NULL                                                 */
    long long start, data, end;     /* of the HDU at hand, in bytes of the file                         */
    long long n_rows, row_bytes;
} reader;

/* All of CFITSIO's findings enter here; its first message says most, the later ones repeat. */
static int refuse(const reader *r, int status)
{
    const fe_where at = { .file = r->bytes->name, .hdu = *r->hdu ? r->hdu : NULL };
    char text[FLEN_STATUS] = "", more[FLEN_ERRMSG] = "";

    fits_get_errstatus(status, text);
    fits_read_errmsg(more);
    fits_clear_errmsg();
    if (r->column)
        return fe_fail(r->err, FE_EDATA, &at, "column %s cannot be read (%s)", r->column, *more ? more : text);
    return fe_fail(r->err, FE_EDATA, &at, "broken FITS: %s (%s)", text, *more ? more : "no details");
}

/* ---- columns ------------------------------------------------------------------------------------------------ */

typedef struct source {             /* a column in the file                                             */
    int number, type;               /* 1-based; CFITSIO's type of the values, after TSCAL and TZERO     */
    bool is_variable, is_integer;   /* length differs between rows; stored as integers                  */
    size_t width;                   /* values a row; the longest row of a variable column               */
    size_t n_chars;                 /* of one string                                                    */
    const fe_fits_column *card;     /* what the header says about it                                    */
} source;

static bool is_integer(int type)
{
    return type == TBYTE || type == TSBYTE || type == TSHORT || type == TUSHORT || type == TINT || type == TUINT ||
           type == TLONG || type == TULONG || type == TLONGLONG || type == TULONGLONG;
}

/* TFORM letter that holds the type; CFITSIO's own letters where TZERO makes it unsigned (B: signed). */
static char code_of(int type)
{
    static const struct { int type; char code; } codes[] = {
        { TBIT, 'X' }, { TLOGICAL, 'L' }, { TSTRING, 'A' }, { TBYTE, 'B' }, { TSBYTE, 'S' }, { TSHORT, 'I' },
        { TUSHORT, 'U' }, { TINT, 'J' }, { TLONG, 'J' }, { TUINT, 'V' }, { TULONG, 'V' }, { TLONGLONG, 'K' },
        { TULONGLONG, 'W' }, { TFLOAT, 'E' }, { TDOUBLE, 'D' }
    };

    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (codes[i].type == type)
            return codes[i].code;
    return 0;
}

/* The longest row; every descriptor must lie inside the heap, which CFITSIO does not ask of a memory file. */
static int measure_variable(const reader *r, source *s, int stored, int *status)
{
    long long length, offset, heap = r->n_rows * r->row_bytes, size = heap + r->f->Fptr->heapsize;
    long long bytes = stored == TLOGICAL || stored == TBYTE ? 1 : stored == TSHORT ? 2 :
                      stored == TFLOAT || stored == TLONG || stored == TINT ? 4 : 8;

    if (r->f->Fptr->heapstart < heap)
        return *status = BAD_HEAP_PTR;
    for (long long row = 1; row <= r->n_rows && !*status; row++) {
        fits_read_descriptll(r->f, s->number, row, &length, &offset, status);
        if (*status || length < 0 || offset < 0 || length > size || offset > size ||
            r->f->Fptr->heapstart + offset + length * bytes > size)
            return *status ? *status : (*status = BAD_HEAP_PTR);
        s->width = (size_t)length > s->width ? (size_t)length : s->width;
    }
    return *status;
}

/* A variable column becomes as wide as its longest row.  One long row among many short ones would fill the memory. */
static bool is_padding_sane(const reader *r, const source *s)
{
    return (double)s->width * (double)r->n_rows <= PAD_FREE + (double)MAX_PAD * (double)r->bytes->n;
}

/* 1 when the column can be held, 0 when its HDU is better kept as it is, -1 with status. */
static int describe(const reader *r, source *s, int *status)
{
    int stored = 0;
    long long repeat = 0, width = 0;

    if (fits_get_coltypell(r->f, s->number, &stored, &repeat, &width, status) ||
        fits_get_eqcoltypell(r->f, s->number, &s->type, NULL, NULL, status))
        return -1;
    s->is_variable = stored < 0;
    stored = abs(stored);
    s->type = abs(s->type);
    s->is_integer = is_integer(stored);
    if ((s->type == TFLOAT && stored != TFLOAT) || (s->type == TFLOAT && s->card->is_scaled))
        s->type = TDOUBLE;              /* what a scale has made of them needs more digits */
    if (!code_of(stored) || !code_of(s->type))
        return 0;
    if (s->is_variable)
        return stored == TSTRING || stored == TBIT            ? 0
               : measure_variable(r, s, stored, status) != 0 ? -1
                                                             : is_padding_sane(r, s);
    s->n_chars = stored == TSTRING ? (size_t)width : 0;
    s->width = stored != TSTRING ? (size_t)repeat : width > 0 ? (size_t)(repeat / width) : 0;
    return 1;
}

static fe_coltype type_of(const source *s)
{
    return s->type == TSTRING ? FE_COL_STRING : s->type == TLOGICAL || s->type == TBIT ? FE_COL_BOOL :
           is_integer(s->type) ? FE_COL_INT : FE_COL_DOUBLE;
}

/* TDIM '(a,b,c)'; the first is the length of a string.  What does not fit the width is not a shape. */
static void set_shape(fe_column *c, const char *tdim)
{
    size_t dim[FE_MAX_DIM + 1], n = 0, product = 1, skip = c->type == FE_COL_STRING;
    const char *p = tdim ? strchr(tdim, '(') : NULL;
    char *end;

    while (p && *p != ')' && n <= FE_MAX_DIM) {
        long value = strtol(p + 1, &end, 10);

        if (end == p + 1 || value <= 0 || (*end != ',' && *end != ')') ||
            (n >= skip && __builtin_mul_overflow(product, (size_t)value, &product)))
            return;
        dim[n++] = (size_t)value;
        p = end;
    }
    if (!p || *p != ')' || n <= skip || n - skip > FE_MAX_DIM || product != c->width)
        return;
    if (skip && n == 2)                 /* a list of strings needs TDIM to say how long they are: no shape */
        return;
    c->n_dim = n - skip;
    memcpy(c->dim, dim + skip, c->n_dim * sizeof *dim);
}

static int read_strings(const reader *r, const source *s, fe_column *c, int *status)
{
    size_t n = (size_t)r->n_rows * s->width, size = s->n_chars + 1;
    char *text = fe_alloc(n, size), **cell = FE_NEWN(char *, n);

    for (size_t i = 0; i < n; i++)
        cell[i] = text + i * size;
    if (n)
        fits_read_col(r->f, TSTRING, s->number, 1, 1, (LONGLONG)n, NULL, cell, NULL, status);
    for (size_t i = 0; i < n && !*status; i++) {
        size_t length = strnlen(cell[i], s->n_chars);

        while (length && cell[i][length - 1] == ' ')        /* trailing blanks mean nothing: standard 4.0, 7.3.3.1 */
            length--;
        c->v.s[i] = fe_strndup(cell[i], length);
    }
    free(cell);
    free(text);
    return *status;
}

static int read_bools(const reader *r, const source *s, fe_column *c, int *status)
{
    size_t n = (size_t)r->n_rows * s->width;

    for (long long row = 0; s->type == TBIT && row < r->n_rows && !*status; row++)
        fits_read_col_bit(r->f, s->number, row + 1, 1, (LONGLONG)s->width, (char *)c->v.b + (size_t)row * s->width,
                          status);
    if (s->type == TLOGICAL)
        fits_read_col(r->f, TLOGICAL, s->number, 1, 1, (LONGLONG)n, NULL, c->v.b, NULL, status);
    for (size_t i = 0; i < n; i++)
        c->v.b[i] = c->v.b[i] == 1;
    return *status;
}

/*
 * Numbers as they stand, row by row where rows differ in length; the rest of a short row stays missing (0: integers).
 * Only integers have a null value to look for: among reals CFITSIO would take infinities for it, and tiny ones for 0.
 */
static int read_numbers(const reader *r, const source *s, fe_column *c, int type, int *status)
{
    double *missing = type == TDOUBLE && s->is_integer ? &(double){ NAN } : NULL;
    char *to = c->v.any;
    long long length, offset;
    int any;                            /* CFITSIO writes to it as soon as there is a null value to look for */

    if (!s->is_variable)
        return fits_read_col(r->f, type, s->number, 1, 1, r->n_rows * (LONGLONG)s->width, missing, to, &any, status);
    for (long long row = 1; row <= r->n_rows && !*status; row++, to += s->width * sizeof(double)) {
        fits_read_descriptll(r->f, s->number, row, &length, &offset, status);
        if (length > 0)
            fits_read_col(r->f, type, s->number, row, 1, length, missing, to, &any, status);
    }
    return *status;
}

/* Integers with undefined values among them have no integer type here: NaN needs a double. */
static bool has_nulls(const reader *r, const source *s, const fe_column *c)
{
    const char *tnull = s->card->tnull;
    double value, zero = s->card->tzero;

    if (!tnull || fe_num_parse(tnull, &value) < 0)
        return false;
    for (size_t i = 0; i < (size_t)r->n_rows * s->width; i++)
        if ((double)c->v.i[i] == value + zero)
            return true;
    return false;
}

static int read_column(const reader *r, const source *s, fe_table *t, int *status)
{
    fe_coltype type = type_of(s);
    fe_column *c = fe_table_add(t, s->card->name, type, s->card->unit, s->width);

    c->fits_code = code_of(s->type);
    c->comment = fe_strdup(s->card->comment);
    if (type == FE_COL_STRING)
        read_strings(r, s, c, status);
    else if (type == FE_COL_BOOL)
        read_bools(r, s, c, status);
    else
        read_numbers(r, s, c, type == FE_COL_INT ? TLONGLONG : TDOUBLE, status);
    if (type == FE_COL_INT && (*status == NUM_OVERFLOW || (!*status && has_nulls(r, s, c)))) {
        *status = 0;
        fits_clear_errmsg();
        c->type = FE_COL_DOUBLE;        /* both are eight bytes wide */
        c->fits_code = 'D';
        read_numbers(r, s, c, TDOUBLE, status);
    }
    if (!s->is_variable)
        set_shape(c, s->card->tdim);
    return *status;
}

/* ---- HDUs --------------------------------------------------------------------------------------------------- */

static void add_raw(const reader *r, fe_document *doc)
{
    size_t n = (size_t)((r->heads ? r->data : r->end) - r->start);
    fe_fits_header h = { 0 };
    fe_metalist meta = { 0 };
    fe_part *part;

    FE_GROW(doc->part, doc->n_parts, doc->cap_parts);
    part = &doc->part[doc->n_parts++];
    fe_fits_header_read(r->bytes->data + r->start, (size_t)(r->data - r->start), 0, &h, &meta);
    *part = (fe_part){ .name = fe_strdup(h.extname ? h.extname : ""), .n_raw = n };
    fe_fits_header_free(&h);
    fe_metalist_free(&meta);
    part->raw = fe_alloc(part->n_raw, 1);
    memcpy(part->raw, r->bytes->data + r->start, part->n_raw);
}

/* 1: read into t; 0: to be kept as it is; -1: broken. */
static int read_columns(reader *r, const fe_fits_header *h, int n_cols, fe_table *t)
{
    source *s = FE_NEWN(source, (size_t)n_cols);
    int status = 0, rc = 1;

    for (int k = 0; k < n_cols && rc > 0; k++) {
        s[k].number = k + 1;
        s[k].card = &h->column[k];
        r->column = h->column[k].name;
        rc = describe(r, &s[k], &status);
    }
    for (int k = 0; k < n_cols && rc > 0; k++) {
        r->column = h->column[k].name;
        if (s[k].width > 0 && read_column(r, &s[k], t, &status))
            rc = -1;
    }
    if (rc < 0)
        refuse(r, status);
    r->column = NULL;
    free(s);
    return rc;
}

static int read_table(reader *r, fe_document *doc)
{
    fe_fits_header h = { 0 };
    fe_table *t;
    int status = 0, n_cols = 0, rc;

    if (fits_get_num_rowsll(r->f, &r->n_rows, &status) || fits_get_num_cols(r->f, &n_cols, &status))
        return refuse(r, status);
    r->row_bytes = r->f->Fptr->rowlength;
    t = fe_table_new(NULL, (size_t)r->n_rows);
    fe_fits_header_read(r->bytes->data + r->start, (size_t)(r->data - r->start), (size_t)n_cols, &h, &t->meta);
    t->name = (free(t->name), fe_strdup(h.extname ? h.extname : ""));
    if (*t->name)
        snprintf(r->hdu, sizeof r->hdu, "%s", t->name);
    rc = read_columns(r, &h, n_cols, t);
    fe_fits_header_free(&h);
    if (rc > 0) {
        fe_document_add(doc, t);
        return 0;
    }
    fe_table_free(t);
    if (rc == 0)
        add_raw(r, doc);
    return rc;
}

static int enter_hdu(reader *r, int number, int *type)
{
    int status = 0;

    snprintf(r->hdu, sizeof r->hdu, number == 1 ? "PRIMARY" : "#%d", number);
    fits_get_hdu_type(r->f, type, &status);
    fits_get_hduaddrll(r->f, &r->start, &r->data, &r->end, &status);
    if (status)
        return refuse(r, status);
    if (r->start < 0 || r->data < r->start || r->end < r->data || (size_t)r->end > r->bytes->n)
        return refuse(r, END_OF_FILE);
    return 0;
}

static int read_primary(reader *r, fe_document *doc)
{
    fe_fits_header h = { 0 };

    fe_fits_header_read(r->bytes->data + r->start, (size_t)(r->data - r->start), 0, &h, &doc->primary);
    fe_fits_header_free(&h);
    if (r->end > r->data)               /* an image: the whole HDU stays, and stays the first */
        add_raw(r, doc);
    return 0;
}

static int read_hdus(reader *r, fe_document *doc)
{
    int status = 0, type = 0, rc = 0;

    for (int number = 1; rc == 0 && !status; number++) {
        if (enter_hdu(r, number, &type) < 0)
            return -1;
        if (number == 1)
            rc = read_primary(r, doc);
        else if (type == BINARY_TBL || type == ASCII_TBL)
            rc = read_table(r, doc);
        else
            add_raw(r, doc);
        if (rc == 0 && (size_t)r->end == r->bytes->n)       /* check_fits has found nothing behind it */
            return 0;
        snprintf(r->hdu, sizeof r->hdu, "#%d", number + 1);
        fits_movrel_hdu(r->f, 1, NULL, &status);
    }
    return rc < 0 ? -1 : refuse(r, status);
}

/*
 * CFITSIO takes a memory file at its word: it reads missing data as zeros or beyond the buffer.  So every length is
 * checked before (fe_bytes_check_fits), and after that a memory file is safe.  The name is ours: CFITSIO parses names.
 */
static int read_document(const fe_bytes *b, bool heads, fe_document **out, fe_err *err)
{
    reader r = { .bytes = b, .heads = heads, .err = err };
    void *data = b->data;
    size_t n = b->n;
    fe_document *doc;
    int status = 0, rc;

    *out = NULL;
    if (fe_bytes_check_fits(b, err) < 0)
        return -1;
    if (fits_open_memfile(&r.f, "memory", READONLY, &data, &n, 0, NULL, &status))
        return refuse(&r, status);
    doc = fe_document_new(b->name);
    doc->format = "fits";
    rc = read_hdus(&r, doc);
    status = 0;
    fits_close_file(r.f, &status);
    fits_clear_errmsg();
    if (rc < 0)
        fe_document_free(doc);
    else
        *out = doc;
    return rc;
}

int fe_fits_read(const fe_bytes *b, fe_document **out, fe_err *err)
{
    return read_document(b, false, out, err);
}

int fe_fits_read_heads(const fe_bytes *b, fe_document **out, fe_err *err)
{
    return read_document(b, true, out, err);
}
