/*
 * Formulae: "Source Model Definitions for gtlike" of the Fermi tools and the spectral models of GammaLib's manual; the
 * two that the former leaves open (PLSuperExpCutoff3 and 4) as the tools compute them.  Energies there are MeV.
 */
#include "io/model_xml_rows.h"

#include <math.h>
#include <string.h>

#include "phys/const.h"

bool fe_xml_is_one_of(const char *names, const char *name)
{
    size_t len = strlen(name);

    for (const char *p = names; *p; p += strcspn(p, "|"), p += *p == '|')
        if (strcspn(p, "|") == len && !strncmp(p, name, len))
            return true;
    return false;
}

double fe_xml_apply(fe_xml_rule rule, double x)
{
    switch (rule) {
    case FE_XML_SAME: return x;
    case FE_XML_NEGATIVE: return -x;
    case FE_XML_MEV: return x / FE_MEV_PER_TEV;
    case FE_XML_PER_MEV: return x * FE_MEV_PER_TEV;
    case FE_XML_CUTOFF: return FE_MEV_PER_TEV / x;
    }
    return NAN;
}

/* ---- what a change of parameters needs ------------------------------------------------------------------------- */

void fe_xml_scale(fe_par *par, double factor)
{
    par->value *= factor;
    par->error *= factor;
    par->min *= factor;
    par->max *= factor;
}

/* The energy flux between two limits (erg cm-2 s-1) stands as amplitude, the limits as reference and its maximum. */
static const char *finish_energy_flux(fe_spectrum *s)
{
    fe_par *amplitude = fe_spectrum_par(s, "amplitude"), *reference = fe_spectrum_par(s, "reference");
    double lo = reference->value, hi = reference->max, flux = amplitude->value, one;

    if (!(hi > lo))
        return "UpperLimit is not above LowerLimit";
    reference->value = sqrt(lo * hi);
    reference->min = reference->max = NAN;
    reference->frozen = true;
    amplitude->value = 1;
    one = fe_spectrum_eflux(s, lo, hi);
    amplitude->value = flux;
    fe_xml_scale(amplitude, 1 / (FE_ERG_PER_TEV * one));
    return NULL;
}

/* There the break is always a softening; with the indices the other way round the two formulae differ. */
static const char *finish_smooth_break(fe_spectrum *s)
{
    return fe_spectrum_par(s, "index2")->value < fe_spectrum_par(s, "index1")->value
               ? "a smooth break whose Index2 is harder than Index1 is not known here" : NULL;
}

static double lambda_of(double factor, double alpha)
{
    return FE_MEV_PER_TEV * pow(factor, 1 / alpha);
}

/* exp(-a E^b) = exp(-(lambda E)^b) with lambda = a^(1/b) */
static const char *finish_expfactor(fe_spectrum *s)
{
    fe_par *lambda = fe_spectrum_par(s, "lambda_");
    double a = lambda->value, b = fe_spectrum_par(s, "alpha")->value;

    if (!(a >= 0) || !(b > 0))
        return "Expfactor is below 0 or Index2 not above it";
    lambda->value = lambda_of(a, b);
    lambda->error *= a > 0 ? lambda->value / (a * b) : 0;
    lambda->min = lambda->min >= 0 ? lambda_of(lambda->min, b) : NAN;
    lambda->max = lambda->max >= 0 ? lambda_of(lambda->max, b) : NAN;
    return NULL;
}

/* x^(IndexS + a b) exp(a (1 - x^b)): expfactor is a b^2 */
static const char *finish_cutoff3(fe_spectrum *s)
{
    double b = fe_spectrum_par(s, "index_2")->value;

    fe_xml_scale(fe_spectrum_par(s, "expfactor"), b * b);
    return NULL;
}

/* ---- the table ------------------------------------------------------------------------------------------------- */

#define PREFACTOR { "Prefactor", "amplitude", FE_XML_PER_MEV }
#define PIVOT { "Scale|PivotEnergy", "reference", FE_XML_MEV }
#define BREAK { "BreakValue|BreakEnergy", "ebreak", FE_XML_MEV }
#define INDEX(name, par) { name, par, FE_XML_NEGATIVE }
#define SAME(name, par) { name, par, FE_XML_SAME }
#define MEV(name, par) { name, par, FE_XML_MEV }

