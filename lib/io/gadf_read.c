/* One flux table -> an estimate, by the rules of gadf-sed, light curves and profiles (formats 6, 7). */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/note.h"
#include "base/num.h"
#include "io/gadf_columns.h"
#include "phys/time.h"
#include "phys/units.h"


typedef struct reader {
    const fe_document *doc;
    const fe_table *t;
    fe_estimate *e;
    fe_grid grid;
    fe_where where;
    bool no_units;                      /* the format has no place for them: canonical ones                  */
    const fe_column *norm_scan, *stat_scan, *dloglike_scan;
} reader;

const fe_table *fe_document_flux_table(const fe_document *doc)
{
    const fe_table *t = fe_document_table(doc, "FLUXPOINTS");

    if (t && fe_table_sedtype(t) >= 0)
        return t;
    for (size_t i = 0; i < doc->n_parts; i++)
        if (doc->part[i].table && fe_table_sedtype(doc->part[i].table) >= 0)
            return doc->part[i].table;
    return NULL;
}

bool fe_document_is_bare(const fe_document *doc)
{
    return doc->format && (!strcmp(doc->format, "csv") || !strcmp(doc->format, "tsv"));
}

/* ---- columns that are none of ours -------------------------------------------------------------------------- */

static void keep(reader *r, const fe_column *c)
{
    fe_column *copy;

    if (fe_table_find(r->e->rest, c->name))
        return;
    copy = fe_column_like(r->e->rest, c, fe_grid_width(r->grid, c));
    if (copy->width != c->width)
        copy->n_dim -= c->n_dim > 1 ? 1 : c->n_dim;
    for (size_t row = 0; row < r->e->n; row++)
        fe_column_copy(c, fe_grid_first(r->grid, c, row), copy, row * copy->width, copy->width);
}

/* ---- units -------------------------------------------------------------------------------------------------- */

/* The types whose unit this is: "e2dnde or eflux". */
static void likely_types(const char *unit, fe_str *out)
{
    double factor;

    for (int t = 0; t < FE_SED_LIKELIHOOD; t++)
        if (fe_unit_factor(unit, fe_sedtypes[t].unit, &factor, NULL) == 0)
            fe_str_addf(out, "%s%s", out->len ? " or " : "", fe_sedtypes[t].name);
}

static int refuse_unit(const reader *r, const fe_column *c, fe_slot slot, fe_err *err)
{
    fe_str types = { 0 };
    fe_unit unit;

    if (fe_unit_parse(c->unit, &unit) < 0)
        return fe_fail(err, FE_EDATA, &r->where, "column %s: unknown unit '%s', expected one like '%s'", c->name,
                       c->unit, fe_slot_out_unit(slot));
    likely_types(c->unit, &types);
    (void)fe_fail(err, FE_EDATA, &r->where, "column %s has the unit '%s'%s%s, expected one like '%s'", c->name, c->unit,
                  types.len ? ", that of " : "", types.len ? types.s : "", fe_slot_out_unit(slot));
    fe_str_free(&types);
    return -1;
}

/* Factor from the column's unit to ours; a column without unit has the canonical one, which is said. */
static int factor_of(const reader *r, const fe_column *c, fe_slot slot, double *factor, fe_err *err)
{
    const char *unit = fe_slot_unit_of(slot, c->unit + strspn(c->unit, " "));

    if (!*unit && *fe_slot_out_unit(slot)) {
        unit = fe_slot_out_unit(slot);
        if (!r->no_units && (slot.kind == FE_SLOT_MEMBER || slot.kind == FE_SLOT_REF || fe_slot_is_energy(slot)))
            fe_note(FE_NOTE_SAID, &r->where, "column %s has no unit: taken as %s", c->name, unit);
    }
    if (fe_unit_factor(unit, fe_slot_unit(slot), factor, NULL) < 0)
        return refuse_unit(r, c, slot, err);
    if (isdigit((unsigned char)*unit) && *unit != '1')
        fe_note(FE_NOTE_SAID, &r->where, "column %s: the scale of its unit '%s' is folded into the values", c->name,
                unit);
    return 0;
}

