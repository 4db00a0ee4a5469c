#include "est/plan_time.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/note.h"
#include "est/plan_column.h"
#include "est/stack.h"
#include "phys/const.h"

/* ---- what belongs nowhere ----------------------------------------------------------------------------------------- */

static void say_left(const fe_plan_infos *infos, const fe_timegroups *g)
{
    for (size_t k = 0; k < g->n_left; k++) {
        const char *name = infos->name[g->left[k].dataset], *reason = fe_left_reasons[g->left[k].reason];
        double livetime_s = infos->timed[g->left[k].dataset].livetime_s;

        if (!name)                                  /* it could not be read, which was said */
            continue;
        if (livetime_s > 0)
            fe_note(FE_NOTE_SAID, NULL, "%s left out: %s (livetime %.6g s)", name, reason, livetime_s);
        else
            fe_note(FE_NOTE_SAID, NULL, "%s left out: %s", name, reason);
    }
    if (g->n_left)
        fe_note(FE_NOTE_SAID, NULL, "%zu of %zu datasets left out, livetime %.6g h", g->n_left, infos->n,
                g->livetime_left_s / FE_S_PER_HOUR);
    if (g->n_shared)
        fe_note(FE_NOTE_SAID, NULL, "%zu datasets are in more than one bin: rows are not independent", g->n_shared);
}

/* Bins of phase that hold a dataset longer than half of them: its counts are of other phases, too. */
static void flag_long(const fe_plan_infos *infos, const fe_timegroups *g, fe_plan *plan)
{
    for (size_t k = 0; k < g->n_long; k++) {
        const char *name = infos->name[g->longer[k]];

        fe_note(FE_NOTE_WARN, NULL, "%s is longer than half its phase bin (LONGRUN)", name ? name : "a dataset that could not be read");
        for (size_t s = 0; s < plan->n_sets; s++)
            for (size_t m = 0; m < plan->set[s].n; m++)
                if (plan->set[s].member[m] == g->longer[k])
                    plan->set[s].status |= FE_STATUS_LONGRUN;
    }
}

/* The sets become those of the plan. */
static void take_sets(const fe_plan_infos *infos, const fe_timegroups *g, fe_plan *plan)
{
    for (size_t k = 0; k < g->n; k++) {
        const fe_timeset *from = &g->set[k];
        fe_set *set = fe_plan_add_set(plan, NULL);

        set->time_min = from->time_min;
        set->time_max = from->time_max;
        if (!isnan(from->phase_min)) {
            fe_set_bin *bin = fe_set_own_bin(plan, set);

            bin->phase_min = from->phase_min;
            bin->phase_max = from->phase_max;
        }
        for (size_t m = 0; m < from->n; m++)
            fe_set_add(plan, set, from->member[m]);
    }
    say_left(infos, g);
    flag_long(infos, g, plan);
}

/* ---- rows of the table -------------------------------------------------------------------------------------------- */

/* With the name of the dataset. */
int fe_plan_make_intervals(const fe_plan_infos *infos, const char *arg, fe_plan *plan, fe_err *err)
{
    size_t *order = fe_timed_order(infos->n, infos->timed);

    (void)arg, (void)err;
    for (size_t k = 0; k < infos->n; k++) {
        const fe_timed *timed = &infos->timed[order[k]];
        fe_set *set = fe_plan_add_set(plan, NULL);

        set->run = infos->name[order[k]];
        if (fe_timed_is_known(timed)) {
            set->time_min = timed->start;
            set->time_max = timed->stop;
        }
        fe_set_add(plan, set, order[k]);
    }
    free(order);
    return 0;
}

/* Bins need times: without any there is nothing to be cut. */
static int need_times(const fe_timed *timed, size_t n, fe_err *err)
{
    for (size_t i = 0; i < n; i++)
        if (!isnan(timed[i].start))
            return 0;
    return fe_fail(err, FE_EUSAGE, NULL, "no dataset has good time intervals, so there is only --time-bins run; --gti FILE "
                   "gives them");
}

static int make_by(const fe_plan_infos *infos, fe_plan *plan,
                   int (*sort)(const fe_timecut *, size_t, const fe_timed *, fe_timegroups *, fe_err *), fe_err *err)
{
    fe_timegroups g = { 0 };
    int rc = need_times(infos->timed, infos->n, err);

    if (rc == 0)
        rc = sort(plan->cut, infos->n, infos->timed, &g, err);
    if (rc == 0)
        take_sets(infos, &g, plan);
    fe_timegroups_free(&g);
    return rc;
}

static int sort_nights(const fe_timecut *cut, size_t n, const fe_timed *timed, fe_timegroups *g, fe_err *err)
{
    (void)err;
    fe_timegroups_night(n, timed, cut->night_gap_d, g);
    return 0;
}

static int sort_times(const fe_timecut *cut, size_t n, const fe_timed *timed, fe_timegroups *g, fe_err *err)
{
    if (cut->bins.kind == FE_TIMEBINS_LENGTH)
        return fe_timegroups_length(n, timed, cut->bins.length_d, cut->bins.step_d, cut->origin_mjd, cut->assign, g, err);
    fe_timegroups_bins(n, timed, cut->bins.n, cut->bins.min_mjd, cut->bins.max_mjd, cut->assign, g);
    return 0;
}

static int sort_phases(const fe_timecut *cut, size_t n, const fe_timed *timed, fe_timegroups *g, fe_err *err)
{
    (void)err;
    fe_timegroups_phase(n, timed, cut->period_d, cut->t0_mjd, &cut->phase, g);
    return 0;
}

int fe_plan_make_nights(const fe_plan_infos *infos, const char *arg, fe_plan *plan, fe_err *err)
{
    (void)arg;
    return make_by(infos, plan, sort_nights, err);
}

int fe_plan_make_times(const fe_plan_infos *infos, const char *arg, fe_plan *plan, fe_err *err)
{
    (void)arg;
    return make_by(infos, plan, sort_times, err);
}

int fe_plan_make_phases(const fe_plan_infos *infos, const char *arg, fe_plan *plan, fe_err *err)
{
    (void)arg;
    return make_by(infos, plan, sort_phases, err);
}
