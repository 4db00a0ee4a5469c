/* est/plan: which dataset goes where, and the loop over a feed in memory. */
#include "memory_feed.h"

#include "base/note.h"

/* ---- a sink that keeps what it is given ------------------------------------------------------------------------ */

enum { MAX_GROUPS = 4000 };

typedef struct kept {
    size_t n_put, has_until;        /* groups below has_until are there already                         */
    bool twice;                     /* a group was put again, or is none                                */
    fe_group_result result[MAX_GROUPS];
    bool there[MAX_GROUPS];
} kept;

static int keep(void *ctx, size_t group, const fe_group_result *r, fe_err *err)
{
    kept *k = ctx;

    (void)err;
    k->n_put++;
    k->twice |= group >= MAX_GROUPS || k->there[group];
    if (k->twice)
        return 0;
    k->there[group] = true;
    k->result[group] = *r;
    return 0;
}

static bool has(void *ctx, size_t group)
{
    return group < ((kept *)ctx)->has_until;
}

static kept *new_kept(void)
{
    return FE_NEW(kept);
}

static int run(const fe_plan *plan, const fe_feed *feed, const fe_plan_request *request, kept *to, fe_plan_work *work,
               fe_err *err)
{
    fe_models *models = one_source();
    fe_sink sink = { to, to->has_until ? has : NULL, keep, NULL };
    int rc;

    memset(work, 0, sizeof *work);
    rc = fe_plan_run(plan, feed, models, request, &sink, work, err);
    fe_models_free(models);
    CHECK(!to->twice);
    return rc;
}

static bool was_said(const char *text)
{
    for (size_t i = 0; i < fe_note_count(); i++)
        if (strstr(fe_note_text(i), text))
            return true;
    return false;
}

static bool same_bits(double a, double b)
{
    return !memcmp(&a, &b, sizeof a) || (isnan(a) && isnan(b));
}

static bool same_norms(const fe_group_result *a, const fe_group_result *b)
{
    return same_bits(a->norm.norm, b->norm.norm) && same_bits(a->norm.err, b->norm.err) &&
           same_bits(a->norm.ul, b->norm.ul) && same_bits(a->norm.errn, b->norm.errn) &&
           same_bits(a->norm.stat, b->norm.stat) && same_bits(a->norm.ts, b->norm.ts) &&
           a->e_min_TeV == b->e_min_TeV && a->e_max_TeV == b->e_max_TeV && a->norm.status == b->norm.status;
}

/* ---- tests ------------------------------------------------------------------------------------------------------ */

static void test_grouping(void)
{
    memory m = plain();
    fe_feed feed = feed_of(&m, 5);
    fe_plan plan = plan_of("0.1,1,10TeV", "run", &feed), bad = { 0 };
    fe_err err;

    CHECK(plan.n_sets == 5 && plan.set[3].n == 1 && plan.set[3].member[0] == 3);
    SAME_STR(plan.set[3].label, "run3");
    fe_plan_free(&plan);
    plan = plan_of("0.1,1,10TeV", "all", &feed);
    CHECK(plan.n_sets == 1 && plan.set[0].n == 5 && !plan.set[0].label && m.n_opened == 0);
    fe_plan_free(&plan);
    CHECK(fe_plan_make(&bad, "nosuch", NULL, &feed, &err) == -1 && err.code == FE_EUSAGE);
    SAME_STR(err.text, "there is no grouping 'nosuch', expected all, run, column, interval, night, time, phase");
    fe_plan_free(&bad);
}

