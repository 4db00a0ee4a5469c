/* The only estimator loop for tables: datasets go by once, groups are solved when their last one has gone. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "base/note.h"
#include "base/par.h"
#include "base/progress.h"
#include "est/plan_bands.h"
#include "est/plan_fold.h"
#include "est/plan_group.h"
#include "est/stack.h"
#include "types/background.h"

/* Groups wait for each other until a start of threads is worth it; the bound keeps memory from following the data. */
enum { MAX_READY_GROUPS = 256, MIN_BINS_PER_START = 2000 };
static const double MAX_WAIT_S = 1;

typedef struct open_set {           /* a set some of whose datasets have gone by                        */
    size_t set;
    fe_arena *arena;                /* of the blocks                                                    */
    fe_stacker *stacker;            /* or NULL                                                          */
    fe_group *group;                /* [n_sources * n_bands]; NULL while the bands are not known        */
    bool bad;                       /* a dataset could not be read                                      */
    char *telescop;                 /* of the first that says it, or NULL                               */
    size_t n_bytes;
} open_set;

typedef struct run {
    const fe_plan *plan;
    const fe_feed *feed;
    const fe_models *sources;
    const fe_plan_request *request;
    const fe_sink *sink;
    fe_plan_work *work;
    fe_bands bands;
    size_t *first_set, *sets;       /* sets of dataset i: sets[first_set[i] .. first_set[i + 1])        */
    open_set **open;                /* [n_sets] NULL: not begun, or done                                */
    bool *done;                     /* [n_sets]                                                         */
    open_set **ready;               /* sets to be solved                                                */
    size_t n_ready, cap_ready;
    fe_arena *scratch;              /* of one dataset                                                   */
    fe_arena **worker;              /* [n_threads]                                                      */
    fe_plan_fold fold;              /* predictions for the dataset that goes by, in scratch             */
    size_t n_bytes, n_good, n_bad;
    double solved_s;                /* when groups were solved last: a kill shall not cost many         */
} run;

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- sets -------------------------------------------------------------------------------------------------- */

static size_t groups_per_set(const run *r)
{
    return r->fold.n_chosen * r->bands.n;
}

static void start_groups(run *r, open_set *os)
{
    size_t n = groups_per_set(r);

    if (os->group || n == 0)
        return;
    os->group = FE_NEWN(fe_group, n);
    for (size_t k = 0; k < n; k++) {
        size_t source = k / r->bands.n, band = k % r->bands.n;
        const fe_group_result keys = {
            .set = os->set, .source = source, .band = band, .plan = r->plan, .model = &r->sources->model[source],
            .sources = r->sources, .n_bands = r->bands.n,
            .request = r->request, .e_min_asked_TeV = r->bands.edge_TeV[band],
            .e_max_asked_TeV = r->bands.edge_TeV[band + 1]
        };

        fe_group_start(&os->group[k], &keys);
        os->group[k].n_shared = r->fold.n_shared[source];
        os->group[k].shared_width = r->fold.width + source * (r->sources->n + 1);
        os->group[k].number = os->set * n + k;
        os->group[k].skip = r->sink->has && r->sink->has(r->sink->ctx, os->group[k].number);
    }
}

static open_set *open_set_of(run *r, size_t set)
{
    open_set *os = r->open[set];

    if (!os) {
        os = r->open[set] = FE_NEW(open_set);
        os->set = set;
        os->arena = fe_arena_new();
        os->stacker = r->request->stack ? fe_stacker_new() : NULL;
    }
    start_groups(r, os);
    return os;
}

static void free_set(run *r, open_set *os)
{
    r->n_bytes -= os->n_bytes;
    for (size_t k = 0; os->group && k < groups_per_set(r); k++)
        fe_group_free(&os->group[k]);
    free(os->group);
    free(os->telescop);
    fe_stacker_free(os->stacker);
    fe_arena_free(os->arena);
    free(os);
}

