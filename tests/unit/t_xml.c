/* XML: the reader, and the models of the Fermi tools and of ctools against their documented formulae (energies there: MeV). */
#include <stdlib.h>
#include <unistd.h>

#include "base/note.h"
#include "io/model_io.h"
#include "io/model_xml.h"
#include "io/model_xml_rows.h"
#include "io/xml.h"
#include "check.h"

static void reads_trees(void)
{
    static const char text[] = "\xef\xbb\xbf<?xml version=\"1.0\"\n standalone='no'?>\n<!-- c --><a x='1' y=\"a&amp;b\"><b/>text<b n='2'/>\n"
                               "<c/></a>\n<d/>";
    fe_err err;
    fe_xml *xml = fe_xml_parse(text, sizeof text - 1, "t.xml", &err);
    const fe_xml_element *root = fe_xml_root(xml), *a = fe_xml_child(root, 0);

    SAME_STR(fe_xml_name(root), "");
    CHECK(fe_xml_size(root) == 2 && fe_xml_size(a) == 3 && !fe_xml_child(a, 3) && !fe_xml_find(a, "d"));
    SAME_STR(fe_xml_attribute(a, "y"), "a&b");
    CHECK(!fe_xml_attribute(a, "z"));
    SAME_STR(fe_xml_attribute(fe_xml_child(a, 1), "n"), "2");
    CHECK(fe_xml_line(a) == 3 && fe_xml_line(fe_xml_find(a, "c")) == 4 && fe_xml_line(fe_xml_child(root, 1)) == 5);
    fe_xml_free(xml);
}

static void refuses_trees(void)
{
    static const struct { const char *text, *expected; } bad[] = {
        { "<a>\n<b></a>", "t.xml: line 2: not XML: mismatched tag" },
        { "<a", "t.xml: line 1: not XML: " },
        { "<a x=1/>", "t.xml: line 1: not XML: not well-formed (invalid token)" },
        { "<a/></all><b/>", "t.xml: line 1: not XML: " },
        { "<!DOCTYPE a [<!ENTITY e \"x\">]><a>&e;</a>", "t.xml: line 1: not XML: " },
    };
    fe_err err;
    fe_str deep = { 0 };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK_MSG(!fe_xml_parse(bad[i].text, strlen(bad[i].text), "t.xml", &err), bad[i].text);
        CHECK_MSG(err.code == FE_EDATA && strstr(err.text, bad[i].expected) == err.text, err.text);
    }
    for (int i = 0; i < 200; i++)
        fe_str_add(&deep, "<a>");
    CHECK(!fe_xml_parse(deep.s, deep.len, "t.xml", &err) && strstr(err.text, "nested too deeply"));
    fe_str_free(&deep);
}

/* ---- formulae ------------------------------------------------------------------------------------------------- */

static double pl(double e) { return 2e-10 * pow(e / 500, -2.3); }
static double pl2(double e) { return 3e-8 * -1.2 * pow(e, -2.2) / (pow(1e5, -1.2) - pow(100, -1.2)); }
static double pl_energy(double e) { return 1e-7 / 1.602176634e-6 / log(5e5 / 100) * pow(e, -2); }     /* index 2: ln */
static double bpl(double e) { return 2e-10 * pow(e / 3000, e < 3000 ? -1.5 : -2.5); }
static double sbpl(double e) { return 2e-10 * pow(e / 500, -1.5) * pow(1 + pow(e / 3000, (-1.5 + 2.5) / 0.2), -0.2); }
static double cutoff(double e) { return pl(e) * exp(-e / 2e4); }
static double cutoff1(double e) { return pl(e) * exp(-pow(e / 2e4, 0.6)); }
static double cutoff2(double e) { return pl(e) * exp(-5e-3 * pow(e, 0.6)); }
static double cutoff3(double e)
{
    double x = e / 500;

    return 2e-10 * exp((-2.3 + 0.5 * 0.6) * log(x) + 0.5 * (1 - pow(x, 0.6)));
}
static double cutoff4(double e)
{
    double x = e / 500;

    return 2e-10 * exp((-2.3 + 0.5 / 0.6) * log(x) + 0.5 / 0.36 * (1 - pow(x, 0.6)));
}
static double lp(double e) { return 2e-10 * pow(e / 500, -(2.3 + 0.1 * log(e / 500))); }
static double gauss(double e) { return 3e-8 / (2000 * sqrt(2 * M_PI)) * exp(-pow((e - 5000) / 2000, 2) / 2); }
static double constant(double e) { return 2e-10 + 0 * e; }
static double file(double e) { return 1.5 * 1e-6 * pow(e, -2); }
static double nodes(double e) { return e < 1e4 ? 1e-8 * pow(e / 1e3, -1) : 1e-9 * pow(e / 1e4, -2); }

