/* time.h -- time scales: the only user of ERFA. */
#ifndef FE_PHYS_TIME_H
#define FE_PHYS_TIME_H

/* MJD in TT of the MJD day + fraction in scale "TT", "TDB" (taken as TT: within 2 ms), "TAI" or "UTC"; NaN: unknown. */
double fe_time_tt(const char *scale, double day, double fraction);
#endif
