#include "io/fits_header.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/num.h"

enum { CARD = 80, KEY = 8, VALUE_AT = 10, MAX_SHORT = 68 };

typedef struct card {               /* one keyword, its CONTINUE cards joined                           */
    char key[CARD + 1];
    fe_metatype type;
    fe_str text, comment;
} card;

/* ---- structural keywords ------------------------------------------------------------------------------------ */

/* Stem of a keyword with a number: TTYPE12 is 12 of "TTYPE"; 0: it is none. */
static long index_of(const char *key, const char *stem)
{
    long n;

    if ((key[0] & 0xdf) != stem[0] || (key[1] & 0xdf) != stem[1])       /* most are sorted out here */
        return 0;
    return !strncasecmp(key, stem, strlen(stem)) && fe_num_parse_long(key + strlen(stem), &n) == 0 && n > 0 ? n : 0;
}

/* By its first word: CFITSIO takes "HIERARCH TFORM5 x" for a TFORM5. */
bool fe_fits_is_structural(const char *text)
{
    static const char *const fixed[26][4] = {
        ['B' - 'A'] = { "BITPIX", "BLOCKED" }, ['C' - 'A'] = { "CHECKSUM", "CONTINUE" }, ['D' - 'A'] = { "DATASUM" },
        ['E' - 'A'] = { "EXTEND", "EXTNAME", "END" }, ['G' - 'A'] = { "GCOUNT", "GROUPS" }, ['L' - 'A'] = { "LONGSTRN" },
        ['N' - 'A'] = { "NAXIS" }, ['P' - 'A'] = { "PCOUNT" }, ['S' - 'A'] = { "SIMPLE" },
        ['T' - 'A'] = { "TFIELDS", "THEAP" }, ['X' - 'A'] = { "XTENSION" }
    };
    static const char *const numbered[] = {
        "NAXIS", "TTYPE", "TFORM", "TUNIT", "TDIM", "TSCAL", "TZERO", "TNULL", "TDISP", "TBCOL"
    };

    const char *const *same_letter;
    char key[CARD];
    size_t n = 0, letter = (size_t)(toupper((unsigned char)*text) - 'A');

    if (letter >= 26 || !fixed[letter][0])
        return false;
    same_letter = fixed[letter];
    for (; n < CARD - 1 && (isalnum((unsigned char)text[n]) || text[n] == '_' || text[n] == '-'); n++)
        key[n] = text[n];
    key[n] = 0;
    for (size_t i = 0; i < 4 && same_letter[i]; i++)
        if (fe_str_equal_nocase(key, same_letter[i]))
            return true;
    for (size_t i = 0; i < sizeof numbered / sizeof *numbered && (letter == 'N' - 'A' || letter == 'T' - 'A'); i++)
        if (index_of(key, numbered[i]))
            return true;
    return false;
}

/* What CFITSIO writes into every primary header says nothing about this one. */
static bool is_boilerplate(const char *key, const char *text)
{
    return !strcmp(key, "COMMENT") && (strstr(text, "FITS (Flexible Image Transport System) format is") ||
                                       strstr(text, "Astrophysics', volume 376, page 359") ||
                                       strstr(text, "OGIP Long String Convention") || fe_str_starts(text, "CONTINUE") ||
                                       strstr(text, "character at the end of each substring which is then continued") ||
                                       strstr(text, "on the next keyword which has the name CONTINUE"));
}

/* ---- reading ------------------------------------------------------------------------------------------------ */

static void add_trimmed(fe_str *out, const char *from, size_t n)
{
    while (n && from[n - 1] == ' ')
        n--;
    fe_str_addn(out, from, n);
}

static void parse_comment(card *c, const char *p)
{
    while (*p == ' ')
        p++;
    if (*p != '/')
        return;
    p += 1 + (p[1] == ' ');
    add_trimmed(&c->comment, p, strlen(p));
}

/* A string in quotes, two quotes being one; returns what follows. */
static const char *parse_string(card *c, const char *p)
{
    char text[CARD];
    size_t n = 0;

    for (p++; *p && (*p != '\'' || p[1] == '\''); p++) {
        text[n++] = *p;
        p += *p == '\'';
    }
    add_trimmed(&c->text, text, n);
    return *p ? p + 1 : p;
}

/* T, F, an integer, a number (E or D exponent), or nothing, which is an undefined value; complex ones stay text. */
static void type_value(card *c)
{
    double x;
    long n;

    for (char *p = c->text.s; *p; p++)
        *p = *p == 'D' ? 'E' : *p == 'd' ? 'e' : *p;
    if (!*c->text.s)
        fe_str_add(&c->text, "nan");
    if (!strcmp(c->text.s, "T") || !strcmp(c->text.s, "F"))
        c->type = FE_META_BOOL;
    else if (fe_num_parse_long(c->text.s, &n) == 0)
        c->type = FE_META_INT;
    else
        c->type = fe_num_parse(c->text.s, &x) == 0 ? FE_META_NUMBER : FE_META_STRING;
}

