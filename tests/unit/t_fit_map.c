/* The global fit of maps: the reduced likelihood is the sum over all pixels, injected models come back, empty pixels bound a source. */
#include "base/mem.h"
#include "est/fit_parts.h"
#include "est/fold.h"
#include "est/norm.h"
#include "est/predict.h"
#include "map_set.h"

static fe_err err;
static const fe_fit_options PLAIN = { false, false, 0 };

enum { N_PAR = 6 };                 /* index, amplitude of two sources; tilt, norm of the background    */
static const double TRUTH[N_PAR] = { 2.1, 8e-11, 2.8, 1.8e-10, 0.3, 1.2 };

static void add_source(fe_models *models, const char *name, const char *shape, double lon, double index, double amplitude)
{
    fe_model *m = fe_models_add(models, name, fe_spectrum_parse("pl", NULL));

    m->spatial = fe_spatial_parse(shape, NULL);
    fe_spatial_par(m->spatial, "lon_0")->value = lon;
    fe_spatial_par(m->spatial, "lat_0")->value = 22.05;
    for (size_t i = 0; i < m->spatial->kind->n_par; i++)
        m->spatial->par[i].frozen = true;
    fe_spectrum_par(m->spectrum, "index")->value = index;
    fe_spectrum_par(m->spectrum, "amplitude")->value = amplitude;
}

/* A point source and a disk beside it, which overlap, and a background for the dataset "map". */
static fe_models *models_at(const double *x)
{
    fe_models *models = fe_models_new();
    fe_model *b;

    add_source(models, "a", "point", 83.02, x[0], x[1]);
    add_source(models, "b", "disk:0.25deg", 83.3, x[2], x[3]);
    b = fe_models_add_background(models, "bkg", fe_spectrum_new("pl-norm"));
    fe_spectrum_par(b->spectrum, "reference")->value = 3;
    fe_strv_add(&b->datasets, "map");
    fe_spectrum_par(b->spectrum, "tilt")->value = x[4];
    fe_spectrum_par(b->spectrum, "tilt")->frozen = false;
    fe_spectrum_par(b->spectrum, "norm")->value = x[5];
    return models;
}

/* mu[N_E * N_PIXELS] of the sources. */
static void predict(const fe_dataset *d, const fe_models *models, double *mu)
{
    memset(mu, 0, N_E * N_PIXELS * sizeof *mu);
    for (size_t k = 0; k < models->n; k++) {
        fe_patch p;

        CHECK_MSG(fe_predict_source(d, &models->model[k], false, &p, &err) == 0, err.text);
        fe_patch_add(&p, 1, NY, NX, mu);
        fe_patch_free(&p);
    }
}

static double factor_of(const fe_models *models, const fe_dataset *d, size_t bin)
{
    size_t j = bin / N_PIXELS;

    return models->n_background ? fe_spectrum_dnde(models->background[0].spectrum, sqrt(d->e_edge_TeV[j] * d->e_edge_TeV[j + 1])) : 1;
}

/* Few counts, as the truth has them; a background that is nowhere the same, masked pixels, some without any background. */
static fe_dataset *sparse_set(bool off)
{
    fe_dataset *d = map_set();
    fe_models *models = models_at(TRUTH);
    double mu[N_E * N_PIXELS];
    unsigned seed = 1;

    d->psf = map_psf(0.12);
    d->info.name = strdup("map");
    predict(d, models, mu);
    for (size_t k = 0; k < N_E * N_PIXELS; k++) {
        seed = seed * 1103515245u + 12345u;
        d->background[k] = k % NX >= 19 && k % 3 == 0 ? 0 : 0.05 + 0.02 * (double)((seed >> 18) % 8);
        d->counts[k] = floor(mu[k] + 1.2 * d->background[k] + (double)(seed >> 16 & 0x7fff) / 0x8000);
        d->mask[k] = k % 37 != 5;
    }
    d->counts[N_PIXELS - 1] = 2;                        /* where nothing is expected */
    d->background[N_PIXELS - 1] = 0;
    if (off) {
        d->n_off = FE_NEWN(double, N_E * N_PIXELS);
        d->alpha = FE_NEWN(double, N_E * N_PIXELS);
        for (size_t k = 0; k < N_E * N_PIXELS; k++) {
            d->n_off[k] = (double)(k % 4);
            d->alpha[k] = k % 53 == 1 ? 0 : 0.1;
        }
        free(d->background);
        d->background = NULL;
    }
    fe_models_free(models);
    return d;
}

