#include "types/skymap.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

fe_skymap *fe_skymap_later(const char *file, bool normalize, int (*read)(fe_skymap *, fe_err *err))
{
    fe_skymap *m = FE_NEW(fe_skymap);

    m->file = fe_strdup(file);
    m->normalize = normalize;
    m->read = read;
    m->tiny = DBL_MIN;
    m->n_owners = 1;
    return m;
}

void fe_skymap_fill(fe_skymap *m, fe_geom *geom, size_t n_e)
{
    m->geom = fe_geom_share(geom);
    m->n_e = n_e;
    m->value = FE_NEWN(double, n_e * fe_geom_nx(geom) * fe_geom_ny(geom));
}

fe_skymap *fe_skymap_new(fe_geom *geom, size_t n_e)
{
    fe_skymap *m = fe_skymap_later(NULL, false, NULL);

    fe_skymap_fill(m, geom, n_e);
    return m;
}

int fe_skymap_need(fe_skymap *m, fe_err *err)
{
    return m->geom ? 0 : m->read(m, err);
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
    free(m->e_edge_TeV);
    free(m->value);
    free(m->file);
    free(m);
}

/* ---- integrals ------------------------------------------------------------------------------------------------- */

static size_t n_pixels(const fe_skymap *m)
{
    return fe_geom_nx(m->geom) * fe_geom_ny(m->geom);
}

/* Corners of a projection are off the sky: no area, no value. */
static double or_0(double x)
{
    return isfinite(x) ? x : 0;
}

double fe_skymap_integral(fe_skymap *m, size_t plane)
{
    size_t n = n_pixels(m);
    double *sr = FE_NEWN(double, n), sum = 0;

    fe_geom_solid_angle(m->geom, sr);
    for (size_t i = 0; i < n; i++)
        sum += or_0(m->value[plane * n + i] * sr[i]);
    free(sr);
    return sum;
}

void fe_skymap_normalize(fe_skymap *m)
{
    size_t n = n_pixels(m);
    double *sr = FE_NEWN(double, n);

    fe_geom_solid_angle(m->geom, sr);
    for (size_t k = 0; k < m->n_e; k++) {
        double *v = m->value + k * n, sum = 0;

        for (size_t i = 0; i < n; i++)
            sum += isfinite(sr[i]) ? or_0(v[i]) : 0;
        for (size_t i = 0; i < n; i++)
            v[i] = sum > 0 ? or_0(v[i] / sum / sr[i]) : 0;
    }
    free(sr);
}

bool fe_skymap_changes(const fe_skymap *m)
{
    return m->e_edge_TeV != NULL;
}

double fe_skymap_radius_deg(const fe_skymap *m, bool turned)
{
    const fe_geom_keys *k = fe_geom_keys_of(m->geom);
    double pixel = fe_geom_pixel_max_deg(m->geom), w = pixel * (double)k->nx, h = pixel * (double)k->ny;

    return 0.5 * (turned ? hypot(w, h) : fmax(w, h));
}

/* ---- values ---------------------------------------------------------------------------------------------------- */

typedef struct step { size_t at[2]; double f; } step;   /* between two neighbours: (1 - f) of the first, f of the second */

/* Place x on an axis of n values, that of pixel i being i; up to half a step outside the line goes on. */
static bool step_of(double x, size_t n, step *s)
{
    double first;

    if (!(x >= -0.5 && x < (double)n - 0.5))
        return false;
    *s = (step){ { 0, 0 }, 0 };
    if (n == 1)
        return true;
    first = fmin(fmax(floor(x), 0), (double)n - 2);
    s->at[0] = (size_t)first;
    s->at[1] = s->at[0] + 1;
    s->f = x - first;
    return true;
}

static double coordinate(const fe_skymap *m, double e_TeV)
{
    return m->linear_energy ? e_TeV : log(e_TeV);
}

/* Where an energy lies among the planes: by the nodes, or by the edges, which lie half a step beside. */
static bool plane_of(const fe_skymap *m, double e_TeV, step *s)
{
    const double *grid = m->of_bins ? m->e_edge_TeV : m->e_node_TeV;
    size_t n = m->of_bins ? m->n_e + 1 : m->n_e, k = 0;
    double lo, x = 0;

    if (!fe_skymap_changes(m))
        return step_of(0, 1, s);
    while (k + 2 < n && grid[k + 1] <= e_TeV)
        k++;
    if (n == 1)
        return e_TeV >= m->e_edge_TeV[0] && e_TeV < m->e_edge_TeV[1] && step_of(0, 1, s);
    lo = coordinate(m, grid[k]);
    x = (double)k + (coordinate(m, e_TeV) - lo) / (coordinate(m, grid[k + 1]) - lo);
    return step_of(m->of_bins ? x - 0.5 : x, m->n_e, s);
}

/* The four pixels around a place, from the lower left, in one plane. */
static void corners(const fe_skymap *m, size_t plane, const step *x, const step *y, double v[4], double w[4])
{
    const double *from = m->value + plane * n_pixels(m);
    size_t nx = fe_geom_nx(m->geom);

    for (int k = 0; k < 4; k++) {
        v[k] = from[y->at[k / 2] * nx + x->at[k % 2]];
        w[k] = (k / 2 ? y->f : 1 - y->f) * (k % 2 ? x->f : 1 - x->f);
    }
}

/* Linear in pixels: what is put between them adds up to what they hold. */
static double of_plane(const fe_skymap *m, size_t plane, const step *x, const step *y)
{
    double v[4], w[4], sum = 0;

    corners(m, plane, x, y, v, w);
    for (int k = 0; k < 4; k++)
        sum += w[k] * v[k];
    return sum > 0 ? sum : 0;
}

/* Between planes in the logarithm; where one of them is dark there is none, and the line is straight. */
static double of_planes(const fe_skymap *m, const step *plane, const step *x, const step *y)
{
    double a = of_plane(m, plane->at[0], x, y), b = plane->f != 0 ? of_plane(m, plane->at[1], x, y) : a;

    return a > 0 && b > 0 ? a * pow(b / a, plane->f) : fmax(a + plane->f * (b - a), 0);
}

/*
 * gammapy: in pixels, too, the mean of the logarithms, and for that of 0 the logarithm of the smallest number.  Between pixels a
 * source is fainter than on them, and next to dark ones it is all but gone.
 */
static double as_logarithms(const fe_skymap *m, const step *plane, const step *x, const step *y)
{
    double v[4], w[4], sum = 0;

    for (int p = 0; p < 2; p++) {
        corners(m, plane->at[p], x, y, v, w);
        for (int k = 0; k < 4; k++)
            sum += (p ? plane->f : 1 - plane->f) * w[k] * log(fmax(v[k], m->tiny));
    }
    sum = exp(sum);
    return isfinite(sum) && fabs(sum - m->tiny) > m->tiny ? sum : 0;
}

void fe_skymap_values(fe_skymap *m, double e_TeV, bool as_gammapy, size_t n, const double *lon_deg, const double *lat_deg, double *out)
{
    double *x = FE_NEWN(double, n), *y = FE_NEWN(double, n);
    step plane, sx, sy;
    bool shines = plane_of(m, e_TeV, &plane);

    fe_geom_to_pixel(m->geom, n, lon_deg, lat_deg, x, y);
    for (size_t i = 0; i < n; i++) {
        bool inside = shines && step_of(x[i], fe_geom_nx(m->geom), &sx) && step_of(y[i], fe_geom_ny(m->geom), &sy);

        out[i] = inside ? (as_gammapy ? as_logarithms : of_planes)(m, &plane, &sx, &sy) : 0;
    }
    free(x);
    free(y);
}
