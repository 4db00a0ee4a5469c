/* A spectrum as a dataset of one file: region maps (formats 2.3, 3) without a region, bytes without a clock. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "io/dataset_io_parts.h"
#include "io/fits.h"
#include "io/gti_io.h"
#include "io/history.h"

typedef fe_out_axis axis;

/* ---- tables ------------------------------------------------------------------------------------------------- */

void fe_out_axes_put(fe_metalist *meta, size_t n_axes, const fe_out_axis *a)
{
    for (size_t k = 0; k < n_axes; k++) {
        char key[32], columns[64];

        snprintf(key, sizeof key, "AXCOLS%zu", k + 1);
        if (a[k].node)
            snprintf(columns, sizeof columns, "%s", a[k].column);
        else
            snprintf(columns, sizeof columns, "%s,%s", a[k].lo, a[k].hi);
        fe_meta_set(meta, key, FE_META_STRING, columns, NULL);
        snprintf(key, sizeof key, "INTERP%zu", k + 1);
        fe_meta_set(meta, key, FE_META_STRING, a[k].is_linear ? "lin" : "log", NULL);
    }
}

/* Centre, lower or upper edge of a cell. */
static double part_of(const fe_out_axis *a, size_t i, int part)
{
    const double *e = a->edge + i;

    if (part > 0)
        return e[part - 1];
    return a->node ? a->node[i] : a->is_linear ? 0.5 * (e[0] + e[1]) : sqrt(e[0] * e[1]);
}

fe_table *fe_out_bands(const char *hdu, size_t n_axes, const fe_out_axis *a)
{
    size_t n = a[0].n * (n_axes > 1 ? a[1].n : 1);
    fe_str name = { 0 };
    fe_table *t;
    fe_column *c;

    fe_str_addf(&name, "%s_BANDS", hdu);
    t = fe_table_new(name.s, n);
    c = fe_table_add(t, "CHANNEL", FE_COL_INT, "", 1);
    for (size_t i = 0; i < n; i++)
        c->v.i[i] = (int64_t)i;
    for (size_t k = 0; k < n_axes; k++)
        for (int part = 0; part < (a[k].node ? 1 : 3); part++) {
            double *x = fe_table_add(t, part == 0 ? a[k].column : part == 1 ? a[k].lo : a[k].hi, FE_COL_DOUBLE, a[k].unit, 1)->v.d;

            for (size_t i = 0; i < n; i++)
                x[i] = part_of(&a[k], k == 0 ? i % a[0].n : i / a[0].n, part);
        }
    fe_out_axes_put(&t->meta, n_axes, a);
    fe_str_free(&name);
    return t;
}

/* One row for each cell of the last axis; exactly one of x and mask. */
static fe_table *add_map(fe_document *doc, const char *hdu, size_t n_axes, const axis *a, const char *unit, const double *x,
                         const bool *mask)
{
    size_t width = n_axes > 1 ? a[0].n : 1, n = a[n_axes - 1].n;
    fe_table *t = fe_document_add(doc, fe_table_new(hdu, n));
    fe_column *c = fe_table_add(t, "CHANNEL", FE_COL_INT, "", 1);
    fe_str bands = { 0 };

    c->fits_code = 'I';
    for (size_t i = 0; i < n; i++)
        c->v.i[i] = (int64_t)i;
    c = fe_table_add(t, "DATA", x ? FE_COL_DOUBLE : FE_COL_BOOL, unit, width);
    for (size_t i = 0; i < n * width; i++)
        if (x)
            c->v.d[i] = x[i];
        else
            c->v.b[i] = mask[i];
    c->dim[0] = c->dim[1] = 1;
    c->dim[2] = width;
    c->n_dim = n_axes > 1 ? 3 : 2;
    fe_out_axes_put(&t->meta, n_axes, a);
    fe_str_addf(&bands, "%s_BANDS", hdu);
    fe_meta_set(&t->meta, "BANDSHDU", FE_META_STRING, bands.s, NULL);
    fe_str_free(&bands);
    fe_document_add(doc, fe_out_bands(hdu, n_axes, a));
    return t;
}

/* ---- parts of a dataset ------------------------------------------------------------------------------------- */

void fe_out_livetime(const fe_dataset *d, fe_metalist *meta)
{
    char number[FE_NUM_SIZE];
    fe_str text = { 0 };

    if (isnan(d->livetime_s))
        return;
    fe_str_addf(&text, "{\"livetime\": \"%s s\"}", fe_num_format(d->livetime_s, number));
    fe_meta_set(meta, "META", FE_META_STRING, text.s, NULL);
    fe_str_free(&text);
}

static void add_exposure(fe_document *doc, const fe_dataset *d, const axis *etrue)
{
    fe_out_livetime(d, &add_map(doc, "EXPOSURE", 1, etrue, "cm2 s", d->exposure_cm2_s, NULL)->meta);
}

