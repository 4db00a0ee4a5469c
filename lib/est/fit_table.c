#include "est/fit_table.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/note.h"
#include "phys/stat.h"
#include "types/model_pars.h"

enum { BUTTERFLY_PER_DECADE = 10, MAX_SAID_PARS = 8 };

static const double STRONG = 0.999;     /* correlation from which on the data hardly tell two parameters apart */

static fe_column *add_column(fe_table *t, const char *name, fe_coltype type, const char *unit, const char *comment)
{
    fe_column *c = fe_table_add(t, name, type, unit, 1);

    c->comment = fe_strdup(comment);
    return c;
}

static void set_text(fe_column *c, size_t row, const char *text)
{
    free(c->v.s[row]);
    c->v.s[row] = fe_strdup(text);
}

static void put(fe_table *t, const char *name, size_t row, double x)
{
    fe_column *c = fe_table_find(t, name);

    if (c)
        c->v.d[row] = x;
}

static double get(const fe_table *t, const char *name, size_t row)
{
    const fe_column *c = fe_table_find(t, name);

    return c ? c->v.d[row] : NAN;
}

/* ---- levels ---------------------------------------------------------------------------------------------------- */

static bool is_asked(const fe_model_par *p, const fe_strv *names)
{
    for (size_t i = 0; i < names->n; i++)
        if (fe_model_par_is(p, names->s[i]))
            return true;
    return false;
}

static bool is_free_one(const fe_model_pars *list, const char *name)
{
    for (size_t k = 0; k < list->n; k++)
        if (list->par[k].number != SIZE_MAX && fe_model_par_is(&list->par[k], name))
            return true;
    return false;
}

int fe_fit_levels_check(const fe_fit_levels *levels, const fe_models *models, fe_err *err)
{
    fe_model_pars list;
    fe_strv names = { 0 };
    int rc = 0;

    if (!levels->ul)
        return 0;
    fe_model_pars_list(models, &list);
    fe_strv_split(&names, levels->ul, ",");
    for (size_t i = 0; rc == 0 && i < names.n; i++) {
        rc = fe_model_pars_check(&list, "ul", names.s[i], err);
        if (rc == 0 && !is_free_one(&list, names.s[i]))
            rc = fe_fail(err, FE_EUSAGE, NULL, "--ul %s: the parameter is frozen, a limit needs a free one", names.s[i]);
    }
    fe_strv_free(&names);
    fe_model_pars_free(&list);
    return rc;
}

/* ---- parameters ------------------------------------------------------------------------------------------------ */

static void add_columns(fe_table *t, const fe_fit_levels *levels)
{
    add_column(t, "source", FE_COL_STRING, "", "name of the source");
    add_column(t, "parameter", FE_COL_STRING, "", "name in its model");
    add_column(t, "value", FE_COL_DOUBLE, "", "best value");
    add_column(t, "unit", FE_COL_STRING, "", "of value, errors, limits");
    add_column(t, "err", FE_COL_DOUBLE, "", "error from the curvature of -2 ln L, at NSIGMA");
    if (levels->asym) {
        add_column(t, "errn", FE_COL_DOUBLE, "", "distance down to where the profile of -2 ln L has risen by NSIGMA^2");
        add_column(t, "errp", FE_COL_DOUBLE, "", "distance up to there");
    }
    if (levels->ul)
        add_column(t, "ul", FE_COL_DOUBLE, "", "upper limit");
    add_column(t, "frozen", FE_COL_BOOL, "", "not fitted");
    add_column(t, "min", FE_COL_DOUBLE, "", "limit of the fit");
    add_column(t, "max", FE_COL_DOUBLE, "", "limit of the fit");
    if (levels->ts)
        add_column(t, "ts", FE_COL_DOUBLE, "", "of the source: -2 ln L without it minus the best");
    add_column(t, "e_pivot", FE_COL_DOUBLE, "TeV", "of the source: energy of the smallest relative error");
}

