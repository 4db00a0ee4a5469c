/* Integrals over energy bins: closed forms, Gauss-Kronrod in ln E, and the grid of gammapy for comparisons. */
#include <gsl/gsl_errno.h>
#include <gsl/gsl_integration.h>
#include <gsl/gsl_version.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "phys/const.h"
#include "phys/spectrum.h"
#include "phys/spectrum_ebl.h"

enum { MAX_PIECES = 500 };                      /* of one adaptive integral */

static const double PRECISION = 1e-12;

static double finite_or_nan(double x)
{
    return isfinite(x) ? x : NAN;
}

/* ---- closed forms ----------------------------------------------------------------------------------------- */

/* The factor of a "scale" leaf, in which integrals are linear; NULL for anything else. */
static const double *constant_factor(const fe_spectrum *s)
{
    return s->kind && !strcmp(s->kind->tag, "scale") ? &s->par[0].value : NULL;
}

/* Product with a constant: the factor, and in *rest what it multiplies. */
static const double *split_product(const fe_spectrum *s, const fe_spectrum **rest)
{
    const double *left, *right;

    if (s->kind || s->op != '*')
        return NULL;
    left = constant_factor(s->left);
    right = constant_factor(s->right);
    *rest = left ? s->right : s->left;
    return left ? left : right;
}

bool fe_spectrum_is_analytic(const fe_spectrum *s)
{
    const fe_spectrum *rest;

    if (s->kind)
        return s->kind->flux && s->kind->eflux;
    if (s->op != '*')
        return fe_spectrum_is_analytic(s->left) && fe_spectrum_is_analytic(s->right);
    return split_product(s, &rest) && fe_spectrum_is_analytic(rest);
}

/* ---- quadrature --------------------------------------------------------------------------------------------- */

typedef struct cuts {           /* energies where a spectrum is not smooth                                    */
    double *e_TeV;
    size_t n, cap;
} cuts;

static void add_cut(cuts *c, double e_TeV)
{
    FE_GROW(c->e_TeV, c->n, c->cap);
    c->e_TeV[c->n++] = e_TeV;
}

