/* Conversions of an estimate: between SED types, and from one reference model to another. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/note.h"
#include "types/estimate.h"

static bool any_finite(const double *x, size_t n)
{
    for (size_t i = 0; x && i < n; i++)
        if (isfinite(x[i]))
            return true;
    return false;
}

static double at(const double *x, size_t i)
{
    return x ? x[i] : NAN;
}

void fe_estimate_complete_e_ref(fe_estimate *e)
{
    const double *lo = e->key[FE_KEY_E_MIN], *hi = e->key[FE_KEY_E_MAX];

    if (!lo || !hi || e->key[FE_KEY_E_REF])
        return;
    for (size_t i = 0; i < e->n; i++)
        fe_estimate_key(e, FE_KEY_E_REF)[i] = sqrt(lo[i] * hi[i]);
}

void fe_estimate_offer_model(fe_estimate *e, fe_spectrum *model, const char *origin)
{
    bool complete = any_finite(e->ref[FE_SED_DNDE], e->n) && any_finite(e->ref[FE_SED_FLUX], e->n) &&
                    any_finite(e->ref[FE_SED_EFLUX], e->n);

    if (e->model || complete) {
        fe_note(FE_NOTE_WARN, e->file ? &(fe_where){ e->file, NULL, 0 } : NULL,
                "%s is not used: the table has %s (--swap-model changes the reference)", origin,
                complete ? "ref_* columns" : "its own reference model");
        fe_spectrum_free(model);
        return;
    }
    e->model = model;
    free(e->model_origin);
    e->model_origin = fe_strdup(origin);
}

/* ---- reference values ---------------------------------------------------------------------------------- */

typedef struct node { double e, dnde; } node;

static int by_energy(const void *a, const void *b)
{
    double x = ((const node *)a)->e, y = ((const node *)b)->e;

    return (x > y) - (x < y);
}

/* A power law between neighbouring points (e_ref, ref_dnde): gammapy's template.  NULL: fewer than two, or two values at one energy. */
static fe_spectrum *template_of_refs(const fe_estimate *e)
{
    const double *e_ref = e->key[FE_KEY_E_REF], *dnde = e->ref[FE_SED_DNDE];
    node *nodes = FE_NEWN(node, e->n);
    double *x = FE_NEWN(double, e->n), *y = FE_NEWN(double, e->n);
    size_t n = 0, m = 0;
    fe_spectrum *model = NULL;
    bool unique = true;

    for (size_t i = 0; e_ref && dnde && i < e->n; i++)
        if (e_ref[i] > 0 && dnde[i] > 0 && isfinite(dnde[i]))
            nodes[n++] = (node){ e_ref[i], dnde[i] };
    qsort(nodes, n, sizeof *nodes, by_energy);
    for (size_t i = 0; i < n; i++) {
        if (m && x[m - 1] == nodes[i].e) {
            unique &= fabs(y[m - 1] / nodes[i].dnde - 1) < 1e-9;
            continue;
        }
        x[m] = nodes[i].e;
        y[m++] = nodes[i].dnde;
    }
    if (unique && m >= 2)
        model = fe_spectrum_template(m, x, y);
    free(nodes);
    free(x);
    free(y);
    return model;
}

typedef struct shape {          /* what norm 1 of the model is worth in every type, one band            */
    double e_min, e_max, e_ref, ref[FE_SED_N];
} shape;

enum { SHAPE_CACHE = 64 };      /* bands of one table; rows of a light curve repeat them                */

/* Largest e_max / e_min of the table: the step of gammapy's quadrature follows it (algorithms 5), so every band depends on it. */
static double widest_band(const fe_estimate *e)
{
    const double *lo = e->key[FE_KEY_E_MIN], *hi = e->key[FE_KEY_E_MAX];
    double ratio = 1;

    for (size_t i = 0; lo && hi && i < e->n; i++)
        ratio = fmax(ratio, hi[i] / lo[i]);             /* fmax ignores a NaN */
    return ratio;
}

/* grid_ratio 0: exact integrals; else gammapy's, in the company of a band that wide. */
static shape shape_of(const fe_spectrum *model, double grid_ratio, double e_min, double e_max, double e_ref)
{
    shape s = { e_min, e_max, e_ref, { 0 } };

    for (int t = 0; t < FE_SED_N; t++)
        s.ref[t] = fe_sedtype_ref((fe_sedtype)t, model, e_min, e_max, e_ref);
    if (grid_ratio > 0 && isfinite(s.ref[FE_SED_FLUX])) {
        s.ref[FE_SED_FLUX] = fe_spectrum_grid_integral(model, e_min, e_max, false, grid_ratio);
        s.ref[FE_SED_EFLUX] = fe_spectrum_grid_integral(model, e_min, e_max, true, grid_ratio);
    }
    return s;
}