#define P(name, value, scale) "<parameter name='" name "' value='" value "' scale='" scale "' free='1'/>"
#define PRE P("Prefactor", "2", "1e-10")
#define IND(name) P(name, "2.3", "-1")
#define SCALE P("Scale", "0.5", "1e3")

static const struct { const char *spectrum; double (*f)(double); } formula[] = {
    { "type='PowerLaw'>" PRE IND("Index") SCALE, pl },
    { "type='PowerLaw'>" PRE P("Index", "-2.3", "1") P("PivotEnergy", "500", "1"), pl },
    { "type='PowerLaw2'>" P("Integral", "3", "1e-8") P("Index", "-2.2", "1") P("LowerLimit", "100", "1")
      P("UpperLimit", "1e5", "1"), pl2 },
    { "type='PowerLaw'>" P("PhotonFlux", "3", "1e-8") P("Index", "2.2", "-1") P("LowerLimit", "100", "1")
      P("UpperLimit", "1e5", "1"), pl2 },
    { "type='PowerLaw'>" P("EnergyFlux", "1", "1e-7") P("Index", "2", "-1") P("LowerLimit", "100", "1")
      P("UpperLimit", "5e5", "1"), pl_energy },
    { "type='BrokenPowerLaw'>" PRE P("Index1", "-1.5", "1") P("Index2", "-2.5", "1") P("BreakValue", "3", "1000"), bpl },
    { "type='BrokenPowerLaw'>" PRE P("Index1", "-1.5", "1") P("Index2", "-2.5", "1") P("BreakEnergy", "3", "1000"), bpl },
    { "type='SmoothBrokenPowerLaw'>" PRE P("Index1", "-1.5", "1") P("Index2", "-2.5", "1") P("BreakValue", "3", "1000")
      SCALE P("Beta", "0.2", "1"), sbpl },
    { "type='ExponentialCutoffPowerLaw'>" PRE IND("Index") SCALE P("CutoffEnergy", "20", "1e3"), cutoff },
    { "type='ExpCutoff'>" PRE IND("Index") SCALE P("Cutoff", "20", "1e3"), cutoff },
    { "type='ExponentialCutoffPowerLaw'>" PRE IND("Index") SCALE P("InverseCutoffEnergy", "5", "1e-5"), cutoff },
    { "type='PLSuperExpCutoff'>" PRE IND("Index1") SCALE P("Cutoff", "2e4", "1") P("Index2", "0.6", "1"), cutoff1 },
    { "type='PLSuperExpCutoff2'>" PRE IND("Index1") SCALE P("Expfactor", "5", "1e-3") P("Index2", "0.6", "1"), cutoff2 },
    { "type='PLSuperExpCutoff3'>" PRE IND("IndexS") SCALE P("Expfactor2", "5", "0.1") P("Index2", "0.6", "1"), cutoff3 },
    { "type='PLSuperExpCutoff4'>" PRE IND("IndexS") SCALE P("ExpfactorS", "5", "0.1") P("Index2", "0.6", "1"), cutoff4 },
    { "type='LogParabola'>" P("norm", "2", "1e-10") P("alpha", "2.3", "1") P("beta", "1", "0.1") P("Eb", "0.5", "1000"), lp },
    { "type='LogParabola'>" PRE IND("Index") P("Curvature", "0.1", "-1") P("PivotEnergy", "0.5", "1000"), lp },
    { "type='Gaussian'>" P("Prefactor", "3", "1e-8") P("Mean", "5", "1000") P("Sigma", "2", "1000"), gauss },
    { "type='Gaussian'>" P("Normalization", "3", "1e-8") P("Mean", "5", "1000") P("Sigma", "2", "1000"), gauss },
    { "type='ConstantValue'>" P("Value", "2", "1e-10"), constant },
    { "type='Constant'>" P("Normalization", "2", "1e-10"), constant },
    { "type='FileFunction' file='f.txt'>" P("Normalization", "1.5", "1"), file },
    { "type='NodeFunction'><node>" P("Energy", "1", "1e3") P("Intensity", "10", "1e-9") "</node><node>" P("Energy", "10", "1e3")
      P("Intensity", "1", "1e-9") "</node><node>" P("Energy", "100", "1e3") P("Intensity", "1e-2", "1e-9") "</node>", nodes },
};

