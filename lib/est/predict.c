#include "est/predict_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "est/convolve.h"
#include "est/fold.h"
#include "phys/sky.h"
#include "types/skymap.h"

void fe_patch_free(fe_patch *p)
{
    free(p->npred);
    *p = (fe_patch){ 0 };
}

void fe_patch_add(const fe_patch *p, double norm, size_t map_ny, size_t map_nx, double *map)
{
    for (size_t j = 0; j < p->n_e; j++)
        for (size_t y = 0; y < p->ny; y++) {
            const double *from = p->npred + (j * p->ny + y) * p->nx;
            double *to = map + (j * map_ny + p->y0 + y) * map_nx + p->x0;

            for (size_t x = 0; x < p->nx; x++)
                to[x] += norm * from[x];
        }
}

static bool changes_with_energy(const fe_model *m)
{
    return fe_spatial_is_template(m->spatial) && fe_skymap_changes(m->map);
}

/* ---- one source ------------------------------------------------------------------------------------------------ */

static double *nodes_of(size_t n, const double *edge)
{
    double *node = FE_NEWN(double, n);

    for (size_t i = 0; i < n; i++)
        node[i] = sqrt(edge[i] * edge[i + 1]);
    return node;
}

int fe_predict_psf(const fe_dataset *d, double lon_deg, double lat_deg, bool as_gammapy, fe_kernels *out, fe_err *err)
{
    bool reco = d->psf && d->psf->reco;
    size_t n = reco ? d->n_e : d->n_etrue;
    double *node = nodes_of(n, reco ? d->e_edge_TeV : d->etrue_edge_TeV);
    int rc = 0;

    *out = (fe_kernels){ 0 };
    if (d->psf)
        rc = fe_psf_kernels(d->psf, d->geom, lon_deg, lat_deg, n, node, as_gammapy, out, err);
    free(node);
    return rc;
}

static void blur(const fe_predict_job *j, size_t plane, const double *in, double *out)
{
    const fe_kernels *k = j->psf;

    if (k->n == 0)
        memcpy(out, in, j->field->nx * j->field->ny * sizeof *out);
    else
        fe_convolve_same(j->field->ny, j->field->nx, in, k->n, k->n, k->value + plane * k->n * k->n, out);
}

/* What one unit of the plane in a pixel is in counts, before the dispersion; 0 beyond the map. */
static double counts_of(const fe_predict_job *j, size_t i, double flux, size_t pixel)
{
    const fe_dataset *d = j->d;
    long mx = j->x0 + (long)(pixel % j->field->nx), my = j->y0 + (long)(pixel / j->field->nx);
    double exposure = 0;

    if (j->exposure)
        exposure = j->exposure[i];
    else if (mx >= 0 && my >= 0 && mx < (long)d->nx && my < (long)d->ny)
        exposure = d->exposure_cm2_s[(i * d->ny + (size_t)my) * d->nx + (size_t)mx];
    return exposure != 0 && isfinite(exposure) ? exposure * flux : 0;
}

/* One plane of true energy into the channels; of a small source most of it is 0, at both ends. */
static void disperse(const fe_predict_job *j, size_t i, double flux, double *plane, double *npred)
{
    size_t n = j->field->nx * j->field->ny, first = 0, end = n;

    while (first < end && plane[first] == 0)
        first++;
    while (end > first && plane[end - 1] == 0)
        end--;
    for (size_t q = first; q < end; q++)
        plane[q] = plane[q] != 0 ? plane[q] * counts_of(j, i, flux, q) : 0;
    for (size_t k = j->edisp->row[i]; k < j->edisp->row[i + 1]; k++) {
        double *to = npred + (size_t)j->edisp->col[k] * n, r = j->edisp->value[k];

        for (size_t q = first; q < end; q++)
            to[q] += plane[q] * r;
    }
}

static bool blurs_last(const fe_predict_job *j)
{
    return j->d->psf && j->d->psf->reco && j->psf->n;
}

/* shape[ny][nx]: the model in a true bin; the same as before where it does not change with energy. */
static void find_shape(const fe_predict_job *j, size_t i, bool first, double *shape)
{
    const double *edge = j->d->etrue_edge_TeV;

    if (first || changes_with_energy(j->field->model))
        fe_predict_field(j->field, sqrt(edge[i] * edge[i + 1]), shape);
}