const fe_xml_row fe_xml_rows[] = {          /* of one type: the first whose parameters are there */
    { "PowerLaw", "pl", { PREFACTOR, INDEX("Index", "index"), PIVOT }, NULL },
    { "PowerLaw|PowerLaw2|PowerLawPhotonFlux", "pl-2",
      { SAME("PhotonFlux|Integral", "amplitude"), INDEX("Index", "index"), MEV("LowerLimit", "emin"),
        MEV("UpperLimit", "emax") }, NULL },
    { "PowerLaw|PowerLawEnergyFlux", "pl",
      { SAME("EnergyFlux", "amplitude"), INDEX("Index", "index"), MEV("LowerLimit", "reference"),
        MEV("UpperLimit", "reference>") }, finish_energy_flux },
    { "BrokenPowerLaw", "bpl", { PREFACTOR, INDEX("Index1", "index1"), INDEX("Index2", "index2"), BREAK }, NULL },
    { "SmoothBrokenPowerLaw", "sbpl",
      { PREFACTOR, INDEX("Index1", "index1"), INDEX("Index2", "index2"), BREAK, PIVOT,
        SAME("Beta|BreakSmoothness", "beta") }, finish_smooth_break },
    { "ExponentialCutoffPowerLaw|ExpCutoff", "ecpl",
      { PREFACTOR, INDEX("Index", "index"), { "Cutoff|CutoffEnergy", "lambda_", FE_XML_CUTOFF }, PIVOT }, NULL },
    { "ExponentialCutoffPowerLaw", "ecpl",
      { PREFACTOR, INDEX("Index", "index"), { "InverseCutoffEnergy", "lambda_", FE_XML_PER_MEV }, PIVOT }, NULL },
    { "PLSuperExpCutoff|SuperExponentialCutoffPowerLaw", "ecpl",
      { PREFACTOR, INDEX("Index1", "index"), PIVOT, { "Cutoff|CutoffEnergy", "lambda_", FE_XML_CUTOFF },
        SAME("Index2", "alpha") }, NULL },
    { "PLSuperExpCutoff2", "ecpl",
      { PREFACTOR, INDEX("Index1", "index"), PIVOT, SAME("Expfactor", "lambda_"), SAME("Index2", "alpha") },
      finish_expfactor },
    { "PLSuperExpCutoff3", "secpl-4fgl-dr3",
      { PREFACTOR, INDEX("IndexS|Index1", "index_1"), PIVOT, SAME("Expfactor2|ExpfactorS", "expfactor"),
        SAME("Index2", "index_2") }, finish_cutoff3 },
    { "PLSuperExpCutoff4", "secpl-4fgl-dr3",
      { PREFACTOR, INDEX("IndexS|Index1", "index_1"), PIVOT, SAME("ExpfactorS", "expfactor"),
        SAME("Index2", "index_2") }, NULL },
    { "LogParabola", "lp",
      { { "norm", "amplitude", FE_XML_PER_MEV }, SAME("alpha", "alpha"), SAME("beta", "beta"), MEV("Eb", "reference") },
      NULL },
    { "LogParabola", "lp",
      { PREFACTOR, INDEX("Index", "alpha"), INDEX("Curvature", "beta"), PIVOT }, NULL },
    { "Gaussian", "gauss",
      { SAME("Prefactor|Normalization", "amplitude"), MEV("Mean", "mean"), MEV("Sigma", "sigma") }, NULL },
    { "ConstantValue|Constant", "const", { { "Value|Normalization", "const", FE_XML_PER_MEV } }, NULL },
    { "FileFunction", "scale", { SAME("Normalization", "norm") }, NULL },
    { NULL, NULL, { { NULL, NULL, FE_XML_SAME } }, NULL }
};

/* Index is the power of the factor there, tilt its negative here. */
const fe_xml_row fe_xml_factor_rows[] = {
    { "PowerLaw", "pl-norm", { SAME("Prefactor", "norm"), INDEX("Index", "tilt"), PIVOT }, NULL },
    { "ConstantValue|Constant", "pl-norm", { SAME("Value|Normalization", "norm") }, NULL },
    { "ExponentialCutoffPowerLaw|ExpCutoff", "ecpl-norm",
      { SAME("Prefactor", "norm"), INDEX("Index", "index"), { "Cutoff|CutoffEnergy", "lambda_", FE_XML_CUTOFF }, PIVOT }, NULL },
    { "LogParabola", "lp-norm", { SAME("norm", "norm"), SAME("alpha", "alpha"), SAME("beta", "beta"), MEV("Eb", "reference") }, NULL },
    { NULL, NULL, { { NULL, NULL, FE_XML_SAME } }, NULL }
};

/* ---- places ---------------------------------------------------------------------------------------------------- */

#define FACTOR "Normalization|Prefactor|Value"

/*
 * "Source Model Definitions for gtlike", and the spatial models of GammaLib's manual.  SpatialMap of the Fermi tools is taken as it
 * stands; GammaLib's DiffuseMap is brought to integral 1, and its DiffuseIsotropic holds its flux in 4 pi sr (GModelSpatialDiffuseConst).
 */
const fe_xml_place fe_xml_places[] = {
    { "SkyDirFunction|PointSource", "point", { { NULL, NULL, FE_XML_SAME } }, NULL, 0, false, false },
    { "RadialGaussian|GaussFunction", "gauss", { SAME("Sigma", "sigma") }, NULL, 0, false, false },
    { "RadialDisk|DiskFunction", "disk", { SAME("Radius", "r_0") }, NULL, 0, false, false },
    { "RadialShell|ShellFunction", "shell", { SAME("Radius", "radius"), SAME("Width", "width") }, NULL, 0, false, false },
    { "ConstantValue", "const", { { NULL, NULL, FE_XML_SAME } }, FACTOR, 1, false, false },
    { "DiffuseIsotropic", "const", { { NULL, NULL, FE_XML_SAME } }, FACTOR, 1 / (4 * M_PI), false, false },
    { "SpatialMap", "template", { { NULL, NULL, FE_XML_SAME } }, FACTOR, 0, false, false },
    { "DiffuseMap", "template", { { NULL, NULL, FE_XML_SAME } }, FACTOR, 0, false, true },
    { "MapCubeFunction|MapCube|DiffuseMapCube", "template", { { NULL, NULL, FE_XML_SAME } }, FACTOR, 0, true, false },
    { NULL, NULL, { { NULL, NULL, FE_XML_SAME } }, NULL, 0, false, false }
};
