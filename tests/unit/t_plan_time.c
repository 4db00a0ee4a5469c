/* est/plan: groupings by time and phase, by two keys, by one of its own; bins from the data. */
#include "memory_feed.h"

#include "base/note.h"
#include "est/plan_column.h"

/* ---- the feed with times: run i starts i hours after MJD 60000 and takes half an hour -------------------------------- */

static bool are_pairs;                          /* two telescopes: runs 0 and 1, 2 and 3 ... have the same time */

static double start_of(size_t i)
{
    return 60000 + (double)(are_pairs ? i / 2 * 2 : i) / 24;
}

static int timed_info(void *ctx, size_t i, fe_dataset_info *info, fe_err *err)
{
    if (make_info(ctx, i, info, err) < 0)
        return -1;
    info->mjd_start = start_of(i);
    info->mjd_stop = start_of(i) + 0.5 / 24;
    info->mjd_mid = NAN;
    info->livetime_s = 1800;
    return 0;
}

static fe_feed timed_feed(memory *m, size_t n)
{
    return (fe_feed){ m, n, timed_info, make_dataset };
}

/* Channel 0 is masked. */
static double counts_in(size_t i)
{
    double n = 0;

    for (size_t j = 1; j < N_E; j++)
        n += counts_of(i, j);
    return n;
}

/* ---- tests ---------------------------------------------------------------------------------------------------------- */

/* What a new grouping costs: this function, and a row. */
static int make_parity(const fe_plan_infos *infos, const char *arg, fe_plan *plan, fe_err *err)
{
    (void)arg, (void)err;
    fe_plan_add_set(plan, "even");
    fe_plan_add_set(plan, "odd");
    for (size_t i = 0; i < infos->n; i++)
        fe_set_add(plan, &plan->set[i % 2], i);
    return 0;
}

static const fe_grouping parity = { "parity", "runs of even and odd place", false, false, false, make_parity };

static void test_own_grouping(void)
{
    memory m = plain();
    fe_feed feed = timed_feed(&m, 5);
    fe_plan plan = { 0 };
    fe_estimate *e = fe_estimate_new();
    fe_models *models = one_source();
    fe_plan_request request = { .norm = { .n_sigma = 1 } };
    fe_sink sink;
    fe_err err;

    CHECK(fe_edges_parse("0.2,1,10TeV", &plan.edges, &err) == 0 && fe_plan_make_by(&plan, &parity, NULL, &feed, &err) == 0);
    CHECK(plan.n_sets == 2 && plan.set[0].n == 3 && plan.set[1].n == 2 && plan.set[1].member[1] == 3);
    sink = fe_estimate_sink(e, &plan, models);
    CHECK(fe_plan_run(&plan, &feed, models, &request, &sink, NULL, &err) == 0 && e->n == 4);
    SAME_STR(fe_column_string(fe_table_find(e->rest, "parity"), 0, 0), "even");
    SAME_STR(fe_column_string(fe_table_find(e->rest, "parity"), 3, 0), "odd");
    fe_estimate_free(e);
    fe_models_free(models);
    fe_plan_free(&plan);
}

static void test_cross(void)
{
    memory m = plain();
    fe_feed feed = timed_feed(&m, 6);
    const fe_timecut cut = { .night_gap_d = 1, .origin_mjd = NAN };
    fe_plan plan = { .cut = &cut };
    fe_str text = { 0 };
    fe_err err;

    CHECK(fe_plan_make(&plan, "night", NULL, &feed, &err) == 0 && plan.n_sets == 1);
    CHECK(fe_plan_cross(&plan, "column", "STATE", &feed, &err) == 0 && plan.n_sets == 2);
    SAME_STR(plan.set[0].label, "new");
    SAME_STR(plan.column, "STATE");
    CHECK(plan.set[0].n == 3 && plan.set[0].member[2] == 4 && plan.set[1].n == 3 && plan.set[1].member[0] == 1);
    CHECK(plan.set[1].time_min == 60000 && plan.set[1].time_max == start_of(5) + 0.5 / 24);
    fe_plan_free(&plan);
    plan.cut = &cut;
    CHECK(fe_plan_make(&plan, "interval", NULL, &feed, &err) == 0 && fe_plan_cross(&plan, "column", "STATE", &feed, &err) == 0);
    CHECK(plan.n_sets == 6 && plan.set[3].n == 1 && plan.set[3].member[0] == 1);
    SAME_STR(plan.set[3].run, "run1");
    SAME_STR(plan.set[3].label, "old");
    CHECK(fe_edges_parse("1:10TeV", &plan.edges, &err) == 0 && fe_plan_print(&plan, &feed, &text, &err) == 0);
    CHECK(strstr(text.s, "STATE\te_min_TeV") && strstr(text.s, "old run1\t1\t10\trun1"));
    CHECK(fe_plan_cross(&plan, "column", "FOO", &feed, &err) == -1 && plan.n_sets == 6);    /* it is as it was */
    fe_str_free(&text);
    fe_plan_free(&plan);
}

