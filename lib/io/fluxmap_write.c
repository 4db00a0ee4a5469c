#include "io/fluxmap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/note.h"
#include "io/fits_image.h"
#include "io/gadf_columns.h"
#include "io/gti_io.h"
#include "io/history.h"
#include "phys/units.h"

typedef struct layer {              /* one quantity                                                     */
    fe_slot slot;
    double factor;                  /* to the unit of the file                                          */
    fe_image image;
    fe_str bands;                   /* its BANDS table, ready                                           */
    size_t at_bands;
} layer;

struct fe_fluxmap {
    fe_fluxmap_head head;
    char *path, *model_path;        /* NULL: standard output                                            */
    fe_output *out;
    fe_str primary;
    layer *layer;
    size_t n_layers, cap_layers;
    size_t n_pixels, end;           /* of a band; of the file so far                                    */
};

void fe_fluxmap_drop(fe_fluxmap *m)
{
    if (!m)
        return;
    for (size_t k = 0; k < m->n_layers; k++) {
        fe_image_free(&m->layer[k].image);
        fe_str_free(&m->layer[k].bands);
    }
    free(m->layer);
    fe_str_free(&m->primary);
    fe_output_drop(m->out);
    free(m->path);
    free(m->model_path);
    free(m);
}

/* ---- what is written --------------------------------------------------------------------------------------------- */

static void add_layer(fe_fluxmap *m, const fe_estimate *like, fe_slot slot)
{
    if (!fe_slot_array(like, slot))
        return;
    FE_GROW(m->layer, m->n_layers, m->cap_layers);
    m->layer[m->n_layers++] = (layer){ .slot = slot, .factor = 1 };
}

/* In the order of gammapy's files. */
static void choose_layers(fe_fluxmap *m, const fe_estimate *like)
{
    for (int member = 0; member < FE_MEMBER_N; member++)
        add_layer(m, like, (fe_slot){ FE_SLOT_MEMBER, (int)like->type, member });
    for (int q = 0; q < FE_Q_N; q++)
        if (q != FE_Q_E_MIN_EFF && q != FE_Q_E_MAX_EFF && q != FE_Q_E_MIN_ASKED && q != FE_Q_E_MAX_ASKED)
            add_layer(m, like, (fe_slot){ FE_SLOT_QUANTITY, q, 0 });
}

static const char *unit_of(const fe_fluxmap *m, fe_slot slot)
{
    bool is_flux = slot.kind == FE_SLOT_MEMBER && slot.a != FE_SED_LIKELIHOOD;

    return is_flux && m->head.unit ? m->head.unit : fe_slot_out_unit(slot);
}

static int find_units(fe_fluxmap *m, fe_err *err)
{
    for (size_t k = 0; k < m->n_layers; k++)
        if (fe_unit_factor(fe_slot_unit(m->layer[k].slot), unit_of(m, m->layer[k].slot), &m->layer[k].factor, err) < 0)
            return -1;
    return 0;
}

static char *upper_name(fe_slot slot)
{
    fe_str name = { 0 };

    fe_slot_name(slot, &name);
    for (char *p = name.s; *p; p++)
        if (*p >= 'a' && *p <= 'z')
            *p = (char)(*p - 'a' + 'A');
    return name.s;
}

/* ---- headers ----------------------------------------------------------------------------------------------------- */

static fe_table *bands_table(const fe_fluxmap *m, const char *name)
{
    fe_table *t = fe_table_new(name, m->head.n_bands);
    int64_t *channel = fe_table_add(t, "CHANNEL", FE_COL_INT, "", 1)->v.i;

    fe_table_find(t, "CHANNEL")->fits_code = 'K';
    for (int c = 0; c < 3; c++) {
        static const char *const names[] = { "ENERGY", "E_MIN", "E_MAX" };
        double *x = fe_table_add(t, names[c], FE_COL_DOUBLE, "TeV", 1)->v.d;

        for (size_t k = 0; k < m->head.n_bands; k++) {
            double lo = m->head.edge_TeV[k], hi = m->head.edge_TeV[k + 1];

            channel[k] = (int64_t)k;
            x[k] = c == 0 ? sqrt(lo * hi) : c == 1 ? lo : hi;
        }
    }
    fe_meta_set(&t->meta, "AXCOLS1", FE_META_STRING, "E_MIN,E_MAX", NULL);
    fe_meta_set(&t->meta, "INTERP1", FE_META_STRING, "log", NULL);
    return t;
}

