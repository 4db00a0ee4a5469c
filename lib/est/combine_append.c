/* Rows of several tables below each other. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/note.h"
#include "base/num.h"
#include "est/combine_parts.h"

/* ---- do they agree? -------------------------------------------------------------------------------------------- */

static bool has_errors(const fe_estimate *e)
{
    return e->family[e->type][FE_ERR] || e->family[e->type][FE_ERRN] || e->family[e->type][FE_ERRP];
}

static bool has_times(const fe_estimate *e)
{
    return e->key[FE_KEY_TIME_MIN] || e->key[FE_KEY_TIME_MAX];
}

static bool differ(double a, double b)
{
    return !isnan(a) && !isnan(b) && !fe_num_close(a, b, 1e-6);
}

/* Level that the table of all rows has: NaN, said, where a part does not state its own. */
static double common_level(const char *what, double a, double b, const fe_estimate *first, const fe_estimate *part)
{
    if (isnan(a) == isnan(b))
        return a;
    fe_note(FE_NOTE_WARN, NULL, "the level of %s is unknown in %s: it is not stored for all rows", what,
            fe_combine_file(isnan(a) ? first : part));
    return NAN;
}

static int check_levels(const fe_estimate *first, const fe_estimate *part, fe_err *err)
{
    const fe_where where = { part->file, NULL, 0 };

    if (has_errors(part) && has_errors(first) && differ(first->n_sigma, part->n_sigma))
        return fe_fail(err, FE_EDATA, &where, "errors of %g sigma cannot stand below those of %g sigma in %s: restate them first "
                       "(--recompute err,errn,errp)", part->n_sigma, first->n_sigma, fe_combine_file(first));
    if (part->family[part->type][FE_UL] && first->family[first->type][FE_UL] &&
        (differ(first->ul_drop, part->ul_drop) || differ(first->ul_conf, part->ul_conf)))
        return fe_fail(err, FE_EDATA, &where, "limits at another level than those of %s (UL_CONF %g and %g, drop of -2 ln L %g and %g): restate "
                       "them first (--recompute ul)", fe_combine_file(first), part->ul_conf, first->ul_conf, part->ul_drop,
                       first->ul_drop);
    if (has_times(part) && has_times(first) && !fe_str_equal_nocase(first->timesys, part->timesys) &&
        (first->timesys || part->timesys))
        return fe_fail(err, FE_EDATA, &where, "times are in %s, those of %s in %s", part->timesys ? part->timesys : "an unknown scale",
                       fe_combine_file(first), first->timesys ? first->timesys : "an unknown scale");
    return 0;
}

static int check_columns(const fe_estimate *first, const fe_estimate *part, fe_err *err)
{
    for (size_t k = 0; k < part->rest->n_cols; k++) {
        const fe_column *a = &part->rest->col[k], *b = fe_table_find(first->rest, a->name);

        if (b && ((a->type == FE_COL_STRING) != (b->type == FE_COL_STRING) || a->width != b->width || strcmp(a->unit, b->unit)))
            return fe_fail(err, FE_EDATA, &(fe_where){ part->file, NULL, 0 }, "column %s is %zu of %s '%s', in %s %zu of %s '%s'", a->name,
                           a->width, a->type == FE_COL_STRING ? "text" : "number", a->unit, fe_combine_file(first), b->width,
                           b->type == FE_COL_STRING ? "text" : "number", b->unit);
    }
    return 0;
}

/* ---- rows ------------------------------------------------------------------------------------------------------ */

static bool all_have(size_t n, fe_estimate *const *parts, int type)
{
    for (size_t k = 0; k < n; k++)
        if (parts[k]->n && !parts[k]->family[type][FE_VALUE] && !parts[k]->family[type][FE_UL])
            return false;
    return true;
}

static void copy_doubles(const double *from, size_t n, double *to)
{
    memcpy(to, from, n * sizeof *to);
}

/* Families that only some have would be empty in the other rows, and are made from norms and refs when asked for. */
static void copy_arrays(const fe_estimate *part, const bool keep[FE_SED_N], size_t first, fe_estimate *out)
{
    for (size_t i = 0; i < part->n; i++)
        fe_combine_copy_keys(part, i, out, first + i);
    for (int t = 0; t < FE_SED_N; t++) {
        for (int m = 0; keep[t] && m < FE_MEMBER_N; m++)
            if (part->family[t][m])
                copy_doubles(part->family[t][m], part->n, fe_estimate_member(out, (fe_sedtype)t, (fe_member)m) + first);
        if (part->ref[t])
            copy_doubles(part->ref[t], part->n, fe_estimate_ref(out, (fe_sedtype)t) + first);
    }
    for (int q = 0; q < FE_Q_N; q++)
        if (part->q[q])
            copy_doubles(part->q[q], part->n, fe_estimate_quantity(out, (fe_quantity)q) + first);
    for (size_t i = 0; part->n_scan && i < part->n; i++) {
        copy_doubles(part->norm_scan + i * part->n_scan, part->n_scan, out->norm_scan + (first + i) * out->n_scan);
        copy_doubles(part->stat_scan + i * part->n_scan, part->n_scan, out->stat_scan + (first + i) * out->n_scan);
    }
}

/* Covariances within a part; between parts they are not known. */
static void copy_covar(const fe_estimate *part, size_t first, fe_estimate *out)
{
    for (size_t i = 0; part->covar && i < part->n; i++)
        copy_doubles(part->covar + i * part->n, part->n, fe_estimate_covar(out) + (first + i) * out->n + first);
}

