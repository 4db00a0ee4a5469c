/* phys/spectrum: formulae, integrals, inline text. */
#include <stdlib.h>

#include "check.h"
#include "phys/compat.h"
#include "phys/spectrum.h"

#define NODES "energy=[0.5,1,2]TeV,values=[4e-12,1e-12,2e-13]cm-2 s-1 TeV-1"
#define LP_CRAB "lp:amplitude=3.85e-11 cm-2 s-1 TeV-1,alpha=2.51,beta=0.24,reference=1TeV"

static fe_spectrum *parse(const char *text)
{
    fe_err err = { FE_OK, "" };
    fe_spectrum *s = fe_spectrum_parse(text, &err);

    check_(s != NULL, s ? text : err.text, __FILE__, __LINE__);
    if (!s)
        exit(1);
    return s;
}

static double flux(const char *text, double e1, double e2, bool weight, bool grid)
{
    fe_spectrum *s = parse(text);
    double edge[2] = { e1, e2 }, out;

    fe_spectrum_integrals(s, 1, edge, weight, grid, &out);
    fe_spectrum_free(s);
    return out;
}

/* dnde at 0.3, 1 and 7 TeV, as gammapy 2.1 gives them, to the digits shown. */
static const struct { const char *model; double dnde[3]; } formula[] = {
    { "pl:index=2.3", { 1.5944875e-11, 1e-12, 1.1383466e-14 } },
    { "pl-2:index=2.3", { 1.0390086e-12, 6.5162544e-14, 7.4177559e-16 } },
    { "bpl:index1=1.5,index2=2.5", { 6.0858062e-12, 1e-12, 7.7135607e-15 } },
    { "sbpl:index1=1.5,index2=2.5,beta=.5", { 5.8291451e-12, 7.0710678e-13, 7.6360355e-15 } },
    { "ecpl", { 5.9059434e-12, 9.0483742e-13, 2.6813086e-14 } },
    { "ecpl-3fgl", { 6.5270769e-12, 1e-12, 2.9633043e-14 } },
    { "secpl-3fgl", { 6.1414398e-12, 1e-12, 3.3411163e-14 } },
    { "secpl-4fgl", { 6.1414397797672e-12, 1e-12, 3.3411162655838596e-14 } },
    { "secpl-4fgl-dr3", { 6.0630583e-12, 1e-12, 4.8357417e-14 } },
    { "lp:reference=10TeV", { 5.0780269e-15, 4.9821283e-13, 1.7970256e-12 } },
    { "lp2:reference=10TeV", { 1.6302450753272843e-11, 1e-10, 4.08534949850416e-12 } },
    { "gauss", { 1.8762017e-13, 1.9947114e-13, 2.2159242e-15 } },
    { "const", { 1e-12, 1e-12, 1e-12 } },
    { "sbpl:index1=1.5,index2=2.5,beta=1e-3", { 6.0858062e-12, 9.9930709e-13, 7.7135607e-15 } },   /* as sharp as bpl */
    { "template:" NODES, { 1.1111111e-11, 1e-12, 1.0907949e-14 } },
    { "const * pl-norm:tilt=0.5", { 1.8257418583505538e-12, 1e-12, 3.7796447300922725e-13 } },
    { "const * ecpl-norm:index=1", { 3.234818445161694e-12, 9.048374180359595e-13, 7.094075768448706e-14 } },
    { "const * lp-norm:reference=10TeV,alpha=2,beta=0.5", { 2.3753425318196504e-12, 7.05841929644359e-12,
      1.9150454960150647e-12 } },
    { "const * piecewise-norm:energy=[0.3,1,7]TeV,norms=[1,2,3]", { 1e-12, 2e-12, 3e-12 } },
    { "const * piecewise-norm:energy=[0.1,0.5,4,6]TeV,norms=[1,2,9,4],interp=lin", { 1.5e-12, 3e-12, 4e-12 } },
    { "scale:norm=3 * const", { 3e-12, 3e-12, 3e-12 } },
    { "const + scale:norm=3 * const - const", { 3e-12, 3e-12, 3e-12 } },
    { "(scale:norm=3 + scale) * const", { 4e-12, 4e-12, 4e-12 } }
};

