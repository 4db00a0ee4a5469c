/* GTI tables (formats 5): seconds after MJDREFI + MJDREFF in the scale TIMESYS. */
#include "io/gti_io.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/note.h"
#include "base/num.h"
#include "phys/time.h"
#include "phys/units.h"

static void read_reference(const fe_metalist *meta, fe_gti *gti)
{
    const char *timesys = fe_meta_text(meta, "TIMESYS");
    double one = fe_meta_number(meta, "MJDREF");

    gti->mjdref_i = fe_meta_number(meta, "MJDREFI");
    gti->mjdref_f = fe_meta_number(meta, "MJDREFF");
    if (isnan(gti->mjdref_i)) {
        gti->mjdref_i = isnan(one) ? 0 : floor(one);
        gti->mjdref_f = isnan(one) ? 0 : one - floor(one);
    }
    if (isnan(gti->mjdref_f))
        gti->mjdref_f = 0;
    snprintf(gti->timesys, sizeof gti->timesys, "%s", timesys ? timesys : "");
    for (char *p = gti->timesys; *p; p++)
        *p = (char)toupper((unsigned char)*p);
}

/* Seconds in one of the column: by its unit, else by TIMEUNIT, else 1. */
static double second_of(const fe_table *t, const fe_column *c)
{
    const char *unit = *c->unit ? c->unit : fe_meta_text(&t->meta, "TIMEUNIT");
    double factor = 1;

    return unit && *unit && fe_unit_factor(unit, "s", &factor, NULL) < 0 ? 1 : factor;
}

fe_gti *fe_gti_of_table(const fe_table *t)
{
    const fe_column *start = fe_table_find(t, "START"), *stop = fe_table_find(t, "STOP");
    double start_s, stop_s;
    fe_gti *gti;

    if (!start || !stop || start->type == FE_COL_STRING || stop->type == FE_COL_STRING)
        return NULL;
    gti = fe_gti_new();
    read_reference(&t->meta, gti);
    start_s = second_of(t, start);
    stop_s = second_of(t, stop);
    for (size_t i = 0; i < t->n_rows; i++)
        fe_gti_add(gti, fe_column_number(start, i, 0) * start_s, fe_column_number(stop, i, 0) * stop_s);
    return gti;
}

static void put_text(fe_table *t, const char *key, const char *text, const char *comment)
{
    fe_meta_set(&t->meta, key, FE_META_STRING, text, comment);
}

fe_table *fe_gti_to_table(const fe_gti *gti)
{
    fe_table *t = fe_table_new("GTI", gti->n);
    char text[FE_NUM_SIZE];

    for (int stop = 0; stop < 2 && gti->n; stop++)
        memcpy(fe_table_add(t, stop ? "STOP" : "START", FE_COL_DOUBLE, "s", 1)->v.d, stop ? gti->stop_s : gti->start_s,
               gti->n * sizeof(double));
    put_text(t, "HDUCLASS", "OGIP", "format follows OGIP");
    put_text(t, "HDUCLAS1", "GTI", "good time intervals");
    fe_meta_set(&t->meta, "MJDREFI", FE_META_INT, fe_num_format(gti->mjdref_i, text),
                "[d] reference time, integer part");
    fe_meta_set_number(&t->meta, "MJDREFF", gti->mjdref_f, "[d] reference time, fraction");
    put_text(t, "TIMESYS", gti->timesys[0] ? gti->timesys : "TT", "time scale");
    put_text(t, "TIMEUNIT", "s", "unit of START and STOP");
    put_text(t, "TIMEREF", "LOCAL", "no barycentre correction");
    return t;
}

int fe_gti_check(const fe_gti *gti, const char *file, const char *hdu, fe_err *err)
{
    for (size_t i = 0; i < gti->n; i++)
        if (!isfinite(gti->start_s[i]) || !isfinite(gti->stop_s[i]) || gti->stop_s[i] < gti->start_s[i])
            return fe_fail(err, FE_EDATA, &(fe_where){ file, hdu, (long)i + 1 },
                           "columns START and STOP go from %.10g to %.10g s, expected a time interval",
                           gti->start_s[i], gti->stop_s[i]);
    return 0;
}

void fe_info_set_times(fe_dataset_info *info, const fe_gti *gti, double livetime_s)
{
    fe_timed t = fe_timed_of_gti(gti, livetime_s);

    if (gti && gti->n && isnan(t.start) && fe_timescale_parse(gti->timesys) < 0) {
        fe_gti *as_tt = fe_gti_copy(gti);

        fe_note(FE_NOTE_WARN, NULL, "time scale %s is unknown: TT is assumed", gti->timesys);
        as_tt->timesys[0] = 0;
        t = fe_timed_of_gti(as_tt, livetime_s);
        fe_gti_free(as_tt);
    }
    info->mjd_start = t.start;
    info->mjd_stop = t.stop;
    info->mjd_mid = t.mid;
    info->livetime_s = t.livetime_s;
}