/* npred += what a flux in one true bin predicts; plane: scratch. */
static void add_true_bin(const fe_predict_job *j, size_t i, double flux, const double *shape, double *plane, double *npred)
{
    if (blurs_last(j))
        memcpy(plane, shape, j->field->nx * j->field->ny * sizeof *plane);
    else
        blur(j, i, shape, plane);
    disperse(j, i, flux, plane, npred);
}

static void blur_channel(const fe_predict_job *j, size_t e, double *plane, double *npred)
{
    size_t n = j->field->nx * j->field->ny;

    blur(j, e, npred + e * n, plane);
    memcpy(npred + e * n, plane, n * sizeof *plane);
}

void fe_predict_box(const fe_predict_job *j, double *npred)
{
    const fe_dataset *d = j->d;
    size_t n = j->field->nx * j->field->ny;
    double *shape = FE_NEWN(double, n), *plane = FE_NEWN(double, n);

    memset(npred, 0, d->n_e * n * sizeof *npred);
    for (size_t i = 0; i < d->n_etrue; i++) {
        find_shape(j, i, i == 0, shape);
        add_true_bin(j, i, j->flux[i], shape, plane, npred);
    }
    for (size_t e = 0; blurs_last(j) && e < d->n_e; e++)
        blur_channel(j, e, plane, npred);
    free(shape);
    free(plane);
}

/* Of a template, in ICRS: that of its map, unless its parameters say another, in the frame of the map. */
static void place_of_template(const fe_model *m, double *lon, double *lat)
{
    double lon_map, lat_map;

    fe_geom_centre(m->map->geom, &lon_map, &lat_map);
    fe_geom_to_icrs(m->map->geom, isnan(*lon) ? lon_map : *lon, isnan(*lat) ? lat_map : *lat, lon, lat);
}

/* Where the model is, in the frame of the map; those without a place are at its centre. */
static void place_of(const fe_dataset *d, const fe_model *m, double *lon_deg, double *lat_deg)
{
    const fe_spatial *s = m->spatial;
    double lon = fe_spatial_get(s, "lon_0"), lat = fe_spatial_get(s, "lat_0");

    if (!s->kind->has_place) {
        fe_geom_centre(d->geom, lon_deg, lat_deg);
        return;
    }
    if (fe_spatial_is_template(s))
        place_of_template(m, &lon, &lat);
    else if (s->galactic)
        fe_sky_galactic_to_icrs(lon, lat, &lon, &lat);
    fe_geom_of_icrs(d->geom, lon, lat, lon_deg, lat_deg);
}

typedef struct box { long x0, y0; size_t nx, ny; } box;

/* All pixels, and beyond them those from which a PSF reaches the map. */
static box whole_map(const fe_dataset *d, size_t n_psf)
{
    long half = (long)(n_psf / 2);

    return (box){ -half, -half, d->nx + 2 * (size_t)half, d->ny + 2 * (size_t)half };
}

/* What two boxes share. */
static box overlap(const box *a, const box *b)
{
    long x0 = a->x0 > b->x0 ? a->x0 : b->x0, y0 = a->y0 > b->y0 ? a->y0 : b->y0;
    long ax = a->x0 + (long)a->nx, ay = a->y0 + (long)a->ny, bx = b->x0 + (long)b->nx, by = b->y0 + (long)b->ny;
    long x1 = ax < bx ? ax : bx, y1 = ay < by ? ay : by;

    return x1 > x0 && y1 > y0 ? (box){ x0, y0, (size_t)(x1 - x0), (size_t)(y1 - y0) } : (box){ 0 };
}

