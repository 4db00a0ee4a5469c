/* Sums of maps: pixels that are shared, and responses on a sky grid, weighted by exposure and mask. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "est/stack_parts.h"

static const double EDGE_RTOL = 1e-6;       /* float32 rounding of the same edge */
static const double TIE = 1e-6;             /* of a pixel: half way between two, or in the middle of one */

bool fe_stack_same_edges(const double *a, const double *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (a[i] != b[i] && !fe_num_close(a[i], b[i], EDGE_RTOL))
            return false;
    return true;
}

/* ---- pixels ------------------------------------------------------------------------------------------------------ */

static bool share_axis(long shift, size_t n_sum, size_t n, size_t *first, size_t *count)
{
    long lo = shift > 0 ? shift : 0, hi = shift + (long)n < (long)n_sum ? shift + (long)n : (long)n_sum;

    *first = (size_t)lo;
    *count = hi > lo ? (size_t)(hi - lo) : 0;
    return hi > lo;
}

/* false: another grid.  No pixel is shared where one of the two numbers is 0. */
static bool overlap_of(const fe_geom *sum, const fe_geom *map, fe_overlap *o)
{
    if (!fe_geom_shift(sum, map, &o->dx, &o->dy))
        return false;
    share_axis(o->dx, fe_geom_nx(sum), fe_geom_nx(map), &o->x0, &o->nx);
    share_axis(o->dy, fe_geom_ny(sum), fe_geom_ny(map), &o->y0, &o->ny);
    return true;
}

int fe_overlap_of_maps(fe_geom *sum, const char *sum_name, const fe_dataset *d, fe_overlap *out, fe_err *err)
{
    const fe_where where = { d->info.file, NULL, 0 };

    *out = (fe_overlap){ .nx = 1, .ny = 1 };
    if (!sum)
        return 0;
    if (!overlap_of(sum, d->geom, out))
        return fe_fail(err, FE_EDATA, &where, "its pixels are not those of %s, nor a part of the same grid: such maps cannot be "
                       "stacked", sum_name);
    if (out->nx == 0 || out->ny == 0)
        return fe_fail(err, FE_EDATA, &where, "none of its %zu x %zu pixels is one of %s, expected maps that overlap", d->nx, d->ny,
                       sum_name);
    return 0;
}

/* ---- grids of responses ------------------------------------------------------------------------------------------ */

/* Of a dataset; the sum has no geometry then. */
static bool is_everywhere(const fe_irfmap *p)
{
    return p->ny * p->nx == 1;
}

const fe_irfmap *fe_stack_edisp(const fe_dataset *d, fe_irfmap **own)
{
    *own = d->edisp_map ? NULL : fe_irfmap_of_edisp(d->edisp, d->etrue_edge_TeV, d->e_edge_TeV);
    return d->edisp_map ? d->edisp_map : *own;
}

typedef struct range { double lo, hi; } range;

static void widen(range *r, double x)
{
    r->lo = fmin(r->lo, x);                 /* fmin and fmax ignore a NaN */
    r->hi = fmax(r->hi, x);
}

/* Where the border of a map runs, in pixels of another grid. */
static void border_of(fe_geom *map, fe_geom *grid, range *x, range *y)
{
    size_t nx = fe_geom_nx(map), ny = fe_geom_ny(map), n = 2 * (nx + ny);

    *x = *y = (range){ INFINITY, -INFINITY };
    for (size_t i = 0; i <= n; i++) {
        double u = i <= nx ? (double)i : i <= nx + ny ? (double)nx : i <= 2 * nx + ny ? (double)(2 * nx + ny - i) : 0;
        double v = i <= nx ? 0 : i <= nx + ny ? (double)(i - nx) : i <= 2 * nx + ny ? (double)ny : (double)(n - i);

        fe_geom_across(map, u - 0.5, v - 0.5, grid, &u, &v);
        widen(x, u);
        widen(y, v);
    }
}

/* The pixels of the grid of a response that cover a map. */
static fe_geom *cover(fe_geom *grid, fe_geom *map)
{
    range x, y;

    border_of(map, grid, &x, &y);
    if (!(x.hi >= x.lo && y.hi >= y.lo))
        return fe_geom_share(grid);
    x = (range){ floor(x.lo + 0.5 + TIE), ceil(x.hi - 0.5 - TIE) };
    y = (range){ floor(y.lo + 0.5 + TIE), ceil(y.hi - 0.5 - TIE) };
    return fe_geom_cutout(grid, (long)x.lo, (long)y.lo, (size_t)fmax(x.hi - x.lo + 1, 1), (size_t)fmax(y.hi - y.lo + 1, 1));
}

