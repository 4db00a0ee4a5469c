#include "types/temporal_gti.h"

#include <math.h>
#include <string.h>

#include "base/num.h"
#include "phys/const.h"
#include "phys/time.h"

/* Days from a reference MJD to a time of the table; whole days apart from fractions; by TT if the scales differ. */
static double days_after(double t_ref, const char *scale, const fe_gti *gti, double t_s)
{
    const char *timesys = gti->timesys[0] ? gti->timesys : "TT";        /* what files mean that do not say */
    double day = floor(t_ref), fraction = t_ref - day, seconds = t_s / FE_S_PER_DAY;

    if (!strcmp(timesys, scale))
        return (gti->mjdref_i - day) + ((gti->mjdref_f - fraction) + seconds);
    if (!strcmp(timesys, "TT"))
        return (gti->mjdref_i - fe_time_tt(scale, day, fraction)) + (gti->mjdref_f + seconds);
    return fe_time_tt(timesys, gti->mjdref_i, gti->mjdref_f + seconds) - fe_time_tt(scale, day, fraction);
}

double fe_temporal_factor(const fe_temporal *t, const fe_gti *gti)
{
    fe_sum sum = { 0, 0 }, time = { 0, 0 };
    double t_ref;

    if (!t || !strcmp(t->kind->tag, "const"))
        return 1;
    if (!gti)
        return NAN;
    t_ref = fe_temporal_t_ref(t);
    for (size_t k = 0; k < gti->n; k++) {
        double from = days_after(t_ref, t->scale, gti, gti->start_s[k]);
        double to = days_after(t_ref, t->scale, gti, gti->stop_s[k]);

        fe_sum_add(&sum, fe_temporal_integral(t, from, to));
        fe_sum_add(&time, to - from);
    }
    return fe_sum_value(&time) > 0 ? fe_sum_value(&sum) / fe_sum_value(&time) : NAN;
}

int fe_model_factor(const fe_model *model, const char *name, const fe_gti *gti, const char *file, double *factor, fe_err *err)
{
    *factor = 0;
    if (!fe_model_applies(model, name))
        return 0;
    *factor = fe_temporal_factor(model->temporal, gti);
    if (isfinite(*factor))
        return 0;
    return fe_fail(err, FE_EDATA, &(fe_where){ file, NULL, 0 }, "source '%s' changes with time, but there is no mean of its "
                   "temporal model: %s", model->name && *model->name ? model->name : "source",
                   gti ? "it has none in the good time intervals" : "the dataset has no good time intervals");
}
