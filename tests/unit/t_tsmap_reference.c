/* TS maps of real data: exact values of ../shared/reference/maps, pixel by pixel (m1, m2, m5). */
#include "base/mem.h"
#include "est/predict.h"
#include "est/tsmap.h"
#include "map_reference.h"
#include "phys/energy.h"
#include "phys/spectrum.h"

enum { MOST_SETS = 3, MOST_BANDS = 3, N_FIELDS = 13 };

typedef struct reference {
    const char *name;
    const char *data[MOST_SETS];            /* files of ../shared/data                                  */
    const char *json, *rows;                /* file of ../shared/reference/maps, jq path to its pixels  */
    const char *spectrum, *spatial;
    double width_deg;
    size_t n_bands;
    double edge_TeV[MOST_BANDS + 1];        /* as asked                                                 */
    bool cube;
} reference;

#define FERMI "fermi-3fhl-gc/fermi-3fhl-gc.fits.gz"
#define CTA "cta-1dc/cta-1dc-gc.fits.gz"
#define PL2 "pl:index=2,amplitude=1e-12 cm-2 s-1 TeV-1"
#define RUNS "m2-cta-1dc/m2_ts_runs_pixels.json"
static const reference references[] = {
    { "m1, one band", { FERMI }, "m1-fermi-3fhl-gc/m1_1band_sum_pixels.json", ".pixels", "pl:index=2,amplitude=1e-10 cm-2 s-1 TeV-1",
      "point", 1, 1, { 0.01, 0.5 }, false },
    { "m1, three bands", { FERMI }, "m1-fermi-3fhl-gc/m1_3band_sum_pixels.json", ".pixels",
      "pl:index=2,amplitude=1e-10 cm-2 s-1 TeV-1", "point", 1, 3, { 0.01, 0.05, 0.1, 0.5 }, false },
    { "m1, cube", { FERMI }, "m1-fermi-3fhl-gc/m1_1band_cube_pixels.json", ".pixels", "pl:index=2,amplitude=1e-10 cm-2 s-1 TeV-1",
      "point", 1, 1, { 0.01, 0.5 }, true },
    { "m2, point", { CTA }, "m2-cta-1dc/m2_ts_point_1band_pixels.json", ".pixels", PL2, "point", 0.5, 1, { 0.1, 10 }, false },
    { "m2, point, three bands", { CTA }, "m2-cta-1dc/m2_ts_point_3band_pixels.json", ".pixels", PL2, "point", 0.5, 3,
      { 0.1, 0.5, 2, 10 }, false },
    { "m2, Gaussian", { CTA }, "m2-cta-1dc/m2_ts_gauss_1band_pixels.json", ".pixels", PL2, "gauss:0.1deg", 0.5, 1, { 0.1, 10 }, false },
    { "m2, Gaussian, three bands", { CTA }, "m2-cta-1dc/m2_ts_gauss_3band_pixels.json", ".pixels", PL2, "gauss:0.1deg", 0.5, 3,
      { 0.1, 0.5, 2, 10 }, false },
    { "m2, three runs jointly", { "cta-1dc/cta-1dc-run-110380.fits.gz", "cta-1dc/cta-1dc-run-111140.fits.gz",
                                  "cta-1dc/cta-1dc-run-111159.fits.gz" },
      RUNS, ".cases.joint.pixels", PL2, "point", 0.5, 1, { 0.1, 10 }, false },
    { "m2, run 110380", { "cta-1dc/cta-1dc-run-110380.fits.gz" }, RUNS, ".cases[\"run-110380\"].pixels", PL2, "point", 0.5, 1,
      { 0.1, 10 }, false },
    { "m2, run 111140", { "cta-1dc/cta-1dc-run-111140.fits.gz" }, RUNS, ".cases[\"run-111140\"].pixels", PL2, "point", 0.5, 1,
      { 0.1, 10 }, false },
    { "m2, run 111159", { "cta-1dc/cta-1dc-run-111159.fits.gz" }, RUNS, ".cases[\"run-111159\"].pixels", PL2, "point", 0.5, 1,
      { 0.1, 10 }, false },
    { "m5", { "hawc/DL4/nHit-5.fits.gz" }, "m5-hawc/m5_hawc-nHit-5_ts_pixels.json", ".pixels",
      "pl:index=2.6,amplitude=1e-13 cm-2 s-1 TeV-1,reference=7 TeV", "point", 2, 2, { 3.16, 5.62, 17.8 }, false }
};

