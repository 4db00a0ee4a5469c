#include "io/fits_image.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "io/fits_header.h"

enum { BLOCK = 2880, CARD = 80 };

static size_t whole_blocks(size_t n)
{
    return (n + BLOCK - 1) / BLOCK * BLOCK;
}

static size_t bytes_of(fe_pixel p)
{
    return p == FE_PIXEL_FLOAT ? 4 : p == FE_PIXEL_BYTE ? 1 : 8;
}

static void put_int(fe_str *h, const char *key, long value, const char *comment)
{
    char text[32];

    snprintf(text, sizeof text, "%ld", value);
    fe_fits_card_add(h, key, FE_META_INT, text, comment);
}

static void put_real(fe_str *h, const char *stem, int n, double value)
{
    char key[16], text[FE_NUM_SIZE];

    snprintf(key, sizeof key, n ? "%s%d" : "%s", stem, n);
    if (isfinite(value))
        fe_fits_card_add(h, key, FE_META_NUMBER, fe_num_format(value, text), NULL);
}

static void put_wcs(fe_str *h, const fe_geom_keys *k)
{
    char key[16];

    put_int(h, "WCSAXES", 2, "the sky");
    for (int i = 0; i < 2; i++) {
        snprintf(key, sizeof key, "CTYPE%d", i + 1);
        fe_fits_card_add(h, key, FE_META_STRING, k->ctype[i], NULL);
        snprintf(key, sizeof key, "CUNIT%d", i + 1);
        fe_fits_card_add(h, key, FE_META_STRING, "deg", NULL);
        put_real(h, "CRPIX", i + 1, k->crpix[i]);
        put_real(h, "CRVAL", i + 1, k->crval_deg[i]);
        put_real(h, "CDELT", i + 1, k->cdelt_deg[i]);
    }
    for (int i = 0; i < 4; i++) {
        snprintf(key, sizeof key, "PC%d_%d", i / 2 + 1, i % 2 + 1);
        if (k->pc[i / 2][i % 2] != (i / 2 == i % 2))
            put_real(h, key, 0, k->pc[i / 2][i % 2]);
    }
    for (size_t i = 0; i < k->n_pv; i++) {
        snprintf(key, sizeof key, "PV%d_%d", k->pv[i].i, k->pv[i].m);
        put_real(h, key, 0, k->pv[i].value);
    }
    put_real(h, "LONPOLE", 0, k->lonpole_deg);
    put_real(h, "LATPOLE", 0, k->latpole_deg);
    if (*k->radesys)
        fe_fits_card_add(h, "RADESYS", FE_META_STRING, k->radesys, NULL);
    put_real(h, "EQUINOX", 0, k->equinox);
}

size_t fe_image_begin(fe_image *image, size_t at, const char *name, const fe_geom *geom, size_t n_planes, fe_pixel pixel,
                      const fe_metalist *keywords)
{
    return fe_image_begin_axes(image, at, name, geom, n_planes, 0, pixel, keywords);
}

size_t fe_image_begin_axes(fe_image *image, size_t at, const char *name, const fe_geom *geom, size_t n_fast, size_t n_slow,
                           fe_pixel pixel, const fe_metalist *keywords)
{
    const fe_geom_keys *k = fe_geom_keys_of(geom);
    fe_str *h = &image->header, closed = { 0 };
    size_t n_planes = n_fast * (n_slow ? n_slow : 1);

    *image = (fe_image){ .at_header = at, .n_planes = n_planes, .n_pixels = k->nx * k->ny, .pixel = pixel };
    fe_fits_card_add(h, "XTENSION", FE_META_STRING, "IMAGE", "image");
    put_int(h, "BITPIX", pixel == FE_PIXEL_DOUBLE ? -64 : pixel == FE_PIXEL_FLOAT ? -32 : pixel == FE_PIXEL_BYTE ? 8 : 64, "bits in a pixel, negative: floating");
    put_int(h, "NAXIS", n_slow ? 4 : 3, "longitude, latitude, energy");
    put_int(h, "NAXIS1", (long)k->nx, NULL);
    put_int(h, "NAXIS2", (long)k->ny, NULL);
    put_int(h, "NAXIS3", (long)n_fast, NULL);
    if (n_slow)
        put_int(h, "NAXIS4", (long)n_slow, NULL);
    put_int(h, "PCOUNT", 0, NULL);
    put_int(h, "GCOUNT", 1, NULL);
    fe_fits_card_add(h, "EXTNAME", FE_META_STRING, name, NULL);
    put_wcs(h, k);
    fe_fits_cards_add(h, keywords);
    fe_str_addn(&closed, h->s, h->len);
    fe_fits_header_close(&closed, 0);
    image->at_data = at + closed.len;
    fe_str_free(&closed);
    return image->at_data + whole_blocks(n_planes * image->n_pixels * bytes_of(pixel));
}

static void store(unsigned char *to, double x, fe_pixel pixel)
{
    uint64_t bits = UINT64_C(0x7ff8000000000000);
    uint32_t bits32 = UINT32_C(0x7fc00000);
    float single = (float)x;

    if (pixel == FE_PIXEL_INT64 || pixel == FE_PIXEL_BYTE) {
        bits = isnan(x) ? 0 : (uint64_t)(int64_t)x;
    } else if (pixel == FE_PIXEL_FLOAT) {
        if (!isnan(x))
            memcpy(&bits32, &single, sizeof bits32);
        bits = bits32;
    } else if (!isnan(x)) {
        memcpy(&bits, &x, sizeof bits);
    }
    for (size_t k = bytes_of(pixel); k-- > 0; bits >>= 8)
        to[k] = (unsigned char)bits;
}

/* The sum is of words of 4 bytes: a plane that begins within one has zeros before it there, and behind it. */
int fe_image_put(fe_image *image, fe_output *out, size_t plane, const double *values, fe_err *err)
{
    size_t n = image->n_pixels, size = bytes_of(image->pixel), before = plane * n * size % 4, all = (before + n * size + 3) / 4 * 4;
    unsigned char *bytes = fe_alloc(all, 1);
    int rc;

    for (size_t i = 0; i < n; i++)
        store(bytes + before + i * size, values[i], image->pixel);
    image->sum = fe_fits_sum(image->sum, bytes, all);
    rc = fe_output_put(out, image->at_data + plane * n * size, bytes + before, n * size, err);
    free(bytes);
    return rc;
}

int fe_image_end(fe_image *image, fe_output *out, fe_err *err)
{
    size_t n = image->n_planes * image->n_pixels * bytes_of(image->pixel), fill = whole_blocks(n) - n;
    char zero[BLOCK] = { 0 };
    int rc;

    fe_fits_header_close(&image->header, image->sum);
    rc = fe_output_put(out, image->at_header, image->header.s, image->header.len, err);
    if (rc == 0)
        rc = fe_output_put(out, image->at_data + n, zero, fill, err);
    fe_image_free(image);
    return rc;
}

void fe_image_free(fe_image *image)
{
    fe_str_free(&image->header);
}