static void add_edisp(fe_document *doc, const fe_dataset *d, const axis *energy, const axis *etrue)
{
    const double ends[] = { d->e_edge_TeV[0], d->e_edge_TeV[d->n_e] };
    const axis kernel[] = { *energy, *etrue };
    axis all = *energy;
    double *full = FE_NEWN(double, d->n_etrue * d->n_e);

    for (size_t i = 0; i < d->n_etrue; i++)
        for (size_t k = d->edisp->row[i]; k < d->edisp->row[i + 1]; k++)
            full[i * d->n_e + (size_t)d->edisp->col[k]] = d->edisp->value[k];
    add_map(doc, "EDISP", 2, kernel, "", full, NULL);
    free(full);
    all.n = 1;
    all.edge = ends;
    add_map(doc, "EDISP_EXPOSURE", 2, (const axis[]){ all, *etrue }, "cm2 s", d->exposure_cm2_s, NULL);
}

/* Acceptances whose ratio is alpha; 0 of OFF where there is no OFF region. */
static void add_off(fe_document *doc, const fe_dataset *d, const axis *energy)
{
    double *on = FE_NEWN(double, d->n_e), *off = FE_NEWN(double, d->n_e);

    for (size_t j = 0; j < d->n_e; j++) {
        on[j] = d->acceptance ? d->acceptance[j] : 1;
        off[j] = d->acceptance_off ? d->acceptance_off[j] : d->alpha[j] > 0 ? on[j] / d->alpha[j] : 0;
    }
    add_map(doc, "COUNTS_OFF", 1, energy, "", d->n_off, NULL);
    add_map(doc, "ACCEPTANCE", 1, energy, "", on, NULL);
    add_map(doc, "ACCEPTANCE_OFF", 1, energy, "", off, NULL);
    free(on);
    free(off);
}

static void add_text(fe_table *t, const char *name, const char *text)
{
    if (text && *text)
        *fe_table_add(t, name, FE_COL_STRING, "", 1)->v.s = fe_strdup(text);
}

/* One row; of several runs cells of as many values. */
fe_table *fe_out_meta(const fe_dataset *d)
{
    fe_table *t = fe_table_new("META_TABLE", 1);

    for (size_t k = 0; d->runs && k < d->runs->n_cols; k++) {
        const fe_column *c = &d->runs->col[k];

        fe_column_copy(c, 0, fe_table_add(t, c->name, c->type, c->unit, d->runs->n_rows), 0, d->runs->n_rows);
    }
    if (d->runs)
        return t;
    add_text(t, "TELESCOP", d->info.telescop);
    add_text(t, "INSTRUME", d->info.instrume);
    add_text(t, "OBS_ID", d->info.name);
    return t;
}

int fe_dataset_print(const fe_dataset *d, bool history, fe_str *out, fe_err *err)
{
    const axis energy = { "ENERGY", "E_MIN", "E_MAX", "TeV", d->n_e, d->e_edge_TeV, false, NULL };
    const axis etrue = { "ENERGY_TRUE", "ENERGY_TRUE_MIN", "ENERGY_TRUE_MAX", "TeV", d->n_etrue, d->etrue_edge_TeV, false, NULL };
    fe_document *doc;
    int rc;

    if (d->ny * d->nx != 1 || d->geom)
        return fe_fail(err, FE_EDATA, &(fe_where){ .file = d->info.file }, "a map of %zu x %zu pixels, expected a spectrum", d->nx, d->ny);
    doc = fe_document_new("");
    fe_meta_set(&doc->primary, "NAME", FE_META_STRING, d->info.name ? d->info.name : "", "of the dataset");
    add_map(doc, "COUNTS", 1, &energy, "", d->counts, NULL);
    add_exposure(doc, d, &etrue);
    if (d->background)
        add_map(doc, "BACKGROUND", 1, &energy, "", d->background, NULL);
    add_edisp(doc, d, &energy, &etrue);
    add_map(doc, "MASK_SAFE", 1, &energy, "", NULL, d->mask);
    if (d->gti)
        fe_document_add(doc, fe_gti_to_table(d->gti));
    fe_document_add(doc, fe_out_meta(d));
    if (d->n_off)
        add_off(doc, d, &energy);
    if (history)
        fe_document_add(doc, fe_history_table());
    rc = fe_fits_write(doc, out, err);
    fe_document_free(doc);
    return rc;
}

bool fe_dataset_is_known_bkg(const fe_dataset *d)
{
    return d->geom || (d->background && !d->n_off);
}

char *fe_dataset_path(const fe_dataset_output *out)
{
    fe_str path = { 0 };

    fe_str_addf(&path, "%s/%s.fits", out->dir, out->name);
    return path.s;
}

int fe_dataset_write(const fe_dataset *d, const fe_dataset_output *out, fe_err *err)
{
    char *path = fe_dataset_path(out);
    fe_str bytes = { 0 };
    int rc = fe_output_check(path, out->force, err);

    if (rc == 0 && d->geom) {
        rc = fe_dataset_write_map(d, path, out, err);
        free(path);
        return rc;
    }
    if (rc == 0)
        rc = fe_dataset_print(d, out->history, &bytes, err);
    if (rc == 0)
        rc = fe_bytes_write(path, bytes.s, bytes.len, out->force, err);
    fe_str_free(&bytes);
    free(path);
    return rc;
}
