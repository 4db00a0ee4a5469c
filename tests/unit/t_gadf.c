/* Documents <-> estimates: types, units, limits, scans, light curves; a file onto itself; gammapy's own files. */
#include <glob.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/note.h"
#include "io/gadf.h"
#include "phys/spectrum.h"
#include "check.h"

static const fe_layout gadf = { .gadf = true }, flat = { .gadf = false };
static const fe_layout series = { .series = true, .stated = true }, stated_flat = { .stated = true };

/* ---- tables by hand ----------------------------------------------------------------------------------------- */

static fe_column *numbers(fe_table *t, const char *name, const char *unit, const double *x)
{
    fe_column *c = fe_table_add(t, name, FE_COL_DOUBLE, unit, 1);

    memcpy(c->v.d, x, t->n_rows * sizeof *x);
    return c;
}

static fe_document *document_of(fe_table *t, const char *format)
{
    fe_document *doc = fe_document_new("x.fits");

    doc->format = format;
    fe_document_add(doc, t);
    return doc;
}

/* Two bands in GeV, dnde per GeV. */
static fe_table *two_bands(void)
{
    fe_table *t = fe_table_new("FLUXPOINTS", 2);

    numbers(t, "e_ref", "GeV", (double[]){ 2000, 5000 });
    numbers(t, "e_min", "GeV", (double[]){ 1000, 4000 });
    numbers(t, "e_max", "GeV", (double[]){ 4000, 9000 });
    return t;
}

static fe_estimate *reads(const fe_document *doc, int type)
{
    fe_estimate *e = NULL;
    fe_err err = { FE_OK, "" };

    if (fe_estimate_read(doc, type, &e, &err) < 0)
        CHECK_MSG(0, err.text);
    return e;
}

static fe_document *writes(const fe_estimate *e, const fe_document *from, const fe_layout *layout)
{
    fe_err err = { FE_OK, "" };
    fe_document *doc = fe_estimate_document(e, from, layout, &err);

    CHECK_MSG(doc != NULL, err.text);
    return doc;
}

static const double *column(const fe_document *doc, const char *name)
{
    const fe_column *c = fe_table_find(fe_document_first(doc), name);

    CHECK_MSG(c && c->type == FE_COL_DOUBLE, name);
    return c ? c->v.d : NULL;
}

static const char *unit(const fe_document *doc, const char *name)
{
    const fe_column *c = fe_table_find(fe_document_first(doc), name);

    return c ? c->unit : "(none)";
}

static const char *meta(const fe_document *doc, const char *key)
{
    const char *text = fe_meta_text(&fe_document_first(doc)->meta, key);

    return text ? text : "(none)";
}

static int read_fails(fe_document *doc, const char *expected)
{
    fe_estimate *e = NULL;
    fe_err err = { FE_OK, "" };
    int ok = fe_estimate_read(doc, -1, &e, &err) < 0 && strstr(err.text, expected);

    if (!ok)
        printf("%s\n", err.text);
    fe_estimate_free(e);
    fe_document_free(doc);
    return ok;
}

static void units_and_types(void)
{
    fe_table *t = two_bands();
    fe_document *doc = document_of(t, "fits"), *out;
    fe_estimate *e;
    fe_err err = { FE_OK, "" };
    fe_layout other = gadf;

    numbers(t, "quality", "", (double[]){ 0, 1 });
    numbers(t, "DNDE", "1e-3 ph / (m2 s GeV)", (double[]){ 2, 3 });
    numbers(t, "dnde_errn", "cm-2 s-1 TeV-1", (double[]){ 1, NAN });
    e = reads(doc, -1);
    CHECK(e->type == FE_SED_DNDE && e->n == 2);
    NEAR(e->key[FE_KEY_E_MIN][1], 4, 1e-15);
    NEAR(e->family[FE_SED_DNDE][FE_VALUE][0], 2e-4, 1e-15);     /* m-2 -> cm-2: 1e-4; GeV-1 -> TeV-1: 1e3 */
    NEAR(e->family[FE_SED_DNDE][FE_ERRN][0], 1, 0);
    CHECK(isnan(e->family[FE_SED_DNDE][FE_ERRN][1]));
    SAME_STR(e->energy_unit, "GeV");

    CHECK(fe_estimate_convert(e, FE_SED_E2DNDE, &err) == 0);
    out = writes(e, doc, &gadf);
    SAME_STR(unit(out, "e_ref"), "GeV");
    SAME_STR(unit(out, "e2dnde"), "erg cm-2 s-1");
    SAME_STR(meta(out, "SED_TYPE"), "e2dnde");
    CHECK(fe_table_find(fe_document_first(out), "dnde") == NULL);
    SAME_STR(fe_document_first(out)->col[4].name, "e2dnde");    /* where dnde stood */
    NEAR(column(out, "e2dnde")[0], 4 * 2e-4 * 1.602176634, 1e-15);
    fe_document_free(out);

    other.unit = "TeV m-2 s-1";
    other.energy_unit = "MeV";
    out = writes(e, doc, &other);
    NEAR(column(out, "e2dnde")[0], 4 * 2e-4 * 1e4, 1e-15);
    NEAR(column(out, "e_max")[0], 4e6, 1e-15);
    fe_document_free(out);
    other.unit = "cm-2 s-1";
    CHECK(fe_estimate_document(e, doc, &other, &err) == NULL);
    CHECK(err.code == FE_EUSAGE);
    CHECK_MSG(strstr(err.text, "unit 'cm-2 s-1' does not fit e2dnde, expected one like 'erg cm-2 s-1'"), err.text);
    other.unit = NULL;
    other.energy_unit = "cm";
    CHECK(fe_estimate_document(e, doc, &other, &err) == NULL);
    CHECK_MSG(strstr(err.text, "unit 'cm' does not fit e_ref"), err.text);

    other = flat;
    other.bare = true;                                          /* csv: canonical units whatever came */
    out = writes(e, doc, &other);
    SAME_STR(unit(out, "e_min"), "TeV");
    NEAR(column(out, "e_min")[0], 1, 1e-15);
    fe_document_free(out);
    fe_estimate_free(e);
    fe_document_free(doc);
}

/* csv says nothing of units, type and times: canonical on the way in, said on the way out. */
static void csv(void)
{
    fe_table *t = fe_table_new("", 1);
    fe_document *doc = document_of(t, "csv"), *out;
    fe_layout bare = { .bare = true };
    fe_estimate *e;

    numbers(t, "e_min", "", (double[]){ 1 });
    numbers(t, "e_max", "", (double[]){ 4 });
    numbers(t, "eflux", "", (double[]){ 1.602176634e-12 });
    numbers(t, "time_min", "", (double[]){ 53945 });
    numbers(t, "time_max", "", (double[]){ 53946 });
    e = reads(doc, -1);
    NEAR(e->family[FE_SED_EFLUX][FE_VALUE][0], 1e-12, 1e-15);   /* erg cm-2 s-1 */
    SAME_STR(e->timesys, "TT");
    out = writes(e, doc, &flat);
    SAME_STR(unit(out, "eflux"), "erg cm-2 s-1");
    SAME_STR(unit(out, "e_min"), "TeV");
    SAME_STR(meta(out, "SED_TYPE"), "eflux");
    SAME_STR(meta(out, "TIMESYS"), "TT");
    fe_document_free(out);
    out = writes(e, doc, &bare);
    CHECK(column(out, "eflux")[0] == 1.602176634e-12);
    fe_document_free(out);
    fe_estimate_free(e);
    fe_document_free(doc);
}

