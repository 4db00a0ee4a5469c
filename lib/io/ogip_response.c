/* ARF, RMF and EBOUNDS tables (CAL/GEN/92-002; formats 4.2, 4.3). */
#include "io/ogip_parts.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/note.h"
#include "io/history.h"
#include "phys/units.h"

static const double LARGE_SUM = 1.01;       /* more than probabilities and their rounding can sum to */

/* ---- EBOUNDS ------------------------------------------------------------------------------------------------ */

static int get_channels(const fe_ogip_file *f, double *first, fe_err *err)
{
    double *channel = FE_NEWN(double, f->n_rows);
    fe_ogip_column c;
    int rc = 0;

    *first = NAN;
    if (fe_ogip_find(f, "CHANNEL", &c) && c.width == 1) {
        rc = fe_ogip_get(f, &c, 0, f->n_rows, channel, err);
        *first = channel[0];
        for (size_t j = 0; rc == 0 && j < f->n_rows; j++) {
            const fe_where at = fe_ogip_here(f, j + 1);

            if (channel[j] != channel[0] + (double)j)
                rc = fe_fail(err, FE_EDATA, &at, "column CHANNEL is %g, expected %g", channel[j],
                             channel[0] + (double)j);
        }
    }
    free(channel);
    return rc;
}

int fe_ogip_get_ebounds(fe_ogip_file *f, fe_ogip_ebounds *out, fe_err *err)
{
    *out = (fe_ogip_ebounds){ 0, NAN, NULL };
    if (!fe_ogip_seek(f, FE_OGIP_EBOUNDS))
        return 0;
    if (fe_ogip_get_edges(f, "E_MIN", "E_MAX", &out->edge_TeV, err) < 0)
        return -1;
    out->n = f->n_rows;
    return get_channels(f, &out->first, err);
}

/* ---- ARF ---------------------------------------------------------------------------------------------------- */

static int check_area(const fe_ogip_file *f, const double *area_cm2, fe_err *err)
{
    for (size_t i = 0; i < f->n_rows; i++) {
        const fe_where at = fe_ogip_here(f, i + 1);

        if (!(area_cm2[i] >= 0) || !isfinite(area_cm2[i]))
            return fe_fail(err, FE_EDATA, &at, "column SPECRESP is %s (%g)",
                           area_cm2[i] < 0 ? "negative" : "not a finite number",
                           area_cm2[i]);
    }
    return 0;
}

static int get_arf(fe_ogip_file *f, fe_ogip_response *r, fe_err *err)
{
    const fe_where at = fe_ogip_here(f, 0);
    fe_ogip_column c;
    double factor;

    if (fe_ogip_get_edges(f, "ENERG_LO", "ENERG_HI", &r->arf_edge_TeV, err) < 0 ||
        fe_ogip_need(f, "SPECRESP", &c, err) < 0 ||
        fe_ogip_unit(f, &c, "cm2", "cm2", &factor, err) < 0)
        return -1;
    if (c.width != 1)
        return fe_fail(err, FE_EDATA, &at, "column SPECRESP has %zu elements a row, expected 1", c.width);
    r->n_arf = f->n_rows;
    r->area_cm2 = FE_NEWN(double, r->n_arf);
    if (fe_ogip_get(f, &c, 0, r->n_arf, r->area_cm2, err) < 0 || check_area(f, r->area_cm2, err) < 0)
        return -1;
    for (size_t i = 0; i < r->n_arf; i++)
        r->area_cm2[i] *= factor;
    return 0;
}

/* ---- RMF ---------------------------------------------------------------------------------------------------- */

typedef struct matrix {             /* the columns of a MATRIX table                                    */
    const fe_ogip_file *f;
    double *n_grp;                  /* [n_rows]                                                         */
    fe_ogip_cells f_chan, n_chan, value;
    double first;                   /* number of the first channel                                      */
    size_t n_reco;
    fe_err *err;
} matrix;

static void free_matrix(matrix *m)
{
    free(m->n_grp);
    fe_ogip_cells_free(&m->f_chan);
    fe_ogip_cells_free(&m->n_chan);
    fe_ogip_cells_free(&m->value);
}

/* F_CHAN counts from the channel that its TLMIN names, else from the first of EBOUNDS; the default of OGIP is 1. */
static int get_first_channel(matrix *m, const fe_ogip_ebounds *e, int column)
{
    char key[16];

    snprintf(key, sizeof key, "TLMIN%d", column);
    return fe_ogip_number(m->f, key, isnan(e->first) ? 1 : e->first, &m->first, m->err);
}

static int count_channels(matrix *m, const fe_ogip_ebounds *e)
{
    const fe_where at = fe_ogip_here(m->f, 0);
    double detchans;

    if (fe_ogip_number(m->f, "DETCHANS", e->n ? (double)e->n : NAN, &detchans, m->err) < 0)
        return -1;
    if (e->n && detchans != (double)e->n)
        return fe_fail(m->err, FE_EDATA, &at, "keyword DETCHANS is %g, but EBOUNDS has %zu channels", detchans, e->n);
    if (!(detchans >= 1 && detchans <= INT_MAX))
        return fe_fail(m->err, FE_EDATA, &at, "the number of channels is unknown: no EBOUNDS, and DETCHANS is %g",
                       detchans);
    m->n_reco = (size_t)detchans;
    return 0;
}

