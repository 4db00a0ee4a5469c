#include "io/lines.h"

#include <string.h>

#include "io/stream.h"

int fe_lines_read(const char *path, fe_strv *lines, fe_err *err)
{
    fe_bytes bytes = { 0 };
    char *line, *next;

    if (fe_bytes_read(path, &bytes, err) < 0)
        return -1;
    for (line = (char *)bytes.data; line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = 0;
        line = fe_str_trim(line);
        if (*line && *line != '#')
            fe_strv_add(lines, line);
    }
    fe_bytes_free(&bytes);
    return 0;
}
