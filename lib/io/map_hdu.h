/* map_hdu.h -- maps of a "gadf" FITS file: images, or tables of cells (region maps), with the axes of their BANDS tables.
 *
 * Source: gamma-astro-data-formats, sky maps; formats.md 2.  Axes are the sorted unique values of the columns that AXCOLSn names,
 * never positions of rows: writers differ in the order of these.  The first axis is the fastest behind the sky.
 * A primary image with a table EBOUNDS or ENERGIES is a cube of the Fermitools (HDU "PRIMARY").  Refused by name: HEALPix, sparse maps.
 */
#ifndef FE_IO_MAP_HDU_H
#define FE_IO_MAP_HDU_H
#include <stdbool.h>
#include <stddef.h>
#include "io/stream.h"
#include "types/geom.h"
#include "types/table.h"

typedef enum fe_map_scale { FE_MAP_LIN, FE_MAP_LOG, FE_MAP_SQRT } fe_map_scale;     /* INTERPn */

typedef struct fe_map_axis {
    char name[24];                  /* "energy", "energy_true", "rad", "migra" ...                      */
    bool is_node;                   /* values belong to nodes; else to bins                             */
    fe_map_scale scale;
    size_t n;
    double *edge, *node;            /* [n + 1], [n]; TeV, deg, s or a number; middles in the scale      */
} fe_map_axis;

enum { FE_MAP_MAX_AXES = 4 };

typedef struct fe_map {
    char *file, *name;              /* for messages                                                     */
    fe_geom *geom;                  /* owned share; NULL: a region map, nx = ny = 1                     */
    size_t nx, ny, n_axes, n;       /* n values in all                                                  */
    fe_map_axis axis[FE_MAP_MAX_AXES];
    double *value;                  /* [axis n_axes - 1] ... [axis 0][ny][nx]                           */
    char *unit;                     /* BUNIT, or TUNIT of the cells; "" = none                          */
    bool is_double;                 /* an image in double precision                                     */
    fe_metalist meta;               /* keywords of the HDU                                              */
} fe_map;

typedef struct fe_map_file fe_map_file;

fe_map_file *fe_map_file_open(const fe_bytes *, fe_err *err);       /* the bytes must outlive it        */
void fe_map_file_close(fe_map_file *);
const fe_document *fe_map_file_document(const fe_map_file *);       /* its tables                       */
bool fe_map_file_has(const fe_map_file *, const char *hdu);
void fe_map_file_meta(const fe_map_file *, const char *hdu, fe_metalist *out);     /* its keywords; none without it */

fe_map *fe_map_read(fe_map_file *, const char *hdu, fe_err *err);   /* NULL with FE_EDATA               */
/* Its geometry, axes, unit and keywords, without the values. */
fe_map *fe_map_read_head(fe_map_file *, const char *hdu, fe_err *err);
/* Values [first, first + n) of an image, in its order. */
int fe_map_read_values(fe_map_file *, const char *hdu, size_t first, size_t n, double *out, fe_err *err) FE_RESULT;
fe_map *fe_map_read_first(fe_map_file *, fe_err *err);              /* of its images: masks             */
/* The pixels of the first image of a file: a dataset, a mask ...; NULL with err, caller frees. */
fe_geom *fe_map_read_geom(const char *path, fe_err *err);
void fe_map_free(fe_map *);
int fe_map_to_unit(fe_map *, const char *unit, fe_err *err) FE_RESULT;      /* scales the values        */
size_t fe_map_n_cells(const fe_map *);                              /* product of the axes              */
fe_where fe_map_where(const fe_map *);

/* map_axis.c: axis k (from 0) of a map with these keywords. */
int fe_map_axis_read(const fe_document *, const char *hdu, const fe_metalist *meta, size_t k, fe_map_axis *out, fe_err *err)
    FE_RESULT;
size_t fe_map_axis_count(const fe_document *, const char *hdu, const fe_metalist *meta);    /* of AXCOLSn */
void fe_map_axis_free(fe_map_axis *);
#endif