/* Pixels that the source can reach, also beyond the map: PSF and model with a margin around the nearest pixel. */
static box box_of(const fe_dataset *d, const fe_model *m, double lon_deg, double lat_deg, size_t n_psf)
{
    double pixel = fe_geom_pixel_max_deg(d->geom), radius = fe_predict_radius_deg(m, d->geom), x, y;
    box whole = whole_map(d, n_psf), b;
    size_t side;

    if (isinf(radius) || radius > 90)           /* or an all-sky template, whose centre may have no pixel */
        return whole;
    fe_geom_to_pixel(d->geom, 1, &lon_deg, &lat_deg, &x, &y);
    if (isnan(x) || isnan(y) || fabs(x) > 1e9 || fabs(y) > 1e9)
        return (box){ 0 };
    side = fe_kernel_side((double)n_psf * pixel + 2 * (radius + FE_PREDICT_MARGIN_DEG), pixel);
    b = (box){ lround(x) - (long)(side / 2), lround(y) - (long)(side / 2), side, side };
    return fe_spatial_is_template(m->spatial) ? overlap(&b, &whole) : b;
}

/* The part of the box that lies on the map. */
static void cut_patch(const fe_dataset *d, const box *b, const double *npred, fe_patch *out)
{
    long x0 = b->x0 > 0 ? b->x0 : 0, y0 = b->y0 > 0 ? b->y0 : 0;
    long x1 = b->x0 + (long)b->nx, y1 = b->y0 + (long)b->ny;

    x1 = x1 < (long)d->nx ? x1 : (long)d->nx;
    y1 = y1 < (long)d->ny ? y1 : (long)d->ny;
    *out = (fe_patch){ .n_e = d->n_e };
    if (x1 <= x0 || y1 <= y0)
        return;
    *out = (fe_patch){ (size_t)x0, (size_t)y0, (size_t)(x1 - x0), (size_t)(y1 - y0), d->n_e, NULL };
    out->npred = FE_NEWN(double, out->n_e * out->nx * out->ny);
    for (size_t j = 0; j < d->n_e; j++)
        for (size_t y = 0; y < out->ny; y++)
            memcpy(out->npred + (j * out->ny + y) * out->nx,
                   npred + (j * b->ny + (size_t)(y0 - b->y0) + y) * b->nx + (size_t)(x0 - b->x0), out->nx * sizeof *npred);
}

/* Where the response is taken: a template that has its middle elsewhere is looked at with that of the middle of the map. */
static void response_place(const fe_dataset *d, const fe_model *m, double *lon_deg, double *lat_deg)
{
    double x, y;

    fe_geom_to_pixel(d->geom, 1, lon_deg, lat_deg, &x, &y);
    if (fe_spatial_is_template(m->spatial) && !(x >= -0.5 && y >= -0.5 && x < (double)d->nx - 0.5 && y < (double)d->ny - 0.5))
        fe_geom_centre(d->geom, lon_deg, lat_deg);
}

static fe_edisp *edisp_at(const fe_dataset *d, double lon_deg, double lat_deg, fe_err *err)
{
    return d->edisp_map ? fe_irfmap_edisp(d->edisp_map, lon_deg, lat_deg, d->n_etrue, d->etrue_edge_TeV, d->n_e, d->e_edge_TeV, err)
                        : fe_edisp_share(d->edisp);
}

typedef struct scene {              /* a source before a dataset                                        */
    fe_kernels psf;
    fe_edisp *edisp;
    fe_geom *geom;                  /* of the box; NULL: the source is off the map                      */
    fe_field field;
    box box;
    double *flux, *npred;           /* [n_etrue], [n_e][box pixels]                                     */
    fe_predict_job job;
} scene;

static void scene_free(scene *s)
{
    fe_kernels_free(&s->psf);
    fe_edisp_free(s->edisp);
    fe_geom_free(s->geom);
    free(s->flux);
    free(s->npred);
}

static bool is_off(const fe_dataset *d, const box *b)
{
    return b->nx == 0 || b->x0 >= (long)d->nx || b->y0 >= (long)d->ny || b->x0 + (long)b->nx <= 0 || b->y0 + (long)b->ny <= 0;
}

