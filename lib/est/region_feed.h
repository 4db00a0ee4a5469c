/* region_feed.h -- regions of map datasets as spectra: a feed of region x map, for every estimator of spectra.
 *
 * Dataset i R + r is region r of map i.  A map is read once, all regions are taken from it one after another.  The keyword REGIONNR of
 * a dataset is the number of its region from 1: so regions are groups like any other.  Excluded shapes are no regions: their
 * pixels are left out of all of them.  What other sources predict in the pixels of a region joins its known background.
 */
#ifndef FE_EST_REGION_FEED_H
#define FE_EST_REGION_FEED_H
#include <stdbool.h>
#include "types/feed.h"
#include "types/model.h"
#include "types/region.h"

typedef struct fe_region_request {
    const fe_regions *regions;
    const fe_models *others;        /* sources beside those that are estimated, and models of the background, or NULL */
    bool psf_correct;               /* exposure times the part of a point source in the middle that the region holds */
    bool as_gammapy;
} fe_region_request;

/* Maps, and what the request names, must outlive it. */
fe_feed *fe_region_feed_new(const fe_feed *maps, const fe_region_request *);
void fe_region_feed_free(fe_feed *);
/* Name of region k of those that are not excluded: its own, else "R" and its number. */
void fe_region_name(const fe_regions *, size_t k, fe_str *out);
#endif
