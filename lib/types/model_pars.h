/* model_pars.h -- all spectral parameters of sources and backgrounds, by the names that users and covariances give them. */
#ifndef FE_TYPES_MODEL_PARS_H
#define FE_TYPES_MODEL_PARS_H
#include <stdbool.h>
#include "types/model.h"

typedef struct fe_model_par {
    size_t source;                  /* number of the model (fe_models_at): backgrounds stand behind the sources */
    const char *source_name;        /* "source" where it has none; borrowed                             */
    char *name;                     /* "crab.spectral.model1.index"                                     */
    fe_par *par;                    /* borrowed                                                         */
    const fe_par_spec *spec;
    size_t number;                  /* among the free ones, linked ones once (fe_models_free_names); SIZE_MAX: frozen */
} fe_model_par;

typedef struct fe_model_pars {
    fe_model_par *par;              /* in the order of sources and parameters                           */
    size_t n, cap;
} fe_model_pars;

/* The list of models must outlive it, and keep its parameters. */
void fe_model_pars_list(const fe_models *, fe_model_pars *out);
void fe_model_pars_free(fe_model_pars *);

/* Names of the free parameters as in covariances, linked ones once: in the order of sources and parameters. */
void fe_models_free_names(const fe_models *, fe_strv *out);

/* Part of the name that tells it from others of its source: "index", "model1.index". */
const char *fe_model_par_short(const fe_model_par *);
/* Is it meant by "index", "crab.index", "crab.model1.index" or "crab.spectral.model1.index"? */
bool fe_model_par_is(const fe_model_par *, const char *typed);
/* -1 (FE_EUSAGE): `typed`, a value of --`option`, names no parameter; the error names those there are. */
int fe_model_pars_check(const fe_model_pars *, const char *option, const char *typed, fe_err *err) FE_RESULT;

/*
 * What a fit may move.  free: words with commas, "as-in-model", "none", "norms" (amplitudes of all sources and backgrounds), "all"
 * (what the class of a model leaves free) or names of parameters; only those named are free then.  fix: names that are frozen after
 * that, also of spatial parameters ("lon_0", "crab.lon_0", "crab.spatial.lon_0"; "spatial": all), or NULL.  Spatial parameters stay as they are
 * with "as-in-model" and are frozen else: no fit moves them.  Linked parameters go together.  Errors of earlier fits are gone.
 */
int fe_models_set_free(fe_models *, const char *free, const char *fix, fe_err *err) FE_RESULT;
#endif
