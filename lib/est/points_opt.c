#include "est/points_opt.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/note.h"
#include "base/par.h"
#include "est/norm_opt.h"
#include "phys/units.h"

static struct {
    const char *method, *free;
    bool scan, stack, multi_instrument, abs_ref;
    long scan_points, group_off;
    double bkg_syst;
} typed;

const fe_opt fe_opts_points[] = {
    FE_OPT_GROUP("Estimate"),
    { 0, "method", FE_ARG_CHOICE, &typed.method, "M", "fold|excess", NULL, "fold", NULL,
      "fold: every channel of a band is a bin of the likelihood; excess: the band is summed to one bin" },
    { 0, "stack", FE_ARG_FLAG, &typed.stack, NULL, NULL, NULL, NULL, NULL,
      "add the datasets into one instead of fitting them jointly" },
    { 0, "group-off", FE_ARG_LONG, &typed.group_off, "N", "1..", NULL, NULL, "no merging",
      "merge neighbouring channels of a band until each has N OFF counts" },
    { 0, "free", FE_ARG_STR, &typed.free, "WHAT", NULL, NULL, "none", NULL,
      "what is refitted in each band beside the norm: none, bkg, norms (of all other sources), all, or NAME,... of sources" },
    { 0, "bkg-syst", FE_ARG_DOUBLE, &typed.bkg_syst, "F", "(0..10)", NULL, NULL, "none",
      "relative systematic error of the background, a Gaussian of this width in TS, errors and limits" },
    { 0, "multi-instrument", FE_ARG_FLAG, &typed.multi_instrument, NULL, NULL, NULL, NULL, NULL,
      "take datasets of several telescopes together" },
    { 0, "abs-ref", FE_ARG_FLAG, &typed.abs_ref, NULL, NULL, NULL, NULL, NULL,
      "take the absolute value of a negative reference model instead of refusing it" },
    { 0, "scan", FE_ARG_FLAG, &typed.scan, NULL, NULL, NULL, NULL, NULL,
      "add the scan of -2 ln L along the norm, to a rise of 25 on both sides" },
    { 0, "scan-points", FE_ARG_LONG, &typed.scan_points, "N", "5..10001", NULL, "41", NULL, "points of a scan" },
    FE_OPT_END
};

/* ---- negative references ----------------------------------------------------------------------------------- */

/* Negative and nowhere positive, from 1 GeV to 1 PeV. */
static bool is_negative(const fe_spectrum *s)
{
    bool negative = false;

    for (int k = -12; k <= 12; k++) {
        double dnde = fe_spectrum_dnde(s, pow(10, k / 4.0));

        if (dnde > 0)
            return false;
        negative = negative || dnde < 0;
    }
    return negative;
}

static bool turn_references(fe_models *models)
{
    bool any = false;

    for (size_t k = 0; k < fe_models_n_chosen(models); k++) {
        fe_model *m = &models->model[k];

        if (!is_negative(m->spectrum))
            continue;
        fe_spectrum_negate(m->spectrum);
        any = true;
        fe_note(FE_NOTE_SAID, NULL, "the model of source '%s' is negative: its absolute value is the reference (--abs-ref)",
                *m->name ? m->name : "source");
    }
    return any;
}

/* ---- the request ------------------------------------------------------------------------------------------- */

/* In a band that is summed to one bin two norms, or a norm and a free background, cannot be told apart. */
static int check(const fe_plan_request *r, const fe_models *models, fe_err *err)
{
    bool sources = fe_refit_any_source(&r->refit, models), bkg = r->refit.bkg && !r->refit.bkg_if_any;

    if (r->method == FE_METHOD_EXCESS && (sources || bkg))
        return fe_fail(err, FE_EUSAGE, NULL, "--free %s needs --method fold: in the one bin of --method excess the %s cannot be "
                       "told from the norm", typed.free, sources ? "other sources" : "background");
    if (r->bkg_syst > 0 && r->refit.bkg && !r->refit.bkg_if_any)
        return fe_fail(err, FE_EUSAGE, NULL, "--bkg-syst says how well the background is known, but --free bkg leaves it open: "
                       "expected one of them");
    return 0;
}

/*
 * gammapy 2.1 scans at 11 norms from 0.2 to 5 in equal factors, and takes those of the first row of a table for all: with the same norms
 * in every row it reads what is meant.
 */
static void scan_as_gammapy(fe_norm_request *r)
{
    enum { MOST = 1000, USUAL = 11 };
    static double norm[MOST];
    size_t n = !fe_opt_typed("scan-points") ? USUAL : r->scan_points < MOST ? r->scan_points : MOST;

    for (size_t i = 0; i < n; i++)
        norm[i] = 0.2 * pow(25, (double)i / (double)(n - 1));
    r->n_scan_norms = n;
    r->scan_norms = norm;
}

int fe_points_typed(const fe_common *args, fe_models *models, fe_plan_request *r, fe_err *err)
{
    *r = (fe_plan_request){ .norm = fe_norm_request_typed(args), .stack = typed.stack, .skip_bad = args->skip_bad };
    r->method = strcmp(typed.method, "fold") ? FE_METHOD_EXCESS : FE_METHOD_FOLD;
    r->norm.want_scan = typed.scan;
    r->norm.scan_points = (size_t)typed.scan_points;
    if (args->compat && typed.scan)
        scan_as_gammapy(&r->norm);
    r->group_off = typed.group_off > 0 ? (double)typed.group_off : 0;
    r->gammapy_grid = args->compat != NULL;
    r->n_threads = fe_threads_typed(args);
    r->multi_instrument = typed.multi_instrument;
    r->bkg_syst = isnan(typed.bkg_syst) ? 0 : typed.bkg_syst;
    if (fe_refit_parse(typed.free, models, &r->refit, err) < 0)
        return -1;
    if (check(r, models, err) < 0) {
        fe_refit_clear(&r->refit);
        return -1;
    }
    r->abs_ref = typed.abs_ref;
    r->turned = typed.abs_ref && turn_references(models);
    return 0;
}

int fe_where_typed(const fe_common *args, fe_expr **where, fe_err *err)
{
    *where = args->where ? fe_expr_parse(args->where, err) : NULL;
    return args->where && !*where ? -1 : 0;
}

int fe_integral_typed(const char *text, fe_edges *edges, fe_err *err)
{
    size_t n = strlen(text);
    fe_str quantity = { 0 };
    double e_TeV;
    int rc;

    fe_str_addn(&quantity, text, n > 0 && text[n - 1] == ':' ? n - 1 : n);
    rc = fe_quantity_parse(quantity.s ? quantity.s : "", "TeV", &e_TeV, err);
    fe_str_free(&quantity);
    if (rc < 0)
        return -1;
    if (!(e_TeV > 0) || !isfinite(e_TeV))
        return fe_fail(err, FE_EUSAGE, NULL, "--integral %s: expected a positive energy", text);
    *edges = (fe_edges){ FE_EDGES_LIST, 0, 1, FE_NEWN(double, 2) };
    edges->edge_TeV[0] = e_TeV;
    edges->edge_TeV[1] = INFINITY;
    return 0;
}
