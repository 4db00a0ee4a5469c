/* Keys multiply: the sets of a plan, each cut once more. */
#include <stdlib.h>

#include "base/mem.h"
#include "est/plan.h"
#include "est/plan_column.h"

/* Datasets of both sets; members ascend. */
static size_t common(const fe_set *a, const fe_set *b, fe_set *into)
{
    size_t n = 0;

    for (size_t i = 0, j = 0; i < a->n && j < b->n;) {
        if (a->member[i] == b->member[j]) {
            if (into)
                fe_set_add(into, a->member[i]);
            n++;
        }
        if (a->member[i] < b->member[j])
            i++;
        else
            j++;
    }
    return n;
}

/* A bin that is empty by itself keeps its rows; one that holds only datasets of other values has none. */
static void add_both(fe_plan *plan, const fe_set *value, const fe_set *bin)
{
    fe_set *set;

    if (bin->n > 0 && common(value, bin, NULL) == 0)
        return;
    set = fe_plan_add_set(plan, value->label);
    set->run = fe_strdup(bin->run);
    set->inner = fe_strdup(bin->label);
    set->inner_min = bin->min;
    set->inner_max = bin->max;
    set->min = value->min;
    set->max = value->max;
    set->time_min = bin->time_min;
    set->time_max = bin->time_max;
    set->phase_min = bin->phase_min;
    set->phase_max = bin->phase_max;
    set->status = value->status | bin->status;
    (void)common(value, bin, set);
}

/* The column of the labels that a plan has by its grouping; NULL: it has none. */
static const char *label_of(const fe_plan *plan)
{
    return plan->n_sets && plan->set[0].label && plan->grouping ? plan->grouping->name : NULL;
}

int fe_plan_cross(fe_plan *plan, const char *grouping, const char *arg, const fe_feed *feed, fe_err *err)
{
    fe_plan values = { .skip_bad = plan->skip_bad, .where = plan->where, .cut = plan->cut, .time_min = plan->time_min,
                       .time_max = plan->time_max };
    fe_plan both = { 0 };
    int rc = fe_plan_make(&values, grouping, arg, feed, err);

    for (size_t v = 0; rc == 0 && v < values.n_sets; v++)
        for (size_t k = 0; k < plan->n_sets; k++)
            add_both(&both, &values.set[v], &plan->set[k]);
    if (rc == 0) {
        fe_set *set = plan->set;
        size_t n = plan->n_sets;

        plan->set = both.set;
        plan->n_sets = both.n_sets;
        plan->cap_sets = both.cap_sets;
        both.set = set;
        both.n_sets = n;
        free(plan->inner_column);
        plan->inner_column = plan->column ? plan->column : fe_strdup(label_of(plan));
        plan->column = values.column;
        values.column = NULL;
    }
    fe_plan_free(&both);
    fe_plan_free(&values);
    return rc;
}
