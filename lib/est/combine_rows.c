/* Several rows of estimates become one: norm and levels from the sum of their scans, the other columns as they add up. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/note.h"
#include "base/num.h"
#include "est/combine_parts.h"
#include "phys/stat.h"

const char *fe_combine_file(const fe_estimate *e)
{
    return e->file ? e->file : "a table";
}

/* ---- groups ---------------------------------------------------------------------------------------------------- */

void fe_row_groups_free(fe_row_groups *groups)
{
    for (size_t i = 0; i < groups->n; i++)
        free(groups->group[i].member);
    free(groups->group);
    *groups = (fe_row_groups){ 0 };
}

fe_row_group *fe_row_groups_add(fe_row_groups *groups)
{
    FE_GROW(groups->group, groups->n, groups->cap);
    groups->group[groups->n] = (fe_row_group){ 0 };
    return &groups->group[groups->n++];
}

void fe_row_group_add(fe_row_group *group, fe_estimate *e, size_t row)
{
    FE_GROW(group->member, group->n, group->cap);
    group->member[group->n++] = (fe_row_ref){
        .e = e, .row = row, .scale = 1, .n_scan = e->n_scan ? fe_estimate_scan_length(e, row) : 0,
        .norm_scan = e->n_scan ? e->norm_scan + row * e->n_scan : NULL,
        .stat_scan = e->n_scan ? e->stat_scan + row * e->n_scan : NULL
    };
}

void fe_row_group_add_pixel(fe_row_group *group, fe_estimate *e, size_t row, const fe_pixel_scan *scan)
{
    fe_row_ref m = { .e = e, .row = row, .scale = 1 };

    if (scan) {
        m.n_scan = scan->n;
        m.norm_scan = scan->norm;
        m.stat_scan = scan->stat;
    }
    FE_GROW(group->member, group->n, group->cap);
    group->member[group->n++] = m;
}

/* ---- what the new table takes over ----------------------------------------------------------------------------- */

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && !strcmp(a, b));
}

static char *model_text(const fe_estimate *e)
{
    fe_str text = { 0 };

    if (e->model)
        fe_spectrum_print(e->model, &text);
    return text.s;
}

static void take_model(size_t n, fe_estimate *const *parts, fe_estimate *out)
{
    char *first = model_text(parts[0]);
    bool same = true, same_yaml = true;

    for (size_t k = 1; k < n; k++) {
        char *other = model_text(parts[k]);

        if (same && !same_text(first, other))
            fe_note(FE_NOTE_SAID, NULL, "the reference models differ (%s: %s; %s: %s): the ref_* columns say what norm 1 is",
                    fe_combine_file(parts[0]), first ? first : "none", fe_combine_file(parts[k]), other ? other : "none");
        same = same && same_text(first, other);
        same_yaml = same_yaml && same_text(parts[0]->model_yaml, parts[k]->model_yaml);
        free(other);
    }
    free(first);
    if (!same)
        return;
    out->model = parts[0]->model ? fe_spectrum_copy(parts[0]->model) : NULL;
    out->model_origin = fe_strdup(parts[0]->model_origin);
    out->model_yaml = same_yaml ? fe_strdup(parts[0]->model_yaml) : NULL;
}

static void take_gti(size_t n, fe_estimate *const *parts, fe_estimate *out)
{
    out->gti = fe_gti_copy(parts[0]->gti);
    for (size_t k = 1; k < n; k++)
        if (!parts[k]->gti || !out->gti || fe_gti_append(out->gti, parts[k]->gti) < 0) {
            if (out->gti || parts[k]->gti)
                fe_note(FE_NOTE_SAID, NULL, "good time intervals are left out: %s and %s do not have them in one scale",
                        fe_combine_file(parts[0]), fe_combine_file(parts[k]));
            fe_gti_free(out->gti);
            out->gti = NULL;
            return;
        }
}

