/* io/journal: records come back; writes and syncs that fail, kills at any moment; in a folder of its own. */
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "check.h"
#include "io/journal.h"

enum { N_GROUPS = 40, HEADER = 44, HEAD = 16, MAX_LENGTH = 200 };

static const char JOURNAL[] = "out.fits.part";
static fe_err err;

/* Bytes of a group: a function of its number. */
static size_t bytes_of(size_t group, char *to)
{
    size_t n = group * 37 % MAX_LENGTH;

    for (size_t i = 0; i < n; i++)
        to[i] = (char)(group * 31 + i * i);
    return n;
}

typedef struct seen { size_t n, group[10 * N_GROUPS]; bool has[N_GROUPS], bad; } seen;

static int see(void *ctx, const fe_journal_found *found, fe_err *e)
{
    seen *s = ctx;
    char want[MAX_LENGTH];
    size_t group = found->group;

    (void)e;
    s->bad |= group >= N_GROUPS || bytes_of(group, want) != found->n || (found->n && memcmp(want, found->bytes, found->n));
    if (group < N_GROUPS)
        s->has[group] = true;
    if (s->n < 10 * N_GROUPS)
        s->group[s->n++] = group;
    return 0;
}

static int refuse(void *ctx, const fe_journal_found *found, fe_err *e)
{
    (void)ctx;
    return fe_fail(e, FE_EDATA, NULL, "no group %zu", found->group);
}

static fe_journal *open_it(const char *config, bool resume, seen *s)
{
    *s = (seen){ 0 };
    err = (fe_err){ 0 };
    return fe_journal_open(JOURNAL, config, resume, see, s, &err);
}

static int put(fe_journal *j, size_t group)
{
    char bytes[MAX_LENGTH];
    size_t n = bytes_of(group, bytes);

    return fe_journal_put(j, group, bytes, n, &err);
}

/* What a tool does: the groups that are not there, one after the other. */
static int do_all(const char *config, bool resume)
{
    seen s;
    fe_journal *j = open_it(config, resume, &s);
    int rc = j && !s.bad ? 0 : -1;

    if (j)
        fe_journal_write_every(j, 0);
    for (size_t i = 0; i < N_GROUPS && rc == 0; i++)
        if (!s.has[i])
            rc = put(j, i);
    return fe_journal_close(j, false, rc < 0 ? NULL : &err) < 0 ? -1 : rc;
}

static off_t size_of(const char *path)
{
    struct stat st;

    return stat(path, &st) < 0 ? -1 : st.st_size;
}

static off_t end_of(size_t n_groups)
{
    off_t end = HEADER;
    char bytes[MAX_LENGTH];

    for (size_t i = 0; i < n_groups; i++)
        end += HEAD + (off_t)bytes_of(i, bytes);
    return end;
}

static char *load(size_t *n)
{
    FILE *f = fopen(JOURNAL, "rb");
    char *data = fe_alloc(100000, 1);

    *n = f ? fread(data, 1, 100000, f) : 0;
    if (f)
        fclose(f);
    return data;
}

static void store(const char *data, size_t n)
{
    FILE *f = fopen(JOURNAL, "wb");

    if (!f || fwrite(data, 1, n, f) != n || fclose(f))
        abort();
}

/* ---- records ---------------------------------------------------------------------------------------------------- */

static void test_records(void)
{
    seen s;
    fe_journal *j;
    char *path = fe_journal_path("out.fits");

    SAME_STR(path, JOURNAL);
    free(path);
    j = open_it("config", true, &s);                    /* nothing to go on from */
    CHECK(j && s.n == 0);
    CHECK(put(j, 3) == 0 && put(j, 0) == 0 && put(j, 39) == 0);
    CHECK(fe_journal_close(j, false, &err) == 0);
    j = open_it("config", true, &s);
    CHECK(j && !s.bad && s.n == 3 && s.group[0] == 3 && s.group[1] == 0 && s.group[2] == 39);
    CHECK(put(j, 1) == 0 && fe_journal_close(j, false, &err) == 0);
    j = open_it("config", true, &s);
    CHECK(j && !s.bad && s.n == 4 && s.group[3] == 1);
    CHECK(fe_journal_close(j, false, &err) == 0 && fe_journal_close(NULL, true, &err) == 0);
    j = open_it("another", false, &s);                  /* without resume: replaced */
    CHECK(j && s.n == 0 && size_of(JOURNAL) == HEADER);
    CHECK(fe_journal_close(j, true, &err) == 0 && size_of(JOURNAL) == -1);
}

