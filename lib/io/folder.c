#include "io/folder.h"

#include <errno.h>
#include <sys/stat.h>

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