static void check_formulae(void)
{
    static const double e_TeV[3] = { 0.3, 1, 7 };

    for (size_t i = 0; i < sizeof formula / sizeof *formula; i++) {
        fe_spectrum *s = parse(formula[i].model);

        for (int k = 0; k < 3; k++)
            near_(fe_spectrum_dnde(s, e_TeV[k]), formula[i].dnde[k], 6e-8, 0, formula[i].model, __FILE__, __LINE__);
        fe_spectrum_free(s);
    }
}

/* Every row of the table has a formula in the test above, by its tag; but for those that need a file. */
static void check_rows(void)
{
    for (const fe_spectrum_kind *k = fe_spectrum_kinds; k->type; k++) {
        size_t n = 0, len = strlen(k->tag);
        fe_spectrum *by_tag = fe_spectrum_new(k->tag), *by_type = fe_spectrum_new(k->type);

        for (size_t i = 0; i < sizeof formula / sizeof *formula; i++)
            for (const char *at = formula[i].model; (at = strstr(at, k->tag)); at += len)
                n += (at == formula[i].model || strchr(" (", at[-1])) && (!at[len] || strchr(" :)", at[len]));
        CHECK_MSG(n > 0 || fe_spectrum_has_table(by_tag), k->tag);          /* tables: t_ebl */
        CHECK_MSG(by_tag && by_type && by_tag->kind == k && by_type->kind == k, k->tag);
        CHECK_MSG(k->n_par <= FE_SPECTRUM_MAX_PAR, k->tag);
        for (size_t i = 0; i < k->n_par; i++) {
            CHECK_MSG(fe_spectrum_par(by_tag, k->par[i].name) == &by_tag->par[i], k->par[i].name);
            CHECK(by_tag->par[i].frozen == k->par[i].frozen && isnan(by_tag->par[i].min) && by_tag->par[i].error == 0);
        }
        fe_spectrum_free(by_tag);
        fe_spectrum_free(by_type);
    }
    CHECK(!fe_spectrum_new("PL") && !fe_spectrum_new(""));
}

static void check_defaults(void)
{
    fe_spectrum *lp = fe_spectrum_new("lp"), *pl2 = fe_spectrum_new("pl-2"), *copy;

    CHECK(fe_spectrum_par(lp, "reference")->value == 10 && fe_spectrum_par(lp, "reference")->frozen);
    CHECK(fe_spectrum_par(lp, "beta")->value == 1 && !fe_spectrum_par(lp, "beta")->frozen);
    CHECK(fe_spectrum_par(pl2, "emin")->value == 0.1 && fe_spectrum_par(pl2, "emax")->frozen);
    CHECK(!fe_spectrum_par(lp, "index"));
    copy = fe_spectrum_join('+', fe_spectrum_copy(lp), fe_spectrum_copy(lp));
    fe_spectrum_par(lp, "amplitude")->value = 5;
    NEAR(fe_spectrum_dnde(copy, 10), 2e-12, 1e-15);
    CHECK(!fe_spectrum_par(copy, "index") && !fe_spectrum_copy(NULL));
    fe_spectrum_free(copy);
    fe_spectrum_free(lp);
    fe_spectrum_free(pl2);
    fe_spectrum_free(NULL);
}

