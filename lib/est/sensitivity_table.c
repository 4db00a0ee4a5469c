/* Sensitivity as a table of estimates, so that types, units and files are those of flux points. */
#include <stdlib.h>

#include "base/mem.h"
#include "est/sensitivity.h"

static void put_row(const fe_sensitivity *s, fe_estimate *e, size_t row)
{
    fe_estimate_key(e, FE_KEY_E_MIN)[row] = s->e_min_TeV;
    fe_estimate_key(e, FE_KEY_E_MAX)[row] = s->e_max_TeV;
    fe_estimate_key(e, FE_KEY_E_REF)[row] = s->e_ref_TeV;
    fe_estimate_member(e, FE_SED_E2DNDE, FE_VALUE)[row] = s->e2dnde;
    fe_estimate_quantity(e, FE_Q_BACKGROUND)[row] = s->background;
    fe_estimate_quantity(e, FE_Q_STATUS)[row] = s->status;
}

static fe_column *add_column(fe_estimate *e, const char *name, fe_coltype type, const char *comment)
{
    fe_column *c = fe_table_add(e->rest, name, type, "", 1);

    c->comment = fe_strdup(comment);
    return c;
}

static void set_text(fe_column *c, size_t row, const char *text)
{
    free(c->v.s[row]);
    c->v.s[row] = fe_strdup(text);
}

static void put_columns(const fe_sensitivities *list, fe_estimate *e)
{
    fe_column *c = add_column(e, "excess", FE_COL_DOUBLE, "counts above background that are needed");

    for (size_t k = 0; k < e->n; k++)
        c->v.d[k] = list->row[k].excess;
    c = add_column(e, "criterion", FE_COL_STRING, "what decides: significance, gamma (counts), bkg (systematics)");
    for (size_t k = 0; k < e->n; k++)
        set_text(c, k, list->row[k].criterion);
    if (!e->n || !list->row[0].region)
        return;
    c = add_column(e, "region", FE_COL_STRING, "of the map");
    for (size_t k = 0; k < e->n; k++)
        set_text(c, k, list->row[k].region);
}

static void describe(const fe_sensitivity_request *r, const fe_model *model, fe_estimate *e)
{
    static const char *const order[] = { "e_ref", "e_min", "e_max", "e2dnde", "excess", "background", "criterion",
                                          "status" };
    fe_metalist *meta = &e->rest->meta;

    fe_meta_set(meta, "METHOD", FE_META_STRING, "sensitivity", "flux that would just be seen");
    fe_meta_set_number(meta, "SENSSIG", r->n_sigma, "significance of the sensitivity");
    fe_meta_set_number(meta, "MINCOUNT", r->min_counts, "least excess in counts");
    fe_meta_set_number(meta, "BKGSYST", r->bkg_syst, "least excess as a fraction of the background");
    if (fe_table_find(e->rest, "region"))
        fe_strv_add(&e->order, "region");
    for (size_t k = 0; k < sizeof order / sizeof *order; k++)
        fe_strv_add(&e->order, order[k]);
    e->type = FE_SED_E2DNDE;
    e->model = fe_spectrum_copy(model->spectrum);
}

fe_estimate *fe_sensitivity_table(const fe_sensitivities *list, const fe_model *model, const fe_sensitivity_request *r)
{
    fe_estimate *e = fe_estimate_new();

    fe_estimate_add_rows(e, list->n);
    for (size_t k = 0; k < list->n; k++)
        put_row(&list->row[k], e, k);
    put_columns(list, e);
    describe(r, model, e);
    return e;
}
