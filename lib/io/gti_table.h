/* gti_table.h -- good time intervals of runs in a table: OBS_ID, START, STOP; a run may have several rows. */
#ifndef FE_IO_GTI_TABLE_H
#define FE_IO_GTI_TABLE_H
#include "phys/time.h"
#include "types/feed.h"

/*
 * Datasets of the feed that have no good time intervals get those of their OBS_ID; MJD or ISO dates in the scale TIMESYS of the table,
 * else `scale`.  A dataset of neither has no times.  The inner feed must outlive it.
 */
fe_feed *fe_gti_table_join(const fe_feed *inner, const char *path, fe_timescale scale, fe_err *err);
void fe_gti_table_free(fe_feed *);
#endif
