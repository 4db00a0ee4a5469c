#include "est/excess.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/par.h"
#include "est/map_sums.h"
#include "est/mapband.h"
#include "est/predict.h"

enum plane { COUNTS, BACKGROUND, EXCESS, CORRECTED, USED, OFF, ACCEPTANCE, OTHERS, N_PLANES };

typedef struct worker { double *sum[N_PLANES]; fe_excess_cache *cache; fe_arena *arena; size_t n_pixels, n_failed; } worker;

typedef struct job {
    const fe_excess_request *request;
    const fe_map_loops *loops;
    size_t ny, nx, half, stride;    /* half: pixels that the circle reaches; rows have that much more on both sides */
    size_t *reach;                  /* [half + 1] of a row of the circle, by its distance from the middle */
    double *plane[N_PLANES];        /* [ny + 2 half][stride], or NULL                                   */
    const double *acceptance_off;   /* [ny][nx] of the band: acceptance n_off / background              */
    bool on_off;
    worker *worker;
    fe_estimate *out;
    size_t first_row;
} job;

/* ---- the circle ------------------------------------------------------------------------------------------------ */

static void make_circle(job *j, double pixels)
{
    double square = pixels * pixels * (1 + 1e-12);      /* a radius of whole pixels holds those on its rim */

    j->half = (size_t)floor(sqrt(square));
    j->reach = FE_NEWN(size_t, j->half + 1);
    for (size_t y = 0; y <= j->half; y++)
        j->reach[y] = (size_t)floor(sqrt(square - (double)(y * y)));
    j->stride = j->nx + 2 * j->half + FE_BLOCK;
}

static size_t circle_pixels(const job *j)
{
    size_t n = 0;

    for (size_t y = 0; y <= j->half; y++)
        n += (y ? 2 : 1) * (2 * j->reach[y] + 1);
    return n;
}

/* How much of a point source in the middle of a pixel lies in its circle, channel by channel. */
static int containment(const job *j, const fe_excess_set *set, double *out, fe_err *err)
{
    fe_spatial *point = fe_spatial_new("point");
    const fe_model model = { .spectrum = j->request->model->spectrum, .spatial = point };
    fe_kernels k;
    int rc = fe_predict_kernels(set->dataset, &(fe_kernel_request){ &model, set->first, set->last, NAN, false, false, false }, &k, err);

    for (size_t c = 0; rc == 0 && c < k.n_e; c++) {
        out[c] = 0;
        for (size_t i = 0; i < k.n * k.n; i++) {
            size_t dy = (size_t)labs((long)(i / k.n) - (long)(k.n / 2)), dx = (size_t)labs((long)(i % k.n) - (long)(k.n / 2));

            if (dy <= j->half && dx <= j->reach[dy])
                out[c] += k.value[c * k.n * k.n + i];
        }
    }
    if (rc == 0)
        fe_kernels_free(&k);
    fe_spatial_free(point);
    return rc;
}

/* ---- planes ---------------------------------------------------------------------------------------------------- */

static double *plane_of(job *j, enum plane p)
{
    if (!j->plane[p])
        j->plane[p] = FE_NEWN(double, (j->ny + 2 * j->half) * j->stride);
    return j->plane[p];
}

/* A pixel of the map in a plane. */
static double *at(job *j, enum plane p, size_t pixel)
{
    return plane_of(j, p) + (pixel / j->nx + j->half) * j->stride + pixel % j->nx + j->half;
}

static void add_pixel(job *j, const fe_mapband *b, size_t q, const double *contained, double *acceptance_off)
{
    double excess = 0, corrected = 0;

    for (size_t c = 0; c < b->n_channels; c++) {
        excess += b->excess[c * j->ny * j->nx + q];
        corrected += b->excess[c * j->ny * j->nx + q] * (contained ? contained[c] : 1);
    }
    *at(j, USED, q) = 1;
    *at(j, COUNTS, q) += b->counts[q];
    *at(j, BACKGROUND, q) += b->background[q];
    *at(j, EXCESS, q) += excess;
    *at(j, CORRECTED, q) += corrected;
    *at(j, OTHERS, q) += b->others ? b->others[q] : 0;
    if (!b->n_off)
        return;
    *at(j, OFF, q) += b->n_off[q];
    *at(j, ACCEPTANCE, q) += b->acceptance[q];
    acceptance_off[q] += b->acceptance_off[q];
}

static int add_set(job *j, const fe_excess_set *set, double *acceptance_off, fe_err *err)
{
    const fe_excess_request *r = j->request;
    fe_mapband_request cut = { set->first, set->last, set->others, r->mask, false, r->as_gammapy };
    double *contained = NULL;
    fe_mapband band;
    int rc = 0;

    if (set->first >= set->last)
        return 0;
    if (r->psf_correct) {
        contained = FE_NEWN(double, set->last - set->first);
        rc = containment(j, set, contained, err);
    }
    if (rc == 0) {
        fe_mapband_cut(set->dataset, r->model->spectrum, &cut, &band);
        for (size_t q = 0; q < j->ny * j->nx; q++)
            if (fe_mapband_uses(&band, q))
                add_pixel(j, &band, q, contained, acceptance_off);
        fe_mapband_free(&band);
    }
    free(contained);
    return rc;
}

