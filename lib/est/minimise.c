#include "est/minimise.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/*
 * -2 ln L is (distance / error)^2 near its minimum, so a promise of 1e-20 is 1e-10 of the error.  Below ROUNDING the
 * difference of two values tells no more than the derivatives do.
 */
static const double DONE = 1e-20, ROUNDING = 1e-10, GOOD_ENOUGH = 1e-14, NEAR_BELOW = 1;
static const double SINGULAR_BELOW = 1e-10;     /* eigenvalue over the largest one, in units of the metric */
static const double STANDSTILL = 1e-4;          /* fall over PATIENCE steps, of what is promised */
static const double FIRST_RADIUS = 30, LAST_RADIUS = 1e-13;     /* of a step, in units of the metric: error / sqrt(2) */

enum { PATIENCE = 15 };

typedef struct search {
    const fe_minimise_problem *problem;
    size_t n, m;                /* parameters; those that may move                                      */
    size_t *index;              /* [m] their numbers                                                    */
    double *x, *trial, *gradient, *hessian, *metric, *last;     /* [n], hessian [n][n]; last: step taken last */
    bool *moves;                /* [n]                                                                  */
    double *scaled, *vector, *value, *slope, *step;     /* [m][m] twice, [m]: the system in units of the metric */
    double radius, edm, promise;
    bool singular;
    double *direction;
} search;

/* ---- eigenvalues of a small symmetric matrix ------------------------------------------------------------------- */

/* Rotate rows and columns p, q so that a[p][q] is 0 (Golub & Van Loan 8.5: Jacobi). */
static void rotate(size_t n, double *a, double *vector, size_t p, size_t q)
{
    double theta = (a[q * n + q] - a[p * n + p]) / (2 * a[p * n + q]);
    double t = (theta >= 0 ? 1 : -1) / (fabs(theta) + sqrt(theta * theta + 1)), c = 1 / sqrt(t * t + 1), s = t * c;

    for (size_t k = 0; k < n; k++) {
        double x = a[k * n + p], y = a[k * n + q];

        a[k * n + p] = c * x - s * y;
        a[k * n + q] = s * x + c * y;
    }
    for (size_t k = 0; k < n; k++) {
        double x = a[p * n + k], y = a[q * n + k], u = vector[k * n + p], v = vector[k * n + q];

        a[p * n + k] = c * x - s * y;
        a[q * n + k] = s * x + c * y;
        vector[k * n + p] = c * u - s * v;
        vector[k * n + q] = s * u + c * v;
    }
}

/* a is destroyed; column k of vector belongs to value[k]. */
static void eigen(size_t n, double *a, double *vector, double *value)
{
    memset(vector, 0, n * n * sizeof *vector);
    for (size_t k = 0; k < n; k++)
        vector[k * n + k] = 1;
    for (int sweep = 0; sweep < 60; sweep++) {
        bool done = true;

        for (size_t p = 0; p + 1 < n; p++)
            for (size_t q = p + 1; q < n; q++)
                if (fabs(a[p * n + q]) > 1e-17 * (fabs(a[p * n + p]) + fabs(a[q * n + q]))) {
                    rotate(n, a, vector, p, q);
                    done = false;
                }
        if (done)
            break;
    }
    for (size_t k = 0; k < n; k++)
        value[k] = a[k * n + k];
}

static double largest(const double *value, size_t n)
{
    double most = 0;

    for (size_t k = 0; k < n; k++)
        most = fmax(most, fabs(value[k]));
    return most;
}

/* ---- the system of the parameters that may move ---------------------------------------------------------------- */

