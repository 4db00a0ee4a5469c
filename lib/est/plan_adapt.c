/* Energy bands from the data: wide enough for a significance or a number of counts. */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/note.h"
#include "est/plan.h"
#include "est/stack.h"

/* [n] Which datasets are in a set; all of them while there are none. */
static bool *find_members(const fe_plan *plan, size_t n)
{
    bool *is_member = FE_NEWN(bool, n);

    for (size_t i = 0; i < n; i++)
        is_member[i] = plan->n_sets == 0;
    for (size_t s = 0; s < plan->n_sets; s++)
        for (size_t m = 0; m < plan->set[s].n; m++)
            is_member[plan->set[s].member[m]] = true;
    return is_member;
}

static int add_spectrum(fe_stacker *stacker, const fe_dataset *d, fe_err *err)
{
    if (d->ny * d->nx != 1)
        return fe_fail(err, FE_EDATA, &(fe_where){ d->info.file, NULL, 0 }, "dataset has %zu x %zu pixels, expected a spectrum: energy "
                       "bands are chosen by the counts of spectra", d->nx, d->ny);
    return fe_stacker_add(stacker, d, err);
}

/* All datasets in one: the bands are the same for every set. */
static fe_dataset *sum_of(const fe_plan *plan, const fe_feed *feed, fe_err *err)
{
    bool *is_member = find_members(plan, feed->n);
    fe_stacker *stacker = fe_stacker_new();
    fe_dataset *sum = NULL;
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < feed->n; i++) {
        fe_dataset *d = NULL;

        if (!is_member[i])
            continue;
        if (feed->open(feed->ctx, i, &d, err) == 0)
            rc = add_spectrum(stacker, d, err);
        else if (!plan->skip_bad)
            rc = -1;
        fe_dataset_free(d);
    }
    if (rc == 0 && !(sum = fe_stacker_finish(stacker)))
        fe_fail(err, FE_EDATA, NULL, "no dataset could be read, so there are no energy bands to be found");
    fe_stacker_free(stacker);
    free(is_member);
    return sum;
}

typedef struct measure {            /* what the threshold is compared with                              */
    const fe_dataset *d;
    bool of_significance;
    double *no_signal;              /* [n_e] zeros                                                      */
    fe_arena *arena;
} measure;

/*
 * Counts of the channels [first, last), or their significance: root of TS = W(0) - W(n_excess) with the sign of the
 * excess, of the summed channels (algorithms 3).  W(n_excess) is 0 for WStat.
 */
static double measured(const measure *m, size_t first, size_t last)
{
    fe_fold_piece piece;
    double n, b, ts;

    fe_arena_clear(m->arena);
    fe_fold_piece_make(m->d, m->no_signal, first, last, FE_METHOD_EXCESS, 0, m->arena, &piece);
    n = piece.block.counts;
    b = piece.block.background;
    if (!m->of_significance || piece.n_used == 0)
        return m->of_significance ? 0 : n;
    ts = m->d->n_off ? fe_wstat(n, piece.block.n_off[0], piece.block.alpha[0], 0) : fe_cash(n, b) - fe_cash(n, n);
    return copysign(sqrt(fmax(ts, 0)), n - b);
}

/* Edges from the highest channel down; [lo, hi) are the channels that are not masked.  Returns the number of bands. */
static size_t find_edges(const measure *m, size_t lo, size_t hi, double threshold, double *down_TeV)
{
    size_t n = 0, last = hi;

    down_TeV[0] = m->d->e_edge_TeV[hi];
    for (size_t j = hi; j-- > lo;) {
        if (measured(m, j, last) < threshold)
            continue;
        down_TeV[++n] = m->d->e_edge_TeV[j];
        last = j;
    }
    if (n == 0)
        n = 1;
    down_TeV[n] = m->d->e_edge_TeV[lo];         /* what is left over joins its neighbour */
    return n;
}

static void say(const fe_edges *asked, size_t n, const double *down_TeV, bool reached)
{
    fe_str text = { 0 };

    for (size_t k = n + 1; k-- > 0;)
        fe_str_addf(&text, "%s%.6g", k < n ? ", " : "", down_TeV[k]);
    fe_note(FE_NOTE_SAID, NULL, "energy edges for min-%s=%g: %s TeV%s",
            asked->kind == FE_EDGES_MIN_SIG ? "sig" : "counts", asked->threshold, text.s,
            reached ? " (bins chosen by the data bias fluxes)" : ", where it is not reached");
    fe_str_free(&text);
}

static int adapt(fe_plan *plan, const fe_dataset *d, fe_err *err)
{
    measure m = { d, plan->edges.kind == FE_EDGES_MIN_SIG, FE_NEWN(double, d->n_e), fe_arena_new() };
    double *down_TeV = FE_NEWN(double, d->n_e + 1);
    size_t lo = 0, hi = d->n_e, n;
    int rc = 0;

    while (lo < hi && !d->mask[lo])
        lo++;
    while (hi > lo && !d->mask[hi - 1])
        hi--;
    if (lo == hi) {
        rc = fe_fail(err, FE_EDATA, NULL, "all channels are masked, so there are no energy bands to be found");
    } else {
        n = find_edges(&m, lo, hi, plan->edges.threshold, down_TeV);
        say(&plan->edges, n, down_TeV, measured(&m, lo, hi) >= plan->edges.threshold || n > 1);
        fe_edges_free(&plan->edges);
        plan->edges = (fe_edges){ FE_EDGES_LIST, 0, n, FE_NEWN(double, n + 1) };
        for (size_t k = 0; k <= n; k++)
            plan->edges.edge_TeV[k] = down_TeV[n - k];
    }
    free(down_TeV);
    free(m.no_signal);
    fe_arena_free(m.arena);
    return rc;
}

int fe_plan_adapt_edges(fe_plan *plan, const fe_feed *feed, fe_err *err)
{
    fe_dataset *sum;
    int rc;

    if (plan->edges.kind != FE_EDGES_MIN_SIG && plan->edges.kind != FE_EDGES_MIN_COUNTS)
        return 0;
    sum = sum_of(plan, feed, err);
    rc = sum ? adapt(plan, sum, err) : -1;
    fe_dataset_free(sum);
    return rc;
}
