/* Reference models from what users type: inline text, a YAML file, or @PRODUCT. */
#include "io/model_io.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/format.h"
#include "io/gadf_columns.h"

static int read_inline(const char *text, fe_models **out, fe_err *err)
{
    fe_spectrum *s = fe_spectrum_parse(text, err);

    if (!s)
        return -1;
    *out = fe_models_new();
    fe_models_add(*out, "", s);
    return 0;
}

static int read_file(const char *path, fe_models **out, fe_err *err)
{
    fe_bytes bytes = { 0 };
    int rc;

    if (fe_bytes_read(path, &bytes, err) < 0)
        return -1;
    if (memchr(bytes.data, 0, bytes.n))
        rc = fe_fail(err, FE_EDATA, &(fe_where){ bytes.name, NULL, 0 },
                     "not a models file but binary data: the model stored in a product is @%s", bytes.name);
    else
        rc = fe_models_parse_yaml((const char *)bytes.data, bytes.name, out, err);
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
    size_t n = strcspn(text, ":*+-( ");
    bool known = false;

    if (strchr(text, '/') || fe_str_ends_nocase(text, ".yaml") || fe_str_ends_nocase(text, ".yml"))
        n = strlen(text);                   /* cm-2/s: only behind a model that is known by then */
    for (const fe_spectrum_kind *k = fe_spectrum_kinds; k->type; k++) {
        size_t tag = strlen(k->tag), type = strlen(k->type);

        known |= (!strncmp(text, k->tag, tag) && (!text[tag] || strchr(":* +", text[tag]))) ||
                 (!strncmp(text, k->type, type) && (!text[type] || strchr(":* +", text[type])));
    }
    return known || text[n] == ':' || *text == '(';
}

int fe_models_read(const char *text, fe_models **out, fe_err *err)
{
    *out = NULL;
    if (*text == '@')
        return read_product(text + 1, out, err);
    return is_inline(text) ? read_inline(text, out, err) : read_file(text, out, err);
}