static fe_models *parse(const char *body)
{
    fe_models *m = NULL;
    fe_err err;
    fe_str text = { 0 };

    fe_str_addf(&text, "<source_library>%s</source_library>", body);
    if (fe_models_parse_xml(text.s, text.len, "m.xml", false, &m, &err) < 0) {
        CHECK_MSG(0, err.text);
        exit(check_done());
    }
    fe_str_free(&text);
    return m;
}

static void formulae(void)
{
    static const double e_MeV[] = { 150, 500, 502, 2900, 4e4 };
    FILE *f = fopen("f.txt", "w");

    CHECK(f && fputs("100 1e-10\n1e6 1e-18\n", f) >= 0 && fclose(f) == 0);
    for (size_t i = 0; i < sizeof formula / sizeof *formula; i++) {
        fe_str text = { 0 };
        fe_models *m;

        fe_str_addf(&text, "<source name='s' type='PointSource'><spectrum %s</spectrum><spatialModel type='SkyDirFunction'/>"
                    "</source>", formula[i].spectrum);
        m = parse(text.s);
        for (size_t k = 0; k < 5; k++)
            near_(fe_spectrum_dnde(m->model[0].spectrum, e_MeV[k] * 1e-6), formula[i].f(e_MeV[k]) * 1e6, 1e-9, 0,
                  formula[i].spectrum, __FILE__, __LINE__);
        fe_models_free(m);
        fe_str_free(&text);
    }
    unlink("f.txt");
    for (const fe_xml_row *row = fe_xml_rows; row->types; row++) {      /* every row above, by tag and first type */
        char type[64];
        int found = 0;

        snprintf(type, sizeof type, "type='%.*s'", (int)strcspn(row->types, "|"), row->types);
        for (size_t i = 0; i < sizeof formula / sizeof *formula; i++)
            found |= strstr(formula[i].spectrum, type) == formula[i].spectrum;
        CHECK_MSG(found && fe_spectrum_kind_find(row->tag), row->types);
    }
}

/* ---- flags, errors, limits -------------------------------------------------------------------------------------- */

#define SOURCE(spectrum) "<source name='s' type='PointSource'><spectrum " spectrum "</spectrum></source>"