static void collect_cuts(const fe_spectrum *s, cuts *c)
{
    if (!s->kind) {
        collect_cuts(s->left, c);
        collect_cuts(s->right, c);
        return;
    }
    if (s->kind->kink_TeV)
        add_cut(c, s->kind->kink_TeV(s));
    for (size_t k = 0; k < s->n_node; k++)
        add_cut(c, s->node_e_TeV[k]);
    for (size_t k = 0; s->ebl && k < s->ebl->n_e; k++)
        add_cut(c, s->ebl->e_TeV[k]);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

typedef struct integrand {
    const fe_spectrum *s;
    double from_TeV;
    bool weight_energy;
} integrand;

/* With t = ln(E/from): dE = E dt.  Starting at the edge keeps the digits of E in narrow bins. */
static double in_log_energy(double t, void *context)
{
    const integrand *f = context;
    double e_TeV = f->from_TeV * exp(t), y = e_TeV * fe_spectrum_dnde(f->s, e_TeV);

    return f->weight_energy ? e_TeV * y : y;
}

static pthread_once_t handler_once = PTHREAD_ONCE_INIT;

static void switch_handler_off(void)
{
    gsl_set_error_handler_off();                /* the default one aborts */
}

/* One rule of 15 points is enough for a smooth spectrum over a decade; where its error estimate says no, bisect. */
static double smooth_integral(const fe_spectrum *s, double e1_TeV, double e2_TeV, bool weight_energy)
{
    integrand f = { s, e1_TeV, weight_energy };
    gsl_function call = { in_log_energy, &f };
    double to = log1p((e2_TeV - e1_TeV) / e1_TeV), result, error, absolute, spread;
    gsl_integration_workspace *w;

    gsl_integration_qk15(&call, 0, to, &result, &error, &absolute, &spread);
    if (!isfinite(result) || error <= PRECISION * absolute)
        return result;
    w = gsl_integration_workspace_alloc(MAX_PIECES);
    if (w)      /* a status of "rounding" or "too many pieces" comes with the best value there is */
        (void)gsl_integration_qag(&call, 0, to, 0, PRECISION, MAX_PIECES, GSL_INTEG_GAUSS21, w, &result, &error);
    gsl_integration_workspace_free(w);
    return result;
}

static double numerical(const fe_spectrum *s, double e1_TeV, double e2_TeV, bool weight_energy, const cuts *c)
{
    fe_sum sum = { 0, 0 };
    double from = e1_TeV;

    if (!(e1_TeV > 0) || !isfinite(e2_TeV))
        return e1_TeV == e2_TeV ? 0 : NAN;
    for (size_t k = 0; k < c->n; k++)
        if (c->e_TeV[k] > from && c->e_TeV[k] < e2_TeV) {
            fe_sum_add(&sum, smooth_integral(s, from, c->e_TeV[k], weight_energy));
            from = c->e_TeV[k];
        }
    fe_sum_add(&sum, smooth_integral(s, from, e2_TeV, weight_energy));
    return fe_sum_value(&sum);
}

/* Sums split into their terms, so that closed forms are used where there are any. */
static double exact(const fe_spectrum *s, double e1_TeV, double e2_TeV, bool weight_energy, const cuts *c)
{
    const fe_spectrum *rest = NULL;
    const double *factor = split_product(s, &rest);
    double (*closed)(const fe_spectrum *, double, double) = NULL;
    double a, b;

    if (s->kind)
        closed = weight_energy ? s->kind->eflux : s->kind->flux;
    if (closed)
        return closed(s, e1_TeV, e2_TeV);
    if (factor)
        return *factor * exact(rest, e1_TeV, e2_TeV, weight_energy, c);
    if (s->kind || s->op == '*')
        return numerical(s, e1_TeV, e2_TeV, weight_energy, c);
    a = exact(s->left, e1_TeV, e2_TeV, weight_energy, c);
    b = exact(s->right, e1_TeV, e2_TeV, weight_energy, c);
    return s->op == '+' ? a + b : a - b;
}

/* ---- the grid of gammapy 2.1 (algorithms 5, "Numerical") ----------------------------------------------------- */

static const double POINTS_PER_DECADE = 100, CLOSE_TO_0 = 1e-8;

static double floored_log(double x)
{
    return log(isnan(x) ? x : fmax(x, FE_TINY_DOUBLE));
}

/* A power law through both ends; NaN (0/0, both ends at 0) counts as no flux. */
static double segment(double x0, double x1, double y0, double y1)
{
    double index = -floored_log(y0 / y1) / floored_log(x0 / x1), g;

    if (isnan(index))
        return 0;
    g = 1 - index;
    return fabs(g) <= CLOSE_TO_0 ? y0 * x0 * log(x1 / x0) : y0 * x0 / g * (pow(x1 / x0, g) - 1);
}

static double grid_integral(const fe_spectrum *s, double e1_TeV, double e2_TeV, bool weight_energy, size_t n)
{
    double from = log10(e1_TeV), step = (log10(e2_TeV) - from) / (double)(n - 1), total = 0, x0 = e1_TeV, y0;

    if (!(e1_TeV > 0) || !isfinite(e2_TeV))
        return NAN;
    y0 = fe_spectrum_dnde(s, x0) * (weight_energy ? x0 : 1);
    for (size_t i = 1; i < n; i++) {
        double x1 = i == n - 1 ? e2_TeV : pow(10, (double)i * step + from);
        double y1 = fe_spectrum_dnde(s, x1) * (weight_energy ? x1 : 1);

        total += segment(x0, x1, y0, y1);
        x0 = x1;
        y0 = y1;
    }
    return total;
}

static double widest_ratio(size_t n_bins, const double *edge_TeV)
{
    double r_max = 0;

    for (size_t i = 0; i < n_bins; i++)
        if (edge_TeV[i] > 0 && isfinite(edge_TeV[i + 1]))
            r_max = fmax(r_max, edge_TeV[i + 1] / edge_TeV[i]);
    return r_max;
}

static size_t grid_points(double r_max)
{
    return (size_t)fmin(fmax(POINTS_PER_DECADE * log10(r_max), 2), 1e6);
}

/* What gammapy integrates in closed form: leaves with the bit, and the flux of a constant times one. */
static bool gammapy_closed(const fe_spectrum *s, bool weight_energy)
{
    const fe_spectrum *rest;

    if (s->kind)
        return s->kind->gammapy_closed & (weight_energy ? FE_CLOSED_EFLUX : FE_CLOSED_FLUX);
    return !weight_energy && split_product(s, &rest) && gammapy_closed(rest, false);
}

/* ---- the calls ----------------------------------------------------------------------------------------------- */

/* grid: points of gammapy's rule, 0 for ours. */
static double one_bin(const fe_spectrum *s, double e1_TeV, double e2_TeV, bool weight_energy, size_t grid,
                      const cuts *c)
{
    if (!(e1_TeV >= 0) || !(e2_TeV >= 0))
        return NAN;
    if (e1_TeV > e2_TeV)
        return -one_bin(s, e2_TeV, e1_TeV, weight_energy, grid, c);
    return finite_or_nan(grid ? grid_integral(s, e1_TeV, e2_TeV, weight_energy, grid)
                              : exact(s, e1_TeV, e2_TeV, weight_energy, c));
}

/* out[i] over edge[i] .. edge[i + 1]; r_max 0: exact, else by gammapy's rule in the company of a bin of that ratio. */
static void integrate_bins(const fe_spectrum *s, size_t n_bins, const double *edge_TeV, bool weight_energy, double r_max,
                           double *out)
{
    cuts c = { NULL, 0, 0 };
    size_t grid = r_max > 0 && !gammapy_closed(s, weight_energy) ? grid_points(r_max) : 0;

    pthread_once(&handler_once, switch_handler_off);
    collect_cuts(s, &c);
    if (c.n)
        qsort(c.e_TeV, c.n, sizeof *c.e_TeV, ascending);
    for (size_t i = 0; i < n_bins; i++)
        out[i] = one_bin(s, edge_TeV[i], edge_TeV[i + 1], weight_energy, grid, &c);
    free(c.e_TeV);
}

void fe_spectrum_integrals(const fe_spectrum *s, size_t n_bins, const double *edge_TeV, bool weight_energy,
                           bool gammapy_grid, double *out)
{
    integrate_bins(s, n_bins, edge_TeV, weight_energy, gammapy_grid ? widest_ratio(n_bins, edge_TeV) : 0, out);
}

double fe_spectrum_grid_integral(const fe_spectrum *s, double e1_TeV, double e2_TeV, bool weight_energy, double r_max)
{
    double edge_TeV[2] = { e1_TeV, e2_TeV }, out;

    integrate_bins(s, 1, edge_TeV, weight_energy, r_max, &out);
    return out;
}

static double one_integral(const fe_spectrum *s, double e1_TeV, double e2_TeV, bool weight_energy)
{
    double edge_TeV[2] = { e1_TeV, e2_TeV }, out;

    fe_spectrum_integrals(s, 1, edge_TeV, weight_energy, false, &out);
    return out;
}

double fe_spectrum_flux(const fe_spectrum *s, double e1_TeV, double e2_TeV)
{
    return one_integral(s, e1_TeV, e2_TeV, false);
}

double fe_spectrum_eflux(const fe_spectrum *s, double e1_TeV, double e2_TeV)
{
    return one_integral(s, e1_TeV, e2_TeV, true);
}

const char *fe_spectrum_library(void)
{
    return "gsl " GSL_VERSION;
}
