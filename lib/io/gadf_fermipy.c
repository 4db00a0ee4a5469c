/* The light curve of fermipy as a table by the rules of gadf-sed: names, units, and what its columns mean (formats 11). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/gadf_columns.h"

/* Its columns have no units: those of fermipy are MeV, cm, s. */
static const struct { const char *theirs, *ours, *unit; } columns[] = {
    { "tmin_mjd", "time_min", "d" }, { "tmax_mjd", "time_max", "d" },
    { "flux", "flux", "cm-2 s-1" }, { "flux_err", "flux_err", "cm-2 s-1" }, { "flux_ul95", "flux_ul", "cm-2 s-1" },
    { "eflux", "eflux", "MeV cm-2 s-1" }, { "eflux_err", "eflux_err", "MeV cm-2 s-1" },
    { "eflux_ul95", "eflux_ul", "MeV cm-2 s-1" },
    { "dnde", "dnde", "cm-2 s-1 MeV-1" }, { "dnde_err", "dnde_err", "cm-2 s-1 MeV-1" },
    { "fit_success", "success", "" },
};

enum { N_COLUMNS = sizeof columns / sizeof *columns };

static const fe_table *curve_of(const fe_document *doc)
{
    for (size_t i = 0; i < doc->n_parts; i++) {
        const fe_table *t = doc->part[i].table;

        if (t && fe_table_find(t, "tmin_mjd") && fe_table_find(t, "tmax_mjd") && fe_table_find(t, "flux") &&
            fe_table_find(t, "flux_ul95"))
            return t;
    }
    return NULL;
}

bool fe_fermipy_is_curve(const fe_document *doc)
{
    return curve_of(doc) != NULL;
}

static int place_of(const char *name)
{
    int k = 0;

    while (k < N_COLUMNS && !fe_str_equal_nocase(name, columns[k].theirs))
        k++;
    return k;
}

/* Where fits failed there is none; one that differs from bin to bin tells no bands apart. */
static bool is_constant(const fe_column *c, size_t n, double *x)
{
    *x = NAN;
    for (size_t row = 0; row < n; row++) {
        double y = fe_column_number(c, row, 0);

        if (!isnan(y) && !isnan(*x) && y != *x)
            return false;
        *x = isnan(y) ? *x : y;
    }
    return true;
}

static void add_e_ref(fe_table *t, const fe_table *from)
{
    const fe_column *pivot = fe_table_find(from, "pivot_energy");
    fe_column *c;
    double x;

    if (!pivot || !is_constant(pivot, t->n_rows, &x))
        return;
    c = fe_table_add(t, "e_ref", FE_COL_DOUBLE, "MeV", 1);
    for (size_t row = 0; row < t->n_rows; row++)
        c->v.d[row] = x;
}

static void copy_column(fe_table *t, const fe_column *from)
{
    int k = place_of(from->name);
    fe_column *c = fe_column_like(t, from, from->width);

    if (k < N_COLUMNS) {
        free(c->name);
        free(c->unit);
        c->name = fe_strdup(columns[k].ours);
        c->unit = fe_strdup(columns[k].unit);
    }
    fe_column_copy(from, 0, c, 0, t->n_rows * from->width);
}

/* ln L of the scan becomes -2 ln L; what norm 1 is worth is the flux of the scan over its norm, at the last point. */
static void add_scans(fe_table *t, const fe_table *from)
{
    const fe_column *norm = fe_table_find(from, "norm_scan"), *flux = fe_table_find(from, "flux_scan");
    const fe_column *loglike = fe_table_find(from, "loglike_scan");
    fe_column *stat, *ref;

    if (!norm || !flux || !loglike || norm->type != FE_COL_DOUBLE || norm->width != flux->width ||
        norm->width != loglike->width || !norm->width)
        return;
    stat = fe_table_add(t, "stat_scan", FE_COL_DOUBLE, "", norm->width);
    stat->n_dim = 1;
    stat->dim[0] = norm->width;
    ref = fe_table_add(t, "ref_flux", FE_COL_DOUBLE, "cm-2 s-1", 1);
    for (size_t row = 0; row < t->n_rows; row++) {
        for (size_t k = 0; k < norm->width; k++)
            stat->v.d[row * norm->width + k] = -2 * fe_column_number(loglike, row, k);
        ref->v.d[row] = fe_column_number(flux, row, norm->width - 1) / fe_column_number(norm, row, norm->width - 1);
    }
}

static void add_source(fe_table *t, const char *name)
{
    fe_column *c;

    if (!name)
        return;
    c = fe_table_add(t, "source", FE_COL_STRING, "", 1);
    for (size_t row = 0; row < t->n_rows; row++) {
        free(c->v.s[row]);
        c->v.s[row] = fe_strdup(name);
    }
}

static fe_table *translate(const fe_table *from)
{
    fe_table *t = fe_table_new("FLUXPOINTS", from->n_rows);

    add_source(t, fe_meta_text(&from->meta, "SRCNAME"));
    for (size_t k = 0; k < from->n_cols; k++)
        if (!fe_str_equal_nocase(from->col[k].name, "dloglike_scan"))       /* counts from the best fit: stat_scan says it */
            copy_column(t, &from->col[k]);
    add_e_ref(t, from);
    add_scans(t, from);
    fe_metalist_copy(&t->meta, &from->meta);
    fe_meta_set(&t->meta, "SED_TYPE", FE_META_STRING, "flux", NULL);
    fe_meta_set_number(&t->meta, "UL_CONF", 0.95, NULL);
    fe_meta_set(&t->meta, "ULSIDE", FE_META_STRING, "one", NULL);
    fe_meta_set_number(&t->meta, "NSIGMA", 1, NULL);
    fe_meta_set(&t->meta, "TIMESYS", FE_META_STRING, "TT", NULL);           /* of Fermi's MET, and so of its MJD */
    return t;
}

int fe_fermipy_read_curve(const fe_document *doc, int type, fe_estimate **out, fe_err *err)
{
    fe_table *t = translate(curve_of(doc));
    int rc = fe_estimate_of_table(doc, t, type, out, err);

    fe_table_free(t);
    return rc;
}
