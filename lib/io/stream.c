#include "io/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/mem.h"

/* Everything is held in memory: what is larger than this is a mistake, or a gzip file made to fill the machine. */
#define MAX_BYTES ((size_t)4 << 30)

enum {
    FIRST_CHUNK = 64 << 10,
    MAX_DEFLATE_RATIO = 1032        /* of the deflate format: zlib.net/zlib_tech.html */
};

static atomic_long n_opened;

long fe_stream_n_opened(void)
{
    return atomic_load(&n_opened);
}

void fe_bytes_free(fe_bytes *b)
{
    free(b->name);
    free(b->data);
    *b = (fe_bytes){ NULL, NULL, 0 };
}

/* ---- a file's own bytes ------------------------------------------------------------------------------------- */

/* Does the machine stand in the way, so that a retry may help?  Otherwise the name or the file is at fault. */
static fe_code code_of_errno(int cause)
{
    static const int machine[] = { EIO, EMFILE, ENFILE, ENOMEM, EAGAIN, ESTALE, ETIMEDOUT, EINTR, ENOSPC, EBUSY };

    for (size_t i = 0; i < sizeof machine / sizeof *machine; i++)
        if (cause == machine[i])
            return FE_ESYS;
    return FE_EDATA;
}

static int open_input(const char *path, const char *name, size_t *hint, fe_err *err)
{
    int fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY) : STDIN_FILENO;
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0)
        return fe_fail_errno(err, code_of_errno(errno), NULL, "cannot open %s", name);
    atomic_fetch_add(&n_opened, 1);
    *hint = S_ISREG(st.st_mode) ? (size_t)st.st_size : 0;
    return fd;
}

static int too_large(const fe_bytes *b, fe_err *err)
{
    return fe_fail(err, FE_EDATA, &(fe_where){ .file = b->name }, "more than %zu GiB of data", MAX_BYTES >> 30);
}

/* Make room behind the bytes there are; cap is what is allocated, one byte of it for the 0 at the end. */
static int reserve(fe_bytes *b, size_t *cap, fe_err *err)
{
    if (b->n + 1 < *cap)
        return 0;
    if (b->n > MAX_BYTES)
        return too_large(b, err);
    *cap = *cap < FIRST_CHUNK ? FIRST_CHUNK : 2 * *cap;
    b->data = fe_realloc(b->data, *cap, 1);
    return 0;
}

static int read_all(int fd, size_t hint, fe_bytes *b, fe_err *err)
{
    size_t cap = hint + 2;          /* one byte to see the end, one for the 0 */
    ssize_t got = 1;

    if (hint > MAX_BYTES)
        return too_large(b, err);
    b->data = fe_realloc(NULL, cap, 1);
    while (got != 0) {
        if (reserve(b, &cap, err) < 0)
            return -1;
        got = read(fd, b->data + b->n, cap - 1 - b->n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fe_fail_errno(err, code_of_errno(errno), NULL, "cannot read %s", b->name);
        b->n += (size_t)got;
        if (hint && b->n == hint)               /* asked for one more: this was the end */
            break;
    }
    b->data[b->n] = 0;
    return 0;
}

/* ---- gzip: RFC 1952, any number of members, zeros as padding behind ----------------------------------------- */

static bool is_gzip(const unsigned char *p, size_t n)
{
    return n > 2 && p[0] == 0x1f && p[1] == 0x8b && p[2] == 8;
}

static bool all_zero(const unsigned char *p, size_t n)
{
    while (n && !*p)
        p++, n--;
    return n == 0;
}

/* Length of the last member as its trailer says (modulo 2^32), within what deflate can do. */
static size_t guess_length(const fe_bytes *b)
{
    const unsigned char *p = b->data + b->n - 4;
    size_t said = (size_t)p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16 | (size_t)p[3] << 24;
    size_t most = b->n > MAX_BYTES / MAX_DEFLATE_RATIO ? MAX_BYTES : b->n * MAX_DEFLATE_RATIO;

    return said < most ? said : most;
}

/* One call of inflate; the counters of zlib are 32 bits wide. */
static int inflate_step(z_stream *z, size_t left_in, fe_bytes *out, size_t cap)
{
    size_t room = cap - 1 - out->n;
    int rc;

    z->avail_in = left_in > INT32_MAX ? INT32_MAX : (uInt)left_in;
    z->avail_out = room > INT32_MAX ? INT32_MAX : (uInt)room;
    z->next_out = out->data + out->n;
    rc = inflate(z, Z_NO_FLUSH);
    out->n = (size_t)(z->next_out - out->data);
    return rc;
}

static int inflate_all(z_stream *z, const fe_bytes *in, fe_bytes *out, fe_err *err)
{
    const fe_where at = { .file = in->name };
    const unsigned char *end = in->data + in->n;
    size_t cap = guess_length(in) + 2;
    int rc = Z_OK;

    out->data = fe_alloc(cap, 1);
    z->next_in = in->data;
    while (rc != Z_STREAM_END || is_gzip(z->next_in, (size_t)(end - z->next_in))) {
        size_t before = out->n, left = (size_t)(end - z->next_in);

        if (rc == Z_STREAM_END)
            inflateReset(z);
        if (reserve(out, &cap, err) < 0)
            return -1;
        rc = inflate_step(z, left, out, cap);
        if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR)
            return fe_fail(err, FE_EDATA, &at, "broken gzip data: %s", z->msg ? z->msg : "unknown error");
        if (rc != Z_STREAM_END && out->n == before && left == (size_t)(end - z->next_in))
            return fe_fail(err, FE_EDATA, &at, "gzip data end early (%zu bytes, %zu unpacked)", in->n, out->n);
    }
    if (!all_zero(z->next_in, (size_t)(end - z->next_in)))
        return fe_fail(err, FE_EDATA, &at, "%zu bytes behind the gzip data", (size_t)(end - z->next_in));
    out->data[out->n] = 0;
    return 0;
}

