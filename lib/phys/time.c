#include "phys/time.h"

#include <erfa.h>
#include <math.h>
#include <string.h>

static const double JD_OF_MJD_0 = 2400000.5;

double fe_time_tt(const char *scale, double day, double fraction)
{
    double tai1 = JD_OF_MJD_0 + day, tai2 = fraction, tt1, tt2;

    if (!strcmp(scale, "TT") || !strcmp(scale, "TDB"))
        return day + fraction;
    if (!strcmp(scale, "UTC")) {
        if (eraUtctai(JD_OF_MJD_0 + day, fraction, &tai1, &tai2) < 0)
            return NAN;
    } else if (strcmp(scale, "TAI")) {
        return NAN;
    }
    eraTaitt(tai1, tai2, &tt1, &tt2);
    return (tt1 - JD_OF_MJD_0) + tt2;
}
