#include "io/plot.h"

#include <math.h>
#include <string.h>

#include "io/cells.h"
#include "phys/sedtype.h"

/* What x can be, by its edges or, without them, by the middle of a bin. */
static const struct { const char *lo, *hi, *mid; bool is_log; } axes[] = {
    { "time_min", "time_max", "time_ref", false },
    { "phase_min", "phase_max", "phase_ref", false },
    { "x_min", "x_max", "x_ref", false },
    { "e_min", "e_max", "e_ref", true },
};
enum { N_AXES = sizeof axes / sizeof *axes };

typedef struct curve {
    const fe_column *lo, *hi, *mid, *value, *err, *errn, *errp, *ul, *is_ul, *source, *e_min, *e_ref;
    bool is_log;
    size_t n_rows, width;           /* points a row: energy bands of a light curve */
} curve;

/* Element k of a row; a column with one element a row serves all of them. NaN without a column. */
static double at(const fe_column *c, size_t row, size_t k)
{
    return !c || !c->width ? NAN : fe_column_number(c, row, c->width > k ? k : 0);
}

static const fe_column *find(const fe_table *t, const char *stem, const char *suffix)
{
    fe_str name = { 0 };
    const fe_column *c;

    fe_str_addf(&name, "%s%s", stem, suffix);
    c = fe_table_find(t, name.s);
    fe_str_free(&name);
    return c && c->type != FE_COL_STRING ? c : NULL;
}

static const char *stem_of(const fe_table *t)
{
    int type = fe_sedtype_parse(fe_meta_text(&t->meta, "SED_TYPE"));

    if (type >= 0 && find(t, fe_sedtypes[type].column, ""))
        return fe_sedtypes[type].column;
    for (type = 0; type < FE_SED_N; type++)
        if (find(t, fe_sedtypes[type].column, ""))
            return fe_sedtypes[type].column;
    return NULL;
}

static bool varies(const fe_column *c, size_t n_rows)
{
    for (size_t i = 1; c && i < n_rows * c->width; i++)
        if (fe_column_number(c, i / c->width, i % c->width) != fe_column_number(c, 0, 0))
            return true;
    return false;
}

/* The first axis along which the rows differ (points of one interval carry its times too), else the first there is. */
static bool find_axis(const fe_table *t, curve *c)
{
    bool found = false;

    for (size_t i = 0; i < N_AXES; i++) {
        const fe_column *lo = find(t, axes[i].lo, ""), *hi = find(t, axes[i].hi, ""), *mid = find(t, axes[i].mid, "");
        bool moves = varies(lo, t->n_rows) || varies(mid, t->n_rows);

        if (!((lo && hi) || mid) || (found && !moves))
            continue;
        c->lo = lo;
        c->hi = hi;
        c->mid = mid;
        c->is_log = axes[i].is_log;
        if (moves)
            return true;
        found = true;
    }
    return found;
}

static int find_curve(const fe_table *t, curve *c, const fe_where *where, fe_err *err)
{
    const char *stem = stem_of(t);
    const fe_column *source = fe_table_find(t, "source");

    if (!stem || !find_axis(t, c))
        return fe_fail(err, FE_EDATA, where, "nothing to plot: no column of %s",
                       stem ? "energies, times, phases or positions" : "dnde, e2dnde, flux, eflux or norm");
    c->value = find(t, stem, "");
    c->err = find(t, stem, "_err");
    c->errn = find(t, stem, "_errn");
    c->errp = find(t, stem, "_errp");
    c->ul = find(t, stem, "_ul");
    c->is_ul = find(t, "is_ul", "");
    c->source = source && source->type == FE_COL_STRING && source->width == 1 ? source : NULL;
    if (!c->is_log) {                           /* bands of energy make curves of their own */
        c->e_min = find(t, "e_min", "");
        c->e_ref = find(t, "e_ref", "");
    }
    c->n_rows = t->n_rows;
    c->width = c->value->width;
    return 0;
}

