/* history.h -- provenance inside the product: command line, version, inputs with size and sums, options, notes. */
#ifndef FE_IO_HISTORY_H
#define FE_IO_HISTORY_H
#include "base/str.h"
#include "types/table.h"

/* Remember name, size and sum, unless --no-history: SHA-256 of all inputs, with more than 64 of them CRC-32 of all. */
void fe_history_input(const char *path, size_t n_bytes, const void *data);
void fe_history_forget(void);                                                  /* another product begins */
/* For journals: the inputs from number `first` on as bytes, added to out (returns how many there are now); and back. */
size_t fe_history_print_inputs(size_t first, fe_str *out);
int fe_history_add_inputs(const void *bytes, size_t n, fe_err *err) FE_RESULT;
size_t fe_history_n_inputs(void);
fe_table *fe_history_table(void);                                              /* the PROV table        */
/* The same as lines of comment, "# command: fe-fit ...", for files that have no place for tables; none with --no-history. */
void fe_history_comment(fe_str *out);
#endif
