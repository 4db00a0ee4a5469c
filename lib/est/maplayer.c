#include "est/maplayer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "phys/stat.h"

static const double LEFT_OVER = 1e-4;           /* of the fractions of a pixel's channels               */
static const double NO_BACKGROUND = 1e300;      /* 1 / b where b is 0: any source is infinitely bright  */

void fe_maplayer_free(fe_maplayer *p)
{
    free(p->kernel);
    free(p->weight);
    free(p->per_b);
    free(p->stat_null);
    free(p->before);
    free(p->n);
    free(p->column);
    free(p->w);
    *p = (fe_maplayer){ 0 };
}

/* ---- terms ----------------------------------------------------------------------------------------------------- */

typedef struct fields {             /* channels of a layer                                              */
    size_t n, n_pixels;
    double *fraction;               /* [n][n_pixels] X_j / X; what is left of it while terms are taken  */
    double *total;                  /* [n_pixels] X                                                     */
    size_t n_terms;
    double *mix;                    /* [n][n] part of term t in channel j: mix[j * n + t]               */
    size_t *term;                   /* [n] the row of `fraction` that is term t                         */
} fields;

static void fields_free(fields *f)
{
    free(f->fraction);
    free(f->total);
    free(f->mix);
    free(f->term);
}

static void fill_fields(fields *f, const fe_mapband *b, size_t first, bool as_gammapy)
{
    size_t n = f->n_pixels;

    for (size_t q = 0; q < n; q++) {
        size_t n_used = 0;

        for (size_t j = 0; j < f->n; j++) {
            f->total[q] += b->excess[(first + j) * n + q];
            n_used += b->mask[(first + j) * n + q];
        }
        for (size_t j = 0; j < f->n; j++) {
            size_t i = (first + j) * n + q;

            if (as_gammapy)
                f->fraction[j * n + q] = b->mask[i] ? 1 / (double)n_used : 0;
            else
                f->fraction[j * n + q] = f->total[q] > 0 ? b->excess[i] / f->total[q] : 0;
        }
    }
}

/* The channel with the largest value that is left. */
static size_t largest(const fields *f, const bool *taken, double *value)
{
    size_t best = 0;

    *value = 0;
    for (size_t j = 0; j < f->n; j++)
        for (size_t q = 0; !taken[j] && q < f->n_pixels; q++)
            if (fabs(f->fraction[j * f->n_pixels + q]) > *value) {
                *value = fabs(f->fraction[j * f->n_pixels + q]);
                best = j;
            }
    return best;
}

