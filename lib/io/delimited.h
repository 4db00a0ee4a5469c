/* delimited.h -- csv and tsv: a line of names, a line a row.  Only the first table of a document has room in them. */
#ifndef FE_IO_DELIMITED_H
#define FE_IO_DELIMITED_H
#include "io/format.h"

bool fe_csv_sniff(const fe_bytes *);
int fe_csv_read(const fe_bytes *, fe_document **out, fe_err *err) FE_RESULT;
int fe_csv_write(const fe_document *, fe_str *out, fe_err *err) FE_RESULT;

bool fe_tsv_sniff(const fe_bytes *);
int fe_tsv_read(const fe_bytes *, fe_document **out, fe_err *err) FE_RESULT;
int fe_tsv_write(const fe_document *, fe_str *out, fe_err *err) FE_RESULT;

/* Names and, where the line below holds nothing but units, units; `body` points behind them. Shared with text. */
int fe_header_read(const char *text, char delimiter, const char *file, fe_strv *names, fe_strv *units,
                   const char **body, fe_err *err) FE_RESULT;
/* The rows behind a header as a document of one table. */
int fe_rows_read(const char *body, char delimiter, const char *file, const fe_strv *names, const fe_strv *units,
                 fe_document **out, fe_err *err) FE_RESULT;
#endif
