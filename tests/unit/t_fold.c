/* est/fold and est/stack: predicted counts, blocks of a group, stacking. */
#include "check.h"

#include <stdlib.h>

#include "base/mem.h"
#include "est/fold.h"
#include "est/norm.h"
#include "est/stack.h"
#include "phys/stat.h"
#include "types/estimate.h"

enum { N = 4 };

/* Four channels 1, 2, 4, 8, 16 TeV, true axis the same; exposure such that pl:index=2 of amplitude 1 gives s[j]. */
static fe_dataset *four_channels(const double *s)
{
    fe_dataset *d = fe_dataset_new(N, N, 1, 1);

    for (int j = 0; j <= N; j++)
        d->e_edge_TeV[j] = d->etrue_edge_TeV[j] = 1 << j;
    for (int j = 0; j < N; j++)
        d->exposure_cm2_s[j] = s[j] / (1 / d->e_edge_TeV[j] - 1 / d->e_edge_TeV[j + 1]);
    fe_edisp_free(d->edisp);
    d->edisp = fe_edisp_overlap(N, d->etrue_edge_TeV, N, d->e_edge_TeV);
    d->livetime_s = 100;
    return d;
}

static double *four(double a, double b, double c, double d)
{
    double *x = FE_NEWN(double, N);

    x[0] = a, x[1] = b, x[2] = c, x[3] = d;
    return x;
}

static void set_counts(fe_dataset *d, double a, double b, double c, double e)
{
    free(d->counts);
    d->counts = four(a, b, c, e);
}

static fe_spectrum *unit_model(void)
{
    fe_err err;

    return fe_spectrum_parse("pl:index=2,amplitude=1 cm-2 s-1 TeV-1,reference=1TeV", &err);
}

static const double s_of[N] = { 4, 3, 2, 1 };

/* int E^-2 dE = 1/E1 - 1/E2. */
static void test_npred(void)
{
    fe_dataset *d = four_channels(s_of);
    fe_spectrum *model = unit_model();
    fe_arena *arena = fe_arena_new();
    double npred[N];

    fe_fold_spectrum(d, model, false, arena, npred);
    for (int j = 0; j < N; j++)
        NEAR(npred[j], s_of[j], 1e-14);

    d->e_edge_TeV[1] = 1.5;             /* the first true bin falls half into the second channel */
    fe_edisp_free(d->edisp);
    d->edisp = fe_edisp_overlap(N, d->etrue_edge_TeV, N, d->e_edge_TeV);
    fe_fold_spectrum(d, model, false, arena, npred);
    NEAR(npred[0], 2, 1e-14);
    NEAR(npred[1], 5, 1e-14);

    d->etrue_edge_TeV[0] = 0;           /* infinite flux, no exposure */
    d->exposure_cm2_s[0] = 0;
    fe_fold_spectrum(d, model, false, arena, npred);
    NEAR_ABS(npred[0], 0, 0);
    NEAR(npred[1], 3, 1e-14);
    d->exposure_cm2_s[1] = NAN;         /* spoils the channels it reaches, no others */
    fe_fold_spectrum(d, model, false, arena, npred);
    CHECK(npred[0] == 0 && isnan(npred[1]) && isfinite(npred[2]) && isfinite(npred[3]));
    fe_arena_free(arena);
    fe_spectrum_free(model);
    fe_dataset_free(d);
}

