/* Facts of a dataset of maps: geometry, masks, point spread function. */
#include <math.h>

#include "io/info.h"
#include "types/dataset.h"

static void tell_sky(const fe_dataset *d, fe_facts *f)
{
    const fe_geom_keys *k = fe_geom_keys_of(d->geom);
    double lon, lat;

    fe_geom_centre(d->geom, &lon, &lat);
    fe_facts_add(f, "map", "%zu x %zu pixels of %.6g x %.6g deg, %s %s", d->nx, d->ny, fabs(k->cdelt_deg[0]), fabs(k->cdelt_deg[1]),
                 k->ctype[0], k->ctype[1]);
    fe_facts_add(f, "centre", "%s %.6f, %s %.6f deg", fe_geom_is_galactic(d->geom) ? "l" : "RA", lon,
                 fe_geom_is_galactic(d->geom) ? "b" : "Dec", lat);
}

static void tell_psf(const fe_irfmap *psf, fe_facts *f)
{
    if (!psf) {
        fe_facts_add(f, "psf", "none");
        return;
    }
    fe_facts_add(f, "psf", "%zu radii to %.4g deg at %zu %s energies of %.4g to %.4g TeV, on %zu x %zu pixels", psf->n_axis,
                 psf->axis_edge[psf->n_axis], psf->n_e, psf->reco ? "reconstructed" : "true", psf->e_node_TeV[0],
                 psf->e_node_TeV[psf->n_e - 1], psf->nx, psf->ny);
}

void fe_info_tell_map(const fe_dataset *d, size_t n_used, fe_facts *f)
{
    size_t n = fe_dataset_n_bins(d);

    tell_sky(d, f);
    fe_facts_add(f, "bins_used", "%zu of %zu", n_used, n);
    if (d->edisp_map)
        fe_facts_add(f, "energy_dispersion", "on %zu x %zu pixels", d->edisp_map->nx, d->edisp_map->ny);
    tell_psf(d->psf, f);
}