static void refusals(void)
{
    fe_table *t = two_bands();

    numbers(t, "dnde", "erg cm-2 s-1", (double[]){ 2, 3 });
    CHECK(read_fails(document_of(t, "fits"), "x.fits[FLUXPOINTS]: column dnde has the unit 'erg cm-2 s-1', that of "
                                             "e2dnde or eflux, expected one like 'cm-2 s-1 TeV-1'"));
    t = two_bands();
    numbers(t, "dnde", "furlong", (double[]){ 2, 3 });
    CHECK(read_fails(document_of(t, "fits"), "unknown unit 'furlong'"));
    CHECK(read_fails(document_of(two_bands(), "fits"), "no flux table: expected e_ref"));
    CHECK(read_fails(document_of(fe_table_new("A", 0), "fits"), "no columns"));
    t = two_bands();
    fe_table_add(t, "dnde", FE_COL_DOUBLE, "cm-2 s-1 TeV-1", 1);
    fe_table_add(t, "dnde_err", FE_COL_STRING, "", 1);
    CHECK(read_fails(document_of(t, "fits"), "column dnde_err holds text (''), expected numbers"));
}

/* ---- limits ------------------------------------------------------------------------------------------------- */

static fe_document *with_limits(const char *hdu, double conf, const char *side)
{
    fe_table *t = two_bands();
    fe_document *doc;

    free(t->name);
    t->name = fe_strdup(hdu);
    numbers(t, "dnde", "cm-2 s-1 TeV-1", (double[]){ 2, NAN });
    numbers(t, "dnde_ul", "cm-2 s-1 TeV-1", (double[]){ 3, 4 });
    fe_meta_set(&t->meta, "SED_TYPE", FE_META_STRING, "dnde", NULL);
    if (!isnan(conf))
        fe_meta_set_number(&t->meta, "UL_CONF", conf, NULL);
    if (side)
        fe_meta_set(&t->meta, "ULSIDE", FE_META_STRING, side, NULL);
    doc = document_of(t, "fits");
    return doc;
}

static void limits_case(const char *hdu, double conf, const char *side, const char *want_side, double want_drop)
{
    fe_document *doc = with_limits(hdu, conf, side);
    fe_estimate *e = reads(doc, -1);

    if (want_side)
        SAME_STR(e->ul_side ? e->ul_side : "NULL", want_side);
    else
        CHECK(e->ul_side == NULL);
    NEAR(e->ul_drop, want_drop, 1e-9);
    fe_estimate_free(e);
    fe_document_free(doc);
}

static void limits(void)
{
    fe_document *doc, *out;
    fe_estimate *e;

    limits_case("FLUXPOINTS", 0.9544997, NULL, "two", 4);       /* gammapy: 2 sigma, rounded to 7 digits */
    limits_case("FLUXPOINTS", 0.9973002, NULL, "two", 9);
    limits_case("FLUXPOINTS", 0.95, NULL, NULL, NAN);           /* nobody knows */
    limits_case("SED", 0.95, NULL, "one", 2.705543454095404);   /* fermipy */
    limits_case("FLUXPOINTS", 0.95, "one", "one", 2.705543454095404);
    limits_case("FLUXPOINTS", 0.95, "two", "two", 3.841458820694124);
    limits_case("FLUXPOINTS", NAN, NULL, NULL, NAN);

    doc = with_limits("FLUXPOINTS", 0.95, "one");
    e = reads(doc, -1);
    out = writes(e, NULL, &gadf);                                /* gammapy takes UL_CONF for two-sided */
    SAME_STR(meta(out, "UL_CONF"), "0.9");
    SAME_STR(meta(out, "ULSIDE"), "two");
    NEAR(fe_meta_number(&fe_document_first(out)->meta, "ULDTS"), 2.705543454095404, 1e-9);
    fe_document_free(out);
    out = writes(e, NULL, &flat);
    SAME_STR(meta(out, "UL_CONF"), "0.95");
    SAME_STR(meta(out, "ULSIDE"), "one");
    fe_document_free(out);
    fe_estimate_free(e);
    fe_document_free(doc);

    doc = with_limits("FLUXPOINTS", 0.95, NULL);                /* unknown side: nothing is claimed */
    e = reads(doc, -1);
    CHECK(!e->ul_bounded);
    out = writes(e, NULL, &flat);
    SAME_STR(meta(out, "UL_CONF"), "0.95");
    SAME_STR(meta(out, "ULSIDE"), "(none)");
    fe_document_free(out);
    fe_estimate_free(e);
    fe_document_free(doc);
}

/* ---- scans -------------------------------------------------------------------------------------------------- */

enum { N_SCAN = 9 };

/* ln L = -(norm - 1)^2 / (2 0.25^2), up to `shift`: a parabola, so that the peak between points is known. */
static fe_document *with_scan(const char *name, double factor, double shift, bool null)
{
    fe_table *t = two_bands();
    double norm_scan[2 * N_SCAN], scan[2 * N_SCAN];

    numbers(t, "ref_dnde", "cm-2 s-1 TeV-1", (double[]){ 1e-12, 1e-13 });
    numbers(t, "norm", "", (double[]){ 1, 1 });
    numbers(t, "ts", "", (double[]){ 16, 16 });
    numbers(t, "loglike", "", (double[]){ -50, -60 });
    if (null)
        numbers(t, "loglike_null", "", (double[]){ -58, -68 });
    for (int i = 0; i < 2 * N_SCAN; i++) {
        double x = 0.17 + 0.3 * (i % N_SCAN), d = (x - 1) / 0.25;

        norm_scan[i] = x;
        scan[i] = factor * (-d * d / 2 + shift);
    }
    memcpy(fe_table_add(t, "norm_scan", FE_COL_DOUBLE, "", N_SCAN)->v.d, norm_scan, sizeof norm_scan);
    memcpy(fe_table_add(t, name, FE_COL_DOUBLE, "", N_SCAN)->v.d, scan, sizeof scan);
    return document_of(t, "fits");
}

static void scan_case(double shift, bool null, const char *what)
{
    fe_document *doc = with_scan("dloglike_scan", 1, shift, null), *out;
    const double *before = column(doc, "dloglike_scan"), *after;
    fe_estimate *e = reads(doc, -1), *again;

    CHECK_MSG(e->n_scan == N_SCAN, what);
    for (size_t i = 0; e->n_scan && i < 2 * N_SCAN; i++) {
        double d = (e->norm_scan[i] - 1) / 0.25;

        NEAR(e->stat_scan[i], (i < N_SCAN ? 100 : 120) + d * d, 1e-12);
    }
    NEAR(e->q[FE_Q_STAT][1], 120, 0);
    out = writes(e, NULL, &gadf);
    CHECK_MSG(fe_table_find(fe_document_first(out), "stat_scan") != NULL, what);
    CHECK_MSG(fe_table_find(fe_document_first(out), "loglike") != NULL, what);
    fe_table_remove(fe_document_first(out), "dloglike_scan");   /* now as gammapy has it */
    fe_table_remove(fe_document_first(out), "loglike");
    again = reads(out, -1);
    fe_document_free(out);
    out = writes(again, NULL, &gadf);
    after = column(out, "dloglike_scan");
    for (size_t i = 0; after && i < 2 * N_SCAN; i++)            /* back as GADF has it: relative to norm 0 */
        NEAR(after[i], before[i] - shift + 8, 1e-12);
    fe_document_free(out);
    fe_estimate_free(again);
    fe_estimate_free(e);
    fe_document_free(doc);
}

