#include "est/map_sums.h"

#include <stdbool.h>
#include <string.h>

static const double LN2_HI = 6.93147180369123816490e-01, LN2_LO = 1.90821492927058770002e-10, SQRT_TWO = 1.41421356237309504880;

#define LOAD(to, from) memcpy(&(to), (from), sizeof(to))

#define FE_TARGET
#define FE_WIDTH 2
#define FE_SET(name) baseline_##name
#define FE_SET_NAME "baseline"
#include "est/map_sums_loops.inc"

/* FE_BASELINE: a build for the oldest CPU alone. */
#if defined(__x86_64__) && !defined(FE_BASELINE)

#define FE_TARGET __attribute__((target("avx2")))
#define FE_WIDTH 4
#define FE_SET(name) avx2_##name
#define FE_SET_NAME "avx2"
#include "est/map_sums_loops.inc"

#define FE_TARGET __attribute__((target("avx512f,avx512dq")))
#define FE_WIDTH 8
#define FE_SET(name) avx512_##name
#define FE_SET_NAME "avx512"
#include "est/map_sums_loops.inc"

const fe_map_loops *const fe_map_loops_all[] = { &avx512_loops, &avx2_loops, &baseline_loops, NULL };

static int has(const fe_map_loops *set)
{
    if (set == &avx512_loops)
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq");
    return set == &baseline_loops || __builtin_cpu_supports("avx2");
}

#else

const fe_map_loops *const fe_map_loops_all[] = { &baseline_loops, NULL };

static int has(const fe_map_loops *set)
{
    return set == &baseline_loops;
}

#endif

const fe_map_loops *fe_map_loops_of(const char *name)
{
    for (size_t k = 0; fe_map_loops_all[k]; k++)
        if (has(fe_map_loops_all[k]) && (!name || !strcmp(name, fe_map_loops_all[k]->name)))
            return fe_map_loops_all[k];
    return NULL;
}