static void test_column(void)
{
    memory m = plain();
    fe_feed feed = feed_of(&m, 5);
    fe_plan plan = { 0 };
    fe_str text = { 0 };
    fe_err err;

    CHECK(fe_plan_make(&plan, "column", "STATE", &feed, &err) == 0 && plan.n_sets == 2);
    SAME_STR(plan.set[0].label, "new");
    CHECK(plan.set[0].n == 3 && plan.set[0].member[2] == 4 && plan.set[1].n == 2 && plan.set[1].member[1] == 3);
    SAME_STR(plan.column, "STATE");
    fe_plan_free(&plan);
    CHECK(fe_plan_make(&plan, "column", "zenith", &feed, &err) == 0 && plan.n_sets == 5);      /* numbers in their order */
    CHECK(plan.set[0].member[0] == 4 && plan.set[4].member[0] == 0);
    fe_plan_free(&plan);
    /* 40 is the upper edge of the last bin, 0 lies below the first, 50..60 holds nothing: */
    CHECK(fe_plan_make(&plan, "column", "ZENITH:10,30,40", &feed, &err) == 0 && plan.n_sets == 2);
    CHECK(plan.set[0].n == 2 && plan.set[0].member[0] == 2 && plan.set[1].n == 2 && plan.set[1].member[0] == 0);
    CHECK(plan.set[1].bin->min == 30 && plan.set[1].bin->max == 40 && was_said("ZENITH 0 lies in no bin of --group-by: left out"));
    CHECK(fe_edges_parse("1:10TeV", &plan.edges, &err) == 0 && fe_plan_print(&plan, &feed, &text, &err) == 0);
    CHECK(strstr(text.s, "ZENITH\te_min") && strstr(text.s, "10..30\t1\t10\trun2"));
    fe_str_free(&text);
    fe_plan_free(&plan);
    CHECK(fe_plan_make(&plan, "column", "ZENITH:10,5", &feed, &err) == -1 && err.code == FE_EUSAGE);
    fe_plan_free(&plan);
    CHECK(fe_plan_make(&plan, "column", "STATE:1,2", &feed, &err) == -1 && strstr(err.text, "STATE is 'new', expected a number"));
    fe_plan_free(&plan);
    CHECK(fe_plan_make(&plan, "column", "FOO", &feed, &err) == -1);
    SAME_STR(err.text, "run0: there is no keyword or column 'FOO' to group by, found ZENITH, STATE");
    fe_plan_free(&plan);
}

static void test_where(void)
{
    memory m = plain();
    fe_feed feed = feed_of(&m, 5);
    fe_err err;
    fe_expr *where = fe_expr_parse("zenith < 30 and STATE == 'old'", &err), *never = fe_expr_parse("zenith > 90", &err);
    fe_plan plan = { .where = where };

    CHECK(fe_plan_make(&plan, "all", NULL, &feed, &err) == 0 && plan.n_sets == 1);
    CHECK(plan.set[0].n == 1 && plan.set[0].member[0] == 3);
    fe_plan_free(&plan);
    plan.where = where;
    CHECK(fe_plan_make(&plan, "run", NULL, &feed, &err) == 0 && plan.n_sets == 1 && plan.set[0].member[0] == 3);
    fe_plan_free(&plan);
    plan.where = never;
    CHECK(fe_plan_make(&plan, "all", NULL, &feed, &err) == -1);
    SAME_STR(err.text, "no dataset satisfies --where");
    fe_plan_free(&plan);
    fe_expr_free(where);
    fe_expr_free(never);
}

/* Telescopes are kept apart inside a set; sets of one each are no matter. */
static void test_telescopes(void)
{
    memory m = plain();
    fe_feed feed = feed_of(&m, 4);
    fe_plan plan = plan_of("0.1,1,10TeV", "all", &feed), by_run = plan_of("0.1,1,10TeV", "run", &feed);
    fe_plan_request request = request_of(1);
    fe_plan_work work;
    kept *to = new_kept(), *more = new_kept();
    fe_err err;

    m.twin = true;
    CHECK(run(&plan, &feed, &request, to, &work, &err) == -1 && err.code == FE_EUSAGE);
    SAME_STR(err.text, "run: TELESCOP is MAGIC, but that of datasets before is HESS: --multi-instrument takes them together");
    CHECK(run(&by_run, &feed, &request, more, &work, &err) == 0 && more->n_put == 8);
    request.multi_instrument = true;
    CHECK(run(&plan, &feed, &request, to, &work, &err) == 0 && to->n_put == 2);
    free(to);
    free(more);
    fe_plan_free(&plan);
    fe_plan_free(&by_run);
}

/* Each dataset is opened once, in order; what is held does not follow their number. */
static void test_work(void)
{
    const int threads[] = { 1, 4 };
    size_t bytes[2];
    fe_err err;

    for (int t = 0; t < 2; t++) {
        for (int k = 0; k < 2; k++) {
            size_t n = k ? 1200 : 300;
            memory m = plain();
            fe_feed feed = feed_of(&m, n);
            fe_plan plan = plan_of("0.1,1,10TeV", "run", &feed);
            fe_plan_request request = request_of(threads[t]);
            fe_plan_work work;
            kept *to = new_kept();

            CHECK(run(&plan, &feed, &request, to, &work, &err) == 0);
            CHECK(m.n_opened == n && work.n_opened == n && m.in_order);
            CHECK(work.n_groups == 2 * n && to->n_put == 2 * n && work.n_eval > (long)n);
            bytes[k] = work.bytes_peak;
            free(to);
            fe_plan_free(&plan);
        }
        CHECK(bytes[0] > 0 && bytes[1] <= bytes[0] + (t ? bytes[0] / 2 : 0));       /* a worker may have had no work */
    }
}

