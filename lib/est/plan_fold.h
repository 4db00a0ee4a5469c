/* plan_fold.h -- what all sources predict in a dataset: for each estimated source its own counts, and what is beside it. */
#ifndef FE_EST_PLAN_FOLD_H
#define FE_EST_PLAN_FOLD_H
#include "est/plan.h"
#include "est/plan_bands.h"

typedef struct fe_plan_fold {
    const fe_models *sources;
    const fe_plan_request *request;
    size_t n_chosen;                /* sources that are estimated                                       */
    size_t n_etrue;                 /* true axis that came last, and integrals of the sources over it   */
    double *edge_TeV, *flux;        /* [n_etrue + 1], [n_sources][n_etrue]                              */
    size_t *n_shared;               /* [n_chosen] nuisances of the groups of a source                   */
    double *width;                  /* [n_chosen][n_sources + 1] and what holds them                    */
    const double **shared;          /* [n_chosen][n_sources] for beside                                 */
    fe_fold_beside *beside;         /* [n_chosen] of the dataset that was folded last                   */
    double *npred;                  /* [n_sources][n_e] of it, in the arena                             */
    bool *applies;                  /* [n_sources] is the source part of it?                            */
    size_t *n_applied;              /* [n_sources] datasets of which it was                             */
} fe_plan_fold;

void fe_plan_fold_start(fe_plan_fold *, const fe_models *, const fe_plan_request *);
void fe_plan_fold_free(fe_plan_fold *);
/* Of sources that belong to datasets by name, none of which came by. */
void fe_plan_fold_warn(const fe_plan_fold *);
/* Predictions of the dataset, until the arena is cleared; bands: where references must not be negative. */
int fe_plan_fold_dataset(fe_plan_fold *, const fe_dataset *, const fe_bands *, fe_arena *, fe_err *err) FE_RESULT;
/* Fails where a free norm of the background, as `option` asks for, has no meaning. */
int fe_free_bkg_check(const fe_dataset *, const char *option, fe_err *err) FE_RESULT;
/* Fails when a source changes with time: a stack of datasets has no factor for it. */
int fe_plan_fold_check_stack(const fe_plan_fold *, const fe_dataset *, fe_err *err) FE_RESULT;
#endif
