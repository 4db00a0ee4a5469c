/* par.h -- a loop over independent items on several threads.
 *
 * Result i goes to slot i, so nothing depends on the number of threads.  One thread (or one item) runs in the caller.
 * `worker` is 0 .. n_threads-1, for scratch memory of its own.
 */
#ifndef FE_BASE_PAR_H
#define FE_BASE_PAR_H
#include <stddef.h>

void fe_parallel_for(int n_threads, size_t n, void (*item)(void *ctx, size_t i, int worker), void *ctx);
int fe_cpu_count(void);     /* CPUs this process may use (its affinity mask) */
#endif