/* Keywords that all parts share. */
static void take_meta(size_t n, fe_estimate *const *parts, fe_estimate *out)
{
    fe_str left = { 0 };

    fe_metalist_copy(&out->rest->meta, &parts[0]->rest->meta);
    for (size_t i = 0; i < parts[0]->rest->meta.n; i++) {
        const fe_meta *m = &parts[0]->rest->meta.m[i];
        bool same = true;

        for (size_t k = 1; k < n; k++) {
            const fe_meta *other = fe_meta_find(&parts[k]->rest->meta, m->key);

            same = same && other && same_text(m->text, other->text);
        }
        if (same)
            continue;
        fe_str_addf(&left, "%s%s", left.len ? ", " : "", m->key);
        fe_meta_remove(&out->rest->meta, m->key);
    }
    if (left.len)
        fe_note(FE_NOTE_DETAIL, NULL, "keywords that differ are left out: %s", left.s);
    fe_str_free(&left);
}

fe_estimate *fe_combine_head(size_t n, fe_estimate *const *parts)
{
    const fe_estimate *first = parts[0];
    fe_estimate *out = fe_estimate_new();

    out->type = first->type;
    out->n_sigma = first->n_sigma;
    out->ul_drop = first->ul_drop;
    out->ul_conf = first->ul_conf;
    out->ul_side = fe_strdup(first->ul_side);
    out->ul_bounded = first->ul_bounded;
    out->ul_rule = fe_strdup(first->ul_rule);
    out->timesys = fe_strdup(first->timesys);
    out->energy_unit = fe_strdup(first->energy_unit);
    out->gammapy_grid = true;
    for (size_t k = 0; k < n; k++)
        out->gammapy_grid &= parts[k]->gammapy_grid;
    for (size_t k = 0; k < first->order.n; k++)
        fe_strv_add(&out->order, first->order.s[k]);
    take_model(n, parts, out);
    take_gti(n, parts, out);
    take_meta(n, parts, out);
    return out;
}

void fe_combine_copy_keys(const fe_estimate *from, size_t row, fe_estimate *to, size_t to_row)
{
    for (int k = 0; k < FE_KEY_N; k++)
        if (from->key[k])
            fe_estimate_key(to, (fe_key)k)[to_row] = from->key[k][row];
    if (from->source && from->source[row])
        fe_estimate_set_source(to, to_row, from->source[row]);
}

/* ---- columns that add up --------------------------------------------------------------------------------------- */

static double quantity(const fe_row_ref *m, fe_quantity q)
{
    return m->e->q[q] ? m->e->q[q][m->row] : NAN;
}

static double norm_of(const fe_row_ref *m, fe_member member)
{
    const double *x = m->e->family[FE_SED_LIKELIHOOD][member];

    return x ? x[m->row] : NAN;
}

/* Sum over the members; NaN when one does not say. */
static double sum_of(const fe_row_group *g, fe_quantity q)
{
    fe_sum sum = { 0, 0 };

    for (size_t i = 0; i < g->n; i++)
        fe_sum_add(&sum, quantity(&g->member[i], q));
    return fe_sum_value(&sum);
}

static double extreme_of(const fe_row_group *g, fe_quantity q, bool highest)
{
    double x = NAN;

    for (size_t i = 0; i < g->n; i++)
        x = highest ? fmax(x, quantity(&g->member[i], q)) : fmin(x, quantity(&g->member[i], q));
    return x;
}

static void put(fe_estimate *out, size_t row, fe_quantity q, double x)
{
    if (!isnan(x) || out->q[q])
        fe_estimate_quantity(out, q)[row] = x;
}

/* Signal counts per unit of the common norm, from each row's own. */
static double signal_of(const fe_row_group *g)
{
    fe_sum sum = { 0, 0 };

    for (size_t i = 0; i < g->n; i++)
        fe_sum_add(&sum, quantity(&g->member[i], FE_Q_NPRED_EXCESS) / norm_of(&g->member[i], FE_VALUE) * g->member[i].scale);
    return fe_sum_value(&sum);
}

/* Exposure of the joined band: the one that gives its counts from its flux, exposure_i weighted with ref_flux_i. */
static double band_exposure(const fe_row_group *g)
{
    double top = 0, bottom = 0;

    for (size_t i = 0; i < g->n; i++) {
        const fe_row_ref *m = &g->member[i];
        double flux = m->e->ref[FE_SED_FLUX] ? m->e->ref[FE_SED_FLUX][m->row] * m->scale : NAN;

        top += flux * quantity(m, FE_Q_EXPOSURE);
        bottom += flux;
    }
    return top / bottom;
}

/*
 * npred: the background predicted beside the signal is kept as each row had it: known for Cash, and for WStat it moves only in second
 * order, as the best background of each row minimises its own statistic.
 */
