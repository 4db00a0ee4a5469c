#include "est/fit_feed.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/note.h"
#include "est/plan_bands.h"
#include "est/plan_fold.h"
#include "est/stack.h"
#include "phys/const.h"
#include "phys/stat.h"
#include "types/background.h"
#include "types/temporal_gti.h"

/* ---- what both have in common ---------------------------------------------------------------------------------- */

/* Factors of the sources in a time, NULL where none changes; the caller frees. */
static int find_factors(const fe_models *models, const char *name, const fe_gti *gti, const char *file, double **factor, fe_err *err)
{
    bool any = false;

    *factor = NULL;
    for (size_t k = 0; k < models->n; k++)
        any = any || models->model[k].temporal || models->model[k].datasets.n;
    if (!any)
        return 0;
    *factor = FE_NEWN(double, models->n);
    for (size_t k = 0; k < models->n; k++)
        if (fe_model_factor(&models->model[k], name, gti, file, &(*factor)[k], err) < 0) {
            free(*factor);
            *factor = NULL;
            return -1;
        }
    return 0;
}

static bool has_range(const fe_fit_request *r)
{
    return r->edges && r->edges->kind == FE_EDGES_LIST;
}

/* ---- spectra --------------------------------------------------------------------------------------------------- */

typedef struct feeder {
    fe_fit *fit;
    const fe_fit_request *request;
    fe_plan range;                  /* one band; edges borrowed from `edge_TeV`                             */
    double edge_TeV[2];
    fe_bands bands;
    char *telescop;                 /* of the first spectrum that says it, or NULL                          */
} feeder;

static int start_range(feeder *x, const fe_fit_request *r, fe_err *err)
{
    if (!has_range(r))
        return 0;
    x->edge_TeV[0] = r->edges->edge_TeV[0];
    x->edge_TeV[1] = r->edges->edge_TeV[r->edges->n_bins];
    x->range = (fe_plan){ .exact_edges = r->exact_edges, .edges = { FE_EDGES_LIST, 0, 1, x->edge_TeV } };
    return fe_bands_start(&x->bands, &x->range, err);
}

static int mask_range(feeder *x, fe_dataset *d, fe_err *err)
{
    if (!has_range(x->request))
        return 0;
    if (fe_bands_place(&x->bands, d, err) < 0)
        return -1;
    for (size_t k = 0; k < fe_dataset_n_bins(d); k++) {
        size_t j = k / (d->ny * d->nx);

        d->mask[k] = d->mask[k] && j >= x->bands.first[0] && j < x->bands.last[0];
    }
    return 0;
}

/* A background has one norm: it is free by its model, or by an option, and models do not share it. */
static int check_background(const feeder *x, const fe_dataset *d, fe_err *err)
{
    const fe_models *models = x->request->models;
    const fe_where where = { d->info.file, NULL, 0 };
    size_t k = fe_models_free_background(models, d, 0), more = fe_models_free_background(models, d, k + 1);

    if (k == models->n_background)
        return 0;
    if (more < models->n_background)
        return fe_fail(err, FE_EUSAGE, &where, "both '%s' and '%s' are free and scale its background, expected one of them",
                       models->background[k].name, models->background[more].name);
    for (more = 0; more < models->n_background; more++)
        if (models->background[more].map && fe_model_applies(&models->background[more], d->info.name))
            return fe_fail(err, FE_EUSAGE, &where, "'%s' is free and scales its background, which '%s' has joined: fix it, or leave one out",
                           models->background[k].name, models->background[more].name);
    if (x->request->free_background)
        return fe_fail(err, FE_EUSAGE, &where, "the model of its background, '%s', is free: --free-background is for datasets without one",
                       models->background[k].name);
    if (x->request->stack)
        return fe_fail(err, FE_EUSAGE, &where, "the model of its background, '%s', is free: such datasets can be fitted jointly, but not "
                       "added (--stack)", models->background[k].name);
    return 0;
}

static int add_dataset(feeder *x, fe_dataset *d, fe_err *err)
{
    double *factor = NULL;
    int rc = -1;

    if (x->request->free_background && fe_free_bkg_check(d, "--free-background", err) < 0)
        return -1;
    if (mask_range(x, d, err) == 0 && find_factors(x->request->models, d->info.name, d->gti, d->info.file, &factor, err) == 0)
        rc = fe_fit_add(x->fit, d, factor, err);
    free(factor);
    return rc;
}

/* A sum of datasets has no one factor for a source that changes between them. */
static int check_constant(const fe_models *models, fe_err *err)
{
    for (size_t k = 0; k < models->n; k++)
        if (models->model[k].temporal || models->model[k].datasets.n)
            return fe_fail(err, FE_EUSAGE, NULL, "source '%s' %s: its datasets can be fitted jointly, but not added (--stack)",
                           models->model[k].name, models->model[k].temporal ? "changes with time" : "belongs to some datasets only");
    return 0;
}

