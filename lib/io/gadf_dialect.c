/* Who wrote the table: one row per producer whose tables need more than their column names say. */
#include <math.h>
#include <string.h>

#include "base/note.h"
#include "io/gadf.h"
#include "io/gadf_columns.h"

static bool created_by(const fe_table *t, const char *program)
{
    const char *creator = t ? fe_meta_text(&t->meta, "CREATOR") : NULL;

    return creator && fe_str_starts(creator, program);
}

/* ---- the columns say it all --------------------------------------------------------------------------------- */

static bool is_own(const fe_document *doc)
{
    const fe_table *t = fe_document_flux_table(doc);

    return t && (fe_meta_find(&t->meta, "ULDTS") || fe_meta_find(&t->meta, "REFMODEL") ||
                 fe_document_table(doc, "REFMODEL"));
}

static bool is_flux_table(const fe_document *doc)
{
    return fe_document_flux_table(doc) != NULL;
}

static int read_flux_table(const fe_document *doc, int type, fe_estimate **out, fe_err *err)
{
    return fe_estimate_of_table(doc, fe_document_flux_table(doc), type, out, err);
}

static bool is_fermipy(const fe_document *doc)
{
    const fe_table *t = fe_document_flux_table(doc);

    return t && fe_table_find(t, "norm") && fe_table_find(t, "dloglike_scan") &&
           (fe_str_equal_nocase(t->name, "SED") || created_by(t, "fermipy") || fe_table_find(t, "ref_dfde"));
}

/* ---- ctools csspec ------------------------------------------------------------------------------------------ */

static bool is_csspec(const fe_document *doc)
{
    const fe_table *t = fe_document_table(doc, "SPECTRUM");

    return created_by(t, "csspec") && fe_table_find(t, "e_ref") && fe_table_find(t, "e_min") &&
           fe_table_find(t, "e_max") && fe_table_find(t, "ref_dnde") && fe_table_find(t, "norm");
}

/* Half-widths or, in old files, edges: of the two readings of a row the one with e_min e_max = e_ref^2 (peers 1). */
static void mend_edges(fe_estimate *e)
{
    double *lo = e->key[FE_KEY_E_MIN], *hi = e->key[FE_KEY_E_MAX];
    const double *ref = e->key[FE_KEY_E_REF];

    for (size_t i = 0; i < e->n; i++) {
        double a = ref[i] - lo[i], b = ref[i] + hi[i];

        if (a > 0 && fabs(log(a * b / (ref[i] * ref[i]))) < fabs(log(lo[i] * hi[i] / (ref[i] * ref[i])))) {
            lo[i] = a;
            hi[i] = b;
        }
    }
    fe_note(FE_NOTE_SAID, &(fe_where){ e->file, "SPECTRUM", 0 }, "csspec: e_min and e_max are half-widths, made edges");
}

static bool flag(const fe_table *t, const char *key)
{
    const fe_meta *m = fe_meta_find(&t->meta, key);

    return !m || m->number != 0;
}

/* 0 stands for what was not computed or failed. */
static void blank_zeros(double *x, size_t n)
{
    for (size_t i = 0; x && i < n; i++)
        if (x[i] == 0)
            x[i] = NAN;
}

static int read_csspec(const fe_document *doc, int type, fe_estimate **out, fe_err *err)
{
    const fe_table *t = fe_document_table(doc, "SPECTRUM");

    if (fe_estimate_of_table(doc, t, type, out, err) < 0)
        return -1;
    mend_edges(*out);
    blank_zeros((*out)->family[FE_SED_LIKELIHOOD][FE_UL], (*out)->n);
    if (!flag(t, "CALCTS"))
        blank_zeros((*out)->q[FE_Q_TS], (*out)->n);
    if (flag(t, "CALCTS") && flag(t, "CALCULIM") && fe_str_equal_nocase(fe_meta_text(&t->meta, "METHOD"), "SLICE"))
        fe_note(FE_NOTE_WARN, &(fe_where){ doc->file, "SPECTRUM", 0 },
                "csspec with calc_ts and calc_ulim writes limits that are several times too high");
    return 0;
}

const fe_dialect fe_dialects[] = {
    { "csspec", "ctools csspec: HDU SPECTRUM, half-widths for edges, norms of a reference model", is_csspec, read_csspec },
    { "cslightcrv", "ctools cslightcrv, csphasecrv: HDU LIGHTCURVE or PHASECURVE, the amplitude of the model, MJD in TT",
      fe_ctools_is_curve, fe_ctools_read_curve },
    { "fermipy", "fermipy SED: HDU SED, norms with ref_* columns, scans of ln L", is_fermipy, read_flux_table },
    { "fermipy-lc", "fermipy light curve: tmin_mjd, tmax_mjd, fluxes in MeV, cm, s, limits at 95 %", fe_fermipy_is_curve,
      fe_fermipy_read_curve },
    { "fe", "flux points and light curves of these tools: limits and reference model are stated", is_own, read_flux_table },
    { "gadf", "GADF flux points of every SED type; gammapy's flux points, profiles, light curves (also binned-time-series)",
      is_flux_table, read_flux_table },
    { NULL, NULL, NULL, NULL }
};

static int no_table(const fe_document *doc, fe_err *err)
{
    const fe_table *t = fe_document_first(doc);
    fe_str columns = { 0 };

    for (size_t k = 0; t && k < t->n_cols; k++)
        if (fe_table_check_numbers(t, &t->col[k], doc->file, err) < 0)
            return -1;
    for (size_t k = 0; t && k < t->n_cols && columns.len < 200; k++)
        fe_str_addf(&columns, "%s%s", k ? ", " : "", t->col[k].name);
    (void)fe_fail(err, FE_EDATA, &(fe_where){ doc->file, t && *t->name ? t->name : NULL, 0 },
                  "no flux table: expected e_ref (or e_min and e_max) with dnde, e2dnde, flux, eflux or norm, found %s%s",
                  columns.len ? "the columns " : t ? "no columns" : "no table", columns.len ? columns.s : "");
    fe_str_free(&columns);
    return -1;
}

/* A band upside down has no flux; nothing good can be made of its row. */
static int check_bands(const fe_estimate *e, fe_err *err)
{
    const double *lo = e->key[FE_KEY_E_MIN], *hi = e->key[FE_KEY_E_MAX];

    for (size_t i = 0; lo && hi && i < e->n; i++)
        if (lo[i] > hi[i])
            return fe_fail(err, FE_EDATA, &(fe_where){ e->file, NULL, (long)i + 1 },
                           "e_min %g TeV is above e_max %g TeV", lo[i], hi[i]);
    return 0;
}

static int read_checked(const fe_dialect *d, const fe_document *doc, int type, fe_estimate **out, fe_err *err)
{
    if (d->read(doc, type, out, err) < 0)
        return -1;
    if (check_bands(*out, err) == 0)
        return 0;
    fe_estimate_free(*out);
    *out = NULL;
    return -1;
}

int fe_estimate_read(const fe_document *doc, int type, fe_estimate **out, fe_err *err)
{
    for (const fe_dialect *d = fe_dialects; d->name; d++)
        if (d->is(doc)) {
            fe_note(FE_NOTE_DETAIL, &(fe_where){ doc->file, NULL, 0 }, "read as %s: %s", d->name, d->help);
            return read_checked(d, doc, type, out, err);
        }
    return no_table(doc, err);
}
