#include "io/folder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/note.h"
#include "base/str.h"
#include "base/tool.h"
#include "io/history.h"

int fe_folder_make(const char *path, fe_err *err)
{
    const fe_where where = { path, NULL, 0 };
    struct stat st;

    if (mkdir(path, 0777) == 0)
        return 0;
    if (errno != EEXIST)
        return fe_fail_errno(err, FE_ESYS, &where, "cannot make the folder");
    if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
        return fe_fail(err, FE_EUSAGE, &where, "is no folder");
    return 0;
}

static char *path_in(const char *dir, const char *file, const char *suffix)
{
    const char *slash = strrchr(file, '/'), *base = slash ? slash + 1 : file;
    const char *dot = strrchr(base, '.');
    size_t stem = suffix && dot && dot != base ? (size_t)(dot - base) : strlen(base);
    fe_str path = { 0 };

    fe_str_addf(&path, "%s/%.*s%s", dir, (int)stem, base, suffix ? suffix : "");
    return path.s;
}

int fe_folder_fill(const char *dir, size_t n, char **file, const char *suffix, fe_folder_maker *make, fe_err *err)
{
    size_t n_bad = 0;

    if (fe_folder_make(dir, err) < 0)
        return -1;
    for (size_t i = 0; i < n; i++) {
        char *output = path_in(dir, file[i], suffix);
        fe_err cause = { FE_OK, "" };

        fe_note_forget();
        fe_history_forget();
        if (make(file[i], output, &cause) < 0) {
            (void)fe_tool_report(&cause);
            n_bad++;
        }
        free(output);
    }
    if (n_bad)
        fe_note(FE_NOTE_WARN, NULL, "%zu of %zu files were not converted", n_bad, n);
    return n_bad ? FE_EDATA : 0;
}