static void put_sums(const fe_row_group *g, bool over_energy, double norm, fe_estimate *out, size_t row)
{
    double excess = norm * signal_of(g);

    put(out, row, FE_Q_COUNTS, sum_of(g, FE_Q_COUNTS));
    put(out, row, FE_Q_BACKGROUND, sum_of(g, FE_Q_BACKGROUND));
    put(out, row, FE_Q_NPRED_EXCESS, excess);
    put(out, row, FE_Q_NPRED, sum_of(g, FE_Q_NPRED) - sum_of(g, FE_Q_NPRED_EXCESS) + excess);
    put(out, row, FE_Q_EXPOSURE, over_energy ? band_exposure(g) : sum_of(g, FE_Q_EXPOSURE));
    put(out, row, FE_Q_LIVETIME, over_energy ? extreme_of(g, FE_Q_LIVETIME, true) : sum_of(g, FE_Q_LIVETIME));
    put(out, row, FE_Q_E_MIN_EFF, extreme_of(g, FE_Q_E_MIN_EFF, false));
    put(out, row, FE_Q_E_MAX_EFF, extreme_of(g, FE_Q_E_MAX_EFF, true));
    put(out, row, FE_Q_E_MIN_ASKED, extreme_of(g, FE_Q_E_MIN_ASKED, false));
    put(out, row, FE_Q_E_MAX_ASKED, extreme_of(g, FE_Q_E_MAX_ASKED, true));
}

/*
 * Systematic errors are no part of a scan.  Taken as common to all rows (fully correlated), they propagate linearly through the
 * combined norm, which is the mean with weights 1 / err^2.
 */
static void put_systematics(const fe_row_group *g, fe_estimate *out, size_t row)
{
    for (int m = FE_ERRSYS; m <= FE_ERRSYSP; m++) {
        double top = 0, bottom = 0;

        for (size_t i = 0; i < g->n; i++) {
            double err = norm_of(&g->member[i], FE_ERR) / g->member[i].scale, weight = 1 / (err * err);

            top += weight * norm_of(&g->member[i], (fe_member)m) / g->member[i].scale;
            bottom += weight;
        }
        if (!isfinite(top / bottom))
            continue;
        fe_estimate_member(out, FE_SED_LIKELIHOOD, (fe_member)m)[row] = top / bottom;
        fe_note(FE_NOTE_SAID, NULL, "systematic errors are taken as common to the rows that are combined");
    }
}

/* Text that all rows share (labels of groups, instruments ...). */
static void put_labels(const fe_row_group *g, fe_estimate *out, size_t row)
{
    const fe_table *rest = g->member[0].e->rest;

    for (size_t k = 0; k < rest->n_cols; k++) {
        const fe_column *c = &rest->col[k];
        fe_column *to = fe_table_find(out->rest, c->name);
        bool same = c->type == FE_COL_STRING && c->width == 1;

        for (size_t i = 1; same && i < g->n; i++) {
            const fe_column *other = fe_table_find(g->member[i].e->rest, c->name);

            same = other && other->type == FE_COL_STRING &&
                   !strcmp(fe_column_string(other, g->member[i].row, 0), fe_column_string(c, g->member[0].row, 0));
        }
        if (!same)
            continue;
        to = to ? to : fe_table_add(out->rest, c->name, FE_COL_STRING, c->unit, 1);
        free(to->v.s[row]);
        to->v.s[row] = fe_strdup(fe_column_string(c, g->member[0].row, 0));
    }
}

/* ---- the norm -------------------------------------------------------------------------------------------------- */

static unsigned status_of(const fe_row_ref *m)
{
    double x = quantity(m, FE_Q_STATUS);

    return isnan(x) ? 0 : (unsigned)x;
}

enum { NO_DATA = FE_STATUS_EMPTY | FE_STATUS_NOEXPO | FE_STATUS_NOTIME | FE_STATUS_BADINPUT,
       OF_THE_FIT = FE_STATUS_SCANOPEN | FE_STATUS_KINK | FE_STATUS_EDGE | FE_STATUS_NEGUL | FE_STATUS_NOCONV };

