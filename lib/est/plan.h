/* plan.h -- which dataset goes into which group, and the only estimator loop for tables.
 *
 * A plan has *sets* of datasets (all; one per run, night, phase, value of a column: rows of fe_groupings) and energy
 * bands; a group is set x source x band, its number (set * n_sources + source) * n_bands + band.  A dataset is opened
 * once, in order, reduced to the blocks of its groups and freed; a group is solved and put to the sink when its last
 * dataset has gone by, and its memory is given back.
 */
#ifndef FE_EST_PLAN_H
#define FE_EST_PLAN_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/arena.h"
#include "base/expr.h"
#include "est/fold.h"
#include "est/norm.h"
#include "est/refit.h"
#include "est/timegroups.h"
#include "phys/energy.h"
#include "types/estimate.h"
#include "types/feed.h"
#include "types/model.h"
#include "types/timed.h"

typedef struct fe_set_bin {         /* what few sets have                                               */
    double min, max;                /* where values are binned: the bin; NaN = they are not             */
    const char *inner;              /* of two columns that were crossed the value of the other one, or NULL */
    double inner_min, inner_max;    /* and its bin                                                      */
    double phase_min, phase_max;    /* NaN = no phase key                                               */
} fe_set_bin;

typedef struct fe_set {             /* datasets that are estimated together; small: there may be one for each of them */
    const char *label;              /* value of the group column ("23523", "0..20"), or NULL            */
    const char *run;                /* name of the only dataset, of "interval"; or NULL                 */
    const fe_set_bin *bin;          /* never NULL                                                       */
    double time_min, time_max;      /* MJD TT; NaN = no time key                                        */
    uint32_t n;
    unsigned status;                /* flags of all its rows                                            */
    size_t *member;                 /* [n] indices into the feed, ascending                             */
} fe_set;

typedef struct fe_plan_infos {      /* what n datasets say of themselves, as far as a grouping has to know */
    size_t n;
    const char **name;              /* NULL: it could not be read                                       */
    fe_timed *timed;
    fe_dataset_info *all;           /* with keywords, where they are needed; else NULL                  */
} fe_plan_infos;

typedef struct fe_timecut {         /* how datasets are cut by time or phase                            */
    fe_timebins bins;
    double origin_mjd;              /* of bins of fixed length; NaN: the first start                    */
    double night_gap_d;             /* datasets less than this apart belong to one night                */
    fe_assign assign;
    double period_d, t0_mjd;        /* of phases                                                        */
    fe_phasebins phase;             /* n 0: by time                                                     */
} fe_timecut;

struct fe_plan;

typedef struct fe_grouping {        /* one row: a way to cut datasets into sets                         */
    const char *name;               /* "all", "run", ...; also the column that holds the labels         */
    const char *help;
    bool needs_info;                /* make gets names and times of every dataset; otherwise their number only */
    bool needs_meta;                /* ... and keywords                                                 */
    bool is_time;                   /* sets have times; one without is NOTIME                           */
    int (*make)(const fe_plan_infos *, const char *arg, struct fe_plan *plan, fe_err *err);
} fe_grouping;
extern const fe_grouping fe_groupings[];        /* ends with name NULL */

typedef struct fe_plan {
    size_t n_sets, cap_sets;
    fe_set *set;
    fe_arena *arena;                /* of what sets point to                                            */
    fe_edges edges;                 /* LIST: asked edges; ALL: the data's own                           */
    bool exact_edges;               /* refuse edges that are not data edges (1e-6)                      */
    bool skip_bad;                  /* making and adapting: go on where a dataset cannot be read        */
    const fe_expr *where;           /* making: only datasets for which it holds, by their keywords; or NULL; borrowed */
    const fe_timecut *cut;          /* making by time or phase; borrowed                                */
    double time_min, time_max;      /* making: only datasets that lie inside, MJD TT; both 0: all       */
    const fe_grouping *grouping;    /* what it was made by; NULL before                                 */
    size_t n_unread;                /* skip_bad: datasets of which nothing could be read when it was made */
    char *column;                   /* name of the column with the labels, where it is not the grouping's; or NULL */
    char *inner_column;             /* of two that were crossed, the other one; or NULL                 */
} fe_plan;

