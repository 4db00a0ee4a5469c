#include "est/variability.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/num.h"
#include "phys/const.h"

static const double LAG_STEP_D = 1e-5;      /* gammapy's tdelta_precision = 5 */

static bool is_good(const fe_curve *c, size_t i)
{
    return isfinite(c->value[i]) && isfinite(c->err[i]) && c->err[i] > 0;
}

/* ---- a constant ------------------------------------------------------------------------------------------------- */

static void fit_constant(const fe_curve *c, fe_variability *v)
{
    fe_sum weight = { 0, 0 }, weighted = { 0, 0 }, chi2 = { 0, 0 };

    for (size_t i = 0; i < c->n; i++)
        if (is_good(c, i)) {
            fe_sum_add(&weight, 1 / (c->err[i] * c->err[i]));
            fe_sum_add(&weighted, c->value[i] / (c->err[i] * c->err[i]));
            v->n++;
        }
    if (v->n == 0)
        return;
    v->mean = fe_sum_value(&weighted) / fe_sum_value(&weight);
    v->mean_err = 1 / sqrt(fe_sum_value(&weight));
    for (size_t i = 0; i < c->n; i++)
        if (is_good(c, i)) {
            double pull = (c->value[i] - v->mean) / c->err[i];

            fe_sum_add(&chi2, pull * pull);
        }
    v->chi2 = fe_sum_value(&chi2);
    if (v->n > 1)
        v->p_value = gsl_cdf_chisq_Q(v->chi2, (double)(v->n - 1));
}

/* ---- excess variance -------------------------------------------------------------------------------------------- */

typedef struct moments {
    double n, mean, mean_err2;      /* plain mean, mean of err^2                                        */
    double variance, steps;         /* sum (F - mean)^2 / (n - 1); sum (F_k+1 - F_k)^2 / (n - 1)        */
} moments;

static moments moments_of(const fe_curve *c)
{
    fe_sum sum = { 0, 0 }, err2 = { 0, 0 }, square = { 0, 0 }, step = { 0, 0 };
    moments m = { 0, 0, 0, 0, 0 };
    double last = NAN;

    for (size_t i = 0; i < c->n; i++)
        if (is_good(c, i)) {
            fe_sum_add(&sum, c->value[i]);
            fe_sum_add(&err2, c->err[i] * c->err[i]);
            m.n++;
        }
    m.mean = fe_sum_value(&sum) / m.n;
    m.mean_err2 = fe_sum_value(&err2) / m.n;
    for (size_t i = 0; i < c->n; i++)
        if (is_good(c, i)) {
            double f = c->value[i];

            fe_sum_add(&square, (f - m.mean) * (f - m.mean));
            if (!isnan(last))
                fe_sum_add(&step, (f - last) * (f - last));
            last = f;
        }
    m.variance = fe_sum_value(&square) / (m.n - 1);
    m.steps = fe_sum_value(&step) / (m.n - 1);
    return m;
}

/*
 * Of S^2: excess x = (S^2 - <err^2>) / <F>^2, err(x) = sqrt((sqrt(2/N) <err^2>/<F>^2)^2 + (sqrt(<err^2>/N) 2 F / <F>)^2),
 * F = sqrt |x|, err(F) = err(x) / (2 F): Vaughan et al. 2003, equations 11 and B2.
 */
static void excess(const moments *m, double s2, double *x, double *x_err, double *f, double *f_err)
{
    double relative = m->mean_err2 / (m->mean * m->mean), root;

    *x = (s2 - m->mean_err2) / (m->mean * m->mean);
    root = sqrt(fabs(*x));
    *x_err = sqrt(2 / m->n * relative * relative + 4 * relative / m->n * root * root);
    *f = copysign(root, *x);
    *f_err = root > 0 ? *x_err / (2 * root) : NAN;
}

