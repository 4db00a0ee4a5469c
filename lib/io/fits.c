#include "io/fits.h"

#include <fitsio.h>
#include <stdio.h>
#include <string.h>

enum { SNIFFED = 8192 };

#ifdef FE_CFITSIO_STATIC
#define LINKED "static"
#else
#define LINKED "shared"
#endif

/* Also with something in front of it: the reader's message is clearer than "unknown format". */
bool fe_fits_sniff(const fe_bytes *b)
{
    size_t n = b->n < SNIFFED ? b->n : SNIFFED;

    return n && memmem(b->data, n, "SIMPLE  =", 9) && (n < 160 || memmem(b->data, n, "BITPIX  =", 9));
}

const char *fe_fits_library(void)
{
    static char text[64];

    snprintf(text, sizeof text, "cfitsio %d.%d.%d (%s)", CFITSIO_MAJOR, CFITSIO_MINOR, CFITSIO_MICRO, LINKED);
    return text;
}