typedef struct fe_plan_request {    /* how every group is estimated                                     */
    fe_norm_request norm;
    fe_method method;
    bool stack;                     /* add the datasets of a set before folding                         */
    double group_off;               /* merge channels until n_off >= this; 0 = no                       */
    bool gammapy_grid;              /* --compat gammapy                                                 */
    bool skip_bad;
    bool multi_instrument;          /* datasets of a set may be of several telescopes                   */
    bool abs_ref, turned;           /* the absolute value of a negative reference is asked for; and one was negative */
    fe_refit refit;
    double bkg_syst;                /* relative width of a Gaussian on the background of a group; 0 = none */
    int n_threads;
} fe_plan_request;

typedef struct fe_group_result {    /* one row of the table                                             */
    size_t set, source, band, n_bands;
    double e_min_TeV, e_max_TeV, e_ref_TeV;             /* used                                         */
    double e_min_asked_TeV, e_max_asked_TeV, e_min_eff_TeV, e_max_eff_TeV;
    double exposure_cm2_s, livetime_s;
    fe_norm norm;
    const fe_plan *plan;                                /* what it is a result of                       */
    const fe_model *model;
    const fe_models *sources;
    const fe_plan_request *request;
} fe_group_result;

typedef struct fe_sink {            /* where est puts results, in any order                             */
    void *ctx;
    bool (*has)(void *ctx, size_t group);               /* resume; NULL = never                         */
    int (*put)(void *ctx, size_t group, const fe_group_result *, fe_err *err);
    void (*see)(void *ctx, size_t i, const fe_dataset *);  /* dataset i of the feed, that takes part, once; NULL = no matter */
} fe_sink;

typedef struct fe_plan_work {       /* what was done; tests assert on it                                */
    size_t n_opened, n_groups;
    size_t n_bins;                  /* bins of groups that each evaluation looks at                     */
    long n_eval;                    /* evaluations of profiles                                          */
    size_t bytes_peak;              /* most that was held at once for groups, in arenas                 */
} fe_plan_work;

/* "column": arg is COLUMN or COLUMN:EDGES; groupings by time and phase go by plan->cut. */
int fe_plan_make(fe_plan *, const char *grouping, const char *arg, const fe_feed *, fe_err *err) FE_RESULT;
/* With a grouping that is in no table. */
int fe_plan_make_by(fe_plan *, const fe_grouping *, const char *arg, const fe_feed *, fe_err *err) FE_RESULT;
/* Keys multiply: each set of a plan that is made is cut by another grouping; sets by the value of that, then as they were. */
int fe_plan_cross(fe_plan *, const char *grouping, const char *arg, const fe_feed *, fe_err *err) FE_RESULT;
void fe_plan_free(fe_plan *);
/*
 * The chosen sources have groups; the others are part of what is predicted, as they are or refitted (request->refit).  A
 * temporal model multiplies the prediction of its source in each dataset.
 */
int fe_plan_run(const fe_plan *, const fe_feed *, const fe_models *sources, const fe_plan_request *, const fe_sink *,
                fe_plan_work *work, fe_err *err) FE_RESULT;

/*
 * Bands from the data, from the highest energy down until the threshold is reached (MIN_SIG, MIN_COUNTS): edges become a LIST; other
 * kinds stay as they are.  Spectra are summed.  In maps the threshold is for each of the chosen sources, fitted as the request says,
 * and counts are those of all pixels; sources NULL: maps are refused.
 */
int fe_plan_adapt_edges(fe_plan *, const fe_feed *, const fe_models *sources, const fe_plan_request *, fe_err *err) FE_RESULT;

/*
 * Time bins from the data, datasets taken in the order of their times until the significance or counts of their sum in the
 * bands of the plan are reached (MIN_SIG, MIN_COUNTS; what is left over joins its neighbour): cut->bins becomes a LIST.  Other
 * kinds stay as they are.
 */
int fe_plan_adapt_times(const fe_plan *, fe_timecut *cut, const fe_feed *, fe_err *err) FE_RESULT;

/* The groups and their datasets, a line each, with tabs: set, e_min and e_max in TeV as asked, dataset, file. */
int fe_plan_print(const fe_plan *, const fe_feed *, fe_str *out, fe_err *err) FE_RESULT;

/*
 * A sink that fills an estimate: row = group (keys, labels, norm family, quantities, refs, scans; what was not asked
 * for is absent), and the good time intervals of the datasets.  The estimate must outlive it.
 */
fe_sink fe_estimate_sink(fe_estimate *, const fe_plan *, const fe_models *sources);
/* What it does with a group: row `row`, which is there, is filled. */
void fe_estimate_put(fe_estimate *, size_t row, const fe_group_result *);
#endif