/* At the bound: a parabola through the rise at errp, n2, and at norm 0, TS; straight where that is not known or bends down. */
static void approximate_wall(double up, double n2, double zero, double ts, fe_scan_approx *a)
{
    double bend = (ts / zero - n2 / up) / (zero - up);

    a->bend = zero > 0 && isfinite(bend) && bend > 0 && bend < n2 / (up * up) ? bend : 0;
    a->slope = n2 / up - a->bend * up;
}

/*
 * A likelihood that rises by n_sigma^2 at norm - errn and norm + errp; by err alone a parabola.  Without errn because the positivity bound
 * comes first (EDGE), it has the curvature of err at its minimum; without err as well, the minimum is at the bound.  False: the errors are
 * not known.
 */
static bool approximate(const fe_row_ref *m, fe_scan_term *term)
{
    double n2 = isnan(m->e->n_sigma) ? 1 : m->e->n_sigma * m->e->n_sigma, norm = norm_of(m, FE_VALUE), err = norm_of(m, FE_ERR);
    double up = norm_of(m, FE_ERRP), down = norm_of(m, FE_ERRN), stat = quantity(m, FE_Q_STAT);
    bool edge = status_of(m) & FE_STATUS_EDGE;

    up = up > 0 ? up : err;
    down = down > 0 ? down : edge ? err * err / up : err;
    if (isnan(norm) || !(up > 0 && isfinite(up)) || !(edge || (down > 0 && isfinite(down))))
        return false;
    term->approx = (fe_scan_approx){ .norm = norm, .stat = isnan(stat) ? 0 : stat, .v = up * down / n2, .v1 = (up - down) / n2 };
    term->is_wall = isnan(down);
    if (term->is_wall)
        approximate_wall(up, n2, -norm, quantity(m, FE_Q_TS), &term->approx);
    return true;
}

/* Scans of the members that hold data; *status collects what is said of all of them.  Returns how many. */
static size_t make_terms(const fe_row_group *g, const fe_row_sum *how, fe_scan_term *term, size_t *n_points, unsigned *status)
{
    size_t n = 0;

    *n_points = 0;
    *status = g->n < g->n_expected ? FE_STATUS_PARTIAL : 0;
    for (size_t i = 0; i < g->n; i++) {
        const fe_row_ref *m = &g->member[i];
        fe_scan *scan = fe_scan_new(m->n_scan, m->norm_scan, m->stat_scan, norm_of(m, FE_VALUE), quantity(m, FE_Q_STAT));

        *status |= status_of(m) & ~(unsigned)OF_THE_FIT;
        term[n] = (fe_scan_term){ .scan = scan, .is_wall = scan->n && scan->i_min == 0 && status_of(m) & FE_STATUS_EDGE, .scale = m->scale };
        if (scan->is_empty && how->approx && approximate(m, &term[n])) {
            *status |= FE_STATUS_APPROX;
            term[n++].scan = NULL;
            fe_scan_free(scan);
            continue;
        }
        if (scan->is_empty && !(status_of(m) & NO_DATA))
            *status |= FE_STATUS_PARTIAL | FE_STATUS_SCANOPEN;          /* data whose scan was not kept */
        if (scan->is_empty || scan->is_flat) {
            fe_scan_free(scan);
            continue;
        }
        n++;
        *n_points = m->n_scan > *n_points ? m->n_scan : *n_points;
    }
    if (n)
        *status &= ~(unsigned)(FE_STATUS_EMPTY | FE_STATUS_NOEXPO);
    return n;
}

static unsigned put_norm(const fe_scan_total *t, const fe_scan_levels *levels, fe_estimate *out, size_t row)
{
    fe_scan *scan = fe_scan_new(t->n, t->norm_scan, t->stat_scan, t->norm, t->stat);
    fe_scan_norm x = fe_scan_solve(scan, levels);
    unsigned status = (isnan(x.errn) && !t->at_wall) || isnan(x.errp) || isnan(x.ul) ? FE_STATUS_SCANOPEN : 0;

    fe_estimate_member(out, FE_SED_LIKELIHOOD, FE_VALUE)[row] = t->norm;
    fe_estimate_member(out, FE_SED_LIKELIHOOD, FE_ERR)[row] = x.err;
    fe_estimate_member(out, FE_SED_LIKELIHOOD, FE_ERRN)[row] = x.errn;
    fe_estimate_member(out, FE_SED_LIKELIHOOD, FE_ERRP)[row] = x.errp;
    fe_estimate_member(out, FE_SED_LIKELIHOOD, FE_UL)[row] = x.ul;
    if (t->norm == 0 && isnan(x.err))
        status |= FE_STATUS_KINK;
    if (t->at_wall)
        status |= FE_STATUS_EDGE;
    if (x.ul < 0)
        status |= FE_STATUS_NEGUL;
    fe_scan_free(scan);
    return status;
}

