/* Columns of a product and their order (interface 5; formats 6.1): canonical, but what came with a file stays in place. */
#include "io/gadf_layout.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/note.h"

/* ---- what is there, and what changed ------------------------------------------------------------------------ */

static bool same(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static bool same_arrays(const double *a, const double *b, size_t n)
{
    if (!a || !b)
        return a == b;
    for (size_t i = 0; i < n; i++)
        if (!same(a[i], b[i]))
            return false;
    return true;
}

static bool same_sources(const fe_estimate *e, const fe_estimate *was)
{
    if (!e->source || !was->source)
        return e->source == was->source;
    for (size_t i = 0; i < e->n; i++)
        if (!e->source[i] != !was->source[i] || (e->source[i] && strcmp(e->source[i], was->source[i])))
            return false;
    return true;
}

/* What a column is made of: itself, or the columns behind another convention. */
static size_t parts_of(fe_slot slot, fe_slot part[4])
{
    static const fe_slot stat = { FE_SLOT_QUANTITY, FE_Q_STAT, 0 }, stat_null = { FE_SLOT_QUANTITY, FE_Q_STAT_NULL, 0 };

    part[0] = slot;
    switch (slot.kind) {
    case FE_SLOT_LOGLIKE: part[0] = stat; return 1;
    case FE_SLOT_LOGLIKE_NULL: part[0] = stat_null; return 1;
    case FE_SLOT_DLOGLIKE_SCAN:
        part[0] = (fe_slot){ FE_SLOT_STAT_SCAN, 0, 0 };
        part[1] = stat;
        part[2] = stat_null;
        part[3] = (fe_slot){ FE_SLOT_QUANTITY, FE_Q_TS, 0 };
        return 4;
    case FE_SLOT_REF_NPRED:
        part[0] = (fe_slot){ FE_SLOT_QUANTITY, FE_Q_NPRED_EXCESS, 0 };
        part[1] = (fe_slot){ FE_SLOT_MEMBER, FE_SED_LIKELIHOOD, FE_VALUE };
        return 2;
    case FE_SLOT_BIN_START:
    case FE_SLOT_BIN_SIZE:
        part[0] = (fe_slot){ FE_SLOT_KEY, FE_KEY_TIME_MIN, 0 };
        part[1] = (fe_slot){ FE_SLOT_KEY, FE_KEY_TIME_MAX, 0 };
        return 2;
    default: return 1;
    }
}

bool fe_slot_unchanged(const fe_estimate *e, const fe_estimate *was, fe_slot slot)
{
    fe_slot part[4];
    size_t n_parts = parts_of(slot, part);

    if (!was || e->n != was->n)
        return false;
    if (slot.kind == FE_SLOT_SOURCE)
        return same_sources(e, was);
    for (size_t k = 0; k < n_parts; k++) {
        bool scan = fe_slot_is_scan(part[k]);

        if ((scan && e->n_scan != was->n_scan) ||
            !same_arrays(fe_slot_array(e, part[k]), fe_slot_array(was, part[k]), scan ? e->n * e->n_scan : e->n))
            return false;
    }
    return true;
}

static bool same_element(const fe_column *a, const fe_column *b, size_t i)
{
    if (a->type == FE_COL_STRING) {
        const char *x = fe_column_string(a, 0, i), *y = fe_column_string(b, 0, i);

        return !strcmp(x, y);
    }
    return a->type == FE_COL_INT ? a->v.i[i] == b->v.i[i] : same(fe_column_number(a, 0, i), fe_column_number(b, 0, i));
}

bool fe_rest_unchanged(const fe_estimate *e, const fe_estimate *was, const fe_column *rest)
{
    const fe_column *old = was ? fe_table_find(was->rest, rest->name) : NULL;

    if (!old || e->n != was->n || old->type != rest->type || old->width != rest->width || strcmp(old->unit, rest->unit))
        return false;
    for (size_t i = 0; i < e->n * rest->width; i++)
        if (!same_element(rest, old, i))
            return false;
    return true;
}

/* ---- canonical order ---------------------------------------------------------------------------------------- */

typedef struct planner {
    const fe_estimate *e, *was;
    bool gadf, twins;
    fe_bins bins;
    fe_out_list all;                    /* everything, canonical */
} planner;

static void add(fe_out_list *list, fe_slot slot, const fe_column *rest)
{
    FE_GROW(list->c, list->n, list->cap);
    list->c[list->n++] = (fe_out_column){ slot, rest };
}

static bool in_order(const fe_estimate *e, fe_slot slot)
{
    for (size_t i = 0; i < e->order.n; i++)
        if (fe_slot_same(fe_slot_of_column(e->order.s[i]), slot))
            return true;
    return false;
}

static bool all_missing(const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isnan(x[i]))
            return false;
    return true;
}

