/* Parameters by the names that users type; what --free and --fix leave free. */
#include <stdint.h>
#include <stdlib.h>

#include "phys/spectrum.h"
#include "types/model_pars.h"

#include "check.h"

static fe_models *two_sources(void)
{
    fe_models *m = fe_models_new();
    fe_err err = { 0 };

    (void)fe_models_add(m, "a.b", fe_spectrum_parse("pl:index=2 + lp:alpha=2,reference=1TeV", &err));
    (void)fe_models_add(m, "", fe_spectrum_parse("pl:index=3", &err));
    return m;
}

/* The free ones, "a.b.spectral.model1.index ...", in order. */
static void free_are(const fe_models *m, const char *want)
{
    fe_strv names = { 0 };
    fe_str got = { 0 };

    fe_models_free_names(m, &names);
    for (size_t i = 0; i < names.n; i++)
        fe_str_addf(&got, "%s%s", i ? " " : "", names.s[i]);
    SAME_STR(got.s ? got.s : "", want);
    fe_str_free(&got);
    fe_strv_free(&names);
}

static void test_list(void)
{
    fe_models *m = two_sources();
    fe_model_pars list;

    fe_model_pars_list(m, &list);
    CHECK(list.n == 10);
    SAME_STR(list.par[0].name, "a.b.spectral.model1.index");
    SAME_STR(fe_model_par_short(&list.par[0]), "model1.index");
    SAME_STR(list.par[7].name, "source.spectral.index");
    CHECK(list.par[7].source == 1 && list.par[7].number == 5);
    CHECK(list.par[2].number == SIZE_MAX);              /* the reference energy */
    CHECK(fe_model_par_is(&list.par[0], "index"));
    CHECK(fe_model_par_is(&list.par[0], "model1.index"));
    CHECK(fe_model_par_is(&list.par[0], "a.b.index"));
    CHECK(fe_model_par_is(&list.par[0], "a.b.model1.index"));
    CHECK(fe_model_par_is(&list.par[0], "a.b.spectral.model1.index"));
    CHECK(!fe_model_par_is(&list.par[0], "source.index"));
    CHECK(!fe_model_par_is(&list.par[0], "model2.index"));
    CHECK(!fe_model_par_is(&list.par[0], "a.index"));
    CHECK(!fe_model_par_is(&list.par[0], "ind"));
    CHECK(fe_model_par_is(&list.par[7], "source.index"));
    fe_model_pars_free(&list);
    fe_models_free(m);
}

static void set_free(const char *freed, const char *fixed, const char *want)
{
    fe_models *m = two_sources();
    fe_err err = { 0 };

    m->model[1].spectrum->par[0].error = 0.1;           /* of an earlier fit */
    CHECK_MSG(fe_models_set_free(m, freed, fixed, &err) == 0, err.text);
    free_are(m, want);
    NEAR_ABS(m->model[1].spectrum->par[0].error, 0, 0);
    fe_models_free(m);
}

static void test_set_free(void)
{
    fe_models *m = two_sources();
    fe_err err = { 0 };

    set_free("as-in-model", NULL, "a.b.spectral.model1.index a.b.spectral.model1.amplitude a.b.spectral.model2.amplitude "
             "a.b.spectral.model2.alpha a.b.spectral.model2.beta source.spectral.index source.spectral.amplitude");
    set_free("norms", NULL, "a.b.spectral.model1.amplitude a.b.spectral.model2.amplitude source.spectral.amplitude");
    set_free("norms,index", "source.amplitude,model1.index", "a.b.spectral.model1.amplitude a.b.spectral.model2.amplitude "
             "source.spectral.index");
    set_free("reference", NULL, "a.b.spectral.model1.reference a.b.spectral.model2.reference source.spectral.reference");
    set_free("all", "index,alpha,beta", "a.b.spectral.model1.amplitude a.b.spectral.model2.amplitude source.spectral.amplitude");
    set_free("none", NULL, "");
    CHECK(fe_models_set_free(m, "as-in-model", "norms", &err) < 0 && err.code == FE_EUSAGE);
    CHECK(fe_models_set_free(m, "gamma", NULL, &err) < 0);
    SAME_STR(err.text, "--free gamma: no such parameter, expected some of a.b.model1.index, a.b.model1.amplitude, a.b.model1.reference, "
             "a.b.model2.amplitude, a.b.model2.reference, a.b.model2.alpha, a.b.model2.beta, source.index, source.amplitude, "
             "source.reference");
    fe_models_free(m);
}

/* One parameter in two sources. */
static void test_links(void)
{
    fe_models *m = two_sources();
    fe_err err = { 0 };
    unsigned link = fe_models_link(m, "x@1");

    m->model[0].spectrum->left->par[0].link = m->model[1].spectrum->par[0].link = link;
    free_are(m, "a.b.spectral.model1.index a.b.spectral.model1.amplitude a.b.spectral.model2.amplitude a.b.spectral.model2.alpha "
             "a.b.spectral.model2.beta source.spectral.amplitude");
    CHECK(fe_models_set_free(m, "as-in-model", "source.index", &err) == 0);
    CHECK(m->model[0].spectrum->left->par[0].frozen && m->model[1].spectrum->par[0].frozen);
    CHECK(fe_models_set_free(m, "model1.index", NULL, &err) == 0);
    free_are(m, "a.b.spectral.model1.index");
    CHECK(!m->model[1].spectrum->par[0].frozen);
    fe_models_free(m);
}

/* Backgrounds stand behind the sources. */
static void test_backgrounds(void)
{
    fe_models *m = two_sources();
    fe_err err = { 0 };
    fe_model_pars list;

    (void)fe_models_add_background(m, "bkg", fe_spectrum_new("pl-norm"));
    fe_model_pars_list(m, &list);
    CHECK(list.n == 13 && list.par[12].source == 2);
    fe_model_pars_free(&list);
    CHECK_MSG(fe_models_set_free(m, "norms", "amplitude", &err) == 0, err.text);
    free_are(m, "bkg.spectral.norm");
    CHECK_MSG(fe_models_set_free(m, "as-in-model,tilt", "bkg.norm", &err) == 0, err.text);
    free_are(m, "bkg.spectral.tilt");
    fe_models_free(m);
}

/* A spatial parameter is frozen by its name, and whenever what is free is said anew. */
static void test_spatial(void)
{
    static const char *const names[] = { "lon_0", "a.b.lon_0", "a.b.spatial.lon_0", "spatial" };
    fe_models *m = two_sources();
    fe_err err = { 0 };
    const fe_par *par;

    m->model[0].spatial = fe_spatial_parse("gauss:0.1deg", NULL);
    par = m->model[0].spatial->par;
    for (size_t i = 0; i < 4; i++) {
        fe_spatial_par(m->model[0].spatial, "lon_0")->frozen = false;
        CHECK_MSG(fe_models_set_free(m, "as-in-model", names[i], &err) == 0, err.text);
        CHECK(fe_spatial_par(m->model[0].spatial, "lon_0")->frozen && par[1].frozen == (i == 3));
    }
    CHECK(fe_models_set_free(m, "as-in-model", "source.lon_0", &err) < 0 && err.code == FE_EUSAGE);
    CHECK_MSG(fe_models_set_free(m, "index", NULL, &err) == 0, err.text);
    CHECK(par[1].frozen);
    fe_models_free(m);
}

int main(void)
{
    test_backgrounds();
    test_spatial();
    test_list();
    test_set_free();
    test_links();
    return check_done();
}
