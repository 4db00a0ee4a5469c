#include "est/recompute.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "phys/stat.h"

static const struct { fe_recompute flag; fe_member member; } parts[] = {
    { FE_RECOMPUTE_ERR, FE_ERR }, { FE_RECOMPUTE_ERRN, FE_ERRN }, { FE_RECOMPUTE_ERRP, FE_ERRP }, { FE_RECOMPUTE_UL, FE_UL }
};

enum { N_PARTS = sizeof parts / sizeof *parts, ERRORS = FE_RECOMPUTE_ERR | FE_RECOMPUTE_ERRN | FE_RECOMPUTE_ERRP };

static bool has_family(const fe_estimate *e, int type)
{
    for (int m = 0; m < FE_MEMBER_N; m++)
        if (e->family[type][m])
            return true;
    return false;
}

/* Errors of the table that must follow, so that NSIGMA is true of all of them. */
static unsigned with_companions(const fe_estimate *e, unsigned what, double n_sigma)
{
    if (!(what & ERRORS) || n_sigma == e->n_sigma)
        return what;
    for (int k = 0; k < N_PARTS; k++)
        for (int t = 0; (parts[k].flag & ERRORS) && t < FE_SED_N; t++)
            if (e->family[t][parts[k].member])
                what |= parts[k].flag;
    return what;
}

/* What norm 1 is worth in a family. */
static double worth(const fe_estimate *e, int type, size_t row)
{
    return type == FE_SED_LIKELIHOOD ? 1 : e->ref[type] ? e->ref[type][row] : NAN;
}

static double best_norm(const fe_estimate *e, size_t row)
{
    const double *norm = e->family[FE_SED_LIKELIHOOD][FE_VALUE];

    for (int t = 0; !norm && t < FE_SED_LIKELIHOOD; t++)
        if (e->family[t][FE_VALUE] && isfinite(worth(e, t, row)))
            return e->family[t][FE_VALUE][row] / worth(e, t, row);
    return norm ? norm[row] : NAN;
}

/* The error at the new level where the scan does not show the curvature (a kink beside the minimum): the stored one, scaled. */
static double scaled_err(const fe_estimate *e, size_t row, double n_sigma)
{
    for (int t = FE_SED_N; t-- > 0;)
        if (e->family[t][FE_ERR] && isfinite(e->family[t][FE_ERR][row] / worth(e, t, row)))
            return e->family[t][FE_ERR][row] / worth(e, t, row) * (n_sigma / e->n_sigma);
    return NAN;
}

static void put(fe_estimate *e, size_t row, fe_member member, double x)
{
    for (int t = 0; t < FE_SED_N; t++)
        if (has_family(e, t))
            fe_estimate_member(e, (fe_sedtype)t, member)[row] = x * worth(e, t, row);
}

static void put_row(fe_estimate *e, size_t row, unsigned what, const fe_scan *scan, const fe_scan_levels *levels)
{
    double *status = &fe_estimate_quantity(e, FE_Q_STATUS)[row];
    unsigned flags = isnan(*status) ? 0 : (unsigned)*status;
    fe_scan_norm x = fe_scan_solve(scan, levels);
    const double value[N_PARTS] = { isnan(x.err) && scan->n ? scaled_err(e, row, levels->n_sigma) : x.err, x.errn, x.errp, x.ul };

    flags &= ~(unsigned)FE_STATUS_SCANOPEN;
    if (what & FE_RECOMPUTE_UL)
        flags = (flags & ~(unsigned)FE_STATUS_NEGUL) | (x.ul < 0 ? FE_STATUS_NEGUL : 0);
    for (int k = 0; k < N_PARTS; k++)
        if (what & parts[k].flag) {
            put(e, row, parts[k].member, value[k]);
            if (isnan(value[k]) && (parts[k].member != FE_ERR || !scan->n))
                flags |= FE_STATUS_SCANOPEN;
        }
    *status = flags;
}

static void put_levels(fe_estimate *e, unsigned what, const fe_scan_levels *levels)
{
    if (what & ERRORS)
        e->n_sigma = levels->n_sigma;
    if (!(what & FE_RECOMPUTE_UL))
        return;
    e->ul_drop = levels->ul_drop;
    e->ul_conf = fe_stat_cl_of_drop(levels->ul_drop);
    e->ul_bounded = levels->bounded;
    free(e->ul_side);
    e->ul_side = fe_strdup("one");
}

/* Does any family but norms hold something?  It can follow only where its worth is known. */
static int check_worth(const fe_estimate *e, fe_err *err)
{
    for (int t = 0; t < FE_SED_LIKELIHOOD; t++) {
        bool known = !has_family(e, t) || e->n == 0;

        for (size_t i = 0; !known && i < e->n; i++)
            known = isfinite(worth(e, t, i));
        if (!known)
            return fe_fail(err, FE_EDATA, &(fe_where){ e->file, NULL, 0 }, "scans are in norms, and the table does not say what norm 1 is "
                           "in %s: it has no %s and no reference model (--index, --model)", fe_sedtypes[t].column,
                           fe_sedtypes[t].ref_column);
    }
    return 0;
}

int fe_estimate_recompute(fe_estimate *e, unsigned what, const fe_scan_levels *levels, fe_err *err)
{
    if (!e->n_scan)
        return fe_fail(err, FE_EDATA, &(fe_where){ e->file, NULL, 0 },
                       "there are no likelihood scans to recompute from (norm_scan, stat_scan)");
    fe_estimate_fill_refs(e);
    if (check_worth(e, err) < 0)
        return -1;
    what = with_companions(e, what, levels->n_sigma);
    for (size_t i = 0; i < e->n; i++) {
        double stat = e->q[FE_Q_STAT] ? e->q[FE_Q_STAT][i] : NAN;
        fe_scan *scan = fe_scan_new(e->n_scan, e->norm_scan + i * e->n_scan, e->stat_scan + i * e->n_scan, best_norm(e, i), stat);
        bool is_peak = scan->is_peak;

        if (!is_peak)
            put_row(e, i, what, scan, levels);
        fe_scan_free(scan);
        if (is_peak)
            return fe_fail(err, FE_EDATA, &(fe_where){ e->file, NULL, (long)i + 1 },
                           "the likelihood scan has a peak where -2 ln L has its minimum: is it ln L?");
    }
    put_levels(e, what, levels);
    return 0;
}