static void scans(void)
{
    fe_document *doc;
    fe_estimate *e;

    scan_case(8, true, "relative to norm 0: ts/2 = 8");
    scan_case(0, true, "relative to the best fit");
    scan_case(0, false, "relative to the best fit, ts alone");
    scan_case(-3.7, true, "relative to something else: the peak is subtracted");

    doc = with_scan("dloglike_scan", -1, 0, true);              /* a valley under a peak's name */
    e = reads(doc, -1);
    CHECK(e->n_scan == 0 && fe_table_find(e->rest, "dloglike_scan"));
    CHECK(strstr(fe_note_text(fe_note_count() - 1), "column dloglike_scan is not read: it has a valley"));
    fe_estimate_free(e);
    fe_document_free(doc);
    doc = with_scan("stat_scan", -2, -20, true);
    e = reads(doc, -1);
    CHECK(e->n_scan == N_SCAN);
    NEAR(e->stat_scan[0], 40 + 0.83 * 0.83 * 16, 1e-12);        /* absolute, as it is */
    fe_estimate_free(e);
    fe_document_free(doc);
}

/* ---- identity ----------------------------------------------------------------------------------------------- */

static int same_column(const fe_column *a, const fe_column *b, size_t n)
{
    if (strcmp(a->name, b->name) || strcmp(a->unit, b->unit) || a->type != b->type || a->width != b->width ||
        a->n_dim != b->n_dim || a->fits_code != b->fits_code || memcmp(a->dim, b->dim, a->n_dim * sizeof *a->dim))
        return 0;
    for (size_t i = 0; i < n * a->width; i++)
        if (a->type == FE_COL_STRING ? strcmp(fe_column_string(a, 0, i), fe_column_string(b, 0, i))
            : a->type == FE_COL_BOOL ? a->v.b[i] != b->v.b[i] : memcmp(&a->v.d[i], &b->v.d[i], sizeof a->v.d[i]))
            return 0;
    return 1;
}

/* Columns, order, units, types, bits; keywords; other tables. */
static void same_documents(const fe_document *a, const fe_document *b, const char *what)
{
    char text[300];

    CHECK_MSG(a->n_parts == b->n_parts, what);
    for (size_t p = 0; a->n_parts == b->n_parts && p < a->n_parts; p++) {
        const fe_table *x = a->part[p].table, *y = b->part[p].table;

        CHECK_MSG(!x == !y, what);
        if (!x || !y)
            continue;
        snprintf(text, sizeof text, "%s[%s]: %zu and %zu columns, %zu and %zu keywords", what, x->name, x->n_cols,
                 y->n_cols, x->meta.n, y->meta.n);
        CHECK_MSG(!strcmp(x->name, y->name) && x->n_cols == y->n_cols, text);
        CHECK_MSG(x->n_rows == y->n_rows && x->meta.n == y->meta.n, text);
        for (size_t k = 0; k < x->n_cols && k < y->n_cols; k++) {
            snprintf(text, sizeof text, "%s[%s] column %s", what, x->name, x->col[k].name);
            CHECK_MSG(same_column(&x->col[k], &y->col[k], x->n_rows), text);
        }
        for (size_t k = 0; k < x->meta.n && k < y->meta.n; k++) {
            snprintf(text, sizeof text, "%s[%s] keyword %s", what, x->name, x->meta.m[k].key);
            CHECK_MSG(!strcmp(x->meta.m[k].key, y->meta.m[k].key), text);
            CHECK_MSG(!strcmp(x->meta.m[k].text, y->meta.m[k].text), text);
        }
    }
}

/* A document of everything: odd units, codes, unknown columns of every type and shape, comments, another table. */
static void identity(void)
{
    fe_table *t = two_bands(), *other = fe_table_new("EXTRA", 3);
    fe_document *doc = document_of(t, "fits"), *out;
    fe_column *c;
    fe_estimate *e;

    numbers(t, "dnde", "1 / (TeV s cm2)", (double[]){ 0.1, NAN })->fits_code = 'E';
    numbers(t, "dnde_ul", "ph / (MeV m2 s)", (double[]){ 1 / 3.0, 1e-300 });
    c = fe_table_add(t, "npred", FE_COL_DOUBLE, "", 3);         /* one number per dataset */
    for (int i = 0; i < 6; i++)
        c->v.d[i] = i;
    c->n_dim = 1;
    c->dim[0] = 3;
    c = fe_table_add(t, "note", FE_COL_STRING, "", 1);
    c->v.s[0] = fe_strdup("a");
    c->v.s[1] = fe_strdup("");
    fe_table_add(t, "counts", FE_COL_INT, "ct", 1)->v.i[0] = 7;
    fe_table_add(t, "is_ul", FE_COL_BOOL, "", 1)->v.b[1] = 1;
    numbers(t, "e_best", "Hz", (double[]){ 1, 2 });
    fe_meta_set(&t->meta, "SED_TYPE", FE_META_STRING, "dnde", "what it is");
    fe_meta_set(&t->meta, "OBJECT", FE_META_STRING, "Crab", NULL);
    fe_meta_set(&t->meta, "COMMENT", FE_META_STRING, "one", NULL);
    fe_meta_set(&t->meta, "COMMENT", FE_META_STRING, "two", NULL);
    fe_meta_set_number(&t->meta, "UL_CONF", 0.95, NULL);
    numbers(other, "x", "K", (double[]){ 1, 2, 3 });
    fe_document_add(doc, other);
    e = reads(doc, -1);
    NEAR(e->q[FE_Q_NPRED][1], 12, 0);                           /* known as a sum, kept as it came */
    NEAR(e->q[FE_Q_COUNTS][0], 7, 0);
    out = writes(e, doc, &gadf);
    same_documents(doc, out, "identity");
    fe_document_free(out);

    fe_estimate_member(e, FE_SED_DNDE, FE_VALUE)[1] = 5;        /* only what changed changes */
    out = writes(e, doc, &gadf);
    NEAR(column(out, "dnde")[1], 5, 0);
    NEAR(column(out, "dnde")[0], 0.1, 1e-15);
    CHECK(column(out, "dnde_ul")[0] == 1 / 3.0);
    fe_document_free(out);
    fe_estimate_free(e);
    fe_document_free(doc);
}

/* ---- light curves ------------------------------------------------------------------------------------------- */