static int get_columns(matrix *m, const fe_ogip_ebounds *e, fe_ogip_column *value)
{
    const fe_where at = fe_ogip_here(m->f, 0);
    const fe_ogip_file *f = m->f;
    fe_ogip_column n_grp, f_chan, n_chan;

    if (fe_ogip_need(f, "N_GRP", &n_grp, m->err) < 0 || fe_ogip_need(f, "F_CHAN", &f_chan, m->err) < 0 ||
        fe_ogip_need(f, "N_CHAN", &n_chan, m->err) < 0 || fe_ogip_need(f, "MATRIX", value, m->err) < 0)
        return -1;
    if (n_grp.width != 1)
        return fe_fail(m->err, FE_EDATA, &at, "column N_GRP has %zu elements a row, expected 1", n_grp.width);
    m->n_grp = FE_NEWN(double, f->n_rows);
    if (get_first_channel(m, e, f_chan.number) < 0 || count_channels(m, e) < 0 ||
        fe_ogip_get(f, &n_grp, 0, f->n_rows, m->n_grp, m->err) < 0 ||
        fe_ogip_get_cells(f, &f_chan, 0, f->n_rows, &m->f_chan, m->err) < 0 ||
        fe_ogip_get_cells(f, &n_chan, 0, f->n_rows, &m->n_chan, m->err) < 0)
        return -1;
    return fe_ogip_get_cells(f, value, 0, f->n_rows, &m->value, m->err);
}

static size_t cell_length(const fe_ogip_cells *cells, size_t i)
{
    return cells->start[i + 1] - cells->start[i];
}

static int refuse_row(const matrix *m, size_t i, const char *what, double x, const char *expected)
{
    const fe_where at = fe_ogip_here(m->f, i + 1);

    return fe_fail(m->err, FE_EDATA, &at, "column %s is %g, expected %s", what, x, expected);
}

/* Channels [from, to) of group g in row i; they may not reach back before `from` as it comes in. */
static int get_group(const matrix *m, size_t i, size_t g, size_t *from, size_t *to)
{
    const fe_where at = fe_ogip_here(m->f, i + 1);
    double n = m->n_chan.value[m->n_chan.start[i] + g], first = m->f_chan.value[m->f_chan.start[i] + g];

    if (!(n >= 0) || n != floor(n))
        return refuse_row(m, i, "N_CHAN", n, "a number of channels");
    if (n == 0) {
        *to = *from;
        return 0;
    }
    if (!(first >= m->first) || first != floor(first) || !(first - m->first + n <= (double)m->n_reco))
        return fe_fail(m->err, FE_EDATA, &at, "columns F_CHAN and N_CHAN name channels %g to %g, expected %g to %g",
                       first, first + n - 1, m->first, m->first + (double)m->n_reco - 1);
    if (first - m->first < (double)*from)
        return fe_fail(m->err, FE_EDATA, &at, "column F_CHAN is %g: the groups of channels overlap or are out of order",
                       first);
    *from = (size_t)(first - m->first);
    *to = *from + (size_t)n;
    return 0;
}

/* Row i behind the entries that are there; zeros are left out. */
static int add_row(const matrix *m, size_t i, fe_edisp *r)
{
    size_t from = 0, to = 0, k = r->row[i], at = m->value.start[i], end = m->value.start[i + 1];
    double n_grp = m->n_grp[i];

    if (!(n_grp >= 0) || n_grp > (double)cell_length(&m->f_chan, i) || n_grp > (double)cell_length(&m->n_chan, i))
        return refuse_row(m, i, "N_GRP", n_grp, "a number of groups for which F_CHAN and N_CHAN have elements");
    for (size_t g = 0; g < (size_t)n_grp; g++, from = to) {
        if (get_group(m, i, g, &from, &to) < 0)
            return -1;
        if (to - from > end - at)
            return refuse_row(m, i, "N_CHAN", (double)(to - from), "no more channels than MATRIX has elements");
        for (size_t j = from; j < to; j++, at++) {
            double x = m->value.value[at];

            if (!(x >= 0) || !isfinite(x))
                return refuse_row(m, i, "MATRIX", x, "a finite number of at least 0");
            if (x == 0)
                continue;
            r->col[k] = (int)j;
            r->value[k++] = x;
        }
    }
    r->row[i + 1] = k;
    return 0;
}

static int fill_matrix(const matrix *m, fe_edisp *r)
{
    for (size_t i = 0; i < r->n_true; i++)
        if (add_row(m, i, r) < 0)
            return -1;
    r->col = fe_realloc(r->col, r->row[r->n_true] + 1, sizeof *r->col);
    r->value = fe_realloc(r->value, r->row[r->n_true] + 1, sizeof *r->value);
    return 0;
}

