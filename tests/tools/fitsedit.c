/* fitsedit -- spoil a FITS file on purpose: the bad-input tests' only way to make their cases.
 *
 *   fitsedit FILE HDU set COLUMN ROW VALUE [ELEMENT]     write one cell (number)
 *   fitsedit FILE HDU key NAME VALUE                     set a keyword: number, T, F, else text
 *   fitsedit FILE HDU delkey NAME
 *   fitsedit FILE HDU unit COLUMN UNIT                   set TUNITn
 *   fitsedit FILE HDU rename COLUMN NEW                  set TTYPEn
 *   fitsedit FILE HDU delcol COLUMN
 *   fitsedit FILE HDU retype COLUMN TFORM                copy the column into another type
 *   fitsedit FILE HDU addcol COLUMN TFORM                of zeros
 *   fitsedit FILE HDU delrows FIRST COUNT
 *   fitsedit FILE HDU delhdu
 *   fitsedit FILE HDU name NEW                           set EXTNAME
 *   fitsedit FILE HDU pixel N VALUE                      write one pixel of an image, counted from 1 in the file's order
 *   fitsedit FILE HDU scale FACTOR                       multiply all pixels
 *   fitsedit FILE HDU resize NAXIS1 NAXIS2 ...           of an image; what is new is 0
 */
#include <fitsio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int column(fitsfile *f, const char *name, int *status)
{
    int n = 0;

    fits_get_colnum(f, CASEINSEN, (char *)name, &n, status);
    return n;
}

static void column_key(fitsfile *f, const char *stem, const char *name, const char *value, int *status)
{
    char key[FLEN_KEYWORD];

    snprintf(key, sizeof key, "%s%d", stem, column(f, name, status));
    fits_update_key(f, TSTRING, key, (char *)value, NULL, status);
}

static void set_key(fitsfile *f, const char *name, const char *value, int *status)
{
    char *end;
    double x = strtod(value, &end);
    int truth = !strcmp(value, "T");

    if (*value && !*end)
        fits_update_key(f, TDOUBLE, name, &x, NULL, status);
    else if (truth || !strcmp(value, "F"))
        fits_update_key(f, TLOGICAL, name, &truth, NULL, status);
    else
        fits_update_key(f, TSTRING, name, (char *)value, NULL, status);
}

static void retype(fitsfile *f, const char *name, const char *tform, int *status)
{
    long n = 0;
    int from = column(f, name, status), cols = 0;
    double *x;

    fits_get_num_rows(f, &n, status);
    fits_get_num_cols(f, &cols, status);
    x = calloc((size_t)n + 1, sizeof *x);
    fits_read_col(f, TDOUBLE, from, 1, 1, n, NULL, x, NULL, status);
    fits_insert_col(f, cols + 1, "TEMPORARY", (char *)tform, status);
    fits_write_col(f, TDOUBLE, cols + 1, 1, 1, n, x, status);
    fits_delete_col(f, from, status);
    column_key(f, "TTYPE", "TEMPORARY", name, status);
    free(x);
}

static void set_pixel(fitsfile *f, long n, const char *value, int *status)
{
    double x = strtod(value, NULL);

    fits_write_img(f, TDOUBLE, n, 1, &x, status);
}

static void scale(fitsfile *f, double factor, int *status)
{
    long size[9] = { 0 }, n = 1;
    int n_dim = 0, any = 0;
    double *x;

    fits_get_img_dim(f, &n_dim, status);
    fits_get_img_size(f, 9, size, status);
    for (int k = 0; k < n_dim; k++)
        n *= size[k];
    x = calloc((size_t)n + 1, sizeof *x);
    fits_read_img(f, TDOUBLE, 1, n, NULL, x, &any, status);
    for (long i = 0; i < n; i++)
        x[i] *= factor;
    fits_write_img(f, TDOUBLE, 1, n, x, status);
    free(x);
}

static void resize(fitsfile *f, int n_dim, char **a, int *status)
{
    long size[9];
    int bitpix = 0;

    fits_get_img_type(f, &bitpix, status);
    for (int k = 0; k < n_dim && k < 9; k++)
        size[k] = atol(a[k]);
    fits_resize_img(f, bitpix, n_dim, size, status);
}

static int edit(fitsfile *f, int n, char **a, int *status)
{
    const char *verb = a[0];

    if (!strcmp(verb, "set") && n >= 4) {
        double x = strtod(a[3], NULL);

        fits_write_col(f, TDOUBLE, column(f, a[1], status), atol(a[2]), n > 4 ? atol(a[4]) : 1, 1, &x, status);
    } else if (!strcmp(verb, "key") && n == 3) {
        set_key(f, a[1], a[2], status);
    } else if (!strcmp(verb, "delkey") && n == 2) {
        fits_delete_key(f, a[1], status);
    } else if (!strcmp(verb, "unit") && n == 3) {
        column_key(f, "TUNIT", a[1], a[2], status);
    } else if (!strcmp(verb, "rename") && n == 3) {
        column_key(f, "TTYPE", a[1], a[2], status);
    } else if (!strcmp(verb, "delcol") && n == 2) {
        fits_delete_col(f, column(f, a[1], status), status);
    } else if (!strcmp(verb, "retype") && n == 3) {
        retype(f, a[1], a[2], status);
    } else if (!strcmp(verb, "addcol") && n == 3) {
        int cols = 0;

        fits_get_num_cols(f, &cols, status);
        fits_insert_col(f, cols + 1, a[1], a[2], status);
    } else if (!strcmp(verb, "delrows") && n == 3) {
        fits_delete_rows(f, atol(a[1]), atol(a[2]), status);
    } else if (!strcmp(verb, "delhdu")) {
        fits_delete_hdu(f, NULL, status);
    } else if (!strcmp(verb, "pixel") && n == 3) {
        set_pixel(f, atol(a[1]), a[2], status);
    } else if (!strcmp(verb, "scale") && n == 2) {
        scale(f, strtod(a[1], NULL), status);
    } else if (!strcmp(verb, "resize") && n > 1) {
        resize(f, n - 1, a + 1, status);
    } else if (!strcmp(verb, "name") && n == 2) {
        fits_update_key(f, TSTRING, "EXTNAME", a[1], NULL, status);
    } else {
        return -1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    fitsfile *f;
    int status = 0, usage;

    if (argc < 4) {
        fprintf(stderr, "usage: fitsedit FILE HDU VERB ...\n");
        return 2;
    }
    fits_open_diskfile(&f, argv[1], READWRITE, &status);
    fits_movnam_hdu(f, ANY_HDU, argv[2], 0, &status);
    usage = status ? 0 : edit(f, argc - 3, argv + 3, &status);
    if (f)
        fits_close_file(f, &status);
    if (status)
        fits_report_error(stderr, status);
    return usage ? 2 : status != 0;
}