static void test_cash_piece(void)
{
    fe_dataset *d = four_channels(s_of);
    fe_arena *arena = fe_arena_new();
    fe_fold_piece p;

    set_counts(d, 5, 0, 2, 7);
    d->background = four(2, 0.6, 1, 9);
    d->mask[3] = false;
    fe_fold_piece_make(d, s_of, 0, N, FE_METHOD_FOLD, 0, arena, &p);
    CHECK(p.block.stat == &fe_stat_cash && p.block.n_bins == 2 && p.n_used == 3 && p.n_nooff == 0 && !p.block.n_off);
    CHECK(p.block.n[0] == 5 && p.block.s[0] == 4 && p.block.b[0] == 2);
    CHECK(p.block.n[1] == 2 && p.block.s[1] == 2 && p.block.b[1] == 1);
    CHECK(p.block.s_rest == 3 && p.block.stat_rest == 1.2 && p.block.counts == 7 && p.block.background == 3.6);
    NEAR(p.block.norm_min, -0.2, 1e-15);            /* of the channel without counts: -0.6 / 3 */
    CHECK(p.e_min_eff_TeV == 1 && p.e_max_eff_TeV == 8);

    fe_fold_piece_make(d, s_of, 0, N, FE_METHOD_EXCESS, 0, arena, &p);
    CHECK(p.block.n_bins == 1 && p.block.n[0] == 7 && p.block.s[0] == 9 && p.block.b[0] == 3.6 && p.n_used == 3);
    NEAR(p.block.norm_min, -0.4, 1e-15);

    fe_fold_piece_make(d, s_of, 1, 2, FE_METHOD_EXCESS, 0, arena, &p);      /* no counts at all */
    CHECK(p.block.n_bins == 0 && p.n_used == 1 && p.block.s_rest == 3 && p.e_min_eff_TeV == 2);

    fe_fold_piece_make(d, s_of, 3, N, FE_METHOD_FOLD, 0, arena, &p);        /* masked */
    CHECK(p.block.n_bins == 0 && p.n_used == 0 && p.block.s_rest == 0 && isnan(p.e_min_eff_TeV));
    fe_arena_free(arena);
    fe_dataset_free(d);
}

static fe_dataset *with_off(double a, double b, double c, double e)
{
    fe_dataset *d = four_channels(s_of);

    set_counts(d, 5, 0, 2, 7);
    d->n_off = four(a, b, c, e);
    d->alpha = four(0.1, 0.2, 0.1, 0.5);
    d->acceptance = four(1, 1, 1, 2);
    d->acceptance_off = four(10, 5, 10, 4);
    return d;
}

static void test_wstat_piece(void)
{
    fe_dataset *d = with_off(10, 0, 20, 3);
    fe_arena *arena = fe_arena_new();
    fe_fold_piece p;

    fe_fold_piece_make(d, s_of, 0, N, FE_METHOD_FOLD, 0, arena, &p);
    CHECK(p.block.stat == &fe_stat_wstat && p.block.n_bins == 4 && p.n_used == 4 && !p.block.b && p.n_off_sum == 33);
    CHECK(p.block.n[1] == 0 && p.block.alpha[1] == 0.2 && isinf(p.block.norm_min) && p.block.s_rest == 0);
    NEAR(p.block.background, 1 + 2 + 1.5, 1e-15);

    d->alpha[0] = 0;                    /* no OFF region: left out, and counted */
    fe_fold_piece_make(d, s_of, 0, N, FE_METHOD_FOLD, 0, arena, &p);
    CHECK(p.block.n_bins == 3 && p.n_nooff == 1 && p.n_used == 3 && p.block.counts == 9 && p.e_min_eff_TeV == 2);
    d->alpha[0] = 0.1;

    fe_fold_piece_make(d, s_of, 0, N, FE_METHOD_EXCESS, 0, arena, &p);
    CHECK(p.block.n_bins == 1 && p.block.n[0] == 14 && p.block.n_off[0] == 33 && p.block.s[0] == 10);
    NEAR(p.block.alpha[0], 4.5 / 33, 1e-15);

    fe_fold_piece_make(d, s_of, 0, N, FE_METHOD_FOLD, 12, arena, &p);       /* 10 + 0 + 20, and the rest of 3 joins */
    CHECK(p.block.n_bins == 1 && p.block.n_off[0] == 33 && p.block.n[0] == 14);
    fe_fold_piece_make(d, s_of, 0, N, FE_METHOD_FOLD, 10, arena, &p);       /* 10 | 0 + 20 + 3 */
    CHECK(p.block.n_bins == 2 && p.block.n_off[0] == 10 && p.block.n_off[1] == 23 && p.block.n[1] == 9);
    NEAR(p.block.alpha[1], (2 + 1.5) / 23, 1e-15);
    CHECK(p.block.alpha[0] == 0.1 && p.block.s[1] == 6);
    fe_fold_piece_make(d, s_of, 0, N, FE_METHOD_FOLD, 1, arena, &p);        /* 10 | 0 + 20 | 3 */
    CHECK(p.block.n_bins == 3 && p.block.n_off[1] == 20 && p.block.n_off[2] == 3 && p.block.alpha[2] == 0.5);
    fe_fold_piece_make(d, s_of, 0, N, FE_METHOD_FOLD, 100, arena, &p);      /* never reached: one bin */
    CHECK(p.block.n_bins == 1 && p.block.n_off[0] == 33);
    fe_dataset_free(d);

    d = with_off(0, 0, 0, 0);           /* nothing to weigh alpha with: ratio of acceptances, 5 / 29 */
    fe_fold_piece_make(d, s_of, 0, N, FE_METHOD_EXCESS, 0, arena, &p);
    NEAR(p.block.alpha[0], 5. / 29, 1e-15);
    free(d->acceptance);
    free(d->acceptance_off);
    d->acceptance = d->acceptance_off = NULL;       /* known by alpha alone: 4 / (10 + 5 + 10 + 2) */
    fe_fold_piece_make(d, s_of, 0, N, FE_METHOD_EXCESS, 0, arena, &p);
    NEAR(p.block.alpha[0], 4. / 27, 1e-15);
    fe_fold_piece_make(d, s_of, 1, 2, FE_METHOD_EXCESS, 0, arena, &p);
    CHECK(p.block.alpha[0] == 0.2);
    fe_arena_free(arena);
    fe_dataset_free(d);
}

