/* Columns of an estimate as columns of a table: what did not change is copied bit by bit, the rest is converted. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/gadf_layout.h"
#include "phys/time.h"
#include "phys/units.h"

static const fe_column *old_column(const fe_table_job *job, fe_slot slot)
{
    for (size_t k = 0; job->old && k < job->old->n_cols; k++)
        if (fe_slot_same(job->old_slot[k], slot))
            return &job->old->col[k];
    return NULL;
}

/* ---- units -------------------------------------------------------------------------------------------------- */

static const char *unit_of(const fe_table_job *job, fe_slot slot, const fe_column *old)
{
    const fe_layout *layout = job->layout;

    if (layout->unit && slot.kind == FE_SLOT_MEMBER && slot.a == (int)job->e->type)
        return layout->unit;
    if (fe_slot_is_energy(slot)) {
        const char *came = job->e->energy_unit;

        if (layout->energy_unit)
            return layout->energy_unit;
        return layout->bare ? "TeV" : old && !job->no_units ? old->unit : came && *came ? came : "TeV";
    }
    if (!old || layout->bare || job->no_units)
        return fe_slot_out_unit(slot);
    return job->same_layout ? old->unit : fe_slot_unit_of(slot, old->unit);
}

static int factor_to(fe_slot slot, const char *unit, double *factor, fe_err *err)
{
    const char *own = fe_slot_unit(slot);
    fe_str name = { 0 };

    *factor = 1;
    unit = fe_slot_unit_of(slot, unit);
    if (!*unit && *own)                         /* a column without unit was read as canonical */
        unit = fe_slot_out_unit(slot);
    if (fe_unit_factor(own, unit, factor, NULL) == 0)
        return 0;
    fe_slot_name(slot, &name);
    (void)fe_fail(err, FE_EUSAGE, NULL, "unit '%s' does not fit %s, expected %s%s%s", unit, name.s,
                  *own ? "one like '" : "none", *own ? fe_slot_out_unit(slot) : "", *own ? "'" : "");
    fe_str_free(&name);
    return -1;
}

/* ---- copies ------------------------------------------------------------------------------------------------- */

/* Per dataset, which gammapy wants as a dimension of its own. */
static bool is_per_dataset(fe_slot slot)
{
    return slot.kind == FE_SLOT_QUANTITY &&
           (slot.a == FE_Q_COUNTS || slot.a == FE_Q_NPRED || slot.a == FE_Q_NPRED_EXCESS);
}

static void set_dims(fe_column *c, size_t n_dim, size_t a, size_t b)
{
    c->n_dim = n_dim;
    c->dim[0] = a;
    c->dim[1] = b;
}

/* A cell of one energy, in the shape of the other layout: gadf counts the energy as a dimension, a flat table does not. */
static void reshape(const fe_table_job *job, fe_column *c, fe_slot slot)
{
    if (!job->layout->gadf) {
        while (c->n_dim > 1 && c->dim[c->n_dim - 1] == 1)
            c->n_dim--;
        c->n_dim = c->width == 1 ? 0 : c->n_dim;
    } else if (job->map.grid && !fe_slot_is_outer(slot) && job->map.n_inner == 1) {
        set_dims(c, c->width == 1 ? 1 : 2, c->width, 1);
    } else if (!job->map.grid && is_per_dataset(slot) && c->width == 1) {
        set_dims(c, 1, 1, 1);
    }
}

static void copy_column(const fe_table_job *job, fe_table *t, const fe_column *from, fe_slot slot, const char *unit)
{
    fe_column *c = fe_column_like(t, from, from->width);

    free(c->unit);
    c->unit = fe_strdup(unit);
    fe_column_copy(from, 0, c, 0, t->n_rows * c->width);
    if (job->layout->bare || !job->same_layout)
        reshape(job, c, slot);
}

/* ---- values ------------------------------------------------------------------------------------------------- */

static double at(const double *x, size_t i)
{
    return x ? x[i] : NAN;
}

static double number_of(const fe_estimate *e, fe_slot slot, size_t row)
{
    switch (slot.kind) {
    case FE_SLOT_LOGLIKE: return -at(e->q[FE_Q_STAT], row) / 2;
    case FE_SLOT_LOGLIKE_NULL: return -at(e->q[FE_Q_STAT_NULL], row) / 2;
    case FE_SLOT_REF_NPRED: return at(e->q[FE_Q_NPRED_EXCESS], row) / at(e->family[FE_SED_LIKELIHOOD][FE_VALUE], row);
    default: return at(fe_slot_array(e, slot), row);
    }
}

static bool is_bin(fe_slot slot)
{
    return slot.kind == FE_SLOT_BIN_START || slot.kind == FE_SLOT_BIN_SIZE;
}

