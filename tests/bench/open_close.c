/* open_close.c -- the yardstick: open a FITS file with CFITSIO, step through its HDUs, close it. */
#include <fitsio.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    int status = 0;

    for (int i = 1; i < argc; i++) {
        fitsfile *file;
        int n = 0;

        fits_open_file(&file, argv[i], READONLY, &status);
        fits_get_num_hdus(file, &n, &status);
        fits_close_file(file, &status);
        if (status) {
            fits_report_error(stderr, status);
            return 1;
        }
    }
    return 0;
}
