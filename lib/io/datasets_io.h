/*
 * datasets_io.h -- YAML files that name the files of datasets: gammapy's lists (formats 9.1), and configurations of fermipy, whose
 * components each have a counts cube in the folder of fileio.outdir (formats 10).
 */
#ifndef FE_IO_DATASETS_IO_H
#define FE_IO_DATASETS_IO_H
#include <stdbool.h>
#include "base/str.h"
#include "io/stream.h"

bool fe_datasets_sniff(const fe_bytes *);
/*
 * Append the paths of the files, which it gives relative to itself, and the names of their datasets ("": none); -1 (FE_EDATA): not
 * such a file, or one of its datasets is of another type (flux points), which it names.
 */
int fe_datasets_parse(const fe_bytes *, fe_strv *path, fe_strv *name, fe_err *err) FE_RESULT;
#endif
