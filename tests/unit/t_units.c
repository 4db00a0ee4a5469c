/* phys/units: spellings seen in files, and what must be refused. */
#include "check.h"
#include "phys/const.h"
#include "phys/units.h"

/* One `text` is `factor` of `to`.  Spellings from gammapy, gamma-cat, Fermi-LAT, fermipy, HAWC, OGIP. */
static const struct { const char *text, *to; double factor; } wild[] = {
    { "cm-2 s-1 TeV-1", "cm-2 s-1 TeV-1", 1 }, { "TeV-1 cm-2 s-1", "cm-2 s-1 TeV-1", 1 },
    { "TeV-1 s-1 cm-2", "cm-2 s-1 TeV-1", 1 },
    { "TeV-1 m-2 s-1 ", "cm-2 s-1 TeV-1", 1e-4 }, { "m-2 s-1 TeV-1", "cm-2 s-1 TeV-1", 1e-4 },
    { "1 / (cm2 s TeV)", "cm-2 s-1 TeV-1", 1 },
    { "1 / (m2 s TeV)", "cm-2 s-1 TeV-1", 1e-4 }, { "1/(cm2 s TeV)", "cm-2 s-1 TeV-1", 1 },
    { "1 / (TeV s cm2)", "cm-2 s-1 TeV-1", 1 },
    { "cm-2 MeV-1 s-1", "cm-2 s-1 TeV-1", 1e6 }, { "ph MeV-1 s-1 cm-2", "cm-2 s-1 TeV-1", 1e6 },
    { "ph cm-2 MeV-1 s-1", "cm-2 s-1 TeV-1", 1e6 },
    { "cm-2 MeV-1 ph s-1", "cm-2 s-1 TeV-1", 1e6 }, { "ph/cm2/s/MeV", "cm-2 s-1 TeV-1", 1e6 },
    { "ph/cm^2/s/GeV", "cm-2 s-1 TeV-1", 1e3 },
    { "ph/cm2/s/TeV", "cm-2 s-1 TeV-1", 1 }, { "ph / (MeV cm2 s)", "cm-2 s-1 TeV-1", 1e6 },
    { "counts/MeV/cm2/s", "cm-2 s-1 TeV-1", 1e6 },
    { "photon/cm**2/MeV/s", "cm-2 s-1 TeV-1", 1e6 }, { "photon/cm**2/GeV/s", "cm-2 s-1 TeV-1", 1e3 },
    { "photons/cm**2/s/keV", "cm-2 s-1 TeV-1", 1e9 },
    { "1e-13 cm-2 s-1 TeV-1", "cm-2 s-1 TeV-1", 1e-13 }, { "1.e-13 cm-2 s-1", "cm-2 s-1", 1e-13 },
    { "1e-12 cm-2 s-1", "cm-2 s-1", 1e-12 },
    { "1e-9 m-2 s-1", "cm-2 s-1", 1e-13 }, { "10**-12 cm-2 s-1", "cm-2 s-1", 1e-12 },
    { "10^-12 cm-2 s-1", "cm-2 s-1", 1e-12 },
    { "10-12 cm-2 s-1", "cm-2 s-1", 1e-12 }, { "10**(-12) erg cm-2 s-1", "erg cm-2 s-1", 1e-12 },
    { "cm-2 s-1", "cm-2 s-1", 1 }, { "s-1 cm-2", "cm-2 s-1", 1 }, { "m-2 s-1", "cm-2 s-1", 1e-4 },
    { "1 / (cm2 s)", "cm-2 s-1", 1 },
    { "photon/cm**2/s", "cm-2 s-1", 1 }, { "ph/cm2/s", "cm-2 s-1", 1 }, { "ph cm-2 s-1", "cm-2 s-1", 1 },
    { "ph s-1 cm-2", "cm-2 s-1", 1 },
    { "ph / (cm2 s)", "cm-2 s-1", 1 }, { "cm**-2*s**-1", "cm-2 s-1", 1 }, { "cm-2.s-1", "cm-2 s-1", 1 },
    { "cm^{-2} s^{-1}", "cm-2 s-1", 1 },
    { "cm(-2) s(-1)", "cm-2 s-1", 1 }, { "cm-2s-1", "cm-2 s-1", 1 }, { "/cm2/s", "cm-2 s-1", 1 },
    { "events cm-2 s-1", "cm-2 s-1", 1 },
    { "cm-2 s-1 sr-1", "cm-2 s-1", 1 }, { "cm**-2.0 s**-1.0", "cm-2 s-1", 1 }, { "(cm2 s)**-1", "cm-2 s-1", 1 },
    { "cm^-2 * s^-1", "cm-2 s-1", 1 },
    { "erg cm-2 s-1", "erg cm-2 s-1", 1 }, { "cm-2 erg s-1", "erg cm-2 s-1", 1 },
    { "erg / (cm2 s)", "erg cm-2 s-1", 1 },
    { "erg/(cm2 s) ", "erg cm-2 s-1", 1 }, { "erg/cm**2/s", "erg cm-2 s-1", 1 }, { "erg/cm^2/s", "erg cm-2 s-1", 1 },
    { "ergs/cm2/s", "erg cm-2 s-1", 1 },
    { "erg/cm2 s", "erg cm-2 s-1", 1 }, { "TeV cm-2 s-1", "erg cm-2 s-1", FE_ERG_PER_TEV },
    { "TeV s-1 cm-2", "erg cm-2 s-1", FE_ERG_PER_TEV },
    { "MeV s-1 cm-2", "erg cm-2 s-1", FE_ERG_PER_TEV * 1e-6 }, { "MeV / (cm2 s)", "TeV cm-2 s-1", 1e-6 },
    { "eV cm-2 s-1", "TeV cm-2 s-1", 1e-12 },
    { "cm-2 s-1 GeV", "TeV cm-2 s-1", 1e-3 }, { "cm-2 MeV s-1", "TeV cm-2 s-1", 1e-6 },
    { "erg / cm2 / s", "TeV cm-2 s-1", 1 / FE_ERG_PER_TEV },
    { "cm-2 keV s-1 TeV-1", "cm-2 s-1", 1e-9 }, { "cm-2 TeV-1 s-1 keV2", "TeV cm-2 s-1", 1e-18 },
    { "J m-2 s-1", "erg cm-2 s-1", 1e3 },
    { "TeV", "keV", 1e9 }, { "keV", "TeV", 1e-9 }, { "MeV", "TeV", 1e-6 }, { "GeV", "TeV", 1e-3 },
    { "PeV", "TeV", 1e3 }, { "eV", "TeV", 1e-12 },
    { "GEV", "MeV", 1e3 }, { "Gev", "MeV", 1e3 }, { "TEV", "TeV", 1 }, { "kev", "eV", 1e3 },
    { "erg", "TeV", 1 / FE_ERG_PER_TEV },
    { "J", "erg", 1e7 }, { "m2", "cm2", 1e4 }, { "m2 s", "cm2 s", 1e4 }, { "km2", "m2", 1e6 }, { "cm2", "cm2", 1 },
    { "min", "s", 60 }, { "h", "s", 3600 }, { "hr", "s", 3600 }, { "hours", "min", 60 }, { "d", "s", 86400 },
    { "day", "h", 24 }, { "days", "s", 86400 },
    { "yr", "d", 365.25 }, { "ks", "s", 1e3 }, { "ms", "s", 1e-3 }, { "sec", "s", 1 }, { "Hz", "s-1", 1 },
    { "counts s-1", "Hz", 1 },
    { "arcmin", "deg", 1 / 60.0 }, { "arcsec", "deg", 1 / 3600.0 }, { "deg", "arcmin", 60 },
    { "rad", "deg", 57.29577951308232 }, { "deg-2", "deg-2", 1 },
    { "", "", 1 }, { "        ", "", 1 }, { "1", "", 1 }, { "counts", "", 1 }, { "ct", "ph", 1 }, { "sr-1", "", 1 },
    { "sr", "counts", 1 },
    { "deg / arcmin", "", 60 }
};

