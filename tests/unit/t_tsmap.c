/* TS maps: equal to the norm solver pixel by pixel; the same bits in windows, on threads, on instruction sets; Asimov sources. */
#include "base/mem.h"
#include "est/predict.h"
#include "est/tsmap.h"
#include "est/tsmap_parts.h"
#include "map_set.h"
#include "phys/spectrum.h"

static fe_err err;

static fe_model model_of(const char *spatial)
{
    fe_model m = { .spectrum = fe_spectrum_parse("pl:index=2,amplitude=1e-11 cm-2 s-1 TeV-1", &err) };

    m.spatial = fe_spatial_parse(spatial, &err);
    CHECK_MSG(m.spectrum && m.spatial, err.text);
    return m;
}

static void clear(fe_model *m)
{
    fe_spectrum_free(m->spectrum);
    fe_spatial_free(m->spatial);
}

static fe_tsmap_request request_of(const fe_model *m, const fe_dataset *d)
{
    fe_tsmap_request r = { .norm = fe_norm_request_default(), .model = m, .kernel_width_deg = 0.7, .nx = d->nx, .ny = d->ny,
                           .n_threads = 1 };

    r.norm.want_sens = true;
    return r;
}

static fe_estimate *map_of(const fe_dataset *d, const fe_tsmap_request *r, fe_tsmap_work *work)
{
    fe_tsmap_set set = { d, NULL, 0, d->n_e };
    fe_estimate *e = fe_estimate_new();
    fe_tsmap_work w = { 0 };

    CHECK_MSG(fe_tsmap_band(1, &set, r, 0, e, NULL, work ? work : &w, &err) == 0, err.text);
    return e;
}

/* Sparse counts of a fixed generator, masks of their own in each channel, a hole, exposures with slopes of their own. */
static fe_dataset *rough_set(int seed)
{
    fe_dataset *d = map_set();
    unsigned state = (unsigned)seed;

    for (size_t i = 0; i < N_E * N_PIXELS; i++) {
        state = state * 1664525u + 1013904223u;
        d->counts[i] = (state >> 16) % 100 < 15 ? (double)((state >> 8) % 4) : 0;
        d->background[i] = 0.02 + 0.3 * (double)((state >> 4) % 16) / 16;
        d->mask[i] = !(i % N_PIXELS % NX < 2 && i < N_PIXELS) && !(i % N_PIXELS == 8 * NX + 9);
    }
    for (size_t i = 0; i < N_TRUE * N_PIXELS; i++)
        d->exposure_cm2_s[i] *= 1 + 0.02 * (double)(i / N_PIXELS + 1) * (double)(i % NX);
    d->psf = map_psf(0.13);
    return d;
}

static const fe_member members[] = { FE_VALUE, FE_ERR, FE_ERRN, FE_ERRP, FE_UL, FE_SENSITIVITY };
static const fe_quantity quantities[] = { FE_Q_TS, FE_Q_SQRT_TS, FE_Q_NPRED, FE_Q_NPRED_EXCESS, FE_Q_COUNTS, FE_Q_BACKGROUND,
                                          FE_Q_STAT, FE_Q_STAT_NULL, FE_Q_STATUS };
enum { N_MEMBERS = sizeof members / sizeof *members, N_QUANTITIES = sizeof quantities / sizeof *quantities };

/* Same bits, NaN is NaN. */
static size_t n_different(const fe_estimate *a, size_t row_a, const fe_estimate *b, size_t row_b)
{
    size_t n = 0;

    for (int k = 0; k < N_MEMBERS; k++)
        n += memcmp(&a->family[FE_SED_LIKELIHOOD][members[k]][row_a], &b->family[FE_SED_LIKELIHOOD][members[k]][row_b],
                    sizeof(double)) != 0;
    for (int k = 0; k < N_QUANTITIES; k++)
        n += memcmp(&a->q[quantities[k]][row_a], &b->q[quantities[k]][row_b], sizeof(double)) != 0;
    return n;
}

/* ---- against the norm solver ----------------------------------------------------------------------------------- */

static void near_norm(const char *what, double got, double want, double scale, size_t pixel)
{
    char text[200];
    bool same = (isnan(got) && isnan(want)) || fabs(got - want) <= 1e-10 * scale;

    snprintf(text, sizeof text, "%s of pixel %zu: %.17g, the norm solver's %.17g", what, pixel, got, want);
    CHECK_MSG(same, text);
}

