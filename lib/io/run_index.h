/* run_index.h -- which rows of a table are those of a run: its OBS_ID, as text or as number, found without going through all rows. */
#ifndef FE_IO_RUN_INDEX_H
#define FE_IO_RUN_INDEX_H
#include "types/table.h"

typedef struct fe_run_index fe_run_index;

fe_run_index *fe_run_index_new(const fe_column *key, size_t n_rows);
void fe_run_index_free(fe_run_index *);
/* The rows of a run, ascending, *n of them; "020" and 20 are one run. */
const size_t *fe_run_index_find(const fe_run_index *, const char *name, size_t *n);
#endif
