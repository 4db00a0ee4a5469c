#include "est/timegroups.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "phys/const.h"

enum { MAX_BINS = 1000000 };

const double fe_same_time_d = 2e-6 / FE_S_PER_DAY;

const char *const fe_left_reasons[] = {
    "no good time intervals", "outside of all bins", "crosses an edge of a bin", "its mid time is in no bin"
};

int fe_assign_parse(const char *text)
{
    static const char *const names[] = { "contained", "centre", "overlap" };

    for (int i = 0; i < 3; i++)
        if (!strcmp(text, names[i]))
            return i;
    return -1;
}

/* ---- one dataset ------------------------------------------------------------------------------------------------ */

bool fe_timed_is_known(const fe_timed *d)
{
    return isfinite(d->start) && isfinite(d->stop);
}

static double mid_of(const fe_timed *d)
{
    return isfinite(d->mid) ? d->mid : d->start + 0.5 * (d->stop - d->start);
}

/* ---- sets ------------------------------------------------------------------------------------------------------- */

static fe_timeset *add_set(fe_timegroups *g, double time_min, double time_max)
{
    FE_GROW(g->set, g->n, g->cap);
    g->set[g->n] = (fe_timeset){ .time_min = time_min, .time_max = time_max, .phase_min = NAN, .phase_max = NAN };
    return &g->set[g->n++];
}

static void add_member(fe_timeset *set, size_t dataset)
{
    FE_GROW(set->member, set->n, set->cap);
    set->member[set->n++] = dataset;
}

static void leave_out(fe_timegroups *g, const fe_timed *timed, size_t dataset, fe_left_reason reason)
{
    FE_GROW(g->left, g->n_left, g->cap_left);
    g->left[g->n_left++] = (fe_left){ dataset, reason };
    if (isfinite(timed[dataset].livetime_s))
        g->livetime_left_s += timed[dataset].livetime_s;
}

static int by_index(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;

    return (x > y) - (x < y);
}

void fe_timegroups_free(fe_timegroups *g)
{
    for (size_t i = 0; i < g->n; i++)
        free(g->set[i].member);
    free(g->set);
    free(g->left);
    free(g->longer);
    *g = (fe_timegroups){ 0 };
}

/* ---- by run and by night ---------------------------------------------------------------------------------------- */

typedef struct entry { double start; size_t dataset; } entry;

/* Without time last; the same start: as the datasets came. */
static int by_start(const void *a, const void *b)
{
    const entry *x = a, *y = b;

    if (isnan(x->start) != isnan(y->start))
        return isnan(x->start) ? 1 : -1;
    if (x->start < y->start || x->start > y->start)
        return x->start < y->start ? -1 : 1;
    return (x->dataset > y->dataset) - (x->dataset < y->dataset);
}

static entry *sort_by_start(size_t n, const fe_timed *timed)
{
    entry *order = FE_NEWN(entry, n);

    for (size_t i = 0; i < n; i++)
        order[i] = (entry){ fe_timed_is_known(&timed[i]) ? timed[i].start : NAN, i };
    qsort(order, n, sizeof *order, by_start);
    return order;
}

size_t *fe_timed_order(size_t n, const fe_timed *timed)
{
    entry *order = sort_by_start(n, timed);
    size_t *index = FE_NEWN(size_t, n);

    for (size_t i = 0; i < n; i++)
        index[i] = order[i].dataset;
    free(order);
    return index;
}

void fe_timegroups_night(size_t n, const fe_timed *timed, double gap_d, fe_timegroups *g)
{
    entry *order = sort_by_start(n, timed);
    fe_timeset *night = NULL;

    *g = (fe_timegroups){ 0 };
    for (size_t i = 0; i < n && !isnan(order[i].start); i++) {
        const fe_timed *d = &timed[order[i].dataset];

        if (!night || d->start - night->time_max > gap_d - fe_same_time_d)
            night = add_set(g, d->start, d->stop);
        night->time_max = fmax(night->time_max, d->stop);
        add_member(night, order[i].dataset);
    }
    for (size_t i = 0; i < g->n; i++)
        qsort(g->set[i].member, g->set[i].n, sizeof(size_t), by_index);
    for (size_t i = 0; i < n; i++)
        if (!fe_timed_is_known(&timed[i]))
            leave_out(g, timed, i, FE_LEFT_NO_TIME);
    free(order);
}

