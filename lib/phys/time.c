#include "phys/time.h"

#include <erfa.h>
#include <math.h>

#include "phys/const.h"

const char *const fe_timescales[FE_SCALE_N] = { "TT", "UTC", "TAI", "TDB" };

static const double MAX_DAY = 1e6;          /* MJD of the year 4596; a Julian date or seconds are beyond        */
static const double FIRST_UTC_DAY = 36934;  /* 1960-01-01                                                       */

int fe_timescale_parse(const char *name)
{
    for (int i = 0; i < FE_SCALE_N; i++)
        if (fe_str_equal_nocase(name, fe_timescales[i]))
            return i;
    return -1;
}

/* ---- instants --------------------------------------------------------------------------------------------------- */

fe_time fe_time_of(double day, double fraction)
{
    double whole = floor(day), rest = day - whole, carry = floor(fraction);
    fe_time t = { whole + carry, rest + (fraction - carry) };

    if (!isfinite(t.day) || !isfinite(t.fraction))
        return (fe_time){ NAN, NAN };
    while (t.fraction >= 1) {                   /* a sum of two fractions, or -1e-20 rounded up */
        t.day++;
        t.fraction--;
    }
    return t;
}

double fe_time_mjd(fe_time t)
{
    return t.day + t.fraction;
}

double fe_time_diff_s(fe_time a, fe_time b)
{
    return (a.day - b.day) * FE_S_PER_DAY + (a.fraction - b.fraction) * FE_S_PER_DAY;
}

fe_time fe_time_add_s(fe_time t, double seconds)
{
    double days = floor(seconds / FE_S_PER_DAY);

    return fe_time_of(t.day + days, t.fraction + (seconds - days * FE_S_PER_DAY) / FE_S_PER_DAY);
}

/* ---- scales ----------------------------------------------------------------------------------------------------- */

typedef struct jd { double d1, d2; } jd;        /* d1 is the JD of a midnight: exact, and d2 keeps its digits   */

static jd jd_of(fe_time t)
{
    return (jd){ FE_JD_OF_MJD_0 + t.day, t.fraction };
}

static fe_time time_of(jd x)
{
    return fe_time_of(x.d1 - FE_JD_OF_MJD_0, x.d2);
}

/* TDB - TT at the centre of the Earth, in seconds (Fairhead & Bretagnon 1990); its argument may be either. */
static double tdb_minus_tt(jd x)
{
    return eraDtdb(x.d1, x.d2, 0, 0, 0, 0);
}

static int to_tai(jd x, fe_timescale from, jd *tai)
{
    *tai = x;
    if (from == FE_SCALE_UTC)
        return eraUtctai(x.d1, x.d2, &tai->d1, &tai->d2) < 0 ? -1 : 0;
    if (from == FE_SCALE_TDB)
        eraTdbtt(x.d1, x.d2, tdb_minus_tt(x), &x.d1, &x.d2);
    if (from != FE_SCALE_TAI)
        eraTttai(x.d1, x.d2, &tai->d1, &tai->d2);
    return 0;
}

static int of_tai(jd tai, fe_timescale to, jd *x)
{
    *x = tai;
    if (to == FE_SCALE_UTC)
        return eraTaiutc(tai.d1, tai.d2, &x->d1, &x->d2) < 0 ? -1 : 0;
    if (to != FE_SCALE_TAI)
        eraTaitt(tai.d1, tai.d2, &x->d1, &x->d2);
    if (to == FE_SCALE_TDB)
        eraTttdb(x->d1, x->d2, tdb_minus_tt(*x), &x->d1, &x->d2);
    return 0;
}

static int check_range(fe_time t, bool is_utc, fe_err *err)
{
    if (!(fabs(t.day) <= MAX_DAY))
        return fe_fail(err, FE_EDATA, NULL, "MJD %g is no time, expected one from %g to %g", t.day + t.fraction,
                       -MAX_DAY, MAX_DAY);
    if (is_utc && t.day < FIRST_UTC_DAY)
        return fe_fail(err, FE_EDATA, NULL, "MJD %g: there is no UTC before 1960 (MJD %g)", t.day + t.fraction,
                       FIRST_UTC_DAY);
    return 0;
}

int fe_time_convert(fe_time t, fe_timescale from, fe_timescale to, fe_time *out, fe_err *err)
{
    jd tai, x;

    *out = t;
    if (check_range(t, from == FE_SCALE_UTC || to == FE_SCALE_UTC, err) < 0)
        return -1;
    if (from == to)
        return 0;
    if (to_tai(jd_of(t), from, &tai) < 0 || of_tai(tai, to, &x) < 0)
        return fe_fail(err, FE_EDATA, NULL, "MJD %g %s has no %s", t.day + t.fraction, fe_timescales[from],
                       fe_timescales[to]);
    *out = time_of(x);
    return 0;
}

/* ---- mission elapsed time --------------------------------------------------------------------------------------- */

/* Where seconds are counted: a scale without leap seconds. */
static fe_timescale uniform(fe_timescale scale)
{
    return scale == FE_SCALE_UTC ? FE_SCALE_TAI : scale;
}

int fe_time_of_met(double met_s, fe_time reference, fe_timescale scale, fe_time *out, fe_err *err)
{
    *out = (fe_time){ NAN, NAN };
    if (fe_time_convert(reference, scale, uniform(scale), &reference, err) < 0)
        return -1;
    return fe_time_convert(fe_time_add_s(reference, met_s), uniform(scale), scale, out, err);
}

int fe_time_to_met(fe_time t, fe_time reference, fe_timescale scale, double *met_s, fe_err *err)
{
    *met_s = NAN;
    if (fe_time_convert(reference, scale, uniform(scale), &reference, err) < 0 ||
        fe_time_convert(t, scale, uniform(scale), &t, err) < 0)
        return -1;
    *met_s = fe_time_diff_s(t, reference);
    return 0;
}

double fe_time_tt(const char *scale, double day, double fraction)
{
    int from = fe_timescale_parse(scale);
    fe_time tt;

    if (from < 0 || fe_time_convert(fe_time_of(day, fraction), (fe_timescale)from, FE_SCALE_TT, &tt, NULL) < 0)
        return NAN;
    return fe_time_mjd(tt);
}