static void count_bytes(run *r, open_set *os)
{
    size_t n = fe_arena_bytes(os->arena), peak = fe_arena_bytes(r->scratch);

    for (size_t k = 0; os->group && k < groups_per_set(r); k++)
        n += os->group[k].cap * sizeof(fe_block);
    r->n_bytes += n - os->n_bytes;
    os->n_bytes = n;
    for (int t = 0; t < r->request->n_threads || t < 1; t++)
        peak += fe_arena_bytes(r->worker[t]);
    if (r->n_bytes + peak > r->work->bytes_peak)
        r->work->bytes_peak = r->n_bytes + peak;
}

/* ---- datasets ---------------------------------------------------------------------------------------------- */

/* Where the bands lie in a dataset: the same for all its sets. */
static int place(run *r, const fe_dataset *d, fe_err *err)
{
    if (d->ny * d->nx != 1 && !d->geom)
        return fe_fail(err, FE_EDATA, &(fe_where){ d->info.file, NULL, 0 }, "dataset has %zu x %zu pixels, expected a "
                       "spectrum", d->nx, d->ny);
    return fe_bands_place(&r->bands, d, err);
}

static int fold(run *r, const fe_dataset *d, fe_err *err)
{
    fe_arena_clear(r->scratch);
    return fe_plan_fold_dataset(&r->fold, d, &r->bands, r->scratch, err);
}

static void add_pieces(run *r, open_set *os, const fe_dataset *d)
{
    size_t n_pixels = d->ny * d->nx;
    bool waits = r->plan->set[os->set].n > 1 && !os->stacker;      /* for other datasets: it is kept as small as it can be */

    for (size_t k = 0; k < groups_per_set(r); k++) {
        size_t source = k / r->bands.n, band = k % r->bands.n, first = r->bands.first[band], last = r->bands.last[band];
        fe_fold_piece piece;

        if (os->group[k].skip || !r->fold.applies[source])
            continue;
        if (first >= last) {
            fe_note(FE_NOTE_DETAIL, &(fe_where){ d->info.file, NULL, 0 }, "takes no part in %.6g to %.6g TeV",
                    r->bands.edge_TeV[band], r->bands.edge_TeV[band + 1]);
            continue;
        }
        fe_fold_piece_make_beside(d, r->fold.npred + source * d->n_e * n_pixels, &r->fold.beside[source], first * n_pixels,
                                  last * n_pixels, r->request->method, r->request->group_off, waits ? r->scratch : os->arena, &piece);
        fe_group_add(&os->group[k], d, first, last, &piece, waits ? os->arena : NULL);
    }
}

/* Telescopes differ in their systematic errors: they are put together on demand only. */
static int check_telescope(const run *r, open_set *os, const fe_dataset *d, fe_err *err)
{
    return r->request->multi_instrument ? 0 : fe_dataset_check_telescope(d, &os->telescop, err);
}

static int add_dataset(run *r, size_t i, const fe_dataset *d, fe_err *err)
{
    if (place(r, d, err) < 0)
        return -1;
    if ((r->request->stack ? fe_plan_fold_check_stack(&r->fold, d, err) : fold(r, d, err)) < 0)
        return -1;
    for (size_t m = r->first_set[i]; m < r->first_set[i + 1]; m++) {
        open_set *os = open_set_of(r, r->sets[m]);

        if (check_telescope(r, os, d, err) < 0 || (os->stacker && fe_stacker_add(os->stacker, d, err) < 0))
            return -1;
        if (!os->stacker)
            add_pieces(r, os, d);
        count_bytes(r, os);
    }
    return 0;
}

static bool is_wanted(const run *r, size_t i)
{
    for (size_t m = r->first_set[i]; m < r->first_set[i + 1]; m++)
        if (!r->done[r->sets[m]])
            return true;
    return false;
}

