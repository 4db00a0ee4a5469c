/* deabsorb.h -- fluxes as they were emitted: the absorption on the way taken out of a table of estimates. */
#ifndef FE_TYPES_DEABSORB_H
#define FE_TYPES_DEABSORB_H
#include "phys/spectrum_ebl.h"
#include "types/estimate.h"

/*
 * The reference model M of the table, which is for what arrived, becomes M / T, T the transmission at this redshift.
 * Norms stay; dnde and e2dnde are divided by T(e_ref), flux and eflux by the mean of T over the band that M / T gives, so
 * all types still convert into each other.  A table of dnde or e2dnde needs no model.  Keywords ABSORB = deabsorbed,
 * EBLMODEL, REDSHIFT.
 * -1 (FE_EDATA): deabsorbed already, or nothing to weigh the bands with.
 */
int fe_estimate_deabsorb(fe_estimate *, fe_ebl *, double redshift, fe_err *err) FE_RESULT;
#endif
