/* fe-fit -- the model that describes spectra or flux points best: read -> fit -> errors -> write. */
#include "base/tool.h"
#include "est/fit_opt.h"
#include "est/points_opt.h"
#include "io/fit_io.h"
#include "io/gadf.h"
#include "io/libraries.h"
#include "io/lines.h"
#include "io/model_io.h"
#include "io/typed.h"
#include "feeds_run.h"

static struct { const char *butterfly; } arg;

static const fe_opt own[] = {
    FE_OPT_GROUP("Model"),
    { 'm', "model", FE_ARG_STR, &fe_args.model, "M", NULL, NULL, NULL, "none: it must be given",
      "model to fit: YAML file, inline text (pl, or ecpl:index=2) or @PRODUCT" },
    { 's', "source", FE_ARG_STR, &fe_args.source, "NAME[,NAME]", NULL, NULL, "all", NULL,
      "source(s) of the model that are fitted, jointly; the others are left out" },
    FE_OPT_END
};
static const fe_opt output[] = {
    FE_OPT_GROUP("Output"),
    { 'o', "output", FE_ARG_STR, &fe_args.output, "FILE", NULL, NULL, NULL, "standard output",
      "product; the covariance of models FILE.yaml goes to FILE_covariance.dat" },
    { 'f', "format", FE_ARG_CHOICE, &fe_args.format, "F", "yaml|fits|ecsv|csv|tsv|json|text|latex", NULL, NULL,
      "suffix of -o, else text on a terminal, else yaml", "yaml: models; others: a table of parameters" },
    { 0, "butterfly", FE_ARG_STR, &arg.butterfly, "FILE", NULL, NULL, NULL, NULL,
      "write the best model with its error over energy, in the format of FILE's suffix" },
    { 0, "force", FE_ARG_FLAG, &fe_args.force, NULL, NULL, NULL, NULL, NULL, "replace existing regular files" },
    { 0, "no-history", FE_ARG_FLAG, &fe_args.no_history, NULL, NULL, NULL, NULL, NULL, "leave provenance out of the product" },
    FE_OPT_GROUP("Run"),
    { 0, "skip-bad", FE_ARG_FLAG, &fe_args.skip_bad, NULL, NULL, NULL, NULL, NULL, "go on without spectra that cannot be read" },
    { 0, "strict", FE_ARG_FLAG, &fe_args.strict, NULL, NULL, NULL, NULL, NULL, "exit with status 4 if it did not converge" },
    { 0, "compat", FE_ARG_CHOICE, &fe_args.compat, "gammapy", "gammapy", NULL, NULL, NULL,
      "define things as gammapy 2.1 does where we define them better, to compare digit by digit" },
    FE_OPT_END
};
static const fe_opt *const options[] = { own, fe_opts_regions, fe_opts_fit, fe_opts_energy, fe_opts_levels, fe_opts_input, output,
                                         fe_opts_talk, NULL };

/* A region is the spectrum of the sources that are fitted; what others predict in it is background. */
static int check_region(const feeds *f, fe_err *err)
{
    size_t n = f->regions ? fe_regions_n_included(f->regions) : 1;

    return n == 1 ? 0 : fe_fail(err, FE_EUSAGE, &(fe_where){ fe_args.regions, NULL, 0 }, "%zu regions, expected one, whose spectrum the "
                                "model is of (fe-points takes several)", n);
}

static int add_spectra(fe_fit *fit, size_t n, char **operand, feeds *f, const fe_fit_request *request, fe_err *err)
{
    fe_plan plan = { .skip_bad = fe_args.skip_bad };
    fe_expr *where = NULL;
    int rc = -1;

    if (feeds_open(n, operand, f, err) < 0 || check_region(f, err) < 0 || fe_where_typed(&fe_args, &where, err) < 0)      goto done;
    plan.where = where;
    if (fe_plan_make(&plan, "all", NULL, f->all, err) < 0)                          goto done;
    rc = fe_fit_add_feed(fit, f->all, plan.set[0].n, plan.set[0].member, request, err);
done:
    fe_plan_free(&plan);
    fe_expr_free(where);
    return rc;
}

static int add_points(fe_fit *fit, size_t n, char **operand, const fe_fit_request *request, fe_err *err)
{
    int rc = 0;

    for (size_t k = 0; rc == 0 && k < n; k++) {
        fe_document *doc = fe_document_read(operand[k], err);
        fe_estimate *e = NULL;

        rc = doc ? fe_estimate_read(doc, -1, &e, err) : -1;
        if (rc == 0)
            rc = fe_fit_add_estimate(fit, e, request, err);
        fe_estimate_free(e);
        fe_document_free(doc);
    }
    return rc;
}

