/* feeds_run.h -- the files of a call as one feed: spectra and maps, regions of maps, good times and keywords joined to them. */
#ifndef FE_TOOLS_FEEDS_RUN_H
#define FE_TOOLS_FEEDS_RUN_H
#include "types/feed.h"
#include "types/model.h"
#include "types/region.h"

typedef struct feeds {              /* start with the regions and others there are, else { 0 }          */
    const fe_regions *regions;      /* of maps: given, else those of --regions; NULL: there are none    */
    fe_models *others;              /* with regions: sources that are not estimated, and backgrounds; owned */
    const fe_feed *all;             /* the one to be used                                               */
    fe_feed *files, *parts, *timed, *joined;
    fe_regions typed;
} feeds;

/* By --regions, --psf-correct, --gti, --obs-table and the options of spectra.  The operands must outlive it. */
int feeds_open(size_t n, char **operand, feeds *, fe_err *err) FE_RESULT;
void feeds_free(feeds *);           /* also of what could not be opened                                 */
#endif
