#include "types/irfmap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "phys/sky.h"

fe_irfmap *fe_irfmap_new(fe_irfkind kind, size_t n_e, size_t n_axis, size_t ny, size_t nx)
{
    fe_irfmap *m = FE_NEW(fe_irfmap);

    *m = (fe_irfmap){ .kind = kind, .n_e = n_e, .n_axis = n_axis, .ny = ny, .nx = nx };
    m->e_edge_TeV = FE_NEWN(double, n_e + 1);
    m->e_node_TeV = FE_NEWN(double, n_e);
    m->axis_edge = FE_NEWN(double, n_axis + 1);
    m->axis_node = FE_NEWN(double, n_axis);
    m->value = FE_NEWN(double, n_e * n_axis * ny * nx);
    return m;
}

void fe_irfmap_free(fe_irfmap *m)
{
    if (!m)
        return;
    fe_geom_free(m->geom);
    free(m->e_edge_TeV);
    free(m->e_node_TeV);
    free(m->axis_edge);
    free(m->axis_node);
    free(m->value);
    free(m->exposure_cm2_s);
    free(m);
}

fe_irfmap *fe_irfmap_of_edisp(const fe_edisp *r, const double *true_edge_TeV, const double *reco_edge_TeV)
{
    fe_irfmap *m = fe_irfmap_new(FE_IRF_EDISP_KERNEL, r->n_true, r->n_reco, 1, 1);

    memcpy(m->e_edge_TeV, true_edge_TeV, (r->n_true + 1) * sizeof *true_edge_TeV);
    memcpy(m->axis_edge, reco_edge_TeV, (r->n_reco + 1) * sizeof *reco_edge_TeV);
    for (size_t j = 0; j < r->n_reco; j++)
        m->axis_node[j] = sqrt(reco_edge_TeV[j] * reco_edge_TeV[j + 1]);
    for (size_t i = 0; i < r->n_true; i++) {
        m->e_node_TeV[i] = sqrt(true_edge_TeV[i] * true_edge_TeV[i + 1]);
        for (size_t k = r->row[i]; k < r->row[i + 1]; k++)
            m->value[i * r->n_reco + (size_t)r->col[k]] = r->value[k];
    }
    return m;
}

fe_irfmap *fe_irfmap_like(const fe_irfmap *m, fe_geom *geom)
{
    size_t ny = geom ? fe_geom_ny(geom) : 1, nx = geom ? fe_geom_nx(geom) : 1;
    fe_irfmap *out = fe_irfmap_new(m->kind, m->n_e, m->n_axis, ny, nx);

    out->reco = m->reco;
    out->turned = m->turned;
    out->geom = fe_geom_share(geom);
    memcpy(out->e_edge_TeV, m->e_edge_TeV, (m->n_e + 1) * sizeof *m->e_edge_TeV);
    memcpy(out->e_node_TeV, m->e_node_TeV, m->n_e * sizeof *m->e_node_TeV);
    memcpy(out->axis_edge, m->axis_edge, (m->n_axis + 1) * sizeof *m->axis_edge);
    memcpy(out->axis_node, m->axis_node, m->n_axis * sizeof *m->axis_node);
    out->exposure_cm2_s = FE_NEWN(double, m->n_e * ny * nx);
    return out;
}

/* ---- places ------------------------------------------------------------------------------------------------------ */

/* Pixel coordinates of a place, on the map: at its border where the place is beyond. */
static void pixel_of(const fe_irfmap *m, double lon_deg, double lat_deg, double *x, double *y)
{
    *x = *y = 0;
    if (!m->geom)
        return;
    if (m->turned && fe_geom_is_galactic(m->geom))
        fe_geom_of_icrs(m->geom, lon_deg, lat_deg, &lon_deg, &lat_deg);
    else if (m->turned)
        fe_sky_galactic_to_icrs(lon_deg, lat_deg, &lon_deg, &lat_deg);
    fe_geom_to_pixel(m->geom, 1, &lon_deg, &lat_deg, x, y);
    *x = isnan(*x) ? 0.5 * ((double)m->nx - 1) : fmin(fmax(*x, 0), (double)m->nx - 1);
    *y = isnan(*y) ? 0.5 * ((double)m->ny - 1) : fmin(fmax(*y, 0), (double)m->ny - 1);
}

