#include "est/fit_points.h"

#include <gsl/gsl_sf_erf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "est/fit_parts.h"
#include "est/spline2.h"

typedef struct fe_points_data {     /* of the points that take part                                     */
    bool gammapy;
    double *y, *errn, *errp;        /* [n]; y NaN: a limit, errn = limit, errp = its sigma              */
    double *ref;                    /* [n] profile                                                      */
    size_t n_scan;
    double *norm, *stat, *coefficient;          /* [n][n_scan] profile                                  */
    double *store;
} fe_points_data;

void fe_fit_points_free(fe_points_data *p)
{
    if (!p)
        return;
    free(p->store);
    free(p);
}

/* ---- chi2 and distrib ------------------------------------------------------------------------------------------ */

/* -2 ln [erfc(t) / 2], t = (m - ul) / (sqrt(2) sigma): the chance that a measurement stays below the limit. */
static double censored(double m, double ul, double sigma)
{
    return -2 * (gsl_sf_log_erfc((m - ul) / (M_SQRT2 * sigma)) - M_LN2);
}

/* With z = (m - ul) / sigma and the hazard h = phi / Q: W' = 2 h / sigma, W'' = 2 h (h - z) / sigma^2. */
static void censored_derivs(double m, double ul, double sigma, double *w1, double *w2)
{
    double z = (m - ul) / sigma, hazard = gsl_sf_hazard(z);

    *w1 = 2 * hazard / sigma;
    *w2 = 2 * hazard * (hazard - z) / (sigma * sigma);
}

/* 2 ln [erfc(t) / erfc(1)], t = (ul - m) / ul */
static double gammapy_limit(double m, double ul)
{
    return 2 * (gsl_sf_log_erfc((ul - m) / ul) - gsl_sf_log_erfc(1));
}

/* With g = exp(-t^2) / erfc(t): d ln erfc / dt = -2 g / sqrt(pi), dg/dt = 2 g (g / sqrt(pi) - t), dt/dm = -1/ul. */
static void gammapy_limit_derivs(double m, double ul, double *w1, double *w2)
{
    double t = (ul - m) / ul, g = exp(-t * t - gsl_sf_log_erfc(t)), root_pi = 2 / M_2_SQRTPI;

    *w1 = 4 * g / (root_pi * ul);
    *w2 = -8 * g * (g / root_pi - t) / (root_pi * ul * ul);
}

static double point_value(const fe_points_data *p, size_t i, double m)
{
    double pull;

    if (isnan(p->y[i]))
        return p->gammapy ? gammapy_limit(m, p->errn[i]) : censored(m, p->errn[i], p->errp[i]);
    pull = (m - p->y[i]) / (m >= p->y[i] ? p->errp[i] : p->errn[i]);
    return pull * pull;
}

static double pulls_value(const fe_fit_set *set, const double *s)
{
    fe_sum sum = { 0, 0 };

    for (size_t i = 0; i < set->n; i++)
        fe_sum_add(&sum, point_value(set->points, i, s[i]));
    return fe_sum_value(&sum);
}

static double pulls_diff(const fe_fit_set *set, const double *s1, const double *s0)
{
    const fe_points_data *p = set->points;
    fe_sum sum = { 0, 0 };

    for (size_t i = 0; i < set->n; i++) {
        double y = p->y[i], sigma = s0[i] >= y ? p->errp[i] : p->errn[i];

        if (isnan(y) || (s1[i] >= y) != (s0[i] >= y))
            fe_sum_add(&sum, point_value(p, i, s1[i]) - point_value(p, i, s0[i]));
        else
            fe_sum_add(&sum, (s1[i] - s0[i]) / sigma * (((s1[i] - y) + (s0[i] - y)) / sigma));
    }
    return fe_sum_value(&sum);
}

static void pulls_derivs(const fe_fit_set *set, const double *s, double *w1, double *w2)
{
    const fe_points_data *p = set->points;

    for (size_t i = 0; i < set->n; i++) {
        double sigma = s[i] >= p->y[i] ? p->errp[i] : p->errn[i];

        if (!isnan(p->y[i])) {
            w1[i] = 2 * ((s[i] - p->y[i]) / sigma) / sigma;
            w2[i] = 2 / sigma / sigma;
        } else if (p->gammapy) {
            gammapy_limit_derivs(s[i], p->errn[i], &w1[i], &w2[i]);
        } else {
            censored_derivs(s[i], p->errn[i], p->errp[i], &w1[i], &w2[i]);
        }
    }
}

static const fe_fit_stat pulls_stat = { pulls_value, pulls_diff, pulls_derivs };

/* ---- profile --------------------------------------------------------------------------------------------------- */

