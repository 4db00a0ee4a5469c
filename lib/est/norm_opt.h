/* norm_opt.h -- the norm request as the common options of a command line ask for it. */
#ifndef FE_EST_NORM_OPT_H
#define FE_EST_NORM_OPT_H
#include "base/opt.h"
#include "est/norm.h"

/* --n-sigma --ul-cl --ul-sigma --ul-unbounded --sensitivity --sens-sigma --sens-profiled */
fe_norm_request fe_norm_request_typed(const fe_common *args);
#endif
