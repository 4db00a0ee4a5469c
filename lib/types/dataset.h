/* dataset.h -- one observation reduced to arrays: counts, background or OFF counts, response, masks, times.
 *
 * Counts-like arrays have shape [n_e][ny][nx] in C order, exposure [n_etrue][ny][nx]; a spectrum has ny = nx = 1.
 * Cash when `background` is there, WStat when `n_off` is; neither: Cash with background 0.
 */
#ifndef FE_TYPES_DATASET_H
#define FE_TYPES_DATASET_H
#include <stdbool.h>
#include <stddef.h>
#include "types/geom.h"
#include "types/gti.h"
#include "types/irf.h"
#include "types/irfmap.h"
#include "types/table.h"

typedef struct fe_dataset_info {    /* cheap: headers only                                              */
    char *name;                     /* OBS_ID, else the file's name                                     */
    char *file;
    char *telescop, *instrume;      /* "" = unknown                                                     */
    double mjd_start, mjd_stop;     /* first GTI start, last GTI stop (TT); NaN = no GTI                */
    double mjd_mid;                 /* mean of the good time (TT); NaN = not known                      */
    double livetime_s;              /* NaN = unknown                                                    */
    fe_metalist meta;               /* from a feed: keywords of the run, for --group-by and --where; in a dataset empty */
} fe_dataset_info;

typedef struct fe_dataset {
    fe_dataset_info info;
    size_t n_e, ny, nx;
    size_t n_channels;              /* that were summed to n_e (types/grouping.h); 0: none was          */
    double *e_edge_TeV;             /* [n_e + 1]         reconstructed energy                           */
    double *counts;                 /* [n_e][ny][nx]                                                    */
    double *background;             /* [n_e][ny][nx]     known background, or NULL                      */
    double *n_off;                  /* [n_e][ny][nx]     OFF counts, or NULL                            */
    double *alpha;                  /* [n_e][ny][nx]     ON/OFF exposure ratio; 0 = no OFF region       */
    double *acceptance, *acceptance_off;    /* [n_e][ny][nx] what alpha came from, or NULL              */
    bool *mask;                     /* [n_e][ny][nx]     false = left out (QUALITY, safe and fit masks) */
    size_t n_etrue;
    double *etrue_edge_TeV;         /* [n_etrue + 1]                                                    */
    double *exposure_cm2_s;         /* [n_etrue][ny][nx]                                                */
    fe_edisp *edisp;                /* shared; never NULL; of a map: at its centre                      */
    fe_geom *geom;                  /* of a map; NULL: a spectrum                                       */
    fe_irfmap *psf, *edisp_map;     /* of a map; NULL: no PSF; edisp is the same everywhere             */
    double livetime_s;              /* NaN = unknown                                                    */
    fe_gti *gti;                    /* or NULL                                                          */
    fe_metalist meta;               /* one row of the meta table, for --group-by                        */
    fe_table *runs;                 /* META_TABLE, a row for each run that is in here; or NULL          */
} fe_dataset;

fe_dataset *fe_dataset_new(size_t n_e, size_t n_etrue, size_t ny, size_t nx);  /* arrays but background, n_off, alpha, acceptance: NULL */
void fe_dataset_free(fe_dataset *);
void fe_dataset_info_free(fe_dataset_info *);
/* TELESCOP; NULL where it is not said, or by a word for that (DUMMY, UNKNOWN, NONE). */
const char *fe_dataset_telescope(const fe_dataset *);
/* -1 (FE_EUSAGE): not the one before; *before is set by the first that says it (caller frees). */
int fe_dataset_check_telescope(const fe_dataset *, char **before, fe_err *err) FE_RESULT;
size_t fe_dataset_n_bins(const fe_dataset *);       /* n_e * ny * nx                                    */
/*
 * [n_e][ny][nx] of a response, cm2 s, what it is weighed with (caller frees): its own exposure; where it has none, or only 0, that of the dataset
 * at its energies, in the nearest pixel, or the mean of all pixels where it is the same everywhere.
 */
double *fe_dataset_irf_exposure(const fe_dataset *, const fe_irfmap *);
#endif
