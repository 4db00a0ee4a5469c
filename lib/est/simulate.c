#include "est/simulate.h"

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/mem.h"
#include "est/fold.h"
#include "est/predict.h"
#include "phys/const.h"

static const double MAX_POISSON = 1e9;
static const double MAX_COUNTS = 9007199254740992;      /* 2^53: whole numbers beyond are not exact */

static double *new_constant(size_t n, double value)
{
    double *a = FE_NEWN(double, n);

    for (size_t i = 0; i < n; i++)
        a[i] = value;
    return a;
}

void fe_simulate_set_alpha(fe_dataset *d, double alpha)
{
    size_t n = fe_dataset_n_bins(d);
    double *n_off = FE_NEWN(double, n);

    fe_simulate_background(d, n_off);
    for (size_t j = 0; j < n; j++)
        n_off[j] /= alpha;
    free(d->n_off);
    free(d->background);
    free(d->alpha);
    free(d->acceptance);
    free(d->acceptance_off);
    d->n_off = n_off;
    d->background = NULL;
    d->alpha = new_constant(n, alpha);
    d->acceptance = new_constant(n, 1);
    d->acceptance_off = new_constant(n, 1 / alpha);
}

void fe_simulate_background(const fe_dataset *d, double *mu_bkg)
{
    for (size_t j = 0, n = fe_dataset_n_bins(d); j < n; j++)
        mu_bkg[j] = d->n_off ? d->alpha[j] * d->n_off[j] : d->background ? d->background[j] : 0;
}

static void scale_weights(fe_irfmap *m, double factor)
{
    for (size_t i = 0; m && m->exposure_cm2_s && i < m->n_e * m->ny * m->nx; i++)
        m->exposure_cm2_s[i] *= factor;
}

int fe_simulate_set_livetime(fe_dataset *d, double livetime_s, fe_err *err)
{
    double factor = livetime_s / d->livetime_s;

    if (!isfinite(factor) || !(factor > 0))
        return fe_fail(err, FE_EDATA, &(fe_where){ .file = d->info.file },
                       "livetime of %g s cannot be changed to %g s", d->livetime_s, livetime_s);
    for (size_t i = 0, n = d->n_etrue * d->ny * d->nx; i < n; i++)
        d->exposure_cm2_s[i] *= factor;
    scale_weights(d->psf, factor);
    scale_weights(d->edisp_map, factor);
    for (size_t j = 0, n = fe_dataset_n_bins(d); j < n; j++) {
        if (d->background)
            d->background[j] *= factor;
        if (d->n_off)
            d->n_off[j] *= factor;
    }
    d->livetime_s = livetime_s;
    return 0;
}

int fe_simulate_prepare(fe_dataset *d, double livetime_s, double alpha, const fe_response *background, double *mu_bkg,
                        fe_err *err)
{
    if (!isnan(livetime_s) && fe_simulate_set_livetime(d, livetime_s, err) < 0)
        return -1;
    if (!isnan(alpha))
        fe_simulate_set_alpha(d, alpha);
    if (background)
        fe_response_background(background, d->livetime_s, d->n_e, d->e_edge_TeV, mu_bkg);
    else
        fe_simulate_background(d, mu_bkg);
    return 0;
}

void fe_simulate_set_time(fe_dataset *d, double mjd_start)
{
    double start_s = (mjd_start - FE_MJDREF_TT) * FE_S_PER_DAY;

    fe_gti_free(d->gti);
    d->gti = fe_gti_new();
    d->gti->mjdref_i = FE_MJDREF_TT;
    d->gti->mjdref_f = 0;
    snprintf(d->gti->timesys, sizeof d->gti->timesys, "TT");
    fe_gti_add(d->gti, start_s, start_s + d->livetime_s);
    d->info.mjd_start = fe_gti_mjd_min(d->gti);
    d->info.mjd_stop = fe_gti_mjd_max(d->gti);
}

/* A bijection of 32 bits that spreads its input (the finaliser of MurmurHash3, public domain). */
static uint32_t mix(uint32_t x)
{
    x ^= x >> 16;
    x *= 0x85ebca6bu;
    x ^= x >> 13;
    x *= 0xc2b2ae35u;
    return x ^ x >> 16;
}

