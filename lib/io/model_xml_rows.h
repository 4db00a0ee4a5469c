/* model_xml_rows.h -- the spectra that XML models know, one row each.  Private to io/model_xml*.c. */
#ifndef FE_IO_MODEL_XML_ROWS_H
#define FE_IO_MODEL_XML_ROWS_H
#include "phys/spatial.h"
#include "phys/spectrum.h"

typedef enum fe_xml_rule {          /* from a true value (value x scale) there to the parameter here    */
    FE_XML_SAME, FE_XML_NEGATIVE,
    FE_XML_MEV, FE_XML_PER_MEV,     /* an energy; something per energy                                  */
    FE_XML_CUTOFF                   /* an energy whose inverse is wanted                                */
} fe_xml_rule;

typedef struct fe_xml_par {
    const char *names;              /* "Scale|PivotEnergy": any of these                                */
    const char *par;                /* ours                                                             */
    fe_xml_rule rule;
} fe_xml_par;

enum { FE_XML_MAX_PAR = 6 };

typedef struct fe_xml_row {
    const char *types;              /* "PowerLaw2|PowerLaw"                                             */
    const char *tag;                /* ours                                                             */
    fe_xml_par par[FE_XML_MAX_PAR];
    const char *(*finish)(fe_spectrum *);   /* after reading; what is wrong, or NULL; no function: nothing to do */
} fe_xml_row;

extern const fe_xml_row fe_xml_rows[];      /* ends with types NULL */
extern const fe_xml_row fe_xml_factor_rows[];           /* of cubes, which have the unit themselves: factors without one */

typedef struct fe_xml_place {       /* spatial models                                                   */
    const char *types;              /* "RadialGaussian|GaussFunction"                                   */
    const char *tag;                /* ours                                                             */
    fe_xml_par size[2];             /* beside the place                                                 */
    const char *factor;             /* parameter the flux is multiplied with, or NULL                   */
    double per_sr;                  /* of what is the same everywhere: the value that stands for 1      */
    bool is_cube, normalize;        /* of maps: in cm-2 s-1 MeV-1 sr-1; to integral 1 unless it says normalize="0" */
} fe_xml_place;

extern const fe_xml_place fe_xml_places[];              /* ends with types NULL */

bool fe_xml_is_one_of(const char *names, const char *name);     /* "A|B" */
double fe_xml_apply(fe_xml_rule, double x);
void fe_xml_scale(fe_par *, double factor);                     /* value, error, limits */
#endif
