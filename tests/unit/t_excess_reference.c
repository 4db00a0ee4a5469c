/* Excess maps of real data: exact values of ../shared/reference/maps, pixel by pixel (m2: Cash, m3: WStat). */
#include "base/mem.h"
#include "est/excess.h"
#include "map_reference.h"
#include "phys/energy.h"
#include "phys/spectrum.h"

enum { MOST_BANDS = 3, N_FIELDS = 11 };

typedef struct reference {
    const char *name, *data, *json, *spectrum;
    double radius_deg;
    bool correlate_off, sensitivity;
    size_t n_bands;
    double edge_TeV[MOST_BANDS + 1];        /* as asked                                                 */
} reference;

#define CTA "cta-1dc/cta-1dc-gc.fits.gz"
#define RING "hess-ring/hess-crab-ring.fits.gz"
#define PL "pl:index=2,amplitude=1e-12 cm-2 s-1 TeV-1"
#define PL26 "pl:index=2.6,amplitude=1e-12 cm-2 s-1 TeV-1"
static const reference references[] = {
    { "m2, one band", CTA, "m2-cta-1dc/m2_excess_1band_pixels.json", PL, 0.1, false, true, 1, { 0.1, 10 } },
    { "m2, three bands", CTA, "m2-cta-1dc/m2_excess_3band_pixels.json", PL, 0.1, false, true, 3, { 0.1, 0.5, 2, 10 } },
    { "m3, OFF correlated", RING, "m3-hess-ring/m3_excess_1band_correlate_off_true_pixels.json", PL26, 0.12, true, false, 1, { 0.7, 20 } },
    { "m3", RING, "m3-hess-ring/m3_excess_1band_correlate_off_false_pixels.json", PL26, 0.12, false, false, 1, { 0.7, 20 } },
    { "m3, three bands, OFF correlated", RING, "m3-hess-ring/m3_excess_3band_correlate_off_true_pixels.json", PL26, 0.12, true, false, 3,
      { 0.7, 1.5, 4, 20 } },
    { "m3, three bands", RING, "m3-hess-ring/m3_excess_3band_correlate_off_false_pixels.json", PL26, 0.12, false, false, 3,
      { 0.7, 1.5, 4, 20 } }
};

static void compare(const reference *r, const fe_estimate *e, size_t row, const double *v)
{
    double *const *family = e->family[FE_SED_LIKELIHOOD];
    double scale = fmax(fabs(v[3]), v[6]);
    const struct { const char *what; double got, want, scale; } values[] = {
        { "norm", family[FE_VALUE][row], v[3], scale }, { "norm_err", family[FE_ERR][row], v[4], scale },
        { "norm_errn", family[FE_ERRN][row], v[5], scale }, { "norm_errp", family[FE_ERRP][row], v[6], scale },
        { "norm_ul", family[FE_UL][row], v[7], fmax(fabs(v[7]), scale) }, { "ts", e->q[FE_Q_TS][row], v[8], 10 + v[8] },
        { "counts", e->q[FE_Q_COUNTS][row], v[9], 1 },
        { "norm_sensitivity", r->sensitivity ? family[FE_SENSITIVITY][row] : NAN, r->sensitivity ? v[10] : NAN, v[10] }
    };

    for (size_t k = 0; k < sizeof values / sizeof *values; k++) {
        char text[256];
        bool unknown = !strcmp(values[k].what, "norm_errn") && isnan(values[k].want);       /* without counts there is none */

        snprintf(text, sizeof text, "%s: %s of pixel %g, %g of band %g: %.12g, exact %.12g", r->name, values[k].what, v[1], v[2], v[0],
                 values[k].got, values[k].want);
        CHECK_MSG(unknown || (isnan(values[k].got) && isnan(values[k].want)) ||
                  fabs(values[k].got - values[k].want) <= 3e-5 * values[k].scale, text);
        if (k < 6 && !unknown)
            note_difference(r->name, values[k].what, values[k].got, values[k].want, values[k].scale);
    }
}

static void run(const reference *r)
{
    fe_dataset *d = read_set(r->data);
    fe_err err = { 0 };
    fe_model model = { .spectrum = fe_spectrum_parse(r->spectrum, &err) };
    fe_excess_request request = { .norm = fe_norm_request_default(), .model = &model, .radius_deg = r->radius_deg, .as_gammapy = true,
                                  .correlate_off = r->correlate_off, .nx = d->nx, .ny = d->ny, .n_threads = 2 };
    fe_estimate *e = fe_estimate_new();
    fe_excess_work work = { 0 };
    double v[N_FIELDS];
    size_t n_rows = 0;
    FILE *in;

    request.norm.ul_drop = 4;
    request.norm.ul_unbounded = true;
    request.norm.want_sens = r->sensitivity;
    for (size_t b = 0; b < r->n_bands; b++) {
        fe_excess_set set = { d, NULL, fe_edge_nearest(d->e_edge_TeV, d->n_e, r->edge_TeV[b]),
                              fe_edge_nearest(d->e_edge_TeV, d->n_e, r->edge_TeV[b + 1]) };

        CHECK_MSG(fe_excess_band(1, &set, &request, e, &work, &err) == 0, err.text);
    }
    in = open_rows(r->json, ".pixels", ".norm, .norm_err, .norm_errn, .norm_errp, .norm_ul, .ts, (.counts // .n_on), .norm_sensitivity");
    while (in && next_row(in, N_FIELDS, v)) {
        compare(r, e, ((size_t)v[0] * d->ny + (size_t)v[2]) * d->nx + (size_t)v[1], v);
        n_rows++;
    }
    CHECK(in && pclose(in) == 0);
    CHECK(n_rows >= 60);
    CHECK(work.circle == (r->radius_deg > 0.11 ? 29 : 13));
    fe_dataset_free(d);
    fe_spectrum_free(model.spectrum);
    fe_estimate_free(e);
}

int main(void)
{
    shared = check_shared();
    if (!shared)
        printf("no shared data (FE_SHARED): excess maps of real data left out\n");
    for (size_t k = 0; shared && k < sizeof references / sizeof *references; k++)
        run(&references[k]);
    if (shared)
        write_differences("excess");
    return check_done();
}