static void parameters(void)
{
    fe_models *m = parse(SOURCE("type='PowerLaw'>"
                                "<parameter name='Prefactor' value='2' error='0.5' scale='1e-10' min='1' max='4' free='1'/>"
                                "<parameter name='Index' value='2.3' error='0.1' scale='-1' min='1' max='5' free='0'/>"
                                "<parameter name='Scale' value='1' scale='1e3' min='1' max='2'/>"));
    const fe_par *par = m->model[0].spectrum->par;

    CHECK(!par[1].frozen && par[0].frozen && par[2].frozen);
    NEAR(par[0].value, 2.3, 1e-15);
    NEAR(par[0].error, 0.1, 1e-15);
    NEAR(par[0].min, 1, 1e-15);
    NEAR(par[0].max, 5, 1e-15);
    NEAR(par[1].error, 0.5e-4, 1e-15);
    NEAR(par[1].min, 1e-4, 1e-15);
    NEAR(par[1].max, 4e-4, 1e-15);
    NEAR(par[2].max, 2e-3, 1e-15);
    fe_models_free(m);
    m = parse(SOURCE("type='PLSuperExpCutoff'>" PRE IND("Index1") SCALE
                     "<parameter name='Cutoff' value='20' error='2' scale='1e3' min='0' max='50' free='1'/>" P("Index2", "1", "1")));
    par = fe_spectrum_par(m->model[0].spectrum, "lambda_");
    NEAR(par->value, 50, 1e-14);                                    /* 1 / 20 GeV */
    NEAR(par->error, 5, 1e-14);
    NEAR(par->min, 20, 1e-14);
    CHECK(isnan(par->max) && !par->frozen);
    CHECK(!fe_spectrum_par(m->model[0].spectrum, "alpha")->frozen);
    fe_models_free(m);
    m = parse(SOURCE("type='PLSuperExpCutoff2'>" PRE IND("Index1") SCALE
                     "<parameter name='Expfactor' value='4' error='1' scale='1e-4' free='1'/>" P("Index2", "0.5", "1")));
    par = fe_spectrum_par(m->model[0].spectrum, "lambda_");
    NEAR(par->value, 16e-8 * 1e6, 1e-14);
    NEAR(par->error, 2 * 4 * 1e-8 * 1e6, 1e-14);                    /* d(a^2) = 2 a da */
    fe_models_free(m);
}

/* What has no flux is left out and the rest read; several roots, as ctlike writes them. */
static void sources(void)
{
    static const char text[] = "<ctlike_results><status>converged</status></ctlike_results>\n<source_library>"
        SOURCE("type='PowerLaw'>" PRE IND("Index") SCALE)
        "<source name='bkg' type='CTAIrfBackground'><spectrum type='PowerLaw'>" PRE IND("Index") SCALE "</spectrum></source>"
        "<source name='iso' type='DiffuseSource'><spectrum type='FileFunction' file='none.txt'/><spatialModel type='ConstantValue'/></source>"
        "<source name='W44' type='DiffuseSource'><spectrum type='ConstantValue'>" P("Value", "1", "1") "</spectrum>"
        "<spatialModel type='SpatialMap'/></source></source_library>";
    fe_models *m = NULL;
    fe_err err;

    CHECK_MSG(fe_models_parse_xml(text, sizeof text - 1, "m.xml", false, &m, &err) == 0, err.text);
    CHECK(m->n == 2);
    SAME_STR(m->model[0].name, "s");
    SAME_STR(m->model[1].name, "W44");
    fe_models_free(m);
}

/* ---- places ------------------------------------------------------------------------------------------------------ */

#define AT(type, parameters) "<source name='s' type='DiffuseSource'><spectrum type='PowerLaw'>" PRE IND("Index") SCALE \
    "</spectrum><spatialModel type='" type ">" parameters "</spatialModel></source>"
#define RADEC P("RA", "83.5", "1") P("DEC", "-2", "-11")
#define FACTOR "<parameter name='Normalization' value='3' scale='0.5'/>"

typedef struct place { const char *source, *tag; double lon, lat, size[2]; bool galactic, per_sr, normalize; double dnde; } place;

