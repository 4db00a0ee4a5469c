#include "io/map_hdu.h"

#include <fitsio.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/fits.h"
#include "io/fits_header.h"
#include "phys/units.h"

/* Values of one map: what is larger is a mistake, or a compressed image made to fill the machine. */
#define MAX_VALUES ((size_t)1 << 29)

struct fe_map_file {
    const fe_bytes *bytes;          /* borrowed                                                         */
    fe_document *doc;
    fitsfile *fits;
    void *data;                     /* theirs: CFITSIO keeps the addresses of these two                 */
    size_t n_data;
};

/* ---- files -------------------------------------------------------------------------------------------------- */

static int refuse(const fe_map_file *f, const char *hdu, int status, fe_err *err)
{
    const fe_where at = { f->bytes->name, hdu, 0 };
    char text[FLEN_STATUS] = "", more[FLEN_ERRMSG] = "";

    fits_get_errstatus(status, text);
    fits_read_errmsg(more);
    fits_clear_errmsg();
    return fe_fail(err, FE_EDATA, &at, "broken FITS: %s (%s)", text, *more ? more : "no details");
}

/* fe_fits_read has checked every length, so a memory file is safe (io/fits_read.c). */
fe_map_file *fe_map_file_open(const fe_bytes *b, fe_err *err)
{
    fe_map_file *f = FE_NEW(fe_map_file);
    int status = 0;

    f->bytes = b;
    f->data = b->data;
    f->n_data = b->n;
    if (fe_fits_read_heads(b, &f->doc, err) < 0) {
        fe_map_file_close(f);
        return NULL;
    }
    if (fits_open_memfile(&f->fits, "memory", READONLY, &f->data, &f->n_data, 0, NULL, &status)) {
        refuse(f, NULL, status, err);
        fe_map_file_close(f);
        return NULL;
    }
    return f;
}

void fe_map_file_close(fe_map_file *f)
{
    int status = 0;

    if (!f)
        return;
    if (f->fits)
        fits_close_file(f->fits, &status);
    fits_clear_errmsg();
    fe_document_free(f->doc);
    free(f);
}

const fe_document *fe_map_file_document(const fe_map_file *f)
{
    return f->doc;
}

static bool is_primary(const char *hdu)
{
    return fe_str_equal_nocase(hdu, "PRIMARY");
}

static bool is_first(const fe_part *p)
{
    return !p->table && p->n_raw > 6 && !memcmp(p->raw, "SIMPLE", 6);
}

static const fe_part *find_part(const fe_map_file *f, const char *hdu)
{
    for (size_t i = 0; i < f->doc->n_parts; i++) {
        const fe_part *p = &f->doc->part[i];

        if (is_primary(hdu) ? is_first(p) : fe_str_equal_nocase(p->table ? p->table->name : p->name, hdu))
            return p;
    }
    return NULL;
}

bool fe_map_file_has(const fe_map_file *f, const char *hdu)
{
    return find_part(f, hdu) != NULL;
}

/* Cubes of the Fermitools (formats 2.4, 10) say by their table what the third axis is: bins of EBOUNDS, or nodes of ENERGIES. */
static void name_fermi_axis(const fe_document *doc, fe_metalist *meta)
{
    const char *bands = fe_document_table(doc, "EBOUNDS") ? "EBOUNDS" : fe_document_table(doc, "ENERGIES") ? "ENERGIES" : NULL;

    if (!bands || fe_meta_find(meta, "AXCOLS1"))
        return;
    fe_meta_set(meta, "BANDSHDU", FE_META_STRING, bands, NULL);
    fe_meta_set(meta, "AXCOLS1", FE_META_STRING, *bands == 'E' && bands[1] == 'B' ? "E_MIN,E_MAX" : "ENERGY", NULL);
    fe_meta_set(meta, "INTERP1", FE_META_STRING, "log", NULL);
}

void fe_map_file_meta(const fe_map_file *f, const char *hdu, fe_metalist *out)
{
    const fe_part *p = find_part(f, hdu);
    fe_fits_header header = { 0 };

    if (p && p->table) {
        fe_metalist_copy(out, &p->table->meta);
    } else if (p) {
        fe_fits_header_read(p->raw, p->n_raw, 0, &header, out);
        fe_fits_header_free(&header);
    }
    if (p && is_primary(hdu))
        name_fermi_axis(f->doc, out);
}

/* ---- maps --------------------------------------------------------------------------------------------------- */

void fe_map_free(fe_map *m)
{
    if (!m)
        return;
    for (size_t k = 0; k < m->n_axes; k++)
        fe_map_axis_free(&m->axis[k]);
    fe_geom_free(m->geom);
    fe_metalist_free(&m->meta);
    free(m->file);
    free(m->name);
    free(m->unit);
    free(m->value);
    free(m);
}

