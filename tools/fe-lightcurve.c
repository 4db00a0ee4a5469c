/* fe-lightcurve -- light curves and phase curves from counts spectra: fe-points with bins of time or phase. */
#include <math.h>
#include <string.h>

#include "base/note.h"
#include "base/tool.h"
#include "est/points_opt.h"
#include "est/time_opt.h"
#include "est/variability_table.h"
#include "io/libraries.h"
#include "io/lines.h"
#include "io/typed.h"
#include "points_run.h"
#include "time_run.h"

static struct { const char *group_by; bool joint, stats; } arg;

static const fe_opt own[] = {
    FE_OPT_GROUP("Light curve"),
    { 0, "joint", FE_ARG_FLAG, &arg.joint, NULL, NULL, NULL, NULL, NULL,
      "fit the datasets of a bin jointly (as without it), instead of --stack" },
    { 0, "group-by", FE_ARG_STR, &arg.group_by, "COLUMN[:EDGES]", NULL, NULL, NULL, "one curve",
      "a curve for each value, or bin of values, of a keyword of the spectra or a column of --obs-table" },
    { 0, "stats", FE_ARG_FLAG, &arg.stats, NULL, NULL, NULL, NULL, NULL,
      "say how variable the curve is, and store it: chi2 of a constant, fractional variance, TSvar, doubling time" },
    FE_OPT_END
};
static const fe_opt *const options[] = { fe_opts_timebins, own, fe_opts_points, fe_opts_model, fe_opts_energy, fe_opts_limits,
                                         fe_opts_sens, fe_opts_flux, fe_opts_input, fe_opts_regions, fe_opts_times, fe_opts_output, fe_opts_run, fe_opts_resume,
                                         fe_opts_talk, NULL };

/* Without --energy-edges one band over all channels. */
static int edges(fe_edges *out, fe_err *err)
{
    if (strcmp(fe_args.edges, "all"))
        return fe_edges_typed(&fe_args, out, err);
    return fe_edges_whole(out);
}

/* ---- the run ------------------------------------------------------------------------------------------------------ */

static int group(fe_plan *plan, const fe_feed *feed, fe_models *models, const fe_plan_request *request, fe_err *err)
{
    if (arg.joint && request->stack)
        return fe_fail(err, FE_EUSAGE, NULL, "--joint and --stack exclude each other");
    if (arg.stats && arg.group_by)
        return fe_fail(err, FE_EUSAGE, NULL, "--stats is of one curve, not of those of --group-by: fe-select --split-by COLUMN, "
                       "and fe-select --stats of each");
    return time_run_group(plan, arg.group_by, feed, models, request, err);
}

static void say_row(const fe_table *t, size_t row)
{
    const char *source = fe_table_find(t, "source") ? fe_column_string(fe_table_find(t, "source"), row, 0) : "";
    double x[16];
    static const char *const names[] = { "e_min", "e_max", "mean", "mean_err", "chi2", "ndf", "p_value", "fvar", "fvar_err",
                                         "t_double", "t_double_err", "ts_var", "ts_var_ndf", "ts_var_p" };

    for (size_t k = 0; k < sizeof names / sizeof *names; k++)
        x[k] = fe_table_find(t, names[k]) ? fe_column_number(fe_table_find(t, names[k]), row, 0) : NAN;
    fe_note(FE_NOTE_SAID, NULL, "variability%s%s, %.4g to %.4g TeV: mean %.4g +- %.2g, chi2 %.4g for %g (p %.2g), Fvar %.3g +- %.2g, "
            "doubling %.4g +- %.2g s", *source ? " of " : "", source, x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7], x[8], x[9], x[10]);
    if (!isnan(x[11]))
        fe_note(FE_NOTE_SAID, NULL, "TSvar (2 ln L of the bins less that of one constant, from the scans) %.4g for %g (p %.2g)", x[11],
                x[12], x[13]);
}

/* Of the flux that will be written. */
static int look(fe_estimate *e, fe_err *err)
{
    fe_table *t = NULL;

    if (fe_estimate_convert(e, fe_args.to ? (fe_sedtype)fe_sedtype_parse(fe_args.to) : FE_SED_FLUX, err) < 0 ||
        fe_variability_table(e, fe_args.unit, &t, err) < 0)
        return -1;
    for (size_t row = 0; row < t->n_rows; row++)
        say_row(t, row);
    fe_table_free(t);
    return 0;
}

static int run(size_t n, char **operand, fe_err *err)
{
    int rc = time_run_open(err);

    if (rc == 0)
        rc = points_run(n, operand, &(points_job){ NULL, FE_SED_FLUX, edges, group, arg.stats ? look : NULL }, err);
    time_run_close();
    return rc;
}

int main(int argc, char **argv)
{
    return fe_tool_main(argc, argv, &(fe_tool){
        .name = "fe-lightcurve",
        .summary = "Light curves and phase curves from counts spectra: norms of a reference model in bins of time.",
        .operands = "FILE...",
        .about = "FILE is an OGIP PHA spectrum, or a datasets YAML of gammapy, as for fe-points.  Each is a unit: counts have no times\n"
                 "of their own, so a spectrum belongs to a bin or not (--assign).  The product has one row per source, bin and energy\n"
                 "band; empty bins keep theirs.  Times are MJD in TT, from the good time intervals of the spectra or of --gti.",
        .examples = "fe-lightcurve @runs.txt -b night -e 1:10TeV -m crab.yaml -o lc.fits\n"
                    "fe-lightcurve @runs.txt --period 3.906d --t0 43366.275 --phase-bins 10 -m pl:index=2.4",
        .options = options,
        .libraries = fe_libraries,
        .read_list = fe_lines_read,
        .run = run });
}
