/* Columns that astropy makes Time and TimeDelta of, which ECSV tells in a block of meta: value, format and scale of each. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/ecsv_meta.h"
#include "phys/time.h"

static const char time_class[] = "astropy.time.core.Time", delta[] = "Delta";

/* ---- reading ------------------------------------------------------------------------------------------------ */

size_t fe_ecsv_opens_mixins(const char *line)
{
    size_t blanks = strspn(line, " ");
    const char *key = line + blanks + strspn(line + blanks, "- ");

    return fe_str_starts(key, FE_ECSV_MIXINS ":") ? blanks + 1 : 0;
}

/* A line of the header without its #, and where the next one starts. */
static const char *line_of(const char *s, const char **next)
{
    const char *end = strchr(s, '\n');

    *next = end ? end + 1 : s + strlen(s);
    s += *s == '#';
    return s + (*s == ' ');
}

/* The word behind "key: " in [s, end); NULL.  Caller frees. */
static char *word_of(const char *s, const char *end, const char *key)
{
    const char *at = strstr(s, key);

    if (!at || at >= end)
        return NULL;
    at += strlen(key);
    return fe_strndup(at, strcspn(at, " ,}\r\n"));
}

/* Numbers of another format than MJD stand with that as their unit, which readers of times refuse. */
static void take_instants(fe_column *c, size_t n_rows, const char *format, const char *scale)
{
    if (c->type == FE_COL_DOUBLE && format && strcmp(format, "mjd") && strcmp(format, "jd")) {
        free(c->unit);
        c->unit = fe_strdup(format);
        return;
    }
    for (size_t i = 0; c->type == FE_COL_DOUBLE && format && !strcmp(format, "jd") && i < n_rows * c->width; i++)
        c->v.d[i] -= FE_JD_OF_MJD_0;
    c->timescale = fe_strdup(scale);
}

static void take_spans(fe_column *c, const char *format, const char *scale)
{
    if (!format || !strcmp(format, "jd")) {
        c->timescale = fe_strdup(scale);
        c->is_span = true;
    } else {
        free(c->unit);
        c->unit = fe_strdup(!strcmp(format, "sec") ? "s" : format);
    }
}

static void to_upper(char *text)
{
    for (; text && *text; text++)
        *text = (char)toupper((unsigned char)*text);
}

/* One entry of the block, "name:" and what belongs to it. */
static void take_entry(const char *entry, const char *end, fe_table *t)
{
    const char *at = strstr(entry, time_class);
    char *name = fe_strndup(entry, strcspn(entry, ":\r\n"));
    char *format = word_of(entry, end, "format: "), *scale = word_of(entry, end, "scale: ");
    fe_column *c = fe_table_find(t, name);
    bool span = at && fe_str_starts(at + strlen(time_class), delta);

    to_upper(scale);
    if (at && at < end && scale && c && !c->timescale) {
        if (span)
            take_spans(c, format, scale);
        else
            take_instants(c, t->n_rows, format, scale);
    }
    if (at && at < end && scale && !span && !fe_meta_find(&t->meta, "TIMESYS"))
        fe_meta_set(&t->meta, "TIMESYS", FE_META_STRING, scale, "time scale");
    free(name);
    free(format);
    free(scale);
}

void fe_ecsv_read_times(const char *text, const char *body, fe_table *t)
{
    const char *next = text, *entry = NULL;
    size_t block = 0, depth = 0;            /* blanks before its key, plus 1; before the names in it */

    while (t && next < body) {
        const char *start = next, *line = line_of(start, &next);
        size_t blanks = strspn(line, " ");

        if (block && blanks < block)
            depth = block = 0;
        if (entry && blanks <= depth) {
            take_entry(entry, start, t);
            entry = NULL;
        }
        if (block && !depth)
            depth = blanks;
        if (block && blanks == depth)
            entry = line + blanks;
        if (!block)
            block = fe_ecsv_opens_mixins(line);
    }
    if (entry)
        take_entry(entry, body, t);
}

/* ---- writing ------------------------------------------------------------------------------------------------ */

bool fe_ecsv_is_time(const fe_column *c)
{
    return c->timescale && c->width == 1 && (c->type == FE_COL_DOUBLE || (c->type == FE_COL_STRING && !c->is_span));
}

static const char *format_of(const fe_column *c, size_t n_rows)
{
    if (c->type != FE_COL_STRING)
        return c->is_span ? "jd" : "mjd";
    for (size_t i = 0; i < n_rows; i++)
        if (strchr(fe_column_string(c, i, 0), ' '))
            return "iso";
    return "isot";
}

static void print_time(const fe_column *c, size_t n_rows, fe_str *out)
{
    fe_str name = { 0 };
    char *scale = fe_strdup(c->timescale);

    for (char *p = scale; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    fe_ecsv_print_string(c->name, &name);
    fe_str_addf(out, "#     %s:\n#       __class__: %s%s\n#       format: %s\n", name.s, time_class,
                c->is_span ? delta : "", format_of(c, n_rows));
    if (c->type == FE_COL_STRING)
        fe_str_add(out, "#       precision: 9\n");
    fe_str_addf(out, "#       scale: %s\n#       value: !astropy.table.SerializedColumn {name: %s}\n", scale, name.s);
    fe_str_free(&name);
    free(scale);
}

void fe_ecsv_print_times(const fe_table *t, fe_str *out)
{
    bool any = false;

    for (size_t k = 0; k < t->n_cols; k++) {
        if (!fe_ecsv_is_time(&t->col[k]))
            continue;
        fe_str_add(out, any ? "" : "#   " FE_ECSV_MIXINS ":\n");
        any = true;
        print_time(&t->col[k], t->n_rows, out);
    }
}
