#include "types/gti.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "phys/const.h"
#include "phys/time.h"

fe_gti *fe_gti_new(void)
{
    return FE_NEW(fe_gti);
}

fe_gti *fe_gti_copy(const fe_gti *gti)
{
    fe_gti *copy;

    if (!gti)
        return NULL;
    copy = FE_NEW(fe_gti);
    *copy = *gti;
    copy->cap = gti->n;
    copy->start_s = FE_NEWN(double, gti->n);
    copy->stop_s = FE_NEWN(double, gti->n);
    for (size_t i = 0; i < gti->n; i++) {
        copy->start_s[i] = gti->start_s[i];
        copy->stop_s[i] = gti->stop_s[i];
    }
    return copy;
}

void fe_gti_free(fe_gti *gti)
{
    if (!gti)
        return;
    free(gti->start_s);
    free(gti->stop_s);
    free(gti);
}

void fe_gti_add(fe_gti *gti, double start_s, double stop_s)
{
    size_t cap = gti->cap;

    FE_GROW(gti->start_s, gti->n, cap);                 /* both arrays grow in step */
    FE_GROW(gti->stop_s, gti->n, gti->cap);
    gti->start_s[gti->n] = start_s;
    gti->stop_s[gti->n++] = stop_s;
}

static int scale_of(const fe_gti *gti)
{
    return fe_timescale_parse(gti->timesys[0] ? gti->timesys : "TT");       /* what files mean that do not say */
}

/* An instant of b in seconds of a; -1: no such time. */
static int convert(const fe_gti *b, double t_s, const fe_gti *a, double *out_s)
{
    fe_timescale from = (fe_timescale)scale_of(b), to = (fe_timescale)scale_of(a);
    fe_time t;

    return fe_time_of_met(t_s, fe_time_of(b->mjdref_i, b->mjdref_f), from, &t, NULL) < 0 || fe_time_convert(t, from, to, &t, NULL) < 0
               ? -1
               : fe_time_to_met(t, fe_time_of(a->mjdref_i, a->mjdref_f), to, out_s, NULL);
}

static int append_converted(fe_gti *a, const fe_gti *b)
{
    for (size_t i = 0; i < b->n; i++) {
        double start_s, stop_s;

        if (convert(b, b->start_s[i], a, &start_s) < 0 || convert(b, b->stop_s[i], a, &stop_s) < 0)
            return -1;
        fe_gti_add(a, start_s, stop_s);
    }
    return 0;
}

int fe_gti_append(fe_gti *a, const fe_gti *b)
{
    double shift_s;

    if (a->n == 0 && !a->timesys[0]) {
        a->mjdref_i = b->mjdref_i;
        a->mjdref_f = b->mjdref_f;
        memcpy(a->timesys, b->timesys, sizeof a->timesys);
    }
    if (strcmp(a->timesys, b->timesys))
        return scale_of(a) < 0 || scale_of(b) < 0 ? -1 : append_converted(a, b);
    /* integer and fractional days apart: their sum would lose digits of a microsecond */
    shift_s = ((b->mjdref_i - a->mjdref_i) + (b->mjdref_f - a->mjdref_f)) * FE_S_PER_DAY;
    for (size_t i = 0, n = b->n; i < n; i++)
        fe_gti_add(a, b->start_s[i] + shift_s, b->stop_s[i] + shift_s);
    return 0;
}

typedef struct interval { double start_s, stop_s; } interval;

static int compare(const void *a, const void *b)
{
    const interval *x = a, *y = b;

    return (x->start_s > y->start_s) - (x->start_s < y->start_s);
}

void fe_gti_unite(fe_gti *gti)
{
    interval *all = FE_NEWN(interval, gti->n);
    size_t n = gti->n, kept = 0;

    for (size_t i = 0; i < n; i++)
        all[i] = (interval){ gti->start_s[i], gti->stop_s[i] };
    qsort(all, n, sizeof *all, compare);
    for (size_t i = 0; i < n; i++) {
        if (kept > 0 && all[i].start_s <= gti->stop_s[kept - 1]) {
            gti->stop_s[kept - 1] = fmax(gti->stop_s[kept - 1], all[i].stop_s);
        } else {
            gti->start_s[kept] = all[i].start_s;
            gti->stop_s[kept++] = all[i].stop_s;
        }
    }
    gti->n = kept;
    free(all);
}

static double mjd(const fe_gti *gti, double t_s)
{
    return gti->mjdref_i + (gti->mjdref_f + t_s / FE_S_PER_DAY);
}

double fe_gti_mjd_min(const fe_gti *gti)
{
    double t_s = NAN;

    for (size_t i = 0; i < gti->n; i++)
        t_s = fmin(t_s, gti->start_s[i]);               /* fmin ignores a NaN */
    return mjd(gti, t_s);
}

double fe_gti_mjd_max(const fe_gti *gti)
{
    double t_s = NAN;

    for (size_t i = 0; i < gti->n; i++)
        t_s = fmax(t_s, gti->stop_s[i]);
    return mjd(gti, t_s);
}