static void test_bad_input(void)
{
    memory good = plain(), bad = plain();
    fe_feed feed = feed_of(&good, 6), poisoned = feed_of(&bad, 6);
    fe_plan plan = plan_of("0.1,1,10TeV", "run", &feed), other, all;
    fe_plan_request request = request_of(1);
    kept *a = new_kept(), *b = new_kept(), *c = new_kept();
    fe_plan_work work;
    fe_err err;

    bad.poisoned = 2;
    other = plan_of("0.1,1,10TeV", "run", &poisoned);
    CHECK(run(&plan, &feed, &request, a, &work, &err) == 0);
    CHECK(run(&other, &poisoned, &request, b, &work, &err) == -1 && err.code == FE_EDATA);
    SAME_STR(err.text, "run2: poisoned");
    memset(b, 0, sizeof *b);
    bad = (memory){ .poisoned = 2, .shifted = SIZE_MAX, .in_order = true };
    request.skip_bad = true;
    CHECK(run(&other, &poisoned, &request, b, &work, &err) == 0);
    CHECK(b->n_put == 12 && work.n_opened == 5 && work.n_groups == 12);
    for (size_t g = 0; g < 12; g++) {
        bool hit = g / 2 == 2;

        CHECK(same_norms(&a->result[g], &b->result[g]) == !hit);
        CHECK(!(b->result[g].norm.status & FE_STATUS_BADINPUT) == !hit);
    }
    CHECK(b->result[4].norm.status == (FE_STATUS_BADINPUT | FE_STATUS_PARTIAL | FE_STATUS_EMPTY));
    CHECK(isnan(b->result[4].norm.norm) && b->result[4].e_min_TeV == 0.1);

    all = plan_of("0.1,1,10TeV", "all", &poisoned);
    CHECK(run(&all, &poisoned, &request, c, &work, &err) == 0 && c->n_put == 2);
    CHECK((c->result[0].norm.status & (FE_STATUS_BADINPUT | FE_STATUS_PARTIAL | FE_STATUS_EMPTY)) ==
          (FE_STATUS_BADINPUT | FE_STATUS_PARTIAL));
    CHECK(c->result[0].livetime_s == 500);
    poisoned.n = 1;
    bad.poisoned = 0;
    fe_plan_free(&all);
    all = plan_of("all", "all", &poisoned);
    CHECK(run(&all, &poisoned, &request, c, &work, &err) == -1 && strstr(err.text, "none of the 1 datasets"));
    fe_plan_free(&plan);
    fe_plan_free(&other);
    fe_plan_free(&all);
    free(a);
    free(b);
    free(c);
}

/* Edges that went through single precision are the same edges. */
static void test_rounded_edges(void)
{
    memory m = plain();
    fe_feed feed = feed_of(&m, 3);
    fe_plan plan = plan_of("0.1:10TeV:20", "all", &feed);
    fe_plan_request request = request_of(1);
    kept *a = new_kept(), *b = new_kept();
    fe_plan_work work;
    fe_err err;

    CHECK(run(&plan, &feed, &request, a, &work, &err) == 0 && a->n_put == N_E);
    for (int up = 0; up < 2; up++) {
        for (size_t k = 0; k <= N_E; k++)
            plan.edges.edge_TeV[k] = nextafterf((float)edge_at(0.1, k), up ? 1e9f : 0);
        memset(b, 0, sizeof *b);
        m.n_opened = 0;
        plan.exact_edges = up;
        CHECK(run(&plan, &feed, &request, b, &work, &err) == 0 && b->n_put == N_E);
        for (size_t g = 0; g < N_E; g++) {
            CHECK(same_norms(&a->result[g], &b->result[g]));
            NEAR(a->result[g].e_min_TeV, edge_at(0.1, g), 0);
        }
    }
    CHECK(a->result[0].norm.status == FE_STATUS_EMPTY);         /* its only channel is masked */
    CHECK(a->result[0].e_min_TeV == a->result[0].e_min_asked_TeV && isnan(a->result[0].e_min_eff_TeV));
    fe_plan_free(&plan);
    free(a);
    free(b);
}

