#include "types/estimate_pick.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "phys/time.h"

static const double TOLERANCE_D = 1e-6 / 86400;     /* one microsecond: times are MJD in a double */

/* ---- times as typed --------------------------------------------------------------------------------------------- */

/* In the scale of the table; a time without a scale of its own is in that scale. */
static int parse_time(const fe_estimate *e, const char *text, double *mjd, fe_err *err)
{
    int own = fe_timescale_parse(e->timesys ? e->timesys : "TT");
    fe_timescale scale = own < 0 ? FE_SCALE_TT : (fe_timescale)own, typed = scale;
    fe_time t;

    if (fe_time_parse(text, &typed, &t, err) < 0)
        return -1;
    if (own < 0 && typed != scale)
        return fe_fail(err, FE_EDATA, &(fe_where){ e->file, NULL, 0 },
                       "TIMESYS '%s' is none of TT, UTC, TAI, TDB: give the time in it, without a scale", e->timesys);
    if (fe_time_convert(t, typed, scale, &t, err) < 0)
        return -1;
    *mjd = fe_time_mjd(t);
    return 0;
}

typedef struct limits {             /* what was typed, in the units of the table                        */
    double time, from, to;          /* NaN: not asked                                                   */
    fe_strv sources;
} limits;

static int parse_range(const fe_estimate *e, const char *text, limits *l, fe_err *err)
{
    const char *dots = strstr(text, "..");
    char *from;
    int rc;

    if (!dots || strlen(text) == 2)
        return fe_fail(err, FE_EUSAGE, NULL, "--time-range '%s': expected START..STOP, either may be left out", text);
    from = fe_strndup(text, (size_t)(dots - text));
    rc = *from ? parse_time(e, from, &l->from, err) : 0;
    if (rc == 0 && dots[2])
        rc = parse_time(e, dots + 2, &l->to, err);
    free(from);
    if (rc == 0 && l->from > l->to)
        rc = fe_fail(err, FE_EUSAGE, NULL, "--time-range '%s': the start is behind the stop", text);
    return rc;
}

static int need(const fe_estimate *e, fe_key key, const char *option, fe_err *err)
{
    if (e->key[key])
        return 0;
    return fe_fail(err, FE_EDATA, &(fe_where){ e->file, NULL, 0 }, "no column %s, which %s needs", fe_keys[key].name,
                   option);
}

static int check_keys(const fe_estimate *e, const fe_pick *p, fe_err *err)
{
    const struct { bool asked; const char *option; fe_key lo, hi; } needs[] = {
        { p->time != NULL, "--time", FE_KEY_TIME_MIN, FE_KEY_TIME_MAX },
        { p->time_range != NULL, "--time-range", FE_KEY_TIME_MIN, FE_KEY_TIME_MAX },
        { !isnan(p->e_TeV), "--energy", FE_KEY_E_MIN, FE_KEY_E_MAX },
        { !isnan(p->phase), "--phase", FE_KEY_PHASE_MIN, FE_KEY_PHASE_MAX },
    };

    for (size_t k = 0; k < sizeof needs / sizeof *needs; k++)
        if (needs[k].asked && (need(e, needs[k].lo, needs[k].option, err) < 0 ||
                               need(e, needs[k].hi, needs[k].option, err) < 0))
            return -1;
    if (p->source && !e->source)
        return fe_fail(err, FE_EDATA, &(fe_where){ e->file, NULL, 0 }, "no column source, which --source needs");
    return 0;
}

static int parse(const fe_estimate *e, const fe_pick *p, limits *l, fe_err *err)
{
    if (check_keys(e, p, err) < 0 || (p->time && parse_time(e, p->time, &l->time, err) < 0) ||
        (p->time_range && parse_range(e, p->time_range, l, err) < 0))
        return -1;
    if (p->source)
        fe_strv_split(&l->sources, p->source, ",");
    return 0;
}

/* ---- one row ---------------------------------------------------------------------------------------------------- */

static bool holds(const fe_estimate *e, fe_key lo, fe_key hi, size_t row, double x)
{
    return e->key[lo][row] <= x && x < e->key[hi][row];
}

/* Bins whose end is at or below their start wrap through 0. */
static bool phase_holds(const fe_estimate *e, size_t row, double x)
{
    double lo = e->key[FE_KEY_PHASE_MIN][row], hi = e->key[FE_KEY_PHASE_MAX][row];

    return hi > lo ? lo <= x && x < hi : lo <= x || x < hi;
}

