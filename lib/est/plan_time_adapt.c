/* Time bins from the data: as many datasets as it takes for a significance. */
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

static double significance(const open_bin *x)
{
    double alpha = x->n_off > 0 ? x->b / x->n_off : 0;
    double ts = alpha > 0 ? fe_wstat(x->n, x->n_off, alpha, 0) : fe_cash(x->n, x->b) - fe_cash(x->n, x->n);

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

    *out = (open_bin){ .n_datasets = 1, .min_mjd = d->info.mjd_start, .max_mjd = d->info.mjd_stop };
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

typedef struct timed_index { double start; size_t i; } timed_index;

static int by_start(const void *a, const void *b)
{
    const timed_index *x = a, *y = b;

    return x->start != y->start ? (x->start < y->start ? -1 : 1) : x->i < y->i ? -1 : 1;
}

/* Datasets with times, in their order; *n of them. */
static int sort_feed(const fe_plan *plan, const fe_feed *feed, timed_index *out, size_t *n, fe_err *err)
{
    *n = 0;
    for (size_t i = 0; i < feed->n; i++) {
        fe_dataset_info info = { 0 };
        fe_err why = { FE_OK, "" };

        if (feed->info(feed->ctx, i, &info, plan->skip_bad ? &why : err) < 0) {
            if (!plan->skip_bad)
                return -1;
            continue;
        }
        if (!isnan(info.mjd_start))
            out[(*n)++] = (timed_index){ info.mjd_start, i };
        fe_dataset_info_free(&info);
    }
    qsort(out, *n, sizeof *out, by_start);
    return 0;
}

static void add_bin(fe_timebins *bins, const open_bin *x)
{
    bins->min_mjd = fe_realloc(bins->min_mjd, bins->n + 1, sizeof *bins->min_mjd);
    bins->max_mjd = fe_realloc(bins->max_mjd, bins->n + 1, sizeof *bins->max_mjd);
    bins->min_mjd[bins->n] = x->min_mjd;
    bins->max_mjd[bins->n++] = x->max_mjd;
}

/* A bin is closed when the next one is full, so that what is left over at the end can join the last one. */
static int fill(const fe_plan *plan, const fe_feed *feed, const timed_index *order, size_t n, double threshold, fe_bands *bands,
                fe_timebins *out, fe_err *err)
{
    open_bin full = empty_bin, open = empty_bin;
    fe_arena *arena = fe_arena_new();
    int rc = 0;

    for (size_t k = 0; k < n && rc == 0; k++) {
        fe_dataset *d = NULL;
        open_bin one = empty_bin;

        if (feed->open(feed->ctx, order[k].i, &d, err) < 0) {
            rc = plan->skip_bad ? 0 : -1;
            continue;
        }
        rc = measure(bands, d, arena, &one, err);
        one.min_mjd = order[k].start;               /* also where the times are given by a table */
        fe_dataset_free(d);
        join(&open, &one);
        if (rc == 0 && significance(&open) >= threshold) {
            if (full.n_datasets)
                add_bin(out, &full);
            full = open;
            open = empty_bin;
        }
    }
    if (rc == 0) {
        join(&full, &open);
        add_bin(out, &full);
    }
    fe_arena_free(arena);
    return rc;
}

int fe_plan_adapt_times(const fe_plan *plan, fe_timecut *cut, const fe_feed *feed, fe_err *err)
{
    timed_index *order;
    fe_bands bands = { 0 };
    fe_timebins list = { .kind = FE_TIMEBINS_LIST };
    size_t n;
    int rc;

    if (cut->bins.kind != FE_TIMEBINS_MIN_SIG)
        return 0;
    order = FE_NEWN(timed_index, feed->n);
    rc = sort_feed(plan, feed, order, &n, err);
    if (rc == 0 && n == 0)
        rc = fe_fail(err, FE_EUSAGE, NULL, "no dataset has good time intervals, so there is only --time-bins run; --gti FILE "
                     "gives them");
    if (rc == 0)
        rc = fe_bands_start(&bands, plan, err);
    if (rc == 0)
        rc = fill(plan, feed, order, n, cut->bins.threshold, &bands, &list, err);
    if (rc == 0) {
        fe_note(FE_NOTE_SAID, NULL, "%zu time bins for min-sig=%g (bins chosen by the data bias fluxes)", list.n,
                cut->bins.threshold);
        fe_timebins_free(&cut->bins);
        cut->bins = list;
    } else {
        fe_timebins_free(&list);
    }
    fe_bands_free(&bands);
    free(order);
    return rc;
}
