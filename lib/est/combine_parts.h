/* combine_parts.h -- inside of combine.c, combine_append.c, combine_rows.c and combine_sum.c only. */
#ifndef FE_EST_COMBINE_PARTS_H
#define FE_EST_COMBINE_PARTS_H
#include "est/combine.h"
#include "est/scan.h"
#include "types/scanlist.h"

/* ---- sums of scans (combine_sum.c) ---- */

/*
 * A likelihood of which only the best norm and the errors are known: rise = d^2 / (v + v1 d), d = norm - best, whose variance is linear in
 * the norm (Barlow, Asymmetric statistical errors, physics/0406120, section 4).  It rises by one at best - errn and best + errp; a
 * Poisson likelihood is nearly of this form.  Where the best norm is at the positivity bound, rise = d (slope + bend d) above it, and
 * nothing below: with bend = 0 that of a bin without counts.
 */
typedef struct fe_scan_approx { double norm, stat, v, v1, slope, bend; } fe_scan_approx;

typedef struct fe_scan_term {           /* one likelihood as a function of the common norm x                */
    fe_scan *scan;                      /* or NULL: the approximation                                       */
    fe_scan_approx approx;
    bool is_wall;                       /* its minimum is where it begins: nothing is expected below        */
    double scale;                       /* its own norm is x * scale                                        */
} fe_scan_term;

typedef struct fe_scan_total {
    double norm, stat;                  /* minimum of the sum; NaN: not inside the common range             */
    double stat_null;                   /* at norm 0; NaN outside                                           */
    bool at_wall;                       /* the minimum is at a wall                                         */
    size_t n;
    double *norm_scan, *stat_scan;      /* [n] equal steps of the signed root of the rise, as est/norm.h    */
} fe_scan_total;

void fe_scan_total_make(size_t n_terms, const fe_scan_term *, size_t n_points, fe_scan_total *);
void fe_scan_total_free(fe_scan_total *);
double fe_scan_term_stat(const fe_scan_term *);         /* at its minimum                                   */

/* ---- rows that become one (combine_rows.c) ---- */

typedef struct fe_row_ref {
    fe_estimate *e;
    size_t row;
    double scale;                       /* fe_scan_term                                                     */
    size_t n_scan;
    const double *norm_scan, *stat_scan;        /* [n_scan]                                                 */
} fe_row_ref;

typedef struct fe_row_group { size_t n, cap; fe_row_ref *member; size_t n_expected; } fe_row_group;

typedef struct fe_row_groups { size_t n, cap; fe_row_group *group; } fe_row_groups;

void fe_row_groups_free(fe_row_groups *);
fe_row_group *fe_row_groups_add(fe_row_groups *);
void fe_row_group_add(fe_row_group *, fe_estimate *, size_t row);
void fe_row_group_add_pixel(fe_row_group *, fe_estimate *, size_t row, const fe_pixel_scan *);     /* its scan, or NULL */

typedef struct fe_row_sum {             /* how rows are added                                               */
    bool over_energy;                   /* bands of the same data, so livetime is not summed                */
    bool approx;                        /* rows without a scan: by their errors                             */
    fe_scanlist *scans;                 /* scans of sums of scans go there, as those of a band's pixels; NULL: to the table */
    size_t band;
} fe_row_sum;

/* Fill a row of `out` with the sum.  Levels are those of `out`. */
void fe_row_group_combine(const fe_row_group *, const fe_row_sum *, fe_estimate *out, size_t row);

/* A new table with the levels, scales and keywords of the first of the parts that all of them share. */
fe_estimate *fe_combine_head(size_t n, fe_estimate *const *parts);
/* Keys and text of a row. */
void fe_combine_copy_keys(const fe_estimate *from, size_t row, fe_estimate *to, size_t to_row);
const char *fe_combine_file(const fe_estimate *);       /* for messages                                     */
#endif
