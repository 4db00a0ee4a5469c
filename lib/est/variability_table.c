#include "est/variability_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "est/variability.h"
#include "phys/units.h"

/* ---- which row belongs to which curve -------------------------------------------------------------------------- */

static bool same(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

/* What a curve goes over: the first of these that the table has; the others tell its curves apart. */
static const fe_key axes[][2] = {
    { FE_KEY_TIME_MIN, FE_KEY_TIME_MAX }, { FE_KEY_PHASE_MIN, FE_KEY_PHASE_MAX }, { FE_KEY_X_MIN, FE_KEY_X_MAX }
};
static const fe_key bands[] = { FE_KEY_E_MIN, FE_KEY_E_MAX, FE_KEY_E_REF };

enum { N_AXES = sizeof axes / sizeof *axes, N_BANDS = sizeof bands / sizeof *bands };

static int axis_of(const fe_estimate *e)
{
    int k = 0;

    while (k < N_AXES && !e->key[axes[k][0]])
        k++;
    return k;
}

static bool same_key(const fe_estimate *e, fe_key key, size_t i, size_t j)
{
    return !e->key[key] || same(e->key[key][i], e->key[key][j]);
}

static bool same_curve(const fe_estimate *e, size_t i, size_t j)
{
    if (e->source && strcmp(e->source[i] ? e->source[i] : "", e->source[j] ? e->source[j] : ""))
        return false;
    for (int k = 0; k < N_BANDS; k++)
        if (!same_key(e, bands[k], i, j))
            return false;
    for (int k = axis_of(e) + 1; k < N_AXES; k++)
        if (!same_key(e, axes[k][0], i, j) || !same_key(e, axes[k][1], i, j))
            return false;
    return true;
}

/* curve[i]: that of row i, counted in the order they come; first[k]: a row of the k-th. */
static size_t find_curves(const fe_estimate *e, size_t *curve, size_t *first)
{
    size_t n = 0, last = 0;

    for (size_t i = 0; i < e->n; i++) {
        size_t k = 0;

        while (k < n && !same_curve(e, i, first[(last + k) % n]))       /* that of the row before, or the next */
            k++;
        if (k < n) {
            last = (last + k) % n;
        } else {
            last = n;
            first[n++] = i;
        }
        curve[i] = last;
    }
    return n;
}

/* ---- one curve -------------------------------------------------------------------------------------------------- */

typedef struct point { double at; size_t row; } point;

static int by_place(const void *a, const void *b)
{
    const point *x = a, *y = b;

    return x->at != y->at ? (x->at > y->at) - (x->at < y->at) : (x->row > y->row) - (x->row < y->row);
}

/* Published curves that know no intervals have a column of instants. */
static const fe_column *instants(const fe_estimate *e)
{
    const fe_column *c = axis_of(e) == N_AXES ? fe_table_find(e->rest, "time") : NULL;

    return c && c->type == FE_COL_DOUBLE && c->width == 1 ? c : NULL;
}

static double middle(const fe_estimate *e, size_t row)
{
    int axis = axis_of(e);
    const double *lo = axis < N_AXES ? e->key[axes[axis][0]] : NULL, *hi = axis < N_AXES ? e->key[axes[axis][1]] : NULL;

    if (instants(e))
        return fe_column_number(instants(e), row, 0);
    return !lo ? (double)row : hi && !isnan(hi[row]) ? lo[row] + (hi[row] - lo[row]) / 2 : lo[row];
}

static double at(const double *x, size_t row)
{
    return x ? x[row] : NAN;
}

static double error_of(const fe_estimate *e, size_t row)
{
    double *const *family = e->family[e->type];
    double err = at(family[FE_ERR], row), n_sigma = e->n_sigma > 0 ? e->n_sigma : 1;

    return (isnan(err) ? 0.5 * (at(family[FE_ERRN], row) + at(family[FE_ERRP], row)) : err) / n_sigma;
}

typedef struct curve {              /* rows of one curve by time                                        */
    size_t n;
    double *t_mjd, *value, *err, *ref;
    fe_scan **scan;
} curve;

static fe_scan *scan_of(const fe_estimate *e, size_t row, double ref)
{
    const double *value = e->family[e->type][FE_VALUE];

    if (!e->n_scan || !isfinite(ref))
        return NULL;
    return fe_scan_new(e->n_scan, e->norm_scan + row * e->n_scan, e->stat_scan + row * e->n_scan, at(value, row) / ref,
                       at(e->q[FE_Q_STAT], row));
}

static curve curve_new(const fe_estimate *e, size_t n, const point *p, double factor)
{
    curve c = { n, FE_NEWN(double, n), FE_NEWN(double, n), FE_NEWN(double, n), FE_NEWN(double, n), FE_NEWN(fe_scan *, n) };
    bool over_time = axis_of(e) == 0 || instants(e);

    for (size_t i = 0; i < n; i++) {
        size_t row = p[i].row;
        double ref = e->type == FE_SED_LIKELIHOOD ? 1 : at(e->ref[e->type], row);

        c.t_mjd[i] = over_time ? p[i].at : NAN;
        c.value[i] = at(e->family[e->type][FE_VALUE], row) * factor;
        c.err[i] = error_of(e, row) * factor;
        c.ref[i] = ref;
        c.scan[i] = scan_of(e, row, ref);
    }
    return c;
}

static void curve_free(curve *c)
{
    for (size_t i = 0; i < c->n; i++)
        fe_scan_free(c->scan[i]);
    free(c->scan);
    free(c->t_mjd);
    free(c->value);
    free(c->err);
    free(c->ref);
}

/* ---- the table -------------------------------------------------------------------------------------------------- */

static void put(fe_table *t, size_t row, const char *name, double x)
{
    fe_column *c = fe_table_find(t, name);

    if (c->type == FE_COL_INT)
        c->v.i[row] = (int64_t)x;
    else
        c->v.d[row] = x;
}

static void put_scale(fe_table *t, size_t row, const char *name, fe_time_scale s)
{
    static const char *const suffix[] = { "", "_err", "_mjd" };
    const double x[] = { s.s, s.err_s, s.mjd };
    fe_str column = { 0 };

    for (int k = 0; k < 3; k++) {
        column.len = 0;
        fe_str_addf(&column, "%s%s", name, suffix[k]);
        put(t, row, column.s, x[k]);
    }
    fe_str_free(&column);
}

static void put_curve(const curve *c, fe_table *t, size_t row)
{
    fe_variability v = fe_variability_measure(&(fe_curve){ c->n, c->t_mjd, c->value, c->err }, false);
    fe_tsvar ts = fe_variability_tsvar(&(fe_curve_scans){ c->n, c->scan, c->ref });

    put(t, row, "n", (double)v.n);
    put(t, row, "mean", v.mean);
    put(t, row, "mean_err", v.mean_err);
    put(t, row, "chi2", v.chi2);
    put(t, row, "ndf", v.n ? (double)v.n - 1 : 0);
    put(t, row, "p_value", v.p_value);
    put(t, row, "fvar", v.fvar);
    put(t, row, "fvar_err", v.fvar_err);
    put(t, row, "fpp", v.fpp);
    put(t, row, "fpp_err", v.fpp_err);
    put(t, row, "ts_var", ts.n ? ts.ts : NAN);
    put(t, row, "ts_var_ndf", ts.n ? (double)ts.n - 1 : 0);
    put(t, row, "ts_var_p", ts.n ? ts.p_value : NAN);
    put_scale(t, row, "t_double", v.doubling);
    put_scale(t, row, "t_halve", v.halving);
}

static const struct { const char *name, *unit; fe_coltype type; const char *help; } columns[] = {
    { "n", "", FE_COL_INT, "rows with a value and an error" },
    { "mean", NULL, FE_COL_DOUBLE, "mean weighted by 1/err^2" },
    { "mean_err", NULL, FE_COL_DOUBLE, "its error, 1 sigma" },
    { "chi2", "", FE_COL_DOUBLE, "of the weighted mean" },
    { "ndf", "", FE_COL_INT, "degrees of freedom of chi2" },
    { "p_value", "", FE_COL_DOUBLE, "chance of a chi2 as large from a constant" },
    { "fvar", "", FE_COL_DOUBLE, "fractional variance; below 0 where the scatter is less than the errors" },
    { "fvar_err", "", FE_COL_DOUBLE, "its error" },
    { "fpp", "", FE_COL_DOUBLE, "fractional variance between neighbours; white noise gives fvar" },
    { "fpp_err", "", FE_COL_DOUBLE, "its error" },
    { "ts_var", "", FE_COL_DOUBLE, "2 ln L of the bins minus that of one constant, from the scans" },
    { "ts_var_ndf", "", FE_COL_INT, "its degrees of freedom" },
    { "ts_var_p", "", FE_COL_DOUBLE, "chance of a ts_var as large from a constant" },
    { "t_double", "s", FE_COL_DOUBLE, "shortest time to double between neighbours" },
    { "t_double_err", "s", FE_COL_DOUBLE, "its error" },
    { "t_double_mjd", "d", FE_COL_DOUBLE, "middle of the first of the two bins" },
    { "t_halve", "s", FE_COL_DOUBLE, "shortest time to halve" },
    { "t_halve_err", "s", FE_COL_DOUBLE, "its error" },
    { "t_halve_mjd", "d", FE_COL_DOUBLE, "middle of the first of the two bins" },
};

static void add_column(fe_table *t, const char *name, fe_coltype type, const char *unit, const char *help)
{
    fe_table_add(t, name, type, unit, 1)->comment = fe_strdup(help);
}

/* Energies, and what the curve does not go over; the axes stand in the order of their keys. */
static bool tells_apart(const fe_estimate *e, int key)
{
    int axis = axis_of(e);

    return key <= FE_KEY_E_REF || (axis < N_AXES - 1 && key > (int)axes[axis][1]);
}

static fe_table *make_table(const fe_estimate *e, const char *unit, size_t n, const size_t *first)
{
    fe_table *t = fe_table_new("VARIABILITY", n);

    if (e->source)
        add_column(t, "source", FE_COL_STRING, "", "name of the source");
    for (int k = 0; k < FE_KEY_N; k++)
        if (e->key[k] && tells_apart(e, k))
            add_column(t, fe_keys[k].name, FE_COL_DOUBLE, fe_keys[k].unit, fe_keys[k].help);
    for (size_t k = 0; k < sizeof columns / sizeof *columns; k++)
        add_column(t, columns[k].name, columns[k].type, columns[k].unit ? columns[k].unit : unit, columns[k].help);
    for (size_t row = 0; row < n; row++) {
        for (int k = 0; k < FE_KEY_N; k++)
            if (fe_table_find(t, fe_keys[k].name))
                put(t, row, fe_keys[k].name, e->key[k][first[row]]);
        if (e->source) {
            free(t->col[0].v.s[row]);
            t->col[0].v.s[row] = fe_strdup(e->source[first[row]] ? e->source[first[row]] : "");
        }
    }
    fe_meta_set(&t->meta, "SED_TYPE", FE_META_STRING, fe_sedtypes[e->type].name, "type of mean");
    if (e->timesys)
        fe_meta_set(&t->meta, "TIMESYS", FE_META_STRING, e->timesys, "time scale");
    return t;
}

int fe_variability_table(fe_estimate *e, const char *unit, fe_table **out, fe_err *err)
{
    size_t *curves = NULL, *first = NULL, n_curves;
    point *p = NULL;
    double factor;

    if (!unit)
        unit = fe_sedtypes[e->type].out_unit;
    if (fe_unit_factor(fe_sedtypes[e->type].unit, unit, &factor, err) < 0)
        return -1;
    if (e->n_scan && e->type != FE_SED_LIKELIHOOD)
        fe_estimate_fill_refs(e);
    curves = FE_NEWN(size_t, e->n);
    first = FE_NEWN(size_t, e->n);
    p = FE_NEWN(point, e->n);
    n_curves = find_curves(e, curves, first);
    *out = make_table(e, unit, n_curves, first);
    for (size_t k = 0; k < n_curves; k++) {
        size_t n = 0;
        curve c;

        for (size_t i = 0; i < e->n; i++)
            if (curves[i] == k)
                p[n++] = (point){ middle(e, i), i };
        qsort(p, n, sizeof *p, by_place);
        c = curve_new(e, n, p, factor);
        put_curve(&c, *out, k);
        curve_free(&c);
    }
    free(curves);
    free(first);
    free(p);
    return 0;
}
