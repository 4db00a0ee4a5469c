/* A map dataset as one file, plane by plane: images with their BANDS tables (formats 2.2, 3), bytes without a clock. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/dataset_io_parts.h"
#include "io/fits_image.h"
#include "io/gti_io.h"
#include "io/history.h"

typedef struct writer {
    const fe_dataset *d;
    const char *path;
    fe_output *out;
    size_t end;
    fe_out_axis energy, etrue;
} writer;

static int put_table(writer *w, fe_table *t, fe_err *err)
{
    fe_str bytes = { 0 };
    int rc = fe_fits_table_add(w->path, t, &bytes, err);

    if (rc == 0)
        rc = fe_output_put(w->out, w->end, bytes.s, bytes.len, err);
    w->end += bytes.len;
    fe_str_free(&bytes);
    fe_table_free(t);
    return rc;
}

typedef struct cube {               /* one map                                                          */
    const char *name, *unit;
    const fe_geom *geom;
    size_t n_axes;
    fe_out_axis axis[2];            /* the first is the faster                                          */
    const double *value;            /* [axis 1][axis 0][ny][nx]; exactly one of value and mask          */
    const bool *mask;
    bool livetime;                  /* say it in META                                                   */
} cube;

/* Half as large where nothing is lost: counts, and what was in single precision before. */
static fe_pixel pixel_of(const cube *c)
{
    size_t n = fe_geom_nx(c->geom) * fe_geom_ny(c->geom) * c->axis[0].n * (c->n_axes > 1 ? c->axis[1].n : 1);

    if (c->mask)
        return FE_PIXEL_BYTE;
    for (size_t i = 0; i < n; i++)
        if ((double)(float)c->value[i] != c->value[i])
            return FE_PIXEL_DOUBLE;
    return FE_PIXEL_FLOAT;
}

static int put_planes(writer *w, const cube *c, fe_image *image, fe_err *err)
{
    size_t n = image->n_pixels;
    double *plane = FE_NEWN(double, n);
    int rc = 0;

    for (size_t k = 0; k < image->n_planes && rc == 0; k++) {
        for (size_t q = 0; q < n; q++)
            plane[q] = c->value ? c->value[k * n + q] : c->mask[k * n + q];
        rc = fe_image_put(image, w->out, k, plane, err);
    }
    free(plane);
    return rc;
}

static int put_cube(writer *w, const cube *c, fe_err *err)
{
    fe_metalist keywords = { 0 };
    fe_image image;
    fe_str bands = { 0 };
    size_t n_slow = c->n_axes > 1 ? c->axis[1].n : 0;
    int rc;

    fe_str_addf(&bands, "%s_BANDS", c->name);
    fe_out_axes_put(&keywords, c->n_axes, c->axis);
    fe_meta_set(&keywords, "BANDSHDU", FE_META_STRING, bands.s, NULL);
    fe_meta_set(&keywords, "BUNIT", FE_META_STRING, c->unit, NULL);
    fe_meta_set(&keywords, "META", FE_META_STRING, "{}", NULL);
    if (c->livetime)
        fe_out_livetime(w->d, &keywords);
    w->end = fe_image_begin_axes(&image, w->end, c->name, c->geom, c->axis[0].n, n_slow, pixel_of(c), &keywords);
    rc = put_planes(w, c, &image, err);
    if (rc == 0)
        rc = fe_image_end(&image, w->out, err);
    else
        fe_image_free(&image);
    if (rc == 0)
        rc = put_table(w, fe_out_bands(c->name, c->n_axes, c->axis), err);
    fe_str_free(&bands);
    fe_metalist_free(&keywords);
    return rc;
}

static int put_counts(writer *w, const char *name, const double *value, fe_err *err)
{
    if (!value)
        return 0;
    return put_cube(w, &(cube){ .name = name, .unit = "", .geom = w->d->geom, .n_axes = 1, .axis = { w->energy }, .value = value }, err);
}

/* ---- response ------------------------------------------------------------------------------------------------ */

