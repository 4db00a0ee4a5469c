/* Sensitivity as a table of estimates, so that types, units and files are those of flux points. */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "est/plan_bands.h"
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

static void put_columns(const fe_sensitivity *s, fe_estimate *e)
{
    fe_column *c = add_column(e, "excess", FE_COL_DOUBLE, "counts above background that are needed");

    for (size_t k = 0; k < e->n; k++)
        c->v.d[k] = s[k].excess;
    c = add_column(e, "criterion", FE_COL_STRING, "what decides: significance, gamma (counts), bkg (systematics)");
    for (size_t k = 0; k < e->n; k++) {
        free(c->v.s[k]);
        c->v.s[k] = fe_strdup(s[k].criterion);
    }
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
    for (size_t k = 0; k < sizeof order / sizeof *order; k++)
        fe_strv_add(&e->order, order[k]);
    e->type = FE_SED_E2DNDE;
    e->model = fe_spectrum_copy(model->spectrum);
}

static fe_estimate *make_table(const fe_bands *b, const fe_sensitivity *s)
{
    fe_estimate *e = fe_estimate_new();

    fe_estimate_add_rows(e, b->n);
    for (size_t k = 0; k < b->n; k++) {
        fe_sensitivity row = s[k];

        if (b->first[k] == b->last[k]) {            /* outside the data: as it was asked */
            row.e_min_TeV = b->edge_TeV[k];
            row.e_max_TeV = b->edge_TeV[k + 1];
            row.e_ref_TeV = sqrt(row.e_min_TeV * row.e_max_TeV);
        }
        put_row(&row, e, k);
    }
    put_columns(s, e);
    return e;
}

int fe_sensitivity_table(const fe_dataset *d, const fe_plan *plan, const fe_model *model,
                         const fe_sensitivity_request *r, fe_estimate **out, fe_err *err)
{
    fe_arena *arena = fe_arena_new();
    fe_bands bands = { 0 };
    int rc = fe_bands_start(&bands, plan, err);

    if (rc == 0)
        rc = fe_bands_place(&bands, d, err);
    if (rc == 0) {
        fe_sensitivity *s = FE_ARENA_NEWN(arena, fe_sensitivity, bands.n);

        fe_sensitivity_bands(d, model->spectrum, r, bands.n, bands.first, bands.last, arena, s);
        *out = make_table(&bands, s);
        describe(r, model, *out);
    }
    fe_bands_free(&bands);
    fe_arena_free(arena);
    return rc;
}