static double row_sum(const fe_edisp *r, size_t i)
{
    double sum = 0;

    for (size_t k = r->row[i]; k < r->row[i + 1]; k++)
        sum += r->value[k];
    return sum;
}

/*
 * HDUCLAS3 FULL, or the unit, says that the values are areas; files older than that keyword show it by their size.
 * *area_cm2: one unit of them, 0 when they are probabilities.
 */
static int find_area(const fe_ogip_file *f, const fe_ogip_column *c, bool has_large_sum, double *area_cm2, fe_err *err)
{
    char *class3 = fe_ogip_text(f, "HDUCLAS3"), *unit = fe_ogip_unit_text(f, c);
    bool is_area = (class3 && fe_str_equal_nocase(class3, "FULL")) || (!class3 && has_large_sum);
    fe_unit u;
    double factor;
    int rc = 0;

    *area_cm2 = is_area;
    if (unit && fe_unit_parse(unit, &u) == 0 && fe_unit_same_dim(u, (fe_unit){ .length = 2 }))
        *area_cm2 = u.scale;
    else
        rc = fe_ogip_unit_loose(f, c, "", is_area ? "areas in cm2" : "probabilities", &factor, err);
    free(class3);
    free(unit);
    return rc;
}

/* Rows become probabilities, what they summed to the area. */
static void split_area(fe_ogip_response *r, double unit_cm2)
{
    fe_edisp *e = r->edisp;

    r->rmf_area_cm2 = FE_NEWN(double, e->n_true);
    for (size_t i = 0; i < e->n_true; i++) {
        double sum = row_sum(e, i);

        r->rmf_area_cm2[i] = sum * unit_cm2;
        for (size_t k = e->row[i]; k < e->row[i + 1]; k++)
            e->value[k] /= sum;
    }
}

static int get_rmf(fe_ogip_file *f, fe_ogip_response *r, fe_err *err)
{
    matrix m = { .f = f, .err = err };
    fe_ogip_column value;
    double unit_cm2 = 0;
    int rc = -1;

    if (fe_ogip_get_edges(f, "ENERG_LO", "ENERG_HI", &r->rmf_edge_TeV, err) == 0 &&
        get_columns(&m, &r->ebounds, &value) == 0) {
        r->edisp = fe_edisp_new(f->n_rows, m.n_reco, m.value.start[f->n_rows] + 1);
        rc = fill_matrix(&m, r->edisp);
    }
    for (size_t i = 0; rc == 0 && i < f->n_rows; i++)
        r->has_large_sum = r->has_large_sum || row_sum(r->edisp, i) > LARGE_SUM;
    if (rc == 0)
        rc = find_area(f, &value, r->has_large_sum, &unit_cm2, err);
    if (rc == 0 && unit_cm2 > 0)
        split_area(r, unit_cm2);
    free_matrix(&m);
    return rc;
}

/* ---- files -------------------------------------------------------------------------------------------------- */

static int get_parts(fe_ogip_file *f, fe_ogip_response *r, fe_err *err)
{
    if (fe_ogip_get_ebounds(f, &r->ebounds, err) < 0)
        return -1;
    if (fe_ogip_seek(f, FE_OGIP_MATRIX) && get_rmf(f, r, err) < 0)
        return -1;
    if (fe_ogip_seek(f, FE_OGIP_SPECRESP) && get_arf(f, r, err) < 0)
        return -1;
    if (!r->edisp && !r->n_arf)
        return fe_ogip_no_hdu(f, "not a response: there is no MATRIX and no SPECRESP", err);
    return 0;
}

static size_t count_bytes(const fe_ogip_response *r)
{
    size_t n = 2 * r->n_arf + r->ebounds.n;

    if (r->edisp)
        n += 3 * r->edisp->n_true + 2 * r->edisp->row[r->edisp->n_true];
    return n * sizeof(double);
}

int fe_ogip_response_read(const char *path, fe_ogip_response **out, fe_err *err)
{
    fe_bytes bytes = { 0 };
    fe_ogip_file f = { 0 };
    fe_ogip_response *r = FE_NEW(fe_ogip_response);
    int rc = fe_bytes_read(path, &bytes, err);

    r->n_owners = 1;
    if (rc == 0 && (rc = fe_ogip_open(&bytes, &f, err)) == 0) {
        r->file = fe_strdup(bytes.name);
        rc = get_parts(&f, r, err);
    }
    if (rc == 0) {
        fe_history_input(bytes.name, bytes.n, bytes.data);
        r->n_bytes = count_bytes(r);
    } else {
        fe_ogip_response_free(r);
    }
    fe_ogip_close(&f);
    fe_bytes_free(&bytes);
    *out = rc < 0 ? NULL : r;
    return rc;
}

void fe_ogip_response_free(fe_ogip_response *r)
{
    if (!r || --r->n_owners > 0)
        return;
    free(r->file);
    free(r->arf_edge_TeV);
    free(r->area_cm2);
    fe_edisp_free(r->edisp);
    free(r->rmf_edge_TeV);
    free(r->rmf_area_cm2);
    free(r->ebounds.edge_TeV);
    free(r);
}
