/* journal.h -- what a long run has done so far, in a file beside its product (FILE.part), so that --resume can go on.
 *
 * Only ever appended to: a header with the SHA-256 of the configuration, then records of a group number and its bytes with a
 * checksum.  Records are written together, ten times a second or every 64 kB, synced at most once a second, and all that when it is
 * closed.  Whatever ends the program, the journal is valid: reading
 * ends at the first record that is cut or does not match its checksum, and what is behind that is cut off and done again.  Records are
 * written by one call, which SIGINT, SIGTERM and SIGHUP wait for.
 *
 * Layout, all numbers little endian: "FEJOURN1", 32 bytes of SHA-256, CRC-32 of these 40; then for each record group (8 bytes),
 * length (4), CRC-32 of group, length and bytes (4), bytes.
 */
#ifndef FE_IO_JOURNAL_H
#define FE_IO_JOURNAL_H
#include <stdbool.h>
#include <stddef.h>
#include "base/err.h"

typedef struct fe_journal fe_journal;

typedef struct fe_journal_found {   /* a record, until the next one is read                             */
    size_t group, at;               /* and its place                                                    */
    const void *bytes;
    size_t n;
} fe_journal_found;

/* What is given each record that is found; -1 ends the reading. */
typedef int (*fe_journal_record)(void *ctx, const fe_journal_found *, fe_err *err);

char *fe_journal_path(const char *product);     /* "out.fits" -> "out.fits.part"; caller frees          */

/*
 * Open for a configuration (any text that says all that the results depend on).  resume: go on behind the records that are
 * there, each of which is given to `record`; where there is no journal, begin one.  Without resume one that is there is
 * replaced.
 * NULL: a file of that name that is no journal, or (resume) of another configuration (FE_EUSAGE); in use by another
 * program, or it cannot be read or written (FE_ESYS).
 */
fe_journal *fe_journal_open(const char *path, const char *config, bool resume, fe_journal_record record, void *ctx, fe_err *err);

/* Append one record.  After a failure, which may be that of an earlier one, the journal ends with one that was written. */
int fe_journal_put(fe_journal *, size_t group, const void *bytes, size_t n, fe_err *err) FE_RESULT;
void fe_journal_write_every(fe_journal *, double seconds);      /* 0: each record for itself            */
/* All records again, and the one at a place. */
int fe_journal_replay(fe_journal *, fe_journal_record, void *ctx, fe_err *err) FE_RESULT;
int fe_journal_get(fe_journal *, size_t at, fe_journal_found *, fe_err *err) FE_RESULT;
/* Sync and close; with `remove` the file goes: the product is there.  Frees it also when it fails; NULL is allowed. */
int fe_journal_close(fe_journal *, bool remove, fe_err *err) FE_RESULT;

enum { FE_JOURNAL_SUM_SIZE = 65 };
/* SHA-256 of a configuration as hexadecimal digits, for a product to say what it was made by. */
void fe_journal_print_sum(const char *config, char text[FE_JOURNAL_SUM_SIZE]);

size_t fe_journal_n_synced(const fe_journal *); /* syncs so far; tests assert on it                     */
#endif
