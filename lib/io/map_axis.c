/* Axes of a map from its BANDS table (formats 2.2). */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "io/map_hdu.h"
#include "phys/units.h"

static const double TOUCH_RTOL = 1e-5;      /* older files: edges in single precision */

void fe_map_axis_free(fe_map_axis *a)
{
    free(a->edge);
    free(a->node);
    a->edge = a->node = NULL;
}

/* ---- the table ---------------------------------------------------------------------------------------------- */

/* BANDSHDU says it; without: the usual names. */
static const fe_table *find_bands(const fe_document *doc, const char *hdu, const fe_metalist *meta, fe_str *tried)
{
    const char *said = fe_meta_text(meta, "BANDSHDU");
    const fe_table *t;

    tried->len = 0;
    if (said)
        fe_str_add(tried, said);
    else
        fe_str_addf(tried, "%s_BANDS", hdu);
    t = fe_document_table(doc, tried->s);
    return t || said ? t : fe_document_table(doc, "BANDS");
}

/* AXCOLSn of the map, else of the table; NULL: there is none. */
static const char *axcols(const fe_metalist *meta, const fe_table *bands, size_t k)
{
    char key[16];
    const char *text;

    snprintf(key, sizeof key, "AXCOLS%zu", k + 1);
    text = fe_meta_text(meta, key);
    return text || !bands ? text : fe_meta_text(&bands->meta, key);
}

size_t fe_map_axis_count(const fe_document *doc, const char *hdu, const fe_metalist *meta)
{
    fe_str tried = { 0 };
    const fe_table *bands = find_bands(doc, hdu, meta, &tried);
    size_t n = 0;

    fe_str_free(&tried);
    while (axcols(meta, bands, n))
        n++;
    return n;
}

static void name_axis(const char *column, bool is_node, char name[24])
{
    size_t n = strlen(column);

    if (!is_node && fe_str_ends_nocase(column, "_MIN"))
        n -= 4;
    snprintf(name, 24, "%.*s", (int)(n < 23 ? n : 23), column);
    for (char *p = name; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    if (!strcmp(name, "e"))
        memcpy(name, "energy", sizeof "energy");
}

static fe_map_scale scale_of(const fe_metalist *meta, const fe_table *bands, size_t k)
{
    char key[16];
    const char *text;

    snprintf(key, sizeof key, "INTERP%zu", k + 1);
    text = fe_meta_text(meta, key);
    if (!text)
        text = fe_meta_text(&bands->meta, key);
    return text && fe_str_equal_nocase(text, "log") ? FE_MAP_LOG : text && fe_str_equal_nocase(text, "sqrt") ? FE_MAP_SQRT : FE_MAP_LIN;
}

/* ---- values ------------------------------------------------------------------------------------------------- */

/* Energies to TeV, angles to deg, times to s; energy axes must say what they are in, but for the MeV of the Fermitools. */
static int axis_factor(const fe_column *c, const char *name, const fe_where *at, double *factor, fe_err *err)
{
    bool is_energy = fe_str_starts(name, "energy"), is_angle = !strcmp(name, "rad") || !strcmp(name, "theta");
    const char *to = is_energy ? "TeV" : is_angle ? "deg" : "";
    fe_err reason;

    if (!*c->unit && is_energy && fe_str_equal_nocase(at->hdu, "ENERGIES"))
        return fe_unit_factor("MeV", "TeV", factor, err);
    if ((is_energy || is_angle) && !*c->unit)
        return fe_fail(err, FE_EDATA, at, "column %s has no unit, expected one of %s", c->name, is_energy ? "energy" : "angle");
    if (fe_unit_factor(c->unit, to, factor, &reason) == 0)
        return 0;
    if (!is_energy && !is_angle && fe_unit_factor(c->unit, "s", factor, NULL) == 0)
        return 0;
    return fe_fail(err, FE_EDATA, at, "column %s: %s", c->name, reason.text);
}

static int read_column(const fe_table *t, const char *column, const char *axis, const fe_where *at, double **out, fe_err *err)
{
    const fe_column *c = fe_table_find(t, column);
    double factor, *x;

    *out = NULL;
    if (!c)
        return fe_fail(err, FE_EDATA, at, "there is no column %s, which AXCOLS names for an axis", column);
    if (c->type == FE_COL_STRING || c->width != 1)
        return fe_fail(err, FE_EDATA, at, "column %s holds no numbers, or several a row: expected an axis", column);
    if (axis_factor(c, axis, at, &factor, err) < 0)
        return -1;
    x = FE_NEWN(double, t->n_rows);
    for (size_t i = 0; i < t->n_rows; i++)
        x[i] = fe_column_number(c, i, 0) * factor;
    for (size_t i = 0; i < t->n_rows; i++)
        if (!isfinite(x[i])) {
            const fe_where row = { at->file, at->hdu, (long)i + 1 };

            free(x);
            return fe_fail(err, FE_EDATA, &row, "column %s is not finite", column);
        }
    *out = x;
    return 0;
}

typedef struct span { double lo, hi; } span;

static int compare(const void *a, const void *b)
{
    const span *x = a, *y = b;

    return (x->lo > y->lo) - (x->lo < y->lo);
}

/* Rows by value, each value once. */
static size_t unique(span *s, size_t n)
{
    size_t kept = 0;

    qsort(s, n, sizeof *s, compare);
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || s[i].lo > s[kept - 1].lo)
            s[kept++] = s[i];
    return kept;
}

