#include "est/tsmap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/par.h"
#include "est/predict.h"
#include "est/tsmap_parts.h"

typedef struct worker {             /* scratch memory of a thread                                       */
    double *sum, *peak, *sum_one, *peak_one;            /* [row]                                        */
    double *total[3];               /* [row] counts, background, stat_null over the kernels             */
    double *column;                 /* [row + kernel]                                                   */
    double *n, *u, *all_b, *all_m, *all_u;              /* lists of a pixel                             */
    fe_arena *arena;
    size_t n_counts, n_bound, n_failed, n_pixels;
    long n_eval;
} worker;

typedef struct job {
    const fe_tsmap_request *request;
    const fe_map_loops *loops;
    size_t n_layers, ny, nx;
    fe_maplayer *layer;
    const fe_mapband *band;         /* [n_bands]                                                        */
    size_t n_bands;
    bool by_norm;                   /* everything goes through est/norm.h                               */
    worker *worker;
    fe_estimate *out;
    size_t first_row, number;       /* of the band                                                      */
    fe_scanlist *row_scans;         /* [window rows]                                                    */
} job;

/* ---- one pixel ------------------------------------------------------------------------------------------------- */

/*
 * Pixels with counts from .. to of a layer: n, and u = m / b; kernel is at column 0 of the map.  Returns the largest u; below 0, and where
 * nothing is known, it is 0, which adds nothing.  Called with T known, so that the compiler unrolls the sum; a row under the kernel has
 * few of them, so that a call of memcpy would cost as much as all the rest.
 */
static inline double gather(size_t T, const fe_maplayer *p, uint32_t from, uint32_t to, const double *kernel, double *n, double *u)
{
    int64_t most = 0;                           /* numbers of one sign are in the order of their bits: no jump */
    double u_max;

    for (uint32_t i = from; i < to; i++) {
        const double *at = kernel + (size_t)p->column[i] * T, *w = p->w + (size_t)i * T;
        double sum = w[0] * at[0];
        int64_t as_bits;

        for (size_t t = 1; t < T; t++)
            sum += w[t] * at[t];
        sum = sum > 0 ? sum : 0;
        memcpy(&as_bits, &sum, sizeof sum);
        most = as_bits > most ? as_bits : most;
        *n++ = p->n[i];
        *u++ = sum;
    }
    memcpy(&u_max, &most, sizeof most);
    return u_max;
}

/* Pixels with counts of one layer under the kernel join the lists. */
static void list_counts(const fe_maplayer *p, size_t x, size_t y, worker *w, fe_pixel_data *d)
{
    size_t T = p->plane.n_terms, x0 = x > p->half ? x - p->half : 0, x1 = x + p->half + 1 < p->nx ? x + p->half + 1 : p->nx;

    for (size_t k = y < p->half ? p->half - y : 0; k < p->side && y + k - p->half < p->ny; k++) {
        const uint32_t *before = p->before + (y + k - p->half) * (p->nx + 1);
        const double *kernel = p->kernel + (k * p->side + p->half) * T - x * T;
        uint32_t from = before[x0], to = before[x1];
        double *n = w->n + d->n_listed, *u = w->u + d->n_listed, u_max;

        u_max = T == 1 ? gather(1, p, from, to, kernel, n, u)
              : T == 2 ? gather(2, p, from, to, kernel, n, u)
              : T == 4 ? gather(4, p, from, to, kernel, n, u)
                       : gather(T, p, from, to, kernel, n, u);
        d->n_listed += to - from;
        d->u_max = u_max > d->u_max ? u_max : d->u_max;
    }
}

/* For the sensitivity: all pixels with signal. */
static void list_all(const fe_maplayer *p, size_t x, size_t y, worker *w, fe_pixel_data *d)
{
    for (size_t k = 0; k < p->side; k++)
        for (size_t l = 0; l < p->side; l++) {
            double m = fe_maplayer_signal(p, x, y, k, l), per_b = p->per_b[(y + k) * p->plane.stride + x + l];

            if (!(m > 0))
                continue;
            w->all_b[d->all] = 1 / per_b;
            w->all_m[d->all] = m;
            w->all_u[d->all++] = m * per_b;
        }
}

/* Zeros, which add nothing, up to whole lanes. */
static size_t fill_lanes(size_t n, double *a, double *b, double *c)
{
    for (; n % FE_LANES; n++)
        a[n] = b[n] = c[n] = 0;
    return n;
}