/* ---- columns ------------------------------------------------------------------------------------------------ */

static double *array_for(fe_estimate *e, fe_slot slot)
{
    switch (slot.kind) {
    case FE_SLOT_KEY: return fe_estimate_key(e, (fe_key)slot.a);
    case FE_SLOT_MEMBER: return fe_estimate_member(e, (fe_sedtype)slot.a, (fe_member)slot.b);
    case FE_SLOT_REF: return fe_estimate_ref(e, (fe_sedtype)slot.a);
    default: return fe_estimate_quantity(e, (fe_quantity)slot.a);
    }
}

/* The sum over the datasets of a cell, NaN ones left out; NaN when all are. */
static double cell_sum(const reader *r, const fe_column *c, size_t row)
{
    size_t first = fe_grid_first(r->grid, c, row), width = fe_grid_width(r->grid, c), n = 0;
    double sum = 0;

    for (size_t k = 0; k < width; k++) {
        double x = fe_column_number(c, 0, first + k);

        if (!isnan(x)) {
            sum += x;
            n++;
        }
    }
    return n ? sum : NAN;
}

static void fill(reader *r, const fe_column *c, fe_slot slot, double factor)
{
    double *x = array_for(r->e, slot);

    for (size_t row = 0; row < r->e->n; row++)
        x[row] = cell_sum(r, c, row) * factor;
}

int fe_table_check_numbers(const fe_table *t, const fe_column *c, const char *file, fe_err *err)
{
    const fe_slot slot = fe_slot_of_column(c->name);
    double x;
    size_t i = 0;

    if (c->type != FE_COL_STRING || !t->n_rows ||
        (slot.kind != FE_SLOT_KEY && slot.kind != FE_SLOT_MEMBER && slot.kind != FE_SLOT_REF))
        return 0;
    while (i + 1 < t->n_rows && fe_num_parse(fe_column_string(c, i, 0), &x) == 0)
        i++;
    return fe_fail(err, FE_EDATA, &(fe_where){ file, *t->name ? t->name : NULL, (long)i + 1 },
                   "column %s holds text ('%.40s'), expected numbers", c->name, fe_column_string(c, i, 0));
}

static int read_numbers(reader *r, const fe_column *c, fe_slot slot, fe_err *err)
{
    double factor;

    if (fe_table_check_numbers(r->t, c, r->where.file, err) < 0)
        return -1;
    if (c->type == FE_COL_STRING || fe_slot_array(r->e, slot)) {
        keep(r, c);
        return 0;
    }
    if (factor_of(r, c, slot, &factor, slot.kind == FE_SLOT_QUANTITY ? NULL : err) < 0) {
        if (slot.kind != FE_SLOT_QUANTITY)
            return -1;
        keep(r, c);
        return 0;
    }
    if (fe_grid_width(r->grid, c) != 1) {           /* one number per dataset: kept, and their sum known */
        keep(r, c);
        if (slot.kind != FE_SLOT_QUANTITY)
            return 0;
    }
    fill(r, c, slot, factor);
    if (fe_slot_is_time(slot))
        for (size_t row = 0; row < r->e->n; row++)
            r->e->key[slot.a][row] += fe_meta_mjdref(&r->t->meta);
    if (slot.kind == FE_SLOT_KEY && fe_slot_is_energy(slot) && *c->unit &&
        (!r->e->energy_unit || slot.a == FE_KEY_E_REF)) {
        free(r->e->energy_unit);
        r->e->energy_unit = fe_strdup(c->unit);
    }
    return 0;
}

