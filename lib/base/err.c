#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

size_t fe_where_format(const fe_where *where, char *buf, size_t size)
{
    size_t n = 0;

    buf[0] = 0;
    if (!where || !where->file)
        return 0;
    n += (size_t)snprintf(buf, size, "%s", where->file);
    if (where->hdu && n < size)
        n += (size_t)snprintf(buf + n, size - n, "[%s]", where->hdu);
    if (where->row && n < size)
        n += (size_t)snprintf(buf + n, size - n, " row %ld", where->row);
    if (n < size)
        n += (size_t)snprintf(buf + n, size - n, ": ");
    return n < size ? n : size - 1;
}

/* One line whatever is in it: file names and cells may hold control bytes. */
static void one_line(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 127)
            *text = '?';
}

static void fill(fe_err *err, fe_code code, const fe_where *where, const char *fmt, va_list ap)
{
    size_t n;

    err->code = code;
    n = fe_where_format(where, err->text, sizeof err->text);
    vsnprintf(err->text + n, sizeof err->text - n, fmt, ap);
    one_line(err->text);
}

int fe_fail(fe_err *err, fe_code code, const fe_where *where, const char *fmt, ...)
{
    va_list ap;

    if (err) {
        va_start(ap, fmt);
        fill(err, code, where, fmt, ap);
        va_end(ap);
    }
    return -1;
}

int fe_fail_errno(fe_err *err, fe_code code, const fe_where *where, const char *fmt, ...)
{
    int cause = errno;
    va_list ap;

    if (err) {
        size_t n;

        va_start(ap, fmt);
        fill(err, code, where, fmt, ap);
        va_end(ap);
        n = strlen(err->text);
        snprintf(err->text + n, sizeof err->text - n, ": %s", strerror(cause));
    }
    return -1;
}
