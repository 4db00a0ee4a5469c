/* map_sums.h -- the likelihood sums of TS maps: the inner loops, compiled for several instruction sets, the same bits on each.
 *
 * A trial pixel's source adds x m(q) to the background b(q) of the pixels q under its kernel, m = sum_t K_t(q - p) W_t(q).  Only
 * pixels with counts n need the norm x: with r = b / m the slope of the Cash statistic is 2 (S - g), S = sum of all m and
 * g = sum n / (r + x).
 * Sums run over FE_LANES interleaved partial sums that are added in a fixed order, with + - x / alone and no contraction
 * (architecture 4), so that a wider register changes nothing.
 */
#ifndef FE_EST_MAP_SUMS_H
#define FE_EST_MAP_SUMS_H
#include <stddef.h>

enum { FE_LANES = 8 };

typedef struct fe_map_plane {       /* what the kernel runs over: padded by half a kernel on all sides  */
    size_t side;                    /* of the kernel, odd                                               */
    size_t n_terms;
    const double *kernel;           /* [side][side][n_terms]                                            */
    size_t stride, plane;           /* of a row, of a term, in doubles; rows have FE_LANES more at the end */
    const double *weight;           /* [n_terms][rows][stride]                                          */
    const double *per_b;            /* [rows][stride] 1 / b; 1e300 where b is 0                         */
} fe_map_plane;

typedef struct fe_map_loops {
    const char *name;               /* "avx512", "avx2", "baseline"                                     */
    /*
     * For n trial pixels of a row from column x0 (of the map; its kernel begins at that padded column and at padded row y):
     * sum[n] = S, and peak[n] = max m / b; both have FE_LANES places more.
     */
    void (*row)(const fe_map_plane *, size_t y, size_t x0, size_t n, double *sum, double *peak);
    /* out = sum n / (r + x)^k, k = 1, 2, 3.  count and r have n places, n a multiple of FE_LANES. */
    void (*slopes)(size_t n, const double *count, const double *r, double x, double out[3]);
    /* The same, and out[3] = sum n ln((r + x) / (r + from)). */
    void (*gain)(size_t n, const double *count, const double *r, double from, double x, double out[4]);
    /* Asimov counts of norm x, r = b / m: out[0] = sum (b + x m) ln(1 + x / r), out[1] = sum m ln(1 + x / r). */
    void (*asimov)(size_t n, const double *m, const double *r, double x, double out[2]);
} fe_map_loops;

extern const fe_map_loops *const fe_map_loops_all[];        /* NULL-terminated, widest first            */
/* The widest that this CPU has; with a name (tests) that one, or NULL: the CPU, or the build, does not have it. */
const fe_map_loops *fe_map_loops_of(const char *name);
#endif
