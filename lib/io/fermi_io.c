#include "io/fermi_io.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/num.h"
#include "io/dataset_io_parts.h"
#include "io/fits.h"

static const double TEV_IN_MEV = 1e-6;
static const double EDGE_RTOL = 1e-5;       /* EBOUNDS are in single precision */

/* ---- files -------------------------------------------------------------------------------------------------- */

bool fe_fermi_sniff(const fe_bytes *b)
{
    static const char TABLE[] = "EXTNAME = 'EBOUNDS", AXIS[] = "CTYPE3  = 'Energy";
    size_t n = b->n < 28800 ? b->n : 28800, at = 0;

    if (!fe_fits_sniff(b))
        return false;
    while (at + sizeof AXIS - 1 <= n && memcmp(b->data + at, AXIS, sizeof AXIS - 1))
        at += 80;
    return at + sizeof AXIS - 1 <= n && memmem(b->data, b->n, TABLE, sizeof TABLE - 1);
}

/* The file beside a counts cube whose name has another word for "ccube"; NULL: there is none, packed or not. */
static char *companion(const char *ccube, const char *word, fe_str *tried)
{
    static const char CCUBE[] = "ccube";
    const char *slash = strrchr(ccube, '/'), *at = strstr(slash ? slash : ccube, CCUBE);

    tried->len = 0;
    if (!at)
        return NULL;
    fe_str_addn(tried, ccube, (size_t)(at - ccube));
    fe_str_addf(tried, "%s%s", word, at + sizeof CCUBE - 1);
    for (int k = 0; k < 2; k++) {
        if (access(tried->s, R_OK) == 0)
            return fe_strdup(tried->s);
        if (k == 0 && fe_str_ends_nocase(tried->s, ".gz"))
            tried->s[tried->len -= 3] = 0;
        else
            fe_str_add(tried, ".gz");
    }
    return NULL;
}

void fe_fermi_list_beside(const char *ccube, fe_strv *out)
{
    static const char *const words[] = { "drm", "bexpmap", "psf" };
    fe_str tried = { 0 };

    for (size_t k = 0; k < sizeof words / sizeof *words; k++) {
        char *path = companion(ccube, words[k], &tried);

        if (path)
            fe_strv_add(out, path);
        free(path);
    }
    fe_str_free(&tried);
}

typedef struct opened { fe_bytes bytes; fe_map_file *file; } opened;

static void close_file(opened *o)
{
    fe_map_file_close(o->file);
    fe_bytes_free(&o->bytes);
}

/* 1: open; 0: there is none, which is an error where it is needed. */
static int open_companion(const char *ccube, const char *word, bool needed, opened *out, fe_err *err)
{
    fe_str tried = { 0 };
    char *path = companion(ccube, word, &tried);
    int rc = 0;

    *out = (opened){ .file = NULL };
    if (path && fe_bytes_read(path, &out->bytes, err) == 0 && (out->file = fe_map_file_open(&out->bytes, err)))
        rc = 1;
    else if (path)
        rc = -1;
    else if (needed)
        rc = fe_fail(err, FE_EDATA, &(fe_where){ ccube, NULL, 0 }, "a counts cube without a %s file beside it, of the same name with "
                     "%s for ccube", word, word);
    free(path);
    fe_str_free(&tried);
    return rc;
}

static int need_columns(const fe_map_file *f, const char *hdu, const char *const *name, size_t n, const fe_column **out, fe_err *err)
{
    const fe_document *doc = fe_map_file_document(f);
    const fe_table *t = fe_document_table(doc, hdu);

    if (!t || t->n_rows == 0)
        return fe_fail(err, FE_EDATA, &(fe_where){ doc->file, NULL, 0 }, "there is no table %s with rows", hdu);
    for (size_t k = 0; k < n; k++) {
        out[k] = fe_table_find(t, name[k]);
        if (!out[k] || out[k]->type == FE_COL_STRING || out[k]->width == 0)
            return fe_fail(err, FE_EDATA, &(fe_where){ doc->file, hdu, 0 }, "there is no column %s with numbers", name[k]);
    }
    return 0;
}

/* ---- DRM ---------------------------------------------------------------------------------------------------- */

typedef struct drm { size_t n_true, n_reco, margin; double *edge_TeV; fe_edisp *edisp; } drm;