static void copy_cell(const fe_column *from, size_t row, fe_column *to, size_t to_row)
{
    for (size_t k = 0; k < from->width; k++) {
        size_t i = to_row * to->width + k;

        if (to->type == FE_COL_STRING) {
            free(to->v.s[i]);
            to->v.s[i] = fe_strdup(fe_column_string(from, row, k));
        } else if (to->type == FE_COL_INT && from->type == FE_COL_INT) {
            to->v.i[i] = from->v.i[row * from->width + k];
        } else if (to->type == FE_COL_BOOL && from->type == FE_COL_BOOL) {
            to->v.b[i] = from->v.b[row * from->width + k];
        } else {
            to->v.d[i] = fe_column_number(from, row, k);
        }
    }
}

/* Column of the new table: of the parts' type where they agree and all have it, else double, which knows what is missing. */
static fe_column *column_of(size_t n, fe_estimate *const *parts, const fe_column *c, fe_estimate *out)
{
    fe_column *to = fe_table_find(out->rest, c->name);
    fe_coltype type = c->type;

    if (to)
        return to;
    for (size_t k = 0; k < n && type != FE_COL_STRING; k++) {
        const fe_column *other = fe_table_find(parts[k]->rest, c->name);

        type = other && other->type == type ? type : FE_COL_DOUBLE;
    }
    to = fe_table_add(out->rest, c->name, type, c->unit, c->width);
    to->comment = fe_strdup(c->comment);
    to->n_dim = c->n_dim;
    memcpy(to->dim, c->dim, sizeof to->dim);
    return to;
}

static void copy_columns(size_t n, fe_estimate *const *parts, size_t k, size_t first, fe_estimate *out)
{
    for (size_t c = 0; c < parts[k]->rest->n_cols; c++) {
        const fe_column *from = &parts[k]->rest->col[c];
        fe_column *to = column_of(n, parts, from, out);

        for (size_t i = 0; i < parts[k]->n; i++)
            copy_cell(from, i, to, first + i);
    }
}

static void put_tag(fe_estimate *out, const char *name, const char *tag, size_t first, size_t n)
{
    fe_column *c = fe_table_find(out->rest, name);

    if (!c)
        c = fe_table_add(out->rest, name, FE_COL_STRING, "", 1);
    for (size_t i = first; i < first + n; i++) {
        free(c->v.s[i]);
        c->v.s[i] = fe_strdup(tag ? tag : "");
    }
}

/* ---- all ------------------------------------------------------------------------------------------------------- */

static int prepare(size_t n, fe_estimate *const *parts, const char *tag, fe_err *err)
{
    for (size_t k = 0; k < n; k++) {
        fe_column *c = tag ? fe_table_find(parts[k]->rest, tag) : NULL;

        if (c && (c->type != FE_COL_STRING || c->width != 1))
            return fe_fail(err, FE_EDATA, &(fe_where){ parts[k]->file, NULL, 0 },
                           "column %s holds numbers: choose another name for --tag", tag);
        if (fe_estimate_convert(parts[k], parts[0]->type, err) < 0)
            return -1;
        fe_estimate_fill_refs(parts[k]);
        for (size_t j = 0; j < k; j++)
            if (check_levels(parts[j], parts[k], err) < 0 || check_columns(parts[j], parts[k], err) < 0)
                return -1;
    }
    return 0;
}

static void take_levels(size_t n, fe_estimate *const *parts, fe_estimate *out)
{
    for (size_t k = 1; k < n; k++) {
        if (has_errors(parts[k]))
            out->n_sigma = common_level("errors", out->n_sigma, parts[k]->n_sigma, parts[0], parts[k]);
        if (!parts[k]->family[out->type][FE_UL])
            continue;
        out->ul_drop = common_level("limits", out->ul_drop, parts[k]->ul_drop, parts[0], parts[k]);
        if (isnan(out->ul_drop))
            out->ul_conf = NAN;
        if (out->ul_bounded != parts[k]->ul_bounded)
            fe_note(FE_NOTE_WARN, NULL, "limits are bounded at 0 in one of %s and %s only", fe_combine_file(parts[0]),
                    fe_combine_file(parts[k]));
    }
}

static bool in_list(const fe_strv *list, const char *name)
{
    for (size_t i = 0; i < list->n; i++)
        if (fe_str_equal_nocase(list->s[i], name))
            return true;
    return false;
}

int fe_combine_append(size_t n, fe_estimate *const *parts, const char *tag, const char *const *tags, fe_estimate **out, fe_err *err)
{
    bool keep[FE_SED_N];
    size_t n_rows = 0, n_scan = 0, row = 0;
    fe_estimate *e;

    if (prepare(n, parts, tag, err) < 0)
        return -1;
    for (int t = 0; t < FE_SED_N; t++)
        keep[t] = all_have(n, parts, t);
    e = fe_combine_head(n, parts);
    take_levels(n, parts, e);
    for (size_t k = 0; k < n; k++) {
        n_rows += parts[k]->n;
        n_scan = parts[k]->n_scan > n_scan ? parts[k]->n_scan : n_scan;
        for (size_t c = 0; k > 0 && parts[0]->order.n && c < parts[k]->order.n; c++)
            if (!in_list(&e->order, parts[k]->order.s[c]))
                fe_strv_add(&e->order, parts[k]->order.s[c]);
        if (!e->timesys)
            e->timesys = fe_strdup(parts[k]->timesys);
    }
    fe_estimate_add_rows(e, n_rows);
    fe_estimate_scan(e, n_scan);
    for (size_t k = 0; k < n; k++) {
        copy_arrays(parts[k], keep, row, e);
        copy_covar(parts[k], row, e);
        copy_columns(n, parts, k, row, e);
        if (tag)
            put_tag(e, tag, tags[k], row, parts[k]->n);
        row += parts[k]->n;
    }
    *out = e;
    return 0;
}
