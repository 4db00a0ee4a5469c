/* Groupings: how datasets are cut into sets. */
#include "est/plan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/note.h"
#include "est/plan_column.h"
#include "est/plan_time.h"

static const fe_set_bin no_bin = { .min = NAN, .max = NAN, .inner_min = NAN, .inner_max = NAN, .phase_min = NAN, .phase_max = NAN };

static fe_arena *arena_of(fe_plan *plan)
{
    if (!plan->arena)
        plan->arena = fe_arena_new();
    return plan->arena;
}

fe_set *fe_plan_add_set(fe_plan *plan, const char *label)
{
    fe_set *set;

    FE_GROW(plan->set, plan->n_sets, plan->cap_sets);
    set = &plan->set[plan->n_sets++];
    *set = (fe_set){ .label = fe_arena_strdup(arena_of(plan), label), .bin = &no_bin, .time_min = NAN, .time_max = NAN };
    return set;
}

/* Members grow when their number is a power of two: a set of one holds one. */
void fe_set_add(fe_plan *plan, fe_set *set, size_t i)
{
    if ((set->n & (set->n - 1)) == 0) {
        size_t *more = fe_arena_small(arena_of(plan), (set->n ? 2 * (size_t)set->n : 1) * sizeof *more);

        if (set->n)
            memcpy(more, set->member, set->n * sizeof *more);
        set->member = more;
    }
    set->member[set->n++] = i;
}

fe_set_bin *fe_set_own_bin(fe_plan *plan, fe_set *set)
{
    fe_set_bin *own = fe_arena_small(arena_of(plan), sizeof *own);

    *own = *set->bin;
    set->bin = own;
    return own;
}

static int make_all(const fe_plan_infos *infos, const char *arg, fe_plan *plan, fe_err *err)
{
    fe_set *set = fe_plan_add_set(plan, NULL);

    (void)arg, (void)err;
    for (size_t i = 0; i < infos->n; i++)
        fe_set_add(plan, set, i);
    return 0;
}

