#include "phys/sedtype.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "phys/units.h"

const fe_sedtype_row fe_sedtypes[FE_SED_N] = {
    [FE_SED_DNDE] = { "dnde", "dnde", "ref_dnde", "cm-2 s-1 TeV-1", FE_UNIT_DNDE, false,
                      "differential photon flux at e_ref" },
    [FE_SED_E2DNDE] = { "e2dnde", "e2dnde", "ref_e2dnde", "TeV cm-2 s-1", FE_UNIT_E2DNDE, false,
                        "e_ref^2 times dnde, the height in a spectral energy distribution" },
    [FE_SED_FLUX] = { "flux", "flux", "ref_flux", "cm-2 s-1", FE_UNIT_FLUX, true,
                      "photon flux between e_min and e_max" },
    [FE_SED_EFLUX] = { "eflux", "eflux", "ref_eflux", "TeV cm-2 s-1", FE_UNIT_EFLUX, true,
                       "energy flux between e_min and e_max" },
    [FE_SED_LIKELIHOOD] = { "likelihood", "norm", NULL, "", "", false,
                            "norm of the reference model, with ref_* columns" }
};

int fe_sedtype_parse(const char *name)
{
    for (int t = 0; t < FE_SED_N; t++)
        if (name && !strcmp(name, fe_sedtypes[t].name))
            return t;
    return -1;
}

double fe_sedtype_ref(fe_sedtype type, const fe_spectrum *model, double e_min, double e_max, double e_ref)
{
    if (type == FE_SED_LIKELIHOOD)
        return 1;
    if (fe_sedtypes[type].needs_band && !(isfinite(e_min) && isfinite(e_max)))
        return NAN;
    switch (type) {
    case FE_SED_DNDE:
        return fe_spectrum_dnde(model, e_ref);
    case FE_SED_E2DNDE:
        return e_ref * e_ref * fe_spectrum_dnde(model, e_ref);
    case FE_SED_FLUX:
        return fe_spectrum_flux(model, e_min, e_max);
    case FE_SED_EFLUX:
        return fe_spectrum_eflux(model, e_min, e_max);
    default:
        return NAN;
    }
}
