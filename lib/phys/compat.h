/* compat.h -- where these tools differ from gammapy 2.1 on purpose, and --compat gammapy switches to its way or does not.
 *
 * One row each; the option, the pages and the provenance of a product loop over the table.  A bit that is set means:
 * do as gammapy does.  The bit FE_COMPAT_QUADRATURE is what other headers call gammapy_grid.
 */
#ifndef FE_PHYS_COMPAT_H
#define FE_PHYS_COMPAT_H

typedef enum fe_compat {
    FE_COMPAT_QUADRATURE = 1
} fe_compat;

typedef struct fe_compat_row {
    fe_compat bit;
    const char *name;           /* "quadrature"                                                         */
    const char *gammapy;        /* what gammapy does                                                    */
    const char *ours;           /* what these tools do without the option                               */
    const char *effect;         /* how much it matters, in words with the measured figure               */
} fe_compat_row;

extern const fe_compat_row fe_compat_rows[];            /* ends with name NULL */

typedef struct fe_deviation_row {                       /* what no --compat brings back; for fe-numbers(7)      */
    const char *name;           /* "minimum"                                                            */
    const char *gammapy, *ours;
    const char *effect;         /* with the measured figure                                             */
    const char *option;         /* what comes nearest to gammapy, "" for nothing                        */
    const char *test;           /* that shows it: a file of tests/, without its folder                  */
} fe_deviation_row;

extern const fe_deviation_row fe_deviation_rows[];      /* ends with name NULL */
#endif
