/* HDUs, keywords and columns of OGIP files, straight from CFITSIO: there are thousands of runs of four files each. */
#include "io/ogip_parts.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/note.h"
#include "base/num.h"
#include "io/fits_header.h"
#include "phys/units.h"

enum { CARD = 80, KEY = 8, MAX_SHARED_HEAP = 16 };

static const double EDGE_RTOL = 1e-5;       /* edges in single precision, written by different programs */

fe_where fe_ogip_here(const fe_ogip_file *f, size_t row)
{
    return (fe_where){ f->bytes->name, f->at < f->n_hdus ? f->hdu[f->at].name : NULL, (long)row };
}

static int refuse(const fe_ogip_file *f, const char *what, int status, fe_err *err)
{
    const fe_where at = fe_ogip_here(f, 0);
    char text[FLEN_STATUS] = "", more[FLEN_ERRMSG] = "";

    fits_get_errstatus(status, text);
    fits_read_errmsg(more);
    fits_clear_errmsg();
    return fe_fail(err, status == MEMORY_ALLOCATION ? FE_ESYS : FE_EDATA, &at, "%s cannot be read (%s)", what,
                   *more ? more : text);
}

/* ---- keywords ----------------------------------------------------------------------------------------------- */

static const char *find_card(const fe_ogip_file *f, const char *key)
{
    char padded[KEY + 2] = "        =";
    size_t n = strlen(key);

    if (n > KEY)
        return NULL;
    memcpy(padded, key, n);
    for (size_t i = 0; i < f->n_cards; i++)
        if (!memcmp(f->header + i * CARD, padded, KEY + 1))
            return f->header + i * CARD;
    return NULL;
}

char *fe_ogip_text(const fe_ogip_file *f, const char *key)
{
    const char *card = find_card(f, key);

    return card ? fe_fits_card_text(card, (size_t)(f->header + f->n_cards * CARD - card)) : NULL;
}

int fe_ogip_number(const fe_ogip_file *f, const char *key, double missing, double *out, fe_err *err)
{
    const fe_where at = fe_ogip_here(f, 0);
    char *text = fe_ogip_text(f, key);
    int rc = 0;

    *out = missing;
    if (text && *fe_str_trim(text) && fe_num_parse(text, out) < 0)
        rc = fe_fail(err, FE_EDATA, &at, "keyword %s is '%s', expected a number", key, text);
    free(text);
    return rc;
}

/* ---- HDUs --------------------------------------------------------------------------------------------------- */

static bool text_is(const char *text, const char *wanted)
{
    return text && fe_str_equal_nocase(text, wanted);
}

/* By the classes of OGIP, else by the names in use. */
static fe_ogip_kind kind_of(const char *name, const char *class1, const char *class2)
{
    if (text_is(class2, "EBOUNDS") || text_is(name, "EBOUNDS"))
        return FE_OGIP_EBOUNDS;
    if (text_is(class2, "RSP_MATRIX") || text_is(name, "MATRIX") || text_is(name, "SPECRESP MATRIX"))
        return FE_OGIP_MATRIX;
    if (text_is(class2, "SPECRESP") || text_is(name, "SPECRESP"))
        return FE_OGIP_SPECRESP;
    if (text_is(class1, "SPECTRUM") || text_is(name, "SPECTRUM"))
        return FE_OGIP_SPECTRUM;
    if (text_is(class1, "GTI") || text_is(name, "GTI") || (name && fe_str_starts(name, "STDGTI")))
        return FE_OGIP_GTI;
    return FE_OGIP_OTHER;
}

static atomic_long n_cfitsio;

long fe_ogip_n_cfitsio(void)
{
    return atomic_load(&n_cfitsio);
}

/* CFITSIO at the HDU at hand; the end of the last HDU is the end of the bytes: check_fits has found nothing behind it. */
static fitsfile *cfitsio_of(const fe_ogip_file *f, int *status)
{
    fe_ogip_cfitsio *c = f->cfitsio;

    if (!c->fits) {
        atomic_fetch_add(&n_cfitsio, 1);
        if (fits_open_memfile(&c->fits, "memory", READONLY, &c->data, &c->n_data, 0, NULL, status))
            return NULL;
    }
    if (c->at != f->at)
        fits_movabs_hdu(c->fits, (int)f->at + 1, NULL, status);
    c->at = f->at;
    return c->fits;
}

static void enter_hdu(fe_ogip_file *f, size_t k)
{
    f->at = k;
    f->header = f->hdu[k].header;
    f->n_cards = f->hdu[k].n_cards;
    f->n_rows = f->hdu[k].n_rows;
}