static void put_names(fe_table *t, size_t row, const fe_model_par *p)
{
    set_text(fe_table_find(t, "source"), row, p->source_name);
    set_text(fe_table_find(t, "parameter"), row, fe_model_par_short(p));
    set_text(fe_table_find(t, "unit"), row, p->spec->unit);
    fe_table_find(t, "frozen")->v.b[row] = p->par->frozen;
    put(t, "value", row, p->par->value);
    put(t, "min", row, p->par->min);
    put(t, "max", row, p->par->max);
}

static double crossing(const fe_fit_cross *c)
{
    return c->converged && !c->at_limit ? c->value : NAN;
}

static void put_errors(fe_fit *f, const fe_fit_result *r, const fe_fit_levels *levels, fe_table *t, size_t row,
                       size_t number)
{
    double drop = levels->n_sigma * levels->n_sigma, value = r->par[number].value;

    put(t, "err", row, levels->n_sigma * r->par[number].error);
    if (levels->asym && r->converged) {
        fe_fit_cross down = fe_fit_profile_cross(f, number, drop, -1), up = fe_fit_profile_cross(f, number, drop, 1);

        put(t, "errn", row, value - crossing(&down));
        put(t, "errp", row, crossing(&up) - value);
    }
}

static void put_limit(fe_fit *f, const fe_fit_levels *levels, fe_table *t, size_t row, const fe_model_par *p)
{
    fe_strv names = { 0 };

    fe_strv_split(&names, levels->ul, ",");
    if (is_asked(p, &names)) {
        fe_fit_cross limit = fe_fit_upper_limit(f, p->number, levels->ul_drop, levels->ul_bounded);

        put(t, "ul", row, crossing(&limit));
    }
    fe_strv_free(&names);
}

/* What belongs to a source stands in each of its rows. */
static void put_sources(fe_fit *f, const fe_fit_result *r, const fe_fit_levels *levels, const fe_model_pars *list, fe_table *t)
{
    double ts = NAN, stat_null, pivot_TeV = NAN;

    for (size_t k = 0; k < list->n; k++) {
        size_t source = list->par[k].source;

        bool is_source = source < fe_fit_models(f)->n;

        if (k == 0 || list->par[k - 1].source != source) {
            ts = is_source && levels->ts && r->converged ? fe_fit_ts(f, source, &stat_null) : NAN;
            pivot_TeV = is_source && r->converged && r->n_par ? fe_fit_pivot_TeV(f, source) : NAN;
        }
        put(t, "ts", k, ts);
        put(t, "e_pivot", k, pivot_TeV);
    }
}

static void put_count(fe_metalist *meta, const char *key, size_t n, const char *comment)
{
    char text[32];

    snprintf(text, sizeof text, "%zu", n);
    fe_meta_set(meta, key, FE_META_INT, text, comment);
}

static void put_keywords(const fe_fit_result *r, const fe_fit_levels *levels, fe_metalist *meta)
{
    fe_meta_set_number(meta, "STAT", r->stat, "-2 ln L at the best fit");
    put_count(meta, "NBINS", r->n_bins, "channels or points that take part");
    put_count(meta, "NSETS", r->n_sets, "datasets");
    put_count(meta, "NFREE", r->n_par + r->n_local, "free parameters, with backgrounds");
    fe_meta_set_bool(meta, "CONVERGE", r->converged, "a minimum was found");
    fe_meta_set(meta, "FITEND", FE_META_STRING, r->why, "how the fit ended");
    fe_meta_set_number(meta, "NSIGMA", levels->n_sigma, "level of err, errn, errp");
    if (!levels->ul)
        return;
    fe_meta_set_number(meta, "UL_CONF", fe_stat_cl_of_drop(levels->ul_drop), "probability of ul");
    fe_meta_set(meta, "ULSIDE", FE_META_STRING, "one", "sides of UL_CONF");
    fe_meta_set_number(meta, "ULDTS", levels->ul_drop, "rise of -2 ln L at ul");
}

