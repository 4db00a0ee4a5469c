#include "est/profile.h"

#include <math.h>
#include <string.h>

#include "base/num.h"
#include "est/profile_parts.h"

fe_stat_bins fe_profile_view(const fe_block *block)
{
    return (fe_stat_bins){ .n = block->n_bins, .n_on = block->n, .b = block->b, .n_off = block->n_off, .alpha = block->alpha };
}

/* ---- making ---------------------------------------------------------------------------------------------------- */

bool fe_profile_moves(const fe_bins *bins, const fe_block *block)
{
    return block->n_local > 0 || (bins->n_shared > 0 && block->shared);
}

/* Nothing but the norm acts on the bin. */
static bool is_alone(const fe_bins *bins, const fe_block *block, size_t i)
{
    bool alone = !block->fixed || block->fixed[i] == 0;

    for (size_t m = 0; block->shared && m < bins->n_shared; m++)
        alone = alone && block->shared[m][i] == 0;
    for (size_t l = 0; l < block->n_local; l++)
        alone = alone && block->local[l][i] == 0;
    return alone;
}

/* At x = 0 a bin sits at its kink when nothing else moves it. */
static double kink_of(const fe_bins *bins, const fe_block *block)
{
    fe_stat_bins view = fe_profile_view(block);
    double sum = 0;

    for (size_t i = 0; i < block->n_bins; i++)
        sum += block->s[i] > 0 && is_alone(bins, block, i) ? block->stat->kink(&view, i) * block->s[i] : 0;
    return sum;
}

static double signal_of(const fe_block *block)
{
    fe_sum sum = { block->s_rest, 0 };

    for (size_t i = 0; i < block->n_bins; i++)
        fe_sum_add(&sum, block->s[i]);
    return fe_sum_value(&sum);
}

static void new_state(fe_profile *p, fe_profile_state *at, fe_arena *arena)
{
    at->signal = FE_ARENA_NEWN(arena, double, p->n_bins);
    at->value = FE_ARENA_NEWN(arena, double, p->n_values);
}

fe_profile *fe_profile_new(const fe_bins *bins, fe_arena *arena)
{
    fe_profile *p = FE_ARENA_NEWN(arena, fe_profile, 1);
    fe_sum signal = { 0, 0 };

    p->bins = bins;
    p->x_min = -INFINITY;
    p->n_values = bins->n_shared;
    for (size_t k = 0; k < bins->n_blocks; k++) {
        const fe_block *block = &bins->block[k];

        p->n_bins += block->n_bins;
        p->n_values += block->n_local;
        p->n_most = block->n_bins > p->n_most ? block->n_bins : p->n_most;
        p->x_min = fmax(p->x_min, block->norm_min);
        p->kink += kink_of(bins, block);
        fe_sum_add(&signal, signal_of(block));
    }
    p->signal = fe_sum_value(&signal);
    p->w1 = FE_ARENA_NEWN(arena, double, p->n_most);
    p->w2 = FE_ARENA_NEWN(arena, double, p->n_most);
    new_state(p, &p->at[0], arena);
    new_state(p, &p->at[1], arena);
    if (p->n_values)
        fe_nuisance_new(p, arena);
    return p;
}

/* ---- states ---------------------------------------------------------------------------------------------------- */

static void add_templates(double *signal, size_t n, double value, const double *template)
{
    for (size_t i = 0; i < n; i++)
        signal[i] += value * template[i];
}

void fe_profile_fill(const fe_profile *p, fe_profile_state *at)
{
    double *signal = at->signal;
    const double *local = at->value + p->bins->n_shared;

    for (size_t k = 0; k < p->bins->n_blocks; k++) {
        const fe_block *block = &p->bins->block[k];

        for (size_t i = 0; i < block->n_bins; i++)
            signal[i] = at->x * block->s[i] + (block->fixed ? block->fixed[i] : 0);
        for (size_t m = 0; block->shared && m < p->bins->n_shared; m++)
            add_templates(signal, block->n_bins, at->value[m], block->shared[m]);
        for (size_t l = 0; l < block->n_local; l++)
            add_templates(signal, block->n_bins, local[l], block->local[l]);
        signal += block->n_bins;
        local += block->n_local;
    }
}

/* The state at x, made anew unless it is one of the last two; `keep` is not given up for it. */
static fe_profile_state *state_at(fe_profile *p, double x, const fe_profile_state *keep)
{
    fe_profile_state *at = keep == &p->at[1] ? &p->at[0] : &p->at[1], *other = at == p->at ? &p->at[1] : &p->at[0];

    for (int k = 0; k < 2; k++)
        if (p->at[k].set && p->at[k].x == x)
            return &p->at[k];
    if (!at->set && other->set && p->n_values)
        memcpy(at->value, other->value, p->n_values * sizeof *at->value);
    else if (!at->set)
        fe_nuisance_start(p, at);
    at->x = x;
    at->set = at->converged = true;
    if (p->n_values)
        fe_nuisance_solve(p, at);
    else
        fe_profile_fill(p, at);
    return at;
}

void fe_profile_forget(fe_profile *p)
{
    p->at[0].set = p->at[1].set = false;
}

/* ---- evaluations ----------------------------------------------------------------------------------------------- */

