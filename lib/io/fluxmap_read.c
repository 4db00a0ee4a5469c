/* Flux maps read band by band: images become the rows of an estimate. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/note.h"
#include "io/fluxmap.h"
#include "io/gadf_columns.h"
#include "io/map_hdu.h"
#include "io/model_io.h"
#include "phys/units.h"

typedef struct layer { fe_slot slot; const char *hdu; double factor; } layer;      /* hdu: of the document */

struct fe_fluxmap_file {
    fe_map_file *file;
    fe_map *first;                  /* head of the first image: geometry and bands of all               */
    layer *layer;
    size_t n_layers, cap_layers, n_pixels, n_bands;
    double *edge_TeV;
    fe_estimate *head;
};

static fe_slot slot_of(const fe_part *p)
{
    fe_slot none = { FE_SLOT_REST, 0, 0 }, slot = p->table || !p->name ? none : fe_slot_of_column(p->name);

    return slot.kind == FE_SLOT_MEMBER || slot.kind == FE_SLOT_QUANTITY ? slot : none;
}

bool fe_fluxmap_is(const fe_document *doc)
{
    for (size_t i = 0; i < doc->n_parts; i++) {
        fe_slot slot = slot_of(&doc->part[i]);

        if (slot.kind == FE_SLOT_MEMBER || (slot.kind == FE_SLOT_QUANTITY && slot.a == FE_Q_SQRT_TS))
            return true;
    }
    return false;
}

void fe_fluxmap_free(fe_fluxmap_file *m)
{
    if (!m)
        return;
    fe_map_free(m->first);
    fe_map_file_close(m->file);
    free(m->layer);
    free(m->edge_TeV);
    fe_estimate_free(m->head);
    free(m);
}

/* ---- the head ------------------------------------------------------------------------------------------------- */

static int check_like_first(const fe_fluxmap_file *m, const fe_map *map, fe_err *err)
{
    const fe_where at = fe_map_where(map);

    if (!map->geom || !fe_geom_equal(map->geom, m->first->geom) || map->n != m->first->n)
        return fe_fail(err, FE_EDATA, &at, "its pixels or bands are not those of %s", m->first->name);
    return 0;
}

static int read_bands(fe_fluxmap_file *m, fe_err *err)
{
    const fe_map *map = m->first;
    const fe_where at = fe_map_where(map);

    if (!map->geom)
        return fe_fail(err, FE_EDATA, &at, "a region, expected an image");
    if (map->n_axes != 1 || strcmp(map->axis[0].name, "energy"))
        return fe_fail(err, FE_EDATA, &at, "flux maps have one axis of energies behind the sky, found %zu axes%s%s", map->n_axes,
                       map->n_axes ? ", the first " : "", map->n_axes ? map->axis[0].name : "");
    m->n_bands = map->axis[0].n;
    m->n_pixels = map->nx * map->ny;
    m->edge_TeV = FE_NEWN(double, m->n_bands + 1);
    memcpy(m->edge_TeV, map->axis[0].edge, (m->n_bands + 1) * sizeof *m->edge_TeV);
    return 0;
}

static int add_layer(fe_fluxmap_file *m, fe_slot slot, const char *hdu, fe_err *err)
{
    fe_map *map = fe_map_read_head(m->file, hdu, err);
    layer l = { slot, hdu, 1 };
    int rc = 0;

    if (!map)
        return -1;
    if (!m->first) {
        m->first = map;
        rc = read_bands(m, err);
    } else {
        rc = check_like_first(m, map, err);
    }
    if (rc == 0 && *map->unit && fe_unit_factor(map->unit, fe_slot_unit(slot), &l.factor, err) < 0) {
        const fe_where at = fe_map_where(map);

        rc = fe_fail(err, FE_EDATA, &at, "BUNIT is '%s', expected a unit like %s", map->unit, fe_slot_unit(slot));
    }
    if (map != m->first)
        fe_map_free(map);
    FE_GROW(m->layer, m->n_layers, m->cap_layers);
    m->layer[m->n_layers++] = l;
    return rc;
}

/* The array of a slot, made when it was absent. */
static double *array_of(fe_estimate *e, fe_slot slot)
{
    return slot.kind == FE_SLOT_MEMBER ? fe_estimate_member(e, (fe_sedtype)slot.a, (fe_member)slot.b)
                                       : fe_estimate_quantity(e, (fe_quantity)slot.a);
}

