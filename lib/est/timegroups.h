/* timegroups.h -- datasets sorted into sets by time: by night, bins of fixed length, bins, phase.
 *
 * A dataset is the unit of time: counts spectra carry no event times, so it is never divided.  What becomes of one that crosses
 * an edge is said by `assign`, and what is in no set is listed with the reason.  Times are MJD in TT; two that differ by less
 * than 2 microseconds are the same (three steps of an MJD in double).
 */
#ifndef FE_EST_TIMEGROUPS_H
#define FE_EST_TIMEGROUPS_H
#include <stdbool.h>
#include <stddef.h>
#include "phys/timebins.h"
#include "types/timed.h"

extern const double fe_same_time_d;

typedef enum fe_assign {            /* which datasets belong to a bin                                   */
    FE_ASSIGN_CONTAINED,            /* those that lie wholly inside                                     */
    FE_ASSIGN_CENTRE,               /* those whose mid time is inside: bins that touch share none       */
    FE_ASSIGN_OVERLAP               /* those with any time inside: one may be in several bins           */
} fe_assign;
int fe_assign_parse(const char *text);          /* "contained", "centre", "overlap"; -1: none of them   */

typedef enum fe_left_reason {
    FE_LEFT_NO_TIME,                /* no good time intervals                                           */
    FE_LEFT_OUTSIDE,                /* no bin where it is                                               */
    FE_LEFT_CROSSES,                /* it crosses an edge (contained)                                   */
    FE_LEFT_CENTRE                  /* some of it is in a bin, its mid time is not                      */
} fe_left_reason;
extern const char *const fe_left_reasons[];     /* in words                                             */

typedef struct fe_left { size_t dataset; fe_left_reason reason; } fe_left;

typedef struct fe_timeset {
    size_t n, cap, *member;         /* indices of datasets, ascending                                   */
    double time_min, time_max;      /* the bin; of a run, night or phase: first start, last stop; NaN: none */
    double phase_min, phase_max;    /* NaN = not by phase                                               */
} fe_timeset;

typedef struct fe_timegroups {
    size_t n, cap;
    fe_timeset *set;                /* by time; by phase: as the bins                                    */
    size_t n_left, cap_left;
    fe_left *left;                  /* by dataset                                                       */
    size_t n_long, cap_long, *longer;       /* by phase: datasets longer than half their bin            */
    size_t n_shared;                /* datasets in more than one set: rows are not independent          */
    double livetime_left_s;         /* sum of what is left out, where it is known                       */
} fe_timegroups;

bool fe_timed_is_known(const fe_timed *);
/* Datasets by their start, those without time last, in the order they came where starts are the same; [n], caller frees. */
size_t *fe_timed_order(size_t n, const fe_timed *);

/* Each fills a new fe_timegroups, which the caller frees. */
/* A dataset that starts less than gap_d after the last stop before it belongs to the same night. */
void fe_timegroups_night(size_t n, const fe_timed *, double gap_d, fe_timegroups *);
/* Bins as given, by start; empty ones stay. */
void fe_timegroups_bins(size_t n, const fe_timed *, size_t n_bins, const double *min_mjd, const double *max_mjd, fe_assign,
                        fe_timegroups *);
/*
 * Bins of length_d every step_d, one of them from origin (NaN: the first start).  Bins that no dataset touches are not made;
 * those that some touch but none is assigned to are empty.  -1 (FE_EUSAGE): more than a million bins.
 */
int fe_timegroups_length(size_t n, const fe_timed *, double length_d, double step_d, double origin, fe_assign, fe_timegroups *,
                         fe_err *err) FE_RESULT;
/* By the phase of the mid time; empty bins stay. */
void fe_timegroups_phase(size_t n, const fe_timed *, double period_d, double t0_mjd, const fe_phasebins *, fe_timegroups *);
void fe_timegroups_free(fe_timegroups *);
#endif
