/* fe-points -- flux points from counts spectra: read -> select -> estimate -> convert -> write. */
#include <string.h>

#include "base/tool.h"
#include "est/points_opt.h"
#include "io/libraries.h"
#include "io/lines.h"
#include "io/typed.h"
#include "points_run.h"

static struct { const char *group_by, *integral; } arg;

static const fe_opt own[] = {
    FE_OPT_GROUP("Rows"),
    { 0, "integral", FE_ARG_STR, &arg.integral, "EMIN", NULL, NULL, NULL, "bands of --energy-edges",
      "one band from EMIN to the end of the data, as a flux" },
    { 0, "group-by", FE_ARG_STR, &arg.group_by, "COLUMN[:EDGES]", NULL, NULL, NULL, "all together",
      "rows for each value, or bin of values, of a keyword of the spectra or a column of --obs-table; run: for each spectrum" },
    FE_OPT_END
};
static const fe_opt *const options[] = { own, fe_opts_points, fe_opts_model, fe_opts_energy, fe_opts_limits, fe_opts_sens,
                                         fe_opts_flux, fe_opts_input, fe_opts_regions, fe_opts_times, fe_opts_output, fe_opts_run, fe_opts_resume, fe_opts_talk, NULL };

static int edges(fe_edges *out, fe_err *err)
{
    if (!arg.integral)
        return fe_edges_typed(&fe_args, out, err);
    if (strcmp(fe_args.edges, "all"))
        return fe_fail(err, FE_EUSAGE, NULL, "--integral is a band of its own: not with --energy-edges");
    return fe_integral_typed(arg.integral, out, err);
}

static int group(fe_plan *plan, const fe_feed *feed, fe_models *models, const fe_plan_request *request, fe_err *err)
{
    (void)models, (void)request;
    return points_group_by(plan, arg.group_by, feed, err);
}

static int run(size_t n, char **operand, fe_err *err)
{
    return points_run(n, operand, &(points_job){ NULL, arg.integral ? FE_SED_FLUX : FE_SED_DNDE, edges, group, NULL }, err);
}

int main(int argc, char **argv)
{
    return fe_tool_main(argc, argv, &(fe_tool){
        .name = "fe-points",
        .summary = "Flux points from counts spectra: in each energy band, the norm of a reference model.",
        .operands = "FILE...",
        .about = "FILE is an OGIP PHA spectrum (type I or II), or a dataset of gammapy (FITS); its background and\n"
                 "responses are found through its keywords.  Several files are fitted jointly; a datasets YAML of\n"
                 "gammapy stands for the spectra it names.  The product is a table with one row per source, group and\n"
                 "energy band: flux, errors, upper limit, significance, counts; it remembers the reference model, so\n"
                 "that fe-convert can change its type.",
        .examples = "fe-points pha_obs*.fits -e 0.5:50TeV:5/dec -m crab.yaml -o crab.fits\n"
                    "fe-points pha_obs1.fits -e 1:10TeV -m pl:index=2.6 | fe-convert --to e2dnde",
        .options = options,
        .libraries = fe_libraries,
        .read_list = fe_lines_read,
        .run = run });
}