/* Signal where nothing is expected: with counts there the likelihood is singular at norm 0. */
static bool is_singular(const fe_pixel_data *d, double peak)
{
    return isinf(d->u_max) || (d->all && peak > 1e290);
}

/* The short way; false: not for this pixel. */
static bool fit_pixel(const job *j, worker *w, size_t i, size_t x, size_t y, fe_norm *out)
{
    fe_pixel_data d = { .n = w->n, .u = w->u, .all_b = w->all_b, .all_m = w->all_m, .all_u = w->all_u, .signal = w->sum[i],
                        .norm_min = w->peak[i] > 0 ? -1 / w->peak[i] : 0, .counts = w->total[0][i],
                        .background = w->total[1][i], .stat_null = w->total[2][i] };

    for (size_t k = 0; k < j->n_layers; k++) {
        if (j->layer[k].plane.n_terms == 0)
            continue;
        list_counts(&j->layer[k], x, y, w, &d);
        if (j->request->norm.want_sens)
            list_all(&j->layer[k], x, y, w, &d);
    }
    if (is_singular(&d, w->peak[i]))
        return false;
    d.places = fill_lanes(d.n_listed, w->n, w->u, w->u);
    d.all = fill_lanes(d.all, w->all_b, w->all_m, w->all_u);
    w->n_counts += d.n_listed;
    fe_pixel_fit(j->loops, &j->request->norm, &d, j->request->as_gammapy, out);
    w->n_bound += out->norm == d.norm_min;
    return true;
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
        { FE_Q_NITER, x->n_iter }, { FE_Q_STATUS, x->status }, { FE_Q_SUCCESS, !isnan(x->norm) }
    };

    for (size_t k = 0; k < sizeof members / sizeof *members; k++)
        if (j->out->family[FE_SED_LIKELIHOOD][members[k].member])
            j->out->family[FE_SED_LIKELIHOOD][members[k].member][row] = members[k].value;
    for (size_t k = 0; k < sizeof values / sizeof *values; k++)
        if (j->out->q[values[k].q])
            j->out->q[values[k].q][row] = values[k].value;
}

/* Any channel of any dataset is in use, and something is expected there. */
static bool is_wanted(const job *j, size_t pixel)
{
    const bool *wanted = j->request->wanted;
    bool used = false;

    if (wanted && !wanted[pixel])
        return false;
    for (size_t k = 0; k < j->n_bands && !used; k++)
        used = fe_mapband_uses(&j->band[k], pixel);
    for (size_t k = 0; k < j->n_layers && used; k++)
        if (j->layer[k].background[pixel] > 0 ||
            (j->layer[k].band->n_off && fe_mapband_alpha(j->layer[k].band, j->layer[k].at, pixel) > 0))
            return true;
    return false;
}

static void do_pixel(const job *j, worker *w, size_t i, size_t x, size_t y)
{
    const fe_tsmap_request *r = j->request;
    size_t row = j->first_row + (y - r->y0) * r->nx + (x - r->x0);
    fe_norm norm;

    if (!is_wanted(j, y * j->nx + x))
        return;
    if (j->by_norm || !fit_pixel(j, w, i, x, y, &norm)) {
        fe_pixel_norm(j->layer, j->n_layers, r, false, x, y, w->arena, &norm);
        w->n_bound += (norm.status & FE_STATUS_EDGE) && isnan(norm.err);
    }
    put_pixel(j, row, &norm);
    if (r->norm.want_scan && norm.sqrt_ts >= r->scan_min) {
        fe_pixel_norm(j->layer, j->n_layers, r, true, x, y, w->arena, &norm);
        fe_scanlist_add(&j->row_scans[y - r->y0],
                        &(fe_pixel_scan){ j->number, (y - r->y0) * r->nx + (x - r->x0), norm.n_scan, norm.norm_scan, norm.stat_scan,
                                          norm.stat_null });
    }
    fe_arena_clear(w->arena);
    w->n_pixels++;
    w->n_failed += (norm.status & FE_STATUS_NOCONV) != 0;
    w->n_eval += norm.n_iter;
}

/* ---- one row --------------------------------------------------------------------------------------------------- */

