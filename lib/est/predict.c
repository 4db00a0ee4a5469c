#include "est/predict_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "est/convolve.h"
#include "est/fold.h"
#include "phys/sky.h"
#include "types/skymap.h"

enum { MOST_SAMPLES = 200 };

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

/* ---- the spatial model on pixels ------------------------------------------------------------------------------- */

/* Bilinear weights on the four pixels around the place. */
static void put_point(const fe_field *f, double *out)
{
    double x, y, x0, y0;

    fe_geom_to_pixel(f->geom, 1, &f->lon_deg, &f->lat_deg, &x, &y);
    x0 = floor(x);
    y0 = floor(y);
    for (int k = 0; k < 4; k++) {
        double px = x0 + k % 2, py = y0 + k / 2;

        if (px >= 0 && py >= 0 && px < (double)f->nx && py < (double)f->ny)
            out[(size_t)py * f->nx + (size_t)px] += (1 - fabs(x - px)) * (1 - fabs(y - py));
    }
}

/* Pixels of a template are its details; gammapy looks at it in the middle of each pixel of the data. */
static double detail_of(const fe_field *f)
{
    if (!fe_spatial_is_template(f->model->spatial))
        return fe_spatial_detail_deg(f->model->spatial);
    return f->as_gammapy ? NAN : fe_geom_pixel_deg(f->model->map->geom) * (1 + 1e-6);      /* not two for pixels of the same size */
}

static size_t samples_of(const fe_field *f)
{
    double detail = detail_of(f);
    double n = isnan(detail) || f->at_centres ? 1 : ceil(fe_geom_pixel_max_deg(f->geom) / detail);

    return n < 1 ? 1 : n > MOST_SAMPLES ? MOST_SAMPLES : (size_t)n;
}

static void to_frame(const fe_geom *from, const fe_geom *to, size_t n, double *lon, double *lat)
{
    for (size_t i = 0; fe_geom_is_galactic(from) != fe_geom_is_galactic(to) && i < n; i++) {
        fe_geom_to_icrs(from, lon[i], lat[i], &lon[i], &lat[i]);
        fe_geom_of_icrs(to, lon[i], lat[i], &lon[i], &lat[i]);
    }
}

/*
 * Places of the data as places of a template's map: in its frame, and moved when the source is not where its map is.  The sphere is
 * turned; gammapy adds to longitudes and latitudes, which changes the shape when the latitude is another.
 */
static void to_template(const fe_field *f, size_t n, double *lon, double *lat)
{
    const double SAME_DEG = 1e-9;
    fe_geom *map = f->model->map->geom;
    double lon_0 = f->lon_deg, lat_0 = f->lat_deg, lon_map, lat_map, east, north;

    to_frame(f->geom, map, n, lon, lat);
    to_frame(f->geom, map, 1, &lon_0, &lat_0);
    fe_geom_centre(map, &lon_map, &lat_map);
    if (fe_sky_separation(lon_0, lat_0, lon_map, lat_map) < SAME_DEG)
        return;
    for (size_t i = 0; i < n; i++) {
        if (f->as_gammapy) {
            lon[i] -= lon_0 - lon_map;
            lat[i] -= lat_0 - lat_map;
        } else {
            fe_sky_offsets(lon_0, lat_0, lon[i], lat[i], &east, &north);
            fe_sky_of_offsets(lon_map, lat_map, east, north, &lon[i], &lat[i]);
        }
    }
}

