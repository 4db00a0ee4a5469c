/* Columns of OGIP files: where they stand, or straight from CFITSIO. */
#include "io/ogip_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/note.h"
#include "base/num.h"
#include "phys/units.h"

enum { MAX_SHARED_HEAP = 16 };

static const double EDGE_RTOL = 1e-5;       /* edges in single precision, written by different programs */

/* ---- columns ------------------------------------------------------------------------------------------------ */

size_t fe_ogip_n_columns(const fe_ogip_file *f)
{
    int n = 0, status = 0;

    if (f->is_plain)
        return f->hdu[f->at].n_fields;
    fits_get_num_cols(fe_ogip_cfitsio_at(f, &status), &n, &status);
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
    fits = fe_ogip_cfitsio_at(f, &status);
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
    fits = fe_ogip_cfitsio_at(f, &status);
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
    return status ? fe_ogip_refuse(f, c->name, status, err) : 0;
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
    fits_read_col_str(fe_ogip_cfitsio_at(f, &status), c->number, (LONGLONG)row + 1, 1, 1, "", &text, NULL, &status);
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
    fitsfile *fits = fe_ogip_cfitsio_at(f, &status);

    fits_get_hduaddrll(fits, &from, &data, &end, &status);
    for (size_t i = 0; i < n_rows; i++) {
        const fe_where at = fe_ogip_here(f, row + i + 1);
        LONGLONG heap = end - data - fits->Fptr->heapstart;

        if (fits_read_descriptll(fits, c->number, (LONGLONG)(row + i) + 1, &length, &offset, &status))
            return fe_ogip_refuse(f, c->name, status, err);
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
