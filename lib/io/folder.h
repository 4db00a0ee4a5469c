/* folder.h -- folders that products go to. */
#ifndef FE_IO_FOLDER_H
#define FE_IO_FOLDER_H
#include <stddef.h>
#include "base/err.h"

/* Make the folder unless it is there; its parent must be. */
int fe_folder_make(const char *path, fe_err *err) FE_RESULT;

/*
 * The product of each file into this folder, which is made, under the file's own name, with `suffix` in place of its own unless
 * NULL.  One that `make` cannot make is reported and does not stop the others: then FE_EDATA at the end.
 */
typedef int fe_folder_maker(const char *input, const char *output, fe_err *err);
int fe_folder_fill(const char *dir, size_t n, char **file, const char *suffix, fe_folder_maker *make, fe_err *err);
#endif
