/* fe-convert -- flux tables into another SED type, unit, format: read -> convert -> write. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/note.h"
#include "base/tool.h"
#include "io/folder.h"
#include "io/gadf.h"
#include "io/history.h"
#include "io/libraries.h"
#include "io/lines.h"
#include "io/product.h"
#include "io/typed.h"

static struct {
    const char *from, *index, *swap_model, *output_dir;
} arg;

static const fe_opt own[] = {
    FE_OPT_GROUP("Conversion"),
    { 0, "from", FE_ARG_CHOICE, &arg.from, "TYPE", "dnde|e2dnde|flux|eflux|likelihood", NULL, NULL,
      "what the table says, else what its columns tell", "SED type of the input" },
    { 0, "index", FE_ARG_STR, &arg.index, "G", NULL, NULL, NULL, NULL,
      "reference model: a power law of this index; short for --model pl:index=G" },
    { 0, "swap-model", FE_ARG_STR, &arg.swap_model, "M", NULL, NULL, NULL, NULL,
      "replace the reference model, fluxes of the bands kept" },
    { 0, "ul-if", FE_ARG_STR, &fe_args.ul_if, "EXPR", NULL, NULL, NULL, "as in the input",
      "when a row counts as a limit (is_ul)" },
    { 0, "output-dir", FE_ARG_STR, &arg.output_dir, "DIR", NULL, NULL, NULL, NULL,
      "write the product of each FILE into this folder, under its own name; it is made if its parent exists" },
    FE_OPT_END
};
static const fe_opt *const options[] = { own, fe_opts_model, fe_opts_flux, fe_opts_output, fe_opts_talk, NULL };

static struct { fe_models *offered, *swapped; } model;     /* read once for all files */

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
    rc = read_model(arg.index ? index.s : fe_args.model, fe_args.source, &model.offered, err);
    fe_str_free(&index);
    return rc < 0 ? rc : read_model(arg.swap_model, NULL, &model.swapped, err);
}

static int convert(const char *input, const fe_format *format, const char *output, fe_err *err)
{
    fe_document *doc = NULL;
    fe_estimate *e = NULL;
    int rc = -1;

    if (fe_output_check(output, fe_args.force, err) < 0)                            goto done;
    if (!(doc = fe_document_read(input, err)))                                      goto done;
    if (fe_estimate_read(doc, arg.from ? fe_sedtype_parse(arg.from) : -1, &e, err) < 0)     goto done;
    if (model.offered)
        fe_estimate_offer_model(e, fe_spectrum_copy(model.offered->model[0].spectrum), arg.index ? "--index" : "--model");
    if (model.swapped && fe_estimate_swap_model(e, model.swapped->model[0].spectrum, err) < 0)      goto done;
    if (!format)
        format = fe_format_find(doc->format);
    rc = fe_product_write(e, e->type, doc, &fe_args, format, output, err);
done:
    fe_estimate_free(e);
    fe_document_free(doc);
    return rc;
}

/* DIR/NAME with the suffix of the format asked for; the input's own name when none was. */
static char *output_in_dir(const char *input, const fe_format *format)
{
    const char *slash = strrchr(input, '/'), *base = slash ? slash + 1 : input;
    const char *dot = strrchr(base, '.');
    size_t stem = format && dot && dot != base ? (size_t)(dot - base) : strlen(base);
    fe_str path = { 0 };

    fe_str_addf(&path, "%s/%.*s%s", arg.output_dir, (int)stem, base, format && format->suffix ? format->suffix : "");
    return path.s;
}

static int convert_many(size_t n, char **operand, const fe_format *format, fe_err *folder)
{
    size_t n_bad = 0;

    if (fe_folder_make(arg.output_dir, folder) < 0)
        return -1;
    for (size_t i = 0; i < n; i++) {
        char *output = output_in_dir(operand[i], format);
        fe_err err = { FE_OK, "" };

        fe_note_forget();
        fe_history_forget();
        if (convert(operand[i], format, output, &err) < 0) {
            (void)fe_tool_report(&err);
            n_bad++;
        }
        free(output);
    }
    if (n_bad)
        fe_note(FE_NOTE_WARN, NULL, "%zu of %zu files were not converted", n_bad, n);
    return n_bad ? FE_EDATA : 0;
}

static int run(size_t n, char **operand, fe_err *err)
{
    const fe_format *format = NULL;
    int rc = -1;

    if ((!arg.output_dir || fe_args.format) && !(format = fe_format_choose(fe_args.format, fe_args.output, err)))
        goto done;
    if (arg.output_dir && fe_args.output)
        rc = fe_fail(err, FE_EUSAGE, NULL, "--output and --output-dir exclude each other");
    else if (n > 1 && !arg.output_dir)
        rc = fe_fail(err, FE_EUSAGE, NULL, "%zu files have no place in one product: give --output-dir DIR", n);
    else if (read_models(err) == 0)
        rc = arg.output_dir ? convert_many(n, operand, format, err) : convert(operand[0], format, fe_args.output, err);
done:
    fe_models_free(model.offered);
    fe_models_free(model.swapped);
    return rc;
}

int main(int argc, char **argv)
{
    return fe_tool_main(argc, argv, &(fe_tool){
        .name = "fe-convert",
        .summary = "Convert flux points and light curves to another SED type, unit, or file format.",
        .operands = "[FILE]...",
        .about = "FILE is a table of flux estimates: GADF, gammapy's, or of these tools, as FITS, ECSV, CSV, TSV, JSON or text.\n"
                 "Values, errors, limits and scans move together; what is not asked to change stays as it is.  Between dnde,\n"
                 "flux and eflux the reference model decides: that of the table, else --model or --index.",
        .examples = "fe-convert crab.fits --to e2dnde -u 'erg cm-2 s-1' -o crab.ecsv\n"
                    "fe-convert sed.ecsv --to flux --index 2.4 -f csv\n"
                    "fe-convert *.fits --to e2dnde --output-dir sed",
        .options = options,
        .libraries = fe_libraries,
        .read_list = fe_lines_read,
        .run = run });
}
