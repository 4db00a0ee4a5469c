/* Excess maps: one bin against the norm solver and closed forms; circles; OFF counts; the TS map of a top hat is the same map. */
#include "base/mem.h"
#include "est/excess.h"
#include "est/predict.h"
#include "est/sigma_hist.h"
#include "est/tsmap.h"
#include "map_set.h"
#include "phys/spectrum.h"

static fe_err err;

static void same(double got, double want, double scale, const char *what, double n, double b)
{
    char text[160];

    snprintf(text, sizeof text, "%s of %g counts over %g: %.17g, the norm solver's %.17g", what, n, b, got, want);
    CHECK_MSG((isnan(got) && isnan(want)) || fabs(got - want) <= 1e-10 * scale, text);
}

/* All that Cash says of one bin. */
static void one_bin(double n, double b, bool unbounded)
{
    double s = 3, rest_b = b;
    fe_block block = { .stat = &fe_stat_cash, .n_bins = n > 0, .n = &n, .s = &s, .b = &b, .norm_min = -b / s, .counts = n, .background = b };
    fe_norm_request r = fe_norm_request_default();
    static fe_excess_cache caches[2];               /* one for each request: the second call takes what the first has kept */
    fe_excess_cache *cache = &caches[unbounded];
    fe_arena *scratch = fe_arena_new();
    fe_norm got, want;
    double scale;

    if (n == 0) {
        block.s_rest = s;
        block.stat_rest = 2 * b;
        block.n_rest = 1;
        block.rest_s = &s;
        block.rest_b = &rest_b;
    }
    r.want_sens = true;
    r.ul_unbounded = unbounded;
    fe_norm_solve(&(fe_bins){ .n_blocks = 1, .block = &block }, &r, scratch, &want);
    fe_excess_cash(n, b, s, &r, false, cache, &got);
    scale = 1e-2 * fabs(want.norm) + want.errp;     /* far from 0 the solver's own digits end */
    same(got.norm, want.norm, scale, "norm", n, b);
    same(got.err, want.err, want.err, "err", n, b);
    same(got.errn, want.errn, scale, "errn", n, b);
    same(got.errp, want.errp, scale, "errp", n, b);
    same(got.ul, want.ul, fabs(want.ul) + scale, "ul", n, b);
    same(got.ts, want.ts, 1 + want.ts, "ts", n, b);
    same(got.stat, want.stat, 1 + fabs(want.stat), "stat", n, b);
    same(got.sensitivity, want.sensitivity, want.sensitivity, "sensitivity", n, b);
    CHECK(got.status == want.status);
    fe_arena_free(scratch);
}

static void bins(void)
{
    const double n[] = { 0, 1, 2, 7, 40, 400, 1e5, 1e7 }, b[] = { 0.02, 0.8, 3, 40, 385.5, 1e5, 1.2e7 };

    for (size_t i = 0; i < sizeof n / sizeof *n; i++)
        for (size_t j = 0; j < sizeof b / sizeof *b; j++)
            for (int unbounded = 0; unbounded < 2; unbounded++)
                one_bin(n[i], b[j], unbounded);
}

static fe_model model_of(const char *spatial)
{
    fe_model m = { .spectrum = fe_spectrum_parse("pl:index=2,amplitude=1e-11 cm-2 s-1 TeV-1", &err) };

    m.spatial = fe_spatial_parse(spatial, &err);
    return m;
}

static void clear(fe_model *m)
{
    fe_spectrum_free(m->spectrum);
    fe_spatial_free(m->spatial);
}

static fe_estimate *map_of(const fe_dataset *d, const fe_excess_request *r)
{
    fe_excess_set set = { d, NULL, 0, d->n_e };
    fe_estimate *e = fe_estimate_new();
    fe_excess_work work = { 0 };

    CHECK_MSG(fe_excess_band(1, &set, r, e, &work, &err) == 0, err.text);
    return e;
}