static bool same(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

/* Do two points belong to one block? */
static bool same_block(const curve *c, size_t row_a, size_t k_a, size_t row_b, size_t k_b)
{
    return (!c->source || !strcmp(fe_column_string(c->source, row_a, 0), fe_column_string(c->source, row_b, 0))) &&
           same(at(c->e_min, row_a, k_a), at(c->e_min, row_b, k_b)) &&
           same(at(c->e_ref, row_a, k_a), at(c->e_ref, row_b, k_b));
}

static void print_point(const curve *c, size_t row, size_t k, fe_str *out)
{
    double lo = at(c->lo, row, k), hi = at(c->hi, row, k), x = at(c->mid, row, k), y = at(c->value, row, k);
    double errn = at(c->errn, row, k), errp = at(c->errp, row, k), ul = at(c->ul, row, k);
    bool limit = c->is_ul ? at(c->is_ul, row, k) > 0 : isnan(y) && isfinite(ul);
    double cells[6];

    if (isnan(x))
        x = c->is_log ? sqrt(lo * hi) : (lo + hi) / 2;
    errn = isnan(errn) ? at(c->err, row, k) : errn;
    errp = isnan(errp) ? at(c->err, row, k) : errp;
    limit = limit && isfinite(ul);
    cells[0] = x;
    cells[1] = lo;
    cells[2] = hi;
    cells[3] = limit ? ul : y;
    cells[4] = limit ? NAN : y - fabs(errn);
    cells[5] = limit ? NAN : y + errp;
    for (size_t i = 0; i < 6; i++) {
        fe_str_addnum(out, cells[i]);
        fe_str_add(out, " ");
    }
    fe_str_add(out, limit ? "1\n" : "0\n");
}

/* The block that starts at a point, unless an earlier point started it. */
static bool print_block(const curve *c, size_t first, bool any, fe_str *out)
{
    size_t n = c->n_rows * c->width, row = first / c->width, k = first % c->width;

    for (size_t i = 0; i < first; i++)
        if (same_block(c, row, k, i / c->width, i % c->width))
            return false;
    fe_str_add(out, any ? "\n\n" : "");
    if (c->source) {
        fe_str_add(out, "# source: ");
        fe_text_quote(fe_column_string(c->source, row, 0), out);       /* a name may hold anything */
        fe_str_add(out, "\n");
    }
    if (c->e_min || c->e_ref)
        fe_str_addf(out, "# energy: %g %s\n", at(c->e_min ? c->e_min : c->e_ref, row, k),
                    (c->e_min ? c->e_min : c->e_ref)->unit);
    for (size_t i = first; i < n; i++)
        if (same_block(c, row, k, i / c->width, i % c->width))
            print_point(c, i / c->width, i % c->width, out);
    return true;
}

int fe_plot_write(const fe_document *doc, fe_str *out, fe_err *err)
{
    const fe_table *t = fe_document_first(doc);
    const fe_where where = { doc->file, NULL, 0 };
    curve c = { 0 };
    const char *x_unit, *y_unit;
    bool any = false;

    if (!t)
        return fe_fail(err, FE_EDATA, &where, "no table to write");
    if (find_curve(t, &c, &where, err) < 0)
        return -1;
    x_unit = c.mid ? c.mid->unit : c.lo->unit;
    y_unit = c.value->unit;
    fe_str_addf(out, "# x: %s, y: %s\n", c.mid ? c.mid->name : c.lo->name, c.value->name);
    fe_str_addf(out, "# x[%s] xlo[%s] xhi[%s] ", x_unit, x_unit, x_unit);
    fe_str_addf(out, "y[%s] ylo[%s] yhi[%s] is_ul\n", y_unit, y_unit, y_unit);
    for (size_t i = 0; i < c.n_rows * c.width; i++)
        any |= print_block(&c, i, any, out);
    return 0;
}
