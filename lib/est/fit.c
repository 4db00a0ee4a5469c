#include "est/fit.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/note.h"
#include "est/fit_parts.h"
#include "types/model_pars.h"

/* ---- making ---------------------------------------------------------------------------------------------------- */

static fe_models *copy_models(const fe_models *from)
{
    fe_models *to = fe_models_new();

    for (size_t k = 0; k < from->n; k++) {
        const char *name = from->model[k].name;
        fe_model *m = fe_models_add(to, name && *name ? name : "source", fe_spectrum_copy(from->model[k].spectrum));

        m->yaml = fe_strdup(from->model[k].yaml);
    }
    for (size_t k = 0; k < from->n_background; k++) {
        const fe_model *b = &from->background[k];
        fe_model *m = fe_models_add_background(to, b->name, fe_spectrum_copy(b->spectrum));

        m->yaml = fe_strdup(b->yaml);
        for (size_t i = 0; i < b->datasets.n; i++)
            fe_strv_add(&m->datasets, b->datasets.s[i]);
    }
    for (size_t k = 0; k < from->link.n; k++)
        fe_strv_add(&to->link, from->link.s[k]);
    return to;
}

static void new_values(fe_fit *f)
{
    size_t n = f->n_par + 1;

    f->best = FE_NEWN(double, n);
    f->at = FE_NEWN(double, n);
    f->gradient = FE_NEWN(double, n);
    f->metric = FE_NEWN(double, n);
    f->low = FE_NEWN(double, n);
    f->high = FE_NEWN(double, n);
    f->direction = FE_NEWN(double, n);
    f->hessian = FE_NEWN(double, n * n);
    f->held = FE_NEWN(bool, n);
    f->fixed = FE_NEWN(bool, n);
}

fe_fit *fe_fit_new(const fe_models *models, const fe_fit_options *options, fe_err *err)
{
    fe_fit *f;

    if (!models->n) {
        fe_fail(err, FE_EDATA, NULL, "no source to fit, expected at least one model");
        return NULL;
    }
    f = FE_NEW(fe_fit);
    f->options = *options;
    f->models = copy_models(models);
    f->given = models;
    f->source_off = FE_NEWN(bool, fe_models_n_all(models));
    f->is_applied = FE_NEWN(bool, models->n_background + 1);
    f->e_min_TeV = INFINITY;
    if (fe_fit_model_new(f, err) < 0) {
        fe_fit_free(f);
        return NULL;
    }
    new_values(f);
    return f;
}

static void free_result(fe_fit_result *r)
{
    free(r->par);
    free(r->covariance);
    *r = (fe_fit_result){ .stat = NAN };
}

void fe_fit_free(fe_fit *f)
{
    if (!f)
        return;
    for (size_t d = 0; d < f->n_sets; d++)
        fe_fit_set_clear(&f->set[d]);
    for (size_t k = 0; k < f->n_axes; k++) {
        free(f->axis[k].edge_TeV);
        free(f->axis[k].upper_TeV);
        free(f->axis[k].vector);
        free(f->axis[k].by_source);
    }
    fe_fit_model_free(f);
    free_result(&f->result);
    void *owned[] = { f->set, f->axis, f->source_off, f->is_applied, f->live, f->through, f->folded, f->trial, f->w1, f->w2, f->curve, f->best,
                      f->at, f->gradient, f->hessian, f->metric, f->low, f->high, f->direction, f->held, f->fixed };
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
        free(owned[i]);
    fe_models_free(f->models);
    free(f);
}

/* ---- links ----------------------------------------------------------------------------------------------------- */

/* Number of "SOURCE.PARAMETER" among the free ones; -1 with err set when there is none, or more than one. */
static int find_par(const fe_fit *f, const char *name, size_t *number, fe_err *err)
{
    size_t n = 0;

    for (size_t k = 0; k < f->n_par; k++) {
        size_t len = strlen(f->par[k].source);

        if (!strncmp(name, f->par[k].source, len) && name[len] == '.' && !strcmp(name + len + 1, f->par[k].name)) {
            *number = k;
            n++;
        }
    }
    if (n == 1)
        return 0;
    return fe_fail(err, FE_EUSAGE, NULL, "%s parameter '%s', expected one as SOURCE.PARAMETER",
                   n ? "more than one free" : "no free", name);
}

int fe_fit_link(fe_fit *f, const char *first, const char *second, fe_err *err)
{
    size_t a, b;

    if (find_par(f, first, &a, err) < 0 || find_par(f, second, &b, err) < 0)
        return -1;
    if (a == b || f->pair || strcmp(f->par[a].unit, f->par[b].unit))
        return fe_fail(err, FE_EUSAGE, NULL, "cannot link '%s' with '%s', expected two parameters of one unit before "
                       "the first fit", first, second);
    f->par[a].min = fmax(f->par[a].min, f->par[b].min);     /* fmax and fmin pass over NaN */
    f->par[a].max = fmin(f->par[a].max, f->par[b].max);
    f->is_amplitude[a] = f->is_amplitude[a] && f->is_amplitude[b];
    for (size_t i = 0; i < f->n_own; i++)
        if (f->own[i].number == b)
            f->own[i].number = a;
    fe_fit_par_remove(f, b);
    return 0;
}

