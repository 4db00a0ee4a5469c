/* minimise.h -- the minimum of a -2 ln L in a few parameters: Newton steps in a trust region, limits by an active set.
 *
 * Everything is done in units of the parameters' own curvature, so a parameter of 1e-12 and one of 1e3 cost the same
 * steps and give the same digits.  The function is only ever asked for differences, which the caller forms without
 * cancellation, so the answer is good to 1e-10 of its error.  It always ends, and says why.
 */
#ifndef FE_EST_MINIMISE_H
#define FE_EST_MINIMISE_H
#include <stdbool.h>
#include <stddef.h>

typedef enum fe_minimise_end {
    FE_MINIMISE_CONVERGED,
    FE_MINIMISE_LIMIT,          /* converged with parameters at a limit (held)                          */
    FE_MINIMISE_SINGULAR,       /* no further fall, but along `direction` the function does not bend    */
    FE_MINIMISE_NO_PROGRESS,    /* derivatives promise a fall that is not there: a kink, or a wall      */
    FE_MINIMISE_NAN,            /* value or derivatives are not finite where the steps began            */
    FE_MINIMISE_STEPS           /* too many steps: there may be no minimum                              */
} fe_minimise_end;

typedef struct fe_minimise_problem {
    size_t n;
    void *ctx;
    /* f(x) - f(the point derivs was called for last); not finite: x is no place to be */
    double (*change)(void *ctx, const double *x);
    /*
     * Go to x; gradient[n] and hessian[n][n] there.  near false: a positive approximation is enough (Gauss-Newton).
     * metric[n]: positive curvature along each parameter, for its scale; 0 = it moves nothing.  false: not finite.
     */
    bool (*derivs)(void *ctx, const double *x, bool near, double *gradient, double *hessian, double *metric);
    const double *min, *max;    /* [n], NaN = none                                                      */
    const bool *fixed;          /* [n] or NULL: parameters that stay where they are                     */
    int max_steps;
    double done;                /* promised fall at which it ends; 0 = 1e-20, which is 1e-10 of the error    */
} fe_minimise_problem;

typedef struct fe_minimum {
    fe_minimise_end end;
    int n_steps;                /* calls of derivs                                                      */
    double fall;                /* f(start) - f(x), summed over the steps                               */
    double edm;                 /* fall that the last derivatives still promise                         */
} fe_minimum;

/* x[n]: start and answer.  held[n]: at a limit that it would cross.  direction[n]: in units of the metric, most 1. */
void fe_minimise(const fe_minimise_problem *, double *x, bool *held, double *direction, fe_minimum *out);

/*
 * covariance[n][n] = 2 H^-1 of -2 ln L over the parameters that are not left out (their rows are 0).  false: the
 * Hessian is singular or not positive; direction[n] then holds its weakest direction as above, and covariance is NaN.
 */
bool fe_minimise_covariance(size_t n, const double *hessian, const bool *left_out, double *covariance,
                            double *direction);
#endif