/* total[i] += sum of a plane over the kernel of trial pixel x0 + i: columns first, then along the row. */
static void add_boxes(const fe_map_loops *loops, const fe_maplayer *p, const double *plane, size_t y, size_t x0, size_t n,
                      double *column, double *total)
{
    size_t width = n + p->side - 1;

    memset(column, 0, width * sizeof *column);
    for (size_t k = y < p->half ? p->half - y : 0; k < p->side && y + k - p->half < p->ny; k++) {
        const double *row = plane + (y + k - p->half) * p->nx;

        for (size_t c = x0 < p->half ? p->half - x0 : 0; c < width && x0 + c - p->half < p->nx; c++)
            column[c] += row[x0 + c - p->half];
    }
    loops->boxes(n, p->side, column, total);
}

static void add_layer(const job *j, worker *w, const fe_maplayer *p, size_t y)
{
    size_t x0 = j->request->x0, n = j->request->nx;

    add_boxes(j->loops, p, p->counts, y, x0, n, w->column, w->total[0]);
    add_boxes(j->loops, p, p->background, y, x0, n, w->column, w->total[1]);
    add_boxes(j->loops, p, p->stat_null, y, x0, n, w->column, w->total[2]);
    if (p->plane.n_terms == 0)
        return;
    j->loops->row(&p->plane, y, x0, n, w->sum_one, w->peak_one);
    for (size_t i = 0; i < n; i++) {
        w->sum[i] += w->sum_one[i];
        w->peak[i] = w->peak_one[i] > w->peak[i] ? w->peak_one[i] : w->peak[i];
    }
}

static void do_row(void *ctx, size_t item, int number)
{
    const job *j = ctx;
    worker *w = &j->worker[number];
    size_t y = j->request->y0 + item, n = j->request->nx;

    for (int k = 0; k < 3; k++)
        memset(w->total[k], 0, n * sizeof *w->total[k]);
    memset(w->sum, 0, n * sizeof *w->sum);
    memset(w->peak, 0, n * sizeof *w->peak);
    for (size_t k = 0; k < j->n_layers && !j->by_norm; k++)
        add_layer(j, w, &j->layer[k], y);
    for (size_t i = 0; i < n; i++)
        do_pixel(j, w, i, j->request->x0 + i, y);
}

static void worker_make(worker *w, const job *j)
{
    size_t n = j->request->nx + FE_BLOCK, side = 0, under = FE_LANES;
    double **rows[] = { &w->sum, &w->peak, &w->sum_one, &w->peak_one, &w->total[0], &w->total[1], &w->total[2] };
    double **lists[] = { &w->n, &w->u, &w->all_b, &w->all_m, &w->all_u };

    for (size_t k = 0; k < j->n_layers; k++) {
        side = j->layer[k].side > side ? j->layer[k].side : side;
        under += j->layer[k].side * j->layer[k].side;
    }
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++)
        *rows[k] = FE_NEWN(double, n);
    for (size_t k = 0; k < sizeof lists / sizeof *lists; k++)
        *lists[k] = FE_NEWN(double, under);
    w->column = FE_NEWN(double, n + side);
    w->arena = fe_arena_new();
}

static void worker_end(worker *w, fe_tsmap_work *work)
{
    work->n_pixels += w->n_pixels;
    work->n_bound += w->n_bound;
    work->n_failed += w->n_failed;
    work->n_counts += w->n_counts;
    work->n_eval += w->n_eval;
    free(w->sum);
    free(w->peak);
    free(w->sum_one);
    free(w->peak_one);
    for (int k = 0; k < 3; k++)
        free(w->total[k]);
    free(w->column);
    free(w->n);
    free(w->u);
    free(w->all_b);
    free(w->all_m);
    free(w->all_u);
    fe_arena_free(w->arena);
}

/* ---- one band -------------------------------------------------------------------------------------------------- */

static void add_rows(job *j)
{
    static const fe_quantity always[] = { FE_Q_TS, FE_Q_SQRT_TS, FE_Q_NPRED, FE_Q_NPRED_EXCESS, FE_Q_COUNTS, FE_Q_BACKGROUND,
                                          FE_Q_STAT, FE_Q_STAT_NULL, FE_Q_NITER, FE_Q_STATUS, FE_Q_SUCCESS };
    const fe_tsmap_request *r = j->request;
    const bool members[FE_MEMBER_N] = { [FE_VALUE] = true, [FE_ERR] = true, [FE_ERRN] = r->norm.want_asym,
                                        [FE_ERRP] = r->norm.want_asym, [FE_UL] = r->norm.want_ul,
                                        [FE_SENSITIVITY] = r->norm.want_sens };

    for (int k = 0; k < FE_MEMBER_N; k++)
        if (members[k] && !r->skip_member[k])
            fe_estimate_member(j->out, FE_SED_LIKELIHOOD, (fe_member)k);
    for (size_t k = 0; k < sizeof always / sizeof *always; k++)
        if (!r->skip[always[k]])
            fe_estimate_quantity(j->out, always[k]);
    j->first_row = fe_estimate_add_rows(j->out, r->nx * r->ny);
}