static void read_status(reader *r, const fe_column *c)
{
    double *status;

    for (size_t row = 0; row < r->e->n; row++) {
        unsigned flags;

        if (fe_status_parse(fe_column_string(c, 0, fe_grid_first(r->grid, c, row)), &flags) < 0) {
            keep(r, c);                     /* another program's words */
            return;
        }
    }
    status = fe_estimate_quantity(r->e, FE_Q_STATUS);
    for (size_t row = 0; row < r->e->n; row++) {
        unsigned flags;

        (void)fe_status_parse(fe_column_string(c, 0, fe_grid_first(r->grid, c, row)), &flags);
        status[row] = flags;
    }
}

static void read_source(reader *r, const fe_column *c)
{
    if (c->type != FE_COL_STRING) {
        keep(r, c);
        return;
    }
    if (!r->e->n)                           /* a table of no rows has the column, too */
        r->e->source = FE_NEWN(char *, 1);
    for (size_t row = 0; row < r->e->n; row++)
        fe_estimate_set_source(r->e, row, fe_column_string(c, 0, fe_grid_first(r->grid, c, row)));
}

/* GADF's ln L where -2 ln L is not there itself: stat = -2 loglike. */
static void read_loglike(reader *r, const fe_column *c, fe_quantity q)
{
    if (fe_table_find(r->t, fe_quantities[q].name))
        return;
    if (c->type == FE_COL_STRING || fe_grid_width(r->grid, c) != 1)
        keep(r, c);
    else
        fill(r, c, (fe_slot){ FE_SLOT_QUANTITY, (int)q, 0 }, -2);
}

/* ---- time bins as astropy's BinnedTimeSeries has them ------------------------------------------------------- */

/* The scale of the column: astropy's, or TCTYPn of FITS, which is more than the TIMESYS beside it. */
static void read_bin_scale(reader *r, const fe_column *c)
{
    const char *scale;
    fe_str key = { 0 };

    fe_str_addf(&key, "TCTYP%zu", (size_t)(c - r->t->col) + 1);
    scale = c->timescale ? c->timescale : fe_meta_text(&r->t->meta, key.s);
    if (scale && fe_timescale_parse(scale) >= 0) {
        free(r->e->timesys);
        r->e->timesys = fe_strdup(fe_timescales[fe_timescale_parse(scale)]);
    }
    fe_str_free(&key);
}

/* MJD of a text (in the scale of the table), or of a Julian day in two parts. */
static double bin_start(const reader *r, const fe_column *c, size_t i)
{
    int own = r->e->timesys ? fe_timescale_parse(r->e->timesys) : -1;
    fe_timescale scale = own < 0 ? FE_SCALE_TT : (fe_timescale)own;
    fe_time t = { NAN, NAN };

    if (c->type != FE_COL_STRING)
        t = fe_time_of(fe_column_number(c, 0, i) - FE_JD_OF_MJD_0, fe_column_number(c, 0, i + 1));
    else if (fe_time_parse(fe_column_string(c, 0, i), &scale, &t, NULL) < 0)
        return NAN;
    return fe_time_mjd(t);
}

static int read_bin_start(reader *r, const fe_column *c, fe_err *err)
{
    bool parts = c->type == FE_COL_DOUBLE && c->width == 2;         /* a start has no energy dimension */
    double *start;

    read_bin_scale(r, c);
    if (c->type != FE_COL_STRING && !parts)
        return read_numbers(r, c, (fe_slot){ FE_SLOT_KEY, FE_KEY_TIME_MIN, 0 }, err);
    start = fe_estimate_key(r->e, FE_KEY_TIME_MIN);
    for (size_t row = 0; row < r->e->n; row++) {
        size_t first = parts ? row / r->grid.n_inner * c->width : fe_grid_first(r->grid, c, row);

        start[row] = bin_start(r, c, first);
        if (isnan(start[row]) && c->type == FE_COL_STRING)
            return fe_fail(err, FE_EDATA, &(fe_where){ r->where.file, r->where.hdu, (long)row + 1 },
                           "column %s: '%s' is not a time, expected MJD or YYYY-MM-DDThh:mm:ss", c->name,
                           fe_column_string(c, 0, first));
    }
    return 0;
}

