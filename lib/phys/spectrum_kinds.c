/* The spectral models, formula and row of each: algorithms 4; names, defaults and order of parameters as in gammapy. */
#include <math.h>

#include "phys/const.h"
#include "phys/spectrum_closed.h"
#include "phys/spectrum_ebl.h"

#define DNDE "cm-2 s-1 TeV-1"

static double value(const fe_spectrum *s, size_t i)
{
    return s->par[i].value;
}

#define N_PAR(list) (sizeof (list) / sizeof *(list)), (list)

static const double SERIES_BELOW = 1e-2;        /* |index_2 ln x| where the DR3 formula turns to its series */

/* ---- power laws ------------------------------------------------------------------------------------------- */

static const fe_par_spec pl_par[] = {
    { "index", "", 2, false }, { "amplitude", DNDE, 1e-12, false }, { "reference", "TeV", 1, true }
};
static const fe_par_spec pl_norm_par[] = {
    { "tilt", "", 0, true }, { "norm", "", 1, false }, { "reference", "TeV", 1, true }
};

/* A (E/E0)^-index */
static double pl(const fe_spectrum *s, double e)
{
    return value(s, 1) * pow(e / value(s, 2), -value(s, 0));
}

static const fe_par_spec pl2_par[] = {
    { "amplitude", "cm-2 s-1", 1e-12, false }, { "index", "", 2, false }, { "emin", "TeV", 0.1, true },
    { "emax", "TeV", 100, true }
};

/* A (1-index) E^-index / (emax^(1-index) - emin^(1-index)), with its limit at index 1 */
static double pl2(const fe_spectrum *s, double e)
{
    double index = value(s, 1), emin = value(s, 2), emax = value(s, 3);

    return value(s, 0) * pow(e / emin, -index) / (emin * fe_power_integral(1, emax / emin, 1 - index));
}

static const fe_par_spec bpl_par[] = {
    { "index1", "", 2, false }, { "index2", "", 2, false }, { "amplitude", DNDE, 1e-12, false },
    { "ebreak", "TeV", 1, false }
};

static double bpl(const fe_spectrum *s, double e)
{
    return value(s, 2) * pow(e / value(s, 3), -value(s, e < value(s, 3) ? 0 : 1));
}

static double fourth_par(const fe_spectrum *s)
{
    return value(s, 3);
}

static const fe_par_spec sbpl_par[] = {
    { "index1", "", 2, false }, { "index2", "", 2, false }, { "amplitude", DNDE, 1e-12, false },
    { "ebreak", "TeV", 1, false },
    { "reference", "TeV", 1, true }, { "beta", "", 1, true }
};

/* A (E/E0)^-index1 (1 + (E/Eb)^((index2-index1)/b))^-b with b = beta sign(index2-index1) */
static double sbpl(const fe_spectrum *s, double e)
{
    double step = value(s, 1) - value(s, 0), b = step < 0 ? -value(s, 5) : value(s, 5);
    double power_law = value(s, 2) * pow(e / value(s, 4), -value(s, 0)), bend;

    if (step == 0)
        return power_law;
    bend = pow(e / value(s, 3), step / b);
    if (isinf(bend))                    /* far above the break 1 is nothing beside it */
        return power_law * pow(e / value(s, 3), -step);
    return power_law * pow(1 + bend, -b);
}

/* ---- exponential cutoffs ------------------------------------------------------------------------------------ */

static const fe_par_spec ecpl_par[] = {
    { "index", "", 1.5, false }, { "amplitude", DNDE, 1e-12, false }, { "reference", "TeV", 1, true },
    { "lambda_", "TeV-1", 0.1, false }, { "alpha", "", 1, true }
};
static const fe_par_spec ecpl_norm_par[] = {
    { "index", "", 0, false }, { "norm", "", 1, false }, { "reference", "TeV", 1, true },
    { "lambda_", "TeV-1", 0.1, false }, { "alpha", "", 1, true }
};

/* A (E/E0)^-index exp(-(lambda E)^alpha) */
static double ecpl(const fe_spectrum *s, double e)
{
    return pl(s, e) * exp(-pow(e * value(s, 3), value(s, 4)));
}

static const fe_par_spec ecpl_3fgl_par[] = {
    { "index", "", 1.5, false }, { "amplitude", DNDE, 1e-12, false }, { "reference", "TeV", 1, true },
    { "ecut", "TeV", 10, false }
};

/* A (E/E0)^-index exp((E0-E)/Ec) */
static double ecpl_3fgl(const fe_spectrum *s, double e)
{
    return pl(s, e) * exp((value(s, 2) - e) / value(s, 3));
}

/* A (E/E0)^-index_1, where the amplitude comes first */
static double power_law_first(const fe_spectrum *s, double e, double index)
{
    return value(s, 0) * pow(e / value(s, 1), -index);
}

