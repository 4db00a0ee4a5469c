#include "io/libraries.h"

#include <stddef.h>

#include "io/fits.h"
#include "io/xml.h"
#include "io/yaml.h"
#include "phys/spectrum.h"

const char *(*const fe_libraries[])(void) = { fe_fits_library, fe_spectrum_library, fe_yaml_library, fe_xml_library,
                                                 NULL };
