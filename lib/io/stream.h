/* stream.h -- bytes in, bytes out: the only user of fd 0 and 1 and of files by name.
 *
 * In: a whole file or stdin ("-"), gzip unpacked; FITS lengths are checked by walking the headers before CFITSIO sees
 * them (CFITSIO skips junk, reads cut files as zeros, and over-reads memory files without their data).
 * Out: a temporary file beside the target, fsync, rename; or stdout, written at once and checked.
 *
 * Codes: a file that is missing, unreadable, a directory, empty, too large or broken is bad input (FE_EDATA); an input
 * that fails for the machine's sake (EIO, too many open files ...) and every failed write are FE_ESYS; an output that
 * exists without --force, or is no regular file, is FE_EUSAGE.
 */
#ifndef FE_IO_STREAM_H
#define FE_IO_STREAM_H
#include <stdbool.h>
#include <stddef.h>
#include "base/err.h"

typedef struct fe_bytes {
    char *name;                     /* path, or "<stdin>"                                               */
    unsigned char *data;            /* [n], and a 0 byte behind                                         */
    size_t n;
} fe_bytes;

/* path "-": stdin. */
int fe_bytes_read(const char *path, fe_bytes *out, fe_err *err) FE_RESULT;
/* Its first n bytes, or all of them, as they are: no stdin, and no file that is there once. */
int fe_bytes_read_head(const char *path, size_t n, fe_bytes *out, fe_err *err) FE_RESULT;
void fe_bytes_free(fe_bytes *);

/* Walk the headers: every HDU complete, nothing behind the last; err names the HDU and the bytes expected and found. */
int fe_bytes_check_fits(const fe_bytes *, fe_err *err) FE_RESULT;

typedef struct fe_fits_place { size_t header, n_cards, data; } fe_fits_place;       /* offsets in the file; cards before END */
/* The same, telling of each HDU whose header is in order, before it is asked whether its data are there. */
int fe_fits_walk(const fe_bytes *, void (*tell)(void *ctx, const fe_fits_place *), void *ctx, fe_err *err) FE_RESULT;

/*
 * path "-" or NULL: stdout.  An existing file is refused (FE_EUSAGE) without force; only regular files are replaced, in
 * the mode they had; a symbolic link stays, and the file it leads to is replaced.
 * The temporary file has no name while it is written where the file system can do that (O_TMPFILE), and SIGINT, SIGTERM
 * and SIGHUP wait until it has its final name or is gone: only SIGKILL between the last two calls, or on other file
 * systems, can leave .NAME.PID.N behind.
 */
int fe_bytes_write(const char *path, const void *data, size_t n, bool force, fe_err *err) FE_RESULT;
/* The same question before the work begins. */
int fe_output_check(const char *path, bool force, fe_err *err) FE_RESULT;

/*
 * The same for a product that is written piece by piece, at any place of the file: it has its name with commit only, which
 * syncs and frees; drop gives it up.  Standard output gets its bytes at the commit.
 */
typedef struct fe_output fe_output;
fe_output *fe_output_open(const char *path, bool force, fe_err *err);
int fe_output_put(fe_output *, size_t at, const void *data, size_t n, fe_err *err) FE_RESULT;
int fe_output_commit(fe_output *, fe_err *err) FE_RESULT;
void fe_output_drop(fe_output *);

long fe_stream_n_opened(void);      /* files opened so far; tests assert on it                          */

#endif
