#include "io/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <nettle/sha2.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "base/mem.h"
#include "base/note.h"
#include "base/str.h"

enum { MAGIC_SIZE = 8, CRC_SIZE = 4, HEADER_SIZE = MAGIC_SIZE + SHA256_DIGEST_SIZE + CRC_SIZE, RECORD_SIZE = 16 };
enum { NEW_FILE_MODE = 0666, AHEAD = 1 << 16 };

static const char MAGIC[MAGIC_SIZE + 1] = "FEJOURN1";
static const size_t MAX_BYTES = (size_t)1 << 30;        /* of one record                                        */
static const size_t MAX_WAITING = (size_t)1 << 16;       /* bytes of records that are not written                    */
static const double WRITE_EVERY_S = 0.1, SYNC_EVERY_S = 1;

struct fe_journal {
    char *path;
    int fd;
    off_t end;                      /* behind the last whole record                                     */
    double written_at_s, synced_at_s;       /* by the monotonic clock                                   */
    double write_every_s;
    bool is_dirty;                  /* records that are not synced                                      */
    size_t n_synced;
    fe_str waiting;                 /* whole records, to be written together                            */
    fe_str ahead;                   /* bytes read from ahead_at on                                      */
    off_t ahead_at;
};

char *fe_journal_path(const char *product)
{
    fe_str path = { 0 };

    fe_str_addf(&path, "%s.part", product);
    return path.s;
}

/* ---- numbers ---------------------------------------------------------------------------------------------------- */

static void put_number(unsigned char *to, uint64_t x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = (unsigned char)(x >> (8 * i));
}

static uint64_t get_number(const unsigned char *from, size_t n)
{
    uint64_t x = 0;

    for (size_t i = 0; i < n; i++)
        x |= (uint64_t)from[i] << (8 * i);
    return x;
}

static void make_header(const char *config, unsigned char header[HEADER_SIZE])
{
    struct sha256_ctx ctx;

    memcpy(header, MAGIC, MAGIC_SIZE);
    sha256_init(&ctx);
    sha256_update(&ctx, strlen(config), (const uint8_t *)config);
    sha256_digest(&ctx, SHA256_DIGEST_SIZE, header + MAGIC_SIZE);
    put_number(header + HEADER_SIZE - CRC_SIZE, crc32_z(0, header, HEADER_SIZE - CRC_SIZE), CRC_SIZE);
}

/* Group and length, and the bytes behind them. */
static uint64_t crc_of(const unsigned char head[RECORD_SIZE], const void *bytes, size_t n)
{
    uint64_t crc = crc32_z(0, head, RECORD_SIZE - CRC_SIZE);

    return n ? crc32_z(crc, bytes, n) : crc;            /* without bytes zlib would begin anew */
}

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- bytes ------------------------------------------------------------------------------------------------------ */

static ssize_t read_at(const fe_journal *j, void *to, size_t n, off_t at)
{
    size_t got = 0;

    while (got < n) {
        ssize_t step = pread(j->fd, (char *)to + got, n - got, at + (off_t)got);

        if (step < 0 && errno == EINTR)
            continue;
        if (step < 0)
            return -1;
        if (step == 0)
            break;
        got += (size_t)step;
    }
    return (ssize_t)got;
}

static int write_all(int fd, const char *bytes, size_t n)
{
    while (n) {
        ssize_t done = write(fd, bytes, n);

        if (done < 0 && errno != EINTR)
            return -1;
        bytes += done > 0 ? done : 0;
        n -= done > 0 ? (size_t)done : 0;
    }
    return 0;
}

/* At the end of what is valid; what a failure leaves there is cut off again. */
static int append(fe_journal *j, const void *bytes, size_t n)
{
    sigset_t wait, old;
    int rc, cause;

    sigemptyset(&wait);
    sigaddset(&wait, SIGINT);
    sigaddset(&wait, SIGTERM);
    sigaddset(&wait, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &wait, &old);
    j->ahead.len = 0;                           /* it may hold what was cut off */
    rc = lseek(j->fd, j->end, SEEK_SET) < 0 || write_all(j->fd, bytes, n) < 0 ? -1 : 0;
    cause = errno;
    if (rc == 0)
        j->end += (off_t)n;
    else if (ftruncate(j->fd, j->end) < 0)
        cause = errno;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    errno = cause;
    return rc;
}

/* A file system that cannot sync (EINVAL) has nothing to say about the disk. */
static int sync_now(fe_journal *j)
{
    j->synced_at_s = now_s();
    if (fsync(j->fd) < 0 && errno != EINVAL)
        return -1;
    j->is_dirty = false;
    j->n_synced++;
    return 0;
}

