#include "est/time_opt.h"

#include <math.h>
#include <string.h>

#include "phys/const.h"
#include "phys/units.h"

static struct {
    const char *bins, *origin, *assign, *t0, *phase_bins, *night_gap, *period;
} typed;

const fe_opt fe_opts_timebins[] = {
    FE_OPT_GROUP("Bins of time and phase"),
    { 'b', "time-bins", FE_ARG_STR, &typed.bins, "B", NULL, NULL, NULL, "run; of fe-profile one of all the data",
      "run (one for each dataset); night; 30min; 30min/10min (one every 10 min); 53945.9,53946,53946.1 (edges, MJD or ISO dates); "
      "@FILE; min-sig=3; min-counts=50; blocks" },
    { 0, "night-gap", FE_ARG_STR, &typed.night_gap, "T", NULL, NULL, "6h", NULL,
      "datasets that start less than this after the one before belong to the same night" },
    { 0, "time-origin", FE_ARG_STR, &typed.origin, "T", NULL, NULL, NULL, "the first start",
      "where bins of fixed length are counted from, MJD or ISO date" },
    { 0, "assign", FE_ARG_CHOICE, &typed.assign, "HOW", "contained|centre|overlap", NULL, "contained", NULL,
      "which datasets belong to a bin: those that lie inside, those whose mid time does, those with any time inside" },
    { 0, "period", FE_ARG_STR, &typed.period, "P", NULL, NULL, NULL, NULL,
      "bins of phase instead of time, of this period" },
    { 0, "t0", FE_ARG_STR, &typed.t0, "T", NULL, NULL, "0", NULL, "time of phase 0, MJD or ISO date" },
    { 0, "phase-bins", FE_ARG_STR, &typed.phase_bins, "N", NULL, NULL, "10", NULL,
      "number of phase bins, their edges (0,0.2,0.5,1), or bins (0.9..0.1,0.4..0.6; one may wrap through 0)" },
    FE_OPT_END
};

const char *fe_timebins_typed(void)
{
    return typed.bins ? typed.bins : "run";
}

fe_timescale fe_time_scale_typed(const fe_common *args)
{
    int scale = args->time_scale ? fe_timescale_parse(args->time_scale) : -1;

    return scale < 0 ? FE_SCALE_TT : (fe_timescale)scale;
}

void fe_timecut_free(fe_timecut *cut)
{
    fe_timebins_free(&cut->bins);
    fe_phasebins_free(&cut->phase);
}

static int parse_length(const char *option, const char *text, double *d, fe_err *err)
{
    double s;

    if (fe_quantity_parse(text, "s", &s, err) < 0)
        return -1;
    *d = s / FE_S_PER_DAY;
    return s > 0 && isfinite(s) ? 0 : fe_fail(err, FE_EUSAGE, NULL, "%s %s: expected more than 0", option, text);
}

static int parse_phase(const fe_common *args, fe_timecut *cut, fe_err *err)
{
    if (strcmp(fe_timebins_typed(), "run"))
        return fe_fail(err, FE_EUSAGE, NULL, "--period makes bins of phase: not with --time-bins %s", typed.bins);
    if (parse_length("--period", typed.period, &cut->period_d, err) < 0)
        return -1;
    if (fe_time_parse_tt(typed.t0, fe_time_scale_typed(args), &cut->t0_mjd, err) < 0)
        return -1;
    return fe_phasebins_parse(typed.phase_bins, &cut->phase, err);
}

int fe_timecut_typed(const fe_common *args, const char *bins, fe_timecut *cut, const char **grouping, fe_err *err)
{
    static const char *const rows[] = {
        [FE_TIMEBINS_RUN] = "interval", [FE_TIMEBINS_NIGHT] = "night", [FE_TIMEBINS_LENGTH] = "time", [FE_TIMEBINS_LIST] = "time",
        [FE_TIMEBINS_MIN_SIG] = "time", [FE_TIMEBINS_MIN_COUNTS] = "time",
        [FE_TIMEBINS_BLOCKS] = "time"
    };
    fe_timescale scale = fe_time_scale_typed(args);

    *cut = (fe_timecut){ .origin_mjd = NAN, .assign = (fe_assign)fe_assign_parse(typed.assign) };
    if (parse_length("--night-gap", typed.night_gap, &cut->night_gap_d, err) < 0)
        return -1;
    if (typed.origin && fe_time_parse_tt(typed.origin, scale, &cut->origin_mjd, err) < 0)
        return -1;
    if (fe_timebins_parse(bins, scale, &cut->bins, err) < 0)
        return -1;
    *grouping = !typed.period ? rows[cut->bins.kind] : "phase";
    if (!typed.period || parse_phase(args, cut, err) == 0)
        return 0;
    fe_timecut_free(cut);
    return -1;
}

int fe_time_range_typed(const fe_common *args, double *min_mjd, double *max_mjd, fe_err *err)
{
    fe_timescale scale = fe_time_scale_typed(args);
    fe_strv part = { 0 };
    int rc;

    *min_mjd = *max_mjd = 0;
    if (!args->time_range)
        return 0;
    fe_strv_split(&part, args->time_range, ",");
    rc = part.n != 2 ? fe_fail(err, FE_EUSAGE, NULL, "--time-range %s: expected two times, T0,T1", args->time_range)
                     : fe_time_parse_tt(part.s[0], scale, min_mjd, err) < 0 || fe_time_parse_tt(part.s[1], scale, max_mjd, err) < 0
                     ? -1 : 0;
    fe_strv_free(&part);
    if (rc == 0 && !(*max_mjd > *min_mjd))
        rc = fe_fail(err, FE_EUSAGE, NULL, "--time-range %s: the end is not after the start", args->time_range);
    return rc;
}
