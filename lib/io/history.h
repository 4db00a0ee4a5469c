/* history.h -- provenance inside the product: command line, version, inputs with size and sums, options, notes. */
#ifndef FE_IO_HISTORY_H
#define FE_IO_HISTORY_H
#include "base/str.h"
#include "types/table.h"

/* Remember name, size and sum, unless --no-history: SHA-256 of all inputs, with more than 64 of them CRC-32 of all.
 * Rows stand in the order in which files were read first. */
void fe_history_input(const char *path, size_t n_bytes, const void *data);
void fe_history_forget(void);                                                  /* another product begins */
size_t fe_history_n_inputs(void);
fe_table *fe_history_table(void);                                              /* the PROV table        */

/*
 * A long run hands its inputs over to its journal as it goes; which ones they were stays known, by 8 bytes each.  Bytes that
 * were handed over by an earlier run are only made known; with all of them taken back the table is complete again.  Or it
 * is made of parts: the head, what was handed over, the notes.
 */
void fe_history_hand_over(fe_str *out);
int fe_history_know(const void *bytes, size_t n, fe_err *err) FE_RESULT;
int fe_history_take_back(const void *bytes, size_t n, fe_err *err) FE_RESULT;
fe_table *fe_history_head(void);
int fe_history_handed(const void *bytes, size_t n, fe_table **out, fe_err *err) FE_RESULT;
fe_table *fe_history_notes(void);

/* The same as lines of comment, "# command: fe-fit ...", for files that have no place for tables; none with --no-history. */
void fe_history_comment(fe_str *out);
#endif
