#include "types/estimate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

fe_estimate *fe_estimate_new(void)
{
    fe_estimate *e = FE_NEW(fe_estimate);

    e->type = FE_SED_LIKELIHOOD;
    e->n_sigma = e->ul_drop = e->ul_conf = NAN;
    e->ul_bounded = true;
    e->rest = fe_table_new("", 0);
    return e;
}

static void free_arrays(fe_estimate *e)
{
    for (int k = 0; k < FE_KEY_N; k++)
        free(e->key[k]);
    for (int t = 0; t < FE_SED_N; t++) {
        for (int m = 0; m < FE_MEMBER_N; m++)
            free(e->family[t][m]);
        free(e->ref[t]);
    }
    for (int q = 0; q < FE_Q_N; q++)
        free(e->q[q]);
    free(e->norm_scan);
    free(e->stat_scan);
    free(e->covar);
}

void fe_estimate_free(fe_estimate *e)
{
    if (!e)
        return;
    free_arrays(e);
    for (size_t i = 0; e->source && i < e->n; i++)
        free(e->source[i]);
    free(e->source);
    free(e->file);
    fe_spectrum_free(e->model);
    free(e->model_yaml);
    free(e->model_origin);
    free(e->ul_side);
    free(e->ul_rule);
    free(e->timesys);
    fe_gti_free(e->gti);
    free(e->energy_unit);
    fe_table_free(e->rest);
    fe_strv_free(&e->order);
    free(e);
}

static void fill_nan(double *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] = NAN;
}

static double *nan_array(size_t n)
{
    double *x = FE_NEWN(double, n ? n : 1);

    fill_nan(x, n);
    return x;
}

static void grow(double **x, size_t n_old, size_t n_new)
{
    if (!*x)
        return;
    *x = fe_realloc(*x, n_new, sizeof **x);
    fill_nan(*x + n_old, n_new - n_old);
}

static void grow_all(fe_estimate *e, size_t cap)
{
    for (int k = 0; k < FE_KEY_N; k++)
        grow(&e->key[k], e->cap, cap);
    for (int t = 0; t < FE_SED_N; t++) {
        for (int m = 0; m < FE_MEMBER_N; m++)
            grow(&e->family[t][m], e->cap, cap);
        grow(&e->ref[t], e->cap, cap);
    }
    for (int q = 0; q < FE_Q_N; q++)
        grow(&e->q[q], e->cap, cap);
    grow(&e->norm_scan, e->cap * e->n_scan, cap * e->n_scan);
    grow(&e->stat_scan, e->cap * e->n_scan, cap * e->n_scan);
    if (e->source) {
        e->source = fe_realloc(e->source, cap, sizeof *e->source);
        memset(e->source + e->cap, 0, (cap - e->cap) * sizeof *e->source);
    }
    e->cap = cap;
}

/* Rows and columns for n_new rows; what is new is missing. */
static void grow_covar(fe_estimate *e, size_t n_new)
{
    double *covar;

    if (!e->covar)
        return;
    covar = nan_array(n_new * n_new);
    for (size_t i = 0; i < e->n; i++)
        memcpy(covar + i * n_new, e->covar + i * e->n, e->n * sizeof *covar);
    free(e->covar);
    e->covar = covar;
}

size_t fe_estimate_add_rows(fe_estimate *e, size_t n)
{
    size_t first = e->n;

    grow_covar(e, e->n + n);
    if (e->n + n > e->cap)
        grow_all(e, e->n + n > 2 * e->cap ? e->n + n : 2 * e->cap);
    e->n += n;
    fe_table_resize(e->rest, e->n);
    return first;
}

size_t fe_estimate_add_row(fe_estimate *e)
{
    return fe_estimate_add_rows(e, 1);
}

static double *made(double **x, size_t n)
{
    if (!*x)
        *x = nan_array(n);
    return *x;
}

double *fe_estimate_key(fe_estimate *e, fe_key key)
{
    return made(&e->key[key], e->cap);
}

bool fe_estimate_has(const fe_estimate *e, fe_key key)
{
    for (size_t i = 0; e->key[key] && i < e->n; i++)
        if (!isnan(e->key[key][i]))
            return true;
    return false;
}

bool fe_estimate_varies(const fe_estimate *e, fe_key key)
{
    for (size_t i = 1; e->key[key] && i < e->n; i++)
        if (e->key[key][i] != e->key[key][0] && !(isnan(e->key[key][i]) && isnan(e->key[key][0])))
            return true;
    return false;
}

double *fe_estimate_member(fe_estimate *e, fe_sedtype type, fe_member member)
{
    return made(&e->family[type][member], e->cap);
}

double *fe_estimate_ref(fe_estimate *e, fe_sedtype type)
{
    return made(&e->ref[type], e->cap);
}

double *fe_estimate_quantity(fe_estimate *e, fe_quantity quantity)
{
    return made(&e->q[quantity], e->cap);
}

double *fe_estimate_covar(fe_estimate *e)
{
    return made(&e->covar, e->n * e->n);
}

double fe_estimate_covariance(const fe_estimate *e, fe_sedtype type, size_t i, size_t j)
{
    const double *ref = e->ref[type];

    if (!e->covar || (type != FE_SED_LIKELIHOOD && !ref))
        return NAN;
    return e->covar[i * e->n + j] * (type == FE_SED_LIKELIHOOD ? 1 : ref[i] * ref[j]);
}

void fe_estimate_set_source(fe_estimate *e, size_t row, const char *name)
{
    if (!e->source)
        e->source = FE_NEWN(char *, e->cap);
    free(e->source[row]);
    e->source[row] = fe_strdup(name);
}

/* Rows of n_old points each become rows of n_new points; what is new is missing. */
static double *wider(double *x, size_t n_rows, size_t n_old, size_t n_new)
{
    double *y = nan_array(n_rows * n_new);

    for (size_t i = 0; x && i < n_rows; i++)
        memcpy(y + i * n_new, x + i * n_old, n_old * sizeof *y);
    free(x);
    return y;
}

void fe_estimate_scan(fe_estimate *e, size_t n_scan)
{
    if (n_scan <= e->n_scan)
        return;
    e->norm_scan = wider(e->norm_scan, e->cap, e->n_scan, n_scan);
    e->stat_scan = wider(e->stat_scan, e->cap, e->n_scan, n_scan);
    e->n_scan = n_scan;
}

size_t fe_estimate_scan_length(const fe_estimate *e, size_t row)
{
    size_t n = e->n_scan;

    while (n && isnan(e->norm_scan[row * e->n_scan + n - 1]))
        n--;
    return n;
}