/* A model file that the primary header names: as it stands, or beside the maps. */
static void read_model_beside(const fe_document *doc, fe_estimate *e)
{
    const char *named = fe_meta_text(&doc->primary, "MODEL"), *slash = strrchr(doc->file, '/'), *name;
    fe_models *models = NULL;
    fe_err reason;
    fe_str path = { 0 };

    if (e->model_yaml || !named || !*named)
        return;
    name = strrchr(named, '/') ? strrchr(named, '/') + 1 : named;
    fe_str_addf(&path, "%.*s%s", slash ? (int)(slash - doc->file + 1) : 0, doc->file, name);
    if (fe_models_read(path.s, &models, &reason) < 0 && fe_models_read(named, &models, &reason) < 0) {
        fe_note(FE_NOTE_WARN, &(fe_where){ doc->file, NULL, 0 }, "no reference model: %s", reason.text);
    } else if (models->n) {
        fe_str yaml = { 0 };

        fe_models_print_yaml(models, &yaml);
        e->model_yaml = yaml.s;
        e->model = fe_spectrum_copy(models->model[0].spectrum);
        e->model_origin = fe_strdup("stored");
    }
    fe_models_free(models);
    fe_str_free(&path);
}

/* What the estimate says itself, and what belongs to one file, is not kept. */
static void keep_keywords(const fe_metalist *from, fe_metalist *to)
{
    static const char *const own[] = { "MODEL", "CHECKSUM", "DATASUM", "CREATOR", "CREATED", "ORIGIN" };

    for (size_t k = 0; k < from->n; k++) {
        const fe_meta *m = &from->m[k];
        bool is_own = fe_meta_is_ours(m->key);

        for (size_t i = 0; i < sizeof own / sizeof *own; i++)
            is_own = is_own || fe_str_equal_nocase(m->key, own[i]);
        if (!is_own)
            fe_meta_set(to, m->key, m->type, m->text, m->comment);
    }
}

/* Levels and keywords of the primary header, as of a table; the model's spectrum. */
static void read_head(fe_fluxmap_file *m)
{
    const fe_document *doc = fe_map_file_document(m->file);
    fe_table *t = fe_table_new("", 0);
    int type = FE_SED_LIKELIHOOD;
    fe_estimate *e = m->head = fe_estimate_new();

    fe_metalist_copy(&t->meta, &doc->primary);
    e->file = fe_strdup(doc->file);
    for (size_t k = 0; k < m->n_layers; k++) {
        if (m->layer[k].slot.kind == FE_SLOT_MEMBER)
            type = m->layer[k].slot.a;
        array_of(e, m->layer[k].slot);
    }
    e->type = (fe_sedtype)type;
    fe_meta_to_estimate(doc, t, e);
    fe_parts_to_estimate(doc, e);
    read_model_beside(doc, e);
    keep_keywords(&doc->primary, &e->rest->meta);
    fe_table_free(t);
}

fe_fluxmap_file *fe_fluxmap_open(const fe_bytes *bytes, fe_err *err)
{
    fe_fluxmap_file *m = FE_NEW(fe_fluxmap_file);
    const fe_document *doc;
    int rc = 0;

    m->file = fe_map_file_open(bytes, err);
    doc = m->file ? fe_map_file_document(m->file) : NULL;
    for (size_t i = 0; doc && i < doc->n_parts && rc == 0; i++) {
        fe_slot slot = slot_of(&doc->part[i]);

        if (slot.kind != FE_SLOT_REST)
            rc = add_layer(m, slot, doc->part[i].name, err);
    }
    if (rc == 0 && doc && !m->first)
        rc = fe_fail(err, FE_EDATA, &(fe_where){ bytes->name, NULL, 0 }, "there are no flux maps: expected images named NORM, FLUX, SQRT_TS ...");
    if (rc < 0 || !doc) {
        fe_fluxmap_free(m);
        return NULL;
    }
    read_head(m);
    return m;
}

fe_geom *fe_fluxmap_geom(const fe_fluxmap_file *m) { return m->first->geom; }
size_t fe_fluxmap_n_bands(const fe_fluxmap_file *m) { return m->n_bands; }
const double *fe_fluxmap_edges(const fe_fluxmap_file *m) { return m->edge_TeV; }
const fe_document *fe_fluxmap_document(const fe_fluxmap_file *m) { return fe_map_file_document(m->file); }
const fe_estimate *fe_fluxmap_head_of(const fe_fluxmap_file *m) { return m->head; }

/* ---- bands ---------------------------------------------------------------------------------------------------- */

static void copy_head(const fe_estimate *from, fe_estimate *e)
{
    e->file = fe_strdup(from->file);
    e->type = from->type;
    e->model = from->model ? fe_spectrum_copy(from->model) : NULL;
    e->model_yaml = fe_strdup(from->model_yaml);
    e->model_origin = fe_strdup(from->model_origin);
    e->n_sigma = from->n_sigma;
    e->ul_drop = from->ul_drop;
    e->ul_side = fe_strdup(from->ul_side);
    e->ul_conf = from->ul_conf;
    e->ul_bounded = from->ul_bounded;
    e->ul_rule = fe_strdup(from->ul_rule);
    e->gti = from->gti ? fe_gti_copy(from->gti) : NULL;
    fe_metalist_copy(&e->rest->meta, &from->rest->meta);
}

