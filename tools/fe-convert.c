/* fe-convert -- flux tables into another SED type, unit, format: read -> convert -> write. */
#include "base/tool.h"
#include "est/recompute_opt.h"
#include "io/check.h"
#include "io/ebl_io.h"
#include "io/fluxmap.h"
#include "io/folder.h"
#include "io/gadf.h"
#include "io/history.h"
#include "io/libraries.h"
#include "io/lines.h"
#include "io/product.h"
#include "io/typed.h"
#include "types/deabsorb.h"
#include "fluxmaps_run.h"

static struct {
    const char *from, *index, *swap_model, *output_dir, *recompute, *tau;
    double redshift;
    bool check;
} arg;

static const fe_opt own[] = {
    FE_OPT_GROUP("Conversion"),
    { 0, "from", FE_ARG_CHOICE, &arg.from, "TYPE", "dnde|e2dnde|flux|eflux|likelihood", NULL, NULL,
      "what the table says, else what its columns tell", "SED type of the input" },
    { 0, "index", FE_ARG_STR, &arg.index, "G", NULL, NULL, NULL, NULL,
      "reference model: a power law of this index; short for --model pl:index=G" },
    { 0, "swap-model", FE_ARG_STR, &arg.swap_model, "M", NULL, NULL, NULL, NULL,
      "replace the reference model, fluxes of the bands kept" },
    { 0, "recompute", FE_ARG_STR, &arg.recompute, "LIST", NULL, NULL, NULL, NULL,
      "ul,err,errn,errp or some of them: restate them from the stored scans, at the levels below" },
    { 0, "tau", FE_ARG_STR, &arg.tau, "FILE", NULL, NULL, NULL, NULL,
      "deabsorb: divide by the transmission through the extragalactic background light, a file or a name (dominguez)" },
    { 0, "redshift", FE_ARG_DOUBLE, &arg.redshift, "Z", "(0..)", NULL, NULL, NULL, "of the source, for --tau" },
    { 0, "check", FE_ARG_FLAG, &arg.check, NULL, NULL, NULL, NULL, NULL,
      "write no product but what looks wrong in the tables, a line each with a code; exit status 3 if anything does" },
    { 0, "ul-if", FE_ARG_STR, &fe_args.ul_if, "EXPR", NULL, NULL, NULL, "as in the input",
      "when a row counts as a limit (is_ul)" },
    { 0, "output-dir", FE_ARG_STR, &arg.output_dir, "DIR", NULL, NULL, NULL, NULL,
      "write the product of each FILE into this folder, under its own name; it is made if its parent exists" },
    FE_OPT_END
};
static const fe_opt *const options[] = { own, fe_opts_levels, fe_opts_model, fe_opts_flux, fe_opts_output, fe_opts_talk,
                                         NULL };

static struct {                     /* what was typed, read once for all files */
    const fe_format *format;        /* NULL: that of each file */
    fe_models *offered, *swapped;
    fe_ebl *ebl;
    unsigned recompute;
    fe_scan_levels levels;
} typed;

static int read_model(const char *text, const char *source, fe_models **out, fe_err *err)
{
    fe_common asked = { .model = text, .source = source };

    return fe_models_typed(&asked, NULL, out, err);
}

static int read_models(fe_err *err)
{
    fe_str index = { 0 };
    int rc;

    if (arg.index && fe_args.model)
        return fe_fail(err, FE_EUSAGE, NULL, "--index and --model exclude each other");
    if (arg.index)
        fe_str_addf(&index, "pl:index=%s", arg.index);
    rc = read_model(arg.index ? index.s : fe_args.model, fe_args.source, &typed.offered, err);
    fe_str_free(&index);
    return rc < 0 ? rc : read_model(arg.swap_model, NULL, &typed.swapped, err);
}

static int read_typed(fe_err *err)
{
    if (fe_recompute_typed(arg.recompute, &fe_args, &typed.recompute, &typed.levels, err) < 0)
        return -1;
    if (fe_ebl_typed(arg.tau, arg.redshift, &typed.ebl, err) < 0)
        return -1;
    return read_models(err);
}

