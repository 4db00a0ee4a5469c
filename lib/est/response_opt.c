#include "est/response_opt.h"

#include <string.h>

#include "phys/units.h"

static struct {
    const char *e_min, *e_max, *aeff, *knee, *bkg_rate;
    long bins, true_bins;
    double resolution, bkg_index;
} typed;

const fe_opt fe_opts_response[] = {
    FE_OPT_GROUP("Built-in response, used when no FILE gives one"),
    { 0, "e-min", FE_ARG_STR, &typed.e_min, "E", NULL, NULL, "0.1TeV", NULL,
      "lower end of the energy axis; --bkg-rate counts above it" },
    { 0, "e-max", FE_ARG_STR, &typed.e_max, "E", NULL, NULL, "100TeV", NULL, "upper end of the energy axis" },
    { 0, "bins", FE_ARG_LONG, &typed.bins, "N", "1..1000", NULL, "10", NULL, "channels per decade" },
    { 0, "true-bins", FE_ARG_LONG, &typed.true_bins, "N", "1..1000", NULL, "20", NULL,
      "bins of true energy per decade" },
    { 0, "aeff", FE_ARG_STR, &typed.aeff, "A", NULL, NULL, "3e9cm2", NULL, "effective area far above the knee" },
    { 0, "knee", FE_ARG_STR, &typed.knee, "E", NULL, NULL, "0.5TeV", NULL, "energy where the area is half of that" },
    { 0, "resolution", FE_ARG_DOUBLE, &typed.resolution, "S", "0..2", NULL, "0.15", NULL,
      "standard deviation of ln(measured/true energy); 0 for none" },
    { 0, "bkg-rate", FE_ARG_STR, &typed.bkg_rate, "R", NULL, NULL, NULL, "0.05s-1; with FILE its own alpha n_off",
      "background rate in the ON region, a power law in measured energy" },
    { 0, "bkg-index", FE_ARG_DOUBLE, &typed.bkg_index, "G", "(1..)", NULL, "2.7", NULL, "index of that power law" },
    FE_OPT_END
};

int fe_response_typed(fe_response *r, bool *bkg_typed, fe_err *err)
{
    const struct { const char *text, *unit; double *value; } row[] = {
        { typed.e_min, "TeV", &r->e_min_TeV }, { typed.e_max, "TeV", &r->e_max_TeV },
        { typed.aeff, "cm2", &r->aeff_cm2 }, { typed.knee, "TeV", &r->aeff_knee_TeV },
        { typed.bkg_rate, "s-1", &r->bkg_rate_s }
    };

    *r = fe_response_default();
    r->bins_per_decade = (size_t)typed.bins;
    r->true_bins_per_decade = (size_t)typed.true_bins;
    r->resolution = typed.resolution;
    r->bkg_index = typed.bkg_index;
    *bkg_typed = typed.bkg_rate != NULL;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        if (row[i].text && fe_quantity_parse(row[i].text, row[i].unit, row[i].value, err) < 0)
            return -1;
    return fe_response_check(r, err);
}

/* --bkg-rate replaces the background of a file, and is shaped by --e-min and --bkg-index. */
int fe_response_check_file(fe_err *err)
{
    for (const fe_opt *opt = fe_opts_response; opt->name; opt++) {
        bool shapes_bkg = !strcmp(opt->name, "e-min") || !strcmp(opt->name, "bkg-index");

        if (!*opt->name || !fe_opt_typed(opt->name) || !strcmp(opt->name, "bkg-rate") || (shapes_bkg && typed.bkg_rate))
            continue;
        if (shapes_bkg)
            return fe_fail(err, FE_EUSAGE, NULL, "--%s shapes the background of --bkg-rate; without it that of FILE is taken",
                           opt->name);
        return fe_fail(err, FE_EUSAGE, NULL, "--%s is for the built-in response, FILE has its own", opt->name);
    }
    return 0;
}