static int take(feeder *x, fe_stacker *stacker, const fe_feed *feed, size_t i, size_t *n_good, fe_err *err)
{
    fe_dataset *d = NULL;
    int rc;

    if (feed->open(feed->ctx, i, &d, err) < 0) {
        if (!x->request->skip_bad)
            return -1;
        fe_note(FE_NOTE_WARN, NULL, "dataset left out: %s", err->text);
        return 0;
    }
    (*n_good)++;
    rc = fe_background_apply(x->request->models, true, d, err);
    if (rc == 0 && !x->request->multi_instrument)
        rc = fe_dataset_check_telescope(d, &x->telescop, err);
    if (rc == 0)
        rc = check_background(x, d, err);
    if (rc == 0)
        rc = stacker ? fe_stacker_add(stacker, d, err) : add_dataset(x, d, err);
    fe_dataset_free(d);
    return rc;
}

static int add_sum(feeder *x, fe_stacker *stacker, fe_err *err)
{
    fe_dataset *sum = fe_stacker_finish(stacker);
    int rc = sum ? add_dataset(x, sum, err) : 0;

    fe_dataset_free(sum);
    return rc;
}

int fe_fit_add_feed(fe_fit *f, const fe_feed *feed, size_t n, const size_t *member, const fe_fit_request *r, fe_err *err)
{
    feeder x = { .fit = f, .request = r };
    fe_stacker *stacker = r->stack ? fe_stacker_new() : NULL;
    size_t n_good = 0;
    int rc = stacker ? check_constant(r->models, err) : 0;

    if (rc == 0)
        rc = start_range(&x, r, err);
    for (size_t k = 0; rc == 0 && k < n; k++)
        rc = take(&x, stacker, feed, member[k], &n_good, err);
    if (rc == 0 && n && !n_good)
        rc = -1;                                    /* none could be read: err says why of the last */
    if (rc == 0 && stacker)
        rc = add_sum(&x, stacker, err);
    fe_stacker_free(stacker);
    free(x.telescop);
    fe_bands_free(&x.bands);
    return rc;
}

/* ---- flux points ----------------------------------------------------------------------------------------------- */

typedef struct rows {               /* copies, at one sigma, of what the statistic needs                */
    fe_points points;
    double *value, *err, *errn, *errp, *ul, *ref;
    bool *is_ul;
    void *store;
} rows;

static double per_band(const fe_estimate *e, size_t i, bool is_mean)
{
    return is_mean ? 1 / (e->key[FE_KEY_E_MAX][i] - e->key[FE_KEY_E_MIN][i]) : 1;
}

/* A member of the table's type, divided; NULL where it has none. */
static double *copy_member(const fe_estimate *e, fe_member m, bool is_mean, double divisor, double *to)
{
    const double *from = e->family[e->type][m];

    for (size_t i = 0; from && i < e->n; i++)
        to[i] = from[i] * per_band(e, i, is_mean) / divisor;
    return from ? to : NULL;
}

/* A row outside the range has nothing that could take part. */
static void leave_out(rows *x, size_t i)
{
    x->value[i] = NAN;
    x->is_ul[i] = false;
    x->ref[i] = NAN;
}

static bool is_inside(const fe_estimate *e, size_t i, const fe_fit_request *r)
{
    double lo, hi, tiny = 1e-9;

    if (!has_range(r))
        return true;
    lo = e->key[FE_KEY_E_MIN] ? e->key[FE_KEY_E_MIN][i] : e->key[FE_KEY_E_REF][i];
    hi = e->key[FE_KEY_E_MAX] ? e->key[FE_KEY_E_MAX][i] : e->key[FE_KEY_E_REF][i];
    return lo >= r->edges->edge_TeV[0] * (1 - tiny) && hi <= r->edges->edge_TeV[r->edges->n_bins] * (1 + tiny);
}

/* Square root of the rise of -2 ln L at the limits; 95 % of one side where the table does not say. */
static double ul_n_sigma(const fe_estimate *e)
{
    double cl = e->ul_side && !strcmp(e->ul_side, "two") ? (1 + e->ul_conf) / 2 : e->ul_conf;

    if (e->ul_drop > 0)
        return sqrt(e->ul_drop);
    if (cl > 0.5 && cl < 1)
        return sqrt(fe_stat_drop_of_cl(cl));
    fe_note(FE_NOTE_SAID, &(fe_where){ e->file, NULL, 0 }, "level of the upper limits not said, taken as 95 %% of one side");
    return sqrt(fe_stat_drop_of_cl(0.95));
}

