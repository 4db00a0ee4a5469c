/* plot.h -- a flux table as what is to be drawn: series of points with bars, and the columns x xlo xhi y ylo yhi is_ul.
 *
 * x is time (middle of the bin), phase, position or energy; y the value SED_TYPE names.  Errors are _errn and _errp,
 * else _err; in a row that counts as a limit y is the limit and ylo, yhi are nan.  A series is a source and energy band (or
 * a source, along the energies).  As text each is a block, two empty lines between them (gnuplot's index); the # line names
 * columns and units.  fe-plot draws the same series, so a picture cannot differ from its table.
 */
#ifndef FE_IO_PLOT_H
#define FE_IO_PLOT_H
#include "io/format.h"

typedef enum fe_plot_axis {
    FE_PLOT_TIME, FE_PLOT_PHASE, FE_PLOT_POSITION, FE_PLOT_ENERGY, FE_PLOT_N_AXES
} fe_plot_axis;

typedef struct fe_plot_point {
    double x, xlo, xhi, y, ylo, yhi;    /* NaN: missing                                                 */
    double ref;                         /* y of the reference model; NaN unknown                        */
    bool is_ul;
} fe_plot_point;

typedef struct fe_plot_series {
    char *source;                       /* or NULL                                                      */
    double e_min, e_max, e_ref;         /* the band, where x is no energy; NaN                          */
    double time_min;                    /* the interval, where x is no time; NaN                        */
    fe_plot_point *point;
    size_t n, cap;
} fe_plot_series;

typedef struct fe_plot_data {           /* start with {0} */
    fe_plot_axis axis;
    char *x_name, *x_unit, *y_name, *y_unit, *energy_unit;
    fe_plot_series *series;
    size_t n, cap;
} fe_plot_data;

/* The first table of a document.  axis -1: the first along which its rows differ. */
int fe_plot_data_read(const fe_document *, int axis, fe_plot_data *out, fe_err *err) FE_RESULT;
void fe_plot_data_free(fe_plot_data *);

int fe_plot_write(const fe_document *, fe_str *out, fe_err *err) FE_RESULT;
#endif
