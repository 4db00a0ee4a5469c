/* Models: inline text, gammapy's YAML read and printed, the model stored in a product; errors name file and line. */
#include <stdlib.h>
#include <unistd.h>

#include "base/note.h"
#include "io/format.h"
#include "io/model_io.h"
#include "phys/spectrum_ebl.h"
#include "types/background.h"
#include "types/model_pars.h"
#include "check.h"

static fe_models *parse(const char *yaml)
{
    fe_models *models = NULL;
    fe_err err = { FE_OK, "" };

    if (fe_models_parse_yaml(yaml, "m.yaml", &models, &err) < 0)
        CHECK_MSG(0, err.text);
    return models;
}

static const char crab[] =
    "components:\n"
    "-   name: crab nebula\n"
    "    type: SkyModel\n"
    "    spectral:\n"
    "        type: PowerLawSpectralModel\n"
    "        parameters:\n"
    "        -   name: index\n"
    "            value: 2.6466281301831303\n"
    "            error: 0.09\n"
    "        -   name: amplitude\n"
    "            value: 4.013686922874039e-07\n"
    "            unit: m-2 s-1 TeV-1\n"
    "            min: 1.0e-12\n"
    "            max: .nan\n"
    "            frozen: true\n"
    "            link: amplitude@x\n"
    "        -   {name: reference, value: 500, unit: GeV}\n"
    "    spatial:\n"
    "        type: PointSpatialModel\n"
    "        frame: icrs\n"
    "    apply_irf: {exposure: true, psf: true}\n"
    "-   name: other\n"
    "    type: SkyModel\n"
    "    spectral:\n"
    "        type: CompoundSpectralModel\n"
    "        model1: {type: lp, parameters: [{name: alpha, value: 2.5}]}\n"
    "        model2:\n"
    "            type: pl-norm\n"
    "            parameters: []\n"
    "        operator: mul\n"
    "-   type: FoVBackgroundModel\n"
    "    datasets_names: [x]\n"
    "    spectral:\n"
    "        type: PowerLawNormSpectralModel\n"
    "        parameters: [{name: norm, value: 1.5}, {name: tilt, value: 0.5}, {name: reference, value: 2, unit: TeV}]\n"
    "covariance: fit_covariance.dat\n";

/* FoVBackgroundModel: background * norm (E / reference)^-tilt at the centres, of the datasets it names. */
static void scales_background(void)
{
    fe_models *m = parse(crab);
    fe_dataset *d = fe_dataset_new(2, 1, 1, 2);
    fe_err err;

    d->background = calloc(4, sizeof *d->background);
    for (size_t j = 0; j < 3; j++)
        d->e_edge_TeV[j] = pow(4, (double)j);
    for (size_t j = 0; j < 4; j++)
        d->background[j] = (double)j + 1;
    d->info.name = strdup("y");
    CHECK(m->n_background == 1);
    CHECK(fe_background_apply(m, false, d, &err) == 0);
    NEAR(d->background[0], 1, 0);
    d->info.name[0] = 'x';
    CHECK(fe_background_apply(NULL, false, d, &err) == 0);
    NEAR(d->background[3], 4, 0);
    CHECK(fe_background_apply(m, false, d, &err) == 0);
    NEAR(d->background[0], 1.5, 1e-14);
    NEAR(d->background[1], 3, 1e-14);
    NEAR(d->background[2], 3 * 1.5 / 2, 1e-14);            /* centre 8 TeV: (8 / 2)^-0.5 = 1/2 */
    NEAR(d->background[3], 4 * 1.5 / 2, 1e-14);
    fe_dataset_free(d);
    fe_models_free(m);
}