/* Three bins, one of them between the runs: it is there for every value, empty; one of a single value is not. */
static void test_cross_of_bins(void)
{
    memory m = plain();
    fe_feed feed = timed_feed(&m, 3);
    fe_timecut cut = { .origin_mjd = NAN };
    fe_plan plan = { .cut = &cut };
    fe_err err;

    CHECK(fe_timebins_parse("60000..60000.03,60000.04..60000.07,60000.9..61000", FE_SCALE_TT, &cut.bins, &err) == 0);
    CHECK(fe_plan_make(&plan, "time", NULL, &feed, &err) == 0 && plan.n_sets == 3 && plan.set[2].n == 0);
    CHECK(fe_plan_cross(&plan, "column", "STATE", &feed, &err) == 0 && plan.n_sets == 4);
    CHECK(plan.set[0].n == 1 && plan.set[1].n == 0 && plan.set[1].time_max == 61000 && plan.set[2].n == 1 && plan.set[3].n == 0);
    fe_plan_free(&plan);
    fe_timebins_free(&cut.bins);
}

static fe_timecut adapted(const char *text, const fe_plan *plan, const fe_feed *feed)
{
    fe_timecut cut = { .origin_mjd = NAN };
    fe_err err = { 0 };

    CHECK_MSG(fe_timebins_parse(text, FE_SCALE_TT, &cut.bins, &err) == 0, err.text);
    CHECK_MSG(fe_plan_adapt_times(plan, &cut, feed, &err) == 0, err.text);
    CHECK(cut.bins.kind == FE_TIMEBINS_LIST);
    return cut;
}

/* Bins end with the run whose counts reach the number; the rest joins the last one. */
static void check_counts(const fe_timebins *bins, size_t n, double least)
{
    double sum = 0;
    size_t k = 0, last_full = 0;

    for (size_t i = 0; i < n; i++)
        if ((sum += counts_in(i)) >= least) {
            sum = 0;
            last_full++;
        }
    CHECK(bins->n == last_full);
    sum = 0;
    for (size_t i = 0; i < n && k < bins->n; i++)
        if ((sum += counts_in(i)) >= least && k + 1 < bins->n) {
            NEAR(bins->max_mjd[k], start_of(i) + 0.5 / 24, 1e-15);
            NEAR(bins->min_mjd[k + 1], start_of(i + 1), 1e-15);
            sum = 0;
            k++;
        }
    NEAR(bins->max_mjd[bins->n - 1], start_of(n - 1) + 0.5 / 24, 1e-15);
}

static void test_min_counts(void)
{
    memory m = plain();
    fe_feed feed = timed_feed(&m, 20);
    fe_plan plan = { .skip_bad = true };
    fe_err err;
    fe_timecut cut;

    CHECK(fe_edges_whole(&plan.edges) == 0);
    cut = adapted("min-counts=250", &plan, &feed);
    check_counts(&cut.bins, 20, 250);
    fe_timebins_free(&cut.bins);
    m.poisoned = 3;
    cut = adapted("min-counts=1e9", &plan, &feed);          /* never reached: one bin of all that can be read */
    CHECK(cut.bins.n == 1 && cut.bins.min_mjd[0] == 60000 && cut.bins.max_mjd[0] == start_of(19) + 0.5 / 24);
    fe_timebins_free(&cut.bins);
    plan.time_min = start_of(5);
    plan.time_max = start_of(9);                            /* run 9 begins there: it does not lie inside */
    cut = adapted("min-counts=1", &plan, &feed);
    CHECK(cut.bins.n == 4 && cut.bins.min_mjd[0] == start_of(5));
    fe_timebins_free(&cut.bins);
    plan.skip_bad = false;
    plan.time_min = plan.time_max = 0;
    CHECK(fe_timebins_parse("min-sig=3", FE_SCALE_TT, &cut.bins, &err) == 0);
    CHECK(fe_plan_adapt_times(&plan, &cut, &feed, &err) == -1 && strstr(err.text, "run3: poisoned"));
    fe_timebins_free(&cut.bins);
    fe_plan_free(&plan);
}

/* Runs of two telescopes at one time are in one bin, though the first alone has counts enough. */
static void test_pairs(void)
{
    memory m = plain();
    fe_feed feed = timed_feed(&m, 10);
    fe_plan plan = { .skip_bad = true };
    fe_timecut cut;

    are_pairs = true;
    CHECK(fe_edges_whole(&plan.edges) == 0);
    cut = adapted("min-counts=1", &plan, &feed);
    CHECK(cut.bins.n == 5);
    for (size_t k = 0; k + 1 < cut.bins.n; k++)
        CHECK(cut.bins.max_mjd[k] < cut.bins.min_mjd[k + 1]);
    are_pairs = false;
    fe_timebins_free(&cut.bins);
    fe_plan_free(&plan);
}