static fe_norm solve(const fe_block *block, size_t n)
{
    fe_norm_request request = fe_norm_request_default();
    fe_arena *scratch = fe_arena_new();
    fe_norm norm;

    fe_norm_solve(&(fe_bins){ .n_blocks = n, .block = block }, &request, scratch, &norm);
    fe_arena_free(scratch);
    return norm;
}

/*
 * Four H.E.S.S. runs in the band 10 to 14.1 TeV, one of them without any OFF count: runs that keep the alpha of their
 * channels give norm 2.704921469884752 (an independent program); a run whose alpha is lost gives 4.18.
 */
static void test_run_without_off(void)
{
    const double n[4] = { 0, 1, 4, 1 }, off[4][3] = { { 0, 0, 0 }, { 2, 0, 0 }, { 2, 1, 1 }, { 4, 1, 3 } };
    const double excess[4] = { 2.694507122039795, 2.489138603210449, 1.4646329879760742, 1.6096175909042358 };
    const double acceptance_off[4] = { 12, 12, 40, 40 };
    fe_arena *arena = fe_arena_new();
    fe_block block[4];

    for (int r = 0; r < 4; r++) {
        const double s[N] = { excess[r] / 4.182175954197986, 0, 0, 9 };
        fe_dataset *d = four_channels(s);
        fe_fold_piece p;
        double a = acceptance_off[r];

        set_counts(d, n[r], 0, 0, 99);
        d->n_off = four(off[r][0], off[r][1], off[r][2], 99);
        d->alpha = four(1 / a, 1 / a, 1 / a, 1 / a);
        d->acceptance = four(1, 1, 1, 1);
        d->acceptance_off = four(a, a, a, a);
        fe_fold_piece_make(d, s, 0, 3, FE_METHOD_EXCESS, 0, arena, &p);
        NEAR(p.block.alpha[0], 1 / a, 1e-15);
        block[r] = p.block;
        fe_dataset_free(d);
    }
    fe_norm norm = solve(block, 4);
    NEAR(norm.norm, 2.704921469884752, 1e-6);       /* counts predicted there were stored in single precision */
    NEAR(norm.ts, 13.258668613422783, 1e-6);
    fe_arena_free(arena);
}

