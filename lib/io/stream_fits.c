/* The lengths that a FITS file says it has, against those it has: FITS standard 4.0, sections 3 and 4.4.1. */
#include "io/stream.h"

#include <ctype.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

enum { BLOCK = 2880, CARD = 80, MAX_NAXIS = 999, VALUE_AT = 10, LOGICAL_AT = 29, JUNK_SEARCHED = 64 << 10 };

typedef struct walk {
    const fe_bytes *bytes;
    fe_err *err;
    const unsigned char *header;    /* of the HDU at hand                                               */
    size_t number, at, n_cards;     /* 1 the first; its offset in the file; cards up to END             */
} walk;

/* Blank and "= " behind it included: without them CFITSIO finds no value and goes on with whatever was there. */
static bool is_key(const unsigned char *card, const char *key)
{
    static const char rest[] = "        = ";        /* what follows a key of n letters stands at n */
    size_t n;

    if (*card != (unsigned char)*key)
        return false;
    n = strlen(key);
    return !memcmp(card, key, n) && !memcmp(card + n, rest + n, VALUE_AT - n);
}

/* The name of the HDU at hand, or its number. */
static void name_hdu(const walk *w, char hdu[CARD])
{
    snprintf(hdu, CARD, w->number == 1 ? "PRIMARY" : "#%zu", w->number);
    for (size_t i = 0; i < w->n_cards; i++) {
        const unsigned char *card = w->header + i * CARD;
        int n = 0;

        if (!is_key(card, "EXTNAME") || card[VALUE_AT] != '\'')
            continue;
        while (n < CARD - VALUE_AT - 1 && card[VALUE_AT + 1 + n] != '\'')
            n++;
        while (n > 0 && card[VALUE_AT + n] == ' ')
            n--;
        if (n > 0)
            snprintf(hdu, CARD, "%.*s", n, (const char *)card + VALUE_AT + 1);
    }
}