/* Integral and energy integral over 1-10 and 0.1-100 TeV: 30 digits of mpmath. */
static const struct { const char *model; double exact[4]; } integral[] = {
    { "pl:index=2.3", { 7.3067790510559444e-13, 1.6627092212424257e-12, 1.5346239433274835e-11,
      5.8135789060597385e-12 } },
    { "pl-2:index=2.3", { 4.7612831031508951e-14, 1.0834636253864372e-13, 1e-12, 3.7882759039027585e-13 } },
    { "bpl:index1=1.5,index2=2.5", { 6.4558481559887747e-13, 1.3675444679663241e-12, 4.9905553203367585e-12,
      3.1675444679663241e-12 } },
    { "sbpl:index1=1.5,index2=2.5,beta=.5", { 5.4596358760521245e-13, 1.2222489806706121e-12, 4.6399697208847853e-12,
      2.8763256578886554e-12 } },
    { "ecpl", { 1.0193986649288757e-12, 2.7880439172635377e-12, 5.2666970327148975e-12, 4.9745941536798701e-12 } },
    { "ecpl-3fgl", { 1.126609758404535e-12, 3.081265055677369e-12, 5.8206003948718125e-12, 5.4977767878761313e-12 } },
    { "secpl-3fgl", { 1.2125496067891625e-12, 3.3808574373498294e-12, 5.6055204219300639e-12, 5.151407082247317e-12 } },
    { "secpl-4fgl", { 1.2125496067891625e-12, 3.3808574373498294e-12, 5.6055204219300639e-12, 5.151407082247317e-12 } },
    { "secpl-4fgl-dr3", { 1.3285075800232678e-12, 4.0671172314271849e-12, 5.7693755184716947e-12,
      7.5431885705848998e-12 } },
    { "lp:reference=10TeV", { 1.7179494964590328e-11, 8.8522676777525832e-11, 2.2757917241127066e-11,
      1.7714536931625997e-10 } },
    { LP_CRAB, { 2.1817434162819008e-11, 4.0356610403233711e-11, 4.1866133527527012e-10, 1.469943791891532e-10 } },
    { "gauss", { 4.9999660232687527e-13, 1.2978491956475268e-12, 6.7364477971207997e-13, 1.3946987046353758e-12 } },
    { "const", { 9e-12, 4.95e-11, 9.99e-11, 4.999995e-9 } },
    { "template:" NODES, { 7.204242168649305e-13, 1.6261088529503355e-12, 9.7547531422095495e-12,
      4.7035508720216318e-12 } },
    { "pl * piecewise-norm:energy=[0.3,1,7]TeV,norms=[1,2,3]",
      { 2.1136203750617315e-12, 5.8692297699047546e-12, 1.2192840973537363e-11, 1.5612562931721207e-11 } }
};

static void check_integrals(void)
{
    for (size_t i = 0; i < sizeof integral / sizeof *integral; i++)
        for (int k = 0; k < 4; k++)
            near_(flux(integral[i].model, k < 2 ? 1 : 0.1, k < 2 ? 10 : 100, k % 2, false), integral[i].exact[k],
                1e-13, 0,
                  integral[i].model, __FILE__, __LINE__);
    NEAR(flux("gauss", 30, 31, false, false), 6.0538237982159080e-60, 1e-12);       /* erfc in 40 digits */
    NEAR(flux("pl + ecpl", 1, 10, false, false), 0.9e-12 + 1.0193986649288757e-12, 1e-13);
    NEAR(flux("scale:norm=2 * ecpl - pl", 1, 10, false, false), 2 * 1.0193986649288757e-12 - 0.9e-12, 1e-13);
}

/* A line a millionth wide, which no rule over the whole band would meet, is found by its nodes. */
static void check_nodes_split(void)
{
    const char *line = "template:energy=[0.1,3,3.000001,3.000002,100]TeV,"
                       "values=[1e-20,1e-20,1e-6,1e-20,1e-20]cm-2 s-1 TeV-1";
    double closed = flux(line, 0.1, 100, false, false);
    char text[256];

    CHECK(closed > 1e-14);
    snprintf(text, sizeof text, "%s * pl-norm", line);
    NEAR(flux(text, 0.1, 100, false, false), closed, 1e-9);
}