static void name_hdu(fe_ogip_file *f, size_t k, bool is_table)
{
    fe_ogip_hdu *hdu = &f->hdu[k];
    char *name, *class1, *class2;

    enter_hdu(f, k);
    name = fe_ogip_text(f, "EXTNAME");
    class1 = fe_ogip_text(f, "HDUCLAS1");
    class2 = fe_ogip_text(f, "HDUCLAS2");
    hdu->kind = is_table ? kind_of(name, class1, class2) : FE_OGIP_OTHER;
    if (name && *name)
        snprintf(hdu->name, sizeof hdu->name, "%s", name);
    else
        snprintf(hdu->name, sizeof hdu->name, k ? "#%zu" : "PRIMARY", k + 1);
    free(name);
    free(class1);
    free(class2);
}

/* The HDU at which CFITSIO stands. */
static void list_hdu(fe_ogip_file *f, int *status)
{
    fitsfile *fits = cfitsio_of(f, status);
    fe_ogip_hdu hdu = { FE_OGIP_OTHER, "", NULL, 0, 0, 0, 0, 0, 0, 0 };
    LONGLONG start = 0, data = 0, end = 0;
    long n_rows = 0;
    int type = 0;

    fits_get_hdu_type(fits, &type, status);
    fits_get_hduaddrll(fits, &start, &data, &end, status);
    if (type != IMAGE_HDU)
        fits_get_num_rows(fits, &n_rows, status);
    hdu.header = (const char *)f->bytes->data + start;
    hdu.n_cards = (size_t)(data - start) / CARD;
    hdu.n_rows = (size_t)n_rows;
    FE_GROW(f->hdu, f->n_hdus, f->cap_hdus);
    f->hdu[f->n_hdus++] = hdu;
    name_hdu(f, f->n_hdus - 1, type == BINARY_TBL);
}

/* The HDU behind the last of the list: it has a number, no name yet. */
static int refuse_next(fe_ogip_file *f, int status, fe_err *err)
{
    FE_GROW(f->hdu, f->n_hdus, f->cap_hdus);
    f->at = f->n_hdus++;
    f->hdu[f->at] = (fe_ogip_hdu){ FE_OGIP_OTHER, "", NULL, 0, 0, 0, 0, 0, 0, 0 };
    snprintf(f->hdu[f->at].name, sizeof f->hdu->name, "#%zu", f->n_hdus);
    return refuse(f, "the header", status, err);
}

/* All HDUs with CFITSIO, which may find fault with any of them. */
static int list_all(fe_ogip_file *f, fe_err *err)
{
    int status = 0;

    f->n_hdus = f->at = 0;
    if (!cfitsio_of(f, &status)) {
        f->at = f->n_hdus;
        return refuse(f, "the primary header", status, err);
    }
    for (;;) {
        f->cfitsio->at = f->at = f->n_hdus;
        list_hdu(f, &status);
        if (status || fits_movrel_hdu(f->cfitsio->fits, 1, NULL, &status))
            break;
    }
    if (status != END_OF_FILE)
        return refuse_next(f, status, err);
    fits_clear_errmsg();
    return 0;
}

static void add_place(void *ctx, const fe_fits_place *place)
{
    fe_ogip_file *f = ctx;
    fe_ogip_hdu hdu = { .header = (const char *)f->bytes->data + place->header, .n_used = place->n_cards, .data = place->data };

    hdu.n_cards = (place->data - place->header) / CARD;
    FE_GROW(f->hdu, f->n_hdus, f->cap_hdus);
    f->hdu[f->n_hdus++] = hdu;
}

int fe_ogip_open(const fe_bytes *bytes, fe_ogip_file *f, fe_err *err)
{
    *f = (fe_ogip_file){ .bytes = bytes };
    if (fe_fits_walk(bytes, add_place, f, err) < 0) {
        fe_ogip_close(f);
        return -1;
    }
    f->cfitsio = FE_NEW(fe_ogip_cfitsio);
    *f->cfitsio = (fe_ogip_cfitsio){ .data = bytes->data, .n_data = bytes->n };
    f->is_plain = fe_ogip_lay_out(f);
    if (f->is_plain) {
        for (size_t k = 0; k < f->n_hdus; k++)
            name_hdu(f, k, k > 0);
        return 0;
    }
    if (list_all(f, err) == 0)
        return 0;
    fe_ogip_close(f);
    return -1;
}