static fe_estimate *light_curve(size_t n_time, size_t n_e)
{
    fe_estimate *e = fe_estimate_new();

    e->timesys = fe_strdup("TT");
    e->type = FE_SED_FLUX;
    fe_estimate_add_rows(e, n_time * n_e);
    fe_estimate_scan(e, 3);
    for (size_t i = 0; i < e->n; i++) {
        size_t it = i % n_time, ie = i / n_time;                /* band by band: the writer must turn it round */

        fe_estimate_key(e, FE_KEY_TIME_MIN)[i] = 53945 + (double)it;
        fe_estimate_key(e, FE_KEY_TIME_MAX)[i] = 53945.5 + (double)it;
        fe_estimate_key(e, FE_KEY_E_MIN)[i] = (double)ie + 1;
        fe_estimate_key(e, FE_KEY_E_MAX)[i] = (double)ie + 2;
        fe_estimate_key(e, FE_KEY_E_REF)[i] = (double)ie + 1.5;
        fe_estimate_member(e, FE_SED_FLUX, FE_VALUE)[i] = 10 * (double)it + (double)ie;
        fe_estimate_quantity(e, FE_Q_COUNTS)[i] = (double)i;
        fe_estimate_quantity(e, FE_Q_STATUS)[i] = ie ? FE_STATUS_LOWOFF : 0;
        for (size_t k = 0; k < 3; k++) {
            e->norm_scan[3 * i + k] = (double)k;
            e->stat_scan[3 * i + k] = (double)(i + (k == 1 ? 0 : 1));
        }
    }
    return e;
}

static void light_curves(void)
{
    fe_estimate *e = light_curve(4, 2), *again;
    fe_document *doc = writes(e, NULL, &gadf), *back;
    const fe_table *t = fe_document_first(doc);
    const fe_column *flux = fe_table_find(t, "flux"), *scan = fe_table_find(t, "stat_scan");
    const fe_column *counts = fe_table_find(t, "counts");

    CHECK(t->n_rows == 4 && flux->width == 2 && flux->n_dim == 1 && flux->dim[0] == 2);
    CHECK(scan->width == 6 && scan->n_dim == 2 && scan->dim[0] == 3 && scan->dim[1] == 2);
    CHECK(counts->n_dim == 2 && counts->dim[0] == 1 && counts->dim[1] == 2);
    CHECK(fe_table_find(t, "time_min")->width == 1);
    NEAR(flux->v.d[2 * 3 + 1], 31, 0);
    NEAR(scan->v.d[6 * 3 + 3], 8, 0);                           /* interval 3, band 1: row 7 */
    SAME_STR(meta(doc, "TIMESYS"), "tt");                      /* gammapy knows no TT */
    SAME_STR(meta(doc, "MJDREFI"), "0");
    SAME_STR(fe_column_string(fe_table_find(t, "status"), 0, 1), "LOWOFF");
    doc->format = "fits";
    again = reads(doc, -1);
    CHECK(again->n == 8 && again->n_scan == 3 && again->type == FE_SED_FLUX);
    NEAR(again->family[FE_SED_FLUX][FE_VALUE][7], 31, 0);
    NEAR(again->key[FE_KEY_TIME_MAX][6], 53948.5, 0);
    NEAR(again->key[FE_KEY_E_REF][7], 2.5, 0);
    NEAR(again->q[FE_Q_STATUS][7], FE_STATUS_LOWOFF, 0);
    NEAR(again->stat_scan[3 * 7 + 1], 7, 0);
    back = writes(again, doc, &gadf);
    same_documents(doc, back, "light curve");
    fe_document_free(back);
    back = writes(again, doc, &flat);
    CHECK(fe_document_first(back)->n_rows == 8 && fe_table_find(fe_document_first(back), "flux")->width == 1);
    NEAR(column(back, "flux")[7], 31, 0);
    fe_document_free(back);
    fe_estimate_free(again);
    fe_document_free(doc);

    e->key[FE_KEY_E_MAX][3] = 2.25;                             /* bands that differ: no grid */
    doc = writes(e, NULL, &gadf);
    CHECK(fe_document_first(doc)->n_rows == 8);
    fe_document_free(doc);
    fe_estimate_free(e);
}

/* One energy: in FITS its cells have a dimension of one, in a flat table they are plain. */
static void one_energy(void)
{
    fe_estimate *e = light_curve(3, 1), *again;
    fe_document *doc = writes(e, NULL, &gadf), *out;
    const fe_table *t = fe_document_first(doc);

    CHECK(fe_table_find(t, "flux")->n_dim == 1 && fe_table_find(t, "stat_scan")->n_dim == 2);
    doc->format = "fits";
    again = reads(doc, -1);
    CHECK(again->n == 3 && again->n_scan == 3);
    out = writes(again, doc, &flat);
    t = fe_document_first(out);
    CHECK(fe_table_find(t, "flux")->n_dim == 0 && fe_table_find(t, "stat_scan")->n_dim == 1);
    CHECK(fe_table_find(t, "time_min")->n_dim == 0);
    fe_document_free(doc);
    out->format = "ecsv";
    fe_estimate_free(again);
    again = reads(out, -1);
    doc = writes(again, out, &gadf);
    t = fe_document_first(doc);
    CHECK(fe_table_find(t, "flux")->n_dim == 1 && fe_table_find(t, "stat_scan")->n_dim == 2);
    CHECK(fe_table_find(t, "time_min")->n_dim == 0);
    NEAR(column(doc, "flux")[2], 20, 0);
    fe_document_free(out);
    fe_document_free(doc);
    fe_estimate_free(again);
    fe_estimate_free(e);
}

/* Times in seconds after a reference in UTC: kept so, MJD inside, TT where there is no header. */
static void time_scales(void)
{
    fe_table *t = two_bands();
    fe_document *doc = document_of(t, "fits"), *out;
    fe_layout csv = { .bare = true };
    fe_estimate *e;

    numbers(t, "flux", "cm-2 s-1", (double[]){ 1, 2 });
    numbers(t, "TIME_MIN", "s", (double[]){ 0, 86400 });
    numbers(t, "TIME_MAX", "s", (double[]){ 43200, 129600 });
    fe_meta_set_number(&t->meta, "MJDREFI", 51910, NULL);
    fe_meta_set_number(&t->meta, "MJDREFF", 0.25, NULL);
    fe_meta_set(&t->meta, "TIMESYS", FE_META_STRING, "utc", NULL);
    e = reads(doc, -1);
    SAME_STR(e->timesys, "UTC");
    NEAR(e->key[FE_KEY_TIME_MAX][1], 51911.75, 1e-15);
    out = writes(e, doc, &gadf);
    same_documents(doc, out, "times after a reference");
    fe_document_free(out);
    e->key[FE_KEY_TIME_MIN][0] += 0.125;
    out = writes(e, doc, &gadf);
    NEAR(column(out, "time_min")[0], 10800, 1e-9);
    NEAR(column(out, "time_max")[1], 129600, 0);
    fe_document_free(out);
    out = writes(e, doc, &csv);
    NEAR_ABS(column(out, "time_max")[1], 51911.75 + (32 + 32.184) / 86400, 1e-10);      /* TAI - UTC was 32 s */
    fe_document_free(out);
    fe_estimate_free(e);
    fe_document_free(doc);
}

