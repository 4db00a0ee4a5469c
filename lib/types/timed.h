/* timed.h -- when a dataset was taken.  Times are MJD in TT. */
#ifndef FE_TYPES_TIMED_H
#define FE_TYPES_TIMED_H
#include "types/gti.h"

typedef struct fe_timed {           /* what is known of one dataset                                     */
    double start, stop;             /* first start and last stop of its good time; NaN = none           */
    double mid;                     /* mean of its good time; NaN: half way between start and stop      */
    double livetime_s;
} fe_timed;

/* Of good time intervals in any scale; all NaN when there are none, or their scale is unknown. */
fe_timed fe_timed_of_gti(const fe_gti *, double livetime_s);
#endif
