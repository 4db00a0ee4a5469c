/* Options that mean the same in every tool. */
#include "base/opt.h"

#include "base/par.h"

fe_common fe_args;

int fe_threads_typed(const fe_common *args)
{
    return args->threads > 0 ? (int)args->threads : fe_cpu_count();
}

const char *const fe_opts_exclusive[][2] = {
    { "ul-cl", "ul-sigma" },
    { "to", "sed-type" },
    { NULL, NULL },
};

const fe_opt fe_opts_output[] = {
    FE_OPT_GROUP("Output"),
    { 'o', "output", FE_ARG_STR, &fe_args.output, "FILE", NULL, NULL, NULL, "standard output",
      "product; written to a temporary file beside it, synced, renamed" },
    { 'f', "format", FE_ARG_CHOICE, &fe_args.format, "F", "fits|ecsv|csv|tsv|json|text|latex|plot", NULL, NULL,
      "suffix of -o, else text on a terminal, else ecsv", "format of the product" },
    { 0, "layout", FE_ARG_CHOICE, &fe_args.layout, "L", "gadf|flat|binned-time-series", NULL, NULL, "gadf for fits, else flat",
      "what gammapy reads; one flat row per estimate; or a light curve that astropy reads as its BinnedTimeSeries" },
    { 0, "force", FE_ARG_FLAG, &fe_args.force, NULL, NULL, NULL, NULL, NULL,
      "replace an existing regular file" },
    { 0, "no-history", FE_ARG_FLAG, &fe_args.no_history, NULL, NULL, NULL, NULL, NULL,
      "leave provenance out of the product" },
    FE_OPT_END
};

const fe_opt fe_opts_flux[] = {
    FE_OPT_GROUP("Flux"),
    { 't', "to", FE_ARG_CHOICE, &fe_args.to, "TYPE", "dnde|e2dnde|flux|eflux|likelihood", NULL, NULL,
      "the input's own, else dnde", "SED type of the product" },
    { 0, "sed-type", FE_ARG_CHOICE, &fe_args.to, "TYPE", "dnde|e2dnde|flux|eflux|likelihood", NULL, NULL, NULL,
      "another name of --to" },
    { 'u', "unit", FE_ARG_STR, &fe_args.unit, "U", NULL, NULL, NULL, "canonical unit of the type",
      "unit of the flux columns" },
    { 0, "energy-unit", FE_ARG_STR, &fe_args.energy_unit, "U", NULL, NULL, NULL, "the input's own, else TeV",
      "unit of the energy columns" },
    FE_OPT_END
};

const fe_opt fe_opts_model[] = {
    FE_OPT_GROUP("Model"),
    { 'm', "model", FE_ARG_STR, &fe_args.model, "M", NULL, NULL, NULL,
      "the input's own, else a power law of index 2 where the page says so",
      "reference model: YAML file, inline text (pl:index=2.3) or @PRODUCT" },
    { 's', "source", FE_ARG_STR, &fe_args.source, "NAME[,NAME]", NULL, NULL, NULL, "the only one",
      "source(s) of the model or table; all" },
    FE_OPT_END
};

const fe_opt fe_opts_energy[] = {
    FE_OPT_GROUP("Energy"),
    { 'e', "energy-edges", FE_ARG_STR, &fe_args.edges, "E", NULL, NULL, "all", NULL,
      "edges: 0.3,1,3,10TeV; 1:10TeV (one band); 0.5:50TeV:10 (ten log bins); 0.5:50TeV:5/dec; "
      "all; min-sig=3; min-counts=20; @FILE; moved to the nearest data edges" },
    { 0, "exact-edges", FE_ARG_FLAG, &fe_args.exact_edges, NULL, NULL, NULL, NULL, NULL,
      "refuse edges that are not data edges instead of moving them" },
    FE_OPT_END
};

/* Levels of errors and limits, with and without the rule for limits. */
#define LEVEL_ROWS \
    FE_OPT_GROUP("Errors and upper limits"), \
    { 0, "n-sigma", FE_ARG_DOUBLE, &fe_args.n_sigma, "X", "(0..)", NULL, "1", NULL, \
      "level of err, errn, errp" }, \
    { 0, "ul-cl", FE_ARG_DOUBLE, &fe_args.ul_cl, "P", "(0.5..1)", NULL, "0.95", NULL, \
      "upper limits: one-sided probability" }, \
    { 0, "ul-sigma", FE_ARG_DOUBLE, &fe_args.ul_sigma, "X", "(0..)", NULL, NULL, NULL, \
      "upper limits: square root of the rise in -2 ln L, instead of --ul-cl" }, \
    { 0, "ul-unbounded", FE_ARG_FLAG, &fe_args.ul_unbounded, NULL, NULL, NULL, NULL, NULL, \
      "upper limits: from the free minimum, also where the norm is negative, instead of from max(norm, 0)" }

const fe_opt fe_opts_levels[] = { LEVEL_ROWS, FE_OPT_END };

const fe_opt fe_opts_limits[] = {
    LEVEL_ROWS,
    { 0, "ul-if", FE_ARG_STR, &fe_args.ul_if, "EXPR", NULL, NULL, "sqrt_ts<2", NULL,
      "when a row counts as a limit (is_ul)" },
    FE_OPT_END
};

