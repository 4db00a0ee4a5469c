/* plot_map.h -- flux maps as pictures: an image for each energy band, side by side, with the places on the sky at its axes. */
#ifndef FE_IO_PLOT_MAP_H
#define FE_IO_PLOT_MAP_H
#include "io/fluxmap.h"
#include "io/plot_script.h"

typedef struct fe_plot_map {
    const char *quantity;           /* "sqrt_ts", "flux" ...; NULL: sqrt_ts, else the value             */
    int type;                       /* SED type of values; -1: as it came                               */
} fe_plot_map;

int fe_plot_map_script(fe_fluxmap_file *, const fe_plot_map *, const fe_plot_look *, fe_str *out, fe_err *err) FE_RESULT;
#endif
