/* skymap.h -- a map of the sky that a template model names: surface brightness on pixels, at one or several energies.
 *
 * Values between pixels are linear, between energies linear in the logarithms of energy and value; 0 outside of the pixels and of the
 * energy axis.  gammapy (TemplateSpatialModel.evaluate, Map.interp_by_coord) does the same with the logarithms of the values in pixels.
 */
#ifndef FE_TYPES_SKYMAP_H
#define FE_TYPES_SKYMAP_H
#include <stdbool.h>
#include <stddef.h>
#include "types/geom.h"

typedef struct fe_skymap {
    fe_geom *geom;                  /* owned share; NULL: not read yet                                  */
    size_t n_e;                     /* planes                                                           */
    double *e_node_TeV;             /* [n_e] ascending; NULL: one plane for all energies                */
    double *e_edge_TeV;             /* [n_e + 1] nothing outside; NULL as the nodes                     */
    bool of_bins;                   /* between energies by the edges of bins, not by nodes              */
    bool linear_energy;             /* by energy itself, not by its logarithm                           */
    double *value;                  /* [n_e][ny][nx] sr-1, or cm-2 s-1 TeV-1 sr-1                       */
    bool is_dnde;                   /* the latter: the spectrum of its model is a factor without unit   */
    double tiny;                    /* gammapy: what stands for the logarithm of 0                      */
    char *file;                     /* what it is read from; NULL: made in memory                       */
    bool normalize;                 /* on reading                                                       */
    int (*read)(struct fe_skymap *, fe_err *err);
    int n_owners;
} fe_skymap;

fe_skymap *fe_skymap_new(fe_geom *geom, size_t n_e);        /* takes a share of geom; values 0, n_e 1 for all energies */
fe_skymap *fe_skymap_share(fe_skymap *);
void fe_skymap_free(fe_skymap *);

/*
 * A map that is read when it is needed, for a models file may be in use where no sky is: io gives the function, which fills it with
 * fe_skymap_fill.
 */
fe_skymap *fe_skymap_later(const char *file, bool normalize, int (*read)(fe_skymap *, fe_err *err));
void fe_skymap_fill(fe_skymap *, fe_geom *geom, size_t n_e);
int fe_skymap_need(fe_skymap *, fe_err *err) FE_RESULT;     /* reads it, once                           */

/* To integral 1 in each energy: each pixel holds what gammapy takes its value for, its share, not the brightness of its area. */
void fe_skymap_normalize(fe_skymap *);
double fe_skymap_integral(fe_skymap *, size_t plane);       /* over its own pixels                      */
bool fe_skymap_changes(const fe_skymap *);                  /* with energy                              */

/* Half the longer side; turned: half the diagonal, as far as it reaches when its axes are not those of another map. */
double fe_skymap_radius_deg(const fe_skymap *, bool turned);

/* out[n]: values at places (frame of the map) for one energy. */
void fe_skymap_values(fe_skymap *, double e_TeV, bool as_gammapy, size_t n, const double *lon_deg, const double *lat_deg, double *out);
#endif