fe_where fe_map_where(const fe_map *m)
{
    return (fe_where){ m->file, m->name, 0 };
}

size_t fe_map_n_cells(const fe_map *m)
{
    size_t n = 1;

    for (size_t k = 0; k < m->n_axes; k++)
        n *= m->axis[k].n;
    return n;
}

int fe_map_to_unit(fe_map *m, const char *unit, fe_err *err)
{
    const fe_where at = fe_map_where(m);
    double factor;
    fe_err reason;

    if (fe_unit_factor(m->unit, unit, &factor, &reason) < 0)
        return fe_fail(err, FE_EDATA, &at, "unit of the values: %s", reason.text);
    for (size_t i = 0; factor != 1 && i < m->n; i++)
        m->value[i] *= factor;
    return 0;
}

static int read_axes(const fe_document *doc, fe_map *m, fe_err *err)
{
    const fe_where at = fe_map_where(m);
    size_t n = fe_map_axis_count(doc, m->name, &m->meta);

    if (n > FE_MAP_MAX_AXES)
        return fe_fail(err, FE_EDATA, &at, "%zu axes, expected at most %d", n, FE_MAP_MAX_AXES);
    for (; m->n_axes < n; m->n_axes++)
        if (fe_map_axis_read(doc, m->name, &m->meta, m->n_axes, &m->axis[m->n_axes], err) < 0)
            return -1;
    return 0;
}

/* ---- the sky ------------------------------------------------------------------------------------------------ */

static double number(const fe_metalist *meta, const char *stem, int n, double missing)
{
    char key[16];
    double x;

    snprintf(key, sizeof key, n ? "%s%d" : "%s", stem, n);
    x = fe_meta_number(meta, key);
    return isnan(x) ? missing : x;
}

static const char *text(const fe_metalist *meta, const char *stem, int n)
{
    char key[16];
    const char *said;

    snprintf(key, sizeof key, n ? "%s%d" : "%s", stem, n);
    said = fe_meta_text(meta, key);
    return said ? said : "";
}

/* PC, or CD (which stands for PC with CDELT 1), or the rotation CROTA2 of older headers: Calabretta & Greisen 2002, 6.1. */
static void read_matrix(const fe_metalist *meta, fe_geom_keys *k)
{
    double rotation = number(meta, "CROTA", 2, 0) * (acos(-1) / 180);
    bool cd = fe_meta_find(meta, "CD1_1") || fe_meta_find(meta, "CD1_2") || fe_meta_find(meta, "CD2_1");

    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++) {
            char key[16];

            snprintf(key, sizeof key, "%s%d_%d", cd ? "CD" : "PC", i + 1, j + 1);
            k->pc[i][j] = number(meta, key, 0, i == j && !cd);
        }
    if (cd) {
        k->cdelt_deg[0] = k->cdelt_deg[1] = 1;
    } else if (rotation != 0 && !fe_meta_find(meta, "PC1_1")) {
        k->pc[0][0] = k->pc[1][1] = cos(rotation);
        k->pc[0][1] = -sin(rotation) * k->cdelt_deg[1] / k->cdelt_deg[0];
        k->pc[1][0] = sin(rotation) * k->cdelt_deg[0] / k->cdelt_deg[1];
    }
}

static void read_projection(const fe_metalist *meta, fe_geom_keys *k)
{
    for (int i = 1; i <= 2; i++)
        for (int m = 0; m < 30 && k->n_pv < FE_GEOM_MAX_PV; m++) {
            char key[16];
            double value;

            snprintf(key, sizeof key, "PV%d_%d", i, m);
            value = fe_meta_number(meta, key);
            if (isnan(value))
                continue;
            k->pv[k->n_pv].i = i;
            k->pv[k->n_pv].m = m;
            k->pv[k->n_pv++].value = value;
        }
}

/* What is there must be numbers: the default is for what is absent. */
static int check_numbers(const fe_metalist *meta, const fe_where *at, fe_err *err)
{
    static const char *const stem[] = { "CRPIX", "CRVAL", "CDELT", "PC1_", "PC2_", "CD1_", "CD2_" };

    for (size_t k = 0; k < sizeof stem / sizeof *stem; k++)
        for (int i = 1; i <= 2; i++) {
            char key[16];

            snprintf(key, sizeof key, "%s%d", stem[k], i);
            if (fe_meta_find(meta, key) && !isfinite(fe_meta_number(meta, key)))
                return fe_fail(err, FE_EDATA, at, "%s is '%s', expected a number", key, fe_meta_text(meta, key));
        }
    return 0;
}