/* ---- one pixel ------------------------------------------------------------------------------------------------- */

/* Counts of the circle and OFF counts: one bin for the norm solver. */
static void fit_on_off(const job *j, worker *w, double n, size_t i, size_t pixel, double x, fe_norm *out)
{
    double s = x, fixed = w->sum[OTHERS][i], n_off, alpha;
    fe_block block = { .stat = &fe_stat_wstat, .n_bins = 1, .n = &n, .s = &s, .norm_min = -INFINITY, .n_off = &n_off, .alpha = &alpha,
                       .fixed = &fixed, .counts = n };

    if (j->request->correlate_off) {
        n_off = w->sum[OFF][i];
        alpha = n_off > 0 ? w->sum[BACKGROUND][i] / n_off : 0;
    } else {
        size_t own = (pixel / j->nx + j->half) * j->stride + pixel % j->nx + j->half;
        double background = j->plane[BACKGROUND][own], acceptance = j->plane[ACCEPTANCE][own];

        n_off = j->plane[OFF][own];
        alpha = w->sum[ACCEPTANCE][i] / (background > 0 ? acceptance * n_off / background : j->acceptance_off[pixel]);
    }
    block.background = alpha * n_off;
    fe_arena_clear(w->arena);
    if (!(alpha > 0) || !isfinite(alpha)) {
        *out = (fe_norm){ .norm = NAN, .err = NAN, .errn = NAN, .errp = NAN, .ul = NAN, .sensitivity = NAN, .ts = NAN, .sqrt_ts = NAN,
                          .stat = NAN, .stat_null = NAN, .npred = n, .npred_excess = NAN, .counts = n, .status = FE_STATUS_NOOFF };
        return;
    }
    fe_norm_solve(&(fe_bins){ .n_blocks = 1, .block = &block }, &j->request->norm, w->arena, out);
    out->npred = n;
    /* n_sigma sqrt(n + alpha^2 n_off): the error that gammapy and Li & Ma give; ours is the curvature */
    if (j->request->as_gammapy)
        out->err = j->request->norm.n_sigma * sqrt(n + alpha * alpha * n_off) / x;
}

static void put_pixel(const job *j, size_t row, const fe_norm *x)
{
    const struct { fe_member member; double value; } members[] = {
        { FE_VALUE, x->norm }, { FE_ERR, x->err }, { FE_ERRN, x->errn }, { FE_ERRP, x->errp }, { FE_UL, x->ul },
        { FE_SENSITIVITY, x->sensitivity }
    };
    const struct { fe_quantity q; double value; } values[] = {
        { FE_Q_TS, x->ts }, { FE_Q_SQRT_TS, x->sqrt_ts }, { FE_Q_NPRED, x->npred }, { FE_Q_NPRED_EXCESS, x->npred_excess },
        { FE_Q_COUNTS, x->counts }, { FE_Q_BACKGROUND, x->background }, { FE_Q_STAT, x->stat }, { FE_Q_STAT_NULL, x->stat_null },
        { FE_Q_STATUS, x->status }, { FE_Q_SUCCESS, !isnan(x->norm) }
    };

    for (size_t k = 0; k < sizeof members / sizeof *members; k++)
        if (j->out->family[FE_SED_LIKELIHOOD][members[k].member])
            j->out->family[FE_SED_LIKELIHOOD][members[k].member][row] = members[k].value;
    for (size_t k = 0; k < sizeof values / sizeof *values; k++)
        if (j->out->q[values[k].q])
            j->out->q[values[k].q][row] = values[k].value;
}

static void do_pixel(const job *j, worker *w, size_t i, size_t y)
{
    const fe_excess_request *r = j->request;
    size_t pixel = y * j->nx + r->x0 + i, row = j->first_row + (y - r->y0) * r->nx + i;
    double n = w->sum[COUNTS][i], x = w->sum[r->psf_correct ? CORRECTED : EXCESS][i] / w->sum[USED][i];
    fe_norm norm;

    if (j->plane[USED][(y + j->half) * j->stride + r->x0 + i + j->half] == 0)
        return;
    if (r->as_gammapy)
        n = rint(n);
    if (j->on_off)
        fit_on_off(j, w, n, i, pixel, x > 0 ? x : 1, &norm);
    else
        fe_excess_cash(n, w->sum[BACKGROUND][i], x > 0 ? x : 1, &r->norm, r->as_gammapy, w->cache, &norm);
    if (!(x > 0)) {                                 /* counts still have a significance */
        norm.norm = norm.err = norm.errn = norm.errp = norm.ul = norm.sensitivity = NAN;
        norm.status |= FE_STATUS_NOEXPO;
    }
    put_pixel(j, row, &norm);
    w->n_pixels++;
    w->n_failed += (norm.status & FE_STATUS_NOCONV) != 0;
}

