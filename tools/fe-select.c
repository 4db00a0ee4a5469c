/* fe-select -- rows of flux tables, and what a light curve tells: read -> select -> (measure) -> write. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/note.h"
#include "base/tool.h"
#include "est/variability_table.h"
#include "io/fit_io.h"
#include "io/folder.h"
#include "io/gadf.h"
#include "io/libraries.h"
#include "io/lines.h"
#include "io/product.h"
#include "phys/units.h"
#include "types/estimate_keep.h"
#include "types/estimate_pick.h"

static struct {
    const char *energy, *where, *split_by, *output_dir;
    bool stats;
    fe_pick pick;
    const fe_format *format;        /* NULL: that of each file */
} arg;

static const fe_opt own[] = {
    FE_OPT_GROUP("Rows"),
    { 0, "time", FE_ARG_STR, &arg.pick.time, "T", NULL, NULL, NULL, NULL,
      "whose interval holds this time: MJD or ISO, in the time scale of the table unless one stands behind it" },
    { 0, "time-range", FE_ARG_STR, &arg.pick.time_range, "A..B", NULL, NULL, NULL, NULL,
      "whose interval lies between these times; either may be left out" },
    { 0, "energy", FE_ARG_STR, &arg.energy, "E", NULL, NULL, NULL, NULL, "whose energy band holds this energy (1TeV)" },
    { 0, "phase", FE_ARG_DOUBLE, &arg.pick.phase, "P", "0..1", NULL, NULL, NULL, "whose phase bin holds this phase" },
    { 's', "source", FE_ARG_STR, &arg.pick.source, "NAME[,NAME]", NULL, NULL, NULL, "all", "of these sources" },
    { 0, "where", FE_ARG_STR, &arg.where, "EXPR", NULL, NULL, NULL, "all", "for which this holds, by any column" },
    { 0, "sort", FE_ARG_STR, &arg.pick.sort, "[-]COL", NULL, NULL, NULL, "as in the input",
      "in the order of this column; with a minus before it, descending" },
    FE_OPT_GROUP("What is written"),
    { 0, "stats", FE_ARG_FLAG, &arg.stats, NULL, NULL, NULL, NULL, NULL,
      "the variability of each light curve instead of its rows: a row for each source and energy band" },
    { 0, "split-by", FE_ARG_STR, &arg.split_by, "COL", NULL, NULL, NULL, NULL,
      "a file for each value of this column, which stands for {} in the name given with -o" },
    { 0, "output-dir", FE_ARG_STR, &arg.output_dir, "DIR", NULL, NULL, NULL, NULL,
      "write the product of each FILE into this folder, under its own name; it is made if its parent exists" },
    FE_OPT_END
};
static const fe_opt *const options[] = { own, fe_opts_flux, fe_opts_output, fe_opts_talk, NULL };

static int write_stats(fe_estimate *e, const fe_format *format, const char *output, fe_err *err)
{
    fe_table *table = NULL;

    if (fe_args.to && fe_estimate_convert(e, (fe_sedtype)fe_sedtype_parse(fe_args.to), err) < 0)
        return -1;
    if (fe_variability_table(e, fe_args.unit, &table, err) < 0)
        return -1;
    return fe_tables_write(1, &table, format, output, fe_args.force, err);
}

/* Of a fresh copy of the file these rows. */
static int write_rows(const fe_document *doc, size_t n, const size_t *row, const char *output, fe_err *err)
{
    const fe_format *format = arg.format ? arg.format : fe_format_find(doc->format);
    fe_estimate *e = NULL;
    int rc = -1;

    if (fe_estimate_read(doc, -1, &e, err) < 0)
        return -1;
    fe_estimate_keep(e, n, row);
    rc = arg.stats ? write_stats(e, format, output, err) :
                     fe_product_write(e, e->type, doc, &fe_args, format, output, err);
    fe_estimate_free(e);
    return rc;
}

/* ---- a file for each value -------------------------------------------------------------------------------------- */

/* The value in the place of {}, else before the suffix; what a file name should not hold becomes _. */
static char *name_of(const char *pattern, const char *value)
{
    const char *slash = strrchr(pattern, '/'), *hole = strstr(pattern, "{}");
    const char *dot = strrchr(slash ? slash : pattern, '.'), *at = hole ? hole : dot ? dot : pattern + strlen(pattern);
    fe_str name = { 0 };
    size_t start;

    fe_str_addf(&name, "%.*s%s", (int)(at - pattern), pattern, hole ? "" : "_");
    start = name.len;
    fe_str_add(&name, *value ? value : "none");
    for (char *p = name.s + start; *p; p++)
        if (strchr("/\\ *?'\"|<>&;()$`\t\n", *p))
            *p = '_';
    fe_str_add(&name, hole ? at + 2 : at);
    return name.s;
}

typedef struct split {
    fe_strv value, path;            /* of the files                                                     */
    size_t *file;                   /* which file a row goes to                                         */
} split;

static int split_rows(const fe_estimate *e, size_t n, const size_t *row, const char *pattern, split *s, fe_err *err)
{
    for (size_t k = 0; k < n; k++) {
        fe_str value = { 0 };
        size_t f = 0;
        char *path;

        if (fe_estimate_text(e, arg.split_by, row[k], &value, err) < 0)
            return -1;
        while (f < s->value.n && strcmp(s->value.s[f], value.s))
            f++;
        s->file[k] = f;
        if (f == s->value.n) {
            path = name_of(pattern, value.s);
            fe_strv_add(&s->value, value.s);
            fe_strv_add(&s->path, path);
            free(path);
        }
        fe_str_free(&value);
    }
    return 0;
}