static void test_moved_edges(void)
{
    memory m = plain();
    fe_feed feed = feed_of(&m, 3);
    fe_plan plan = plan_of("0.01,0.05,0.11,1.05,50TeV", "all", &feed);
    fe_plan_request request = request_of(1);
    kept *to = new_kept();
    fe_plan_work work;
    size_t n_said = fe_note_count();
    fe_err err;

    CHECK(run(&plan, &feed, &request, to, &work, &err) == 0);
    CHECK(fe_note_count() == n_said + 1);
    SAME_STR(fe_note_text(n_said),
             "energy edges moved to the data's: 0.01 -> 0.1, 0.05 -> 0.1, 0.11 -> 0.1, 1.05 -> 1, 50 -> 10 TeV");
    for (size_t g = 0; g < 2; g++) {            /* no data: the row stays, with the edges asked for */
        CHECK(to->result[g].norm.status == FE_STATUS_EMPTY && isnan(to->result[g].norm.norm));
        CHECK(to->result[g].e_min_TeV == (g ? 0.05 : 0.01) && to->result[g].e_max_TeV == (g ? 0.11 : 0.05));
        NEAR(to->result[g].e_ref_TeV, sqrt(g ? 0.05 * 0.11 : 0.01 * 0.05), 1e-15);
    }
    CHECK(to->result[2].e_min_TeV == edge_at(0.1, 0) && to->result[2].e_max_TeV == edge_at(0.1, 10));
    CHECK(to->result[2].e_min_asked_TeV == 0.11 && to->result[2].e_max_asked_TeV == 1.05);
    CHECK(to->result[2].e_min_eff_TeV == edge_at(0.1, 1));      /* the first channel is masked */
    CHECK(to->result[3].e_max_TeV == edge_at(0.1, 20) && to->result[3].livetime_s == 300);
    NEAR(to->result[3].exposure_cm2_s, 1e13 * 6 * edge_at(0.1, 15), 1e-14);

    plan.exact_edges = true;
    m.n_opened = 0;
    CHECK(run(&plan, &feed, &request, to, &work, &err) == -1 && err.code == FE_EDATA);
    SAME_STR(err.text, "run: energy edge 0.05 TeV lies outside the data, whose first edge is 0.1 TeV (--exact-edges)");
    fe_plan_free(&plan);
    plan = plan_of("0.1,1.05,10TeV", "all", &feed);
    plan.exact_edges = true;
    CHECK(run(&plan, &feed, &request, to, &work, &err) == -1);
    SAME_STR(err.text, "run: energy edge 1.05 TeV is not an edge of the data, the nearest are 1 and 1.25892541 TeV "
                       "(--exact-edges)");
    fe_plan_free(&plan);
    plan = plan_of("1,9.9999999,50TeV", "all", &feed);      /* but for rounding the second band lies outside */
    plan.exact_edges = true;
    memset(to, 0, sizeof *to);
    CHECK(run(&plan, &feed, &request, to, &work, &err) == 0 && to->result[1].norm.status == FE_STATUS_EMPTY);
    fe_plan_free(&plan);
    free(to);
}

/* Two instruments: the second starts at 1 TeV and ends at 100 TeV. */
static void test_two_axes(void)
{
    memory m = plain();
    fe_feed feed = feed_of(&m, 2);
    fe_plan plan = plan_of("0.1,1,10,100TeV", "all", &feed);
    fe_plan_request request = request_of(1);
    kept *to = new_kept();
    fe_plan_work work;
    fe_err err;

    m.shifted = 1;
    CHECK(run(&plan, &feed, &request, to, &work, &err) == 0 && to->n_put == 3);
    CHECK(to->result[0].livetime_s == 100 && to->result[1].livetime_s == 200 && to->result[2].livetime_s == 100);
    CHECK(!(to->result[0].norm.status & FE_STATUS_PARTIAL) && to->result[2].e_min_eff_TeV == edge_at(1, 10));
    fe_plan_free(&plan);

    plan = plan_of("all", "all", &feed);        /* bins of the first dataset */
    memset(to, 0, sizeof *to);
    m.n_opened = 0;
    CHECK(run(&plan, &feed, &request, to, &work, &err) == 0 && to->n_put == N_E && work.n_opened == 2);
    CHECK(to->result[19].e_max_TeV == edge_at(0.1, 20) && to->result[19].livetime_s == 200);
    CHECK(was_said("energies 10 to 100 TeV lie above the bins of the first dataset"));
    fe_plan_free(&plan);
    free(to);
}