static double dot(const double *a, const double *b, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* At a limit and pushed against it. */
static bool pushed(const search *s, size_t i)
{
    return (s->x[i] <= s->problem->min[i] && s->gradient[i] > 0) ||
           (s->x[i] >= s->problem->max[i] && s->gradient[i] < 0);
}

static bool is_fixed(const search *s, size_t i)
{
    return s->problem->fixed && s->problem->fixed[i];
}

static void choose(search *s)
{
    s->m = 0;
    for (size_t i = 0; i < s->n; i++) {
        s->moves[i] = !is_fixed(s, i) && !pushed(s, i) && s->metric[i] > 0;
        if (s->moves[i])
            s->index[s->m++] = i;
    }
}

/* Direction in which nothing bends: as numbers of parameters, the largest 1. */
static void point_along(search *s, size_t k)
{
    double most = 0;

    memset(s->direction, 0, s->n * sizeof *s->direction);
    for (size_t u = 0; u < s->m; u++)
        if (fabs(s->vector[u * s->m + k]) > fabs(most))
            most = s->vector[u * s->m + k];
    for (size_t u = 0; u < s->m; u++)
        s->direction[s->index[u]] = s->vector[u * s->m + k] / most;
}

/* Eigenvalues and slopes along them in units of the metric; `given`: steps of parameters that have met a limit. */
static void decompose(search *s, const double *given)
{
    size_t n = s->n, m = s->m;
    double *slope = s->step;            /* free until a step is sought */

    for (size_t u = 0; u < m; u++) {
        size_t i = s->index[u];
        double g = s->gradient[i];

        for (size_t j = 0; given && j < n; j++)
            g += s->hessian[i * n + j] * given[j];
        slope[u] = g / sqrt(s->metric[i]);
        for (size_t v = 0; v < m; v++) {
            size_t j = s->index[v];

            s->scaled[u * m + v] = s->hessian[i * n + j] / sqrt(s->metric[i]) / sqrt(s->metric[j]);
        }
    }
    eigen(m, s->scaled, s->vector, s->value);
    for (size_t k = 0; k < m; k++) {
        s->slope[k] = 0;
        for (size_t u = 0; u < m; u++)
            s->slope[k] += s->vector[u * m + k] * slope[u];
    }
}

/* What a full step would bring; where nothing bends and nothing slopes there is nothing to bring. */
static void judge(search *s)
{
    double most = largest(s->value, s->m);

    s->edm = 0;
    s->singular = false;
    for (size_t k = 0; k < s->m; k++) {
        double bend = fabs(s->value[k]);

        if (s->value[k] <= SINGULAR_BELOW * most) {
            s->singular = true;
            point_along(s, k);
        }
        if (bend <= SINGULAR_BELOW * most && fabs(s->slope[k]) <= 1e-8)
            continue;
        s->edm += s->slope[k] * s->slope[k] / fmax(bend, SINGULAR_BELOW * most) / 2;
    }
    for (size_t i = 0; i < s->n; i++)
        if (!(s->metric[i] > 0) && !is_fixed(s, i)) {
            s->singular = true;
            memset(s->direction, 0, s->n * sizeof *s->direction);
            s->direction[i] = 1;
        }
}

/* ---- steps ----------------------------------------------------------------------------------------------------- */

static double length_with(const search *s, double damping)
{
    double most = largest(s->value, s->m), sum = 0;

    for (size_t k = 0; k < s->m; k++) {
        double p = s->slope[k] / (fmax(fabs(s->value[k]), SINGULAR_BELOW * most) + damping);

        if (fabs(s->value[k]) > SINGULAR_BELOW * most || fabs(s->slope[k]) > 1e-8)
            sum += p * p;
    }
    return sqrt(sum);
}

/* Step no longer than the radius along |H| + damping (saddles are left, not sought), into full[n]. */
static void seek(search *s, double *full)
{
    double low = 0, high = 1, most = largest(s->value, s->m), damping = 0;

    if (length_with(s, 0) > s->radius) {
        while (length_with(s, high) > s->radius)
            high *= 4;
        for (int k = 0; k < 60 && high - low > 1e-3 * high; k++) {
            damping = 0.5 * (low + high);
            if (length_with(s, damping) > s->radius)
                low = damping;
            else
                high = damping;
        }
        damping = high;
    }
    for (size_t u = 0; u < s->m; u++)
        s->step[u] = 0;
    for (size_t k = 0; k < s->m; k++) {
        double p = s->slope[k] / (fmax(fabs(s->value[k]), SINGULAR_BELOW * most) + damping);

        if (fabs(s->value[k]) > SINGULAR_BELOW * most || fabs(s->slope[k]) > 1e-8)
            for (size_t u = 0; u < s->m; u++)
                s->step[u] -= s->vector[u * s->m + k] * p;
    }
    for (size_t u = 0; u < s->m; u++)
        full[s->index[u]] = s->step[u] / sqrt(s->metric[s->index[u]]);
}

/* The parameter whose step leaves its limits most, as a part of the step; n: none does. */
static size_t first_beyond(const search *s, const double *full)
{
    size_t worst = s->n;
    double part = 1;

    for (size_t i = 0; i < s->n; i++) {
        double to = s->x[i] + full[i], limit = full[i] < 0 ? s->problem->min[i] : s->problem->max[i];

        if (!s->moves[i] || !((full[i] < 0 && to < limit) || (full[i] > 0 && to > limit)))
            continue;
        if (worst == s->n || (limit - s->x[i]) / full[i] < part) {
            part = (limit - s->x[i]) / full[i];
            worst = i;
        }
    }
    return worst;
}

/* A step inside the limits: parameters that would cross one go up to it, and the others are sought again. */
static void step_inside(search *s, double *full, double *given)
{
    memset(given, 0, s->n * sizeof *given);
    for (size_t turn = 0;; turn++) {
        size_t i;

        memset(full, 0, s->n * sizeof *full);
        decompose(s, given);
        seek(s, full);
        i = turn < s->n ? first_beyond(s, full) : s->n;
        if (i == s->n)
            break;
        given[i] = (full[i] < 0 ? s->problem->min[i] : s->problem->max[i]) - s->x[i];
        s->moves[i] = false;
        s->m = 0;
        for (size_t j = 0; j < s->n; j++)
            if (s->moves[j])
                s->index[s->m++] = j;
    }
    s->promise = 0;
    for (size_t i = 0; i < s->n; i++)
        full[i] += given[i];
    for (size_t i = 0; i < s->n; i++)
        s->promise -= full[i] * (s->gradient[i] + dot(s->hessian + i * s->n, full, s->n) / 2);
}

static double clamp(const search *s, size_t i, double x)
{
    double low = s->problem->min[i], high = s->problem->max[i];

    return x < low ? low : x > high ? high : x;
}

/* Radius by how much of the promise was kept; true when the step is to be taken. */
static bool weigh(search *s, double fall, double length)
{
    double kept = fall / s->promise;

    if (!isfinite(fall) || !(s->promise > 0) || kept < 0.25)
        s->radius = 0.25 * fmin(length, s->radius);
    else if (kept > 0.75 && length > 0.8 * s->radius)
        s->radius *= 3;
    return isfinite(fall) && fall > 0 && (kept > 0.01 || s->promise <= 0);
}

static double length_of(const search *s, const double *full)
{
    double sum = 0;

    for (size_t i = 0; i < s->n; i++)
        sum += full[i] * full[i] * s->metric[i];
    return sqrt(sum);
}

/* ---- the search ------------------------------------------------------------------------------------------------ */

static bool all_finite(const double *a, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(a[i]))
            return false;
    return true;
}

