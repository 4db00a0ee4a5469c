/* The rows behind an estimate: keys, members of a family, quantities, status flags.  fe-formats(5) is made from them. */
#include "types/estimate.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"

const fe_column_row fe_keys[FE_KEY_N] = {
    [FE_KEY_E_MIN] = { "e_min", "TeV", FE_COL_DOUBLE, "lower edge of the energy band" },
    [FE_KEY_E_MAX] = { "e_max", "TeV", FE_COL_DOUBLE, "upper edge of the energy band" },
    [FE_KEY_E_REF] = { "e_ref", "TeV", FE_COL_DOUBLE, "energy at which dnde is quoted" },
    [FE_KEY_TIME_MIN] = { "time_min", "d", FE_COL_DOUBLE, "start of the interval, MJD in the scale TIMESYS" },
    [FE_KEY_TIME_MAX] = { "time_max", "d", FE_COL_DOUBLE, "end of the interval, MJD in the scale TIMESYS" },
    [FE_KEY_PHASE_MIN] = { "phase_min", "", FE_COL_DOUBLE, "start of the phase bin" },
    [FE_KEY_PHASE_MAX] = { "phase_max", "", FE_COL_DOUBLE, "end of the phase bin; below phase_min: it wraps through 0" },
    [FE_KEY_X_MIN] = { "x_min", "deg", FE_COL_DOUBLE, "inner edge of the region of a profile" },
    [FE_KEY_X_MAX] = { "x_max", "deg", FE_COL_DOUBLE, "outer edge of the region of a profile" },
    [FE_KEY_X_REF] = { "x_ref", "deg", FE_COL_DOUBLE, "centre of the region of a profile" },
};

const fe_column_row fe_members[FE_MEMBER_N] = {
    [FE_VALUE] = { "", "", FE_COL_DOUBLE, "best value" },
    [FE_ERR] = { "_err", "", FE_COL_DOUBLE, "symmetric error, NSIGMA standard deviations" },
    [FE_ERRN] = { "_errn", "", FE_COL_DOUBLE, "negative error, a positive number: -2 ln L rises by NSIGMA^2" },
    [FE_ERRP] = { "_errp", "", FE_COL_DOUBLE, "positive error: -2 ln L rises by NSIGMA^2" },
    [FE_UL] = { "_ul", "", FE_COL_DOUBLE, "upper limit at UL_CONF: -2 ln L rises by ULDTS" },
    [FE_SENSITIVITY] = { "_sensitivity", "", FE_COL_DOUBLE, "value at which the source would just be significant" },
    [FE_ERRSYS] = { "_errsys", "", FE_COL_DOUBLE, "systematic error" },
    [FE_ERRSYSN] = { "_errsysn", "", FE_COL_DOUBLE, "negative systematic error" },
    [FE_ERRSYSP] = { "_errsysp", "", FE_COL_DOUBLE, "positive systematic error" },
};