fe_irfmap *fe_stack_irf_start(const fe_irfmap *p, const fe_dataset *d, fe_geom *sum)
{
    fe_geom *geom = is_everywhere(p) ? NULL : fe_geom_equal(sum, d->geom) ? fe_geom_share(p->geom) : cover(p->geom, sum);
    fe_irfmap *out = fe_irfmap_like(p, geom);

    fe_geom_free(geom);
    return out;
}

/* One that is the same everywhere has all pixels of the sum. */
static bool irf_overlap(const fe_irfmap *sum, const fe_irfmap *p, fe_overlap *o)
{
    *o = (fe_overlap){ .nx = sum->nx, .ny = sum->ny };
    return is_everywhere(p) || (sum->geom && overlap_of(sum->geom, p->geom, o));
}

int fe_stack_irf_check(const fe_irfmap *sum, const char *sum_name, const fe_irfmap *p, const fe_dataset *d, fe_err *err)
{
    const char *name = (p ? p : sum) && (p ? p : sum)->kind == FE_IRF_PSF ? "PSF" : "energy dispersion";
    const fe_where where = { d->info.file, NULL, 0 };
    fe_overlap o;

    if (p && p->reco)
        return fe_fail(err, FE_EDATA, &where, "its PSF is one of reconstructed energy, which has no exposure to be weighted by: it "
                       "cannot be stacked");
    if (!sum && !p)
        return 0;
    if (!sum || !p)
        return fe_fail(err, FE_EDATA, &where, "it has %s PSF, %s has %s: they cannot be stacked", p ? "a" : "no",
                       sum_name, p ? "none" : "one");
    if (sum->kind != p->kind || sum->n_e != p->n_e || sum->n_axis != p->n_axis ||
        !fe_stack_same_edges(sum->e_edge_TeV, p->e_edge_TeV, p->n_e + 1) ||
        !fe_stack_same_edges(sum->e_node_TeV, p->e_node_TeV, p->n_e) ||
        !fe_stack_same_edges(sum->axis_edge, p->axis_edge, p->n_axis + 1))
        return fe_fail(err, FE_EDATA, &where, "the axes of its %s are not those of %s: they cannot be stacked", name, sum_name);
    if (!irf_overlap(sum, p, &o))
        return fe_fail(err, FE_EDATA, &where, "its %s is on a grid of %zu x %zu pixels that is not that of %s (%zu x %zu): they cannot "
                       "be stacked", name, p->nx, p->ny, sum_name, sum->nx, sum->ny);
    return 0;
}

/* ---- weights ----------------------------------------------------------------------------------------------------- */

/*
 * Where a dataset counts for the response of a place: the rules of gammapy 2.1 (MapDataset.mask_safe_psf, mask_safe_edisp).  The
 * PSF: where the pixel nearest to it is used in any channel, the upper one half way, nothing beyond the map.
 */
static bool nearest_is_used(const bool *plane, size_t nx, size_t ny, double x, double y)
{
    double i = floor(x + 0.5 + TIE), j = floor(y + 0.5 + TIE);

    return i >= 0 && j >= 0 && i < (double)nx && j < (double)ny && plane[(size_t)j * nx + (size_t)i];
}

/* The pixel below a place, and whether it and the next one have a part in what is interpolated; extrapolated at the border. */
static size_t cell(double x, size_t n, bool part[2])
{
    double low = n > 1 ? fmin(fmax(floor(x + TIE), 0), (double)n - 2) : 0;

    part[0] = n == 1 || fabs(low + 1 - x) > TIE;
    part[1] = n > 1 && fabs(x - low) > TIE;
    return (size_t)low;
}

/* The dispersion: where one of the four pixels around is used. */
static bool any_around_is_used(const bool *plane, size_t nx, size_t ny, double x, double y)
{
    bool part_x[2], part_y[2], used = false;
    size_t i = cell(x, nx, part_x), j = cell(y, ny, part_y);

    for (size_t k = 0; k < 4; k++)
        if (part_x[k % 2] && part_y[k / 2])
            used |= plane[(j + k / 2) * nx + i + k % 2];
    return used;
}