static void time_series(void)
{
    fe_table *t = fe_table_new("", 2);
    fe_document *doc = document_of(t, "ecsv"), *out;
    fe_column *start = fe_table_add(t, "time_bin_start", FE_COL_STRING, "", 1);
    fe_estimate *e;

    start->v.s[0] = fe_strdup("2006-07-28T12:00:00.000");
    start->v.s[1] = fe_strdup("2006-07-29");
    numbers(t, "time_bin_size", "s", (double[]){ 43200, 86400 });
    numbers(t, "flux", "cm-2 s-1", (double[]){ 1, 2 });
    e = reads(doc, -1);
    CHECK(e->type == FE_SED_FLUX);
    NEAR(e->key[FE_KEY_TIME_MIN][0], 53944.5, 0);
    NEAR(e->key[FE_KEY_TIME_MAX][0], 53945, 0);
    NEAR(e->key[FE_KEY_TIME_MIN][1], 53945, 0);
    out = writes(e, doc, &flat);
    same_documents(doc, out, "time series");
    fe_document_free(out);
    e->key[FE_KEY_TIME_MIN][0] = 53944;
    out = writes(e, doc, &flat);
    NEAR(column(out, "time_min")[0], 53944, 0);
    CHECK(fe_table_find(fe_document_first(out), "time_bin_start") == NULL);
    fe_document_free(out);
    fe_estimate_free(e);
    fe_document_free(doc);
}

/* A light curve of n intervals in one band, after a reference, in a scale. */
static fe_document *curve(size_t n, const char *scale)
{
    fe_table *t = fe_table_new("FLUXPOINTS", n);
    fe_document *doc = document_of(t, "ecsv");
    fe_column *c[5];

    c[0] = fe_table_add(t, "e_min", FE_COL_DOUBLE, "TeV", 1);
    c[1] = fe_table_add(t, "time_min", FE_COL_DOUBLE, "d", 1);
    c[2] = fe_table_add(t, "time_max", FE_COL_DOUBLE, "d", 1);
    c[3] = fe_table_add(t, "e_max", FE_COL_DOUBLE, "TeV", 1);
    c[4] = fe_table_add(t, "flux", FE_COL_DOUBLE, "cm-2 s-1", 1);
    for (size_t i = 0; i < n; i++) {
        c[0]->v.d[i] = 1;
        c[1]->v.d[i] = 57753.1 + (double)i * 0.123456789;           /* 2016-12-31: a leap second ends the day */
        c[2]->v.d[i] = c[1]->v.d[i] + 0.0987654321;
        c[3]->v.d[i] = 10;
        c[4]->v.d[i] = (double)(i + 1);
    }
    fe_meta_set(&t->meta, "TIMESYS", FE_META_STRING, scale, NULL);
    return doc;
}

static void series_and_back(void)
{
    fe_document *doc = curve(500, "TDB"), *out, *back;
    fe_estimate *e = reads(doc, -1), *again;
    const fe_column *c;

    out = writes(e, doc, &series);
    c = fe_document_first(out)->col;
    SAME_STR(c[0].name, "time_bin_start");
    SAME_STR(c[1].name, "time_bin_size");
    SAME_STR(c[2].name, "e_min");
    CHECK(!fe_table_find(fe_document_first(out), "time_min") && !fe_table_find(fe_document_first(out), "time_max"));
    SAME_STR(c[0].timescale, "TDB");
    SAME_STR(c[1].timescale, "TDB");
    CHECK(!c[0].is_span && c[1].is_span);
    NEAR(c[1].v.d[7], 0.0987654321, 1e-9);
    out->format = "ecsv";
    again = reads(out, -1);
    back = writes(again, out, &stated_flat);
    SAME_STR(fe_document_first(back)->col[0].name, "time_min");
    SAME_STR(fe_document_first(back)->col[1].name, "time_max");
    CHECK(!memcmp(column(back, "time_min"), column(doc, "time_min"), 500 * sizeof(double)));
    CHECK(!memcmp(column(back, "time_max"), column(doc, "time_max"), 500 * sizeof(double)));
    CHECK(!memcmp(column(back, "flux"), column(doc, "flux"), 500 * sizeof(double)));
    fe_document_free(back);
    back = writes(again, out, &series);
    same_documents(out, back, "a series onto itself");
    fe_document_free(back);
    fe_estimate_free(again);
    fe_document_free(out);
    fe_estimate_free(e);
    fe_document_free(doc);
}

static void series_scales(void)
{
    fe_document *doc = curve(2, "UTC"), *out;
    fe_table *t = fe_document_first(doc);
    fe_estimate *e;

    /* 21:36 UTC of the day to 12:00 of the next: 14 h 24 min and the leap second; TT - UTC was 68.184 s, then 69.184 s */
    fe_table_find(t, "time_min")->v.d[0] = 57753 + 77760.0 / 86401;
    fe_table_find(t, "time_max")->v.d[0] = 57754.5;
    e = reads(doc, -1);
    out = writes(e, doc, &series);
    SAME_STR(meta(out, "TIMESYS"), "TT");
    SAME_STR(fe_document_first(out)->col[0].timescale, "TT");
    NEAR_ABS(column(out, "time_bin_start")[0], 57753.9 + 68.184 / 86400, 1.5e-11);
    NEAR_ABS(column(out, "time_bin_size")[0] * 86400, 51841, 2e-6);
    fe_document_free(out);
    fe_estimate_free(e);
    fe_document_free(doc);

    doc = curve(2, "TT");
    t = fe_document_first(doc);
    for (int i = 0; i < 2; i++) {
        fe_table_find(t, "time_min")->v.d[i] -= 50000;
        fe_table_find(t, "time_max")->v.d[i] -= 50000;
    }
    fe_meta_set_number(&t->meta, "MJDREF", 50000, NULL);
    e = reads(doc, -1);
    out = writes(e, doc, &series);
    NEAR_ABS(column(out, "time_bin_start")[1], 57753.1 + 0.123456789, 1.5e-11);
    SAME_STR(meta(out, "MJDREF"), "(none)");
    SAME_STR(meta(out, "MJDREFI"), "0");
    fe_document_free(out);
    fe_estimate_free(e);
    fe_document_free(doc);
}

static bool series_fails(fe_document *doc, const char *expected)
{
    fe_estimate *e = reads(doc, -1);
    fe_err err = { FE_OK, "" };
    fe_document *out = fe_estimate_document(e, doc, &series, &err);
    bool ok = !out && strstr(err.text, expected) && !strchr(err.text, '\n');

    if (!ok)
        printf("%s\n", err.text);
    fe_document_free(out);
    fe_estimate_free(e);
    fe_document_free(doc);
    return ok;
}

