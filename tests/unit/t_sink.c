/* est/sink and the bands that are made from the data. */
#include "memory_feed.h"

#include "base/note.h"

/* A model of the background scales it before anything is compared: an excess over half of it needs narrower bands. */
static void scale_background(const fe_feed *feed, double norm, bool same)
{
    fe_plan with = plan_of("min-sig=4", "all", feed), without = plan_of("min-sig=4", "all", feed);
    fe_plan_request request = request_of(1);
    fe_models *models = one_source();
    fe_err err;

    fe_spectrum_par(fe_models_add_background(models, "bkg", fe_spectrum_new("pl-norm"))->spectrum, "norm")->value = norm;
    CHECK(fe_plan_adapt_edges(&without, feed, NULL, NULL, &err) == 0 && fe_plan_adapt_edges(&with, feed, models, &request, &err) == 0);
    CHECK(same ? with.edges.n_bins == without.edges.n_bins : with.edges.n_bins > without.edges.n_bins);
    fe_plan_free(&with);
    fe_plan_free(&without);
    fe_models_free(models);
}

static void test_adapt(void)
{
    memory m = plain();
    fe_feed feed = feed_of(&m, 2);
    fe_plan plan = plan_of("min-counts=20", "all", &feed);
    size_t n;
    fe_err err;

    CHECK(fe_plan_adapt_edges(&plan, &feed, NULL, NULL, &err) == 0 && plan.edges.kind == FE_EDGES_LIST && m.n_opened == 2);
    n = plan.edges.n_bins;
    CHECK(n > 3 && plan.edges.edge_TeV[0] == edge_at(0.1, 1) && plan.edges.edge_TeV[n] == edge_at(0.1, N_E));
    for (size_t k = 0; k < n; k++) {            /* enough each, and without its lowest channel not enough */
        double sum = 0, lowest = -1;

        for (size_t j = 1; j < N_E; j++)
            if (edge_at(0.1, j) >= plan.edges.edge_TeV[k] && edge_at(0.1, j) < plan.edges.edge_TeV[k + 1]) {
                sum += counts_of(0, j) + counts_of(1, j);
                lowest = lowest < 0 ? counts_of(0, j) + counts_of(1, j) : lowest;
            }
        CHECK(sum >= 20 && (k == 0 || sum - lowest < 20));
    }
    CHECK(fe_plan_adapt_edges(&plan, &feed, NULL, NULL, &err) == 0 && m.n_opened == 2);         /* edges it has: nothing to do */
    fe_plan_free(&plan);
    plan = plan_of("min-counts=1", "all", &feed);           /* the lowest channel has 2 + 10: a band of its own */
    CHECK(fe_plan_adapt_edges(&plan, &feed, NULL, NULL, &err) == 0 && plan.edges.edge_TeV[1] == edge_at(0.1, 2));
    fe_plan_free(&plan);

    m = plain();
    m.known_background = true;                  /* 11 of 2: TS = 2 (11 ln 5.5 - 9), and such */
    feed.n = 1;
    plan = plan_of("min-sig=4", "all", &feed);
    CHECK(fe_plan_adapt_edges(&plan, &feed, NULL, NULL, &err) == 0);
    CHECK(plan.edges.n_bins >= 2 && plan.edges.edge_TeV[plan.edges.n_bins] == edge_at(0.1, N_E));
    fe_plan_free(&plan);
    scale_background(&feed, 1, true);
    scale_background(&feed, 0.5, false);
    plan = plan_of("min-sig=1000", "all", &feed);
    CHECK(fe_plan_adapt_edges(&plan, &feed, NULL, NULL, &err) == 0 && plan.edges.n_bins == 1);
    fe_plan_free(&plan);
}

