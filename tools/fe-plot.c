/* fe-plot -- flux tables as a picture: read -> convert -> one page -> a gnuplot script -> gnuplot. */
#include <string.h>             /* GNU's basename, which leaves its argument alone */

#include "base/tool.h"
#include "io/fits.h"
#include "io/fluxmap.h"
#include "io/gadf.h"
#include "io/libraries.h"
#include "io/lines.h"
#include "io/plot_map.h"
#include "io/plot_page.h"
#include "io/plot_picture.h"
#include "io/typed.h"

static struct {
    const char *kind, *index, *time_axis, *quantity;
    bool show_model;
    fe_strv label, curve;
    fe_plot_picture picture;
} arg;

static const fe_opt own[] = {
    FE_OPT_GROUP("Picture"),
    { 'k', "kind", FE_ARG_CHOICE, &arg.kind, "K", "sed|lightcurve|scan|map", NULL, NULL,
      "map of flux maps; lightcurve where times, phases or places differ, else sed", "what to draw; scan: the stored likelihood scans" },
    { 0, "quantity", FE_ARG_STR, &arg.quantity, "NAME", NULL, NULL, NULL, "sqrt_ts; with --to its value",
      "of flux maps: what to draw, sqrt_ts, flux, flux_ul, counts ..." },
    { 'o', "output", FE_ARG_STR, &arg.picture.output, "FILE", NULL, NULL, NULL, "standard output; a terminal shows text",
      "picture; .png, .svg or .pdf" },
    { 'f', "format", FE_ARG_CHOICE, &arg.picture.look.format, "F", "png|svg|pdf|text", NULL, NULL,
      "suffix of -o, else text on a terminal, else png", "format of the picture" },
    { 0, "size", FE_ARG_STR, &arg.picture.size, "WxH", NULL, NULL, NULL, "900x640; of text that of the terminal",
      "size in pixels; of text in characters" },
    { 0, "title", FE_ARG_STR, &arg.picture.look.title, "TEXT", NULL, NULL, NULL, NULL, "title above the picture" },
    { 0, "label", FE_ARG_LIST, &arg.label, "TEXT", NULL, NULL, NULL, "telescope, source or file name",
      "name of a table in the legend; repeatable, in the order of the files" },
    { 0, "show-model", FE_ARG_FLAG, &arg.show_model, NULL, NULL, NULL, NULL, NULL, "draw the stored reference model" },
    { 0, "curve", FE_ARG_LIST, &arg.curve, "M", NULL, NULL, NULL, NULL, "draw a model as well, as for --model; repeatable" },
    { 0, "no-limits", FE_ARG_FLAG, &arg.picture.look.no_limits, NULL, NULL, NULL, NULL, NULL,
      "leave out the rows that are upper limits" },
    { 0, "ul-if", FE_ARG_STR, &fe_args.ul_if, "EXPR", NULL, NULL, NULL, "as in the input",
      "when a row counts as a limit (is_ul)" },
    { 0, "y-axis", FE_ARG_CHOICE, &arg.picture.look.y_axis, "A", "log|linear", NULL, NULL, "log for an sed, else linear",
      "scale of the flux axis" },
    { 0, "time-axis", FE_ARG_CHOICE, &arg.time_axis, "A", "mjd|date", NULL, "mjd", NULL, "times as MJD, or as dates" },
    { 0, "script", FE_ARG_STR, &arg.picture.script, "FILE", NULL, NULL, NULL, NULL,
      "keep the gnuplot script; - is standard output, and gnuplot is not run unless -o is given" },
    { 0, "force", FE_ARG_FLAG, &arg.picture.force, NULL, NULL, NULL, NULL, NULL, "replace an existing regular file" },
    FE_OPT_GROUP("Model"),
    { 'm', "model", FE_ARG_STR, &fe_args.model, "M", NULL, NULL, NULL, "the input's own",
      "reference model for conversions: YAML file, inline text (pl:index=2.3) or @PRODUCT" },
    { 0, "index", FE_ARG_STR, &arg.index, "G", NULL, NULL, NULL, NULL,
      "reference model: a power law of this index; short for --model pl:index=G" },
    FE_OPT_END
};
static const fe_opt *const options[] = { own, fe_opts_flux, fe_opts_talk, NULL };

static int add_file(fe_plot_page *page, const char *file, const fe_models *offered, const char *label, fe_err *err)
{
    fe_document *doc = NULL;
    fe_estimate *e = NULL;
    int rc = -1;

    if (!(doc = fe_document_read(file, err)))               goto done;
    if (fe_estimate_read(doc, -1, &e, err) < 0)             goto done;
    if (offered)
        fe_estimate_offer_model(e, fe_spectrum_copy(offered->model[0].spectrum), arg.index ? "--index" : "--model");
    rc = fe_plot_page_add(page, doc, e, label, err);
done:
    fe_estimate_free(e);
    fe_document_free(doc);
    return rc;
}