/* Mean over s x s samples in each pixel of a row of them. */
static void sample_row(const fe_field *f, size_t s, double e_TeV, size_t row, double *x, double *y, double *lon, double *lat,
                       double *out)
{
    size_t n = f->nx * s * s;
    const fe_spatial *shape = f->model->spatial;

    for (size_t i = 0; i < n; i++) {
        size_t k = i % (s * s);

        x[i] = (double)(i / (s * s)) + ((double)(k % s) + 0.5) / (double)s - 0.5;
        y[i] = (double)row + ((double)(k / s) + 0.5) / (double)s - 0.5;
    }
    fe_geom_to_sky(f->geom, n, x, y, lon, lat);
    if (fe_spatial_is_template(shape)) {
        to_template(f, n, lon, lat);
        fe_skymap_values(f->model->map, e_TeV, f->as_gammapy, n, lon, lat, x);
    } else {
        for (size_t i = 0; i < n; i++)
            x[i] = isnan(lon[i]) ? 0 : fe_spatial_value(shape, fe_sky_separation(f->lon_deg, f->lat_deg, lon[i], lat[i]),
                                                        fe_sky_position_angle(f->lon_deg, f->lat_deg, lon[i], lat[i]));
    }
    for (size_t i = 0; i < n; i++)
        out[row * f->nx + i / (s * s)] += x[i] / (double)(s * s);
}

