/* map_files.h -- for tests of io/map_hdu and io/dataset_io: images and tables of cells in documents, and documents as bytes. */
#ifndef FE_TESTS_MAP_FILES_H
#define FE_TESTS_MAP_FILES_H
#include "base/mem.h"
#include "check.h"
#include "io/fits.h"
#include "io/fits_header.h"
#include "io/map_hdu.h"

enum { BLOCK = 2880 };

static inline void card_int(fe_str *h, const char *key, long value)
{
    char text[32];

    snprintf(text, sizeof text, "%ld", value);
    fe_fits_card_add(h, key, FE_META_INT, text, NULL);
}

static inline void fill_block(fe_str *s, char with)
{
    while (s->len % BLOCK)
        fe_str_addn(s, &with, 1);
}

/* An image of n_dim axes, its data as they stand in a file; `cards`: more of the header, "KEY=value;KEY='text'". */
static inline void add_image(fe_document *doc, const char *name, int bitpix, int n_dim, const long *size, const char *cards,
                             const void *data, size_t n_bytes)
{
    fe_str h = { 0 };
    fe_strv list = { 0 };
    fe_part *part;

    fe_fits_card_add(&h, "XTENSION", FE_META_STRING, "IMAGE", NULL);
    card_int(&h, "BITPIX", bitpix);
    card_int(&h, "NAXIS", n_dim);
    for (int k = 0; k < n_dim; k++) {
        char key[16];

        snprintf(key, sizeof key, "NAXIS%d", k + 1);
        card_int(&h, key, size[k]);
    }
    card_int(&h, "PCOUNT", 0);
    card_int(&h, "GCOUNT", 1);
    fe_fits_card_add(&h, "EXTNAME", FE_META_STRING, name, NULL);
    fe_strv_split(&list, cards, ";");
    for (size_t k = 0; k < list.n; k++) {
        char *value = strchr(list.s[k], '=');

        *value++ = 0;
        if (*value == '\'')
            value[strlen(value) - 1] = 0;
        fe_fits_card_add(&h, list.s[k], *value == '\'' ? FE_META_STRING : strchr(value, '.') ? FE_META_NUMBER : FE_META_INT,
                         *value == '\'' ? value + 1 : value, NULL);
    }
    fe_strv_free(&list);
    fe_str_addf(&h, "%-80s", "END");
    fill_block(&h, ' ');
    fe_str_addn(&h, data, n_bytes);
    fill_block(&h, 0);
    FE_GROW(doc->part, doc->n_parts, doc->cap_parts);
    part = &doc->part[doc->n_parts++];
    *part = (fe_part){ .name = fe_strdup(name), .raw = (unsigned char *)h.s, .n_raw = h.len };
}

#define SKY "CTYPE1='GLON-CAR';CTYPE2='GLAT-CAR';CRPIX1=1.5;CRPIX2=1;CRVAL1=0;CRVAL2=0;CDELT1=-0.5;CDELT2=0.5;CUNIT1='deg';CUNIT2='deg'"

/* Doubles on 2 x 1 pixels. */
static inline void add_double_image(fe_document *doc, const char *name, int n_dim, const long *size, const char *cards, const double *x)
{
    size_t n = 1;
    unsigned char *bytes;

    for (int k = 0; k < n_dim; k++)
        n *= (size_t)size[k];
    bytes = fe_alloc(n, 8);
    for (size_t i = 0; i < n; i++) {
        uint64_t bits;

        memcpy(&bits, &x[i], 8);
        for (int k = 7; k >= 0; k--, bits >>= 8)
            bytes[8 * i + (size_t)k] = (unsigned char)bits;
    }
    add_image(doc, name, -64, n_dim, size, cards, bytes, 8 * n);
    free(bytes);
}

static inline fe_column *add_column(fe_table *t, const char *name, const char *unit, const double *x)
{
    fe_column *c = fe_table_add(t, name, FE_COL_DOUBLE, unit, 1);

    memcpy(c->v.d, x, t->n_rows * sizeof *x);
    return c;
}

static inline fe_bytes to_bytes(const fe_document *doc)
{
    fe_str text = { 0 };
    fe_bytes b = { fe_strdup("file.fits"), NULL, 0 };
    fe_err err;

    CHECK_MSG(fe_fits_write(doc, &text, &err) == 0, err.text);
    b.data = (unsigned char *)text.s;
    b.n = text.len;
    return b;
}
#endif
