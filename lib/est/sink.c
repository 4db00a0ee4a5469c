/* The sink of tables: results of groups become rows of an estimate. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/note.h"
#include "est/describe.h"
#include "est/plan.h"

enum { MAX_COVAR = 2000 };         /* rows of a covariance, which has the square of it */

static void put_keys(fe_estimate *e, size_t row, const fe_group_result *r)
{
    const fe_set *set = &r->plan->set[r->set];

    fe_estimate_key(e, FE_KEY_E_MIN)[row] = r->e_min_TeV;
    fe_estimate_key(e, FE_KEY_E_MAX)[row] = r->e_max_TeV;
    fe_estimate_key(e, FE_KEY_E_REF)[row] = r->e_ref_TeV;
    if (r->model->name && *r->model->name)
        fe_estimate_set_source(e, row, r->model->name);
    if (!isnan(set->time_min) || (r->plan->grouping && r->plan->grouping->is_time)) {
        fe_estimate_key(e, FE_KEY_TIME_MIN)[row] = set->time_min;
        fe_estimate_key(e, FE_KEY_TIME_MAX)[row] = set->time_max;
        if (!e->timesys)
            e->timesys = fe_strdup("TT");
    }
    if (!isnan(set->bin->phase_min)) {
        fe_estimate_key(e, FE_KEY_PHASE_MIN)[row] = set->bin->phase_min;
        fe_estimate_key(e, FE_KEY_PHASE_MAX)[row] = set->bin->phase_max;
    }
}

static void put_number(fe_estimate *e, size_t row, const char *name, const char *suffix, double x)
{
    fe_str full = { 0 };
    fe_column *c;

    fe_str_addf(&full, "%s%s", name, suffix);
    c = fe_table_find(e->rest, full.s);
    if (!c)
        c = fe_table_add(e->rest, full.s, FE_COL_DOUBLE, "", 1);
    c->v.d[row] = x;
    fe_str_free(&full);
}

static void put_text(fe_estimate *e, size_t row, const char *name, const char *text)
{
    fe_column *c = fe_table_find(e->rest, name);

    if (!text)
        return;
    if (!c)
        c = fe_table_add(e->rest, name, FE_COL_STRING, "", 1);
    free(c->v.s[row]);
    c->v.s[row] = fe_strdup(text);
}

/* A value as a column of its name; a bin of values as two. */
static void put_value(fe_estimate *e, size_t row, const char *name, const char *label, double min, double max)
{
    if (!isnan(min)) {
        put_number(e, row, name, "_min", min);
        put_number(e, row, name, "_max", max);
        return;
    }
    put_text(e, row, name, label);
}

/* What the datasets of a set have in common. */
static void put_label(fe_estimate *e, size_t row, const fe_group_result *r)
{
    const fe_set *set = &r->plan->set[r->set];
    const char *name = r->plan->grouping ? r->plan->grouping->name : "group";

    put_text(e, row, "run", set->run);
    if (r->plan->inner_column)
        put_value(e, row, r->plan->inner_column, set->bin->inner, set->bin->inner_min, set->bin->inner_max);
    put_value(e, row, r->plan->column ? r->plan->column : name, set->label, set->bin->min, set->bin->max);
}

static void put_member(fe_estimate *e, size_t row, fe_member member, bool asked, double x)
{
    if (asked)
        fe_estimate_member(e, FE_SED_LIKELIHOOD, member)[row] = x;
}

static void put_norm(fe_estimate *e, size_t row, const fe_norm *x, const fe_norm_request *asked)
{
    put_member(e, row, FE_VALUE, true, x->norm);
    put_member(e, row, FE_ERR, true, x->err);
    put_member(e, row, FE_ERRN, asked->want_asym, x->errn);
    put_member(e, row, FE_ERRP, asked->want_asym, x->errp);
    put_member(e, row, FE_UL, asked->want_ul, x->ul);
    put_member(e, row, FE_SENSITIVITY, asked->want_sens, x->sensitivity);
    if (!asked->want_scan || x->n_scan == 0)
        return;
    fe_estimate_scan(e, x->n_scan);
    memcpy(e->norm_scan + row * e->n_scan, x->norm_scan, x->n_scan * sizeof *x->norm_scan);
    memcpy(e->stat_scan + row * e->n_scan, x->stat_scan, x->n_scan * sizeof *x->stat_scan);
}

static void put_quantities(fe_estimate *e, size_t row, const fe_group_result *r)
{
    const fe_norm *x = &r->norm;
    const struct { fe_quantity q; double value; } values[] = {
        { FE_Q_TS, x->ts }, { FE_Q_SQRT_TS, x->sqrt_ts }, { FE_Q_NPRED, x->npred },
        { FE_Q_NPRED_EXCESS, x->npred_excess },
        { FE_Q_COUNTS, x->counts }, { FE_Q_BACKGROUND, x->background }, { FE_Q_EXPOSURE, r->exposure_cm2_s },
        { FE_Q_LIVETIME, r->livetime_s }, { FE_Q_STAT, x->stat }, { FE_Q_STAT_NULL, x->stat_null },
        { FE_Q_NITER, x->n_iter }, { FE_Q_STATUS, x->status }, { FE_Q_E_MIN_EFF, r->e_min_eff_TeV },
        { FE_Q_E_MAX_EFF, r->e_max_eff_TeV }, { FE_Q_E_MIN_ASKED, r->e_min_asked_TeV },
        { FE_Q_E_MAX_ASKED, r->e_max_asked_TeV }
    };

    for (size_t k = 0; k < sizeof values / sizeof *values; k++)
        fe_estimate_quantity(e, values[k].q)[row] = values[k].value;
}