static void series_refusals(void)
{
    fe_document *doc = curve(3, "TT");
    fe_table *t = fe_document_first(doc);

    fe_table_find(t, "e_max")->v.d[2] = 20;
    CHECK(series_fails(doc, "x.fits row 3: another energy band than that of row 1 has no place in the layout binned-time-series"));
    doc = curve(3, "TT");
    numbers(fe_document_first(doc), "phase_min", "", (double[]){ 0, 0.1, 0.2 });
    CHECK(series_fails(doc, "phase bins have no place"));
    doc = curve(3, "TT");
    numbers(fe_document_first(doc), "x_min", "deg", (double[]){ 0, 0, 0 });
    CHECK(series_fails(doc, "the places of a profile have no place"));
    doc = curve(3, "TT");
    t = fe_document_first(doc);
    fe_table_add(t, "source", FE_COL_STRING, "", 1);
    for (int i = 0; i < 3; i++)
        fe_table_find(t, "source")->v.s[i] = fe_strdup(i < 1 ? "a" : "b");
    CHECK(series_fails(doc, "row 2: another source than that of row 1 has"));
    doc = curve(3, "TT");
    fe_table_find(fe_document_first(doc), "time_max")->v.d[1] = NAN;
    CHECK(series_fails(doc, "row 2: a row without its interval has"));
    doc = curve(3, "TT");
    t = fe_document_first(doc);
    fe_table_find(t, "time_min")->v.d[2] = fe_table_find(t, "time_min")->v.d[0];
    fe_table_find(t, "time_max")->v.d[2] = fe_table_find(t, "time_max")->v.d[0];
    CHECK(series_fails(doc, "row 3: a second row of one interval has"));
    CHECK(series_fails(curve(2, "GPS"), "TIMESYS 'GPS' has no place"));
    t = two_bands();
    numbers(t, "flux", "cm-2 s-1", (double[]){ 1, 2 });
    CHECK(series_fails(document_of(t, "fits"), "rows without intervals of time have no place"));
}

/* ctools: what was not computed is -1 or 0, a bin without data has an error of 0; other tables of this name are none of its. */
static void cslightcrv(void)
{
    static const char *const names[] = { "MJD", "e_MJD", "PhotonFlux", "e_PhotonFlux", "TS", "DiffUpperLimit", "FluxUpperLimit" };
    static const double values[][3] = { { 50000, 50001, 50002 }, { 0.25, 0.25, 0.5 }, { 3, 4, 5 }, { 1, 0, 2 }, { 9, 0, -1 },
                                        { 1, 0, 0 }, { 2, 0, -1 } };
    fe_table *t = fe_table_new("LIGHTCURVE", 3);
    fe_document *doc = document_of(t, "fits"), *out;
    fe_estimate *e;

    for (int k = 0; k < 7; k++)
        numbers(t, names[k], k < 2 ? "days" : k < 4 || k > 5 ? "ph/cm2/s" : k == 4 ? "" : "ph/cm2/s/MeV", values[k]);
    e = reads(doc, -1);
    CHECK(e->type == FE_SED_FLUX && e->n == 3);
    NEAR(e->key[FE_KEY_TIME_MIN][2], 50001.5, 0);
    NEAR(e->key[FE_KEY_TIME_MAX][2], 50002.5, 0);
    NEAR(e->family[FE_SED_FLUX][FE_VALUE][0], 3, 0);
    NEAR(e->family[FE_SED_FLUX][FE_ERR][2], 2, 0);
    NEAR(e->family[FE_SED_FLUX][FE_UL][0], 2, 0);
    CHECK(isnan(e->family[FE_SED_FLUX][FE_VALUE][1]) && isnan(e->family[FE_SED_FLUX][FE_UL][2]));
    NEAR(e->q[FE_Q_TS][2], -1, 0);
    CHECK(e->q[FE_Q_SUCCESS][0] == 1 && e->q[FE_Q_SUCCESS][1] == 0);
    out = writes(e, doc, &gadf);
    SAME_STR(meta(out, "SED_TYPE"), "flux");
    SAME_STR(fe_document_first(out)->col[0].name, "time_min");
    fe_document_free(out);
    fe_estimate_free(e);
    fe_document_free(doc);
    t = fe_table_new("LIGHTCURVE", 1);
    numbers(t, "MJD", "d", (double[]){ 1 });
    numbers(t, "e_MJD", "d", (double[]){ 1 });
    numbers(t, "Index", "", (double[]){ 1 });
    CHECK(read_fails(document_of(t, "fits"), "no flux table"));
}

/* ---- what stands beside ------------------------------------------------------------------------------------- */

static void model_and_gti(void)
{
    fe_table *t = two_bands();
    fe_document *doc = document_of(t, "fits"), *out, *back;
    fe_estimate *e, *again;
    fe_err err = { FE_OK, "" };

    numbers(t, "flux", "cm-2 s-1", (double[]){ 2, 3 });
    e = reads(doc, -1);
    fe_estimate_offer_model(e, fe_spectrum_parse("pl:index=2.5", &err), "--index");
    e->gti = fe_gti_new();
    e->gti->mjdref_i = 51544;
    memcpy(e->gti->timesys, "TT", 3);
    fe_gti_add(e->gti, 10, 20);
    CHECK(fe_estimate_convert(e, FE_SED_DNDE, &err) == 0);
    fe_meta_set(&e->rest->meta, "METHOD", FE_META_STRING, "fold", "how");
    out = writes(e, doc, &gadf);
    out->format = "fits";
    SAME_STR(meta(out, "METHOD"), "fold");
    CHECK(fe_document_table(out, "REFMODEL") && fe_document_table(out, "GTI"));
    again = reads(out, -1);
    CHECK(again->model && again->gti && again->gti->n == 1 && again->gti->stop_s[0] == 20);
    CHECK(again->gti && again->gti->mjdref_i == 51544);
    NEAR(fe_spectrum_dnde(again->model, 2), fe_spectrum_dnde(e->model, 2), 0);
    CHECK(fe_estimate_convert(again, FE_SED_FLUX, &err) == 0);
    NEAR(again->family[FE_SED_FLUX][FE_VALUE][1], 3, 1e-14);
    fe_estimate_free(again);
    again = reads(out, -1);
    back = writes(again, out, &gadf);
    same_documents(out, back, "model and GTI");
    fe_document_free(back);
    fe_estimate_free(again);
    fe_document_free(out);
    fe_estimate_free(e);
    fe_document_free(doc);
}

/* ---- gammapy's own files ------------------------------------------------------------------------------------ */

static char *shared_path(const char *folder, const char *name)
{
    fe_str path = { 0 };

    fe_str_addf(&path, "%s/%s/%s", check_shared(), folder, name);
    return path.s;
}

static fe_estimate *read_path(const char *path, fe_document **doc)
{
    fe_err err = { FE_OK, "" };
    fe_estimate *e = NULL;

    *doc = fe_document_read(path, &err);
    if (!*doc || fe_estimate_read(*doc, -1, &e, &err) < 0) {
        printf("%s: %s\n", path, err.text);     /* nothing below makes sense without it */
        exit(1);
    }
    return e;
}

