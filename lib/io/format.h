/* format.h -- the formats: one row each, recognised by content, never by name. */
#ifndef FE_IO_FORMAT_H
#define FE_IO_FORMAT_H
#include <stdbool.h>
#include "base/str.h"
#include "io/stream.h"
#include "types/table.h"

typedef struct fe_format {
    const char *name;               /* "fits", "ecsv", "csv", "tsv", "json", "text", "latex", "plot"    */
    const char *suffix;             /* of -o FILE; NULL = only by -f                                    */
    bool (*sniff)(const fe_bytes *);                                            /* NULL: write only     */
    int (*read)(const fe_bytes *, fe_document **out, fe_err *err);              /* NULL: write only     */
    int (*write)(const fe_document *, fe_str *out, fe_err *err);
    bool binary;                    /* refused on a terminal                                            */
    bool bare;                      /* names and values only: canonical units                           */
    const char *help;
} fe_format;
extern const fe_format fe_formats[];            /* first sniff that says yes wins; ends with name NULL  */

const fe_format *fe_format_find(const char *name);
/* -f, else the suffix of -o, else text on a terminal and ecsv elsewhere; NULL with err when unknown. */
const fe_format *fe_format_choose(const char *format, const char *output, fe_err *err);

fe_document *fe_document_read(const char *path, fe_err *err);           /* "-": stdin                   */
fe_document *fe_document_of(const fe_bytes *, fe_err *err);             /* no input of the history yet  */
int fe_document_write(const fe_document *, const fe_format *, const char *path, bool force, fe_err *err) FE_RESULT;
#endif