static void test_large_group(void)
{
    fe_journal *j;
    const size_t group = (size_t)5 << 40;
    char text[2000] = "a long one";

    j = fe_journal_open(JOURNAL, "", false, refuse, NULL, &err);
    CHECK(j && fe_journal_put(j, group, text, sizeof text, &err) == 0 && fe_journal_close(j, false, &err) == 0);
    j = fe_journal_open(JOURNAL, "", true, refuse, NULL, &err);
    CHECK(!j && err.code == FE_EDATA);
    SAME_STR(err.text, "no group 5497558138880");
    CHECK(size_of(JOURNAL) == HEADER + HEAD + 2000);
    unlink(JOURNAL);
}

static void test_refused(void)
{
    seen s;
    fe_journal *j, *second;

    CHECK(do_all("config", false) == 0 && size_of(JOURNAL) == end_of(N_GROUPS));
    CHECK(!open_it("config ", true, &s) && err.code == FE_EUSAGE && s.n == 0);
    SAME_STR(err.text, "journal out.fits.part is of another run (other data, options or version): without --resume it is replaced");
    CHECK(size_of(JOURNAL) == end_of(N_GROUPS));
    j = open_it("config", true, &s);
    second = open_it("config", true, &s);
    CHECK(j && !second && err.code == FE_ESYS && strstr(err.text, "in use by another program"));
    CHECK(fe_journal_close(j, false, &err) == 0);
    store("SIMPLE  =                    T", 30);
    for (int resume = 0; resume < 2; resume++)
        CHECK(!open_it("config", resume, &s) && err.code == FE_EUSAGE && strstr(err.text, "is no journal") && size_of(JOURNAL) == 30);
    unlink(JOURNAL);
    mkdir(JOURNAL, 0755);
    CHECK(!open_it("config", true, &s) && err.code == FE_ESYS && strstr(err.text, "cannot create journal out.fits.part: Is a dir"));
    rmdir(JOURNAL);
    CHECK(mkfifo(JOURNAL, 0644) == 0 && !open_it("config", true, &s) && err.code == FE_EUSAGE);
    unlink(JOURNAL);
}

/* Cut at every byte: the records before it are there, and going on makes the same file. */
static void test_cut(void)
{
    size_t n;
    char *data;

    CHECK(do_all("config", false) == 0);
    data = load(&n);
    CHECK((off_t)n == end_of(N_GROUPS));
    for (size_t cut = 0; cut < n; cut++) {
        seen s;
        fe_journal *j;
        size_t want = 0;

        while (want < N_GROUPS && (off_t)cut >= end_of(want + 1))
            want++;
        store(data, cut);
        j = open_it("config", true, &s);
        CHECK(j && !s.bad && s.n == want && size_of(JOURNAL) == end_of(want));
        CHECK(fe_journal_close(j, false, &err) == 0);
        if (cut % 50 == 0) {
            size_t m;
            char *again;

            CHECK(do_all("config", true) == 0);
            again = load(&m);
            CHECK(m == n && !memcmp(again, data, n));
            free(again);
        }
    }
    free(data);
}

/* One bit wrong anywhere: no record that is wrong is believed, and those before it are kept. */
static void test_flipped(void)
{
    size_t n;
    char *data;

    CHECK(do_all("config", false) == 0);
    data = load(&n);
    for (size_t at = 0; at < n; at += 3) {
        seen s;
        fe_journal *j;

        data[at] ^= (char)(1 << at % 8);
        store(data, n);
        data[at] ^= (char)(1 << at % 8);
        j = open_it("config", true, &s);
        CHECK(!s.bad && s.n < N_GROUPS);
        CHECK(j ? at >= 8 : at < 8 && strstr(err.text, "is no journal"));
        CHECK(!j || at < HEADER || end_of(s.n) <= (off_t)at);
        CHECK(!j || at < HEADER || end_of(s.n + 1) > (off_t)at);
        CHECK(fe_journal_close(j, false, &err) == 0);
    }
    free(data);
    unlink(JOURNAL);
}

static int count_bytes(void *ctx, const fe_journal_found *found, fe_err *e)
{
    (void)e;
    *(size_t *)ctx += found->n;
    return 0;
}

