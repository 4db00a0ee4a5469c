/* Sensitivity of maps: closed forms of one bin, and of bins that are one; TS of the Asimov set in all pixels; what is left out. */
#include "base/mem.h"
#include "est/fold.h"
#include "est/predict.h"
#include "est/sensitivity.h"
#include "map_set.h"

enum { CENTRE = 8 * NX + 10 };      /* the pixel of 83, 22 deg                                          */

static fe_err err;

typedef struct sets { size_t n; fe_dataset *(*make)(void); } sets;

static int open_one(void *ctx, size_t i, fe_dataset **out, fe_err *e)
{
    (void)i, (void)e;
    *out = ((const sets *)ctx)->make();
    return 0;
}

static void add_source(fe_models *models, const char *name, double lon, double lat, double amplitude)
{
    fe_model *m = fe_models_add(models, name, fe_spectrum_parse("pl:index=2.2", NULL));

    m->spatial = fe_spatial_parse("point", NULL);
    fe_spectrum_par(m->spectrum, "amplitude")->value = amplitude;
    fe_spatial_par(m->spatial, "lon_0")->value = lon;
    fe_spatial_par(m->spatial, "lat_0")->value = lat;
}

static fe_models *one_source(double lon, double lat)
{
    fe_models *models = fe_models_new();

    add_source(models, "a", lon, lat, 1e-11);
    return models;
}

/* Sensitivity of the first n bands of n_maps such maps; models are freed. */
static void find(fe_dataset *(*make)(void), size_t n_maps, fe_models *models, double *edge_TeV, size_t n, fe_sensitivity *out)
{
    const size_t member[2] = { 0, 1 };
    sets x = { n_maps, make };
    const fe_feed feed = { &x, n_maps, NULL, open_one };
    const fe_plan plan = { .edges = { FE_EDGES_LIST, 0, n, edge_TeV } };
    fe_sensitivity_request r = fe_sensitivity_request_default();
    fe_sensitivities rows = { 0 };

    r.min_counts = 1;
    CHECK_MSG(fe_sensitivity_add(&rows, &feed, n_maps, member, &plan, models, &r, "here", &err) == 0, err.text);
    CHECK(rows.n == n);
    for (size_t k = 0; k < n && k < rows.n; k++) {
        out[k] = rows.row[k];
        SAME_STR(out[k].region, "here");
        out[k].region = NULL;
    }
    fe_sensitivities_free(&rows);
    fe_models_free(models);
}

/* Counts of a model in the centre of channel j, without PSF. */
static double counts_of(const fe_dataset *d, const fe_model *m, size_t j)
{
    double flux[N_TRUE], sum = 0;

    fe_fold_flux(d, m->spectrum, false, flux);
    for (size_t i = 0; i < N_TRUE; i++)
        sum += flux[i] * d->exposure_cm2_s[i * N_PIXELS] * d->edisp->value[i * N_E + j];
    return sum;
}

static double first_band[2] = { 1, 4 }, whole[2] = { 1, 7 }, three[4] = { 1, 4, 7, 100 };

/* All in one pixel: one bin, and its flux. */
static void test_one_bin(void)
{
    fe_models *models = one_source(83, 22);
    fe_dataset *d = map_set();
    fe_sensitivity s[3];
    double signal = counts_of(d, &models->model[0], 0);

    find(map_set, 1, models, three, 3, s);
    NEAR(s[0].excess, fe_sensitivity_excess_cash(0.5, 5), 1e-9);
    NEAR(s[0].background, 0.5, 1e-9);
    NEAR(s[0].norm, s[0].excess / signal, 1e-9);
    NEAR(s[0].dnde, s[0].norm * 1e-11 * pow(2, -2.2), 1e-12);
    SAME_STR(s[0].criterion, "significance");
    CHECK(s[0].e_min_TeV == 1 && s[0].e_max_TeV == 4 && s[0].status == 0 && s[1].e_min_TeV == 4);
    CHECK(s[2].status == FE_STATUS_EMPTY && s[2].e_max_TeV == 100 && isnan(s[2].e2dnde));
    find(map_set, 2, one_source(83, 22), first_band, 1, s);         /* two of them: twice the exposure and the background */
    NEAR(s[0].excess, fe_sensitivity_excess_cash(1, 5), 1e-9);
    NEAR(s[0].norm, s[0].excess / (2 * signal), 1e-9);
    fe_dataset_free(d);
}

/* A background as the source: channels that show as much as their sum. */
static fe_dataset *proportional(void)
{
    fe_models *models = one_source(83, 22);
    fe_dataset *d = map_set();

    for (size_t j = 0; j < N_E; j++)
        d->background[j * N_PIXELS + CENTRE] = 0.1 * counts_of(d, &models->model[0], j);
    fe_models_free(models);
    return d;
}

