/* plot_picture.h -- where a picture goes: a file, a pipe, the terminal; and its script, where that is to be kept. */
#ifndef FE_IO_PLOT_PICTURE_H
#define FE_IO_PLOT_PICTURE_H
#include "io/plot_script.h"

typedef struct fe_plot_picture {        /* as typed; NULL: not given                                    */
    const char *output, *script, *size;
    bool force;
    fe_plot_look look;
} fe_plot_picture;

/* Before the work begins: completes the look (format by suffix, size); may the files be written? */
int fe_plot_picture_check(fe_plot_picture *, fe_err *err) FE_RESULT;
int fe_plot_picture_write(const fe_plot_picture *, const fe_plot_page *, fe_err *err) FE_RESULT;
int fe_plot_picture_draw(const fe_plot_picture *, const fe_str *script, fe_err *err) FE_RESULT;     /* a script that is made already */
#endif
