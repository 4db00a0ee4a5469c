/* The temporal models, formula and row of each; names, defaults and order of parameters as in gammapy. */
#include "phys/temporal.h"

#include <gsl/gsl_sf_gamma.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "phys/const.h"
#include "phys/spectrum_closed.h"

#define N_PAR(list) (sizeof (list) / sizeof *(list)), (list)
#define T_REF "t_ref", "d", 51544

static double value(const fe_temporal *t, size_t i)
{
    return t->par[i].value;
}

/* ---- constant, line ------------------------------------------------------------------------------------------- */

static double constant(const fe_temporal *t, double t_d)
{
    (void)t;
    (void)t_d;
    return 1;
}

static double constant_integral(const fe_temporal *t, double t1, double t2)
{
    (void)t;
    return t2 - t1;
}

static const fe_par_spec linear_par[] = { { "alpha", "", 1, false }, { "beta", "d-1", 0, false }, { T_REF, true } };

static double linear(const fe_temporal *t, double t_d)
{
    return value(t, 0) + value(t, 1) * t_d;
}

static double linear_integral(const fe_temporal *t, double t1, double t2)
{
    return (t2 - t1) * linear(t, 0.5 * (t1 + t2));
}

/* ---- decays --------------------------------------------------------------------------------------------------- */

static const fe_par_spec decay_par[] = { { "t0", "d", 1, false }, { T_REF, true } };

static double decay(const fe_temporal *t, double t_d)
{
    return exp(-t_d / value(t, 0));
}

static double decay_integral(const fe_temporal *t, double t1, double t2)
{
    return decay(t, t1) * value(t, 0) * -expm1(-(t2 - t1) / value(t, 0));
}

static const fe_par_spec power_par[] = { { "alpha", "", 1, false }, { T_REF, true }, { "t0", "d", 1, true } };

/* (t/t0)^alpha, after the reference only */
static double power(const fe_temporal *t, double t_d)
{
    return t_d < 0 ? NAN : pow(t_d / value(t, 2), value(t, 0));
}

static double power_integral(const fe_temporal *t, double t1, double t2)
{
    double t0 = value(t, 2);

    return t1 < 0 ? NAN : t0 * fe_power_integral(t1 / t0, t2 / t0, value(t, 0) + 1);
}

/* ---- flares --------------------------------------------------------------------------------------------------- */

static const fe_par_spec gauss_par[] = { { T_REF, false }, { "sigma", "d", 1, false } };

static double gauss(const fe_temporal *t, double t_d)
{
    double x = t_d / value(t, 1);

    return exp(-x * x / 2);
}

static double gauss_integral(const fe_temporal *t, double t1, double t2)
{
    double sigma = value(t, 1), width = sqrt(2) * sigma;

    return sqrt(M_PI / 2) * sigma * fe_erf_between(t1 / width, t2 / width);
}

static const fe_par_spec gengauss_par[] = {
    { T_REF, false }, { "t_rise", "d", 1, false }, { "t_decay", "d", 1, false }, { "eta", "", 0.5, false }
};

/* exp(-(|t|/tau)^(1/eta) / 2), tau of the rise before the reference and of the decay after it */
static double gengauss(const fe_temporal *t, double t_d)
{
    return exp(-0.5 * pow(fabs(t_d) / value(t, t_d < 0 ? 1 : 2), 1 / value(t, 3)));
}

/*
 * From x1 to x2, both at least 0: with u = (x/tau)^(1/eta) / 2 the integral is tau eta 2^eta [P(eta, u2) - P(eta, u1)]
 * Gamma(eta) (DLMF 8.2); in the tail by the complement Q, where P is all ones.
 */
static double gengauss_side(double tau, double eta, double x1, double x2)
{
    double u1 = 0.5 * pow(x1 / tau, 1 / eta), u2 = 0.5 * pow(x2 / tau, 1 / eta), part;
    gsl_sf_result a, b;
    int (*share)(double, double, gsl_sf_result *) = u1 > eta ? gsl_sf_gamma_inc_Q_e : gsl_sf_gamma_inc_P_e;

    if (!(eta > 0) || !(tau > 0) || share(eta, u1, &a) || share(eta, u2, &b))
        return NAN;
    part = u1 > eta ? a.val - b.val : b.val - a.val;
    return tau * tgamma(eta + 1) * pow(2, eta) * part;
}