static int write_all(fe_fit *fit, const fe_fit_result *result, const fe_fit_typed *typed, const fe_format *format,
                     fe_err *err)
{
    fe_table *table[] = { fe_fit_table(fit, result, &typed->levels), fe_fit_covariance_table(fit) }, *butterfly;
    int rc = 0;

    fe_fit_say(fit, result, table[0]);
    if (arg.butterfly) {
        butterfly = fe_fit_butterfly(fit, typed->levels.n_sigma);
        rc = fe_tables_write(1, &butterfly, fe_format_choose(NULL, arg.butterfly, err), arg.butterfly, fe_args.force, err);
    }
    if (rc == 0 && format)
        return fe_tables_write(2, table, format, fe_args.output, fe_args.force, err);
    fe_table_free(table[0]);
    fe_table_free(table[1]);
    return rc < 0 ? rc : fe_models_write(fe_fit_models(fit), fe_args.output, fe_args.force, err);
}

static int run(size_t n, char **operand, fe_err *err)
{
    const fe_fit_result *result;
    const fe_format *format;
    fe_models *models = NULL;
    feeds f = { .regions = NULL };
    fe_edges edges = { .n_bins = 0 };
    fe_fit_typed typed;
    fe_fit *fit = NULL;
    bool is_points;
    int rc = -1;

    if (!fe_args.model)
        return fe_fail(err, FE_EUSAGE, NULL, "no model to fit, expected --model M, such as pl or crab.yaml");
    if (fe_fit_format_choose(&fe_args, &format, err) < 0)                           goto done;
    if (fe_output_check(fe_args.output, fe_args.force, err) < 0)                    goto done;
    if (arg.butterfly && (!fe_format_choose(NULL, arg.butterfly, err) ||
                          fe_output_check(arg.butterfly, fe_args.force, err) < 0))  goto done;
    if ((fe_args.regions ? fe_sources_typed : fe_models_typed)(&fe_args, NULL, &models, err) < 0)       goto done;
    f.others = fe_args.regions ? fe_models_take_others(models) : NULL;
    if (fe_edges_typed(&fe_args, &edges, err) < 0)                                  goto done;
    if (fe_fit_typed_read(&fe_args, models, &edges, &typed, err) < 0)               goto done;
    if (fe_input_is_points(operand[0], &is_points, err) < 0)                        goto done;
    if (fe_fit_typed_check(is_points, err) < 0)                                     goto done;
    if (!(fit = fe_fit_new(models, &typed.options, err)))                           goto done;
    if ((is_points ? add_points(fit, n, operand, &typed.request, err)
                   : add_spectra(fit, n, operand, &f, &typed.request, err)) < 0)            goto done;
    if (!(result = fe_fit_run(fit, err)))                                           goto done;
    if (write_all(fit, result, &typed, format, err) < 0)                            goto done;
    rc = fe_args.strict && !result->converged ? FE_EFLAGGED : 0;
done:
    fe_fit_free(fit);
    feeds_free(&f);
    fe_edges_free(&edges);
    fe_models_free(models);
    return rc;
}

int main(int argc, char **argv)
{
    return fe_tool_main(argc, argv, &(fe_tool){
        .name = "fe-fit",
        .summary = "Fit spectral models to counts spectra and maps, jointly, or to flux points.",
        .operands = "FILE...",
        .about = "FILE is an OGIP PHA spectrum (type I or II), a dataset of gammapy (FITS: spectrum or map) or a datasets YAML, or else a\n"
                 "table of flux points; the first one says which.  All free parameters of all sources of the model are\n"
                 "fitted to all files together by maximum likelihood.  The product is the model with the best values as\n"
                 "YAML, which gammapy and the option --model of the other tools read, or a table of the parameters.",
        .examples = "fe-fit pha_obs*.fits -m ecpl -o crab.yaml && fe-points pha_obs*.fits -m crab.yaml -o crab.fits\n"
                    "fe-fit pha_obs*.fits -m pl --asym --ts -f text\n"
                    "fe-fit sed.ecsv -m 'lp:reference=1TeV' --butterfly butterfly.ecsv -o sed.yaml",
        .options = options,
        .libraries = fe_libraries,
        .read_list = fe_lines_read,
        .run = run });
}