/* dnde: of the spectrum at 0.5 GeV, over that of one without a factor; NaN: a factor without unit, which is 1.5 there. */
static const place places[] = {
    { AT("SkyDirFunction'", RADEC), "point", 83.5, 22, { 0, 0 }, false, false, true, 1 },
    { AT("PointSource'", P("GLON", "184.5", "1") P("GLAT", "-5.8", "1")), "point", 184.5, -5.8, { 0, 0 }, true, false, true, 1 },
    { AT("RadialGaussian'", RADEC P("Sigma", "0.3", "1")), "gauss", 83.5, 22, { 0.3, 0 }, false, false, true, 1 },
    { AT("RadialDisk'", RADEC P("Radius", "3", "0.1")), "disk", 83.5, 22, { 0.3, 0 }, false, false, true, 1 },
    { AT("RadialShell'", RADEC P("Radius", "0.3", "1") P("Width", "0.1", "1")), "shell", 83.5, 22, { 0.3, 0.1 }, false, false, true, 1 },
    { AT("ConstantValue'", P("Value", "2", "1")), "const", NAN, NAN, { 2, 0 }, false, true, true, 1 },
    { AT("DiffuseIsotropic'", P("Value", "2", "1")), "const", NAN, NAN, { 2 / (4 * M_PI), 0 }, false, true, true, 1 },
    { AT("SpatialMap' file='t.fits'", P("Prefactor", "1", "1")), "template", NAN, NAN, { 0, 0 }, false, false, false, 1 },
    { AT("SpatialMap' file='t.fits' normalize='1'", FACTOR), "template", NAN, NAN, { 0, 0 }, false, false, true, 1.5 },
    { AT("DiffuseMap' file='t.fits'", FACTOR), "template", NAN, NAN, { 0, 0 }, false, false, true, 1.5 },
    { AT("DiffuseMap' file='t.fits' normalize='0'", FACTOR), "template", NAN, NAN, { 0, 0 }, false, false, false, 1.5 },
    { "<source name='s' type='DiffuseSource'><spectrum type='PowerLaw'>" P("Prefactor", "1", "1") P("Index", "0.5", "-1") SCALE
      "</spectrum><spatialModel type='MapCubeFunction' file='t.fits'>" FACTOR "</spatialModel></source>",
      "template", NAN, NAN, { 0, 0 }, false, false, false, NAN },
    { "<source name='s' type='DiffuseSource'><spectrum type='ConstantValue'>" P("Value", "1", "1")
      "</spectrum><spatialModel type='MapCubeFunction' file='t.fits'>" FACTOR "</spatialModel></source>",
      "template", NAN, NAN, { 0, 0 }, false, false, false, NAN },
    { "<source name='s' type='DiffuseSource'><spectrum type='NodeFunction'><node>" P("Energy", "0.5", "1e3") P("Intensity", "2", "1e-10")
      "</node><node>" P("Energy", "10", "1e3") P("Intensity", "1", "1e-12") "</node></spectrum><spatialModel type='DiffuseMap' "
      "file='t.fits'>" FACTOR "</spatialModel></source>", "template", NAN, NAN, { 0, 0 }, false, false, true, 1.5 },
};

static fe_models *parse_sky(const char *body)
{
    fe_models *m = NULL;
    fe_err err;
    fe_str text = { 0 };

    fe_str_addf(&text, "<source_library>%s</source_library>", body);
    CHECK_MSG(fe_models_parse_xml(text.s, text.len, "m.xml", true, &m, &err) == 0, err.text);
    fe_str_free(&text);
    return m;
}

static void same_nan(double got, double want)
{
    if (isnan(want))
        CHECK(isnan(got));
    else
        NEAR_ABS(got, want, 1e-12);
}

static void check_place(const fe_model *m, const place *want, const char *source)
{
    const fe_spatial *s = m->spatial;
    size_t first = s && s->kind->has_place ? 2 : 0;

    CHECK_MSG(s && !strcmp(s->kind->tag, want->tag), source);
    if (!s)
        return;
    same_nan(fe_spatial_get(s, "lon_0"), want->lon);
    same_nan(fe_spatial_get(s, "lat_0"), want->lat);
    for (size_t k = 0; k < 2 && first + k < s->kind->n_par; k++)
        CHECK_MSG(want->size[k] == 0 || fabs(s->par[first + k].value / want->size[k] - 1) < 1e-12, source);
    CHECK_MSG(s->galactic == want->galactic && s->normalize == want->normalize, source);
    CHECK_MSG((s->filename ? !strcmp(s->filename, "t.fits") : !s->kind->is_map) && !m->map == !s->kind->is_map, source);
    NEAR(fe_spectrum_dnde(m->spectrum, 0.5e-3), isnan(want->dnde) ? 1.5 : want->dnde * 2e-4, 1e-12);
    CHECK_MSG(fe_spectrum_is_norm(m->spectrum) == isnan(want->dnde), source);
}