static int take_dataset(run *r, size_t i, fe_err *err)
{
    fe_dataset *d = NULL;
    int rc;

    if (r->feed->open(r->feed->ctx, i, &d, err) < 0) {
        if (!r->request->skip_bad)
            return -1;
        fe_note(FE_NOTE_WARN, NULL, "dataset left out: %s", err->text);
        r->n_bad++;
        for (size_t m = r->first_set[i]; m < r->first_set[i + 1]; m++)
            open_set_of(r, r->sets[m])->bad = true;
        return 0;
    }
    r->n_good++;
    r->work->n_opened++;
    rc = fe_background_apply(r->sources, false, d, err);
    if (rc == 0)
        rc = add_dataset(r, i, d, err);
    if (rc == 0 && r->sink->see)
        r->sink->see(r->sink->ctx, i, d);
    fe_dataset_free(d);
    return rc;
}

/* ---- solving ----------------------------------------------------------------------------------------------- */

static void solve_item(void *ctx, size_t i, int worker)
{
    run *r = ctx;
    fe_group *g = &r->ready[i / groups_per_set(r)]->group[i % groups_per_set(r)];

    if (!g->skip)
        fe_group_solve(g, r->worker[worker]);
}

/* Results in order of the groups, from this thread alone. */
static int put_set(run *r, open_set *os, fe_err *err)
{
    for (size_t k = 0; k < groups_per_set(r); k++) {
        const fe_group *g = &os->group[k];

        if (g->skip)
            continue;
        r->work->n_groups++;
        r->work->n_bins += g->n_bins;
        r->work->n_eval += g->result.norm.n_iter;
        if (r->sink->put(r->sink->ctx, g->number, &g->result, err) < 0)
            return -1;
    }
    return 0;
}

static size_t bins_of(const run *r)
{
    size_t n = 0;

    for (size_t k = 0; k < r->n_ready; k++)
        for (size_t m = 0; m < groups_per_set(r); m++)
            n += r->ready[k]->group[m].n_bins;
    return n;
}

static int solve_ready(run *r, fe_err *err)
{
    int n_threads = bins_of(r) < MIN_BINS_PER_START ? 1 : r->request->n_threads, rc = 0;

    fe_parallel_for(n_threads, r->n_ready * groups_per_set(r), solve_item, r);
    for (size_t k = 0; k < r->n_ready; k++) {
        if (rc == 0)
            rc = put_set(r, r->ready[k], err);
        count_bytes(r, r->ready[k]);
        free_set(r, r->ready[k]);
    }
    r->n_ready = 0;
    r->solved_s = now_s();
    return rc;
}

/* The set has seen its last dataset. */
static int close_set(run *r, size_t set, fe_err *err)
{
    open_set *os = open_set_of(r, set);
    fe_dataset *d = os->stacker ? fe_stacker_finish(os->stacker) : NULL;
    int rc = d ? place(r, d, err) : 0;

    if (rc == 0 && d)
        rc = fold(r, d, err);
    if (rc == 0 && d)
        add_pieces(r, os, d);
    fe_dataset_free(d);
    if (rc < 0)
        return -1;
    for (size_t k = 0; os->bad && k < groups_per_set(r); k++)
        os->group[k].result.norm.status |= FE_STATUS_BADINPUT | FE_STATUS_PARTIAL;
    count_bytes(r, os);
    r->open[set] = NULL;
    r->done[set] = true;
    FE_GROW(r->ready, r->n_ready, r->cap_ready);
    r->ready[r->n_ready++] = os;
    if (r->request->n_threads > 1 && r->n_ready * groups_per_set(r) < MAX_READY_GROUPS && now_s() - r->solved_s < MAX_WAIT_S)
        return 0;
    return solve_ready(r, err);
}

static int close_sets(run *r, size_t i, fe_err *err)
{
    for (size_t m = r->first_set[i]; m < r->first_set[i + 1]; m++) {
        const fe_set *set = &r->plan->set[r->sets[m]];

        if (r->done[r->sets[m]] || set->member[set->n - 1] != i || r->bands.n == 0)
            continue;                               /* bands "all" wait for the first dataset that can be read */
        if (close_set(r, r->sets[m], err) < 0)
            return -1;
    }
    return 0;
}

/* ---- the loop ---------------------------------------------------------------------------------------------- */