/* Called as gammapy calls it; written behind the sources as it was read, with what has changed; one that was never read. */
static void keeps_background(void)
{
    fe_models *m = parse(crab), *again;
    fe_str text = { 0 };
    fe_model *made;

    SAME_STR(m->background[0].name, "x-bkg");
    CHECK(fe_model_is_free(&m->background[0]));
    fe_spectrum_par(m->background[0].spectrum, "norm")->value = 1.25;
    fe_spectrum_par(m->background[0].spectrum, "norm")->error = 0.5;
    made = fe_models_add_background(m, "made", fe_spectrum_new("pl-norm"));
    fe_strv_add(&made->datasets, "y");
    fe_models_print_yaml(m, &text);
    CHECK(strstr(text.s, "FoVBackgroundModel") == NULL);
    fe_models_print_backgrounds(m, &text);
    again = parse(text.s);
    CHECK(again->n == 2 && again->n_background == 2);
    SAME_STR(again->background[0].name, "x-bkg");
    SAME_STR(again->background[1].name, "made");
    SAME_STR(again->background[0].datasets.s[0], "x");
    SAME_STR(again->background[1].datasets.s[0], "y");
    NEAR(fe_spectrum_par(again->background[0].spectrum, "norm")->value, 1.25, 0);
    NEAR(fe_spectrum_par(again->background[0].spectrum, "norm")->error, 0.5, 0);
    NEAR(fe_spectrum_par(again->background[0].spectrum, "tilt")->value, 0.5, 0);
    fe_models_free(m);
    fe_models_free(again);
    fe_str_free(&text);
}

/* Of which something is free, and of which nothing is: a fit moves only the first. */
static void scales_fixed_background(void)
{
    fe_models *m = parse(crab);
    fe_dataset *d = fe_dataset_new(1, 1, 1, 1);
    fe_err err;

    d->background = calloc(1, sizeof *d->background);
    d->background[0] = 1;
    d->e_edge_TeV[0] = 1;
    d->e_edge_TeV[1] = 4;
    d->info.name = strdup("x");
    CHECK(fe_background_apply(m, true, d, &err) == 0);
    NEAR(d->background[0], 1, 0);
    CHECK(fe_models_free_background(m, d, 0) == 0 && fe_models_free_background(m, d, 1) == 1);
    fe_spectrum_par(m->background[0].spectrum, "norm")->frozen = true;
    CHECK(fe_background_apply(m, true, d, &err) == 0);
    NEAR(d->background[0], 1.5, 1e-14);
    CHECK(fe_models_free_background(m, d, 0) == 1);
    fe_dataset_free(d);
    fe_models_free(m);
}

static void reads(void)
{
    fe_models *m = parse(crab);
    fe_spectrum *s = m->model[0].spectrum;

    CHECK(m->n == 2);
    SAME_STR(m->model[0].name, "crab nebula");
    SAME_STR(s->kind->tag, "pl");
    NEAR(s->par[0].value, 2.6466281301831303, 0);
    NEAR(s->par[0].error, 0.09, 0);
    NEAR(s->par[1].value, 4.013686922874039e-11, 1e-15);
    NEAR(s->par[1].min, 1e-16, 1e-15);
    CHECK(isnan(s->par[1].max) && isnan(s->par[0].min));
    CHECK(s->par[1].frozen && s->par[2].frozen && !s->par[0].frozen);       /* the reference by its class */
    NEAR(s->par[2].value, 0.5, 1e-15);
    s = m->model[1].spectrum;
    CHECK(s->op == '*' && !strcmp(s->left->kind->tag, "lp") && !strcmp(s->right->kind->tag, "pl-norm"));
    NEAR(s->left->par[1].value, 10, 0);                                    /* lp's own default reference */
    fe_models_free(m);

    m = parse("components:\n"
              "- name: t\n"
              "  spectral:\n"
              "    type: TemplateSpectralModel\n"
              "    energy: {data: [1, 2.5, 1.0e+01], unit: GeV}\n"
              "    values: {data: [3, 2, 1], unit: 1 / (s cm2 GeV)}\n"
              "- name: p\n"
              "  spectral:\n"
              "    type: piecewise-norm\n"
              "    parameters: [{name: norm_0, value: 1}, {name: norm_1, value: 4}]\n"
              "    energy: {data: [1, 3], unit: TeV}\n"
              "    interp: lin\n");
    NEAR(fe_spectrum_dnde(m->model[0].spectrum, 2.5e-3), 2000, 1e-13);
    NEAR(fe_spectrum_dnde(m->model[1].spectrum, 2), 2.5, 1e-13);
    fe_models_free(m);
}