/* A day of UTC may have a second more, which a size in seconds counts. */
static double bin_stop(const fe_estimate *e, double start, double size_d)
{
    fe_time t = fe_time_of(start, 0);

    if (!fe_str_equal_nocase(e->timesys, "UTC") || fe_time_convert(t, FE_SCALE_UTC, FE_SCALE_TT, &t, NULL) < 0 ||
        fe_time_convert(fe_time_of(t.day, t.fraction + size_d), FE_SCALE_TT, FE_SCALE_UTC, &t, NULL) < 0)
        return start + size_d;
    return fe_time_mjd(t);
}

static bool is_part_of_bin_size(const char *name)
{
    return fe_str_equal_nocase(name, "time_bin_size.jd1") || fe_str_equal_nocase(name, "time_bin_size.jd2");
}

/* Called last: the sizes count from the starts.  c2: NULL, or what there is beside c, as astropy puts a TimeDelta into FITS. */
static int read_bin_size(reader *r, const fe_column *c, const fe_column *c2, fe_err *err)
{
    double *start = r->e->key[FE_KEY_TIME_MIN], *stop, factor;

    if (!start || c->type == FE_COL_STRING || r->e->key[FE_KEY_TIME_MAX]) {
        keep(r, c);
        return 0;
    }
    if (factor_of(r, c, (fe_slot){ FE_SLOT_BIN_SIZE, 0, 0 }, &factor, err) < 0)
        return -1;
    stop = fe_estimate_key(r->e, FE_KEY_TIME_MAX);
    for (size_t row = 0; row < r->e->n; row++)
        stop[row] = bin_stop(r->e, start[row], (cell_sum(r, c, row) + (c2 ? cell_sum(r, c2, row) : 0)) * factor);
    return 0;
}

/* ---- scans -------------------------------------------------------------------------------------------------- */

static void fill_scan(const reader *r, const fe_column *c, double *x)
{
    for (size_t row = 0; row < r->e->n; row++)
        for (size_t k = 0; k < r->e->n_scan; k++)
            x[row * r->e->n_scan + k] = fe_column_number(c, 0, fe_grid_first(r->grid, c, row) + k);
}

static void keep_scans(reader *r)
{
    const fe_column *scans[] = { r->norm_scan, r->stat_scan, r->dloglike_scan };

    for (size_t i = 0; i < sizeof scans / sizeof *scans; i++)
        if (scans[i])
            keep(r, scans[i]);
}

static void read_scans(reader *r)
{
    const fe_column *norm = r->norm_scan, *c = r->stat_scan ? r->stat_scan : r->dloglike_scan;
    fe_estimate *e = r->e;
    bool valley, known;
    double *raw;

    if (!norm || !c || norm->type != FE_COL_DOUBLE || c->type != FE_COL_DOUBLE || !e->n ||
        fe_grid_width(r->grid, norm) != fe_grid_width(r->grid, c)) {
        keep_scans(r);
        return;
    }
    fe_estimate_scan(e, fe_grid_width(r->grid, norm));
    raw = FE_NEWN(double, e->n * e->n_scan);
    fill_scan(r, norm, e->norm_scan);
    fill_scan(r, c, raw);
    valley = fe_scan_is_valley(e->norm_scan, raw, e->n, e->n_scan, &known);
    if (known && valley != (c == r->stat_scan)) {
        fe_note(FE_NOTE_WARN, &r->where, "column %s is not read: it has a %s where its name promises a %s", c->name,
                valley ? "valley" : "peak", valley ? "peak" : "valley");
        free(e->norm_scan);
        free(e->stat_scan);
        e->norm_scan = e->stat_scan = NULL;
        e->n_scan = 0;
        keep_scans(r);
    } else if (c == r->stat_scan) {
        memcpy(e->stat_scan, raw, e->n * e->n_scan * sizeof *raw);
    } else {
        fe_scan_of_dloglike(e, raw);
    }
    free(raw);
}