/* -2 ln L of every pixel on its own. */
static double directly(const fe_dataset *d, const double *x)
{
    fe_models *models = models_at(x);
    double mu[N_E * N_PIXELS], sum = 0;

    predict(d, models, mu);
    for (size_t k = 0; k < N_E * N_PIXELS; k++)
        if (d->mask[k] && (!d->n_off || d->alpha[k] > 0))
            sum += d->n_off ? fe_wstat(d->counts[k], d->n_off[k], d->alpha[k], mu[k])
                            : fe_cash(d->counts[k], mu[k] + factor_of(models, d, k) * d->background[k]);
    fe_models_free(models);
    return sum;
}

static void test_value(bool off)
{
    static const double at[][N_PAR] = { { 2.1, 8e-11, 2.8, 1.8e-10, 0.3, 1.2 }, { 3.3, 1e-13, 1.5, 2e-12, -0.7, 0.4 },
                                        { 1.2, 3e-10, 2, 0, 0, 1 } };
    fe_dataset *d = sparse_set(off);
    fe_models *models = models_at(TRUTH);
    fe_fit *f = fe_fit_new(models, &PLAIN, &err);

    CHECK_MSG(f && fe_fit_add(f, d, NULL, &err) == 0, err.text);
    if (off)
        CHECK(f->n_nooff > 0);
    if (off)
        fe_fit_freeze_model(f, 2);
    fe_fit_room(f);
    CHECK(f->n_par == (off ? 4 : N_PAR));
    for (size_t i = 0; i < 3; i++) {
        CHECK(fe_fit_go(f, at[i]));
        NEAR(fe_fit_value(f), directly(d, at[i]), 1e-10);
    }
    if (!off)           /* empty pixels are summed */
        CHECK(f->set[0].n < 250 && f->n_bins == 694);
    fe_fit_free(f);
    fe_models_free(models);
    fe_dataset_free(d);
}

/* The gradient against differences of the direct sum. */
static void test_gradient(bool off)
{
    fe_dataset *d = sparse_set(off);
    fe_models *models = models_at(TRUTH);
    fe_fit *f = fe_fit_new(models, &PLAIN, &err);

    CHECK_MSG(f && fe_fit_add(f, d, NULL, &err) == 0, err.text);
    if (off)
        fe_fit_freeze_model(f, 2);
    fe_fit_room(f);
    CHECK(fe_fit_go(f, TRUTH));
    for (size_t k = 0; k < f->n_par; k++) {
        double x[N_PAR], h = 1e-4 * TRUTH[k], up, down;

        memcpy(x, TRUTH, sizeof x);
        x[k] = TRUTH[k] + h;
        up = directly(d, x);
        x[k] = TRUTH[k] - h;
        down = directly(d, x);
        NEAR(f->gradient[k], (up - down) / (2 * h), 1e-4);
        NEAR(f->hessian[k * f->n_par + k], (up + down - 2 * directly(d, TRUTH)) / (h * h), 1e-3);
    }
    fe_fit_free(f);
    fe_models_free(models);
    fe_dataset_free(d);
}

/* ---- what was injected ----------------------------------------------------------------------------------------- */

/* An Asimov set of the truth; its dataset is called `name`. */
static fe_dataset *asimov(const char *name, const double *x, bool off)
{
    fe_dataset *d = sparse_set(off);
    fe_models *models = models_at(x);
    double mu[N_E * N_PIXELS];

    free(d->info.name);
    d->info.name = strdup(name);
    predict(d, models, mu);
    for (size_t k = 0; k < N_E * N_PIXELS; k++)
        d->counts[k] = mu[k] + (off ? d->alpha[k] * d->n_off[k] : factor_of(models, d, k) * d->background[k]);
    fe_models_free(models);
    return d;
}

static void test_injected(bool off)
{
    static const double start[N_PAR] = { 2.5, 1e-11, 2.2, 1e-11, 0, 1 };
    fe_models *models = models_at(start);
    fe_dataset *d = asimov("map", TRUTH, off);
    fe_fit *f = fe_fit_new(models, &PLAIN, &err);
    const fe_fit_result *r;

    CHECK_MSG(f && fe_fit_add(f, d, NULL, &err) == 0, err.text);
    r = fe_fit_run(f, &err);
    CHECK(r && r->converged);
    CHECK(r->n_par == (off ? 4 : N_PAR));       /* with OFF counts the background has nothing to scale */
    for (size_t k = 0; k < r->n_par; k++)
        NEAR(r->par[k].value, TRUTH[k], 1e-8);
    CHECK(fe_models_at(fe_fit_models(f), 2)->spectrum->par[0].frozen == off);
    fe_fit_free(f);
    fe_models_free(models);
    fe_dataset_free(d);
}

