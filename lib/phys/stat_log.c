#include "phys/stat_log.h"

#include <math.h>

static const double LN2_HI = 6.93147180369123816490e-01, LN2_LO = 1.90821492927058770002e-10, SQRT_HALF = 0.70710678118654752440;

/*
 * f - ln(1 + f) for sqrt(1/2) <= 1 + f <= sqrt(2).  With u = f / (2 + f), ln(1 + f) = 2 atanh(u); the polynomial in u^2 is that
 * of fdlibm's e_log.c (Sun Microsystems 1993).  Two terms of opposite sign never cancel here, so small f keep all digits.
 */
static double gap_near_one(double f)
{
    double u = f / (2 + f), z = u * u, half = 0.5 * f * f;
    double poly = z * (6.666666666666735130e-01 + z * (3.999999999940941908e-01 + z * (2.857142874366239149e-01 +
                  z * (2.222219843214978396e-01 + z * (1.818357216161805012e-01 + z * (1.531383769920937332e-01 +
                  z * 1.479819860511658591e-01))))));

    return half - u * (half + poly);
}

double fe_stat_log(double x)
{
    double m, f;
    int e;

    if (!(x > 0) || isinf(x))
        return x == 0 ? -INFINITY : x > 0 ? x : NAN;
    m = frexp(x, &e);
    if (m < SQRT_HALF) {
        m *= 2;
        e--;
    }
    f = m - 1;
    return e * LN2_HI - ((gap_near_one(f) - e * LN2_LO) - f);
}

double fe_stat_log_gap(double from, double to, double step)
{
    double r = step / from;

    if (r > -0.29 && r < 0.41)
        return gap_near_one(r);
    return r - fe_stat_log(to / from);
}
