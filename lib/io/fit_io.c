#include "io/fit_io.h"

#include <string.h>
#include <unistd.h>

#include "io/dataset_io.h"
#include "io/datasets_io.h"
#include "io/fermi_io.h"
#include "io/fits.h"
#include "io/history.h"
#include "io/ogip.h"

int fe_input_is_points(const char *path, bool *is_points, fe_err *err)
{
    fe_bytes bytes = { 0 };

    *is_points = true;
    if (!strcmp(path, "-"))                         /* its bytes can be read only once */
        return 0;
    if (fe_bytes_read(path, &bytes, err) < 0)
        return -1;
    *is_points = !(fe_fits_sniff(&bytes) && (fe_ogip_is_pha(&bytes) || fe_dataset_sniff(&bytes) || fe_fermi_sniff(&bytes))) &&
                 !fe_datasets_sniff(&bytes);
    fe_bytes_free(&bytes);
    return 0;
}

static bool is_yaml_path(const char *path)
{
    return fe_str_ends_nocase(path, ".yaml") || fe_str_ends_nocase(path, ".yml");
}

int fe_fit_format_choose(const fe_common *args, const fe_format **format, fe_err *err)
{
    bool to_stdout = !args->output || !strcmp(args->output, "-");

    *format = NULL;
    if (args->format ? !strcmp(args->format, "yaml") : !to_stdout && is_yaml_path(args->output))
        return 0;
    if (!args->format && to_stdout && !isatty(STDOUT_FILENO))
        return 0;
    *format = fe_format_choose(args->format, args->output, err);
    return *format ? 0 : -1;
}

int fe_tables_write(size_t n, fe_table **table, const fe_format *format, const char *path, bool force, fe_err *err)
{
    fe_document *doc = fe_document_new(path ? path : "-");
    int rc;

    for (size_t k = 0; k < n; k++)
        if (table[k])
            fe_document_add(doc, table[k]);
    if (!fe_args.no_history)
        fe_document_add(doc, fe_history_table());
    rc = fe_document_write(doc, format, path, force, err);
    fe_document_free(doc);
    return rc;
}