void fe_ogip_close(fe_ogip_file *f)
{
    int status = 0;

    if (f->cfitsio && f->cfitsio->fits)
        fits_close_file(f->cfitsio->fits, &status);
    fits_clear_errmsg();
    free(f->cfitsio);
    free(f->hdu);
    free(f->field);
    *f = (fe_ogip_file){ 0 };
}

bool fe_ogip_seek(fe_ogip_file *f, fe_ogip_kind kind)
{
    for (size_t k = 0; k < f->n_hdus; k++)
        if (f->hdu[k].kind == kind) {
            enter_hdu(f, k);
            return true;
        }
    return false;
}

int fe_ogip_no_hdu(const fe_ogip_file *f, const char *wanted, fe_err *err)
{
    fe_str names = { 0 };

    for (size_t k = 0; k < f->n_hdus; k++)
        fe_str_addf(&names, "%s%s", k ? ", " : "", f->hdu[k].name);
    fe_fail(err, FE_EDATA, &(fe_where){ .file = f->bytes->name }, "%s, found %s", wanted, names.s);
    fe_str_free(&names);
    return -1;
}

/* ---- columns ------------------------------------------------------------------------------------------------ */

size_t fe_ogip_n_columns(const fe_ogip_file *f)
{
    int n = 0, status = 0;

    if (f->is_plain)
        return f->hdu[f->at].n_fields;
    fits_get_num_cols(cfitsio_of(f, &status), &n, &status);
    return (size_t)n;
}

bool fe_ogip_find(const fe_ogip_file *f, const char *name, fe_ogip_column *c)
{
    fitsfile *fits;
    int status = 0;
    long repeat = 0;

    *c = (fe_ogip_column){ .name = name };
    if (f->is_plain)
        return fe_ogip_find_plain(f, name, c);
    fits = cfitsio_of(f, &status);
    if (fits_get_colnum(fits, CASEINSEN, (char *)(uintptr_t)name, &c->number, &status) ||
        fits_get_coltype(fits, c->number, &c->stored, NULL, NULL, &status) ||
        fits_get_eqcoltype(fits, c->number, &c->type, &repeat, NULL, &status)) {
        fits_clear_errmsg();
        return false;
    }
    c->is_variable = c->type < 0;
    c->type = abs(c->type);
    c->stored = abs(c->stored);
    c->width = c->is_variable ? 0 : (size_t)repeat;
    return true;
}

int fe_ogip_need(const fe_ogip_file *f, const char *name, fe_ogip_column *c, fe_err *err)
{
    const fe_where at = fe_ogip_here(f, 0);

    if (!fe_ogip_find(f, name, c))
        return fe_fail(err, FE_EDATA, &at, "there is no column %s", name);
    return 0;
}

/*
 * n elements of one row from the first on, or of all rows of a column of fixed width.  Only integers have TNULL: asked
 * to look for undefined reals, CFITSIO takes an infinite one for undefined, too.
 */
static int read_numbers(const fe_ogip_file *f, const fe_ogip_column *c, size_t row, size_t n, double *out, fe_err *err)
{
    bool is_real = c->stored == TFLOAT || c->stored == TDOUBLE;
    double missing = NAN;
    fitsfile *fits;
    int status = 0, any_missing = 0;        /* CFITSIO writes to the latter without asking */

    if (c->type == TSTRING || c->type == TBIT || c->type == TCOMPLEX || c->type == TDBLCOMPLEX) {
        const fe_where at = fe_ogip_here(f, 0);

        return fe_fail(err, FE_EDATA, &at, "column %s holds no numbers", c->name);
    }
    if (f->is_plain && fe_ogip_get_plain(f, c, row, n, out))
        return 0;
    fits = cfitsio_of(f, &status);
    if (c->type == TLOGICAL) {
        char *b = FE_NEWN(char, n);

        fits_read_col(fits, TLOGICAL, c->number, (LONGLONG)row + 1, 1, (LONGLONG)n, NULL, b, NULL, &status);
        for (size_t i = 0; i < n; i++)
            out[i] = b[i] != 0;
        free(b);
    } else {
        fits_read_col(fits, TDOUBLE, c->number, (LONGLONG)row + 1, 1, (LONGLONG)n, is_real ? NULL : &missing, out,
                      &any_missing, &status);
    }
    return status ? refuse(f, c->name, status, err) : 0;
}

