/* Sums of maps: closed forms of a small set, parts of a grid, what does not fit together. */
#include "base/mem.h"
#include "est/stack.h"
#include "map_set.h"
#include "types/irfmap.h"

/* A dispersion and a PSF that differ over 3 x 3 places of 0.7 deg; the exposure of place q is q + 1. */
static fe_irfmap *on_grid(const fe_irfmap *one, double scale)
{
    fe_geom *geom = map_geom();
    fe_geom_keys k = *fe_geom_keys_of(geom);
    fe_irfmap *m;

    fe_geom_free(geom);
    k.nx = k.ny = 3;
    k.crpix[0] = k.crpix[1] = 2;
    k.cdelt_deg[0] = -0.7;
    k.cdelt_deg[1] = 0.7;
    geom = fe_geom_new(&k, NULL, NULL, NULL);
    m = fe_irfmap_like(one, geom);
    fe_geom_free(geom);
    for (size_t i = 0; i < m->n_e * m->n_axis * 9; i++)
        m->value[i] = scale * one->value[i / 9];
    for (size_t i = 0; i < m->n_e * 9; i++)
        m->exposure_cm2_s[i] = scale * (double)(i % 9 + 1);
    return m;
}

static fe_dataset *with_grid(double scale)
{
    fe_dataset *d = map_set();
    fe_irfmap *psf = map_psf(0.1), *edisp = fe_irfmap_of_edisp(d->edisp, d->etrue_edge_TeV, d->e_edge_TeV);

    d->psf = on_grid(psf, scale);
    d->edisp_map = on_grid(edisp, scale);
    fe_irfmap_free(psf);
    fe_irfmap_free(edisp);
    return d;
}

static fe_dataset *sum_of(fe_geom *geom, fe_dataset *a, fe_dataset *b, fe_err *err)
{
    fe_stacker *st = fe_stacker_new();
    fe_dataset *sum = NULL;

    fe_stacker_set_geom(st, geom);
    if (fe_stacker_add(st, a, err) == 0 && fe_stacker_add(st, b, err) == 0)
        sum = fe_stacker_finish(st);
    fe_stacker_free(st);
    return sum;
}

/* Weights 1 x 1 and 3 x 3 of exposure and value: a mean of (1 + 9) / (1 + 3) = 2.5 times the value. */
static void test_weights(void)
{
    fe_dataset *a = with_grid(1), *b = with_grid(3), *sum;
    const size_t corner = 0, middle = 4;
    fe_err err;

    for (size_t j = 0; j < N_PIXELS; j++)
        b->mask[j] = j % NX >= 10;                  /* the first channel: half the map, the columns that its middle is in */
    sum = sum_of(NULL, a, b, &err);
    CHECK_MSG(sum != NULL, err.text);
    CHECK(sum->counts[0] == 1 && sum->counts[20] == 2 && sum->counts[N_PIXELS] == 4 && sum->background[20] == 1);
    CHECK(sum->exposure_cm2_s[0] == 2e12 && sum->exposure_cm2_s[2 * N_PIXELS] == 6e12);
    NEAR(sum->psf->value[middle] / a->psf->value[middle], 2.5, 1e-14);
    NEAR(sum->psf->exposure_cm2_s[middle], 20, 1e-14);
    NEAR(sum->psf->value[corner] / a->psf->value[corner], 2.5, 1e-14);      /* used in the second channel */
    NEAR(sum->edisp_map->value[middle] / a->edisp_map->value[middle], 2.5, 1e-14);
    NEAR(sum->edisp_map->value[9 + corner] / a->edisp_map->value[9 + corner], 2.5, 1e-14);
    NEAR(sum->edisp_map->value[corner] / a->edisp_map->value[corner], 1. / 4, 1e-14);       /* its first channel is masked in b */
    NEAR(sum->edisp->value[0], 0.8 * 2.5, 1e-14);
    fe_dataset_free(sum);

    for (size_t j = 0; j < 2 * N_PIXELS; j++)
        b->mask[j] = j % NX >= 10;
    sum = sum_of(NULL, a, b, &err);
    CHECK(sum->exposure_cm2_s[0] == 1e12 && sum->exposure_cm2_s[10] == 2e12);
    NEAR(sum->psf->value[corner] / a->psf->value[corner], 1, 1e-14);
    NEAR(sum->psf->exposure_cm2_s[corner], 1, 1e-14);
    NEAR(sum->edisp_map->exposure_cm2_s[corner], 1, 1e-14);
    fe_dataset_free(sum);

    for (size_t j = 0; j < 2 * N_PIXELS; j++)
        b->mask[j] = false;
    a->livetime_s = b->livetime_s = 100;
    sum = sum_of(NULL, a, b, &err);
    CHECK(sum->livetime_s == 100 && sum->counts[0] == 1 && sum->exposure_cm2_s[0] == 1e12);
    NEAR(sum->psf->value[middle] / a->psf->value[middle], 1, 1e-14);
    fe_dataset_free(sum);
    fe_dataset_free(a);
    fe_dataset_free(b);
}