/* As they are read, and again from the models file that is written of them. */
static void reads_places(void)
{
    fe_err err;

    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        fe_models *m = parse_sky(places[i].source), *again = NULL;
        fe_str yaml = { 0 };

        if (!m)
            continue;
        check_place(&m->model[0], &places[i], places[i].source);
        CHECK(m->model[0].per_sr == places[i].per_sr);
        fe_models_print_yaml(m, &yaml);
        CHECK_MSG(fe_models_parse_yaml(yaml.s, "m.yaml", &again, &err) == 0, err.text);
        if (again)
            check_place(&again->model[0], &places[i], yaml.s);
        fe_models_free(m);
        fe_models_free(again);
        fe_str_free(&yaml);
    }
    for (const fe_xml_place *row = fe_xml_places; row->types; row++) {          /* every row above, by its first type */
        char type[64];
        bool found = false;

        snprintf(type, sizeof type, "<spatialModel type='%.*s'", (int)strcspn(row->types, "|"), row->types);
        for (size_t i = 0; i < sizeof places / sizeof *places; i++)
            found = found || strstr(places[i].source, type);
        CHECK_MSG(found, row->types);
    }
}

static void refuses_places(void)
{
    static const struct { const char *source, *expected; } bad[] = {
        { AT("SkyDirFunction'", P("RA", "1", "1")), "m.xml: line 1: source 's': no parameter 'DEC|Dec'" },
        { AT("RadialDisk'", RADEC), "m.xml: line 1: source 's': no parameter 'Radius'" },
        { AT("RadialDisk'", RADEC P("Radius", "wide", "1")), "m.xml: line 1: source 's': value of parameter Radius is 'wide', expected a number" },
        { AT("SpatialMap'", FACTOR), "m.xml: line 1: source 's': spatial model without file" },
        { "<source name='s' type='DiffuseSource'><spectrum type='FileFunction'/><spatialModel type='MapCubeFunction' file='t.fits'/></source>",
          "m.xml: line 1: source 's': unknown spectrum 'FileFunction', expected one of PowerLaw, ConstantValue|Constant, " },
    };
    fe_models *m = parse_sky(AT("Blob'", RADEC));

    CHECK(m && !m->model[0].spatial);
    fe_models_free(m);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        fe_err err = { FE_OK, "" };
        fe_str text = { 0 };

        m = NULL;
        fe_str_addf(&text, "<source_library>%s</source_library>", bad[i].source);
        CHECK_MSG(fe_models_parse_xml(text.s, text.len, "m.xml", true, &m, &err) < 0 && strstr(err.text, bad[i].expected), err.text);
        fe_str_free(&text);
    }
}