static double gengauss_integral(const fe_temporal *t, double t1, double t2)
{
    double eta = value(t, 3);
    double rise = t1 < 0 ? gengauss_side(value(t, 1), eta, t2 < 0 ? -t2 : 0, -t1) : 0;
    double fall = t2 > 0 ? gengauss_side(value(t, 2), eta, t1 > 0 ? t1 : 0, t2) : 0;

    return rise + fall;
}

/* ---- waves ---------------------------------------------------------------------------------------------------- */

static const fe_par_spec sine_par[] = { { "amp", "", 1, false }, { "omega", "rad d-1", 1, false }, { T_REF, false } };

static double sine(const fe_temporal *t, double t_d)
{
    return 1 + value(t, 0) * sin(value(t, 1) * t_d);
}

/* cos a - cos b = 2 sin((a+b)/2) sin((b-a)/2): nothing cancels in short intervals */
static double sine_integral(const fe_temporal *t, double t1, double t2)
{
    double amp = value(t, 0), omega = value(t, 1), half = omega * (t2 - t1) / 2;

    return t2 - t1 + (omega == 0 ? 0 : amp / omega * 2 * sin(omega * (t1 + t2) / 2) * sin(half));
}

/* ---- tables: straight lines between nodes ---------------------------------------------------------------------- */

static size_t segment(const fe_temporal *t, double x)
{
    size_t lo = 0, hi = t->n_node - 1;

    while (hi - lo > 1) {
        size_t mid = lo + (hi - lo) / 2;

        if (t->node[mid] <= x)
            lo = mid;
        else
            hi = mid;
    }
    return lo;
}

static double at(const fe_temporal *t, double x)
{
    size_t k = segment(t, x);

    return t->norm[k] + (t->norm[k + 1] - t->norm[k]) * ((x - t->node[k]) / (t->node[k + 1] - t->node[k]));
}

/* Integral from the first node to x inside the table. */
static double area(const fe_temporal *t, double x)
{
    size_t k = segment(t, x);

    return t->area[k] + (x - t->node[k]) * 0.5 * (t->norm[k] + at(t, x));
}

static const fe_par_spec template_par[] = { { T_REF, true } };

/* Outside the table its first or last norm holds. */
static double template(const fe_temporal *t, double t_d)
{
    return t->n_node < 2 ? NAN : at(t, fmin(fmax(t_d, t->node[0]), t->node[t->n_node - 1]));
}

static double template_integral(const fe_temporal *t, double t1, double t2)
{
    double first, last, a, b;

    if (t->n_node < 2)
        return NAN;
    first = t->node[0];
    last = t->node[t->n_node - 1];
    a = fmin(fmax(t1, first), last);
    b = fmin(fmax(t2, first), last);
    return (area(t, b) - area(t, a)) + (fmin(t2, first) - fmin(t1, first)) * t->norm[0] +
           (fmax(t2, last) - fmax(t1, last)) * t->norm[t->n_node - 1];
}

static const fe_par_spec phase_par[] = {
    { "t_ref", "d", 48442.5, true }, { "phi_ref", "", 0, true }, { "f0", "s-1", 29.946923, true },
    { "f1", "s-2", 0, true }, { "f2", "s-3", 0, true }
};

/* phi_ref + t (f0 + t/2 (f1 + t/3 f2)) */
static double cycles(const fe_temporal *t, double t_d)
{
    double t_s = t_d * FE_S_PER_DAY;

    return value(t, 1) + t_s * (value(t, 2) + t_s / 2 * (value(t, 3) + t_s / 3 * value(t, 4)));
}

static double phase_curve(const fe_temporal *t, double t_d)
{
    double phase = cycles(t, t_d);

    return t->n_node < 2 ? NAN : at(t, phase - floor(phase));
}

/* Whole cycles have the area of the table.  Taken over the phase: exact as long as one interval has one frequency. */
static double phase_integral(const fe_temporal *t, double t1, double t2)
{
    double a = cycles(t, t1), b = cycles(t, t2), sum;

    if (t->n_node < 2)
        return NAN;
    if (a == b)
        return (t2 - t1) * phase_curve(t, t1);
    sum = (floor(b) - floor(a)) * t->area[t->n_node - 1] + (area(t, b - floor(b)) - area(t, a - floor(a)));
    return (t2 - t1) * (sum / (b - a));
}

/* ---- the table ------------------------------------------------------------------------------------------------- */

