/* SPECTRUM tables (OGIP/92-007): type I has a row for each channel, type II a row for each spectrum. */
#include "io/ogip_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/note.h"

static const double RATE_ATOL = 1e-3, RATE_RTOL = 1e-6, STAT_ERR_RTOL = 0.01;

typedef struct pick {               /* one spectrum of a table                                          */
    const fe_ogip_file *f;
    size_t row, n;                  /* type II: its row; channels                                       */
    bool is_ii;
    fe_err *err;
} pick;

/* Place of channel j: a row of its own, or an element of a cell, which `text` names. */
static fe_where place_of(const pick *p, size_t j, char text[32])
{
    *text = 0;
    if (p->is_ii)
        snprintf(text, 32, " in channel %zu", j + 1);
    return fe_ogip_here(p->f, p->is_ii ? p->row + 1 : j + 1);
}

static int refuse_value(const pick *p, const char *name, size_t j, const char *what, double x)
{
    char channel[32];
    const fe_where at = place_of(p, j, channel);

    return fe_fail(p->err, FE_EDATA, &at, "%s is %s (%.10g)%s", name, what, x, channel);
}

bool fe_ogip_is_type_ii(const fe_ogip_file *f)
{
    char *type = fe_ogip_text(f, "HDUCLAS4");
    bool said = type && (fe_str_equal_nocase(type, "TYPE:II") || fe_str_equal_nocase(type, "TYPEII"));
    fe_ogip_column c;

    free(type);
    return said || ((fe_ogip_find(f, "COUNTS", &c) || fe_ogip_find(f, "RATE", &c)) && c.width != 1);
}

size_t fe_ogip_n_spectra(const fe_ogip_file *f)
{
    return fe_ogip_is_type_ii(f) ? f->n_rows : 1;
}

/* ---- quantities that may be a column, a keyword, or left out ------------------------------------------------ */

static int get_cell(const pick *p, const fe_ogip_column *c, double *out)
{
    fe_ogip_cells cells = { NULL, NULL };
    const fe_where at = fe_ogip_here(p->f, p->row + 1);
    size_t n;
    int rc = fe_ogip_get_cells(p->f, c, p->row, 1, &cells, p->err);

    n = rc == 0 ? cells.start[1] : 0;
    if (rc == 0 && n != p->n && n != 1)
        rc = fe_fail(p->err, FE_EDATA, &at, "column %s has %zu elements, expected one for each of %zu channels",
                     c->name, n, p->n);
    for (size_t j = 0; rc == 0 && j < p->n; j++)
        out[j] = cells.value[n == 1 ? 0 : j];
    fe_ogip_cells_free(&cells);
    return rc;
}

static int get_column(const pick *p, const fe_ogip_column *c, double *out)
{
    const fe_where at = fe_ogip_here(p->f, 0);

    if (p->is_ii)
        return get_cell(p, c, out);
    if (c->width != 1)
        return fe_fail(p->err, FE_EDATA, &at, "column %s has %zu elements a row, expected 1", c->name, c->width);
    return fe_ogip_get(p->f, c, 0, p->n, out, p->err);
}

static int get_values(const pick *p, const char *name, double missing, double *out)
{
    fe_ogip_column c;
    double value;

    if (fe_ogip_find(p->f, name, &c))
        return get_column(p, &c, out);
    if (fe_ogip_number(p->f, name, missing, &value, p->err) < 0)
        return -1;
    for (size_t j = 0; j < p->n; j++)
        out[j] = value;
    return 0;
}

/* A scale: finite and not negative. */
static int get_scale(const pick *p, const char *name, double *out)
{
    if (get_values(p, name, 1, out) < 0)
        return -1;
    for (size_t j = 0; j < p->n; j++)
        if (!(out[j] >= 0) || !isfinite(out[j]))
            return refuse_value(p, name, j, out[j] < 0 ? "negative" : "not a finite number", out[j]);
    return 0;
}

static int get_exposure(const pick *p, double *exposure_s)
{
    const fe_where at = fe_ogip_here(p->f, p->is_ii ? p->row + 1 : 0);
    fe_ogip_column c;
    int rc;

    if (fe_ogip_find(p->f, "EXPOSURE", &c))
        rc = c.width == 1 ? fe_ogip_get(p->f, &c, p->is_ii ? p->row : 0, 1, exposure_s, p->err)
                          : fe_fail(p->err, FE_EDATA, &at, "column EXPOSURE has %zu elements a row, expected 1",
                                    c.width);
    else
        rc = fe_ogip_number(p->f, "EXPOSURE", NAN, exposure_s, p->err);
    if (rc == 0 && !isnan(*exposure_s) && (!(*exposure_s > 0) || !isfinite(*exposure_s)))
        rc = fe_fail(p->err, FE_EDATA, &at, "EXPOSURE is %g s, expected a positive time", *exposure_s);
    if (rc == 0 && isnan(*exposure_s))
        fe_note(FE_NOTE_WARN, &at, "there is no EXPOSURE: 1 s is assumed");
    return rc;
}

