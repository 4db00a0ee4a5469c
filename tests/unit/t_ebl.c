/* Absorption by the extragalactic background light, and spectra that stand in files. */
#include <stdlib.h>
#include <unistd.h>

#include "base/note.h"
#include "io/model_io.h"
#include "phys/spectrum_ebl.h"
#include "check.h"

/* tau = (1 + 10 z) (2 + ln E): bilinear, so that every value between and beyond the nodes is known. */
static double tau(double z, double e_TeV)
{
    return (1 + 10 * z) * (2 + log(e_TeV));
}

static fe_ebl *plane(void)
{
    double z[] = { 0.3, 0.1, 0.3, 0.2 }, e[] = { 0.5, 1, 4 }, t[12];        /* not in order, one redshift twice */

    for (size_t i = 0; i < 12; i++)
        t[i] = i / 3 == 2 ? 0.99 : exp(-tau(z[i / 3], e[i % 3]));
    return fe_ebl_new("plane", 4, z, 3, e, t);
}

static void interpolates(void)
{
    static const double z[] = { 0.1, 0.13, 0.2, 0.28, 0.3, 0.05, 0.5 }, e[] = { 0.5, 0.7, 1, 3, 4, 0.2, 10 };
    fe_ebl *ebl = plane();

    CHECK(ebl->n_z == 3 && ebl->z[0] == 0.1 && ebl->z[2] == 0.3 && ebl->n_e == 3);
    for (size_t i = 0; i < 7; i++)
        for (size_t k = 0; k < 7; k++)
            NEAR(fe_ebl_transmission(ebl, z[i], e[k]), fmin(exp(-tau(z[i], e[k])), 1), 1e-13);
    NEAR(fe_ebl_transmission(ebl, 0.1, 0.01), 1, 0);            /* tau < 0: clipped */
    CHECK(isnan(fe_ebl_transmission(ebl, 0.1, NAN)) && isnan(fe_ebl_transmission(ebl, NAN, 1)));
    CHECK(fe_ebl_segment(ebl, 0.25) == 1 && fe_ebl_segment(ebl, 9) == 1 && fe_ebl_segment(ebl, 0) == 0);
    fe_ebl_free(ebl);

    ebl = fe_ebl_new("", 1, (double[]){ 0.1 }, 2, (double[]){ 1, 2 }, (double[]){ 0.5, 0 });
    NEAR(fe_ebl_transmission(ebl, 7, 1), 0.5, 1e-15);           /* one redshift: the only one there is */
    CHECK(fe_ebl_transmission(ebl, 7, 2) < 1e-300 && fe_ebl_transmission(ebl, 7, 2) >= 0);
    fe_ebl_free(ebl);
    CHECK(!fe_ebl_new("", 1, (double[]){ 0.1 }, 2, (double[]){ 2, 1 }, (double[]){ 1, 1 }));
    CHECK(!fe_ebl_new("", 1, (double[]){ -0.1 }, 2, (double[]){ 1, 2 }, (double[]){ 1, 1 }));
    CHECK(!fe_ebl_new("", 1, (double[]){ 0.1 }, 2, (double[]){ 1, 2 }, (double[]){ 1, NAN }));
    CHECK(!fe_ebl_new("", 1, (double[]){ 0.1 }, 1, (double[]){ 1 }, (double[]){ 1 }));
}

/* pl x exp(-tau) is a power law in each segment: E^-(index + (1 + 10 z) alpha). */
static void absorbs(void)
{
    fe_spectrum *ebl = fe_spectrum_new("ebl"), *s, *copy;
    double slope = 2 + 1.5 * 2.5, factor = exp(-1.5 * 2.5 * 2), edge[] = { 0.6, 0.9, 3 }, out[2];

    CHECK(ebl && ebl->par[0].frozen && ebl->par[1].frozen && ebl->par[0].value == 0.1);
    CHECK(isnan(fe_spectrum_dnde(ebl, 1)));                     /* no table, no number */
    ebl->ebl = plane();
    ebl->par[0].value = 0.15;
    ebl->par[1].value = 1.5;
    s = fe_spectrum_join('*', fe_spectrum_new("pl"), ebl);
    copy = fe_spectrum_copy(s);
    CHECK(copy->right->ebl == ebl->ebl && ebl->ebl->n_owners == 2);
    fe_spectrum_free(s);
    NEAR(fe_spectrum_dnde(copy, 2), 1e-12 * factor * pow(2, -slope), 1e-13);
    fe_spectrum_integrals(copy, 2, edge, false, false, out);
    NEAR(out[0], 1e-12 * factor / (1 - slope) * (pow(0.9, 1 - slope) - pow(0.6, 1 - slope)), 1e-12);
    NEAR(out[1], 1e-12 * factor / (1 - slope) * (pow(3, 1 - slope) - pow(0.9, 1 - slope)), 1e-12);
    NEAR(fe_spectrum_eflux(copy, 0.6, 3), 1e-12 * factor / (2 - slope) * (pow(3, 2 - slope) - pow(0.6, 2 - slope)), 1e-12);
    CHECK(!fe_spectrum_is_analytic(copy) && !fe_spectrum_is_norm(copy));
    fe_spectrum_free(copy);
}

