/* timebins.h -- the little languages of time bins and phase bins.  Times are MJD in TT, phases 0 to 1.
 *
 * Time bins: "run" | "night" | "30min" | "30min/10min" (that long, one every 10 min: they overlap) | "53945.9,53946.0,53946.1"
 * or ISO dates (edges: each bin ends where the next begins) | "53945.9..53946.1,53946.0..53946.2" (bins of their own, which
 * may overlap or leave gaps) | "min-sig=3" | "min-counts=50" | "blocks" | "blocks=0.01" (chance of a false change point).
 * Phase bins: "10" (equal ones) | "0,0.2,0.5,1" (edges) | "0.9..0.1,0.4..0.6"; one that ends at or below its start wraps
 * through 0.
 * "@FILE" is expanded by the caller (io) into a list before it gets here; a line there may hold start and stop with a blank
 * between.
 */
#ifndef FE_PHYS_TIMEBINS_H
#define FE_PHYS_TIMEBINS_H
#include <stdbool.h>
#include <stddef.h>
#include "base/err.h"
#include "phys/time.h"

typedef enum fe_timebins_kind {
    FE_TIMEBINS_RUN, FE_TIMEBINS_NIGHT, FE_TIMEBINS_LENGTH, FE_TIMEBINS_LIST, FE_TIMEBINS_MIN_SIG, FE_TIMEBINS_MIN_COUNTS,
    FE_TIMEBINS_BLOCKS
} fe_timebins_kind;

typedef struct fe_timebins {
    fe_timebins_kind kind;
    double length_d, step_d;        /* LENGTH; step = length unless they overlap                        */
    double threshold;               /* MIN_SIG, MIN_COUNTS; BLOCKS: chance of a false change point, 0.05            */
    size_t n;                       /* LIST                                                             */
    double *min_mjd, *max_mjd;      /* [n] owned; by start, then by stop                                */
} fe_timebins;

/* Times without a scale of their own are in `scale`. */
int fe_timebins_parse(const char *text, fe_timescale scale, fe_timebins *, fe_err *err) FE_RESULT;
void fe_timebins_free(fe_timebins *);

typedef struct fe_phasebins {
    size_t n;
    double *min, *max;              /* [n] owned; 0 <= min < 1, 0 < max <= 1; max <= min wraps through 0 */
} fe_phasebins;

int fe_phasebins_parse(const char *text, fe_phasebins *, fe_err *err) FE_RESULT;
void fe_phasebins_free(fe_phasebins *);
bool fe_phasebins_holds(const fe_phasebins *, size_t bin, double phase);       /* min <= phase < max    */
double fe_phasebins_width(const fe_phasebins *, size_t bin);

/* 0 <= phase < 1 of a time; t0 has phase 0.  Not barycentred. */
double fe_phase(double mjd, double t0_mjd, double period_d);
#endif
