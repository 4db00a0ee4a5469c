/* Instants as text: what users type, and what files and tables say. */
#include <ctype.h>
#include <erfa.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "phys/time.h"

enum { MAX_DIGITS = 9, NANOSECONDS_DIGITS = 14 };       /* of a day: 1e-14 d is 0.9 ns                           */

static const double MAX_MJD = 200000;                   /* the year 2406: a larger number is no MJD              */

/* ---- reading ---------------------------------------------------------------------------------------------------- */

static int refuse(const char *text, fe_err *err)
{
    return fe_fail(err, FE_EUSAGE, NULL, "'%s' is not a time, expected one like 53945.9, MJD 53945.9 or "
                   "2006-07-29T21:36:00", text);
}

/* Cut "... UTC" and "...Z" off; the scale it names, or -1. */
static int take_scale(char *text)
{
    size_t n = strlen(text), start = n;
    int scale;

    while (start > 0 && isalpha((unsigned char)text[start - 1]))
        start--;
    if (start == 0 || start == n)
        return -1;
    scale = fe_str_equal_nocase(text + start, "Z") ? (int)FE_SCALE_UTC : fe_timescale_parse(text + start);
    while (scale >= 0 && start > 0 && text[start - 1] == ' ')
        start--;
    if (scale >= 0)
        text[start] = 0;
    return scale;
}

/* Digits before and behind the point one by one: together a double would lose the microsecond. */
static int read_parts(const char *number, double *whole, double *fraction)
{
    size_t n = strspn(number, "0123456789"), n_behind;
    char *before;
    fe_str behind = { 0 };
    int rc;

    *fraction = 0;
    if (n == 0 || number[n] != '.')
        return fe_num_parse(number, whole);
    n_behind = strspn(number + n + 1, "0123456789");
    if (number[n + 1 + n_behind])
        return -1;
    before = fe_strndup(number, n);
    fe_str_addf(&behind, "0%s", number + n);
    rc = fe_num_parse(before, whole) < 0 || fe_num_parse(behind.s, fraction) < 0 ? -1 : 0;
    free(before);
    fe_str_free(&behind);
    return rc;
}

static int read_days(const char *text, const char *whole_text, fe_time *out, fe_err *err)
{
    bool is_jd = strncasecmp(text, "JD", 2) == 0;
    bool is_named = is_jd || strncasecmp(text, "MJD", 3) == 0;
    const char *number = text + (is_named ? 3 - is_jd : 0);
    double whole, fraction;

    number += strspn(number, " ");
    if (read_parts(number, &whole, &fraction) < 0 || !isfinite(whole))
        return refuse(whole_text, err);
    /* JD 2400000.5 is MJD 0: both halves are exact */
    *out = is_jd ? fe_time_of(whole - floor(FE_JD_OF_MJD_0), fraction - 0.5) : fe_time_of(whole, fraction);
    if (out->day < 0 || out->day > MAX_MJD)
        return fe_fail(err, FE_EUSAGE, NULL, "'%s' is not an MJD from 0 to %g (a Julian date is written JD 2453946.4)",
                       whole_text, MAX_MJD);
    return 0;
}

static int read_digits(const char **at, size_t n, int *value)
{
    *value = 0;
    for (size_t i = 0; i < n; i++) {
        if (!isdigit((unsigned char)**at))
            return -1;
        *value = 10 * *value + (*(*at)++ - '0');
    }
    return 0;
}

typedef struct clock { int hour, minute; double second; } clock;

/* "21:36", "21:36:00", "21:36:00.25" */
static int read_clock(const char *at, clock *c)
{
    size_t n;

    c->second = 0;
    if (read_digits(&at, 2, &c->hour) < 0 || *at++ != ':' || read_digits(&at, 2, &c->minute) < 0)
        return -1;
    if (!*at)
        return 0;
    if (*at++ != ':')
        return -1;
    n = strspn(at, "0123456789");
    return n == 2 && strspn(at, "0123456789.") == strlen(at) ? fe_num_parse(at, &c->second) : -1;
}

