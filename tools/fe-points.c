/* fe-points -- flux points from counts spectra: read -> select -> estimate -> convert -> write. */
#include <stdio.h>
#include <string.h>

#include "base/note.h"
#include "base/par.h"
#include "base/tool.h"
#include "est/describe.h"
#include "est/norm_opt.h"
#include "est/plan.h"
#include "io/libraries.h"
#include "io/lines.h"
#include "io/model_io.h"
#include "io/ogip.h"
#include "io/product.h"
#include "io/typed.h"

static struct {
    const char *method;
    bool scan, stack;
    long scan_points, group_off;
} arg;

static const fe_opt own[] = {
    FE_OPT_GROUP("Estimate"),
    { 0, "method", FE_ARG_CHOICE, &arg.method, "M", "fold|excess", NULL, "fold", NULL,
      "fold: every channel of a band is a bin of the likelihood; excess: the band is summed to one bin" },
    { 0, "stack", FE_ARG_FLAG, &arg.stack, NULL, NULL, NULL, NULL, NULL,
      "add the datasets into one instead of fitting them jointly" },
    { 0, "group-off", FE_ARG_LONG, &arg.group_off, "N", "1..", NULL, NULL, "no merging",
      "merge neighbouring channels of a band until each has N OFF counts" },
    { 0, "scan", FE_ARG_FLAG, &arg.scan, NULL, NULL, NULL, NULL, NULL,
      "add the scan of -2 ln L along the norm, to a rise of 25 on both sides" },
    { 0, "scan-points", FE_ARG_LONG, &arg.scan_points, "N", "5..10001", NULL, "41", NULL, "points of a scan" },
    FE_OPT_END
};
static const fe_opt *const options[] = { own, fe_opts_model, fe_opts_energy, fe_opts_limits, fe_opts_sens, fe_opts_flux,
                                         fe_opts_output, fe_opts_run, fe_opts_talk, NULL };

static fe_plan_request typed_request(void)
{
    fe_plan_request r = { .norm = fe_norm_request_typed(&fe_args), .stack = arg.stack, .skip_bad = fe_args.skip_bad };

    r.method = strcmp(arg.method, "fold") ? FE_METHOD_EXCESS : FE_METHOD_FOLD;
    r.norm.want_scan = arg.scan;
    r.norm.scan_points = (size_t)arg.scan_points;
    r.group_off = arg.group_off > 0 ? (double)arg.group_off : 0;
    r.gammapy_grid = fe_args.compat != NULL;
    r.n_threads = fe_args.threads > 0 ? (int)fe_args.threads : fe_cpu_count();
    return r;
}

static int estimate(const fe_plan *plan, const fe_feed *feed, const fe_models *models, fe_estimate *e, fe_err *err)
{
    fe_plan_request request = typed_request();
    fe_sink sink = fe_estimate_sink(e, plan, models);
    fe_plan_work work = { 0 };
    fe_str yaml = { 0 };

    if (fe_plan_run(plan, feed, models, &request, &sink, &work, err) < 0)
        return -1;
    fe_note(FE_NOTE_DETAIL, NULL, "work: %zu datasets opened, %zu groups, %ld evaluations, %zu bytes held at most",
            work.n_opened, work.n_groups, work.n_eval, work.bytes_peak);
    fe_plan_describe(&request, models, e);
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

static int run(size_t n, char **operand, fe_err *err)
{
    const fe_format *format = fe_format_choose(fe_args.format, fe_args.output, err);
    fe_models *models = NULL;
    fe_feed *feed = NULL;
    fe_plan plan = { .exact_edges = fe_args.exact_edges, .skip_bad = fe_args.skip_bad };
    fe_estimate *e = fe_estimate_new();
    int rc = -1;

    if (!format || fe_output_check(fe_args.output, fe_args.force, err) < 0)         goto done;
    if (fe_models_typed(&fe_args, "pl:index=2", &models, err) < 0)                  goto done;
    if (fe_edges_typed(&fe_args, &plan.edges, err) < 0)                             goto done;
    if (!(feed = fe_ogip_feed_new(n, operand, err)))                                goto done;
    if (fe_plan_make(&plan, "all", NULL, feed, err) < 0)                            goto done;
    if (fe_plan_adapt_edges(&plan, feed, err) < 0)                                  goto done;
    if (fe_args.dry_run) {
        rc = show_plan(&plan, feed, err);
        goto done;
    }
    if (estimate(&plan, feed, models, e, err) < 0)                                  goto done;
    if (fe_product_write(e, FE_SED_DNDE, NULL, &fe_args, format, fe_args.output, err) < 0)   goto done;
    rc = fe_args.strict && fe_product_is_flagged(e) ? FE_EFLAGGED : 0;
done:
    fe_estimate_free(e);
    fe_plan_free(&plan);
    fe_ogip_feed_free(feed);
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
                 "Several files are fitted jointly.  The product is a table with one row per energy band: flux, errors,\n"
                 "upper limit, significance, counts; it remembers the reference model, so that fe-convert can change its type.",
        .examples = "fe-points pha_obs*.fits -e 0.5:50TeV:5/dec -m crab.yaml -o crab.fits\n"
                    "fe-points pha_obs1.fits -e 1:10TeV -m pl:index=2.6 | fe-convert --to e2dnde",
        .options = options,
        .libraries = fe_libraries,
        .read_list = fe_lines_read,
        .run = run });
}
