/*
 * gammapy's "binned-time-series", a BinnedTimeSeries of astropy: a row for each interval, its start (an instant) and its length
 * first.  gammapy 2.1 writes it as ECSV without energies and reads it nowhere; astropy reads it with any further columns, so
 * those of our flat rows stand behind.
 */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/gadf_layout.h"
#include "phys/time.h"

static const char layout_name[] = "binned-time-series";

/* ---- what it holds ------------------------------------------------------------------------------------------ */

static int refuse(const fe_estimate *e, size_t row, const char *what, const char *advice, fe_err *err)
{
    return fe_fail(err, FE_EDATA, &(fe_where){ e->file, NULL, row ? (long)row : 0 }, "%s no place in the layout %s%s", what,
                   layout_name, advice);
}

static bool differs(const double *x, size_t i, size_t j)
{
    return x && x[i] != x[j] && !(isnan(x[i]) && isnan(x[j]));
}

static int check_keys(const fe_estimate *e, fe_err *err)
{
    static const fe_key bands[] = { FE_KEY_E_MIN, FE_KEY_E_MAX, FE_KEY_E_REF };

    for (size_t row = 1; row < e->n; row++) {
        for (size_t k = 0; k < sizeof bands / sizeof *bands; k++)
            if (differs(e->key[bands[k]], 0, row))
                return refuse(e, row + 1, "another energy band than that of row 1 has",
                              ", which has one: fe-select --energy takes one", err);
        if (e->source && e->source[0] && e->source[row] && strcmp(e->source[0], e->source[row]))
            return refuse(e, row + 1, "another source than that of row 1 has",
                          ", which has one: fe-select --split-by source makes a table of each", err);
    }
    if (fe_estimate_has(e, FE_KEY_PHASE_MIN))
        return refuse(e, 0, "phase bins have", "", err);
    return fe_estimate_has(e, FE_KEY_X_MIN) ? refuse(e, 0, "the places of a profile have", "", err) : 0;
}

typedef struct interval { double start, stop; size_t row; } interval;

static int by_time(const void *a, const void *b)
{
    const interval *x = a, *y = b;

    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    if (x->stop != y->stop)
        return x->stop < y->stop ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row;
}

static int check_intervals(const fe_estimate *e, fe_err *err)
{
    const double *start = e->key[FE_KEY_TIME_MIN], *stop = e->key[FE_KEY_TIME_MAX];
    interval *all = FE_NEWN(interval, e->n);
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < e->n; i++) {
        all[i] = (interval){ start[i], stop[i], i };
        if (!isfinite(start[i]) || !isfinite(stop[i]))
            rc = refuse(e, i + 1, "a row without its interval has", "", err);
    }
    if (rc == 0)
        qsort(all, e->n, sizeof *all, by_time);
    for (size_t i = 1; rc == 0 && i < e->n; i++)
        if (all[i].start == all[i - 1].start && all[i].stop == all[i - 1].stop)
            rc = refuse(e, all[i].row + 1, "a second row of one interval has", ", which has a row for each", err);
    free(all);
    return rc;
}

int fe_layout_check_series(const fe_estimate *e, fe_err *err)
{
    if (!e->key[FE_KEY_TIME_MIN] || !e->key[FE_KEY_TIME_MAX])
        return refuse(e, 0, "rows without intervals of time have", ", which is one of light curves", err);
    if (e->timesys && fe_timescale_parse(e->timesys) < 0)
        return fe_fail(err, FE_EDATA, &(fe_where){ e->file, NULL, 0 },
                       "TIMESYS '%s' has no place in the layout %s, expected TT, UTC, TAI or TDB", e->timesys, layout_name);
    return check_keys(e, err) < 0 ? -1 : check_intervals(e, err);
}

/* ---- keywords of columns ------------------------------------------------------------------------------------ */

static bool is_time_keyword(const char *key)
{
    static const char *const stems[] = { "TCTYP", "TCUNI", "TRPOS" };

    for (size_t k = 0; k < sizeof stems / sizeof *stems; k++)
        if (fe_str_starts(key, stems[k]) && isdigit((unsigned char)key[strlen(stems[k])]))
            return true;
    return fe_str_equal_nocase(key, "JDREF");
}

void fe_meta_forget_instants(fe_metalist *meta)
{
    for (size_t i = meta->n; i-- > 0;)
        if (is_time_keyword(meta->m[i].key)) {
            char *key = fe_strdup(meta->m[i].key);

            fe_meta_remove(meta, key);
            free(key);
        }
}

void fe_meta_of_series(fe_table *t)
{
    fe_meta_forget_instants(&t->meta);
    fe_meta_remove(&t->meta, "MJDREF");
    fe_meta_set(&t->meta, "MJDREFI", FE_META_INT, "0", "[d] times are MJD");
    fe_meta_set_number(&t->meta, "MJDREFF", 0, "[d] times are MJD");
    fe_meta_set(&t->meta, "TIMESYS", FE_META_STRING, fe_table_find(t, "time_bin_start")->timescale, "time scale");
}