/* Two maps, of which the background scales the first; the source is half as bright in the second. */
static void test_joint(void)
{
    static const double start[N_PAR] = { 2.5, 1e-11, 2.2, 1e-11, 0, 1 }, half[2] = { 0.5, 1 };
    double x[N_PAR], dim[N_PAR];
    fe_models *models = models_at(start);
    fe_fit *f = fe_fit_new(models, &PLAIN, &err);
    fe_dataset *first, *second;
    const fe_fit_result *r;

    memcpy(x, TRUTH, sizeof x);
    memcpy(dim, TRUTH, sizeof dim);
    dim[1] *= 0.5;
    dim[4] = 0;
    dim[5] = 1;
    first = asimov("map", x, false);
    second = asimov("other", dim, false);
    CHECK_MSG(fe_fit_add(f, first, NULL, &err) == 0 && fe_fit_add(f, second, half, &err) == 0, err.text);
    r = fe_fit_run(f, &err);
    CHECK(r && r->converged);
    for (size_t k = 0; k < N_PAR; k++)
        NEAR(r->par[k].value, TRUTH[k], 1e-8);
    fe_fit_free(f);
    fe_models_free(models);
    fe_dataset_free(first);
    fe_dataset_free(second);
}

/* A free norm of the background that is no parameter: what a model's norm gives. */
static void test_free_background(void)
{
    static const fe_fit_options options = { .free_background = true };
    fe_models *models = models_at(TRUTH), *alone = models_at(TRUTH);
    fe_dataset *d = sparse_set(false);
    fe_fit *f = fe_fit_new(models, &PLAIN, &err), *g;
    const fe_fit_result *r, *s;

    fe_models_at(alone, 2)->spectrum->par[0].frozen = fe_models_at(alone, 2)->spectrum->par[1].frozen = true;
    fe_fit_free(f);
    fe_models_at(models, 2)->spectrum->par[0].frozen = true;
    fe_models_at(models, 2)->spectrum->par[0].value = 0;
    f = fe_fit_new(models, &PLAIN, &err);
    g = fe_fit_new(alone, &options, &err);
    CHECK(fe_fit_add(f, d, NULL, &err) == 0 && fe_fit_add(g, d, NULL, &err) == 0);
    r = fe_fit_run(f, &err);
    s = fe_fit_run(g, &err);
    CHECK(r && r->converged && s && s->converged);
    CHECK(r->n_par == 5 && s->n_par == 4 && s->n_local == 1);
    NEAR(r->stat, s->stat, 1e-12);
    NEAR(fe_fit_background_norm(g, 0), r->par[4].value, 1e-7);
    for (size_t k = 0; k < 4; k++) {
        NEAR(s->par[k].value, r->par[k].value, 1e-6);
        NEAR(s->par[k].error, r->par[k].error, 1e-6);
    }
    fe_fit_free(f);
    fe_fit_free(g);
    fe_models_free(models);
    fe_models_free(alone);
    fe_dataset_free(d);
}

/* A spectrum whose known background a model scales: power laws of source and background, Asimov. */
static void test_spectrum(void)
{
    enum { N = 8 };
    fe_models *models = fe_models_new();
    fe_dataset *d = fe_dataset_new(N, N, 1, 1);
    fe_fit *f;
    const fe_fit_result *r;
    static const double truth[4] = { 2.4, 3e-11, -0.4, 0.8 };
    fe_model *b;

    (void)fe_models_add(models, "a", fe_spectrum_parse("pl:index=3,amplitude=1e-12 cm-2 s-1 TeV-1", NULL));
    b = fe_models_add_background(models, "bkg", fe_spectrum_new("pl-norm"));
    fe_spectrum_par(b->spectrum, "tilt")->frozen = false;
    d->background = FE_NEWN(double, N);
    for (size_t j = 0; j <= N; j++)
        d->e_edge_TeV[j] = d->etrue_edge_TeV[j] = pow(10, -1 + 0.3 * (double)j);
    fe_edisp_free(d->edisp);
    d->edisp = fe_edisp_overlap(N, d->etrue_edge_TeV, N, d->e_edge_TeV);
    for (size_t j = 0; j < N; j++) {
        double e1 = d->e_edge_TeV[j], e2 = d->e_edge_TeV[j + 1], p = 1 - truth[0];

        d->exposure_cm2_s[j] = 1e13;
        d->background[j] = 50 + 20 * (double)(j % 3);
        d->counts[j] = 1e13 * truth[1] * (pow(e2, p) - pow(e1, p)) / p + truth[3] * pow(sqrt(e1 * e2), -truth[2]) * d->background[j];
    }
    f = fe_fit_new(models, &PLAIN, &err);
    CHECK_MSG(fe_fit_add(f, d, NULL, &err) == 0, err.text);
    r = fe_fit_run(f, &err);
    CHECK(r && r->converged && r->n_par == 4 && r->n_bins == N);
    for (size_t k = 0; r && k < 4; k++)
        NEAR(r->par[k].value, truth[k], 1e-8);
    fe_fit_free(f);
    fe_models_free(models);
    fe_dataset_free(d);
}

