/* fe-combine -- several flux tables into one: read -> combine -> convert -> write. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/tool.h"
#include "est/combine.h"
#include "io/fluxmap.h"
#include "io/gadf.h"
#include "io/gadf_columns.h"
#include "io/libraries.h"
#include "io/lines.h"
#include "io/product.h"
#include "io/typed.h"
#include "fluxmaps_run.h"

static struct {
    bool append, likelihood, approx;
    const char *tag, *rebin;
} arg;

static const fe_opt own[] = {
    FE_OPT_GROUP("Combination"),
    { 0, "append", FE_ARG_FLAG, &arg.append, NULL, NULL, NULL, NULL, NULL, "the rows of all tables below each other" },
    { 0, "tag", FE_ARG_STR, &arg.tag, "COLUMN", NULL, NULL, NULL, "none",
      "with --append: a column that holds the name of the file a row is from" },
    { 0, "likelihood", FE_ARG_FLAG, &arg.likelihood, NULL, NULL, NULL, NULL, NULL,
      "rows of the same source, band and time become one: their scans are added" },
    { 0, "rebin", FE_ARG_STR, &arg.rebin, "EDGES", NULL, NULL, NULL, NULL,
      "join energy bands into those between these edges, by adding their scans" },
    { 0, "approx", FE_ARG_FLAG, &arg.approx, NULL, NULL, NULL, NULL, NULL,
      "rows and pixels without a scan take part by their norm and errors" },
    { 0, "ul-if", FE_ARG_STR, &fe_args.ul_if, "EXPR", NULL, NULL, NULL,
      "as in the tables; for sums their rule, else sqrt_ts<2", "when a row counts as a limit (is_ul)" },
    { 0, "strict", FE_ARG_FLAG, &fe_args.strict, NULL, NULL, NULL, NULL, NULL,
      "exit with status 4 if any bin is flagged" },
    FE_OPT_END
};
static const fe_opt *const options[] = { own, fe_opts_flux, fe_opts_output, fe_opts_talk, NULL };

static int read_part(const char *file, fe_estimate **e, fe_err *err)
{
    fe_document *doc = fe_document_read(file, err);
    int rc = doc ? fe_estimate_read(doc, -1, e, err) : -1;

    fe_document_free(doc);
    return rc;
}

/* A file's name without folder and suffix. */
static char *tag_of(const char *file)
{
    const char *slash = strrchr(file, '/'), *base = slash ? slash + 1 : file, *dot = strrchr(base, '.');

    return fe_strndup(base, dot && dot != base ? (size_t)(dot - base) : strlen(base));
}

static int append(size_t n, fe_estimate *const *parts, char *const *files, fe_estimate **out, fe_err *err)
{
    char **tags = FE_NEWN(char *, n);
    int rc;

    for (size_t k = 0; k < n; k++)
        tags[k] = tag_of(files[k]);
    rc = fe_combine_append(n, parts, arg.tag, (const char *const *)tags, out, err);
    for (size_t k = 0; k < n; k++)
        free(tags[k]);
    free(tags);
    return rc;
}

static int rebin(fe_estimate *e, const fe_edges *edges, fe_estimate **out, fe_err *err)
{
    return fe_combine_rebin(e, edges->n_bins + 1, edges->edge_TeV, arg.approx, out, err);
}

/* Scans are added first over tables, then over bands. */
static int combine(size_t n, fe_estimate *const *parts, char *const *files, const fe_edges *edges, fe_estimate **out,
                   fe_err *err)
{
    fe_estimate *sum = NULL;
    int rc;

    if (arg.append)
        return append(n, parts, files, out, err);
    if (!arg.likelihood)
        return rebin(parts[0], edges, out, err);
    rc = fe_combine_likelihood(n, parts, arg.approx, &sum, err);
    if (rc < 0 || !arg.rebin) {
        *out = sum;
        return rc;
    }
    rc = rebin(sum, edges, out, err);
    fe_estimate_free(sum);
    return rc;
}

/* A sum is a limit or none by the rule of its parts. */
static int apply_own_rule(fe_estimate *e, fe_err *err)
{
    char *rule = fe_strdup(e->ul_rule);
    int rc = fe_estimate_apply_ul_rule(e, rule, err);

    free(rule);
    return rc;
}