const fe_opt fe_opts_sens[] = {
    FE_OPT_GROUP("Sensitivity"),
    { 0, "sensitivity", FE_ARG_FLAG, &fe_args.sensitivity, NULL, NULL, NULL, NULL, NULL,
      "add the sensitivity: excess for --sens-sigma, background alpha n_off known" },
    { 0, "sens-sigma", FE_ARG_DOUBLE, &fe_args.sens_sigma, "X", "(0..)", NULL, "5", NULL,
      "significance of the sensitivity" },
    { 0, "sens-profiled", FE_ARG_FLAG, &fe_args.sens_profiled, NULL, NULL, NULL, NULL, NULL,
      "sensitivity from the profiled Asimov set, as gammapy defines it" },
    FE_OPT_END
};

const fe_opt fe_opts_input[] = {
    FE_OPT_GROUP("Input"),
    { 0, "bkg", FE_ARG_STR, &fe_args.bkg, "FILE", NULL, NULL, NULL, "what BACKFILE names",
      "background of the spectrum" },
    { 0, "arf", FE_ARG_STR, &fe_args.arf, "FILE", NULL, NULL, NULL, "what ANCRFILE names",
      "effective area of the spectra" },
    { 0, "rmf", FE_ARG_STR, &fe_args.rmf, "FILE", NULL, NULL, NULL, "what RESPFILE names",
      "energy dispersion of the spectra" },
    { 0, "no-grouping", FE_ARG_FLAG, &fe_args.no_grouping, NULL, NULL, NULL, NULL, NULL,
      "keep the channels of spectra that have a GROUPING, instead of summing those of a bin" },
    { 0, "known-bkg", FE_ARG_FLAG, &fe_args.known_bkg, NULL, NULL, NULL, NULL, NULL,
      "the background spectra are expectations (a model), not counts: Cash instead of WStat" },
    { 0, "where", FE_ARG_STR, &fe_args.where, "EXPR", NULL, NULL, NULL, "all",
      "only datasets for which this holds, by their keywords and the columns of --obs-table" },
    { 0, "obs-table", FE_ARG_STR, &fe_args.obs_table, "FILE", NULL, NULL, NULL, NULL,
      "table of run properties, joined on OBS_ID" },
    FE_OPT_END
};

const fe_opt fe_opts_regions[] = {
    FE_OPT_GROUP("Regions"),
    { 0, "regions", FE_ARG_STR, &fe_args.regions, "SHAPES", NULL, NULL, NULL, NULL,
      "of maps: spectra of these regions, one estimate for each; a DS9 file, or circle:POS,R; box:POS,W,H ..." },
    { 0, "psf-correct", FE_ARG_FLAG, &fe_args.psf_correct, NULL, NULL, NULL, NULL, NULL,
      "of regions: fluxes of point sources in their middle, part of whose counts fall outside" },
    FE_OPT_END
};

const fe_opt fe_opts_times[] = {
    FE_OPT_GROUP("Times"),
    { 0, "gti", FE_ARG_STR, &fe_args.gti, "FILE", NULL, NULL, NULL, "those of the spectra",
      "good time intervals of spectra without: a table of OBS_ID, START, STOP, as MJD or ISO dates" },
    { 0, "time-range", FE_ARG_STR, &fe_args.time_range, "T0,T1", NULL, NULL, NULL, "all",
      "only datasets that lie inside, MJD or ISO dates" },
    { 0, "time-scale", FE_ARG_CHOICE, &fe_args.time_scale, "S", "TT|UTC|TAI|TDB", NULL, "TT", NULL,
      "scale of times that are typed or stand in tables without one" },
    FE_OPT_END
};

const fe_opt fe_opts_run[] = {
    FE_OPT_GROUP("Run"),
    { 'j', "threads", FE_ARG_LONG, &fe_args.threads, "N", "1..", NULL, NULL, "the CPUs this process may use",
      "worker threads; the result does not depend on N" },
    { 0, "dry-run", FE_ARG_FLAG, &fe_args.dry_run, NULL, NULL, NULL, NULL, NULL,
      "print which dataset falls into which group, memory and time expected; write nothing" },
    { 0, "skip-bad", FE_ARG_FLAG, &fe_args.skip_bad, NULL, NULL, NULL, NULL, NULL,
      "flag the rows of an unreadable dataset instead of ending the run" },
    { 0, "strict", FE_ARG_FLAG, &fe_args.strict, NULL, NULL, NULL, NULL, NULL,
      "exit with status 4 if any bin is flagged" },
    { 0, "compat", FE_ARG_CHOICE, &fe_args.compat, "gammapy", "gammapy", NULL, NULL, NULL,
      "define things as gammapy 2.1 does where we define them better, to compare digit by digit" },
    FE_OPT_END
};

const fe_opt fe_opts_resume[] = {
    { 0, "resume", FE_ARG_FLAG, &fe_args.resume, NULL, NULL, NULL, NULL, NULL,
      "go on from the journal of an interrupted run (needs --output)" },
    FE_OPT_END
};

const fe_opt fe_opts_talk[] = {
    FE_OPT_GROUP("Messages"),
    { 'q', "quiet", FE_ARG_COUNT, &fe_args.quiet, NULL, NULL, NULL, NULL, NULL, "say only warnings and errors" },
    { 'v', "verbose", FE_ARG_COUNT, &fe_args.verbose, NULL, NULL, NULL, NULL, NULL, "say more; repeatable" },
    { 0, "help", FE_ARG_FLAG, &fe_args.help, NULL, NULL, NULL, NULL, NULL, "print this text" },
    { 0, "version", FE_ARG_FLAG, &fe_args.version, NULL, NULL, NULL, NULL, NULL,
      "print the version, with those of the libraries" },
    { 0, "dump-options", FE_ARG_FLAG, &fe_args.dump_options, NULL, NULL, NULL, NULL, NULL, NULL },
    FE_OPT_END
};