static int check_row(const fe_column *const *c, size_t i, size_t n_reco, const fe_where *at, fe_err *err)
{
    double lo = fe_column_number(c[0], i, 0), hi = fe_column_number(c[1], i, 0), n = fe_column_number(c[2], i, 0);
    double before = i ? fe_column_number(c[1], i - 1, 0) : lo;

    if (!(lo > 0 && hi > lo) || !fe_num_close(before, lo, EDGE_RTOL))
        return fe_fail(err, FE_EDATA, at, "a true energy bin from %g to %g MeV behind one to %g MeV, expected bins that touch", lo, hi, before);
    if (n != (double)n_reco || c[3]->width < n_reco)
        return fe_fail(err, FE_EDATA, at, "N_CHAN is %g, expected all %zu channels of DETCHANS", n, n_reco);
    for (size_t j = 0; j < n_reco; j++)
        if (!(fe_column_number(c[3], i, j) >= 0))
            return fe_fail(err, FE_EDATA, at, "MATRIX holds %g, expected a probability", fe_column_number(c[3], i, j));
    return 0;
}

static int read_drm(const fe_map_file *f, drm *out, fe_err *err)
{
    static const char *const name[] = { "ENERG_LO", "ENERG_HI", "N_CHAN", "MATRIX" };
    const fe_document *doc = fe_map_file_document(f);
    const fe_column *c[4];
    const fe_table *t = fe_document_table(doc, "DRM");
    double channels = t ? fe_meta_number(&t->meta, "DETCHANS") : NAN;

    if (need_columns(f, "DRM", name, 4, c, err) < 0)
        return -1;
    out->n_true = t->n_rows;
    if (!(channels >= 1 && channels <= (double)out->n_true) || fmod((double)out->n_true - channels, 2) != 0)
        return fe_fail(err, FE_EDATA, &(fe_where){ doc->file, "DRM", 0 }, "DETCHANS is %g with %zu true energies, expected as many or an "
                       "even number less", channels, out->n_true);
    out->n_reco = (size_t)channels;
    out->margin = (out->n_true - out->n_reco) / 2;
    out->edge_TeV = FE_NEWN(double, out->n_true + 1);
    out->edisp = fe_edisp_new(out->n_true, out->n_reco, out->n_true * out->n_reco);
    for (size_t i = 0; i < out->n_true; i++) {
        const fe_where at = { doc->file, "DRM", (long)i + 1 };

        if (check_row(c, i, out->n_reco, &at, err) < 0)
            return -1;
        out->edge_TeV[i] = fe_column_number(c[0], i, 0) * TEV_IN_MEV;
        out->edge_TeV[i + 1] = fe_column_number(c[1], i, 0) * TEV_IN_MEV;
        for (size_t j = 0; j < out->n_reco; j++) {
            out->edisp->col[i * out->n_reco + j] = (int)j;
            out->edisp->value[i * out->n_reco + j] = fe_column_number(c[3], i, j);
        }
        out->edisp->row[i + 1] = (i + 1) * out->n_reco;
    }
    return 0;
}

/* ---- exposure ----------------------------------------------------------------------------------------------- */

/* Lower neighbour and the share of the upper one; beyond the ends the line of the last two goes on. */
static size_t neighbour(double x, size_t n, double *share)
{
    size_t k = x < 0 || n < 2 ? 0 : (size_t)x;

    k = n >= 2 && k > n - 2 ? n - 2 : k;
    *share = n < 2 ? 0 : x - (double)k;
    return k;
}

/* Place of an energy on nodes, linear in ln E. */
static double node_of(const double *node_TeV, size_t n, double e_TeV)
{
    size_t k = 0;

    while (k + 2 < n && node_TeV[k + 1] <= e_TeV)
        k++;
    return n < 2 ? 0 : (double)k + log(e_TeV / node_TeV[k]) / log(node_TeV[k + 1] / node_TeV[k]);
}

/* Pixel coordinates on the map m of the pixels of d. */
static void places(const fe_dataset *d, const fe_map *m, double *x, double *y)
{
    size_t n = d->nx * d->ny;
    double *lon = FE_NEWN(double, n), *lat = FE_NEWN(double, n);

    for (size_t q = 0; q < n; q++) {
        x[q] = (double)(q % d->nx);
        y[q] = (double)(q / d->nx);
    }
    fe_geom_to_sky(d->geom, n, x, y, lon, lat);
    for (size_t q = 0; q < n; q++) {
        double ra, dec;

        fe_geom_to_icrs(d->geom, lon[q], lat[q], &ra, &dec);
        fe_geom_of_icrs(m->geom, ra, dec, &lon[q], &lat[q]);
    }
    fe_geom_to_pixel(m->geom, n, lon, lat, x, y);
    free(lon);
    free(lat);
}

