/* fe-simulate -- counts spectra of a model: response -> expectation -> draws -> OGIP files. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/tool.h"
#include "est/response_opt.h"
#include "est/simulate.h"
#include "io/libraries.h"
#include "io/lines.h"
#include "io/ogip.h"
#include "io/ogip_series.h"
#include "io/typed.h"
#include "phys/units.h"
#include "types/background.h"

static struct {
    const char *dir, *name, *livetime, *step;
    double alpha, start;
    long seed, first, realisations;
    bool asimov;
} arg;

static const fe_opt own[] = {
    FE_OPT_GROUP("Simulation"),
    { 'm', "model", FE_ARG_STR, &fe_args.model, "M", NULL, NULL, "pl:index=2", NULL,
      "true spectrum: YAML file, inline text (pl:index=2.3) or @PRODUCT" },
    { 's', "source", FE_ARG_STR, &fe_args.source, "NAME[,NAME]", NULL, NULL, "all", NULL, "source(s) of the model; their sum is simulated" },
    { 0, "livetime", FE_ARG_STR, &arg.livetime, "T", NULL, NULL, NULL, "1h; with FILE its own", "livetime of a run" },
    { 0, "alpha", FE_ARG_DOUBLE, &arg.alpha, "A", "(0..)", NULL, NULL, "0.2; with FILE its own",
      "ratio of the ON to the OFF exposure" },
    { 0, "seed", FE_ARG_LONG, &arg.seed, "N", "0..", NULL, "0", NULL, "seed: the same seed draws the same counts" },
    { 0, "asimov", FE_ARG_FLAG, &arg.asimov, NULL, NULL, NULL, NULL, NULL, "write the expectation instead of a draw" },
    { 0, "realisations", FE_ARG_LONG, &arg.realisations, "N", "1..1000000", NULL, "1", NULL, "runs to draw from each response" },
    { 0, "first", FE_ARG_LONG, &arg.first, "N", "0..", NULL, "1", NULL, "number of the first run" },
    { 0, "start", FE_ARG_DOUBLE, &arg.start, "MJD", NULL, NULL, NULL, "none; with FILE its own",
      "start of the first run (TT)" },
    { 0, "step", FE_ARG_STR, &arg.step, "T", NULL, NULL, NULL, "the livetime", "from the start of a run to the next" },
    FE_OPT_GROUP("Output"),
    { 'o', "output", FE_ARG_STR, &arg.dir, "DIR", NULL, NULL, ".", NULL, "folder for the files; it is made if its parent exists" },
    { 0, "name", FE_ARG_STR, &arg.name, "NAME", NULL, NULL, NULL, "the number alone; with FILE its OBS_ID",
      "what the runs are called: pha_obsNAME-1.fits, ..." },
    { 0, "force", FE_ARG_FLAG, &fe_args.force, NULL, NULL, NULL, NULL, NULL, "replace existing regular files" },
    { 0, "no-history", FE_ARG_FLAG, &fe_args.no_history, NULL, NULL, NULL, NULL, NULL, "leave provenance out of the files" },
    FE_OPT_END
};
static const fe_opt *const options[] = { own, fe_opts_response, fe_opts_talk, NULL };

typedef struct setting {        /* what was typed, in internal units; NaN: not given */
    double livetime_s, step_s;
    fe_response response;
    bool bkg_typed;
    fe_models *models;
} setting;

static int typed_time(const char *option, const char *text, double *seconds, fe_err *err)
{
    fe_err reason;

    *seconds = NAN;
    if (text && fe_quantity_parse(text, "s", seconds, &reason) < 0)
        return fe_fail(err, reason.code, NULL, "%s: %s", option, reason.text);
    return 0;
}

static int read_setting(setting *s, fe_err *err)
{
    if (typed_time("--livetime", arg.livetime, &s->livetime_s, err) < 0 ||
        typed_time("--step", arg.step, &s->step_s, err) < 0)
        return -1;
    if (arg.livetime && !(s->livetime_s > 0))
        return fe_fail(err, FE_EUSAGE, NULL, "--livetime is %s, expected a positive time", arg.livetime);
    if (arg.name && strchr(arg.name, '/'))
        return fe_fail(err, FE_EUSAGE, NULL, "--name is '%s', expected a name without a slash", arg.name);
    if (fe_response_typed(&s->response, &s->bkg_typed, err) < 0)
        return -1;
    return fe_sky_models_typed(&fe_args, NULL, &s->models, err);
}

