#include "io/check.h"

#include <stdio.h>

#include "base/tool.h"
#include "io/gadf.h"
#include "types/lint.h"

static int check(const char *file, int type, size_t *n_found, fe_err *err)
{
    fe_document *doc = fe_document_read(file, err);
    fe_estimate *e = NULL;
    fe_str found = { 0 };
    int rc = doc ? fe_estimate_read(doc, type, &e, err) : -1;

    if (rc == 0)
        *n_found += fe_estimate_lint(e, &found);
    fputs(found.s ? found.s : "", stdout);
    fe_str_free(&found);
    fe_estimate_free(e);
    fe_document_free(doc);
    return rc;
}

int fe_check_files(size_t n, char *const *file, int type, fe_err *err)
{
    size_t n_found = 0, n_bad = 0;

    if (n == 1 && check(file[0], type, &n_found, err) < 0)
        return -1;
    for (size_t i = 0; n > 1 && i < n; i++) {
        fe_err cause = { FE_OK, "" };

        if (check(file[i], type, &n_found, &cause) < 0) {
            (void)fe_tool_report(&cause);
            n_bad++;
        }
    }
    return n_found || n_bad ? FE_EDATA : 0;
}
