/* progress.h -- how far a run is, on one line of a terminal that is written over; nothing where standard error is none, or with -q. */
#ifndef FE_BASE_PROGRESS_H
#define FE_BASE_PROGRESS_H
#include <stddef.h>
#include "base/str.h"

/* At most five times a second, and not before half a second has passed.  Of `total` steps `done` are over, with what came of them. */
void fe_progress(size_t done, size_t total, size_t n_results, const char *results);
void fe_progress_clear(void);           /* before other words are written there, and at the end */
void fe_progress_setup(int verbosity);

/* "120 of 1000 (35/s, 25 s left), 300 groups": the text of the line. */
void fe_progress_print(size_t done, size_t total, double elapsed_s, size_t n_results, const char *results, fe_str *out);
#endif