/* gammapy's own rule, one bin 1-10 TeV: the published check values, and a whole axis where r_max is of all bins. */
static void check_gammapy_grid(void)
{
    static const struct { const char *model; double value[2]; } row[] = {
        { "pl:index=2.3", { 7.3067791e-13, 1.6627092e-12 } }, { "pl-2:index=2.3", { 4.7612831e-14, 1.0834636e-13 } },
        { "bpl:index1=1.5,index2=2.5", { 6.4558482e-13, 1.3675445e-12 } },
        { "sbpl:index1=1.5,index2=2.5,beta=.5", { 5.4595513e-13, 1.2222352e-12 } },
        { "ecpl", { 1.0193861e-12, 2.7879927e-12 } },
        { "ecpl-3fgl", { 1.1265959e-12, 3.0812085e-12 } }, { "secpl-3fgl", { 1.2125247e-12, 3.3807208e-12 } },
        { "secpl-4fgl-dr3", { 1.3284992e-12, 4.0670671e-12 } },
        { "lp:reference=10TeV", { 1.7177946e-11, 8.8514696e-11 } },
        { "gauss", { 4.999966e-13, 1.2978492e-12 } }
    };
    static const double edge[] = { 0.5, 0.6, 0.7, 1.7, 2 };
    fe_spectrum *lp = parse(LP_CRAB);
    double out[4], exact[4];

    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        for (int k = 0; k < 2; k++)
            near_(flux(row[i].model, 1, 10, k, true), row[i].value[k], 6e-8, 0, row[i].model, __FILE__, __LINE__);
    NEAR(flux("scale:norm=2 * gauss", 1, 10, false, true), 9.9999320465375078e-13, 1e-14);     /* closed for the flux */
    NEAR(flux("scale:norm=2 * gauss", 1, 10, true, true), 2.5951023085260396e-12, 1e-13);     /* only */
    fe_spectrum_integrals(lp, 4, edge, false, true, out);
    fe_spectrum_integrals(lp, 4, edge, false, false, exact);
    NEAR(out[0], 1.599216315701923e-11, 1e-14);             /* gammapy 2.1 on these four bins */
    NEAR(out[2], 3.1788350362186096e-11, 1e-14);
    for (int i = 0; i < 4; i++)
        CHECK(fabs(out[i] / exact[i] - 1) < 1e-4 && out[i] != exact[i]);
    CHECK(flux(LP_CRAB, 0.5, 0.6, false, true) != out[0]);  /* alone, the bin has fewer points */
    fe_spectrum_free(lp);
}

/* Near index 1 (flux) and 2 (energy flux) nothing jumps or cancels: (1 - 10^-d) / d in extended precision. */
static void check_smoothness(void)
{
    char text[64];

    for (int sign = -1; sign <= 1; sign += 2)
        for (double d = 1e-12; d <= 1; d *= 2) {
            double index1 = 1 + sign * d, index2 = 2 + sign * d, d1 = index1 - 1, d2 = index2 - 2;

            snprintf(text, sizeof text, "pl:index=%.17g", index1);
            NEAR(flux(text, 1, 10, false, false), 1e-12 * (double)(-expm1l(-d1 * logl(10)) / d1), 1e-14);
            snprintf(text, sizeof text, "pl:index=%.17g", index2);
            NEAR(flux(text, 1, 10, true, false), 1e-12 * (double)(-expm1l(-d2 * logl(10)) / d2), 1e-14);
            snprintf(text, sizeof text, "pl-2:index=%.17g,emin=1TeV,emax=100TeV", index1);
            NEAR(flux(text, 1, 10, false, false), 1e-12 * (double)(expm1l(-d1 * logl(10)) / expm1l(-d1 * logl(100))),
                 1e-14);
        }
    NEAR(flux("pl:index=2", 1, 10, true, false), 1e-12 * log(10), 1e-15);
    NEAR(flux("pl:index=2.000000001", 1, 10, true, false), 2.3025850903e-12, 2e-11);
    NEAR(flux("pl:index=1", 1, 10, false, false), 1e-12 * log(10), 1e-15);
    NEAR(flux("pl-2:index=1", 1, 10, false, false), 1e-12 / 3, 1e-15);
    fe_spectrum *pl2 = parse("pl-2:index=1");
    NEAR(fe_spectrum_dnde(pl2, 2), 1e-12 / (2 * log(1000)), 1e-15);
    fe_spectrum_free(pl2);
}

/* The amplitude is a factor, whatever its size; the parts of a band add up to it. */
static void check_linearity(void)
{
    static const char *const shape[] = { "pl:index=2.7", "ecpl:lambda=1 TeV-1", "lp:reference=1TeV,beta=0.24",
                                       "bpl:index2=3",
                                       "sbpl:index2=3", "secpl-3fgl" };

    for (size_t i = 0; i < sizeof shape / sizeof *shape; i++) {
        fe_spectrum *s = parse(shape[i]);
        double at_1, edge[41], part[40], sum = 0;

        fe_spectrum_par(s, "amplitude")->value = 1;
        at_1 = fe_spectrum_flux(s, 0.3, 30);
        for (int k = -24; k <= 0; k++) {
            fe_spectrum_par(s, "amplitude")->value = pow(10, k);
            near_(fe_spectrum_flux(s, 0.3, 30), at_1 * pow(10, k), 1e-13, 0, shape[i], __FILE__, __LINE__);
        }
        for (int k = 0; k <= 40; k++)
            edge[k] = 0.3 * pow(100, k / 40.0);
        edge[40] = 30;
        fe_spectrum_integrals(s, 40, edge, false, false, part);
        for (int k = 0; k < 40; k++)
            sum += part[k];
        near_(sum, at_1, 1e-13, 0, shape[i], __FILE__, __LINE__);
        NEAR(fe_spectrum_flux(s, 30, 0.3), -fe_spectrum_flux(s, 0.3, 30), 0);
        CHECK(fe_spectrum_flux(s, 2, 2) == 0);
        fe_spectrum_free(s);
    }
}