static double dot(const double *a, const double *b, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* Gram-Schmidt, the channel with the largest rest first. */
static void find_terms(fields *f)
{
    bool *taken = FE_NEWN(bool, f->n);
    size_t n = f->n_pixels;

    while (f->n_terms < f->n) {
        double value;
        size_t j = largest(f, taken, &value);
        const double *basis = f->fraction + j * n;
        double square = dot(basis, basis, n);

        if (!(value > LEFT_OVER))
            break;
        taken[j] = true;
        f->mix[j * f->n + f->n_terms] = 1;
        for (size_t i = 0; i < f->n; i++) {
            double *rest = f->fraction + i * n, part = taken[i] ? 0 : dot(rest, basis, n) / square;

            if (taken[i])
                continue;
            f->mix[i * f->n + f->n_terms] = part;
            for (size_t q = 0; q < n; q++)
                rest[q] -= part * basis[q];
        }
        f->term[f->n_terms++] = j;
    }
    free(taken);
}

static fields terms_of(const fe_mapband *b, size_t at, bool as_gammapy)
{
    bool cube = b->n_planes > 1;
    fields f = { .n = cube ? 1 : b->n_channels, .n_pixels = b->ny * b->nx };

    f.fraction = FE_NEWN(double, f.n * f.n_pixels);
    f.total = FE_NEWN(double, f.n_pixels);
    f.mix = FE_NEWN(double, f.n * f.n);
    f.term = FE_NEWN(size_t, f.n);
    fill_fields(&f, b, cube ? at : 0, as_gammapy);
    find_terms(&f);
    return f;
}

/* ---- planes ---------------------------------------------------------------------------------------------------- */

/* K_t = sum_j mix K_j */
static void mix_kernels(fe_maplayer *p, const fields *f, const fe_kernels *k, size_t first)
{
    size_t n = p->side * p->side, T = f->n_terms;

    p->kernel = FE_NEWN(double, n * T);
    for (size_t j = 0; j < f->n; j++)
        for (size_t t = 0; t < T; t++)
            for (size_t i = 0; i < n; i++)
                p->kernel[i * T + t] += f->mix[j * f->n + t] * k->value[(first + j) * n + i];
}

static void pad_planes(fe_maplayer *p, const fields *f)
{
    size_t stride = p->nx + 2 * p->half + FE_BLOCK, plane = (p->ny + 2 * p->half) * stride;

    p->weight = FE_NEWN(double, f->n_terms * plane);
    p->per_b = FE_NEWN(double, plane);
    for (size_t y = 0; y < p->ny; y++)
        for (size_t x = 0; x < p->nx; x++) {
            size_t q = y * p->nx + x, to = (y + p->half) * stride + x + p->half;

            p->per_b[to] = p->background[q] > 0 ? 1 / p->background[q] : NO_BACKGROUND;
            for (size_t t = 0; t < f->n_terms; t++)
                p->weight[t * plane + to] = f->total[q] * f->fraction[f->term[t] * f->n_pixels + q];
        }
    p->plane = (fe_map_plane){ p->side, f->n_terms, p->kernel, stride, plane, p->weight, p->per_b };
}

static void list_counts(fe_maplayer *p)
{
    size_t n = 0, T = p->plane.n_terms;
    uint32_t k = 0;

    for (size_t q = 0; q < p->ny * p->nx; q++)
        n += p->counts[q] > 0;
    p->before = FE_NEWN(uint32_t, p->ny * (p->nx + 1));
    p->n = FE_NEWN(double, n);
    p->column = FE_NEWN(uint32_t, n);
    p->w = FE_NEWN(double, n * T);
    for (size_t y = 0; y < p->ny; y++)
        for (size_t x = 0; x <= p->nx; x++) {
            size_t q = y * p->nx + x;

            p->before[y * (p->nx + 1) + x] = k;
            if (x == p->nx || !(p->counts[q] > 0))
                continue;
            p->n[k] = p->counts[q];
            p->column[k] = (uint32_t)x;
            for (size_t t = 0; t < T; t++)
                p->w[k * T + t] = p->weight[t * p->plane.plane + (y + p->half) * p->plane.stride + x + p->half] / p->background[q];
            k++;
        }
}

void fe_maplayer_make(const fe_mapband *b, size_t at, const fe_kernels *k, bool as_gammapy, fe_maplayer *p)
{
    size_t n = b->ny * b->nx;
    fields f = terms_of(b, at, as_gammapy);

    *p = (fe_maplayer){ .band = b, .at = at, .ny = b->ny, .nx = b->nx, .side = k->n, .half = k->n / 2,
                        .counts = b->counts + at * n, .background = b->background + at * n };
    mix_kernels(p, &f, k, b->n_planes > 1 ? at : 0);
    pad_planes(p, &f);
    list_counts(p);
    if (!b->n_off) {
        p->stat_null = FE_NEWN(double, n);
        for (size_t q = 0; q < n; q++)
            p->stat_null[q] = p->counts[q] != 0 || p->background[q] != 0 ? fe_cash(p->counts[q], p->background[q]) : 0;
    }
    fields_free(&f);
}

double fe_maplayer_signal(const fe_maplayer *p, size_t x, size_t y, size_t k, size_t l)
{
    const double *kernel = p->kernel + (k * p->side + l) * p->plane.n_terms;
    const double *weight = p->weight + (y + k) * p->plane.stride + x + l;
    double m = p->plane.n_terms ? weight[0] * kernel[0] : 0;

    for (size_t t = 1; t < p->plane.n_terms; t++)
        m += weight[t * p->plane.plane] * kernel[t];
    return m;
}
