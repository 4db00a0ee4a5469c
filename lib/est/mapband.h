/* mapband.h -- one energy band of a map dataset, as TS maps, excess maps and profiles take it.
 *
 * What is masked is 0.  The expected excess is that of the full flux in every pixel at norm 1, without PSF (X_j of algorithms 11.4).
 */
#ifndef FE_EST_MAPBAND_H
#define FE_EST_MAPBAND_H
#include <stdbool.h>
#include "phys/spectrum.h"
#include "types/dataset.h"

typedef struct fe_mapband_request {
    size_t first, last;             /* channels of the dataset                                          */
    const double *others;           /* [n_e][ny][nx] counts of other sources, part of the background; or NULL */
    const bool *mask;               /* [ny][nx] one more mask, false = left out; or NULL                */
    bool cube;                      /* keep the channels apart                                          */
    bool as_gammapy;
} fe_mapband_request;

typedef struct fe_mapband {
    size_t n_planes, ny, nx;        /* planes: the channels of a cube, or 1: their sum                  */
    size_t n_channels;
    bool *mask;                     /* [n_channels][ny][nx] in use                                      */
    double *counts, *background;    /* [n_planes][ny][nx] known background and other sources, or sum alpha n_off */
    double *excess;                 /* [n_channels][ny][nx] expected at norm 1                          */
    double *others;                 /* [n_planes][ny][nx] other sources, or NULL                        */
    double *n_off, *acceptance, *acceptance_off;        /* [n_planes][ny][nx], or NULL                  */
} fe_mapband;

void fe_mapband_cut(const fe_dataset *, const fe_spectrum *, const fe_mapband_request *, fe_mapband *out);
void fe_mapband_free(fe_mapband *);

/* Is any channel of the pixel in use? */
bool fe_mapband_uses(const fe_mapband *, size_t pixel);

/* ON/OFF exposure ratio of a pixel of a plane: background / n_off; without OFF counts acceptance / acceptance_off; 0: no OFF region. */
double fe_mapband_alpha(const fe_mapband *, size_t plane, size_t pixel);
#endif