/* A column that came under a name of ours but is kept as it is (one number per dataset, text) has the name. */
static bool name_is_taken(const fe_estimate *e, fe_slot slot)
{
    fe_str name = { 0 };
    bool taken;

    fe_slot_name(slot, &name);
    taken = fe_table_find(e->rest, name.s) != NULL;
    fe_str_free(&name);
    return taken;
}

static void add_slot(planner *p, fe_slot slot)
{
    const double *x = fe_slot_array(p->e, slot);
    bool there = slot.kind == FE_SLOT_SOURCE ? p->e->source != NULL : x != NULL;

    if (slot.kind == FE_SLOT_REF && x && all_missing(x, p->e->n) && !in_order(p->e, slot))
        there = false;
    if (there && !name_is_taken(p->e, slot))
        add(&p->all, slot, NULL);
}

/* GADF's form of a likelihood column: where it came so, and beside ours where another tool shall read it. */
static void add_pair(planner *p, fe_slot slot, fe_slot_kind twin_kind)
{
    fe_slot twin = { twin_kind, 0, 0 };
    bool came = in_order(p->e, twin);

    if (!came || p->twins || in_order(p->e, slot))
        add_slot(p, slot);
    if (fe_slot_array(p->e, slot) && (came || p->twins) && !name_is_taken(p->e, twin))
        add(&p->all, twin, NULL);
}

static bool is_kept(const planner *p, int type)
{
    const fe_estimate *e = p->e;

    if (type == (int)e->type || type == FE_SED_LIKELIHOOD)
        return true;
    return p->was && p->was->type == e->type && in_order(e, (fe_slot){ FE_SLOT_MEMBER, type, FE_VALUE });
}

static void add_family(planner *p, int type)
{
    for (int m = 0; m < FE_MEMBER_N; m++)
        add_slot(p, (fe_slot){ FE_SLOT_MEMBER, type, m });
}

static void add_families(planner *p)
{
    add_family(p, (int)p->e->type);
    for (int t = FE_SED_N - 1; t >= 0; t--)
        if (t != (int)p->e->type && is_kept(p, t))
            add_family(p, t);
}

static void add_refs(planner *p)
{
    static const fe_sedtype order[] = { FE_SED_DNDE, FE_SED_FLUX, FE_SED_EFLUX, FE_SED_E2DNDE };

    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        add_slot(p, (fe_slot){ FE_SLOT_REF, (int)order[i], 0 });
}

static void add_keys(planner *p)
{
    static const fe_key gadf[] = { FE_KEY_TIME_MIN, FE_KEY_TIME_MAX, FE_KEY_PHASE_MIN, FE_KEY_PHASE_MAX, FE_KEY_X_MIN,
                                   FE_KEY_X_MAX, FE_KEY_X_REF, FE_KEY_E_REF, FE_KEY_E_MIN, FE_KEY_E_MAX };
    static const fe_slot start = { FE_SLOT_BIN_START, 0, 0 }, size = { FE_SLOT_BIN_SIZE, 0, 0 };
    bool bins = p->bins == FE_BINS_MADE ||
                (p->bins == FE_BINS_STAY && in_order(p->e, start) && fe_slot_unchanged(p->e, p->was, start));

    add_slot(p, (fe_slot){ FE_SLOT_SOURCE, 0, 0 });
    if (bins) {
        add(&p->all, start, NULL);
        add(&p->all, size, NULL);
    }
    for (int k = 0; k < FE_KEY_N; k++) {
        fe_key key = p->gadf ? gadf[k] : (fe_key)k;

        if (!bins || (key != FE_KEY_TIME_MIN && key != FE_KEY_TIME_MAX))
            add_slot(p, (fe_slot){ FE_SLOT_KEY, (int)key, 0 });
    }
}

static void add_quantities(planner *p)
{
    for (int q = 0; q < FE_Q_N; q++) {
        fe_slot slot = { FE_SLOT_QUANTITY, q, 0 };

        if (q == FE_Q_STAT)
            add_pair(p, slot, FE_SLOT_LOGLIKE);
        else if (q == FE_Q_STAT_NULL)
            add_pair(p, slot, FE_SLOT_LOGLIKE_NULL);
        else
            add_slot(p, slot);
    }
    if (p->e->q[FE_Q_NPRED_EXCESS] && p->e->family[FE_SED_LIKELIHOOD][FE_VALUE] &&
        (p->twins || in_order(p->e, (fe_slot){ FE_SLOT_REF_NPRED, 0, 0 })) &&
        !name_is_taken(p->e, (fe_slot){ FE_SLOT_REF_NPRED, 0, 0 }) &&
        !name_is_taken(p->e, (fe_slot){ FE_SLOT_QUANTITY, FE_Q_NPRED_EXCESS, 0 }))
        add(&p->all, (fe_slot){ FE_SLOT_REF_NPRED, 0, 0 }, NULL);
    add_slot(p, (fe_slot){ FE_SLOT_NORM_SCAN, 0, 0 });
    add_pair(p, (fe_slot){ FE_SLOT_STAT_SCAN, 0, 0 }, FE_SLOT_DLOGLIKE_SCAN);
}