/* One pixel that covers the map, for what is the same everywhere. */
static fe_geom *whole_sky(const fe_dataset *d)
{
    fe_geom_keys k = *fe_geom_keys_of(d->geom);

    k.crpix[0] = (k.crpix[0] - 0.5) / (double)k.nx + 0.5;
    k.crpix[1] = (k.crpix[1] - 0.5) / (double)k.ny + 0.5;
    k.cdelt_deg[0] *= (double)k.nx;
    k.cdelt_deg[1] *= (double)k.ny;
    k.nx = k.ny = 1;
    return fe_geom_new(&k, NULL, NULL, NULL);
}

/* Edges and nodes of the energy axis of a response: bins where the nodes are their middles. */
static fe_out_axis energy_axis(const fe_irfmap *p)
{
    fe_out_axis a = { "ENERGY_TRUE", "ENERGY_TRUE_MIN", "ENERGY_TRUE_MAX", "TeV", p->n_e, p->e_edge_TeV, false, NULL };

    if (p->reco)
        a = (fe_out_axis){ "ENERGY", "E_MIN", "E_MAX", "TeV", p->n_e, p->e_edge_TeV, false, NULL };
    for (size_t i = 0; i < p->n_e; i++)
        if (fabs(p->e_node_TeV[i] / sqrt(p->e_edge_TeV[i] * p->e_edge_TeV[i + 1]) - 1) > 1e-9)
            a.node = p->e_node_TeV;
    return a;
}

/* Nodes that are no middles of bins stand as such: that of the centre of a PSF, with half a bin. */
static const double *nodes_of(const fe_irfmap *p)
{
    for (size_t k = 0; k < p->n_axis && p->n_axis > 1; k++)
        if (fabs(p->axis_node[k] - 0.5 * (p->axis_edge[k] + p->axis_edge[k + 1])) > 1e-9 * p->axis_edge[p->n_axis])
            return p->axis_node;
    return NULL;
}

static fe_out_axis value_axis(const fe_irfmap *p)
{
    switch (p->kind) {
    case FE_IRF_PSF:
        return (fe_out_axis){ "RAD", "RAD_MIN", "RAD_MAX", "deg", p->n_axis, p->axis_edge, true, nodes_of(p) };
    case FE_IRF_EDISP_MIGRA:
        return (fe_out_axis){ "MIGRA", "MIGRA_MIN", "MIGRA_MAX", "", p->n_axis, p->axis_edge, true, nodes_of(p) };
    default:
        return (fe_out_axis){ "ENERGY", "E_MIN", "E_MAX", "TeV", p->n_axis, p->axis_edge, false, NULL };
    }
}

/* A response map, and the exposure it is weighed with. */
static int put_irf(writer *w, const char *name, const fe_irfmap *p, fe_err *err)
{
    fe_geom *geom = p->geom ? fe_geom_share(p->geom) : whole_sky(w->d);
    double *exposure = fe_dataset_irf_exposure(w->d, p);
    fe_out_axis values = value_axis(p), all = values;
    const double ends[2] = { p->axis_edge[0], p->axis_edge[p->n_axis] };
    fe_str exposure_name = { 0 };
    int rc;

    all.n = 1;
    all.edge = ends;
    all.node = NULL;
    fe_str_addf(&exposure_name, "%s_EXPOSURE", name);
    rc = put_cube(w, &(cube){ .name = name, .unit = p->kind == FE_IRF_PSF ? "sr-1" : "", .geom = geom, .n_axes = 2,
                              .axis = { values, energy_axis(p) }, .value = p->value }, err);
    if (rc == 0)
        rc = put_cube(w, &(cube){ .name = exposure_name.s, .unit = "cm2 s", .geom = geom, .n_axes = 2,
                                  .axis = { all, energy_axis(p) }, .value = exposure }, err);
    fe_str_free(&exposure_name);
    free(exposure);
    fe_geom_free(geom);
    return rc;
}

