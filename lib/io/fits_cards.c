#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "io/fits_header.h"

enum { CARD = 80, KEY = 8, NUMBER_WIDTH = 20, MIN_STRING = 8, MAX_HIERARCH = 40, MAX_DIGITS = 25 };

/* One card: cut or filled to 80 characters, all of them printable. */
static void add_card(fe_str *out, const char *text, size_t n)
{
    char line[CARD];

    memset(line, ' ', CARD);
    for (size_t k = 0; k < CARD && k < n; k++)
        line[k] = text[k] < ' ' || text[k] > '~' ? '?' : text[k];
    fe_str_addn(out, line, CARD);
}

static void add_comment(fe_str *line, const char *comment)
{
    if (comment && *comment)
        fe_str_addf(line, " / %s", comment);
}

/* "KEY     = ", or "HIERARCH key = " where the name is long or has characters that a FITS keyword has not. */
static void add_key(fe_str *line, const char *key)
{
    size_t n = strlen(key);
    bool plain = n <= KEY && n > 0;

    for (size_t i = 0; i < n; i++)
        plain = plain && (isalnum((unsigned char)key[i]) || key[i] == '_' || key[i] == '-');
    if (plain) {
        for (size_t i = 0; i < KEY; i++)
            fe_str_addn(line, i < n ? &(char){ (char)toupper((unsigned char)key[i]) } : " ", 1);
        fe_str_add(line, "= ");
        return;
    }
    fe_str_addf(line, "HIERARCH ");
    for (size_t i = 0; i < n && i < MAX_HIERARCH; i++)
        fe_str_addn(line, key[i] == '=' ? "_" : &key[i], 1);
    fe_str_add(line, " = ");
}

/* ---- strings ------------------------------------------------------------------------------------------------ */

static bool has_breaks(const char *text)
{
    return strchr(text, '\n') != NULL;
}

/* As it stands between the quotes. */
static void quote(fe_str *to, const char *text)
{
    bool breaks = has_breaks(text);

    fe_str_addn(to, "", 0);
    for (; *text; text++) {
        if (breaks && (*text == '\n' || *text == '\\'))
            fe_str_add(to, *text == '\n' ? "\\n" : "\\\\");
        else
            fe_str_addn(to, text, 1);
        if (*text == '\'')
            fe_str_add(to, "'");
    }
}

/* How much of the quoted text fits into n characters without parting two quotes. */
static size_t piece(const char *text, size_t n)
{
    size_t quotes = 0, k = n;

    for (size_t i = 0; i < n; i++)
        quotes += text[i] == '\'';
    if (quotes % 2)                             /* an odd one is the first of the last pair */
        while (text[--k] != '\'')
            ;
    return k ? k : n;
}

/* Standard 4.0, 4.2.1.2: every piece but the last ends with '&'. */
static void add_long_string(fe_str *out, fe_str *line, const char *text, const char *comment)
{
    size_t left = strlen(text), with_comment = comment && *comment ? strlen(comment) + 3 : 0;

    while (line->len + left + 2 + with_comment > CARD) {
        size_t room = line->len + 3 < CARD ? CARD - 3 - line->len : 0;
        size_t n = left > room ? piece(text, room) : left;

        fe_str_addf(line, "'%.*s&'", (int)n, text);
        add_card(out, line->s, line->len);
        fe_str_free(line);
        fe_str_add(line, "CONTINUE  ");
        text += n;
        left -= n;
        if (left == 0)                          /* what does not fit into a card of its own is cut */
            break;
    }
    fe_str_addf(line, "'%s'", text);
    add_comment(line, comment);
    add_card(out, line->s, line->len);
}

static void add_string(fe_str *out, fe_str *line, const char *text, const char *comment)
{
    fe_str quoted = { 0 }, marked = { 0 };

    if (has_breaks(text)) {
        fe_str_addf(&marked, "%s%s%s", FE_FITS_BREAKS, comment && *comment ? " " : "", comment ? comment : "");
        comment = marked.s;
    }
    quote(&quoted, text);
    if (line->len + quoted.len + 2 <= CARD && !marked.s) {
        size_t start = line->len;

        fe_str_addf(line, "'%-*s'", MIN_STRING, quoted.s);
        while (line->len - start < NUMBER_WIDTH)
            fe_str_add(line, " ");
        add_comment(line, comment);
        add_card(out, line->s, line->len);
    } else {
        add_long_string(out, line, quoted.s, comment);
    }
    fe_str_free(&quoted);
    fe_str_free(&marked);
}

/* ---- numbers ------------------------------------------------------------------------------------------------ */

/* Digits as they were read; a point or exponent keeps a real number real. */
static void format_number(const char *text, fe_metatype type, char out[CARD])
{
    double x = NAN;
    char shortest[FE_NUM_SIZE];

    if (fe_num_parse(text, &x) < 0 || !isfinite(x)) {           /* FITS has no such number: undefined, or text */
        snprintf(out, CARD, "%s", isnan(x) ? "" : x > 0 ? "'inf'" : "'-inf'");
        return;
    }
    snprintf(out, CARD, "%s", strlen(text) <= MAX_DIGITS ? text : fe_num_format(x, shortest));
    for (char *p = out; *p; p++)
        *p = (char)toupper((unsigned char)*p);
    if (type == FE_META_NUMBER && !strpbrk(out, ".E"))
        memcpy(out + strlen(out), ".0", 3);
}

void fe_fits_card_add(fe_str *out, const char *key, fe_metatype type, const char *text, const char *comment)
{
    fe_str line = { 0 };
    char number[CARD];

    if (!*key || fe_str_equal_nocase(key, "COMMENT") || fe_str_equal_nocase(key, "HISTORY")) {
        do {                                    /* as many cards as the text needs */
            fe_str_addf(&line, "%-8s%.*s", *key == 'c' ? "COMMENT" : *key == 'h' ? "HISTORY" : key, CARD - KEY, text);
            add_card(out, line.s, line.len);
            fe_str_free(&line);
            text += strnlen(text, CARD - KEY);
        } while (*text);
        return;
    }
    add_key(&line, key);
    if (type == FE_META_STRING || type == FE_META_TEXT) {
        add_string(out, &line, text, comment);
    } else {
        format_number(text, type, number);
        if (type == FE_META_BOOL)
            snprintf(number, sizeof number, "%s", strchr("Tt1", *text) ? "T" : "F");
        fe_str_addf(&line, "%*s", NUMBER_WIDTH, number);
        add_comment(&line, comment);
        add_card(out, line.s, line.len);
    }
    fe_str_free(&line);
}

void fe_fits_cards_add(fe_str *out, const fe_metalist *list)
{
    size_t start = out->len;

    for (size_t i = 0; i < list->n; i++)
        if (!fe_fits_is_structural(list->m[i].key))
            fe_fits_card_add(out, list->m[i].key, list->m[i].type, list->m[i].text, list->m[i].comment);
    if (out->len > start && memmem(out->s + start, out->len - start, "CONTINUE  '", 11))
        fe_fits_card_add(out, "LONGSTRN", FE_META_STRING, "OGIP 1.0", "strings go on in CONTINUE cards");
}
