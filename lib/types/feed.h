/* feed.h -- how estimators pull datasets and put results: io implements the feed, tools wire both.
 *
 * Streaming: a dataset is opened once, reduced, and freed by whoever opened it.
 */
#ifndef FE_TYPES_FEED_H
#define FE_TYPES_FEED_H
#include <stddef.h>
#include "base/err.h"
#include "types/dataset.h"

typedef struct fe_feed {
    void *ctx;
    size_t n;
    int (*info)(void *ctx, size_t i, fe_dataset_info *info, fe_err *err);      /* caller frees info     */
    int (*open)(void *ctx, size_t i, fe_dataset **dataset, fe_err *err);       /* caller frees dataset  */
} fe_feed;
#endif
