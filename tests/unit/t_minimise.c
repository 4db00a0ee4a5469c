/* The minimiser: closed forms, scales over many decades, limits, and every way to end. */
#include <string.h>

#include "check.h"
#include "est/minimise.h"

enum { MAX = 4 };

typedef struct function {
    size_t n;
    double at[MAX];
    double (*value)(const double *x);
    void (*derivs)(const double *x, double *g, double *h);
    double scale[MAX];          /* x = scale * argument of the function */
    int n_change;
} function;

static void unscale(const function *f, const double *x, double *to)
{
    for (size_t i = 0; i < f->n; i++)
        to[i] = x[i] / f->scale[i];
}

static double change(void *ctx, const double *x)
{
    function *f = ctx;
    double u[MAX], v[MAX];

    f->n_change++;
    unscale(f, x, u);
    unscale(f, f->at, v);
    return f->value(u) - f->value(v);
}

static bool derivs(void *ctx, const double *x, bool near, double *g, double *h, double *metric)
{
    function *f = ctx;
    double u[MAX];

    (void)near;
    memcpy(f->at, x, f->n * sizeof *x);
    unscale(f, x, u);
    f->derivs(u, g, h);
    for (size_t i = 0; i < f->n; i++) {
        g[i] /= f->scale[i];
        for (size_t j = 0; j < f->n; j++)
            h[i * f->n + j] /= f->scale[i] * f->scale[j];
        metric[i] = fabs(h[i * f->n + i]);
    }
    return true;
}

static const double none[MAX] = { NAN, NAN, NAN, NAN };

static fe_minimum minimise(function *f, double *x, const double *min, const double *max, const bool *fixed, bool *held,
                           double *direction)
{
    fe_minimise_problem p = { f->n, f, change, derivs, min, max, fixed, 200, 0 };
    fe_minimum out;

    for (size_t i = 0; i < MAX; i++)
        if (f->scale[i] == 0)
            f->scale[i] = 1;
    fe_minimise(&p, x, held, direction, &out);
    return out;
}

/* ---- functions ------------------------------------------------------------------------------------------------- */

static double rosenbrock(const double *x)
{
    double a = 1 - x[0], b = x[1] - x[0] * x[0];

    return a * a + 100 * b * b;
}

static void rosenbrock_derivs(const double *x, double *g, double *h)
{
    double b = x[1] - x[0] * x[0];

    g[0] = -2 * (1 - x[0]) - 400 * b * x[0];
    g[1] = 200 * b;
    h[0] = 2 - 400 * b + 800 * x[0] * x[0];
    h[1] = h[2] = -400 * x[0];
    h[3] = 200;
}

/* (x - 1)^2 + (y + 2)^2 + x y: minimum where 2 (x - 1) + y = 0 and 2 (y + 2) + x = 0: x = 8/3, y = -10/3 */
static double bowl(const double *x)
{
    return (x[0] - 1) * (x[0] - 1) + (x[1] + 2) * (x[1] + 2) + x[0] * x[1];
}

static void bowl_derivs(const double *x, double *g, double *h)
{
    g[0] = 2 * (x[0] - 1) + x[1];
    g[1] = 2 * (x[1] + 2) + x[0];
    h[0] = h[3] = 2;
    h[1] = h[2] = 1;
}

static double valley(const double *x)           /* only x + y matters */
{
    return (x[0] + x[1] - 3) * (x[0] + x[1] - 3);
}

static void valley_derivs(const double *x, double *g, double *h)
{
    g[0] = g[1] = 2 * (x[0] + x[1] - 3);
    h[0] = h[1] = h[2] = h[3] = 2;
}

static double saddle(const double *x)           /* minima at x = 1 and -1, a saddle at 0 */
{
    return pow(x[0] * x[0] - 1, 2) + x[1] * x[1];
}

static void saddle_derivs(const double *x, double *g, double *h)
{
    g[0] = 4 * x[0] * (x[0] * x[0] - 1);
    g[1] = 2 * x[1];
    h[0] = 12 * x[0] * x[0] - 4;
    h[1] = h[2] = 0;
    h[3] = 2;
}