static bool same(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

/* refs[t][row] of the model for all types; arrays of e->cap, owned by the caller. */
static void refs_of_model(const fe_estimate *e, const fe_spectrum *model, double *refs[FE_SED_N])
{
    shape cache[SHAPE_CACHE];
    double grid_ratio = e->gammapy_grid ? widest_band(e) : 0;
    size_t n_cache = 0;

    for (int t = 0; t < FE_SED_LIKELIHOOD; t++)
        refs[t] = FE_NEWN(double, e->cap);
    for (size_t i = 0; i < e->n; i++) {
        double lo = at(e->key[FE_KEY_E_MIN], i), hi = at(e->key[FE_KEY_E_MAX], i), ref = at(e->key[FE_KEY_E_REF], i);
        size_t k = 0;

        while (k < n_cache && !(same(cache[k].e_min, lo) && same(cache[k].e_max, hi) && same(cache[k].e_ref, ref)))
            k++;
        if (k == n_cache) {
            k = n_cache < SHAPE_CACHE ? n_cache++ : i % SHAPE_CACHE;
            cache[k] = shape_of(model, grid_ratio, lo, hi, ref);
        }
        for (int t = 0; t < FE_SED_LIKELIHOOD; t++)
            refs[t][i] = cache[k].ref[t];
    }
}

/* The type whose ref column says how large norm 1 is, for what the model must add; -1: none, the model says it itself. */
static int anchor(const fe_estimate *e, size_t i)
{
    static const fe_sedtype by_trust[] = { FE_SED_DNDE, FE_SED_FLUX, FE_SED_EFLUX };

    for (size_t k = 0; k < sizeof by_trust / sizeof *by_trust; k++)
        if (at(e->ref[by_trust[k]], i) > 0)
            return by_trust[k];
    return -1;
}

static void merge_refs(fe_estimate *e, double *refs[FE_SED_N])
{
    for (size_t i = 0; i < e->n; i++) {
        int a = anchor(e, i);
        double scale = a < 0 ? 1 : e->ref[a][i] / refs[a][i];

        for (int t = 0; t < FE_SED_LIKELIHOOD; t++)
            if (isnan(at(e->ref[t], i)))
                fe_estimate_ref(e, (fe_sedtype)t)[i] = refs[t][i] * scale;
    }
}

static void refs_of_e_ref(fe_estimate *e)
{
    const double *e_ref = e->key[FE_KEY_E_REF];
    double *const *ref = e->ref;

    for (size_t i = 0; e_ref && i < e->n; i++) {
        double dnde = at(ref[FE_SED_DNDE], i), e2dnde = at(ref[FE_SED_E2DNDE], i);

        if (isnan(dnde) && !isnan(e2dnde))
            fe_estimate_ref(e, FE_SED_DNDE)[i] = e2dnde / (e_ref[i] * e_ref[i]);
        if (isnan(e2dnde) && !isnan(dnde))
            fe_estimate_ref(e, FE_SED_E2DNDE)[i] = dnde * (e_ref[i] * e_ref[i]);
    }
}

static bool refs_complete(const fe_estimate *e)
{
    bool band = e->key[FE_KEY_E_MIN] && e->key[FE_KEY_E_MAX];

    for (int t = 0; t < FE_SED_LIKELIHOOD; t++)
        for (size_t i = 0; i < e->n; i++)
            if (isnan(at(e->ref[t], i)) && (band || !fe_sedtypes[t].needs_band))
                return false;
    return true;
}

void fe_estimate_fill_refs(fe_estimate *e)
{
    fe_spectrum *by_points = NULL;
    double *refs[FE_SED_N] = { NULL };

    fe_estimate_complete_e_ref(e);
    refs_of_e_ref(e);
    if (refs_complete(e))
        return;
    if (!e->model)
        by_points = template_of_refs(e);
    if (!e->model && !by_points)
        return;
    refs_of_model(e, e->model ? e->model : by_points, refs);
    merge_refs(e, refs);
    for (int t = 0; t < FE_SED_N; t++)
        free(refs[t]);
    fe_spectrum_free(by_points);
}

/* ---- one type to another -------------------------------------------------------------------------------- */

/* What the family of `type` is worth per norm, or NULL when unknown; *ones is set for norms themselves. */
static const double *worth(const fe_estimate *e, fe_sedtype type, bool *ones)
{
    *ones = type == FE_SED_LIKELIHOOD;
    return *ones ? NULL : any_finite(e->ref[type], e->n) ? e->ref[type] : NULL;
}

/* factor[i] from family `from` to family `to`; false when it is not known in any row. */
static bool factors(const fe_estimate *e, fe_sedtype from, fe_sedtype to, double *factor)
{
    const double *e_ref = e->key[FE_KEY_E_REF], *a, *b;
    bool a_ones, b_ones;

    if (from == FE_SED_DNDE && to == FE_SED_E2DNDE && e_ref) {
        for (size_t i = 0; i < e->n; i++)
            factor[i] = e_ref[i] > 0 ? e_ref[i] * e_ref[i] : NAN;
        return true;
    }
    if (from == FE_SED_E2DNDE && to == FE_SED_DNDE && e_ref) {
        for (size_t i = 0; i < e->n; i++)
            factor[i] = e_ref[i] > 0 ? 1 / (e_ref[i] * e_ref[i]) : NAN;
        return true;
    }
    a = worth(e, from, &a_ones);
    b = worth(e, to, &b_ones);
    if ((!a && !a_ones) || (!b && !b_ones))
        return false;
    for (size_t i = 0; i < e->n; i++) {
        factor[i] = (b_ones ? 1 : b[i]) / (a_ones ? 1 : a[i]);
        if (!isfinite(factor[i]))
            factor[i] = NAN;
    }
    return true;
}

static void scale_family(fe_estimate *e, fe_sedtype from, fe_sedtype to, const double *factor)
{
    for (int m = 0; m < FE_MEMBER_N; m++) {
        const double *x = e->family[from][m];
        double *y = x ? fe_estimate_member(e, to, (fe_member)m) : NULL;

        for (size_t i = 0; x && i < e->n; i++)
            y[i] = x[i] * factor[i];
    }
}

static int no_way(const fe_estimate *e, fe_sedtype to, fe_err *err)
{
    const fe_where where = { e->file, NULL, 0 };
    const char *from = fe_sedtypes[e->type].name;
    bool band = any_finite(e->key[FE_KEY_E_MIN], e->n) && any_finite(e->key[FE_KEY_E_MAX], e->n);

    if (!band && (fe_sedtypes[to].needs_band || fe_sedtypes[e->type].needs_band))
        return fe_fail(err, FE_EDATA, &where, "%s to %s needs the energy bands, but the table has no e_min and e_max",
                       from, fe_sedtypes[to].name);
    if (e->model)
        return fe_fail(err, FE_EDATA, &where, "%s to %s: the reference model has no finite %s in any band of the table, "
                       "from %g to %g TeV in row 1", from, fe_sedtypes[to].name, from, at(e->key[FE_KEY_E_MIN], 0),
                       at(e->key[FE_KEY_E_MAX], 0));
    return fe_fail(err, FE_EDATA, &where, "%s to %s needs a reference model, and the table has none: give --index G "
                   "(a power law) or --model M", from, fe_sedtypes[to].name);
}

/* What the conversion rests on, where the table did not say it all. */
static void say_reference(const fe_estimate *e, bool complete_before)
{
    const fe_where where = { e->file, NULL, 0 };
    fe_str text = { 0 };

    if (complete_before || !refs_complete(e))
        return;
    if (e->model)
        fe_spectrum_print(e->model, &text);
    fe_note(FE_NOTE_SAID, e->file ? &where : NULL, "reference model: %s%s%s%s",
            e->model ? text.s : "a power law between neighbouring ref_dnde", e->model_origin ? " (" : "",
            e->model_origin ? e->model_origin : "", e->model_origin ? ")" : "");
    fe_str_free(&text);
}

/* Can `to` be made of `from` with e_ref alone? */
static bool by_e_ref(fe_sedtype from, fe_sedtype to)
{
    return (from == FE_SED_DNDE && to == FE_SED_E2DNDE) || (from == FE_SED_E2DNDE && to == FE_SED_DNDE);
}

/* Families to convert from, best first: the one that needs no model, the norms, the table's own type, any other. */
static size_t sources_of(const fe_estimate *e, fe_sedtype to, fe_sedtype from[2 * FE_SED_N])
{
    size_t n = 0;

    for (int t = 0; t < FE_SED_N; t++)
        if (by_e_ref((fe_sedtype)t, to))
            from[n++] = (fe_sedtype)t;
    from[n++] = FE_SED_LIKELIHOOD;
    from[n++] = e->type;
    for (int t = 0; t < FE_SED_LIKELIHOOD; t++)
        from[n++] = (fe_sedtype)t;
    return n;
}

int fe_estimate_convert(fe_estimate *e, fe_sedtype to, fe_err *err)
{
    fe_sedtype from[2 * FE_SED_N];
    double *factor;
    size_t n;
    bool done = false;

    if (e->family[to][FE_VALUE] || e->family[to][FE_UL]) {
        e->type = to;
        return 0;
    }
    fe_estimate_complete_e_ref(e);
    n = sources_of(e, to, from);
    if (!(e->family[from[0]][FE_VALUE] && by_e_ref(from[0], to))) {
        bool complete;

        refs_of_e_ref(e);
        complete = refs_complete(e);
        fe_estimate_fill_refs(e);
        say_reference(e, complete);
    }
    factor = FE_NEWN(double, e->n);
    for (size_t k = 0; k < n && !done; k++)
        if ((e->family[from[k]][FE_VALUE] || e->family[from[k]][FE_UL]) && factors(e, from[k], to, factor)) {
            scale_family(e, from[k], to, factor);
            done = true;
        }
    free(factor);
    if (!done && e->n)
        return no_way(e, to, err);
    if (!e->n)
        fe_estimate_member(e, to, FE_VALUE);
    e->type = to;
    return 0;
}

/* ---- another reference model ---------------------------------------------------------------------------- */

/* norm'/norm of each row: the flux of the band stays, or dnde where there is no band. */
static bool norm_factors(const fe_estimate *e, double *const new_ref[FE_SED_N], double *k)
{
    bool any = false;

    for (size_t i = 0; i < e->n; i++) {
        k[i] = at(e->ref[FE_SED_FLUX], i) / new_ref[FE_SED_FLUX][i];
        if (!isfinite(k[i]))
            k[i] = at(e->ref[FE_SED_DNDE], i) / new_ref[FE_SED_DNDE][i];
        any |= isfinite(k[i]);
    }
    return any;
}

static bool has_family(const fe_estimate *e, int type)
{
    for (int m = 0; m < FE_MEMBER_N; m++)
        if (e->family[type][m])
            return true;
    return false;
}

/* Is flux the only thing that is there?  Then nothing depends on the old reference. */
static bool only_flux(const fe_estimate *e)
{
    for (int t = 0; t < FE_SED_N; t++)
        if (t != FE_SED_FLUX && has_family(e, t))
            return false;
    return !e->n_scan && !e->covar;
}

/* cov(k_i x_i, k_j x_j) = k_i k_j cov(x_i, x_j). */
static void move_covar(fe_estimate *e, const double *k)
{
    for (size_t i = 0; e->covar && i < e->n * e->n; i++)
        e->covar[i] *= k[i / e->n] * k[i % e->n];
}

static void move_family(fe_estimate *e, int type, const double *k, double *const new_ref[FE_SED_N], double *factor)
{
    for (size_t i = 0; i < e->n; i++) {
        double old = type == FE_SED_LIKELIHOOD ? 1 : at(e->ref[type], i);
        double new = type == FE_SED_LIKELIHOOD ? 1 : new_ref[type][i];
        bool flux_kept = type == FE_SED_FLUX && isfinite(new) && isfinite(old);

        factor[i] = flux_kept ? 1 : k[i] * new / old;
    }
    scale_family(e, (fe_sedtype)type, (fe_sedtype)type, factor);
}

int fe_estimate_swap_model(fe_estimate *e, const fe_spectrum *model, fe_err *err)
{
    double *refs[FE_SED_N] = { NULL }, *k = FE_NEWN(double, e->n), *factor = FE_NEWN(double, e->n);
    bool alone = only_flux(e), known;

    fe_estimate_complete_e_ref(e);
    if (!alone)
        fe_estimate_fill_refs(e);
    refs_of_model(e, model, refs);
    known = norm_factors(e, refs, k);
    if (known && !alone) {
        for (int t = 0; t < FE_SED_N; t++)
            if (has_family(e, t))
                move_family(e, t, k, refs, factor);
        for (size_t i = 0; i < e->n * e->n_scan; i++)
            e->norm_scan[i] *= k[i / e->n_scan];
        move_covar(e, k);
    }
    if (known || alone)
        for (int t = 0; t < FE_SED_LIKELIHOOD; t++) {
            free(e->ref[t]);
            e->ref[t] = refs[t];
            refs[t] = NULL;
        }
    for (int t = 0; t < FE_SED_N; t++)
        free(refs[t]);
    free(k);
    free(factor);
    if (!known && !alone)
        return fe_fail(err, FE_EDATA, &(fe_where){ e->file, NULL, 0 },
                       "--swap-model needs the reference model of the table, and it has none: give it with --index or --model");
    fe_spectrum_free(e->model);
    e->model = fe_spectrum_copy(model);
    free(e->model_yaml);
    e->model_yaml = NULL;
    free(e->model_origin);
    e->model_origin = fe_strdup("--swap-model");
    return 0;
}
