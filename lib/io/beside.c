#include "io/beside.h"

#include <stdbool.h>
#include <stdlib.h>
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

/* Length of the variable at "$..." and where its name is: as os.path.expandvars of Python, and $(VAR) of the Fermi tools. */
static size_t variable(const char *p, const char **name, size_t *n)
{
    static const char word[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
    char close = p[1] == '{' ? '}' : p[1] == '(' ? ')' : 0;

    *name = p + (close ? 2 : 1);
    *n = strspn(*name, word);
    return *n == 0 || (close && (*name)[*n] != close) ? 0 : *n + (close ? 3 : 1);
}

char *fe_path_named(const char *file, const char *name)
{
    fe_str path = { 0 };
    char *beside;

    for (const char *p = name; *p;) {
        const char *start, *value = NULL;
        size_t n, len = *p == '$' ? variable(p, &start, &n) : 0;

        if (len) {
            char *key = fe_strndup(start, n);

            value = getenv(key);
            free(key);
        }
        fe_str_addn(&path, value ? value : p, value ? strlen(value) : 1);
        p += value ? len : 1;
    }
    beside = fe_path_beside(file, path.s ? path.s : "");
    fe_str_free(&path);
    return beside;
}

char *fe_path_lasting(const char *file, const char *name)
{
    bool by_variable = name[0] == '$' && name[1] != '(';        /* which gammapy expands as well */
    char *path = by_variable ? fe_strdup(name) : fe_path_named(file, name), *whole = by_variable ? NULL : realpath(path, NULL);

    if (!whole)
        return path;
    free(path);
    return whole;
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
