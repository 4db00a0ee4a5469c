/* model_xml_rows.h -- the spectra that XML models know, one row each.  Private to io/model_xml*.c. */
#ifndef FE_IO_MODEL_XML_ROWS_H
#define FE_IO_MODEL_XML_ROWS_H
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

bool fe_xml_is_one_of(const char *names, const char *name);     /* "A|B" */
double fe_xml_apply(fe_xml_rule, double x);
#endif
