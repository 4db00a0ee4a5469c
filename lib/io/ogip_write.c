#include "io/ogip.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "io/fits.h"
#include "io/gti_io.h"
#include "io/history.h"
#include "phys/const.h"
#include "types/table.h"

enum { BAD_QUALITY = 1, MIN_GROUPS = 2 };       /* two groups at least: gammapy cannot index a scalar F_CHAN */

/* ---- small helpers ------------------------------------------------------------------------------------------ */

typedef struct card { const char *key; fe_metatype type; const char *text, *comment; } card;

static void put_cards(fe_table *t, const card *cards, size_t n)
{
    for (size_t i = 0; i < n; i++)
        fe_meta_set(&t->meta, cards[i].key, cards[i].type, cards[i].text, cards[i].comment);
}

#define PUT_CARDS(table, cards) put_cards((table), (cards), sizeof(cards) / sizeof *(cards))

static void put_text(fe_table *t, const char *key, const char *text, const char *comment)
{
    fe_meta_set(&t->meta, key, FE_META_STRING, text, comment);
}

static void put_int(fe_table *t, const char *key, size_t value, const char *comment)
{
    char text[32];

    snprintf(text, sizeof text, "%zu", value);
    fe_meta_set(&t->meta, key, FE_META_INT, text, comment);
}

static void put_instrument(fe_table *t, const fe_dataset *d)
{
    const char *telescop = d->info.telescop, *instrume = d->info.instrume;

    put_text(t, "TELESCOP", telescop && *telescop ? telescop : "unknown", "mission or telescope");
    put_text(t, "INSTRUME", instrume && *instrume ? instrume : "unknown", "instrument");
    put_text(t, "FILTER", "none", "filter in use");
}

/* Values that came from single precision, but for the last bits of a factor. */
static bool is_single(const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!(fabs((double)(float)x[i] - x[i]) <= 1e-15 * fabs(x[i])))
            return false;
    return true;
}

static fe_column *add_real(fe_table *t, const char *name, const char *unit, size_t width, bool single)
{
    fe_column *c = fe_table_add(t, name, FE_COL_DOUBLE, unit, width);

    c->fits_code = single ? 'E' : 'D';
    memset(c->v.d, 0, t->n_rows * width * sizeof *c->v.d);
    return c;
}

static fe_column *add_int(fe_table *t, const char *name, size_t width, char code)
{
    fe_column *c = fe_table_add(t, name, FE_COL_INT, "", width);

    c->fits_code = code;
    return c;
}

/* keV, with the digits that the factor has spoilt cut off. */
static double to_keV(double e_TeV)
{
    char text[32];

    snprintf(text, sizeof text, "%.14e", e_TeV * FE_KEV_PER_TEV);
    return strtod(text, NULL);
}

static void add_edges(fe_table *t, const char *low, const char *high, const double *edge_TeV)
{
    fe_column *lo = add_real(t, low, "keV", 1, false);

    for (size_t i = 0; i < t->n_rows; i++)
        lo->v.d[i] = to_keV(edge_TeV[i]);
    fe_column *hi = add_real(t, high, "keV", 1, false);
    for (size_t i = 0; i < t->n_rows; i++)
        hi->v.d[i] = to_keV(edge_TeV[i + 1]);
}

static void add_channels(fe_table *t)
{
    fe_column *c = add_int(t, "CHANNEL", 1, t->n_rows > INT16_MAX ? 'J' : 'I');

    for (size_t j = 0; j < t->n_rows; j++)
        c->v.i[j] = (int64_t)j;
    put_int(t, "TLMIN1", 0, "first legal channel");
    put_int(t, "TLMAX1", t->n_rows - 1, "last legal channel");
}

/* ---- SPECTRUM of the PHA and BKG files (OGIP/92-007) -------------------------------------------------------- */

typedef struct spectrum {           /* the ON or OFF half of a dataset                                  */
    const double *counts, *backscal;
    bool is_off;
} spectrum;

static bool are_counts(const double *x, size_t n)
{
    for (size_t j = 0; j < n; j++)
        if (x[j] != floor(x[j]))
            return false;
    return true;
}

/* Integers as J where they fit; expectations as D with the errors that POISSERR F asks for. */
static void add_counts(fe_table *t, const double *counts)
{
    bool poisson = are_counts(counts, t->n_rows), fits = poisson;

    for (size_t j = 0; j < t->n_rows; j++)
        fits = fits && counts[j] <= INT32_MAX;
    if (fits) {
        fe_column *c = add_int(t, "COUNTS", 1, 'J');

        for (size_t j = 0; j < t->n_rows; j++)
            c->v.i[j] = (int64_t)counts[j];
        c->unit = (free(c->unit), fe_strdup("count"));
    } else {
        memcpy(add_real(t, "COUNTS", "count", 1, false)->v.d, counts, t->n_rows * sizeof *counts);
    }
    if (!poisson) {
        fe_column *c = add_real(t, "STAT_ERR", "count", 1, false);

        for (size_t j = 0; j < t->n_rows; j++)
            c->v.d[j] = sqrt(counts[j]);
    }
    fe_meta_set_bool(&t->meta, "POISSERR", poisson, poisson ? "errors are Poissonian" : "expectations, not counts");
}

