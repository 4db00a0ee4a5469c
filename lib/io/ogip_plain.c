/*
 * Tables whose every column lies where its TFORM says: they are read where they stand.  CFITSIO takes 50 us to open a file of this
 * kind, and there are thousands of runs of two each.  What is unusual in any header of a file is left to CFITSIO: scaled columns,
 * heaps, images, keywords that it would take for others, names that are not unique.  The two agree on the rest (t_ogip_plain).
 */
#include "io/ogip_parts.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

enum { CARD = 80, KEY = 8, VALUE_AT = 10, MAX_FIELDS = 32, MAX_DIGITS = 6, FIRST_FREE = 8 };

typedef struct header {             /* of a table                                                       */
    const char *card;
    fe_ogip_field field[MAX_FIELDS];
    size_t n_fields;
} header;

/* For CFITSIO other characters are an error in the primary header, not in that of a table. */
static bool is_printable(const char *card)
{
    for (size_t k = 0; k < CARD; k++)
        if (card[k] < ' ' || card[k] > '~')
            return false;
    return true;
}

/* The mandatory integers, which fe_fits_walk has found at their places; false: written in another way, as +8 or 08. */
static bool get_integers(const char *cards, size_t value[FIRST_FREE])
{
    for (size_t i = 1; i < FIRST_FREE; i++) {
        const char *p = cards + i * CARD + VALUE_AT, *end = cards + (i + 1) * CARD, *first;

        while (p < end && *p == ' ')
            p++;
        for (value[i] = 0, first = p; p < end && isdigit((unsigned char)*p); p++)
            value[i] = 10 * value[i] + (size_t)(*p - '0');
        if (p == first || p == end || (*first == '0' && p > first + 1) || (*p != ' ' && *p != '/'))
            return false;
    }
    return true;
}

/* Number of "TFORM12 = '", 1-based; 0: it is written in another way. */
static size_t index_at(const char *card)
{
    size_t n = 0, k = strlen("TFORM");

    for (; k < KEY && isdigit((unsigned char)card[k]); k++)
        n = 10 * n + (size_t)(card[k] - '0');
    for (; k < KEY && card[k] == ' '; k++)
        ;
    return k == KEY && card[strlen("TFORM")] != '0' && !memcmp(card + KEY, "= '", 3) ? n : 0;
}

/* Characters up to the blanks before the closing quote; 0: none, or others than letters, digits, - and _. */
static size_t word_at(const char *text, const char *end)
{
    size_t n = 0, k;

    while (text + n < end && (isalnum((unsigned char)text[n]) || text[n] == '_' || text[n] == '-'))
        n++;
    for (k = n; text + k < end && text[k] == ' '; k++)
        ;
    return text + k + 1 < end && text[k] == '\'' && text[k + 1] != '\'' ? n : 0;
}

static int type_of(char letter)
{
    switch (letter) {
    case 'L': return TLOGICAL;
    case 'X': return TBIT;
    case 'B': return TBYTE;
    case 'I': return TSHORT;
    case 'J': return TLONG;
    case 'K': return TLONGLONG;
    case 'E': return TFLOAT;
    case 'D': return TDOUBLE;
    case 'A': return TSTRING;
    case 'C': return TCOMPLEX;
    case 'M': return TDBLCOMPLEX;
    default: return 0;
    }
}

/* Bytes of n elements of a row (standard 4.0, table 18). */
static size_t bytes_of(int type, size_t n)
{
    switch (type) {
    case TBIT: return (n + 7) / 8;
    case TSHORT: return 2 * n;
    case TLONG: case TFLOAT: return 4 * n;
    case TLONGLONG: case TDOUBLE: case TCOMPLEX: return 8 * n;
    case TDBLCOMPLEX: return 16 * n;
    default: return n;
    }
}

/* rT: a number and a letter, or the letter alone. */
static bool set_form(fe_ogip_field *field, const char *text, size_t n)
{
    size_t repeat = 0, digits = 0;

    for (; digits + 1 < n && isdigit((unsigned char)text[digits]); digits++)
        repeat = 10 * repeat + (size_t)(text[digits] - '0');
    if (n == 0 || digits + 1 != n || digits > MAX_DIGITS || field->type)
        return false;
    field->repeat = digits ? repeat : 1;
    field->type = type_of(text[digits]);
    return field->repeat && field->type;
}

static bool set_name(fe_ogip_field *field, const char *text, size_t n)
{
    if (n == 0 || field->name)
        return false;
    field->name = text;
    field->n_name = n;
    return true;
}

/* A card that CFITSIO lays out a table by. */
static bool use_card(header *h, const char *card)
{
    static const char *const others[] = { "SCAL", "ZERO", "NULL", "DIM", "HEAP", "BCOL" };
    const char *value = card + VALUE_AT + 1;
    bool is_name = !memcmp(card, "TTYPE", 5);
    size_t i;

    if (*card == 'Z' || !memcmp(card, "HIERARCH", KEY) || !memcmp(card, "END ", 4) || !memcmp(card, "END=", 4))
        return false;               /* ZIMAGE; CFITSIO takes "HIERARCH TFORM1" for a TFORM1, and "END x" for the end */
    if (*card != 'T')
        return true;
    if (!is_name && memcmp(card, "TFORM", 5)) {
        if (!memchr("SZNDHB", card[1], 6))          /* TELESCOP, TUNIT ... */
            return true;
        for (i = 0; i < sizeof others / sizeof *others; i++)
            if (!memcmp(card + 1, others[i], strlen(others[i])))
                return false;
        return true;
    }
    i = index_at(card);
    if (i < 1 || i > h->n_fields)
        return false;
    return (is_name ? set_name : set_form)(&h->field[i - 1], value, word_at(value, card + CARD));
}

