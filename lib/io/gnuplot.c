#include "io/gnuplot.h"

#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/note.h"

extern char **environ;

enum { IN, OUT, ERR, N_STREAMS };

/*
 * Its three streams are memory with a descriptor (memfd_create), not pipes: nothing can block, and a gnuplot that ends
 * before it has read all of its script raises no SIGPIPE.
 */
static int open_streams(int fd[N_STREAMS], fe_err *err)
{
    static const char *const names[N_STREAMS] = { "gnuplot-script", "gnuplot-picture", "gnuplot-messages" };

    for (int i = 0; i < N_STREAMS; i++)
        if ((fd[i] = memfd_create(names[i], MFD_CLOEXEC)) < 0)
            return fe_fail_errno(err, FE_ESYS, NULL, "no memory for gnuplot");
    return 0;
}

static int put(int fd, const fe_str *text, fe_err *err)
{
    for (size_t done = 0; done < text->len; ) {
        ssize_t n = write(fd, text->s + done, text->len - done);

        if (n < 0 && errno != EINTR)
            return fe_fail_errno(err, FE_ESYS, NULL, "no memory for the script of gnuplot");
        done += n > 0 ? (size_t)n : 0;
    }
    return lseek(fd, 0, SEEK_SET) < 0 ? fe_fail_errno(err, FE_ESYS, NULL, "no memory for the script of gnuplot") : 0;
}

static int take(int fd, fe_str *out, fe_err *err)
{
    struct stat st;
    void *map;

    if (fstat(fd, &st) < 0)
        return fe_fail_errno(err, FE_ESYS, NULL, "cannot read what gnuplot wrote");
    if (!st.st_size)
        return 0;
    map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (map == MAP_FAILED)
        return fe_fail_errno(err, FE_ESYS, NULL, "cannot read what gnuplot wrote");
    fe_str_addn(out, map, (size_t)st.st_size);
    munmap(map, (size_t)st.st_size);
    return 0;
}

/* -d: the user's own gnuplotrc does not count, so a script draws the same everywhere. */
static int spawn(const int fd[N_STREAMS], int *status, fe_err *err)
{
    char *argv[] = { "gnuplot", "-d", NULL };
    posix_spawn_file_actions_t actions;
    pid_t pid;
    int rc;

    posix_spawn_file_actions_init(&actions);
    for (int i = 0; i < N_STREAMS; i++)
        posix_spawn_file_actions_adddup2(&actions, fd[i], i);
    rc = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (rc == ENOENT)
        return fe_fail(err, FE_ESYS, NULL,
                       "gnuplot is not installed: install it (Debian: gnuplot-nox), or keep its script with --script FILE");
    errno = rc;
    if (rc)
        return fe_fail_errno(err, FE_ESYS, NULL, "cannot run gnuplot");
    while (waitpid(pid, status, 0) < 0)
        if (errno != EINTR)
            return fe_fail_errno(err, FE_ESYS, NULL, "cannot wait for gnuplot");
    return 0;
}

/*
 * Is it a complaint that spoils the picture?  "line 12: undefined variable: x", and data it left out; its exit status is 0
 * with those.  Other warnings (of the font library; of a backslash in a name) do not count.
 */
static bool is_complaint(const char *line)
{
    const char *at = strstr(line, "line ");

    if (!at || !strchr(at, ':'))
        return false;
    return !strstr(line, "arning:") || strstr(line, "Skipping data");
}

/* The first complaint, or the last line that says anything; in place. */
static const char *find_complaint(char *messages, bool *is_bad)
{
    const char *last = "";
    char *save = NULL;

    *is_bad = false;
    for (char *line = messages ? strtok_r(messages, "\n", &save) : NULL; line; line = strtok_r(NULL, "\n", &save)) {
        line = fe_str_trim(line);
        if (is_complaint(line)) {
            *is_bad = true;
            return line;
        }
        last = *line ? line : last;
    }
    return last;
}

static int judge(int status, fe_str *messages, const fe_str *picture, fe_err *err)
{
    bool is_bad;
    const char *said = find_complaint(messages->s, &is_bad);

    if (WIFSIGNALED(status))
        return fe_fail(err, FE_ESYS, NULL, "gnuplot was ended by signal %d", WTERMSIG(status));
    if (is_bad || status)
        return fe_fail(err, FE_ESYS, NULL, "gnuplot failed: %s", *said ? said : "it does not say why");
    if (!picture->len)
        return fe_fail(err, FE_ESYS, NULL, "gnuplot drew nothing%s%s", *said ? ": " : "", said);
    if (*said)
        fe_note(FE_NOTE_DETAIL, NULL, "gnuplot: %s", said);
    return 0;
}

int fe_gnuplot_run(const fe_str *script, fe_str *picture, fe_err *err)
{
    int fd[N_STREAMS] = { -1, -1, -1 }, status = 0, rc = -1;
    fe_str messages = { 0 };

    if (open_streams(fd, err) < 0)                  goto done;
    if (put(fd[IN], script, err) < 0)               goto done;
    if (spawn(fd, &status, err) < 0)                goto done;
    if (take(fd[OUT], picture, err) < 0)            goto done;
    if (take(fd[ERR], &messages, err) < 0)          goto done;
    rc = judge(status, &messages, picture, err);
done:
    for (int i = 0; i < N_STREAMS; i++)
        if (fd[i] >= 0)
            close(fd[i]);
    fe_str_free(&messages);
    return rc;
}
