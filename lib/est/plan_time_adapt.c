/* Time bins from the data: as many datasets as it takes for a significance or a number of counts. */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/note.h"
#include "est/plan.h"
#include "est/plan_bands.h"

typedef struct open_bin {           /* datasets since the last edge                                     */
    double n, b, n_off, min_mjd, max_mjd;
    size_t n_datasets;
} open_bin;

static const open_bin empty_bin = { .min_mjd = NAN, .max_mjd = NAN };

/* Counts, or root of TS with the sign of the excess (algorithms 3). */
static double measured(const open_bin *x, fe_timebins_kind kind)
{
    double alpha = x->n_off > 0 ? x->b / x->n_off : 0, ts;

    if (kind == FE_TIMEBINS_MIN_COUNTS)
        return x->n;
    ts = alpha > 0 ? fe_wstat(x->n, x->n_off, alpha, 0) : fe_cash(x->n, x->b) - fe_cash(x->n, x->n);
    return copysign(sqrt(fmax(ts, 0)), x->n - x->b);
}

static void join(open_bin *x, const open_bin *y)
{
    x->n += y->n;
    x->b += y->b;
    x->n_off += y->n_off;
    x->n_datasets += y->n_datasets;
    x->min_mjd = fmin(x->min_mjd, y->min_mjd);
    x->max_mjd = fmax(x->max_mjd, y->max_mjd);
}

/* What a dataset has in the bands, all of them summed. */
static int measure(fe_bands *bands, const fe_dataset *d, fe_arena *arena, open_bin *out, fe_err *err)
{
    double *no_signal = FE_NEWN(double, d->n_e);
    int rc = fe_bands_place(bands, d, err);

    for (size_t k = 0; k < bands->n && rc == 0; k++) {
        fe_fold_piece piece;

        if (bands->first[k] >= bands->last[k])
            continue;
        fe_arena_clear(arena);
        fe_fold_piece_make(d, no_signal, bands->first[k], bands->last[k], FE_METHOD_EXCESS, 0, arena, &piece);
        out->n += piece.block.counts;
        out->b += piece.block.background;
        out->n_off += piece.n_off_sum;
    }
    free(no_signal);
    return rc;
}

static void add_bin(fe_timebins *bins, const open_bin *x)
{
    bins->min_mjd = fe_realloc(bins->min_mjd, bins->n + 1, sizeof *bins->min_mjd);
    bins->max_mjd = fe_realloc(bins->max_mjd, bins->n + 1, sizeof *bins->max_mjd);
    bins->min_mjd[bins->n] = x->min_mjd;
    bins->max_mjd[bins->n++] = x->max_mjd;
}

/* Datasets at the same time stay together, so that bins do not overlap. */
static bool may_close(const fe_plan *by_run, size_t k, const open_bin *open)
{
    double next_mjd = k + 1 < by_run->n_sets ? by_run->set[k + 1].time_min : NAN;

    return isnan(next_mjd) || next_mjd > open->max_mjd - fe_same_time_d;
}

/* A bin is closed when the next one is full, so that what is left over at the end can join the last one. */
static int fill(const fe_plan *by_run, const fe_feed *feed, const fe_timebins *asked, fe_bands *bands, fe_timebins *out,
                fe_err *err)
{
    open_bin full = empty_bin, open = empty_bin;
    fe_arena *arena = fe_arena_new();
    int rc = 0;

    for (size_t k = 0; k < by_run->n_sets && rc == 0; k++) {
        const fe_set *set = &by_run->set[k];
        open_bin one = { .n_datasets = 1, .min_mjd = set->time_min, .max_mjd = set->time_max };
        fe_dataset *d = NULL;

        if (isnan(set->time_min))
            continue;
        if (feed->open(feed->ctx, set->member[0], &d, err) < 0) {
            rc = by_run->skip_bad ? 0 : -1;
            continue;
        }
        rc = measure(bands, d, arena, &one, err);
        fe_dataset_free(d);
        join(&open, &one);
        if (rc == 0 && measured(&open, asked->kind) >= asked->threshold && may_close(by_run, k, &open)) {
            if (full.n_datasets)
                add_bin(out, &full);
            full = open;
            open = empty_bin;
        }
    }
    join(&full, &open);
    if (rc == 0 && full.n_datasets)
        add_bin(out, &full);
    fe_arena_free(arena);
    return rc;
}

static int adapt(const fe_plan *plan, fe_plan *by_run, const fe_feed *feed, fe_timebins *asked, fe_err *err)
{
    bool is_known = plan->edges.kind == FE_EDGES_LIST || plan->edges.kind == FE_EDGES_ALL;
    fe_timebins list = { .kind = FE_TIMEBINS_LIST };
    fe_bands bands = { 0 };
    int rc = is_known ? 0 : fe_edges_whole(&by_run->edges);     /* bands that the data will make have all channels */

    if (rc == 0)
        rc = fe_bands_start(&bands, is_known ? plan : by_run, err);

    if (rc == 0)
        rc = fill(by_run, feed, asked, &bands, &list, err);
    if (rc == 0 && list.n == 0)
        rc = fe_fail(err, FE_EUSAGE, NULL, "no dataset has good time intervals, so there is only --time-bins run; --gti FILE "
                     "gives them");
    fe_bands_free(&bands);
    if (rc < 0) {
        fe_timebins_free(&list);
        return -1;
    }
    fe_note(FE_NOTE_SAID, NULL, "%zu time bins for min-%s=%g (bins chosen by the data bias fluxes)", list.n,
            asked->kind == FE_TIMEBINS_MIN_SIG ? "sig" : "counts", asked->threshold);
    fe_timebins_free(asked);
    *asked = list;
    return 0;
}

int fe_plan_adapt_times(const fe_plan *plan, fe_timecut *cut, const fe_feed *feed, fe_err *err)
{
    fe_plan by_run = { .skip_bad = plan->skip_bad, .where = plan->where, .time_min = plan->time_min, .time_max = plan->time_max };
    int rc;

    if (cut->bins.kind != FE_TIMEBINS_MIN_SIG && cut->bins.kind != FE_TIMEBINS_MIN_COUNTS)
        return 0;
    rc = fe_plan_make(&by_run, "interval", NULL, feed, err);
    if (rc == 0)
        rc = adapt(plan, &by_run, feed, &cut->bins, err);
    fe_plan_free(&by_run);
    return rc;
}
