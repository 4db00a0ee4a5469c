/* scanlist.h -- likelihood scans of some pixels of a map: what a table of scans would hold for all would not fit. */
#ifndef FE_TYPES_SCANLIST_H
#define FE_TYPES_SCANLIST_H
#include <stddef.h>

typedef struct fe_pixel_scan {
    size_t band, pixel;             /* y * nx + x of the image                                          */
    size_t n;
    const double *norm, *stat;      /* [n] -2 ln L, absolute                                            */
    double stat_null;               /* at norm 0                                                        */
} fe_pixel_scan;

typedef struct fe_scanlist {        /* start with { 0 }; in the order of bands, then pixels             */
    size_t n, cap;
    fe_pixel_scan *scan;
} fe_scanlist;

void fe_scanlist_free(fe_scanlist *);
void fe_scanlist_add(fe_scanlist *, const fe_pixel_scan *);     /* copies                               */
void fe_scanlist_join(fe_scanlist *, fe_scanlist *from);        /* takes all of them                    */
size_t fe_scanlist_longest(const fe_scanlist *);
/* [n_pixels] the scans of a band, borrowed; NULL where a pixel has none.  The caller frees. */
const fe_pixel_scan **fe_scanlist_index(const fe_scanlist *, size_t band, size_t n_pixels);
#endif
