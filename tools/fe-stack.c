/* fe-stack -- counts spectra or maps added into one: read -> select -> stack -> write. */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/tool.h"
#include "est/points_opt.h"
#include "est/stack.h"
#include "io/dataset_io.h"
#include "io/folder.h"
#include "io/libraries.h"
#include "io/lines.h"
#include "io/map_hdu.h"
#include "io/obs_table.h"
#include "io/ogip.h"

static struct { const char *dir, *name, *like; } arg;

static const fe_opt own[] = {
    FE_OPT_GROUP("Maps"),
    { 0, "like", FE_ARG_STR, &arg.like, "FILE", NULL, NULL, NULL, "those of the first",
      "pixels of the sum of maps: those of the first image of a FITS file, a dataset or a mask" },
    FE_OPT_GROUP("Output"),
    { 'o', "output", FE_ARG_STR, &arg.dir, "DIR", NULL, NULL, ".", NULL,
      "folder for the files; it is made if its parent exists" },
    { 0, "name", FE_ARG_STR, &arg.name, "NAME", NULL, NULL, "stacked", NULL,
      "what the sum is called: pha_obsNAME.fits; a map, or with a known background, NAME.fits" },
    { 0, "force", FE_ARG_FLAG, &fe_args.force, NULL, NULL, NULL, NULL, NULL, "replace existing regular files" },
    { 0, "no-history", FE_ARG_FLAG, &fe_args.no_history, NULL, NULL, NULL, NULL, NULL,
      "leave provenance out of the files" },
    FE_OPT_END
};
static const fe_opt *const options[] = { own, fe_opts_input, fe_opts_talk, NULL };

static int write_sum(fe_dataset *sum, fe_err *err)
{
    const fe_ogip_output out = { .dir = arg.dir, .name = arg.name, .response = arg.name, .write_response = true,
                                 .force = fe_args.force, .history = !fe_args.no_history };
    const fe_dataset_output whole = { arg.dir, arg.name, fe_args.force, !fe_args.no_history };
    bool known_bkg = fe_dataset_is_known_bkg(sum);
    char *path = known_bkg ? fe_dataset_path(&whole) : fe_ogip_path(&out, "pha", arg.name);
    int rc = fe_folder_make(arg.dir, err);

    free(sum->info.name);
    sum->info.name = fe_strdup(arg.name);
    if (rc == 0)
        rc = known_bkg ? fe_dataset_write(sum, &whole, err) : fe_ogip_write(sum, &out, err);
    if (rc == 0)
        puts(path);
    free(path);
    return rc;
}

static int run(size_t n, char **operand, fe_err *err)
{
    fe_ogip_files files = fe_ogip_files_typed(&fe_args);
    fe_geom *like = NULL;
    fe_feed *spectra = NULL, *joined = NULL;
    fe_expr *where = NULL;
    fe_plan plan = { .n_sets = 0 };
    fe_dataset *sum = NULL;
    int rc = -1;

    files.maps = true;
    if (fe_where_typed(&fe_args, &where, err) < 0)                                  goto done;
    if (arg.like && !(like = fe_map_read_geom(arg.like, err)))                      goto done;
    if (!(spectra = fe_ogip_feed_new_with(n, operand, &files, err)))                goto done;
    if (fe_args.obs_table && !(joined = fe_obs_table_join(spectra, fe_args.obs_table, err)))    goto done;
    plan.where = where;
    if (fe_plan_make(&plan, "all", NULL, joined ? joined : spectra, err) < 0)       goto done;
    if (fe_stack_feed(spectra, plan.set[0].n, plan.set[0].member, like, &sum, err) < 0)     goto done;
    rc = write_sum(sum, err);
done:
    fe_dataset_free(sum);
    fe_geom_free(like);
    fe_plan_free(&plan);
    fe_expr_free(where);
    fe_obs_table_free(joined);
    fe_ogip_feed_free(spectra);
    return rc;
}

int main(int argc, char **argv)
{
    return fe_tool_main(argc, argv, &(fe_tool){
        .name = "fe-stack",
        .summary = "Add counts spectra or map datasets into one, with its background and response.",
        .operands = "FILE...",
        .about = "FILE is an OGIP PHA spectrum (type I or II), or a dataset of gammapy (FITS), spectrum or map.  Counts\n"
                 "of bins that are not masked are added, exposures as well, and PSF and energy dispersion are weighted by\n"
                 "exposure; alpha is such that alpha n_off is the sum of the backgrounds.  Maps are parts of one grid.\n"
                 "Maps, and spectra with a known background, become one file, NAME.fits.  The path of the new file is\n"
                 "printed, ready for fe-points @-.",
        .examples = "fe-stack pha_obs*.fits -o stacked --name crab\n"
                    "fe-stack @runs.txt --where 'ZEN_PNT<30' -o low | fe-points @- -e 1:10TeV",
        .options = options,
        .libraries = fe_libraries,
        .read_list = fe_lines_read,
        .run = run });
}