static void measure_excess(const fe_curve *c, bool as_gammapy, fe_variability *v)
{
    moments m = moments_of(c);
    double unused, unused_err;

    if (m.n < 2 || m.mean == 0)
        return;
    excess(&m, m.variance, &v->nxs, &v->nxs_err, &v->fvar, &v->fvar_err);
    excess(&m, as_gammapy ? m.steps : 0.5 * m.steps, &unused, &unused_err, &v->fpp, &v->fpp_err);
    if (as_gammapy) {
        v->fvar = fabs(v->fvar);
        v->fpp = fabs(v->fpp);
    }
}

/* ---- doubling and halving --------------------------------------------------------------------------------------- */

/* Time in which an exponential through two points doubles (negative: halves), and its error to first order. */
static fe_time_scale scale_between(const fe_curve *c, size_t i, size_t k)
{
    double dt_s = (c->t_mjd[k] - c->t_mjd[i]) * FE_S_PER_DAY, log_ratio = log(c->value[k] / c->value[i]);
    double by_log = dt_s * M_LN2 / (log_ratio * log_ratio);

    return (fe_time_scale){ dt_s * M_LN2 / log_ratio, hypot(by_log * c->err[k] / c->value[k], by_log * c->err[i] / c->value[i]),
                            c->t_mjd[i] };
}

static void measure_scales(const fe_curve *c, fe_variability *v)
{
    size_t last = c->n;

    for (size_t k = 0; k < c->n; k++) {
        if (!is_good(c, k))
            continue;
        if (last < c->n && c->value[last] > 0 && c->value[k] > 0 && c->value[k] != c->value[last]) {
            fe_time_scale t = scale_between(c, last, k), *best = t.s > 0 ? &v->doubling : &v->halving;

            t.s = fabs(t.s);
            if (!(best->s <= t.s))          /* NaN: none yet */
                *best = t;
        }
        last = k;
    }
}

fe_variability fe_variability_measure(const fe_curve *c, bool as_gammapy)
{
    const fe_time_scale none = { NAN, NAN, NAN };
    fe_variability v = { 0, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, none, none };

    fit_constant(c, &v);
    measure_excess(c, as_gammapy, &v);
    measure_scales(c, &v);
    return v;
}

/* ---- structure function ----------------------------------------------------------------------------------------- */

typedef struct pair { double lag_d, square, weight; } pair;

static int by_lag(const void *a, const void *b)
{
    double x = ((const pair *)a)->lag_d, y = ((const pair *)b)->lag_d;

    return (x > y) - (x < y);
}

static size_t make_pairs(const fe_curve *c, pair *p)
{
    size_t n = 0;

    for (size_t i = 0; i < c->n; i++)
        for (size_t k = i + 1; k < c->n; k++)
            if (is_good(c, i) && is_good(c, k)) {
                double w = c->value[i] / c->err[i] * (c->value[k] / c->err[k]), d = c->value[i] - c->value[k];

                p[n++] = (pair){ rint(fabs(c->t_mjd[k] - c->t_mjd[i]) / LAG_STEP_D) * LAG_STEP_D, w * d * d, w };
            }
    qsort(p, n, sizeof *p, by_lag);
    return n;
}

fe_structure fe_variability_structure(const fe_curve *c)
{
    pair *p = FE_NEWN(pair, c->n * c->n / 2 + 1);
    size_t n = make_pairs(c, p), m = 0;
    fe_structure s = { 0, NULL, NULL };

    for (size_t i = 0; i < n; i++) {
        if (m > 0 && p[i].lag_d < p[m - 1].lag_d + 0.5 * LAG_STEP_D) {
            p[m - 1].square += p[i].square;
            p[m - 1].weight += p[i].weight;
        } else {
            p[m++] = p[i];
        }
    }
    s.n = m;
    s.lag_d = FE_NEWN(double, m);
    s.value = FE_NEWN(double, m);
    for (size_t i = 0; i < m; i++) {
        s.lag_d[i] = p[i].lag_d;
        s.value[i] = p[i].square / p[i].weight;
    }
    free(p);
    return s;
}

void fe_structure_free(fe_structure *s)
{
    free(s->lag_d);
    free(s->value);
    *s = (fe_structure){ 0, NULL, NULL };
}