static void plan_all(planner *p)
{
    add_keys(p);
    if (p->gadf)
        add_refs(p);
    add_families(p);
    if (!p->gadf)
        add_refs(p);
    add_quantities(p);
    for (size_t k = 0; k < p->e->rest->n_cols; k++)
        add(&p->all, (fe_slot){ FE_SLOT_REST, 0, 0 }, &p->e->rest->col[k]);
}

/* ---- the order of the file ---------------------------------------------------------------------------------- */

/* Position in a list; list->n when it is not there. */
static size_t find(const fe_out_list *list, fe_out_column c)
{
    size_t i = 0;

    while (i < list->n && !(fe_slot_same(list->c[i].slot, c.slot) && list->c[i].rest == c.rest))
        i++;
    return i;
}

/* The column of the product that stands where `name` stood: a family that is replaced lends its place. */
static fe_out_column successor(const planner *p, const char *name)
{
    fe_out_column c = { fe_slot_of_column(name), fe_table_find(p->e->rest, name) };

    if (c.rest)
        c.slot = (fe_slot){ FE_SLOT_REST, 0, 0 };
    else if (c.slot.kind == FE_SLOT_MEMBER && !is_kept(p, c.slot.a))
        c.slot.a = (int)p->e->type;
    else if (c.slot.kind == FE_SLOT_BIN_START && find(&p->all, c) == p->all.n)
        c.slot = (fe_slot){ FE_SLOT_KEY, FE_KEY_TIME_MIN, 0 };
    else if (c.slot.kind == FE_SLOT_BIN_SIZE && find(&p->all, c) == p->all.n)
        c.slot = (fe_slot){ FE_SLOT_KEY, FE_KEY_TIME_MAX, 0 };
    return c;
}

static void insert(fe_out_list *list, size_t at, fe_out_column c)
{
    add(list, c.slot, c.rest);
    memmove(list->c + at + 1, list->c + at, (list->n - 1 - at) * sizeof *list->c);
    list->c[at] = c;
}

/* What is new stands behind its neighbour of the canonical order, and no value stands between keys. */
static size_t place_of(const planner *p, size_t i, const fe_out_list *out)
{
    size_t at = i ? find(out, p->all.c[i - 1]) + 1 : 0;

    if (p->all.c[i].rest)
        return out->n;
    while (p->all.c[i].slot.kind != FE_SLOT_KEY && at < out->n && out->c[at].slot.kind == FE_SLOT_KEY)
        at++;
    return at;
}

/* astropy wants the start of its bins as the first column, the length as the second. */
static void move_bins_to_front(fe_out_list *list)
{
    static const fe_slot_kind bins[] = { FE_SLOT_BIN_SIZE, FE_SLOT_BIN_START };

    for (int k = 0; k < 2; k++) {
        fe_out_column c = { { bins[k], 0, 0 }, NULL };
        size_t at = find(list, c);

        if (at < list->n)
            memmove(list->c + 1, list->c, at * sizeof *list->c);
        list->c[0] = at < list->n ? c : list->c[0];
    }
}

void fe_layout_columns(const fe_estimate *e, const fe_estimate *was, bool gadf, bool twins, fe_bins bins,
                       fe_out_list *out)
{
    planner p = { .e = e, .was = was, .gadf = gadf, .twins = twins, .bins = bins };

    plan_all(&p);
    for (size_t i = 0; i < e->order.n; i++) {
        fe_out_column c = successor(&p, e->order.s[i]);

        if (find(&p.all, c) < p.all.n && find(out, c) == out->n)
            add(out, c.slot, c.rest);
    }
    for (size_t i = 0; i < p.all.n; i++)
        if (find(out, p.all.c[i]) == out->n)
            insert(out, place_of(&p, i, out), p.all.c[i]);
    free(p.all.c);
    if (bins == FE_BINS_MADE)
        move_bins_to_front(out);
}

/* ---- rows and cells ----------------------------------------------------------------------------------------- */

static const fe_key outer_keys[] = { FE_KEY_TIME_MIN, FE_KEY_TIME_MAX, FE_KEY_PHASE_MIN, FE_KEY_PHASE_MAX,
                                     FE_KEY_X_MIN, FE_KEY_X_MAX, FE_KEY_X_REF };
