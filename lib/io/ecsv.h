/* ecsv.h -- ECSV 0.9 and 1.0, the text format of astropy, as documents.
 *
 * The first table is the body of the file; its keywords are `meta`.  What ECSV has no place for stands in meta under
 * names of our own, so that other readers see plain metadata and ours finds the document again:
 *     EXTNAME       name of the table            __comments__  comments of keywords
 *     __primary__   keywords of the primary      __tables__    further tables: [{name, meta, columns: [{..., values}]}]
 * Keywords that stand several times (COMMENT, HISTORY) are a list, at the place of the first.
 * Nested meta of other programs is kept as one line of flow YAML (FE_META_TEXT) and written back as what it was.
 */
#ifndef FE_IO_ECSV_H
#define FE_IO_ECSV_H
#include "io/format.h"

bool fe_ecsv_sniff(const fe_bytes *);
int fe_ecsv_read(const fe_bytes *, fe_document **out, fe_err *err) FE_RESULT;
int fe_ecsv_write(const fe_document *, fe_str *out, fe_err *err) FE_RESULT;
#endif
