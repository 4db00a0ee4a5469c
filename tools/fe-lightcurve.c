/* fe-lightcurve -- light curves and phase curves from counts spectra: fe-points with bins of time or phase. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/note.h"
#include "base/tool.h"
#include "est/points_opt.h"
#include "est/time_opt.h"
#include "est/variability.h"
#include "est/variability_table.h"
#include "io/libraries.h"
#include "io/lines.h"
#include "io/typed.h"
#include "points_run.h"

enum { MAX_SCANS = 300 };                       /* rows whose scans make Bayesian blocks; more take their errors */

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

static fe_timecut cut;
static const char *grouping;

/* Without --energy-edges one band over all channels. */
static int edges(fe_edges *out, fe_err *err)
{
    if (strcmp(fe_args.edges, "all"))
        return fe_edges_typed(&fe_args, out, err);
    return fe_edges_whole(out);
}

/* ---- Bayesian blocks ---------------------------------------------------------------------------------------------- */

/* Of likelihood scans, whose cost goes with the third power of the rows. */
static size_t part_scans(const fe_estimate *e, size_t n, double p0, size_t *first)
{
    const double *norm = e->family[FE_SED_LIKELIHOOD][FE_VALUE];
    fe_scan **scan = FE_NEWN(fe_scan *, n);
    size_t n_blocks;

    for (size_t i = 0; e->n_scan && i < n; i++)
        scan[i] = fe_scan_new(e->n_scan, e->norm_scan + i * e->n_scan, e->stat_scan + i * e->n_scan, norm[i], e->q[FE_Q_STAT][i]);
    n_blocks = fe_blocks_of_scans(&(fe_curve_scans){ n, scan, e->ref[FE_SED_FLUX] }, p0, first);
    for (size_t i = 0; i < n; i++)
        fe_scan_free(scan[i]);
    free(scan);
    return n_blocks;
}

/* Of fluxes and errors: a parabola stands for each scan. */
static size_t part_values(const fe_estimate *e, size_t n, double p0, size_t *first)
{
    const double *norm = e->family[FE_SED_LIKELIHOOD][FE_VALUE], *err = e->family[FE_SED_LIKELIHOOD][FE_ERR];
    double *value = FE_NEWN(double, n), *sigma = FE_NEWN(double, n);
    size_t n_blocks;

    for (size_t i = 0; i < n; i++) {
        value[i] = norm[i] * e->ref[FE_SED_FLUX][i];
        sigma[i] = err[i] * e->ref[FE_SED_FLUX][i];
    }
    n_blocks = fe_blocks_of_values(&(fe_curve){ n, e->key[FE_KEY_TIME_MIN], value, sigma }, p0, first);
    free(value);
    free(sigma);
    return n_blocks;
}

/*
 * Rows of a curve by run -> bins from the first start to the last stop of each block.  The rows that have times come first, in
 * their order; the others belong to no block.
 */
static int find_blocks(const fe_estimate *e, double p0, fe_timebins *out, fe_err *err)
{
    const double *min_mjd = e->key[FE_KEY_TIME_MIN], *max_mjd = e->key[FE_KEY_TIME_MAX];
    size_t *first = FE_NEWN(size_t, e->n + 1), n = 0, n_blocks = 0;

    while (min_mjd && n < e->n && !isnan(min_mjd[n]))
        n++;
    if (n > 0)
        n_blocks = n > MAX_SCANS ? part_values(e, n, p0, first) : part_scans(e, n, p0, first);
    first[n_blocks] = n;
    *out = (fe_timebins){ .kind = FE_TIMEBINS_LIST, .n = n_blocks, .min_mjd = FE_NEWN(double, n_blocks),
                          .max_mjd = FE_NEWN(double, n_blocks) };
    for (size_t k = 0; k < n_blocks; k++) {
        out->min_mjd[k] = min_mjd[first[k]];
        out->max_mjd[k] = max_mjd[first[k]];
        for (size_t i = first[k]; i < first[k + 1]; i++)
            out->max_mjd[k] = fmax(out->max_mjd[k], max_mjd[i]);
    }
    free(first);
    if (n_blocks == 0)
        return fe_fail(err, FE_EUSAGE, NULL, "no dataset has good time intervals, so there is only --time-bins run; --gti FILE gives "
                       "them");
    fe_note(FE_NOTE_SAID, NULL, "%zu Bayesian blocks (chance of a false change point %g), from %s", n_blocks, p0,
            n > MAX_SCANS ? "fluxes and errors" : "likelihood scans");
    return 0;
}

