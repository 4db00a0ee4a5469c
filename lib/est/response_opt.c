#include "est/response_opt.h"

#include <string.h>

#include "phys/sky.h"
#include "phys/units.h"

static struct {
    const char *e_min, *e_max, *aeff, *knee, *bkg_rate, *map, *bin, *center, *psf, *fov;
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
    { 0, "map", FE_ARG_STR, &typed.map, "W", NULL, NULL, NULL, "a spectrum",
      "a map of this width, 3deg; --bkg-rate is then per square degree, and sources need places" },
    { 0, "bin-size", FE_ARG_STR, &typed.bin, "B", NULL, NULL, "0.05deg", NULL, "of a map: its pixels" },
    { 0, "center", FE_ARG_STR, &typed.center, "POS", NULL, NULL, "gal:0,0", NULL,
      "of a map: RA,Dec (TAN) or gal:L,B (CAR)" },
    { 0, "psf", FE_ARG_STR, &typed.psf, "S", NULL, NULL, "0.06deg", NULL,
      "of a map: standard deviation of its Gaussian PSF at 1 TeV; it goes with E^-0.2" },
    { 0, "fov", FE_ARG_STR, &typed.fov, "S", NULL, NULL, "2deg", NULL,
      "of a map: standard deviation of the Gaussian by which exposure and background fall off" },
    FE_OPT_END
};

int fe_response_typed(fe_response *r, bool *bkg_typed, fe_err *err)
{
    const struct { const char *text, *unit; double *value; } row[] = {
        { typed.e_min, "TeV", &r->e_min_TeV }, { typed.e_max, "TeV", &r->e_max_TeV },
        { typed.aeff, "cm2", &r->aeff_cm2 }, { typed.knee, "TeV", &r->aeff_knee_TeV },
        { typed.bkg_rate, "s-1", &r->bkg_rate_s }, { typed.map, "deg", &r->width_deg }, { typed.bin, "deg", &r->bin_deg },
        { typed.psf, "deg", &r->psf_deg }, { typed.fov, "deg", &r->fov_deg }
    };
    double lon, lat;

    *r = fe_response_default();
    r->bins_per_decade = (size_t)typed.bins;
    r->true_bins_per_decade = (size_t)typed.true_bins;
    r->resolution = typed.resolution;
    r->bkg_index = typed.bkg_index;
    *bkg_typed = typed.bkg_rate != NULL;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        if (row[i].text && fe_quantity_parse(row[i].text, row[i].unit, row[i].value, err) < 0)
            return -1;
    if (fe_sky_parse(typed.center, &lon, &lat, err) < 0)
        return -1;
    r->galactic = !strncmp(typed.center, "gal:", 4);
    r->lon_deg = lon;
    r->lat_deg = lat;
    if (r->galactic)
        fe_sky_icrs_to_galactic(lon, lat, &r->lon_deg, &r->lat_deg);
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