/* Records wait to be written together; to read them again they are. */
static void test_together(void)
{
    seen s;
    fe_journal *j = open_it("config", false, &s);
    fe_journal_found found;
    size_t sum = 0, want = 0;
    char bytes[MAX_LENGTH];

    fe_journal_write_every(j, 1000);
    for (size_t i = 0; i < N_GROUPS; i++) {
        CHECK(put(j, i) == 0);
        want += bytes_of(i, bytes);
    }
    CHECK(size_of(JOURNAL) == HEADER);
    CHECK(fe_journal_replay(j, count_bytes, &sum, &err) == 0 && sum == want && size_of(JOURNAL) == end_of(N_GROUPS));
    for (size_t i = N_GROUPS; i-- > 0;) {
        CHECK(fe_journal_get(j, (size_t)end_of(i), &found, &err) == 0 && found.group == i);
        CHECK(found.n == bytes_of(i, bytes) && (!found.n || !memcmp(found.bytes, bytes, found.n)));
    }
    CHECK(fe_journal_get(j, (size_t)end_of(1) + 1, &found, &err) < 0 && err.code == FE_ESYS);
    for (size_t i = 0; i < 10000; i++)
        CHECK(put(j, i % N_GROUPS) == 0);
    CHECK(size_of(JOURNAL) > end_of(N_GROUPS) + 10 * (1 << 16));        /* not all of them wait */
    CHECK(put(j, 0) == 0 && fe_journal_close(j, false, &err) == 0);
    sum = 0;
    j = fe_journal_open(JOURNAL, "config", true, count_bytes, &sum, &err);
    CHECK(j && sum == want * (1 + 10000 / N_GROUPS) + bytes_of(0, bytes));
    CHECK(fe_journal_close(j, true, &err) == 0);
}

/* What was read ahead of a record that is cut is not taken for the one that is written over it. */
static void test_over_cut(void)
{
    seen s;
    fe_journal *j = open_it("config", false, &s);
    size_t n, sum = 0;
    char *data, bytes[MAX_LENGTH];

    CHECK(put(j, 5) == 0 && put(j, 4) == 0 && fe_journal_close(j, false, &err) == 0);
    data = load(&n);
    store(data, n - 1);
    j = open_it("config", true, &s);
    CHECK(j && s.n == 1 && put(j, 9) == 0 && put(j, 2) == 0);
    CHECK(fe_journal_replay(j, count_bytes, &sum, &err) == 0);
    CHECK(sum == bytes_of(5, bytes) + bytes_of(9, bytes) + bytes_of(2, bytes));
    CHECK(fe_journal_close(j, true, &err) == 0);
    free(data);
}

static void test_syncs(void)
{
    seen s;
    fe_journal *j = open_it("config", false, &s);
    struct timespec start, now;
    size_t n = 0;

    clock_gettime(CLOCK_MONOTONIC, &start);
    for (int i = 0; i < 2000; i++)
        CHECK(put(j, (size_t)i % N_GROUPS) == 0);
    n = fe_journal_n_synced(j);
    clock_gettime(CLOCK_MONOTONIC, &now);
    CHECK(n >= 1 && n <= 1 + (size_t)(now.tv_sec - start.tv_sec + 1));          /* the header, and one a second */
    nanosleep(&(struct timespec){ 1, 50000000 }, NULL);
    CHECK(put(j, 1) == 0 && fe_journal_n_synced(j) == n + 1);
    CHECK(put(j, 2) == 0 && fe_journal_n_synced(j) == n + 1);
    CHECK(fe_journal_close(j, true, &err) == 0);
}

/* ---- faults: this program again, with calls that fail or are killed --------------------------------------------- */

static pid_t start(const char *call, int at, bool kill_it, const char *what)
{
    pid_t child = fork();
    char number[16];

    if (child == 0) {
        snprintf(number, sizeof number, "%d", at);
        if (*call) {
            setenv("LD_PRELOAD", "./failwrite.so", 1);
            setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 1);
            setenv("FE_FAIL_CALL", call, 1);
            setenv("FE_FAIL_AT", number, 1);
            setenv("FE_FAIL_ERRNO", "28", 1);
            if (kill_it)
                setenv("FE_FAIL_KILL", "1", 1);
        }
        execl("/proc/self/exe", "t_journal", what, (char *)NULL);
        _exit(127);
    }
    return child;
}

static int result(pid_t child)
{
    int status = -1;

    waitpid(child, &status, 0);
    return status;
}