const fe_column_row fe_quantities[FE_Q_N] = {
    [FE_Q_TS] = { "ts", "", FE_COL_DOUBLE, "test statistic, stat_null - stat" },
    [FE_Q_SQRT_TS] = { "sqrt_ts", "", FE_COL_DOUBLE, "significance: root of ts with the sign of the norm" },
    [FE_Q_NPRED] = { "npred", "", FE_COL_DOUBLE, "predicted counts, signal and background, at the best norm" },
    [FE_Q_NPRED_EXCESS] = { "npred_excess", "", FE_COL_DOUBLE, "predicted signal counts at the best norm" },
    [FE_Q_COUNTS] = { "counts", "", FE_COL_DOUBLE, "observed counts" },
    [FE_Q_BACKGROUND] = { "background", "", FE_COL_DOUBLE, "expected background counts" },
    [FE_Q_EXPOSURE] = { "exposure", "cm2 s", FE_COL_DOUBLE, "exposure at e_ref, summed over the datasets" },
    [FE_Q_LIVETIME] = { "livetime", "s", FE_COL_DOUBLE, "livetime, summed over the datasets" },
    [FE_Q_STAT] = { "stat", "", FE_COL_DOUBLE, "-2 ln L at the best norm" },
    [FE_Q_STAT_NULL] = { "stat_null", "", FE_COL_DOUBLE, "-2 ln L at norm 0" },
    [FE_Q_N_DOF] = { "n_dof", "", FE_COL_INT, "degrees of freedom of ts, where it is not 1" },
    [FE_Q_IS_UL] = { "is_ul", "", FE_COL_BOOL, "the row counts as an upper limit (rule: UL_RULE)" },
    [FE_Q_SUCCESS] = { "success", "", FE_COL_BOOL, "the fit succeeded" },
    [FE_Q_NITER] = { "niter", "", FE_COL_INT, "evaluations of the likelihood" },
    [FE_Q_STATUS] = { "status", "", FE_COL_STRING, "flags of the row, joined by |; empty: all is well" },
    [FE_Q_E_MIN_EFF] = { "e_min_eff", "TeV", FE_COL_DOUBLE, "lower edge of what masks and thresholds leave" },
    [FE_Q_E_MAX_EFF] = { "e_max_eff", "TeV", FE_COL_DOUBLE, "upper edge of what masks and thresholds leave" },
    [FE_Q_E_MIN_ASKED] = { "e_min_asked", "TeV", FE_COL_DOUBLE, "lower edge as asked for, before it was moved to a data edge" },
    [FE_Q_E_MAX_ASKED] = { "e_max_asked", "TeV", FE_COL_DOUBLE, "upper edge as asked for" },
};

const fe_status_row fe_statuses[] = {
    { FE_STATUS_EMPTY, "EMPTY", "no data in the band" },
    { FE_STATUS_NOOFF, "NOOFF", "channels without OFF region (alpha 0) were left out" },
    { FE_STATUS_LOWOFF, "LOWOFF", "fewer than one OFF count per channel on average: WStat pulls the norm down" },
    { FE_STATUS_NOEXPO, "NOEXPO", "no exposure, or no signal predicted: no norm" },
    { FE_STATUS_NOCONV, "NOCONV", "a minimum or root was not found" },
    { FE_STATUS_KINK, "KINK", "the best norm lies at a kink of WStat: no symmetric error" },
    { FE_STATUS_EDGE, "EDGE", "best norm or lower error at the bound where the prediction turns negative" },
    { FE_STATUS_SCANOPEN, "SCANOPEN", "the scan does not bracket what was asked" },
    { FE_STATUS_NOTIME, "NOTIME", "no good time intervals: no time" },
    { FE_STATUS_BADINPUT, "BADINPUT", "a dataset of this row could not be read (--skip-bad)" },
    { FE_STATUS_PARTIAL, "PARTIAL", "datasets or channels are missing that belong to this row" },
    { FE_STATUS_NEGUL, "NEGUL", "unbounded limit below 0" },
    { FE_STATUS_LONGRUN, "LONGRUN", "a dataset is longer than half its phase bin" },
    { FE_STATUS_APPROX, "APPROX", "a likelihood without a scan, made of norm and errors (--approx)" },
    { 0, NULL, NULL }
};

void fe_status_print(unsigned status, fe_str *out)
{
    const char *separator = "";

    for (const fe_status_row *row = fe_statuses; row->name; row++)
        if (status & row->flag) {
            fe_str_add(out, separator);
            fe_str_add(out, row->name);
            separator = "|";
        }
    if (!out->s)
        fe_str_add(out, "");
}

static unsigned flag_of(const char *name)
{
    for (const fe_status_row *row = fe_statuses; row->name; row++)
        if (fe_str_equal_nocase(row->name, name))
            return row->flag;
    return 0;
}

int fe_status_parse(const char *text, unsigned *status)
{
    fe_strv names = { 0 };
    long number;
    int rc = 0;

    *status = 0;
    if (!fe_num_parse_long(text, &number)) {
        *status = (unsigned)number;
        return number < 0 ? -1 : 0;
    }
    fe_strv_split(&names, text, "|");
    for (size_t i = 0; i < names.n && *text; i++) {
        unsigned flag = flag_of(names.s[i]);

        *status |= flag;
        rc = flag ? rc : -1;
    }
    fe_strv_free(&names);
    return rc;
}
