/* time.h -- instants, time scales and their texts: the only user of ERFA.
 *
 * An instant is an MJD in two parts, whole days and a fraction 0 <= f < 1, in one of the scales TT, UTC, TAI, TDB: one double
 * of an MJD has steps of 0.6 microseconds.  In UTC the fraction is that of ERFA's quasi-MJD (and of astropy's): a day with
 * a leap second is divided by 86 401, so that every second of it has a time of its own.
 * TDB is that of the centre of the Earth (within 2 microseconds of any observatory).
 */
#ifndef FE_PHYS_TIME_H
#define FE_PHYS_TIME_H
#include <stdbool.h>
#include <stddef.h>
#include "base/err.h"
#include "base/str.h"

typedef enum fe_timescale { FE_SCALE_TT, FE_SCALE_UTC, FE_SCALE_TAI, FE_SCALE_TDB, FE_SCALE_N } fe_timescale;

extern const char *const fe_timescales[FE_SCALE_N];     /* "TT", "UTC" ...                              */
int fe_timescale_parse(const char *name);               /* in any case; -1: none of them                */

#define FE_JD_OF_MJD_0 2400000.5

typedef struct fe_time { double day, fraction; } fe_time;       /* day is whole; both NaN: missing      */

fe_time fe_time_of(double day, double fraction);        /* any two parts of an MJD, brought into order  */
double fe_time_mjd(fe_time);                            /* as one double                                */
/* Seconds from b to a; both in TT, TAI or TDB (a UTC day may have 86 401). */
double fe_time_diff_s(fe_time a, fe_time b);
fe_time fe_time_add_s(fe_time, double seconds);         /* in TT, TAI or TDB                            */

/* 0, or -1 (FE_EDATA): not finite, outside of what a calendar holds, or UTC before 1960. */
int fe_time_convert(fe_time, fe_timescale from, fe_timescale to, fe_time *out, fe_err *err) FE_RESULT;

/*
 * Mission elapsed time: the seconds that pass after a reference in a scale, also where a UTC day has 86 401 of them; so files
 * are written and read.  Both ways the instant is in that scale.
 */
int fe_time_of_met(double met_s, fe_time reference, fe_timescale scale, fe_time *out, fe_err *err) FE_RESULT;
int fe_time_to_met(fe_time, fe_time reference, fe_timescale scale, double *met_s, fe_err *err) FE_RESULT;

/*
 * What users type: 53945.9 | MJD 53945.9 | JD 2453946.4 | 2006-07-29 | 2006-07-29T21:36[:00[.5]] (or a blank for the T), with
 * a scale behind it where it is not *scale ("2006-07-29T21:36:00 UTC", or Z for UTC), which then becomes *scale.
 * Digits behind the point are kept to the nanosecond.
 */
int fe_time_parse(const char *text, fe_timescale *scale, fe_time *out, fe_err *err) FE_RESULT;
/* The same, in TT and as one MJD. */
int fe_time_parse_tt(const char *text, fe_timescale scale, double *mjd_tt, fe_err *err) FE_RESULT;

/* "2006-07-29T21:36:00.000000" with that many digits (0 to 9) behind the second; "nan" where it is missing. */
void fe_time_print_iso(fe_time, fe_timescale, int n_digits, fe_str *out);
void fe_time_print_mjd(fe_time, fe_str *out);           /* to the nanosecond, without zeros at the end  */

/* MJD in TT of the MJD day + fraction in scale "TT", "TDB", "TAI" or "UTC"; NaN: unknown. */
double fe_time_tt(const char *scale, double day, double fraction);
#endif