/* The middle place of the responses between columns 10 and 11, nearer to 10 (or half way), on the row `row`. */
static void move_grid(fe_dataset *d, double column, double row)
{
    fe_irfmap *m[] = { d->psf, d->edisp_map };

    for (int i = 0; i < 2; i++) {
        fe_geom_keys k = *fe_geom_keys_of(m[i]->geom);

        k.crpix[0] = 2 - (column - 10) / 7;
        k.crpix[1] = 2 - (row - 8) / 7;
        fe_geom_free(m[i]->geom);
        m[i]->geom = fe_geom_new(&k, NULL, NULL, NULL);
    }
}

/* gammapy's rules: the PSF counts by the nearest pixel, the upper of two, a dispersion by any of the four around. */
static void place(double column, double row, bool right, double psf, double edisp)
{
    fe_dataset *a = with_grid(1), *b = with_grid(3), *sum;
    fe_err err;

    move_grid(a, column, row);
    move_grid(b, column, row);
    for (size_t j = 0; j < 2 * N_PIXELS; j++)
        b->mask[j] = right ? j % NX >= 11 : j % NX <= 10;
    sum = sum_of(NULL, a, b, &err);
    CHECK_MSG(sum != NULL, err.text);
    NEAR(sum->psf->value[4] / a->psf->value[4], psf, 1e-14);
    NEAR(sum->edisp_map->value[4] / a->edisp_map->value[4], edisp, 1e-14);
    fe_dataset_free(sum);
    fe_dataset_free(a);
    fe_dataset_free(b);
}

static void test_places(void)
{
    place(10.3, 8, true, 1, 2.5);
    place(10.3, 8, false, 2.5, 2.5);
    place(10.5, 8, true, 2.5, 2.5);
    place(10.5, 8, false, 1, 2.5);
    place(10, 8, true, 1, 1);
    place(11, 8.3, false, 1, 1);
    place(25, 8, true, 0, 2.5);                     /* beyond the map: no PSF, the dispersion of its border */
    place(60, 8, true, 2.5, 2.5);                   /* none of the places lies on the map: all count */
}

/* Without one of its own: that of the nearest pixel, at the energies of the response. */
static void test_exposure(void)
{
    fe_dataset *d = with_grid(1);
    const double middle[2] = { sqrt(0.5 * 3.5), sqrt(3.5 * 6.5) };
    double *e;

    for (size_t i = 0; i < N_TRUE * N_PIXELS; i++)
        d->exposure_cm2_s[i] *= 1 + (double)(i % NX);
    for (int i = 0; i < 2; i++) {
        fe_irfmap *m = i ? d->psf : d->edisp_map;

        free(m->exposure_cm2_s);
        m->exposure_cm2_s = NULL;
    }
    d->psf->e_node_TeV[0] = sqrt(middle[0] * middle[1]);
    e = fe_dataset_irf_exposure(d, d->edisp_map);
    CHECK(e[4] == 11e12 && e[3] == 4e12 && e[5] == 18e12 && e[2 * 9 + 4] == 33e12);
    free(e);
    e = fe_dataset_irf_exposure(d, d->psf);
    NEAR(e[4], 16.5e12, 1e-14);
    free(e);
    d->psf->e_node_TeV[0] = 1e-3;
    e = fe_dataset_irf_exposure(d, d->psf);
    NEAR(e[4], 11e12, 1e-14);
    free(e);
    d->psf->exposure_cm2_s = FE_NEWN(double, 9);
    e = fe_dataset_irf_exposure(d, d->psf);             /* 0 everywhere is none */
    NEAR(e[4], 11e12, 1e-14);
    free(e);
    d->psf->exposure_cm2_s[8] = 2;
    e = fe_dataset_irf_exposure(d, d->psf);
    CHECK(e[4] == 0 && e[8] == 2);
    free(e);
    fe_dataset_free(d);
}

