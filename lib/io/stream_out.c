#include "io/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"

enum { NEW_FILE_MODE = 0666, MAX_TRIES = 100 };

typedef struct output {             /* a file on its way to its name                                    */
    char *target, *dir, *temp;      /* real path, its folder, and the temporary name beside it          */
    mode_t mode;                    /* of the file that is replaced                                     */
    bool exists, has_name;          /* target is there; temp is                                         */
    int fd;
} output;

static bool is_stdout(const char *path)
{
    return !path || !strcmp(path, "-");
}

static int write_all(int fd, const void *data, size_t n)
{
    const char *p = data;

    while (n) {
        ssize_t done = write(fd, p, n);

        if (done < 0 && errno == EAGAIN)        /* a pipe that another program made non-blocking */
            poll(&(struct pollfd){ .fd = fd, .events = POLLOUT }, 1, -1);
        else if (done < 0 && errno != EINTR)
            return -1;
        p += done > 0 ? done : 0;
        n -= done > 0 ? (size_t)done : 0;
    }
    return 0;
}

/* Some file systems report a failed write only when a descriptor is closed: close a copy, fd 1 stays open. */
static int write_stdout(const void *data, size_t n, fe_err *err)
{
    int copy;

    if (write_all(STDOUT_FILENO, data, n) < 0 || (copy = dup(STDOUT_FILENO)) < 0 || close(copy) < 0)
        return fe_fail_errno(err, FE_ESYS, NULL, "cannot write to standard output");
    return 0;
}

/* ---- may this name be written? ------------------------------------------------------------------------------ */

static void free_output(output *o)
{
    free(o->target);
    free(o->dir);
    free(o->temp);
}

static int check_existing(const char *path, const struct stat *st, bool force, fe_err *err)
{
    if (S_ISDIR(st->st_mode))
        return fe_fail(err, FE_EUSAGE, NULL, "output %s is a directory", path);
    if (!S_ISREG(st->st_mode))
        return fe_fail(err, FE_EUSAGE, NULL, "output %s is not a regular file and is not replaced", path);
    if (!force)
        return fe_fail(err, FE_EUSAGE, NULL, "output %s exists already (--force replaces it)", path);
    return 0;
}

/* Where the bytes will go: links followed to the file they mean. */
static int find_target(const char *path, bool force, output *o, fe_err *err)
{
    struct stat st;
    char *copy;

    o->exists = stat(path, &st) == 0;
    if (!o->exists && errno != ENOENT)
        return fe_fail_errno(err, FE_ESYS, NULL, "cannot create %s", path);
    if (o->exists && check_existing(path, &st, force, err) < 0)
        return -1;
    if (!o->exists && lstat(path, &st) == 0 && S_ISLNK(st.st_mode))     /* a file has come up since: found at the rename */
        return fe_fail(err, FE_EUSAGE, NULL, "output %s is a symbolic link that leads nowhere", path);
    o->target = o->exists ? realpath(path, NULL) : fe_strdup(path);
    if (!o->target)
        return fe_fail_errno(err, FE_ESYS, NULL, "cannot create %s", path);
    o->mode = st.st_mode & 0777;
    copy = fe_strdup(o->target);
    o->dir = fe_strdup(dirname(copy));
    free(copy);
    if (!*path || access(o->dir, W_OK | X_OK) < 0)
        return fe_fail_errno(err, FE_ESYS, NULL, "cannot create %s", path);
    return 0;
}

int fe_output_check(const char *path, bool force, fe_err *err)
{
    output o = { .fd = -1 };
    int rc;

    if (is_stdout(path))
        return fcntl(STDOUT_FILENO, F_GETFD) < 0 ? fe_fail(err, FE_ESYS, NULL, "standard output is closed") : 0;
    rc = find_target(path, force, &o, err);
    free_output(&o);
    return rc;
}

/* ---- a temporary file that becomes the file ----------------------------------------------------------------- */