static int make_layers(job *j, const fe_tsmap_set *set, fe_mapband *band, fe_tsmap_work *work, fe_err *err)
{
    const fe_tsmap_request *r = j->request;
    fe_kernels kernels = { 0 };
    fe_kernel_request kernel = { r->model, set->first, set->last, r->kernel_width_deg, r->no_psf, r->at_centres, r->as_gammapy };
    fe_mapband_request cut = { set->first, set->last, set->others, r->mask, r->cube, r->as_gammapy };

    if (fe_predict_kernels(set->dataset, &kernel, &kernels, err) < 0)
        return -1;
    work->kernel_side = kernels.n;
    fe_mapband_cut(set->dataset, r->model->spectrum, &cut, band);
    j->n_bands++;
    for (size_t k = 0; k < band->n_planes; k++)
        fe_maplayer_make(band, k, &kernels, r->as_gammapy, &j->layer[j->n_layers++]);
    j->by_norm = j->by_norm || band->n_off;
    fe_kernels_free(&kernels);
    return 0;
}

static void run_rows(job *j, fe_tsmap_work *work)
{
    const fe_tsmap_request *r = j->request;
    int n_threads = r->n_threads < 1 ? 1 : r->n_threads;

    j->worker = FE_NEWN(worker, (size_t)n_threads);
    for (int k = 0; k < n_threads; k++)
        worker_make(&j->worker[k], j);
    fe_parallel_for(n_threads, r->ny, do_row, j);
    for (int k = 0; k < n_threads; k++)
        worker_end(&j->worker[k], work);
    free(j->worker);
}

static void collect_scans(job *j, fe_scanlist *scans)
{
    for (size_t y = 0; y < j->request->ny; y++)
        fe_scanlist_join(scans, &j->row_scans[y]);
    free(j->row_scans);
}

int fe_tsmap_band(size_t n_sets, const fe_tsmap_set *set, const fe_tsmap_request *r, size_t number, fe_estimate *out,
                  fe_scanlist *scans, fe_tsmap_work *work, fe_err *err)
{
    job j = { .request = r, .loops = r->loops ? r->loops : fe_map_loops_of(NULL), .ny = set->dataset->ny, .nx = set->dataset->nx,
              .by_norm = r->free_bkg, .out = out, .number = number, .row_scans = FE_NEWN(fe_scanlist, r->ny) };
    fe_mapband *band = FE_NEWN(fe_mapband, n_sets);
    size_t most = 0;
    int rc = 0;

    for (size_t k = 0; k < n_sets; k++)
        most += r->cube ? set[k].last - set[k].first : 1;
    j.layer = FE_NEWN(fe_maplayer, most);
    j.band = band;
    for (size_t k = 0; k < n_sets && rc == 0; k++)
        if (set[k].last > set[k].first)
            rc = make_layers(&j, &set[k], &band[j.n_bands], work, err);
    if (rc == 0) {
        add_rows(&j);
        run_rows(&j, work);
    }
    collect_scans(&j, scans);
    for (size_t k = 0; k < j.n_layers; k++)
        fe_maplayer_free(&j.layer[k]);
    for (size_t k = 0; k < n_sets; k++)
        fe_mapband_free(&band[k]);
    free(j.layer);
    free(band);
    return rc;
}

double fe_tsmap_bytes(size_t n_sets, const fe_tsmap_set *set, const fe_tsmap_request *r)
{
    const double rows = 20, plane = sizeof(double);
    double pixels = 0, bytes = 0;

    for (size_t k = 0; k < n_sets; k++) {
        double channels = (double)(set[k].last - set[k].first);

        pixels = (double)(set[k].dataset->nx * set[k].dataset->ny);
        bytes += pixels * plane * (r->cube ? 6 * channels : 6 + 3 * channels);
    }
    return bytes + rows * plane * (double)(r->nx * r->ny);
}