/* ---- stacking ------------------------------------------------------------------------------------------------- */

/* The stack of identical Cash runs is the joint fit: n ln(k (b + x s)) differs by constants only. */
static void test_stack_is_joint(void)
{
    fe_dataset *d = four_channels(s_of), *sum;
    fe_spectrum *model = unit_model();
    fe_stacker *stacker = fe_stacker_new();
    fe_arena *arena = fe_arena_new();
    fe_fold_piece p;
    fe_block block[3];
    double npred[N];
    fe_err err;

    set_counts(d, 9, 4, 0, 2);
    d->background = four(3, 2, 0.5, 0.1);
    d->gti = fe_gti_new();
    fe_gti_add(d->gti, 0, 100);
    fe_fold_spectrum(d, model, false, arena, npred);
    fe_fold_piece_make(d, npred, 0, N, FE_METHOD_FOLD, 0, arena, &p);
    for (int k = 0; k < 3; k++) {
        block[k] = p.block;
        CHECK(fe_stacker_add(stacker, d, &err) == 0);
    }
    fe_norm joint = solve(block, 3);
    sum = fe_stacker_finish(stacker);
    CHECK(sum->counts[0] == 27 && sum->livetime_s == 300 && sum->gti->n == 1 && sum->mask[3]);
    fe_fold_spectrum(sum, model, false, arena, npred);
    NEAR(npred[0], 12, 1e-14);
    fe_fold_piece_make(sum, npred, 0, N, FE_METHOD_FOLD, 0, arena, &p);
    fe_norm stacked = solve(&p.block, 1);
    NEAR(stacked.norm, joint.norm, 1e-6);
    NEAR(stacked.err, joint.err, 1e-6);
    NEAR(stacked.ts, joint.ts, 1e-6);
    NEAR(stacked.ul, joint.ul, 1e-6);
    CHECK(joint.norm > 0.5 && joint.norm < 2);
    fe_arena_free(arena);
    fe_stacker_free(stacker);
    fe_spectrum_free(model);
    fe_dataset_free(d);
    fe_dataset_free(sum);
}

/* What is beside the source is summed as its channels are, whatever becomes of them. */
static void test_beside(void)
{
    const double npred[N] = { 1, 2, 4, 8 }, other[N] = { 0.5, 0.25, 0.125, 3 };
    const double *shared[] = { other };
    fe_fold_beside fixed = { .fixed = other }, refit = { .fixed = other, .n_shared = 1, .shared = shared, .bkg_syst = true };
    fe_dataset *d = with_off(10, 0, 20, 3), *known = four_channels(npred);
    fe_arena *arena = fe_arena_new();
    fe_fold_piece p;

    for (size_t j = 0; j < N; j++)
        d->mask[j] = true;
    fe_fold_piece_make_beside(d, npred, &refit, 0, N, FE_METHOD_FOLD, 12, arena, &p);        /* 10 + 0 + 20 + 3 */
    CHECK(p.block.n_bins == 1 && p.block.fixed[0] == 3.875 && p.block.shared[0][0] == 3.875);
    NEAR(p.block.shared[1][0], p.block.background, 1e-15);
    fe_fold_piece_make_beside(d, npred, &refit, 0, N, FE_METHOD_FOLD, 10, arena, &p);        /* 10 | 0 + 20 + 3 */
    CHECK(p.block.n_bins == 2 && p.block.fixed[0] == 0.5 && p.block.fixed[1] == 3.375 && p.block.shared[0][1] == 3.375);
    d->mask[1] = false;
    fe_fold_piece_make_beside(d, npred, &refit, 0, N, FE_METHOD_EXCESS, 0, arena, &p);
    CHECK(p.block.n_bins == 1 && p.block.fixed[0] == 3.625 && p.block.shared[0][0] == 3.625);
    CHECK(!p.block.n_local);

    set_counts(known, 5, 0, 0, 1);
    known->background = four(1, 2, 3, 4);
    for (size_t j = 0; j < N; j++)
        known->mask[j] = true;
    fe_fold_piece_make_beside(known, npred, &fixed, 0, N, FE_METHOD_FOLD, 0, arena, &p);     /* Cash has it in b */
    CHECK(p.block.n_bins == 2 && p.block.n_rest == 2 && p.block.b[0] == 1.5 && p.block.b[1] == 7 && !p.block.fixed);
    CHECK(p.block.background == 10 && p.block.stat_rest == 2 * 5.375 && p.block.norm_min == -3.125 / 4);
    refit.free_bkg = true;
    fe_fold_piece_make_beside(known, npred, &refit, 0, N, FE_METHOD_FOLD, 0, arena, &p);     /* another source acts in all */
    CHECK(p.block.n_bins == 4 && p.block.n_rest == 0 && p.block.b[2] == 3.125 && p.block.shared[0][2] == 0.125);
    CHECK(p.block.n_local == 1 && p.block.local[0][2] == 3 && p.block.shared[1][2] == 3);
    fe_arena_free(arena);
    fe_dataset_free(d);
    fe_dataset_free(known);
}