/* Pixel (q % nx, q / nx) of a part that begins at (x0, y0) counts q. */
static fe_dataset *part(long x0, long y0, size_t nx, size_t ny)
{
    fe_dataset *whole = with_grid(1), *d = fe_dataset_new(N_E, N_TRUE, ny, nx);

    d->geom = fe_geom_cutout(whole->geom, x0, y0, nx, ny);
    memcpy(d->e_edge_TeV, whole->e_edge_TeV, (N_E + 1) * sizeof(double));
    memcpy(d->etrue_edge_TeV, whole->etrue_edge_TeV, (N_TRUE + 1) * sizeof(double));
    for (size_t i = 0; i < N_TRUE * nx * ny; i++)
        d->exposure_cm2_s[i] = 1;
    for (size_t j = 0; j < N_E * nx * ny; j++)
        d->counts[j] = (double)(j % (nx * ny));
    fe_edisp_free(d->edisp);
    d->edisp = fe_edisp_share(whole->edisp);
    d->psf = whole->psf;
    d->edisp_map = whole->edisp_map;
    whole->psf = whole->edisp_map = NULL;
    fe_dataset_free(whole);
    return d;
}

static void test_parts(void)
{
    fe_dataset *a = part(0, 0, 10, 8), *b = part(6, 5, 10, 8), *sum;
    fe_geom *whole = map_geom(), *small = fe_geom_cutout(whole, 7, 6, 2, 1);
    double lon, lat, there, too;
    fe_err err;

    sum = sum_of(NULL, a, b, &err);                             /* on the pixels of a */
    CHECK(sum && sum->nx == 10 && sum->ny == 8 && fe_geom_equal(sum->geom, a->geom));
    CHECK(sum->counts[0] == 0 && sum->counts[5 * 10 + 6] == 56 + 0 && sum->counts[7 * 10 + 9] == 79 + 23);
    CHECK(sum->exposure_cm2_s[0] == 1 && sum->exposure_cm2_s[5 * 10 + 6] == 2 && sum->psf->nx == 3);
    fe_dataset_free(sum);

    sum = sum_of(whole, a, b, &err);
    CHECK(sum && sum->nx == NX && sum->ny == NY && fe_geom_equal(sum->geom, whole));
    CHECK(sum->counts[5 * NX + 6] == 56 && sum->counts[12 * NX + 15] == 79 && sum->counts[12 * NX + 16] == 0);
    CHECK(sum->mask[12 * NX + 15] && !sum->mask[12 * NX + 16] && sum->exposure_cm2_s[12 * NX + 16] == 0);
    CHECK(sum->psf->nx == 3 && sum->psf->ny == 3);              /* 2.1 x 1.7 deg are 3 x 3 places of 0.7 deg */
    fe_dataset_free(sum);

    sum = sum_of(small, a, b, &err);                            /* within one place: the middle of the grid of responses */
    CHECK(sum && sum->nx == 2 && sum->ny == 1 && sum->counts[1] == 68 + 12);
    CHECK(sum->psf->nx == 1 && sum->psf->ny == 1 && sum->edisp_map->nx == 1);
    there = too = 0;
    fe_geom_to_sky(sum->psf->geom, 1, &there, &too, &lon, &lat);
    fe_geom_to_pixel(a->psf->geom, 1, &lon, &lat, &there, &too);
    NEAR_ABS(there, 1, 1e-9);
    NEAR_ABS(too, 1, 1e-9);
    fe_dataset_free(sum);
    fe_geom_free(small);
    fe_geom_free(whole);
    fe_dataset_free(a);
    fe_dataset_free(b);
}

