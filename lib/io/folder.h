/* folder.h -- folders that products go to. */
#ifndef FE_IO_FOLDER_H
#define FE_IO_FOLDER_H
#include "base/err.h"

/* Make the folder unless it is there; its parent must be. */
int fe_folder_make(const char *path, fe_err *err) FE_RESULT;
#endif