static double bilinear(const double *v, size_t nx, size_t ny, double x, double y)
{
    double fx, fy;
    size_t i = neighbour(x, nx, &fx), j = neighbour(y, ny, &fy), right = nx > 1, up = ny > 1;
    const double *p = v + j * nx + i;

    return (1 - fy) * ((1 - fx) * p[0] + fx * p[right]) + fy * ((1 - fx) * p[up * nx] + fx * p[up * nx + right]);
}

static int fill_exposure(fe_dataset *d, const fe_map *m, fe_err *err)
{
    const fe_where at = fe_map_where(m);
    size_t n = d->nx * d->ny, n_in = m->nx * m->ny, n_node = m->axis[0].n, bad = 0;
    double *x = FE_NEWN(double, n), *y = FE_NEWN(double, n);

    places(d, m, x, y);
    for (size_t i = 0; i < d->n_etrue; i++) {
        double share, e_TeV = sqrt(d->etrue_edge_TeV[i] * d->etrue_edge_TeV[i + 1]);
        size_t k = neighbour(node_of(m->axis[0].node, n_node, e_TeV), n_node, &share);

        for (size_t q = 0; q < n; q++) {
            double low = isnan(x[q]) ? NAN : bilinear(m->value + k * n_in, m->nx, m->ny, x[q], y[q]);
            double high = n_node < 2 || isnan(low) ? low : bilinear(m->value + (k + 1) * n_in, m->nx, m->ny, x[q], y[q]);
            double value = low + share * (high - low);

            bad += !isfinite(value) || x[q] < -1 || y[q] < -1 || x[q] > (double)m->nx || y[q] > (double)m->ny;
            d->exposure_cm2_s[i * n + q] = fmax(value, 0);
        }
    }
    free(x);
    free(y);
    return bad ? fe_fail(err, FE_EDATA, &at, "it does not cover %zu of the %zu pixels and energies of the counts, or is no number there",
                         bad, n * d->n_etrue) : 0;
}

static int read_exposure(fe_dataset *d, fe_map_file *f, fe_err *err)
{
    static const char *const energy[] = { "energy" };
    fe_map *m = fe_dataset_map(f, "PRIMARY", 1, energy, err);
    int rc = -1;

    if (m && !*m->unit) {
        free(m->unit);
        m->unit = fe_strdup("cm2 s");       /* gtexpcube2 does not say it */
    }
    if (m && fe_map_to_unit(m, "cm2 s", err) == 0)
        rc = fill_exposure(d, m, err);
    fe_map_free(m);
    return rc;
}

/* ---- PSF ---------------------------------------------------------------------------------------------------- */

/* Bins half way between nodes; the first radius is 0. */
static void set_edges(const double *node, size_t n, bool logarithmic, double *edge)
{
    for (size_t i = 1; i < n; i++)
        edge[i] = logarithmic ? sqrt(node[i - 1] * node[i]) : 0.5 * (node[i - 1] + node[i]);
    edge[0] = n < 2 ? node[0] : logarithmic ? node[0] * node[0] / edge[1] : fmax(2 * node[0] - edge[1], 0);
    edge[n] = n < 2 ? node[0] : logarithmic ? node[n - 1] * node[n - 1] / edge[n - 1] : 2 * node[n - 1] - edge[n - 1];
}

static bool is_rising(const double *x, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (!(x[i] > x[i - 1]))
            return false;
    return n > 1 && x[0] >= 0;
}

static int read_psf(const fe_map_file *f, fe_irfmap **out, fe_err *err)
{
    static const char *const names[] = { "Energy", "Exposure", "Psf" }, *const angle[] = { "Theta" };
    const fe_document *doc = fe_map_file_document(f);
    const fe_where at = { doc->file, "PSF", 0 };
    const fe_column *c[3], *theta;
    size_t n_e, n;
    fe_irfmap *irf;

    if (need_columns(f, "PSF", names, 3, c, err) < 0 || need_columns(f, "THETA", angle, 1, &theta, err) < 0)
        return -1;
    n_e = fe_document_table(doc, "PSF")->n_rows;
    n = fe_document_table(doc, "THETA")->n_rows;
    if (c[2]->width != n)
        return fe_fail(err, FE_EDATA, &at, "column Psf has %zu values a row, expected one for each of %zu in THETA", c[2]->width, n);
    irf = *out = fe_irfmap_new(FE_IRF_PSF, n_e, n, 1, 1);
    irf->exposure_cm2_s = FE_NEWN(double, n_e);
    for (size_t i = 0; i < n_e; i++) {
        irf->e_node_TeV[i] = fe_column_number(c[0], i, 0) * TEV_IN_MEV;
        irf->exposure_cm2_s[i] = fe_column_number(c[1], i, 0);
        for (size_t k = 0; k < n; k++)
            irf->value[i * n + k] = fe_column_number(c[2], i, k);
    }
    for (size_t k = 0; k < n; k++)
        irf->axis_node[k] = fe_column_number(theta, k, 0);
    if (!is_rising(irf->e_node_TeV, n_e) || !(irf->e_node_TeV[0] > 0) || !is_rising(irf->axis_node, n))
        return fe_fail(err, FE_EDATA, &at, "energies or radii do not rise");
    set_edges(irf->e_node_TeV, n_e, true, irf->e_edge_TeV);
    set_edges(irf->axis_node, n, false, irf->axis_edge);
    return fe_dataset_check_psf(irf, &at, err);
}

