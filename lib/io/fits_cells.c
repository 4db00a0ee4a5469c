/* How the cells of a column lie in a row of a binary table (FITS standard 4.0, 7.3). */
#include "io/fits_cells.h"

#include <math.h>
#include <string.h>

/* In the order in which a column that does not fit is widened; unsigned types by TZERO: standard 4.0, table 19. */
static const fe_fits_int int_codes[] = {
    { 'S', 'B', 1, INT8_MIN, INT8_MAX, "-128", (uint64_t)-128 },
    { 'B', 'B', 1, 0, UINT8_MAX, NULL, 0 },
    { 'I', 'I', 2, INT16_MIN, INT16_MAX, NULL, 0 },
    { 'U', 'I', 2, 0, UINT16_MAX, "32768", 32768 },
    { 'J', 'J', 4, INT32_MIN, INT32_MAX, NULL, 0 },
    { 'V', 'J', 4, 0, UINT32_MAX, "2147483648", UINT64_C(2147483648) },
    { 'W', 'K', 8, 0, INT64_MAX, "9223372036854775808", UINT64_C(1) << 63 },
    { 'K', 'K', 8, INT64_MIN, INT64_MAX, NULL, 0 }
};

enum { N_INT_CODES = sizeof int_codes / sizeof *int_codes };

static bool holds(const fe_fits_int *c, const int64_t *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (x[i] < c->min || x[i] > c->max)
            return false;
    return true;
}

static const fe_fits_int *choose_int(const fe_column *c, size_t n)
{
    size_t k = 0;

    while (k < N_INT_CODES && int_codes[k].code != c->fits_code)
        k++;
    while (k < N_INT_CODES - 1 && !holds(&int_codes[k], c->v.i, n))
        k++;
    return &int_codes[k < N_INT_CODES ? k : N_INT_CODES - 1];
}

static size_t longest(const fe_column *c, size_t n)
{
    size_t most = 1;

    for (size_t i = 0; i < n; i++) {
        size_t length = c->v.s[i] ? strlen(c->v.s[i]) : 0;

        most = length > most ? length : most;
    }
    return most;
}

fe_fits_cell fe_fits_cell_of(const fe_column *c, size_t n_rows)
{
    fe_fits_cell l = { 0 };
    size_t n = n_rows * c->width;

    switch (c->type) {
    case FE_COL_DOUBLE:
        l.letter = c->fits_code == 'E' ? 'E' : 'D';
        l.bytes = c->width * (l.letter == 'E' ? 4 : 8);
        break;
    case FE_COL_INT:
        l.integer = choose_int(c, n);
        l.letter = l.integer->letter;
        l.bytes = c->width * (size_t)l.integer->bytes;
        break;
    case FE_COL_BOOL:
        l.letter = c->fits_code == 'X' ? 'X' : 'L';
        l.bytes = l.letter == 'X' ? (c->width + 7) / 8 : c->width;
        break;
    case FE_COL_STRING:
        l.letter = 'A';
        l.n_chars = longest(c, n);
        l.bytes = c->width * l.n_chars;
    }
    return l;
}

/* ---- cells -------------------------------------------------------------------------------------------------- */

static void put_big_endian(unsigned char *to, uint64_t x, int bytes)
{
    for (int k = bytes - 1; k >= 0; k--, x >>= 8)
        to[k] = (unsigned char)x;
}

/* One bit pattern for "missing": the sign of a NaN depends on how it came about. */
static void put_real(unsigned char *to, double x, char letter)
{
    float single = (float)x;
    uint32_t bits32 = UINT32_C(0x7fc00000);
    uint64_t bits64 = UINT64_C(0x7ff8000000000000);

    if (letter == 'E') {
        if (!isnan(x))
            memcpy(&bits32, &single, sizeof bits32);
        put_big_endian(to, bits32, 4);
    } else {
        if (!isnan(x))
            memcpy(&bits64, &x, sizeof bits64);
        put_big_endian(to, bits64, 8);
    }
}

/* A 0 ends a short one (standard 4.0, 7.3.3.1): readers that do not cut blanks off get it right as well. */
static void put_string(unsigned char *to, const char *s)
{
    for (; s && *s; s++)
        *to++ = *s < ' ' || *s > '~' ? '?' : (unsigned char)*s;
}

void fe_fits_cell_put(unsigned char *to, const fe_column *c, const fe_fits_cell *l, size_t row)
{
    for (size_t k = 0; k < c->width; k++) {
        size_t i = row * c->width + k;

        switch (c->type) {
        case FE_COL_DOUBLE:
            put_real(to + k * (l->letter == 'E' ? 4 : 8), c->v.d[i], l->letter);
            break;
        case FE_COL_INT:
            put_big_endian(to + k * (size_t)l->integer->bytes, (uint64_t)c->v.i[i] - l->integer->zero,
                           l->integer->bytes);
            break;
        case FE_COL_BOOL:
            if (l->letter == 'L')
                to[k] = c->v.b[i] ? 'T' : 'F';
            else if (c->v.b[i])
                to[k / 8] |= (unsigned char)(0x80 >> k % 8);
            break;
        case FE_COL_STRING:
            put_string(to + k * l->n_chars, c->v.s[i]);
        }
    }
}