/* Which sets has a dataset?  Two passes: count, fill. */
static void index_sets(run *r)
{
    size_t n = r->feed->n, n_members = 0, *next;

    r->first_set = FE_NEWN(size_t, n + 1);
    for (size_t s = 0; s < r->plan->n_sets; s++)
        for (size_t m = 0; m < r->plan->set[s].n; m++, n_members++)
            r->first_set[r->plan->set[s].member[m] + 1]++;
    for (size_t i = 0; i < n; i++)
        r->first_set[i + 1] += r->first_set[i];
    r->sets = FE_NEWN(size_t, n_members);
    next = FE_NEWN(size_t, n);
    for (size_t s = 0; s < r->plan->n_sets; s++)
        for (size_t m = 0; m < r->plan->set[s].n; m++) {
            size_t i = r->plan->set[s].member[m];

            r->sets[r->first_set[i] + next[i]++] = s;
        }
    free(next);
}

/* Sets all of whose groups the sink has need no dataset. */
static void find_done(run *r)
{
    size_t n = groups_per_set(r);

    for (size_t s = 0; r->sink->has && s < r->plan->n_sets; s++) {
        size_t k = 0;

        while (k < n && r->sink->has(r->sink->ctx, s * n + k))
            k++;
        r->done[s] = n > 0 && k == n;
        r->n_good += r->done[s];                    /* what was read then */
    }
}

static int stream(run *r, fe_err *err)
{
    for (size_t i = 0; i < r->feed->n; i++) {
        if (!is_wanted(r, i))
            continue;
        fe_progress(i, r->feed->n, r->work->n_groups, "groups");
        if (take_dataset(r, i, err) < 0 || close_sets(r, i, err) < 0)
            return -1;
    }
    if (r->n_bad && !r->n_good) {
        fe_err last = *err;

        return fe_fail(err, last.code, NULL, "none of the %zu datasets could be read, the last: %s", r->n_bad,
                       last.text);
    }
    for (size_t s = 0; s < r->plan->n_sets; s++)    /* without datasets, or with none that could be read */
        if (!r->done[s] && r->bands.n && close_set(r, s, err) < 0)
            return -1;
    return solve_ready(r, err);
}

static void free_run(run *r)
{
    for (size_t s = 0; s < r->plan->n_sets; s++)
        if (r->open[s])
            free_set(r, r->open[s]);
    for (size_t k = 0; k < r->n_ready; k++)
        free_set(r, r->ready[k]);
    for (int t = 0; t < r->request->n_threads || t < 1; t++)
        fe_arena_free(r->worker[t]);
    free(r->worker);
    free(r->ready);
    free(r->open);
    free(r->done);
    free(r->first_set);
    free(r->sets);
    fe_plan_fold_free(&r->fold);
    fe_arena_free(r->scratch);
    fe_bands_free(&r->bands);
}

int fe_plan_run(const fe_plan *plan, const fe_feed *feed, const fe_models *sources, const fe_plan_request *request,
                const fe_sink *sink, fe_plan_work *work, fe_err *err)
{
    int n_threads = request->n_threads > 1 ? request->n_threads : 1, rc;
    fe_plan_work unasked = { 0 };
    fe_err own;                                     /* texts of skipped datasets need a place in any case */
    run r = { .plan = plan, .feed = feed, .sources = sources, .request = request, .sink = sink,
              .work = work ? work : &unasked };

    if (!err)
        err = &own;
    r.solved_s = now_s();
    r.open = FE_NEWN(open_set *, plan->n_sets);
    r.done = FE_NEWN(bool, plan->n_sets);
    r.scratch = fe_arena_new();
    r.worker = FE_NEWN(fe_arena *, (size_t)n_threads);
    for (int t = 0; t < n_threads; t++)
        r.worker[t] = fe_arena_new();
    fe_plan_fold_start(&r.fold, sources, request);
    index_sets(&r);
    rc = fe_bands_start(&r.bands, plan, err);
    if (rc == 0) {
        find_done(&r);
        rc = stream(&r, err);
        fe_progress_clear();
        if (rc == 0)
            fe_plan_fold_warn(&r.fold);
    }
    free_run(&r);
    return rc;
}
