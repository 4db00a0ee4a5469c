#include "est/plan_time.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/note.h"
#include "est/plan_column.h"
#include "est/stack.h"
#include "phys/const.h"

static fe_timed *timed_of(const fe_dataset_info *info, size_t n)
{
    fe_timed *t = FE_NEWN(fe_timed, n);

    for (size_t i = 0; i < n; i++)
        t[i] = (fe_timed){ info[i].mjd_start, info[i].mjd_stop, info[i].mjd_mid, info[i].livetime_s };
    return t;
}

static const char *name_of(const fe_dataset_info *info)
{
    return info->name ? info->name : "a dataset that could not be read";
}

/* ---- what belongs nowhere ----------------------------------------------------------------------------------------- */

static void say_left(const fe_dataset_info *info, size_t n, const fe_timegroups *g)
{
    for (size_t k = 0; k < g->n_left; k++) {
        const fe_dataset_info *d = &info[g->left[k].dataset];
        const char *reason = fe_left_reasons[g->left[k].reason];

        if (!d->name)                               /* it could not be read, which was said */
            continue;
        if (d->livetime_s > 0)
            fe_note(FE_NOTE_SAID, NULL, "%s left out: %s (livetime %.6g s)", d->name, reason, d->livetime_s);
        else
            fe_note(FE_NOTE_SAID, NULL, "%s left out: %s", d->name, reason);
    }
    if (g->n_left)
        fe_note(FE_NOTE_SAID, NULL, "%zu of %zu datasets left out, livetime %.6g h", g->n_left, n,
                g->livetime_left_s / FE_S_PER_HOUR);
    if (g->n_shared)
        fe_note(FE_NOTE_SAID, NULL, "%zu datasets are in more than one bin: rows are not independent", g->n_shared);
}

/* Bins of phase that hold a dataset longer than half of them: its counts are of other phases, too. */
static void flag_long(const fe_dataset_info *info, const fe_timegroups *g, fe_plan *plan)
{
    for (size_t k = 0; k < g->n_long; k++) {
        fe_note(FE_NOTE_WARN, NULL, "%s is longer than half its phase bin (LONGRUN)", name_of(&info[g->longer[k]]));
        for (size_t s = 0; s < plan->n_sets; s++)
            for (size_t m = 0; m < plan->set[s].n; m++)
                if (plan->set[s].member[m] == g->longer[k])
                    plan->set[s].status |= FE_STATUS_LONGRUN;
    }
}

/* The sets become those of the plan; with the name of the dataset where each has one. */
static void take_sets(const fe_dataset_info *info, size_t n, const fe_timegroups *g, bool by_run, fe_plan *plan)
{
    for (size_t k = 0; k < g->n; k++) {
        const fe_timeset *from = &g->set[k];
        fe_set *set = fe_plan_add_set(plan, NULL);

        set->run = by_run ? fe_strdup(info[from->member[0]].name) : NULL;
        set->time_min = from->time_min;
        set->time_max = from->time_max;
        set->phase_min = from->phase_min;
        set->phase_max = from->phase_max;
        for (size_t m = 0; m < from->n; m++)
            fe_set_add(set, from->member[m]);
    }
    say_left(info, n, g);
    flag_long(info, g, plan);
}

/* ---- rows of the table -------------------------------------------------------------------------------------------- */

int fe_plan_make_intervals(const fe_dataset_info *info, size_t n, const char *arg, fe_plan *plan, fe_err *err)
{
    fe_timed *timed = timed_of(info, n);
    fe_timegroups g = { 0 };

    (void)arg, (void)err;
    fe_timegroups_run(n, timed, &g);
    take_sets(info, n, &g, true, plan);
    fe_timegroups_free(&g);
    free(timed);
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

static int make_by(const fe_dataset_info *info, size_t n, fe_plan *plan,
                   int (*sort)(const fe_timecut *, size_t, const fe_timed *, fe_timegroups *, fe_err *), fe_err *err)
{
    fe_timed *timed = timed_of(info, n);
    fe_timegroups g = { 0 };
    int rc = need_times(timed, n, err);

    if (rc == 0)
        rc = sort(plan->cut, n, timed, &g, err);
    if (rc == 0)
        take_sets(info, n, &g, false, plan);
    fe_timegroups_free(&g);
    free(timed);
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

int fe_plan_make_nights(const fe_dataset_info *info, size_t n, const char *arg, fe_plan *plan, fe_err *err)
{
    (void)arg;
    return make_by(info, n, plan, sort_nights, err);
}

int fe_plan_make_times(const fe_dataset_info *info, size_t n, const char *arg, fe_plan *plan, fe_err *err)
{
    (void)arg;
    return make_by(info, n, plan, sort_times, err);
}

int fe_plan_make_phases(const fe_dataset_info *info, size_t n, const char *arg, fe_plan *plan, fe_err *err)
{
    (void)arg;
    return make_by(info, n, plan, sort_phases, err);
}