static int cannot(const fe_journal *j, const char *what, fe_err *err)
{
    return fe_fail_errno(err, FE_ESYS, NULL, "cannot %s journal %s", what, j->path);
}

/* ---- opening ---------------------------------------------------------------------------------------------------- */

/* n bytes at a place, NULL with err: of what is read ahead. */
static const unsigned char *look(fe_journal *j, off_t at, size_t n, fe_err *err)
{
    ssize_t got;

    if (at >= j->ahead_at && at + (off_t)n <= j->ahead_at + (off_t)j->ahead.len)
        return (const unsigned char *)j->ahead.s + (at - j->ahead_at);
    j->ahead.len = 0;
    fe_str_extend(&j->ahead, n > AHEAD ? n : AHEAD);
    got = read_at(j, j->ahead.s, j->ahead.len, at);
    j->ahead.len = got > 0 ? (size_t)got : 0;
    j->ahead_at = at;
    if (got >= (ssize_t)n)
        return (const unsigned char *)j->ahead.s;
    (void)cannot(j, "read", err);
    return NULL;
}

/* The record at a place: 1; 0: no whole one is there. */
static int read_record(fe_journal *j, off_t at, off_t size, fe_journal_found *out, fe_err *err)
{
    const unsigned char *head;

    if (size - at < RECORD_SIZE)
        return 0;
    if (!(head = look(j, at, RECORD_SIZE, err)))
        return -1;
    out->n = (size_t)get_number(head + 8, 4);
    if (out->n > MAX_BYTES || (off_t)out->n > size - at - RECORD_SIZE)
        return 0;
    if (!(head = look(j, at, RECORD_SIZE + out->n, err)))
        return -1;
    out->group = (size_t)get_number(head, 8);
    out->at = (size_t)at;
    out->bytes = head + RECORD_SIZE;
    return crc_of(head, out->bytes, out->n) == get_number(head + 12, 4);
}

/* Every record that is whole; *end comes to lie behind the last of them. */
static int read_records(fe_journal *j, off_t size, off_t *end, fe_journal_record record, void *ctx, fe_err *err)
{
    fe_journal_found found;
    int rc;

    *end = HEADER_SIZE;
    while ((rc = read_record(j, *end, size, &found, err)) > 0) {
        *end += RECORD_SIZE + (off_t)found.n;
        if (record(ctx, &found, err) < 0)
            return -1;
    }
    return rc;
}

/* What is in the file, against the header we would write: 1 = begin anew, 0 = go on behind it. */
static int check_header(fe_journal *j, const unsigned char want[HEADER_SIZE], bool resume, fe_err *err)
{
    unsigned char found[HEADER_SIZE];
    ssize_t n = read_at(j, found, HEADER_SIZE, 0);

    if (n < 0)
        return cannot(j, "read", err);
    if (memcmp(found, MAGIC, (size_t)n < MAGIC_SIZE ? (size_t)n : MAGIC_SIZE))
        return fe_fail(err, FE_EUSAGE, NULL, "%s is no journal of an interrupted run and is not replaced", j->path);
    if (!resume || n < HEADER_SIZE)             /* killed at its very beginning */
        return 1;
    if (get_number(found + HEADER_SIZE - CRC_SIZE, CRC_SIZE) != crc32_z(0, found, HEADER_SIZE - CRC_SIZE))
        return 1;
    if (memcmp(found, want, HEADER_SIZE))
        return fe_fail(err, FE_EUSAGE, NULL, "journal %s is of another run (other data, options or version): without --resume "
                       "it is replaced", j->path);
    return 0;
}

static int begin(fe_journal *j, const unsigned char header[HEADER_SIZE], fe_err *err)
{
    j->end = 0;
    if (ftruncate(j->fd, 0) < 0 || append(j, header, HEADER_SIZE) < 0 || sync_now(j) < 0)
        return cannot(j, "write", err);
    return 0;
}

static int go_on(fe_journal *j, fe_journal_record record, void *ctx, fe_err *err)
{
    struct stat st;

    if (fstat(j->fd, &st) < 0)
        return cannot(j, "read", err);
    if (read_records(j, st.st_size, &j->end, record, ctx, err) < 0)
        return -1;
    if (st.st_size == j->end)
        return 0;
    fe_note(FE_NOTE_DETAIL, NULL, "journal %s: the last %lld bytes are no whole record and are done again", j->path,
            (long long)(st.st_size - j->end));
    return ftruncate(j->fd, j->end) < 0 ? cannot(j, "write", err) : 0;
}