/* Before anything is written: no file is there, no two are the same. */
static int check_paths(const split *s, fe_err *err)
{
    for (size_t f = 0; f < s->path.n; f++) {
        if (fe_output_check(s->path.s[f], fe_args.force, err) < 0)
            return -1;
        for (size_t k = 0; k < f; k++)
            if (!strcmp(s->path.s[k], s->path.s[f]))
                return fe_fail(err, FE_EDATA, &(fe_where){ s->path.s[f], NULL, 0 },
                               "two values of %s make the same file name: '%s' and '%s'", arg.split_by, s->value.s[k],
                               s->value.s[f]);
    }
    return 0;
}

static int write_split(const fe_document *doc, const fe_estimate *e, size_t n, const size_t *row, const char *pattern,
                       fe_err *err)
{
    split s = { { 0 }, { 0 }, FE_NEWN(size_t, n) };
    size_t *part = FE_NEWN(size_t, n);
    int rc = split_rows(e, n, row, pattern, &s, err);

    if (rc == 0)
        rc = check_paths(&s, err);
    for (size_t f = 0; rc == 0 && f < s.path.n; f++) {
        size_t m = 0;

        for (size_t k = 0; k < n; k++)
            if (s.file[k] == f)
                part[m++] = row[k];
        rc = write_rows(doc, m, part, s.path.s[f], err);
    }
    fe_strv_free(&s.value);
    fe_strv_free(&s.path);
    free(s.file);
    free(part);
    return rc;
}

/* ---- the tool --------------------------------------------------------------------------------------------------- */

static int select_rows(const char *input, const char *output, fe_err *err)
{
    fe_document *doc = NULL;
    fe_estimate *e = NULL;
    size_t *row = NULL, n = 0;
    int rc = -1;

    if (!arg.split_by && fe_output_check(output, fe_args.force, err) < 0)           goto done;
    if (!(doc = fe_document_read(input, err)))                                      goto done;
    if (fe_estimate_read(doc, -1, &e, err) < 0)                                     goto done;
    row = FE_NEWN(size_t, e->n);
    if (fe_estimate_pick(e, &arg.pick, row, &n, err) < 0)                           goto done;
    fe_note(n ? FE_NOTE_DETAIL : FE_NOTE_SAID, &(fe_where){ doc->file, NULL, 0 }, "%zu of %zu rows", n, e->n);
    rc = arg.split_by ? write_split(doc, e, n, row, output, err) : write_rows(doc, n, row, output, err);
done:
    free(row);
    fe_estimate_free(e);
    fe_document_free(doc);
    return rc;
}

static int check_outputs(size_t n, fe_err *err)
{
    if (arg.output_dir && fe_args.output)
        return fe_fail(err, FE_EUSAGE, NULL, "--output and --output-dir exclude each other");
    if (n > 1 && !arg.output_dir)
        return fe_fail(err, FE_EUSAGE, NULL, "%zu files have no place in one product: give --output-dir DIR", n);
    if (arg.split_by && !arg.output_dir && !(fe_args.output && strstr(fe_args.output, "{}")))
        return fe_fail(err, FE_EUSAGE, NULL, "--split-by %s: expected -o with {} in the name ('lc_{}.fits'), or "
                       "--output-dir DIR", arg.split_by);
    return 0;
}

static int run(size_t n, char **operand, fe_err *err)
{
    fe_expr *where = NULL;
    int rc = -1;

    arg.pick.e_TeV = NAN;
    if (check_outputs(n, err) < 0)                                                          goto done;
    if ((!arg.output_dir || fe_args.format) && !(arg.format = fe_format_choose(fe_args.format, fe_args.output, err)))
        goto done;
    if (arg.energy && fe_quantity_parse(arg.energy, "TeV", &arg.pick.e_TeV, err) < 0)       goto done;
    if (arg.where && !(where = fe_expr_parse(arg.where, err)))                              goto done;
    arg.pick.where = where;
    rc = arg.output_dir ? fe_folder_fill(arg.output_dir, n, operand, arg.format ? arg.format->suffix : NULL, select_rows,
                                         err)
                        : select_rows(operand[0], fe_args.output, err);
done:
    fe_expr_free(where);
    return rc;
}

int main(int argc, char **argv)
{
    return fe_tool_main(argc, argv, &(fe_tool){
        .name = "fe-select",
        .summary = "Select rows of flux points and light curves, split tables, measure variability.",
        .operands = "[FILE]...",
        .about = "FILE is a table of flux estimates, as fe-convert reads it.  The rows that meet all options are written, with\n"
                 "everything that stands beside the table.  With --stats a table of the variability of each light curve is\n"
                 "written: chi2 of constancy, fractional variance, TSvar from scans, times to double and halve.",
        .examples = "fe-select lightcurve.fits --time 2006-07-29T22:00 -o flare.fits\n"
                    "fe-select lightcurve.fits --energy 1TeV --where 'sqrt_ts>3' -f csv\n"
                    "fe-select lightcurve.fits --split-by source -o 'lc_{}.fits'\n"
                    "fe-select lightcurve.fits --stats -f text",
        .options = options,
        .libraries = fe_libraries,
        .read_list = fe_lines_read,
        .run = run });
}