static void image_keywords(const fe_fluxmap *m, const char *bands, fe_slot slot, fe_metalist *out)
{
    fe_str shape = { 0 };

    fe_str_addf(&shape, "(%zu,%zu,%zu)", fe_geom_nx(m->head.geom), fe_geom_ny(m->head.geom), m->head.n_bands);
    fe_meta_set(out, "AXCOLS1", FE_META_STRING, "E_MIN,E_MAX", NULL);
    fe_meta_set(out, "INTERP1", FE_META_STRING, "log", NULL);
    fe_meta_set(out, "WCSSHAPE", FE_META_STRING, shape.s, NULL);
    fe_meta_set(out, "BANDSHDU", FE_META_STRING, bands, NULL);
    fe_meta_set(out, "META", FE_META_STRING, "{}", NULL);
    fe_meta_set(out, "BUNIT", FE_META_STRING, unit_of(m, slot), fe_slot_help(slot));
    fe_str_free(&shape);
}

static int place_layer(fe_fluxmap *m, layer *l, fe_err *err)
{
    fe_coltype type = fe_slot_type(l->slot);
    fe_pixel pixel = type != FE_COL_DOUBLE ? FE_PIXEL_INT64 : m->head.as_float ? FE_PIXEL_FLOAT : FE_PIXEL_DOUBLE;
    char *name = upper_name(l->slot);
    fe_str bands = { 0 };
    fe_metalist keywords = { 0 };
    fe_table *t;
    int rc;

    fe_str_addf(&bands, "%s_BANDS", name);
    image_keywords(m, bands.s, l->slot, &keywords);
    l->at_bands = fe_image_begin(&l->image, m->end, name, m->head.geom, m->head.n_bands, pixel, &keywords);
    t = bands_table(m, bands.s);
    rc = fe_fits_table_add(m->path, t, &l->bands, err);
    m->end = l->at_bands + l->bands.len;
    fe_table_free(t);
    fe_metalist_free(&keywords);
    fe_str_free(&bands);
    free(name);
    return rc;
}

/* gammapy opens the model by the name that stands here, as it stands. */
static void primary_keywords(const fe_fluxmap *m, const fe_estimate *like, fe_metalist *out)
{
    fe_meta_of_estimate(like, NULL, true, FE_META_NEW, out);
    if (m->model_path)
        fe_meta_set(out, "MODEL", FE_META_STRING, m->model_path, "reference model; also in REFMODEL");
}

fe_fluxmap *fe_fluxmap_create(const char *path, const fe_fluxmap_head *head, const fe_estimate *like, fe_err *err)
{
    fe_fluxmap *m = FE_NEW(fe_fluxmap);
    fe_metalist keywords = { 0 };
    fe_str model = { 0 };
    int rc = 0;

    m->head = *head;
    m->n_pixels = fe_geom_nx(head->geom) * fe_geom_ny(head->geom);
    if (path && strcmp(path, "-")) {
        fe_str_addf(&model, "%s_model.yaml", path);
        m->path = fe_strdup(path);
        m->model_path = like->model_yaml ? fe_strdup(model.s) : NULL;
    }
    choose_layers(m, like);
    primary_keywords(m, like, &keywords);
    fe_fits_primary_add(&keywords, &m->primary);
    m->end = m->primary.len;
    if (find_units(m, err) < 0 || (m->model_path && fe_output_check(m->model_path, head->force, err) < 0) ||
        !(m->out = fe_output_open(path, head->force, err)))
        rc = -1;
    for (size_t k = 0; k < m->n_layers && rc == 0; k++)
        rc = place_layer(m, &m->layer[k], err);
    fe_metalist_free(&keywords);
    fe_str_free(&model);
    if (rc == 0)
        return m;
    fe_fluxmap_drop(m);
    return NULL;
}

/* ---- data -------------------------------------------------------------------------------------------------------- */

