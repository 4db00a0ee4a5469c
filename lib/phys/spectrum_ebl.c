#include "phys/spectrum_ebl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "phys/const.h"

typedef struct row {
    double z;
    size_t number;              /* in the table as it came */
} row;

static int by_redshift(const void *a, const void *b)
{
    const row *x = a, *y = b;

    if (x->z != y->z)
        return x->z < y->z ? -1 : 1;
    return (x->number > y->number) - (x->number < y->number);
}

static int is_sound(size_t n_z, const double *z, size_t n_e, const double *e_TeV, const double *transmission)
{
    if (!n_z || n_e < 2)
        return 0;
    for (size_t i = 0; i < n_z; i++)
        if (!(z[i] >= 0) || !isfinite(z[i]))
            return 0;
    for (size_t k = 0; k < n_e; k++)
        if (!(e_TeV[k] > (k ? e_TeV[k - 1] : 0)) || !isfinite(e_TeV[k]))
            return 0;
    for (size_t i = 0; i < n_z * n_e; i++)
        if (!(transmission[i] >= 0) || !isfinite(transmission[i]))
            return 0;
    return 1;
}

static void take_row(fe_ebl *ebl, double z, const double *transmission)
{
    double *to = ebl->transmission + ebl->n_z * ebl->n_e, *log_t = ebl->log_t + ebl->n_z * ebl->n_e;

    ebl->z[ebl->n_z++] = z;
    for (size_t k = 0; k < ebl->n_e; k++) {
        to[k] = transmission[k];
        log_t[k] = log(fmax(transmission[k], FE_TINY_DOUBLE));
    }
}

fe_ebl *fe_ebl_new(const char *name, size_t n_z, const double *z, size_t n_e, const double *e_TeV,
                   const double *transmission)
{
    fe_ebl *ebl;
    row *order;

    if (!is_sound(n_z, z, n_e, e_TeV, transmission))
        return NULL;
    order = FE_NEWN(row, n_z);
    for (size_t i = 0; i < n_z; i++)
        order[i] = (row){ z[i], i };
    qsort(order, n_z, sizeof *order, by_redshift);
    ebl = FE_NEW(fe_ebl);
    ebl->name = fe_strdup(name ? name : "");
    ebl->n_e = n_e;
    ebl->z = FE_NEWN(double, n_z);
    ebl->e_TeV = FE_NEWN(double, n_e);
    ebl->log_e = FE_NEWN(double, n_e);
    ebl->transmission = FE_NEWN(double, n_z * n_e);
    ebl->log_t = FE_NEWN(double, n_z * n_e);
    for (size_t k = 0; k < n_e; k++) {
        ebl->e_TeV[k] = e_TeV[k];
        ebl->log_e[k] = log(e_TeV[k]);
    }
    for (size_t i = 0; i < n_z; i++)
        if (!i || order[i].z > order[i - 1].z)
            take_row(ebl, order[i].z, transmission + order[i].number * n_e);
    atomic_init(&ebl->n_owners, 1);
    free(order);
    return ebl;
}

fe_ebl *fe_ebl_share(fe_ebl *ebl)
{
    if (ebl)
        atomic_fetch_add(&ebl->n_owners, 1);
    return ebl;
}

void fe_ebl_free(fe_ebl *ebl)
{
    if (!ebl || atomic_fetch_sub(&ebl->n_owners, 1) > 1)
        return;
    free(ebl->name);
    free(ebl->z);
    free(ebl->e_TeV);
    free(ebl->log_e);
    free(ebl->transmission);
    free(ebl->log_t);
    free(ebl);
}

/* ---- interpolation ------------------------------------------------------------------------------------------- */

/* Lower node of the segment that holds x, or of the outermost one beside it; n of at least 2. */
static size_t segment(const double *node, size_t n, double x)
{
    size_t lo = 0, hi = n - 1;

    while (hi - lo > 1) {
        size_t mid = lo + (hi - lo) / 2;

        if (node[mid] <= x)
            lo = mid;
        else
            hi = mid;
    }
    return lo;
}

size_t fe_ebl_segment(const fe_ebl *ebl, double redshift)
{
    return ebl->n_z < 2 ? 0 : segment(ebl->z, ebl->n_z, redshift);
}

double fe_ebl_transmission(const fe_ebl *ebl, double redshift, double e_TeV)
{
    double x = log(e_TeV), u, v, lower, upper;
    size_t k = segment(ebl->log_e, ebl->n_e, x), i = fe_ebl_segment(ebl, redshift);
    const double *row0 = ebl->log_t + i * ebl->n_e, *row1 = row0 + (ebl->n_z > 1 ? ebl->n_e : 0);

    u = (x - ebl->log_e[k]) / (ebl->log_e[k + 1] - ebl->log_e[k]);
    lower = row0[k] + u * (row0[k + 1] - row0[k]);
    if (ebl->n_z == 1)
        return fmin(exp(lower), 1);
    v = (redshift - ebl->z[i]) / (ebl->z[i + 1] - ebl->z[i]);
    upper = row1[k] + u * (row1[k + 1] - row1[k]);
    lower += v * (upper - lower);
    return isnan(lower) ? NAN : fmin(exp(lower), 1);
}
