#include "types/skymap.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

fe_skymap *fe_skymap_new(fe_geom *geom, size_t n_e)
{
    fe_skymap *m = FE_NEW(fe_skymap);

    m->geom = fe_geom_share(geom);
    m->n_e = n_e;
    m->e_node_TeV = FE_NEWN(double, n_e);
    m->value = FE_NEWN(double, n_e * fe_geom_nx(geom) * fe_geom_ny(geom));
    m->n_owners = 1;
    return m;
}

fe_skymap *fe_skymap_share(fe_skymap *m)
{
    m->n_owners++;
    return m;
}

void fe_skymap_free(fe_skymap *m)
{
    if (!m || --m->n_owners > 0)
        return;
    fe_geom_free(m->geom);
    free(m->e_node_TeV);
    free(m->value);
    free(m);
}

void fe_skymap_normalize(fe_skymap *m)
{
    size_t n = fe_geom_nx(m->geom) * fe_geom_ny(m->geom);
    double *sr = FE_NEWN(double, n);

    fe_geom_solid_angle(m->geom, sr);
    for (size_t k = 0; k < m->n_e; k++) {
        double *v = m->value + k * n, sum = 0;

        for (size_t i = 0; i < n; i++)
            sum += isfinite(v[i] * sr[i]) ? v[i] * sr[i] : 0;
        for (size_t i = 0; i < n && sum > 0; i++)
            v[i] /= sum;
    }
    free(sr);
}

/* Value of a pixel; 0 outside. */
static double pixel(const fe_skymap *m, const double *plane, long x, long y)
{
    long nx = (long)fe_geom_nx(m->geom), ny = (long)fe_geom_ny(m->geom);

    return x < 0 || y < 0 || x >= nx || y >= ny ? 0 : plane[y * nx + x];
}

static double bilinear(const fe_skymap *m, const double *plane, double x, double y)
{
    long x0, y0;
    double fx, fy;

    if (!(x > -1 && y > -1 && x < (double)fe_geom_nx(m->geom) && y < (double)fe_geom_ny(m->geom)))
        return 0;
    x0 = (long)floor(x);
    y0 = (long)floor(y);
    fx = x - (double)x0;
    fy = y - (double)y0;
    return (1 - fy) * ((1 - fx) * pixel(m, plane, x0, y0) + fx * pixel(m, plane, x0 + 1, y0)) +
           fy * ((1 - fx) * pixel(m, plane, x0, y0 + 1) + fx * pixel(m, plane, x0 + 1, y0 + 1));
}

/* Between two planes; where one of them is not positive there is no logarithm, and the line is straight. */
static double between(double a, double b, double f)
{
    return a > 0 && b > 0 ? a * pow(b / a, f) : a + f * (b - a);
}

void fe_skymap_values(fe_skymap *m, double e_TeV, size_t n, const double *lon_deg, const double *lat_deg, double *out)
{
    size_t n_pixels = fe_geom_nx(m->geom) * fe_geom_ny(m->geom), k = 0;
    double *x = FE_NEWN(double, n), *y = FE_NEWN(double, n), f = 0;

    while (k + 2 < m->n_e && m->e_node_TeV[k + 1] <= e_TeV)
        k++;
    if (m->n_e > 1)
        f = fmin(fmax(log(e_TeV / m->e_node_TeV[k]) / log(m->e_node_TeV[k + 1] / m->e_node_TeV[k]), 0), 1);
    fe_geom_to_pixel(m->geom, n, lon_deg, lat_deg, x, y);
    for (size_t i = 0; i < n; i++) {
        double a = bilinear(m, m->value + k * n_pixels, x[i], y[i]);

        out[i] = f > 0 ? between(a, bilinear(m, m->value + (k + 1) * n_pixels, x[i], y[i]), f) : a;
    }
    free(x);
    free(y);
}
