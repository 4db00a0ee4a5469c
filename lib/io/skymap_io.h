/* skymap_io.h -- the maps that models name: templates of sources (types/skymap.h) and of backgrounds. */
#ifndef FE_IO_SKYMAP_IO_H
#define FE_IO_SKYMAP_IO_H
#include "types/skymap.h"

/*
 * For fe_skymap_later: the first image of a file; one plane, or planes at true energies (axis energy_true, or ENERGIES of the Fermi
 * tools).  Values are normalised, or brought to sr-1 or cm-2 s-1 TeV-1 sr-1.  Refused: other axes, NaN, values below 0, no value above.
 */
int fe_skymap_read(fe_skymap *, fe_err *err) FE_RESULT;
/* The same for cubes of counts of a background: bins of reconstructed energy (axis energy), numbers without unit. */
int fe_skymap_read_counts(fe_skymap *, fe_err *err) FE_RESULT;
#endif