static void add_quality(fe_table *t, const bool *mask)
{
    fe_column *c = add_int(t, "QUALITY", 1, 'I');

    for (size_t j = 0; j < t->n_rows; j++)
        c->v.i[j] = mask[j] ? 0 : BAD_QUALITY;
}

/* As column for gammapy, and as keyword for the others where it is constant. */
static void add_backscal(fe_table *t, const double *backscal)
{
    bool constant = true;

    memcpy(add_real(t, "BACKSCAL", "", 1, false)->v.d, backscal, t->n_rows * sizeof *backscal);
    for (size_t j = 1; j < t->n_rows; j++)
        constant = constant && backscal[j] == backscal[0];
    if (constant)
        fe_meta_set_number(&t->meta, "BACKSCAL", backscal[0], "acceptance of the region");
}

static fe_table *make_spectrum(const fe_dataset *d, const spectrum *s)
{
    static const card fixed[] = {
        { "CHANTYPE", FE_META_STRING, "PHA", "channels are not corrected" },
        { "GROUPING", FE_META_INT, "0", "channels are not grouped" },
        { "AREASCAL", FE_META_NUMBER, "1", "scale of the area" },
        { "SYS_ERR", FE_META_NUMBER, "0", "no systematic error" },
        { "CORRSCAL", FE_META_NUMBER, "1", "scale of the correction" },
        { "CORRFILE", FE_META_STRING, "none", "no correction file" }
    };
    const card class[] = {
        { "HDUCLASS", FE_META_STRING, "OGIP", "format follows OGIP/92-007" },
        { "HDUCLAS1", FE_META_STRING, "SPECTRUM", "counts spectrum" },
        { "HDUCLAS2", FE_META_STRING, s->is_off ? "BKG" : "TOTAL", s->is_off ? "OFF region" : "ON region" },
        { "HDUCLAS3", FE_META_STRING, "COUNT", "counts, not a rate" },
        { "HDUCLAS4", FE_META_STRING, "TYPE:I", "one spectrum" },
        { "HDUVERS", FE_META_STRING, "1.2.1", "version of the format" }
    };
    fe_table *t = fe_table_new("SPECTRUM", d->n_e);

    PUT_CARDS(t, class);
    put_instrument(t, d);
    put_text(t, "OBS_ID", d->info.name ? d->info.name : "", "observation");
    fe_meta_set_number(&t->meta, "EXPOSURE", isfinite(d->livetime_s) ? d->livetime_s : 1, "[s] livetime");
    put_int(t, "DETCHANS", d->n_e, "number of channels");
    add_channels(t);
    add_counts(t, s->counts);
    add_quality(t, d->mask);
    add_backscal(t, s->backscal);
    PUT_CARDS(t, fixed);
    return t;
}

static fe_table *make_ebounds(const fe_dataset *d)
{
    static const card cards[] = {
        { "HDUCLASS", FE_META_STRING, "OGIP", "format follows CAL/GEN/92-002" },
        { "HDUCLAS1", FE_META_STRING, "RESPONSE", "response" },
        { "HDUCLAS2", FE_META_STRING, "EBOUNDS", "energies of the channels" },
        { "HDUVERS", FE_META_STRING, "1.2.0", "version of the format" },
        { "CHANTYPE", FE_META_STRING, "PHA", "channels are not corrected" }
    };
    fe_table *t = fe_table_new("EBOUNDS", d->n_e);

    PUT_CARDS(t, cards);
    put_instrument(t, d);
    put_int(t, "DETCHANS", d->n_e, "number of channels");
    add_channels(t);
    add_edges(t, "E_MIN", "E_MAX", d->e_edge_TeV);
    return t;
}

/* ---- ARF and RMF (CAL/GEN/92-002) --------------------------------------------------------------------------- */

