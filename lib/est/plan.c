/* Groupings: how datasets are cut into sets. */
#include "est/plan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static fe_set *add_set(fe_plan *plan, const char *label)
{
    fe_set *set;

    FE_GROW(plan->set, plan->n_sets, plan->cap_sets);
    set = &plan->set[plan->n_sets++];
    *set = (fe_set){ .label = fe_strdup(label), .time_min = NAN, .time_max = NAN };
    return set;
}

static void add_member(fe_set *set, size_t i)
{
    FE_GROW(set->member, set->n, set->cap);
    set->member[set->n++] = i;
}

static int make_all(const fe_dataset_info *info, size_t n, const char *arg, fe_plan *plan, fe_err *err)
{
    fe_set *set = add_set(plan, NULL);

    (void)info, (void)arg, (void)err;
    for (size_t i = 0; i < n; i++)
        add_member(set, i);
    return 0;
}

static int make_run(const fe_dataset_info *info, size_t n, const char *arg, fe_plan *plan, fe_err *err)
{
    (void)arg, (void)err;
    for (size_t i = 0; i < n; i++)
        add_member(add_set(plan, info[i].name ? info[i].name : ""), i);
    return 0;
}

const fe_grouping fe_groupings[] = {
    { "all", "all datasets together", false, false, make_all },
    { "run", "every dataset for itself", true, false, make_run },
    { NULL, NULL, false, false, NULL }
};

static const fe_grouping *find_grouping(const char *name, fe_err *err)
{
    fe_str known = { 0 };

    for (const fe_grouping *g = fe_groupings; g->name; g++)
        if (!strcmp(g->name, name))
            return g;
    for (const fe_grouping *g = fe_groupings; g->name; g++)
        fe_str_addf(&known, "%s%s", known.s ? ", " : "", g->name);
    fe_fail(err, FE_EUSAGE, NULL, "there is no grouping '%s', expected %s", name, known.s);
    fe_str_free(&known);
    return NULL;
}

/* info[i] of all datasets; when bad ones are skipped, one that cannot be read has no name: running will say why. */
static int read_infos(const fe_plan *plan, const fe_feed *feed, fe_dataset_info *info, fe_err *err)
{
    for (size_t i = 0; i < feed->n; i++)
        if (feed->info(feed->ctx, i, &info[i], err) < 0 && !plan->skip_bad)
            return -1;
    return 0;
}

int fe_plan_make(fe_plan *plan, const char *grouping, const char *arg, const fe_feed *feed, fe_err *err)
{
    const fe_grouping *row = find_grouping(grouping, err);
    fe_dataset_info *info;
    int rc = 0;

    if (!row)
        return -1;
    if (feed->n == 0)
        return fe_fail(err, FE_EUSAGE, NULL, "no datasets");
    info = FE_NEWN(fe_dataset_info, feed->n);
    if (row->needs_info)
        rc = read_infos(plan, feed, info, err);
    if (rc == 0)
        rc = row->make(row->needs_info ? info : NULL, feed->n, arg, plan, err);
    plan->grouping = row;
    for (size_t i = 0; i < feed->n; i++)
        fe_dataset_info_free(&info[i]);
    free(info);
    return rc;
}

void fe_plan_free(fe_plan *plan)
{
    for (size_t k = 0; k < plan->n_sets; k++) {
        free(plan->set[k].label);
        free(plan->set[k].member);
    }
    free(plan->set);
    fe_edges_free(&plan->edges);
    *plan = (fe_plan){ 0 };
}
