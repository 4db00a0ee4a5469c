/* fit_parts.h -- inside of the global fit, shared by fit*.c only. */
#ifndef FE_EST_FIT_PARTS_H
#define FE_EST_FIT_PARTS_H
#include "est/fit.h"
#include "phys/stat.h"

typedef struct fe_fit_target {      /* a parameter in the tree of a term                                */
    fe_par *par;
    size_t number;                  /* of the free parameter that it follows                            */
} fe_fit_target;

typedef struct fe_fit_term {        /* source = sum of terms; each is amplitude times a shape           */
    size_t source;
    double sign;                    /* -1 right of a minus                                              */
    fe_spectrum *spectrum;          /* owned copy                                                       */
    fe_par *amplitude;              /* enters as a factor and is free, or NULL                          */
    size_t amplitude_number;
    size_t n_targets;
    fe_fit_target *target;          /* [n_targets] all other free parameters in it                      */
    size_t n_shape;
    size_t *shape;                  /* [n_shape] their numbers, each once                               */
    double *reach;                  /* [n_shape] step that moves the flux by 1; 0 = not known yet       */
} fe_fit_term;

typedef struct fe_fit_axis {        /* where models are evaluated: true bins, or flux points            */
    size_t n;
    bool is_points;
    bool is_background;             /* points: middles of channels, where factors of backgrounds are evaluated; else sources are */
    double *edge_TeV;               /* bins: [n + 1]; points: [n] energies, or                          */
    double *upper_TeV;              /* points: [n] upper edges of bins whose mean is taken, or NULL     */
    bool weight_energy;             /* bins: of E dnde                                                  */
    double *vector;                 /* [n][n_vectors] of all sources together                           */
    double *by_source;              /* [n_all][n][n_vectors] where a dataset tells its sources apart    */
} fe_fit_axis;

struct fe_fit_set;

typedef struct fe_fit_stat {        /* W of a dataset as a function of its predictions                  */
    double (*value)(const struct fe_fit_set *, const double *s);
    double (*diff)(const struct fe_fit_set *, const double *s1, const double *s0);
    void (*derivs)(const struct fe_fit_set *, const double *s, double *w1, double *w2);
} fe_fit_stat;

typedef struct fe_fit_image {       /* what one source alone predicts in a dataset: linear in what its axis holds */
    size_t source;                  /* number of the model: backgrounds stand behind the sources        */
    size_t axis;
    fe_edisp *bins;                 /* rows: places on the axis; columns: bins of the dataset           */
} fe_fit_image;

typedef struct fe_fit_set {         /* one dataset, reduced                                             */
    size_t axis, n;                 /* n: bins of the statistic                                         */
    int *channel;                   /* [n] columns of the dispersion; of a map the channels of its bins */
    double *exposure_cm2_s;         /* [axis n] of a spectrum, or NULL                                  */
    fe_edisp *edisp;                /* of a spectrum, shared; NULL: a map, or points, where the prediction is the model at channel[k] */
    size_t n_images;
    fe_fit_image *image;            /* sources of a map; a background that is free                      */
    double constant;                /* -2 ln L of what no parameter changes                             */
    double *factor;                 /* [n_sources] or NULL; in images it is contained                   */
    const fe_fit_stat *stat;
    const fe_stat *kernel;          /* counts                                                           */
    fe_stat_bins bins;
    double *store;                  /* memory of bins                                                   */
    struct fe_points_data *points;  /* flux points                                                      */
    double *signal;                 /* [n] where the fit is: sources, and what the background norm adds */
    double observed;                /* about what the sources should predict in all: excess counts, sum of points */
    bool free_background;
    double background_norm;
} fe_fit_set;

struct fe_fit {
    fe_fit_options options;
    fe_models *models;              /* own copy, without places: values follow the fit                  */
    const fe_models *given;         /* what it is a copy of                                             */
    bool *is_applied;               /* [n_background] belongs to a dataset that has been added          */
    size_t n_par, n_vectors, n_pairs;
    fe_fit_par *par;                /* [n_par]                                                          */
    fe_fit_target *own;             /* [n_own] free parameters in the trees of the models               */
    size_t n_own;
    bool *is_amplitude;             /* [n_par] a factor wherever it occurs                              */
    size_t n_terms, terms_cap;
    fe_fit_term *term;
    size_t *pair;                   /* [n_par][n_par] vector of a second derivative, 0 = always 0       */
    size_t *pair_first, *pair_second;   /* [n_pairs]                                                    */
    bool *source_off;               /* [n_all]                                                          */
    size_t n_axes, axes_cap;
    fe_fit_axis *axis;
    size_t n_sets, sets_cap;
    fe_fit_set *set;
    size_t n_bins, n_empty, n_nooff, n_lowoff;
    size_t most_bins, most_channels, most_true;
    double e_min_TeV, e_max_TeV;    /* of the data                                                      */
    bool weighs_sources;            /* some dataset has factors or images                               */
    double *through, *folded, *trial, *w1, *w2;     /* room for one dataset                             */
    double *curve;                  /* [n_par][n_par] Schur and sums of one dataset                     */
    size_t *live;                   /* [n_vectors] those that are not 0                                 */
    double *best, *at;              /* [n_par] values of the best fit; where the fit is                 */
    double level;                   /* -2 ln L where the fit is, over that of the best fit              */
    double *gradient, *hessian, *metric;        /* there                                                */
    bool is_near;                   /* the Hessian is the full one                                      */
    bool is_rough;                  /* a search is far from its end: first derivatives to 1e-4 will do  */
    bool searching;
    double *low, *high, *direction;             /* [n_par] limits; what the last search could not tell  */
    bool *held, *fixed;             /* [n_par] at a limit; not searched now: no derivatives either      */
    size_t n_set_eval;
    fe_fit_result result;
};