/* A file onto itself, as a document and, written once more, as bytes. */
static void onto_itself(const char *path)
{
    fe_document *doc, *out, *again = NULL;
    fe_estimate *e = read_path(path, &doc);
    fe_str first = { 0 }, second = { 0 };
    fe_err err = { FE_OK, "" };
    const fe_format *format;
    fe_bytes bytes = { 0 };

    format = fe_format_find(doc->format);
    out = writes(e, doc, strcmp(doc->format, "fits") ? &flat : &gadf);
    same_documents(doc, out, path);
    CHECK_MSG(format->write(out, &first, &err) == 0, err.text);
    bytes = (fe_bytes){ (char *)path, (unsigned char *)first.s, first.len };
    CHECK_MSG(format->read(&bytes, &again, &err) == 0, err.text);
    fe_estimate_free(e);
    e = reads(again, -1);
    fe_document_free(out);
    out = writes(e, again, strcmp(doc->format, "fits") ? &flat : &gadf);
    CHECK_MSG(format->write(out, &second, &err) == 0, err.text);
    CHECK_MSG(first.len == second.len && !memcmp(first.s, second.s, first.len), path);
    fe_str_free(&first);
    fe_str_free(&second);
    fe_document_free(again);
    fe_document_free(out);
    fe_document_free(doc);
    fe_estimate_free(e);
}

static void all_onto_themselves(const char *folder, const char *pattern, size_t at_least)
{
    char *path = shared_path(folder, pattern);
    glob_t found;

    CHECK_MSG(glob(path, 0, NULL, &found) == 0 && found.gl_pathc >= at_least, path);
    for (size_t i = 0; i < found.gl_pathc; i++)
        onto_itself(found.gl_pathv[i]);
    globfree(&found);
    free(path);
}

/* A power law of index 2, or the template through ref_dnde that gammapy takes for files of norms. */
static fe_spectrum *reference_of(const char *base, const char *suffix)
{
    char name[100];
    fe_document *doc;
    fe_estimate *e;
    fe_spectrum *s;
    size_t n = 0;
    double x[100], y[100];
    char *path;

    if (strncmp(base, "d7-crab", 7) && strncmp(base, "d7-pks", 6))
        return fe_spectrum_new("pl");
    snprintf(name, sizeof name, "%s-likelihood.%s", base, suffix);
    path = shared_path("reference/spectra", name);
    e = read_path(path, &doc);
    for (size_t i = 0; i < e->n && !(i && e->key[FE_KEY_E_REF][i] <= e->key[FE_KEY_E_REF][i - 1]); i++) {
        x[n] = e->key[FE_KEY_E_REF][i];
        y[n++] = e->ref[FE_SED_DNDE][i];
    }
    s = n > 1 ? fe_spectrum_template(n, x, y) : NULL;
    fe_estimate_free(e);
    fe_document_free(doc);
    free(path);
    return s;
}

static void closed_forms(const fe_estimate *e)
{
    for (size_t i = 0; i < e->n; i++) {
        double lo = e->key[FE_KEY_E_MIN][i], hi = e->key[FE_KEY_E_MAX][i], ref = e->key[FE_KEY_E_REF][i];

        NEAR(e->ref[FE_SED_DNDE][i], 1e-12 / (ref * ref), 1e-12);
        NEAR(e->ref[FE_SED_FLUX][i], 1e-12 * (1 / lo - 1 / hi), 1e-12);
        NEAR(e->ref[FE_SED_EFLUX][i], 1e-12 * log(hi / lo), 1e-12);
    }
}

static void convert_case(const char *base, const char *suffix, int from, int to)
{
    char name[100], what[200];
    fe_document *doc, *want_doc, *out;
    fe_estimate *e, *want;
    fe_spectrum *model = reference_of(base, suffix);
    fe_err err = { FE_OK, "" };
    char *path, *want_path;

    snprintf(name, sizeof name, "%s-%s.%s", base, fe_sedtypes[from].name, suffix);
    path = shared_path("reference/spectra", name);
    snprintf(name, sizeof name, "%s-%s.%s", base, fe_sedtypes[to].name, suffix);
    want_path = shared_path("reference/spectra", name);
    e = read_path(path, &doc);
    want = read_path(want_path, &want_doc);
    snprintf(what, sizeof what, "%s %s: %s to %s", base, suffix, fe_sedtypes[from].name, fe_sedtypes[to].name);
    e->gammapy_grid = true;
    if (model && from != FE_SED_LIKELIHOOD)
        fe_estimate_offer_model(e, fe_spectrum_copy(model), "test");
    CHECK_MSG(fe_estimate_convert(e, (fe_sedtype)to, &err) == 0, err.text);
    out = writes(e, doc, strcmp(suffix, "fits") ? &flat : &gadf);
    for (int m = 0; m < FE_MEMBER_N; m++) {
        const double *x = e->family[to][m], *y = want->family[to][m];

        CHECK_MSG(!x == !y, what);
        for (size_t i = 0; x && y && i < e->n; i++)
            near_(x[i], y[i], 1e-6, 0, what, __FILE__, __LINE__);
    }
    for (size_t k = 0; k < fe_document_first(want_doc)->n_cols; k++)    /* every column gammapy writes is there */
        CHECK_MSG(fe_table_find(fe_document_first(out), fe_document_first(want_doc)->col[k].name), what);
    if (model && !strcmp(model->kind->tag, "pl") && from == FE_SED_FLUX && to == FE_SED_DNDE)
        closed_forms(e);
    fe_spectrum_free(model);
    fe_document_free(out);
    fe_document_free(doc);
    fe_document_free(want_doc);
    fe_estimate_free(e);
    fe_estimate_free(want);
    free(path);
    free(want_path);
}

static void conversions(void)
{
    static const char *const bases[] = { "d7-crab_hess_fp", "d7-flux_points-ecsv", "d7-flux_points-fits",
                                         "d7-HAWC19_flux_points", "d7-pks2155_hess_lc", "d7-pks2155_hess_lc_3bins" };

    for (size_t b = 0; b < sizeof bases / sizeof *bases; b++)
        for (int from = 0; from < FE_SED_N; from++)
            for (int to = 0; to < FE_SED_N; to++) {
                if (!strcmp(bases[b], "d7-pks2155_hess_lc") && from != FE_SED_LIKELIHOOD && to != from)
                    continue;               /* one energy: its template is a constant that the files do not tell */
                convert_case(bases[b], "fits", from, to);
                if (strncmp(bases[b], "d7-pks", 6))
                    convert_case(bases[b], "ecsv", from, to);
            }
    for (int to = FE_SED_DNDE; to <= FE_SED_E2DNDE; to++) {
        convert_case("d7-diff_flux_points-fits", "fits", FE_SED_E2DNDE - to, to);
        convert_case("d7-diff_flux_points-ecsv", "ecsv", FE_SED_E2DNDE - to, to);
    }
}

/* There and back through every type: 1e-12. */
static void round_trips(const char *path)
{
    fe_document *doc;
    fe_estimate *e = read_path(path, &doc);
    fe_err err = { FE_OK, "" };

    for (int t = 0; t < FE_SED_N; t++) {
        fe_estimate *way = reads(doc, -1);
        fe_sedtype home = way->type;

        fe_estimate_offer_model(way, fe_spectrum_new("pl"), "test");
        CHECK_MSG(fe_estimate_convert(way, (fe_sedtype)t, &err) == 0, err.text);
        for (int m = 0; m < FE_MEMBER_N && (int)home != t; m++) {       /* only the converted family is left */
            free(way->family[home][m]);
            way->family[home][m] = NULL;
        }
        CHECK_MSG(fe_estimate_convert(way, home, &err) == 0, err.text);
        for (int m = 0; m < FE_MEMBER_N; m++)
            for (size_t i = 0; e->family[home][m] && i < e->n; i++)
                near_(way->family[home][m][i], e->family[home][m][i], 1e-12, 0, path, __FILE__, __LINE__);
        fe_estimate_free(way);
    }
    fe_estimate_free(e);
    fe_document_free(doc);
}

