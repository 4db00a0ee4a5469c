/* Energy bands from the data: wide enough for a significance or a number of counts. */
#include "est/plan_adapt.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/note.h"
#include "est/stack.h"
#include "types/background.h"

bool *fe_adapt_members(const fe_plan *plan, size_t n)
{
    bool *is_member = FE_NEWN(bool, n);

    for (size_t i = 0; i < n; i++)
        is_member[i] = plan->n_sets == 0;
    for (size_t s = 0; s < plan->n_sets; s++)
        for (size_t m = 0; m < plan->set[s].n; m++)
            is_member[plan->set[s].member[m]] = true;
    return is_member;
}

/* ---- edges ----------------------------------------------------------------------------------------------------- */

/* Edges from the highest channel down.  Returns the number of bands. */
static size_t find_edges(const fe_adapt *a, double threshold, double *down_TeV)
{
    size_t n = 0, last = a->hi;

    down_TeV[0] = a->e_edge_TeV[a->hi];
    for (size_t j = a->hi; j-- > a->lo;) {
        if (a->measured(a, j, last) < threshold)
            continue;
        down_TeV[++n] = a->e_edge_TeV[j];
        last = j;
    }
    if (n == 0)
        n = 1;
    down_TeV[n] = a->e_edge_TeV[a->lo];         /* what is left over joins its neighbour */
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

int fe_adapt_edges(fe_plan *plan, const fe_adapt *a, fe_err *err)
{
    double *down_TeV;
    size_t n;

    if (a->lo >= a->hi)
        return fe_fail(err, FE_EDATA, NULL, "all channels are masked, so there are no energy bands to be found");
    down_TeV = FE_NEWN(double, a->n_e + 1);
    n = find_edges(a, plan->edges.threshold, down_TeV);
    say(&plan->edges, n, down_TeV, a->measured(a, a->lo, a->hi) >= plan->edges.threshold || n > 1);
    fe_edges_free(&plan->edges);
    plan->edges = (fe_edges){ FE_EDGES_LIST, 0, n, FE_NEWN(double, n + 1) };
    for (size_t k = 0; k <= n; k++)
        plan->edges.edge_TeV[k] = down_TeV[n - k];
    free(down_TeV);
    return 0;
}

/* ---- spectra --------------------------------------------------------------------------------------------------- */

typedef struct summed {             /* of spectra                                                       */
    const fe_dataset *d;
    double *no_signal;              /* [n_e] zeros                                                      */
    fe_arena *arena;
} summed;

/*
 * Counts of the channels [first, last), or their significance: root of TS = W(0) - W(n_excess) with the sign of the
 * excess, of the summed channels (algorithms 3).  W(n_excess) is 0 for WStat.
 */
static double measured(const fe_adapt *a, size_t first, size_t last)
{
    const summed *m = a->ctx;
    fe_fold_piece piece;
    double n, b, ts;

    fe_arena_clear(m->arena);
    fe_fold_piece_make(m->d, m->no_signal, first, last, FE_METHOD_EXCESS, 0, m->arena, &piece);
    n = piece.block.counts;
    b = piece.block.background;
    if (!a->of_significance || piece.n_used == 0)
        return a->of_significance ? 0 : n;
    ts = m->d->n_off ? fe_wstat(n, piece.block.n_off[0], piece.block.alpha[0], 0) : fe_cash(n, b) - fe_cash(n, n);
    return copysign(sqrt(fmax(ts, 0)), n - b);
}

static int adapt_sum(fe_plan *plan, const fe_dataset *d, fe_err *err)
{
    summed m = { d, FE_NEWN(double, d->n_e), fe_arena_new() };
    fe_adapt a = { .n_e = d->n_e, .e_edge_TeV = d->e_edge_TeV, .hi = d->n_e, .ctx = &m, .measured = measured,
                   .of_significance = plan->edges.kind == FE_EDGES_MIN_SIG };
    int rc;

    while (a.lo < a.hi && !d->mask[a.lo])
        a.lo++;
    while (a.hi > a.lo && !d->mask[a.hi - 1])
        a.hi--;
    rc = fe_adapt_edges(plan, &a, err);
    free(m.no_signal);
    fe_arena_free(m.arena);
    return rc;
}

/* ---- data ------------------------------------------------------------------------------------------------------ */

static int add_spectrum(fe_stacker *stacker, const fe_dataset *d, fe_err *err)
{
    if (d->ny * d->nx != 1)
        return fe_fail(err, FE_EDATA, &(fe_where){ d->info.file, NULL, 0 }, "dataset has %zu x %zu pixels, expected a spectrum: energy "
                       "bands are chosen by the counts of spectra", d->nx, d->ny);
    return fe_stacker_add(stacker, d, err);
}

/* All spectra in one: the bands are the same for every set.  The first map ends it: *map, dataset *i of the feed. */
static int stack_all(const fe_plan *plan, const fe_feed *feed, const fe_models *sources, fe_stacker *stacker, size_t *i, fe_dataset **map,
                     fe_err *err)
{
    bool *is_member = fe_adapt_members(plan, feed->n);
    int rc = 0;

    for (*i = 0; rc == 0 && !*map && *i < feed->n; ++*i) {
        fe_dataset *d = NULL;

        if (!is_member[*i])
            continue;
        if (feed->open(feed->ctx, *i, &d, err) < 0) {
            rc = plan->skip_bad ? 0 : -1;
            continue;
        }
        rc = fe_background_apply(sources, false, d, err);
        if (rc == 0 && d->geom && sources) {
            *map = d;
            break;
        }
        if (rc == 0)
            rc = add_spectrum(stacker, d, err);
        fe_dataset_free(d);
    }
    free(is_member);
    return rc;
}

int fe_plan_adapt_edges(fe_plan *plan, const fe_feed *feed, const fe_models *sources, const fe_plan_request *request, fe_err *err)
{
    fe_stacker *stacker;
    fe_dataset *sum = NULL, *map = NULL;
    size_t i;
    int rc;

    if (plan->edges.kind != FE_EDGES_MIN_SIG && plan->edges.kind != FE_EDGES_MIN_COUNTS)
        return 0;
    stacker = fe_stacker_new();
    rc = stack_all(plan, feed, sources, stacker, &i, &map, err);
    sum = fe_stacker_finish(stacker);
    if (rc == 0 && map && sum)
        rc = fe_fail(err, FE_EUSAGE, &(fe_where){ map->info.file, NULL, 0 }, "a map behind spectra: energy bands are found for one or the other");
    else if (rc == 0 && !map && !sum)
        rc = fe_fail(err, FE_EDATA, NULL, "no dataset could be read, so there are no energy bands to be found");
    if (rc == 0 && map) {
        rc = fe_adapt_maps(plan, feed, i, map, sources, request, err);
        map = NULL;
    } else if (rc == 0) {
        rc = adapt_sum(plan, sum, err);
    }
    fe_stacker_free(stacker);
    fe_dataset_free(sum);
    fe_dataset_free(map);
    return rc;
}
