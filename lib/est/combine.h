/* combine.h -- several tables into one: rows side by side, or their likelihoods added through the stored scans. */
#ifndef FE_EST_COMBINE_H
#define FE_EST_COMBINE_H
#include <stdbool.h>
#include "types/estimate.h"
#include "types/scanlist.h"

/*
 * Rows of all parts below each other, in the type of the first one; `tag` (or NULL) names a column that tells them apart, filled
 * with tags[part].  Parts are converted where needed.  Levels, time scale or columns that do not agree are an error that names them;
 * reference models that differ leave the table without one: the ref_* columns say what norm 1 is.
 */
int fe_combine_append(size_t n, fe_estimate *const *parts, const char *tag, const char *const *tags, fe_estimate **out,
                      fe_err *err) FE_RESULT;

/*
 * Rows with the same keys (source, band, time ...) become one, whose -2 ln L is the sum of their scans: independent data of the
 * same flux.  Norms are brought to the reference of the first such row; reference models may differ in amplitude, not in shape.
 * Errors and limits are at the levels of the first part.  Counts, exposure, livetime are summed.  A row that not all parts have is
 * PARTIAL; one without common range of its scans is NaN with SCANOPEN.  approx: a row without a scan takes part by its norm and errors
 * (est/combine_parts.h), and the sum is APPROX.
 */
int fe_combine_likelihood(size_t n, fe_estimate *const *parts, bool approx, fe_estimate **out, fe_err *err) FE_RESULT;

/*
 * The same of images: rows of one number are one pixel, in all parts (as many rows in each).  Their scans are those of `band` in
 * scans[n]; the scans of sums of scans are added to out_scans.
 */
int fe_combine_pixels(size_t n, fe_estimate *const *parts, const fe_scanlist *scans, size_t band, bool approx, fe_scanlist *out_scans,
                      fe_estimate **out, fe_err *err) FE_RESULT;

/*
 * Bands of one table joined into those between the edges [n_edges], ascending, in the same way: one norm of the reference model for
 * all of them.  Each band lies within one new band, or outside all of them (left out).
 */
int fe_combine_rebin(fe_estimate *, size_t n_edges, const double *edge_TeV, bool approx, fe_estimate **out, fe_err *err) FE_RESULT;
#endif