/* No input ends the program: finite or NaN, never infinite. */
static void check_extremes(void)
{
    static const char *const model[] = {
        "pl:index=500", "pl:index=-500", "pl:index=1e300", "pl-2:index=900", "pl-2:index=-900",
        "bpl:index1=-800,index2=800", "sbpl:index1=-300,index2=300,beta=1e-3",
        "ecpl:lambda_=1e300 TeV-1", "ecpl:alpha=1e3", "ecpl:alpha=-1e3", "secpl-4fgl:expfactor=1e10,index_2=50",
        "secpl-4fgl-dr3:index_2=0", "lp:reference=1TeV,beta=-1e3",
        "lp:reference=1e-300TeV,beta=1e3", "gauss:sigma=1e-300TeV",
        "template:energy=[1,2]TeV,values=[0,1e300]cm-2 s-1 TeV-1", "const:const=1e308 cm-2 s-1 TeV-1",
        "pl * piecewise-norm:energy=[1,2]TeV,norms=[0,0]"
    };
    static const double edge[] = { 0, 1e-320, 1e-300, 1e-3, 1, 1.0000000000000002, 10, 1e300, INFINITY, NAN, -1, 5 };
    enum { N = sizeof edge / sizeof *edge };
    double out[N];

    for (size_t i = 0; i < sizeof model / sizeof *model; i++) {
        fe_spectrum *s = parse(model[i]);

        for (int way = 0; way < 4; way++) {
            fe_spectrum_integrals(s, N - 1, edge, way & 1, way & 2, out);
            for (int k = 0; k + 1 < N; k++)
                CHECK_MSG(!isinf(out[k]), model[i]);
        }
        fe_spectrum_free(s);
    }
    CHECK(isnan(flux("pl:index=1", 1, INFINITY, false, false)) && isnan(flux("pl:index=2", 0, 1, false, false)));
    NEAR(flux("pl:index=3", 1, INFINITY, false, false), 5e-13, 1e-15);
    NEAR(flux("pl:index=0.5", 0, 1, false, false), 2e-12, 1e-15);
    CHECK(isnan(flux("pl", NAN, 1, false, false)) && isnan(flux("ecpl", 1, NAN, false, false)) && isnan(flux("ecpl", 0,
          1, false, true)));
    CHECK(isnan(flux("pl", -1, 1, false, false)));
    NEAR(flux("gauss:mean=1TeV,sigma=1e-9TeV", 0.1, 10, false, false), 1e-12, 1e-12);
}

static void same_bits(const fe_spectrum *a, const fe_spectrum *b, const char *text)
{
    static const double e_TeV[] = { 0.0123, 0.3, 1, 1.7, 19, 133 };

    for (size_t i = 0; i < sizeof e_TeV / sizeof *e_TeV; i++)
        CHECK_MSG(fe_spectrum_dnde(a, e_TeV[i]) == fe_spectrum_dnde(b, e_TeV[i]), text);
}

