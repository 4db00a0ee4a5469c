/* Columns of flux tables: their names, units and places in an estimate (formats 6.1, 7, 12.1; interface 5). */
#include "io/gadf_columns.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/str.h"

typedef struct alias {
    const char *name;
    fe_slot slot;
    const char *unit, *help;
} alias;

/* Columns that are no key, member, reference or quantity. */
static const alias aliases[] = {
    { "source", { FE_SLOT_SOURCE, 0, 0 }, "", "name of the source" },
    { "norm_scan", { FE_SLOT_NORM_SCAN, 0, 0 }, "", "norms of the scan" },
    { "stat_scan", { FE_SLOT_STAT_SCAN, 0, 0 }, "", "-2 ln L at norm_scan" },
    { "loglike", { FE_SLOT_LOGLIKE, 0, 0 }, "", "ln L at the best norm: -stat/2" },
    { "loglike_null", { FE_SLOT_LOGLIKE_NULL, 0, 0 }, "", "ln L at norm 0: -stat_null/2" },
    { "dloglike_scan", { FE_SLOT_DLOGLIKE_SCAN, 0, 0 }, "", "ln L at norm_scan minus ln L at norm 0" },
    { "ref_npred", { FE_SLOT_REF_NPRED, 0, 0 }, "", "predicted signal counts at norm 1" },
    { "time_bin_start", { FE_SLOT_BIN_START, 0, 0 }, "d", "start of the interval" },
    { "time_bin_size", { FE_SLOT_BIN_SIZE, 0, 0 }, "d", "length of the interval" },
    /* gamma-astro-data-formats 0.1, fermipy up to 2016 */
    { "ref_dfde", { FE_SLOT_REF, FE_SED_DNDE, 0 }, "cm-2 s-1 TeV-1", "" },
};

enum { N_ALIASES = sizeof aliases / sizeof *aliases };

static bool member_of(const char *name, fe_slot *slot)
{
    for (int t = 0; t < FE_SED_N; t++) {
        size_t n = strlen(fe_sedtypes[t].column);

        for (int m = 0; m < FE_MEMBER_N; m++)
            if (!strncasecmp(name, fe_sedtypes[t].column, n) && !strcasecmp(name + n, fe_members[m].name)) {
                *slot = (fe_slot){ FE_SLOT_MEMBER, t, m };
                return true;
            }
    }
    return false;
}

fe_slot fe_slot_of_column(const char *name)
{
    fe_slot slot;

    for (int k = 0; k < FE_KEY_N; k++)
        if (fe_str_equal_nocase(name, fe_keys[k].name))
            return (fe_slot){ FE_SLOT_KEY, k, 0 };
    for (int q = 0; q < FE_Q_N; q++)
        if (fe_str_equal_nocase(name, fe_quantities[q].name))
            return (fe_slot){ FE_SLOT_QUANTITY, q, 0 };
    for (int t = 0; t < FE_SED_LIKELIHOOD; t++)
        if (fe_str_equal_nocase(name, fe_sedtypes[t].ref_column))
            return (fe_slot){ FE_SLOT_REF, t, 0 };
    for (int i = 0; i < N_ALIASES; i++)
        if (fe_str_equal_nocase(name, aliases[i].name))
            return aliases[i].slot;
    return member_of(name, &slot) ? slot : (fe_slot){ FE_SLOT_REST, 0, 0 };
}

bool fe_slot_same(fe_slot x, fe_slot y)
{
    return x.kind == y.kind && x.a == y.a && x.b == y.b;
}

static const alias *alias_of(fe_slot slot)
{
    for (int i = 0; i < N_ALIASES; i++)
        if (fe_slot_same(aliases[i].slot, slot))
            return &aliases[i];
    return NULL;
}

/* The row of a key or quantity; NULL for others. */
static const fe_column_row *row_of(fe_slot slot)
{
    return slot.kind == FE_SLOT_KEY ? &fe_keys[slot.a] : slot.kind == FE_SLOT_QUANTITY ? &fe_quantities[slot.a] : NULL;
}

void fe_slot_name(fe_slot slot, fe_str *out)
{
    if (row_of(slot))
        fe_str_add(out, row_of(slot)->name);
    else if (slot.kind == FE_SLOT_REF)
        fe_str_add(out, fe_sedtypes[slot.a].ref_column);
    else if (slot.kind == FE_SLOT_MEMBER)
        fe_str_addf(out, "%s%s", fe_sedtypes[slot.a].column, fe_members[slot.b].name);
    else
        fe_str_add(out, alias_of(slot)->name);
}

const char *fe_slot_unit(fe_slot slot)
{
    if (row_of(slot))
        return row_of(slot)->unit;
    if (slot.kind == FE_SLOT_REF || slot.kind == FE_SLOT_MEMBER)
        return fe_sedtypes[slot.a].unit;
    return alias_of(slot)->unit;
}

const char *fe_slot_out_unit(fe_slot slot)
{
    if (slot.kind == FE_SLOT_REF || slot.kind == FE_SLOT_MEMBER)
        return fe_sedtypes[slot.a].out_unit;
    return fe_slot_unit(slot);
}