/* gammapy's quadrature of a band depends on all bands of the table: those refs are filled when the table is complete. */
static void put_refs(fe_estimate *e, size_t row, const fe_group_result *r)
{
    for (int t = 0; t < FE_SED_LIKELIHOOD; t++)
        if (!r->request->gammapy_grid || !fe_sedtypes[t].needs_band)
            fe_estimate_ref(e, (fe_sedtype)t)[row] =
                fe_sedtype_ref((fe_sedtype)t, r->model->spectrum, r->e_min_TeV, r->e_max_TeV, r->e_ref_TeV);
}

/*
 * Covariance of sources whose norms are refitted in each other's rows: those rows are one fit.  Bands and sets share no
 * counts.
 */
static void put_covar(fe_estimate *e, size_t row, const fe_group_result *r)
{
    const bool *is_free = r->request->refit.source;
    double *c, var = pow(r->norm.err / r->request->norm.n_sigma, 2);
    size_t nuisance = 0;

    if (!is_free || !is_free[r->source] || r->norm.n_shared == 0 || e->n > MAX_COVAR)
        return;
    c = fe_estimate_covar(e);
    c[row * e->n + row] = var;
    for (size_t m = 0; m < r->sources->n; m++) {
        size_t other = row + m * r->n_bands - r->source * r->n_bands;

        if (m == r->source || !is_free[m])
            continue;
        if (m < fe_models_n_chosen(r->sources) && other < e->n)
            c[row * e->n + other] = c[other * e->n + row] = r->norm.shared_cov[nuisance];
        nuisance++;
    }
}

void fe_estimate_put(fe_estimate *e, size_t row, const fe_group_result *r)
{
    put_keys(e, row, r);
    put_label(e, row, r);
    put_norm(e, row, &r->norm, &r->request->norm);
    put_quantities(e, row, r);
    put_refs(e, row, r);
    put_covar(e, row, r);
}

static int put(void *ctx, size_t group, const fe_group_result *r, fe_err *err)
{
    fe_estimate *e = ctx;

    (void)err;
    if (group >= e->n)                              /* edges "all": known with the first dataset only */
        fe_estimate_add_rows(e, group + 1 - e->n);
    fe_estimate_put(e, group, r);
    return 0;
}

/* Are the last m intervals those before them?  So it is with the spectra of one file, which share a table. */
static bool repeats(const fe_gti *gti, size_t m)
{
    size_t a = gti->n - m, b = a - m;

    return gti->n >= 2 * m && !memcmp(gti->start_s + a, gti->start_s + b, m * sizeof(double)) &&
           !memcmp(gti->stop_s + a, gti->stop_s + b, m * sizeof(double));
}

/* The telescopes, each once, in the order they come. */
static void add_telescope(fe_metalist *meta, const char *telescop)
{
    const char *known = fe_meta_text(meta, "INSTRUM");
    fe_strv names = { 0 };
    fe_str list = { 0 };
    bool is_new = telescop != NULL;

    fe_strv_split(&names, known ? known : "", ",");
    for (size_t i = 0; i < names.n; i++)
        is_new = is_new && !fe_str_equal_nocase(names.s[i], telescop);
    if (is_new) {
        fe_str_addf(&list, "%s%s%s", known ? known : "", known ? "," : "", telescop);
        fe_meta_set(meta, "INSTRUM", FE_META_STRING, list.s, "telescopes of the datasets");
    }
    fe_str_free(&list);
    fe_strv_free(&names);
}

void fe_estimate_see(fe_estimate *e, const fe_dataset *d)
{
    add_telescope(&e->rest->meta, fe_dataset_telescope(d));
    if (!d->gti || d->gti->n == 0)
        return;
    if (!e->gti)
        e->gti = fe_gti_new();
    if (fe_gti_append(e->gti, d->gti) < 0)
        fe_note(FE_NOTE_WARN, &(fe_where){ d->info.file, "GTI", 0 }, "not in the GTI of the product: time scale %s, others "
                "are in %s", d->gti->timesys, e->gti->timesys);
    else if (repeats(e->gti, d->gti->n))
        e->gti->n -= d->gti->n;
}

static void see(void *ctx, size_t i, const fe_dataset *d)
{
    (void)i;
    fe_estimate_see(ctx, d);
}

fe_sink fe_estimate_sink(fe_estimate *e, const fe_plan *plan, const fe_models *sources)
{
    size_t n_bands = plan->edges.kind == FE_EDGES_LIST ? plan->edges.n_bins : 0;
    size_t n = plan->n_sets * fe_models_n_chosen(sources) * n_bands;

    if (n > e->n)
        fe_estimate_add_rows(e, n - e->n);
    return (fe_sink){ .ctx = e, .put = put, .see = see };
}