static void check_round_trips(void)
{
    static const char *const more[] = {
        "pl:index=2.3,amplitude=3e-12 cm-2 s-1 TeV-1,reference=1TeV",
        " pl : index = 2.3 , amplitude = 3e-12 cm-2 s-1 TeV-1 ", "pl:amplitude=3e-16 m-2 s-1 MeV-1,reference=300GeV",
        "pl:amplitude=0.1234567890123456789e-11 1/(cm2 s TeV)", "ecpl:lambda=1e-4 GeV-1",
        "PowerLawSpectralModel:index=3", "pl * pl-norm * (ecpl-norm * scale:norm=3)",
        "(pl + ecpl) * pl-norm:tilt=0.3", "pl - (ecpl - const)", "pl - ecpl - const",
        "pl-norm * (pl + lp:reference=1TeV)", "((pl))", "pl + pl-norm * ecpl",
        "pl * piecewise-norm:energy=[0.3,1,7]TeV,norms=[1,2,3],interp=lin",
        "template:energy=[500GeV,1000GeV],values=[1e-12cm-2 s-1 TeV-1,1e-13cm-2 s-1 TeV-1]"
    };
    fe_str first = { 0 }, second = { 0 };

    for (size_t i = 0; i < sizeof more / sizeof *more + sizeof formula / sizeof *formula; i++) {
        const char *text = i < sizeof more / sizeof *more ? more[i] : formula[i - sizeof more / sizeof *more].model;
        fe_spectrum *a = parse(text), *b;

        first.len = second.len = 0;
        fe_spectrum_print(a, &first);
        b = parse(first.s);
        fe_spectrum_print(b, &second);
        SAME_STR(second.s, first.s);
        same_bits(a, b, text);
        fe_spectrum_free(a);
        fe_spectrum_free(b);
    }
    fe_str_free(&first);
    fe_str_free(&second);
}

static void check_text(const char *model, const char *printed)
{
    fe_spectrum *s = parse(model);
    fe_str text = { 0 };

    fe_spectrum_print(s, &text);
    check_(!strcmp(text.s, printed), text.s, __FILE__, __LINE__);
    fe_str_free(&text);
    fe_spectrum_free(s);
}

static void check_print(void)
{
    check_text("pl:reference=300GeV", "pl:index=2,amplitude=1e-12 cm-2 s-1 TeV-1,reference=0.3 TeV");
    check_text("(const + const) * scale",
               "(const:const=1e-12 cm-2 s-1 TeV-1 + const:const=1e-12 cm-2 s-1 TeV-1) * scale:norm=1");
    check_text("scale * (scale * const)", "scale:norm=1 * (scale:norm=1 * const:const=1e-12 cm-2 s-1 TeV-1)");
    check_text("template:" NODES, "template:" NODES);
}

static void check_bad_text(void)
{
    static const struct { const char *text, *message; } bad[] = {
        { "", "empty model, expected one like pl:index=2" },
        { "powerlaw",
          "unknown model 'powerlaw', expected one of pl, pl-norm, pl-2, bpl, sbpl, piecewise-norm, ecpl, ecpl-norm, "
                      "ecpl-3fgl, secpl-3fgl, "
                      "secpl-4fgl, secpl-4fgl-dr3, lp, lp2, lp-norm, gauss, const, template, ebl-norm, scale" },
        { "pl:gamma=2", "model pl has no parameter 'gamma', expected one of index, amplitude, reference" },
        { "pl:index", "'index' in model pl is not NAME=VALUE" },
        { "pl:", "'' in model pl is not NAME=VALUE" },
        { "pl:index=2,index=3", "model pl has parameter 'index' twice" },
        { "pl:index=x", "parameter 'index' of model pl: 'x' is not a quantity, expected a number" },
        { "pl:amplitude=3e-12",
          "parameter 'amplitude' of model pl: '3e-12' has no unit, expected one like cm-2 s-1 TeV-1" },
        { "pl:amplitude=3e-12 TeV",
          "parameter 'amplitude' of model pl: '3e-12 TeV' does not convert to cm-2 s-1 TeV-1" },
        { "pl:reference=0TeV", "parameter 'reference' of model pl is '0TeV', expected a finite positive number" },
        { "pl:index=inf", "parameter 'index' of model pl is 'inf', expected a finite number" },
        { "lp", "model lp needs its reference energy, like lp:reference=1TeV" },
        { "lp:alpha=2", "model lp needs its reference energy, like lp:reference=1TeV" },
        { "pl * lp-norm", "model lp-norm needs its reference energy, like lp-norm:reference=1TeV" },
        { "pl * ecpl", "'pl * ecpl' multiplies two spectra, expected at least one factor such as pl-norm or scale" },
        { "pl + scale", "'pl + scale' adds a factor to a spectrum, expected two spectra" },
        { "pl-norm", "model 'pl-norm' is a factor without unit, expected a spectrum, like pl * pl-norm" },
        { "pl * ", "unknown model 'pl *', expected one of pl, pl-norm" },
        { "(pl", "unknown model '(pl', expected one of pl, pl-norm" },
        { "template", "model template has 0 energies and 0 values, expected two or more of each" },
        { "template:energy=[1,2]TeV,values=[1]cm-2 s-1 TeV-1",
          "model template has 2 energies and 1 values, expected two or more of each" },
        { "template:energy=1,values=2", "'1' is not a list, expected one like [1,2,3]TeV" },
        { "pl * ebl", "model ebl-norm needs its table, like ebl:FILE,redshift=0.1" },
        { "pl * ebl:x.fits,redshift=0.1", "model ebl-norm names a file 'x.fits', which cannot be read here" },
        { "template:x.txt", "model template names a file 'x.txt', which cannot be read here" },
        { "pl * piecewise-norm:x.txt", "'x.txt' in model piecewise-norm is not NAME=VALUE" },
        { "template:norms=[1,2]", "model template has no parameter 'norms', expected one of energy, values" },
        { "template:energy=[2,1]TeV,values=[1,1]cm-2 s-1 TeV-1",
          "node 2 of model template is 1 at 1 TeV, expected ascending positive energies and values of at least 0" },
        { "pl * piecewise-norm:energy=[1,2]TeV,norms=[1,-1]",
          "node 2 of model piecewise-norm is -1 at 2 TeV, expected ascending positive energies "
          "and values of at least 0" }
    };
    fe_err err;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        err.code = FE_OK;
        CHECK_MSG(!fe_spectrum_parse(bad[i].text, &err) && err.code == FE_EUSAGE, bad[i].text);
        check_(!strncmp(err.text, bad[i].message, strlen(bad[i].message)), err.text, __FILE__, __LINE__);
    }
    CHECK(!fe_spectrum_parse("nonsense", NULL));
}

