/* variability_table.h -- the variability of an estimate: rows grouped into curves, one row of numbers for each. */
#ifndef FE_EST_VARIABILITY_TABLE_H
#define FE_EST_VARIABILITY_TABLE_H
#include "base/err.h"
#include "types/estimate.h"

/*
 * A curve is what has one source, energy band and region, and goes over time; without times over phase, else over the regions.
 * Values and errors are those of the type of the estimate, in `unit` (NULL: canonical); ts_var comes from the scans where there
 * are any.  Where a row has no symmetric error the mean of errn and errp stands for it.  Columns: source, e_min, e_max, e_ref
 * (as far as there), n, mean, mean_err, chi2, ndf, p_value, fvar, fvar_err, fpp, fpp_err, ts_var, ts_var_ndf, ts_var_p,
 * t_double, t_double_err, t_double_mjd, t_halve, t_halve_err, t_halve_mjd.
 */
int fe_variability_table(fe_estimate *, const char *unit, fe_table **out, fe_err *err) FE_RESULT;
#endif