static int make_run(const fe_plan_infos *infos, const char *arg, fe_plan *plan, fe_err *err)
{
    (void)arg, (void)err;
    for (size_t i = 0; i < infos->n; i++) {
        fe_set *set = fe_plan_add_set(plan, NULL);

        set->label = infos->name[i] ? infos->name[i] : "";
        fe_set_add(plan, set, i);
    }
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

static void keep_info(fe_plan *plan, fe_plan_infos *infos, size_t i, fe_dataset_info *info)
{
    infos->name[i] = fe_arena_strdup(arena_of(plan), info->name);
    infos->timed[i] = (fe_timed){ info->mjd_start, info->mjd_stop, info->mjd_mid, info->livetime_s };
    if (infos->all)
        infos->all[i] = *info;
    else                                            /* of ten thousand runs the rest would be most of what is held */
        fe_dataset_info_free(info);
}

/* When bad ones are skipped, one that cannot be read has no name: running will say why. */
static int read_infos(fe_plan *plan, const fe_feed *feed, fe_plan_infos *infos, fe_err *err)
{
    for (size_t i = 0; i < feed->n; i++) {
        fe_err why = { FE_OK, "" };
        fe_dataset_info info = { 0 };

        if (feed->info(feed->ctx, i, &info, plan->skip_bad ? &why : err) == 0) {
            keep_info(plan, infos, i, &info);
            continue;
        }
        if (!plan->skip_bad)
            return -1;
        fe_note(FE_NOTE_WARN, NULL, "dataset left out: %s", why.text);
        fe_dataset_info_free(&info);                /* no name and no times */
        infos->timed[i] = (fe_timed){ NAN, NAN, NAN, NAN };
        plan->n_unread++;
    }
    return 0;
}

static bool in_range(const fe_plan *plan, const char *name, const fe_timed *timed)
{
    bool all = plan->time_min == 0 && plan->time_max == 0;

    if (all || (timed->start >= plan->time_min && timed->stop <= plan->time_max))
        return true;
    if (name || !plan->skip_bad)                    /* of one that could not be read that was said */
        fe_note(FE_NOTE_SAID, NULL, "%s left out: it %s", name ? name : "dataset", isnan(timed->start) ?
            "has no good time intervals" : "does not lie in --time-range");
    return false;
}

static void swap_infos(fe_plan_infos *infos, size_t i, size_t k)
{
    const char *name = infos->name[i];
    fe_timed timed = infos->timed[i];

    infos->name[i] = infos->name[k];
    infos->name[k] = name;
    infos->timed[i] = infos->timed[k];
    infos->timed[k] = timed;
    if (infos->all) {
        fe_dataset_info info = infos->all[i];

        infos->all[i] = infos->all[k];
        infos->all[k] = info;
    }
}

/* Those for which the condition holds come first, infos->n of them; index says which they were. */
static int keep_where(const fe_plan *plan, fe_plan_infos *infos, size_t *index, fe_err *err)
{
    size_t n_kept = 0;

    for (size_t i = 0; i < infos->n; i++) {
        bool is_true = true;

        if (plan->where && infos->name[i] && fe_plan_test_info(&infos->all[i], plan->where, &is_true, err) < 0)
            return -1;
        if (!is_true || !in_range(plan, infos->name[i], &infos->timed[i]))
            continue;
        if (i != n_kept)
            swap_infos(infos, i, n_kept);
        index[n_kept++] = i;
    }
    infos->n = n_kept;
    return n_kept ? 0 : fe_fail(err, FE_EUSAGE, NULL, plan->time_max != 0 ? "no dataset satisfies --where and lies in --time-range"
                                                                         : "no dataset satisfies --where");
}

/* Members as numbers of the feed. */
static void renumber(fe_plan *plan, const size_t *index)
{
    for (size_t k = 0; k < plan->n_sets; k++)
        for (size_t m = 0; m < plan->set[k].n; m++)
            plan->set[k].member[m] = index[plan->set[k].member[m]];
}

static int make(fe_plan *plan, const fe_grouping *row, const char *arg, const fe_feed *feed, fe_plan_infos *infos, fe_err *err)
{
    bool by_time = plan->time_min != 0 || plan->time_max != 0;
    size_t *index;
    int rc;

    if (!row->needs_info && !plan->where && !by_time)
        return row->make(infos, arg, plan, err);
    infos->name = FE_NEWN(const char *, feed->n);
    infos->timed = FE_NEWN(fe_timed, feed->n);
    if (row->needs_meta || plan->where)
        infos->all = FE_NEWN(fe_dataset_info, feed->n);
    index = FE_NEWN(size_t, feed->n);
    rc = read_infos(plan, feed, infos, err);
    if (rc == 0)
        rc = keep_where(plan, infos, index, err);
    if (rc == 0)
        rc = row->make(infos, arg, plan, err);
    if (rc == 0 && infos->n < feed->n)
        renumber(plan, index);
    free(index);
    return rc;
}

int fe_plan_make(fe_plan *plan, const char *grouping, const char *arg, const fe_feed *feed, fe_err *err)
{
    const fe_grouping *row = find_grouping(grouping, err);

    return row ? fe_plan_make_by(plan, row, arg, feed, err) : -1;
}

int fe_plan_make_by(fe_plan *plan, const fe_grouping *row, const char *arg, const fe_feed *feed, fe_err *err)
{
    fe_plan_infos infos = { .n = feed->n };
    int rc;

    if (feed->n == 0)
        return fe_fail(err, FE_EUSAGE, NULL, "no datasets");
    rc = make(plan, row, arg, feed, &infos, err);
    plan->grouping = row;
    for (size_t i = 0; infos.all && i < feed->n; i++)
        fe_dataset_info_free(&infos.all[i]);
    free(infos.all);
    free(infos.timed);
    free(infos.name);
    return rc;
}

void fe_plan_free(fe_plan *plan)
{
    free(plan->set);
    fe_arena_free(plan->arena);
    free(plan->column);
    free(plan->inner_column);
    fe_edges_free(&plan->edges);
    *plan = (fe_plan){ 0 };
}