/* out[ny][nx]: integral over each pixel. */
static void put_field(const fe_field *f, double e_TeV, double *out)
{
    size_t s, n;
    double *x, *y, *lon, *lat, *sr;

    memset(out, 0, f->nx * f->ny * sizeof *out);
    if (fe_spatial_is_point(f->model->spatial)) {
        put_point(f, out);
        return;
    }
    s = samples_of(f);
    n = f->nx * s * s;
    x = FE_NEWN(double, n);
    y = FE_NEWN(double, n);
    lon = FE_NEWN(double, n);
    lat = FE_NEWN(double, n);
    sr = FE_NEWN(double, f->nx * f->ny);
    for (size_t row = 0; row < f->ny; row++)
        sample_row(f, s, e_TeV, row, x, y, lon, lat, out);
    fe_geom_solid_angle(f->geom, sr);
    for (size_t i = 0; i < f->nx * f->ny; i++)
        out[i] = isfinite(out[i] * sr[i]) ? out[i] * (f->at_centres ? 1 : sr[i]) : 0;
    free(x);
    free(y);
    free(lon);
    free(lat);
    free(sr);
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

/* Flux becomes counts before the dispersion: the exposure of the pixels, 0 beyond the map. */
static void expose(const fe_predict_job *j, size_t i, double *plane)
{
    const fe_dataset *d = j->d;

    for (size_t q = 0; j->exposure && q < j->field->nx * j->field->ny; q++)
        plane[q] *= j->exposure[i] * j->flux[i];
    for (size_t y = 0; !j->exposure && y < j->field->ny; y++)
        for (size_t x = 0; x < j->field->nx; x++) {
            long mx = j->x0 + (long)x, my = j->y0 + (long)y;
            double v = mx < 0 || my < 0 || mx >= (long)d->nx || my >= (long)d->ny
                     ? 0 : d->exposure_cm2_s[(i * d->ny + (size_t)my) * d->nx + (size_t)mx];

            plane[y * j->field->nx + x] *= (isfinite(v) ? v : 0) * j->flux[i];
        }
}

/* One plane of true energy into the channels; where it is 0 at both ends there is nothing to do. */
static void disperse(const fe_predict_job *j, size_t i, const double *plane, double *npred)
{
    size_t n = j->field->nx * j->field->ny, first = 0, end = n;

    while (first < end && plane[first] == 0)
        first++;
    while (end > first && plane[end - 1] == 0)
        end--;
    for (size_t k = j->edisp->row[i]; k < j->edisp->row[i + 1]; k++) {
        double *to = npred + (size_t)j->edisp->col[k] * n, r = j->edisp->value[k];

        for (size_t q = first; q < end; q++)
            to[q] += plane[q] * r;
    }
}

void fe_predict_box(const fe_predict_job *j, double *npred)
{
    const fe_dataset *d = j->d;
    bool reco = d->psf && d->psf->reco && j->psf->n;
    size_t n = j->field->nx * j->field->ny;
    double *shape = FE_NEWN(double, n), *plane = FE_NEWN(double, n);

    memset(npred, 0, d->n_e * n * sizeof *npred);
    for (size_t i = 0; i < d->n_etrue; i++) {
        if (i == 0 || changes_with_energy(j->field->model))
            put_field(j->field, sqrt(d->etrue_edge_TeV[i] * d->etrue_edge_TeV[i + 1]), shape);
        if (reco)
            memcpy(plane, shape, n * sizeof *plane);
        else
            blur(j, i, shape, plane);
        expose(j, i, plane);
        disperse(j, i, plane, npred);
    }
    for (size_t e = 0; reco && e < d->n_e; e++) {
        blur(j, e, npred + e * n, plane);
        memcpy(npred + e * n, plane, n * sizeof *plane);
    }
    free(shape);
    free(plane);
}

int fe_predict_need(const fe_model *m, fe_err *err)
{
    if (!m->spatial)
        return fe_fail(err, FE_EUSAGE, NULL, "source '%s' has no place on the sky, which a map needs",
                       m->name && *m->name ? m->name : "source");
    if (!fe_spatial_is_template(m->spatial))
        return 0;
    if (fe_skymap_need(m->map, err) < 0)
        return -1;
    if (m->map->is_dnde != fe_spectrum_is_norm(m->spectrum))
        return fe_fail(err, FE_EUSAGE, NULL, "source '%s': its template is in %s, which needs a spectrum %s", m->name ? m->name : "",
                       m->map->is_dnde ? "cm-2 s-1 MeV-1 sr-1" : "sr-1", m->map->is_dnde ? "without unit, as pl-norm" : "in cm-2 s-1 TeV-1");
    return 0;
}

double fe_predict_radius_deg(const fe_model *m, const fe_geom *g)
{
    if (!fe_spatial_is_template(m->spatial))
        return fe_spatial_radius_deg(m->spatial);
    return fe_skymap_radius_deg(m->map, fe_geom_is_galactic(m->map->geom) != fe_geom_is_galactic(g));
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

int fe_predict_source(const fe_dataset *d, const fe_model *m, bool as_gammapy, fe_patch *out, fe_err *err)
{
    fe_kernels psf = { 0 };
    fe_edisp *edisp = NULL;
    double lon, lat, irf_lon, irf_lat, *flux = NULL, *npred = NULL;
    fe_geom *geom = NULL;
    box b;
    int rc = -1;

    *out = (fe_patch){ .n_e = d->n_e };
    if (fe_predict_need(m, err) < 0)
        return -1;
    place_of(d, m, &lon, &lat);
    irf_lon = lon;
    irf_lat = lat;
    response_place(d, m, &irf_lon, &irf_lat);
    if (fe_predict_psf(d, irf_lon, irf_lat, as_gammapy, &psf, err) < 0 || !(edisp = edisp_at(d, irf_lon, irf_lat, err)))
        goto done;
    b = box_of(d, m, lon, lat, psf.n);
    rc = 0;
    if (b.nx == 0 || b.x0 >= (long)d->nx || b.y0 >= (long)d->ny || b.x0 + (long)b.nx <= 0 || b.y0 + (long)b.ny <= 0)
        goto done;                                      /* off the map */
    geom = fe_geom_cutout(d->geom, b.x0, b.y0, b.nx, b.ny);
    flux = FE_NEWN(double, d->n_etrue);
    fe_fold_flux(d, m->spectrum, as_gammapy, flux);
    npred = FE_NEWN(double, d->n_e * b.nx * b.ny);
    fe_predict_box(&(fe_predict_job){ .d = d, .field = &(fe_field){ m, geom, b.nx, b.ny, lon, lat, false, as_gammapy }, .psf = &psf, .edisp = edisp,
                                      .flux = flux, .x0 = b.x0, .y0 = b.y0 }, npred);
    cut_patch(d, &b, npred, out);
done:
    fe_kernels_free(&psf);
    fe_edisp_free(edisp);
    fe_geom_free(geom);
    free(flux);
    free(npred);
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