static const fe_key inner_keys[] = { FE_KEY_E_MIN, FE_KEY_E_MAX, FE_KEY_E_REF };

enum { N_OUTER = sizeof outer_keys / sizeof *outer_keys, N_INNER = sizeof inner_keys / sizeof *inner_keys };

bool fe_slot_is_outer(fe_slot slot)
{
    if (slot.kind == FE_SLOT_SOURCE || slot.kind == FE_SLOT_BIN_START || slot.kind == FE_SLOT_BIN_SIZE)
        return true;
    for (int i = 0; i < N_OUTER; i++)
        if (slot.kind == FE_SLOT_KEY && slot.a == (int)outer_keys[i])
            return true;
    return false;
}

static bool same_keys(const fe_estimate *e, const fe_key *keys, int n_keys, size_t i, size_t j)
{
    for (int k = 0; k < n_keys; k++)
        if (e->key[keys[k]] && !same(e->key[keys[k]][i], e->key[keys[k]][j]))
            return false;
    return true;
}

static bool same_interval(const fe_estimate *e, size_t i, size_t j)
{
    if (e->source && (!e->source[i] != !e->source[j] || (e->source[i] && strcmp(e->source[i], e->source[j]))))
        return false;
    return same_keys(e, outer_keys, N_OUTER, i, j);
}

/* first[k]: a row of the k-th interval; the intervals are few when they are not next to each other. */
static size_t interval_of(const fe_estimate *e, size_t row, size_t *first, size_t *n, size_t *last)
{
    if (*n && same_interval(e, row, first[*last]))
        return *last;
    for (size_t k = 1; k <= *n; k++) {
        size_t i = (*last + k) % *n;            /* band by band: the next one is the likely one */

        if (same_interval(e, row, first[i]))
            return *last = i;
    }
    first[*n] = row;
    return *last = (*n)++;
}

static bool fill_grid(const fe_estimate *e, fe_cell_map *map)
{
    size_t *first = FE_NEWN(size_t, e->n), *outer = FE_NEWN(size_t, e->n), *band = FE_NEWN(size_t, e->n);
    size_t n_outer = 0, n_inner = 0, last = 0;
    bool ok = true;

    for (size_t i = 0; i < e->n; i++)
        outer[i] = interval_of(e, i, first, &n_outer, &last);
    for (size_t i = 0; i < e->n; i++)
        if (outer[i] == 0)
            band[n_inner++] = i;                /* the bands of the first interval are those of all */
    ok = n_outer * n_inner == e->n;
    for (size_t i = 0; ok && i < e->n; i++)
        map->row[i] = e->n;
    for (size_t i = 0; ok && i < e->n; i++) {
        size_t k = 0, *cell;

        while (k < n_inner && !same_keys(e, inner_keys, N_INNER, i, band[k]))
            k++;
        cell = k < n_inner ? &map->row[outer[i] * n_inner + k] : NULL;
        ok = cell && *cell == e->n;
        if (ok)
            *cell = i;
    }
    map->n_outer = n_outer;
    map->n_inner = n_inner;
    free(first);
    free(outer);
    free(band);
    return ok;
}

/* gammapy's light curves are of one source. */
static bool has_sources(const fe_estimate *e)
{
    for (size_t i = 1; e->source && i < e->n; i++)
        if (e->source[i] && e->source[0] && strcmp(e->source[i], e->source[0]))
            return true;
    return false;
}

fe_cell_map fe_cell_map_make(const fe_estimate *e, bool grid)
{
    fe_cell_map map = { e->n, 1, FE_NEWN(size_t, e->n), false };

    for (int i = 0; i < N_OUTER; i++)
        map.grid |= grid && e->key[outer_keys[i]] && e->n;
    if (map.grid && has_sources(e)) {
        fe_note(FE_NOTE_SAID, NULL, "several sources have no place in a light curve of gammapy: one row per estimate is written; "
                "fe-select --split-by source makes a table of each");
        map.grid = false;
    } else if (map.grid && fe_estimate_varies(e, FE_KEY_TIME_MIN) && fe_estimate_varies(e, FE_KEY_X_MIN)) {
        fe_note(FE_NOTE_SAID, NULL, "profiles in bins of time have no place in a table of gammapy: one row per estimate is written; "
                "fe-select --split-by time_min makes a table of each");
        map.grid = false;
    } else if (map.grid && !fill_grid(e, &map)) {
        fe_note(FE_NOTE_SAID, NULL, "the energy bands are not the same in all rows: one row per estimate is written");
        map.n_outer = e->n;
        map.n_inner = 1;
        map.grid = false;
    }
    for (size_t i = 0; !map.grid && i < e->n; i++)
        map.row[i] = i;
    return map;
}
