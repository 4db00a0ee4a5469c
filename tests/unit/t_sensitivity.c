/* Sensitivity per band: excess of a significance, minimal counts, background systematics; algorithms 3, 14 and 22.1. */
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "check.h"
#include "est/sensitivity.h"
#include "est/stack.h"
#include "io/ogip.h"
#include "types/estimate.h"

static fe_err err;

/* Last column of the check values of algorithms 3, and the formula itself. */
static void test_excess(void)
{
    NEAR(fe_sensitivity_excess_cash(5, 5), 14.83657, 1e-6);
    NEAR(fe_sensitivity_excess_cash(10, 5), 19.58009, 1e-6);
    NEAR(fe_sensitivity_excess_cash(90, 5), 51.43955, 1e-6);
    NEAR(fe_sensitivity_excess_wstat(5, 0.3, 5), 13.872193, 1e-7);
    NEAR(fe_sensitivity_excess_wstat(0, 0.3, 5), 8.524643, 1e-6);
    NEAR(fe_sensitivity_excess_wstat(0, 0.3, 5), 25 / (2 * log(1 + 1 / 0.3)), 1e-14);
    for (double b = 1e-3; b < 1e8; b *= 17) {
        double s = fe_sensitivity_excess_cash(b, 3), n = s + b;

        NEAR(2 * (n * log(n / b) - s), 9, 1e-13 * (10 + b));
    }
    CHECK(fe_sensitivity_excess_cash(0, 5) == 0 && fe_sensitivity_excess_cash(4, 0) < 1e-30);
    CHECK(isnan(fe_sensitivity_excess_cash(-1, 5)) && isnan(fe_sensitivity_excess_cash(NAN, 5)));
    CHECK(isnan(fe_sensitivity_excess_wstat(5, 0, 5)) && isnan(fe_sensitivity_excess_wstat(-1, 1, 5)));
}

enum { N = 5 };

static double *five(double a, double b, double c, double d, double e)
{
    double *x = FE_NEWN(double, N);

    x[0] = a, x[1] = b, x[2] = c, x[3] = d, x[4] = e;
    return x;
}

/* Octaves from 1 TeV; exposure such that the model dnde = E^-2 predicts 100 counts in each. */
static fe_dataset *octaves(bool on_off)
{
    fe_dataset *d = fe_dataset_new(N, N, 1, 1);

    for (int j = 0; j <= N; j++)
        d->e_edge_TeV[j] = d->etrue_edge_TeV[j] = ldexp(1, j);
    for (int j = 0; j < N; j++) {
        d->mask[j] = true;
        d->exposure_cm2_s[j] = 100 * ldexp(2, j);           /* int E^-2 dE = 2^-j / 2 */
    }
    fe_edisp_free(d->edisp);
    d->edisp = fe_edisp_overlap(N, d->etrue_edge_TeV, N, d->e_edge_TeV);
    if (on_off) {
        d->n_off = five(50, 10, 0, 1e6, 10);
        d->alpha = five(0.1, 0.2, 0.5, 0.1, 0);
    } else {
        d->background = five(5, 2, 0, 1e5, 1e-3);
    }
    return d;
}

