/* stat_log.h -- the logarithm of the likelihoods, the same bits on every machine.
 *
 * libm will not do: glibc picks a log with fused multiply-add where the CPU has one, and its last digit differs.  These use
 * + - x / alone.  One log costs some nanoseconds, and derivatives need none, so there is no gain in logs of products.
 */
#ifndef FE_PHYS_STAT_LOG_H
#define FE_PHYS_STAT_LOG_H

double fe_stat_log(double x);       /* ln x within one unit in the last place                           */

/*
 * r - ln(1 + r) for r = step / from and 1 + r = to / from: all digits also where r is small, >= 0.
 * from > 0 and to > 0.
 */
double fe_stat_log_gap(double from, double to, double step);
#endif
