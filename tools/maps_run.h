/* maps_run.h -- what fe-tsmap and fe-excessmap do alike: map datasets in, one energy band after another, flux maps out. */
#ifndef FE_TOOLS_MAPS_RUN_H
#define FE_TOOLS_MAPS_RUN_H
#include <stdbool.h>
#include "base/opt.h"
#include "est/norm.h"
#include "phys/energy.h"
#include "types/dataset.h"
#include "types/estimate.h"
#include "types/model.h"
#include "types/scanlist.h"

extern const fe_opt maps_options[];     /* --known-sources --mask --center --width --select --float  */
extern const fe_opt maps_output[];      /* -o --force --no-history                                   */
extern const fe_opt maps_running[];     /* -j --dry-run --compat                                     */

typedef struct maps {
    size_t n;                       /* datasets, all on the same pixels                                 */
    fe_dataset **dataset;
    double **others;                /* [n] [n_e][ny][nx] counts of the known sources, or NULL           */
    fe_models *models;              /* the reference model is the only one                              */
    size_t n_bands;
    double *edge_TeV;               /* [n_bands + 1] used, of the first dataset                         */
    size_t *first, *last;           /* [n_bands][n] channels of a band in a dataset; equal: none        */
    bool *mask;                     /* [ny][nx] of --mask, or NULL                                      */
    size_t x0, y0, nx, ny;          /* window                                                           */
    fe_geom *window;
    bool skip_member[FE_MEMBER_N], skip[FE_Q_N];        /* what --select leaves out                     */
} maps;

int maps_open(size_t n, char **operand, maps *, fe_err *err) FE_RESULT;
void maps_close(maps *);
/* Other bands than those typed. */
int maps_set_edges(maps *, const fe_edges *, fe_err *err) FE_RESULT;
/* An image on the pixels of the maps: where it is not 0.  The caller frees; NULL with err. */
bool *maps_read_mask(const maps *, const char *path, fe_err *err);

/* Is any of these quantities kept?  Names as --select has them. */
bool maps_keeps(const maps *, fe_member);

typedef struct maps_job {
    void *ctx;
    fe_sedtype type;                /* of the product, unless --to says another                         */
    const fe_norm_request *norm;    /* levels                                                           */
    /* Rows of one band: the pixels of the window; scans join the list. */
    int (*band)(void *ctx, const maps *, size_t band, fe_estimate *out, fe_scanlist *scans, fe_err *err);
    void (*describe)(void *ctx, const maps *, fe_metalist *meta);
} maps_job;

/* What --dry-run prints: datasets, bands, window, memory beside the datasets, that `bytes` says of each band; and its parts, where
 * bands are set one after another: print_bands returns the most that one needs. */
typedef double maps_bytes(void *ctx, const maps *, size_t band);
void maps_print_plan(const maps *, maps_bytes *, void *ctx);
void maps_print_datasets(const maps *);
double maps_print_bands(const maps *, maps_bytes *, void *ctx);
void maps_print_size(const maps *, double most);
/* What belongs to the whole product: levels, times, model, keywords. */
void maps_describe(const maps *, const maps_job *, fe_estimate *);
int maps_write(const maps *, const maps_job *, const char *output, fe_err *err) FE_RESULT;
#endif