static void refuses(void)
{
    static const struct { const char *text, *expected; } bad[] = {
        { "<a/>", "m.xml: no source_library, expected a model of the Fermi tools or of ctools" },
        { "<source_library/>", "m.xml: no source with a flux" },
        { "<source_library>\n<source name='s' type='PointSource'/></source_library>", "m.xml: line 2: source 's': no spectrum" },
        { "<source_library>" SOURCE("type='Band'>") "</source_library>",
          "m.xml: line 1: source 's': unknown spectrum 'Band', expected one of PowerLaw, " },
        { "<source_library>" SOURCE("type='PowerLaw'>" PRE) "</source_library>",
          "m.xml: line 1: source 's': parameters are missing for the spectrum 'PowerLaw', expected the parameters Prefactor, "
          "Index, Scale|PivotEnergy" },
        { "<source_library>" SOURCE("type='PowerLaw'>" PRE P("Index", "x", "1") SCALE) "</source_library>",
          "m.xml: line 1: source 's': value of parameter Index is 'x', expected a number" },
        { "<source_library>" SOURCE("type='PowerLaw'>" PRE P("Index", "nan", "1") SCALE) "</source_library>",
          "m.xml: line 1: source 's': value of parameter Index is 'nan', expected a number" },
        { "<source_library>" SOURCE("type='PowerLaw'>" PRE P("Index", "2", "y") SCALE) "</source_library>",
          "m.xml: line 1: source 's': scale of parameter Index is 'y', expected a number" },
        { "<source_library>" SOURCE("type='PowerLaw'>" PRE IND("Index") P("Scale", "0", "1")) "</source_library>",
          "m.xml: line 1: source 's': energy is not above 0: 'Scale'" },
        { "<source_library>" SOURCE("type='PowerLaw'>" PRE "<parameter name='Index'/>" SCALE) "</source_library>",
          "m.xml: line 1: source 's': parameter without value 'Index'" },
        { "<source_library>" SOURCE("type='PLSuperExpCutoff2'>" PRE IND("Index1") SCALE P("Expfactor", "-1", "1") P("Index2", "1", "1"))
          "</source_library>", "m.xml: line 1: source 's': Expfactor is below 0 or Index2 not above it" },
        { "<source_library>" SOURCE("type='SmoothBrokenPowerLaw'>" PRE P("Index1", "-2.5", "1") P("Index2", "-1.5", "1")
          P("BreakValue", "3", "1000") SCALE P("Beta", "0.2", "1")) "</source_library>",
          "m.xml: line 1: source 's': a smooth break whose Index2 is harder" },
        { "<source_library>" SOURCE("type='FileFunction' file='none.txt'>" P("Normalization", "1", "1")) "</source_library>",
          "cannot open none.txt" },
        { "<source_library>" SOURCE("type='NodeFunction'><node/>") "</source_library>",
          "m.xml: line 1: source 's': node without Energy and Intensity" },
        { "<source_library>" SOURCE("type='NodeFunction'><node>" P("Energy", "1", "1") P("Intensity", "1", "1") "</node>")
          "</source_library>", "m.xml: line 1: source 's': fewer than two nodes" },
        { "<source_library>" SOURCE("type='Constant'>" P("Value", "1", "1")) SOURCE("type='Constant'>" P("Value", "1", "1"))
          "</source_library>", "m.xml: line 1: source 's': the name stands twice" },
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        fe_models *m = NULL;
        fe_err err = { FE_OK, "" };

        CHECK_MSG(fe_models_parse_xml(bad[i].text, strlen(bad[i].text), "m.xml", false, &m, &err) < 0, bad[i].text);
        CHECK_MSG(err.code == FE_EDATA && strstr(err.text, bad[i].expected) == err.text, err.text);
    }
}

/* Files of the programs themselves. */
static void real_files(const char *shared)
{
    fe_str path = { 0 };
    fe_models *m = NULL;
    fe_err err;

    fe_str_addf(&path, "%s/data/peers/models/W44_fermi.xml", shared);
    CHECK_MSG(fe_models_read(path.s, &m, &err) == 0 && m->n == 1, err.text);
    NEAR(m->model[0].spectrum->par[0].value, 2.34e-5, 1e-14);       /* norm, reference, alpha, beta */
    NEAR(m->model[0].spectrum->par[0].error, 4e-7, 1e-14);
    NEAR(m->model[0].spectrum->par[1].value, 1.895e-3, 1e-14);
    NEAR(m->model[0].spectrum->par[3].value, 0.253, 1e-14);
    fe_models_free(m);
    path.len = 0;
    fe_str_addf(&path, "%s/data/peers/ctools/ctlike_crab_result.xml", shared);
    CHECK_MSG(fe_models_read(path.s, &m, &err) == 0 && m->n == 1, err.text);
    NEAR(m->model[0].spectrum->par[1].value, 3.65452153121106e-10, 1e-14);
    NEAR(m->model[0].spectrum->par[0].value, 2.39356343376629, 1e-14);
    NEAR(m->model[0].spectrum->par[2].value, 0.3, 1e-14);
    fe_models_free(m);
    fe_str_free(&path);
}

int main(void)
{
    const char *given = check_shared();
    char *shared = given ? realpath(given, NULL) : NULL, dir[] = "/tmp/t_xml.XXXXXX";

    fe_note_setup("t_xml", -1);
    CHECK(mkdtemp(dir) && chdir(dir) == 0);
    reads_trees();
    refuses_trees();
    formulae();
    parameters();
    sources();
    reads_places();
    refuses_places();
    refuses();
    if (shared)
        real_files(shared);
    else
        printf("no shared data (FE_SHARED): files of other programs left out\n");
    CHECK(chdir("/") == 0 && rmdir(dir) == 0);
    free(shared);
    return check_done();
}