fe_table *fe_fit_table(fe_fit *f, const fe_fit_result *r, const fe_fit_levels *levels)
{
    fe_model_pars list;
    fe_table *t;

    fe_model_pars_list(fe_fit_models(f), &list);
    t = fe_table_new("PARAMETERS", list.n);
    add_columns(t, levels);
    for (size_t k = 0; k < list.n; k++) {
        put_names(t, k, &list.par[k]);
        if (list.par[k].number == SIZE_MAX)
            continue;
        put_errors(f, r, levels, t, k, list.par[k].number);
        if (levels->ul && r->converged)
            put_limit(f, levels, t, k, &list.par[k]);
    }
    put_sources(f, r, levels, &list, t);
    put_keywords(r, levels, &t->meta);
    fe_model_pars_free(&list);
    return t;
}

fe_table *fe_fit_covariance_table(const fe_fit *f)
{
    const fe_covariance *c = fe_fit_models(f)->covariance;
    fe_table *t = c ? fe_table_new("COVARIANCE", c->name.n) : NULL;
    fe_column *name, *row;

    if (!c)
        return NULL;
    name = add_column(t, "parameter", FE_COL_STRING, "", "name as in models files");
    row = fe_table_add(t, "covariance", FE_COL_DOUBLE, "", c->name.n);
    row->comment = fe_strdup("with the parameters in the order of the rows, in their units");
    for (size_t k = 0; k < c->name.n; k++)
        set_text(name, k, c->name.s[k]);
    memcpy(row->v.d, c->value, c->name.n * c->name.n * sizeof *c->value);
    return t;
}

/* ---- butterfly ------------------------------------------------------------------------------------------------- */

fe_table *fe_fit_butterfly(fe_fit *f, double n_sigma)
{
    const fe_models *models = fe_fit_models(f);
    double e1_TeV, e2_TeV, *e_TeV, *dnde, *error;
    size_t n;
    fe_table *t;

    fe_fit_energies(f, &e1_TeV, &e2_TeV);
    n = e2_TeV > e1_TeV ? (size_t)ceil(BUTTERFLY_PER_DECADE * log10(e2_TeV / e1_TeV) - 1e-9) + 1 : 1;
    e_TeV = FE_NEWN(double, 3 * n);
    dnde = e_TeV + n;
    error = dnde + n;
    t = fe_table_new("BUTTERFLY", n * models->n);
    add_column(t, "source", FE_COL_STRING, "", "name of the source");
    add_column(t, "energy", FE_COL_DOUBLE, "TeV", NULL);
    add_column(t, "dnde", FE_COL_DOUBLE, "cm-2 s-1 TeV-1", "best model");
    add_column(t, "dnde_err", FE_COL_DOUBLE, "cm-2 s-1 TeV-1", "its error at NSIGMA, from the covariance");
    add_column(t, "dnde_lo", FE_COL_DOUBLE, "cm-2 s-1 TeV-1", "dnde - dnde_err");
    add_column(t, "dnde_hi", FE_COL_DOUBLE, "cm-2 s-1 TeV-1", "dnde + dnde_err");
    for (size_t i = 0; i < n; i++)
        e_TeV[i] = i + 1 == n ? e2_TeV : e1_TeV * pow(e2_TeV / e1_TeV, (double)i / (double)(n - 1));
    for (size_t k = 0; k < models->n; k++) {
        fe_fit_band(f, k, n, e_TeV, dnde, error);
        for (size_t i = 0; i < n; i++) {
            size_t row = k * n + i;

            set_text(fe_table_find(t, "source"), row, *models->model[k].name ? models->model[k].name : "source");
            put(t, "energy", row, e_TeV[i]);
            put(t, "dnde", row, dnde[i]);
            put(t, "dnde_err", row, n_sigma * error[i]);
            put(t, "dnde_lo", row, dnde[i] - n_sigma * error[i]);
            put(t, "dnde_hi", row, dnde[i] + n_sigma * error[i]);
        }
    }
    fe_meta_set_number(&t->meta, "NSIGMA", n_sigma, "level of dnde_err");
    free(e_TeV);
    return t;
}

