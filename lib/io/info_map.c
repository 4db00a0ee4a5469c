/* Facts of maps: of datasets geometry, masks, point spread function; of flux maps bands, quantities, where they peak. */
#include <math.h>
#include <stdio.h>

#include "io/fluxmap.h"
#include "io/gadf_columns.h"
#include "io/info.h"
#include "types/dataset.h"

static void tell_sky(fe_geom *g, fe_facts *f)
{
    const fe_geom_keys *k = fe_geom_keys_of(g);
    double lon, lat;

    fe_geom_centre(g, &lon, &lat);
    fe_facts_add(f, "map", "%zu x %zu pixels of %.6g x %.6g deg, %s %s", k->nx, k->ny, fabs(k->cdelt_deg[0]), fabs(k->cdelt_deg[1]),
                 k->ctype[0], k->ctype[1]);
    fe_facts_add(f, "centre", "%s %.6f, %s %.6f deg", fe_geom_is_galactic(g) ? "l" : "RA", lon, fe_geom_is_galactic(g) ? "b" : "Dec", lat);
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

    tell_sky(d->geom, f);
    fe_facts_add(f, "bins_used", "%zu of %zu", n_used, n);
    if (d->edisp_map)
        fe_facts_add(f, "energy_dispersion", "on %zu x %zu pixels", d->edisp_map->nx, d->edisp_map->ny);
    tell_psf(d->psf, f);
}

/* ---- flux maps -------------------------------------------------------------------------------------------------- */

static void tell_quantities(const fe_estimate *e, fe_facts *f)
{
    fe_str text = { 0 };

    for (int k = 0; k < FE_MEMBER_N; k++)
        if (e->family[e->type][k]) {
            fe_str_add(&text, text.len ? " " : "");
            fe_slot_name((fe_slot){ FE_SLOT_MEMBER, (int)e->type, k }, &text);
        }
    for (int k = 0; k < FE_Q_N; k++)
        if (e->q[k])
            fe_str_addf(&text, "%s%s", text.len ? " " : "", fe_quantities[k].name);
    fe_facts_add(f, "quantities", "%s", text.s ? text.s : "");
    fe_str_free(&text);
}

/* How many pixels have a value, and where the significance (or the value) is largest. */
static void tell_band(fe_geom *g, const fe_estimate *e, size_t band, double lo, double hi, fe_facts *f)
{
    const double *value = e->family[e->type][FE_VALUE], *peak = e->q[FE_Q_SQRT_TS] ? e->q[FE_Q_SQRT_TS] : value;
    size_t n = 0, best = 0;
    double x, y, lon, lat;
    char key[32];

    for (size_t i = 0; i < e->n; i++) {
        n += value ? !isnan(value[i]) : !isnan(peak[i]);
        if (peak && peak[i] > peak[best])
            best = i;
        else if (peak && isnan(peak[best]))
            best = i;
    }
    x = (double)(best % fe_geom_nx(g));
    y = (double)(best / fe_geom_nx(g));
    fe_geom_to_sky(g, 1, &x, &y, &lon, &lat);
    snprintf(key, sizeof key, "band_%zu", band + 1);
    if (!peak || isnan(peak[best]))
        fe_facts_add(f, key, "%.6g to %.6g TeV, %zu pixels with values", lo, hi, n);
    else
        fe_facts_add(f, key, "%.6g to %.6g TeV, %zu pixels with values, largest %s %.6g at %s %.4f, %s %.4f deg", lo, hi, n,
                     e->q[FE_Q_SQRT_TS] ? "sqrt_ts" : "value", peak[best], fe_geom_is_galactic(g) ? "l" : "RA", lon,
                     fe_geom_is_galactic(g) ? "b" : "Dec", lat);
}

static void tell_head(const fe_estimate *e, fe_facts *f)
{
    fe_str text = { 0 };

    fe_facts_add(f, "sed_type", "%s", fe_sedtypes[e->type].name);
    tell_quantities(e, f);
    if (e->model) {
        fe_spectrum_print(e->model, &text);
        fe_facts_add(f, "reference_model", "%s", text.s);
    }
    if (!isnan(e->n_sigma))
        fe_facts_add(f, "errors", "%.6g sigma", e->n_sigma);
    if (!isnan(e->ul_drop))
        fe_facts_add(f, "limits", "rise of %.6g in -2 ln L", e->ul_drop);
    if (e->gti)
        fe_facts_add(f, "time", "MJD %.6f to %.6f (%s)", fe_gti_mjd_min(e->gti), fe_gti_mjd_max(e->gti), e->gti->timesys);
    for (size_t k = 0; k < e->rest->meta.n; k++) {
        const fe_meta *m = &e->rest->meta.m[k];

        if (fe_str_equal_nocase(m->key, "METHOD") || fe_str_equal_nocase(m->key, "SPATIAL") || fe_str_equal_nocase(m->key, "KERNELW") ||
            fe_str_equal_nocase(m->key, "RADIUS") || fe_str_equal_nocase(m->key, "FREEPAR"))
            fe_facts_add(f, m->key, "%s", m->text);
    }
    fe_str_free(&text);
}

int fe_info_tell_fluxmap(const fe_bytes *b, fe_facts *f, fe_err *err)
{
    fe_fluxmap_file *m = fe_fluxmap_open(b, err);
    fe_scanlist scans = { 0 };
    int rc = m ? 0 : -1;

    if (rc == 0) {
        fe_facts_add(f, "format", "fits");
        tell_sky(fe_fluxmap_geom(m), f);
        tell_head(fe_fluxmap_head_of(m), f);
        rc = fe_fluxmap_read_scans(m, &scans, err);
    }
    for (size_t band = 0; rc == 0 && band < fe_fluxmap_n_bands(m); band++) {
        fe_estimate *e = NULL;

        rc = fe_fluxmap_read_band(m, band, &e, err);
        if (rc == 0)
            tell_band(fe_fluxmap_geom(m), e, band, fe_fluxmap_edges(m)[band], fe_fluxmap_edges(m)[band + 1], f);
        fe_estimate_free(e);
    }
    if (rc == 0)
        fe_facts_add(f, "scans", "%zu", scans.n);
    fe_scanlist_free(&scans);
    fe_fluxmap_free(m);
    return rc;
}
