/* failwrite.so -- preloaded by tests: the n-th write, fsync or rename of a program fails, or kills it.
 *
 *   FE_FAIL_CALL=write|fsync|rename  FE_FAIL_AT=N (1-based)  [FE_FAIL_ERRNO=number, else EIO]  [FE_FAIL_KILL=1]
 *   [FE_FAIL_SIGNAL=TERM|INT|HUP: raised at that call, which is done and does not fail]
 *
 * A write that fails has written half of its bytes before; writes to standard error are not counted.
 */
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef ssize_t write_fn(int, const void *, size_t);
typedef int fsync_fn(int);
typedef int rename_fn(const char *, const char *);
typedef int renameat2_fn(int, const char *, int, const char *, unsigned);

/* The function of the next library; a pointer to data is copied, since C does not convert it to one to code. */
static void find_next(const char *name, void *to)
{
    void *symbol = dlsym(RTLD_NEXT, name);

    memcpy(to, &symbol, sizeof symbol);
}

static int is_due(const char *call)
{
    static long n;
    const char *wanted = getenv("FE_FAIL_CALL"), *at = getenv("FE_FAIL_AT");

    return wanted && !strcmp(wanted, call) && ++n == (at ? atol(at) : 1);
}

static int fail(void)
{
    const char *cause = getenv("FE_FAIL_ERRNO");

    if (getenv("FE_FAIL_KILL"))
        raise(SIGKILL);
    errno = cause ? atoi(cause) : EIO;
    return -1;
}

/* Which may be blocked, and then comes when it no longer is. */
static int raise_signal(void)
{
    static const struct { const char *name; int number; } signals[] = { { "TERM", SIGTERM }, { "INT", SIGINT }, { "HUP", SIGHUP } };
    const char *name = getenv("FE_FAIL_SIGNAL");

    for (size_t i = 0; name && i < sizeof signals / sizeof *signals; i++)
        if (!strcmp(name, signals[i].name))
            return raise(signals[i].number) == 0;
    return 0;
}

ssize_t write(int fd, const void *data, size_t n)
{
    write_fn *next;

    find_next("write", &next);
    if (fd != STDERR_FILENO && is_due("write")) {
        ssize_t done;

        if (raise_signal())
            return next(fd, data, n);
        done = next(fd, data, n / 2);
        return done < 0 ? done : fail();
    }
    return next(fd, data, n);
}

int fsync(int fd)
{
    fsync_fn *next;

    find_next("fsync", &next);
    return is_due("fsync") ? fail() : next(fd);
}

int rename(const char *from, const char *to)
{
    rename_fn *next;

    find_next("rename", &next);
    return is_due("rename") ? fail() : next(from, to);
}

int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
    renameat2_fn *next;

    find_next("renameat2", &next);
    return is_due("rename") ? fail() : next(from_dir, from, to_dir, to, flags);
}