/* A table of 1 500 kinks in one bin: each segment is a power law and is integrated as one. */
static void splits(void)
{
    enum { N = 1500 };
    double e[N], t[N], sum = 0;
    fe_spectrum *ebl = fe_spectrum_new("ebl"), *s = fe_spectrum_join('*', fe_spectrum_new("const"), ebl);

    for (size_t k = 0; k < N; k++) {
        e[k] = pow(10, 2. * k / (N - 1));
        t[k] = k % 2 ? 0.2 : 0.9;
    }
    for (size_t k = 0; k + 1 < N; k++) {
        double g = 1 + log(t[k + 1] / t[k]) / log(e[k + 1] / e[k]);

        sum += t[k] * e[k] / g * (pow(e[k + 1] / e[k], g) - 1);
    }
    ebl->ebl = fe_ebl_new("", 1, (double[]){ 0.1 }, N, e, t);
    NEAR(fe_spectrum_flux(s, 1, 100), 1e-12 * sum, 1e-11);
    fe_spectrum_free(s);
}

/* ---- files --------------------------------------------------------------------------------------------------- */

static fe_spectrum *read_model(const char *text)
{
    fe_models *m = NULL;
    fe_err err = { FE_OK, "" };
    fe_spectrum *s;

    if (fe_models_read(text, &m, &err) < 0) {
        CHECK_MSG(0, err.text);
        exit(check_done());
    }
    s = fe_spectrum_copy(m->model[0].spectrum);
    fe_models_free(m);
    return s;
}

static void refuse(const char *text, const char *expected)
{
    fe_models *m = NULL;
    fe_err err = { FE_OK, "" };

    CHECK_MSG(fe_models_read(text, &m, &err) < 0, text);
    CHECK_MSG(strstr(err.text, expected) && !strchr(err.text, '\n'), err.text);
}

static void put_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    CHECK(f && fputs(text, f) >= 0 && fclose(f) == 0);
}

#define ECSV "# %ECSV 1.0\n# ---\n# datatype:\n"
#define EBL_HEAD ECSV "# - {name: redshift, datatype: float64}\n# - {name: energy, unit: GeV, datatype: float64}\n"