/* ---- channels ----------------------------------------------------------------------------------------------- */

static int get_channels(const pick *p, double *channel, double *first)
{
    const fe_where whole = fe_ogip_here(p->f, 0);
    double detchans;
    fe_ogip_column c;

    if (fe_ogip_number(p->f, "DETCHANS", (double)p->n, &detchans, p->err) < 0)
        return -1;
    if (detchans != (double)p->n)
        return fe_fail(p->err, FE_EDATA, &whole, "%zu channels, expected %.0f (keyword DETCHANS)", p->n, detchans);
    *first = NAN;
    if (!fe_ogip_find(p->f, "CHANNEL", &c)) {
        fe_note(FE_NOTE_SAID, NULL, "no column CHANNEL: channels are taken in the order of EBOUNDS");
        fe_note(FE_NOTE_DETAIL, &whole, "no column CHANNEL");
        return 0;
    }
    if (get_column(p, &c, channel) < 0)
        return -1;
    for (size_t j = 0; j < p->n; j++) {
        char where[32];
        const fe_where at = place_of(p, j, where);

        if (channel[j] != channel[0] + (double)j)
            return fe_fail(p->err, FE_EDATA, &at, "column CHANNEL is %g%s, expected %g", channel[j], where,
                           channel[0] + (double)j);
    }
    *first = channel[0];
    return 0;
}

/* ---- counts ------------------------------------------------------------------------------------------------- */

/* Rates times exposure are counts but for the rounding of the rate, mostly single precision. */
static void rate_to_counts(size_t n, double *x, double exposure_s)
{
    bool whole = true;

    for (size_t j = 0; j < n; j++) {
        x[j] *= exposure_s;
        whole = whole && fabs(x[j] - round(x[j])) <= RATE_ATOL + RATE_RTOL * fabs(x[j]);
    }
    for (size_t j = 0; whole && j < n; j++)
        x[j] = round(x[j]);
}

static int check_counts(const pick *p, const char *name, const double *counts)
{
    char *poisson = fe_ogip_text(p->f, "POISSERR");
    bool is_poisson = poisson && !strcmp(poisson, "T");
    int rc = 0;

    free(poisson);
    for (size_t j = 0; rc == 0 && j < p->n; j++) {
        if (counts[j] < 0)
            rc = refuse_value(p, name, j, "negative", counts[j]);
        else if (!isfinite(counts[j]))
            rc = refuse_value(p, name, j, "not a finite number", counts[j]);
        else if (is_poisson && counts[j] != floor(counts[j]))
            rc = refuse_value(p, name, j, "not a whole number, but POISSERR is T", counts[j]);
    }
    return rc;
}

static int get_counts(const pick *p, double exposure_s, double *counts)
{
    fe_ogip_column c;
    bool is_rate = !fe_ogip_find(p->f, "COUNTS", &c);
    double factor;

    if (is_rate && !fe_ogip_find(p->f, "RATE", &c)) {
        const fe_where at = fe_ogip_here(p->f, 0);

        return fe_fail(p->err, FE_EDATA, &at, "there is no column COUNTS or RATE");
    }
    if (fe_ogip_unit_loose(p->f, &c, is_rate ? "s-1" : "", is_rate ? "counts per second" : "counts", &factor, p->err) < 0 ||
        get_column(p, &c, counts) < 0)
        return -1;
    for (size_t j = 0; j < p->n; j++)
        counts[j] *= factor;
    if (is_rate)
        rate_to_counts(p->n, counts, isnan(exposure_s) ? 1 : exposure_s);
    return check_counts(p, is_rate ? "column RATE times EXPOSURE" : "column COUNTS", counts);
}

/* ---- what is not used, and said ----------------------------------------------------------------------------- */

static int find_errors(const pick *p, const double *counts, double *x, bool *differ)
{
    char *poisson = fe_ogip_text(p->f, "POISSERR");
    fe_ogip_column c;
    int rc = 0;

    if (poisson && !strcmp(poisson, "F") && fe_ogip_find(p->f, "STAT_ERR", &c) && fe_ogip_find(p->f, "COUNTS", &c)) {
        rc = get_values(p, "STAT_ERR", NAN, x);
        for (size_t j = 0; rc == 0 && j < p->n; j++)
            *differ = *differ || fabs(x[j] - sqrt(counts[j])) > STAT_ERR_RTOL * sqrt(counts[j]);
    }
    free(poisson);
    return rc;
}