/* Exact roots: 1e-5 of the larger of norm and error; ts 1e-4 and 1e-5 of it. */
static void compare(const reference *r, const fe_estimate *e, size_t row, const double *v)
{
    double *const *family = e->family[FE_SED_LIKELIHOOD];
    double norm = v[3], errp = v[6], scale = fmax(fabs(norm), errp);
    const struct { const char *what; double got, want, scale; } values[] = {
        { "norm", family[FE_VALUE][row], norm, scale },
        { "norm_err", family[FE_ERR][row], v[4], fmax(fabs(norm), v[4]) },
        { "norm_errn", family[FE_ERRN][row], v[5], scale },
        { "norm_errp", family[FE_ERRP][row], errp, scale },
        { "norm_ul", family[FE_UL][row], v[7], fmax(fabs(v[7]), scale) },
        { "ts", e->q[FE_Q_TS][row], v[8], 10 + v[8] },
        { "stat", e->q[FE_Q_STAT][row], v[9], fabs(v[9]) },
        { "npred", e->q[FE_Q_NPRED][row], v[10], v[10] },
        { "npred_excess", e->q[FE_Q_NPRED_EXCESS][row], v[11], fmax(fabs(v[11]), 1e-3 * v[10]) },
        { "counts", e->q[FE_Q_COUNTS][row], v[12], 1 }
    };
    static const char *const shown[] = { "norm", "norm_err", "norm_errn", "norm_errp", "norm_ul", "ts" };

    for (size_t k = 0; k < sizeof values / sizeof *values; k++) {
        char text[256];
        bool same = (isnan(values[k].got) && isnan(values[k].want)) ||
                    fabs(values[k].got - values[k].want) <= 1e-5 * values[k].scale;

        snprintf(text, sizeof text, "%s: %s of pixel %g, %g of band %g: %.12g, exact %.12g", r->name, values[k].what, v[1], v[2], v[0],
                 values[k].got, values[k].want);
        CHECK_MSG(same, text);
        if (k < sizeof shown / sizeof *shown)
            note_difference(r->name, shown[k], values[k].got, values[k].want, values[k].scale);
    }
}

static void run(const reference *r)
{
    fe_dataset *d[MOST_SETS] = { NULL };
    fe_tsmap_set set[MOST_SETS] = { { 0 } };
    fe_model model = { .spectrum = NULL };
    fe_err err = { 0 };
    fe_estimate *e = fe_estimate_new();
    fe_tsmap_work work = { 0 };
    size_t n = 0, n_rows = 0;
    double v[N_FIELDS];
    FILE *in;

    model.spectrum = fe_spectrum_parse(r->spectrum, &err);
    model.spatial = fe_spatial_parse(r->spatial, &err);
    for (; n < MOST_SETS && r->data[n]; n++) {
        d[n] = read_set(r->data[n]);
        set[n].dataset = d[n];
    }
    fe_tsmap_request request = { .norm = fe_norm_request_default(), .model = &model, .kernel_width_deg = r->width_deg,
                                 .cube = r->cube, .as_gammapy = true, .nx = d[0]->nx, .ny = d[0]->ny, .n_threads = 2 };
    request.norm.ul_drop = 4;
    request.norm.ul_unbounded = true;
    for (size_t b = 0; b < r->n_bands; b++) {
        for (size_t k = 0; k < n; k++) {
            set[k].first = fe_edge_nearest(d[k]->e_edge_TeV, d[k]->n_e, r->edge_TeV[b]);
            set[k].last = fe_edge_nearest(d[k]->e_edge_TeV, d[k]->n_e, r->edge_TeV[b + 1]);
        }
        CHECK_MSG(fe_tsmap_band(n, set, &request, b, e, NULL, &work, &err) == 0, err.text);
    }
    in = open_rows(r->json, r->rows, ".norm, .norm_err, .norm_errn, .norm_errp, .norm_ul, .ts, .stat, .npred, .npred_excess, .counts");
    while (in && next_row(in, N_FIELDS, v)) {
        compare(r, e, ((size_t)v[0] * d[0]->ny + (size_t)v[2]) * d[0]->nx + (size_t)v[1], v);
        n_rows++;
    }
    CHECK(in && pclose(in) == 0);
    CHECK(n_rows >= 40);
    for (size_t k = 0; k < n; k++)
        fe_dataset_free(d[k]);
    fe_spectrum_free(model.spectrum);
    fe_spatial_free(model.spatial);
    fe_estimate_free(e);
}