/* Sums of the circle by hand, masks and borders; a window and threads give the same bits. */
static void circles(void)
{
    fe_dataset *d = map_set();
    fe_model m = model_of("point");
    fe_excess_request r = { .norm = fe_norm_request_default(), .model = &m, .radius_deg = 0.25, .nx = NX, .ny = NY, .n_threads = 1 };
    fe_estimate *e, *part;
    size_t n = 0;

    for (size_t i = 0; i < N_E * N_PIXELS; i++) {
        d->counts[i] = (double)((i * 7919) % 11);
        d->mask[i] = i % 13 != 0;
    }
    e = map_of(d, &r);
    for (size_t q = 0; q < N_PIXELS; q++) {
        double counts = 0, background = 0;

        for (size_t i = 0; i < N_E * N_PIXELS; i++) {
            long dx = (long)(i % NX) - (long)(q % NX), dy = (long)(i % N_PIXELS / NX) - (long)(q / NX);

            if (!d->mask[i] || dx * dx + dy * dy > 6)
                continue;
            counts += d->counts[i];
            background += d->background[i];
        }
        CHECK(e->q[FE_Q_COUNTS][q] == counts || (isnan(e->q[FE_Q_COUNTS][q]) && !d->mask[q] && !d->mask[N_PIXELS + q]));
        if (!isnan(e->q[FE_Q_COUNTS][q]))
            NEAR(e->q[FE_Q_BACKGROUND][q], background, 1e-13);
    }
    r.x0 = 3;
    r.y0 = 5;
    r.nx = 9;
    r.ny = 4;
    r.n_threads = 3;
    part = map_of(d, &r);
    for (size_t i = 0; i < r.nx * r.ny; i++) {
        size_t q = (r.y0 + i / r.nx) * NX + r.x0 + i % r.nx;

        n += memcmp(&part->family[FE_SED_LIKELIHOOD][FE_UL][i], &e->family[FE_SED_LIKELIHOOD][FE_UL][q], sizeof(double)) != 0;
        n += memcmp(&part->q[FE_Q_TS][i], &e->q[FE_Q_TS][q], sizeof(double)) != 0;
    }
    CHECK(n == 0);
    fe_estimate_free(e);
    fe_estimate_free(part);
    clear(&m);
    fe_dataset_free(d);
}

/* Uniform background and exposure, no PSF: the TS map of a top hat and the excess map are one. */
static void same_as_tsmap(void)
{
    fe_dataset *d = map_set();
    fe_model m = model_of("disk:0.25deg");
    fe_tsmap_request t = { .norm = fe_norm_request_default(), .model = &m, .kernel_width_deg = NAN, .no_psf = true, .at_centres = true,
                           .nx = NX, .ny = NY, .n_threads = 1 };
    fe_excess_request r = { .norm = fe_norm_request_default(), .model = &m, .radius_deg = 0.25, .nx = NX, .ny = NY, .n_threads = 1 };
    fe_tsmap_set set = { d, NULL, 0, N_E };
    fe_tsmap_work work = { 0 };
    fe_estimate *e, *ts = fe_estimate_new();
    static const fe_member members[] = { FE_VALUE, FE_ERRN, FE_ERRP, FE_UL };

    for (size_t i = 0; i < N_E * N_PIXELS; i++)
        d->counts[i] = (double)((i * 7919) % 5 == 0);
    e = map_of(d, &r);
    CHECK_MSG(fe_tsmap_band(1, &set, &t, 0, ts, NULL, &work, &err) == 0, err.text);
    for (size_t y = 3; y < NY - 3; y++)
        for (size_t x = 3; x < NX - 3; x++) {
            size_t q = y * NX + x;
            double scale = fabs(e->family[FE_SED_LIKELIHOOD][FE_VALUE][q]) + e->family[FE_SED_LIKELIHOOD][FE_ERRP][q];

            for (int k = 0; k < 4; k++)
                NEAR_ABS(ts->family[FE_SED_LIKELIHOOD][members[k]][q], e->family[FE_SED_LIKELIHOOD][members[k]][q], 1e-6 * scale);
            NEAR_ABS(ts->q[FE_Q_SQRT_TS][q], e->q[FE_Q_SQRT_TS][q], 1e-6);
            CHECK(ts->q[FE_Q_COUNTS][q] >= e->q[FE_Q_COUNTS][q]);
        }
    fe_estimate_free(e);
    fe_estimate_free(ts);
    clear(&m);
    fe_dataset_free(d);
}