/* Texts that would nest without end are refused, not followed. */
static void check_deep_text(void)
{
    enum { N = 100000 };
    char *text = malloc(5 * N + 3);
    fe_err err;

    memset(text, '(', N);
    strcpy(text + N, "pl");
    memset(text + N + 2, ')', N);
    text[2 * N + 2] = 0;
    CHECK(!fe_spectrum_parse(text, &err));
    SAME_STR(err.text, "model text has more than 200 models, operators and brackets");
    strcpy(text, "pl");
    for (size_t i = 0; i < N; i++)
        memcpy(text + 2 + 5 * i, " + pl", 5);
    text[5 * N + 2] = 0;
    CHECK(!fe_spectrum_parse(text, &err));
    SAME_STR(err.text, "model text has more than 200 models, operators and brackets");
    free(text);
}

static void check_small_answers(void)
{
    static const struct { const char *text; bool analytic; } row[] = {
        { "pl", true }, { "pl-2", true }, { "gauss", true }, { "template:" NODES, true }, { "scale:norm=2 * pl", true },
        { "pl + bpl", true }, { "ecpl", false },
        { "pl * pl-norm", false }, { "pl + ecpl", false }, { "ecpl * scale", false }
    };
    int bits = 0;

    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        fe_spectrum *s = parse(row[i].text);

        CHECK_MSG(fe_spectrum_is_analytic(s) == row[i].analytic, row[i].text);
        CHECK_MSG(fe_spectrum_has_nodes(s) == !strncmp(row[i].text, "template", 8), row[i].text);
        fe_spectrum_free(s);
    }
    CHECK(!strncmp(fe_spectrum_library(), "gsl ", 4));
    for (const fe_compat_row *c = fe_compat_rows; c->name; c++) {
        CHECK(c->bit && !(bits & (int)c->bit) && *c->gammapy && *c->ours && *c->effect);
        bits |= (int)c->bit;
    }
    CHECK(bits == FE_COMPAT_QUADRATURE);
}

int main(void)
{
    check_formulae();
    check_rows();
    check_defaults();
    check_integrals();
    check_nodes_split();
    check_gammapy_grid();
    check_smoothness();
    check_linearity();
    check_extremes();
    check_round_trips();
    check_print();
    check_bad_text();
    check_deep_text();
    check_small_answers();
    return check_done();
}