static int same(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static int same_spectrum(const fe_spectrum *a, const fe_spectrum *b)
{
    if (a->kind != b->kind || a->op != b->op || a->n_node != b->n_node || a->node_linear != b->node_linear)
        return 0;
    if (!a->kind)
        return same_spectrum(a->left, b->left) && same_spectrum(a->right, b->right);
    for (size_t i = 0; i < a->kind->n_par; i++) {
        const fe_par *x = &a->par[i], *y = &b->par[i];

        if (x->value != y->value || x->error != y->error || x->frozen != y->frozen || !same(x->min, y->min) ||
            !same(x->max, y->max))
            return 0;
    }
    if (!a->ebl != !b->ebl || (a->ebl && (a->ebl->n_e != b->ebl->n_e || a->ebl->n_z != b->ebl->n_z)))
        return 0;
    for (size_t i = 0; a->ebl && i < a->ebl->n_z * a->ebl->n_e; i++)
        if (a->ebl->transmission[i] != b->ebl->transmission[i] || a->ebl->e_TeV[i % a->ebl->n_e] != b->ebl->e_TeV[i % b->ebl->n_e])
            return 0;
    for (size_t i = 0; i < a->n_node; i++)
        if (a->node_e_TeV[i] != b->node_e_TeV[i] || a->node_value[i] != b->node_value[i])
            return 0;
    return 1;
}

/* Every kind printed and read back: the same bits; printed again: the same text. */
static void prints(void)
{
    fe_models *m = fe_models_new(), *again;
    fe_str text = { 0 }, text2 = { 0 };
    double e[] = { 0.1, 1 / 3.0, 7 }, y[] = { 1e-11, 3e-13, 0 };

    for (const fe_spectrum_kind *k = fe_spectrum_kinds; k->type; k++) {
        fe_spectrum *s = fe_spectrum_new(k->tag);

        if (fe_spectrum_has_nodes(s)) {
            fe_spectrum_free(s);
            s = fe_spectrum_nodes(k->tag, 3, e, y);
            s->node_linear = k->is_norm;
        }
        if (fe_spectrum_has_table(s))
            s->ebl = fe_ebl_new("x", 2, (double[]){ 0.1, 1 / 3.0 }, 3, e, (double[]){ 1, 0.5, 0.1 / 3, 0.9, 0.1, 0 });
        for (size_t i = 0; i < k->n_par; i++) {
            s->par[i].value *= 1 + 1 / 3.0;
            s->par[i].frozen = i % 2;
        }
        if (k->n_par) {
            s->par[0].error = 0.1 / 3;
            s->par[0].min = -1e-20;
            s->par[0].max = 1e20;
        }
        fe_models_add(m, k->tag, s);
    }
    fe_models_add(m, "sum: of 'two'",
                  fe_spectrum_join('+', fe_spectrum_copy(m->model[0].spectrum),
                                   fe_spectrum_join('-', fe_spectrum_new("pl"), fe_spectrum_new("lp"))));
    fe_models_print_yaml(m, &text);
    again = parse(text.s);
    CHECK(again->n == m->n);
    for (size_t i = 0; i < m->n && i < again->n; i++) {
        CHECK_MSG(same_spectrum(m->model[i].spectrum, again->model[i].spectrum), m->model[i].name);
        SAME_STR(again->model[i].name, m->model[i].name);
    }
    fe_models_print_yaml(again, &text2);
    SAME_STR(text2.s, text.s);
    fe_models_free(m);
    fe_models_free(again);
    fe_str_free(&text);
    fe_str_free(&text2);
}

/* What is no spectrum stays as it was, the spectrum is what it is now. */
static void keeps(void)
{
    fe_models *m = parse(crab), *again;
    fe_str text = { 0 }, text2 = { 0 };

    m->model[0].spectrum->par[0].value = 3.5;
    fe_models_print_yaml(m, &text);
    CHECK(strstr(text.s, "    spatial:\n        type: PointSpatialModel\n        frame: icrs\n"
                         "    apply_irf: {exposure: true, psf: true}\n"));
    CHECK(strstr(text.s, "value: 3.5\n") && !strstr(text.s, "2.64") && !strstr(text.s, "covariance"));
    again = parse(text.s);
    CHECK(same_spectrum(m->model[0].spectrum, again->model[0].spectrum));
    CHECK(same_spectrum(m->model[1].spectrum, again->model[1].spectrum));
    fe_models_print_yaml(again, &text2);
    SAME_STR(text2.s, text.s);
    fe_models_free(m);
    fe_models_free(again);
    fe_str_free(&text);
    fe_str_free(&text2);
}

/* The first of linked parameters speaks for all; the label comes back out. */
static void links(void)
{
    fe_models *m = parse("components:\n"
                         "- name: a\n"
                         "  spectral: {type: pl, parameters: [{name: index, value: 2.5, error: 0.1, max: 4, link: index@x}]}\n"
                         "- name: b\n"
                         "  spectral:\n"
                         "    type: compound\n"
                         "    model1: {type: pl, parameters: [{name: index, value: 3, frozen: true, link: index@x}]}\n"
                         "    model2: {type: pl-norm, parameters: [{name: norm, value: 1}]}\n"
                         "    operator: mul\n"), *again;
    const fe_par *par = &m->model[1].spectrum->left->par[0];
    fe_str text = { 0 };
    fe_strv names = { 0 };

    CHECK(m->link.n == 1 && par->link == 1 && m->model[0].spectrum->par[0].link == 1);
    SAME_STR(m->link.s[0], "index@x");
    CHECK(par->value == 2.5 && par->error == 0.1 && par->max == 4 && !par->frozen);
    CHECK(m->model[0].spectrum->par[1].link == 0);
    fe_models_free_names(m, &names);
    CHECK(names.n == 4);
    SAME_STR(names.s[0], "a.spectral.index");
    SAME_STR(names.s[1], "a.spectral.amplitude");
    SAME_STR(names.s[2], "b.spectral.model1.amplitude");
    SAME_STR(names.s[3], "b.spectral.model2.norm");
    fe_models_print_yaml(m, &text);
    again = parse(text.s);
    CHECK(again->link.n == 1 && again->model[1].spectrum->left->par[0].link == 1);
    SAME_STR(again->link.s[0], "index@x");
    fe_strv_free(&names);
    fe_str_free(&text);
    fe_models_free(m);
    fe_models_free(again);
}

static void put_file(const char *path, const char *text);

static void covariances(void)
{
    static const char yaml[] =
        "components:\n"
        "- name: a\n"
        "  type: SkyModel\n"
        "  spectral: {type: pl, parameters: [{name: index, value: 2}, {name: amplitude, value: 1e-8, unit: m-2 s-1 TeV-1}]}\n"
        "  spatial: {type: PointSpatialModel, frame: icrs, parameters: [{name: lon_0, value: 0, unit: deg}]}\n"
        "covariance: cov.dat\n";
    char dir[] = "/tmp/t_model_io.XXXXXX";
    fe_models *m = NULL, *again = NULL;
    fe_err err = { FE_OK, "" };

    CHECK(mkdtemp(dir) && chdir(dir) == 0);
    put_file("m.yaml", yaml);
    CHECK(fe_models_read("m.yaml", &m, &err) == 0 && !m->covariance);       /* not there: errors stand alone */
    fe_models_free(m);
    put_file("cov.dat", "|         Parameters |     0 |     1 | 2 |\n"
                        "|   a.spectral.index |  0.01 | 2e-10| 0.5 |\n"
                        "|a.spectral.amplitude| 2e-10 | 1e-17 | 0 |\n"
                        "|    a.spatial.lon_0 |   0.5 |     0 | 7 |\n");
    CHECK(fe_models_read("m.yaml", &m, &err) == 0 && m->covariance && m->covariance->name.n == 3);
    NEAR(fe_covariance_of(m->covariance, "a.spectral.index", "a.spectral.index"), 0.01, 1e-15);
    NEAR(fe_covariance_of(m->covariance, "a.spectral.amplitude", "a.spectral.index"), 2e-14, 1e-14);
    NEAR(fe_covariance_of(m->covariance, "a.spectral.amplitude", "a.spectral.amplitude"), 1e-25, 1e-14);
    NEAR(fe_covariance_of(m->covariance, "a.spatial.lon_0", "a.spectral.index"), 0.5, 1e-15);
    CHECK(isnan(fe_covariance_of(m->covariance, "a.spatial.lon_0", "b")));
    CHECK_MSG(fe_models_write(m, "w.yaml", false, &err) == 0, err.text);
    CHECK(fe_models_write(m, "w.yaml", false, &err) < 0 && err.code == FE_EUSAGE);
    CHECK_MSG(fe_models_read("w.yaml", &again, &err) == 0 && again->covariance && again->covariance->name.n == 4, err.text);
    NEAR(fe_covariance_of(again->covariance, "a.spectral.amplitude", "a.spectral.amplitude"), 1e-25, 1e-14);
    NEAR(fe_covariance_of(again->covariance, "a.spatial.lon_0", "a.spectral.index"), 0.5, 0);
    NEAR(fe_covariance_of(again->covariance, "a.spectral.reference", "a.spectral.index"), 0, 0);
    fe_models_free(m);
    fe_models_free(again);
    m = parse("components:\n- name: a\n  spectral: {type: pl, parameters: [{name: index, value: 2, error: 0.5, link: i}]}\n"
              "- name: b\n  spectral: {type: pl, parameters: [{name: index, value: 3, link: i}]}\n");
    m->covariance = fe_covariance_new(&(fe_strv){ (char *[]){ "a.spectral.amplitude", "b.spectral.amplitude" }, 2, 2 },
                                      (double[]){ 4, 1, 1, 9 });
    CHECK(fe_models_write(m, "w.yaml", true, &err) == 0 && fe_models_read("w.yaml", &again, &err) == 0);
    CHECK(again->covariance->name.n == 6);                                  /* linked ones have a row each, as gammapy reads it */
    NEAR(fe_covariance_of(again->covariance, "a.spectral.index", "b.spectral.index"), 0.25, 0);     /* error^2 */
    NEAR(fe_covariance_of(again->covariance, "b.spectral.amplitude", "a.spectral.amplitude"), 1, 0);
    NEAR(fe_covariance_of(again->covariance, "b.spectral.index", "a.spectral.amplitude"), 0, 0);
    fe_models_free(m);
    fe_models_free(again);
    m = NULL;
    put_file("cov.dat", "| Parameters | 0 |\n| a | x |\n");
    CHECK(fe_models_read("m.yaml", &m, &err) < 0);
    SAME_STR(err.text, "cov.dat row 1: 'x' in column 0 is no number");
    put_file("cov.dat", "| Parameters | 0 |\n| a | 1 | 2 |\n");
    CHECK(fe_models_read("m.yaml", &m, &err) < 0);
    SAME_STR(err.text, "cov.dat row 1: 3 cells, expected the name of a parameter and 1 numbers, one for each");
    put_file("cov.dat", "nothing\n");
    CHECK(fe_models_read("m.yaml", &m, &err) < 0 && strstr(err.text, "cov.dat: no covariance, expected lines like"));
    for (size_t i = 0; i < 4; i++)
        unlink((const char *[]){ "m.yaml", "cov.dat", "w.yaml", "w_covariance.dat" }[i]);
    CHECK(chdir("/") == 0 && rmdir(dir) == 0);
}

#define PL "components:\n- name: a\n  spectral:\n    type: pl\n    parameters:\n"

static void refuses(void)
{
    static const struct { const char *yaml, *expected; } cases[] = {
        { "a: 1\n", "m.yaml: line 1: no list of components, expected a models file of gammapy" },
        { "components: []\n", "m.yaml: line 1: no source with a spectral model" },
        { "components:\n- name: a\n  type: SkyModel\n", "m.yaml: line 2: a source without spectral model 'a'" },
        { "components:\n- name: a\n  spectral:\n    type: TemplateNDSpectralModel\n",
          "m.yaml: line 4: unknown spectral model 'TemplateNDSpectralModel', expected one of pl, pl-norm, " },
        { "components:\n- name: a\n  spectral:\n    type: EBLAbsorptionNormSpectralModel\n    reference: dominguez\n",
          "m.yaml: line 4: no EBL table 'dominguez': no file of that name, and GAMMAPY_DATA names no folder of data; give a file, "
          "like ebl:FILE,redshift=0.1" },
        { "components:\n- name: a\n  spectral: {type: ebl-norm}\n",
          "m.yaml: line 3: absorption without a table, expected filename, reference, or energy, param and values" },
        { "components:\n- name: a\n  spectral: {type: ebl-norm, energy: {data: [1, 2], unit: TeV}, param: {data: [0.1], unit: ''},\n"
          "    values: {data: [[1]], unit: ''}}\n", "m.yaml: line 4: table of transmissions of another size" },
        { PL "    - {name: index, value: 2, min: 3, max: 1}\n", "m.yaml: line 6: min is above max of parameter 'index'" },
        { PL "    - {name: index, value: 2, link: x}\n    - {name: reference, value: 2, link: x}\n",
          "m.yaml: link 'x' joins parameters in '' and 'TeV', expected the same unit" },
        { "components:\n- name: a\n  spectral: {type: pl}\n  temporal: {type: x}\n",
          "m.yaml: line 4: unknown temporal model 'x', expected one of ConstantTemporalModel, " },
        { "components:\n- name: a\n  spectral: {type: pl}\n  temporal: {type: exp-decay, scale: ut1}\n",
          "m.yaml: line 4: time scale 'ut1', expected utc, tt, tdb or tai" },
        { "components:\n- name: a\n  spectral: {type: pl}\n  temporal: {type: exp-decay, parameters: [{name: t0, value: 1, unit: TeV}]}\n",
          "m.yaml: line 4: unit 'TeV', expected d" },
        { "components:\n- name: a\n  spectral: {type: pl}\n  temporal: {type: template-phase}\n",
          "m.yaml: line 4: temporal model without filename 'TemplatePhaseCurveTemporalModel'" },
        { "components:\n- name: a\n  spectral: {}\n", "m.yaml: line 3: spectral model without type, expected one of pl" },
        { PL "    - name: index\n      value: .nan\n", "m.yaml: line 7: parameter index is '.nan', expected a number" },
        { PL "    - name: index\n", "m.yaml: line 6: parameter index has no value" },
        { PL "    - name: gamma\n      value: 2\n",
          "m.yaml: line 6: unknown parameter 'gamma', expected one of index, amplitude, reference" },
        { PL "    - {name: amplitude, value: 2,\n       unit: erg cm-2 s-1}\n",
          "m.yaml: line 7: unit 'erg cm-2 s-1', expected cm-2 s-1 TeV-1" },
        { PL "    - {name: index, value: 2, unit: TeV}\n", "m.yaml: line 6: unit 'TeV', expected none" },
        { PL "    - {name: reference, value: -1}\n", "m.yaml: line 6: parameter is not above 0: 'reference'" },
        { "components:\n- name: a\n  spectral: {type: compound, model1: {type: pl}, model2: {type: pl}, operator: pow}\n",
          "m.yaml: line 3: operator 'pow', expected mul, add or sub" },
        { "components:\n- name: a\n  spectral: {type: compound, model1: {type: pl}, operator: mul}\n",
          "m.yaml: line 3: compound model without model1 and model2" },
        { "components:\n- name: a\n  spectral: {type: template, energy: {data: [1, 2], unit: TeV}}\n",
          "m.yaml: line 3: no list of 'values'" },
        { "components:\n- name: a\n  spectral: {type: template, energy: {data: [2, 1], unit: TeV}, values: {data: [1, 2]}}\n",
          "m.yaml: line 3: node 2 is 2 at 1 TeV, expected ascending energies" },
        { "components:\n- name: a\n  spectral: {type: pl}\n- name: a\n  spectral: {type: pl}\n",
          "m.yaml: line 4: two sources with the name 'a'" },
        { "components: [\n", "m.yaml: line " },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fe_models *m = NULL;
        fe_err err = { FE_OK, "" };

        CHECK_MSG(fe_models_parse_yaml(cases[i].yaml, "m.yaml", &m, &err) < 0, cases[i].yaml);
        CHECK_MSG(err.code == FE_EDATA && strstr(err.text, cases[i].expected) == err.text, err.text);
        CHECK_MSG(!strchr(err.text, '\n'), err.text);
        fe_models_free(m);
    }
}

static void typed_case(const char *text, const char *tag, fe_code code, const char *expected)
{
    fe_models *m = NULL;
    fe_err err = { FE_OK, "" };

    if (tag) {
        CHECK_MSG(fe_models_read(text, &m, &err) == 0, err.text);
        CHECK_MSG(m && m->n == 1 && m->model[0].spectrum->kind && !strcmp(m->model[0].spectrum->kind->tag, tag), text);
    } else {
        CHECK_MSG(fe_models_read(text, &m, &err) < 0 && err.code == code && strstr(err.text, expected), err.text);
    }
    fe_models_free(m);
}

static void put_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    CHECK(f && fputs(text, f) >= 0 && fclose(f) == 0);
}

