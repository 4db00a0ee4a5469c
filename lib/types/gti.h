/* gti.h -- good time intervals: seconds after a reference MJD in a stated time scale. */
#ifndef FE_TYPES_GTI_H
#define FE_TYPES_GTI_H
#include <stddef.h>

typedef struct fe_gti {
    size_t n, cap;
    double *start_s, *stop_s;       /* [n] after the reference                                          */
    double mjdref_i, mjdref_f;      /* reference, integer and fractional days                           */
    char timesys[8];                /* "TT", "UTC", "TAI", "TDB"; "" = unknown                          */
} fe_gti;

fe_gti *fe_gti_new(void);
fe_gti *fe_gti_copy(const fe_gti *);
void fe_gti_free(fe_gti *);
void fe_gti_add(fe_gti *, double start_s, double stop_s);
/* Append b to a, its times moved to a's reference and scale ("" is TT). -1: they differ, and one of them is no known scale. */
int fe_gti_append(fe_gti *a, const fe_gti *b);
void fe_gti_unite(fe_gti *);                /* in order; those that overlap or touch become one */
double fe_gti_mjd_min(const fe_gti *);      /* MJD in its own scale; NaN when empty */
double fe_gti_mjd_max(const fe_gti *);
#endif