/* ---- words ----------------------------------------------------------------------------------------------------- */

static void say_end(const fe_fit_result *r)
{
    fe_str local = { 0 };

    if (!r->n_par && !r->n_local)
        fe_note(FE_NOTE_SAID, NULL, "nothing is free: the model is taken as it is");
    if (r->n_local)
        fe_str_addf(&local, " and %zu backgrounds", r->n_local);
    fe_note(FE_NOTE_SAID, NULL, "-2 ln L = %.10g in %zu bins of %zu %s, %zu free parameter%s%s, %d steps", r->stat,
            r->n_bins, r->n_sets, r->n_sets == 1 ? "dataset" : "datasets", r->n_par, r->n_par == 1 ? "" : "s", local.s ? local.s : "", r->n_steps);
    fe_str_free(&local);
    fe_note(FE_NOTE_DETAIL, NULL, "work: %zu evaluations of datasets", r->n_set_eval);
    if (!r->converged)
        fe_note(FE_NOTE_WARN, NULL, "the fit did not converge: %s", r->why);
    else if (strcmp(r->why, "converged"))
        fe_note(FE_NOTE_WARN, NULL, "%s", r->why);
}

static void say_data(const fe_fit_result *r)
{
    if (r->n_empty)
        fe_note(FE_NOTE_WARN, NULL, "%zu of %zu datasets have no channel left", r->n_empty, r->n_sets);
    if (r->n_nooff)
        fe_note(FE_NOTE_SAID, NULL, "%zu channels have no OFF region and are left out", r->n_nooff);
    if (2 * r->n_lowoff > r->n_bins)
        fe_note(FE_NOTE_WARN, NULL, "%zu of %zu channels have no OFF counts: WStat pulls amplitudes down (fe-numbers(7)); "
                "--stack is less affected", r->n_lowoff, r->n_bins);
}

static void say_sources(const fe_table *t)
{
    const fe_column *source = fe_table_find(t, "source");

    for (size_t k = 0; k < t->n_rows; k++) {
        double ts = get(t, "ts", k), pivot_TeV = get(t, "e_pivot", k);

        if (k && !strcmp(source->v.s[k], source->v.s[k - 1]))
            continue;
        if (isfinite(ts))
            fe_note(FE_NOTE_SAID, NULL, "%s: TS %.6g", source->v.s[k], ts);
        if (isfinite(pivot_TeV))
            fe_note(FE_NOTE_SAID, NULL, "%s: pivot energy %.4g TeV", source->v.s[k], pivot_TeV);
    }
}

static const char *short_name(const char *full)
{
    const char *spectral = strstr(full, ".spectral.");

    return spectral ? spectral + strlen(".spectral.") : full;
}

static void say_correlations(const fe_covariance *c, bool one_source)
{
    size_t n = c->name.n;
    fe_str text = { 0 };

    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++) {
            double r = c->value[i * n + j] / sqrt(c->value[i * n + i] * c->value[j * n + j]);
            const char *a = one_source ? short_name(c->name.s[i]) : c->name.s[i];
            const char *b = one_source ? short_name(c->name.s[j]) : c->name.s[j];

            if (!isfinite(r) || (n > MAX_SAID_PARS && fabs(r) < STRONG))
                continue;
            fe_str_addf(&text, "%s%s-%s %.3f", text.len ? ", " : "", a, b, r);
        }
    if (text.len)
        fe_note(FE_NOTE_SAID, NULL, "correlations: %s", text.s);
    fe_str_free(&text);
}

void fe_fit_say(const fe_fit *f, const fe_fit_result *r, const fe_table *t)
{
    const fe_models *models = fe_fit_models(f);

    say_end(r);
    say_data(r);
    say_sources(t);
    if (models->covariance)
        say_correlations(models->covariance, fe_models_n_all(models) == 1);
}
