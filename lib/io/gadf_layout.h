/* gadf_layout.h -- which columns a table of estimates has, in which order, and which row goes to which cell. */
#ifndef FE_IO_GADF_LAYOUT_H
#define FE_IO_GADF_LAYOUT_H
#include "io/gadf.h"
#include "io/gadf_columns.h"

typedef struct fe_out_column {
    fe_slot slot;                   /* FE_SLOT_REST: a column of estimate->rest                         */
    const fe_column *rest;
} fe_out_column;

typedef struct fe_out_list {
    fe_out_column *c;
    size_t n, cap;
} fe_out_list;

typedef enum fe_bins { FE_BINS_NONE, FE_BINS_STAY, FE_BINS_MADE } fe_bins;
/* Columns in canonical order, those that came with the file where they stood.  `was`: the file as read, or NULL.
 * `bins`: time bins of astropy for time_min and time_max: never, where they came so and did not change, always (and first). */
void fe_layout_columns(const fe_estimate *, const fe_estimate *was, bool gadf, bool twins, fe_bins bins,
                       fe_out_list *out);
/* Are the rows one light curve: intervals, each once, in one band, of one source? */
int fe_layout_check_series(const fe_estimate *, fe_err *err) FE_RESULT;
/* Without the keywords of FITS that say which column holds instants: for columns that are not as they were. */
void fe_meta_forget_instants(fe_metalist *);
void fe_meta_of_series(fe_table *);         /* of time bins that were made: MJD in the scale of their column */

/* Is what this column shows the same as in `was`? */
bool fe_slot_unchanged(const fe_estimate *, const fe_estimate *was, fe_slot);
bool fe_rest_unchanged(const fe_estimate *, const fe_estimate *was, const fe_column *rest);

typedef struct fe_cell_map {
    size_t n_outer, n_inner;        /* rows of the table, energies in a cell                            */
    size_t *row;                    /* [n_outer * n_inner] of the estimate                              */
    bool grid;                      /* cells have an energy dimension, even if of one                   */
} fe_cell_map;

/* One table row per estimate; `grid`: one per interval or region, the energies in its cells, if all have the same. */
fe_cell_map fe_cell_map_make(const fe_estimate *, bool grid);
bool fe_slot_is_outer(fe_slot);     /* one value per interval or region                                 */

/* gadf_encode.c */
typedef struct fe_table_job {
    const fe_estimate *e, *was;     /* was, old: as read from the document it came from, or NULL        */
    const fe_table *old;
    fe_slot *old_slot;              /* [old->n_cols] what its columns are                               */
    const fe_layout *layout;
    fe_cell_map map;
    bool same_layout, same_shape;   /* as old: flat or gadf; rows and cells                             */
    bool no_units;                  /* old came in a format without them                                */
    bool changed;                   /* some column is not what it was                                   */
    bool bins_made;                 /* time bins are new, as MJD                                        */
} fe_table_job;
fe_table *fe_table_of_columns(fe_table_job *, const fe_out_list *, fe_err *err);
#endif