static void parse_value(card *c, const char *p)
{
    const char *slash;

    while (*p == ' ')
        p++;
    if (*p == '\'') {
        c->type = FE_META_STRING;
        parse_comment(c, parse_string(c, p));
        return;
    }
    slash = strchr(p, '/');
    add_trimmed(&c->text, p, slash ? (size_t)(slash - p) : strlen(p));
    parse_comment(c, slash ? slash : "");
    type_value(c);
}

/* Printable text of card i (standard 4.0, section 4.1) without the blanks behind its value. */
static void get_line(const char *cards, size_t i, char line[CARD + 1])
{
    size_t n = CARD;

    memcpy(line, cards + i * CARD, CARD);
    for (size_t k = 0; k < CARD; k++)           /* in place: a loop that compilers make fast */
        line[k] = line[k] < ' ' || line[k] > '~' ? '?' : line[k];
    while (n > VALUE_AT + 8 && !memcmp(line + n - 8, "        ", 8))
        n -= 8;
    while (n > VALUE_AT && line[n - 1] == ' ')
        n--;
    line[n] = 0;
}

/* Room for what one card can hold, used again by the next. */
static card new_card(void)
{
    card c = { .type = FE_META_STRING };

    fe_str_extend(&c.text, CARD);
    fe_str_extend(&c.comment, CARD);
    return c;
}

static void clear_card(card *c)
{
    c->type = FE_META_STRING;
    c->text.len = c->comment.len = 0;
    *c->text.s = *c->comment.s = 0;
}

/* The keyword; returns where its value begins, NULL where it has none. */
static const char *parse_key(card *c, const char *line)
{
    const char *equals = !memcmp(line, "HIERARCH ", KEY + 1) ? strchr(line, '=') : NULL;
    size_t from = equals ? KEY + 1 : 0, to = equals ? (size_t)(equals - line) : KEY;

    while (from < to && line[from] == ' ')
        from++;
    while (to > from && line[to - 1] == ' ')
        to--;
    memcpy(c->key, line + from, to - from);
    c->key[to - from] = 0;
    if (equals)
        return equals + 1;
    return line[KEY] == '=' && line[KEY + 1] == ' ' && *c->key ? line + VALUE_AT : NULL;
}

static void parse_rest(card *c, const char *line, const char *value)
{
    clear_card(c);
    if (value)
        parse_value(c, value);
    else
        add_trimmed(&c->text, line + KEY, strlen(line + KEY));
}

/* The string goes on in the next card: standard 4.0, 4.2.1.2. */
static void append_continued(card *c, const char *line)
{
    const char *quote = strchr(line, '\'');

    c->text.s[--c->text.len] = 0;
    if (c->comment.len)
        fe_str_add(&c->comment, " ");
    parse_comment(c, parse_string(c, quote));
}

/* Cards from `next` on that go on with this one; returns the first that does not. */
static size_t join_continued(card *c, const char *cards, size_t n_cards, size_t next)
{
    char line[CARD + 1];

    for (; next < n_cards && c->type == FE_META_STRING && c->text.len && c->text.s[c->text.len - 1] == '&'; next++) {
        get_line(cards, next, line);
        if (!fe_str_starts(line, "CONTINUE  ") || !strchr(line, '\''))
            break;
        append_continued(c, line);
    }
    return next;
}

static void put_breaks_back(card *c)
{
    size_t n = strlen(FE_FITS_BREAKS);
    char *to = c->text.s;

    if (!fe_str_starts(c->comment.s, FE_FITS_BREAKS))
        return;
    for (const char *p = c->text.s; *p; p++) {
        bool escape = *p == '\\' && (p[1] == 'n' || p[1] == '\\');

        p += escape;
        *to++ = escape && *p == 'n' ? '\n' : *p;
    }
    *to = 0;
    c->text.len = (size_t)(to - c->text.s);
    n += c->comment.s[n] == ' ';
    memmove(c->comment.s, c->comment.s + n, c->comment.len + 1 - n);
    c->comment.len -= n;
}

/* ---- what a keyword is for ---------------------------------------------------------------------------------- */

static void set_text(char **to, const char *text)
{
    free(*to);
    *to = fe_strdup(text);
}

static void use_column_card(fe_fits_header *h, const card *c)
{
    static const char *const stem[] = { "TTYPE", "TUNIT", "TDIM", "TNULL", "TZERO", "TSCAL" };
    fe_fits_column *column;
    long n = 0;
    size_t k = 0;
    double x = NAN;

    if (h->n_columns == 0)
        return;
    for (; k < 6 && !(n = index_of(c->key, stem[k])); k++)
        ;
    if (n < 1 || (size_t)n > h->n_columns)
        return;
    column = &h->column[n - 1];
    if (fe_num_parse(c->text.s, &x) < 0)
        x = NAN;
    switch (k) {
    case 0:
        set_text(&column->name, c->text.s);
        if (c->comment.len && !fe_str_starts(c->comment.s, "label for field"))      /* CFITSIO's own */
            set_text(&column->comment, c->comment.s);
        break;
    case 1: set_text(&column->unit, c->text.s); break;
    case 2: set_text(&column->tdim, c->text.s); break;
    case 3: set_text(&column->tnull, c->text.s); break;
    case 4: column->tzero = isfinite(x) ? x : 0; break;
    default: column->is_scaled = x != 1;
    }
}

