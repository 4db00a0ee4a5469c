/* plot_script.h -- a page as a gnuplot script that stands alone: data inside, no other file, no text that is run. */
#ifndef FE_IO_PLOT_SCRIPT_H
#define FE_IO_PLOT_SCRIPT_H
#include "io/plot_page.h"

typedef struct fe_plot_look {
    const char *format;         /* "png", "svg", "pdf", "text"                                          */
    long width, height;         /* pixels; of text: characters                                          */
    const char *title;          /* or NULL                                                              */
    const char *y_axis;         /* "log", "linear"; NULL: log for an SED                                */
    bool dates;                 /* time as dates, else MJD                                              */
    bool no_limits;             /* leave out rows that are limits                                       */
} fe_plot_look;

int fe_plot_script(const fe_plot_page *, const fe_plot_look *, fe_str *out, fe_err *err) FE_RESULT;
#endif