/* The curve by run in one band over all of those asked for, with scans. */
static int make_blocks(const fe_plan *asked, const fe_feed *feed, fe_models *models, const fe_plan_request *request, fe_err *err)
{
    fe_plan_request scanning = *request;
    fe_plan plan = { .exact_edges = asked->exact_edges, .skip_bad = asked->skip_bad, .where = asked->where,
                     .time_min = asked->time_min, .time_max = asked->time_max };
    fe_estimate *e = fe_estimate_new();
    fe_timebins list = { 0 };
    int rc = asked->edges.kind == FE_EDGES_LIST ? fe_edges_span(&asked->edges, &plan.edges) : fe_edges_whole(&plan.edges);

    if (rc == 0)
        rc = fe_plan_make(&plan, "interval", NULL, feed, err);
    scanning.norm.want_scan = plan.n_sets <= MAX_SCANS;
    scanning.norm.n_sigma = 1;                      /* of part_values() */
    if (rc == 0)
        rc = points_estimate(&plan, feed, models, &scanning, e, err);
    if (rc == 0 && fe_models_n_chosen(models) > 1)
        rc = fe_fail(err, FE_EUSAGE, NULL, "--time-bins blocks: expected one source, %zu are chosen", fe_models_n_chosen(models));
    if (rc == 0)
        rc = find_blocks(e, cut.bins.threshold, &list, err);
    if (rc == 0) {
        fe_timebins_free(&cut.bins);
        cut.bins = list;
    } else {
        fe_timebins_free(&list);
    }
    fe_plan_free(&plan);
    fe_estimate_free(e);
    return rc;
}

/* ---- the run ------------------------------------------------------------------------------------------------------ */

static int group(fe_plan *plan, const fe_feed *feed, fe_models *models, const fe_plan_request *request, fe_err *err)
{
    if (arg.joint && request->stack)
        return fe_fail(err, FE_EUSAGE, NULL, "--joint and --stack exclude each other");
    if (arg.stats && arg.group_by)
        return fe_fail(err, FE_EUSAGE, NULL, "--stats is of one curve, not of those of --group-by: fe-select --split-by COLUMN, "
                       "and fe-select --stats of each");
    if (cut.bins.kind == FE_TIMEBINS_BLOCKS && make_blocks(plan, feed, models, request, err) < 0)
        return -1;
    if (fe_plan_adapt_times(plan, &cut, feed, err) < 0)
        return -1;
    plan->cut = &cut;
    if (fe_plan_make(plan, grouping, NULL, feed, err) < 0)
        return -1;
    return arg.group_by ? fe_plan_cross(plan, "column", arg.group_by, feed, err) : 0;
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

/* "@FILE": its lines are the bins. */
static int read_bins(fe_str *text, fe_err *err)
{
    const char *bins = fe_timebins_typed();
    fe_strv lines = { 0 };
    int rc = 0;

    if (bins[0] != '@') {
        fe_str_add(text, bins);
        return 0;
    }
    rc = fe_lines_read(bins + 1, &lines, err);
    for (size_t i = 0; i < lines.n; i++)
        fe_str_addf(text, "%s%s", i ? "," : "", lines.s[i]);
    fe_strv_free(&lines);
    return rc;
}

static int run(size_t n, char **operand, fe_err *err)
{
    fe_str bins = { 0 };
    int rc = read_bins(&bins, err);

    if (rc == 0)
        rc = fe_timecut_typed(&fe_args, bins.s ? bins.s : "", &cut, &grouping, err);
    if (rc == 0)
        rc = points_run(n, operand, &(points_job){ NULL, FE_SED_FLUX, edges, group, arg.stats ? look : NULL }, err);
    fe_timecut_free(&cut);
    fe_str_free(&bins);
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
