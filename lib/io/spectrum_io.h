/* spectrum_io.h -- spectra whose values stand in a file: templates, tables of absorption. */
#ifndef FE_IO_SPECTRUM_IO_H
#define FE_IO_SPECTRUM_IO_H
#include "phys/spectrum.h"

/*
 * Give a leaf what a file holds; for fe_spectrum_parse_files.
 *
 * ebl-norm: see io/ebl_io.  template: a table of any format whose first column in a unit of energy and first in a unit
 * of dnde are taken; or lines of two or more bare numbers, which are MeV and cm-2 s-1 MeV-1 as in files of Fermi-LAT
 * (isotropic spectra, file functions) and ctools.  That is said, as is "per steradian".
 */
fe_spectrum_reader fe_spectrum_read_file;
#endif