static bool is_of_time(fe_slot slot)
{
    return fe_slot_is_time(slot) || is_bin(slot);
}

/*
 * A format without header has TT, whatever the scale was; and so has what gammapy shall read, which counts UTC from 1858 and
 * loses the leap seconds since.
 */
static bool is_moved_to_tt(const fe_table_job *job, fe_slot slot)
{
    const char *scale = job->e->timesys;

    if (!scale || !is_of_time(slot))
        return false;
    return job->layout->bare ? strcmp(scale, "TT") :
                               fe_meta_is_moved_to_tt(scale, job->layout->gadf || job->layout->series, job->same_layout);
}

/* MJD in the scale of the file. */
static double instant_of(const fe_table_job *job, fe_key key, fe_slot slot, size_t row)
{
    double x = job->e->key[key][row];

    return is_moved_to_tt(job, slot) ? fe_time_tt(job->e->timesys, floor(x), x - floor(x)) : x;
}

/*
 * MJD as the file has it, counted from the reference it came with; astropy's bins are MJD.  Their length in days of 86 400 s is a
 * difference that doubles hold exactly, so that the end comes back bit by bit (but in UTC, where it takes in leap seconds).
 */
static double time_of(const fe_table_job *job, fe_slot slot, size_t row)
{
    double start, stop;

    if (slot.kind == FE_SLOT_BIN_START)
        return instant_of(job, FE_KEY_TIME_MIN, slot, row);
    if (slot.kind == FE_SLOT_KEY)
        return instant_of(job, (fe_key)slot.a, slot, row) -
               (job->old && !job->layout->bare ? fe_meta_mjdref(&job->old->meta) : 0);
    start = instant_of(job, FE_KEY_TIME_MIN, slot, row);
    stop = instant_of(job, FE_KEY_TIME_MAX, slot, row);
    if (!is_moved_to_tt(job, slot) && fe_str_equal_nocase(job->e->timesys, "UTC"))
        return fe_time_tt("UTC", floor(stop), stop - floor(stop)) - fe_time_tt("UTC", floor(start), start - floor(start));
    return stop - start;
}

static bool all_integers(const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!(fabs(x[i]) < 1e15 && x[i] == trunc(x[i])))
            return false;
    return true;
}

static void put_text(const fe_estimate *e, fe_slot slot, size_t row, char **cell)
{
    fe_str text = { 0 };

    if (slot.kind == FE_SLOT_SOURCE) {
        *cell = fe_strdup(e->source[row] ? e->source[row] : "");
        return;
    }
    fe_status_print(isnan(e->q[FE_Q_STATUS][row]) ? 0 : (unsigned)e->q[FE_Q_STATUS][row], &text);
    *cell = text.s;
}

static void put_scan(const fe_estimate *e, fe_slot slot, size_t row, double *cell)
{
    if (slot.kind == FE_SLOT_DLOGLIKE_SCAN)
        fe_scan_to_dloglike(e, row, cell);
    else
        memcpy(cell, fe_slot_array(e, slot) + row * e->n_scan, e->n_scan * sizeof *cell);
}

static void put(const fe_table_job *job, fe_slot slot, size_t row, fe_column *c, size_t i, double factor)
{
    double x;

    if (c->type == FE_COL_STRING) {
        put_text(job->e, slot, row, &c->v.s[i]);
        return;
    }
    x = is_of_time(slot) ? time_of(job, slot, row) : number_of(job->e, slot, row);
    if (c->type == FE_COL_BOOL)
        c->v.b[i] = x > 0;
    else if (c->type == FE_COL_INT)
        c->v.i[i] = (int64_t)x;
    else
        c->v.d[i] = x * factor;
}

static fe_coltype type_of(const fe_estimate *e, fe_slot slot)
{
    fe_coltype type = fe_slot_type(slot);

    return type == FE_COL_INT && !all_integers(fe_slot_array(e, slot), e->n) ? FE_COL_DOUBLE : type;
}

/* A span between instants of UTC is one of TAI. */
static void set_timescale(const fe_table_job *job, fe_column *c, fe_slot slot)
{
    const char *scale = is_moved_to_tt(job, slot) || !job->e->timesys ? "TT" : job->e->timesys;

    c->is_span = slot.kind == FE_SLOT_BIN_SIZE;
    c->timescale = fe_strdup(c->is_span && fe_str_equal_nocase(scale, "UTC") ? "TAI" : scale);
}