int fe_fluxmap_put(fe_fluxmap *m, size_t band, const fe_estimate *e, size_t first_row, fe_err *err)
{
    double *plane = FE_NEWN(double, m->n_pixels);
    int rc = 0;

    for (size_t k = 0; k < m->n_layers && rc == 0; k++) {
        const double *x = fe_slot_array(e, m->layer[k].slot);

        for (size_t i = 0; i < m->n_pixels; i++)
            plane[i] = x ? x[first_row + i] * m->layer[k].factor : NAN;
        rc = fe_image_put(&m->layer[k].image, m->out, band, plane, err);
    }
    free(plane);
    return rc;
}

/* ---- the end ------------------------------------------------------------------------------------------------------ */

static int put_table(fe_fluxmap *m, fe_table *t, fe_err *err)
{
    fe_str bytes = { 0 };
    int rc = fe_fits_table_add(m->path, t, &bytes, err);

    if (rc == 0)
        rc = fe_output_put(m->out, m->end, bytes.s, bytes.len, err);
    m->end += bytes.len;
    fe_str_free(&bytes);
    fe_table_free(t);
    return rc;
}

/* One row for each pixel with a scan in any band: [band][point]; NaN behind a shorter scan, and in bands without. */
static fe_table *scan_table(const fe_fluxmap *m, const fe_scanlist *list)
{
    size_t n_points = fe_scanlist_longest(list), width = n_points * m->head.n_bands, n_rows = 0;
    size_t *row = FE_NEWN(size_t, m->n_pixels);         /* + 1; 0: none */
    fe_table *t;

    for (size_t k = 0; k < list->n; k++)
        row[list->scan[k].pixel] = 1;
    for (size_t q = 0; q < m->n_pixels; q++)
        row[q] = row[q] ? ++n_rows : 0;
    t = fe_table_new("SCANDATA", n_rows);
    int64_t *pix = fe_table_add(t, "PIX", FE_COL_INT, "", 1)->v.i;
    double *norm = fe_table_add(t, "norm_scan", FE_COL_DOUBLE, "", width)->v.d;
    double *dloglike = fe_table_add(t, "dloglike_scan", FE_COL_DOUBLE, "", width)->v.d;

    for (size_t i = 0; i < n_rows * width; i++)
        norm[i] = dloglike[i] = NAN;
    for (size_t k = 0; k < list->n; k++) {
        const fe_pixel_scan *s = &list->scan[k];
        size_t at = (row[s->pixel] - 1) * width + s->band * n_points;

        pix[row[s->pixel] - 1] = (int64_t)s->pixel;
        for (size_t i = 0; i < s->n; i++) {
            norm[at + i] = s->norm[i];
            dloglike[at + i] = 0.5 * (s->stat_null - s->stat[i]);
        }
    }
    free(row);
    return t;
}

int fe_fluxmap_put_scans(fe_fluxmap *m, const fe_scanlist *list, fe_err *err)
{
    fe_table *bands;

    if (list->n == 0)
        return 0;
    bands = bands_table(m, "EBOUNDS");
    return put_table(m, scan_table(m, list), err) < 0 ? (fe_table_free(bands), -1) : put_table(m, bands, err);
}

static int put_layers(fe_fluxmap *m, fe_err *err)
{
    int rc = fe_output_put(m->out, 0, m->primary.s, m->primary.len, err);

    for (size_t k = 0; k < m->n_layers && rc == 0; k++) {
        layer *l = &m->layer[k];

        rc = fe_output_put(m->out, l->at_bands, l->bands.s, l->bands.len, err);
        if (rc == 0)
            rc = fe_image_end(&l->image, m->out, err);
    }
    return rc;
}

int fe_fluxmap_close(fe_fluxmap *m, const fe_estimate *like, fe_err *err)
{
    int rc = put_layers(m, err);

    if (rc == 0 && like->gti)
        rc = put_table(m, fe_gti_to_table(like->gti), err);
    if (rc == 0 && like->model_yaml)
        rc = put_table(m, fe_table_of_model(like->model_yaml), err);
    if (rc == 0 && m->head.history)
        rc = put_table(m, fe_history_table(), err);
    if (rc == 0 && m->model_path)
        rc = fe_bytes_write(m->model_path, like->model_yaml, strlen(like->model_yaml), m->head.force, err);
    if (rc == 0) {
        rc = fe_output_commit(m->out, err);
        m->out = NULL;
    }
    fe_fluxmap_drop(m);
    return rc;
}
