/* fe-sensitivity -- the flux that would just be seen: read -> select -> stack -> estimate -> convert -> write. */
#include <stdlib.h>

#include "base/mem.h"
#include "base/tool.h"
#include "est/points_opt.h"
#include "est/region_feed.h"
#include "est/sensitivity.h"
#include "io/libraries.h"
#include "io/lines.h"
#include "io/product.h"
#include "io/typed.h"
#include "feeds_run.h"

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
static const fe_opt *const options[] = { own, fe_opts_regions, fe_opts_model, fe_opts_energy, fe_opts_flux, fe_opts_input,
                                         fe_opts_output, fe_opts_talk, NULL };

typedef struct job {
    fe_models *models;
    feeds feed;
    fe_expr *where;
    fe_plan plan;
} job;

static void job_free(job *j)
{
    fe_plan_free(&j->plan);
    fe_expr_free(j->where);
    feeds_free(&j->feed);
    fe_models_free(j->models);
}

/* Datasets of region k: the feed has the regions of one map after another. */
static int add_region(job *j, size_t k, fe_sensitivities *rows, fe_err *err)
{
    const fe_set *set = &j->plan.set[0];
    size_t n_regions = fe_regions_n_included(j->feed.regions), n = 0, *member = FE_NEWN(size_t, set->n);
    fe_str name = { 0 };
    int rc;

    for (size_t m = 0; m < set->n; m++)
        if (set->member[m] % n_regions == k)
            member[n++] = set->member[m];
    fe_region_name(j->feed.regions, k, &name);
    rc = fe_sensitivity_add(rows, j->feed.all, n, member, &j->plan, j->models, &request, name.s, err);
    fe_str_free(&name);
    free(member);
    return rc;
}

static int estimate(job *j, fe_estimate **e, fe_err *err)
{
    static const fe_plan_request adapt = { .method = FE_METHOD_FOLD };
    fe_sensitivities rows = { 0 };
    int rc = -1;

    if (fe_plan_make(&j->plan, "all", NULL, j->feed.all, err) < 0 || fe_plan_adapt_edges(&j->plan, j->feed.all, j->models, &adapt, err) < 0)
        return -1;
    if (!j->feed.parts)
        rc = fe_sensitivity_add(&rows, j->feed.all, j->plan.set[0].n, j->plan.set[0].member, &j->plan, j->models, &request, NULL, err);
    else
        for (size_t k = 0; k < fe_regions_n_included(j->feed.regions) && (rc = add_region(j, k, &rows, err)) == 0; k++)
            ;
    if (rc == 0)
        *e = fe_sensitivity_table(&rows, &j->models->model[0], &request);
    fe_sensitivities_free(&rows);
    return rc;
}

static int run(size_t n, char **operand, fe_err *err)
{
    const fe_format *format = fe_format_choose(fe_args.format, fe_args.output, err);
    job j = { .plan = { .exact_edges = fe_args.exact_edges } };
    fe_estimate *e = NULL;
    int rc = -1;

    if (!format || fe_output_check(fe_args.output, fe_args.force, err) < 0)         goto done;
    if (fe_sources_typed(&fe_args, "pl:index=2", &j.models, err) < 0)               goto done;
    if (fe_models_n_chosen(j.models) > 1) {
        fe_fail(err, FE_EUSAGE, NULL, "%zu sources are to be seen, expected one: choose it with --source", fe_models_n_chosen(j.models));
        goto done;
    }
    if (fe_edges_typed(&fe_args, &j.plan.edges, err) < 0 || fe_where_typed(&fe_args, &j.where, err) < 0)    goto done;
    j.feed.others = fe_args.regions ? fe_models_take_others(j.models) : NULL;
    if (feeds_open(n, operand, &j.feed, err) < 0)                                        goto done;
    j.plan.where = j.where;
    if (estimate(&j, &e, err) < 0)                                                  goto done;
    rc = fe_product_write(e, FE_SED_E2DNDE, NULL, &fe_args, format, fe_args.output, err);
done:
    fe_estimate_free(e);
    job_free(&j);
    return rc;
}

int main(int argc, char **argv)
{
    return fe_tool_main(argc, argv, &(fe_tool){
        .name = "fe-sensitivity",
        .summary = "Sensitivity of counts spectra and maps: in each energy band, the flux that would just be seen.",
        .operands = "FILE...",
        .about = "FILE is an OGIP PHA spectrum (type I or II) or a dataset of gammapy (FITS), whose background is taken\n"
                 "and whose counts play no part; several spectra are added, several maps taken jointly.  The flux is that\n"
                 "of a source whose excess has --sens-sigma, and is at least --min-counts and --bkg-syst of the background;\n"
                 "the model gives its shape within a band, and in maps its place and shape on the sky.",
        .examples = "fe-sensitivity pha_obs*.fits -e 0.5:50TeV:5/dec\n"
                    "fe-sensitivity pha_obs*.fits -e 1:10TeV -m pl:index=2.6 --to flux -o sensitivity.ecsv\n"
                    "fe-sensitivity map.fits -e 0.1:10TeV:4/dec -m source.yaml",
        .options = options,
        .libraries = fe_libraries,
        .read_list = fe_lines_read,
        .run = run });
}
