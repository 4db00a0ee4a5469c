/* Keys multiply: the sets of a plan, each cut once more. */
#include <stdlib.h>

#include "base/mem.h"
#include "est/plan.h"
#include "est/plan_column.h"

/* Datasets of both sets; members ascend. */
static size_t common(const fe_set *a, const fe_set *b, fe_plan *plan, fe_set *into)
{
    size_t n = 0;

    for (size_t i = 0, j = 0; i < a->n && j < b->n;) {
        if (a->member[i] == b->member[j]) {
            if (into)
                fe_set_add(plan, into, a->member[i]);
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
    fe_set_bin *both;

    if (bin->n > 0 && common(value, bin, NULL, NULL) == 0)
        return;
    set = fe_plan_add_set(plan, value->label);
    set->run = fe_arena_strdup(plan->arena, bin->run);
    both = fe_set_own_bin(plan, set);
    *both = (fe_set_bin){ .inner = fe_arena_strdup(plan->arena, bin->label), .inner_min = bin->bin->min, .inner_max = bin->bin->max,
                          .min = value->bin->min, .max = value->bin->max, .phase_min = bin->bin->phase_min,
                          .phase_max = bin->bin->phase_max };
    set->time_min = bin->time_min;
    set->time_max = bin->time_max;
    set->status = value->status | bin->status;
    (void)common(value, bin, plan, set);
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
        fe_plan cut = *plan;

        plan->set = both.set;
        plan->n_sets = both.n_sets;
        plan->cap_sets = both.cap_sets;
        plan->arena = both.arena;
        both = (fe_plan){ .set = cut.set, .n_sets = cut.n_sets, .cap_sets = cut.cap_sets, .arena = cut.arena };
        free(plan->inner_column);
        plan->inner_column = plan->column ? plan->column : fe_strdup(label_of(plan));
        plan->column = values.column;
        values.column = NULL;
    }
    fe_plan_free(&both);
    fe_plan_free(&values);
    return rc;
}