/* The file is that of a run that nothing happened to. */
static int is_whole(const char *want, size_t n_want)
{
    size_t n;
    char *data;
    int ok;

    if (do_all("config", true) < 0)
        return 0;
    data = load(&n);
    ok = n == n_want && !memcmp(data, want, n);
    free(data);
    return ok;
}

static void test_faults(const char *want, size_t n_want)
{
    CHECK(access("./failwrite.so", R_OK) == 0);
    for (int killed = 0; killed < 2; killed++)
        for (int at = 1; at <= N_GROUPS + 1; at++) {
            int status;
            seen s;
            fe_journal *j;

            unlink(JOURNAL);
            status = result(start("write", at, killed, "all"));
            CHECK(killed ? WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL :
                           WIFEXITED(status) && WEXITSTATUS(status) == FE_ESYS);
            if (!killed)
                CHECK(size_of(JOURNAL) == (at == 1 ? 0 : end_of((size_t)at - 2)));
            j = open_it("config", true, &s);
            CHECK(j && !s.bad && s.n == (at == 1 ? 0 : (size_t)at - 2));
            CHECK(fe_journal_close(j, false, &err) == 0);
            CHECK(is_whole(want, n_want));
        }
    for (int k = 0; k < 4; k++) {                       /* the header's sync and that of closing */
        int status;

        unlink(JOURNAL);
        status = result(start("fsync", k % 2 + 1, k / 2, "all"));
        CHECK(k / 2 ? WIFSIGNALED(status) : WIFEXITED(status) && WEXITSTATUS(status) == FE_ESYS);
        CHECK(is_whole(want, n_want));
    }
    unlink(JOURNAL);
    CHECK(result(start("write", 1000, false, "all")) == 0 && is_whole(want, n_want));
}

/* A program that goes on writing, ended at some moment; resumed again and again. */
static void test_kills(const char *want, size_t n_want)
{
    unsigned random = 1;

    for (int k = 0; k < 50; k++) {
        int signal = k % 5 == 4 ? SIGTERM : SIGKILL, status;
        size_t n;
        char *data;
        pid_t child;
        seen s;
        fe_journal *j;

        if (k % 3 == 0)
            unlink(JOURNAL);
        child = start("", 0, false, "forever");
        random = random * 1103515245U + 12345U;
        nanosleep(&(struct timespec){ 0, 1000000L + random / 65536 % 20000 * 1000L }, NULL);
        kill(child, signal);
        status = result(child);
        CHECK(WIFSIGNALED(status) && WTERMSIG(status) == signal);
        data = load(&n);
        j = open_it("config", true, &s);
        CHECK_MSG(j && !s.bad, err.text);
        if (signal == SIGTERM && n >= HEADER && n < 100000)     /* it waited: nothing is cut */
            CHECK(size_of(JOURNAL) == (off_t)n);
        CHECK(fe_journal_close(j, false, &err) == 0);
        free(data);
    }
    unlink(JOURNAL);
    CHECK(is_whole(want, n_want));
}

static int run_child(const char *what)
{
    seen s;
    fe_journal *j;

    if (!strcmp(what, "all"))
        return do_all("config", true) < 0 ? (int)err.code : 0;
    j = open_it("config", true, &s);
    if (!j || s.bad)
        return FE_EDATA;
    for (size_t i = 0;; i++)
        if (put(j, i % N_GROUPS) < 0)
            return (int)err.code;
}

int main(int argc, char **argv)
{
    char dir[] = P_tmpdir "/t_journal.XXXXXX", *self, *want;
    fe_str preload = { 0 }, command = { 0 };
    size_t n_want;

    if (argc > 1)
        return run_child(argv[1]);
    if (!(self = realpath("/proc/self/exe", NULL)))
        return 1;
    *strrchr(self, '/') = 0;
    fe_str_addf(&preload, "%s/../testbin/failwrite.so", self);
    free(self);
    if (!mkdtemp(dir) || chdir(dir) < 0 || symlink(preload.s, "failwrite.so") < 0)
        return 1;
    test_records();
    test_large_group();
    test_refused();
    test_cut();
    test_flipped();
    test_together();
    test_over_cut();
    test_syncs();
    CHECK(do_all("config", false) == 0);
    want = load(&n_want);
    test_faults(want, n_want);
    test_kills(want, n_want);
    free(want);
    fe_str_addf(&command, "rm -rf %s", dir);
    CHECK(system(command.s) == 0);
    fe_str_free(&preload);
    fe_str_free(&command);
    return check_done();
}
