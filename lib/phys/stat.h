/* stat.h -- fit statistics: one row each, kernels over arrays of bins.
 *
 * All statistics are -2 ln L with data-only constants as in the table of algorithms 2 (WStat is 0 for a perfect
 * description).  Everything is a function of the predicted signal s_i of each bin, so norm solver and global fit share
 * one derivative.  Sums run in a fixed order with compensated summation; the product path uses only + - x / sqrt and a log of
 * our own (phys/stat_log.h), so the bits do not depend on the machine's instruction set.
 */
#ifndef FE_PHYS_STAT_H
#define FE_PHYS_STAT_H
#include <stddef.h>

typedef struct fe_stat_bins {       /* arrays borrowed                                                  */
    size_t n;
    const double *n_on;             /* [n] counts (need not be integers: Asimov sets)                   */
    const double *b;                /* [n] known background (Cash), or NULL                             */
    const double *n_off, *alpha;    /* [n] WStat, or NULL; alpha > 0                                    */
} fe_stat_bins;

typedef struct fe_stat {
    const char *name;               /* "cash", "wstat"                                                  */
    /* sum of W_i(s_i) */
    double (*value)(const fe_stat_bins *, const double *s);
    /* sum of W_i(s1_i) - W_i(s0_i), without cancellation of the large common part */
    double (*diff)(const fe_stat_bins *, const double *s1, const double *s0);
    /* w1[i] = dW_i/ds_i, w2[i] = d2W_i/ds_i^2 at s_i; at the kink of WStat (n_on = n_off = 0, s = 0): right side */
    void (*derivs)(const fe_stat_bins *, const double *s, double *w1, double *w2);
    /* expected background in the ON region given s: b (Cash) or alpha mu_b(s) (WStat, profiled) */
    void (*background)(const fe_stat_bins *, const double *s, double *mu);
    /* jump of W_i' at s_i = 0 (right minus left), 0 where smooth: 2 (1 + 1/alpha) for n_on = n_off = 0 in WStat */
    double (*kink)(const fe_stat_bins *, size_t i);
    /* smallest s_i for which W_i is finite or meaningful: -b_i (Cash); -infinity for WStat */
    double (*s_min)(const fe_stat_bins *, size_t i);
} fe_stat;

extern const fe_stat fe_stat_cash, fe_stat_wstat;
extern const fe_stat *const fe_stats[];             /* NULL-terminated */

/* Single bins, for tests, counts statistics and pages.  Conventions of algorithms 2. */
double fe_cash(double n, double mu);
double fe_cstat(double n, double mu);
double fe_wstat(double n_on, double n_off, double alpha, double s);
double fe_wstat_mu_bkg(double n_on, double n_off, double alpha, double s);      /* in the OFF region */

/* -2 ln L drop of a one-sided limit at probability cl: 0.95 -> 2.7055 (the chi2_1 quantile at 2 cl - 1). */
double fe_stat_drop_of_cl(double cl);
double fe_stat_cl_of_drop(double drop);             /* one-sided probability                            */
#endif