static fe_table *make_arf(const fe_dataset *d)
{
    static const card cards[] = {
        { "HDUCLASS", FE_META_STRING, "OGIP", "format follows CAL/GEN/92-002" },
        { "HDUCLAS1", FE_META_STRING, "RESPONSE", "response" },
        { "HDUCLAS2", FE_META_STRING, "SPECRESP", "effective area" },
        { "HDUVERS", FE_META_STRING, "1.1.0", "version of the format" }
    };
    fe_table *t = fe_table_new("SPECRESP", d->n_etrue);
    double *area = FE_NEWN(double, d->n_etrue), livetime_s = isfinite(d->livetime_s) ? d->livetime_s : 1;

    for (size_t i = 0; i < d->n_etrue; i++)
        area[i] = d->exposure_cm2_s[i] / livetime_s;
    PUT_CARDS(t, cards);
    put_instrument(t, d);
    add_edges(t, "ENERG_LO", "ENERG_HI", d->etrue_edge_TeV);
    memcpy(add_real(t, "SPECRESP", "cm2", 1, is_single(area, d->n_etrue))->v.d, area, d->n_etrue * sizeof *area);
    free(area);
    return t;
}

/* Stretches of neighbouring channels in row i; first[] (may be NULL) gets the entry where each begins. */
static size_t find_groups(const fe_edisp *r, size_t i, size_t *first)
{
    size_t n = 0;

    for (size_t k = r->row[i]; k < r->row[i + 1]; k++)
        if (k == r->row[i] || r->col[k] != r->col[k - 1] + 1) {
            if (first)
                first[n] = k;
            n++;
        }
    return n;
}

typedef struct matrix_columns { fe_column *n_grp, *f_chan, *n_chan, *matrix; size_t *first; } matrix_columns;

static size_t fill_matrix_row(const fe_edisp *r, size_t i, const matrix_columns *c)
{
    size_t n = find_groups(r, i, c->first), end = r->row[i + 1];

    c->n_grp->v.i[i] = (int64_t)n;
    for (size_t g = 0; g < n; g++) {
        size_t stop = g + 1 < n ? c->first[g + 1] : end;

        c->f_chan->v.i[i * c->f_chan->width + g] = r->col[c->first[g]];
        c->n_chan->v.i[i * c->n_chan->width + g] = (int64_t)(stop - c->first[g]);
    }
    if (end > r->row[i])
        memcpy(c->matrix->v.d + i * c->matrix->width, r->value + r->row[i], (end - r->row[i]) * sizeof *r->value);
    return n;
}

/* Vector columns of fixed width: the unused end of a row is 0, N_GRP and N_CHAN say what counts. */
static void add_matrix(fe_table *t, const fe_edisp *r)
{
    char code = r->n_reco > INT16_MAX ? 'J' : 'I';
    size_t n_groups = MIN_GROUPS, n_values = MIN_GROUPS, n_total = 0;
    matrix_columns c;

    for (size_t i = 0; i < r->n_true; i++) {
        size_t n = find_groups(r, i, NULL), m = r->row[i + 1] - r->row[i];

        n_groups = n > n_groups ? n : n_groups;
        n_values = m > n_values ? m : n_values;
    }
    add_int(t, "N_GRP", 1, 'I');
    add_int(t, "F_CHAN", n_groups, code);
    add_int(t, "N_CHAN", n_groups, code);
    add_real(t, "MATRIX", "", n_values, is_single(r->value, r->row[r->n_true]));
    c = (matrix_columns){ fe_table_find(t, "N_GRP"), fe_table_find(t, "F_CHAN"), fe_table_find(t, "N_CHAN"),
                          fe_table_find(t, "MATRIX"), FE_NEWN(size_t, n_groups) };
    for (size_t i = 0; i < r->n_true; i++)
        n_total += fill_matrix_row(r, i, &c);
    free(c.first);
    put_int(t, "NUMGRP", n_total, "sum of N_GRP");
    put_int(t, "NUMELT", r->row[r->n_true], "number of stored elements");
}

static fe_table *make_matrix(const fe_dataset *d)
{
    static const card cards[] = {
        { "HDUCLASS", FE_META_STRING, "OGIP", "format follows CAL/GEN/92-002" },
        { "HDUCLAS1", FE_META_STRING, "RESPONSE", "response" },
        { "HDUCLAS2", FE_META_STRING, "RSP_MATRIX", "redistribution matrix" },
        { "HDUCLAS3", FE_META_STRING, "REDIST", "probabilities, no area" },
        { "HDUVERS", FE_META_STRING, "1.3.0", "version of the format" },
        { "CHANTYPE", FE_META_STRING, "PHA", "channels are not corrected" },
        { "LO_THRES", FE_META_NUMBER, "0", "threshold of stored elements" }
    };
    fe_table *t = fe_table_new("MATRIX", d->n_etrue);

    PUT_CARDS(t, cards);
    put_instrument(t, d);
    put_int(t, "DETCHANS", d->n_e, "number of channels");
    put_int(t, "TLMIN4", 0, "first legal channel");
    put_int(t, "TLMAX4", d->n_e - 1, "last legal channel");
    add_edges(t, "ENERG_LO", "ENERG_HI", d->etrue_edge_TeV);
    add_matrix(t, d->edisp);
    return t;
}

/* ---- files -------------------------------------------------------------------------------------------------- */

