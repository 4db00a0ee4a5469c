/* fe-profile -- flux profiles of map datasets: read -> cut into regions -> estimate -> convert -> write. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/tool.h"
#include "est/points_opt.h"
#include "est/profile_regions.h"
#include "est/time_opt.h"
#include "io/libraries.h"
#include "io/lines.h"
#include "io/ogip.h"
#include "io/region_io.h"
#include "io/typed.h"
#include "points_run.h"
#include "time_run.h"

static struct { const char *boxes, *annuli, *group_by; } arg;
static fe_profile_axis axis;

static const fe_opt own[] = {
    FE_OPT_GROUP("Profile"),
    { 0, "boxes", FE_ARG_STR, &arg.boxes, "FROM/TO/N/HEIGHT", NULL, NULL, NULL, NULL,
      "N boxes in a row from one place to another, gal:3,0/gal:-3,0/12/0.4deg" },
    { 0, "annuli", FE_ARG_STR, &arg.annuli, "POS/RMIN:RMAX:N", NULL, NULL, NULL, NULL, "N rings around a place, 83.63,22.01/0:1deg:10" },
    { 0, "group-by", FE_ARG_STR, &arg.group_by, "COLUMN[:EDGES]", NULL, NULL, NULL, "all together",
      "a profile for each value, or bin of values, of a keyword of the maps or a column of --obs-table; run: for each map" },
    FE_OPT_END
};
static const fe_opt *const options[] = { own, fe_opts_regions, fe_opts_timebins, fe_opts_points, fe_opts_model, fe_opts_energy, fe_opts_limits,
                                         fe_opts_sens, fe_opts_flux, fe_opts_input, fe_opts_times, fe_opts_output, fe_opts_run,
                                         fe_opts_resume, fe_opts_talk, NULL };

static int edges(fe_edges *out, fe_err *err)
{
    if (fe_opt_typed("energy-edges"))
        return fe_edges_typed(&fe_args, out, err);
    return fe_edges_whole(out);
}

/* A profile for each bin of time or phase where they are asked for, else of all the data. */
static bool wants_times(void)
{
    return fe_opt_typed("time-bins") || fe_opt_typed("period");
}

static int group(fe_plan *plan, const fe_feed *feed, fe_models *models, const fe_plan_request *request, fe_err *err)
{
    if (wants_times())
        return time_run_group(plan, arg.group_by, feed, models, request, err);
    return points_group_by(plan, arg.group_by, feed, err);
}

/* The number of its region becomes the place of a row on the axis. */
static int look(fe_estimate *e, fe_err *err)
{
    const fe_column *c = fe_table_find(e->rest, "regionnr");

    (void)err;
    for (size_t row = 0; c && row < e->n; row++) {
        double number = c->type == FE_COL_STRING ? NAN : fe_column_number(c, row, 0);

        if (c->type == FE_COL_STRING && fe_num_parse(fe_column_string(c, row, 0), &number) < 0)
            continue;
        if (!(number >= 1 && number <= (double)axis.n))
            continue;
        fe_estimate_key(e, FE_KEY_X_MIN)[row] = axis.min_deg[(size_t)number - 1];
        fe_estimate_key(e, FE_KEY_X_MAX)[row] = axis.max_deg[(size_t)number - 1];
        fe_estimate_key(e, FE_KEY_X_REF)[row] = axis.ref_deg[(size_t)number - 1];
    }
    return 0;
}

/* Boxes lie in the pixels of the first map. */
static int make_boxes(char **operand, fe_regions *out, fe_err *err)
{
    const fe_ogip_files files = { .maps = true };
    fe_feed *feed = fe_ogip_feed_new_with(1, operand, &files, err);
    fe_dataset *d = NULL;
    int rc = feed ? feed->open(feed->ctx, 0, &d, err) : -1;

    if (rc == 0 && !d->geom)
        rc = fe_fail(err, FE_EDATA, &(fe_where){ d->info.file, NULL, 0 }, "a spectrum, expected a map, which has regions");
    if (rc == 0)
        rc = fe_profile_boxes(arg.boxes, d->geom, out, err);
    fe_dataset_free(d);
    fe_ogip_feed_free(feed);
    return rc;
}

static int run(size_t n, char **operand, fe_err *err)
{
    fe_regions regions = { 0 };
    int rc;

    if ((arg.boxes != NULL) + (arg.annuli != NULL) + (fe_args.regions != NULL) != 1)
        return fe_fail(err, FE_EUSAGE, NULL, "expected one of --boxes, --annuli and --regions");
    rc = arg.boxes ? make_boxes(operand, &regions, err) : arg.annuli ? fe_profile_annuli(arg.annuli, &regions, err)
                                                                     : fe_regions_read(fe_args.regions, &regions, err);
    if (rc == 0 && fe_regions_n_included(&regions) < 2)
        rc = fe_fail(err, FE_EUSAGE, NULL, "%zu regions, a profile has two or more", fe_regions_n_included(&regions));
    if (rc == 0) {
        fe_profile_axis_of(&regions, &axis);
        rc = time_run_open(err);
    }
    if (rc == 0)
        rc = points_run(n, operand, &(points_job){ &regions, FE_SED_FLUX, edges, group, look }, err);
    time_run_close();
    fe_profile_axis_free(&axis);
    fe_regions_free(&regions);
    return rc;
}

int main(int argc, char **argv)
{
    return fe_tool_main(argc, argv, &(fe_tool){
        .name = "fe-profile",
        .summary = "Flux profiles of map datasets: the flux in boxes along a line, in rings, or in regions of a file.",
        .operands = "FILE...",
        .about = "FILE is a map dataset of gammapy (FITS), or a counts cube of the Fermitools with what lies beside it.  Each\n"
                 "region becomes a spectrum, and its flux is estimated as fe-points does.  The product is a table with one row\n"
                 "per region and energy band, by its place along the profile, as gammapy reads it.",
        .examples = "fe-profile gc.fits.gz --boxes gal:3,0/gal:-3,0/12/0.4deg -e 0.1,1,10TeV -m pl:index=2.3 -o profile.fits\n"
                    "fe-profile crab.fits --annuli 83.63,22.01/0:0.5deg:10 --method excess -e 1:10TeV -f text",
        .options = options,
        .libraries = fe_libraries,
        .read_list = fe_lines_read,
        .run = run });
}