/* Asimov counts of a source in the middle of a pixel, with the real responses: its norm comes back, which gammapy's kernels do not give. */
static void injected(const reference *r, size_t x, size_t y)
{
    fe_dataset *d = read_set(r->data[0]);
    fe_err err = { 0 };
    fe_model model = { .spectrum = fe_spectrum_parse(r->spectrum, &err), .spatial = fe_spatial_parse(r->spatial, &err) };
    fe_model source = { .spectrum = model.spectrum, .spatial = fe_spatial_parse(r->spatial, &err) };
    double lon, lat, px = (double)x, py = (double)y, truth = 5;
    fe_patch patch;

    fe_geom_to_sky(d->geom, 1, &px, &py, &lon, &lat);
    fe_geom_to_icrs(d->geom, lon, lat, &lon, &lat);
    fe_spatial_par(source.spatial, "lon_0")->value = lon;
    fe_spatial_par(source.spatial, "lat_0")->value = lat;
    CHECK_MSG(fe_predict_source(d, &source, false, &patch, &err) == 0, err.text);
    memcpy(d->counts, d->background, fe_dataset_n_bins(d) * sizeof *d->counts);
    fe_patch_add(&patch, truth, d->ny, d->nx, d->counts);
    for (size_t b = 0; b < r->n_bands; b++) {
        fe_tsmap_set set = { d, NULL, fe_edge_nearest(d->e_edge_TeV, d->n_e, r->edge_TeV[b]),
                             fe_edge_nearest(d->e_edge_TeV, d->n_e, r->edge_TeV[b + 1]) };
        fe_tsmap_request request = { .norm = fe_norm_request_default(), .model = &model, .kernel_width_deg = r->width_deg,
                                     .cube = r->cube, .x0 = x, .y0 = y, .nx = 1, .ny = 1, .n_threads = 1 };
        fe_estimate *e = fe_estimate_new();
        fe_tsmap_work work = { 0 };
        char text[160];
        double norm;

        CHECK_MSG(fe_tsmap_band(1, &set, &request, b, e, NULL, &work, &err) == 0, err.text);
        norm = e->family[FE_SED_LIKELIHOOD][FE_VALUE][0];
        snprintf(text, sizeof text, "%s, band %zu: injected %g, found %.6g", r->name, b, truth, norm);
        CHECK_MSG(fabs(norm / truth - 1) < 0.01, text);
        fe_estimate_free(e);
    }
    fe_patch_free(&patch);
    fe_dataset_free(d);
    fe_spectrum_free(model.spectrum);
    fe_spatial_free(model.spatial);
    fe_spatial_free(source.spatial);
}

int main(void)
{
    shared = check_shared();
    if (!shared)
        printf("no shared data (FE_SHARED): TS maps of real data left out\n");
    for (size_t k = 0; shared && k < sizeof references / sizeof *references; k++) {
        run(&references[k]);
        if (!references[k].data[1] && strcmp(references[k].spatial, "point") == 0)
            injected(&references[k], strstr(references[k].name, "m1") ? 220 : strstr(references[k].name, "m2") ? 95 : 60,
                     strstr(references[k].name, "m1") ? 110 : strstr(references[k].name, "m2") ? 85 : 60);
    }
    if (shared)
        write_differences("tsmap");
    return check_done();
}
