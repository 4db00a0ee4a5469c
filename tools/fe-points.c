/* fe-points -- flux points from counts spectra: read -> select -> estimate -> convert -> write. */
#include <stdio.h>
#include <string.h>

#include "base/note.h"
#include "base/tool.h"
#include "est/describe.h"
#include "est/plan.h"
#include "est/points_opt.h"
#include "io/libraries.h"
#include "io/lines.h"
#include "io/model_io.h"
#include "io/obs_table.h"
#include "io/ogip.h"
#include "io/product.h"
#include "io/typed.h"

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
                                         fe_opts_flux, fe_opts_input, fe_opts_output, fe_opts_run, fe_opts_talk, NULL };

static int estimate(const fe_plan *plan, const fe_feed *feed, fe_models *models, const fe_plan_request *request,
                    fe_estimate *e, fe_err *err)
{
    fe_sink sink = fe_estimate_sink(e, plan, models);
    fe_plan_work work = { 0 };
    fe_str yaml = { 0 };

    if (fe_plan_run(plan, feed, models, request, &sink, &work, err) < 0)
        return -1;
    fe_note(FE_NOTE_DETAIL, NULL, "work: %zu datasets opened, %zu groups, %ld evaluations, %zu bytes held at most",
            work.n_opened, work.n_groups, work.n_eval, work.bytes_peak);
    fe_plan_describe(request, models, e);
    fe_models_print_yaml(models, &yaml);
    e->model_yaml = yaml.s;
    return 0;
}

static int show_plan(const fe_plan *plan, const fe_feed *feed, fe_err *err)
{
    fe_str text = { 0 };
    int rc = fe_plan_print(plan, feed, &text, err);

    if (rc == 0)
        fputs(text.s, stdout);
    fe_str_free(&text);
    return rc;
}

static int make_plan(fe_plan *plan, const fe_feed *feed, fe_err *err)
{
    bool by_run = arg.group_by && !strcmp(arg.group_by, "run");

    if (fe_plan_make(plan, by_run ? "run" : arg.group_by ? "column" : "all", arg.group_by, feed, err) < 0)
        return -1;
    return fe_plan_adapt_edges(plan, feed, err);
}

static int typed_edges(fe_edges *edges, fe_err *err)
{
    if (!arg.integral)
        return fe_edges_typed(&fe_args, edges, err);
    if (strcmp(fe_args.edges, "all"))
        return fe_fail(err, FE_EUSAGE, NULL, "--integral is a band of its own: not with --energy-edges");
    return fe_integral_typed(arg.integral, edges, err);
}

static int run(size_t n, char **operand, fe_err *err)
{
    const fe_format *format = fe_format_choose(fe_args.format, fe_args.output, err);
    const fe_ogip_files files = fe_ogip_files_typed(&fe_args);
    fe_models *models = NULL;
    fe_feed *spectra = NULL, *joined = NULL;
    fe_expr *where = NULL;
    fe_plan plan = { .exact_edges = fe_args.exact_edges, .skip_bad = fe_args.skip_bad };
    fe_plan_request request = { .stack = false };
    fe_estimate *e = fe_estimate_new();
    int rc = -1;

    if (!format || fe_output_check(fe_args.output, fe_args.force, err) < 0)         goto done;
    if (fe_sources_typed(&fe_args, "pl:index=2", &models, err) < 0)                 goto done;
    if (fe_points_typed(&fe_args, models, &request, err) < 0)                       goto done;
    if (typed_edges(&plan.edges, err) < 0 || fe_where_typed(&fe_args, &where, err) < 0)     goto done;
    if (!(spectra = fe_ogip_feed_new_with(n, operand, &files, err)))                goto done;
    if (fe_args.obs_table && !(joined = fe_obs_table_join(spectra, fe_args.obs_table, err)))    goto done;
    plan.where = where;
    if (make_plan(&plan, joined ? joined : spectra, err) < 0)                       goto done;
    if (fe_args.dry_run) {
        rc = show_plan(&plan, spectra, err);
        goto done;
    }
    if (estimate(&plan, spectra, models, &request, e, err) < 0)                     goto done;
    if (fe_product_write(e, arg.integral ? FE_SED_FLUX : FE_SED_DNDE, NULL, &fe_args, format, fe_args.output, err) < 0)
        goto done;
    rc = fe_args.strict && fe_product_is_flagged(e) ? FE_EFLAGGED : 0;
done:
    fe_estimate_free(e);
    fe_plan_free(&plan);
    fe_refit_clear(&request.refit);
    fe_expr_free(where);
    fe_obs_table_free(joined);
    fe_ogip_feed_free(spectra);
    fe_models_free(models);
    return rc;
}

int main(int argc, char **argv)
{
    return fe_tool_main(argc, argv, &(fe_tool){
        .name = "fe-points",
        .summary = "Flux points from counts spectra: in each energy band, the norm of a reference model.",
        .operands = "FILE...",
        .about = "FILE is an OGIP PHA spectrum (type I or II); its background and responses are found through its keywords.\n"
                 "Several files are fitted jointly; a datasets YAML of gammapy stands for the spectra it names.  The product\n"
                 "is a table with one row per source, group and energy band: flux, errors, upper limit, significance, counts;\n"
                 "it remembers the reference model, so that fe-convert can change its type.",
        .examples = "fe-points pha_obs*.fits -e 0.5:50TeV:5/dec -m crab.yaml -o crab.fits\n"
                    "fe-points pha_obs1.fits -e 1:10TeV -m pl:index=2.6 | fe-convert --to e2dnde",
        .options = options,
        .libraries = fe_libraries,
        .read_list = fe_lines_read,
        .run = run });
}
