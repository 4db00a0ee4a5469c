/* response_opt.h -- the built-in response as options of a command line. */
#ifndef FE_EST_RESPONSE_OPT_H
#define FE_EST_RESPONSE_OPT_H
#include "base/opt.h"
#include "est/response.h"

/* --e-min --e-max --bins --true-bins --aeff --knee --resolution --bkg-rate --bkg-index --map --bin-size --center --psf --fov */
extern const fe_opt fe_opts_response[];

/* The response that was typed; *bkg_typed: whether --bkg-rate was given. */
int fe_response_typed(fe_response *, bool *bkg_typed, fe_err *err) FE_RESULT;
/* -1 (FE_EUSAGE): one was typed that says nothing where a file gives response and background. */
int fe_response_check_file(fe_err *err) FE_RESULT;
#endif