const char *fe_slot_help(fe_slot slot)
{
    if (row_of(slot))
        return row_of(slot)->help;
    if (slot.kind == FE_SLOT_REF)
        return "what norm 1 of the reference model is worth";
    if (slot.kind == FE_SLOT_MEMBER)
        return slot.b == FE_VALUE ? fe_sedtypes[slot.a].help : fe_members[slot.b].help;
    return alias_of(slot)->help;
}

fe_coltype fe_slot_type(fe_slot slot)
{
    return slot.kind == FE_SLOT_SOURCE ? FE_COL_STRING : row_of(slot) ? row_of(slot)->type : FE_COL_DOUBLE;
}

bool fe_slot_is_energy(fe_slot slot)
{
    return row_of(slot) && !strcmp(row_of(slot)->unit, "TeV");
}

bool fe_slot_is_scan(fe_slot slot)
{
    return slot.kind == FE_SLOT_NORM_SCAN || slot.kind == FE_SLOT_STAT_SCAN || slot.kind == FE_SLOT_DLOGLIKE_SCAN;
}

bool fe_slot_is_time(fe_slot slot)
{
    return slot.kind == FE_SLOT_KEY && (slot.a == FE_KEY_TIME_MIN || slot.a == FE_KEY_TIME_MAX);
}

const char *fe_slot_unit_of(fe_slot slot, const char *text)
{
    bool time = fe_slot_is_time(slot) || slot.kind == FE_SLOT_BIN_START;

    return time && fe_str_equal_nocase(text, "MJD") ? "d" : text;
}

const double *fe_slot_array(const fe_estimate *e, fe_slot slot)
{
    switch (slot.kind) {
    case FE_SLOT_KEY: return e->key[slot.a];
    case FE_SLOT_MEMBER: return e->family[slot.a][slot.b];
    case FE_SLOT_REF: return e->ref[slot.a];
    case FE_SLOT_QUANTITY: return e->q[slot.a];
    case FE_SLOT_NORM_SCAN: return e->n_scan ? e->norm_scan : NULL;
    case FE_SLOT_STAT_SCAN: return e->n_scan ? e->stat_scan : NULL;
    default: return NULL;
    }
}

/* ---- type and shape of a table ------------------------------------------------------------------------------ */

static bool has(const fe_table *t, const char *name)
{
    const fe_column *c = fe_table_find(t, name);

    return c && c->type != FE_COL_STRING;
}

static bool has_type(const fe_table *t, int type)
{
    char ul[32];

    snprintf(ul, sizeof ul, "%s%s", fe_sedtypes[type].column, fe_members[FE_UL].name);
    return has(t, fe_sedtypes[type].column) || has(t, ul);
}

/*
 * SED_TYPE, which csspec makes a list: its first known word; else norms with their scan (fermipy), else the first type
 * whose required columns are there (formats 6.1); a light curve may leave its band out.
 */
int fe_table_sedtype(const fe_table *t)
{
    const char *text = fe_meta_text(&t->meta, "SED_TYPE");
    bool band = has(t, "e_min") && has(t, "e_max"), any = band || has(t, "e_ref");
    bool times = fe_table_find(t, "time_min") || fe_table_find(t, "time_bin_start");
    fe_strv words = { 0 };
    int type = -1;

    if (text)
        fe_strv_split(&words, text, ",");
    for (size_t i = 0; i < words.n && type < 0; i++)
        type = fe_sedtype_parse(words.s[i]);
    fe_strv_free(&words);
    if (type >= 0 && has_type(t, type))
        return type;
    if (has(t, "norm") && has(t, "norm_scan") && (has(t, "ref_dnde") || has(t, "ref_dfde")) && any)
        return FE_SED_LIKELIHOOD;
    for (type = 0; type < FE_SED_N; type++)
        if (has_type(t, type) && (fe_sedtypes[type].needs_band ? band || times : any))
            return type;
    return -1;
}

fe_grid fe_table_grid(const fe_table *t, fe_sedtype type)
{
    fe_grid grid = { t->n_rows, 1 };
    fe_str name = { 0 };

    for (int m = 0; m < FE_MEMBER_N; m++) {
        const fe_column *c;

        name.len = 0;
        fe_slot_name((fe_slot){ FE_SLOT_MEMBER, (int)type, m }, &name);
        c = fe_table_find(t, name.s);
        if (c && c->width) {
            grid.n_inner = c->width;
            break;
        }
    }
    fe_str_free(&name);
    return grid;
}

size_t fe_grid_width(fe_grid grid, const fe_column *c)
{
    return c->width % grid.n_inner == 0 ? c->width / grid.n_inner : c->width;
}

size_t fe_grid_first(fe_grid grid, const fe_column *c, size_t row)
{
    size_t start = row / grid.n_inner * c->width;

    return c->width % grid.n_inner == 0 ? start + row % grid.n_inner * (c->width / grid.n_inner) : start;
}

/* ---- copies of columns -------------------------------------------------------------------------------------- */

fe_column *fe_column_like(fe_table *t, const fe_column *from, size_t width)
{
    fe_column *c = fe_table_add(t, from->name, from->type, from->unit, width);

    c->comment = fe_strdup(from->comment);
    c->fits_code = from->fits_code;
    c->timescale = fe_strdup(from->timescale);
    c->is_span = from->is_span;
    c->n_dim = from->n_dim;
    memcpy(c->dim, from->dim, sizeof c->dim);
    return c;
}