/* ---- all together ------------------------------------------------------------------------------------------- */

static int check_channels(const fe_map *counts, const drm *r, const char *drm_file, fe_err *err)
{
    const fe_map_axis *e = &counts->axis[0];
    const fe_where at = fe_map_where(counts);
    bool same = e->n == r->n_reco;

    for (size_t j = 0; same && j <= e->n; j++)
        same = fe_num_close(e->edge[j], r->edge_TeV[r->margin + j], EDGE_RTOL);
    return same ? 0 : fe_fail(err, FE_EDATA, &at, "%zu channels from %g to %g TeV, expected the %zu of %s (%g to %g TeV)", e->n, e->edge[0],
                              e->edge[e->n], r->n_reco, drm_file, r->edge_TeV[r->margin], r->edge_TeV[r->margin + r->n_reco]);
}

static int take_counts(const fe_map *counts, drm *r, const char *drm_file, fe_dataset **out, fe_err *err)
{
    const fe_where at = fe_map_where(counts);
    fe_dataset *d;

    if (check_channels(counts, r, drm_file, err) < 0)
        return -1;
    for (size_t i = 0; i < counts->n; i++)
        if (!(counts->value[i] >= 0)) {
            char place[96];

            fe_dataset_place(counts, i, place, sizeof place);
            return fe_fail(err, FE_EDATA, &at, "the value at %s is %g, expected a number that is not negative", place, counts->value[i]);
        }
    d = *out = fe_dataset_new(r->n_reco, r->n_true, counts->ny, counts->nx);
    d->geom = fe_geom_share(counts->geom);
    memcpy(d->counts, counts->value, counts->n * sizeof *d->counts);
    memcpy(d->e_edge_TeV, r->edge_TeV + r->margin, (r->n_reco + 1) * sizeof *r->edge_TeV);
    memcpy(d->etrue_edge_TeV, r->edge_TeV, (r->n_true + 1) * sizeof *r->edge_TeV);
    fe_edisp_free(d->edisp);
    d->edisp = r->edisp;
    r->edisp = NULL;
    return 0;
}

int fe_fermi_read(const fe_bytes *b, fe_dataset **out, fe_err *err)
{
    static const char *const energy[] = { "energy" };
    opened exposure = { .file = NULL }, response = { .file = NULL }, psf = { .file = NULL };
    fe_map_file *f = fe_map_file_open(b, err);
    fe_map *counts = NULL;
    drm r = { 0 };
    int rc = -1, has_psf;

    *out = NULL;
    if (!f || !(counts = fe_dataset_map(f, "PRIMARY", 1, energy, err)))             goto done;
    if (open_companion(b->name, "drm", true, &response, err) < 0)                   goto done;
    if (open_companion(b->name, "bexpmap", true, &exposure, err) < 0)               goto done;
    if ((has_psf = open_companion(b->name, "psf", false, &psf, err)) < 0)           goto done;
    if (read_drm(response.file, &r, err) < 0)                                       goto done;
    if (take_counts(counts, &r, response.bytes.name, out, err) < 0)                 goto done;
    if (read_exposure(*out, exposure.file, err) < 0)                                goto done;
    if (has_psf && read_psf(psf.file, &(*out)->psf, err) < 0)                       goto done;
    rc = fe_dataset_read_info(f, &(*out)->meta, &(*out)->info, &(*out)->gti, err);
done:
    if (rc < 0) {
        fe_dataset_free(*out);
        *out = NULL;
    }
    free(r.edge_TeV);
    fe_edisp_free(r.edisp);
    fe_map_free(counts);
    close_file(&psf);
    close_file(&exposure);
    close_file(&response);
    fe_map_file_close(f);
    return rc;
}
