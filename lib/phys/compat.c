#include "phys/compat.h"

#include <stddef.h>

const fe_compat_row fe_compat_rows[] = {
    { FE_COMPAT_QUADRATURE, "quadrature",
      "integrals without a closed form by power-law segments on one geometric grid of int(100 log10 r) points, "
      "r the largest e_max/e_min of the bins integrated together",
      "closed forms where known, else Gauss-Kronrod in ln E, refined to 1e-12 and split at breaks",
      "log parabola of beta 0.24: 2.3e-5 of the flux in bins of 0.2 decades, 8e-5 in bins of 0.02; "
      "broken power law 1.5/2.5 with the break inside a bin of 0.1 decades: up to 4e-4; "
      "at ten times the energy of an exponential cutoff: 5e-4" },
    { 0, NULL, NULL, NULL, NULL }
};
