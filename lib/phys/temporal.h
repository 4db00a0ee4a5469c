/* temporal.h -- temporal models: a factor without unit that follows the time (algorithms 4).
 *
 * Times are days after the model's own reference t_ref, so that no digit of an MJD is lost.  A kind is one row + one
 * function for the value + one for the integral (closed forms) + one test.
 */
#ifndef FE_PHYS_TEMPORAL_H
#define FE_PHYS_TEMPORAL_H
#include <stdbool.h>
#include <stddef.h>
#include "phys/spectrum.h"

struct fe_temporal;

typedef struct fe_temporal_kind {
    const char *type;           /* "ExpDecayTemporalModel"                                              */
    const char *tag;            /* "exp-decay"                                                          */
    size_t n_par;
    const fe_par_spec *par;     /* [n_par] units "d", "d-1", "s-1" ..., as in gammapy                   */
    const char *column;         /* of the table it needs beside NORM: "TIME", "PHASE"; NULL: none       */
    double (*value)(const struct fe_temporal *, double t_d);
    double (*integral)(const struct fe_temporal *, double t1_d, double t2_d);      /* dt in days; t1 < t2 */
} fe_temporal_kind;

extern const fe_temporal_kind fe_temporal_kinds[];      /* ends with type NULL */

typedef struct fe_temporal {
    const fe_temporal_kind *kind;
    fe_par par[FE_SPECTRUM_MAX_PAR];
    char scale[8];              /* of t_ref: "UTC" (gammapy's default), "TT", "TDB", "TAI"              */
    size_t n_node;              /* tables                                                               */
    double *node, *norm;        /* [n_node] days after t_ref, or phase 0 .. 1; ascending                */
    double *area;               /* [n_node] integral of norm from the first node                        */
} fe_temporal;

fe_temporal *fe_temporal_new(const char *type_or_tag);          /* class defaults; NULL if unknown      */
void fe_temporal_free(fe_temporal *);
fe_par *fe_temporal_par(fe_temporal *, const char *name);       /* NULL if it has none of that name     */
double fe_temporal_t_ref(const fe_temporal *);                  /* MJD in its scale; 0 when it needs none */

/*
 * The table of a kind that needs one.  Times: constant outside.  Phases: completed to 0 and 1 along the outermost
 * segments; normalize: area 1 over a phase.  -1: fewer than two nodes, not ascending, a phase outside
 * 0 .. 1, a norm that is not finite.
 */
int fe_temporal_set_nodes(fe_temporal *, size_t n, const double *node, const double *norm, bool normalize) FE_RESULT;

double fe_temporal_value(const fe_temporal *, double t_d);
double fe_temporal_integral(const fe_temporal *, double t1_d, double t2_d);    /* in days; NaN where there is none */
#endif
