#include "base/num.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct { const char *word; double value; } words[] = {
    { "nan", NAN }, { "infinity", INFINITY }, { "inf", INFINITY }
};

static int scan_word(const char *text, double *value, const char **end)
{
    int negative = *text == '-';
    const char *s = text + (*text == '-' || *text == '+');

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t n = strlen(words[i].word);

        if (!strncasecmp(s, words[i].word, n) && !isalnum((unsigned char)s[n])) {
            *value = negative ? -words[i].value : words[i].value;
            *end = s + n;
            return 0;
        }
    }
    return -1;
}

int fe_num_scan(const char *text, double *value, const char **end)
{
    const char *s = text + (*text == '-' || *text == '+');
    char *stop;

    if (!isdigit((unsigned char)s[0]) && !(s[0] == '.' && isdigit((unsigned char)s[1])))
        return scan_word(text, value, end);
    if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {      /* strtod would read it as hexadecimal */
        *value = 0;
        *end = s + 1;
        return 0;
    }
    *value = strtod(text, &stop);
    *end = stop;
    return 0;
}

static const char *skip_blanks(const char *s)
{
    while (isspace((unsigned char)*s))
        s++;
    return s;
}

int fe_num_parse(const char *text, double *value)
{
    const char *end;

    if (fe_num_scan(skip_blanks(text), value, &end) < 0)
        return -1;
    return *skip_blanks(end) ? -1 : 0;
}

int fe_num_parse_long(const char *text, long *value)
{
    char *end;

    text = skip_blanks(text);
    if (!isdigit((unsigned char)text[*text == '-' || *text == '+']))
        return -1;
    errno = 0;
    *value = strtol(text, &end, 10);
    return errno || *skip_blanks(end) ? -1 : 0;
}

const char *fe_num_format(double x, char buf[FE_NUM_SIZE])
{
    if (!isfinite(x)) {
        snprintf(buf, FE_NUM_SIZE, "%s", isnan(x) ? "nan" : x < 0 ? "-inf" : "inf");
        return buf;
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(buf, FE_NUM_SIZE, "%.*g", digits, x);
        if (digits == 17 || strtod(buf, NULL) == x)
            break;
    }
    return buf;
}

int fe_num_close(double a, double b, double rtol)
{
    return fabs(a - b) <= rtol * fmax(fabs(a), fabs(b));
}
