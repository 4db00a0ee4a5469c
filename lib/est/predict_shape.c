/* Spatial models on the pixels of a geometry, templates in their own frames. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "est/predict_parts.h"
#include "phys/sky.h"
#include "types/skymap.h"

enum { MOST_SAMPLES = 200 };

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

void fe_predict_field(const fe_field *f, double e_TeV, double *out)
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