/* The second 60 is there in UTC, on days that end with it. */
static int read_iso(const char *text, const char *whole_text, fe_timescale scale, fe_time *out, fe_err *err)
{
    const char *at = text;
    int year, month, day, status;
    clock c = { 0, 0, 0 };
    double d1, d2;

    if (read_digits(&at, 4, &year) < 0 || *at++ != '-' || read_digits(&at, 2, &month) < 0 || *at++ != '-' ||
        read_digits(&at, 2, &day) < 0)
        return refuse(whole_text, err);
    if (*at && ((*at != 'T' && *at != 't' && *at != ' ') || read_clock(at + 1, &c) < 0))
        return refuse(whole_text, err);
    status = eraDtf2d(fe_timescales[scale], year, month, day, c.hour, c.minute, c.second, &d1, &d2);
    if (status == 2 || status == 3)             /* "time is after end of day" */
        return fe_fail(err, FE_EUSAGE, NULL, "'%s': there is no second %g in %s on that day", whole_text, c.second,
                       fe_timescales[scale]);
    if (status < 0)
        return fe_fail(err, FE_EUSAGE, NULL, "'%s' is not a day of the calendar and a time of the day", whole_text);
    *out = fe_time_of(d1 - FE_JD_OF_MJD_0, d2);
    return 0;
}

int fe_time_parse(const char *text, fe_timescale *scale, fe_time *out, fe_err *err)
{
    fe_str copy = { 0 };
    char *trimmed;
    int named, rc;

    fe_str_add(&copy, text);
    trimmed = fe_str_trim(copy.s);
    named = take_scale(trimmed);
    if (named >= 0)
        *scale = (fe_timescale)named;
    if (strlen(trimmed) > 5 && trimmed[4] == '-')
        rc = read_iso(trimmed, text, *scale, out, err);
    else
        rc = read_days(trimmed, text, out, err);
    fe_str_free(&copy);
    if (rc < 0)
        *out = (fe_time){ NAN, NAN };
    return rc;
}

int fe_time_parse_tt(const char *text, fe_timescale scale, double *mjd_tt, fe_err *err)
{
    fe_time t;

    *mjd_tt = NAN;
    if (fe_time_parse(text, &scale, &t, err) < 0)
        return -1;
    if (fe_time_convert(t, scale, FE_SCALE_TT, &t, err) < 0) {
        if (err)
            err->code = FE_EUSAGE;              /* it was typed */
        return -1;
    }
    *mjd_tt = fe_time_mjd(t);
    return 0;
}

/* ---- writing ---------------------------------------------------------------------------------------------------- */

void fe_time_print_iso(fe_time t, fe_timescale scale, int n_digits, fe_str *out)
{
    int year, month, day, part[4];      /* hour, minute, second, and what is behind the point as an integer */

    n_digits = n_digits < 0 ? 0 : n_digits > MAX_DIGITS ? MAX_DIGITS : n_digits;
    if (isnan(t.day) || eraD2dtf(fe_timescales[scale], n_digits, FE_JD_OF_MJD_0 + t.day, t.fraction, &year, &month, &day,
                                 part) < 0) {
        fe_str_add(out, "nan");
        return;
    }
    fe_str_addf(out, "%04d-%02d-%02dT%02d:%02d:%02d", year, month, day, part[0], part[1], part[2]);
    if (n_digits > 0)
        fe_str_addf(out, ".%0*d", n_digits, part[3]);
}

void fe_time_print_mjd(fe_time t, fe_str *out)
{
    const double unit = 1e14;
    double n = rint(t.fraction * unit), day = t.day;
    fe_str digits = { 0 };

    if (isnan(day)) {
        fe_str_add(out, "nan");
        return;
    }
    if (n >= unit) {
        day++;
        n = 0;
    }
    fe_str_addf(&digits, "%0*.0f", NANOSECONDS_DIGITS, n);
    while (digits.len > 1 && digits.s[digits.len - 1] == '0')
        digits.s[--digits.len] = 0;
    if (day < 0 && n > 0)                       /* -0.75 is day -1 and 0.25 */
        fe_str_addnum(out, day + t.fraction);
    else
        fe_str_addf(out, "%.0f.%s", day, digits.s);
    fe_str_free(&digits);
}
