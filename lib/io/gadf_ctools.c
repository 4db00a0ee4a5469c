/*
 * cslightcrv and csphasecrv of ctools as tables by the rules of gadf-sed.  A row holds the free parameters of the source's model and
 * their errors (e_NAME) under their names: the amplitude is the light curve.  Pivot energy and energy band are not in the file.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/note.h"
#include "io/gadf_columns.h"

typedef struct amplitude {          /* a free parameter that scales the flux                            */
    const char *theirs;
    fe_sedtype type;
    const char *limit;              /* the column that is its limit; NULL: none is                      */
} amplitude;

/* gammalib's spectral models: differential flux at the pivot energy, photons or energy in the model's band, factor of a template. */
static const amplitude amplitudes[] = {
    { "Prefactor", FE_SED_DNDE, NULL },
    { "PhotonFlux", FE_SED_FLUX, "FluxUpperLimit" },
    { "EnergyFlux", FE_SED_EFLUX, "EFluxUpperLimit" },
    { "Normalization", FE_SED_LIKELIHOOD, NULL },
};

enum { N_AMPLITUDES = sizeof amplitudes / sizeof *amplitudes };

static const amplitude *amplitude_of(const fe_table *t)
{
    for (int k = 0; k < N_AMPLITUDES; k++)
        if (fe_table_find(t, amplitudes[k].theirs))
            return &amplitudes[k];
    return NULL;
}

static const fe_table *curve_of(const fe_document *doc)
{
    const fe_table *time = fe_document_table(doc, "LIGHTCURVE"), *phase = fe_document_table(doc, "PHASECURVE");

    if (time && fe_table_find(time, "MJD") && fe_table_find(time, "e_MJD") && amplitude_of(time))
        return time;
    return phase && fe_table_find(phase, "PHASE_MIN") && fe_table_find(phase, "PHASE_MAX") && amplitude_of(phase) ? phase : NULL;
}

bool fe_ctools_is_curve(const fe_document *doc)
{
    return curve_of(doc) != NULL;
}

/* "e_" and the name of the parameter. */
static const fe_column *error_of(const fe_table *from, const amplitude *a)
{
    fe_str name = { 0 };
    const fe_column *c;

    fe_str_addf(&name, "e_%s", a->theirs);
    c = fe_table_find(from, name.s);
    fe_str_free(&name);
    return c;
}

/* A bin without data repeats the model that went in, its errors exactly 0 (data/peers). */
static bool is_measured(const fe_column *error, size_t row)
{
    return !error || fe_column_number(error, row, 0) != 0;
}

/* As a column of numbers under another name; limits that were not computed are 0 or -1. */
static void add_numbers(fe_table *t, const fe_column *from, const char *name, const char *unit, const fe_column *error, bool is_limit)
{
    fe_column *c = fe_table_add(t, name, FE_COL_DOUBLE, unit, 1);

    for (size_t row = 0; row < t->n_rows; row++) {
        double x = is_measured(error, row) ? fe_column_number(from, row, 0) : NAN;

        c->v.d[row] = is_limit && !(x > 0) ? NAN : x;
    }
}

static void add_member(fe_table *t, const fe_column *from, fe_sedtype type, fe_member m, const fe_column *error)
{
    fe_str name = { 0 };

    fe_slot_name((fe_slot){ FE_SLOT_MEMBER, (int)type, (int)m }, &name);
    add_numbers(t, from, name.s, from->unit, error, m == FE_UL);
    fe_str_free(&name);
}