static void same_as_solver(int seed, bool cube, bool unbounded)
{
    fe_dataset *d = rough_set(seed);
    fe_model m = model_of("gauss:0.1deg");
    fe_tsmap_request r = request_of(&m, d);
    fe_kernels kernels;
    fe_mapband band;
    fe_maplayer layer[N_E];
    fe_arena *arena = fe_arena_new();
    fe_estimate *e;
    size_t n_fitted = 0;

    r.cube = cube;
    r.norm.ul_unbounded = unbounded;
    e = map_of(d, &r, NULL);
    CHECK(fe_predict_kernels(d, &(fe_kernel_request){ &m, 0, N_E, 0.7, false, false, false }, &kernels, &err) == 0);
    fe_mapband_cut(d, m.spectrum, &(fe_mapband_request){ 0, N_E, NULL, NULL, cube, false }, &band);
    for (size_t k = 0; k < band.n_planes; k++)
        fe_maplayer_make(&band, k, &kernels, false, &layer[k]);
    for (size_t q = 0; q < N_PIXELS; q++) {
        double *const *family = e->family[FE_SED_LIKELIHOOD];
        double scale;
        fe_norm x;

        if (isnan(e->q[FE_Q_TS][q]))
            continue;
        n_fitted++;
        fe_arena_clear(arena);
        fe_pixel_norm(layer, band.n_planes, &r, false, q % NX, q / NX, arena, &x);
        scale = fmax(fabs(x.norm), x.errp);
        near_norm("norm", family[FE_VALUE][q], x.norm, scale, q);
        near_norm("err", family[FE_ERR][q], x.err, scale, q);
        near_norm("errn", family[FE_ERRN][q], x.errn, scale, q);
        near_norm("errp", family[FE_ERRP][q], x.errp, scale, q);
        near_norm("ul", family[FE_UL][q], x.ul, fmax(scale, fabs(x.ul)), q);
        near_norm("sensitivity", family[FE_SENSITIVITY][q], x.sensitivity, x.sensitivity, q);
        near_norm("ts", e->q[FE_Q_TS][q], x.ts, 1 + x.ts, q);
        near_norm("stat", e->q[FE_Q_STAT][q], x.stat, fabs(x.stat), q);
        near_norm("npred", e->q[FE_Q_NPRED][q], x.npred, x.npred, q);
        near_norm("counts", e->q[FE_Q_COUNTS][q], x.counts, 1, q);
        CHECK(((unsigned)e->q[FE_Q_STATUS][q] ^ x.status) == 0);
    }
    CHECK(n_fitted > 300);
    for (size_t k = 0; k < band.n_planes; k++)
        fe_maplayer_free(&layer[k]);
    fe_mapband_free(&band);
    fe_kernels_free(&kernels);
    fe_arena_free(arena);
    fe_estimate_free(e);
    clear(&m);
    fe_dataset_free(d);
}

/* ---- the same bits ---------------------------------------------------------------------------------------------- */

static void same_bits(void)
{
    fe_dataset *d = rough_set(5);
    fe_model m = model_of("point");
    fe_tsmap_request r = request_of(&m, d), part = r;
    fe_estimate *all = map_of(d, &r, NULL), *e;
    size_t n = 0;

    part.x0 = 4;
    part.y0 = 3;
    part.nx = 9;
    part.ny = 7;
    e = map_of(d, &part, NULL);
    for (size_t i = 0; i < part.nx * part.ny; i++)
        n += n_different(e, i, all, (part.y0 + i / part.nx) * NX + part.x0 + i % part.nx);
    CHECK(n == 0);
    fe_estimate_free(e);
    for (int threads = 2; threads <= 4; threads += 2) {
        fe_tsmap_request more = r;

        more.n_threads = threads;
        e = map_of(d, &more, NULL);
        for (size_t i = 0; i < N_PIXELS; i++)
            n += n_different(e, i, all, i);
        fe_estimate_free(e);
    }
    CHECK(n == 0);
    for (size_t k = 0; fe_map_loops_all[k]; k++) {
        fe_tsmap_request other = r;

        other.loops = fe_map_loops_of(fe_map_loops_all[k]->name);
        if (!other.loops)
            continue;
        e = map_of(d, &other, NULL);
        for (size_t i = 0; i < N_PIXELS; i++)
            n += n_different(e, i, all, i);
        fe_estimate_free(e);
    }
    CHECK(n == 0);
    CHECK(fe_map_loops_of("baseline") && !fe_map_loops_of("none"));
    fe_estimate_free(all);
    clear(&m);
    fe_dataset_free(d);
}

