/* fe-sensitivity -- the flux that would just be seen: read -> select -> stack -> estimate -> convert -> write. */
#include "base/tool.h"
#include "est/points_opt.h"
#include "est/sensitivity.h"
#include "est/stack.h"
#include "io/libraries.h"
#include "io/lines.h"
#include "io/obs_table.h"
#include "io/ogip.h"
#include "io/product.h"
#include "io/typed.h"

static fe_sensitivity_request request;

static const fe_opt own[] = {
    FE_OPT_GROUP("Sensitivity"),
    { 0, "sens-sigma", FE_ARG_DOUBLE, &request.n_sigma, "X", "(0..)", NULL, "5", NULL,
      "significance of the sensitivity" },
    { 0, "min-counts", FE_ARG_DOUBLE, &request.min_counts, "N", "0..", NULL, "10", NULL, "least excess in counts" },
    { 0, "bkg-syst", FE_ARG_DOUBLE, &request.bkg_syst, "F", "0..", NULL, "0.05", NULL,
      "least excess as a fraction of the background" },
    FE_OPT_END
};
static const fe_opt *const options[] = { own, fe_opts_model, fe_opts_energy, fe_opts_flux, fe_opts_input,
                                         fe_opts_output, fe_opts_talk, NULL };

static int estimate(fe_plan *plan, const fe_feed *feed, const fe_model *model, fe_estimate **e, fe_err *err)
{
    fe_dataset *sum = NULL;
    int rc = -1;

    if (fe_plan_make(plan, "all", NULL, feed, err) < 0 || fe_plan_adapt_edges(plan, feed, NULL, NULL, err) < 0)
        return -1;
    if (fe_stack_feed(feed, plan->set[0].n, plan->set[0].member, NULL, &sum, err) == 0)
        rc = fe_sensitivity_table(sum, plan, model, &request, e, err);
    fe_dataset_free(sum);
    return rc;
}

static int run(size_t n, char **operand, fe_err *err)
{
    const fe_format *format = fe_format_choose(fe_args.format, fe_args.output, err);
    const fe_ogip_files files = fe_ogip_files_typed(&fe_args);
    fe_models *models = NULL;
    fe_feed *spectra = NULL, *joined = NULL;
    fe_expr *where = NULL;
    fe_plan plan = { .exact_edges = fe_args.exact_edges };
    fe_estimate *e = NULL;
    int rc = -1;

    if (!format || fe_output_check(fe_args.output, fe_args.force, err) < 0)         goto done;
    if (fe_models_typed(&fe_args, "pl:index=2", &models, err) < 0)                  goto done;
    if (fe_edges_typed(&fe_args, &plan.edges, err) < 0 || fe_where_typed(&fe_args, &where, err) < 0)    goto done;
    if (!(spectra = fe_ogip_feed_new_with(n, operand, &files, err)))                goto done;
    if (fe_args.obs_table && !(joined = fe_obs_table_join(spectra, fe_args.obs_table, err)))    goto done;
    plan.where = where;
    if (estimate(&plan, joined ? joined : spectra, &models->model[0], &e, err) < 0)             goto done;
    rc = fe_product_write(e, FE_SED_E2DNDE, NULL, &fe_args, format, fe_args.output, err);
done:
    fe_estimate_free(e);
    fe_plan_free(&plan);
    fe_expr_free(where);
    fe_obs_table_free(joined);
    fe_ogip_feed_free(spectra);
    fe_models_free(models);
    return rc;
}

int main(int argc, char **argv)
{
    return fe_tool_main(argc, argv, &(fe_tool){
        .name = "fe-sensitivity",
        .summary = "Sensitivity of counts spectra: in each energy band, the flux that would just be seen.",
        .operands = "FILE...",
        .about = "FILE is an OGIP PHA spectrum (type I or II) or a dataset of gammapy (FITS), whose background is taken\n"
                 "and whose counts play no part; several files are stacked.  The flux is that of a source whose excess\n"
                 "has --sens-sigma, and is at least --min-counts and --bkg-syst of the background; the model gives its\n"
                 "shape within a band.",
        .examples = "fe-sensitivity pha_obs*.fits -e 0.5:50TeV:5/dec\n"
                    "fe-sensitivity pha_obs*.fits -e 1:10TeV -m pl:index=2.6 --to flux -o sensitivity.ecsv",
        .options = options,
        .libraries = fe_libraries,
        .read_list = fe_lines_read,
        .run = run });
}
