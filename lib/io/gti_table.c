#include "io/gti_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/format.h"
#include "io/gti_io.h"
#include "io/run_index.h"
#include "phys/const.h"
#include "phys/units.h"

typedef struct interval { fe_time start, stop; } interval;     /* TT */

typedef struct joined {
    const fe_feed *inner;
    interval *row;                  /* of the table                                                     */
    fe_run_index *runs;
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

static int by_start(const void *a, const void *b)
{
    const interval *x = a, *y = b;
    double d = fe_time_diff_s(x->start, y->start);

    return d < 0 ? -1 : d > 0;
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
        interval *r = &x->row[i];

        if (time_of(start, i, own < 0 ? scale : (fe_timescale)own, &r->start) < 0 ||
            time_of(stop, i, own < 0 ? scale : (fe_timescale)own, &r->stop) < 0)
            return fe_fail(err, FE_EDATA, &(fe_where){ doc->file, NULL, (long)i + 1 }, "START and STOP are no times, expected MJD or "
                           "ISO dates");
        if (!(fe_time_diff_s(r->stop, r->start) > 0))
            return fe_fail(err, FE_EDATA, &(fe_where){ doc->file, NULL, (long)i + 1 }, "STOP is not after START");
    }
    x->runs = fe_run_index_new(run, t->n_rows);
    return 0;
}

/* ---- datasets ----------------------------------------------------------------------------------------------------- */

/* Seconds after the midnight before the first start: no digit is lost. */
static fe_gti *gti_of(const joined *x, const char *name)
{
    size_t n;
    const size_t *row = fe_run_index_find(x->runs, name ? name : "", &n);
    interval *own = FE_NEWN(interval, n);
    fe_gti *gti = n ? fe_gti_new() : NULL;

    for (size_t i = 0; i < n; i++)
        own[i] = x->row[row[i]];
    qsort(own, n, sizeof *own, by_start);
    for (size_t i = 0; i < n; i++) {
        fe_time reference = { own[0].start.day, 0 };

        gti->mjdref_i = own[0].start.day;
        memcpy(gti->timesys, "TT", sizeof "TT");
        fe_gti_add(gti, fe_time_diff_s(own[i].start, reference), fe_time_diff_s(own[i].stop, reference));
    }
    free(own);
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
    fe_run_index_free(x->runs);
    free(x->row);
    free(x);
    free(feed);
}