/* ---- what need not be looked at -------------------------------------------------------------------------------- */

enum { MANY = 400 };

typedef struct wide {               /* every bin of a dataset listed, as if none could be left out      */
    double n[MANY], s[MANY], b[MANY], fixed[MANY], n_off[MANY], alpha[MANY];
    fe_block block;
} wide;

/* A dataset like a map: no signal in most bins, counts in some (empty: in none with signal), other sources in a few. */
static fe_dataset *like_a_map(bool off, bool empty, double *npred, double *fixed)
{
    fe_dataset *d = fe_dataset_new(MANY, 1, 1, 1);
    unsigned seed = 3;

    free(d->background);
    d->background = off ? NULL : FE_NEWN(double, MANY);
    d->n_off = off ? FE_NEWN(double, MANY) : NULL;
    d->alpha = off ? FE_NEWN(double, MANY) : NULL;
    for (size_t j = 0; j < MANY; j++) {
        double r[4];

        for (int k = 0; k < 4; k++)
            r[k] = (double)((seed = seed * 1664525u + 1013904223u) >> 8) / (1 << 24);
        d->mask[j] = j % 11 != 5;
        d->e_edge_TeV[j + 1] = 1 + (double)j;
        npred[j] = j % 10 == 3 ? 0.1 + 3 * r[0] : 0;
        fixed[j] = j % 7 == 0 ? r[1] : 0;
        d->counts[j] = npred[j] > 0 && (empty || j % 3 == 0) ? 0 : floor(2.2 * r[2] + 0.8 * npred[j]);
        if (off) {
            d->n_off[j] = j % 4 ? floor(6 * r[3]) : 0;
            d->alpha[j] = 0.2 + 0.1 * r[1];
        } else {
            d->background[j] = j % 13 || npred[j] > 0 ? 0.3 + r[3] : 0;
        }
    }
    return d;
}

static void list_all(const fe_dataset *d, const double *npred, const double *fixed, wide *out)
{
    size_t k = 0;

    *out = (wide){ .block = { .stat = d->n_off ? &fe_stat_wstat : &fe_stat_cash, .norm_min = -INFINITY } };
    for (size_t j = 0; j < MANY; j++) {
        if (!d->mask[j])
            continue;
        out->n[k] = d->counts[j];
        out->s[k] = npred[j];
        out->fixed[k] = fixed[j];
        out->n_off[k] = d->n_off ? d->n_off[j] : 0;
        out->alpha[k] = d->n_off ? d->alpha[j] : 0;
        out->block.counts += d->counts[j];
        out->b[k] = d->n_off ? d->alpha[j] * d->n_off[j] : d->background[j] + fixed[j];
        out->block.background += d->n_off ? out->b[k] : d->background[j];
        if (!d->n_off && npred[j] > 0)
            out->block.norm_min = fmax(out->block.norm_min, -out->b[k] / npred[j]);
        k++;
    }
    out->block.n_bins = k;
    out->block.n = out->n;
    out->block.s = out->s;
    if (d->n_off) {
        out->block.n_off = out->n_off;
        out->block.alpha = out->alpha;
        out->block.fixed = out->fixed;
    } else {
        out->block.b = out->b;
    }
}

