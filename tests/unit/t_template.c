/* Template models in maps: flux is conserved, places and frames, pixels of other sizes, energies, kernels, what is refused. */
#include "est/fold.h"
#include "est/predict.h"
#include "map_set.h"
#include "phys/sky.h"
#include "types/skymap.h"

static fe_err err;

/* nx x ny pixels of a size around a place. */
static fe_skymap *map_at(const char *frame, double lon, double lat, double pixel, size_t nx, size_t ny, size_t n_e)
{
    bool galactic = !strcmp(frame, "galactic");
    fe_geom_keys k = { .nx = nx, .ny = ny, .radesys = "ICRS", .equinox = NAN, .crpix = { 0.5 * (double)(nx + 1), 0.5 * (double)(ny + 1) },
                       .crval_deg = { lon, lat }, .cdelt_deg = { -pixel, pixel }, .pc = { { 1, 0 }, { 0, 1 } }, .lonpole_deg = NAN,
                       .latpole_deg = NAN };
    fe_geom *g;
    fe_skymap *m;

    strcpy(k.ctype[0], galactic ? "GLON-TAN" : "RA---TAN");
    strcpy(k.ctype[1], galactic ? "GLAT-TAN" : "DEC--TAN");
    g = fe_geom_new(&k, NULL, NULL, &err);
    m = fe_skymap_new(g, n_e);
    fe_geom_free(g);
    return m;
}

/* A round Gaussian in the middle, of sigma pixels; 0 beyond a radius. */
static void put_blob(fe_skymap *m, double sigma, double radius)
{
    size_t nx = fe_geom_nx(m->geom), ny = fe_geom_ny(m->geom);

    for (size_t i = 0; i < m->n_e * nx * ny; i++) {
        double x = (double)(i % nx) - 0.5 * ((double)nx - 1), y = (double)(i / nx % ny) - 0.5 * ((double)ny - 1), r = hypot(x, y);

        m->value[i] = r < radius ? exp(-0.5 * r * r / (sigma * sigma)) : 0;
    }
    fe_skymap_normalize(m);
}

/* spectrum NULL: a factor without unit. */
static fe_model model_of(fe_skymap *map, const char *spectrum)
{
    fe_model m = { .name = NULL, .spectrum = spectrum ? fe_spectrum_parse(spectrum, NULL) : fe_spectrum_new("pl-norm"),
                   .spatial = fe_spatial_new("template"), .map = map };

    return m;
}

static void clear(fe_model *m)
{
    fe_spectrum_free(m->spectrum);
    fe_spatial_free(m->spatial);
    fe_skymap_free(m->map);
}

static const char PL[] = "pl:index=2.2,amplitude=1e-11 cm-2 s-1 TeV-1";

static double flux_times_exposure(const fe_dataset *d, const fe_spectrum *s, size_t j)
{
    double flux[N_TRUE], sum = 0;

    fe_fold_flux(d, s, false, flux);
    for (size_t i = 0; i < N_TRUE; i++)
        sum += flux[i] * d->exposure_cm2_s[i * N_PIXELS] * d->edisp->value[i * N_E + j];
    return sum;
}

typedef struct moments { double sum, x, y, xx, yy; } moments;

static moments moments_of(const fe_patch *p, size_t j)
{
    moments m = { 0, 0, 0, 0, 0 };

    for (size_t q = 0; q < p->nx * p->ny; q++) {
        double w = p->npred[j * p->nx * p->ny + q], x = (double)(p->x0 + q % p->nx), y = (double)(p->y0 + q / p->nx);

        m.sum += w;
        m.x += w * x;
        m.y += w * y;
        m.xx += w * x * x;
        m.yy += w * y * y;
    }
    m.x /= m.sum;
    m.y /= m.sum;
    m.xx = m.xx / m.sum - m.x * m.x;
    m.yy = m.yy / m.sum - m.y * m.y;
    return m;
}

/* What is predicted over the flux times the exposure: 1. */
static moments share(fe_model *m, double psf_deg, bool as_gammapy)
{
    fe_dataset *d = map_set();
    fe_patch p = { 0 };
    moments out;

    d->psf = psf_deg > 0 ? map_psf(psf_deg) : NULL;
    CHECK_MSG(fe_predict_source(d, m, as_gammapy, &p, &err) == 0, err.text);
    out = moments_of(&p, 1);
    out.sum /= flux_times_exposure(d, m->spectrum, 1);
    fe_patch_free(&p);
    fe_dataset_free(d);
    return out;
}

