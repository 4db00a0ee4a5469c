/* variability.h -- does a light curve vary, how much, how fast, and where?
 *
 * Numbers from values and errors (1 sigma), and from likelihood scans, which know what an error does not: few counts, limits.
 * Sources: Vaughan et al. 2003, MNRAS 345, 1271 (Fvar and its error, equation B2); Edelson et al. 2002, ApJ 568, 610 (Fpp);
 * Scargle et al. 2013, ApJ 764, 167 (Bayesian blocks); algorithms 19.
 */
#ifndef FE_EST_VARIABILITY_H
#define FE_EST_VARIABILITY_H
#include <stdbool.h>
#include <stddef.h>
#include "est/scan.h"

typedef struct fe_curve {           /* one energy band, ascending times; arrays borrowed                */
    size_t n;
    const double *t_mjd;            /* [n] middle of the bin                                            */
    const double *value, *err;      /* [n] flux in any unit; rows that are not finite, or without error, are skipped */
} fe_curve;

typedef struct fe_time_scale { double s, err_s, mjd; } fe_time_scale;      /* mjd: the first of the two points; all NaN: none */

typedef struct fe_variability {     /* NaN: not defined                                                 */
    size_t n;                       /* rows used; degrees of freedom of chi2: n - 1                     */
    double mean, mean_err;          /* weighted by 1/err^2                                              */
    double chi2, p_value;           /* of a constant: sum ((F - mean) / err)^2                          */
    double nxs, nxs_err;            /* normalised excess variance (S^2 - <err^2>) / <F>^2               */
    double fvar, fvar_err;          /* its root; negative where the excess variance is                  */
    double fpp, fpp_err;            /* the same between neighbours                                      */
    fe_time_scale doubling, halving;    /* fastest rise and fall between neighbours                     */
} fe_variability;

/*
 * Fpp: half the mean square of the steps less the errors, so that white noise gives Fpp = Fvar.  gammapy has no half (and no sign):
 * as_gammapy does as it does.
 */
fe_variability fe_variability_measure(const fe_curve *, bool as_gammapy);

/* Structure function: for each distinct lag (to 1e-5 d) the mean of (F_i - F_j)^2 with weights (F_i F_j) / (err_i err_j). */
typedef struct fe_structure { size_t n; double *lag_d, *value; } fe_structure;     /* [n] owned         */
fe_structure fe_variability_structure(const fe_curve *);
void fe_structure_free(fe_structure *);

/* ---- from scans --------------------------------------------------------------------------------------------------- */

typedef struct fe_curve_scans {     /* arrays borrowed; scans that are NULL, flat or without minimum are skipped */
    size_t n;
    fe_scan *const *scan;           /* [n]                                                              */
    const double *ref;              /* [n] flux of norm 1                                               */
} fe_curve_scans;

typedef struct fe_tsvar {
    size_t n;                       /* scans used; degrees of freedom: n - 1                            */
    double ts, p_value;
    double flux;                    /* the common constant                                              */
    size_t n_beyond;                /* scans that end before it: there the root of the rise goes on as a straight line */
} fe_tsvar;

/* TSvar = sum over bins of 2 ln L(best of the bin) - 2 ln L(common constant), at the best constant. */
fe_tsvar fe_variability_tsvar(const fe_curve_scans *);

/* ---- Bayesian blocks ---------------------------------------------------------------------------------------------- */

/*
 * The partition into constant pieces of the best fitness: the log likelihood of the rows, less a prior for each block,
 * 4 - ln(73.53 p0 N^-0.478), with p0 the chance of a false change point.  first[0 .. blocks - 1] are the rows where blocks begin;
 * room for n.  Returns the number of blocks; rows that are skipped belong to the block around them.
 */
size_t fe_blocks_of_values(const fe_curve *, double p0, size_t *first);
size_t fe_blocks_of_scans(const fe_curve_scans *, double p0, size_t *first);       /* for up to some hundred rows */
/* Edges as astropy gives them: the first point, half way between the points beside a change, the last point. [n_blocks + 1] */
void fe_blocks_edges(const fe_curve *, size_t n_blocks, const size_t *first, double *edge_mjd);
#endif
