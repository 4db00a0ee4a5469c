/* plan_adapt.h -- inside of energy bands from the data, shared by plan_adapt*.c only. */
#ifndef FE_EST_PLAN_ADAPT_H
#define FE_EST_PLAN_ADAPT_H
#include "est/plan.h"

typedef struct fe_adapt {           /* what the threshold is compared with                              */
    size_t n_e;
    const double *e_edge_TeV;       /* [n_e + 1]                                                        */
    size_t lo, hi;                  /* channels [lo, hi): those outside are masked                      */
    bool of_significance;           /* else of counts                                                   */
    void *ctx;
    double (*measured)(const struct fe_adapt *, size_t first, size_t last);      /* of channels [first, last) */
} fe_adapt;

/* The edges of the plan become those that reach its threshold. */
int fe_adapt_edges(fe_plan *, const fe_adapt *, fe_err *err) FE_RESULT;

/* Members of the plan's sets, or all: [feed->n], the caller frees. */
bool *fe_adapt_members(const fe_plan *, size_t n);

/* plan_adapt_map.c: the first map, opened already (it is freed), and those that follow it in the feed. */
int fe_adapt_maps(fe_plan *, const fe_feed *, size_t first, fe_dataset *, const fe_models *sources, const fe_plan_request *,
                  fe_err *err) FE_RESULT;
#endif