static bool is_name_of(const fe_ogip_field *field, const char *name, size_t n)
{
    return field->n_name == n && !((*field->name ^ *name) & 0xdf) && !strncasecmp(field->name, name, n);
}

/* Every column has a form and a name of its own, and together they are as wide as a row. */
static bool lay_fields(header *h, size_t row_bytes)
{
    size_t offset = 0;

    for (size_t k = 0; k < h->n_fields; k++) {
        fe_ogip_field *field = &h->field[k];

        if (!field->type || !field->name)
            return false;
        for (size_t j = 0; j < k; j++)
            if (is_name_of(&h->field[j], field->name, field->n_name))
                return false;
        field->offset = offset;
        offset += bytes_of(field->type, field->repeat);
    }
    return offset == row_bytes;
}

static bool lay_table(fe_ogip_file *f, fe_ogip_hdu *hdu)
{
    header h;
    size_t value[FIRST_FREE];       /* BITPIX, NAXIS, NAXIS1, NAXIS2, PCOUNT, GCOUNT, TFIELDS from 1 on */

    h.card = hdu->header;
    if (hdu->n_used < FIRST_FREE || memcmp(h.card, "XTENSION= 'BINTABLE' ", 21) || !get_integers(h.card, value) ||
        value[5] != 0 || value[7] > MAX_FIELDS)
        return false;
    hdu->row_bytes = value[3];
    hdu->n_rows = value[4];
    h.n_fields = value[7];
    memset(h.field, 0, h.n_fields * sizeof *h.field);
    for (size_t i = FIRST_FREE; i < hdu->n_used; i++)
        if (!use_card(&h, h.card + i * CARD))
            return false;
    if (!lay_fields(&h, hdu->row_bytes))
        return false;
    hdu->first_field = f->n_fields;
    hdu->n_fields = h.n_fields;
    for (size_t k = 0; k < h.n_fields; k++) {
        FE_GROW(f->field, f->n_fields, f->cap_fields);
        f->field[f->n_fields++] = h.field[k];
    }
    return true;
}

/* SIMPLE, BITPIX, NAXIS = 0 and what says nothing of data. */
static bool is_empty_primary(const fe_ogip_hdu *hdu)
{
    static const char SIMPLE[] = "SIMPLE  =                    T", NAXIS[] = "NAXIS   =                    0";
    static const char *const others[] = { "PCOUNT", "GCOUNT", "GROUPS", "BSCALE", "BZERO", "BLANK", "HIERARCH", "Z", "END" };

    if (hdu->n_used < 3 || memcmp(hdu->header, SIMPLE, sizeof SIMPLE - 1) || memcmp(hdu->header + 2 * CARD, NAXIS, sizeof NAXIS - 1))
        return false;
    for (size_t i = 3; i < hdu->n_used; i++) {
        if (!is_printable(hdu->header + i * CARD))
            return false;
        for (size_t k = 0; k < sizeof others / sizeof *others; k++)
            if (hdu->header[i * CARD] == *others[k] && !strncmp(hdu->header + i * CARD, others[k], strlen(others[k])))
                return false;
    }
    return true;
}

bool fe_ogip_lay_out(fe_ogip_file *f)
{
    if (!is_empty_primary(&f->hdu[0]))
        return false;
    for (size_t k = 1; k < f->n_hdus; k++)
        if (!lay_table(f, &f->hdu[k]))
            return false;
    return true;
}

bool fe_ogip_find_plain(const fe_ogip_file *f, const char *name, fe_ogip_column *c)
{
    const fe_ogip_hdu *hdu = &f->hdu[f->at];
    size_t n = strlen(name);

    for (size_t k = 0; k < hdu->n_fields; k++) {
        const fe_ogip_field *field = &f->field[hdu->first_field + k];

        if (!is_name_of(field, name, n))
            continue;
        *c = (fe_ogip_column){ name, (int)k + 1, field->type, field->type, false, field->repeat };
        return true;
    }
    return false;
}

/* ---- cells -------------------------------------------------------------------------------------------------- */

static uint64_t big_endian(const unsigned char *p, size_t n_bytes)
{
    uint64_t x = 0;

    for (size_t k = 0; k < n_bytes; k++)
        x = x << 8 | p[k];
    return x;
}

static double number_at(const unsigned char *p, int type)
{
    union { uint32_t bits; float x; } f32;
    union { uint64_t bits; double x; } f64;

    switch (type) {
    case TBYTE: return *p;
    case TSHORT: return (int16_t)big_endian(p, 2);
    case TLONG: return (int32_t)big_endian(p, 4);
    case TLONGLONG: return (double)(int64_t)big_endian(p, 8);
    case TFLOAT:
        f32.bits = (uint32_t)big_endian(p, 4);
        return (double)f32.x;
    default:
        f64.bits = big_endian(p, 8);
        return f64.x;
    }
}

bool fe_ogip_get_plain(const fe_ogip_file *f, const fe_ogip_column *c, size_t row, size_t n, double *out)
{
    const fe_ogip_hdu *hdu = &f->hdu[f->at];
    const fe_ogip_field *field = &f->field[hdu->first_field + (size_t)c->number - 1];
    size_t n_rows = n / field->repeat, size = bytes_of(field->type, 1);

    if (field->type == TLOGICAL || n_rows * field->repeat != n || row + n_rows > hdu->n_rows)
        return false;
    for (size_t i = 0; i < n_rows; i++) {
        const unsigned char *p = f->bytes->data + hdu->data + (row + i) * hdu->row_bytes + field->offset;

        for (size_t k = 0; k < field->repeat; k++)
            *out++ = number_at(p + k * size, field->type);
    }
    return true;
}