int fe_ogip_get(const fe_ogip_file *f, const fe_ogip_column *c, size_t row, size_t n_rows, double *out, fe_err *err)
{
    const fe_where at = fe_ogip_here(f, 0);

    if (c->is_variable)
        return fe_fail(err, FE_EDATA, &at, "column %s has cells of variable length, expected a fixed one", c->name);
    return n_rows > 0 && c->width > 0 ? read_numbers(f, c, row, n_rows * c->width, out, err) : 0;
}

char *fe_ogip_get_text(const fe_ogip_file *f, const fe_ogip_column *c, size_t row)
{
    char *text;
    int status = 0;

    if (c->type != TSTRING || c->is_variable)
        return NULL;
    text = FE_NEWN(char, c->width + 1);
    fits_read_col_str(cfitsio_of(f, &status), c->number, (LONGLONG)row + 1, 1, 1, "", &text, NULL, &status);
    if (status)
        *text = 0;
    fits_clear_errmsg();
    return text;
}

char *fe_ogip_unit_text(const fe_ogip_file *f, const fe_ogip_column *c)
{
    char key[16], *text;

    snprintf(key, sizeof key, "TUNIT%d", c->number);
    text = fe_ogip_text(f, key);
    if (text && *fe_str_trim(text))
        return text;
    free(text);
    return NULL;
}

int fe_ogip_unit(const fe_ogip_file *f, const fe_ogip_column *c, const char *unit, const char *silent, double *factor,
                 fe_err *err)
{
    const fe_where at = fe_ogip_here(f, 0);
    char *text = fe_ogip_unit_text(f, c);
    fe_err why = { FE_OK, "" };
    int rc;

    if (!text) {
        fe_note(FE_NOTE_SAID, NULL, "column %s of %s has no unit: %s is assumed", c->name, at.hdu, silent);
        fe_note(FE_NOTE_DETAIL, &at, "column %s has no unit", c->name);
        return fe_unit_factor(silent, unit, factor, err);
    }
    rc = fe_unit_factor(text, unit, factor, &why);
    if (rc < 0)
        fe_fail(err, FE_EDATA, &at, "column %s has the unit '%s', expected one like %s", c->name, text, silent);
    free(text);
    return rc;
}

int fe_ogip_unit_loose(const fe_ogip_file *f, const fe_ogip_column *c, const char *unit, const char *what, double *factor,
                       fe_err *err)
{
    const fe_where at = fe_ogip_here(f, 0);
    char *text = fe_ogip_unit_text(f, c);
    fe_err why = { FE_OK, "" };
    fe_unit known;
    int rc = 0;

    *factor = 1;
    if (text && fe_unit_parse(text, &known) < 0)
        fe_note(FE_NOTE_WARN, &at, "column %s has the unit '%s', which is not known: %s are assumed", c->name, text, what);
    else if (text && fe_unit_factor(text, unit, factor, &why) < 0)
        rc = fe_fail(err, FE_EDATA, &at, "column %s has the unit '%s', expected %s", c->name, text, what);
    free(text);
    return rc;
}

/* ---- cells of any length ------------------------------------------------------------------------------------ */

/* Bytes of an element as it is stored; CFITSIO calls J TLONG. */
static LONGLONG element_size(int type)
{
    if (type == TLOGICAL || type == TBYTE)
        return 1;
    if (type == TSHORT)
        return 2;
    return type == TINT || type == TLONG || type == TFLOAT ? 4 : 8;
}

/* Where the cells start.  CFITSIO does not ask whether a descriptor stays inside the heap of a file in memory. */
static int measure_cells(const fe_ogip_file *f, const fe_ogip_column *c, size_t row, size_t n_rows, size_t *start,
                         fe_err *err)
{
    LONGLONG length = 0, offset = 0, from, data, end, size = element_size(c->stored);
    int status = 0;
    fitsfile *fits = cfitsio_of(f, &status);

    fits_get_hduaddrll(fits, &from, &data, &end, &status);
    for (size_t i = 0; i < n_rows; i++) {
        const fe_where at = fe_ogip_here(f, row + i + 1);
        LONGLONG heap = end - data - fits->Fptr->heapstart;

        if (fits_read_descriptll(fits, c->number, (LONGLONG)(row + i) + 1, &length, &offset, &status))
            return refuse(f, c->name, status, err);
        if (heap < 0 || length < 0 || offset < 0 || length > heap / size || offset > heap - length * size)
            return fe_fail(err, FE_EDATA, &at,
                           "column %s points outside the table's heap (%lld elements at byte %lld of %lld)",
                           c->name, (long long)length, (long long)offset, (long long)heap);
        start[i + 1] = start[i] + (size_t)length;
        if (start[i + 1] > MAX_SHARED_HEAP * (size_t)heap)
            return fe_fail(err, FE_EDATA, &at, "the cells of column %s share one place", c->name);
    }
    return 0;
}