static int open_file(fe_journal *j, fe_err *err)
{
    struct stat st;

    j->fd = open(j->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, NEW_FILE_MODE);
    if (j->fd < 0)
        return cannot(j, "create", err);
    if (fstat(j->fd, &st) < 0 || !S_ISREG(st.st_mode))
        return fe_fail(err, FE_EUSAGE, NULL, "%s is not a regular file and is not replaced", j->path);
    if (flock(j->fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
        return fe_fail(err, FE_ESYS, NULL, "journal %s is in use by another program", j->path);
    return 0;
}

static void free_journal(fe_journal *j)
{
    if (j->fd >= 0)
        close(j->fd);
    fe_str_free(&j->waiting);
    fe_str_free(&j->ahead);
    free(j->path);
    free(j);
}

fe_journal *fe_journal_open(const char *path, const char *config, bool resume, fe_journal_record record, void *ctx, fe_err *err)
{
    fe_journal *j = FE_NEW(fe_journal);
    unsigned char header[HEADER_SIZE];
    int rc;

    j->path = fe_strdup(path);
    j->fd = -1;
    j->written_at_s = j->synced_at_s = now_s();
    j->write_every_s = WRITE_EVERY_S;
    make_header(config, header);
    rc = open_file(j, err);
    if (rc == 0)
        rc = check_header(j, header, resume, err);
    if (rc == 0)
        rc = go_on(j, record, ctx, err);
    else if (rc > 0)
        rc = begin(j, header, err);
    if (rc == 0)
        return j;
    free_journal(j);
    return NULL;
}

/* ---- records ---------------------------------------------------------------------------------------------------- */

void fe_journal_write_every(fe_journal *j, double seconds)
{
    j->write_every_s = seconds;
}

static int write_waiting(fe_journal *j, fe_err *err)
{
    int rc = j->waiting.len ? append(j, j->waiting.s, j->waiting.len) : 0;

    j->is_dirty = j->is_dirty || j->waiting.len;
    j->waiting.len = 0;
    j->written_at_s = now_s();
    if (rc == 0 && j->is_dirty && j->written_at_s - j->synced_at_s >= SYNC_EVERY_S)
        rc = sync_now(j);
    return rc < 0 ? cannot(j, "write", err) : 0;
}

int fe_journal_put(fe_journal *j, size_t group, const void *bytes, size_t n, fe_err *err)
{
    unsigned char head[RECORD_SIZE];

    if (n > MAX_BYTES)
        return fe_fail(err, FE_ESYS, NULL, "journal %s: a record of %zu bytes, at most %zu", j->path, n, MAX_BYTES);
    put_number(head, group, 8);
    put_number(head + 8, n, 4);
    put_number(head + 12, crc_of(head, bytes, n), 4);
    fe_str_addn(&j->waiting, head, sizeof head);
    fe_str_addn(&j->waiting, bytes, n);
    if (j->waiting.len < MAX_WAITING && now_s() - j->written_at_s < j->write_every_s)
        return 0;
    return write_waiting(j, err);
}

int fe_journal_replay(fe_journal *j, fe_journal_record record, void *ctx, fe_err *err)
{
    off_t end;

    if (write_waiting(j, err) < 0 || read_records(j, j->end, &end, record, ctx, err) < 0)
        return -1;
    return end == j->end ? 0 : fe_fail(err, FE_ESYS, NULL, "journal %s was changed by another program", j->path);
}

int fe_journal_get(fe_journal *j, size_t at, fe_journal_found *out, fe_err *err)
{
    int rc = read_record(j, (off_t)at, j->end, out, err);

    return rc == 0 ? fe_fail(err, FE_ESYS, NULL, "journal %s was changed by another program", j->path) : rc < 0 ? -1 : 0;
}

int fe_journal_close(fe_journal *j, bool remove, fe_err *err)
{
    int rc = 0;

    if (!j)
        return 0;
    if (remove && unlink(j->path) < 0)
        rc = cannot(j, "remove", err);
    if (!remove)
        rc = write_waiting(j, err);
    if (!remove && rc == 0 && j->is_dirty && sync_now(j) < 0)
        rc = cannot(j, "write", err);
    free_journal(j);
    return rc;
}

void fe_journal_print_sum(const char *config, char text[FE_JOURNAL_SUM_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char digest[SHA256_DIGEST_SIZE];
    struct sha256_ctx ctx;

    sha256_init(&ctx);
    sha256_update(&ctx, strlen(config), (const unsigned char *)config);
    sha256_digest(&ctx, sizeof digest, digest);
    for (size_t i = 0; i < sizeof digest; i++) {
        text[2 * i] = digits[digest[i] >> 4];
        text[2 * i + 1] = digits[digest[i] & 15];
    }
    text[2 * sizeof digest] = '\0';
}

size_t fe_journal_n_synced(const fe_journal *j)
{
    return j->n_synced;
}
