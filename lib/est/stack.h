/* stack.h -- add datasets into one (algorithms 7.4): masked counts, exposure, dispersion weighted by exposure. */
#ifndef FE_EST_STACK_H
#define FE_EST_STACK_H
#include "base/err.h"
#include "types/dataset.h"

typedef struct fe_stacker fe_stacker;
fe_stacker *fe_stacker_new(void);
int fe_stacker_add(fe_stacker *, const fe_dataset *, fe_err *err) FE_RESULT;    /* -1 FE_EDATA: axes differ */
fe_dataset *fe_stacker_finish(fe_stacker *);        /* caller frees; the stacker is done                */
void fe_stacker_free(fe_stacker *);
#endif