/* OFF counts of each pixel, correlated or not: Li & Ma, eq. 17. */
static void li_ma(void)
{
    fe_dataset *d = map_set();
    fe_model m = model_of("point");
    fe_excess_request r = { .norm = fe_norm_request_default(), .model = &m, .radius_deg = 0.15, .nx = NX, .ny = NY, .n_threads = 1 };

    free(d->background);
    d->background = NULL;
    d->n_off = malloc(N_E * N_PIXELS * sizeof(double));
    d->alpha = malloc(N_E * N_PIXELS * sizeof(double));
    for (size_t i = 0; i < N_E * N_PIXELS; i++) {
        d->counts[i] = (double)(2 + (i * 31) % 7);
        d->n_off[i] = (double)(20 + (i * 17) % 9);
        d->alpha[i] = 0.1;
    }
    for (int correlate = 0; correlate < 2; correlate++) {
        fe_estimate *e;
        size_t q = 8 * NX + 10;
        double on, off = 0, alpha;

        r.correlate_off = correlate;
        e = map_of(d, &r);
        on = e->q[FE_Q_COUNTS][q];
        for (size_t i = 0; i < N_E * N_PIXELS; i++) {
            long dx = (long)(i % NX) - 10, dy = (long)(i % N_PIXELS / NX) - 8;

            if (correlate ? dx * dx + dy * dy <= 2 : dx == 0 && dy == 0)
                off += d->n_off[i];
        }
        alpha = correlate ? 0.1 : 0.9;              /* nine pixels against one */
        NEAR(e->q[FE_Q_TS][q], 2 * (on * log((1 + alpha) / alpha * on / (on + off)) + off * log((1 + alpha) * off / (on + off))), 1e-9);
        NEAR(e->q[FE_Q_NPRED_EXCESS][q], on - alpha * off, 1e-9);
        fe_estimate_free(e);
    }
    clear(&m);
    fe_dataset_free(d);
}

/* A point source: part of it outside the circle, which is put right. */
static void point_source(void)
{
    fe_dataset *d = map_set();
    fe_model m = model_of("point"), source = model_of("point");
    fe_excess_request r = { .norm = fe_norm_request_default(), .model = &m, .radius_deg = 0.15, .nx = NX, .ny = NY, .n_threads = 1 };
    double lon, lat, x = 10, y = 8;
    fe_patch patch;
    fe_estimate *e;

    d->psf = map_psf(0.12);
    fe_geom_to_sky(d->geom, 1, &x, &y, &lon, &lat);
    fe_spatial_par(source.spatial, "lon_0")->value = lon;
    fe_spatial_par(source.spatial, "lat_0")->value = lat;
    memcpy(d->counts, d->background, N_E * N_PIXELS * sizeof *d->counts);
    CHECK_MSG(fe_predict_source(d, &source, false, &patch, &err) == 0, err.text);
    fe_patch_add(&patch, 1, NY, NX, d->counts);
    e = map_of(d, &r);
    CHECK(e->family[FE_SED_LIKELIHOOD][FE_VALUE][8 * NX + 10] < 0.8);
    fe_estimate_free(e);
    r.psf_correct = true;
    e = map_of(d, &r);
    NEAR(e->family[FE_SED_LIKELIHOOD][FE_VALUE][8 * NX + 10], 1, 1e-6);
    fe_estimate_free(e);
    fe_patch_free(&patch);
    clear(&m);
    clear(&source);
    fe_dataset_free(d);
}

static void histogram(void)
{
    const double value[] = { -1, 1, 3, NAN, INFINITY, 100 };
    const bool used[] = { true, true, true, true, true, false };
    fe_sigma_hist h = { 0 };
    fe_sigma_normal f;
    fe_table *t;

    fe_sigma_hist_add(&h, 6, value, used);
    f = fe_sigma_hist_fit(&h, 3);
    NEAR(f.mean, 1, 1e-14);
    NEAR(f.width, sqrt(8.0 / 3), 1e-14);
    NEAR(f.mean_err, f.width, 1e-14);               /* one circle */
    NEAR(f.width_err, f.width / sqrt(2), 1e-14);
    t = fe_sigma_hist_table(&h, 3);
    CHECK(t->n_rows == 24 && fe_table_find(t, "pixels")->v.i[18] == 1 && fe_table_find(t, "sigma_min")->v.d[18] == 3);
    fe_table_free(t);
    fe_sigma_hist_free(&h);
}

int main(void)
{
    bins();
    circles();
    same_as_tsmap();
    li_ma();
    point_source();
    histogram();
    return check_done();
}