/* Derivatives where the search is now; false: not finite. */
static bool look(search *s, bool near, fe_minimum *out)
{
    const fe_minimise_problem *p = s->problem;

    out->n_steps++;
    if (!p->derivs(p->ctx, s->x, near, s->gradient, s->hessian, s->metric) || !all_finite(s->gradient, s->n) ||
        !all_finite(s->hessian, s->n * s->n) || !all_finite(s->metric, s->n))
        return false;
    choose(s);
    decompose(s, NULL);
    judge(s);
    return true;
}

/* Smaller and smaller steps until one falls; false: none does. */
static bool descend(search *s, double *full, double *given, fe_minimum *out)
{
    const fe_minimise_problem *p = s->problem;

    while (s->radius > LAST_RADIUS) {
        double length, fall;
        bool same = true;

        choose(s);
        step_inside(s, full, given);
        length = length_of(s, full);
        for (size_t i = 0; i < s->n; i++) {
            s->trial[i] = full[i] != 0 ? clamp(s, i, s->x[i] + full[i]) : s->x[i];
            same = same && s->trial[i] == s->x[i];
        }
        if (same)
            return false;
        fall = -p->change(p->ctx, s->trial);
        if (weigh(s, fall, length) || (isfinite(fall) && s->promise < ROUNDING && fabs(fall) < ROUNDING)) {
            out->fall += fall;
            memcpy(s->last, full, s->n * sizeof *full);
            memcpy(s->x, s->trial, s->n * sizeof *s->trial);
            return true;
        }
    }
    return false;
}

static fe_minimise_end settled(const search *s, const bool *held)
{
    if (s->singular)
        return FE_MINIMISE_SINGULAR;
    for (size_t i = 0; i < s->n; i++)
        if (held[i])
            return FE_MINIMISE_LIMIT;
    return FE_MINIMISE_CONVERGED;
}

static void mark_held(const search *s, bool *held)
{
    for (size_t i = 0; i < s->n; i++)
        held[i] = !is_fixed(s, i) && pushed(s, i);
}