static double forth(fe_map_scale scale, double x)
{
    return scale == FE_MAP_LOG ? log(x) : scale == FE_MAP_SQRT ? sqrt(x) : x;
}

static double back(fe_map_scale scale, double y)
{
    return scale == FE_MAP_LOG ? exp(y) : scale == FE_MAP_SQRT ? y * y : y;
}

/* Middle of two values in the scale of the axis; sqrt(lo hi) of a logarithmic one. */
static double middle(fe_map_scale scale, double lo, double hi)
{
    return scale == FE_MAP_LOG ? sqrt(lo * hi) : back(scale, 0.5 * (forth(scale, lo) + forth(scale, hi)));
}

static void set_edges_of_nodes(fe_map_axis *a)
{
    size_t n = a->n;

    for (size_t i = 1; i < n; i++)
        a->edge[i] = middle(a->scale, a->node[i - 1], a->node[i]);
    a->edge[0] = back(a->scale, 1.5 * forth(a->scale, a->node[0]) - 0.5 * forth(a->scale, a->node[1]));
    a->edge[n] = back(a->scale, 1.5 * forth(a->scale, a->node[n - 1]) - 0.5 * forth(a->scale, a->node[n - 2]));
}

static int fill_bins(fe_map_axis *a, const span *s, const char *column, const fe_where *at, fe_err *err)
{
    for (size_t i = 0; i < a->n; i++) {
        if (!(s[i].hi > s[i].lo))
            return fe_fail(err, FE_EDATA, at, "axis %s: a bin goes from %g to %g", column, s[i].lo, s[i].hi);
        if (i + 1 < a->n && !fe_num_close(s[i].hi, s[i + 1].lo, TOUCH_RTOL))
            return fe_fail(err, FE_EDATA, at, "axis %s: a bin ends at %.10g, the next begins at %.10g, expected bins that touch",
                           column, s[i].hi, s[i + 1].lo);
        a->edge[i] = s[i].lo;
        a->node[i] = middle(a->scale, s[i].lo, i + 1 < a->n ? s[i + 1].lo : s[i].hi);
    }
    a->edge[a->n] = s[a->n - 1].hi;
    return 0;
}

