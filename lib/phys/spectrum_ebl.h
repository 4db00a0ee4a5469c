/* spectrum_ebl.h -- tables of the transmission of gamma rays through the extragalactic background light (algorithms 4).
 *
 * A table is read once and never changed; every spectrum that uses it, and every copy of one, is an owner.
 */
#ifndef FE_PHYS_SPECTRUM_EBL_H
#define FE_PHYS_SPECTRUM_EBL_H
#include <stdatomic.h>
#include <stddef.h>

typedef struct fe_ebl {
    char *name;                     /* file or name it was asked for by, "" = unknown                   */
    size_t n_z, n_e;
    double *z, *e_TeV;              /* [n_z], [n_e]      nodes, ascending                               */
    double *transmission;           /* [n_z][n_e]        as in the file                                 */
    double *log_e, *log_t;          /* [n_e], [n_z][n_e] ln, transmission floored at the tiniest double */
    atomic_size_t n_owners;
} fe_ebl;

/*
 * Copies; nodes in any order, rows of equal redshift: the first counts.  NULL: fewer than two energies, no redshift, or
 * a number that is not finite, or energies that do not ascend from above 0, or a transmission below 0.
 */
fe_ebl *fe_ebl_new(const char *name, size_t n_z, const double *z, size_t n_e, const double *e_TeV,
                   const double *transmission);
fe_ebl *fe_ebl_share(fe_ebl *);     /* one more owner; returns it                                       */
void fe_ebl_free(fe_ebl *);         /* the last owner frees it                                          */

/* ln transmission, bilinear in redshift and ln E, on along the outermost segments; the result clipped to 0 .. 1. */
double fe_ebl_transmission(const fe_ebl *, double redshift, double e_TeV);

/* First of the two nodes between which (or beyond which) a redshift lies; 0 when there is but one. */
size_t fe_ebl_segment(const fe_ebl *, double redshift);
#endif
