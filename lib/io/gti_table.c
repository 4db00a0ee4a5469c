#include "io/gti_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "io/format.h"
#include "io/gti_io.h"
#include "phys/const.h"
#include "phys/units.h"

typedef struct interval { char *run; fe_time start, stop; } interval;  /* TT */

typedef struct joined {
    const fe_feed *inner;
    interval *row;                  /* [n] by run                                                       */
    size_t n;
} joined;

/* ---- the table ---------------------------------------------------------------------------------------------------- */

/* A cell as an instant in TT; -1: none. */
static int time_of(const fe_column *c, size_t row, fe_timescale scale, fe_time *out)
{
    const char *text = fe_column_string(c, row, 0);
    double x, day = 1;

    if (text) {
        if (fe_time_parse(text, &scale, out, NULL) < 0)
            return -1;
    } else {
        x = fe_column_number(c, row, 0);
        if (!isfinite(x) || (*c->unit && fe_unit_factor(c->unit, "d", &day, NULL) < 0 && strcmp(c->unit, "MJD")))
            return -1;
        *out = fe_time_of(floor(x), x - floor(x));
        if (day != 1)
            return -1;                          /* seconds of what? */
    }
    return fe_time_convert(*out, scale, FE_SCALE_TT, out, NULL);
}

static char *name_of(const fe_column *c, size_t row)
{
    const char *text = fe_column_string(c, row, 0);
    fe_str out = { 0 };

    if (text)
        fe_str_add(&out, text);
    else
        fe_str_addnum(&out, fe_column_number(c, row, 0));
    return out.s;
}

static int by_run(const void *a, const void *b)
{
    const interval *x = a, *y = b;
    int by_name = strcmp(x->run, y->run);
    double d = fe_time_diff_s(x->start, y->start);

    return by_name ? by_name : d < 0 ? -1 : d > 0;
}

static int read_rows(const fe_document *doc, const fe_table *t, fe_timescale scale, joined *x, fe_err *err)
{
    const fe_column *run = fe_table_find(t, "OBS_ID"), *start = fe_table_find(t, "START"), *stop = fe_table_find(t, "STOP");
    const char *timesys = fe_meta_text(&t->meta, "TIMESYS");
    int own = timesys ? fe_timescale_parse(timesys) : -1;

    if (!run || !start || !stop)
        return fe_fail(err, FE_EDATA, &(fe_where){ doc->file, NULL, 0 }, "there is no column %s, expected OBS_ID, START and STOP",
                       !run ? "OBS_ID" : !start ? "START" : "STOP");
    x->row = FE_NEWN(interval, t->n_rows);
    for (size_t i = 0; i < t->n_rows; i++) {
        interval *r = &x->row[x->n];

        r->run = name_of(run, i);
        x->n++;
        if (time_of(start, i, own < 0 ? scale : (fe_timescale)own, &r->start) < 0 ||
            time_of(stop, i, own < 0 ? scale : (fe_timescale)own, &r->stop) < 0)
            return fe_fail(err, FE_EDATA, &(fe_where){ doc->file, NULL, (long)i + 1 }, "START and STOP are no times, expected MJD or "
                           "ISO dates");
        if (!(fe_time_diff_s(r->stop, r->start) > 0))
            return fe_fail(err, FE_EDATA, &(fe_where){ doc->file, NULL, (long)i + 1 }, "STOP is not after START");
    }
    qsort(x->row, x->n, sizeof *x->row, by_run);
    return 0;
}

/* ---- datasets ----------------------------------------------------------------------------------------------------- */

static bool is_run(const char *key, const char *name)
{
    double a, b;

    return !strcmp(key, name) || (fe_num_parse(key, &a) == 0 && fe_num_parse(name, &b) == 0 && a == b);
}

/* Seconds after the midnight before the first start: no digit is lost. */
static fe_gti *gti_of(const joined *x, const char *name)
{
    fe_gti *gti = NULL;
    fe_time reference = { NAN, NAN };

    for (size_t i = 0; name && i < x->n; i++) {
        const interval *r = &x->row[i];

        if (!is_run(r->run, name))
            continue;
        if (!gti) {
            gti = fe_gti_new();
            reference = (fe_time){ r->start.day, 0 };
            gti->mjdref_i = r->start.day;
            memcpy(gti->timesys, "TT", sizeof "TT");
        }
        fe_gti_add(gti, fe_time_diff_s(r->start, reference), fe_time_diff_s(r->stop, reference));
    }
    return gti;
}

static int get_info(void *ctx, size_t i, fe_dataset_info *info, fe_err *err)
{
    const joined *x = ctx;
    fe_gti *gti;

    if (x->inner->info(x->inner->ctx, i, info, err) < 0)
        return -1;
    if (!isnan(info->mjd_start))
        return 0;
    gti = gti_of(x, info->name);
    fe_info_set_times(info, gti, info->livetime_s);
    fe_gti_free(gti);
    return 0;
}

static int open_dataset(void *ctx, size_t i, fe_dataset **dataset, fe_err *err)
{
    const joined *x = ctx;
    fe_dataset *d;

    if (x->inner->open(x->inner->ctx, i, dataset, err) < 0)
        return -1;
    d = *dataset;
    if (!d->gti) {
        d->gti = gti_of(x, d->info.name);
        fe_info_set_times(&d->info, d->gti, d->livetime_s);
    }
    return 0;
}

fe_feed *fe_gti_table_join(const fe_feed *inner, const char *path, fe_timescale scale, fe_err *err)
{
    fe_document *doc = fe_document_read(path, err);
    const fe_table *table = doc ? fe_document_first(doc) : NULL;
    fe_feed *feed;
    joined *x;
    int rc;

    if (!doc)
        return NULL;
    x = FE_NEW(joined);
    x->inner = inner;
    feed = FE_NEW(fe_feed);
    *feed = (fe_feed){ x, inner->n, get_info, open_dataset };
    rc = table ? read_rows(doc, table, scale, x, err)
               : fe_fail(err, FE_EDATA, &(fe_where){ path, NULL, 0 }, "there is no table, expected one of OBS_ID, START and STOP");
    fe_document_free(doc);
    if (rc == 0)
        return feed;
    fe_gti_table_free(feed);
    return NULL;
}

void fe_gti_table_free(fe_feed *feed)
{
    joined *x = feed ? feed->ctx : NULL;

    if (!x)
        return;
    for (size_t i = 0; i < x->n; i++)
        free(x->row[i].run);
    free(x->row);
    free(x);
    free(feed);
}