int fe_ogip_get_cells(const fe_ogip_file *f, const fe_ogip_column *c, size_t row, size_t n_rows, fe_ogip_cells *out,
                      fe_err *err)
{
    int rc = 0;

    *out = (fe_ogip_cells){ FE_NEWN(size_t, n_rows + 1), NULL };
    for (size_t i = 0; !c->is_variable && i < n_rows; i++)
        out->start[i + 1] = (i + 1) * c->width;
    if (c->is_variable && measure_cells(f, c, row, n_rows, out->start, err) < 0)
        return -1;
    out->value = FE_NEWN(double, out->start[n_rows]);
    if (!c->is_variable)
        return fe_ogip_get(f, c, row, n_rows, out->value, err);
    for (size_t i = 0; rc == 0 && i < n_rows; i++)
        if (out->start[i + 1] > out->start[i])
            rc = read_numbers(f, c, row + i, out->start[i + 1] - out->start[i], out->value + out->start[i], err);
    return rc;
}

void fe_ogip_cells_free(fe_ogip_cells *cells)
{
    free(cells->start);
    free(cells->value);
    *cells = (fe_ogip_cells){ NULL, NULL };
}

/* ---- energy axes -------------------------------------------------------------------------------------------- */

static int get_energies(const fe_ogip_file *f, const char *name, double *e_TeV, fe_err *err)
{
    const fe_where at = fe_ogip_here(f, 0);
    fe_ogip_column c;
    double factor;

    if (fe_ogip_need(f, name, &c, err) < 0 || fe_ogip_unit(f, &c, "TeV", "keV", &factor, err) < 0)
        return -1;
    if (c.width != 1)
        return fe_fail(err, FE_EDATA, &at, "column %s has %zu elements a row, expected 1", name, c.width);
    if (fe_ogip_get(f, &c, 0, f->n_rows, e_TeV, err) < 0)
        return -1;
    for (size_t i = 0; i < f->n_rows; i++)
        e_TeV[i] *= factor;
    return 0;
}

static bool is_same_edge(double a, double b)
{
    return a == b || fe_num_close(a, b, EDGE_RTOL);
}

bool fe_ogip_same_edges(const double *a, const double *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!is_same_edge(a[i], b[i]))
            return false;
    return true;
}

/* lo and hi [n_rows], lo with room for one more: it becomes the edges.  0 as the first edge is seen in the wild. */
static int join_edges(const fe_ogip_file *f, const char *low, const char *high, double *lo, const double *hi,
                      fe_err *err)
{
    for (size_t i = 0; i < f->n_rows; i++) {
        const fe_where at = fe_ogip_here(f, i + 1);

        if (!(lo[i] >= 0) || !(hi[i] > lo[i]) || !isfinite(hi[i]))
            return fe_fail(err, FE_EDATA, &at, "columns %s and %s go from %g to %g TeV, expected increasing energies",
                           low, high, lo[i], hi[i]);
        if (i > 0 && !is_same_edge(lo[i], hi[i - 1]))
            return fe_fail(err, FE_EDATA, &at, "column %s is %.7g TeV, but the bin before ends at %.7g TeV (%s)", low,
                           lo[i], hi[i - 1], lo[i] < hi[i - 1] ? "they overlap" : "a gap");
        if (i > 0 && !(lo[i] > lo[i - 1]))
            return fe_fail(err, FE_EDATA, &at, "column %s is %g TeV, expected increasing energies", low, lo[i]);
    }
    lo[f->n_rows] = hi[f->n_rows - 1];
    return 0;
}

int fe_ogip_get_edges(const fe_ogip_file *f, const char *low, const char *high, double **edge_TeV, fe_err *err)
{
    const fe_where at = fe_ogip_here(f, 0);
    double *lo = FE_NEWN(double, f->n_rows + 1), *hi = FE_NEWN(double, f->n_rows + 1);
    int rc = -1;

    if (f->n_rows == 0)
        fe_fail(err, FE_EDATA, &at, "the table has no rows");
    else if (get_energies(f, low, lo, err) == 0 && get_energies(f, high, hi, err) == 0)
        rc = join_edges(f, low, high, lo, hi, err);
    free(hi);
    if (rc < 0)
        free(lo);
    *edge_TeV = rc < 0 ? NULL : lo;
    return rc;
}
