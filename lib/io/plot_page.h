/* plot_page.h -- flux tables, models and scans brought to one picture: the same type, units and axes, and their names. */
#ifndef FE_IO_PLOT_PAGE_H
#define FE_IO_PLOT_PAGE_H
#include "io/plot.h"
#include "types/estimate.h"

typedef enum fe_plot_kind { FE_PLOT_SED, FE_PLOT_LIGHTCURVE, FE_PLOT_SCAN, FE_PLOT_N_KINDS } fe_plot_kind;
int fe_plot_kind_parse(const char *name);               /* "sed", "lightcurve", "scan"; -1 for NULL      */

typedef struct fe_plot_sheet {          /* one table                                                    */
    fe_plot_data data;                  /* empty for scans                                              */
    char *telescope, *object, *file;    /* what may name it; NULL, NULL, base name                      */
    char *label;                        /* asked for; or NULL                                           */
} fe_plot_sheet;

typedef struct fe_plot_line {           /* a model, or a scan                                           */
    char *label;
    double *x, *y;                      /* NaN: a gap                                                   */
    size_t n, cap;
} fe_plot_line;

typedef struct fe_plot_page {
    int kind, type;                     /* asked for; -1: the first table decides                       */
    const char *unit, *energy_unit;     /* the same; NULL                                               */
    const char *ul_if;                  /* rule for limits; NULL: as they came                          */
    bool show_model;
    fe_plot_sheet *sheet;
    size_t n_sheets, cap_sheets;
    fe_plot_line *line;
    size_t n_lines, cap_lines;
    char *x_unit, *y_unit, *timesys;    /* of the first table                                           */
    bool has_limits;
    double ul_conf;                     /* their one-sided confidence; NaN: unknown, or several         */
} fe_plot_page;

/* Bring a table to the page; label NULL: a name is found for it.  The estimate is converted in place. */
int fe_plot_page_add(fe_plot_page *, const fe_document *, fe_estimate *, const char *label, fe_err *err) FE_RESULT;

/* A model over the energies of the tables that are there. */
int fe_plot_page_model(fe_plot_page *, const fe_spectrum *, const char *label, fe_err *err) FE_RESULT;

/* What a series is called, so that it differs from the others of the page. */
void fe_plot_page_label(const fe_plot_page *, size_t sheet, size_t series, fe_str *out);

void fe_plot_page_free(fe_plot_page *);                 /* what it holds                                */
#endif
