#include "est/norm_opt.h"

#include <math.h>

fe_norm_request fe_norm_request_typed(const fe_common *args)
{
    fe_norm_request r = fe_norm_request_default();

    r.n_sigma = args->n_sigma;
    r.ul_drop = isnan(args->ul_sigma) ? fe_stat_drop_of_cl(args->ul_cl) : args->ul_sigma * args->ul_sigma;
    r.ul_unbounded = args->ul_unbounded;
    r.want_sens = args->sensitivity || args->sens_profiled;
    r.sens_profiled = args->sens_profiled;
    r.sens_sigma = args->sens_sigma;
    return r;
}
