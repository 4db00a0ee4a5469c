#include "io/plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/cells.h"
#include "phys/sedtype.h"

/* What x can be, by its edges or, without them, by the middle of a bin. */
static const struct { const char *lo, *hi, *mid; } axes[FE_PLOT_N_AXES] = {
    [FE_PLOT_TIME] = { "time_min", "time_max", "time_ref" },
    [FE_PLOT_PHASE] = { "phase_min", "phase_max", "phase_ref" },
    [FE_PLOT_POSITION] = { "x_min", "x_max", "x_ref" },
    [FE_PLOT_ENERGY] = { "e_min", "e_max", "e_ref" },
};

typedef struct curve {
    const fe_column *lo, *hi, *mid, *value, *err, *errn, *errp, *ul, *is_ul, *ref, *source, *e_min, *e_max, *e_ref, *time_min;
    fe_plot_axis axis;
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

/* Column of what the reference model is worth; its unit must be that of the values. */
static const fe_column *find_ref(const fe_table *t, const char *stem)
{
    const fe_column *ref, *value = find(t, stem, "");
    fe_str name = { 0 };

    fe_str_addf(&name, "ref_%s", stem);
    ref = find(t, name.s, "");
    fe_str_free(&name);
    return ref && value && !strcmp(ref->unit, value->unit) ? ref : NULL;
}

static bool varies(const fe_column *c, size_t n_rows)
{
    for (size_t i = 1; c && i < n_rows * c->width; i++)
        if (fe_column_number(c, i / c->width, i % c->width) != fe_column_number(c, 0, 0))
            return true;
    return false;
}

/*
 * The axis asked for, else the first along which the rows differ, else any.  Profiles and phase curves carry times, too, and points of
 * one interval do.
 */
static bool find_axis(const fe_table *t, int asked, curve *c)
{
    static const fe_plot_axis order[FE_PLOT_N_AXES] = { FE_PLOT_POSITION, FE_PLOT_PHASE, FE_PLOT_TIME, FE_PLOT_ENERGY };
    bool found = false;

    for (int k = 0; k < FE_PLOT_N_AXES; k++) {
        fe_plot_axis i = order[k];
        const fe_column *lo = find(t, axes[i].lo, ""), *hi = find(t, axes[i].hi, ""), *mid = find(t, axes[i].mid, "");
        bool moves = varies(lo, t->n_rows) || varies(mid, t->n_rows);

        if ((asked >= 0 && (int)i != asked) || !((lo && hi) || mid) || (found && !moves))
            continue;
        c->lo = lo;
        c->hi = hi;
        c->mid = mid;
        c->axis = i;
        if (moves)
            return true;
        found = true;
    }
    return found;
}

static int find_curve(const fe_table *t, int axis, curve *c, const fe_where *where, fe_err *err)
{
    static const char *const names[FE_PLOT_N_AXES] = { "times", "phases", "positions", "energies" };
    const char *stem = stem_of(t);
    const fe_column *source = fe_table_find(t, "source");

    if (!stem || !find_axis(t, axis, c))
        return fe_fail(err, FE_EDATA, where, "nothing to plot: no column of %s",
                       !stem ? "dnde, e2dnde, flux, eflux or norm" :
                       axis < 0 ? "energies, times, phases or positions" : names[axis]);
    c->value = find(t, stem, "");
    c->err = find(t, stem, "_err");
    c->errn = find(t, stem, "_errn");
    c->errp = find(t, stem, "_errp");
    c->ul = find(t, stem, "_ul");
    c->is_ul = find(t, "is_ul", "");
    c->ref = find_ref(t, stem);
    c->source = source && source->type == FE_COL_STRING && source->width == 1 ? source : NULL;
    if (c->axis != FE_PLOT_ENERGY) {            /* bands of energy, or intervals of time, make curves of their own */
        c->e_min = find(t, "e_min", "");
        c->e_max = find(t, "e_max", "");
        c->e_ref = find(t, "e_ref", "");
    }
    if (c->axis == FE_PLOT_ENERGY || c->axis == FE_PLOT_POSITION)
        c->time_min = find(t, "time_min", "");
    c->n_rows = t->n_rows;
    c->width = c->value->width;
    return 0;
}

static bool same(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static fe_plot_point point_of(const curve *c, size_t row, size_t k)
{
    double lo = at(c->lo, row, k), hi = at(c->hi, row, k), x = at(c->mid, row, k), y = at(c->value, row, k);
    double errn = at(c->errn, row, k), errp = at(c->errp, row, k), ul = at(c->ul, row, k);
    bool limit = c->is_ul ? at(c->is_ul, row, k) > 0 : isnan(y) && isfinite(ul);

    if (isnan(x))
        x = c->axis == FE_PLOT_ENERGY ? sqrt(lo * hi) : (lo + hi) / 2;
    errn = isnan(errn) ? at(c->err, row, k) : errn;
    errp = isnan(errp) ? at(c->err, row, k) : errp;
    limit = limit && isfinite(ul);
    return (fe_plot_point){ x, lo, hi, limit ? ul : y, limit ? NAN : y - fabs(errn), limit ? NAN : y + errp,
                            at(c->ref, row, k), limit };
}

/* The series a point belongs to; a new one when it is the first of its kind. */
static fe_plot_series *series_of(const curve *c, size_t row, size_t k, fe_plot_data *out)
{
    const char *source = c->source ? fe_column_string(c->source, row, 0) : NULL;
    double e_min = at(c->e_min, row, k), e_max = at(c->e_max, row, k), e_ref = at(c->e_ref, row, k);
    double time_min = at(c->time_min, row, k);

    for (size_t i = 0; i < out->n; i++) {
        fe_plot_series *s = &out->series[i];

        if ((!source || !strcmp(s->source, source)) && same(s->e_min, e_min) && same(s->e_ref, e_ref) &&
            same(s->time_min, time_min))
            return s;
    }
    FE_GROW(out->series, out->n, out->cap);
    out->series[out->n] = (fe_plot_series){ .source = fe_strdup(source), .e_min = e_min, .e_max = e_max, .e_ref = e_ref,
                                            .time_min = time_min };
    return &out->series[out->n++];
}

int fe_plot_data_read(const fe_document *doc, int axis, fe_plot_data *out, fe_err *err)
{
    const fe_table *t = fe_document_first(doc);
    const fe_where where = { doc->file, NULL, 0 };
    const fe_column *x, *energy;
    curve c = { 0 };

    if (!t)
        return fe_fail(err, FE_EDATA, &where, "no table to write");
    if (find_curve(t, axis, &c, &where, err) < 0)
        return -1;
    x = c.mid ? c.mid : c.lo;
    energy = c.e_min ? c.e_min : c.e_ref;
    *out = (fe_plot_data){ .axis = c.axis, .x_name = fe_strdup(x->name), .x_unit = fe_strdup(x->unit),
                           .y_name = fe_strdup(c.value->name), .y_unit = fe_strdup(c.value->unit),
                           .energy_unit = fe_strdup(energy ? energy->unit : NULL) };
    for (size_t i = 0; i < c.n_rows * c.width; i++) {
        fe_plot_series *s = series_of(&c, i / c.width, i % c.width, out);

        FE_GROW(s->point, s->n, s->cap);
        s->point[s->n++] = point_of(&c, i / c.width, i % c.width);
    }
    return 0;
}

void fe_plot_data_free(fe_plot_data *d)
{
    for (size_t i = 0; i < d->n; i++) {
        free(d->series[i].source);
        free(d->series[i].point);
    }
    free(d->series);
    free(d->x_name);
    free(d->x_unit);
    free(d->y_name);
    free(d->y_unit);
    free(d->energy_unit);
    *d = (fe_plot_data){ 0 };
}

/* ---- as text ------------------------------------------------------------------------------------------------ */

static void print_point(const fe_plot_point *p, fe_str *out)
{
    const double cells[] = { p->x, p->xlo, p->xhi, p->y, p->ylo, p->yhi };

    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        fe_str_addnum(out, cells[i]);
        fe_str_add(out, " ");
    }
    fe_str_add(out, p->is_ul ? "1\n" : "0\n");
}

static void print_block(const fe_plot_data *d, const fe_plot_series *s, fe_str *out)
{
    if (s->source) {
        fe_str_add(out, "# source: ");
        fe_text_quote(s->source, out);              /* a name may hold anything */
        fe_str_add(out, "\n");
    }
    if (d->energy_unit)
        fe_str_addf(out, "# energy: %g %s\n", isnan(s->e_min) ? s->e_ref : s->e_min, d->energy_unit);
    if (d->axis != FE_PLOT_ENERGY && !isnan(s->time_min))
        fe_str_addf(out, "# time: %.10g\n", s->time_min);
    for (size_t i = 0; i < s->n; i++)
        print_point(&s->point[i], out);
}

int fe_plot_write(const fe_document *doc, fe_str *out, fe_err *err)
{
    fe_plot_data d = { 0 };

    if (fe_plot_data_read(doc, -1, &d, err) < 0)
        return -1;
    fe_str_addf(out, "# x: %s, y: %s\n", d.x_name, d.y_name);
    fe_str_addf(out, "# x[%s] xlo[%s] xhi[%s] ", d.x_unit, d.x_unit, d.x_unit);
    fe_str_addf(out, "y[%s] ylo[%s] yhi[%s] is_ul\n", d.y_unit, d.y_unit, d.y_unit);
    for (size_t i = 0; i < d.n; i++) {
        fe_str_add(out, i ? "\n\n" : "");
        print_block(&d, &d.series[i], out);
    }
    fe_plot_data_free(&d);
    return 0;
}