static int unpack(fe_bytes *b, fe_err *err)
{
    fe_bytes out = { b->name, NULL, 0 };
    z_stream z = { 0 };
    int rc;

    if (b->n < 4 || inflateInit2(&z, 16 + MAX_WBITS) != Z_OK)
        return fe_fail(err, FE_EDATA, &(fe_where){ .file = b->name }, "gzip data end early (%zu bytes)", b->n);
    rc = inflate_all(&z, b, &out, err);
    inflateEnd(&z);
    free(b->data);
    *b = out;
    return rc;
}

int fe_bytes_read(const char *path, fe_bytes *out, fe_err *err)
{
    size_t hint = 0;
    int fd, rc;

    *out = (fe_bytes){ fe_strdup(strcmp(path, "-") ? path : "<stdin>"), NULL, 0 };
    fd = open_input(path, out->name, &hint, err);
    rc = fd < 0 ? -1 : read_all(fd, hint, out, err);
    if (fd > STDERR_FILENO)
        close(fd);
    if (rc == 0 && is_gzip(out->data, out->n))
        rc = unpack(out, err);
    if (rc == 0 && out->n == 0)
        rc = fe_fail(err, FE_EDATA, &(fe_where){ .file = out->name }, "no data (0 bytes)");
    if (rc < 0)
        fe_bytes_free(out);
    return rc;
}

int fe_bytes_read_head(const char *path, size_t n, fe_bytes *out, fe_err *err)
{
    size_t hint = 0;
    int fd = open_input(path, path, &hint, err), rc = 0;

    *out = (fe_bytes){ fe_strdup(path), NULL, 0 };
    if (fd >= 0 && hint == 0)                   /* a pipe, or nothing in it */
        rc = fe_fail(err, FE_EDATA, &(fe_where){ .file = path }, "no regular file with data");
    if (fd >= 0 && rc == 0) {
        out->data = fe_realloc(NULL, n + 1, 1);
        while (out->n < n) {
            ssize_t got = read(fd, out->data + out->n, n - out->n);

            if (got < 0 && errno == EINTR)
                continue;
            if (got < 0)
                rc = fe_fail_errno(err, code_of_errno(errno), NULL, "cannot read %s", path);
            if (got <= 0)
                break;
            out->n += (size_t)got;
        }
        out->data[out->n] = 0;
    }
    if (fd > STDERR_FILENO)
        close(fd);
    if (fd >= 0 && rc == 0)
        return 0;
    fe_bytes_free(out);
    return -1;
}