char *fe_ogip_path(const fe_ogip_output *out, const char *kind, const char *name)
{
    fe_str path = { 0 };

    fe_str_addf(&path, "%s/%s_obs%s.fits", out->dir, kind, name);
    return path.s;
}

static int write_file(fe_document *doc, const fe_ogip_output *out, const char *kind, const char *name, fe_err *err)
{
    char *path = fe_ogip_path(out, kind, name);
    fe_str bytes = { 0 };
    int rc = fe_fits_write(doc, &bytes, err);

    if (rc == 0)
        rc = fe_bytes_write(path, bytes.s, bytes.len, out->force, err);
    fe_str_free(&bytes);
    free(path);
    fe_document_free(doc);
    return rc;
}

static int write_arf(const fe_dataset *d, const fe_ogip_output *out, fe_err *err)
{
    fe_document *doc = fe_document_new("");

    fe_document_add(doc, make_arf(d));
    return write_file(doc, out, "arf", out->response, err);
}

static int write_rmf(const fe_dataset *d, const fe_ogip_output *out, fe_err *err)
{
    fe_document *doc = fe_document_new("");

    fe_document_add(doc, make_matrix(d));
    fe_document_add(doc, make_ebounds(d));
    return write_file(doc, out, "rmf", out->response, err);
}

static void put_companion(fe_table *t, const char *key, const char *kind, const char *name, const char *comment)
{
    fe_str file = { 0 };

    fe_str_addf(&file, "%s_obs%s.fits", kind, name);
    put_text(t, key, file.s, comment);
    fe_str_free(&file);
}

static int write_spectrum(const fe_dataset *d, const spectrum *s, const fe_ogip_output *out, fe_err *err)
{
    fe_document *doc = fe_document_new("");
    fe_table *t = fe_document_add(doc, make_spectrum(d, s));

    if (s->is_off || !d->n_off)
        put_text(t, "BACKFILE", "none", "no background file");
    else
        put_companion(t, "BACKFILE", "bkg", out->name, "OFF counts");
    put_companion(t, "RESPFILE", "rmf", out->response, "redistribution matrix");
    put_companion(t, "ANCRFILE", "arf", out->response, "effective area");
    fe_document_add(doc, make_ebounds(d));
    if (d->gti && !s->is_off)
        fe_document_add(doc, fe_gti_to_table(d->gti));
    if (out->history && !s->is_off)
        fe_document_add(doc, fe_history_table());
    return write_file(doc, out, s->is_off ? "bkg" : "pha", out->name, err);
}

/* Acceptances whose ratio is alpha, times of exposure included; 0 marks a channel without OFF region. */
static void make_acceptances(const fe_dataset *d, double *on, double *off)
{
    for (size_t j = 0; j < d->n_e; j++) {
        double alpha = d->alpha ? d->alpha[j] : 0, known = d->acceptance_off ? d->acceptance_off[j] : 0;

        on[j] = d->acceptance ? d->acceptance[j] : 1;
        off[j] = alpha > 0 ? on[j] / alpha : 0;
        if (fabs(known - off[j]) <= 1e-12 * known)
            off[j] = known;
    }
}

static int check(const fe_dataset *d, const fe_ogip_output *out, fe_err *err)
{
    const struct { const char *kind, *name; bool written; } file[] = {
        { "pha", out->name, true }, { "bkg", out->name, d->n_off },
        { "arf", out->response, out->write_response }, { "rmf", out->response, out->write_response }
    };

    if (d->ny * d->nx != 1 || (d->background && !d->n_off))
        return fe_fail(err, FE_EDATA, &(fe_where){ .file = d->info.file },
                       "a dataset with %s cannot be written as OGIP spectra",
                       d->ny * d->nx != 1 ? "sky pixels" : "a known background");
    for (size_t i = 0; i < sizeof file / sizeof *file; i++) {
        char *path = fe_ogip_path(out, file[i].kind, file[i].name);
        int rc = file[i].written ? fe_output_check(path, out->force, err) : 0;

        free(path);
        if (rc < 0)
            return -1;
    }
    return 0;
}

int fe_ogip_write(const fe_dataset *d, const fe_ogip_output *out, fe_err *err)
{
    double *on = FE_NEWN(double, d->n_e), *off = FE_NEWN(double, d->n_e);
    int rc = check(d, out, err);

    make_acceptances(d, on, off);
    if (rc == 0 && out->write_response)
        rc = write_rmf(d, out, err) < 0 ? -1 : write_arf(d, out, err);
    if (rc == 0 && d->n_off)
        rc = write_spectrum(d, &(spectrum){ d->n_off, off, true }, out, err);
    if (rc == 0)
        rc = write_spectrum(d, &(spectrum){ d->counts, on, false }, out, err);
    free(on);
    free(off);
    return rc;
}