static int refuse(const walk *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static int refuse(const walk *w, const char *fmt, ...)
{
    char hdu[CARD], text[512];
    va_list ap;

    name_hdu(w, hdu);
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return fe_fail(w->err, FE_EDATA, &(fe_where){ .file = w->bytes->name, .hdu = hdu }, "%s", text);
}

/* Blanks, digits, and a blank or a comment behind them: what nearly all cards are; false: look closer. */
static bool scan_digits(const unsigned char *card, long *value)
{
    enum { MAX_DIGITS = 18 };
    size_t i = VALUE_AT, first;

    while (i < CARD && card[i] == ' ')
        i++;
    for (first = i, *value = 0; i < CARD && i < first + MAX_DIGITS && isdigit(card[i]); i++)
        *value = 10 * *value + (card[i] - '0');
    return i > first && i < CARD && (card[i] == ' ' || card[i] == '/');
}

/* The card that must stand at place i (0-based). */
static int mandatory(const walk *w, size_t i, const char *key, long min, long max, long *value)
{
    char text[CARD + 1], *start, *end;

    if (i >= w->n_cards || !is_key(w->header + i * CARD, key))
        return refuse(w, "card %zu of the header is not %s", i + 1, key);
    if (scan_digits(w->header + i * CARD, value) && *value >= min && *value <= max)
        return 0;
    memcpy(text, w->header + i * CARD, CARD);
    text[CARD] = 0;
    start = text + VALUE_AT + strspn(text + VALUE_AT, " ");     /* strtol would skip a tab, CFITSIO does not */
    *value = strtol(start, &end, 10);
    if (isspace((unsigned char)*start) || end == start || (*end && *end != ' ' && *end != '/') || *value < min ||
        *value > max)
        return refuse(w, "%s is not an integer from %ld to %ld (found '%.20s')", key, min, max,
                       text + VALUE_AT);
    return 0;
}

/* A keyword that fixes a length must not stand twice: readers differ in which one they take. */
static int refuse_second(const walk *w, const char *key, size_t first)
{

    for (size_t i = first + 1; i < w->n_cards; i++)
        if (is_key(w->header + i * CARD, key))
            return refuse(w, "card %zu of the header is a second %s", i + 1, key);
    return 0;
}

static int structural(const walk *w, size_t *i, const char *key, long min, long max, long *value)
{
    if (mandatory(w, *i, key, min, max, value) < 0)
        return -1;
    return refuse_second(w, key, (*i)++);
}

/* An optional length of a primary HDU or image; its place is free. */
static int optional(const walk *w, const char *key, long def, long *value)
{
    *value = def;
    for (size_t i = 0; i < w->n_cards; i++)
        if (is_key(w->header + i * CARD, key))
            return structural(w, &i, key, 0, LONG_MAX, value);
    return 0;
}

static int too_long(const walk *w)
{

    return refuse(w, "the header describes more data than a file can hold");
}

/* Length of the data, without padding: |BITPIX| / 8 * GCOUNT * (PCOUNT + NAXIS1 * NAXIS2 * ...), equation 1 and 2. */
static int data_length(const walk *w, size_t *n)
{
    long bitpix, naxis, axis, pcount, gcount;
    size_t i = 1, size = 1;

    if (structural(w, &i, "BITPIX", -64, 64, &bitpix) < 0 || structural(w, &i, "NAXIS", 0, MAX_NAXIS, &naxis) < 0)
        return -1;
    if (bitpix != 8 && bitpix != 16 && labs(bitpix) != 32 && labs(bitpix) != 64) {
        return refuse(w, "BITPIX is %ld, expected 8, 16, 32, 64, -32 or -64", bitpix);
    }
    for (long k = 1; k <= naxis; k++) {
        char key[32] = "NAXIS1";

        key[5] = (char)('0' + k);                   /* of thousands of tables none has more */
        if (k > 9)
            snprintf(key, sizeof key, "NAXIS%ld", k);
        if (structural(w, &i, key, 0, LONG_MAX, &axis) < 0)
            return -1;
        if (__builtin_mul_overflow(size, (size_t)axis, &size))
            return too_long(w);
    }
    if (optional(w, "PCOUNT", 0, &pcount) < 0 || optional(w, "GCOUNT", 1, &gcount) < 0)
        return -1;
    if (naxis == 0)
        size = 0, pcount = 0;
    if (__builtin_add_overflow(size, (size_t)pcount, &size) || __builtin_mul_overflow(size, (size_t)gcount, &size) ||
        __builtin_mul_overflow(size, (size_t)(labs(bitpix) / 8), &size) || size > SIZE_MAX / 2)
        return too_long(w);
    *n = size;
    return 0;
}

/* ---- the header at w->at ------------------------------------------------------------------------------------ */

static int find_end(walk *w)
{
    size_t left = w->bytes->n - w->at;

    w->header = w->bytes->data + w->at;
    for (w->n_cards = 0; (w->n_cards + 1) * CARD <= left; w->n_cards++)
        if (!memcmp(w->header + w->n_cards * CARD, "END     ", 8))
            break;
    if ((w->n_cards + 1) * CARD > left)
        return refuse(w, "the file is cut inside a header (no END in the last %zu of %zu bytes)",
                       left, w->bytes->n);
    return 0;
}

static int check_complete(const walk *w, size_t header, size_t data, size_t *next)
{
    size_t blocks = header / BLOCK + data / BLOCK + (data % BLOCK != 0), end;

    if (__builtin_mul_overflow(blocks, (size_t)BLOCK, &end) || __builtin_add_overflow(end, w->at, &end))
        return too_long(w);
    if (end > w->bytes->n)
        return refuse(w, "the file is cut: %zu bytes expected up to the end of this HDU, found "
                       "%zu", end, w->bytes->n);
    *next = end;
    return 0;
}

/* CFITSIO lays the rows of a table by these, and reads what lies outside them without a question. */
static int check_table(const walk *w)
{
    long value;
    size_t place = 0;
    const char *type = (const char *)w->header + VALUE_AT;
    bool binary = fe_str_starts(type, "'BINTABLE'") || fe_str_starts(type, "'A3DTABLE'");

    if (*type != '\'')
        return refuse(w, "XTENSION is not a string");
    if (!binary && !fe_str_starts(type, "'TABLE"))
        return 0;
    if (mandatory(w, 1, "BITPIX", 8, 8, &value) < 0 || mandatory(w, 2, "NAXIS", 2, 2, &value) < 0 ||
        mandatory(w, 5, "PCOUNT", 0, binary ? LONG_MAX : 0, &value) < 0 || mandatory(w, 6, "GCOUNT", 1, 1, &value) < 0)
        return -1;
    place = 7;
    if (structural(w, &place, "TFIELDS", 0, 999, &value) < 0)
        return -1;
    mandatory(w, 3, "NAXIS1", 0, LONG_MAX, &value);
    if (value == 0) {
        mandatory(w, 4, "NAXIS2", 0, LONG_MAX, &value);
        if (value > 0)
            return refuse(w, "NAXIS2 says %ld rows, but a row has no bytes", value);
    }
    return 0;
}

static int check_primary(const walk *w)
{

    if (w->header[LOGICAL_AT] != 'T')
        return refuse(w, "SIMPLE is not T: not a standard FITS file");
    for (size_t i = 0; i < w->n_cards; i++)
        if (is_key(w->header + i * CARD, "GROUPS") && w->header[i * CARD + LOGICAL_AT] == 'T')
            return refuse(w, "random groups are not supported");
    return 0;
}

static int check_hdu(walk *w, size_t *data, fe_fits_place *place)
{
    size_t header;

    if (find_end(w) < 0)
        return -1;
    header = ((w->n_cards + 1) * CARD + BLOCK - 1) / BLOCK * BLOCK;
    if (data_length(w, data) < 0 || (w->number == 1 ? check_primary(w) : check_table(w)) < 0)
        return -1;
    *place = (fe_fits_place){ w->at, w->n_cards, w->at + header };
    return 0;
}

/* ---- between the HDUs --------------------------------------------------------------------------------------- */

static int check_start(const fe_bytes *b, fe_err *err)
{
    const fe_where at = { .file = b->name };
    size_t searched = b->n < JUNK_SEARCHED ? b->n : JUNK_SEARCHED;
    const unsigned char *found = b->n ? memmem(b->data, searched, "SIMPLE  =", 9) : NULL;

    if (!found)
        return fe_fail(err, FE_EDATA, &at, "not a FITS file: it does not start with SIMPLE");
    if (found > b->data)
        return fe_fail(err, FE_EDATA, &at, "%zu bytes of something else stand before the FITS file",
                       (size_t)(found - b->data));
    return 0;
}

/* What begins behind an HDU: 1 another HDU, 0 the end, -1 something that must not be there. */
static int check_between(const walk *w)
{
    const fe_where at = { .file = w->bytes->name };
    const unsigned char *p = w->bytes->data + w->at;
    size_t left = w->bytes->n - w->at;

    if (left == 0)
        return 0;
    if (left >= 9 && !memcmp(p, "XTENSION=", 9))
        return 1;
    if (left >= 9 && !memcmp(p, "SIMPLE  =", 9))
        return fe_fail(w->err, FE_EDATA, &at, "a second FITS file begins at byte %zu, expected one file", w->at);
    return fe_fail(w->err, FE_EDATA, &at, "%zu bytes behind the last HDU (HDU %zu ends at byte %zu)", left, w->number,
                   w->at);
}

int fe_fits_walk(const fe_bytes *b, void (*tell)(void *ctx, const fe_fits_place *), void *ctx, fe_err *err)
{
    walk w = { .bytes = b, .err = err };
    int more = 1;

    if (check_start(b, err) < 0)
        return -1;
    for (w.number = 1; more > 0; w.number++) {
        fe_fits_place place;
        size_t data = 0, next = 0;

        if (check_hdu(&w, &data, &place) < 0)
            return -1;
        if (tell)
            tell(ctx, &place);
        if (check_complete(&w, place.data - place.header, data, &next) < 0)
            return -1;
        w.at = next;
        more = check_between(&w);
    }
    return more;
}

int fe_bytes_check_fits(const fe_bytes *b, fe_err *err)
{
    return fe_fits_walk(b, NULL, NULL, err);
}
