/* spatial.h -- where on the sky a source shines: surface brightness in sr-1, integral 1 (algorithms 6.4).
 *
 * Names, parameters and defaults as in gammapy; angles in degrees.  A kind is one row + one function + one test.  Elongated
 * shapes (e > 0) have the major half axis a as their first size, b = a sqrt(1 - e^2), phi from north to east.
 */
#ifndef FE_PHYS_SPATIAL_H
#define FE_PHYS_SPATIAL_H
#include <stdbool.h>
#include <stddef.h>
#include "phys/spectrum.h"

struct fe_spatial;

typedef struct fe_spatial_kind {
    const char *type;           /* "GaussianSpatialModel"                                               */
    const char *tag;            /* "gauss"                                                              */
    size_t n_par;
    const fe_par_spec *par;     /* [n_par] unit "deg", "sr-1" or ""; lon_0 and lat_0 first, if it has a place */
    bool has_place;
    bool is_map;                /* values stand in a map (types/skymap.h), in whose frame its place is: NaN, its centre  */
    /* sr-1 at a distance from the centre, in the direction of a position angle; NULL: point, template   */
    double (*value)(const struct fe_spatial *, double sep_deg, double angle_deg);
    double (*radius_deg)(const struct fe_spatial *);    /* nothing beyond; infinity: everywhere; NULL: 0, or that of the map */
    double (*detail_deg)(const struct fe_spatial *);    /* smallest structure, to be sampled; NULL: none  */
} fe_spatial_kind;

extern const fe_spatial_kind fe_spatial_kinds[];        /* ends with type NULL */

typedef struct fe_spatial {
    const fe_spatial_kind *kind;
    fe_par par[FE_SPECTRUM_MAX_PAR];
    bool galactic;              /* lon_0, lat_0 are galactic, else ICRS                                 */
    char *filename;             /* template: the map, as models files name it; or NULL                  */
    bool normalize;             /* template: to integral 1 in each energy                               */
} fe_spatial;

fe_spatial *fe_spatial_new(const char *type_or_tag);            /* class defaults; NULL if unknown      */
fe_spatial *fe_spatial_copy(const fe_spatial *);
void fe_spatial_free(fe_spatial *);
fe_par *fe_spatial_par(fe_spatial *, const char *name);         /* NULL if it has none of that name     */
double fe_spatial_get(const fe_spatial *, const char *name);    /* value; NaN if it has none            */
bool fe_spatial_is_point(const fe_spatial *);
bool fe_spatial_is_template(const fe_spatial *);

double fe_spatial_value(const fe_spatial *, double sep_deg, double angle_deg);
double fe_spatial_radius_deg(const fe_spatial *);
double fe_spatial_detail_deg(const fe_spatial *);       /* NaN: any sampling will do                    */

/* "point" | "gauss:0.1deg" | "disk:0.2deg" | "shell:0.3deg,0.1deg" ...: sizes in the order of the parameters; no place. */
fe_spatial *fe_spatial_parse(const char *text, fe_err *err);
#endif