static int read_geom(fe_map *m, fe_err *err)
{
    const fe_metalist *meta = &m->meta;
    const fe_where at = fe_map_where(m);
    fe_geom_keys k = { .nx = m->nx, .ny = m->ny, .equinox = number(meta, "EQUINOX", 0, NAN),
                       .lonpole_deg = number(meta, "LONPOLE", 0, NAN), .latpole_deg = number(meta, "LATPOLE", 0, NAN) };

    if (check_numbers(meta, &at, err) < 0)
        return -1;
    snprintf(k.radesys, sizeof k.radesys, "%s", text(meta, "RADESYS", 0));
    for (int i = 0; i < 2; i++) {
        const char *unit = text(meta, "CUNIT", i + 1);
        double factor = 1;

        if (*unit && fe_unit_factor(unit, "deg", &factor, NULL) < 0)
            return fe_fail(err, FE_EDATA, &at, "CUNIT%d is '%s', expected an angle", i + 1, unit);
        snprintf(k.ctype[i], sizeof k.ctype[i], "%s", text(meta, "CTYPE", i + 1));
        k.crpix[i] = number(meta, "CRPIX", i + 1, 0);
        k.crval_deg[i] = factor * number(meta, "CRVAL", i + 1, 0);
        k.cdelt_deg[i] = factor * number(meta, "CDELT", i + 1, 1);
        if (k.cdelt_deg[i] == 0)
            return fe_fail(err, FE_EDATA, &at, "CDELT%d is 0, expected the size of a pixel", i + 1);
    }
    read_matrix(meta, &k);
    read_projection(meta, &k);
    m->geom = fe_geom_new(&k, m->file, m->name, err);
    return m->geom ? 0 : -1;
}

/* ---- images ------------------------------------------------------------------------------------------------- */

/* NAXIS3 ... are the axes in their order; axes of one cell at the end may be left out. */
static int check_size(const fe_map *m, int n_dim, const LONGLONG *size, fe_err *err)
{
    const fe_where at = fe_map_where(m);

    for (int k = 2; k < n_dim || (size_t)k < m->n_axes + 2; k++) {
        size_t found = k < n_dim ? (size_t)size[k] : 1, said = (size_t)(k - 2) < m->n_axes ? m->axis[k - 2].n : 1;

        if (found != said)
            return fe_fail(err, FE_EDATA, &at, "NAXIS%d is %zu, but axis %d (%s) has %zu cells: axes missing or in another order",
                           k + 1, found, k - 1, (size_t)(k - 2) < m->n_axes ? m->axis[k - 2].name : "none", said);
    }
    return 0;
}

/* Of the HDU that CFITSIO stands at. */
static int read_pixels(const fe_map_file *f, const char *hdu, size_t first, size_t n, double *out, fe_err *err)
{
    double missing = NAN;
    int any = 0, status = 0, bitpix = 0;

    fits_get_img_type(f->fits, &bitpix, &status);
    /* Only integers have a null value to look for (io/fits_read.c). */
    fits_read_img(f->fits, TDOUBLE, (LONGLONG)first + 1, (LONGLONG)n, bitpix > 0 ? &missing : NULL, out, &any, &status);
    return status ? refuse(f, hdu, status, err) : 0;
}

static int read_image(const fe_map_file *f, fe_map *m, bool values, fe_err *err)
{
    const fe_where at = fe_map_where(m);
    LONGLONG size[FE_MAP_MAX_AXES + 2] = { 0 };
    int n_dim = 0, status = 0, bitpix = 0;

    if (fits_get_img_dim(f->fits, &n_dim, &status) || fits_get_img_type(f->fits, &bitpix, &status))
        return refuse(f, m->name, status, err);
    m->is_double = bitpix == DOUBLE_IMG;
    if (n_dim < 2 || n_dim > FE_MAP_MAX_AXES + 2)
        return fe_fail(err, FE_EDATA, &at, "an image with %d axes, expected 2 to %d", n_dim, FE_MAP_MAX_AXES + 2);
    if (fits_get_img_sizell(f->fits, n_dim, size, &status))
        return refuse(f, m->name, status, err);
    fe_map_file_meta(f, m->name, &m->meta);
    m->unit = fe_strdup(text(&m->meta, "BUNIT", 0));
    m->nx = (size_t)size[0];
    m->ny = (size_t)size[1];
    if (read_axes(f->doc, m, err) < 0 || check_size(m, n_dim, size, err) < 0)
        return -1;
    if (__builtin_mul_overflow(m->nx * m->ny, fe_map_n_cells(m), &m->n) || m->n > MAX_VALUES || m->n == 0)
        return fe_fail(err, FE_EDATA, &at, "an image of %zu x %zu x %zu pixels cannot be held", m->nx, m->ny, fe_map_n_cells(m));
    if (read_geom(m, err) < 0 || !values)
        return m->geom ? 0 : -1;
    m->value = FE_NEWN(double, m->n);
    return read_pixels(f, m->name, 0, m->n, m->value, err);
}

/* ---- tables of cells (formats 2.3) -------------------------------------------------------------------------- */