fe_estimate *fe_fluxmap_like(const fe_fluxmap_file *m)
{
    fe_estimate *e = fe_estimate_new();

    copy_head(m->head, e);
    return e;
}

static void fill_energies(const fe_fluxmap_file *m, size_t band, fe_estimate *e)
{
    double lo = m->edge_TeV[band], hi = m->edge_TeV[band + 1];

    for (size_t i = 0; i < m->n_pixels; i++) {
        fe_estimate_key(e, FE_KEY_E_MIN)[i] = lo;
        fe_estimate_key(e, FE_KEY_E_MAX)[i] = hi;
        fe_estimate_key(e, FE_KEY_E_REF)[i] = sqrt(lo * hi);
    }
}

int fe_fluxmap_read_band(fe_fluxmap_file *m, size_t band, fe_estimate **out, fe_err *err)
{
    fe_estimate *e = fe_fluxmap_like(m);
    int rc = 0;

    fe_estimate_add_rows(e, m->n_pixels);
    fill_energies(m, band, e);
    for (size_t k = 0; k < m->n_layers && rc == 0; k++) {
        double *x = array_of(e, m->layer[k].slot);

        rc = fe_map_read_values(m->file, m->layer[k].hdu, band * m->n_pixels, m->n_pixels, x, err);
        for (size_t i = 0; i < m->n_pixels && rc == 0 && m->layer[k].factor != 1; i++)
            x[i] *= m->layer[k].factor;
    }
    if (rc < 0)
        fe_estimate_free(e);
    else
        *out = e;
    return rc;
}

/* ---- scans ---------------------------------------------------------------------------------------------------- */

/* dloglike is half of stat_null - stat; stat_null is that of the image. */
static void add_scan(fe_scanlist *out, size_t band, size_t pixel, const double *norm, const double *dloglike, size_t n, double stat_null)
{
    double *stat = FE_NEWN(double, n);
    size_t used = 0;

    while (used < n && !isnan(norm[used])) {
        stat[used] = stat_null - 2 * dloglike[used];
        used++;
    }
    if (used)
        fe_scanlist_add(out, &(fe_pixel_scan){ band, pixel, used, norm, stat, stat_null });
    free(stat);
}

/*
 * gammapy's scans (formats 8): STAT_SCAN above STAT_NULL (gammapy 2.1), at DNDE_SCAN_VALUES; of both an axis DNDE_BIN stands before that
 * of the bands.
 */
static int check_dense(const fe_fluxmap_file *m, const fe_map *stat, const fe_map *dnde, double *unit, fe_err *err)
{
    const fe_map *both[2] = { stat, dnde };

    for (size_t k = 0; k < 2; k++) {
        const fe_where at = fe_map_where(both[k]);

        if (!both[k]->geom || !fe_geom_equal(both[k]->geom, m->first->geom) || both[k]->n_axes != 2 || both[k]->axis[1].n != m->n_bands ||
            both[k]->axis[0].n != stat->axis[0].n)
            return fe_fail(err, FE_EDATA, &at, "scans of other pixels or bands than those of %s, or points that are not those of STAT_SCAN",
                           m->first->name);
    }
    if (fe_unit_factor(dnde->unit, "cm-2 s-1 TeV-1", unit, err) < 0) {
        const fe_where at = fe_map_where(dnde);

        return fe_fail(err, FE_EDATA, &at, "BUNIT is '%s', expected a unit like cm-2 s-1 TeV-1", dnde->unit);
    }
    return 0;
}

/* A row of pixels in one band: [n_points][nx] of both. */
static int read_dense_row(const fe_fluxmap_file *m, size_t band, size_t y, size_t n_points, double *dnde, double *stat, fe_err *err)
{
    size_t nx = m->first->nx;

    for (size_t k = 0; k < n_points; k++) {
        size_t at = (band * n_points + k) * m->n_pixels + y * nx;

        if (fe_map_read_values(m->file, "DNDE_SCAN_VALUES", at, nx, dnde + k * nx, err) < 0 ||
            fe_map_read_values(m->file, "STAT_SCAN", at, nx, stat + k * nx, err) < 0)
            return -1;
    }
    return 0;
}