static bool has_exposure(const fe_irfmap *m, size_t q)
{
    double sum = 0;

    for (size_t i = 0; m->exposure_cm2_s && i < m->n_e; i++)
        sum += m->exposure_cm2_s[i * m->ny * m->nx + q];
    return !m->exposure_cm2_s || sum > 0;
}

/* The nearest pixel; where it has no exposure the nearest that has. */
static size_t nearest_valid(const fe_irfmap *m, double x, double y)
{
    const double TIE = 1e-9;
    /* half way between two pixels the lower one, as scipy's nearest neighbour */
    size_t at = (size_t)ceil(y - 0.5 - TIE) * m->nx + (size_t)ceil(x - 0.5 - TIE), best = at;
    double least = INFINITY;

    if (has_exposure(m, at))
        return at;
    for (size_t q = 0; q < m->ny * m->nx; q++) {
        double r = hypot((double)(q % m->nx) - x, (double)(q / m->nx) - y);

        if (r < least && has_exposure(m, q)) {
            least = r;
            best = q;
        }
    }
    return best;
}

/* ---- energy dispersion ------------------------------------------------------------------------------------------- */

static bool same_edges(size_t n, const double *a, size_t m, const double *b)
{
    bool same = n == m;

    for (size_t i = 0; same && i <= n; i++)
        same = fabs(a[i] / b[i] - 1) < 1e-5;        /* files hold edges in single precision */
    return same;
}

/* Rows [n_true][n_reco] into the sparse form, zeros left out. */
static fe_edisp *sparse(size_t n_true, size_t n_reco, const double *full)
{
    size_t n = 0, k = 0;
    fe_edisp *e;

    for (size_t i = 0; i < n_true * n_reco; i++)
        n += full[i] != 0;
    e = fe_edisp_new(n_true, n_reco, n);
    for (size_t i = 0; i < n_true; i++) {
        e->row[i] = k;
        for (size_t j = 0; j < n_reco; j++)
            if (full[i * n_reco + j] != 0) {
                e->col[k] = (int)j;
                e->value[k++] = full[i * n_reco + j];
            }
    }
    e->row[n_true] = k;
    return e;
}

/* Cumulative distribution at a migration, linear between the edges, constant outside (algorithms 6.2). */
static double cumulative(const fe_irfmap *m, const double *c, double migra)
{
    size_t lo = 0, hi = m->n_axis;

    if (migra <= m->axis_edge[0])
        return 0;
    if (migra >= m->axis_edge[hi])
        return c[hi];
    while (hi - lo > 1) {
        size_t mid = (lo + hi) / 2;

        if (m->axis_edge[mid] <= migra)
            lo = mid;
        else
            hi = mid;
    }
    return c[lo] + (c[lo + 1] - c[lo]) * (migra - m->axis_edge[lo]) / (m->axis_edge[lo + 1] - m->axis_edge[lo]);
}

static fe_edisp *of_migra(const fe_irfmap *m, size_t q, size_t n_true, size_t n_reco, const double *reco_edge_TeV)
{
    const double SMALL = 1e-8;
    size_t n_sky = m->ny * m->nx;
    double *full = FE_NEWN(double, n_true * n_reco), *c = FE_NEWN(double, m->n_axis + 1);
    fe_edisp *e;

    for (size_t i = 0; i < n_true; i++) {
        for (size_t k = 0; k < m->n_axis; k++)
            c[k + 1] = c[k] + m->value[(i * m->n_axis + k) * n_sky + q] * (m->axis_edge[k + 1] - m->axis_edge[k]);
        for (size_t j = 0; j < n_reco; j++) {
            double r = cumulative(m, c, reco_edge_TeV[j + 1] / m->e_node_TeV[i]) - cumulative(m, c, reco_edge_TeV[j] / m->e_node_TeV[i]);

            full[i * n_reco + j] = r >= SMALL ? r : 0;
        }
    }
    e = sparse(n_true, n_reco, full);
    free(full);
    free(c);
    return e;
}

