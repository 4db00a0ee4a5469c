/* region_feed.h -- regions of map datasets as spectra: a feed of region x map, for every estimator of spectra.
 *
 * Dataset i R + r is region r of map i.  A map is read once, all regions are taken from it one after another.  The keyword REGION of
 * a dataset is the name of its region, REGIONNR its number from 1: so regions are groups like any other.
 */
#ifndef FE_EST_REGION_FEED_H
#define FE_EST_REGION_FEED_H
#include <stdbool.h>
#include "types/feed.h"
#include "types/region.h"

/* Maps and regions must outlive it.  psf_correct: exposure times the part of a point source in the middle that the region holds. */
fe_feed *fe_region_feed_new(const fe_feed *maps, const fe_regions *, bool psf_correct);
void fe_region_feed_free(fe_feed *);
/* Name of a region: its own, else "R" and its number. */
void fe_region_name(const fe_regions *, size_t number, fe_str *out);
#endif