static double corner(const double *x)
{
    return fabs(x[0] - 0.3) + x[0] * x[0];
}

static void corner_derivs(const double *x, double *g, double *h)
{
    g[0] = (x[0] > 0.3 ? 1 : -1) + 2 * x[0];
    h[0] = 2;
}

static double fall(const double *x)
{
    return 1 / (1 + x[0]);
}

static void fall_derivs(const double *x, double *g, double *h)
{
    g[0] = -1 / pow(1 + x[0], 2);
    h[0] = 2 / pow(1 + x[0], 3);
}

static double walled(const double *x)           /* no value left of 0 */
{
    return 2 * (x[0] - 3 * log(x[0]));
}

static void walled_derivs(const double *x, double *g, double *h)
{
    g[0] = 2 * (1 - 3 / x[0]);
    h[0] = 6 / x[0] / x[0];
}

static void no_derivs(const double *x, double *g, double *h)
{
    (void)x;
    (void)g;
    (void)h;
}

static void nan_derivs(const double *x, double *g, double *h)
{
    g[0] = h[0] = x[0] * NAN;
}

/* ---- tests ----------------------------------------------------------------------------------------------------- */

static void test_minima(void)
{
    function f = { .n = 2, .value = rosenbrock, .derivs = rosenbrock_derivs };
    double x[MAX] = { -1.2, 1 }, direction[MAX];
    bool held[MAX];
    fe_minimum m = minimise(&f, x, none, none, NULL, held, direction);

    CHECK(m.end == FE_MINIMISE_CONVERGED);
    CHECK(m.n_steps < 40);
    NEAR(x[0], 1, 1e-10);
    NEAR(x[1], 1, 1e-10);
    NEAR(m.fall, 24.2, 1e-12);                  /* value at the start */

    f = (function){ .n = 2, .value = saddle, .derivs = saddle_derivs };
    x[0] = 1e-3;
    x[1] = 5;
    m = minimise(&f, x, none, none, NULL, held, direction);
    CHECK(m.end == FE_MINIMISE_CONVERGED);
    NEAR(x[0], 1, 1e-10);

    f = (function){ .n = 1, .value = walled, .derivs = walled_derivs };
    x[0] = 1e4;                                 /* a full step goes far below 0 */
    m = minimise(&f, x, none, none, NULL, held, direction);
    CHECK(m.end == FE_MINIMISE_CONVERGED);
    NEAR(x[0], 3, 1e-10);

    f = (function){ .n = 0, .derivs = no_derivs };
    m = minimise(&f, x, none, none, NULL, held, direction);
    CHECK(m.end == FE_MINIMISE_CONVERGED);
}

/* Units change neither the way nor the digits. */
static void test_scales(void)
{
    double direction[MAX], ways[2][2];
    bool held[MAX];
    int steps[2];

    for (int k = 0; k < 2; k++) {
        function f = { .n = 2, .value = rosenbrock, .derivs = rosenbrock_derivs,
                       .scale = { k ? 1e-12 : 1, k ? 1e6 : 1 } };
        double x[MAX] = { -1.2 * f.scale[0], f.scale[1] };
        fe_minimum m = minimise(&f, x, none, none, NULL, held, direction);

        CHECK(m.end == FE_MINIMISE_CONVERGED);
        steps[k] = m.n_steps;
        ways[k][0] = x[0] / f.scale[0];
        ways[k][1] = x[1] / f.scale[1];
    }
    CHECK(steps[0] == steps[1]);
    NEAR(ways[1][0], ways[0][0], 1e-10);
    NEAR(ways[1][1], ways[0][1], 1e-10);
}

