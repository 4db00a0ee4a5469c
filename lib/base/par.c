#include "base/par.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/mem.h"

typedef struct job {
    size_t n;
    atomic_size_t next;
    void (*item)(void *, size_t, int);
    void *ctx;
} job;

typedef struct worker { job *job; int id; } worker;

static void *work(void *arg)
{
    worker *w = arg;
    size_t i;

    while ((i = atomic_fetch_add(&w->job->next, 1)) < w->job->n)
        w->job->item(w->job->ctx, i, w->id);
    return NULL;
}

void fe_parallel_for(int n_threads, size_t n, void (*item)(void *ctx, size_t i, int worker), void *ctx)
{
    job j = { n, 0, item, ctx };
    worker *workers;
    pthread_t *thread;
    int started = 0;

    if (n_threads < 1)
        n_threads = 1;
    if ((size_t)n_threads > n)
        n_threads = n ? (int)n : 1;
    workers = FE_NEWN(worker, (size_t)n_threads);
    thread = FE_NEWN(pthread_t, (size_t)n_threads);
    for (int t = 0; t < n_threads; t++)
        workers[t] = (worker){ &j, t };
    for (; started < n_threads - 1; started++)          /* a thread that cannot start is work left to the others */
        if (pthread_create(&thread[started], NULL, work, &workers[started + 1]))
            break;
    work(&workers[0]);
    for (int t = 0; t < started; t++)
        pthread_join(thread[t], NULL);
    free(thread);
    free(workers);
}

int fe_cpu_count(void)
{
    cpu_set_t set;

    return sched_getaffinity(0, sizeof set, &set) ? 1 : CPU_COUNT(&set);
}
