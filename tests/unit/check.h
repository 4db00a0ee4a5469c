/* check.h -- the whole unit test frame: one program per module, one line per check that fails, a count at the end.
 *
 * The last line is "N passed, N failed": tests/run adds the counts up.
 */
#ifndef FE_TESTS_CHECK_H
#define FE_TESTS_CHECK_H
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int n_passed, n_failed;

static inline void check_(int ok, const char *what, const char *file, int line)
{
    if (ok) {
        n_passed++;
    } else {
        n_failed++;
        printf("%s:%d: %s\n", file, line, what);
    }
}

static inline void near_(double got, double want, double rtol, double atol, const char *what, const char *file, int line)
{
    int ok = fabs(got - want) <= rtol * fabs(want) + atol || (isnan(got) && isnan(want)) || got == want;
    char text[512];

    snprintf(text, sizeof text, "%s: got %.17g, want %.17g (rel %.2g)", what, got, want, fabs(got / want - 1));
    check_(ok, text, file, line);
}

#define CHECK(cond) check_((cond) ? 1 : 0, #cond, __FILE__, __LINE__)
#define CHECK_MSG(cond, msg) check_((cond) ? 1 : 0, msg, __FILE__, __LINE__)
#define NEAR(got, want, rtol) near_((got), (want), (rtol), 0, #got, __FILE__, __LINE__)
#define NEAR_ABS(got, want, atol) near_((got), (want), 0, (atol), #got, __FILE__, __LINE__)
#define SAME_STR(got, want) check_(!strcmp((got), (want)), #got " is not " #want, __FILE__, __LINE__)

/* The folder of real data, or NULL where it is absent: such checks are left out, with a line that says so. */
static inline const char *check_shared(void)
{
    const char *given = getenv("FE_SHARED");

    if (!given || !*given)
        given = "../shared";
    return access(given, R_OK) == 0 ? given : NULL;
}

static inline int check_done(void)
{
    printf("%d passed, %d failed\n", n_passed, n_failed);
    return n_failed != 0;
}
#endif
