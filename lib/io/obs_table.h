/* obs_table.h -- a table of run properties, joined to the datasets of a feed on OBS_ID. */
#ifndef FE_IO_OBS_TABLE_H
#define FE_IO_OBS_TABLE_H
#include "types/feed.h"

/*
 * A feed over the same datasets whose info carries the columns of the table (any format) beside their own keywords, which
 * they replace.  A dataset that is not in the table, or twice, is bad input (FE_EDATA).  `inner` must outlive it.
 */
fe_feed *fe_obs_table_join(const fe_feed *inner, const char *path, fe_err *err);
void fe_obs_table_free(fe_feed *);
#endif