static fe_minimise_end run(search *s, bool *held, double *full, double *given, fe_minimum *out)
{
    const double done = fmax(s->problem->done, DONE);
    bool near = false;
    int flat = 0;
    double before = INFINITY, fall_before = 0;

    for (int k = 0; k < s->problem->max_steps; k++) {
        if (!look(s, near, out))
            return FE_MINIMISE_NAN;
        if (!near && s->edm < NEAR_BELOW && done == DONE) {
            near = true;
            if (!look(s, near, out))
                return FE_MINIMISE_NAN;
        }
        mark_held(s, held);
        out->edm = s->edm;
        flat = s->edm < ROUNDING && !(s->edm < 0.25 * before) ? flat + 1 : 0;
        if ((near || done > DONE) && (s->edm <= done || (s->edm <= GOOD_ENOUGH && flat >= 2)))
            return settled(s, held);
        before = s->edm;
        if (k % PATIENCE == PATIENCE - 1) {
            if (out->fall - fall_before < STANDSTILL * s->edm)
                return s->edm <= ROUNDING ? settled(s, held) : FE_MINIMISE_NO_PROGRESS;
            fall_before = out->fall;
        }
        if (!descend(s, full, given, out))
            return s->edm <= ROUNDING ? settled(s, held) : FE_MINIMISE_NO_PROGRESS;
        near = s->edm < NEAR_BELOW && done == DONE;
    }
    memcpy(s->direction, s->last, s->n * sizeof *s->last);
    for (size_t i = 0; i < s->n; i++)
        s->direction[i] *= sqrt(s->metric[i]);
    return FE_MINIMISE_STEPS;
}

void fe_minimise(const fe_minimise_problem *problem, double *x, bool *held, double *direction, fe_minimum *out)
{
    size_t n = problem->n;
    double *room = FE_NEWN(double, 10 * n + 3 * n * n + 1);
    search s = { .problem = problem, .n = n, .x = x, .direction = direction, .radius = FIRST_RADIUS };

    s.index = FE_NEWN(size_t, n + 1);
    s.moves = FE_NEWN(bool, n + 1);
    s.hessian = room;
    s.scaled = s.hessian + n * n;
    s.vector = s.scaled + n * n;
    s.trial = s.vector + n * n;
    s.gradient = s.trial + n;
    s.metric = s.gradient + n;
    s.last = s.metric + n;
    s.value = s.last + n;
    s.slope = s.value + n;
    s.step = s.slope + n;
    *out = (fe_minimum){ .edm = NAN };
    memset(held, 0, n * sizeof *held);
    memset(direction, 0, n * sizeof *direction);
    out->end = run(&s, held, s.step + n, s.step + 2 * n, out);
    free(s.index);
    free(s.moves);
    free(room);
}

/* ---- covariance ------------------------------------------------------------------------------------------------ */

bool fe_minimise_covariance(size_t n, const double *hessian, const bool *left_out, double *covariance,
                            double *direction)
{
    double *room = FE_NEWN(double, 3 * n * n + 4 * n + 1);
    search s = { .n = n, .scaled = room, .vector = room + n * n, .hessian = room + 2 * n * n, .direction = direction };
    fe_minimise_problem none = { .n = n, .fixed = left_out };

    s.problem = &none;
    s.value = s.hessian + n * n;
    s.slope = s.value + n;
    s.step = s.slope + n;
    s.metric = s.step + n;
    s.index = FE_NEWN(size_t, n + 1);
    s.gradient = FE_NEWN(double, n + 1);
    memcpy(s.hessian, hessian, n * n * sizeof *hessian);
    memset(direction, 0, n * sizeof *direction);
    for (size_t i = 0; i < n; i++) {
        s.metric[i] = fabs(hessian[i * n + i]);
        if (!is_fixed(&s, i) && s.metric[i] > 0)
            s.index[s.m++] = i;
    }
    decompose(&s, NULL);
    judge(&s);
    for (size_t i = 0; i < n * n; i++)
        covariance[i] = s.singular ? NAN : 0;
    for (size_t u = 0; u < s.m && !s.singular; u++)
        for (size_t v = 0; v < s.m; v++) {
            double sum = 0;

            for (size_t k = 0; k < s.m; k++)
                sum += s.vector[u * s.m + k] * s.vector[v * s.m + k] / s.value[k];
            covariance[s.index[u] * n + s.index[v]] = 2 * sum / sqrt(s.metric[s.index[u]]) / sqrt(s.metric[s.index[v]]);
        }
    free(s.index);
    free(s.gradient);
    free(room);
    return !s.singular;
}