const fe_temporal_kind fe_temporal_kinds[] = {
    { "ConstantTemporalModel", "const", 0, NULL, NULL, constant, constant_integral },
    { "LinearTemporalModel", "linear", N_PAR(linear_par), NULL, linear, linear_integral },
    { "ExpDecayTemporalModel", "exp-decay", N_PAR(decay_par), NULL, decay, decay_integral },
    { "GaussianTemporalModel", "gauss", N_PAR(gauss_par), NULL, gauss, gauss_integral },
    { "GeneralizedGaussianTemporalModel", "gengauss", N_PAR(gengauss_par), NULL, gengauss, gengauss_integral },
    { "PowerLawTemporalModel", "powerlaw", N_PAR(power_par), NULL, power, power_integral },
    { "SineTemporalModel", "sinus", N_PAR(sine_par), NULL, sine, sine_integral },
    { "TemplatePhaseCurveTemporalModel", "template-phase", N_PAR(phase_par), "PHASE", phase_curve, phase_integral },
    { "LightCurveTemplateTemporalModel", "template", N_PAR(template_par), "TIME", template, template_integral },
    { NULL, NULL, 0, NULL, NULL, NULL, NULL }
};

/* ---- the calls ------------------------------------------------------------------------------------------------- */

fe_temporal *fe_temporal_new(const char *type_or_tag)
{
    for (const fe_temporal_kind *kind = fe_temporal_kinds; kind->type; kind++) {
        fe_temporal *t;

        if (strcmp(type_or_tag, kind->type) && strcmp(type_or_tag, kind->tag))
            continue;
        t = FE_NEW(fe_temporal);
        t->kind = kind;
        snprintf(t->scale, sizeof t->scale, "UTC");
        for (size_t i = 0; i < kind->n_par; i++)
            t->par[i] = (fe_par){ .value = kind->par[i].value, .min = NAN, .max = NAN, .frozen = kind->par[i].frozen };
        return t;
    }
    return NULL;
}

void fe_temporal_free(fe_temporal *t)
{
    if (!t)
        return;
    free(t->node);
    free(t->norm);
    free(t->area);
    free(t);
}

fe_par *fe_temporal_par(fe_temporal *t, const char *name)
{
    for (size_t i = 0; i < t->kind->n_par; i++)
        if (!strcmp(name, t->kind->par[i].name))
            return &t->par[i];
    return NULL;
}

double fe_temporal_t_ref(const fe_temporal *t)
{
    for (size_t i = 0; i < t->kind->n_par; i++)
        if (!strcmp("t_ref", t->kind->par[i].name))
            return t->par[i].value;
    return 0;
}

static void add_node(fe_temporal *t, double node, double norm)
{
    size_t k = t->n_node++;

    t->node[k] = node;
    t->norm[k] = norm;
    if (k)
        t->area[k] = t->area[k - 1] + (node - t->node[k - 1]) * 0.5 * (norm + t->norm[k - 1]);
}

static double straight_on(const double *x, const double *y, double to)
{
    return y[0] + (y[1] - y[0]) * ((to - x[0]) / (x[1] - x[0]));
}

int fe_temporal_set_nodes(fe_temporal *t, size_t n, const double *node, const double *norm, bool normalize)
{
    bool is_phase = t->kind->column && !strcmp(t->kind->column, "PHASE");

    if (n < 2 || (is_phase && !(node[0] >= 0 && node[n - 1] <= 1)))
        return -1;
    for (size_t k = 0; k < n; k++)
        if (!isfinite(node[k]) || !isfinite(norm[k]) || (k && !(node[k] > node[k - 1])))
            return -1;
    free(t->node);
    free(t->norm);
    free(t->area);
    t->node = FE_NEWN(double, n + 2);
    t->norm = FE_NEWN(double, n + 2);
    t->area = FE_NEWN(double, n + 2);
    t->n_node = 0;
    if (is_phase && node[0] > 0)
        add_node(t, 0, straight_on(node, norm, 0));
    for (size_t k = 0; k < n; k++)
        add_node(t, node[k], norm[k]);
    if (is_phase && node[n - 1] < 1)
        add_node(t, 1, straight_on(node + n - 2, norm + n - 2, 1));
    for (size_t k = t->n_node; is_phase && normalize && k-- > 0;) {
        t->norm[k] /= t->area[t->n_node - 1];
        if (k + 1 < t->n_node)
            t->area[k] /= t->area[t->n_node - 1];
    }
    if (is_phase && normalize)
        t->area[t->n_node - 1] = 1;
    return 0;
}

double fe_temporal_value(const fe_temporal *t, double t_d)
{
    return t->kind->value(t, t_d);
}

double fe_temporal_integral(const fe_temporal *t, double t1_d, double t2_d)
{
    if (t1_d == t2_d)
        return 0;
    return t1_d < t2_d ? t->kind->integral(t, t1_d, t2_d) : NAN;
}