/* ---- the norm of one band -------------------------------------------------------------------------------------- */

static fe_models *one_source(double amplitude)
{
    fe_models *models = fe_models_new();

    add_source(models, "a", "point", 83.02, 2.5, amplitude);
    models->model[0].spectrum->par[0].frozen = true;
    return models;
}

static fe_norm solve(const fe_dataset *d, const fe_models *models, fe_arena *arena)
{
    fe_norm_request request = fe_norm_request_default();
    fe_fold_piece piece;
    fe_norm norm;
    double mu[N_E * N_PIXELS];

    predict(d, models, mu);
    fe_fold_piece_make(d, mu, 0, N_E * N_PIXELS, FE_METHOD_FOLD, 0, arena, &piece);
    fe_norm_solve(&(fe_bins){ .n_blocks = 1, .block = &piece.block }, &request, arena, &norm);
    return norm;
}

/* The amplitude alone is the norm that the solver of flux points finds from all pixels. */
static void test_norm(bool off)
{
    fe_dataset *d = sparse_set(off);
    fe_models *models = one_source(1e-11);
    fe_arena *arena = fe_arena_new();
    fe_fit *f = fe_fit_new(models, &PLAIN, &err);
    fe_norm norm = solve(d, models, arena);
    const fe_fit_result *r;
    double stat_null;

    CHECK(fe_fit_add(f, d, NULL, &err) == 0);
    r = fe_fit_run(f, &err);
    CHECK(r && r->converged);
    NEAR(r->par[0].value, 1e-11 * norm.norm, 1e-8);
    NEAR(r->par[0].error, 1e-11 * norm.err, 1e-8);
    NEAR(r->stat, norm.stat, 1e-12);
    NEAR(fe_fit_ts(f, 0, &stat_null), norm.ts, 1e-7);
    fe_fit_free(f);
    fe_arena_free(arena);
    fe_models_free(models);
    fe_dataset_free(d);
}

/* Without counts under the source its amplitude ends where the prediction of the brightest empty pixel is 0. */
static void test_bound(void)
{
    fe_dataset *d = sparse_set(false);
    fe_models *models = one_source(1e-11);
    fe_arena *arena = fe_arena_new();
    fe_norm norm;
    fe_fit *f;
    const fe_fit_result *r;

    for (size_t k = 0; k < N_E * N_PIXELS; k++) {
        d->counts[k] = 0;
        d->background[k] = 0.5;
    }
    norm = solve(d, models, arena);
    CHECK(norm.norm < 0);
    f = fe_fit_new(models, &PLAIN, &err);
    CHECK(fe_fit_add(f, d, NULL, &err) == 0);
    r = fe_fit_run(f, &err);
    CHECK(r != NULL);
    NEAR(r->par[0].value, 1e-11 * norm.norm, 1e-3);
    fe_fit_free(f);
    fe_arena_free(arena);
    fe_models_free(models);
    fe_dataset_free(d);
}

/* ---- what cannot be fitted ------------------------------------------------------------------------------------- */

static void refuse(fe_models *models, fe_dataset *d, const char *text)
{
    fe_fit *f = fe_fit_new(models, &PLAIN, &err);

    CHECK(f && fe_fit_add(f, d, NULL, &err) < 0);
    CHECK_MSG(strstr(err.text, text) != NULL, err.text);
    fe_fit_free(f);
    fe_models_free(models);
    fe_dataset_free(d);
}

static void test_refused(void)
{
    fe_models *models = models_at(TRUTH);
    fe_dataset *d = sparse_set(false);

    models->model[1].spatial->par[2].frozen = false;
    refuse(models, d, "source 'b': its spatial parameter r_0 is free");
    models = models_at(TRUTH);
    fe_spatial_free(models->model[0].spatial);
    models->model[0].spatial = NULL;
    refuse(models, sparse_set(false), "source 'a' has no place on the sky");
    d = sparse_set(false);
    d->background[1] = -0.1;
    refuse(models_at(TRUTH), d, "pixel (1, 0) of channel 0 has counts 0 and background -0.1");
    d = sparse_set(false);
    d->counts[N_PIXELS + 7] = NAN;
    refuse(models_at(TRUTH), d, "pixel (7, 0) of channel 1 has counts nan");
}

int main(void)
{
    test_value(false);
    test_value(true);
    test_gradient(false);
    test_gradient(true);
    test_injected(false);
    test_injected(true);
    test_joint();
    test_free_background();
    test_spectrum();
    test_norm(false);
    test_norm(true);
    test_bound();
    test_refused();
    return check_done();
}
