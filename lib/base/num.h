/* num.h -- strict numbers: text to double and back without loss, and sums that keep their digits. */
#ifndef FE_BASE_NUM_H
#define FE_BASE_NUM_H
#include <math.h>
#include <stddef.h>

#define FE_NUM_SIZE 32      /* room for any formatted double */

/* The whole of text must be one number (blanks around it allowed; "nan", "inf", "-inf" in any case). 0, or -1. */
int fe_num_parse(const char *text, double *value);
int fe_num_parse_long(const char *text, long *value);

/* Number at the start of text; *end points behind it. Decimal only (no hexadecimal). 0, or -1. */
int fe_num_scan(const char *text, double *value, const char **end);

/* Shortest decimal digits that read back the same; "nan" for missing, "inf"/"-inf". Returns buf. */
const char *fe_num_format(double x, char buf[FE_NUM_SIZE]);

/* |a - b| <= rtol * max(|a|, |b|); NaN equals nothing. */
int fe_num_close(double a, double b, double rtol);

/* Sum with Neumaier's compensation: ZAMM 54 (1974) 39. */
typedef struct fe_sum { double sum, carry; } fe_sum;    /* start with {0, 0} */

static inline void fe_sum_add(fe_sum *s, double x)      /* inline: the innermost step of all likelihoods */
{
    double t = s->sum + x;

    s->carry += fabs(s->sum) >= fabs(x) ? (s->sum - t) + x : (x - t) + s->sum;
    s->sum = t;
}

static inline double fe_sum_value(const fe_sum *s)
{
    return s->sum + s->carry;
}
#endif