/* Files of flux maps, all of them: their bands, or pixel by pixel.  1: they are tables. */
static int combine_maps(size_t n, char **operand, const fe_format *format, fe_err *err)
{
    fe_bytes *bytes = FE_NEWN(fe_bytes, n);
    bool maps = false;
    int rc = 0;

    for (size_t k = 0; k < n && rc == 0; k++) {
        fe_document *doc;

        if (k > 0 && !maps)
            break;
        rc = fe_bytes_read(operand[k], &bytes[k], err);
        doc = rc == 0 ? fe_document_of(&bytes[k], err) : NULL;
        rc = doc ? 0 : -1;
        if (doc && k > 0 && !fe_fluxmap_is(doc))
            rc = fe_fail(err, FE_EDATA, &(fe_where){ operand[k], NULL, 0 }, "no flux maps, as %s has them", operand[0]);
        maps = doc && fe_fluxmap_is(doc);
        fe_document_free(doc);
    }
    if (rc == 0 && !maps)
        rc = 1;
    else if (rc == 0 && (arg.rebin || arg.tag))
        rc = fe_fail(err, FE_EUSAGE, NULL, "--%s is for tables, %s holds flux maps: fe-extract takes points of them", arg.rebin ? "rebin" : "tag",
                     operand[0]);
    else if (rc == 0 && strcmp(format->name, "fits"))
        rc = fe_fail(err, FE_EUSAGE, NULL, "flux maps are FITS, not %s: give -f fits or -o FILE.fits", format->name);
    else if (rc == 0)
        rc = arg.append ? fluxmaps_append(n, bytes, fe_args.output, err) : fluxmaps_combine(n, bytes, arg.approx, fe_args.output, err);
    for (size_t k = 0; k < n; k++)
        fe_bytes_free(&bytes[k]);
    free(bytes);
    return rc;
}

static int check_typed(size_t n, fe_edges *edges, fe_err *err)
{
    const fe_common asked = { .edges = arg.rebin };

    if (arg.append + (arg.likelihood || arg.rebin) != 1)
        return fe_fail(err, FE_EUSAGE, NULL, "expected either --append, or --likelihood or --rebin or both");
    if (arg.approx && arg.append)
        return fe_fail(err, FE_EUSAGE, NULL, "--approx is for --likelihood and --rebin");
    if (arg.tag && !arg.append)
        return fe_fail(err, FE_EUSAGE, NULL, "--tag is for --append");
    if (arg.tag && fe_slot_of_column(arg.tag).kind != FE_SLOT_REST)
        return fe_fail(err, FE_EUSAGE, NULL, "--tag: %s is a column of its own meaning, choose another name", arg.tag);
    if (arg.rebin && !arg.likelihood && n > 1)
        return fe_fail(err, FE_EUSAGE, NULL, "--rebin joins the bands of one table, found %zu: add --likelihood", n);
    if (!arg.rebin)
        return 0;
    if (fe_edges_typed(&asked, edges, err) < 0)
        return -1;
    return edges->kind == FE_EDGES_LIST ? 0 : fe_fail(err, FE_EUSAGE, NULL, "--rebin is '%s', expected energy edges",
                                                      arg.rebin);
}

static int run(size_t n, char **operand, fe_err *err)
{
    const fe_format *format = fe_format_choose(fe_args.format, fe_args.output, err);
    fe_estimate **parts = FE_NEWN(fe_estimate *, n), *e = NULL;
    fe_edges edges = { .n_bins = 0 };
    int rc = -1;

    if (!format || check_typed(n, &edges, err) < 0)                                 goto done;
    if (fe_output_check(fe_args.output, fe_args.force, err) < 0)                    goto done;
    if (strcmp(operand[0], "-") && (rc = combine_maps(n, operand, format, err)) <= 0)           goto done;
    rc = -1;
    for (size_t k = 0; k < n; k++)
        if (read_part(operand[k], &parts[k], err) < 0)                              goto done;
    if (combine(n, parts, operand, &edges, &e, err) < 0)                            goto done;
    if (!fe_args.ul_if && !arg.append && apply_own_rule(e, err) < 0)                goto done;
    if (fe_product_write(e, e->type, NULL, &fe_args, format, fe_args.output, err) < 0)      goto done;
    rc = fe_args.strict && fe_product_is_flagged(e) ? FE_EFLAGGED : 0;
done:
    for (size_t k = 0; k < n; k++)
        fe_estimate_free(parts[k]);
    free(parts);
    fe_estimate_free(e);
    fe_edges_free(&edges);
    return rc;
}

int main(int argc, char **argv)
{
    return fe_tool_main(argc, argv, &(fe_tool){
        .name = "fe-combine",
        .summary = "Combine flux tables: rows side by side, or one estimate from the likelihoods of all.",
        .operands = "FILE...",
        .about = "FILE is a table of flux estimates as fe-convert reads it, or holds flux maps.  With --likelihood and --rebin the stored scans\n"
                 "of the likelihood are added, which is the joint estimate of independent data; nothing is extrapolated: what\n"
                 "the scans do not bracket is NaN and flagged SCANOPEN.  Errors and limits are at the levels of the first table.",
        .examples = "fe-combine 2004.fits 2005.fits --append --tag year -o all.fits\n"
                    "fe-combine hess.fits veritas.fits --likelihood -o joint.fits\n"
                    "fe-combine joint.fits --rebin 1,3,10TeV",
        .options = options,
        .libraries = fe_libraries,
        .read_list = fe_lines_read,
        .run = run });
}
