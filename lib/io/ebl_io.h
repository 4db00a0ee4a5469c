/* ebl_io.h -- tables of the transmission through the extragalactic background light (formats 13).
 *
 * XSPEC table models (HDUs ENERGIES in keV, SPECTRA with one row per redshift), or any other table with columns
 * redshift, energy (with a unit) and transmission or tau, every redshift with the same energies.
 */
#ifndef FE_IO_EBL_IO_H
#define FE_IO_EBL_IO_H
#include "base/err.h"
#include "phys/spectrum_ebl.h"

/* A file, or the name of one in $GAMMAPY_DATA/ebl ("dominguez", "franceschini" ...); *out is the caller's. */
int fe_ebl_read(const char *file, fe_ebl **out, fe_err *err) FE_RESULT;

/* Say so when a redshift lies outside the table, where it is extrapolated. */
void fe_ebl_warn_outside(const fe_ebl *, double redshift);

/* --tau FILE and --redshift Z (NaN: not given), which belong together; *out is NULL without them. */
int fe_ebl_typed(const char *file, double redshift, fe_ebl **out, fe_err *err) FE_RESULT;
#endif