static void test_sink(void)
{
    memory m = plain();
    fe_feed feed = feed_of(&m, 3);
    fe_plan plan = plan_of("0.1,1,10TeV", "run", &feed);
    fe_plan_request request = request_of(1);
    fe_models *models = one_source();
    fe_estimate *e = fe_estimate_new();
    fe_sink sink = fe_estimate_sink(e, &plan, models);
    fe_err err;

    request.norm.want_scan = true;
    request.norm.scan_points = 11;
    request.norm.want_asym = false;
    CHECK(e->n == 6);
    CHECK(fe_plan_run(&plan, &feed, models, &request, &sink, NULL, &err) == 0);
    CHECK(e->n == 6 && e->family[FE_SED_LIKELIHOOD][FE_UL] && e->family[FE_SED_LIKELIHOOD][FE_ERR]);
    CHECK(!e->family[FE_SED_LIKELIHOOD][FE_ERRN] && !e->family[FE_SED_LIKELIHOOD][FE_SENSITIVITY]);
    CHECK(!e->source && !e->key[FE_KEY_TIME_MIN] && e->key[FE_KEY_E_REF] && e->q[FE_Q_E_MIN_ASKED]);
    CHECK(e->n_scan >= 11 && fe_estimate_scan_length(e, 5) >= 11);
    SAME_STR(fe_column_string(fe_table_find(e->rest, "run"), 4, 0), "run2");
    for (size_t i = 0; i < 6; i++) {
        double lo = e->key[FE_KEY_E_MIN][i], hi = e->key[FE_KEY_E_MAX][i], ref = e->key[FE_KEY_E_REF][i];

        NEAR(ref * ref, lo * hi, 1e-14);
        NEAR(e->ref[FE_SED_DNDE][i], 1e-12 / (lo * hi), 1e-14);
        NEAR(e->ref[FE_SED_E2DNDE][i], 1e-12, 1e-14);
        NEAR(e->ref[FE_SED_FLUX][i], 1e-12 * (1 / lo - 1 / hi), 1e-14);
        NEAR(e->ref[FE_SED_EFLUX][i], 1e-12 * log(hi / lo), 1e-14);
        NEAR(e->q[FE_Q_TS][i], e->q[FE_Q_STAT_NULL][i] - e->q[FE_Q_STAT][i], 1e-9);
        CHECK(e->q[FE_Q_COUNTS][i] > 0 && e->q[FE_Q_NITER][i] > 0);
    }
    fe_estimate_free(e);
    fe_models_free(models);
    fe_plan_free(&plan);
}

/* Edges "all": the number of rows is known with the first dataset only. */
static void test_sink_grows(void)
{
    memory m = plain();
    fe_feed feed = feed_of(&m, 2);
    fe_plan plan = plan_of("all", "run", &feed);
    fe_plan_request request = request_of(1);
    fe_models *models = one_source();
    fe_estimate *e = fe_estimate_new();
    fe_sink sink = fe_estimate_sink(e, &plan, models);
    fe_err err;

    CHECK(fe_plan_run(&plan, &feed, models, &request, &sink, NULL, &err) == 0 && e->n == 2 * N_E);
    CHECK(e->key[FE_KEY_E_MIN][N_E] == edge_at(0.1, 0) && e->key[FE_KEY_E_MAX][2 * N_E - 1] == edge_at(0.1, N_E));
    SAME_STR(fe_column_string(fe_table_find(e->rest, "run"), N_E, 0), "run1");
    fe_estimate_free(e);
    fe_models_free(models);
    fe_plan_free(&plan);
}

/* Good time intervals of the datasets: one after the other, those that spectra share once. */
static void gti_case(bool one_gti, size_t want)
{
    memory m = plain();
    fe_feed feed = feed_of(&m, 3);
    fe_plan plan = plan_of("0.1,1,10TeV", "run", &feed);
    fe_plan_request request = request_of(1);
    fe_models *models = one_source();
    fe_estimate *e = fe_estimate_new();
    fe_sink sink = fe_estimate_sink(e, &plan, models);
    fe_err err;

    m.timesys = "TT";
    m.one_gti = one_gti;
    CHECK(fe_plan_run(&plan, &feed, models, &request, &sink, NULL, &err) == 0);
    CHECK(e->gti && e->gti->n == want);
    CHECK(fe_gti_mjd_min(e->gti) == 51544);
    NEAR(fe_gti_mjd_max(e->gti), 51544 + (one_gti ? 100 : 2100) / 86400., 1e-15);
    SAME_STR(e->gti->timesys, "TT");
    fe_estimate_free(e);
    fe_models_free(models);
    fe_plan_free(&plan);
}

int main(void)
{
    fe_note_setup("t_sink", -1);
    test_adapt();
    test_sink();
    test_sink_grows();
    gti_case(false, 3);
    gti_case(true, 1);
    return check_done();
}
