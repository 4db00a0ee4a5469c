/* history.h -- provenance inside the product: command line, version, inputs with size and sums, options, notes. */
#ifndef FE_IO_HISTORY_H
#define FE_IO_HISTORY_H
#include "types/table.h"

void fe_history_input(const char *path, size_t n_bytes, const void *data);     /* remembers name, size, SHA-256 (first 64) */
fe_table *fe_history_table(void);                                              /* the PROV table        */
#endif