/* Spectra of ctools and fermipy: what a careful astronomer reads in their files. */
static void peer_spectra(void)
{
    fe_document *doc;
    char *path = shared_path("data/peers", "ctools/csspec_lin.fits");
    fe_estimate *e = read_path(path, &doc);

    NEAR(e->key[FE_KEY_E_MIN][1], 4, 1e-12);
    NEAR(e->key[FE_KEY_E_MAX][1], 7, 1e-12);
    NEAR(e->ref[FE_SED_DNDE][1], 4.360365886397348e-13, 1e-12);
    CHECK(isnan(e->family[FE_SED_LIKELIHOOD][FE_UL][0]));
    fe_estimate_free(e);
    fe_document_free(doc);
    free(path);

    path = shared_path("data/peers", "fermipy/pks_2155-304_sed.fits");
    e = read_path(path, &doc);
    CHECK(e->type == FE_SED_LIKELIHOOD);
    SAME_STR(e->ul_side, "one");
    NEAR(e->family[FE_SED_LIKELIHOOD][FE_UL][0], 0.08956654904721637, 1e-12);
    NEAR(e->family[FE_SED_DNDE][FE_VALUE][0], 2.389455693800367e-07, 1e-12);
    NEAR(e->q[FE_Q_STAT][0], -2 * 7379.034522694852, 1e-12);
    NEAR(e->stat_scan[0] - e->q[FE_Q_STAT][0], 96.27371814487196, 1e-9);
    fe_estimate_free(e);
    fe_document_free(doc);
    free(path);

    path = shared_path("data/peers", "gadf/binlike.fits");
    e = read_path(path, &doc);
    NEAR(e->q[FE_Q_STAT_NULL][0] - e->q[FE_Q_STAT][0], e->q[FE_Q_TS][0], 1e-9);
    fe_estimate_free(e);
    fe_document_free(doc);
    free(path);
}

/* Curves of ctools. */
static void peer_curves(void)
{
    fe_document *doc;
    char *path = shared_path("data/peers", "ctools/cslightcrv_gap.fits");
    fe_estimate *e = read_path(path, &doc);

    CHECK(e->type == FE_SED_DNDE && e->n == 4);
    SAME_STR(e->timesys, "TT");
    NEAR(e->key[FE_KEY_TIME_MIN][1], 58849.00774518518, 1e-15);
    NEAR(e->key[FE_KEY_TIME_MAX][1], 58849.01468962962, 1e-15);
    NEAR(e->family[FE_SED_DNDE][FE_VALUE][0], 5.965744095865785e-10, 1e-12);
    NEAR(e->family[FE_SED_DNDE][FE_ERR][0], 2.7711937222442054e-11, 1e-12);
    NEAR(e->q[FE_Q_TS][0], 5884.44456868041, 1e-12);
    CHECK(!e->family[FE_SED_DNDE][FE_UL] && e->q[FE_Q_SUCCESS][2] == 1);
    CHECK(isnan(e->family[FE_SED_DNDE][FE_VALUE][3]) && isnan(e->family[FE_SED_DNDE][FE_ERR][3]));
    CHECK(isnan(e->q[FE_Q_TS][3]) && e->q[FE_Q_SUCCESS][3] == 0 && !isnan(e->key[FE_KEY_TIME_MIN][3]));
    NEAR(fe_table_find(e->rest, "FluxUpperLimit")->v.d[1], 2.409767913596946e-10, 1e-12);
    CHECK(isnan(fe_table_find(e->rest, "Index")->v.d[3]) && isnan(fe_table_find(e->rest, "FluxUpperLimit")->v.d[3]));
    fe_estimate_free(e);
    fe_document_free(doc);
    free(path);

    path = shared_path("data/peers", "ctools/repo_lightcurve.fits");
    e = read_path(path, &doc);
    CHECK(e->type == FE_SED_EFLUX && e->n == 50);
    NEAR(e->family[FE_SED_EFLUX][FE_VALUE][0], 2.8792593270393564e-22, 1e-6);       /* ctools has its own erg */
    NEAR(e->family[FE_SED_EFLUX][FE_UL][1], 5.3211811285701196e-12, 1e-6);
    NEAR(e->key[FE_KEY_TIME_MAX][49], 51544.520833333336, 1e-15);
    NEAR(e->ul_drop, 3.841458820694124, 1e-9);
    fe_estimate_free(e);
    fe_document_free(doc);
    free(path);

    path = shared_path("data/peers", "ctools/csphasecrv.fits");
    e = read_path(path, &doc);
    NEAR(e->key[FE_KEY_PHASE_MAX][1], 2.0 / 3, 1e-15);
    NEAR(e->family[FE_SED_DNDE][FE_VALUE][2], 1.9135833371535914e-10, 1e-12);
    CHECK(!e->timesys && !e->key[FE_KEY_TIME_MIN]);
    fe_estimate_free(e);
    fe_document_free(doc);
    free(path);
}

/* Tables of papers, in the tree: tests run from its top. */
static void published(void)
{
    glob_t found;

    CHECK(glob("data/published/*.ecsv", 0, NULL, &found) == 0 && found.gl_pathc >= 3);
    for (size_t i = 0; i < found.gl_pathc; i++)
        onto_itself(found.gl_pathv[i]);
    globfree(&found);
}

static void shared(void)
{
    char *path;

    if (!check_shared()) {
        printf("no shared data (FE_SHARED): gammapy's files left out\n");
        return;
    }
    all_onto_themselves("reference/spectra", "d*-*.fits", 60);
    all_onto_themselves("reference/spectra", "d*-*.ecsv", 40);
    all_onto_themselves("data/estimators", "*/*.fits", 3);
    all_onto_themselves("data/hawc/crab_flux", "*.fits", 1);
    all_onto_themselves("data/peers/gadf", "flux_points.ecsv", 1);
    all_onto_themselves("data/peers/fermipy", "pks_2155-304_sed.fits", 1);
    conversions();
    path = shared_path("reference/spectra", "d7-flux_points-ecsv-flux.ecsv");
    round_trips(path);
    free(path);
    path = shared_path("reference/spectra", "d1-hess-joint-lp-likelihood.fits");
    round_trips(path);
    free(path);
    peer_spectra();
    peer_curves();
}

int main(void)
{
    fe_note_setup("t_gadf", -1);
    units_and_types();
    csv();
    refusals();
    limits();
    scans();
    identity();
    light_curves();
    one_energy();
    time_scales();
    time_series();
    series_and_back();
    series_scales();
    series_refusals();
    cslightcrv();
    model_and_gti();
    published();
    shared();
    return check_done();
}
