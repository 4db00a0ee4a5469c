/* predict_parts.h -- inside of predictions on maps, shared by predict*.c only. */
#ifndef FE_EST_PREDICT_PARTS_H
#define FE_EST_PREDICT_PARTS_H
#include "est/predict.h"

static const double FE_PREDICT_MARGIN_DEG = 0.1;        /* around the box of a model, as in gammapy */

typedef struct fe_field {           /* a model on the pixels of a geometry                              */
    const fe_model *model;
    fe_geom *geom;
    size_t nx, ny;
    double lon_deg, lat_deg;        /* where the model is, in the frame of the geometry                 */
    bool at_centres, as_gammapy;    /* see fe_kernel_request                                            */
} fe_field;

typedef struct fe_predict_job {
    const fe_dataset *d;
    const fe_field *field;
    const fe_kernels *psf;          /* n 0: none                                                        */
    const fe_edisp *edisp;
    const double *flux;             /* [n_etrue] integrals of phi                                       */
    const double *exposure;         /* [n_etrue] the same everywhere; NULL: that of the pixels          */
    long x0, y0;                    /* where the field begins on the map                                */
} fe_predict_job;

/* Reads the map of a template, if that has not been done: before anything else here. */
int fe_predict_need(const fe_model *, fe_err *err) FE_RESULT;
/* out[ny][nx]: integral of the model over each pixel, at an energy. */
void fe_predict_field(const fe_field *, double e_TeV, double *out);
/* Nothing beyond; infinity: everywhere. */
double fe_predict_radius_deg(const fe_model *, const fe_geom *);
/* Kernels of a dataset at a place, over true energies or channels as its PSF has them; n 0: no PSF. */
int fe_predict_psf(const fe_dataset *, double lon_deg, double lat_deg, bool as_gammapy, fe_kernels *out, fe_err *err) FE_RESULT;
/* npred[n_e][box pixels] */
void fe_predict_box(const fe_predict_job *, double *npred);
#endif
