/* Temporal models: values, integrals against closed forms and against sums of the value, factors in good time. */
#include <stdlib.h>
#include <unistd.h>

#include "base/note.h"
#include "io/model_io.h"
#include "types/temporal_gti.h"
#include "check.h"

static fe_temporal *make(const char *tag, size_t n, const double *par)
{
    fe_temporal *t = fe_temporal_new(tag);

    CHECK_MSG(t && t->kind->n_par >= n, tag);
    for (size_t i = 0; i < n; i++)
        t->par[i].value = par[i];
    return t;
}

static const double node[] = { -0.3, 0.2, 0.9, 2 }, norm[] = { 1, 3, 0.5, 2 };
static const double phase[] = { 0.1, 0.4, 0.8 }, pulse[] = { 1, 4, 2 };

/* Parameters beside t_ref are such that the formulae can be checked by hand at t = 0.5 d. */
static const struct { const char *tag; size_t n; double par[6]; double at_half, from, to; } rows[] = {
    { "const", 0, { 0 }, 1, -1, 2 },
    { "linear", 2, { 2, 0.3 }, 2.15, -1, 2 },
    { "exp-decay", 1, { 0.4 }, 0.28650479686019009, -0.5, 3 },
    { "gauss", 2, { 51544, 0.25 }, 0.1353352832366127, -0.7, 1.4 },
    { "gengauss", 4, { 51544, 0.1, 0.25, 0.5 }, 0.1353352832366127, -0.6, 1.3 },
    { "gengauss", 4, { 51544, 0.3, 0.5, 2 }, 0.6065306597126334, -0.6, 2 },
    { "powerlaw", 3, { -1.5, 51544, 0.5 }, 1, 0.1, 2 },
    { "powerlaw", 3, { -1, 51544, 0.25 }, 0.5, 0.1, 2 },
    { "sinus", 2, { 0.4, 3 }, 1.3989979946416218, -0.7, 1.8 },
    { "template-phase", 5, { 51544, 0.1, 2 / 86400., 0, 0 }, 1, -0.3, 1.7 },
    { "template", 0, { 0 }, 1.9285714285714286, -1, 3 }
};

static void give_table(fe_temporal *t)
{
    if (t->kind->column)
        CHECK(fe_temporal_set_nodes(t, strcmp(t->kind->column, "TIME") ? 3 : 4, strcmp(t->kind->column, "TIME") ? phase : node,
                                    strcmp(t->kind->column, "TIME") ? pulse : norm, false) == 0);
}

/* Every row of the table is here; the integral is the sum of the value (midpoints), and adds up over two parts. */
static void kinds(void)
{
    enum { N = 40000 };

    for (const fe_temporal_kind *k = fe_temporal_kinds; k->type; k++) {
        size_t n = 0;

        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
            n += !strcmp(rows[i].tag, k->tag);
        CHECK_MSG(n > 0 && k->n_par <= FE_SPECTRUM_MAX_PAR, k->tag);
    }
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        fe_temporal *t = make(rows[i].tag, rows[i].n, rows[i].par);
        double from = rows[i].from, to = rows[i].to, step = (to - from) / N, sum = 0, whole;

        give_table(t);
        near_(fe_temporal_value(t, 0.5), rows[i].at_half, 1e-14, 0, rows[i].tag, __FILE__, __LINE__);
        for (int k = 0; k < N; k++)
            sum += fe_temporal_value(t, from + (k + 0.5) * step) * step;
        whole = fe_temporal_integral(t, from, to);
        near_(whole, sum, 2e-6, 0, rows[i].tag, __FILE__, __LINE__);
        near_(fe_temporal_integral(t, from, 0.37) + fe_temporal_integral(t, 0.37, to), whole, 1e-13, 0, rows[i].tag, __FILE__,
              __LINE__);
        near_(fe_temporal_integral(t, 0.5, 0.5 + 1e-7) / 1e-7, rows[i].at_half, 2e-6, 0, rows[i].tag, __FILE__, __LINE__);
        CHECK(fe_temporal_integral(t, 1, 1) == 0 && isnan(fe_temporal_integral(t, 2, 1)));
        fe_temporal_free(t);
    }
    CHECK(!fe_temporal_new("pl"));
}