/* One matrix for the whole map. */
static int put_edisp(writer *w, fe_err *err)
{
    fe_irfmap *p = fe_irfmap_of_edisp(w->d->edisp, w->d->etrue_edge_TeV, w->d->e_edge_TeV);
    int rc = put_irf(w, "EDISP", p, err);

    fe_irfmap_free(p);
    return rc;
}

static int put_response(writer *w, fe_err *err)
{
    const fe_dataset *d = w->d;
    const cube exposure = { .name = "EXPOSURE", .unit = "cm2 s", .geom = d->geom, .n_axes = 1, .axis = { w->etrue },
                            .value = d->exposure_cm2_s, .livetime = true };

    if (put_cube(w, &exposure, err) < 0 || (d->edisp_map ? put_irf(w, "EDISP", d->edisp_map, err) : put_edisp(w, err)) < 0)
        return -1;
    return d->psf ? put_irf(w, "PSF", d->psf, err) : 0;
}

/* ---- the file -------------------------------------------------------------------------------------------------- */

/* Acceptances whose ratio is alpha; 0 of OFF where there is no OFF region. */
static int put_off(writer *w, fe_err *err)
{
    const fe_dataset *d = w->d;
    size_t n = fe_dataset_n_bins(d);
    double *on = FE_NEWN(double, n), *off = FE_NEWN(double, n);
    int rc = 0;

    for (size_t j = 0; j < n; j++) {
        on[j] = d->acceptance ? d->acceptance[j] : 1;
        off[j] = d->acceptance_off ? d->acceptance_off[j] : d->alpha[j] > 0 ? on[j] / d->alpha[j] : 0;
    }
    if (put_counts(w, "COUNTS_OFF", d->n_off, err) < 0 || put_counts(w, "ACCEPTANCE", on, err) < 0 ||
        put_counts(w, "ACCEPTANCE_OFF", off, err) < 0)
        rc = -1;
    free(on);
    free(off);
    return rc;
}

static int put_all(writer *w, bool history, fe_err *err)
{
    const fe_dataset *d = w->d;
    fe_metalist keywords = { 0 };
    fe_str primary = { 0 };
    int rc;

    fe_meta_set(&keywords, "NAME", FE_META_STRING, d->info.name ? d->info.name : "", "of the dataset");
    fe_fits_primary_add(&keywords, &primary);
    rc = fe_output_put(w->out, 0, primary.s, primary.len, err);
    w->end = primary.len;
    fe_str_free(&primary);
    fe_metalist_free(&keywords);
    if (rc < 0 || put_counts(w, "COUNTS", d->counts, err) < 0 || put_response(w, err) < 0 ||
        put_counts(w, "BACKGROUND", d->n_off ? NULL : d->background, err) < 0 ||
        put_cube(w, &(cube){ .name = "MASK_SAFE", .unit = "", .geom = d->geom, .n_axes = 1, .axis = { w->energy }, .mask = d->mask }, err) < 0)
        return -1;
    if (d->n_off && put_off(w, err) < 0)
        return -1;
    if (d->gti && put_table(w, fe_gti_to_table(d->gti), err) < 0)
        return -1;
    if (put_table(w, fe_out_meta(d), err) < 0)
        return -1;
    return history ? put_table(w, fe_history_table(), err) : 0;
}

int fe_dataset_write_map(const fe_dataset *d, const char *path, const fe_dataset_output *out, fe_err *err)
{
    writer w = { .d = d, .path = path, .out = fe_output_open(path, out->force, err),
                 .energy = { "ENERGY", "E_MIN", "E_MAX", "TeV", d->n_e, d->e_edge_TeV, false, NULL },
                 .etrue = { "ENERGY_TRUE", "ENERGY_TRUE_MIN", "ENERGY_TRUE_MAX", "TeV", d->n_etrue, d->etrue_edge_TeV, false, NULL } };

    if (!w.out)
        return -1;
    if (put_all(&w, out->history, err) < 0) {
        fe_output_drop(w.out);
        return -1;
    }
    return fe_output_commit(w.out, err);
}