static void same_within(double a, double b, double rtol)
{
    if (isnan(b))
        CHECK(isnan(a));
    else
        NEAR(a, b, rtol);
}

static void same(double a, double b)
{
    same_within(a, b, 1e-9);
}

/* Where the norm is held by the walls of the nuisances, its curvature is a difference of large numbers. */
static void same_norm(const fe_norm *a, const fe_norm *b)
{
    same(a->norm, b->norm);
    same_within(a->err, b->err, b->norm < 0 ? 1e-3 : 1e-9);
    same(a->errn, b->errn);
    same(a->errp, b->errp);
    same(a->ul, b->ul);
    same(a->ts, b->ts);
    NEAR(a->stat, b->stat, 1e-12);
    NEAR(a->stat_null, b->stat_null, 1e-12);
    NEAR(a->npred, b->npred, 1e-9);
    NEAR(a->counts, b->counts, 1e-12);
    NEAR(a->background, b->background, 1e-12);
    same(a->sensitivity, b->sensitivity);
    CHECK(a->n_scan == b->n_scan && a->status == b->status);
    for (size_t i = 0; i < a->n_scan; i++)
        same(a->stat_scan[i], b->stat_scan[i]);
}

/* Bins that are left out, summed up or joined change nothing: all of them listed by hand give the same. */
static void test_sparse(bool off, bool empty, bool free_bkg, bool bkg_syst)
{
    const double scan[] = { -0.5, -0.02, 0, 0.4, 0.8, 3 };
    double npred[MANY], fixed[MANY], shared_width = 0.05, templates[MANY];
    const double *template[1] = { templates };
    fe_dataset *d = like_a_map(off, empty, npred, fixed);
    fe_fold_beside beside = { .fixed = fixed, .free_bkg = free_bkg, .bkg_syst = bkg_syst };
    fe_norm_request request = fe_norm_request_default();
    fe_arena *arena = fe_arena_new();
    fe_fold_piece p;
    fe_norm got, want;
    wide all;

    request.want_sens = request.want_scan = true;
    request.scan_norms = scan;
    request.n_scan_norms = sizeof scan / sizeof *scan;
    list_all(d, npred, fixed, &all);
    for (size_t k = 0; k < all.block.n_bins; k++)
        templates[k] = all.b[k] - (off ? 0 : all.fixed[k]);
    all.block.local = free_bkg ? template : NULL;
    all.block.n_local = free_bkg;
    all.block.shared = bkg_syst ? template : NULL;
    fe_fold_piece_make_beside(d, npred, &beside, 0, MANY, FE_METHOD_FOLD, 0, arena, &p);
    fe_norm_solve(&(fe_bins){ 1, &p.block, bkg_syst, &shared_width, 0, 0 }, &request, arena, &got);
    fe_norm_solve(&(fe_bins){ 1, &all.block, bkg_syst, &shared_width, 0, 0 }, &request, arena, &want);
    same_norm(&got, &want);
    CHECK(empty ? want.norm < 0 : want.norm > 0.1 && want.err > 0.01 && want.ts > 1);
    /* 364 bins are used: with signal 37, with signal or another source 84 */
    CHECK(p.n_used == 364 && all.block.n_bins == 364);
    CHECK(p.block.n_bins < (bkg_syst && off ? 364 : free_bkg || bkg_syst ? 84 : 38));
    CHECK(p.block.n_bins + p.block.n_rest + p.block.n_still <= 364);
    fe_arena_free(arena);
    fe_dataset_free(d);
}

