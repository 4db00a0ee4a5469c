/* Integrals in closed form (algorithms 5); parameters by position as in the rows of spectrum_kinds.c. */
#include "phys/spectrum_closed.h"

#include <math.h>

#include "phys/const.h"

double fe_power_integral(double x1, double x2, double g)
{
    double length = log1p((x2 - x1) / x1), z = g * length;

    if (x1 == x2)
        return 0;
    if (g == 0 || z == 0)
        return length;
    return g > 0 ? pow(x2, g) * (-expm1(-z) / g) : pow(x1, g) * (expm1(z) / g);
}

/* ---- power laws: A (E/E0)^-index ------------------------------------------------------------------------ */

static double power_law(double amplitude, double index, double e0, double e1, double e2, int weight)
{
    return amplitude * (weight ? e0 * e0 : e0) * fe_power_integral(e1 / e0, e2 / e0, 1 + weight - index);
}

double fe_pl_flux(const fe_spectrum *s, double e1_TeV, double e2_TeV)
{
    return power_law(s->par[1].value, s->par[0].value, s->par[2].value, e1_TeV, e2_TeV, 0);
}

double fe_pl_eflux(const fe_spectrum *s, double e1_TeV, double e2_TeV)
{
    return power_law(s->par[1].value, s->par[0].value, s->par[2].value, e1_TeV, e2_TeV, 1);
}

/* pl-2: the amplitude is the integral from emin to emax. */
static double pl2_integral(const fe_spectrum *s, double e1, double e2, int weight)
{
    double index = s->par[1].value, emin = s->par[2].value, emax = s->par[3].value;

    return power_law(s->par[0].value, index, emin, e1, e2, weight) / power_law(1, index, emin, emin, emax, 0);
}

double fe_pl2_flux(const fe_spectrum *s, double e1_TeV, double e2_TeV)
{
    return pl2_integral(s, e1_TeV, e2_TeV, 0);
}

double fe_pl2_eflux(const fe_spectrum *s, double e1_TeV, double e2_TeV)
{
    return pl2_integral(s, e1_TeV, e2_TeV, 1);
}

static double bpl_integral(const fe_spectrum *s, double e1, double e2, int weight)
{
    double index1 = s->par[0].value, index2 = s->par[1].value, amplitude = s->par[2].value, ebreak = s->par[3].value;
    double below = e1 < ebreak ? power_law(amplitude, index1, ebreak, e1, fmin(e2, ebreak), weight) : 0;
    double above = e2 > ebreak ? power_law(amplitude, index2, ebreak, fmax(e1, ebreak), e2, weight) : 0;

    return below + above;
}

double fe_bpl_flux(const fe_spectrum *s, double e1_TeV, double e2_TeV)
{
    return bpl_integral(s, e1_TeV, e2_TeV, 0);
}

double fe_bpl_eflux(const fe_spectrum *s, double e1_TeV, double e2_TeV)
{
    return bpl_integral(s, e1_TeV, e2_TeV, 1);
}

/* ---- constant, Gaussian ---------------------------------------------------------------------------------- */

double fe_const_flux(const fe_spectrum *s, double e1_TeV, double e2_TeV)
{
    return s->par[0].value * (e2_TeV - e1_TeV);
}

double fe_const_eflux(const fe_spectrum *s, double e1_TeV, double e2_TeV)
{
    return s->par[0].value * (e2_TeV - e1_TeV) * (0.5 * (e1_TeV + e2_TeV));
}

double fe_erf_between(double u, double v)
{
    if (u > 0)
        return erfc(u) - erfc(v);
    return v < 0 ? erfc(-v) - erfc(-u) : erf(v) - erf(u);
}

double fe_gauss_flux(const fe_spectrum *s, double e1_TeV, double e2_TeV)
{
    double mean = s->par[1].value, width = sqrt(2) * s->par[2].value;

    return 0.5 * s->par[0].value * fe_erf_between((e1_TeV - mean) / width, (e2_TeV - mean) / width);
}

/* E = mean + (E - mean), and (E - mean) phi is -sigma^2 phi'. */
double fe_gauss_eflux(const fe_spectrum *s, double e1_TeV, double e2_TeV)
{
    double mean = s->par[1].value, sigma = s->par[2].value;
    double drop = s->kind->dnde(s, e1_TeV) - s->kind->dnde(s, e2_TeV);

    return mean * fe_gauss_flux(s, e1_TeV, e2_TeV) + sigma * sigma * drop;
}

/* ---- template: a power law between nodes -------------------------------------------------------------------- */

double fe_node_log(const fe_spectrum *s, size_t k)
{
    return log(fmax(s->node_value[k], FE_TINY_DOUBLE));
}

size_t fe_node_segment(const fe_spectrum *s, double e_TeV)
{
    size_t lo = 0, hi = s->n_node - 1;

    while (hi - lo > 1) {
        size_t mid = lo + (hi - lo) / 2;

        if (s->node_e_TeV[mid] <= e_TeV)
            lo = mid;
        else
            hi = mid;
    }
    return lo;
}

static double template_integral(const fe_spectrum *s, double e1, double e2, int weight)
{
    double total = 0;

    if (s->n_node < 2)
        return s->n_node ? power_law(s->node_value[0], 0, s->node_e_TeV[0], e1, e2, weight) : NAN;
    for (size_t k = fe_node_segment(s, e1); e1 < e2; k++) {
        double x = s->node_e_TeV[k], next = s->node_e_TeV[k + 1], to = k + 2 < s->n_node ? fmin(e2, next) : e2;
        double index = -(fe_node_log(s, k + 1) - fe_node_log(s, k)) / log(next / x);

        total += power_law(fmax(s->node_value[k], FE_TINY_DOUBLE), index, x, e1, to, weight);
        e1 = to;
    }
    return total;
}

double fe_template_flux(const fe_spectrum *s, double e1_TeV, double e2_TeV)
{
    return template_integral(s, e1_TeV, e2_TeV, 0);
}

double fe_template_eflux(const fe_spectrum *s, double e1_TeV, double e2_TeV)
{
    return template_integral(s, e1_TeV, e2_TeV, 1);
}
