/* err.h -- the one error record, and the exit codes.
 *
 * The library never prints and never exits on bad input: a function that can fail takes an fe_err, fills it and
 * returns -1 (or NULL).  Only base/tool prints it, as
 *     fe-points: pha_obs23523.fits[SPECTRUM] row 17: column COUNTS is negative (-3)
 * Text: what is wrong, the value found, what was expected; lower case, no full stop, one line.
 */
#ifndef FE_BASE_ERR_H
#define FE_BASE_ERR_H
#include <stddef.h>

#define FE_PRINTF(fmt, arg) __attribute__((format(printf, fmt, arg)))
#define FE_RESULT __attribute__((warn_unused_result))

typedef enum fe_code {      /* also the exit status of every tool                               */
    FE_OK = 0,              /* product complete                                                 */
    FE_ESYS = 1,            /* system or I/O failure: a retry may help                          */
    FE_EUSAGE = 2,          /* command line                                                     */
    FE_EDATA = 3,           /* bad input data: a retry will not help                            */
    FE_EFLAGGED = 4         /* product complete, some bins flagged (only with --strict)         */
} fe_code;

typedef struct fe_where {   /* place of a finding; empty members are left out of the message    */
    const char *file, *hdu;
    long row;               /* 1-based, 0 = none                                                */
} fe_where;

typedef struct fe_err {
    fe_code code;
    char text[1024];
} fe_err;

/* Fill err (which may be NULL) and return -1, so that `return fe_fail(...)` is one line. */
int fe_fail(fe_err *err, fe_code code, const fe_where *where, const char *fmt, ...) FE_PRINTF(4, 5);

/* The same with the text of errno appended after ": ". */
int fe_fail_errno(fe_err *err, fe_code code, const fe_where *where, const char *fmt, ...) FE_PRINTF(4, 5);

/* Write "file[HDU] row N: " (or what of it is there) into buf; returns its length. */
size_t fe_where_format(const fe_where *where, char *buf, size_t size);
#endif
