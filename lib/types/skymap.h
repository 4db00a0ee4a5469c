/* skymap.h -- a map of the sky that a template model names: surface brightness on pixels, at one or several energies. */
#ifndef FE_TYPES_SKYMAP_H
#define FE_TYPES_SKYMAP_H
#include <stddef.h>
#include "types/geom.h"

typedef struct fe_skymap {
    fe_geom *geom;                  /* owned share                                                      */
    size_t n_e;                     /* 1: the same in all energies                                      */
    double *e_node_TeV;             /* [n_e] ascending                                                  */
    double *value;                  /* [n_e][ny][nx] sr-1                                               */
    int n_owners;
} fe_skymap;

fe_skymap *fe_skymap_new(fe_geom *geom, size_t n_e);       /* takes a share of geom; values 0          */
fe_skymap *fe_skymap_share(fe_skymap *);
void fe_skymap_free(fe_skymap *);
void fe_skymap_normalize(fe_skymap *);                      /* to integral 1 in each energy             */
/*
 * out[n]: values at places (frame of the map) for one energy: bilinear between pixels, in energy linear in the logarithms of energy
 * and value; 0 outside.
 */
void fe_skymap_values(fe_skymap *, double e_TeV, size_t n, const double *lon_deg, const double *lat_deg, double *out);
#endif
