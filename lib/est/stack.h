/* stack.h -- add datasets into one (algorithms 7.4): masked counts, exposure, PSF and dispersion weighted by exposure.
 *
 * Maps must be parts of one grid, shifted by whole pixels.  Memory is that of the sum.
 */
#ifndef FE_EST_STACK_H
#define FE_EST_STACK_H
#include "base/err.h"
#include "types/dataset.h"
#include "types/feed.h"

typedef struct fe_stacker fe_stacker;
fe_stacker *fe_stacker_new(void);
/* Pixels of the sum of maps, before the first is added; NULL: those of the first.  What lies outside is left out, and noted. */
void fe_stacker_set_geom(fe_stacker *, fe_geom *);
int fe_stacker_add(fe_stacker *, const fe_dataset *, fe_err *err) FE_RESULT;    /* -1 FE_EDATA: axes or grids differ */
fe_dataset *fe_stacker_finish(fe_stacker *);        /* caller frees; the stacker is done                */
void fe_stacker_free(fe_stacker *);

/* Those of a feed, opened one after another; -1 (FE_EDATA) also where there is none. */
int fe_stack_feed(const fe_feed *, size_t n, const size_t *member, fe_geom *, fe_dataset **out, fe_err *err) FE_RESULT;
#endif
