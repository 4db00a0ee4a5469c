#include "types/gti.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "phys/const.h"

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

int fe_gti_append(fe_gti *a, const fe_gti *b)
{
    double shift_s;

    if (a->n == 0 && !a->timesys[0]) {
        a->mjdref_i = b->mjdref_i;
        a->mjdref_f = b->mjdref_f;
        memcpy(a->timesys, b->timesys, sizeof a->timesys);
    }
    if (strcmp(a->timesys, b->timesys))
        return -1;
    /* integer and fractional days apart: their sum would lose digits of a microsecond */
    shift_s = ((b->mjdref_i - a->mjdref_i) + (b->mjdref_f - a->mjdref_f)) * FE_S_PER_DAY;
    for (size_t i = 0, n = b->n; i < n; i++)
        fe_gti_add(a, b->start_s[i] + shift_s, b->stop_s[i] + shift_s);
    return 0;
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