static int encode(fe_table_job *job, fe_table *t, fe_slot slot, const fe_column *old, const char *unit, fe_err *err)
{
    const fe_estimate *e = job->e;
    const fe_cell_map *map = &job->map;
    bool outer = map->grid && fe_slot_is_outer(slot);
    size_t n_inner = outer ? 1 : map->n_inner, per = fe_slot_is_scan(slot) ? e->n_scan : 1;
    fe_str name = { 0 };
    fe_column *c;
    double factor;

    if (is_bin(slot))
        unit = fe_slot_out_unit(slot);
    if (factor_to(slot, unit, &factor, err) < 0)
        return -1;
    fe_slot_name(slot, &name);
    c = fe_table_add(t, old ? old->name : name.s, type_of(e, slot), unit, n_inner * per);
    c->comment = fe_strdup(old ? old->comment : fe_slot_help(slot));
    fe_str_free(&name);
    if (is_bin(slot))
        set_timescale(job, c, slot);
    if (fe_slot_is_scan(slot))
        set_dims(c, map->grid ? 2 : 1, per, n_inner);
    else if (map->grid && !outer)
        set_dims(c, is_per_dataset(slot) ? 2 : 1, is_per_dataset(slot) ? 1 : n_inner, n_inner);
    else if (job->layout->gadf && is_per_dataset(slot))
        set_dims(c, 1, 1, 1);
    for (size_t i = 0; i < t->n_rows * n_inner; i++) {
        size_t row = map->row[outer ? i * map->n_inner : i];

        if (fe_slot_is_scan(slot))
            put_scan(e, slot, row, c->v.d + i * per);
        else
            put(job, slot, row, c, i, factor);
    }
    return 0;
}

/* A column passed through, whose cells move with their rows; over energies it becomes one dimension more. */
static void encode_rest(const fe_table_job *job, fe_table *t, const fe_column *rest)
{
    size_t n_inner = job->map.n_inner, width = rest->width;
    fe_column *c = fe_column_like(t, rest, n_inner * width);

    if (job->map.grid && c->n_dim < FE_MAX_DIM && !(width == 1 && c->n_dim)) {
        if (width > 1 && !c->n_dim)
            set_dims(c, 1, width, 1);
        c->dim[c->n_dim++] = n_inner;
    }
    for (size_t i = 0; i < t->n_rows * n_inner; i++)
        fe_column_copy(rest, job->map.row[i] * width, c, i * width, width);
}

static bool has_reference(const fe_table_job *job)
{
    return job->old && fe_meta_mjdref(&job->old->meta) != 0;
}

/* ---- the table ---------------------------------------------------------------------------------------------- */

/* The same unit; none in a format without units is the canonical one. */
static bool is_same_unit(const fe_table_job *job, fe_slot slot, const char *unit, const fe_column *old)
{
    return !strcmp(fe_slot_unit_of(slot, unit), fe_slot_unit_of(slot, old->unit)) || (job->no_units && !*old->unit && !strcmp(unit, fe_slot_out_unit(slot)));
}

static int add_slot(fe_table_job *job, fe_table *t, fe_slot slot, fe_err *err)
{
    const fe_column *old = old_column(job, slot);
    const char *unit = unit_of(job, slot, old);
    bool made = is_bin(slot) && job->layout->series && old && !(old->timescale && old->width == 1);
    bool moved = is_of_time(slot) && (is_moved_to_tt(job, slot) || (job->layout->bare && has_reference(job)));

    if (old && job->same_shape && !moved && !made && is_same_unit(job, slot, unit, old) &&
        fe_slot_unchanged(job->e, job->was, slot)) {
        copy_column(job, t, old, slot, unit);
        return 0;
    }
    job->changed = true;
    job->bins_made |= is_bin(slot);
    return encode(job, t, slot, old, unit, err);
}

static void add_rest(fe_table_job *job, fe_table *t, const fe_column *rest)
{
    const fe_column *old = job->old ? fe_table_find(job->old, rest->name) : NULL;

    if (old && job->same_shape && fe_rest_unchanged(job->e, job->was, rest)) {
        copy_column(job, t, old, (fe_slot){ FE_SLOT_REST, 0, 0 }, old->unit);
        return;
    }
    job->changed = true;
    encode_rest(job, t, rest);
}

fe_table *fe_table_of_columns(fe_table_job *job, const fe_out_list *list, fe_err *err)
{
    fe_table *t = fe_table_new("FLUXPOINTS", job->map.n_outer);

    for (size_t i = 0; i < list->n; i++) {
        if (list->c[i].rest) {
            add_rest(job, t, list->c[i].rest);
        } else if (add_slot(job, t, list->c[i].slot, err) < 0) {
            fe_table_free(t);
            return NULL;
        }
    }
    job->changed |= !job->old || t->n_cols != job->old->n_cols;
    return t;
}
