/* libraries.h -- what --version says of the libraries; one row each, ends with NULL. */
#ifndef FE_IO_LIBRARIES_H
#define FE_IO_LIBRARIES_H

extern const char *(*const fe_libraries[])(void);
#endif