static void fill_rows(const fe_estimate *e, const fe_fit_request *r, bool is_mean, rows *x)
{
    size_t n = e->n;
    double divisor = e->n_sigma > 0 ? e->n_sigma : 1, *room = FE_NEWN(double, 6 * n + n);
    const double *is_ul = e->q[FE_Q_IS_UL];
    bool any_limit = false;

    *x = (rows){ .store = room, .value = room, .err = room + n, .errn = room + 2 * n, .errp = room + 3 * n,
                 .ul = room + 4 * n, .ref = room + 5 * n, .is_ul = (bool *)(room + 6 * n) };
    (void)copy_member(e, FE_VALUE, is_mean, 1, x->value);
    for (size_t i = 0; i < n; i++) {
        x->is_ul[i] = is_ul && is_ul[i] > 0;
        x->ref[i] = e->ref[FE_SED_DNDE] ? e->ref[FE_SED_DNDE][i] : NAN;
        if (!is_inside(e, i, r))
            leave_out(x, i);
        any_limit = any_limit || x->is_ul[i];
    }
    x->points = (fe_points){ .n = n, .dnde = x->value, .is_ul = x->is_ul, .ref_dnde = x->ref, .n_scan = e->n_scan,
                             .norm_scan = e->norm_scan, .stat_scan = e->stat_scan, .stat = e->q[FE_Q_STAT],
                             .e_ref_TeV = is_mean ? NULL : e->key[FE_KEY_E_REF], .e_min_TeV = e->key[FE_KEY_E_MIN],
                             .e_max_TeV = e->key[FE_KEY_E_MAX] };
    x->points.err = copy_member(e, FE_ERR, is_mean, divisor, x->err);
    x->points.errn = copy_member(e, FE_ERRN, is_mean, divisor, x->errn);
    x->points.errp = copy_member(e, FE_ERRP, is_mean, divisor, x->errp);
    x->points.ul = copy_member(e, FE_UL, is_mean, 1, x->ul);
    x->points.ul_n_sigma = any_limit && r->stat == FE_POINTS_DISTRIB ? ul_n_sigma(e) : NAN;
}

/* Rows from i on: those of one time. */
static fe_points rows_from(const fe_points *p, size_t i, size_t n)
{
    fe_points out = *p;
    const double **moved[] = { &out.e_ref_TeV, &out.e_min_TeV, &out.e_max_TeV, &out.dnde, &out.err, &out.errn, &out.errp,
                               &out.ul, &out.ref_dnde, &out.stat };

    for (size_t k = 0; k < sizeof moved / sizeof *moved; k++)
        *moved[k] = *moved[k] ? *moved[k] + i : NULL;
    out.is_ul += i;
    out.norm_scan = out.norm_scan ? out.norm_scan + i * out.n_scan : NULL;
    out.stat_scan = out.stat_scan ? out.stat_scan + i * out.n_scan : NULL;
    out.n = n;
    return out;
}

static int add_rows(fe_fit *f, const fe_points *p, const fe_gti *gti, const char *file, const fe_fit_request *r, fe_err *err)
{
    fe_points points = *p;
    double *factor = NULL;
    int rc = find_factors(r->models, NULL, gti, file, &factor, err);

    points.factor = factor;
    if (rc == 0)
        rc = fe_fit_add_points(f, &points, r->stat, r->gammapy, err);
    free(factor);
    return rc;
}

/* A light curve: every row is of its own time bin. */
static int add_bins(fe_fit *f, const fe_points *p, const fe_estimate *e, const fe_fit_request *r, fe_err *err)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < e->n; i++) {
        double from = e->key[FE_KEY_TIME_MIN][i], to = e->key[FE_KEY_TIME_MAX][i];
        fe_points row = rows_from(p, i, 1);
        fe_gti *gti = fe_gti_new();

        gti->mjdref_i = floor(from);
        memcpy(gti->timesys, "TT", sizeof "TT");
        if (to > from)
            fe_gti_add(gti, (from - floor(from)) * FE_S_PER_DAY, (to - floor(from)) * FE_S_PER_DAY);
        rc = add_rows(f, &row, gti, e->file, r, err);
        fe_gti_free(gti);
    }
    return rc;
}

static bool is_light_curve(const fe_estimate *e, const fe_models *models)
{
    for (size_t k = 0; k < models->n; k++)
        if (models->model[k].temporal)
            return e->key[FE_KEY_TIME_MIN] && e->key[FE_KEY_TIME_MAX];
    return false;
}

int fe_fit_add_estimate(fe_fit *f, fe_estimate *e, const fe_fit_request *r, fe_err *err)
{
    bool is_mean = e->type == FE_SED_FLUX && r->stat != FE_POINTS_PROFILE;
    rows x;
    int rc;

    fe_estimate_complete_e_ref(e);
    if (fe_estimate_convert(e, is_mean ? FE_SED_FLUX : FE_SED_DNDE, err) < 0)
        return -1;
    if (fe_estimate_apply_ul_rule(e, NULL, err) < 0)
        return -1;
    if (r->stat == FE_POINTS_PROFILE)
        fe_estimate_fill_refs(e);
    fill_rows(e, r, is_mean, &x);
    rc = is_light_curve(e, r->models) ? add_bins(f, &x.points, e, r, err) : add_rows(f, &x.points, e->gti, e->file, r, err);
    free(x.store);
    return rc;
}