static void closed_forms(void)
{
    fe_temporal *t = make("gauss", 2, (double[]){ 51544, 2 });

    NEAR(fe_temporal_integral(t, -40, 40), 2 * sqrt(2 * M_PI), 1e-14);
    NEAR(fe_temporal_integral(t, 20, 30), 2 * sqrt(M_PI / 2) * erfc(10 / sqrt(2)), 1e-12);      /* nothing cancels */
    fe_temporal_free(t);
    t = make("gengauss", 4, (double[]){ 51544, 0.1, 0.25, 1 });     /* two exponentials of twice the times */
    NEAR(fe_temporal_integral(t, -50, 50), 0.2 + 0.5, 1e-13);
    NEAR(fe_temporal_integral(t, 10, 11), 0.5 * (exp(-20) - exp(-22)), 1e-11);
    fe_temporal_free(t);
    t = make("powerlaw", 3, (double[]){ -1, 51544, 0.5 });
    NEAR(fe_temporal_integral(t, 1, 3), 0.5 * log(3), 1e-14);
    CHECK(isnan(fe_temporal_integral(t, -1, 1)) && isnan(fe_temporal_value(t, -1)));
    fe_temporal_free(t);
    t = make("sinus", 2, (double[]){ 0.5, 2 * M_PI });
    NEAR(fe_temporal_integral(t, 3, 8), 5, 1e-14);                  /* whole periods */
    NEAR(fe_temporal_integral(t, 0, 0.5), 0.5 + 0.5 / M_PI, 1e-14);
    fe_temporal_free(t);
}

static void tables(void)
{
    fe_temporal *t = make("template", 0, NULL);

    give_table(t);
    NEAR(fe_temporal_value(t, -5), 1, 0);                           /* outside: the outermost */
    NEAR(fe_temporal_value(t, 5), 2, 0);
    NEAR(fe_temporal_integral(t, -2, -1), 1, 1e-15);
    NEAR(fe_temporal_integral(t, 3, 5), 4, 1e-15);
    NEAR(fe_temporal_integral(t, -0.3, 2), 0.5 * 2 + 0.7 * 1.75 + 1.1 * 1.25, 1e-14);
    CHECK(fe_temporal_set_nodes(t, 1, node, norm, false) < 0);
    CHECK(fe_temporal_set_nodes(t, 2, (double[]){ 1, 1 }, norm, false) < 0);
    CHECK(fe_temporal_set_nodes(t, 2, node, (double[]){ 1, NAN }, false) < 0);
    fe_temporal_free(t);

    t = make("template-phase", 5, (double[]){ 51544, 0, 1 / 86400., 0, 0 });        /* a turn a day */
    CHECK(isnan(fe_temporal_value(t, 0)));
    CHECK(fe_temporal_set_nodes(t, 2, (double[]){ 0.5, 1.1 }, norm, false) < 0);
    CHECK(fe_temporal_set_nodes(t, 3, phase, pulse, true) == 0);
    NEAR(fe_temporal_integral(t, 0, 1), 1, 1e-14);                  /* normalised */
    NEAR(fe_temporal_integral(t, 0.3, 7.3), 7, 1e-13);
    NEAR(fe_temporal_value(t, 2.4) / fe_temporal_value(t, 0.1), 4, 1e-12);
    NEAR(fe_temporal_value(t, 0) / fe_temporal_value(t, 0.4), 0, 1e-12);            /* on along the first segment: 0 */
    t->par[2].value = 0;
    t->par[3].value = 2 / (86400. * 86400);                         /* from rest: phase t^2 (days) */
    t->par[4].value = 0;
    NEAR(fe_temporal_value(t, sqrt(0.4)) / fe_temporal_value(t, sqrt(0.1)), 4, 1e-12);
    t->par[3].value = 0;
    t->par[4].value = 6 / (86400. * 86400 * 86400);                 /* phase t^3 */
    NEAR(fe_temporal_value(t, cbrt(0.4)) / fe_temporal_value(t, cbrt(0.1)), 4, 1e-12);
    fe_temporal_free(t);
}

