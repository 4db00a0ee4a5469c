/* typed.h -- what common options name that takes files to resolve: reference models, energy edges from a list. */
#ifndef FE_IO_TYPED_H
#define FE_IO_TYPED_H
#include "base/opt.h"
#include "phys/energy.h"
#include "types/model.h"

/*
 * The sources of -m that -s names; without -s the only one (several: FE_EUSAGE, naming them).  Without -m `fallback`
 * is the model, which is said; NULL: *out is NULL.
 */
int fe_models_typed(const fe_common *args, const char *fallback, fe_models **out, fe_err *err) FE_RESULT;

/* The same for maps: with what fe_models_read_sky adds. */
int fe_sky_models_typed(const fe_common *args, const char *fallback, fe_models **out, fe_err *err) FE_RESULT;

/* The same with --index G, which is short for -m pl:index=G and excludes it. */
int fe_models_index_typed(const fe_common *args, const char *index, fe_models **out, fe_err *err) FE_RESULT;

/* The same for maps, but the sources that -s does not name stay: the first ones are those chosen (fe_models_choose), which have fluxes. */
int fe_sources_typed(const fe_common *args, const char *fallback, fe_models **out, fe_err *err) FE_RESULT;

/* -e, with "@FILE" replaced by the items of that file: "0.3TeV" ..., or numbers with one unit at the end. */
int fe_edges_typed(const fe_common *args, fe_edges *edges, fe_err *err) FE_RESULT;
#endif
