#include "est/norm.h"

#include <math.h>

#include "base/num.h"
#include "est/norm_parts.h"
#include "types/estimate.h"

fe_norm_request fe_norm_request_default(void)
{
    return (fe_norm_request){
        .n_sigma = 1, .ul_drop = fe_stat_drop_of_cl(0.95), .want_asym = true, .want_ul = true, .scan_drop = 25,
        .scan_points = 25, .sens_sigma = 5
    };
}

/* ---- what there is --------------------------------------------------------------------------------------------- */

static void sum_blocks(const fe_bins *bins, fe_norm *out)
{
    fe_sum counts = { 0, 0 }, background = { 0, 0 };

    for (size_t k = 0; k < bins->n_blocks; k++) {
        fe_sum_add(&counts, bins->block[k].counts);
        fe_sum_add(&background, bins->block[k].background);
    }
    out->counts = fe_sum_value(&counts);
    out->background = fe_sum_value(&background);
}

static bool is_empty(const fe_bins *bins)
{
    for (size_t k = 0; k < bins->n_blocks; k++)
        if (bins->block[k].n_bins || bins->block[k].n_still || bins->block[k].s_rest != 0 || bins->block[k].stat_rest != 0)
            return false;
    return true;
}

/* (counts - background) / signal from the bins: the sums of a block may be left out. */
static double first_guess(const fe_bins *bins, double signal)
{
    double excess = 0;

    for (size_t k = 0; k < bins->n_blocks; k++) {
        const fe_block *block = &bins->block[k];

        for (size_t i = 0; i < block->n_bins; i++)
            excess += block->n[i] - (block->n_off ? block->alpha[i] * block->n_off[i] : block->b ? block->b[i] : 0) -
                      (block->fixed ? block->fixed[i] : 0);
        excess -= block->stat_rest / 2;
    }
    return excess / signal;
}

/* ---- errors and limits ----------------------------------------------------------------------------------------- */

static void find_errors(fe_profile *p, const fe_norm_request *r, const fe_norm_minimum *min, fe_norm *out)
{
    double drop = r->n_sigma * r->n_sigma;
    bool converged = true;
    fe_norm_start down = { .x = min->x, .slope = min->slope_left, .d2 = min->d2, .direction = -1, .rtol = 1e-14 };
    fe_norm_start up = { .x = min->x, .slope = min->slope_right, .d2 = min->d2, .direction = 1, .rtol = 1e-14 };

    out->errn = min->x - fe_norm_find_crossing(p, &down, drop, &converged);
    out->errp = fe_norm_find_crossing(p, &up, drop, &converged) - min->x;
    if (!converged)
        out->status |= FE_STATUS_NOCONV;
    else if (isnan(out->errn))
        out->status |= FE_STATUS_EDGE;
}

static void find_limit(fe_profile *p, const fe_norm_request *r, const fe_norm_minimum *min, fe_norm *out)
{
    fe_norm_start up = { .x = min->x, .slope = min->slope_right, .d2 = min->d2, .direction = 1, .rtol = 1e-14 };
    bool converged = true;

    if (!r->ul_unbounded && min->x < 0) {
        fe_profile_point at;

        fe_profile_eval(p, 0, &at);
        up.x = 0;
        up.slope = fmax(at.d1, 0);
        up.d2 = at.d2;
    }
    out->ul = fe_norm_find_crossing(p, &up, r->ul_drop, &converged);
    if (!converged)
        out->status |= FE_STATUS_NOCONV;
    if (out->ul < 0)
        out->status |= FE_STATUS_NEGUL;
}

/* ---- the solver ------------------------------------------------------------------------------------------------ */

static void describe(fe_profile *p, const fe_norm_request *r, const fe_norm_minimum *min, fe_norm *out)
{
    out->norm = min->x;
    if (min->at_kink)
        out->status |= FE_STATUS_KINK;
    if (min->at_edge)
        out->status |= FE_STATUS_EDGE;
    if (!min->at_kink && !min->at_edge && min->d2 > 0)
        out->err = r->n_sigma * sqrt(2 / min->d2);
    out->ts = fmax(fe_profile_diff(p, 0, min->x), 0);
    out->sqrt_ts = copysign(sqrt(out->ts), min->x);
    out->stat = fe_profile_value(p, min->x);
    out->npred_excess = min->x * fe_profile_signal(p);
    out->npred = fe_profile_background(p, min->x) + out->npred_excess;
}

/* The inverse of the Hessian, in its row of the norm: cov(x, y) = var(x) dy/dx along the profile, var(x) = 2 / p''. */
static void find_covariance(fe_profile *p, size_t n_shared, const fe_norm_minimum *min, fe_arena *scratch, fe_norm *out)
{
    double *cov = FE_ARENA_NEWN(scratch, double, n_shared);

    fe_profile_follow(p, min->x, cov);
    for (size_t m = 0; m < n_shared; m++)
        cov[m] = isnan(out->err) ? NAN : cov[m] * 2 / min->d2;
    out->n_shared = n_shared;
    out->shared_cov = cov;
}

static void find_sensitivity(const fe_bins *bins, const fe_norm_request *r, fe_arena *scratch, fe_norm *out)
{
    bool converged = true;

    out->sensitivity = fe_norm_sensitivity(bins, r, scratch, &out->n_iter, &converged);
    if (!converged)
        out->status |= FE_STATUS_NOCONV;
}

void fe_norm_solve(const fe_bins *bins, const fe_norm_request *r, fe_arena *scratch, fe_norm *out)
{
    fe_profile *p = fe_profile_new(bins, scratch);
    double signal = fe_profile_signal(p);
    fe_norm_minimum min;

    *out = (fe_norm){ .norm = NAN, .err = NAN, .errn = NAN, .errp = NAN, .ul = NAN, .sensitivity = NAN, .ts = NAN,
                      .sqrt_ts = NAN, .stat = NAN, .stat_null = NAN, .npred = NAN, .npred_excess = NAN };
    sum_blocks(bins, out);
    if (is_empty(bins)) {
        out->status = FE_STATUS_EMPTY;
        return;
    }
    out->stat_null = fe_profile_value(p, 0);
    if (!(signal > 0) || !isfinite(signal)) {
        out->status = FE_STATUS_NOEXPO;
        out->n_iter = fe_profile_n_eval(p);
        return;
    }
    fe_norm_find_minimum(p, first_guess(bins, signal), &min);
    if (!min.converged) {
        out->status = FE_STATUS_NOCONV;
        out->n_iter = fe_profile_n_eval(p);
        return;
    }
    describe(p, r, &min, out);
    if (bins->n_shared)
        find_covariance(p, bins->n_shared, &min, scratch, out);
    if (r->want_asym)
        find_errors(p, r, &min, out);
    if (r->want_ul)
        find_limit(p, r, &min, out);
    if (r->want_scan)
        fe_norm_scan(p, r, &min, scratch, out);
    if (r->want_sens)
        find_sensitivity(bins, r, scratch, out);
    out->n_iter += fe_profile_n_eval(p);
}