static void test_limits(void)
{
    function f = { .n = 2, .value = bowl, .derivs = bowl_derivs };
    double x[MAX] = { 0, 0 }, direction[MAX], max[MAX] = { 2, NAN, NAN, NAN }, min[MAX] = { NAN, -2.5, NAN, NAN };
    bool held[MAX], fixed[MAX] = { false, true, false, false };
    fe_minimum m = minimise(&f, x, none, none, NULL, held, direction);

    NEAR(x[0], 8.0 / 3, 1e-12);
    NEAR(x[1], -10.0 / 3, 1e-12);
    CHECK(m.end == FE_MINIMISE_CONVERGED && !held[0] && !held[1]);
    x[0] = x[1] = 0;
    m = minimise(&f, x, none, max, NULL, held, direction);
    CHECK(m.end == FE_MINIMISE_LIMIT && held[0] && !held[1]);
    NEAR(x[0], 2, 0);
    NEAR(x[1], -3, 1e-12);                      /* 2 (y + 2) + 2 = 0 */
    x[0] = x[1] = 0;
    m = minimise(&f, x, min, max, NULL, held, direction);
    CHECK(m.end == FE_MINIMISE_LIMIT && held[0] && held[1]);
    NEAR(x[0], 2, 0);
    NEAR(x[1], -2.5, 0);
    x[0] = 2;                                   /* starts at a limit that it can leave */
    x[1] = 4;
    m = minimise(&f, x, none, max, fixed, held, direction);
    CHECK(m.end == FE_MINIMISE_CONVERGED && !held[0]);
    NEAR(x[0], -1, 1e-12);                      /* 2 (x - 1) + 4 = 0 */
    NEAR(x[1], 4, 0);
}

static void test_ends(void)
{
    function f = { .n = 2, .value = valley, .derivs = valley_derivs };
    double x[MAX] = { 0, 1 }, direction[MAX];
    bool held[MAX];
    fe_minimum m = minimise(&f, x, none, none, NULL, held, direction);

    CHECK(m.end == FE_MINIMISE_SINGULAR);
    NEAR(x[0] + x[1], 3, 1e-10);
    NEAR(x[1] - x[0], 1, 1e-10);                /* nothing pushes it along the valley */
    NEAR_ABS(direction[0] + direction[1], 0, 1e-12);
    NEAR(fmax(direction[0], direction[1]), 1, 1e-12);

    f = (function){ .n = 1, .value = corner, .derivs = corner_derivs };
    x[0] = 7;
    m = minimise(&f, x, none, none, NULL, held, direction);
    CHECK(m.end == FE_MINIMISE_NO_PROGRESS);
    NEAR_ABS(x[0], 0.3, 1e-9);
    CHECK(f.n_change < 200);

    f = (function){ .n = 1, .value = fall, .derivs = fall_derivs };
    x[0] = 0;
    m = minimise(&f, x, none, none, NULL, held, direction);
    CHECK(m.end != FE_MINIMISE_CONVERGED || x[0] > 1e10);

    f = (function){ .n = 1, .value = corner, .derivs = nan_derivs };
    x[0] = 7;
    m = minimise(&f, x, none, none, NULL, held, direction);
    CHECK(m.end == FE_MINIMISE_NAN);
    NEAR(x[0], 7, 0);
}

static void test_covariance(void)
{
    /* H of (x/a)^2 + (y/b)^2 + 2 r xy/(ab), over 1 - r^2: covariance is [a^2, -r a b; -r a b, b^2] */
    double a = 3e-12, b = 50, r = 0.9, f = 2 / (1 - r * r), cov[4], direction[2];
    double h[4] = { f / a / a, f * r / a / b, f * r / a / b, f / b / b }, flat[4] = { 1, 1, 1, 1 };
    bool left_out[2] = { true, false };

    CHECK(fe_minimise_covariance(2, h, NULL, cov, direction));
    NEAR(cov[0], a * a, 1e-13);
    NEAR(cov[1], -r * a * b, 1e-13);
    NEAR(cov[2], -r * a * b, 1e-13);
    NEAR(cov[3], b * b, 1e-13);
    CHECK(fe_minimise_covariance(2, h, left_out, cov, direction));
    NEAR(cov[3], 2 / h[3], 1e-13);
    CHECK(cov[0] == 0 && cov[1] == 0);
    CHECK(!fe_minimise_covariance(2, flat, NULL, cov, direction));
    CHECK(isnan(cov[0]));
    NEAR_ABS(direction[0] + direction[1], 0, 1e-12);
}

int main(void)
{
    test_minima();
    test_scales();
    test_limits();
    test_ends();
    test_covariance();
    return check_done();
}
