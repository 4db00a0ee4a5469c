/* What stands beside the flux table: the reference model (REFMODEL), good time intervals (GTI), covariance (COVAR). */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/note.h"
#include "io/covar_io.h"
#include "io/gadf_columns.h"
#include "io/gti_io.h"
#include "io/model_io.h"

static const char MODEL_TABLE[] = "REFMODEL", MODEL_COLUMN[] = "YAML";

/* A text of lines becomes one row a line. */
fe_table *fe_table_of_model(const char *yaml)
{
    fe_table *t;
    fe_column *c;
    size_t n = 0, row = 0;

    for (const char *p = yaml; *p; n++)
        p += strcspn(p, "\n") + (p[strcspn(p, "\n")] != 0);
    t = fe_table_new(MODEL_TABLE, n);
    c = fe_table_add(t, MODEL_COLUMN, FE_COL_STRING, "", 1);
    c->comment = fe_strdup("lines of a gammapy models file: the reference model");
    for (const char *p = yaml; *p; row++) {
        size_t len = strcspn(p, "\n");

        c->v.s[row] = fe_strndup(p, len);
        p += len + (p[len] != 0);
    }
    return t;
}

char *fe_document_model(const fe_document *doc)
{
    const fe_table *t = fe_document_table(doc, MODEL_TABLE);
    const fe_column *c = t && t->n_cols ? &t->col[0] : NULL;
    fe_str text = { 0 };

    for (size_t i = 0; i < doc->n_parts; i++)
        if (doc->part[i].table && fe_meta_text(&doc->part[i].table->meta, MODEL_TABLE))
            return fe_strdup(fe_meta_text(&doc->part[i].table->meta, MODEL_TABLE));
    if (!c || c->type != FE_COL_STRING)
        return NULL;
    for (size_t i = 0; i < t->n_rows; i++)
        fe_str_addf(&text, "%s\n", fe_column_string(c, i, 0));
    return text.s;
}

/* Several sources have several references: then the ref_* columns are all there is. */
static void read_model(const fe_document *doc, fe_estimate *e)
{
    fe_models *models = NULL;
    fe_err err = { FE_OK, "" };

    e->model_yaml = fe_document_model(doc);
    if (!e->model_yaml)
        return;
    if (fe_models_parse_yaml(e->model_yaml, doc->file, &models, &err) < 0) {
        fe_note(FE_NOTE_WARN, NULL, "stored reference model not used: %s", err.text);
        return;
    }
    if (models->n == 1) {
        e->model = fe_spectrum_copy(models->model[0].spectrum);
        e->model_origin = fe_strdup("stored");
    }
    fe_models_free(models);
}

void fe_parts_to_estimate(const fe_document *doc, fe_estimate *e)
{
    const fe_table *gti = fe_document_table(doc, "GTI"), *covar = fe_document_table(doc, FE_COVAR_TABLE);

    read_model(doc, e);
    if (gti)
        e->gti = fe_gti_of_table(gti);
    if (covar)
        fe_covar_of_table(covar, e);
}
