/* ogip_series.h -- runs of one response written one after another: numbered names, one ARF and RMF for all. */
#ifndef FE_IO_OGIP_SERIES_H
#define FE_IO_OGIP_SERIES_H
#include <stdbool.h>
#include <stddef.h>
#include "base/err.h"
#include "base/str.h"
#include "types/dataset.h"

typedef struct fe_ogip_series {
    const char *dir;
    const char *base;               /* run k is BASE-NUMBER, BASE alone of one run; NULL: NUMBER        */
    long first;                     /* number of run 0                                                  */
    size_t n_runs;                  /* numbers are padded to the width of the last                      */
    bool force, history;
    fe_str *list;                   /* gets the paths of the files, a line each                         */
} fe_ogip_series;

/* Write d as run k of the fe_ogip_series ctx; with run 0 its folder is made, and ARF and RMF named BASE or like it. d takes the
 * name of the run.  With a known background it becomes one file, io/dataset_io. */
int fe_ogip_series_put(void *ctx, fe_dataset *d, size_t k, fe_err *err) FE_RESULT;
#endif