static double scan_at(const fe_points_data *p, size_t i, double m, double *d1, double *d2)
{
    size_t first = i * p->n_scan;

    return fe_spline2_eval(p->n_scan, p->norm + first, p->coefficient + first, m / p->ref[i], d1, d2);
}

static double scans_value(const fe_fit_set *set, const double *s)
{
    fe_sum sum = { 0, 0 };

    for (size_t i = 0; i < set->n; i++)
        fe_sum_add(&sum, scan_at(set->points, i, s[i], NULL, NULL));
    return fe_sum_value(&sum);
}

/* The spline is a parabola between knots: its change over a short way is slope and bend. */
static double scans_diff(const fe_fit_set *set, const double *s1, const double *s0)
{
    const fe_points_data *p = set->points;
    fe_sum sum = { 0, 0 };

    for (size_t i = 0; i < set->n; i++) {
        double step = (s1[i] - s0[i]) / p->ref[i], from1, from2, to1, to2, from, to;

        from = scan_at(p, i, s0[i], &from1, &from2);
        to = scan_at(p, i, s1[i], &to1, &to2);
        fe_sum_add(&sum, from2 == to2 ? step * (from1 + to1) / 2 : to - from);
    }
    return fe_sum_value(&sum);
}

static void scans_derivs(const fe_fit_set *set, const double *s, double *w1, double *w2)
{
    for (size_t i = 0; i < set->n; i++) {
        double ref = set->points->ref[i];

        (void)scan_at(set->points, i, s[i], &w1[i], &w2[i]);
        w1[i] /= ref;
        w2[i] /= ref * ref;
    }
}

static const fe_fit_stat scans_stat = { scans_value, scans_diff, scans_derivs };

size_t fe_fit_points_outside(const fe_fit_set *set)
{
    const fe_points_data *p = set->points;
    size_t n = 0;

    for (size_t i = 0; p->n_scan && i < set->n; i++) {
        const double *norm = p->norm + i * p->n_scan;
        double at = set->signal[i] / p->ref[i];

        n += at < norm[0] || at > norm[p->n_scan - 1];
    }
    return n;
}

/* ---- adding ---------------------------------------------------------------------------------------------------- */

static double item(const double *x, size_t i)
{
    return x ? x[i] : NAN;
}

static double first_positive(double a, double b)
{
    return a > 0 ? a : b;
}

/* Errors below and above the point; NaN where it has none. */
static void errors_of(const fe_points *in, fe_points_stat stat, size_t i, double *errn, double *errp)
{
    double err = item(in->err, i), below = item(in->errn, i), above = item(in->errp, i);

    if (stat == FE_POINTS_CHI2) {
        *errn = *errp = first_positive(err, (below + above) / 2);
    } else {
        *errn = first_positive(below, err);
        *errp = first_positive(above, err);
    }
}

static bool is_limit(const fe_points *in, size_t i)
{
    return in->is_ul && in->is_ul[i];
}

static bool whole_scan(const fe_points *in, size_t i)
{
    for (size_t k = 0; k < in->n_scan; k++)
        if (!isfinite(in->norm_scan[i * in->n_scan + k]) || !isfinite(in->stat_scan[i * in->n_scan + k]))
            return false;
    return isfinite(in->ref_dnde[i]) && in->ref_dnde[i] > 0;
}

/* Points used: algorithms 18, "mask_valid". */
static bool takes_part(const fe_points *in, fe_points_stat stat, size_t i)
{
    double errn, errp;

    if (stat == FE_POINTS_PROFILE)
        return whole_scan(in, i);
    if (is_limit(in, i))
        return stat == FE_POINTS_DISTRIB && isfinite(item(in->ul, i));
    errors_of(in, stat, i, &errn, &errp);
    return isfinite(in->dnde[i]) && isfinite(errn) && isfinite(errp);
}