/* ---- bins ------------------------------------------------------------------------------------------------------- */

static bool is_contained(const fe_timed *d, double min, double max)
{
    return d->start >= min - fe_same_time_d && d->stop <= max + fe_same_time_d;
}

static bool touches(const fe_timed *d, double min, double max)
{
    return (d->stop > min + fe_same_time_d && d->start < max - fe_same_time_d) || is_contained(d, min, max);
}

static bool belongs(const fe_timed *d, double min, double max, fe_assign assign)
{
    double mid = mid_of(d);

    if (assign == FE_ASSIGN_CENTRE)
        return mid >= min && mid < max;
    return assign == FE_ASSIGN_OVERLAP ? touches(d, min, max) : is_contained(d, min, max);
}

/* Latest stop of the bins up to each: what lies before the first that reaches a time need not be looked at. */
static double *reaches(size_t n, const double *max)
{
    double *reach = FE_NEWN(double, n);

    for (size_t i = 0; i < n; i++)
        reach[i] = i > 0 ? fmax(reach[i - 1], max[i]) : max[i];
    return reach;
}

static size_t first_that_reaches(size_t n, const double *reach, double t)
{
    size_t lo = 0, hi = n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (reach[mid] < t)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static void sort_in(size_t dataset, const fe_timed *timed, const double *reach, fe_assign assign, fe_timegroups *g)
{
    const fe_timed *d = &timed[dataset];
    size_t n_sets = 0, n_touched = 0;

    if (!fe_timed_is_known(d)) {
        leave_out(g, timed, dataset, FE_LEFT_NO_TIME);
        return;
    }
    for (size_t i = first_that_reaches(g->n, reach, d->start - fe_same_time_d);
         i < g->n && g->set[i].time_min <= d->stop + fe_same_time_d; i++) {
        n_touched += touches(d, g->set[i].time_min, g->set[i].time_max);
        if (belongs(d, g->set[i].time_min, g->set[i].time_max, assign)) {
            add_member(&g->set[i], dataset);
            n_sets++;
        }
    }
    g->n_shared += n_sets > 1;
    if (n_sets == 0)
        leave_out(g, timed, dataset, n_touched == 0 ? FE_LEFT_OUTSIDE :
                  assign == FE_ASSIGN_CENTRE ? FE_LEFT_CENTRE : FE_LEFT_CROSSES);
}

void fe_timegroups_bins(size_t n, const fe_timed *timed, size_t n_bins, const double *min_mjd, const double *max_mjd,
                        fe_assign assign, fe_timegroups *g)
{
    double *reach = reaches(n_bins, max_mjd);

    *g = (fe_timegroups){ 0 };
    for (size_t i = 0; i < n_bins; i++)
        add_set(g, min_mjd[i], max_mjd[i]);
    for (size_t i = 0; i < n; i++)
        sort_in(i, timed, reach, assign, g);
    free(reach);
}

/* ---- bins of one length ----------------------------------------------------------------------------------------- */

static double first_start(size_t n, const fe_timed *timed)
{
    double first = NAN;

    for (size_t i = 0; i < n; i++)
        if (fe_timed_is_known(&timed[i]))
            first = fmin(first, timed[i].start);
    return first;
}

static int by_number(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

typedef struct grid { double origin, length_d, step_d; size_t n, cap; double *k; } grid;

/* Edge after `steps` of the grid: days and their fraction apart, so that one rounding is all. */
static double edge_of(const grid *w, double k, double length_d)
{
    double whole = floor(w->origin);

    return whole + ((w->origin - whole) + (k * w->step_d + length_d));
}

/* Numbers of the bins that a dataset touches. */
static int number_bins(grid *w, const fe_timed *d, fe_err *err)
{
    double first = floor((d->start - w->origin - w->length_d) / w->step_d) - 1;
    double last = ceil((d->stop - w->origin) / w->step_d) + 1;

    if (!(last - first < MAX_BINS))
        return fe_fail(err, FE_EUSAGE, NULL, "a dataset of %g d covers more than %d time bins", d->stop - d->start, MAX_BINS);
    for (double k = first; k <= last; k++)
        if (touches(d, edge_of(w, k, 0), edge_of(w, k, w->length_d))) {
            if (w->n >= 4 * (size_t)MAX_BINS)
                return fe_fail(err, FE_EUSAGE, NULL, "more than %d time bins, expected longer ones", MAX_BINS);
            FE_GROW(w->k, w->n, w->cap);
            w->k[w->n++] = k;
        }
    return 0;
}

static void keep_one_of_each(grid *w)
{
    size_t m = 0;

    if (w->n == 0)
        return;
    qsort(w->k, w->n, sizeof *w->k, by_number);
    for (size_t i = 0; i < w->n; i++)
        if (m == 0 || w->k[i] > w->k[m - 1])
            w->k[m++] = w->k[i];
    w->n = m;
}

int fe_timegroups_length(size_t n, const fe_timed *timed, double length_d, double step_d, double origin, fe_assign assign,
                         fe_timegroups *g, fe_err *err)
{
    grid w = { isnan(origin) ? first_start(n, timed) : origin, length_d, step_d, 0, 0, NULL };
    double *min = NULL, *max = NULL;
    int rc = 0;

    *g = (fe_timegroups){ 0 };
    for (size_t i = 0; i < n && rc == 0; i++)
        if (fe_timed_is_known(&timed[i]))
            rc = number_bins(&w, &timed[i], err);
    if (rc < 0)
        goto done;
    keep_one_of_each(&w);
    min = FE_NEWN(double, w.n);
    max = FE_NEWN(double, w.n);
    for (size_t i = 0; i < w.n; i++) {
        min[i] = edge_of(&w, w.k[i], 0);
        max[i] = edge_of(&w, w.k[i], length_d);
    }
    fe_timegroups_bins(n, timed, w.n, min, max, assign, g);
done:
    free(w.k);
    free(min);
    free(max);
    return rc;
}

/* ---- by phase --------------------------------------------------------------------------------------------------- */

static void sort_by_phase(size_t dataset, const fe_timed *timed, double period_d, double t0_mjd, const fe_phasebins *bins,
                          fe_timegroups *g)
{
    const fe_timed *d = &timed[dataset];
    double phase = fe_phase(mid_of(d), t0_mjd, period_d);
    size_t n_sets = 0;
    bool is_long = false;

    for (size_t i = 0; i < bins->n; i++)
        if (fe_phasebins_holds(bins, i, phase)) {
            fe_timeset *set = &g->set[i];

            add_member(set, dataset);
            set->time_min = fmin(set->time_min, d->start);
            set->time_max = fmax(set->time_max, d->stop);
            is_long |= d->stop - d->start > 0.5 * fe_phasebins_width(bins, i) * period_d;
            n_sets++;
        }
    g->n_shared += n_sets > 1;
    if (n_sets == 0)
        leave_out(g, timed, dataset, FE_LEFT_OUTSIDE);
    if (is_long) {
        FE_GROW(g->longer, g->n_long, g->cap_long);
        g->longer[g->n_long++] = dataset;
    }
}

void fe_timegroups_phase(size_t n, const fe_timed *timed, double period_d, double t0_mjd, const fe_phasebins *bins,
                         fe_timegroups *g)
{
    *g = (fe_timegroups){ 0 };
    for (size_t i = 0; i < bins->n; i++) {
        fe_timeset *set = add_set(g, NAN, NAN);

        set->phase_min = bins->min[i];
        set->phase_max = bins->max[i];
    }
    for (size_t i = 0; i < n; i++)
        if (fe_timed_is_known(&timed[i]))
            sort_by_phase(i, timed, period_d, t0_mjd, bins, g);
        else
            leave_out(g, timed, i, FE_LEFT_NO_TIME);
}
