/* fluxmaps_run.h -- what fe-convert and fe-combine do with files of flux maps: band by band, from one file into another. */
#ifndef FE_TOOLS_FLUXMAPS_RUN_H
#define FE_TOOLS_FLUXMAPS_RUN_H
#include "io/format.h"
#include "types/estimate.h"

/*
 * The maps as --to, --unit and `change` (may be NULL; it sees the rows of one band) ask for; a format other than FITS gets a table, a row
 * for each pixel that has a value.
 */
int fluxmaps_convert(const fe_bytes *, const fe_format *, const char *output, int (*change)(fe_estimate *, fe_err *), fe_err *err) FE_RESULT;

/* The bands of several files, in the order of their energies, each of which begins where the one before ends. */
int fluxmaps_append(size_t n, const fe_bytes *, const char *output, fe_err *err) FE_RESULT;

/* The same pixels and bands of several files become one by their likelihoods (est/combine.h), band by band. */
int fluxmaps_combine(size_t n, const fe_bytes *, bool approx, const char *output, fe_err *err) FE_RESULT;
#endif