static int add_curve(fe_plot_page *page, const char *text, fe_err *err)
{
    fe_models *models = NULL;
    int rc = fe_models_typed(&(fe_common){ .model = text }, NULL, &models, err);

    if (rc == 0)
        rc = fe_plot_page_model(page, models->model[0].spectrum, strpbrk(text, ":=") ? text : basename(text), err);
    fe_models_free(models);
    return rc;
}

/* Flux maps alone: 1 when the file holds none. */
static int draw_map(size_t n, char **operand, fe_err *err)
{
    fe_bytes bytes = { 0 };
    fe_document *doc = NULL;
    fe_fluxmap_file *m = NULL;
    fe_str script = { 0 };
    const fe_plot_map what = { arg.quantity, fe_args.to ? fe_sedtype_parse(fe_args.to) : -1 };
    int rc = fe_bytes_read(operand[0], &bytes, err);

    if (rc == 0 && (!fe_fits_sniff(&bytes) || fe_fits_read_heads(&bytes, &doc, err) < 0 || !fe_fluxmap_is(doc)))
        rc = 1;
    if (rc == 0 && n > 1)
        rc = fe_fail(err, FE_EUSAGE, NULL, "%zu files of flux maps, a picture has those of one", n);
    if (rc == 0)
        rc = (m = fe_fluxmap_open(&bytes, err)) && fe_plot_map_script(m, &what, &arg.picture.look, &script, err) == 0 ? 0 : -1;
    if (rc == 0)
        rc = fe_plot_picture_draw(&arg.picture, &script, err);
    fe_str_free(&script);
    fe_fluxmap_free(m);
    fe_document_free(doc);
    fe_bytes_free(&bytes);
    return rc;
}

static int run(size_t n, char **operand, fe_err *err)
{
    fe_plot_page page = { .kind = fe_plot_kind_parse(arg.kind), .type = fe_args.to ? fe_sedtype_parse(fe_args.to) : -1,
                          .unit = fe_args.unit, .energy_unit = fe_args.energy_unit, .ul_if = fe_args.ul_if,
                          .show_model = arg.show_model };
    fe_models *offered = NULL;
    int rc = -1;

    arg.picture.look.dates = !strcmp(arg.time_axis, "date");
    if (fe_plot_picture_check(&arg.picture, err) < 0)                                   goto done;
    if (strcmp(operand[0], "-") && (!arg.kind || !strcmp(arg.kind, "map")) && (rc = draw_map(n, operand, err)) <= 0)        goto done;
    rc = -1;
    if (arg.quantity || (arg.kind && !strcmp(arg.kind, "map"))) {
        fe_fail(err, FE_EUSAGE, NULL, "%s holds no flux maps", operand[0]);
        goto done;
    }
    if (fe_models_index_typed(&fe_args, arg.index, &offered, err) < 0)             goto done;
    for (size_t i = 0; i < n; i++)
        if (add_file(&page, operand[i], offered, i < arg.label.n ? arg.label.s[i] : NULL, err) < 0)
            goto done;
    for (size_t i = 0; i < arg.curve.n; i++)
        if (add_curve(&page, arg.curve.s[i], err) < 0)
            goto done;
    rc = fe_plot_picture_write(&arg.picture, &page, err);
done:
    fe_plot_page_free(&page);
    fe_models_free(offered);
    fe_strv_free(&arg.label);
    fe_strv_free(&arg.curve);
    return rc;
}

int main(int argc, char **argv)
{
    return fe_tool_main(argc, argv, &(fe_tool){
        .name = "fe-plot",
        .summary = "Draw flux points, light curves and likelihood scans, as PNG, SVG, PDF, or in the terminal.",
        .operands = "[FILE]...",
        .about = "FILE is a table of flux estimates, as for fe-convert; several are drawn over each other, in the units of the\n"
                 "first.  An SED is drawn as E^2 dN/dE where the table can be converted.  Of flux maps (those of fe-tsmap and\n"
                 "fe-excessmap, or gammapy's) each band is an image.  gnuplot draws.",
        .examples = "fe-plot crab.fits -o crab.png\n"
                    "fe-plot hess.ecsv veritas.ecsv -u 'TeV cm-2 s-1' -o both.pdf\n"
                    "fe-plot crab.fits --curve fit.yaml --title 'Crab nebula' -o crab.svg\n"
                    "fe-plot crab.fits -k scan -o scans.png\n"
                    "fe-plot ts.fits -o significance.png\n"
                    "fe-plot crab.fits --script crab.gp -o crab.png",
        .options = options,
        .libraries = fe_libraries,
        .read_list = fe_lines_read,
        .run = run });
}