static void conserves_flux(void)
{
    fe_model m = model_of(map_at("icrs", 83, 22, 0.1, 13, 11, 1), PL);          /* pixels of the data */
    moments at;
    double l, b;

    put_blob(m.map, 2, 4.3);
    NEAR(share(&m, 0, false).sum, 1, 1e-12);
    NEAR(share(&m, 0, true).sum, 1, 1e-9);
    NEAR(share(&m, 0.08, false).sum, 1, 1e-6);
    clear(&m);
    m = model_of(map_at("icrs", 83, 22, 0.025, 60, 60, 1), PL);                 /* 4 x 4 in one of the data: all of them are looked at */
    put_blob(m.map, 6, 20);
    m.map->value[30 * 60 + 30] *= 20;
    fe_skymap_normalize(m.map);
    NEAR(share(&m, 0, false).sum, 1, 2e-6);      /* areas of pixels in a tangent plane */
    CHECK(fabs(share(&m, 0, true).sum - 1) > 0.01);                             /* gammapy: their middles alone */
    clear(&m);
    m = model_of(map_at("icrs", 83, 22, 0.4, 9, 9, 1), PL);                     /* larger ones, 0 beside: the rim stays */
    put_blob(m.map, 0.7, 1.8);
    NEAR(share(&m, 0, false).sum, 1, 2e-2);
    CHECK(share(&m, 0, true).sum < 0.85);                                       /* gammapy: it is lost */
    clear(&m);
    fe_sky_icrs_to_galactic(83, 22.05, &l, &b);
    m = model_of(map_at("galactic", l, b, 0.05, 41, 41, 1), PL);                /* another frame, turned by 60 degrees */
    put_blob(m.map, 4, 12);
    at = share(&m, 0, false);
    NEAR(at.sum, 1, 1e-3);
    NEAR(at.x, 10, 1e-3);
    NEAR(at.y, 8.5, 1e-3);
    clear(&m);
}

/* Elsewhere than its map: the sphere is turned; gammapy adds, which changes widths as the cosine of the latitude. */
static void moves(void)
{
    fe_model m = model_of(map_at("icrs", 10, 60, 0.05, 41, 41, 1), PL);
    moments ours, theirs;

    put_blob(m.map, 4, 12);
    fe_spatial_par(m.spatial, "lon_0")->value = 83;
    fe_spatial_par(m.spatial, "lat_0")->value = 22.1;
    ours = share(&m, 0, false);
    theirs = share(&m, 0, true);
    NEAR(ours.sum, 1, 1e-3);
    NEAR(ours.x, 10, 1e-3);
    NEAR(ours.y, 9, 1e-3);
    NEAR(ours.xx, ours.yy, 2e-3);
    NEAR(theirs.y, 9, 1e-2);
    NEAR(sqrt(theirs.xx / theirs.yy), cos(22.1 * M_PI / 180) / cos(60 * M_PI / 180), 3e-2);
    clear(&m);
    m = model_of(map_at("icrs", 83, 22, 0.05, 41, 41, 1), PL);                  /* nearby both are the same */
    put_blob(m.map, 4, 14);
    fe_spatial_par(m.spatial, "lat_0")->value = 22.1;
    ours = share(&m, 0, false);
    theirs = share(&m, 0, true);
    NEAR(theirs.y, ours.y, 1e-3);
    NEAR(theirs.xx, ours.xx, 5e-2);
    clear(&m);
}