/* One response everywhere joins those of a grid, weighted by the mean exposure of its dataset. */
static void test_everywhere(void)
{
    fe_dataset *a = map_set(), *b = map_set(), *grid = with_grid(1), *sum;
    fe_err err;

    a->psf = map_psf(0.1);
    b->psf = map_psf(0.1);
    for (size_t k = 0; k < b->psf->n_axis; k++)
        b->psf->value[k] *= 5;
    for (size_t i = 0; i < N_TRUE * N_PIXELS; i++)
        b->exposure_cm2_s[i] *= 3;
    for (size_t j = 1; j < 2 * N_PIXELS; j++)
        b->mask[j] = false;                                     /* one bin is enough */
    sum = sum_of(NULL, a, b, &err);
    CHECK_MSG(sum != NULL, err.text);
    CHECK(sum->psf->nx == 1 && !sum->psf->geom && !sum->edisp_map->geom);
    NEAR(sum->psf->value[0] / a->psf->value[0], (1 + 3 * 5) / 4., 1e-14);
    NEAR(sum->psf->exposure_cm2_s[0], 4 * a->exposure_cm2_s[0] * (1 + log(3 / sqrt(0.5 * 3.5)) / log(sqrt(3.5 * 6.5) / sqrt(0.5 * 3.5))), 1e-12);
    NEAR(sum->edisp->value[0], 0.8, 1e-14);
    NEAR(sum->edisp->value[1], 0.1 / 4, 1e-14);                 /* the second channel is masked in b */
    fe_dataset_free(sum);

    sum = sum_of(NULL, grid, a, &err);
    CHECK_MSG(sum != NULL, err.text);
    CHECK(sum->psf->nx == 3 && sum->psf->exposure_cm2_s[4] > 1e12);
    NEAR(sum->psf->value[4], a->psf->value[0], 1e-11);          /* the exposure of the grid is 5 */
    fe_dataset_free(sum);
    CHECK(!sum_of(NULL, a, grid, &err) && strstr(err.text, "its PSF is on a grid of 3 x 3 pixels"));
    fe_dataset_free(grid);
    fe_dataset_free(a);
    fe_dataset_free(b);
}

/* alpha n_off is the sum of the backgrounds, pixel by pixel; without OFF counts the mean of all. */
static void test_off(void)
{
    fe_dataset *d[2] = { map_set(), map_set() }, *sum;
    size_t n = N_E * N_PIXELS;
    fe_err err;

    for (size_t k = 0; k < 2; k++) {
        free(d[k]->background);
        d[k]->background = NULL;
        d[k]->n_off = FE_NEWN(double, n);
        d[k]->alpha = FE_NEWN(double, n);
        d[k]->acceptance = FE_NEWN(double, n);
        d[k]->acceptance_off = FE_NEWN(double, n);
        for (size_t j = 0; j < n; j++) {
            d[k]->n_off[j] = j == 3 ? 0 : 10;
            d[k]->acceptance[j] = 1;
            d[k]->acceptance_off[j] = k ? 5 : 2;
            d[k]->alpha[j] = k ? 0.2 : 0.5;
        }
    }
    d[0]->alpha[n - 1] = d[0]->acceptance_off[n - 1] = 0;       /* no OFF region there */
    sum = sum_of(NULL, d[0], d[1], &err);
    CHECK_MSG(sum != NULL, err.text);
    CHECK(sum->n_off[0] == 20 && sum->acceptance[0] == 2 && !sum->background);
    NEAR(sum->alpha[0], 7 / 20., 1e-14);
    NEAR(sum->acceptance_off[0], 2 * 20 / 7., 1e-14);
    NEAR(sum->alpha[3], 7 / 20. + (2 / 10. - 7 / 20.) / (2. * (double)(n - 2) + 1), 1e-12);
    CHECK(sum->counts[n - 1] == 2 && sum->n_off[n - 1] == 10 && sum->mask[n - 1]);
    NEAR(sum->alpha[n - 1], 0.2, 1e-14);
    fe_dataset_free(sum);
    fe_dataset_free(d[0]);
    fe_dataset_free(d[1]);
}

