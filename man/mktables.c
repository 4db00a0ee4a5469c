/* mktables.c -- the tables of the library that the pages print, as text: TABLE, NAME, UNIT, DETAIL, WORDS, tabs between;
 * a deviation has two more: the option that comes near, and the test.
 *
 * mkman.awk puts them where a page says @ROWS TABLE@.  A row that is added to the library thus stands in its page.
 */
#include <stdio.h>

#include "base/num.h"
#include "io/format.h"
#include "io/gadf.h"
#include "phys/compat.h"
#include "phys/sedtype.h"
#include "phys/spatial.h"
#include "phys/spectrum.h"
#include "types/estimate.h"

static void print_row(const char *table, const char *name, const char *unit, const char *detail, const char *words)
{
    printf("%s\t%s\t%s\t%s\t%s\n", table, name, unit ? unit : "", detail ? detail : "", words ? words : "");
}

static void print_columns(const char *table, const fe_column_row *row, size_t n)
{
    static const char *const type[] = { [FE_COL_DOUBLE] = "double", [FE_COL_INT] = "integer", [FE_COL_BOOL] = "boolean",
                                        [FE_COL_STRING] = "string" };

    for (size_t i = 0; i < n; i++)
        print_row(table, row[i].name, row[i].unit, type[row[i].type], row[i].help);
}

static void print_statuses(void)
{
    for (const fe_status_row *row = fe_statuses; row->name; row++) {
        char flag[24];

        snprintf(flag, sizeof flag, "%u", row->flag);
        print_row("status", row->name, "", flag, row->help);
    }
}

static void print_sedtypes(void)
{
    for (size_t i = 0; i < FE_SED_N; i++)
        print_row("sedtype", fe_sedtypes[i].name, fe_sedtypes[i].out_unit, fe_sedtypes[i].column, fe_sedtypes[i].help);
}

static void print_formats(void)
{
    for (const fe_format *row = fe_formats; row->name; row++)
        print_row("format", row->name, "", row->read ? "read and written" : "written only", row->help);
    for (const fe_dialect *row = fe_dialects; row->name; row++)
        print_row("dialect", row->name, "", "", row->help);
}

/* "index=2, amplitude=1e-12 cm-2 s-1 TeV-1": the parameters with their defaults, as they may be typed. */
static void print_models(void)
{
    for (const fe_spectrum_kind *kind = fe_spectrum_kinds; kind->type; kind++) {
        fe_str par = { 0 };

        for (size_t i = 0; i < kind->n_par; i++) {
            char value[FE_NUM_SIZE];

            fe_str_addf(&par, "%s%s=%s%s%s", i ? ", " : "", kind->par[i].name, fe_num_format(kind->par[i].value, value),
                        *kind->par[i].unit ? " " : "", kind->par[i].unit);
        }
        print_row("model", kind->tag, "", kind->type, par.s);
        fe_str_free(&par);
    }
}

static void print_compat(void)
{
    for (const fe_compat_row *row = fe_compat_rows; row->name; row++)
        print_row("compat", row->name, row->effect, row->ours, row->gammapy);
    for (const fe_deviation_row *row = fe_deviation_rows; row->name; row++)
        printf("deviation\t%s\t%s\t%s\t%s\t%s\t%s\n", row->name, row->effect, row->ours, row->gammapy, row->option,
               row->test);
}

/* The same of spatial models behind their names; a place has no default. */
static void print_spatials(void)
{
    for (const fe_spatial_kind *kind = fe_spatial_kinds; kind->type; kind++) {
        fe_str par = { 0 };

        fe_str_add(&par, kind->type);
        for (size_t i = 0; i < kind->n_par; i++) {
            char value[FE_NUM_SIZE];

            fe_str_addf(&par, "%s%s", i ? ", " : ": ", kind->par[i].name);
            if (!kind->has_place || i >= 2)
                fe_str_addf(&par, "=%s%s%s", fe_num_format(kind->par[i].value, value), *kind->par[i].unit ? " " : "",
                            kind->par[i].unit);
        }
        if (kind->is_map)
            fe_str_add(&par, ", filename, normalize=true");
        print_row("spatial", kind->tag, "", "", par.s);
        fe_str_free(&par);
    }
}

int main(void)
{
    print_columns("key", fe_keys, FE_KEY_N);
    print_columns("member", fe_members, FE_MEMBER_N);
    print_columns("quantity", fe_quantities, FE_Q_N);
    print_statuses();
    print_sedtypes();
    print_formats();
    print_models();
    print_spatials();
    print_compat();
    return fclose(stdout) ? 1 : 0;
}
