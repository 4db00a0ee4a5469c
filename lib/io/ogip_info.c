/* What a PHA says of itself: names and times of a run, keywords for grouping. */
#include "io/ogip_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/note.h"
#include "base/num.h"
#include "io/beside.h"
#include "io/fits_header.h"
#include "io/gti_io.h"
#include "phys/const.h"

enum { CARD = 80 };

static void read_header(const fe_ogip_file *f, bool (*wanted)(const char *key), fe_metalist *meta)
{
    fe_fits_keywords_read(f->header, f->n_cards * CARD, wanted, meta);
}

/* ---- keywords ----------------------------------------------------------------------------------------------- */

/* Not what describes the table rather than the run. */
static bool is_of_run(const char *key)
{
    static const char *const prefix[] = { "HDUCLAS", "HDUVERS", "TLMIN", "TLMAX", "COMMENT", "HISTORY" };

    for (size_t i = 0; i < sizeof prefix / sizeof *prefix; i++)
        if (*key == *prefix[i] && fe_str_starts(key, prefix[i]))
            return false;
    return *key;
}

static bool is_data(const char *column)
{
    static const char *const name[] = {
        "CHANNEL", "COUNTS", "RATE", "STAT_ERR", "SYS_ERR", "QUALITY", "GROUPING", "BACKSCAL", "AREASCAL"
    };

    for (size_t i = 0; i < sizeof name / sizeof *name; i++)
        if (fe_str_equal_nocase(column, name[i]))
            return true;
    return false;
}

static void add_cell(const fe_ogip_file *f, size_t row, const char *name, fe_metalist *meta)
{
    fe_ogip_column c;
    double x;
    char *text;

    if (!fe_ogip_find(f, name, &c))
        return;
    text = fe_ogip_get_text(f, &c, row);
    if (text)
        fe_meta_set(meta, name, FE_META_STRING, text, NULL);
    else if (c.width == 1 && fe_ogip_get(f, &c, row, 1, &x, NULL) == 0)
        fe_meta_set_number(meta, name, x, NULL);
    free(text);
}

/* Columns of a type II that hold one value a spectrum: its number, phase ... */
static void add_row(const fe_ogip_file *f, size_t row, fe_metalist *meta)
{
    for (size_t k = 1; k <= fe_ogip_n_columns(f); k++) {
        char key[32], *name;

        snprintf(key, sizeof key, "TTYPE%zu", k);
        name = fe_ogip_text(f, key);
        if (name && !is_data(name))
            add_cell(f, row, name, meta);
        free(name);
    }
}

static void get_meta(const fe_ogip_file *f, size_t row, fe_metalist *out)
{
    read_header(f, is_of_run, out);
    if (fe_ogip_is_type_ii(f))
        add_row(f, row, out);
}

/* ---- good time intervals (formats 5) ------------------------------------------------------------------------ */

static int add_times(const fe_ogip_file *f, const char *name, fe_table *t, fe_err *err)
{
    fe_ogip_column c;
    char key[16], *unit;
    fe_column *to;

    if (fe_ogip_need(f, name, &c, err) < 0)
        return -1;
    snprintf(key, sizeof key, "TUNIT%d", c.number);
    unit = fe_ogip_text(f, key);
    to = fe_table_add(t, name, FE_COL_DOUBLE, unit, 1);
    free(unit);
    if (c.width != 1) {
        const fe_where at = fe_ogip_here(f, 0);

        return fe_fail(err, FE_EDATA, &at, "column %s has %zu elements a row, expected 1", name, c.width);
    }
    return fe_ogip_get(f, &c, 0, f->n_rows, to->v.d, err);
}

/* TIMESYS, TIMEUNIT, MJDREF, MJDREFI, MJDREFF (io/gti_io). */
static bool is_of_time(const char *key)
{
    return !strncasecmp(key, "TIME", 4) || !strncasecmp(key, "MJD", 3);
}