/* Only pixels that are wanted, only data that a mask leaves. */
static void chosen(void)
{
    fe_dataset *d = rough_set(7);
    fe_model m = model_of("point");
    fe_tsmap_request r = request_of(&m, d);
    fe_estimate *all = map_of(d, &r, NULL), *e;
    bool wanted[N_PIXELS] = { false }, mask[N_PIXELS];
    fe_tsmap_work work = { 0 };

    wanted[100] = wanted[200] = true;
    r.wanted = wanted;
    e = map_of(d, &r, &work);
    CHECK(work.n_pixels == 2 && n_different(e, 100, all, 100) == 0 && n_different(e, 200, all, 200) == 0);
    CHECK(isnan(e->family[FE_SED_LIKELIHOOD][FE_VALUE][101]));
    fe_estimate_free(e);
    for (size_t q = 0; q < N_PIXELS; q++)
        mask[q] = q % NX > 10;
    r.wanted = NULL;
    r.mask = mask;
    e = map_of(d, &r, NULL);
    CHECK(isnan(e->q[FE_Q_TS][5 * NX + 10]) && !isnan(e->q[FE_Q_TS][5 * NX + 11]));
    NEAR_ABS(e->family[FE_SED_LIKELIHOOD][FE_VALUE][5 * NX + 19], all->family[FE_SED_LIKELIHOOD][FE_VALUE][5 * NX + 19],
             1e-4 * all->family[FE_SED_LIKELIHOOD][FE_ERRP][5 * NX + 19]);     /* nothing masked under its kernel */
    CHECK(e->q[FE_Q_COUNTS][5 * NX + 11] < all->q[FE_Q_COUNTS][5 * NX + 11]);
    fe_estimate_free(e);
    fe_estimate_free(all);
    clear(&m);
    fe_dataset_free(d);
}

/* ---- injected ---------------------------------------------------------------------------------------------------- */

/* Asimov counts of a source of norm 1.7: at its pixel the norm is that, whatever PSF, bands, and amplitude of the model. */
static void injected(double psf_deg, bool cube, double amplitude)
{
    fe_dataset *d = map_set();
    fe_model m = model_of("point"), source = model_of("point");
    fe_tsmap_request r = request_of(&m, d);
    fe_patch patch;
    fe_estimate *e;
    double lon, lat, x = 10, y = 8, truth = 1.7;

    d->psf = map_psf(psf_deg);
    fe_geom_to_sky(d->geom, 1, &x, &y, &lon, &lat);
    fe_spatial_par(source.spatial, "lon_0")->value = lon;
    fe_spatial_par(source.spatial, "lat_0")->value = lat;
    memcpy(d->counts, d->background, N_E * N_PIXELS * sizeof *d->counts);
    CHECK_MSG(fe_predict_source(d, &source, false, &patch, &err) == 0, err.text);
    fe_patch_add(&patch, truth, NY, NX, d->counts);
    fe_spectrum_par(m.spectrum, "amplitude")->value *= amplitude;
    r.cube = cube;
    e = map_of(d, &r, NULL);
    NEAR(e->family[FE_SED_LIKELIHOOD][FE_VALUE][8 * NX + 10] * amplitude, truth, 1e-3);
    CHECK(e->q[FE_Q_SQRT_TS][8 * NX + 10] > e->q[FE_Q_SQRT_TS][8 * NX + 11]);
    CHECK(e->q[FE_Q_SQRT_TS][8 * NX + 10] > e->q[FE_Q_SQRT_TS][7 * NX + 10]);
    fe_estimate_free(e);
    fe_patch_free(&patch);
    clear(&m);
    clear(&source);
    fe_dataset_free(d);
}

/* ---- degenerate pixels ------------------------------------------------------------------------------------------- */

static void degenerate(void)
{
    fe_dataset *d = map_set();
    fe_model m = model_of("disk:0.15deg");
    fe_tsmap_request r = request_of(&m, d);
    fe_estimate *e;
    size_t q = 8 * NX + 10;
    double *const *family, s;

    memset(d->counts, 0, N_E * N_PIXELS * sizeof *d->counts);
    for (size_t i = 0; i < N_PIXELS; i++)
        d->background[i] = d->background[N_PIXELS + i] = 0.25;
    d->counts[3 * NX + 3] = 5;
    e = map_of(d, &r, NULL);
    family = e->family[FE_SED_LIKELIHOOD];
    s = e->q[FE_Q_NPRED_EXCESS][q] / family[FE_VALUE][q];
    CHECK(family[FE_VALUE][q] < 0 && isnan(family[FE_ERR][q]) && isnan(family[FE_ERRN][q]));
    CHECK(((unsigned)e->q[FE_Q_STATUS][q] & FE_STATUS_EDGE) != 0);
    NEAR(family[FE_ERRP][q], 1 / (2 * s), 1e-10);       /* no counts: the statistic rises as 2 x s */
    NEAR(family[FE_UL][q], r.norm.ul_drop / (2 * s), 1e-10);
    NEAR(e->q[FE_Q_TS][q], -2 * family[FE_VALUE][q] * s, 1e-10);
    for (size_t k = 0; k < N_PIXELS; k++)
        CHECK(isfinite(family[FE_VALUE][k]) && isfinite(family[FE_ERRP][k]) && isfinite(family[FE_UL][k]));
    fe_estimate_free(e);
    /* counts where no background is expected: no norm of 0 is possible, but there is a best one */
    d->background[q] = d->background[N_PIXELS + q] = 0;
    d->counts[q] = 4;
    e = map_of(d, &r, NULL);
    CHECK(e->family[FE_SED_LIKELIHOOD][FE_VALUE][q + 1] > 0 && isfinite(e->q[FE_Q_TS][q + 1]));
    fe_estimate_free(e);
    /* no exposure at all */
    memset(d->exposure_cm2_s, 0, N_TRUE * N_PIXELS * sizeof *d->exposure_cm2_s);
    e = map_of(d, &r, NULL);
    CHECK(isnan(e->family[FE_SED_LIKELIHOOD][FE_VALUE][q + 1]));
    CHECK(((unsigned)e->q[FE_Q_STATUS][q + 1] & FE_STATUS_NOEXPO) != 0);
    fe_estimate_free(e);
    clear(&m);
    fe_dataset_free(d);
}

