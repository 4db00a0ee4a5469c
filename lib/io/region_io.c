#include "io/region_io.h"

#include <string.h>
#include <unistd.h>

#include "io/stream.h"

/* What is typed has a colon behind the name of the shape. */
static bool is_typed(const char *text)
{
    return access(text, F_OK) < 0 && strchr(text, ':') && !strchr(text, '/');
}

int fe_regions_read(const char *text, fe_regions *out, fe_err *err)
{
    fe_bytes bytes = { 0 };
    int rc;

    *out = (fe_regions){ 0 };
    if (is_typed(text))
        return fe_regions_parse(text, NULL, out, err);
    if (fe_bytes_read(text, &bytes, err) < 0)
        return -1;
    rc = fe_regions_parse((const char *)bytes.data, text, out, err);
    fe_bytes_free(&bytes);
    return rc;
}