static void tables(void)
{
    fe_spectrum *s;
    fe_str text = { 0 };

    put_file("tau.ecsv", EBL_HEAD "# - {name: tau, datatype: float64}\nredshift energy tau\n"
             "0.1 500 0.1\n0.1 1000 0.4\n0.1 4000 1\n0.2 500 0.2\n0.2 1000 0.8\n0.2 4000 3\n");
    s = read_model("pl:index=2 * ebl:tau.ecsv,redshift=0.15");
    NEAR(fe_spectrum_dnde(s, 1), 1e-12 * exp(-0.6), 1e-13);
    NEAR(fe_spectrum_dnde(s, 2), 0.25e-12 * exp(-1.3), 1e-13);
    fe_spectrum_print(s, &text);
    CHECK_MSG(strstr(text.s, " * ebl-norm:tau.ecsv,redshift=0.15,alpha_norm=1"), text.s);
    fe_spectrum_free(s);
    s = read_model(text.s);                                     /* what is printed parses back */
    NEAR(fe_spectrum_dnde(s, 2), 0.25e-12 * exp(-1.3), 1e-13);
    fe_spectrum_free(s);
    fe_str_free(&text);
    s = read_model("ebl:./tau.ecsv,redshift=0.2,alpha_norm=2 * pl");
    NEAR(fe_spectrum_dnde(s, 1), 1e-12 * exp(-1.6), 1e-13);
    fe_spectrum_free(s);
    put_file("t.yaml", "components:\n- name: a\n  spectral:\n    type: compound\n    model1: {type: pl}\n    model2:\n"
             "      type: ebl-norm\n      parameters: [{name: redshift, value: 0.2}]\n      filename: tau.ecsv\n    operator: mul\n");
    s = read_model("t.yaml");
    NEAR(fe_spectrum_dnde(s, 1), 1e-12 * exp(-0.8), 1e-13);
    fe_spectrum_free(s);

    put_file("bad.ecsv", EBL_HEAD "# - {name: transmission, datatype: float64}\nredshift energy transmission\n"
             "0.1 500 1\n0.1 1000 1\n0.2 500 1\n0.2 1001 1\n");
    refuse("pl * ebl:bad.ecsv", "bad.ecsv row 4: redshift 0.2 at 1.001 TeV, expected 0.2 at 1: the same 2 energies for each");
    put_file("bad.ecsv", EBL_HEAD "# - {name: x, datatype: float64}\nredshift energy x\n0.1 500 1\n0.1 1000 1\n");
    refuse("pl * ebl:bad.ecsv", "bad.ecsv: no column transmission, expected a table of transmissions");
    put_file("bad.ecsv", EBL_HEAD "# - {name: transmission, datatype: float64}\nredshift energy transmission\n"
             "0.1 500 1\n0.1 1000 -1\n");
    refuse("pl * ebl:bad.ecsv", "bad.ecsv: 1 redshifts and 2 energies are no table of transmissions");
    unsetenv("GAMMAPY_DATA");
    refuse("pl * ebl:dominguez", "no EBL table 'dominguez': no file of that name, and GAMMAPY_DATA names no folder of data; "
           "give a file, like ebl:FILE,redshift=0.1");
    setenv("GAMMAPY_DATA", "/nowhere", 1);
    refuse("pl * ebl:dominguez", "no EBL table 'dominguez': neither a file of that name nor "
           "/nowhere/ebl/ebl_dominguez11.fits.gz; give a file");
    unlink("tau.ecsv");
    unlink("bad.ecsv");
    unlink("t.yaml");
}

static void templates(void)
{
    fe_spectrum *s;

    put_file("iso.txt", "# E flux error\n 1e5 3e-10 1e-12\n1e6\t1e-12 1e-13\n\n 2e6, 2e-13, 0\n");
    s = read_model("template:iso.txt");
    CHECK(s->n_node == 3);
    NEAR(fe_spectrum_dnde(s, 0.1), 3e-4, 1e-13);
    NEAR(fe_spectrum_dnde(s, 1), 1e-6, 1e-13);
    NEAR(fe_spectrum_dnde(s, sqrt(2)), sqrt(1e-6 * 2e-7), 1e-13);
    fe_spectrum_free(s);
    s = read_model("scale:norm=2 * template:iso.txt");
    NEAR(fe_spectrum_dnde(s, 1), 2e-6, 1e-13);
    fe_spectrum_free(s);
    put_file("t.ecsv", ECSV "# - {name: note, datatype: string}\n# - {name: E, unit: GeV, datatype: float64}\n"
             "# - {name: y, unit: 1 / (m2 s GeV), datatype: float64}\nnote E y\na 100 3\nb 1000 2\n");
    s = read_model("template:t.ecsv");
    NEAR(fe_spectrum_dnde(s, 0.1), 0.3, 1e-13);
    NEAR(fe_spectrum_dnde(s, 1), 0.2, 1e-13);
    fe_spectrum_free(s);
    put_file("bad.txt", "1 2\n3 x\n");
    refuse("template:bad.txt", "bad.txt row 2: '3 x' is not two numbers, expected energy and value");
    put_file("bad.txt", "2 2\n1 2\n");
    refuse("template:bad.txt", "bad.txt: node 2 is 2e+06 cm-2 s-1 TeV-1 at 1e-06 TeV, expected ascending energies");
    put_file("bad.txt", "1 2\n");
    refuse("template:bad.txt", "bad.txt: 1 rows, expected two or more");
    put_file("bad.txt", ECSV "# - {name: E, datatype: float64}\n# - {name: y, datatype: float64}\nE y\n1 2\n3 4\n");
    refuse("template:bad.txt", "bad.txt: no column in a unit of energy");
    refuse("template:none.txt", "none.txt");
    unlink("iso.txt");
    unlink("t.ecsv");
    unlink("bad.txt");
}