/* ---- rows ------------------------------------------------------------------------------------------------------ */

static void do_row(void *ctx, size_t item, int number)
{
    const job *j = ctx;
    const fe_excess_request *r = j->request;
    worker *w = &j->worker[number];
    size_t y = r->y0 + item;

    for (int p = 0; p < N_PLANES; p++) {
        if (!j->plane[p])
            continue;
        memset(w->sum[p], 0, r->nx * sizeof *w->sum[p]);
        for (size_t k = 0; k < 2 * j->half + 1; k++) {
            size_t reach = j->reach[k < j->half ? j->half - k : k - j->half];

            j->loops->boxes(r->nx, 2 * reach + 1, j->plane[p] + (y + k) * j->stride + r->x0 + j->half - reach, w->sum[p]);
        }
    }
    for (size_t i = 0; i < r->nx; i++)
        do_pixel(j, w, i, y);
}

static void run_rows(job *j, fe_excess_work *work)
{
    const fe_excess_request *r = j->request;
    int n_threads = r->n_threads < 1 ? 1 : r->n_threads;

    j->worker = FE_NEWN(worker, (size_t)n_threads);
    for (int t = 0; t < n_threads; t++) {
        for (int p = 0; p < N_PLANES; p++)
            j->worker[t].sum[p] = FE_NEWN(double, r->nx + FE_BLOCK);
        j->worker[t].arena = fe_arena_new();
        j->worker[t].cache = FE_NEW(fe_excess_cache);
    }
    fe_parallel_for(n_threads, r->ny, do_row, j);
    for (int t = 0; t < n_threads; t++) {
        work->n_pixels += j->worker[t].n_pixels;
        work->n_failed += j->worker[t].n_failed;
        for (int p = 0; p < N_PLANES; p++)
            free(j->worker[t].sum[p]);
        fe_arena_free(j->worker[t].arena);
        free(j->worker[t].cache);
    }
    free(j->worker);
}

static void add_rows(job *j)
{
    static const fe_quantity all[] = { FE_Q_TS, FE_Q_SQRT_TS, FE_Q_NPRED, FE_Q_NPRED_EXCESS, FE_Q_COUNTS, FE_Q_BACKGROUND, FE_Q_STAT,
                                       FE_Q_STAT_NULL, FE_Q_STATUS, FE_Q_SUCCESS };
    const fe_excess_request *r = j->request;
    const bool members[FE_MEMBER_N] = { [FE_VALUE] = true, [FE_ERR] = true, [FE_ERRN] = r->norm.want_asym,
                                        [FE_ERRP] = r->norm.want_asym, [FE_UL] = r->norm.want_ul,
                                        [FE_SENSITIVITY] = r->norm.want_sens };

    for (int k = 0; k < FE_MEMBER_N; k++)
        if (members[k] && !r->skip_member[k])
            fe_estimate_member(j->out, FE_SED_LIKELIHOOD, (fe_member)k);
    for (size_t k = 0; k < sizeof all / sizeof *all; k++)
        if (!r->skip[all[k]])
            fe_estimate_quantity(j->out, all[k]);
    j->first_row = fe_estimate_add_rows(j->out, r->nx * r->ny);
}

int fe_excess_band(size_t n_sets, const fe_excess_set *set, const fe_excess_request *r, fe_estimate *out, fe_excess_work *work,
                   fe_err *err)
{
    const fe_dataset *d = set->dataset;
    job j = { .request = r, .loops = fe_map_loops_of(NULL), .ny = d->ny, .nx = d->nx, .on_off = d->n_off != NULL, .out = out };
    double *acceptance_off = FE_NEWN(double, d->ny * d->nx);
    int rc = 0;

    for (size_t k = 0; k < n_sets && rc == 0; k++)
        if ((set[k].dataset->n_off != NULL) != j.on_off)
            rc = fe_fail(err, FE_EDATA, &(fe_where){ .file = set[k].dataset->info.file }, "%s, the one before %s: they cannot be added",
                         j.on_off ? "its background is known" : "it has OFF counts", j.on_off ? "has OFF counts" : "has a known background");
    make_circle(&j, r->radius_deg / fe_geom_pixel_deg(d->geom));
    j.acceptance_off = acceptance_off;
    for (int p = 0; p < N_PLANES; p++)
        if (j.on_off || p < OFF)
            plane_of(&j, (enum plane)p);
    for (size_t k = 0; k < n_sets && rc == 0; k++)
        rc = add_set(&j, &set[k], acceptance_off, err);
    if (rc == 0) {
        work->circle = circle_pixels(&j);
        add_rows(&j);
        run_rows(&j, work);
    }
    for (int p = 0; p < N_PLANES; p++)
        free(j.plane[p]);
    free(j.reach);
    free(acceptance_off);
    return rc;
}