static int check_points(const fe_points *in, fe_points_stat stat, bool gammapy, fe_err *err)
{
    const double *edge = in->e_ref_TeV ? in->e_ref_TeV : in->e_min_TeV;

    if (!edge || (!in->e_ref_TeV && !in->e_max_TeV))
        return fe_fail(err, FE_EDATA, NULL, "flux points without energies, expected e_ref, or e_min and e_max");
    if (stat == FE_POINTS_PROFILE ? !in->norm_scan || !in->stat_scan || !in->ref_dnde || in->n_scan < 3 : !in->dnde)
        return fe_fail(err, FE_EDATA, NULL, "flux points without %s", stat == FE_POINTS_PROFILE
                       ? "scans of at least 3 norms and the reference they belong to, expected norm_scan, stat_scan, "
                         "ref_dnde" : "values, expected dnde");
    for (size_t i = 0; i < in->n; i++) {
        if (!(edge[i] > 0) || !isfinite(edge[i]) || (!in->e_ref_TeV && !(in->e_max_TeV[i] > edge[i])))
            return fe_fail(err, FE_EDATA, NULL, "flux point %zu: energy %g to %g TeV, expected positive, ascending "
                           "numbers", i + 1, edge[i], in->e_ref_TeV ? edge[i] : in->e_max_TeV[i]);
        if (stat != FE_POINTS_DISTRIB || !is_limit(in, i) || isnan(item(in->ul, i)))
            continue;
        if (!(in->ul[i] > 0) || (!gammapy && !(in->ul_n_sigma > 0)))
            return fe_fail(err, FE_EDATA, NULL, "flux point %zu: upper limit %g at %g sigma, expected positive numbers",
                           i + 1, in->ul[i], in->ul_n_sigma);
    }
    return 0;
}

static fe_points_data *new_data(size_t n, size_t n_scan, bool gammapy)
{
    fe_points_data *p = FE_NEW(fe_points_data);

    p->gammapy = gammapy;
    p->n_scan = n_scan;
    p->store = FE_NEWN(double, 4 * n + 3 * n * n_scan + 1);
    p->y = p->store;
    p->errn = p->y + n;
    p->errp = p->errn + n;
    p->ref = p->errp + n;
    p->norm = p->ref + n;
    p->stat = p->norm + n * n_scan;
    p->coefficient = p->stat + n * n_scan;
    return p;
}

static void take_point(fe_points_data *p, const fe_points *in, fe_points_stat stat, size_t i, size_t k)
{
    if (stat == FE_POINTS_DISTRIB && is_limit(in, i)) {
        p->y[k] = NAN;
        p->errn[k] = in->ul[i];
        p->errp[k] = in->ul[i] / in->ul_n_sigma;
        return;
    }
    p->y[k] = in->dnde[i];
    errors_of(in, stat, i, &p->errn[k], &p->errp[k]);
}

/* The scan over the point's minimum; false: its norms do not ascend. */
static bool take_scan(fe_points_data *p, const fe_points *in, size_t i, size_t k)
{
    size_t n = p->n_scan;
    double *norm = p->norm + k * n, *stat = p->stat + k * n, *room = FE_NEWN(double, 2 * n), zero = item(in->stat, i);
    bool fine;

    for (size_t j = 0; j < n; j++) {
        norm[j] = in->norm_scan[i * n + j];
        stat[j] = in->stat_scan[i * n + j] - (isfinite(zero) ? zero : 0);
        if (p->gammapy)
            stat[j] = fabs(stat[j]);
    }
    p->ref[k] = in->ref_dnde[i];
    p->y[k] = in->dnde ? in->dnde[i] : NAN;
    fine = fe_spline2_make(n, norm, stat, room, p->coefficient + k * n);
    free(room);
    return fine;
}

int fe_fit_add_points(fe_fit *f, const fe_points *in, fe_points_stat stat, bool gammapy_limits, fe_err *err)
{
    const double *edge = in->e_ref_TeV ? in->e_ref_TeV : in->e_min_TeV;
    size_t n = 0, k = 0;
    fe_fit_set *set;

    if (check_points(in, stat, gammapy_limits, err) < 0)
        return -1;
    for (size_t i = 0; i < in->n; i++)
        n += takes_part(in, stat, i);
    set = fe_fit_set_new(f, fe_fit_axis_find(f, true, false, in->n, edge, in->e_ref_TeV ? NULL : in->e_max_TeV), n,
                         in->factor);
    set->points = new_data(n, stat == FE_POINTS_PROFILE ? in->n_scan : 0, gammapy_limits);
    set->stat = stat == FE_POINTS_PROFILE ? &scans_stat : &pulls_stat;
    for (size_t i = 0; i < in->n; i++) {
        if (!takes_part(in, stat, i))
            continue;
        set->channel[k] = (int)i;
        f->e_min_TeV = fmin(f->e_min_TeV, edge[i]);
        f->e_max_TeV = fmax(f->e_max_TeV, in->e_ref_TeV ? edge[i] : in->e_max_TeV[i]);
        if (stat != FE_POINTS_PROFILE)
            take_point(set->points, in, stat, i, k);
        else if (!take_scan(set->points, in, i, k))
            return fe_fail(err, FE_EDATA, NULL, "flux point %zu: norm_scan does not ascend from %g", i + 1,
                           in->norm_scan[i * in->n_scan]);
        set->observed += isfinite(set->points->y[k]) ? set->points->y[k] : 0;
        k++;
    }
    return 0;
}