static void use_card(fe_fits_header *h, card *c, fe_metalist *meta)
{
    bool commentary = !*c->key || !strcmp(c->key, "COMMENT") || !strcmp(c->key, "HISTORY");

    put_breaks_back(c);
    if (!strcmp(c->key, "EXTNAME") && !h->extname)
        h->extname = fe_strdup(c->text.s);
    use_column_card(h, c);
    if (fe_fits_is_structural(c->key) || is_boilerplate(c->key, c->text.s) || (!*c->key && !c->text.len))
        return;
    if (!commentary && fe_meta_find(meta, c->key))
        return;
    if (c->type == FE_META_STRING && !commentary && (c->text.len > MAX_SHORT || strchr(c->text.s, '\n')))
        c->type = FE_META_TEXT;
    fe_meta_append(meta, c->key, c->type, c->text.s, c->comment.len ? c->comment.s : NULL);
}

/* wanted NULL: all that there are.  The CONTINUE cards of one that is left out are left out, too: they are structural. */
static void read_cards(const void *cards, size_t n, bool (*wanted)(const char *key), fe_fits_header *h, fe_metalist *meta)
{
    char line[CARD + 1] = "";
    size_t n_cards = n / CARD, i = 0;
    card c = new_card();

    while (i < n_cards && (get_line(cards, i++, line), strncmp(line, "END     ", KEY))) {
        const char *value = parse_key(&c, line);

        if (wanted && (!wanted(c.key) || fe_fits_is_structural(c.key)))
            continue;
        parse_rest(&c, line, value);
        i = join_continued(&c, cards, n_cards, i);
        use_card(h, &c, meta);
    }
    fe_str_free(&c.text);
    fe_str_free(&c.comment);
}

void fe_fits_keywords_read(const void *cards, size_t n, bool (*wanted)(const char *key), fe_metalist *meta)
{
    fe_fits_header h = { NULL, NULL, 0 };

    read_cards(cards, n, wanted, &h, meta);
    fe_fits_header_free(&h);
}

void fe_fits_header_read(const void *cards, size_t n, size_t n_columns, fe_fits_header *h, fe_metalist *meta)
{
    *h = (fe_fits_header){ NULL, FE_NEWN(fe_fits_column, n_columns), n_columns };
    read_cards(cards, n, NULL, h, meta);
    for (size_t k = 0; k < n_columns; k++) {
        char name[32];

        snprintf(name, sizeof name, "COL%zu", k + 1);
        if (!h->column[k].name)
            h->column[k].name = fe_strdup(name);
        if (!h->column[k].unit)
            h->column[k].unit = fe_strdup("");
    }
}

/* A string that needs nothing but its blanks cut off, as most do; NULL: look closer. */
static char *plain_string(const char *at)
{
    const char *text = at + VALUE_AT + 1, *end = at + CARD, *quote = memchr(text, '\'', (size_t)(end - text));
    size_t n;

    if (memcmp(at + KEY, "= '", 3) || !quote || quote + 1 == end || quote[1] == '\'' || memchr(quote, '(', (size_t)(end - quote)))
        return NULL;                            /* FE_FITS_BREAKS begins with ( */
    for (n = (size_t)(quote - text); n && text[n - 1] == ' '; n--)
        ;
    for (size_t k = 0; k < n; k++)
        if (text[k] < ' ' || text[k] > '~')
            return NULL;
    return n && text[n - 1] == '&' ? NULL : fe_strndup(text, n);
}

char *fe_fits_card_text(const void *cards, size_t n)
{
    char line[CARD + 1], *plain = plain_string(cards);
    card c;

    if (plain)
        return plain;
    c = new_card();
    get_line(cards, 0, line);
    memcpy(line, "VALUE   ", KEY);              /* whatever it is called: HIERARCH, CONTINUE ... */
    parse_rest(&c, line, parse_key(&c, line));
    join_continued(&c, cards, n / CARD, 1);
    put_breaks_back(&c);
    fe_str_free(&c.comment);
    return c.text.s;
}

void fe_fits_header_free(fe_fits_header *h)
{
    for (size_t k = 0; k < h->n_columns; k++) {
        free(h->column[k].name);
        free(h->column[k].comment);
        free(h->column[k].unit);
        free(h->column[k].tdim);
        free(h->column[k].tnull);
    }
    free(h->column);
    free(h->extname);
    *h = (fe_fits_header){ 0 };
}
