/* Groupings: how datasets are cut into sets. */
#include "est/plan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/note.h"
#include "est/plan_column.h"
#include "est/plan_time.h"

fe_set *fe_plan_add_set(fe_plan *plan, const char *label)
{
    fe_set *set;

    FE_GROW(plan->set, plan->n_sets, plan->cap_sets);
    set = &plan->set[plan->n_sets++];
    *set = (fe_set){ .label = fe_strdup(label), .min = NAN, .max = NAN, .inner_min = NAN, .inner_max = NAN, .time_min = NAN, .time_max = NAN, .phase_min = NAN,
                     .phase_max = NAN };
    return set;
}

void fe_set_add(fe_set *set, size_t i)
{
    FE_GROW(set->member, set->n, set->cap);
    set->member[set->n++] = i;
}

static int make_all(const fe_dataset_info *info, size_t n, const char *arg, fe_plan *plan, fe_err *err)
{
    fe_set *set = fe_plan_add_set(plan, NULL);

    (void)info, (void)arg, (void)err;
    for (size_t i = 0; i < n; i++)
        fe_set_add(set, i);
    return 0;
}

static int make_run(const fe_dataset_info *info, size_t n, const char *arg, fe_plan *plan, fe_err *err)
{
    (void)arg, (void)err;
    for (size_t i = 0; i < n; i++)
        fe_set_add(fe_plan_add_set(plan, info[i].name ? info[i].name : ""), i);
    return 0;
}

const fe_grouping fe_groupings[] = {
    { "all", "all datasets together", false, false, false, make_all },
    { "run", "every dataset for itself", true, false, false, make_run },
    { "column", "datasets of one value, or bin of values, of a keyword or column", true, true, false, fe_plan_make_column },
    { "interval", "every dataset for itself, with its times", true, false, true, fe_plan_make_intervals },
    { "night", "datasets that follow each other closely", true, false, true, fe_plan_make_nights },
    { "time", "datasets in bins of time", true, false, true, fe_plan_make_times },
    { "phase", "datasets in bins of the phase of a period", true, false, false, fe_plan_make_phases },
    { NULL, NULL, false, false, false, NULL }
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
static int read_infos(fe_plan *plan, const fe_feed *feed, bool with_meta, fe_dataset_info *info, fe_err *err)
{
    for (size_t i = 0; i < feed->n; i++) {
        fe_err why = { FE_OK, "" };

        if (feed->info(feed->ctx, i, &info[i], plan->skip_bad ? &why : err) == 0) {
            if (!with_meta)                     /* of ten thousand runs they would be most of what is held */
                fe_metalist_free(&info[i].meta);
            continue;
        }
        if (!plan->skip_bad)
            return -1;
        fe_note(FE_NOTE_WARN, NULL, "dataset left out: %s", why.text);
        fe_dataset_info_free(&info[i]);             /* no name and no times */
        plan->n_unread++;
    }
    return 0;
}

static bool in_range(const fe_plan *plan, const fe_dataset_info *info)
{
    bool all = plan->time_min == 0 && plan->time_max == 0;

    if (all || (info->mjd_start >= plan->time_min && info->mjd_stop <= plan->time_max))
        return true;
    if (info->name || !plan->skip_bad)              /* of one that could not be read that was said */
        fe_note(FE_NOTE_SAID, NULL, "%s left out: it %s", info->name ? info->name : "dataset", isnan(info->mjd_start) ?
            "has no good time intervals" : "does not lie in --time-range");
    return false;
}

/* Those for which the condition holds come first, *n of them; index says which they were. */
static int keep_where(const fe_plan *plan, fe_dataset_info *info, size_t *index, size_t *n, fe_err *err)
{
    size_t n_kept = 0;

    for (size_t i = 0; i < *n; i++) {
        bool is_true = true;

        if (plan->where && info[i].name && fe_plan_test_info(&info[i], plan->where, &is_true, err) < 0)
            return -1;
        if (is_true && in_range(plan, &info[i])) {
            fe_dataset_info kept = info[i];

            info[i] = info[n_kept];
            info[n_kept] = kept;
            index[n_kept++] = i;
        }
    }
    *n = n_kept;
    return n_kept ? 0 : fe_fail(err, FE_EUSAGE, NULL, plan->time_max != 0 ? "no dataset satisfies --where and lies in --time-range"
                                                                         : "no dataset satisfies --where");
}

static int number_all(size_t *index, size_t n)
{
    for (size_t i = 0; i < n; i++)
        index[i] = i;
    return 0;
}

static int make(fe_plan *plan, const fe_grouping *row, const char *arg, const fe_feed *feed, fe_dataset_info *info,
                size_t *index, fe_err *err)
{
    bool by_time = plan->time_min != 0 || plan->time_max != 0, needs_info = row->needs_info || plan->where || by_time;
    size_t n = feed->n;

    if (needs_info && read_infos(plan, feed, row->needs_meta || plan->where, info, err) < 0)
        return -1;
    if ((needs_info ? keep_where(plan, info, index, &n, err) : number_all(index, n)) < 0)
        return -1;
    if (row->make(needs_info ? info : NULL, n, arg, plan, err) < 0)
        return -1;
    for (size_t k = 0; k < plan->n_sets; k++)
        for (size_t m = 0; m < plan->set[k].n; m++)
            plan->set[k].member[m] = index[plan->set[k].member[m]];
    return 0;
}

int fe_plan_make(fe_plan *plan, const char *grouping, const char *arg, const fe_feed *feed, fe_err *err)
{
    const fe_grouping *row = find_grouping(grouping, err);

    return row ? fe_plan_make_by(plan, row, arg, feed, err) : -1;
}

int fe_plan_make_by(fe_plan *plan, const fe_grouping *row, const char *arg, const fe_feed *feed, fe_err *err)
{
    fe_dataset_info *info;
    size_t *index;
    int rc;

    if (feed->n == 0)
        return fe_fail(err, FE_EUSAGE, NULL, "no datasets");
    info = FE_NEWN(fe_dataset_info, feed->n);
    index = FE_NEWN(size_t, feed->n);
    rc = make(plan, row, arg, feed, info, index, err);
    plan->grouping = row;
    for (size_t i = 0; i < feed->n; i++)
        fe_dataset_info_free(&info[i]);
    free(info);
    free(index);
    return rc;
}

void fe_plan_free(fe_plan *plan)
{
    for (size_t k = 0; k < plan->n_sets; k++) {
        free(plan->set[k].label);
        free(plan->set[k].inner);
        free(plan->set[k].run);
        free(plan->set[k].member);
    }
    free(plan->set);
    free(plan->column);
    free(plan->inner_column);
    fe_edges_free(&plan->edges);
    *plan = (fe_plan){ 0 };
}
