/* pieces_run.h -- the product of a long run from its journal: rows come and go piece by piece, so that memory does not follow their number. */
#ifndef FE_TOOLS_PIECES_RUN_H
#define FE_TOOLS_PIECES_RUN_H
#include "phys/sedtype.h"
#include "resume_run.h"

typedef struct pieces_job {
    resume_run *journal;            /* of a run that is over                                            */
    const fe_plan *plan;
    fe_models *models;
    const fe_plan_request *request;
    const char *config;             /* the product is marked with it                                    */
    fe_sedtype type;
} pieces_job;

/* Rows that do not depend on each other, of one source in bands known beforehand? */
bool pieces_can(const fe_plan *, const fe_models *, const fe_plan_request *);
/* FITS to --output.  1: rows turned out to be of different kinds, nothing is written. */
int pieces_write(const pieces_job *, bool *flagged, fe_err *err) FE_RESULT;
#endif
