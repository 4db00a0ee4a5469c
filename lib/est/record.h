/* record.h -- what a run knows of a group and of a dataset, as bytes for its journal and back, bit by bit.
 *
 * Numbers are little endian, 8 bytes each.  Whether bytes are whole is known by who kept them (a journal has checksums);
 * here they are only never read past their end.
 */
#ifndef FE_EST_RECORD_H
#define FE_EST_RECORD_H
#include "base/arena.h"
#include "base/str.h"
#include "est/plan.h"
#include "types/dataset.h"

/* All but the pointers to what it is a result of. */
void fe_record_result_write(const fe_group_result *, fe_str *out);
/* Scans and covariance lie in the arena; plan, model, sources and request stay as they are. */
int fe_record_result_read(const void *bytes, size_t n, fe_arena *, fe_group_result *, fe_err *err) FE_RESULT;

/* What a sink sees of a dataset: its file, telescope and good time intervals. */
void fe_record_dataset_write(const fe_dataset *, fe_str *out);
int fe_record_dataset_read(const void *bytes, size_t n, fe_dataset **out, fe_err *err) FE_RESULT;
#endif
