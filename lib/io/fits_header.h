/* fits_header.h -- the cards of a FITS header, both ways: keywords, long strings (CONTINUE), HIERARCH, columns.
 *
 * What lays out the file (BITPIX, NAXISn, TFORMn, checksums ...) is neither read into a list nor taken from one.
 * A text with line breaks is written with \n and \\ in it, its comment begins with FE_FITS_BREAKS; it reads back whole.
 */
#ifndef FE_IO_FITS_HEADER_H
#define FE_IO_FITS_HEADER_H
#include <stdbool.h>
#include "base/str.h"
#include "types/table.h"

#define FE_FITS_BREAKS "(\\n: line break)"

typedef struct fe_fits_column {     /* what the header says of one column                               */
    char *name, *comment, *unit;    /* comment NULL: none                                               */
    char *tdim, *tnull;             /* as written, or NULL                                              */
    double tzero;
    bool is_scaled;                 /* TSCAL is there and is not 1                                      */
} fe_fits_column;

typedef struct fe_fits_header {
    char *extname;                  /* or NULL                                                          */
    fe_fits_column *column;         /* [n_columns]                                                      */
    size_t n_columns;
} fe_fits_header;

/* n bytes of cards; the keywords are added to meta in order, the first of a name counts. */
void fe_fits_header_read(const void *cards, size_t n, size_t n_columns, fe_fits_header *, fe_metalist *meta);
void fe_fits_header_free(fe_fits_header *);
/* The same, only of the keywords that are wanted; what is not costs little. */
void fe_fits_keywords_read(const void *cards, size_t n, bool (*wanted)(const char *key), fe_metalist *meta);
/* Value of the first of n bytes of cards, with those that go on with it (CONTINUE), as text; the caller frees. */
char *fe_fits_card_text(const void *cards, size_t n);

bool fe_fits_is_structural(const char *key);
void fe_fits_card_add(fe_str *out, const char *key, fe_metatype, const char *text, const char *comment);
void fe_fits_cards_add(fe_str *out, const fe_metalist *);       /* all but the structural ones */
#endif