#define ECSV "# %ECSV 1.0\n# ---\n# datatype:\n# - {name: e_ref, unit: TeV, datatype: float64}\n"

static void typed(void)
{
    char dir[] = "/tmp/t_model_io.XXXXXX";

    CHECK(mkdtemp(dir) && chdir(dir) == 0);
    typed_case("pl", "pl", FE_OK, NULL);
    typed_case("pl:index=2.3,amplitude=3e-12 1/(cm2 s TeV)", "pl", FE_OK, NULL);
    typed_case("PowerLawSpectralModel:index=3", "pl", FE_OK, NULL);
    typed_case("plx:index=2", NULL, FE_EUSAGE, "unknown model 'plx'");
    typed_case("none.yaml", NULL, FE_EDATA, "none.yaml");
    put_file("m.yaml", "components:\n- name: a\n  spectral: {type: ecpl}\n");
    typed_case("m.yaml", "ecpl", FE_OK, NULL);
    typed_case("./m.yaml", "ecpl", FE_OK, NULL);
    put_file("bad.yml", "components:\n- name: a\n  spectral: {type: x}\n");
    typed_case("bad.yml", NULL, FE_EDATA, "bad.yml: line 3: unknown spectral model 'x'");
    put_file("p.ecsv", ECSV "# meta:\n#   REFMODEL: \"components:\\n- name: a\\n  spectral: {type: lp}\\n\"\n"
                       "# schema: astropy-2.0\ne_ref\n1.0\n");
    typed_case("@p.ecsv", "lp", FE_OK, NULL);
    put_file("q.ecsv", ECSV "e_ref\n1.0\n");
    typed_case("@q.ecsv", NULL, FE_EDATA, "q.ecsv: no reference model is stored in it");
    for (size_t i = 0; i < 4; i++)
        unlink((const char *[]){ "m.yaml", "bad.yml", "p.ecsv", "q.ecsv" }[i]);
    CHECK(chdir("/") == 0 && rmdir(dir) == 0);
}

int main(void)
{
    fe_note_setup("t_model_io", -1);
    reads();
    scales_background();
    keeps_background();
    scales_fixed_background();
    prints();
    keeps();
    links();
    covariances();
    refuses();
    typed();
    return check_done();
}