static const fe_par_spec secpl_3fgl_par[] = {
    { "amplitude", DNDE, 1e-12, false }, { "reference", "TeV", 1, true }, { "ecut", "TeV", 10, false },
    { "index_1", "", 1.5, false }, { "index_2", "", 2, false }
};

/* A (E/E0)^-index_1 exp((E0/Ec)^index_2 - (E/Ec)^index_2) */
static double secpl_3fgl(const fe_spectrum *s, double e)
{
    double ecut = value(s, 2), index_2 = value(s, 4);

    return power_law_first(s, e, value(s, 3)) * exp(pow(value(s, 1) / ecut, index_2) - pow(e / ecut, index_2));
}

static const fe_par_spec secpl_4fgl_par[] = {
    { "amplitude", DNDE, 1e-12, false }, { "reference", "TeV", 1, true }, { "expfactor", "", 1e-14, false },
    { "index_1", "", 1.5, false }, { "index_2", "", 2, false }
};

/* A (E/E0)^-index_1 exp(a (E0^index_2 - E^index_2)), energies of the exponent in MeV */
static double secpl_4fgl(const fe_spectrum *s, double e)
{
    double index_2 = value(s, 4), e0_MeV = FE_MEV_PER_TEV * value(s, 1), e_MeV = FE_MEV_PER_TEV * e;

    return power_law_first(s, e, value(s, 3)) * exp(value(s, 2) * (pow(e0_MeV, index_2) - pow(e_MeV, index_2)));
}

static const fe_par_spec dr3_par[] = {
    { "amplitude", DNDE, 1e-12, false }, { "reference", "TeV", 1, true }, { "expfactor", "", 1e-2, false },
    { "index_1", "", 1.5, false }, { "index_2", "", 2, false }
};

/* A x^-index_1 x^(a/b) exp((a/b^2) (1-x^b)), x = E/E0, b = index_2; near b ln x = 0 the series of the Fermi tools. */
static double dr3(const fe_spectrum *s, double e)
{
    double a = value(s, 2), b = value(s, 4), x = e / value(s, 1), l = log(x);

    if (fabs(b * l) < SERIES_BELOW)
        return power_law_first(s, e, value(s, 3)) * pow(x, -a * (l / 2 + b / 6 * l * l + b * b / 24 * l * l * l));
    return power_law_first(s, e, value(s, 3)) * (pow(x, a / b) * exp(a / (b * b) * (1 - pow(x, b))));
}

/* ---- log parabolas ------------------------------------------------------------------------------------------- */

static const fe_par_spec lp_par[] = {
    { "amplitude", DNDE, 1e-12, false }, { "reference", "TeV", 10, true }, { "alpha", "", 2, false },
    { "beta", "", 1, false }
};
static const fe_par_spec lp_norm_par[] = {
    { "norm", "", 1, false }, { "reference", "TeV", 10, true }, { "alpha", "", 0, false }, { "beta", "", 0, false }
};

/* A x^(-alpha - beta ln x), natural logarithm */
static double lp(const fe_spectrum *s, double e)
{
    return power_law_first(s, e, value(s, 2) + value(s, 3) * log(e / value(s, 1)));
}

static const fe_par_spec lp2_par[] = {
    { "amplitude", DNDE, 1e-12, false }, { "reference", "TeV", 10, true }, { "alpha", "", 2, false },
    { "beta", "", 1, false },
    { "escale", "TeV", 1, true }
};

static double lp2(const fe_spectrum *s, double e)
{
    return power_law_first(s, e, value(s, 2) + value(s, 3) * log(e / value(s, 4)));
}

/* ---- Gaussian, constant, scale ------------------------------------------------------------------------------- */

static const fe_par_spec gauss_par[] = {
    { "amplitude", "cm-2 s-1", 1e-12, false }, { "mean", "TeV", 1, false }, { "sigma", "TeV", 2, false }
};

static double gauss(const fe_spectrum *s, double e)
{
    double sigma = value(s, 2), t = (e - value(s, 1)) / sigma;

    return value(s, 0) / (sqrt(2 * M_PI) * sigma) * exp(-t * t / 2);
}

static double second_par(const fe_spectrum *s)
{
    return value(s, 1);
}

static const fe_par_spec const_par[] = { { "const", DNDE, 1e-12, false } };
static const fe_par_spec scale_par[] = { { "norm", "", 1, false } };

static double constant(const fe_spectrum *s, double e)
{
    (void)e;
    return value(s, 0);
}

/* ---- nodes --------------------------------------------------------------------------------------------------- */

/* A straight line in ln E - ln value through two nodes, on beyond the outermost. */
static double template(const fe_spectrum *s, double e)
{
    size_t k;
    double from, slope;

    if (s->n_node < 2)
        return s->n_node ? s->node_value[0] : NAN;
    k = fe_node_segment(s, e);
    from = fe_node_log(s, k);
    slope = (fe_node_log(s, k + 1) - from) / log(s->node_e_TeV[k + 1] / s->node_e_TeV[k]);
    return exp(from + slope * log(e / s->node_e_TeV[k]));
}