/* Middle and half of the width of each bin, in days of TT. */
static void add_times(fe_table *t, const fe_table *from)
{
    const fe_column *middle = fe_table_find(from, "MJD"), *half = fe_table_find(from, "e_MJD");
    fe_column *start, *stop;

    if (!middle || !half)
        return;
    (void)fe_table_add(t, "time_min", FE_COL_DOUBLE, "d", 1);
    stop = fe_table_add(t, "time_max", FE_COL_DOUBLE, "d", 1);
    start = fe_table_find(t, "time_min");
    for (size_t row = 0; row < t->n_rows; row++) {
        start->v.d[row] = fe_column_number(middle, row, 0) - fe_column_number(half, row, 0);
        stop->v.d[row] = fe_column_number(middle, row, 0) + fe_column_number(half, row, 0);
    }
}

static void add_success(fe_table *t, const fe_column *error)
{
    fe_column *c = fe_table_add(t, "success", FE_COL_BOOL, "", 1);

    for (size_t row = 0; row < t->n_rows; row++)
        c->v.b[row] = is_measured(error, row);
}

static bool is_limit(const char *name)
{
    return fe_str_ends_nocase(name, "UpperLimit");
}

static void add_columns(fe_table *t, const fe_table *from, const amplitude *a, const fe_column *error)
{
    for (size_t k = 0; k < from->n_cols; k++) {
        const fe_column *c = &from->col[k];

        if (fe_str_equal_nocase(c->name, a->theirs))
            add_member(t, c, a->type, FE_VALUE, error);
        else if (c == error)
            add_member(t, c, a->type, FE_ERR, error);
        else if (a->limit && fe_str_equal_nocase(c->name, a->limit))
            add_member(t, c, a->type, FE_UL, error);
        else if (fe_str_equal_nocase(c->name, "PHASE_MIN") || fe_str_equal_nocase(c->name, "PHASE_MAX"))
            add_numbers(t, c, c->name, c->unit, NULL, false);
        else if (!fe_str_equal_nocase(c->name, "MJD") && !fe_str_equal_nocase(c->name, "e_MJD") && c->width == 1)
            add_numbers(t, c, c->name, c->unit, error, is_limit(c->name));
    }
}

static void say(const fe_table *from, const amplitude *a, const fe_where *where)
{
    if (a->limit && fe_table_find(from, a->limit))
        fe_note(FE_NOTE_SAID, where, "limits at 95 %%, two-sided, which is the default of cslightcrv: the file does not say");
    if (a->type == FE_SED_DNDE)
        fe_note(FE_NOTE_SAID, where, "%s is taken as dnde at the pivot energy of the model, which the file does not hold; its limits are "
                "those of other quantities and pass through", a->theirs);
}

static fe_table *translate(const fe_table *from, const amplitude *a)
{
    const fe_column *error = error_of(from, a);
    fe_table *t = fe_table_new("FLUXPOINTS", from->n_rows);

    add_times(t, from);
    add_columns(t, from, a, error);
    add_success(t, error);
    fe_metalist_copy(&t->meta, &from->meta);
    fe_meta_set(&t->meta, "SED_TYPE", FE_META_STRING, fe_sedtypes[a->type].name, NULL);
    fe_meta_set_number(&t->meta, "NSIGMA", 1, NULL);
    if (fe_table_find(t, "time_min"))
        fe_meta_set(&t->meta, "TIMESYS", FE_META_STRING, "TT", NULL);       /* of gammalib's MJD */
    if (a->limit && fe_table_find(from, a->limit)) {
        fe_meta_set_number(&t->meta, "UL_CONF", 0.95, NULL);
        fe_meta_set(&t->meta, "ULSIDE", FE_META_STRING, "two", NULL);       /* of ctulimit: a rise of 3.84 */
    }
    return t;
}

int fe_ctools_read_curve(const fe_document *doc, int type, fe_estimate **out, fe_err *err)
{
    const fe_table *from = curve_of(doc);
    const amplitude *a = amplitude_of(from);
    fe_table *t = translate(from, a);
    int rc = fe_estimate_of_table(doc, t, type < 0 ? (int)a->type : type, out, err);

    if (rc == 0)
        say(from, a, &(fe_where){ doc->file, from->name, 0 });
    fe_table_free(t);
    return rc;
}