/* ---- how it ended ---------------------------------------------------------------------------------------------- */

/* "crab.index", or "crab.model1.index" where a model has parts. */
static void add_name(const fe_fit *f, size_t k, const fe_model_pars *list, fe_str *out)
{
    for (size_t i = 0; i < f->n_own && i < list->n; i++)
        for (size_t m = 0; f->own[i].number == k && m < list->n; m++)
            if (list->par[m].par == f->own[i].par) {
                fe_str_addf(out, "%s%s.%s", out->len ? " and " : "", list->par[m].source_name,
                            fe_model_par_short(&list->par[m]));
                return;
            }
}

/* Parameters with a large share in a direction, or at a limit. */
static const char *names_of(const fe_fit *f, char *text, size_t size, bool at_limit)
{
    fe_model_pars list;
    fe_str names = { 0 };

    fe_model_pars_list(f->models, &list);
    for (size_t k = 0; k < f->n_par; k++)
        if (at_limit ? f->held[k] : fabs(f->direction[k]) > 0.1)
            add_name(f, k, &list, &names);
    snprintf(text, size, "%s", names.s ? names.s : "");
    fe_str_free(&names);
    fe_model_pars_free(&list);
    return text;
}

/* Counts predicted by the sources; infinite where the data are no counts. */
static double predicted_in_all(const fe_fit *f)
{
    double sum = 0;

    for (size_t d = 0; d < f->n_sets; d++)
        for (size_t i = 0; i < f->set[d].n; i++)
            sum += f->set[d].kernel ? fabs(f->set[d].signal[i]) : INFINITY;
    return sum;
}

static void explain(const fe_fit *f, fe_minimise_end end, fe_fit_result *r)
{
    char names[160];

    switch (end) {
    case FE_MINIMISE_CONVERGED:
        snprintf(r->why, sizeof r->why, "converged");
        break;
    case FE_MINIMISE_LIMIT:
        snprintf(r->why, sizeof r->why, "converged with %s at a limit", names_of(f, names, sizeof names, true));
        break;
    case FE_MINIMISE_SINGULAR:
        snprintf(r->why, sizeof r->why, "singular: the data do not determine %s",
                 names_of(f, names, sizeof names, false));
        break;
    case FE_MINIMISE_NO_PROGRESS:
        snprintf(r->why, sizeof r->why, "no further progress: %s",
                 predicted_in_all(f) < 1e-3 ? "nothing is predicted, the best amplitude is 0"
                                            : "the statistic has a kink or an edge here");
        break;
    case FE_MINIMISE_NAN:
        snprintf(r->why, sizeof r->why, "the statistic is not finite at the start values");
        break;
    case FE_MINIMISE_STEPS:
        snprintf(r->why, sizeof r->why, "no minimum after %d steps: %s still moves", r->n_steps,
                 names_of(f, names, sizeof names, false));
        break;
    }
}

/* ---- the result ------------------------------------------------------------------------------------------------ */

/* Covariance over what is determined: not what sits at a limit, and not what moves nothing. */
static void fill_covariance(fe_fit *f, fe_fit_result *r)
{
    size_t n = f->n_par;
    bool *left_out = FE_NEWN(bool, n + 1);
    double *direction = FE_NEWN(double, n + 1);

    for (size_t k = 0; k < n; k++)
        left_out[k] = f->held[k] || !(f->metric[k] > 0);
    r->covariance = FE_NEWN(double, n * n + 1);
    if ((!r->converged && r->end != FE_MINIMISE_SINGULAR) ||
        !fe_minimise_covariance(n, f->hessian, left_out, r->covariance, direction))
        for (size_t i = 0; i < n * n; i++)
            r->covariance[i] = NAN;
    for (size_t k = 0; k < n; k++) {
        double variance = r->covariance[k * n + k];

        r->par[k].error = !left_out[k] && variance > 0 ? sqrt(variance) : NAN;
    }
    free(left_out);
    free(direction);
}

static void count_data(const fe_fit *f, fe_fit_result *r)
{
    r->n_sets = f->n_sets;
    r->n_empty = f->n_empty;
    r->n_bins = f->n_bins;
    r->n_nooff = f->n_nooff;
    r->n_lowoff = f->n_lowoff;
    r->n_set_eval = f->n_set_eval;
    for (size_t d = 0; d < f->n_sets; d++) {
        r->n_local += f->set[d].free_background && f->set[d].n;
        r->n_outside += f->set[d].points ? fe_fit_points_outside(&f->set[d]) : 0;
    }
}

