/* model_io.h -- reference models from what users type: inline text, gammapy's YAML, XML of the Fermi tools and of
 * ctools, the model stored in a product; and models written as YAML.
 *
 * Inline text may name files: "template:spectrum.txt", "pl * ebl:FILE,redshift=0.1".
 */
#ifndef FE_IO_MODEL_IO_H
#define FE_IO_MODEL_IO_H
#include <stdbool.h>
#include "base/str.h"
#include "types/model.h"

/* "pl:index=2" | crab.yaml | crab.xml | @product.fits */
int fe_models_read(const char *text, fe_models **out, fe_err *err) FE_RESULT;
/* The same for maps: also what XML says of places, and what shines everywhere (io/model_xml.h). */
int fe_models_read_sky(const char *text, fe_models **out, fe_err *err) FE_RESULT;
/* YAML or XML, by content. */
int fe_models_parse_text(const char *text, size_t n, const char *file, fe_models **out, fe_err *err) FE_RESULT;
int fe_models_parse_yaml(const char *yaml, const char *file, fe_models **out, fe_err *err) FE_RESULT;
/* The sources: a reference model, as products hold it. */
void fe_models_print_yaml(const fe_models *, fe_str *out);
/* FoVBackgroundModels, to stand behind the sources. */
void fe_models_print_backgrounds(const fe_models *, fe_str *out);

/* YAML for gammapy and for -m; a covariance goes beside it, as NAME_covariance.dat (not with "-" or NULL: stdout).
 * Provenance is comments. */
int fe_models_write(const fe_models *, const char *path, bool force, fe_err *err) FE_RESULT;
#endif
