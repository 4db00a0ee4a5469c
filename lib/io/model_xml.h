/* model_xml.h -- source models of the Fermi tools and of ctools (XML), read.
 *
 * Value, error and limits of a parameter are multiplied by its scale; MeV become TeV; Index is negative there and
 * positive here.  What is no source (instrumental backgrounds) is left out, which is said; without `sky` places are not
 * read, and what has no flux but one per steradian (diffuse cubes, isotropic emission) is left out as well.
 */
#ifndef FE_IO_MODEL_XML_H
#define FE_IO_MODEL_XML_H
#include "types/model.h"

int fe_models_parse_xml(const char *text, size_t n, const char *file, bool sky, fe_models **out, fe_err *err) FE_RESULT;
#endif
