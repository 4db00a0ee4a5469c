/* read_all.c -- the yardstick of reading: every column of every table of the files, with CFITSIO, as doubles. */
#include <fitsio.h>
#include <stdio.h>
#include <stdlib.h>

static void read_table(fitsfile *file, int *status)
{
    long n_rows = 0;
    int n_cols = 0;

    fits_get_num_rows(file, &n_rows, status);
    fits_get_num_cols(file, &n_cols, status);
    for (int c = 1; c <= n_cols && !*status; c++) {
        int type = 0;
        long repeat = 0, width = 0;

        fits_get_coltype(file, c, &type, &repeat, &width, status);
        for (long row = 1; row <= n_rows && !*status; row++) {
            long n = repeat, offset = 0;

            if (type < 0)                               /* variable length */
                fits_read_descript(file, c, row, &n, &offset, status);
            if (n > 0 && type != TSTRING && type != TLOGICAL) {
                double *x = malloc((size_t)n * sizeof *x);

                fits_read_col(file, TDOUBLE, c, row, 1, n, NULL, x, NULL, status);
                free(x);
            }
        }
    }
}

int main(int argc, char **argv)
{
    int status = 0;

    for (int i = 1; i < argc; i++) {
        fitsfile *file;
        int n = 0, type = 0;

        fits_open_file(&file, argv[i], READONLY, &status);
        fits_get_num_hdus(file, &n, &status);
        for (int hdu = 2; hdu <= n && !status; hdu++) {
            fits_movabs_hdu(file, hdu, &type, &status);
            if (type == BINARY_TBL)
                read_table(file, &status);
        }
        fits_close_file(file, &status);
        if (status) {
            fits_report_error(stderr, status);
            return 1;
        }
    }
    return 0;
}