static int scene_make(const fe_dataset *d, const fe_model *m, bool as_gammapy, scene *s, fe_err *err)
{
    double lon, lat, irf_lon, irf_lat;
    box *b = &s->box;

    *s = (scene){ .geom = NULL };
    if (fe_predict_need(m, err) < 0)
        return -1;
    place_of(d, m, &lon, &lat);
    irf_lon = lon;
    irf_lat = lat;
    response_place(d, m, &irf_lon, &irf_lat);
    if (fe_predict_psf(d, irf_lon, irf_lat, as_gammapy, &s->psf, err) < 0 || !(s->edisp = edisp_at(d, irf_lon, irf_lat, err)))
        return -1;
    *b = box_of(d, m, lon, lat, s->psf.n);
    if (is_off(d, b))
        return 0;
    if (!isinf(fe_predict_radius_deg(m, d->geom)) && !fe_spatial_is_template(m->spatial) && fe_kernel_check_size(b->nx, b->ny, d->n_etrue, err) < 0)
        return -1;
    s->geom = fe_geom_cutout(d->geom, b->x0, b->y0, b->nx, b->ny);
    s->field = (fe_field){ m, s->geom, b->nx, b->ny, lon, lat, false, as_gammapy };
    s->flux = FE_NEWN(double, d->n_etrue);
    s->npred = FE_NEWN(double, d->n_e * b->nx * b->ny);
    s->job = (fe_predict_job){ .d = d, .field = &s->field, .psf = &s->psf, .edisp = s->edisp, .flux = s->flux, .x0 = b->x0, .y0 = b->y0 };
    return 0;
}

int fe_predict_source(const fe_dataset *d, const fe_model *m, bool as_gammapy, fe_patch *out, fe_err *err)
{
    scene s;
    int rc = scene_make(d, m, as_gammapy, &s, err);

    *out = (fe_patch){ .n_e = d->n_e };
    if (rc == 0 && s.geom) {
        fe_fold_flux(d, m->spectrum, as_gammapy, s.flux);
        fe_predict_box(&s.job, s.npred);
        cut_patch(d, &s.box, s.npred, out);
    }
    scene_free(&s);
    return rc;
}

/* Of one true bin; with a PSF in reconstructed energies the channels it reaches are blurred. */
static void predict_image(scene *s, size_t i, const double *shape, double *plane)
{
    const fe_edisp *r = s->edisp;

    memset(s->npred, 0, s->job.d->n_e * s->box.nx * s->box.ny * sizeof *s->npred);
    add_true_bin(&s->job, i, 1, shape, plane, s->npred);
    for (size_t k = r->row[i]; blurs_last(&s->job) && k < r->row[i + 1]; k++)
        blur_channel(&s->job, (size_t)r->col[k], plane, s->npred);
}

int fe_predict_images(const fe_dataset *d, const fe_model *m, bool as_gammapy, void (*take)(void *ctx, size_t i, const fe_patch *),
                      void *ctx, fe_err *err)
{
    scene s;
    bool first = true;
    double *shape = NULL, *plane = NULL;
    int rc = scene_make(d, m, as_gammapy, &s, err);

    if (rc == 0 && s.geom) {
        shape = FE_NEWN(double, s.box.nx * s.box.ny);
        plane = FE_NEWN(double, s.box.nx * s.box.ny);
        for (size_t i = 0; i < d->n_etrue; i++) {
            fe_patch patch;

            if (s.edisp->row[i + 1] == s.edisp->row[i])
                continue;
            find_shape(&s.job, i, first, shape);
            first = false;
            predict_image(&s, i, shape, plane);
            cut_patch(d, &s.box, s.npred, &patch);
            take(ctx, i, &patch);
            fe_patch_free(&patch);
        }
    }
    free(shape);
    free(plane);
    scene_free(&s);
    return rc;
}

/* ---- flat ------------------------------------------------------------------------------------------------------ */

void fe_predict_flat(const fe_dataset *d, const fe_spectrum *s, bool as_gammapy, size_t first, size_t last, double *out)
{
    size_t n = d->ny * d->nx;
    double *flux = FE_NEWN(double, d->n_etrue);

    fe_fold_flux(d, s, as_gammapy, flux);
    memset(out, 0, (last - first) * n * sizeof *out);
    for (size_t i = 0; i < d->n_etrue; i++)
        for (size_t k = d->edisp->row[i]; k < d->edisp->row[i + 1]; k++) {
            size_t j = (size_t)d->edisp->col[k];
            const double *exposure = d->exposure_cm2_s + i * n;
            double *to = out + (j - first) * n, w = flux[i] * d->edisp->value[k];

            for (size_t q = 0; q < n && j >= first && j < last; q++)
                to[q] += w * exposure[q];
        }
    free(flux);
}
