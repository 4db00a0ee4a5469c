/* resume_run.h -- runs that can be interrupted: what they have done goes into a journal beside the product. */
#ifndef FE_TOOLS_RESUME_RUN_H
#define FE_TOOLS_RESUME_RUN_H
#include <stdbool.h>
#include "est/plan.h"
#include "io/product_pieces.h"

typedef struct resume_run resume_run;

/*
 * All that the product depends on, as text: version, options, and name, size and time of inputs, of what is read with them (BKG, ARF,
 * RMF ...) and of files of options.  It looks into each input.
 */
void resume_config(size_t n, char **operand, fe_str *out);
/* Is the product (-o) there already, made by such a run? */
bool resume_is_complete(const char *config);
int resume_clean(const char *config, fe_err *err) FE_RESULT;            /* the journal of such a product goes */
int resume_check(size_t n, char **operand, fe_err *err) FE_RESULT;      /* what --resume cannot go with */
/* Is the run long enough to be worth a journal, or is one asked for? */
bool resume_wants_journal(const fe_plan *);
/* Of the product, so that resume_is_complete knows it. */
void resume_mark(const char *config, fe_estimate *);

/*
 * A journal as the sink of a run: what it is given lies there and not in memory.  With --resume the records that are there stay, and
 * their notes are said again, so that the table and its notes are those of a run that was not interrupted.
 */
resume_run *resume_run_new(const char *config, const fe_plan *, const fe_feed *, fe_models *, const fe_plan_request *, fe_err *err);
fe_sink resume_run_sink(resume_run *);

/* When the run is over: all of it to a sink, with the history's inputs; */
int resume_run_fill(resume_run *, const fe_sink *to, fe_err *err) FE_RESULT;
/* or the datasets only (see), and where each of the groups lies, at[n]; then a group by its place, until the next one; the inputs. */
int resume_run_index(resume_run *, const fe_sink *to, size_t n, size_t *at, fe_err *err) FE_RESULT;
int resume_run_get(resume_run *, size_t at, fe_group_result *, fe_err *err) FE_RESULT;
int resume_run_inputs(resume_run *, fe_inputs_use, void *ctx, fe_err *err) FE_RESULT;

/* The journal goes when the product is there, or where nothing can be gained by going on (rc < 0 other than FE_ESYS). */
int resume_run_close(resume_run *, int rc, fe_err *err) FE_RESULT;
#endif
