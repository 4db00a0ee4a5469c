#include "est/fit_opt.h"

#include <math.h>
#include <string.h>

#include "est/norm_opt.h"
#include "types/model_pars.h"

static struct {
    const char *free, *fix, *stat, *ul;
    bool free_background, stack, multi_instrument, asym, ts;
} typed;

static const char *const stats[] = { "chi2", "distrib", "profile" };      /* as fe_points_stat counts */

const fe_opt fe_opts_fit[] = {
    FE_OPT_GROUP("Fit"),
    { 0, "free", FE_ARG_STR, &typed.free, "NAME,...", NULL, NULL, "as-in-model", NULL,
      "what is fitted: as-in-model, none, norms, all (what classes leave free), or parameters: index, crab.index, bkg.norm" },
    { 0, "fix", FE_ARG_STR, &typed.fix, "NAME,...", NULL, NULL, NULL, NULL, "parameters that keep their value; also those on the sky: lon_0, or spatial for all" },
    { 0, "free-background", FE_ARG_FLAG, &typed.free_background, NULL, NULL, NULL, NULL, NULL,
      "spectra and maps with a known background: its norm is free in each of them" },
    { 0, "stack", FE_ARG_FLAG, &typed.stack, NULL, NULL, NULL, NULL, NULL,
      "add the spectra into one instead of fitting them jointly" },
    { 0, "multi-instrument", FE_ARG_FLAG, &typed.multi_instrument, NULL, NULL, NULL, NULL, NULL,
      "take spectra of several telescopes together" },
    { 0, "stat", FE_ARG_CHOICE, &typed.stat, "S", "chi2|distrib|profile", NULL, NULL, "chi2",
      "flux points: chi2 (limits left out), distrib (errors of both sides, limits as such), profile (stored scans)" },
    { 0, "asym", FE_ARG_FLAG, &typed.asym, NULL, NULL, NULL, NULL, NULL,
      "asymmetric errors: where the profile of -2 ln L has risen by the square of --n-sigma" },
    { 0, "ul", FE_ARG_STR, &typed.ul, "NAME,...", NULL, NULL, NULL, NULL, "parameters that get an upper limit" },
    { 0, "ts", FE_ARG_FLAG, &typed.ts, NULL, NULL, NULL, NULL, NULL,
      "TS of each source: -2 ln L without it, the others refitted, minus the best" },
    FE_OPT_END
};

static fe_points_stat stat_typed(void)
{
    int k = 0;

    while (typed.stat && strcmp(typed.stat, stats[k]))
        k++;
    return (fe_points_stat)k;
}

int fe_fit_typed_read(const fe_common *args, fe_models *models, const fe_edges *edges, fe_fit_typed *out, fe_err *err)
{
    fe_norm_request norm = fe_norm_request_typed(args);

    *out = (fe_fit_typed){ .options = { .gammapy_grid = args->compat, .free_background = typed.free_background } };
    out->request = (fe_fit_request){ .models = models, .edges = edges, .exact_edges = args->exact_edges,
                                     .stack = typed.stack, .free_background = typed.free_background,
                                     .multi_instrument = typed.multi_instrument, .skip_bad = args->skip_bad, .gammapy = args->compat,
                                     .stat = stat_typed() };
    out->levels = (fe_fit_levels){ .n_sigma = norm.n_sigma, .asym = typed.asym, .ul = typed.ul, .ul_drop = norm.ul_drop,
                                   .ul_bounded = !norm.ul_unbounded, .ts = typed.ts };
    if (edges->kind != FE_EDGES_LIST && edges->kind != FE_EDGES_ALL)
        return fe_fail(err, FE_EUSAGE, NULL, "--energy-edges %s: expected the range of the fit, such as 0.5:20TeV",
                       args->edges);
    if (fe_models_set_free(models, typed.free, typed.fix, err) < 0)
        return -1;
    return fe_fit_levels_check(&out->levels, models, err);
}

int fe_fit_typed_check(bool is_points, fe_err *err)
{
    if (!is_points && typed.stat)
        return fe_fail(err, FE_EUSAGE, NULL, "--stat %s is for flux points, not for spectra", typed.stat);
    if (is_points && (typed.stack || typed.free_background))
        return fe_fail(err, FE_EUSAGE, NULL, "--%s is for spectra, not for flux points",
                       typed.stack ? "stack" : "free-background");
    return 0;
}