static void plain_derivs(fe_profile *p, const fe_profile_state *at, double *d1, double *d2)
{
    const double *signal = at->signal;
    fe_sum slope = { 0, 0 }, bend = { 0, 0 };

    for (size_t k = 0; k < p->bins->n_blocks; k++) {
        const fe_block *block = &p->bins->block[k];
        fe_stat_bins view = fe_profile_view(block);

        block->stat->derivs(&view, signal, p->w1, p->w2);
        for (size_t i = 0; i < block->n_bins; i++) {
            fe_sum_add(&slope, block->s[i] != 0 ? p->w1[i] * block->s[i] : 0);
            fe_sum_add(&bend, block->s[i] != 0 ? p->w2[i] * block->s[i] * block->s[i] : 0);
        }
        fe_sum_add(&slope, 2 * block->s_rest);
        signal += block->n_bins;
    }
    *d1 = fe_sum_value(&slope);
    *d2 = fe_sum_value(&bend);
}

void fe_profile_eval(fe_profile *p, double x, fe_profile_point *out)
{
    const fe_profile_state *at = state_at(p, x, NULL);

    p->n_eval++;
    *out = (fe_profile_point){ .x = x, .converged = at->converged };
    if (p->n_values)
        out->converged = fe_nuisance_derivs(p, at, &out->d1, &out->d2) && at->converged;
    else
        plain_derivs(p, at, &out->d1, &out->d2);
}

void fe_profile_follow(fe_profile *p, double x, double *slope)
{
    double d1, d2;

    if (p->bins->n_shared == 0)
        return;
    fe_nuisance_derivs(p, state_at(p, x, NULL), &d1, &d2);
    for (size_t m = 0; m < p->bins->n_shared; m++)
        slope[m] = -p->follow[m];
}

double fe_nuisance_rest(const fe_bins *bins, size_t k, const double *value, size_t local)
{
    const fe_block *block = &bins->block[k];
    double sum = 0;

    for (size_t m = 0; block->shared_rest && m < bins->n_shared; m++)
        sum += value[m] * block->shared_rest[m];
    for (size_t l = 0; block->local_rest && l < block->n_local; l++)
        sum += value[local + l] * block->local_rest[l];
    return sum;
}

double fe_profile_penalty(const fe_profile *p, const fe_profile_state *at)
{
    double sum = 0;

    for (size_t m = 0; p->bins->shared_width && m < p->bins->n_shared; m++) {
        double pull = at->value[m] / p->bins->shared_width[m];

        sum += pull * pull;
    }
    return sum;
}

double fe_profile_between(const fe_profile *p, const fe_profile_state *to, const fe_profile_state *from)
{
    size_t i = 0, local = p->bins->n_shared;
    fe_sum sum = { fe_profile_penalty(p, to) - fe_profile_penalty(p, from), 0 };

    for (size_t k = 0; k < p->bins->n_blocks; k++) {
        const fe_block *block = &p->bins->block[k];
        fe_stat_bins view = fe_profile_view(block);

        fe_sum_add(&sum, block->stat->diff(&view, to->signal + i, from->signal + i));
        fe_sum_add(&sum, 2 * (to->x - from->x) * block->s_rest);
        if (p->n_values)
            fe_sum_add(&sum, 2 * (fe_nuisance_rest(p->bins, k, to->value, local) -
                                  fe_nuisance_rest(p->bins, k, from->value, local)));
        i += block->n_bins;
        local += block->n_local;
    }
    return fe_sum_value(&sum);
}

double fe_profile_diff(fe_profile *p, double x1, double x0)
{
    const fe_profile_state *from = state_at(p, x0, NULL), *to = state_at(p, x1, from);

    p->n_eval++;
    return fe_profile_between(p, to, from);
}

double fe_profile_value(fe_profile *p, double x)
{
    const fe_profile_state *at = state_at(p, x, NULL);
    size_t i = 0, local = p->bins->n_shared;
    fe_sum sum = { fe_profile_penalty(p, at), 0 };

    p->n_eval++;
    for (size_t k = 0; k < p->bins->n_blocks; k++) {
        const fe_block *block = &p->bins->block[k];
        fe_stat_bins view = fe_profile_view(block);

        fe_sum_add(&sum, block->stat->value(&view, at->signal + i));
        fe_sum_add(&sum, block->stat_rest + 2 * (x * block->s_rest + fe_nuisance_rest(p->bins, k, at->value, local)));
        fe_sum_add(&sum, block->stat_still);
        i += block->n_bins;
        local += block->n_local;
    }
    return fe_sum_value(&sum);
}

/* The expected background, other sources, and what the nuisances add: the signal that is not x s. */
double fe_profile_background(fe_profile *p, double x)
{
    const fe_profile_state *at = state_at(p, x, NULL);
    size_t first = 0, local = p->bins->n_shared;
    fe_sum sum = { 0, 0 };

    for (size_t k = 0; k < p->bins->n_blocks; k++) {
        const fe_block *block = &p->bins->block[k];
        fe_stat_bins view = fe_profile_view(block);

        block->stat->background(&view, at->signal + first, p->w1);
        for (size_t i = 0; i < block->n_bins; i++) {
            fe_sum_add(&sum, p->w1[i]);
            if (p->n_values || block->fixed)
                fe_sum_add(&sum, at->signal[first + i] - x * block->s[i]);
        }
        fe_sum_add(&sum, block->stat_rest / 2 + fe_nuisance_rest(p->bins, k, at->value, local));
        fe_sum_add(&sum, block->npred_still);
        first += block->n_bins;
        local += block->n_local;
    }
    return fe_sum_value(&sum);
}

double fe_profile_kink(const fe_profile *p)
{
    return p->kink;
}

double fe_profile_x_min(const fe_profile *p)
{
    return p->x_min;
}

double fe_profile_signal(const fe_profile *p)
{
    return p->signal;
}

int fe_profile_n_eval(const fe_profile *p)
{
    return p->n_eval;
}