static void name_temp(output *o)
{
    static atomic_long n;
    char *copy = fe_strdup(o->target);
    fe_str name = { 0 };

    /* cut: the longest legal name has no room for what is added */
    fe_str_addf(&name, "%s/.%.200s.%ld.%ld", o->dir, basename(copy), (long)getpid(), atomic_fetch_add(&n, 1));
    free(o->temp);
    free(copy);
    o->temp = name.s;
}

/* Without a name where the file system can do that: whatever ends the program, nothing stays behind. */
static int open_temp(output *o)
{
    o->fd = open(o->dir, O_TMPFILE | O_WRONLY | O_CLOEXEC, NEW_FILE_MODE);
    for (int i = 0; o->fd < 0 && i < MAX_TRIES; i++) {
        name_temp(o);
        o->fd = open(o->temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, NEW_FILE_MODE);
        o->has_name = o->fd >= 0;
        if (o->fd < 0 && errno != EEXIST)
            return -1;
    }
    return o->fd < 0 ? -1 : 0;
}

static int link_temp(output *o)
{
    char self[64];

    snprintf(self, sizeof self, "/proc/self/fd/%d", o->fd);
    for (int i = 0; !o->has_name && i < MAX_TRIES; i++) {
        name_temp(o);
        o->has_name = linkat(AT_FDCWD, self, AT_FDCWD, o->temp, AT_SYMLINK_FOLLOW) == 0;
        if (!o->has_name && errno != EEXIST)
            return -1;
    }
    return o->has_name ? 0 : -1;
}

/* A file system that cannot sync (EINVAL) has nothing to say about the disk. */
static int sync_fd(int fd)
{
    return fsync(fd) < 0 && errno != EINVAL ? -1 : 0;
}

static int sync_dir(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc, cause;

    if (fd < 0)
        return errno == EACCES ? 0 : -1;        /* a folder that may be written but not read */
    rc = sync_fd(fd);
    cause = errno;
    close(fd);
    errno = cause;
    return rc;
}

/* Without force nobody's file is replaced, not even one that came up since we looked. */
static int rename_temp(const output *o, bool force)
{
    if (!force && renameat2(AT_FDCWD, o->temp, AT_FDCWD, o->target, RENAME_NOREPLACE) == 0)
        return 0;
    if (!force && errno != EINVAL && errno != ENOSYS)
        return -1;
    return rename(o->temp, o->target);
}

/* From an open temporary file to one of its final name. */
static int finish(output *o, bool force)
{
    int fd;

    if ((o->exists && fchmod(o->fd, o->mode) < 0) || sync_fd(o->fd) < 0 || link_temp(o) < 0)
        return -1;
    fd = o->fd;
    o->fd = -1;
    if (close(fd) < 0 || rename_temp(o, force) < 0)
        return -1;
    o->has_name = false;
    return sync_dir(o->dir);
}

static int store(output *o, const void *data, size_t n, bool force)
{
    return open_temp(o) < 0 || write_all(o->fd, data, n) < 0 ? -1 : finish(o, force);
}

static void drop_temp(output *o)
{
    int cause = errno;

    if (o->fd >= 0)
        close(o->fd);
    if (o->has_name)
        unlink(o->temp);
    errno = cause;
}

/* Signals that end a program wait from here on. */
static void hold_signals(sigset_t *old)
{
    sigset_t wait;

    sigemptyset(&wait);
    sigaddset(&wait, SIGINT);
    sigaddset(&wait, SIGTERM);
    sigaddset(&wait, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &wait, old);
}

static int release_signals(output *o, const sigset_t *old, int rc, const char *path, fe_err *err)
{
    int cause;

    drop_temp(o);
    cause = errno;
    pthread_sigmask(SIG_SETMASK, old, NULL);
    errno = cause;
    if (rc < 0 && errno == EEXIST)
        return fe_fail(err, FE_EUSAGE, NULL, "output %s exists already (--force replaces it)", path);
    return rc < 0 ? fe_fail_errno(err, FE_ESYS, NULL, "cannot write %s", path) : 0;
}