/* ---- the table ---------------------------------------------------------------------------------------------- */

static int read_column(reader *r, const fe_column *c, fe_err *err)
{
    fe_slot slot = fe_slot_of_column(c->name);

    fe_strv_add(&r->e->order, c->name);
    switch (slot.kind) {
    case FE_SLOT_REST: keep(r, c); return 0;
    case FE_SLOT_SOURCE: read_source(r, c); return 0;
    case FE_SLOT_NORM_SCAN: r->norm_scan = c; return 0;
    case FE_SLOT_STAT_SCAN: r->stat_scan = c; return 0;
    case FE_SLOT_DLOGLIKE_SCAN: r->dloglike_scan = c; return 0;
    case FE_SLOT_LOGLIKE: read_loglike(r, c, FE_Q_STAT); return 0;
    case FE_SLOT_LOGLIKE_NULL: read_loglike(r, c, FE_Q_STAT_NULL); return 0;
    case FE_SLOT_REF_NPRED:
        if (!fe_table_find(r->t, fe_quantities[FE_Q_NPRED_EXCESS].name))
            keep(r, c);
        return 0;
    case FE_SLOT_BIN_START: return read_bin_start(r, c, err);
    case FE_SLOT_BIN_SIZE: return 0;
    default: break;
    }
    if (slot.kind == FE_SLOT_QUANTITY && slot.a == FE_Q_STATUS && c->type == FE_COL_STRING) {
        read_status(r, c);
        return 0;
    }
    return read_numbers(r, c, slot, err);
}

static int read_columns(reader *r, fe_err *err)
{
    const fe_column *size = fe_table_find(r->t, "time_bin_size"), *jd1 = NULL, *jd2 = NULL;

    for (size_t k = 0; k < r->t->n_cols; k++)
        if (!is_part_of_bin_size(r->t->col[k].name) && read_column(r, &r->t->col[k], err) < 0)
            return -1;
    if (!size) {
        jd1 = fe_table_find(r->t, "time_bin_size.jd1");
        jd2 = fe_table_find(r->t, "time_bin_size.jd2");
    }
    if ((size || jd1) && read_bin_size(r, size ? size : jd1, jd2, err) < 0)
        return -1;
    read_scans(r);
    return 0;
}

static int check_type(const reader *r, int type, int *found, fe_err *err)
{
    *found = type >= 0 ? type : fe_table_sedtype(r->t);
    if (*found < 0)
        return fe_fail(err, FE_EDATA, &r->where, "no flux table: expected e_ref (or e_min and e_max) with dnde, "
                       "e2dnde, flux, eflux or norm");
    if (type >= 0 && !fe_table_find(r->t, fe_sedtypes[type].column))
        return fe_fail(err, FE_EDATA, &r->where, "no column %s, which the type %s needs", fe_sedtypes[type].column,
                       fe_sedtypes[type].name);
    return 0;
}

int fe_estimate_of_table(const fe_document *doc, const fe_table *t, int type, fe_estimate **out, fe_err *err)
{
    reader r = { .doc = doc, .t = t, .where = { doc->file, *t->name ? t->name : NULL, 0 } };

    if (check_type(&r, type, &type, err) < 0)
        return -1;
    r.no_units = fe_document_is_bare(doc);
    r.grid = fe_table_grid(t, (fe_sedtype)type);
    r.e = fe_estimate_new();
    r.e->file = fe_strdup(doc->file);
    r.e->type = (fe_sedtype)type;
    fe_estimate_add_rows(r.e, r.grid.n_outer * r.grid.n_inner);
    fe_meta_to_estimate(doc, t, r.e);
    if (read_columns(&r, err) < 0) {
        fe_estimate_free(r.e);
        return -1;
    }
    fe_parts_to_estimate(doc, r.e);
    *out = r.e;
    return 0;
}