/* mt19937 takes 32 bits: fold the seed, add the index, so that no two indices of one seed share a stream. */
static gsl_rng *open_stream(unsigned long seed, size_t index)
{
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    uint32_t folded = mix((uint32_t)seed ^ mix((uint32_t)((uint64_t)seed >> 32)));

    gsl_rng_set(rng, mix(folded + (uint32_t)index));
    return rng;
}

static double draw(gsl_rng *rng, double mu)
{
    if (!(mu > 0))
        return 0;
    if (!rng)
        return mu;
    if (mu > MAX_POISSON)                               /* gsl_ran_poisson counts in 32 bits */
        return round(mu + gsl_ran_gaussian_ziggurat(rng, sqrt(mu)));
    return gsl_ran_poisson(rng, mu);
}

void fe_simulate_counts(fe_dataset *d, const double *npred, const double *mu_bkg, unsigned long seed, size_t index,
                        bool asimov)
{
    size_t n = fe_dataset_n_bins(d);
    gsl_rng *rng = asimov ? NULL : open_stream(seed, index);

    if (d->alpha && !d->n_off)
        d->n_off = FE_NEWN(double, n);
    if (!d->alpha && !d->background)
        d->background = FE_NEWN(double, n);
    for (size_t j = 0; j < n; j++) {
        d->counts[j] = draw(rng, npred[j] + mu_bkg[j]);
        if (!d->alpha)
            d->background[j] = mu_bkg[j];
        else
            d->n_off[j] = d->alpha[j] > 0 ? draw(rng, mu_bkg[j] / d->alpha[j]) : 0;
    }
    if (rng)
        gsl_rng_free(rng);
}

/* Counts of one source, added: in the pixels of a map, or in the channels. */
static int add_source(const fe_dataset *d, const fe_model *m, fe_arena *arena, double *npred, fe_err *err)
{
    double *part;
    fe_patch patch;

    if (d->geom) {
        if (fe_predict_source(d, m, false, &patch, err) < 0)
            return -1;
        fe_patch_add(&patch, 1, d->ny, d->nx, npred);
        fe_patch_free(&patch);
        return 0;
    }
    part = FE_ARENA_NEWN(arena, double, d->n_e);
    fe_fold_spectrum(d, m->spectrum, false, arena, part);
    for (size_t j = 0; j < d->n_e; j++)
        npred[j] += part[j];
    return 0;
}

int fe_simulate_runs(fe_dataset *d, const fe_simulation *s, int (*put)(void *ctx, fe_dataset *d, size_t k, fe_err *err),
                     void *ctx, fe_err *err)
{
    fe_arena *arena = fe_arena_new();
    size_t n = fe_dataset_n_bins(d);
    double *npred = FE_ARENA_NEWN(arena, double, n), step_s = isnan(s->step_s) ? d->livetime_s : s->step_s;
    int rc = 0;

    fe_table_free(d->runs);                             /* the runs are new ones */
    d->runs = NULL;
    for (size_t i = 0; i < s->models->n && rc == 0; i++)
        if (fe_model_applies(&s->models->model[i], d->info.name) && fe_model_is_known(&s->models->model[i], d))
            rc = add_source(d, &s->models->model[i], arena, npred, err);
    for (size_t j = 0; j < n && rc == 0; j++)
        if (!(npred[j] + s->mu_bkg[j] < MAX_COUNTS))
            rc = fe_fail(err, FE_EUSAGE, NULL, "%g counts are expected in channel %zu, at most %g can be simulated",
                         npred[j] + s->mu_bkg[j], j / (d->ny * d->nx) + 1, MAX_COUNTS);
    for (size_t k = 0; k < s->n_runs && rc == 0; k++) {
        if (!isnan(s->mjd_start))
            fe_simulate_set_time(d, s->mjd_start + (double)k * step_s / FE_S_PER_DAY);
        fe_simulate_counts(d, npred, s->mu_bkg, s->seed, s->first_index + k, s->asimov);
        rc = put(ctx, d, k, err);
    }
    fe_arena_free(arena);
    return rc;
}