static void fill_result(fe_fit *f, const fe_minimum *at, int n_steps)
{
    fe_fit_result *r = &f->result;
    size_t n = f->n_par;

    free_result(r);
    r->n_par = n;
    r->par = FE_NEWN(fe_fit_par, n + 1);
    if (n)
        memcpy(r->par, f->par, n * sizeof *r->par);
    for (size_t k = 0; k < n; k++) {
        r->par[k].value = f->at[k];
        r->par[k].at_limit = f->held[k];
    }
    r->end = at->end;
    r->edm = at->edm;
    r->n_steps = n_steps + at->n_steps;
    r->converged = at->end == FE_MINIMISE_CONVERGED || at->end == FE_MINIMISE_LIMIT;
    r->stat = fe_fit_value(f);
    fill_covariance(f, r);
    count_data(f, r);
    explain(f, at->end, r);
    if (r->n_outside)
        snprintf(r->why + strlen(r->why), sizeof r->why - strlen(r->why), "; %zu points lie outside their stored scan",
                 r->n_outside);
}

/* With the names of parameters in models files; NULL where nothing is free, or something is not known. */
static fe_covariance *named_covariance(const fe_fit *f)
{
    size_t n = f->n_par;
    fe_strv names = { 0 };
    fe_covariance *c = NULL;
    bool known = n > 0;

    for (size_t i = 0; i < n * n; i++)
        known = known && isfinite(f->result.covariance[i]);
    fe_models_free_names(f->models, &names);
    if (known && names.n == n)                      /* links of fe_fit_link have no names there */
        c = fe_covariance_new(&names, f->result.covariance);
    fe_strv_free(&names);
    return c;
}

static void write_back(fe_fit *f)
{
    memcpy(f->best, f->at, f->n_par * sizeof *f->best);
    f->level = 0;
    for (size_t i = 0; i < f->n_own; i++) {
        const fe_fit_par *p = &f->result.par[f->own[i].number];

        f->own[i].par->value = p->value;
        f->own[i].par->error = isfinite(p->error) ? p->error : 0;
    }
    fe_covariance_free(f->models->covariance);
    f->models->covariance = named_covariance(f);
}

/* ---- running --------------------------------------------------------------------------------------------------- */

static int check_data(const fe_fit *f, fe_err *err)
{
    if (!f->n_sets)
        return fe_fail(err, FE_EDATA, NULL, "no data to fit, expected at least one dataset");
    if (!f->n_bins)
        return fe_fail(err, FE_EDATA, NULL, "no channel is left in %zu dataset%s: all are masked%s", f->n_sets,
                       f->n_sets == 1 ? "" : "s", f->n_nooff ? " or have no OFF region" : "");
    return 0;
}

/* A background of other datasets than these has nothing that could move it. */
static void freeze_unapplied(fe_fit *f)
{
    for (size_t k = 0; k < f->models->n_background; k++) {
        const fe_model *m = &f->models->background[k];

        if (f->is_applied[k] || !fe_model_is_free(m))
            continue;
        fe_note(FE_NOTE_SAID, NULL, "background '%s' belongs to no dataset with a known background here: it stays as it is", m->name);
        fe_fit_freeze_model(f, f->models->n + k);
    }
}

const fe_fit_result *fe_fit_run(fe_fit *f, fe_err *err)
{
    char text[160];
    fe_minimum start = { .n_steps = 0 }, end;

    if (check_data(f, err) < 0)
        return NULL;
    if (!f->pair)
        freeze_unapplied(f);
    fe_fit_room(f);
    f->n_set_eval = 0;
    memset(f->fixed, 0, f->n_par * sizeof *f->fixed);
    for (size_t k = 0; k < f->n_par; k++) {
        f->at[k] = f->par[k].start;
        f->low[k] = f->par[k].min;
        f->high[k] = f->par[k].max;
    }
    if (fe_fit_bad_place(f, text, sizeof text)) {
        fe_fail(err, FE_EDATA, NULL, "%s", text);
        return NULL;
    }
    if (!fe_fit_derivs(f, f->at, false, f->gradient, f->hessian, f->metric)) {
        fe_fail(err, FE_EDATA, NULL, "the statistic is not finite at the start values");
        return NULL;
    }
    fe_fit_prepare(f, &start);
    fe_fit_search(f, &end);
    fill_result(f, &end, start.n_steps);
    write_back(f);
    return &f->result;
}

const fe_models *fe_fit_models(const fe_fit *f)
{
    return f->models;
}

void fe_fit_energies(const fe_fit *f, double *e_min_TeV, double *e_max_TeV)
{
    *e_min_TeV = f->n_bins ? f->e_min_TeV : NAN;
    *e_max_TeV = f->n_bins ? f->e_max_TeV : NAN;
}

double fe_fit_background_norm(const fe_fit *f, size_t set)
{
    return f->set[set].background_norm;
}