static void refused(fe_dataset *a, fe_dataset *b, fe_geom *geom, const char *text)
{
    fe_err err = { .code = 0 };
    fe_dataset *sum = sum_of(geom, a, b, &err);

    CHECK_MSG(!sum && err.code == FE_EDATA && strstr(err.text, text), err.text);
    fe_dataset_free(sum);
    fe_dataset_free(b);
}

static void test_refused(void)
{
    fe_dataset *a = with_grid(1), *b;
    fe_geom_keys k = *fe_geom_keys_of(a->geom);
    fe_geom *half, *whole = map_geom();

    k.crpix[0] += 0.5;
    half = fe_geom_new(&k, NULL, NULL, NULL);
    b = with_grid(1);
    fe_geom_free(b->geom);
    b->geom = fe_geom_share(half);
    refused(a, b, NULL, "its pixels are not those of the first dataset, nor a part of the same grid");
    b = part(40, 0, 10, 8);
    refused(a, b, NULL, "none of its 10 x 8 pixels is one of the first dataset");
    b = part(40, 0, 10, 8);
    refused(b, with_grid(1), whole, "none of its 10 x 8 pixels is one of the geometry asked for");
    fe_dataset_free(b);
    b = with_grid(1);
    fe_irfmap_free(b->psf);
    b->psf = NULL;
    refused(a, b, NULL, "it has no PSF, the first dataset has one");
    b = with_grid(1);
    b->psf->axis_edge[3] *= 1.01;
    refused(a, b, NULL, "the axes of its PSF are not those of the first dataset");
    b = with_grid(1);
    b->psf->reco = true;
    refused(a, b, NULL, "its PSF is one of reconstructed energy");
    b = with_grid(1);
    b->edisp_map->kind = FE_IRF_EDISP_MIGRA;
    refused(a, b, NULL, "the axes of its energy dispersion are not those");
    b = with_grid(1);
    fe_geom_free(b->edisp_map->geom);
    b->edisp_map->geom = fe_geom_cutout(half, 9, 7, 3, 3);
    refused(a, b, NULL, "its energy dispersion is on a grid of 3 x 3 pixels that is not that of");
    b = fe_dataset_new(N_E, N_TRUE, 1, 1);
    refused(a, b, NULL, "a spectrum cannot be stacked with a map");
    b = fe_dataset_new(N_E, N_TRUE, 1, 1);
    refused(b, with_grid(1), whole, "a spectrum, expected a map: the geometry of the sum is given");
    refused(b, with_grid(1), NULL, "a map cannot be stacked with a spectrum");
    fe_dataset_free(b);
    fe_geom_free(half);
    fe_geom_free(whole);
    fe_dataset_free(a);
}

static fe_table *runs(double id, const char *telescope, bool zenith)
{
    fe_table *t = fe_table_new("META_TABLE", 1);

    fe_table_add(t, "OBS_ID", FE_COL_INT, "", 1)->v.i[0] = (int64_t)id;
    *fe_table_add(t, "TELESCOP", FE_COL_STRING, "", 1)->v.s = fe_strdup(telescope);
    if (zenith)
        fe_table_add(t, "ZEN_PNT", FE_COL_DOUBLE, "deg", 1)->v.d[0] = id;
    return t;
}