static const char *const refused[] = {
    "Crab", "MJD", "log_MeV", "pix", "cm-2 s-1 TeV-1 foo", "cm--2", "cm-", "cm^", "cm**", "cm-2 /", "* cm", "cm // s",
    "1 / (cm2 s", "cm2)", "()-", "((((((((((((s))))))))))))",
    "MeV/cm2 s-1", "s-1/cm-2", "cm200", "cm\n", "cm\t", "\xbe\xbe\n\x82", "\xc2\xb5s", "cm\xc2\xb2", "0 cm", "-1 cm",
    "1e400 cm", "inf cm", "nan", "2**3 cm", "TeVs", "mev",
    "dex", "mag", "1e-12 Crab", "cm 2 -1", "sqrt(cm)", "cm-2.5", "cm 2", "10 cm 10", "'cm'", "$cm^{-2}$"
};

static void check_wild(void)
{
    for (size_t i = 0; i < sizeof wild / sizeof *wild; i++) {
        double factor = NAN;
        fe_err err = { FE_OK, "" };

        CHECK_MSG(fe_unit_factor(wild[i].text, wild[i].to, &factor, &err) == 0, wild[i].text);
        near_(factor, wild[i].factor, 3e-16, 0, wild[i].text, __FILE__, __LINE__);
    }
    CHECK(sizeof wild / sizeof *wild >= 60);
}

