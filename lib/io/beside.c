#include "io/beside.h"

#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"

char *fe_path_beside(const char *file, const char *name)
{
    const char *slash = strrchr(file, '/');
    fe_str path = { 0 };

    if (*name != '/' && slash) {
        fe_str_addn(&path, file, (size_t)(slash + 1 - file));
        fe_str_add(&path, name);
        if (access(path.s, F_OK) == 0)
            return path.s;
        fe_str_free(&path);
    }
    return fe_strdup(name);
}

char *fe_path_stem(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *stem = fe_strdup(slash ? slash + 1 : path), *dot;

    if (fe_str_ends_nocase(stem, ".gz"))
        stem[strlen(stem) - 3] = 0;
    dot = strrchr(stem, '.');
    if (dot && dot > stem)
        *dot = 0;
    return stem;
}