/* Planes in cm-2 s-1 TeV-1 sr-1 times a factor: sum of flux, solid angle, exposure, dispersion; nothing outside of the axis. */
static void diffuse(void)
{
    fe_dataset *d = map_set();
    fe_skymap *map = map_at("icrs", 83, 22, 0.1, 41, 37, 2);
    fe_model m = model_of(map, NULL);
    double want = 0, sr[N_PIXELS], lo = 1, hi = 6;
    size_t q = 8 * NX + 10, n = 41 * 37;
    fe_patch p;

    fe_spectrum_par(m.spectrum, "norm")->value = 2;
    map->is_dnde = true;
    map->e_node_TeV = malloc(2 * sizeof (double));
    map->e_edge_TeV = malloc(3 * sizeof (double));
    map->e_node_TeV[0] = lo;
    map->e_node_TeV[1] = hi;
    map->e_edge_TeV[0] = lo / sqrt(hi / lo);
    map->e_edge_TeV[1] = sqrt(lo * hi);
    map->e_edge_TeV[2] = hi * sqrt(hi / lo);
    for (size_t i = 0; i < 2 * n; i++)
        map->value[i] = i < n ? 1e-9 : 1e-9 * pow(hi / lo, -2.5);
    fe_geom_solid_angle(d->geom, sr);
    for (size_t i = 0; i < N_TRUE; i++) {
        double a = d->etrue_edge_TeV[i], b = d->etrue_edge_TeV[i + 1];

        want += 2 * (b - a) * 1e-9 * pow(sqrt(a * b), -2.5) * d->exposure_cm2_s[i * N_PIXELS] * d->edisp->value[i * N_E] * sr[q];
    }
    CHECK_MSG(fe_predict_source(d, &m, false, &p, &err) == 0, err.text);
    NEAR(p.npred[q], want, 1e-10);
    fe_patch_free(&p);
    for (size_t i = 0; i <= N_TRUE; i++)
        d->etrue_edge_TeV[i] *= 100;
    CHECK_MSG(fe_predict_source(d, &m, false, &p, &err) == 0, err.text);
    NEAR_ABS(p.npred[q], 0, 0);
    fe_patch_free(&p);
    clear(&m);
    fe_dataset_free(d);
}

/* As a kernel: its shape around the middle of the map, wherever its own map is. */
static void kernels(void)
{
    fe_dataset *d = map_set();
    fe_model m = model_of(map_at("icrs", 200, -50, 0.1, 13, 13, 1), PL);
    fe_kernels k;
    double sum = 0;

    put_blob(m.map, 2, 5);
    CHECK_MSG(fe_predict_kernels(d, &(fe_kernel_request){ &m, 0, N_E, NAN, false, false, false }, &k, &err) == 0, err.text);
    CHECK(k.n == 15);                                       /* 1.3 deg and margins */
    for (size_t i = 0; i < k.n * k.n; i++) {
        sum += k.value[i];
        NEAR_ABS(k.value[i], k.value[k.n * k.n - 1 - i], 1e-4);
    }
    NEAR(sum, 1, 1e-12);
    NEAR(k.value[7 * 15 + 9] / k.value[7 * 15 + 7], exp(-0.5), 1e-3);
    NEAR(k.value[9 * 15 + 7] / k.value[7 * 15 + 7], exp(-0.5), 1e-3);
    fe_kernels_free(&k);
    clear(&m);
    fe_dataset_free(d);
}

static int no_file(fe_skymap *m, fe_err *e)
{
    return fe_fail(e, FE_EDATA, &(fe_where){ m->file, NULL, 0 }, "nothing there");
}

static void refuses(void)
{
    fe_dataset *d = map_set();
    fe_model m = model_of(fe_skymap_later("x.fits", true, no_file), PL);
    fe_patch p;
    fe_kernels k;

    CHECK(fe_predict_source(d, &m, false, &p, &err) < 0 && !strcmp(err.text, "x.fits: nothing there"));
    clear(&m);
    m = model_of(map_at("icrs", 83, 22, 1, 90, 90, 1), PL);
    m.map->is_dnde = true;
    CHECK(fe_predict_source(d, &m, false, &p, &err) < 0 && strstr(err.text, "needs a spectrum without unit"));
    m.map->is_dnde = false;
    CHECK(fe_predict_kernels(d, &(fe_kernel_request){ &m, 0, N_E, NAN, false, false, false }, &k, &err) < 0 && err.code == FE_EUSAGE);
    CHECK_MSG(strstr(err.text, "a template of radius 45 deg"), err.text);
    clear(&m);
    m = model_of(map_at("icrs", 83, 22, 1, 90, 90, 1), NULL);
    CHECK(fe_predict_source(d, &m, false, &p, &err) < 0 && strstr(err.text, "needs a spectrum in cm-2 s-1 TeV-1"));
    clear(&m);
    fe_dataset_free(d);
}

int main(void)
{
    conserves_flux();
    moves();
    diffuse();
    kernels();
    refuses();
    return check_done();
}