/* The table's own keywords first, those of the spectrum next, the usual ones last. */
static void complete_reference(fe_metalist *meta, const fe_metalist *spectrum)
{
    static const char *const keys[] = { "MJDREF", "MJDREFI", "MJDREFF" };
    const char *timesys = fe_meta_text(spectrum, "TIMESYS");
    bool known = fe_meta_find(meta, "MJDREF") || fe_meta_find(meta, "MJDREFI");

    for (size_t i = 0; !known && i < sizeof keys / sizeof *keys; i++) {
        const fe_meta *m = fe_meta_find(spectrum, keys[i]);

        if (m)
            fe_meta_set(meta, m->key, m->type, m->text, NULL);
    }
    if (!fe_meta_find(meta, "MJDREF") && !fe_meta_find(meta, "MJDREFI")) {
        fe_note(FE_NOTE_SAID, NULL, "good time intervals without MJDREF: %.0f is assumed", FE_MJDREF_TT);
        fe_meta_set_number(meta, "MJDREFI", FE_MJDREF_TT, NULL);
    }
    if (!fe_meta_find(meta, "TIMESYS")) {
        if (!timesys)
            fe_note(FE_NOTE_SAID, NULL, "good time intervals without TIMESYS: TT is assumed");
        fe_meta_set(meta, "TIMESYS", FE_META_STRING, timesys ? timesys : "TT", NULL);
    }
}

static int get_gti(const fe_ogip_file *f, const fe_metalist *spectrum, fe_gti **out, fe_err *err)
{
    fe_table *t = fe_table_new("GTI", f->n_rows);
    int rc = add_times(f, "START", t, err) < 0 || add_times(f, "STOP", t, err) < 0 ? -1 : 0;

    *out = NULL;
    if (rc == 0) {
        read_header(f, is_of_time, &t->meta);
        complete_reference(&t->meta, spectrum);
        *out = fe_gti_of_table(t);
        rc = fe_gti_check(*out, f->bytes->name, f->hdu[f->at].name, err);
    }
    if (rc < 0) {
        fe_gti_free(*out);
        *out = NULL;
    }
    fe_table_free(t);
    return rc;
}

/* ---- the run ------------------------------------------------------------------------------------------------ */

static char *known_text(const fe_metalist *meta, const char *key)
{
    const char *text = fe_meta_text(meta, key);

    return fe_strdup(!text || fe_str_equal_nocase(text, "unknown") ? "" : text);
}

/* OBS_ID, else the file's name; the spectra of a type II are numbered by SPEC_NUM, else by row. */
static char *name_run(const fe_ogip_file *f, size_t row, const fe_metalist *meta)
{
    const char *id = fe_meta_text(meta, "OBS_ID");
    double number = fe_meta_number(meta, "SPEC_NUM");
    char *stem = fe_path_stem(f->bytes->name), digits[FE_NUM_SIZE];
    fe_str name = { 0 };

    fe_str_add(&name, id && *id ? id : stem);
    free(stem);
    if (fe_ogip_n_spectra(f) > 1)
        fe_str_addf(&name, "-%s", fe_num_format(isnan(number) ? (double)row + 1 : number, digits));
    return name.s;
}

int fe_ogip_get_info(fe_ogip_file *f, size_t row, fe_metalist *meta, fe_dataset_info *out, fe_gti **gti, fe_err *err)
{
    *out = (fe_dataset_info){ .mjd_start = NAN, .mjd_stop = NAN };
    *gti = NULL;
    fe_ogip_seek(f, FE_OGIP_SPECTRUM);
    get_meta(f, row, meta);
    if (fe_ogip_seek(f, FE_OGIP_GTI) && f->n_rows > 0 && get_gti(f, meta, gti, err) < 0)
        return -1;
    fe_ogip_seek(f, FE_OGIP_SPECTRUM);
    out->name = name_run(f, row, meta);
    out->file = fe_strdup(f->bytes->name);
    out->telescop = known_text(meta, "TELESCOP");
    out->instrume = known_text(meta, "INSTRUME");
    fe_info_set_times(out, *gti, fe_meta_number(meta, "EXPOSURE"));
    return 0;
}