/* ---- good time ------------------------------------------------------------------------------------------------ */

static fe_gti *two_runs(const char *timesys, double shift_s)
{
    fe_gti *gti = fe_gti_new();

    gti->mjdref_i = 51910;
    gti->mjdref_f = 0.00074287037037037;
    snprintf(gti->timesys, sizeof gti->timesys, "%s", timesys);
    for (int k = 0; k < 2; k++) {       /* MJD 53945.9 to 53946.0, 53946.2 to 53946.35 */
        double origin = 51910.00074287037037, from = k ? 53946.2 : 53945.9, to = k ? 53946.35 : 53946.0;

        fe_gti_add(gti, (from - origin) * 86400 + shift_s, (to - origin) * 86400 + shift_s);
    }
    return gti;
}

/* Values of gammapy 2.1 where its integrals are closed forms; for the sine by hand: gammapy integrates it to sines. */
static void factors(void)
{
    static const struct { const char *tag; size_t n; double par[4]; const char *scale; double factor; } cases[] = {
        { "linear", 3, { 2, 0.3, 53945 }, "TT", 2.3435000000002617 },
        { "exp-decay", 2, { 0.4, 53945 }, "TT", 0.06221308159042842 },
        { "exp-decay", 2, { 0.4, 53945 }, "UTC", 0.06233053310335575 },
        { "gauss", 2, { 53946, 0.2 }, "TT", 0.6217612393050758 },
        { "powerlaw", 3, { -1.4, 53945, 0.5 }, "TT", 0.32523008829254746 }
    };
    fe_gti *gti = two_runs("TT", 0), *utc = two_runs("UTC", 0), *empty = fe_gti_new();
    fe_temporal *t;
    double cosines = cos(2.7) - cos(3) + cos(3.6) - cos(4.05);

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        t = make(cases[i].tag, cases[i].n, cases[i].par);
        snprintf(t->scale, sizeof t->scale, "%s", cases[i].scale);
        near_(fe_temporal_factor(t, gti), cases[i].factor, 1e-8, 0, cases[i].tag, __FILE__, __LINE__);
        CHECK(isnan(fe_temporal_factor(t, NULL)) && isnan(fe_temporal_factor(t, empty)));
        fe_temporal_free(t);
    }
    t = make("sinus", 3, (double[]){ 0.4, 3, 53945 });
    snprintf(t->scale, sizeof t->scale, "TT");
    NEAR(fe_temporal_factor(t, gti), 1 + 0.4 / 3 * cosines / 0.25, 1e-9);
    snprintf(t->scale, sizeof t->scale, "UTC");                     /* both in UTC: the same days */
    NEAR(fe_temporal_factor(t, utc), 1 + 0.4 / 3 * cosines / 0.25, 1e-9);
    snprintf(utc->timesys, sizeof utc->timesys, "UT1");
    CHECK(isnan(fe_temporal_factor(t, utc)));
    fe_temporal_free(t);
    t = make("exp-decay", 2, (double[]){ 0.4, 53945.25 });          /* a fraction of a day in both scales */
    snprintf(t->scale, sizeof t->scale, "TT");
    NEAR(fe_temporal_factor(t, gti), 0.06221308159042842 * exp(0.25 / 0.4), 1e-8);
    snprintf(t->scale, sizeof t->scale, "UTC");
    NEAR(fe_temporal_factor(t, gti), 0.06233053310335575 * exp(0.25 / 0.4), 1e-8);
    fe_temporal_free(t);
    t = make("const", 0, NULL);
    CHECK(fe_temporal_factor(t, gti) == 1 && fe_temporal_factor(NULL, NULL) == 1 && fe_temporal_factor(t, NULL) == 1);
    fe_temporal_free(t);
    fe_gti_free(gti);
    fe_gti_free(utc);
    fe_gti_free(empty);
}