static void test_bands(bool on_off)
{
    const size_t first[6] = { 0, 1, 2, 3, 0, 4 }, last[6] = { 1, 2, 3, 4, 2, 5 };
    fe_sensitivity_request r = fe_sensitivity_request_default();
    fe_spectrum *model = fe_spectrum_parse("pl:index=2,amplitude=1 cm-2 s-1 TeV-1,reference=1TeV", &err);
    fe_arena *arena = fe_arena_new();
    fe_dataset *d = octaves(on_off);
    fe_sensitivity s[6];

    r.min_counts = 12;
    fe_sensitivity_bands(d, model, &r, 6, first, last, arena, s);
    NEAR(s[0].excess, on_off ? fe_sensitivity_excess_wstat(50, 0.1, 5) : fe_sensitivity_excess_cash(5, 5), 1e-14);
    NEAR(s[0].background, 5, 1e-14);
    SAME_STR(s[0].criterion, "significance");
    CHECK(s[0].excess > 14 && s[0].e_min_TeV == 1 && s[0].e_max_TeV == 2);
    NEAR(s[0].norm, s[0].excess / 100, 1e-13);
    NEAR(s[0].e_ref_TeV, sqrt(2), 1e-15);
    NEAR(s[0].dnde, s[0].norm / 2, 1e-13);
    NEAR(s[0].e2dnde, s[0].norm, 1e-13);
    NEAR(s[0].flux, s[0].norm / 2, 1e-13);
    NEAR(s[0].eflux, s[0].norm * log(2), 1e-13);
    SAME_STR(s[2].criterion, "gamma");
    CHECK(s[2].excess == 12 && s[2].background == 0 && s[2].status == 0);
    SAME_STR(s[3].criterion, "bkg");
    NEAR(s[3].excess, 5000, 1e-13);
    NEAR(s[4].background, 7, 1e-14);                        /* channels 0 and 1 as one */
    NEAR(s[4].norm, s[4].excess / 200, 1e-13);
    CHECK(s[4].excess < s[0].excess + s[1].excess && s[4].excess > s[0].excess);
    if (on_off)
        CHECK(s[5].status == (FE_STATUS_NOOFF | FE_STATUS_EMPTY) && isnan(s[5].excess) && !*s[5].criterion);
    else
        CHECK(s[5].excess == 12 && s[5].status == 0);
    d->mask[0] = d->mask[1] = false;
    d->exposure_cm2_s[2] = 0;
    fe_sensitivity_bands(d, model, &r, 6, first, last, arena, s);
    CHECK(s[4].status == FE_STATUS_EMPTY && isnan(s[4].norm) && s[4].e_max_TeV == 4);
    CHECK(s[2].status == FE_STATUS_NOEXPO && s[2].excess == 12 && isnan(s[2].e2dnde));
    fe_dataset_free(d);
    fe_arena_free(arena);
    fe_spectrum_free(model);
}

static fe_dataset *stacked_runs(const char *shared)
{
    static const char *const runs[] = { "23523", "23526", "23559", "23592" };
    fe_stacker *stacker = fe_stacker_new();
    fe_str path[4] = { { 0 }, { 0 }, { 0 }, { 0 } };
    char *paths[4];
    fe_dataset *all;
    fe_feed *feed;

    for (int k = 0; k < 4; k++) {
        fe_str_addf(&path[k], "%s/data/joint-crab/spectra/hess/pha_obs%s.fits", shared, runs[k]);
        paths[k] = path[k].s;
    }
    feed = fe_ogip_feed_new(4, paths, &err);
    CHECK_MSG(feed, err.text);
    for (size_t k = 0; feed && k < 4; k++) {
        fe_dataset *d = NULL;

        CHECK_MSG(feed->open(feed->ctx, k, &d, &err) == 0 && fe_stacker_add(stacker, d, &err) == 0, err.text);
        fe_dataset_free(d);
    }
    fe_ogip_feed_free(feed);
    for (int k = 0; k < 4; k++)
        fe_str_free(&path[k]);
    all = fe_stacker_finish(stacker);
    fe_stacker_free(stacker);
    return all;
}

/* Four H.E.S.S. runs as one, channels from 1 TeV (algorithms 22.1; e2dnde there in erg). */
static void test_hess(const char *shared)
{
    static const double excess[4] = { 10.6447094, 11.2571862, 10, 10.9945913 };
    static const double background[4] = { 1.7583334, 2.075, 1.4166666, 1.8333333 };
    static const double e2dnde[4] = { 1.8060059e-11, 2.0364180e-11, 1.9199802e-11, 2.2412509e-11 };
    const double erg_per_TeV = 1.602176634;
    fe_sensitivity_request r = fe_sensitivity_request_default();
    fe_spectrum *model = fe_spectrum_parse("pl:index=2,amplitude=1 cm-2 s-1 TeV-1,reference=1TeV", &err);
    fe_arena *arena = fe_arena_new();
    fe_dataset *d = stacked_runs(shared);
    size_t j = 0;

    while (j < d->n_e && d->e_edge_TeV[j] < 1 - 1e-6)
        j++;
    for (size_t k = 0; k < 4; k++) {
        size_t first = j + k, last = first + 1;
        fe_sensitivity s;

        fe_sensitivity_bands(d, model, &r, 1, &first, &last, arena, &s);
        NEAR(s.excess, excess[k], 1e-6);
        NEAR(s.background, background[k], 1e-6);
        NEAR(s.e2dnde * erg_per_TeV, e2dnde[k], 1e-5);
        SAME_STR(s.criterion, k == 2 ? "gamma" : "significance");
    }
    fe_dataset_free(d);
    fe_arena_free(arena);
    fe_spectrum_free(model);
}

int main(void)
{
    const char *shared = check_shared();

    test_excess();
    test_bands(true);
    test_bands(false);
    if (shared)
        test_hess(shared);
    else
        printf("no shared data (FE_SHARED): the stack of H.E.S.S. runs left out\n");
    return check_done();
}
