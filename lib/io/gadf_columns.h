/* gadf_columns.h -- which column of a flux table is what part of an estimate: one lookup for reading and writing. */
#ifndef FE_IO_GADF_COLUMNS_H
#define FE_IO_GADF_COLUMNS_H
#include "types/estimate.h"

typedef enum fe_slot_kind {
    FE_SLOT_REST,                   /* nothing we compute: passed through                               */
    FE_SLOT_KEY, FE_SLOT_MEMBER, FE_SLOT_REF, FE_SLOT_QUANTITY, FE_SLOT_SOURCE, FE_SLOT_NORM_SCAN, FE_SLOT_STAT_SCAN,
    /* the same things under another convention (GADF's logarithms of the likelihood, time bins of astropy) */
    FE_SLOT_LOGLIKE, FE_SLOT_LOGLIKE_NULL, FE_SLOT_DLOGLIKE_SCAN, FE_SLOT_REF_NPRED, FE_SLOT_BIN_START, FE_SLOT_BIN_SIZE
} fe_slot_kind;

typedef struct fe_slot {
    fe_slot_kind kind;
    int a, b;                       /* key | SED type, member | SED type | quantity                     */
} fe_slot;

fe_slot fe_slot_of_column(const char *name);                /* case-insensitive                         */
bool fe_slot_same(fe_slot, fe_slot);
void fe_slot_name(fe_slot, fe_str *out);                    /* name of its column, appended             */
const char *fe_slot_unit(fe_slot);                          /* internal unit                            */
const char *fe_slot_out_unit(fe_slot);                      /* in files                                 */
const char *fe_slot_help(fe_slot);
fe_coltype fe_slot_type(fe_slot);
bool fe_slot_is_energy(fe_slot);
bool fe_slot_is_scan(fe_slot);
bool fe_slot_is_time(fe_slot);                              /* time_min, time_max                       */
/* The unit a text means in such a column: published light curves have the unit "MJD", which is days. */
const char *fe_slot_unit_of(fe_slot, const char *text);
/* The array behind a slot that has one of its own, [n] or (scans) [n][n_scan]; NULL when absent. */
const double *fe_slot_array(const fe_estimate *, fe_slot);

/* A table seen as rows of an estimate: the last dimension of its cells may be an energy axis. */
typedef struct fe_grid {
    size_t n_outer, n_inner;        /* rows of the table; energies in a cell                            */
} fe_grid;

int fe_table_sedtype(const fe_table *);                     /* by SED_TYPE, else by columns; -1         */
/* A column of keys or fluxes that holds text is refused by its first cell that is no number. */
int fe_table_check_numbers(const fe_table *, const fe_column *, const char *file, fe_err *err) FE_RESULT;
fe_grid fe_table_grid(const fe_table *, fe_sedtype);
/* Elements of a cell that belong to one row of the estimate, and the index of the first of them in the column's values. */
size_t fe_grid_width(fe_grid, const fe_column *);
size_t fe_grid_first(fe_grid, const fe_column *, size_t row);

/* A column like another, with `width` elements a row and its comment, code and shape. */
fe_column *fe_column_like(fe_table *, const fe_column *, size_t width);

/* gadf_scan.c: what a scan means (sign, zero).  dloglike is [n][n_scan] like e->stat_scan, which it becomes. */
bool fe_scan_is_valley(const double *norm, const double *scan, size_t n_rows, size_t n_scan, bool *known);
void fe_scan_of_dloglike(fe_estimate *, const double *dloglike);
void fe_scan_to_dloglike(const fe_estimate *, size_t row, double *dloglike);

/* gadf_meta.c, gadf_parts.c: what a header and other HDUs say */
void fe_meta_to_estimate(const fe_document *, const fe_table *, fe_estimate *);
typedef enum fe_meta_state {         /* of the columns, beside those of the file `was` came from         */
    FE_META_NEW, FE_META_SAME_LAYOUT, FE_META_SAME
} fe_meta_state;
void fe_meta_of_estimate(const fe_estimate *, const fe_estimate *was, bool gadf, fe_meta_state, fe_metalist *);
bool fe_meta_is_ours(const char *key);                      /* is it in the estimate, so not in `rest`? */
bool fe_meta_is_moved_to_tt(const char *timesys, bool gadf, bool same_layout);      /* UTC for gammapy */
double fe_meta_mjdref(const fe_metalist *);
char *fe_document_model(const fe_document *);               /* YAML of the stored model; NULL; caller frees */
void fe_parts_to_estimate(const fe_document *, fe_estimate *);
fe_table *fe_table_of_model(const char *yaml);

/* gadf_fermipy.c */
bool fe_fermipy_is_curve(const fe_document *);
int fe_fermipy_read_curve(const fe_document *, int type, fe_estimate **out, fe_err *err) FE_RESULT;

/* gadf_ctools.c */
bool fe_ctools_is_curve(const fe_document *);
int fe_ctools_read_curve(const fe_document *, int type, fe_estimate **out, fe_err *err) FE_RESULT;

/* gadf_read.c: one table by the rules of gadf-sed, whoever wrote it */
int fe_estimate_of_table(const fe_document *, const fe_table *, int type, fe_estimate **out, fe_err *err) FE_RESULT;
const fe_table *fe_document_flux_table(const fe_document *);
bool fe_document_is_bare(const fe_document *);              /* csv, tsv: no units, no keywords          */
#endif