/* In C order whether a row holds one cell (older files) or all those of the first axis. */
static int read_cells(const fe_map_file *f, const fe_table *t, fe_map *m, fe_err *err)
{
    const fe_where at = fe_map_where(m);
    const fe_column *c = fe_table_find(t, "DATA");

    fe_map_file_meta(f, m->name, &m->meta);
    if (fe_meta_find(&t->meta, "PIXTYPE") || fe_meta_find(&t->meta, "ORDERING"))
        return fe_fail(err, FE_EDATA, &at, "a HEALPix map, expected an image in a WCS projection or the cells of a region");
    if (fe_table_find(t, "PIX") && fe_table_find(t, "VALUE"))
        return fe_fail(err, FE_EDATA, &at, "a sparse map, expected an image or the cells of a region");
    if (!c || c->type == FE_COL_STRING)
        return fe_fail(err, FE_EDATA, &at, "no map: there is no image, and no column DATA with numbers");
    m->unit = fe_strdup(c->unit);
    m->nx = m->ny = 1;
    if (read_axes(f->doc, m, err) < 0)
        return -1;
    m->n = fe_map_n_cells(m);
    if (m->n != t->n_rows * c->width)
        return fe_fail(err, FE_EDATA, &at, "column DATA has %zu values, the axes have %zu cells", t->n_rows * c->width, m->n);
    m->value = FE_NEWN(double, m->n);
    for (size_t i = 0; i < m->n; i++)
        m->value[i] = fe_column_number(c, i / c->width, i % c->width);
    return 0;
}

static int go_to(const fe_map_file *f, const char *hdu, fe_err *err)
{
    char name[FLEN_VALUE];
    int status = 0;

    snprintf(name, sizeof name, "%s", hdu);
    if (!fe_map_file_has(f, hdu))
        return fe_fail(err, FE_EDATA, &(fe_where){ f->bytes->name, NULL, 0 }, "there is no HDU %s", hdu);
    if (is_primary(hdu) ? fits_movabs_hdu(f->fits, 1, NULL, &status) : fits_movnam_hdu(f->fits, ANY_HDU, name, 0, &status))
        return refuse(f, hdu, status, err);
    return 0;
}

static fe_map *read_map(fe_map_file *f, const char *hdu, bool values, fe_err *err)
{
    fe_map *m = FE_NEW(fe_map);
    int status = 0, type = 0, rc = go_to(f, hdu, err);

    m->file = fe_strdup(f->bytes->name);
    m->name = fe_strdup(hdu);
    if (rc == 0 && fits_get_hdu_type(f->fits, &type, &status))
        rc = refuse(f, hdu, status, err);
    if (rc == 0)
        rc = type == IMAGE_HDU ? read_image(f, m, values, err) : read_cells(f, fe_document_table(f->doc, hdu), m, err);
    if (rc == 0)
        return m;
    fe_map_free(m);
    return NULL;
}

static fe_map *read_first(fe_map_file *f, bool values, fe_err *err)
{
    const fe_where at = { f->bytes->name, NULL, 0 };

    for (size_t i = 0; i < f->doc->n_parts; i++) {
        const fe_part *p = &f->doc->part[i];
        const char *name = p->table ? NULL : is_first(p) ? "PRIMARY" : p->name;
        int n_dim = 0, status = 0;

        if (!name || go_to(f, name, NULL) < 0 || fits_get_img_dim(f->fits, &n_dim, &status) || n_dim < 2)
            continue;
        return read_map(f, name, values, err);
    }
    fe_fail(err, FE_EDATA, &at, "there is no image");
    return NULL;
}

fe_map *fe_map_read(fe_map_file *f, const char *hdu, fe_err *err)
{
    return read_map(f, hdu, true, err);
}

fe_map *fe_map_read_head(fe_map_file *f, const char *hdu, fe_err *err)
{
    return read_map(f, hdu, false, err);
}

fe_map *fe_map_read_first(fe_map_file *f, fe_err *err)
{
    return read_first(f, true, err);
}

fe_geom *fe_map_read_geom(const char *path, fe_err *err)
{
    fe_bytes bytes = { 0 };
    fe_map_file *f = fe_bytes_read(path, &bytes, err) == 0 ? fe_map_file_open(&bytes, err) : NULL;
    fe_map *m = f ? read_first(f, false, err) : NULL;
    fe_geom *geom = m ? fe_geom_share(m->geom) : NULL;

    fe_map_free(m);
    fe_map_file_close(f);
    fe_bytes_free(&bytes);
    return geom;
}

int fe_map_read_values(fe_map_file *f, const char *hdu, size_t first, size_t n, double *out, fe_err *err)
{
    return go_to(f, hdu, err) < 0 ? -1 : read_pixels(f, hdu, first, n, out, err);
}
