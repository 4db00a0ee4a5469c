/* lint.h -- what looks wrong in a table of estimates: slips of transcription, columns that were exchanged. */
#ifndef FE_TYPES_LINT_H
#define FE_TYPES_LINT_H
#include "types/estimate.h"

typedef struct fe_lint_code { const char *code, *help; } fe_lint_code;
extern const fe_lint_code fe_lint_codes[];      /* ends with code NULL */

/* A line for each finding, "FILE row N: CODE: what"; returns how many. */
size_t fe_estimate_lint(const fe_estimate *, fe_str *out);
#endif
