/* refit.h -- what is refitted in each group beside the norm: --free none|bkg|norms|all|NAME,... */
#ifndef FE_EST_REFIT_H
#define FE_EST_REFIT_H
#include <stdbool.h>
#include "base/err.h"
#include "base/str.h"
#include "types/model.h"

typedef struct fe_refit {
    bool bkg;                       /* the background's norm, a nuisance of each dataset                */
    bool bkg_if_any;                /* and datasets that have none, or OFF counts, are no matter ("all") */
    bool *source;                   /* [n of the models] norms of those that a group does not estimate; NULL = none */
} fe_refit;

/* -1 (FE_EUSAGE): a name that is none, a shape, or nothing there that could be refitted. */
int fe_refit_parse(const char *text, const fe_models *, fe_refit *, fe_err *err) FE_RESULT;
void fe_refit_print(const fe_refit *, const fe_models *, fe_str *out);     /* "bkg,A.norm"; "none"             */
void fe_refit_clear(fe_refit *);
bool fe_refit_any_source(const fe_refit *, const fe_models *);
#endif
