#include "feeds_run.h"

#include "base/opt.h"
#include "est/region_feed.h"
#include "est/time_opt.h"
#include "io/gti_table.h"
#include "io/obs_table.h"
#include "io/ogip.h"
#include "io/region_io.h"
#include "io/typed.h"

/* Regions of maps, as spectra. */
static int open_regions(feeds *f, fe_err *err)
{
    if (!f->regions && !fe_args.regions) {
        if (fe_args.psf_correct)
            return fe_fail(err, FE_EUSAGE, NULL, "--psf-correct is for --regions: in the pixels of a map the PSF is part of the model");
        return 0;
    }
    if (!f->regions && fe_regions_read(fe_args.regions, &f->typed, err) < 0)
        return -1;
    f->regions = f->regions ? f->regions : &f->typed;
    if (fe_regions_n_included(f->regions) == 0)
        return fe_fail(err, FE_EDATA, &(fe_where){ fe_args.regions, NULL, 0 }, "there is no region in it");
    f->parts = fe_region_feed_new(f->all, &(fe_region_request){ f->regions, f->others, fe_args.psf_correct, fe_args.compat != NULL });
    f->all = f->parts;
    return 0;
}

/* The spectra, with good times and keywords of tables joined to them. */
int feeds_open(size_t n, char **operand, feeds *f, fe_err *err)
{
    fe_ogip_files files = fe_ogip_files_typed(&fe_args);

    files.maps = true;
    if (!(f->files = fe_ogip_feed_new_with(n, operand, &files, err)))
        return -1;
    f->all = f->files;
    if (open_regions(f, err) < 0)
        return -1;
    if (fe_args.gti) {
        if (!(f->timed = fe_gti_table_join(f->all, fe_args.gti, fe_time_scale_typed(&fe_args), err)))
            return -1;
        f->all = f->timed;
    }
    if (fe_args.obs_table) {
        if (!(f->joined = fe_obs_table_join(f->all, fe_args.obs_table, err)))
            return -1;
        f->all = f->joined;
    }
    return 0;
}

void feeds_free(feeds *f)
{
    fe_obs_table_free(f->joined);
    fe_gti_table_free(f->timed);
    fe_region_feed_free(f->parts);
    fe_regions_free(&f->typed);
    fe_models_free(f->others);
    fe_ogip_feed_free(f->files);
}
