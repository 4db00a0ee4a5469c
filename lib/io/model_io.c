/* Reference models from what users type: inline text, a YAML or XML file, or @PRODUCT; and models written to a file. */
#include "io/model_io.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/covariance_io.h"
#include "io/ebl_io.h"
#include "io/ecsv_meta.h"
#include "io/format.h"
#include "io/gadf_columns.h"
#include "io/history.h"
#include "io/model_xml.h"
#include "io/spectrum_io.h"

static void warn_outside(fe_spectrum *s)
{
    if (!s->kind) {
        warn_outside(s->left);
        warn_outside(s->right);
    } else if (s->ebl) {
        fe_ebl_warn_outside(s->ebl, fe_spectrum_par(s, "redshift")->value);
    }
}

static int read_inline(const char *text, fe_models **out, fe_err *err)
{
    fe_spectrum *s = fe_spectrum_parse_files(text, fe_spectrum_read_file, err);

    if (!s)
        return -1;
    warn_outside(s);
    *out = fe_models_new();
    fe_models_add(*out, "", s);
    return 0;
}

/* Behind a byte order mark and blanks, "<": no YAML begins like that. */
static bool is_xml(const char *text)
{
    text += fe_str_starts(text, "\xef\xbb\xbf") ? 3 : 0;
    return text[strspn(text, " \t\r\n")] == '<';
}

static int parse_text(const char *text, size_t n, const char *file, bool sky, fe_models **out, fe_err *err)
{
    return is_xml(text) ? fe_models_parse_xml(text, n, file, sky, out, err) : fe_models_parse_yaml(text, file, out, err);
}

int fe_models_parse_text(const char *text, size_t n, const char *file, fe_models **out, fe_err *err)
{
    return parse_text(text, n, file, false, out, err);
}

static int read_file(const char *path, bool sky, fe_models **out, fe_err *err)
{
    fe_bytes bytes = { 0 };
    int rc;

    if (fe_bytes_read(path, &bytes, err) < 0)
        return -1;
    if (memchr(bytes.data, 0, bytes.n))
        rc = fe_fail(err, FE_EDATA, &(fe_where){ bytes.name, NULL, 0 },
                     "not a models file but binary data: the model stored in a product is @%s", bytes.name);
    else
        rc = parse_text((const char *)bytes.data, bytes.n, bytes.name, sky, out, err);
    fe_bytes_free(&bytes);
    return rc;
}

static int read_product(const char *path, fe_models **out, fe_err *err)
{
    fe_document *doc = fe_document_read(path, err);
    char *yaml;
    int rc;

    if (!doc)
        return -1;
    yaml = fe_document_model(doc);
    rc = yaml ? fe_models_parse_yaml(yaml, doc->file, out, err)
              : fe_fail(err, FE_EDATA, &(fe_where){ doc->file, NULL, 0 }, "no reference model is stored in it");
    free(yaml);
    fe_document_free(doc);
    return rc;
}

/* "pl", "pl:index=2", "(pl + lp)", and not "crab.yaml" or "dir/pl:2". */
static bool is_inline(const char *text)
{
    char *tag = fe_strndup(text, strcspn(text, ":* +"));
    bool is_known = fe_spectrum_kind_find(tag);
    bool is_path = strchr(text, '/') || fe_str_ends_nocase(text, ".yaml") || fe_str_ends_nocase(text, ".yml") ||
                   fe_str_ends_nocase(text, ".xml");

    free(tag);
    if (is_known || *text == '(')
        return true;
    return !is_path && text[strcspn(text, ":*+-( ")] == ':';
}

static int read_models(const char *text, bool sky, fe_models **out, fe_err *err)
{
    *out = NULL;
    if (!text[strspn(text, " ")])
        return fe_fail(err, FE_EUSAGE, NULL, "the model is empty, expected one like pl:index=2, a YAML file or @PRODUCT");
    if (*text == '@')
        return read_product(text + 1, out, err);
    return is_inline(text) ? read_inline(text, out, err) : read_file(text, sky, out, err);
}

int fe_models_read(const char *text, fe_models **out, fe_err *err)
{
    return read_models(text, false, out, err);
}

int fe_models_read_sky(const char *text, fe_models **out, fe_err *err)
{
    return read_models(text, true, out, err);
}

/* ---- written --------------------------------------------------------------------------------------------------- */

/* "fit.yaml" -> "fit_covariance.dat", as gammapy calls it. */
static char *covariance_path(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *dot = strrchr(name, '.');
    fe_str out = { 0 };

    fe_str_addn(&out, path, dot && dot > name ? (size_t)(dot - path) : strlen(path));
    fe_str_add(&out, "_covariance.dat");
    return out.s;
}

int fe_models_write(const fe_models *models, const char *path, bool force, fe_err *err)
{
    bool is_file = path && strcmp(path, "-");
    char *beside = is_file && models->covariance ? covariance_path(path) : NULL;
    fe_str text = { 0 }, matrix = { 0 };
    int rc = beside ? fe_output_check(beside, force, err) : 0;

    fe_history_comment(&text);
    fe_models_print_yaml(models, &text);
    fe_models_print_backgrounds(models, &text);
    if (beside) {
        fe_str_add(&text, "covariance: ");
        fe_ecsv_print_string(strrchr(beside, '/') ? strrchr(beside, '/') + 1 : beside, &text);
        fe_str_add(&text, "\n");
        fe_models_print_covariance(models, &matrix);
    }
    if (rc == 0)
        rc = fe_bytes_write(path, text.s, text.len, force, err);
    if (rc == 0 && beside)
        rc = fe_bytes_write(beside, matrix.s, matrix.len, force, err);
    fe_str_free(&text);
    fe_str_free(&matrix);
    free(beside);
    return rc;
}