/* Of pixels only sums of scans are kept: what was approximated can be so again. */
static void put_scan(const fe_scan_total *t, double stat_null, unsigned status, const fe_row_sum *how, fe_estimate *out, size_t row)
{
    if (how->scans) {
        if (!(status & FE_STATUS_APPROX))
            fe_scanlist_add(how->scans, &(fe_pixel_scan){ how->band, row, t->n, t->norm_scan, t->stat_scan, stat_null });
        return;
    }
    fe_estimate_scan(out, t->n);
    memcpy(out->norm_scan + row * out->n_scan, t->norm_scan, t->n * sizeof *t->norm_scan);
    memcpy(out->stat_scan + row * out->n_scan, t->stat_scan, t->n * sizeof *t->stat_scan);
}

/* Statistics at norm 0 of the rows, as far above their best ones as they say; NaN where one does not say. */
static double rise_to_null(const fe_row_group *g)
{
    fe_sum sum = { 0, 0 };

    for (size_t i = 0; i < g->n; i++) {
        const fe_row_ref *m = &g->member[i];
        double rise = quantity(m, FE_Q_STAT_NULL) - quantity(m, FE_Q_STAT);

        fe_sum_add(&sum, isnan(rise) ? quantity(m, FE_Q_TS) : rise);
    }
    return fe_sum_value(&sum);
}

/* Sum of stat_null where the rows have it and it belongs to their scans; else from the scans, where they reach norm 0. */
static double stat_null_of(const fe_row_group *g, unsigned status, const fe_scan_total *t, size_t n, const fe_scan_term *term)
{
    double stat = sum_of(g, FE_Q_STAT), stat_null = sum_of(g, FE_Q_STAT_NULL), best = 0;
    bool belongs = stat <= t->stat + 1e-6 * fmax(1, fabs(stat)) && stat_null >= t->stat;

    if (belongs)
        return stat_null;
    for (size_t i = 0; i < n; i++)
        best += fe_scan_term_stat(&term[i]);
    if (status & FE_STATUS_APPROX && n == g->n && best + rise_to_null(g) >= t->stat)
        return best + rise_to_null(g);
    return t->stat_null;
}

void fe_row_group_combine(const fe_row_group *g, const fe_row_sum *how, fe_estimate *out, size_t row)
{
    fe_scan_levels levels = { out->n_sigma, out->ul_drop, out->ul_bounded };
    fe_scan_term *term = FE_NEWN(fe_scan_term, g->n);
    unsigned status;
    size_t n_points, n = make_terms(g, how, term, &n_points, &status);
    fe_scan_total t = { .norm = NAN, .stat = NAN, .stat_null = NAN };

    if (n)
        fe_scan_total_make(n, term, n_points, &t);
    if (!isnan(t.norm)) {
        double ts = fmax(stat_null_of(g, status, &t, n, term) - t.stat, 0);

        status |= put_norm(&t, &levels, out, row);
        put_scan(&t, t.stat + ts, status, how, out, row);
        if (!(status & FE_STATUS_APPROX) || !isnan(sum_of(g, FE_Q_STAT))) {
            put(out, row, FE_Q_STAT, t.stat);
            put(out, row, FE_Q_STAT_NULL, t.stat + ts);
        }
        put(out, row, FE_Q_TS, ts);
        put(out, row, FE_Q_SQRT_TS, copysign(sqrt(ts), t.norm));
        put(out, row, FE_Q_N_DOF, 1);           /* one norm, however many rows */
    } else if (n) {
        status |= FE_STATUS_SCANOPEN;
    }
    put_sums(g, how->over_energy, t.norm, out, row);
    put_systematics(g, out, row);
    put_labels(g, out, row);
    fe_estimate_quantity(out, FE_Q_STATUS)[row] = status;
    for (size_t i = 0; i < n; i++)
        fe_scan_free(term[i].scan);
    free(term);
    fe_scan_total_free(&t);
}