/* ---- fit_pars.c: free parameters ------------------------------------------------------------------------------- */

int fe_fit_model_new(fe_fit *, fe_err *err) FE_RESULT;      /* those of fit->models                     */
bool fe_fit_is_linear(const char *name);                    /* is a parameter of this name a factor?    */
void fe_fit_par_remove(fe_fit *, size_t k);                 /* nobody has it any more; before wiring    */
void fe_fit_freeze_model(fe_fit *, size_t k);               /* all that is free in model k; likewise    */

/* ---- fit_model.c: sources as terms, and their derivatives ------------------------------------------------------ */

void fe_fit_model_free(fe_fit *);
void fe_fit_model_wire(fe_fit *);                           /* pairs and vectors, once links are known  */
/*
 * Vectors of an axis for parameters x: 0 the flux, 1 + k its derivative by parameter k, then the pairs.  n_use of them
 * are made: 1, 1 + n_par, or n_vectors.  only: one source or background alone, or SIZE_MAX for all sources that are not off.
 */
void fe_fit_model_vectors(fe_fit *, const fe_fit_axis *, const double *x, size_t n_use, size_t only, double *vector);

/* ---- fit_data.c: datasets -------------------------------------------------------------------------------------- */

/* The axis like this one, added when it is new; takes nothing. */
size_t fe_fit_axis_find(fe_fit *, bool is_points, bool is_background, size_t n, const double *edge_TeV, const double *upper_TeV);
fe_fit_set *fe_fit_set_new(fe_fit *, size_t axis, size_t n, const double *factor);      /* room for n bins */
void fe_fit_set_clear(fe_fit_set *);
extern const fe_fit_stat fe_fit_counts_stat;
/* Without an OFF region a bin of WStat says nothing about its background. */
bool fe_fit_has_off_region(const fe_dataset *, size_t bin);
void fe_fit_widen(fe_fit *, double e1_TeV, double e2_TeV);                      /* energies of the data */
/* The bins are made, with their backgrounds: one that a model moves becomes an image. */
void fe_fit_move_background(fe_fit *, fe_fit_set *, const fe_dataset *);

/* ---- fit_map.c ------------------------------------------------------------------------------------------------- */

int fe_fit_add_map(fe_fit *, const fe_dataset *, const double *factor, fe_err *err) FE_RESULT;

/* ---- fit_eval.c: value and derivatives ------------------------------------------------------------------------- */

void fe_fit_room(fe_fit *);                                 /* memory for the datasets there are        */
double fe_fit_change(void *fit, const double *x);           /* as fe_minimise_problem asks              */
bool fe_fit_derivs(void *fit, const double *x, bool near, double *gradient, double *hessian, double *metric);
double fe_fit_value(const fe_fit *);                        /* -2 ln L where derivs has been            */
/* First place where the prediction is not finite, or NULL: text to put in a message. */
const char *fe_fit_bad_place(fe_fit *, char *text, size_t size);

/* Excess observed and predicted at x, roughly; *per_unit[k]: predicted by parameter k alone at 1 (amplitudes). */
void fe_fit_totals(fe_fit *, const double *x, double *observed, double *predicted, double *per_unit);

/* ---- fit_search.c ---------------------------------------------------------------------------------------------- */

void fe_fit_search(fe_fit *, fe_minimum *out);              /* from fit->at over the parameters that are not fixed */
bool fe_fit_go(fe_fit *, const double *x);                  /* be at x; false: it is no place to be     */
void fe_fit_prepare(fe_fit *, fe_minimum *out);             /* amplitudes near their best for the start shapes */
bool fe_fit_found(fe_minimise_end);                         /* the value at the end is a minimum        */

/* ---- fit_points.c ---------------------------------------------------------------------------------------------- */

size_t fe_fit_points_outside(const fe_fit_set *);           /* points beyond their scan where the fit is */
void fe_fit_points_free(struct fe_points_data *);
#endif
