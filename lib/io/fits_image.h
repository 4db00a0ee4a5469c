/* fits_image.h -- image HDUs of our own making, plane by plane: the same bytes every time, with checksums. */
#ifndef FE_IO_FITS_IMAGE_H
#define FE_IO_FITS_IMAGE_H
#include <stdint.h>
#include "io/stream.h"
#include "types/geom.h"
#include "types/table.h"

typedef enum fe_pixel { FE_PIXEL_DOUBLE, FE_PIXEL_FLOAT, FE_PIXEL_INT64, FE_PIXEL_BYTE } fe_pixel;

typedef struct fe_image {           /* one HDU on its way                                               */
    fe_str header;                  /* up to, not with, CHECKSUM                                        */
    size_t at_header, at_data;      /* places in the file                                               */
    size_t n_planes, n_pixels;      /* of a plane; all planes                                           */
    fe_pixel pixel;
    uint32_t sum;                   /* of the data put so far (standard 4.0, appendix J: order is no matter) */
} fe_image;

/*
 * The header of n_planes maps of a geometry, with `axes` (AXCOLS, BANDSHDU ...) and keywords behind those of the WCS; at is its place in
 * the file.  Returns the place behind it.
 */
size_t fe_image_begin(fe_image *, size_t at, const char *name, const fe_geom *, size_t n_planes, fe_pixel,
                      const fe_metalist *keywords);
/* The same with two axes behind the sky, n_fast the faster one; n_slow 0: one. */
size_t fe_image_begin_axes(fe_image *, size_t at, const char *name, const fe_geom *, size_t n_fast, size_t n_slow, fe_pixel,
                           const fe_metalist *keywords);
int fe_image_put(fe_image *, fe_output *, size_t plane, const double *values, fe_err *err) FE_RESULT;
/* Writes the header with the sums, and frees what the image holds. */
int fe_image_end(fe_image *, fe_output *, fe_err *err) FE_RESULT;
void fe_image_free(fe_image *);

/* fits_write.c: HDUs of tables, and the empty primary one, appended to a text of bytes. */
void fe_fits_primary_add(const fe_metalist *, fe_str *out);
int fe_fits_table_add(const char *file, const fe_table *, fe_str *out, fe_err *err) FE_RESULT;
/* One's complement sum of 32-bit words, continued; the sum that stands in a header. */
uint32_t fe_fits_sum(uint32_t sum, const void *data, size_t n);
/* Cards of the sums and END behind a header whose data have the sum `data_sum`; filled to whole blocks. */
void fe_fits_header_close(fe_str *header, uint32_t data_sum);
#endif