static int write_file(const char *path, output *o, const void *data, size_t n, bool force, fe_err *err)
{
    sigset_t old;

    hold_signals(&old);
    return release_signals(o, &old, store(o, data, n, force), path, err);
}

int fe_bytes_write(const char *path, const void *data, size_t n, bool force, fe_err *err)
{
    output o = { .fd = -1 };
    int rc;

    if (is_stdout(path))
        return write_stdout(data, n, err);
    rc = find_target(path, force, &o, err);
    if (rc == 0)
        rc = write_file(path, &o, data, n, force, err);
    free_output(&o);
    return rc;
}

/* ---- piece by piece ------------------------------------------------------------------------------------------- */

struct fe_output {
    output o;
    char *path;                     /* as given; NULL: standard output                                  */
    bool force;
};

/* Bytes for standard output wait in a file without a name, where temporary files go. */
static int open_spool(output *o)
{
    const char *dir = getenv("TMPDIR");

    o->target = fe_strdup("spool");
    o->dir = fe_strdup(dir && *dir ? dir : "/tmp");
    if (open_temp(o) < 0)
        return -1;
    if (o->has_name)
        unlink(o->temp);
    o->has_name = false;
    return 0;
}

fe_output *fe_output_open(const char *path, bool force, fe_err *err)
{
    fe_output *out = FE_NEW(fe_output);
    int rc = 0;

    *out = (fe_output){ .o = { .fd = -1 }, .path = is_stdout(path) ? NULL : fe_strdup(path), .force = force };
    if (out->path)
        rc = find_target(path, force, &out->o, err);
    if (rc == 0 && (out->path ? open_temp(&out->o) : open_spool(&out->o)) < 0)
        rc = fe_fail_errno(err, FE_ESYS, NULL, "cannot create %s", out->path ? path : "a temporary file for standard output");
    if (rc == 0)
        return out;
    fe_output_drop(out);
    return NULL;
}

int fe_output_put(fe_output *out, size_t at, const void *data, size_t n, fe_err *err)
{
    const char *p = data;

    while (n) {
        ssize_t done = pwrite(out->o.fd, p, n, (off_t)at);

        if (done < 0 && errno != EINTR)
            return fe_fail_errno(err, FE_ESYS, NULL, "cannot write %s", out->path ? out->path : "a temporary file");
        p += done > 0 ? done : 0;
        at += done > 0 ? (size_t)done : 0;
        n -= done > 0 ? (size_t)done : 0;
    }
    return 0;
}

/* To standard output, from a descriptor that can read what the other one wrote. */
static int copy_spool(const output *o, fe_err *err)
{
    enum { CHUNK = 1 << 18 };
    char self[64], *buffer = fe_alloc(CHUNK, 1);
    int fd, rc = 0;
    ssize_t n = 0;

    snprintf(self, sizeof self, "/proc/self/fd/%d", o->fd);
    fd = open(self, O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && rc == 0 && (n = read(fd, buffer, CHUNK)) > 0)
        rc = write_stdout(buffer, (size_t)n, err);
    if (rc == 0 && (fd < 0 || n < 0))
        rc = fe_fail_errno(err, FE_ESYS, NULL, "cannot read back a temporary file");
    if (fd >= 0)
        close(fd);
    free(buffer);
    return rc;
}

int fe_output_commit(fe_output *out, fe_err *err)
{
    sigset_t old;
    int rc;

    if (!out->path) {
        rc = copy_spool(&out->o, err);
    } else {
        hold_signals(&old);
        rc = release_signals(&out->o, &old, finish(&out->o, out->force), out->path, err);
        out->o.fd = -1;
        out->o.has_name = false;
    }
    fe_output_drop(out);
    return rc;
}

void fe_output_drop(fe_output *out)
{
    if (!out)
        return;
    drop_temp(&out->o);
    free_output(&out->o);
    free(out->path);
    free(out);
}