/* Transmission and integrals as gammapy 2.1 gives them; its table is in single precision. */
static void published(const char *shared)
{
    static const struct { const char *model; double e_TeV, value; } at[] = {
        { "ebl:dominguez,redshift=0.2", 0.3, 0.5979389383816036 }, { "ebl:dominguez,redshift=0.2", 1, 0.10094823610866394 },
        { "ebl:dominguez,redshift=0.2", 7, 0.0026150064869711726 }, { "ebl:dominguez,redshift=0.2345", 7, 0.0007061106621394263 },
        { "ebl:dominguez,redshift=0.005", 40, 0.07285330144358475 }, { "ebl:dominguez,redshift=4.2", 1, 5.103974261199958e-14 },
        { "ebl:franceschini,redshift=0.2", 0.3, 0.6052781699647778 }, { "ebl:franceschini,redshift=0.2", 1, 0.1134837563565877 },
        { "ebl:franceschini,redshift=0.2", 7, 0.0016810000930795226 },
        { "ebl:franceschini,redshift=1.5", 1, 8.727209098085095e-09 }, { "ebl:franceschini,redshift=0.2", 0.0003, 1 }
    };
    fe_str text = { 0 };
    double edge[] = { 1, 10 }, out;
    fe_spectrum *s;

    fe_str_addf(&text, "%s/data", shared);
    setenv("GAMMAPY_DATA", text.s, 1);
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        text.len = 0;
        fe_str_addf(&text, "const:const=1 cm-2 s-1 TeV-1 * %s", at[i].model);
        s = read_model(text.s);
        near_(fe_spectrum_dnde(s, at[i].e_TeV), at[i].value, 2e-5, 0, text.s, __FILE__, __LINE__);
        fe_spectrum_free(s);
    }
    s = read_model("pl:index=2.3 * ebl:dominguez,redshift=0.2");
    fe_spectrum_integrals(s, 1, edge, false, true, &out);
    NEAR(out, 3.8743634e-14, 1e-6);
    fe_spectrum_integrals(s, 1, edge, true, true, &out);
    NEAR(out, 6.0504087e-14, 1e-6);
    NEAR(fe_spectrum_flux(s, 1, 10), 3.8743634e-14, 1e-3);
    fe_spectrum_free(s);
    fe_str_free(&text);
}

/* A product keeps the two rows that count, and reads without the table. */
static void kept(void)
{
    fe_models *m = fe_models_new(), *again = NULL;
    fe_spectrum *ebl = fe_spectrum_new("ebl");
    fe_str text = { 0 };
    fe_err err;

    ebl->ebl = plane();
    ebl->par[0].value = 0.25;
    fe_models_add(m, "a", fe_spectrum_join('*', fe_spectrum_new("pl"), ebl));
    fe_models_print_yaml(m, &text);
    CHECK_MSG(fe_models_parse_yaml(text.s, "m.yaml", &again, &err) == 0, err.text);
    CHECK(again->model[0].spectrum->right->ebl->n_z == 2);
    SAME_STR(again->model[0].spectrum->right->ebl->name, "plane");
    NEAR(fe_spectrum_dnde(again->model[0].spectrum, 2.5), fe_spectrum_dnde(m->model[0].spectrum, 2.5), 0);
    fe_models_free(again);
    ebl->par[0].frozen = false;
    text.len = 0;
    fe_models_print_yaml(m, &text);
    CHECK_MSG(fe_models_parse_yaml(text.s, "m.yaml", &again, &err) == 0, err.text);
    CHECK(again->model[0].spectrum->right->ebl->n_z == 3);
    fe_models_free(again);
    fe_models_free(m);
    fe_str_free(&text);
}

int main(void)
{
    const char *given = check_shared();
    char *shared = given ? realpath(given, NULL) : NULL, dir[] = "/tmp/t_ebl.XXXXXX";

    fe_note_setup("t_ebl", -1);
    interpolates();
    absorbs();
    splits();
    kept();
    CHECK(mkdtemp(dir) && chdir(dir) == 0);
    tables();
    templates();
    if (shared)
        published(shared);
    else
        printf("no shared data (FE_SHARED): published tables left out\n");
    CHECK(chdir("/") == 0 && rmdir(dir) == 0);
    free(shared);
    return check_done();
}
