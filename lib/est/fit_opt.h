/* fit_opt.h -- the global fit as options of a command line. */
#ifndef FE_EST_FIT_OPT_H
#define FE_EST_FIT_OPT_H
#include "base/opt.h"
#include "est/fit_feed.h"
#include "est/fit_table.h"

/* --free --fix --free-background --stack --stat --asym --ul --ts */
extern const fe_opt fe_opts_fit[];

typedef struct fe_fit_typed {
    fe_fit_options options;
    fe_fit_request request;
    fe_fit_levels levels;
} fe_fit_typed;

/*
 * What was typed, for these models, which are set free and frozen accordingly, and a range of energies; both are borrowed.
 * -1 (FE_EUSAGE): combinations that make no sense, names that are none.
 */
int fe_fit_typed_read(const fe_common *, fe_models *, const fe_edges *, fe_fit_typed *, fe_err *err) FE_RESULT;

/* Options that do not fit the data: of spectra alone, or of flux points alone. */
int fe_fit_typed_check(bool is_points, fe_err *err) FE_RESULT;
#endif