typedef struct weights {
    const fe_dataset *d;
    const bool *used;               /* [n_e][ny][nx]                                                    */
    bool *any;                      /* [ny][nx] in any channel                                          */
    bool *now;                      /* [n of the axis] at the present place: of each channel, or all the same */
    bool everywhere;                /* all pixels count for every place                                 */
} weights;

static void open_weights(weights *w, const fe_dataset *d, const bool *used, const fe_irfmap *sum)
{
    size_t n = d->ny * d->nx;

    *w = (weights){ d, used, FE_NEWN(bool, n), FE_NEWN(bool, sum->n_axis), !sum->geom };
    for (size_t i = 0; i < d->n_e * n; i++)
        w->any[i % n] |= used[i];
}

static bool anywhere(const bool *plane, size_t n)
{
    return memchr(plane, true, n) != NULL;
}

static bool weigh_plane(const weights *w, fe_irfkind kind, const bool *plane, double x, double y)
{
    size_t nx = w->d->nx, ny = w->d->ny;

    if (w->everywhere)
        return anywhere(plane, nx * ny);
    if (isnan(x) || isnan(y))
        return false;
    return kind == FE_IRF_PSF ? nearest_is_used(plane, nx, ny, x, y) : any_around_is_used(plane, nx, ny, x, y);
}

/* Fills `now`; false: the place does not count at all. */
static bool weigh(weights *w, const fe_irfmap *sum, double x, double y)
{
    size_t n = w->d->nx * w->d->ny;
    bool any = false;

    if (sum->kind != FE_IRF_EDISP_KERNEL) {
        any = weigh_plane(w, sum->kind, w->any, x, y);
        memset(w->now, any, sum->n_axis);
        return any;
    }
    for (size_t k = 0; k < sum->n_axis; k++) {
        w->now[k] = weigh_plane(w, sum->kind, w->used + k * n, x, y);
        any |= w->now[k];
    }
    return any;
}

/* ---- sums -------------------------------------------------------------------------------------------------------- */

static void add_place(fe_irfmap *sum, size_t to, const fe_irfmap *p, size_t from, const double *exposure, const bool *now)
{
    size_t n_sum = sum->ny * sum->nx, n = p->ny * p->nx;

    for (size_t i = 0; i < p->n_e; i++) {
        double e = exposure[i * n + from];

        if (!(e > 0) || isinf(e))
            continue;
        sum->exposure_cm2_s[i * n_sum + to] += e;
        for (size_t k = 0; k < p->n_axis; k++) {
            double value = p->value[(i * p->n_axis + k) * n + from];

            if (now[k] && isfinite(value))
                sum->value[(i * p->n_axis + k) * n_sum + to] += e * value;
        }
    }
}

/* false: the dataset counts for none of them. */
static bool add_places(fe_irfmap *sum, const fe_irfmap *p, const double *exposure, weights *w)
{
    fe_overlap o;
    bool any = false;

    (void)irf_overlap(sum, p, &o);                      /* the check said that it is */
    for (size_t q = 0; q < o.nx * o.ny; q++) {
        size_t i = o.x0 + q % o.nx, j = o.y0 + q / o.nx;
        size_t from = is_everywhere(p) ? 0 : (size_t)((long)j - o.dy) * p->nx + (size_t)((long)i - o.dx);
        double x = NAN, y = NAN;

        if (sum->geom)
            fe_geom_across(sum->geom, (double)i, (double)j, w->d->geom, &x, &y);
        if (!weigh(w, sum, x, y))
            continue;
        any = true;
        add_place(sum, j * sum->nx + i, p, from, exposure, w->now);
    }
    return any;
}

/* Places may be so few that none lies on the map, as with one for each half of the sky: all of them count then. */
void fe_stack_irf_add(fe_irfmap *sum, const fe_irfmap *p, const fe_dataset *d, const bool *used)
{
    double *exposure = fe_dataset_irf_exposure(d, p);
    weights w;

    open_weights(&w, d, used, sum);
    if (!add_places(sum, p, exposure, &w)) {
        w.everywhere = true;
        (void)add_places(sum, p, exposure, &w);
    }
    free(w.any);
    free(w.now);
    free(exposure);
}

void fe_stack_irf_finish(fe_irfmap *sum)
{
    size_t n = sum->ny * sum->nx;

    for (size_t i = 0; i < sum->n_e * sum->n_axis * n; i++) {
        double e = sum->exposure_cm2_s[i / (sum->n_axis * n) * n + i % n];

        sum->value[i] = e > 0 ? sum->value[i] / e : 0;
    }
}