static void test_threads(void)
{
    const int threads[] = { 1, 2, 4 };
    kept *to[3];
    fe_err err;

    for (int t = 0; t < 3; t++) {
        memory m = plain();
        fe_feed feed = feed_of(&m, 200);
        fe_plan plan = plan_of("0.1:10TeV:10", "run", &feed);
        fe_plan_request request = request_of(threads[t]);
        fe_plan_work work;

        to[t] = new_kept();
        CHECK(run(&plan, &feed, &request, to[t], &work, &err) == 0 && to[t]->n_put == 2000);
        fe_plan_free(&plan);
    }
    for (int t = 1; t < 3; t++) {
        size_t n_same = 0;

        for (size_t g = 0; g < 2000; g++)
            n_same += same_norms(&to[0]->result[g], &to[t]->result[g]);
        CHECK(n_same == 2000);
    }
    for (int t = 0; t < 3; t++)
        free(to[t]);
}

static void test_resume(void)
{
    memory m = plain();
    fe_feed feed = feed_of(&m, 5);
    fe_plan plan = plan_of("0.1,1,10TeV", "run", &feed);
    fe_plan_request request = request_of(1);
    kept *to = new_kept();
    fe_plan_work work;
    fe_err err;

    to->has_until = 5;                          /* runs 0 and 1, and one band of run 2 */
    CHECK(run(&plan, &feed, &request, to, &work, &err) == 0);
    CHECK(work.n_opened == 3 && to->n_put == 5 && !to->there[4] && to->there[5] && to->there[9]);
    fe_plan_free(&plan);
    free(to);
}

static void test_low_off(void)
{
    memory m = plain();
    fe_feed feed = feed_of(&m, 1);
    fe_plan plan = plan_of("0.1,1,10TeV", "all", &feed);
    fe_plan_request request = request_of(1);
    kept *to = new_kept();
    fe_plan_work work;
    fe_err err;

    CHECK(run(&plan, &feed, &request, to, &work, &err) == 0 && !(to->result[0].norm.status & FE_STATUS_LOWOFF));
    fe_plan_free(&plan);
    plan = plan_of("1.2589,1.5849TeV", "all", &feed);           /* channel 11: 77 mod 11 = 0 OFF counts */
    memset(to, 0, sizeof *to);
    m.n_opened = 0;
    CHECK(run(&plan, &feed, &request, to, &work, &err) == 0 && to->result[0].norm.status & FE_STATUS_LOWOFF);
    CHECK(was_said("--method excess or --group-off N"));
    request.method = FE_METHOD_EXCESS;
    memset(to, 0, sizeof *to);
    m.n_opened = 0;
    CHECK(run(&plan, &feed, &request, to, &work, &err) == 0 && !(to->result[0].norm.status & FE_STATUS_LOWOFF));
    fe_plan_free(&plan);
    free(to);
}

static void test_stack(void)
{
    memory m = plain();
    fe_feed feed = feed_of(&m, 4);
    fe_plan plan = plan_of("0.1,1,10TeV", "all", &feed);
    fe_plan_request request = request_of(1);
    kept *joint = new_kept(), *stacked = new_kept();
    fe_plan_work work;
    fe_err err;

    m.known_background = true;
    CHECK(run(&plan, &feed, &request, joint, &work, &err) == 0);
    request.stack = true;
    m.n_opened = 0;
    CHECK(run(&plan, &feed, &request, stacked, &work, &err) == 0 && work.n_opened == 4);
    for (size_t g = 0; g < 2; g++) {
        const fe_group_result *a = &joint->result[g], *b = &stacked->result[g];

        CHECK(a->norm.counts == b->norm.counts && a->norm.background == b->norm.background);
        CHECK(a->livetime_s == b->livetime_s && a->e_min_eff_TeV == b->e_min_eff_TeV);
        NEAR(a->exposure_cm2_s, b->exposure_cm2_s, 1e-14);
        CHECK(fabs(a->norm.norm - b->norm.norm) < a->norm.err);     /* exposures differ, so it is not the joint fit */
    }
    fe_plan_free(&plan);
    free(joint);
    free(stacked);
}

int main(void)
{
    fe_note_setup("t_plan", -1);
    test_grouping();
    test_column();
    test_where();
    test_telescopes();
    test_work();
    test_bad_input();
    test_rounded_edges();
    test_moved_edges();
    test_two_axes();
    test_threads();
    test_resume();
    test_low_off();
    test_stack();
    return check_done();
}