static void test_alike_bins(void)
{
    fe_models *models = one_source(83, 22);
    fe_dataset *d = proportional();
    fe_sensitivity s;
    double b = 0.1 * (counts_of(d, &models->model[0], 0) + counts_of(d, &models->model[0], 1));

    find(proportional, 1, models, whole, 1, &s);
    NEAR(s.excess, fe_sensitivity_excess_cash(b, 5), 1e-9);
    NEAR(s.background, b, 1e-9);
    fe_dataset_free(d);
}

static fe_dataset *ring(void)
{
    fe_dataset *d = map_set();

    d->n_off = FE_NEWN(double, N_E * N_PIXELS);
    d->alpha = FE_NEWN(double, N_E * N_PIXELS);
    for (size_t k = 0; k < N_E * N_PIXELS; k++) {
        d->n_off[k] = 20;
        d->alpha[k] = 0.1;
    }
    free(d->background);
    d->background = NULL;
    return d;
}

/* OFF counts; a second source, and a model of the background, where the first one is. */
static void test_backgrounds(void)
{
    fe_models *models = one_source(83, 22);
    fe_dataset *d = map_set();
    fe_sensitivity s;
    double other;

    find(ring, 1, one_source(83, 22), first_band, 1, &s);
    NEAR(s.excess, fe_sensitivity_excess_wstat(20, 0.1, 5), 1e-9);
    NEAR(s.background, 2, 1e-9);
    add_source(models, "b", 83, 22, 3e-11);
    other = counts_of(d, &models->model[1], 0);
    fe_spectrum_par(fe_models_add_background(models, "bkg", fe_spectrum_new("pl-norm"))->spectrum, "norm")->value = 3;
    find(map_set, 1, models, first_band, 1, &s);
    NEAR(s.excess, fe_sensitivity_excess_cash(1.5 + other, 5), 1e-9);
    fe_dataset_free(d);
}

/* ---- many pixels ----------------------------------------------------------------------------------------------- */

static fe_dataset *blurred(void)
{
    fe_dataset *d = map_set();

    d->psf = map_psf(0.15);
    for (size_t k = 0; k < N_E * N_PIXELS; k++) {
        d->background[k] = 0.2 + 0.1 * (double)(k % 5);
        d->mask[k] = k % 11 != 3;
    }
    return d;
}

/* TS of counts that are there exactly as expected, added up over pixels. */
static void test_asimov(void)
{
    fe_models *models = one_source(83.04, 22.03);
    fe_dataset *d = blurred();
    double mu[N_E * N_PIXELS] = { 0 }, ts = 0, sum = 0;
    fe_sensitivity s;
    fe_patch p;

    CHECK(fe_predict_source(d, &models->model[0], false, &p, &err) == 0);
    fe_patch_add(&p, 1, NY, NX, mu);
    fe_patch_free(&p);
    find(blurred, 1, models, whole, 1, &s);
    for (size_t k = 0; k < N_E * N_PIXELS; k++)
        if (d->mask[k]) {
            ts += fe_cstat(s.norm * mu[k] + d->background[k], d->background[k]);
            sum += mu[k];
        }
    NEAR(ts, 25, 1e-9);
    NEAR(s.excess, s.norm * sum, 1e-12);
    CHECK(s.background > 5 && s.background < 40);
    fe_dataset_free(d);
}

static fe_dataset *hole(void)
{
    fe_dataset *d = blurred();

    for (size_t k = 0; k < N_E * N_PIXELS; k++)
        if (k % N_PIXELS == CENTRE - 1 || k % N_PIXELS == CENTRE + NX)
            d->background[k] = 0;
    return d;
}

static fe_dataset *cut(void)
{
    fe_dataset *d = hole();

    for (size_t k = 0; k < N_E * N_PIXELS; k++)
        d->mask[k] = d->mask[k] && d->background[k] > 0;
    return d;
}

static fe_dataset *no_background(void)
{
    fe_dataset *d = blurred();

    for (size_t k = 0; k < N_E * N_PIXELS; k++)
        d->background[k] = 0;
    return d;
}

/* Pixels without background do not decide: they count for the excess alone.  Nowhere any: the least counts decide. */
static void test_holes(void)
{
    fe_sensitivity s, without;

    find(hole, 1, one_source(83, 22), whole, 1, &s);
    find(cut, 1, one_source(83, 22), whole, 1, &without);
    NEAR(s.norm, without.norm, 1e-10);
    NEAR(s.background, without.background, 1e-10);
    CHECK(s.excess > 1.05 * without.excess);
    find(no_background, 1, one_source(83, 22), whole, 1, &s);
    SAME_STR(s.criterion, "gamma");
    CHECK(s.excess == 1 && s.background == 0);
}

int main(void)
{
    test_one_bin();
    test_alike_bins();
    test_backgrounds();
    test_asimov();
    test_holes();
    return check_done();
}