/* The finite points of a pixel. */
static void add_dense(fe_scanlist *out, size_t band, size_t pixel, size_t n_points, size_t nx, const double *dnde, const double *stat,
                      double ref, double stat_null, double *room)
{
    double *x = room, *y = room + n_points;
    size_t n = 0;

    for (size_t k = 0; k < n_points; k++) {
        x[n] = dnde[k * nx] / ref;
        y[n] = stat_null + stat[k * nx];
        n += isfinite(x[n]) && isfinite(y[n]);
    }
    if (n)
        fe_scanlist_add(out, &(fe_pixel_scan){ band, pixel, n, x, y, stat_null });
}

static int read_dense_band(const fe_fluxmap_file *m, size_t band, size_t n_points, double unit, fe_scanlist *out, fe_err *err)
{
    double lo = m->edge_TeV[band], hi = m->edge_TeV[band + 1];
    double ref = fe_sedtype_ref(FE_SED_DNDE, m->head->model, lo, hi, sqrt(lo * hi)) / unit;
    size_t nx = m->first->nx, n = n_points * nx;
    double *room = FE_NEWN(double, 2 * n + 2 * n_points + m->n_pixels), *null = room + 2 * n + 2 * n_points;
    int rc = fe_map_read_values(m->file, "STAT_NULL", band * m->n_pixels, m->n_pixels, null, err);

    for (size_t y = 0; rc == 0 && y < m->first->ny; y++) {
        rc = read_dense_row(m, band, y, n_points, room, room + n, err);
        for (size_t x = 0; rc == 0 && x < nx; x++)
            add_dense(out, band, y * nx + x, n_points, nx, room + x, room + n + x, ref, null[y * nx + x], room + 2 * n);
    }
    free(room);
    return rc;
}

static int read_dense(const fe_fluxmap_file *m, fe_scanlist *out, fe_err *err)
{
    fe_map *stat = NULL, *dnde = NULL;
    double unit = 1;
    int rc = -1;

    if (!fe_map_file_has(m->file, "STAT_SCAN") || !fe_map_file_has(m->file, "DNDE_SCAN_VALUES") || !fe_map_file_has(m->file, "STAT_NULL"))
        return 0;
    if (!m->head->model) {
        fe_note(FE_NOTE_WARN, &(fe_where){ fe_map_file_document(m->file)->file, "STAT_SCAN", 0 },
                "no reference model: the scans of its pixels cannot be taken");
        return 0;
    }
    if ((stat = fe_map_read_head(m->file, "STAT_SCAN", err)) && (dnde = fe_map_read_head(m->file, "DNDE_SCAN_VALUES", err)))
        rc = check_dense(m, stat, dnde, &unit, err);
    for (size_t band = 0; rc == 0 && band < m->n_bands; band++)
        rc = read_dense_band(m, band, stat->axis[0].n, unit, out, err);
    fe_map_free(stat);
    fe_map_free(dnde);
    return rc;
}

int fe_fluxmap_read_scans(const fe_fluxmap_file *m, fe_scanlist *out, fe_err *err)
{
    const fe_table *t = fe_document_table(fe_map_file_document(m->file), "SCANDATA");
    const fe_column *pix = t ? fe_table_find(t, "PIX") : NULL, *norm = t ? fe_table_find(t, "norm_scan") : NULL;
    const fe_column *dloglike = t ? fe_table_find(t, "dloglike_scan") : NULL;
    const fe_where at = { fe_map_file_document(m->file)->file, "SCANDATA", 0 };
    double *null = NULL;
    size_t n;

    if (!t)
        return read_dense(m, out, err);
    if (!pix || !norm || !dloglike || norm->type != FE_COL_DOUBLE || dloglike->type != FE_COL_DOUBLE || norm->width != dloglike->width ||
        norm->width % m->n_bands || !fe_map_file_has(m->file, "STAT_NULL"))
        return fe_fail(err, FE_EDATA, &at, "no scans: expected columns PIX, norm_scan and dloglike_scan of %zu bands, and an image STAT_NULL",
                       m->n_bands);
    n = norm->width / m->n_bands;
    null = FE_NEWN(double, m->n_pixels);
    for (size_t band = 0; band < m->n_bands; band++) {
        if (fe_map_read_values(m->file, "STAT_NULL", band * m->n_pixels, m->n_pixels, null, err) < 0) {
            free(null);
            return -1;
        }
        for (size_t row = 0; row < t->n_rows; row++) {
            double pixel = fe_column_number(pix, row, 0);
            size_t first = row * norm->width + band * n;

            if (pixel >= 0 && pixel < (double)m->n_pixels)
                add_scan(out, band, (size_t)pixel, norm->v.d + first, dloglike->v.d + first, n, null[(size_t)pixel]);
        }
    }
    free(null);
    return 0;
}
