#include "types/timed.h"

#include <math.h>

#include "phys/time.h"

/* MJD in TT of seconds after the reference of the intervals; NaN where the scale is unknown. */
static double tt_of(const fe_gti *gti, double t_s)
{
    int scale = fe_timescale_parse(gti->timesys[0] ? gti->timesys : "TT");
    fe_time reference = fe_time_of(gti->mjdref_i, gti->mjdref_f), t;

    if (scale < 0 || fe_time_of_met(t_s, reference, (fe_timescale)scale, &t, NULL) < 0 ||
        fe_time_convert(t, (fe_timescale)scale, FE_SCALE_TT, &t, NULL) < 0)
        return NAN;
    return fe_time_mjd(t);
}

fe_timed fe_timed_of_gti(const fe_gti *gti, double livetime_s)
{
    fe_timed d = { NAN, NAN, NAN, livetime_s };
    double start_s = NAN, stop_s = NAN, sum = 0, length_s = 0;

    for (size_t i = 0; gti && i < gti->n; i++) {
        start_s = fmin(start_s, gti->start_s[i]);       /* fmin ignores a NaN */
        stop_s = fmax(stop_s, gti->stop_s[i]);
    }
    if (isnan(start_s) || isnan(stop_s))
        return d;
    for (size_t i = 0; i < gti->n; i++) {               /* after the first start: no digits are lost */
        double dt_s = gti->stop_s[i] - gti->start_s[i];

        sum += dt_s * (0.5 * (gti->start_s[i] - start_s) + 0.5 * (gti->stop_s[i] - start_s));
        length_s += dt_s;
    }
    d.start = tt_of(gti, start_s);
    d.stop = tt_of(gti, stop_s);
    d.mid = length_s > 0 ? tt_of(gti, start_s + sum / length_s) : NAN;
    return d;
}
