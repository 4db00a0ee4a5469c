/* Columns of an estimate by name, and what is decided with them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/expr.h"
#include "base/mem.h"
#include "types/estimate.h"

static const char DEFAULT_RULE[] = "sqrt_ts<2";

/* "norm_ul" -> member _ul of the family norm; NULL: none, or absent. */
static const double *find_member(const fe_estimate *e, const char *name)
{
    for (int t = 0; t < FE_SED_N; t++) {
        size_t n = strlen(fe_sedtypes[t].column);

        if (strncmp(name, fe_sedtypes[t].column, n))
            continue;
        for (int m = 0; m < FE_MEMBER_N; m++)
            if (!strcmp(name + n, fe_members[m].name))
                return e->family[t][m];
    }
    return NULL;
}

static const double *find_array(const fe_estimate *e, const char *name)
{
    for (int k = 0; k < FE_KEY_N; k++)
        if (!strcmp(name, fe_keys[k].name))
            return e->key[k];
    for (int q = 0; q < FE_Q_N; q++)
        if (!strcmp(name, fe_quantities[q].name))
            return e->q[q];
    for (int t = 0; t < FE_SED_N; t++)
        if (fe_sedtypes[t].ref_column && !strcmp(name, fe_sedtypes[t].ref_column))
            return e->ref[t];
    return find_member(e, name);
}

/* sqrt_ts of a table that has ts: signed as the flux is. */
static bool signed_root(const fe_estimate *e, size_t row, double *x)
{
    const double *ts = e->q[FE_Q_TS], *value = NULL;

    for (int t = 0; t < FE_SED_N; t++)
        if (e->family[t][FE_VALUE])
            value = e->family[t][FE_VALUE];
    if (!ts)
        return false;
    *x = sqrt(ts[row] > 0 || isnan(ts[row]) ? ts[row] : 0);
    if (value && value[row] < 0)
        *x = -*x;
    return true;
}

double fe_estimate_lookup(const fe_estimate *e, const char *column, size_t row, bool *found)
{
    const double *x = find_array(e, column);
    const fe_column *c;
    double root;

    *found = true;
    if (x)
        return x[row];
    if (!strcmp(column, "sqrt_ts") && signed_root(e, row, &root))
        return root;
    c = fe_table_find(e->rest, column);
    if (c && c->width == 1)
        return fe_column_number(c, row, 0);
    *found = false;
    return NAN;
}

typedef struct row_of {             /* what an expression sees of a row                                 */
    const fe_estimate *e;
    size_t row;
    fe_str status;                  /* flags in words                                                   */
} row_of;

static bool look(void *ctx, const char *name, fe_value *value)
{
    row_of *r = ctx;
    const fe_column *c;
    bool found;

    if (!strcmp(name, "source") && r->e->source) {
        value->text = r->e->source[r->row] ? r->e->source[r->row] : "";
        return true;
    }
    value->number = fe_estimate_lookup(r->e, name, r->row, &found);
    if (found && !strcmp(name, "status") && r->e->q[FE_Q_STATUS]) {
        r->status.len = 0;
        fe_str_add(&r->status, "");
        if (!isnan(value->number))
            fe_status_print((unsigned)value->number, &r->status);
        value->text = r->status.s;
    } else if (found && isnan(value->number)) {
        c = find_array(r->e, name) ? NULL : fe_table_find(r->e->rest, name);
        value->text = c ? fe_column_string(c, r->row, 0) : NULL;
    }
    return found;
}

int fe_estimate_test(const fe_estimate *e, size_t row, const fe_expr *expr, bool *is_true, fe_err *err)
{
    row_of r = { e, row, { 0 } };
    int rc = fe_expr_is_true(expr, look, &r, is_true, err);

    fe_str_free(&r.status);
    return rc;
}

/* Can the default rule say anything of this table? */
static bool has_significance(const fe_estimate *e)
{
    bool found = false;

    if (e->n)
        fe_estimate_lookup(e, "sqrt_ts", 0, &found);
    return found;
}

int fe_estimate_apply_ul_rule(fe_estimate *e, const char *rule, fe_err *err)
{
    double *is_ul;
    fe_expr *expr;
    bool truth = false;
    int rc = 0;

    if (!rule && (e->q[FE_Q_IS_UL] || !has_significance(e)))
        return 0;
    if (!rule)
        rule = DEFAULT_RULE;
    expr = fe_expr_parse(rule, err);
    if (!expr)
        return -1;
    is_ul = FE_NEWN(double, e->n);          /* the rule may ask for the old is_ul */
    for (size_t i = 0; rc == 0 && i < e->n; i++) {
        rc = fe_estimate_test(e, i, expr, &truth, err);
        is_ul[i] = truth;
    }
    if (rc == 0) {
        double *column = fe_estimate_quantity(e, FE_Q_IS_UL);

        for (size_t i = 0; i < e->n; i++)
            column[i] = is_ul[i];
        free(e->ul_rule);
        e->ul_rule = fe_strdup(rule);
    }
    free(is_ul);
    fe_expr_free(expr);
    return rc;
}