static void check_refused(void)
{
    fe_unit unit;
    fe_err err;
    double factor;

    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        CHECK_MSG(fe_unit_parse(refused[i], &unit) < 0, refused[i]);
    CHECK(fe_unit_factor("Crab", "cm-2 s-1", &factor, &err) < 0 && err.code == FE_EDATA);
    SAME_STR(err.text, "unknown unit 'Crab', expected one like 'cm-2 s-1'");
    CHECK(fe_unit_factor("TeV m-2 s-1", "cm-2 s-1 TeV-1", &factor, &err) < 0);
    SAME_STR(err.text, "unit 'TeV m-2 s-1' does not convert to 'cm-2 s-1 TeV-1'");
    CHECK(fe_unit_factor("sr", "deg2", &factor, &err) < 0);
    CHECK(fe_unit_factor("s", "cm", &factor, NULL) < 0);
    CHECK(fe_unit_factor(NULL, "", &factor, &err) == 0 && factor == 1);
}

/* Exactness that comparisons of files rest on: powers of ten and the erg are not rounded twice. */
static void check_exact(void)
{
    fe_unit a, b;
    double f;

    CHECK(fe_unit_factor("TeV", "keV", &f, NULL) == 0 && f == 1e9);
    CHECK(fe_unit_factor("keV", "TeV", &f, NULL) == 0 && f == 1e-9);
    CHECK(fe_unit_factor("TeV", "erg", &f, NULL) == 0 && f == 1.602176634);
    CHECK(fe_unit_parse("cm-2 s-1 TeV-1", &a) == 0 && a.scale == 1);
    CHECK(a.energy == -1 && a.length == -2 && a.time == -1 && a.angle == 0);
    CHECK(fe_unit_parse("1 / (m2 s MeV)", &b) == 0 && fe_unit_same_dim(a, b) && b.scale == 100);
    CHECK(fe_unit_parse("erg cm-2 s-1", &b) == 0 && !fe_unit_same_dim(a, b));
    CHECK(fe_unit_parse("deg", &a) == 0 && fe_unit_parse("", &b) == 0 && !fe_unit_same_dim(a, b));
}

static void check_quantities(void)
{
    static const struct { const char *text, *unit; double value; } good[] = {
        { "300 GeV", "TeV", 0.3 }, { "300GeV", "TeV", 0.3 }, { "1TeV", "TeV", 1 }, { "0.1deg", "deg", 0.1 },
        { "6arcmin", "deg", 0.1 }, { "30min", "s", 1800 },
        { "6h", "s", 21600 }, { "3.906d", "d", 3.906 }, { "1e-12 cm-2 s-1 TeV-1", "cm-2 s-1 TeV-1", 1e-12 },
        { "3e-12 1/(cm2 s TeV)", "cm-2 s-1 TeV-1", 3e-12 },
        { "1e-12/cm2/s/TeV", "cm-2 s-1 TeV-1", 1e-12 }, { "10**-12 erg", "erg", 1e-12 }, { "2.5", "", 2.5 },
        { "-0.5 deg", "deg", -0.5 }, { " 5 m2 ", "cm2", 5e4 },
        { "1.602176634 erg", "TeV", 1 }, { "0.1 TeV-1", "TeV-1", 0.1 }, { "1e-4 MeV-1", "TeV-1", 100 },
        { "30 ct", "", 30 }, { "1e-14", "", 1e-14 }
    };
    static const struct { const char *text, *unit, *message; } bad[] = {
        { "300", "TeV", "'300' has no unit, expected one like TeV" },
        { "300 GeV", "s", "'300 GeV' does not convert to s" },
        { "GeV", "TeV", "'GeV' is not a quantity, expected a number and a unit like TeV" },
        { "3 Gold", "TeV", "unknown unit in '3 Gold', expected one like TeV" },
        { "", "TeV", "'' is not a quantity, expected a number and a unit like TeV" },
        { "x", "", "'x' is not a quantity, expected a number" },
        { "2 TeV", "", "'2 TeV' does not convert to a number without unit" },
        { "nan TeV", "TeV", "'nan TeV' is not a quantity, expected a number and a unit like TeV" },
        { "1e5e5 TeV", "TeV", "unknown unit in '1e5e5 TeV', expected one like TeV" }
    };
    fe_err err;
    double x;

    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        x = NAN;
        CHECK_MSG(fe_quantity_parse(good[i].text, good[i].unit, &x, &err) == 0, good[i].text);
        near_(x, good[i].value, 2e-16, 0, good[i].text, __FILE__, __LINE__);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK_MSG(fe_quantity_parse(bad[i].text, bad[i].unit, &x, &err) < 0 && err.code == FE_EUSAGE, bad[i].text);
        SAME_STR(err.text, bad[i].message);
    }
    CHECK(fe_quantity_parse("300 GeV", "TeV", &x, NULL) == 0 && x == 0.3);
}

int main(void)
{
    check_wild();
    check_refused();
    check_exact();
    check_quantities();
    return check_done();
}