/* ---- models files --------------------------------------------------------------------------------------------- */

static void put_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    CHECK(f && fputs(text, f) >= 0 && fclose(f) == 0);
}

static fe_models *read_temporal(const char *temporal)
{
    fe_models *m = NULL;
    fe_err err;
    fe_str text = { 0 };

    fe_str_addf(&text, "components:\n- name: a\n  spectral: {type: pl}\n  temporal: %s\n", temporal);
    put_file("m.yaml", text.s);
    if (fe_models_read("m.yaml", &m, &err) < 0)
        printf("%s\n", err.text);
    fe_str_free(&text);
    return m;
}

static void models_files(void)
{
    char dir[] = "/tmp/t_temporal.XXXXXX";
    fe_models *m;
    fe_temporal *t;
    fe_str text = { 0 };

    CHECK(mkdtemp(dir) && chdir(dir) == 0);
    m = read_temporal("{type: ExpDecayTemporalModel, parameters: [{name: t0, value: 12, unit: h}], scale: tt}");
    t = m->model[0].temporal;
    CHECK(t && !strcmp(t->kind->tag, "exp-decay"));
    NEAR(t->par[0].value, 0.5, 1e-15);
    NEAR(t->par[1].value, 51544, 0);
    SAME_STR(t->scale, "TT");
    fe_models_print_yaml(m, &text);
    CHECK_MSG(strstr(text.s, "  temporal: {type: ExpDecayTemporalModel, "), text.s);
    fe_str_free(&text);
    fe_models_free(m);
    m = read_temporal("{type: sinus, parameters: [{name: omega, value: 3, unit: rad / d}, {name: t_ref, value: 55555, unit: d}]}");
    NEAR(m->model[0].temporal->par[1].value, 3, 1e-15);
    SAME_STR(m->model[0].temporal->scale, "UTC");
    fe_models_free(m);
    put_file("lc.ecsv", "# %ECSV 1.0\n# ---\n# datatype:\n# - {name: TIME, unit: h, datatype: float64}\n"
             "# - {name: NORM, datatype: float64}\n# meta: {MJDREFI: 55555, MJDREFF: 0.5, TIMESYS: tt}\nTIME NORM\n0 1\n24 3\n");
    m = read_temporal("{type: LightCurveTemplateTemporalModel, filename: lc.ecsv, format: table}");
    t = m->model[0].temporal;
    NEAR(fe_temporal_t_ref(t), 55555.5, 0);
    NEAR(fe_temporal_value(t, 0.25), 1.5, 1e-15);
    SAME_STR(t->scale, "TT");
    fe_models_free(m);
    put_file("ph.ecsv", "# %ECSV 1.0\n# ---\n# datatype:\n# - {name: PHASE, datatype: float64}\n"
             "# - {name: NORM, datatype: float64}\nPHASE NORM\n0 1\n0.5 3\n1 1\n");
    m = read_temporal("{type: TemplatePhaseCurveTemporalModel, filename: ph.ecsv, parameters: [{name: f0, value: 2, unit: 1 / s}]}");
    NEAR(fe_temporal_value(m->model[0].temporal, 0.25 / 86400), 1.5, 1e-12);        /* normalised: 3 / 2 at phase 0.5 */
    NEAR(fe_temporal_t_ref(m->model[0].temporal), 48442.5, 0);
    fe_models_free(m);
    m = read_temporal("{type: template-phase, filename: ph.ecsv, normalize: false, parameters: [{name: f0, value: 2, unit: s-1}]}");
    NEAR(fe_temporal_value(m->model[0].temporal, 0.25 / 86400), 3, 1e-12);
    fe_models_free(m);
    for (size_t i = 0; i < 3; i++)
        unlink((const char *[]){ "m.yaml", "lc.ecsv", "ph.ecsv" }[i]);
    CHECK(chdir("/") == 0 && rmdir(dir) == 0);
}

int main(void)
{
    fe_note_setup("t_temporal", -1);
    kinds();
    closed_forms();
    tables();
    factors();
    models_files();
    return check_done();
}