/* Its place in a Poisson likelihood is a nuisance of the background, which is asked for by hand. */
static int note_systematic(const pick *p, double *x)
{
    const fe_where at = fe_ogip_here(p->f, 0);
    double least = INFINITY, most = 0;

    if (get_values(p, "SYS_ERR", 0, x) < 0)
        return -1;
    for (size_t j = 0; j < p->n; j++) {
        least = fmin(least, fabs(x[j]));
        most = fmax(most, fabs(x[j]));
    }
    if (most == 0)
        return 0;
    fe_note(FE_NOTE_SAID, NULL, "SYS_ERR is not used: errors are statistical (--bkg-syst F takes a systematic error of the "
            "background)");
    fe_note(FE_NOTE_DETAIL, &at, "SYS_ERR is %.3g to %.3g of the counts of a channel", least, most);
    return 0;
}

/* OGIP/92-007 3.1.2: 1 begins a bin, -1 goes on with it, 0 stands alone. */
static int get_grouping(const pick *p, fe_ogip_spectrum *s, double *x)
{
    bool any = false;

    if (get_values(p, "GROUPING", 0, x) < 0)
        return -1;
    for (size_t j = 0; j < p->n; j++) {
        if (x[j] != 1 && x[j] != 0 && x[j] != -1)
            return refuse_value(p, "GROUPING", j, "not 1, 0 or -1", x[j]);
        any = any || (x[j] < 0 && j > 0);
    }
    if (!any)
        return 0;
    s->goes_on = FE_NEWN(bool, p->n);
    for (size_t j = 1; j < p->n; j++)
        s->goes_on[j] = x[j] < 0;
    return 0;
}

static bool is_model(const pick *p, const double *counts)
{
    char *poisson = fe_ogip_text(p->f, "POISSERR");
    bool model = false;

    for (size_t j = 0; poisson && !strcmp(poisson, "F") && j < p->n; j++)
        model = model || counts[j] != floor(counts[j]);
    free(poisson);
    return model;
}

/* ---- together ----------------------------------------------------------------------------------------------- */

static int count_channels(pick *p)
{
    const fe_where at = fe_ogip_here(p->f, p->is_ii ? p->row + 1 : 0);
    fe_ogip_column c;
    fe_ogip_cells cells = { NULL, NULL };
    int rc = 0;

    p->n = p->f->n_rows;
    if (p->is_ii && (fe_ogip_find(p->f, "COUNTS", &c) || fe_ogip_find(p->f, "RATE", &c))) {
        rc = fe_ogip_get_cells(p->f, &c, p->row, 1, &cells, p->err);
        p->n = rc == 0 ? cells.start[1] : 0;
        fe_ogip_cells_free(&cells);
    }
    return rc == 0 && p->n == 0 ? fe_fail(p->err, FE_EDATA, &at, "the spectrum has no channels") : rc;
}

static int fill(const pick *p, fe_ogip_spectrum *s, double *work)
{
    if (get_channels(p, work, &s->first) < 0 || get_exposure(p, &s->exposure_s) < 0 ||
        get_counts(p, s->exposure_s, s->counts) < 0 || get_scale(p, "BACKSCAL", s->backscal) < 0 ||
        get_scale(p, "AREASCAL", s->areascal) < 0 || find_errors(p, s->counts, work, &s->has_errors) < 0 || note_systematic(p, work) < 0 ||
        get_grouping(p, s, work) < 0 || get_values(p, "QUALITY", 0, work) < 0)
        return -1;
    s->is_model = is_model(p, s->counts);
    for (size_t j = 0; j < p->n; j++)
        s->good[j] = work[j] == 0;
    return 0;
}

int fe_ogip_get_spectrum(const fe_ogip_file *f, size_t row, fe_ogip_spectrum *s, fe_err *err)
{
    const fe_where at = fe_ogip_here(f, 0);
    pick p = { f, row, 0, fe_ogip_is_type_ii(f), err };
    double *work;
    int rc;

    *s = (fe_ogip_spectrum){ 0 };
    if (row >= fe_ogip_n_spectra(f))
        return fe_fail(err, FE_EDATA, &at, "there is no spectrum %zu, found %zu", row + 1, fe_ogip_n_spectra(f));
    if (count_channels(&p) < 0)
        return -1;
    s->n = p.n;
    s->counts = FE_NEWN(double, p.n);
    s->backscal = FE_NEWN(double, p.n);
    s->areascal = FE_NEWN(double, p.n);
    s->good = FE_NEWN(bool, p.n);
    work = FE_NEWN(double, p.n);
    rc = fill(&p, s, work);
    free(work);
    if (rc < 0)
        fe_ogip_spectrum_free(s);
    return rc;
}

void fe_ogip_spectrum_free(fe_ogip_spectrum *s)
{
    free(s->counts);
    free(s->backscal);
    free(s->areascal);
    free(s->good);
    free(s->goes_on);
    *s = (fe_ogip_spectrum){ 0 };
}
