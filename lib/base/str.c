#include "base/str.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/num.h"

static void reserve(fe_str *str, size_t more)
{
    size_t need = str->len + more + 1;

    if (need <= str->cap)
        return;
    if (need < 2 * str->cap)
        need = 2 * str->cap;
    str->s = fe_realloc(str->s, need, 1);
    str->cap = need;
}

void fe_str_addn(fe_str *str, const void *bytes, size_t n)
{
    reserve(str, n);
    if (n)
        memcpy(str->s + str->len, bytes, n);
    str->len += n;
    str->s[str->len] = 0;
}

char *fe_str_extend(fe_str *str, size_t n)
{
    size_t at = str->len;

    if (at + n + 1 > str->cap) {
        str->cap = at + n + 1;
        str->s = fe_realloc(str->s, str->cap, 1);
    }
    memset(str->s + at, 0, n + 1);
    str->len += n;
    return str->s + at;
}

void fe_str_add(fe_str *str, const char *text)
{
    fe_str_addn(str, text, strlen(text));
}

void fe_str_addf(fe_str *str, const char *fmt, ...)
{
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0)
        return;
    reserve(str, (size_t)n);
    va_start(ap, fmt);
    vsnprintf(str->s + str->len, (size_t)n + 1, fmt, ap);
    va_end(ap);
    str->len += (size_t)n;
}

void fe_str_addnum(fe_str *str, double x)
{
    char buf[FE_NUM_SIZE];

    fe_str_add(str, fe_num_format(x, buf));
}

void fe_str_free(fe_str *str)
{
    free(str->s);
    *str = (fe_str){ 0 };
}

void fe_strv_add(fe_strv *list, const char *s)
{
    FE_GROW(list->s, list->n, list->cap);
    list->s[list->n++] = fe_strdup(s);
}

void fe_strv_free(fe_strv *list)
{
    for (size_t i = 0; i < list->n; i++)
        free(list->s[i]);
    free(list->s);
    *list = (fe_strv){ 0 };
}

static void add_part(fe_strv *list, const char *from, const char *to)
{
    char *part = fe_strndup(from, (size_t)(to - from));

    fe_strv_add(list, fe_str_trim(part));
    free(part);
}

void fe_strv_split(fe_strv *list, const char *text, const char *separators)
{
    const char *from = text;
    int depth = 0;
    char quote = 0;

    for (; *text; text++) {
        if (quote)
            quote = *text == quote ? 0 : quote;
        else if (*text == '\'' || *text == '"')
            quote = *text;
        else if (strchr("([{", *text))
            depth++;
        else if (strchr(")]}", *text))
            depth--;
        else if (depth <= 0 && strchr(separators, *text)) {
            add_part(list, from, text);
            from = text + 1;
        }
    }
    add_part(list, from, text);
}

bool fe_str_equal_nocase(const char *a, const char *b)
{
    /* names mostly differ in the first letter: the bits of ASCII letters but the one of case */
    return a && b && !((*a ^ *b) & 0xdf) && !strcasecmp(a, b);
}

bool fe_str_starts(const char *s, const char *prefix)
{
    return s && !strncmp(s, prefix, strlen(prefix));
}

bool fe_str_ends_nocase(const char *s, const char *suffix)
{
    size_t n = strlen(s), m = strlen(suffix);

    return n >= m && !strcasecmp(s + n - m, suffix);
}

char *fe_str_trim(char *s)
{
    char *end;

    while (isspace((unsigned char)*s))
        s++;
    for (end = s + strlen(s); end > s && isspace((unsigned char)end[-1]); end--)
        ;
    *end = 0;
    return s;
}
