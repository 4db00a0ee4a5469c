#include "io/format.h"

#include <string.h>
#include <unistd.h>

#include "io/cells.h"
#include "io/delimited.h"
#include "io/ecsv.h"
#include "io/fits.h"
#include "io/history.h"
#include "io/json.h"
#include "io/latex.h"
#include "io/plot.h"
#include "io/text.h"

/* The narrow signs come first: a line of tabs or commas is text too. */
const fe_format fe_formats[] = {
    { "fits", ".fits", fe_fits_sniff, fe_fits_read, fe_fits_write, true, false,
      "binary tables, all parts of a product" },
    { "ecsv", ".ecsv", fe_ecsv_sniff, fe_ecsv_read, fe_ecsv_write, false, false,
      "text with types, units and metadata; all tables of a product" },
    { "json", ".json", fe_json_sniff, fe_json_read, fe_json_write, false, false,
      "meta, units and rows; missing is null" },
    { "tsv", ".tsv", fe_tsv_sniff, fe_tsv_read, fe_tsv_write, false, true, "names and values between tabs" },
    { "csv", ".csv", fe_csv_sniff, fe_csv_read, fe_csv_write, false, true, "names and values between commas" },
    { "text", ".txt", fe_text_sniff, fe_text_read, fe_text_write, false, false, "aligned columns for eyes, 6 digits" },
    { "latex", ".tex", NULL, NULL, fe_latex_write, false, false, "a tabular, 4 digits" },
    { "plot", NULL, NULL, NULL, fe_plot_write, false, false, "columns to draw: x xlo xhi y ylo yhi is_ul" },
    { NULL, NULL, NULL, NULL, NULL, false, false, NULL }
};

const fe_format *fe_format_find(const char *name)
{
    for (const fe_format *f = fe_formats; f->name; f++)
        if (name && !strcmp(f->name, name))
            return f;
    return NULL;
}

static const fe_format *unknown(const char *name, fe_err *err)
{
    fe_str names = { 0 };

    for (const fe_format *f = fe_formats; f->name; f++)
        fe_str_addf(&names, "%s%s", f == fe_formats ? "" : ", ", f->name);
    (void)fe_fail(err, FE_EUSAGE, NULL, "unknown format '%s', known are %s", name, names.s);
    fe_str_free(&names);
    return NULL;
}

static const fe_format *by_suffix(const char *output)
{
    for (const fe_format *f = fe_formats; f->name; f++)
        if (f->suffix && fe_str_ends_nocase(output, f->suffix))
            return f;
    return NULL;
}

const fe_format *fe_format_choose(const char *format, const char *output, fe_err *err)
{
    bool to_stdout = !output || !strcmp(output, "-"), terminal = to_stdout && isatty(STDOUT_FILENO);
    const fe_format *f = format ? fe_format_find(format) : to_stdout ? NULL : by_suffix(output);

    if (format && !f)
        return unknown(format, err);
    if (!to_stdout && fe_str_ends_nocase(output, ".gz")) {
        (void)fe_fail(err, FE_EUSAGE, NULL, "%s: output is not compressed; leave .gz out, or pipe it through gzip",
                      output);
        return NULL;
    }
    if (!f)
        f = fe_format_find(terminal ? "text" : "ecsv");
    if (f->binary && terminal) {
        (void)fe_fail(err, FE_EUSAGE, NULL, "%s is not for a terminal: give --output, or pipe it", f->name);
        return NULL;
    }
    return f;
}

fe_document *fe_document_of(const fe_bytes *b, fe_err *err)
{
    fe_document *doc = NULL;

    for (const fe_format *f = fe_formats; f->name; f++)
        if (f->sniff && f->sniff(b)) {
            if (f->read(b, &doc, err) < 0)
                return NULL;
            doc->format = f->name;
            return doc;
        }
    if (fe_text_start(b, err))
        (void)fe_fail(err, FE_EDATA, &(fe_where){ b->name, NULL, 0 }, "no table in it");
    return NULL;
}

fe_document *fe_document_read(const char *path, fe_err *err)
{
    fe_bytes bytes = { 0 };
    fe_document *doc;

    if (fe_bytes_read(path, &bytes, err) < 0)
        return NULL;
    doc = fe_document_of(&bytes, err);
    if (doc)
        fe_history_input(bytes.name, bytes.n, bytes.data);
    fe_bytes_free(&bytes);
    return doc;
}

int fe_document_write(const fe_document *doc, const fe_format *format, const char *path, bool force, fe_err *err)
{
    fe_str out = { 0 };
    int rc = format->write(doc, &out, err);

    if (rc == 0)
        rc = fe_bytes_write(path, out.s, out.len, force, err);
    fe_str_free(&out);
    return rc;
}
