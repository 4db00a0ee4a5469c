/* plot_axis.h -- axes for gnuplot: ranges, ticks, labels with superscripts, and texts that gnuplot cannot take for commands. */
#ifndef FE_IO_PLOT_AXIS_H
#define FE_IO_PLOT_AXIS_H
#include <stdbool.h>
#include "base/str.h"

typedef struct fe_plot_range {          /* start with fe_plot_range_none                                */
    double lo, hi;                      /* lo > hi: nothing yet                                         */
    bool is_log;
} fe_plot_range;
fe_plot_range fe_plot_range_none(bool is_log);
/* What cannot be drawn (NaN, and 0 or less on a log axis) does not count. */
void fe_plot_range_add(fe_plot_range *, double x);
bool fe_plot_range_has(const fe_plot_range *, double x);        /* can it be drawn?                     */
/* Room at both ends: `part` of the length; a log axis spans `decades` at least. */
void fe_plot_range_widen(fe_plot_range *, double part, double decades);
double fe_plot_range_place(const fe_plot_range *, double x);    /* 0 at lo ... 1 at hi                  */

/*
 * Ticks of a log axis ("set xtics ..."): powers of ten with eight minor ticks each; fewer than two (as plain numbers, three)
 * powers in the range get labels at 1, 2, 5.  rich: the terminal knows superscripts.
 */
void fe_plot_ticks(const fe_plot_range *, char axis, bool plain, bool rich, fe_str *out);

/* Power of ten that is taken out of a linear axis: 1 where numbers can be read as they are. */
double fe_plot_scale(const fe_plot_range *);

/* "E^{2} dN/dE (10^{-11} erg cm^{-2} s^{-1})" in quotes; name is ours, unit of a file, scale 1 is left out. */
void fe_plot_axis_label(const char *name, double scale, const char *unit, bool rich, fe_str *out);

/*
 * A text of someone else's in single quotes: gnuplot runs the shell for backquotes in double ones, and ends a command at a
 * line end.  Control bytes become blanks, what is too long for a legend is cut.  Belongs in front of noenhanced.
 */
void fe_plot_quote(const char *text, fe_str *out);
#endif