/* ---- OFF counts, a free background, scans ------------------------------------------------------------------------ */

static void other_ways(void)
{
    fe_dataset *d = rough_set(11), *on_off = rough_set(11);
    fe_model m = model_of("disk:0.15deg");
    fe_tsmap_request r = request_of(&m, d);
    fe_tsmap_set set = { d, NULL, 0, N_E };
    fe_scanlist scans = { 0 };
    fe_tsmap_work work = { 0 };
    fe_estimate *e = fe_estimate_new(), *free_one, *off;
    size_t q = 8 * NX + 12;

    r.norm.want_sens = false;
    r.norm.want_scan = true;
    r.scan_min = 1;
    r.n_threads = 3;
    CHECK_MSG(fe_tsmap_band(1, &set, &r, 2, e, &scans, &work, &err) == 0, err.text);
    CHECK(scans.n > 3 && scans.n < 150 && scans.scan[0].band == 2 && fe_scanlist_longest(&scans) >= 5);
    for (size_t k = 0; k < scans.n; k++) {
        const fe_pixel_scan *s = &scans.scan[k];
        double least = INFINITY;

        CHECK(e->q[FE_Q_SQRT_TS][s->pixel] >= 1 && (k == 0 || s->pixel > scans.scan[k - 1].pixel));
        for (size_t i = 0; i < s->n; i++)
            least = fmin(least, s->stat[i]);
        NEAR(least, e->q[FE_Q_STAT][s->pixel], 1e-9);
    }
    fe_scanlist_free(&scans);
    r.norm.want_scan = false;
    r.free_bkg = true;
    free_one = map_of(d, &r, NULL);
    CHECK(free_one->q[FE_Q_STAT][q] <= e->q[FE_Q_STAT][q] && free_one->q[FE_Q_TS][q] <= e->q[FE_Q_STAT_NULL][q] - free_one->q[FE_Q_STAT][q]);
    /* a well known OFF background is a known background */
    r.free_bkg = false;
    on_off->n_off = malloc(N_E * N_PIXELS * sizeof(double));
    on_off->alpha = malloc(N_E * N_PIXELS * sizeof(double));
    for (size_t i = 0; i < N_E * N_PIXELS; i++) {
        on_off->alpha[i] = 1e-7;
        on_off->n_off[i] = on_off->background[i] / 1e-7;
    }
    free(on_off->background);
    on_off->background = NULL;
    off = map_of(on_off, &r, NULL);
    for (size_t k = 0; k < N_PIXELS; k += 7)
        if (e->family[FE_SED_LIKELIHOOD][FE_VALUE][k] > 0)
            NEAR(off->family[FE_SED_LIKELIHOOD][FE_VALUE][k], e->family[FE_SED_LIKELIHOOD][FE_VALUE][k], 1e-4);
    fe_estimate_free(e);
    fe_estimate_free(free_one);
    fe_estimate_free(off);
    clear(&m);
    fe_dataset_free(d);
    fe_dataset_free(on_off);
}

int main(void)
{
    for (int seed = 1; seed <= 3; seed++)
        for (int way = 0; way < 4; way++)
            same_as_solver(seed, way & 1, way & 2);
    same_bits();
    chosen();
    for (int k = 0; k < 6; k++)
        injected(k % 3 == 0 ? 0.05 : k % 3 == 1 ? 0.1 : 0.15, k / 3, k % 2 ? 1e6 : 1e-6);
    degenerate();
    other_ways();
    return check_done();
}
