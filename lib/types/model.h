/* model.h -- a source: name, spectrum, change with time, and place; a list of them as in a models file. */
#ifndef FE_TYPES_MODEL_H
#define FE_TYPES_MODEL_H
#include <stdbool.h>
#include <stddef.h>
#include "phys/spatial.h"
#include "phys/spectrum.h"
#include "phys/temporal.h"
#include "types/dataset.h"
#include "types/skymap.h"

typedef struct fe_model {
    char *name;                     /* "" = unnamed, written as "source"                                */
    fe_spectrum *spectrum;
    fe_temporal *temporal;          /* NULL: constant; see types/temporal_gti.h                         */
    fe_spatial *spatial;            /* place and shape on the sky, or NULL                              */
    fe_skymap *map;                 /* of a template, or NULL                                           */
    bool per_sr;                    /* its spectrum is one per steradian, its spatial model the same everywhere */
    fe_strv datasets;               /* names of those it belongs to (datasets_names); n 0: all          */
    char *yaml;                     /* the component as it was read, so that nothing is lost; or NULL   */
} fe_model;

typedef struct fe_covariance {      /* of parameters in internal units (formats 9.3)                    */
    fe_strv name;                   /* [n] "crab.spectral.index", "crab.spectral.model1.index"          */
    double *value;                  /* [n][n]                                                           */
} fe_covariance;

typedef struct fe_models {
    fe_model *model;
    size_t n, cap;
    size_t n_chosen;                /* the first so many were chosen (fe_models_choose): those that are estimated; 0: all */
    fe_strv link;                   /* labels: parameters with fe_par.link = k are label k - 1          */
    fe_covariance *covariance;      /* or NULL                                                          */
    fe_model *background;           /* [n_background] types/background.h: spectrum is a factor of energy, datasets those it is for; with
                                     * map it is a cube of counts (TemplateNPredModel), else FoVBackgroundModel */
    size_t n_background, cap_background;
} fe_models;

fe_models *fe_models_new(void);
void fe_models_free(fe_models *);
fe_model *fe_models_add(fe_models *, const char *name, fe_spectrum *spectrum);     /* takes spectrum */
const fe_model *fe_models_find(const fe_models *, const char *name);
/* Keep the sources named in "A,B", in that order; -1 (FE_EUSAGE) names the one that is not there and those that are. */
int fe_models_select(fe_models *, const char *names, fe_err *err) FE_RESULT;

/* The same, but the others stay, behind those named: they are part of what is predicted.  "all" chooses all. */
int fe_models_choose(fe_models *, const char *names, fe_err *err) FE_RESULT;
size_t fe_models_n_chosen(const fe_models *);
/* Those that were not chosen, and the backgrounds, as a list of their own; NULL: there are none.  Links and covariance stay behind. */
fe_models *fe_models_take_others(fe_models *);

/* Has the dataset to do with it?  Spectra have not with what has no flux of its own, but one per steradian or a factor: that is said. */
bool fe_model_is_known(const fe_model *, const fe_dataset *);
/* -1 (FE_EUSAGE): one of the first n is a factor of a cube, and has no flux that could be estimated. */
int fe_models_check_fluxes(const fe_models *, size_t n, fe_err *err) FE_RESULT;

/* Is the source part of a dataset?  name NULL: of data that are no dataset, as all are. */
bool fe_model_applies(const fe_model *, const char *dataset_name);

/* Takes spectrum, a factor without unit; datasets and map are added to what is returned. */
fe_model *fe_models_add_background(fe_models *, const char *name, fe_spectrum *spectrum);
/* Has the spectrum a free parameter? */
bool fe_model_is_free(const fe_model *);

/* Number of the next background, from `from` on, that has something free and belongs to a dataset with a known one; n_background: none. */
size_t fe_models_free_background(const fe_models *, const fe_dataset *, size_t from);

/* Sources, and behind them backgrounds, as one list: how many, and number k. */
size_t fe_models_n_all(const fe_models *);
fe_model *fe_models_at(const fe_models *, size_t k);

/* Number of a link label, from 1; a new one is added. */
unsigned fe_models_link(fe_models *, const char *label);

/* Copies of n names and n x n values. */
fe_covariance *fe_covariance_new(const fe_strv *name, const double *value);
void fe_covariance_free(fe_covariance *);
double fe_covariance_of(const fe_covariance *, const char *a, const char *b);      /* NaN: not in it */
#endif
