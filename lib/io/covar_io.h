/* covar_io.h -- the covariance between the rows of a flux table, as a table of its own beside it.
 *
 * COVAR: row i holds `row`, the number of a row of the flux table from 1 (its cells counted through where energies stand
 * in cells), and `norm_covar`, the covariances of its norm with those of all rows.  In norms one matrix serves every SED type.
 */
#ifndef FE_IO_COVAR_IO_H
#define FE_IO_COVAR_IO_H
#include "types/estimate.h"

#define FE_COVAR_TABLE "COVAR"

/* order[i]: row of the estimate that is written as i-th.  NULL without a matrix. */
fe_table *fe_covar_to_table(const fe_estimate *, const size_t *order);
/* One that is not of this many rows is not used, with a warning. */
void fe_covar_of_table(const fe_table *, fe_estimate *);
bool fe_covar_same(const fe_estimate *, const fe_estimate *was);
#endif