/* No signal anywhere is no empty group: the model has no exposure there. */
static void test_no_signal(void)
{
    const double nothing[N] = { 0, 0, 0, 0 };
    fe_dataset *d = four_channels(s_of);
    fe_arena *arena = fe_arena_new();
    fe_fold_piece p;
    fe_norm norm;

    set_counts(d, 5, 0, 2, 7);
    d->background = four(2, 0.5, 1, 9);
    fe_fold_piece_make(d, nothing, 0, N, FE_METHOD_FOLD, 0, arena, &p);
    CHECK(p.block.n_bins == 0 && p.block.n_rest == 0 && p.block.n_still == 4 && p.block.npred_still == 12.5);
    NEAR(p.block.stat_still, fe_cash(5, 2) + 1 + fe_cash(2, 1) + fe_cash(7, 9), 1e-15);
    norm = solve(&p.block, 1);
    CHECK(norm.status == FE_STATUS_NOEXPO && norm.stat_null == p.block.stat_still && norm.counts == 14 && norm.background == 12.5);
    fe_arena_free(arena);
    fe_dataset_free(d);
}

static void test_stack_sums(void)
{
    const double other_s[N] = { 1, 1, 5, 1 };
    fe_dataset *a = with_off(10, 0, 0, 3), *b = four_channels(other_s), *sum;
    fe_spectrum *model = unit_model();
    fe_stacker *stacker = fe_stacker_new();
    fe_arena *arena = fe_arena_new();
    double npred[N];
    fe_err err;

    set_counts(b, 1, 1, 1, 1);
    b->n_off = four(4, 0, 6, 6);
    b->alpha = four(0.25, 0.25, 0.25, 0);           /* without acceptances; no OFF region in the last channel */
    b->mask[2] = false;
    CHECK(fe_stacker_add(stacker, a, &err) == 0 && fe_stacker_add(stacker, b, &err) == 0);
    sum = fe_stacker_finish(stacker);
    CHECK(sum->counts[0] == 6 && sum->counts[2] == 2 && sum->counts[3] == 7);
    CHECK(sum->n_off[0] == 14 && sum->n_off[3] == 3);
    NEAR(sum->alpha[0] * sum->n_off[0], 2, 1e-14);              /* the summed background */
    NEAR(sum->alpha[3], 0.5, 1e-14);
    NEAR(sum->alpha[1], (1 + 1 + 1.5) / 17, 1e-14);             /* no OFF counts: mean of all channels */
    CHECK(sum->acceptance[1] == 2);
    fe_fold_spectrum(sum, model, false, arena, npred);          /* masked sum of the datasets' npred */
    NEAR(npred[0], 5, 1e-14);
    NEAR(npred[1], 4, 1e-14);
    NEAR(npred[2], 2, 1e-14);
    NEAR(npred[3], 1, 1e-14);
    fe_dataset_free(sum);
    fe_stacker_free(stacker);

    stacker = fe_stacker_new();
    CHECK(fe_stacker_finish(stacker) == NULL);
    CHECK(fe_stacker_add(stacker, a, &err) == 0);
    free(b->n_off);
    b->n_off = NULL;
    CHECK(fe_stacker_add(stacker, b, &err) == -1 && err.code == FE_EDATA && strstr(err.text, "without OFF counts"));
    a->e_edge_TeV[2] *= 1.01;
    CHECK(fe_stacker_add(stacker, a, &err) == -1 && strstr(err.text, "reconstructed energy axis"));
    fe_stacker_free(stacker);
    fe_arena_free(arena);
    fe_spectrum_free(model);
    fe_dataset_free(a);
    fe_dataset_free(b);
}

int main(void)
{
    test_npred();
    test_cash_piece();
    test_wstat_piece();
    test_run_without_off();
    test_stack_is_joint();
    test_beside();
    for (int empty = 0; empty < 2; empty++) {
        test_sparse(false, empty, false, false);
        test_sparse(true, empty, false, false);
        test_sparse(false, empty, true, false);
        test_sparse(false, empty, false, true);
        test_sparse(true, empty, false, true);
    }
    test_no_signal();
    test_stack_sums();
    return check_done();
}
