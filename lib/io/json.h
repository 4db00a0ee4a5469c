/* json.h -- {"meta": {...}, "units": {...}, "rows": [{...}, ...]} of the first table; NaN is null.
 * Read too: a plain list of objects.
 */
#ifndef FE_IO_JSON_H
#define FE_IO_JSON_H
#include "io/format.h"

bool fe_json_sniff(const fe_bytes *);
int fe_json_read(const fe_bytes *, fe_document **out, fe_err *err) FE_RESULT;
int fe_json_write(const fe_document *, fe_str *out, fe_err *err) FE_RESULT;

#endif