static void test_unread(void)
{
    memory m = plain();
    fe_feed feed = timed_feed(&m, 4);
    const fe_timecut cut = { .night_gap_d = 1, .origin_mjd = NAN };
    fe_plan plan = { .cut = &cut, .skip_bad = true };
    fe_err err;

    m.poisoned = 1;
    CHECK(fe_plan_make(&plan, "night", NULL, &feed, &err) == 0 && plan.n_unread == 1 && plan.n_sets == 1 && plan.set[0].n == 3);
    fe_plan_free(&plan);
    plan.cut = &cut;
    CHECK(fe_plan_make(&plan, "night", NULL, &feed, &err) == -1 && strstr(err.text, "run1: poisoned"));
    fe_plan_free(&plan);
    m.poisoned = SIZE_MAX;
    feed.info = make_info;                                  /* without times */
    plan.cut = &cut;
    CHECK(fe_plan_make(&plan, "night", NULL, &feed, &err) == -1 && strstr(err.text, "no dataset has good time intervals"));
    fe_plan_free(&plan);
}

/* ---- memory ---------------------------------------------------------------------------------------------------------- */

static int keep_norm(void *ctx, size_t group, const fe_group_result *r, fe_err *err)
{
    (void)err;
    ((fe_norm *)ctx)[group] = r->norm;
    return 0;
}

enum { N_PHASES = 8, ARENA_BLOCK = 262144 };       /* of an arena the last block may be nearly empty */

/* As of a short period: datasets take turns, and all groups wait to the end. */
static int make_turns(const fe_plan_infos *infos, const char *arg, fe_plan *plan, fe_err *err)
{
    (void)arg, (void)err;
    for (size_t k = 0; k < N_PHASES; k++)
        fe_plan_add_set(plan, "phase");
    for (size_t i = 0; i < infos->n; i++)
        fe_set_add(plan, &plan->set[i % N_PHASES], i);
    return 0;
}

static const fe_grouping turns = { "turns", "one after the other", false, false, false, make_turns };

/* Bytes held for n datasets, and the norms. */
static size_t held(size_t n, bool known_background, bool apart, size_t *n_bins, fe_norm norm[N_PHASES])
{
    memory m = plain();
    fe_feed feed = timed_feed(&m, n);
    fe_models *models = one_source();
    fe_plan_request request = request_of(1);
    fe_plan plan = { 0 };
    fe_plan_work work = { 0 };
    fe_err err = { 0 };

    m.known_background = known_background;
    request.bkg_syst = apart ? 1e-9 : 0;            /* a nuisance that is pinned, whose templates keep blocks of datasets apart */
    CHECK(fe_edges_parse("0.1:10TeV", &plan.edges, &err) == 0 && fe_plan_make_by(&plan, &turns, NULL, &feed, &err) == 0);
    CHECK_MSG(fe_plan_run(&plan, &feed, models, &request, &(fe_sink){ .ctx = norm, .put = keep_norm }, &work, &err) == 0, err.text);
    CHECK(work.n_groups == N_PHASES && work.n_opened == n);
    *n_bins = work.n_bins;
    fe_plan_free(&plan);
    fe_models_free(models);
    return work.bytes_peak;
}

/* Interleaved groups hold their bins, at most 40 bytes each, and a constant. */
static void test_held(void)
{
    for (int known = 0; known < 2; known++) {
        fe_norm few[N_PHASES], many[N_PHASES], apart[N_PHASES];
        size_t n_few, n_many, n_apart;
        size_t bytes_few = held(2000, known, false, &n_few, few), bytes_many = held(20000, known, false, &n_many, many);

        CHECK(n_many > 9 * n_few && n_few >= 2000 * 15);
        CHECK(bytes_few <= 40 * n_few + (N_PHASES + 2) * ARENA_BLOCK && bytes_many <= 40 * n_many + (N_PHASES + 2) * ARENA_BLOCK);
        (void)held(2000, known, true, &n_apart, apart);
        for (int k = 0; k < N_PHASES; k++) {
            NEAR(few[k].norm, apart[k].norm, 1e-8);
            NEAR(few[k].err, apart[k].err, 1e-8);
            NEAR(few[k].ul, apart[k].ul, 1e-8);
            NEAR(few[k].stat, apart[k].stat, 1e-8);
            NEAR(few[k].counts, apart[k].counts, 1e-15);
            NEAR(few[k].background, apart[k].background, 1e-12);
        }
    }
}

int main(void)
{
    fe_note_setup("t_plan_time", -1);
    test_own_grouping();
    test_cross();
    test_cross_of_bins();
    test_min_counts();
    test_pairs();
    test_unread();
    test_held();
    return check_done();
}
