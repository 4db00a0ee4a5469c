/* dataset_io_parts.h -- between the dataset_io*.c and fermi_io.c only.
 *
 * dataset_io.c       maps of counts: a dataset      dataset_io_irf.c    exposure, EDISP, PSF
 * dataset_io_info.c  names, times, livetime         dataset_io_write.c  back to a file: spectra
 *                                                   dataset_io_map.c    and maps
 */
#ifndef FE_IO_DATASET_IO_PARTS_H
#define FE_IO_DATASET_IO_PARTS_H
#include "io/dataset_io.h"
#include "io/map_hdu.h"

/* "energy 3 of 8, pixel (12, 40)" or "energy 3 of 8": where value i of a map stands, for messages. */
void fe_dataset_place(const fe_map *, size_t i, char *text, size_t size);
/* A map with these axes, in this order; NULL with err. */
fe_map *fe_dataset_map(fe_map_file *, const char *hdu, size_t n_axes, const char *const *axis, fe_err *err);

/* dataset_io_irf.c: fills etrue_edge, exposure, edisp, edisp_map, psf of a dataset with its channels and geom. */
int fe_dataset_read_exposure(fe_dataset *, fe_map *exposure, fe_err *err) FE_RESULT;        /* its values go to the dataset */
int fe_dataset_read_edisp(fe_dataset *, fe_map_file *, fe_err *err) FE_RESULT;
int fe_dataset_read_psf(fe_dataset *, fe_map_file *, fe_err *err) FE_RESULT;

/* Its integral over the sky must be about 1 where it is largest. */
int fe_dataset_check_psf(const fe_irfmap *, const fe_where *at, fe_err *err) FE_RESULT;

/* dataset_io_info.c */
int fe_dataset_read_info(const fe_map_file *, fe_metalist *meta, fe_dataset_info *info, fe_gti **gti, fe_err *err) FE_RESULT;
fe_table *fe_dataset_read_runs(const fe_map_file *);               /* a row for each run of META_TABLE; NULL: none */
double fe_dataset_livetime(const fe_map_file *);                   /* META of EXPOSURE says; NaN: it does not */

/* dataset_io_write.c: axes of what is written. */
typedef struct fe_out_axis {
    const char *column, *lo, *hi, *unit;
    size_t n;
    const double *edge;             /* [n + 1]                                                          */
    bool is_linear;                 /* else logarithmic                                                 */
    const double *node;             /* [n] values belong to nodes, which stand alone; NULL: to bins     */
} fe_out_axis;

void fe_out_axes_put(fe_metalist *, size_t n_axes, const fe_out_axis *);           /* AXCOLSn, INTERPn     */
fe_table *fe_out_bands(const char *hdu, size_t n_axes, const fe_out_axis *);       /* HDU_BANDS: a row a cell, the first axis fastest */
fe_table *fe_out_meta(const fe_dataset *);                                         /* META_TABLE           */
void fe_out_livetime(const fe_dataset *, fe_metalist *);                           /* META of EXPOSURE     */

/* dataset_io_map.c */
int fe_dataset_write_map(const fe_dataset *, const char *path, const fe_dataset_output *, fe_err *err) FE_RESULT;
#endif
