/* Strict numbers, strings, arenas, threads. */
#include "base/arena.h"
#include "base/num.h"
#include "base/par.h"
#include "base/str.h"
#include "check.h"

static void numbers(void)
{
    static const char *const good[] = { "1", " -2.5 ", "+3e4", ".5", "1.e-13", "nan", "NaN", "inf", "-Inf" };
    static const char *const bad[] = { "", " ", "1x", "0x10", "1e", "--1", "1 2", "nano", "e5", "." };
    char buf[FE_NUM_SIZE];
    double x;

    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        CHECK_MSG(fe_num_parse(good[i], &x) == 0, good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_MSG(fe_num_parse(bad[i], &x) < 0, bad[i]);
    SAME_STR(fe_num_format(0.1, buf), "0.1");
    SAME_STR(fe_num_format(1.0 / 3, buf), "0.3333333333333333");
    for (x = 1e-300; x < 1e300; x *= 7.3) {
        double y;

        CHECK(!fe_num_parse(fe_num_format(x, buf), &y) && x == y);
    }
}

static void sums(void)
{
    fe_sum s = { 0, 0 };

    fe_sum_add(&s, 1);
    fe_sum_add(&s, 1e100);
    fe_sum_add(&s, 1);
    fe_sum_add(&s, -1e100);
    NEAR(fe_sum_value(&s), 2.0, 0);
}

static void strings(void)
{
    fe_strv v = { 0 };

    fe_strv_split(&v, "a, b(c,d) ,'e,f'", ",");
    CHECK(v.n == 3);
    SAME_STR(v.s[1], "b(c,d)");
    SAME_STR(v.s[2], "'e,f'");
    fe_strv_free(&v);
}

static void square(void *ctx, size_t i, int worker)
{
    (void)worker;
    ((double *)ctx)[i] = (double)(i * i);
}

static void threads_and_arenas(void)
{
    double out[1000];
    fe_arena *a = fe_arena_new();
    int ok = 1;

    for (int threads = 1; threads <= 4; threads++) {
        memset(out, 0, sizeof out);
        fe_parallel_for(threads, 1000, square, out);
        for (size_t i = 0; i < 1000; i++)
            ok &= out[i] == (double)(i * i);
    }
    CHECK(ok);
    for (size_t i = 1; i < 2000; i++) {
        unsigned char *p = fe_arena_alloc(a, i, 1);

        ok &= (size_t)p % 64 == 0 && p[0] == 0 && p[i - 1] == 0;
        memset(p, 255, i);
    }
    CHECK(ok);
    fe_arena_clear(a);
    CHECK(FE_ARENA_NEWN(a, double, 10)[9] == 0);
    fe_arena_free(a);
}

int main(void)
{
    numbers();
    sums();
    strings();
    threads_and_arenas();
    return check_done();
}