/* Between nodes as the template, or straight in E and norm; constant outside. */
static double piecewise(const fe_spectrum *s, double e)
{
    const double *x = s->node_e_TeV, *y = s->node_value;
    size_t k, last = s->n_node - 1;

    if (!s->n_node || isnan(e))
        return NAN;
    if (e <= x[0])
        return y[0];
    if (e >= x[last])
        return y[last];
    k = fe_node_segment(s, e);
    return s->node_linear ? y[k] + (y[k + 1] - y[k]) * ((e - x[k]) / (x[k + 1] - x[k])) : template(s, e);
}

/* ---- absorption ---------------------------------------------------------------------------------------------- */

static const fe_par_spec ebl_par[] = { { "redshift", "", 0.1, true }, { "alpha_norm", "", 1, true } };

/* transmission(z, E)^alpha_norm; without a table there is none to tell */
static double ebl(const fe_spectrum *s, double e)
{
    double t = s->ebl ? fe_ebl_transmission(s->ebl, value(s, 0), e) : NAN;

    return value(s, 1) == 1 ? t : pow(t, value(s, 1));
}

/* ---- the table ----------------------------------------------------------------------------------------------- */

enum { NONE = 0, FLUX = FE_CLOSED_FLUX, BOTH = FE_CLOSED_FLUX | FE_CLOSED_EFLUX };

#define NUMERICAL NULL, NULL, NULL, NONE

const fe_spectrum_kind fe_spectrum_kinds[] = {
    { "PowerLawSpectralModel", "pl", false, N_PAR(pl_par), pl, fe_pl_flux, fe_pl_eflux, NULL, BOTH },
    { "PowerLawNormSpectralModel", "pl-norm", true, N_PAR(pl_norm_par), pl, fe_pl_flux, fe_pl_eflux, NULL, BOTH },
    { "PowerLaw2SpectralModel", "pl-2", false, N_PAR(pl2_par), pl2, fe_pl2_flux, fe_pl2_eflux, NULL, FLUX },
    { "BrokenPowerLawSpectralModel", "bpl", false, N_PAR(bpl_par), bpl, fe_bpl_flux, fe_bpl_eflux, fourth_par, NONE },
    { "SmoothBrokenPowerLawSpectralModel", "sbpl", false, N_PAR(sbpl_par), sbpl, NULL, NULL, fourth_par, NONE },
    { "PiecewiseNormSpectralModel", "piecewise-norm", true, 0, NULL, piecewise, NUMERICAL },
    { "ExpCutoffPowerLawSpectralModel", "ecpl", false, N_PAR(ecpl_par), ecpl, NUMERICAL },
    { "ExpCutoffPowerLawNormSpectralModel", "ecpl-norm", true, N_PAR(ecpl_norm_par), ecpl, NUMERICAL },
    { "ExpCutoffPowerLaw3FGLSpectralModel", "ecpl-3fgl", false, N_PAR(ecpl_3fgl_par), ecpl_3fgl, NUMERICAL },
    { "SuperExpCutoffPowerLaw3FGLSpectralModel", "secpl-3fgl", false, N_PAR(secpl_3fgl_par), secpl_3fgl, NUMERICAL },
    { "SuperExpCutoffPowerLaw4FGLSpectralModel", "secpl-4fgl", false, N_PAR(secpl_4fgl_par), secpl_4fgl, NUMERICAL },
    { "SuperExpCutoffPowerLaw4FGLDR3SpectralModel", "secpl-4fgl-dr3", false, N_PAR(dr3_par), dr3, NUMERICAL },
    { "LogParabolaSpectralModel", "lp", false, N_PAR(lp_par), lp, NUMERICAL },
    { "LogParabola2SpectralModel", "lp2", false, N_PAR(lp2_par), lp2, NUMERICAL },
    { "LogParabolaNormSpectralModel", "lp-norm", true, N_PAR(lp_norm_par), lp, NUMERICAL },
    { "GaussianSpectralModel", "gauss", false, N_PAR(gauss_par), gauss, fe_gauss_flux, fe_gauss_eflux, second_par,
      BOTH },
    { "ConstantSpectralModel", "const", false, N_PAR(const_par), constant, fe_const_flux, fe_const_eflux, NULL, NONE },
    { "TemplateSpectralModel", "template", false, 0, NULL, template, fe_template_flux, fe_template_eflux, NULL, NONE },
    { "EBLAbsorptionNormSpectralModel", "ebl-norm", true, N_PAR(ebl_par), ebl, NUMERICAL },
    { "ScaleSpectralModel", "scale", true, N_PAR(scale_par), constant, fe_const_flux, fe_const_eflux, NULL, NONE },
    { NULL, NULL, false, 0, NULL, NULL, NUMERICAL }
};
