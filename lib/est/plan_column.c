#include "est/plan_column.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/note.h"
#include "base/num.h"

/* ---- values ------------------------------------------------------------------------------------------------ */

/* Keywords, and the names that every dataset has. */
static bool look_up(void *ctx, const char *name, fe_value *value)
{
    const fe_dataset_info *info = ctx;
    const fe_meta *m = fe_meta_find(&info->meta, name);

    *value = (fe_value){ NAN, NULL };
    if (m && m->type == FE_META_STRING)
        value->text = m->text;
    else if (m)
        value->number = m->number;
    else if (fe_str_equal_nocase(name, "OBS_ID"))
        value->text = info->name ? info->name : "";
    else if (fe_str_equal_nocase(name, "mjd_start"))
        value->number = info->mjd_start;
    else if (fe_str_equal_nocase(name, "mjd_stop"))
        value->number = info->mjd_stop;
    else
        return false;
    return true;
}

int fe_plan_test_info(const fe_dataset_info *info, const fe_expr *where, bool *is_true, fe_err *err)
{
    fe_dataset_info at = *info;                 /* the expression looks, and changes nothing */

    return fe_expr_is_true(where, look_up, &at, is_true, err);
}

static int value_of(const fe_dataset_info *info, const char *column, fe_value *value, fe_err *err)
{
    fe_dataset_info at = *info;
    fe_str known = { 0 };

    if (look_up(&at, column, value))
        return 0;
    for (size_t i = 0; i < info->meta.n; i++)
        fe_str_addf(&known, "%s%s", i ? ", " : "", info->meta.m[i].key);
    (void)fe_fail(err, FE_EUSAGE, &(fe_where){ info->file, NULL, 0 }, "there is no keyword or column '%s' to group by, found %s",
                  column, known.s ? known.s : "none");
    fe_str_free(&known);
    return -1;
}

/* ---- sets -------------------------------------------------------------------------------------------------- */

/* A value for each set: numbers in their order, texts in theirs, so that the order of the files is no matter. */
typedef struct labelled { char *text; double number; size_t dataset; } labelled;

static int compare(const void *a, const void *b)
{
    const labelled *x = a, *y = b;
    int by_text;

    if (!isnan(x->number) && !isnan(y->number) && x->number != y->number)
        return x->number < y->number ? -1 : 1;
    by_text = strcmp(x->text, y->text);
    return by_text ? by_text : x->dataset < y->dataset ? -1 : 1;
}

static int make_values(const fe_plan_infos *infos, const char *column, fe_plan *plan, fe_err *err)
{
    labelled *item = FE_NEWN(labelled, infos->n);
    fe_set *set = NULL;
    size_t n_items = 0;
    int rc = 0;

    for (size_t i = 0; i < infos->n && rc == 0; i++) {
        fe_value value;
        fe_str text = { 0 };

        if (!infos->name[i])                    /* it could not be read, and has no value */
            continue;
        rc = value_of(&infos->all[i], column, &value, err);
        if (rc == 0 && value.text)
            fe_str_add(&text, value.text);
        else if (rc == 0)
            fe_str_addnum(&text, value.number);
        item[n_items++] = (labelled){ text.s, value.text ? NAN : value.number, i };
    }
    if (rc == 0)
        qsort(item, n_items, sizeof *item, compare);
    for (size_t i = 0; i < n_items && rc == 0; i++) {
        if (!set || strcmp(set->label, item[i].text))
            set = fe_plan_add_set(plan, item[i].text);
        fe_set_add(plan, set, item[i].dataset);
    }
    for (size_t i = 0; i < n_items; i++)
        free(item[i].text);
    free(item);
    return rc;
}

static int parse_edges(const char *text, const char *arg, double **edge, size_t *n, fe_err *err)
{
    fe_strv part = { 0 };
    int rc = 0;

    fe_strv_split(&part, text, ",");
    *edge = FE_NEWN(double, part.n + 1);
    *n = part.n;
    for (size_t i = 0; i < part.n && rc == 0; i++)
        if (fe_num_parse(part.s[i], &(*edge)[i]) < 0 || isnan((*edge)[i]) || (i && !((*edge)[i] > (*edge)[i - 1])))
            rc = -1;
    if (rc < 0 || part.n < 2)
        rc = fe_fail(err, FE_EUSAGE, NULL, "--group-by %s: expected two or more ascending edges behind the colon, as in "
                     "ZEN_PNT:0,20,40", arg);
    fe_strv_free(&part);
    return rc;
}

/* The bin of a value; the upper edge of the last one belongs to it.  n: none. */
static size_t bin_of(double x, const double *edge, size_t n_edges)
{
    for (size_t k = 0; k + 1 < n_edges; k++)
        if (x >= edge[k] && (x < edge[k + 1] || (k + 2 == n_edges && x == edge[k + 1])))
            return k;
    return n_edges;
}

static int fill_bins(const fe_plan_infos *infos, const char *column, const double *edge, size_t n_edges, fe_plan *plan,
                     fe_err *err)
{
    for (size_t i = 0; i < infos->n; i++) {
        const fe_dataset_info *info = &infos->all[i];
        fe_value value;
        size_t k;

        if (!infos->name[i])
            continue;
        if (value_of(info, column, &value, err) < 0)
            return -1;
        if (value.text && fe_num_parse(value.text, &value.number) < 0)
            return fe_fail(err, FE_EUSAGE, &(fe_where){ info->file, NULL, 0 }, "%s is '%s', expected a number for "
                           "--group-by %s:EDGES", column, value.text, column);
        k = bin_of(value.number, edge, n_edges);
        if (k < n_edges)
            fe_set_add(plan, &plan->set[k], i);
        else
            fe_note(FE_NOTE_SAID, &(fe_where){ info->file, NULL, 0 }, "%s %.6g lies in no bin of --group-by: left out",
                    column, value.number);
    }
    return 0;
}

static int make_bins(const fe_plan_infos *infos, const char *column, const char *text, const char *arg, fe_plan *plan,
                     fe_err *err)
{
    double *edge = NULL;
    size_t n_edges;
    int rc = parse_edges(text, arg, &edge, &n_edges, err);

    for (size_t k = 0; rc == 0 && k + 1 < n_edges; k++) {
        fe_str label = { 0 };
        fe_set_bin *bin;

        fe_str_addnum(&label, edge[k]);
        fe_str_add(&label, "..");
        fe_str_addnum(&label, edge[k + 1]);
        bin = fe_set_own_bin(plan, fe_plan_add_set(plan, label.s));
        bin->min = edge[k];
        bin->max = edge[k + 1];
        fe_str_free(&label);
    }
    if (rc == 0)
        rc = fill_bins(infos, column, edge, n_edges, plan, err);
    free(edge);
    return rc;
}

int fe_plan_make_column(const fe_plan_infos *infos, const char *arg, fe_plan *plan, fe_err *err)
{
    const char *colon = arg ? strchr(arg, ':') : NULL;
    fe_str column = { 0 };
    int rc;

    if (!arg || !*arg || colon == arg)
        return fe_fail(err, FE_EUSAGE, NULL, "--group-by: expected COLUMN or COLUMN:EDGES");
    fe_str_addn(&column, arg, colon ? (size_t)(colon - arg) : strlen(arg));
    free(plan->column);
    plan->column = column.s;
    rc = colon ? make_bins(infos, column.s, colon + 1, arg, plan, err) : make_values(infos, column.s, plan, err);
    return rc;
}