/* One node has no neighbour to lie half way to: its bin must be in the table. */
static int fill_single_node(fe_map_axis *a, const fe_table *t, const char *column, const fe_where *at, fe_err *err)
{
    bool energy = fe_str_equal_nocase(column, "ENERGY");
    char name[2][32];
    double *x[2] = { NULL, NULL };
    int rc = 0;

    for (int k = 0; rc == 0 && k < 2; k++) {
        snprintf(name[k], sizeof name[k], "%.26s%s", energy ? "E" : column, k ? "_MAX" : "_MIN");
        rc = read_column(t, name[k], a->name, at, &x[k], err);
        if (rc == 0)
            a->edge[k] = x[k][0];
    }
    free(x[0]);
    free(x[1]);
    return rc;
}

static int fill_axis(fe_map_axis *a, span *s, const fe_table *t, const char *column, const fe_where *at, fe_err *err)
{
    bool positive = fe_str_starts(a->name, "energy") || a->scale == FE_MAP_LOG;

    a->n = unique(s, t->n_rows);
    if (a->n == 0)
        return fe_fail(err, FE_EDATA, at, "axis %s has no values", column);
    if (positive ? !(s[0].lo > 0) : a->scale == FE_MAP_SQRT && s[0].lo < 0)
        return fe_fail(err, FE_EDATA, at, "axis %s begins at %g, expected a positive value", column, s[0].lo);
    a->edge = FE_NEWN(double, a->n + 1);
    a->node = FE_NEWN(double, a->n);
    if (!a->is_node)
        return fill_bins(a, s, column, at, err);
    for (size_t i = 0; i < a->n; i++)
        a->node[i] = s[i].lo;
    if (a->n == 1)
        return fill_single_node(a, t, column, at, err);
    set_edges_of_nodes(a);
    return 0;
}

/* columns: the two of the edges of bins, or the one of nodes. */
static int read_axis(const fe_table *t, const fe_strv *columns, const fe_where *at, fe_map_axis *a, fe_err *err)
{
    double *x[2] = { NULL, NULL };
    span *s = FE_NEWN(span, t->n_rows);
    int rc = 0;

    for (size_t k = 0; rc == 0 && k < columns->n; k++)
        rc = read_column(t, columns->s[k], a->name, at, &x[k], err);
    for (size_t i = 0; rc == 0 && i < t->n_rows; i++)
        s[i] = (span){ x[0][i], x[1] ? x[1][i] : x[0][i] };
    if (rc == 0)
        rc = fill_axis(a, s, t, columns->s[0], at, err);
    free(x[0]);
    free(x[1]);
    free(s);
    return rc;
}

int fe_map_axis_read(const fe_document *doc, const char *hdu, const fe_metalist *meta, size_t k, fe_map_axis *out, fe_err *err)
{
    fe_str tried = { 0 };
    fe_strv columns = { 0 };
    const fe_table *bands = find_bands(doc, hdu, meta, &tried);
    const fe_where map = { doc->file, hdu, 0 }, at = { doc->file, bands ? bands->name : NULL, 0 };
    const char *text = axcols(meta, bands, k);
    int rc = 0;

    *out = (fe_map_axis){ .n = 0 };
    if (!bands)
        rc = fe_fail(err, FE_EDATA, &map, "its axes are missing: there is no table %s", tried.s);
    else if (!text)
        rc = fe_fail(err, FE_EDATA, &map, "there is no AXCOLS%zu, expected the columns of an axis", k + 1);
    if (rc == 0)
        fe_strv_split(&columns, text, ",");
    if (rc == 0 && columns.n != 1 && columns.n != 2)
        rc = fe_fail(err, FE_EDATA, &map, "AXCOLS%zu is '%s', expected one or two columns", k + 1, text);
    if (rc == 0) {
        out->is_node = columns.n == 1;
        name_axis(columns.s[0], out->is_node, out->name);
        out->scale = scale_of(meta, bands, k);
        rc = read_axis(bands, &columns, &at, out, err);
    }
    if (rc < 0)
        fe_map_axis_free(out);
    fe_strv_free(&columns);
    fe_str_free(&tried);
    return rc;
}
