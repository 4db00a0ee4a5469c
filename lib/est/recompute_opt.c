#include "est/recompute_opt.h"

#include <math.h>
#include <string.h>

#include "est/norm_opt.h"

static const struct { const char *name; fe_recompute flag; } words[] = {
    { "err", FE_RECOMPUTE_ERR }, { "errn", FE_RECOMPUTE_ERRN }, { "errp", FE_RECOMPUTE_ERRP }, { "ul", FE_RECOMPUTE_UL }
};

enum { N_WORDS = sizeof words / sizeof *words };

static int parse(const char *list, unsigned *what, fe_err *err)
{
    fe_strv word = { 0 };
    int rc = 0;

    fe_strv_split(&word, list, ",");
    for (size_t i = 0; i < word.n && rc == 0; i++) {
        size_t k = 0;

        while (k < N_WORDS && strcmp(word.s[i], words[k].name))
            k++;
        if (k == N_WORDS)
            rc = fe_fail(err, FE_EUSAGE, NULL, "--recompute: '%s' cannot be recomputed, expected some of "
                         "ul,err,errn,errp", word.s[i]);
        else
            *what |= (unsigned)words[k].flag;
    }
    fe_strv_free(&word);
    return rc;
}

static bool are_default(const fe_common *args)
{
    const fe_norm_request r = fe_norm_request_default();

    return args->n_sigma == r.n_sigma && args->ul_cl == 0.95 && isnan(args->ul_sigma) && !args->ul_unbounded;
}

int fe_recompute_typed(const char *list, const fe_common *args, unsigned *what, fe_scan_levels *levels, fe_err *err)
{
    const fe_norm_request r = fe_norm_request_typed(args);

    *what = 0;
    *levels = (fe_scan_levels){ .n_sigma = r.n_sigma, .ul_drop = r.ul_drop, .bounded = !r.ul_unbounded };
    if (list)
        return parse(list, what, err);
    if (!are_default(args))
        return fe_fail(err, FE_EUSAGE, NULL, "errors and limits keep their levels: give --recompute ul,err,errn,errp to "
                       "restate them from the scans");
    return 0;
}
