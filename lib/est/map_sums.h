/* map_sums.h -- the likelihood sums of TS maps: the inner loops, compiled for several instruction sets, the same bits on each.
 *
 * A trial pixel's source adds x m(q) to the background b(q) of the pixels q under its kernel, m = sum_t K_t(q - p) W_t(q).  Only
 * pixels with counts n need the norm x: with u = m / b the slope of the Cash statistic is 2 (S - g), S = sum of all m and
 * g = sum n u / (1 + u x).
 * Sums run over FE_LANES interleaved partial sums that are added in a fixed order, with + - x / alone and no contraction
 * (architecture 4), so that a wider register changes nothing.
 */
#ifndef FE_EST_MAP_SUMS_H
#define FE_EST_MAP_SUMS_H
#include <stddef.h>

enum { FE_LANES = 8, FE_BLOCK = 32 };       /* partial sums of a pixel; pixels of a row that are done at once */

typedef struct fe_map_plane {       /* what the kernel runs over: padded by half a kernel on all sides  */
    size_t side;                    /* of the kernel, odd                                               */
    size_t n_terms;
    const double *kernel;           /* [side][side][n_terms]                                            */
    size_t stride, plane;           /* of a row, of a term, in doubles; rows have FE_BLOCK more at the end */
    const double *weight;           /* [n_terms][rows][stride]                                          */
    const double *per_b;            /* [rows][stride] 1 / b; 1e300 where b is 0                         */
} fe_map_plane;

typedef struct fe_map_loops {
    const char *name;               /* "avx512", "avx2", "baseline"                                     */
    /*
     * For n trial pixels of a row from column x0 (of the map; its kernel begins at that padded column and at padded row y):
     * sum[n] = S, and peak[n] = max m / b; both have FE_BLOCK places more.
     */
    void (*row)(const fe_map_plane *, size_t y, size_t x0, size_t n, double *sum, double *peak);
    /* total[n] += sum of `side` neighbours in column[n + side - 1]; both have FE_BLOCK places more. */
    void (*boxes)(size_t n, size_t side, const double *column, double *total);
    /* out = sum n u^k, k = 1, 2, 3: slopes at norm 0.  n and u have so many places, a multiple of FE_LANES. */
    void (*moments)(size_t places, const double *n, const double *u, double out[3]);
    /* out = sum n (u / (1 + u x))^k, k = 1, 2, 3.  n and u have so many places, a multiple of FE_LANES. */
    void (*slopes)(size_t places, const double *n, const double *u, double x, double out[3]);
    /* The same, and out[3] = sum n ln((1 + u x) / (1 + u from)). */
    void (*gain)(size_t places, const double *n, const double *u, double from, double x, double out[4]);
    /* Asimov counts of norm x: out[0] = sum (b + x m) ln(1 + u x), out[1] = sum m ln(1 + u x). */
    void (*asimov)(size_t places, const double *b, const double *m, const double *u, double x, double out[2]);
} fe_map_loops;

extern const fe_map_loops *const fe_map_loops_all[];        /* NULL-terminated, widest first            */
/* The widest that this CPU has; with a name (tests) that one, or NULL: the CPU, or the build, does not have it. */
const fe_map_loops *fe_map_loops_of(const char *name);
#endif