static int change(fe_estimate *e, fe_err *err)
{
    if (typed.offered)
        fe_estimate_offer_model(e, fe_spectrum_copy(typed.offered->model[0].spectrum),
                                arg.index ? "--index" : "--model");
    if (typed.swapped && fe_estimate_swap_model(e, typed.swapped->model[0].spectrum, err) < 0)
        return -1;
    if (typed.recompute && fe_estimate_recompute(e, typed.recompute, &typed.levels, err) < 0)
        return -1;
    return typed.ebl ? fe_estimate_deabsorb(e, typed.ebl, arg.redshift, err) : 0;
}

static int convert(const char *input, const char *output, fe_err *err)
{
    const fe_format *format = typed.format;
    fe_bytes bytes = { 0 };
    fe_document *doc = NULL;
    fe_estimate *e = NULL;
    int rc = -1;

    if (fe_output_check(output, fe_args.force, err) < 0)                            goto done;
    if (fe_bytes_read(input, &bytes, err) < 0)                                      goto done;
    if (!(doc = fe_document_of(&bytes, err)))                                       goto done;
    if (fe_fluxmap_is(doc)) {
        rc = typed.recompute ? fe_fail(err, FE_EUSAGE, NULL, "--recompute is for tables: of maps, fe-extract takes points with their scans")
                             : fluxmaps_convert(&bytes, format, output, change, err);
        goto done;
    }
    fe_history_input(bytes.name, bytes.n, bytes.data);
    if (fe_estimate_read(doc, arg.from ? fe_sedtype_parse(arg.from) : -1, &e, err) < 0)     goto done;
    if (change(e, err) < 0)                                                         goto done;
    if (!format)
        format = fe_format_find(doc->format);
    rc = fe_product_write(e, e->type, doc, &fe_args, format, output, err);
done:
    fe_estimate_free(e);
    fe_document_free(doc);
    fe_bytes_free(&bytes);
    return rc;
}

static int run(size_t n, char **operand, fe_err *err)
{
    int rc = -1;

    if (arg.check)
        return fe_check_files(n, operand, arg.from ? fe_sedtype_parse(arg.from) : -1, err);
    if ((!arg.output_dir || fe_args.format) && !(typed.format = fe_format_choose(fe_args.format, fe_args.output, err)))
        goto done;
    if (arg.output_dir && fe_args.output)
        rc = fe_fail(err, FE_EUSAGE, NULL, "--output and --output-dir exclude each other");
    else if (n > 1 && !arg.output_dir)
        rc = fe_fail(err, FE_EUSAGE, NULL, "%zu files have no place in one product: give --output-dir DIR", n);
    else if (read_typed(err) == 0)
        rc = arg.output_dir ? fe_folder_fill(arg.output_dir, n, operand, typed.format ? typed.format->suffix : NULL,
                                             convert, err)
                            : convert(operand[0], fe_args.output, err);
done:
    fe_models_free(typed.offered);
    fe_models_free(typed.swapped);
    fe_ebl_free(typed.ebl);
    return rc;
}

int main(int argc, char **argv)
{
    return fe_tool_main(argc, argv, &(fe_tool){
        .name = "fe-convert",
        .summary = "Convert flux points and light curves to another SED type, unit, or file format.",
        .operands = "[FILE]...",
        .about = "FILE is a table of flux estimates: GADF, gammapy's, or of these tools, as FITS, ECSV, CSV, TSV, JSON or text;\n"
                 "or flux maps, which become maps as FITS, and in other formats a table of pixels.\n"
                 "Values, errors, limits and scans move together; what is not asked to change stays as it is.  Between dnde,\n"
                 "flux and eflux the reference model decides: that of the table, else --model or --index.",
        .examples = "fe-convert crab.fits --to e2dnde -u 'erg cm-2 s-1' -o crab.ecsv\n"
                    "fe-convert sed.ecsv --to flux --index 2.4 -f csv\n"
                    "fe-convert crab.fits --recompute ul --ul-cl 0.99 -o crab99.fits\n"
                    "fe-convert *.fits --to e2dnde --output-dir sed",
        .options = options,
        .libraries = fe_libraries,
        .read_list = fe_lines_read,
        .run = run });
}