/* A row for each run, of the columns that all have; none where a dataset has no list. */
static void test_runs(void)
{
    fe_dataset *a = with_grid(1), *b = with_grid(1), *sum;
    fe_err err;

    a->runs = runs(1, "one", true);
    b->runs = runs(2, "two", false);
    sum = sum_of(NULL, a, b, &err);
    CHECK(sum->runs && sum->runs->n_rows == 2 && sum->runs->n_cols == 2);
    CHECK(sum->runs->col[0].v.i[0] == 1 && sum->runs->col[0].v.i[1] == 2);
    SAME_STR(fe_column_string(&sum->runs->col[1], 1, 0), "two");
    fe_dataset_free(sum);
    fe_table_free(b->runs);
    b->runs = NULL;
    sum = sum_of(NULL, a, b, &err);
    CHECK(!sum->runs);
    fe_dataset_free(sum);
    sum = sum_of(NULL, b, a, &err);
    CHECK(!sum->runs);
    fe_dataset_free(sum);
    fe_dataset_free(a);
    fe_dataset_free(b);
}

static void test_shift(void)
{
    fe_geom *a = map_geom(), *b = fe_geom_cutout(a, -3, 5, 4, 4), *other;
    fe_geom_keys k = *fe_geom_keys_of(b);
    long x, y;

    CHECK(fe_geom_shift(a, b, &x, &y) && x == -3 && y == 5);
    CHECK(fe_geom_shift(b, a, &x, &y) && x == 3 && y == -5);
    k.crpix[1] += 1e-3;
    other = fe_geom_new(&k, NULL, NULL, NULL);
    CHECK(!fe_geom_shift(a, other, &x, &y));
    fe_geom_free(other);
    k.crpix[1] -= 1e-3;
    k.crval_deg[0] += 0.1;
    other = fe_geom_new(&k, NULL, NULL, NULL);
    CHECK(!fe_geom_shift(a, other, &x, &y));
    fe_geom_free(other);
    fe_geom_free(b);
    fe_geom_free(a);
}

static fe_geom *sky(const char *lon, const char *lat, const char *radesys, double x, double y)
{
    fe_geom_keys k = { .nx = 5, .ny = 3, .equinox = NAN, .crpix = { 3, 2 }, .crval_deg = { x, y }, .cdelt_deg = { -1, 1 },
                       .pc = { { 1, 0 }, { 0, 1 } }, .lonpole_deg = NAN, .latpole_deg = NAN };

    snprintf(k.ctype[0], sizeof k.ctype[0], "%s", lon);
    snprintf(k.ctype[1], sizeof k.ctype[1], "%s", lat);
    snprintf(k.radesys, sizeof k.radesys, "%s", radesys);
    return fe_geom_new(&k, NULL, NULL, NULL);
}

/* A galactic grid of responses under a map in ICRS, both around the centre of the Galaxy. */
static void test_frames(void)
{
    fe_geom *icrs = sky("RA---TAN", "DEC--TAN", "ICRS", 266.4049882865, -28.9361777618), *gal = sky("GLON-CAR", "GLAT-CAR", "", 0, 0);
    fe_irfmap *one = map_psf(0.1), *psf = fe_irfmap_like(one, gal);
    double x, y, ra, dec, out[200];

    fe_geom_across(icrs, 2, 1, gal, &x, &y);
    NEAR_ABS(x, 2, 1e-6);
    NEAR_ABS(y, 1, 1e-6);
    fe_geom_across(gal, 4, 0, icrs, &x, &y);
    fe_geom_across(icrs, x, y, gal, &x, &y);
    NEAR_ABS(x, 4, 1e-9);
    NEAR_ABS(y, 0, 1e-9);
    psf->turned = true;
    for (size_t i = 0; i < psf->n_e * psf->n_axis * 15; i++)
        psf->value[i] = (double)(i % 15);
    for (size_t i = 0; i < psf->n_e * 15; i++)
        psf->exposure_cm2_s[i] = 1;
    fe_geom_to_icrs(gal, -1, 1, &ra, &dec);             /* pixel (3, 2) */
    fe_irfmap_psf(psf, ra, dec, 1, out);
    NEAR(out[0], 13, 1e-6);
    fe_irfmap_free(psf);
    fe_irfmap_free(one);
    fe_geom_free(icrs);
    fe_geom_free(gal);
}

int main(void)
{
    test_shift();
    test_frames();
    test_weights();
    test_places();
    test_exposure();
    test_parts();
    test_everywhere();
    test_off();
    test_refused();
    test_runs();
    return check_done();
}