static bool within(const fe_estimate *e, size_t row, const limits *l)
{
    double lo = e->key[FE_KEY_TIME_MIN][row], hi = e->key[FE_KEY_TIME_MAX][row];

    return (isnan(l->from) || lo >= l->from - TOLERANCE_D) && (isnan(l->to) || hi <= l->to + TOLERANCE_D);
}

static bool is_listed(const fe_strv *names, const char *name)
{
    for (size_t k = 0; k < names->n; k++)
        if (name && !strcmp(names->s[k], name))
            return true;
    return false;
}

static int meets(const fe_estimate *e, const fe_pick *p, const limits *l, size_t row, bool *is, fe_err *err)
{
    *is = (isnan(l->time) || holds(e, FE_KEY_TIME_MIN, FE_KEY_TIME_MAX, row, l->time)) &&
          (!p->time_range || within(e, row, l)) &&
          (isnan(p->e_TeV) || holds(e, FE_KEY_E_MIN, FE_KEY_E_MAX, row, p->e_TeV)) &&
          (isnan(p->phase) || phase_holds(e, row, p->phase)) && (!p->source || is_listed(&l->sources, e->source[row]));
    return *is && p->where ? fe_estimate_test(e, row, p->where, is, err) : 0;
}

/* ---- order ------------------------------------------------------------------------------------------------------ */

typedef struct ranked {
    double number;
    char *text;
    size_t row;
    bool descending;
} ranked;

static int by_rank(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    int order = isnan(x->number) || isnan(y->number) ? 0 : (x->number > y->number) - (x->number < y->number);

    if (isnan(x->number) != isnan(y->number))
        return isnan(x->number) ? 1 : -1;           /* missing: last, both ways */
    if (isnan(x->number))
        order = strcmp(x->text, y->text);
    if (order)
        return x->descending ? -order : order;
    return (x->row > y->row) - (x->row < y->row);
}

static int sort(const fe_estimate *e, const char *column, size_t *row, size_t n, fe_err *err)
{
    ranked *r = FE_NEWN(ranked, n);
    bool descending = *column == '-', found;
    int rc = 0;

    column += descending;
    for (size_t k = 0; rc == 0 && k < n; k++) {
        fe_str text = { 0 };

        r[k] = (ranked){ fe_estimate_lookup(e, column, row[k], &found), NULL, row[k], descending };
        rc = fe_estimate_text(e, column, row[k], &text, err);
        r[k].text = text.s;
    }
    if (rc == 0)
        qsort(r, n, sizeof *r, by_rank);
    for (size_t k = 0; k < n; k++) {
        if (rc == 0)
            row[k] = r[k].row;
        free(r[k].text);
    }
    free(r);
    return rc;
}

int fe_estimate_text(const fe_estimate *e, const char *column, size_t row, fe_str *out, fe_err *err)
{
    const fe_column *c = fe_table_find(e->rest, column);
    bool found;
    double x = fe_estimate_lookup(e, column, row, &found);

    if (!strcmp(column, "source") && e->source)
        fe_str_add(out, e->source[row] ? e->source[row] : "");
    else if (!found)
        return fe_fail(err, FE_EUSAGE, &(fe_where){ e->file, NULL, 0 }, "no column %s with one value a row", column);
    else if (!strcmp(column, "status") && e->q[FE_Q_STATUS])
        fe_status_print(isnan(x) ? 0 : (unsigned)x, out);
    else if (c && c->type == FE_COL_STRING)
        fe_str_add(out, fe_column_string(c, row, 0));
    else
        fe_str_addnum(out, x);
    return 0;
}

int fe_estimate_pick(const fe_estimate *e, const fe_pick *p, size_t *row, size_t *n, fe_err *err)
{
    limits l = { NAN, NAN, NAN, { 0 } };
    int rc = parse(e, p, &l, err);
    bool is;

    *n = 0;
    for (size_t i = 0; rc == 0 && i < e->n; i++) {
        rc = meets(e, p, &l, i, &is, err);
        if (rc == 0 && is)
            row[(*n)++] = i;
    }
    if (rc == 0 && p->sort)
        rc = sort(e, p->sort, row, *n, err);
    fe_strv_free(&l.sources);
    return rc;
}