/* All runs of one response; `from_file`: d came from one, k-th of the operands. */
static int simulate(fe_dataset *d, const setting *s, bool from_file, size_t k, fe_str *list, fe_err *err)
{
    double *mu_bkg = FE_NEWN(double, fe_dataset_n_bins(d));
    char *name = fe_strdup(arg.name ? arg.name : from_file ? d->info.name : NULL);
    size_t n_runs = (size_t)arg.realisations;
    fe_simulation simulation = { .models = s->models, .mu_bkg = mu_bkg, .n_runs = n_runs, .first_index = k * n_runs,
                                 .seed = (unsigned long)arg.seed, .asimov = arg.asimov, .mjd_start = arg.start,
                                 .step_s = s->step_s };
    fe_ogip_series series = { .dir = arg.dir, .base = name, .first = arg.first, .n_runs = n_runs, .force = fe_args.force,
                              .history = !fe_args.no_history, .list = list };
    bool own_bkg = d->geom || (from_file && !s->bkg_typed);        /* that of a map is in it */
    int rc = fe_simulate_prepare(d, from_file ? s->livetime_s : NAN, from_file ? arg.alpha : NAN, own_bkg ? NULL : &s->response,
                                 mu_bkg, err);

    if (rc == 0)
        rc = fe_simulate_runs(d, &simulation, fe_ogip_series_put, &series, err);
    free(name);
    free(mu_bkg);
    return rc;
}

/* A spectrum that does not say its livetime: its exposure holds it, and nothing that must be known apart can be asked for. */
static int check_times(const fe_dataset *d, const setting *s, fe_err *err)
{
    const char *option = arg.livetime ? "livetime" : !isnan(arg.start) ? "start" : s->bkg_typed ? "bkg-rate" : NULL;

    if (!isnan(d->livetime_s) || !option)
        return 0;
    return fe_fail(err, FE_EDATA, &(fe_where){ .file = d->info.file }, "its livetime is not known, which --%s needs", option);
}

static int check_map(const fe_dataset *d, const setting *s, fe_err *err)
{
    if (!d->geom || (!s->bkg_typed && isnan(arg.alpha)))
        return 0;
    return fe_fail(err, FE_EUSAGE, NULL, "--%s is for spectra: a map keeps its own background", s->bkg_typed ? "bkg-rate" : "alpha");
}

static int simulate_files(size_t n, char **operand, const setting *s, fe_str *list, fe_err *err)
{
    const fe_ogip_files files = { .no_grouping = true, .maps = true };    /* bins are for estimates: what is simulated can be grouped anew */
    fe_feed *feed = fe_response_check_file(err) < 0 ? NULL : fe_ogip_feed_new_with(n, operand, &files, err);
    int rc = feed ? 0 : -1;

    for (size_t i = 0; rc == 0 && i < feed->n; i++) {
        fe_dataset *d = NULL;

        rc = feed->open(feed->ctx, i, &d, err);
        if (rc == 0)
            rc = check_times(d, s, err) < 0 ? -1 : check_map(d, s, err);
        if (rc == 0)
            rc = fe_background_apply(s->models, false, d, err);
        if (rc == 0)
            rc = simulate(d, s, true, i, list, err);
        fe_dataset_free(d);
    }
    fe_ogip_feed_free(feed);
    return rc;
}

static fe_dataset *built_in(const setting *s, fe_err *err)
{
    double livetime_s = isnan(s->livetime_s) ? 3600 : s->livetime_s;

    if (s->response.width_deg > 0)
        return fe_response_map(&s->response, livetime_s, err);
    return fe_response_dataset(&s->response, livetime_s, isnan(arg.alpha) ? 0.2 : arg.alpha);
}

static int run(size_t n, char **operand, fe_err *err)
{
    setting s = { .models = NULL };
    fe_str list = { 0 };
    int rc = read_setting(&s, err);

    if (rc == 0 && n) {
        rc = simulate_files(n, operand, &s, &list, err);
    } else if (rc == 0) {
        fe_dataset *d = built_in(&s, err);

        rc = d ? simulate(d, &s, false, 0, &list, err) : -1;
        fe_dataset_free(d);
    }
    if (rc == 0)
        fputs(list.s, stdout);
    fe_models_free(s.models);
    fe_str_free(&list);
    return rc;
}

int main(int argc, char **argv)
{
    return fe_tool_main(argc, argv, &(fe_tool){
        .name = "fe-simulate",
        .summary = "Simulate counts spectra of a source, and write them as OGIP files.",
        .operands = "[FILE]...",
        .about = "FILE is an OGIP PHA spectrum, or a dataset of gammapy (FITS), whose response and background are taken;\n"
                 "without it a built-in analytic response is.  Each run becomes pha_obsNAME.fits and bkg_obsNAME.fits;\n"
                 "runs of one response share arf_obsNAME.fits and rmf_obsNAME.fits.  With a known background each run is\n"
                 "one file, NAME.fits.  The paths of the PHA files (or these) are printed, ready for fe-points @-.",
        .examples = "fe-simulate -m 'pl:index=2.5,amplitude=1e-11 cm-2 s-1 TeV-1' --livetime 5h --seed 1 -o sim\n"
                    "fe-simulate pha_obs23523.fits -m crab.yaml --realisations 100 -o sim | fe-points @- -e 1:10TeV",
        .options = options,
        .libraries = fe_libraries,
        .no_operand_ok = true,
        .read_list = fe_lines_read,
        .run = run });
}