static fe_edisp *of_kernel(const fe_irfmap *m, size_t q)
{
    size_t n_sky = m->ny * m->nx;
    double *full = FE_NEWN(double, m->n_e * m->n_axis);
    fe_edisp *e;

    for (size_t i = 0; i < m->n_e * m->n_axis; i++)
        full[i] = m->value[i * n_sky + q];
    e = sparse(m->n_e, m->n_axis, full);
    free(full);
    return e;
}

fe_edisp *fe_irfmap_edisp(const fe_irfmap *m, double lon_deg, double lat_deg, size_t n_true, const double *true_edge_TeV,
                          size_t n_reco, const double *reco_edge_TeV, fe_err *err)
{
    double x, y;
    size_t q;

    if (!same_edges(m->n_e, m->e_edge_TeV, n_true, true_edge_TeV)) {
        (void)fe_fail(err, FE_EDATA, NULL, "energy dispersion has %zu true energies (%g to %g TeV), expected the %zu of the exposure "
                      "(%g to %g TeV)", m->n_e, m->e_edge_TeV[0], m->e_edge_TeV[m->n_e], n_true, true_edge_TeV[0],
                      true_edge_TeV[n_true]);
        return NULL;
    }
    if (m->kind == FE_IRF_EDISP_KERNEL && !same_edges(m->n_axis, m->axis_edge, n_reco, reco_edge_TeV)) {
        (void)fe_fail(err, FE_EDATA, NULL, "energy dispersion has %zu channels (%g to %g TeV), expected the %zu of the counts (%g to "
                      "%g TeV)", m->n_axis, m->axis_edge[0], m->axis_edge[m->n_axis], n_reco, reco_edge_TeV[0],
                      reco_edge_TeV[n_reco]);
        return NULL;
    }
    pixel_of(m, lon_deg, lat_deg, &x, &y);
    q = nearest_valid(m, x, y);
    return m->kind == FE_IRF_EDISP_KERNEL ? of_kernel(m, q) : of_migra(m, q, n_true, n_reco, reco_edge_TeV);
}

/* ---- point spread function --------------------------------------------------------------------------------------- */

/* out[n_axis] of one energy, bilinear between sky pixels. */
static void profile_of(const fe_irfmap *m, size_t i, double x, double y, double *out)
{
    size_t x0 = (size_t)floor(x), y0 = (size_t)floor(y);
    size_t x1 = x0 + 1 < m->nx ? x0 + 1 : x0, y1 = y0 + 1 < m->ny ? y0 + 1 : y0;
    double fx = x - (double)x0, fy = y - (double)y0;

    for (size_t k = 0; k < m->n_axis; k++) {
        const double *v = m->value + (i * m->n_axis + k) * m->ny * m->nx;

        out[k] = (1 - fy) * ((1 - fx) * v[y0 * m->nx + x0] + fx * v[y0 * m->nx + x1]) +
                 fy * ((1 - fx) * v[y1 * m->nx + x0] + fx * v[y1 * m->nx + x1]);
    }
}

void fe_irfmap_psf(const fe_irfmap *m, double lon_deg, double lat_deg, double e_TeV, double *out)
{
    double x, y, f = 0, *next = FE_NEWN(double, m->n_axis);
    size_t i = 0, at;

    pixel_of(m, lon_deg, lat_deg, &x, &y);
    at = (size_t)rint(y) * m->nx + (size_t)rint(x);
    if (!has_exposure(m, at)) {
        at = nearest_valid(m, x, y);
        x = (double)(at % m->nx);
        y = (double)(at / m->nx);
    }
    while (i + 2 < m->n_e && m->e_node_TeV[i + 1] <= e_TeV)
        i++;
    if (m->n_e > 1)
        f = fmin(fmax(log(e_TeV / m->e_node_TeV[i]) / log(m->e_node_TeV[i + 1] / m->e_node_TeV[i]), 0), 1);
    profile_of(m, i, x, y, out);
    if (f > 0) {
        profile_of(m, i + 1, x, y, next);
        for (size_t k = 0; k < m->n_axis; k++)
            out[k] += f * (next[k] - out[k]);
    }
    free(next);
}
