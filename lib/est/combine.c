#include "est/combine.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/note.h"
#include "base/num.h"
#include "est/combine_parts.h"
#include "phys/stat.h"

/* Ratios of dnde, flux and eflux of two references agree to this where the shapes do; gammapy's integrals are off by 1e-4. */
static const double SHAPE_RTOL = 1e-3;

static double ref_of(const fe_row_ref *m, int type)
{
    return m->e->ref[type] ? m->e->ref[type][m->row] : NAN;
}

static double key_of(const fe_row_ref *m, fe_key key)
{
    return m->e->key[key] ? m->e->key[key][m->row] : NAN;
}

/* ---- before and after ------------------------------------------------------------------------------------------ */

/* Norms and what they are worth, whatever type the table is in. */
static int prepare(fe_estimate *e, bool needs_scans, fe_err *err)
{
    fe_sedtype type = e->type;
    int rc;

    if (e->n && !e->n_scan && needs_scans)
        return fe_fail(err, FE_EDATA, &(fe_where){ e->file, NULL, 0 },
                       "there are no likelihood scans to combine (norm_scan, stat_scan); --approx takes norms and errors instead");
    rc = fe_estimate_convert(e, FE_SED_LIKELIHOOD, err);
    e->type = type;
    fe_estimate_fill_refs(e);
    if (rc == 0 && e->covar)
        fe_note(FE_NOTE_WARN, e->file ? &(fe_where){ e->file, NULL, 0 } : NULL,
                "its rows are correlated (covariance matrix); adding scans takes them as independent");
    return rc;
}

/* Levels of the new table, said where the first part does not. */
static fe_estimate *new_table(size_t n_parts, fe_estimate *const *parts, size_t n_rows)
{
    fe_estimate *out = fe_combine_head(n_parts, parts);

    out->n_sigma = isnan(out->n_sigma) ? 1 : out->n_sigma;
    if (isnan(out->ul_drop)) {
        out->ul_drop = fe_stat_drop_of_cl(0.95);
        out->ul_conf = 0.95;
        free(out->ul_side);
        out->ul_side = fe_strdup("one");
        fe_note(FE_NOTE_SAID, NULL, "%s does not say the level of its limits: those of the combination are at 0.95, one-sided",
                fe_combine_file(parts[0]));
    }
    fe_estimate_add_rows(out, n_rows);
    for (int m = FE_VALUE; m <= FE_UL; m++)         /* missing, where no scan holds anything */
        fe_estimate_member(out, FE_SED_LIKELIHOOD, (fe_member)m);
    fe_estimate_quantity(out, FE_Q_TS);
    fe_estimate_quantity(out, FE_Q_SQRT_TS);
    return out;
}

static int finish(fe_estimate *e, fe_estimate **out, fe_err *err)
{
    if (fe_estimate_convert(e, e->type, err) < 0) {
        fe_estimate_free(e);
        return -1;
    }
    *out = e;
    return 0;
}

/* ---- rows with the same keys ----------------------------------------------------------------------------------- */

static bool same_key_value(fe_key key, double a, double b)
{
    bool energy = key == FE_KEY_E_MIN || key == FE_KEY_E_MAX || key == FE_KEY_E_REF;

    /* float32 columns keep seven digits of an energy; a second in an MJD is 2e-10 */
    return (isnan(a) && isnan(b)) || a == b || fe_num_close(a, b, energy ? 1e-6 : 1e-11);
}

/* Text columns that both have. */
static bool same_labels(const fe_row_ref *a, const fe_row_ref *b)
{
    for (size_t k = 0; k < a->e->rest->n_cols; k++) {
        const fe_column *x = &a->e->rest->col[k], *y = fe_table_find(b->e->rest, x->name);

        if (x->type == FE_COL_STRING && x->width == 1 && y && y->type == FE_COL_STRING &&
            strcmp(fe_column_string(x, a->row, 0), fe_column_string(y, b->row, 0)))
            return false;
    }
    return true;
}

static bool same_place(const fe_row_ref *a, const fe_row_ref *b, bool labels, bool energies)
{
    const char *x = a->e->source ? a->e->source[a->row] : NULL, *y = b->e->source ? b->e->source[b->row] : NULL;

    if (x != y && (!x || !y || strcmp(x, y)))
        return false;
    for (int k = energies ? 0 : FE_KEY_TIME_MIN; k < FE_KEY_N; k++)
        if (!same_key_value((fe_key)k, key_of(a, (fe_key)k), key_of(b, (fe_key)k)))
            return false;
    return !labels || same_labels(a, b);
}

static fe_row_group *group_of(fe_row_groups *groups, const fe_row_ref *m, bool labels, bool energies)
{
    if (m->row < groups->n && same_place(&groups->group[m->row].member[0], m, labels, energies))
        return &groups->group[m->row];          /* tables of one making have the rows in one order */
    for (size_t i = 0; i < groups->n; i++)
        if (same_place(&groups->group[i].member[0], m, labels, energies))
            return &groups->group[i];
    return NULL;
}

/* Row of the same table in the group already; -1: none. */
static long twin(const fe_row_group *g, const fe_estimate *e)
{
    for (size_t i = 0; i < g->n; i++)
        if (g->member[i].e == e)
            return (long)g->member[i].row;
    return -1;
}

/* -1: a table has two rows with the same keys (*e and their numbers from 1); text columns may tell them apart. */
static int group_rows(size_t n, fe_estimate *const *parts, bool labels, fe_row_groups *groups, const fe_estimate **e, long twins[2])
{
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < parts[k]->n; i++) {
            fe_row_ref m = { .e = parts[k], .row = i, .scale = 1 };
            fe_row_group *g = group_of(groups, &m, labels, true);

            if (!g)
                g = fe_row_groups_add(groups);
            else if (twin(g, parts[k]) >= 0) {
                *e = parts[k];
                twins[0] = twin(g, parts[k]) + 1;
                twins[1] = (long)i + 1;
                return -1;
            }
            fe_row_group_add(g, parts[k], i);
            g->n_expected = n;
        }
    return 0;
}

/*
 * Norms are of the first member's reference: x = own norm * ref / ref_first.  The ratio must be the same in dnde, flux and eflux, else
 * norms of one flux depend on the shape.
 */
static int set_scales(fe_row_group *g, fe_err *err)
{
    static const int types[] = { FE_SED_FLUX, FE_SED_EFLUX, FE_SED_DNDE };

    for (size_t i = 0; i < g->n; i++) {
        fe_row_ref *m = &g->member[i];
        double low = INFINITY, high = -INFINITY, first = NAN;

        for (int k = 0; k < 3; k++) {
            double ratio = ref_of(&g->member[0], types[k]) / ref_of(m, types[k]);

            if (!isfinite(ratio) || !(ratio > 0))
                continue;
            first = isnan(first) ? ratio : first;
            low = fmin(low, ratio);
            high = fmax(high, ratio);
        }
        if (isnan(first))
            return fe_fail(err, FE_EDATA, &(fe_where){ m->e->file, NULL, (long)m->row + 1 },
                           "the table does not say what norm 1 is: no ref_* columns and no reference model");
        if (!(high <= low * (1 + SHAPE_RTOL)))
            return fe_fail(err, FE_EDATA, &(fe_where){ m->e->file, NULL, (long)m->row + 1 },
                           "its reference model has another shape than that of %s (ratios of ref_* from %.6g to %.6g): bring both to one "
                           "with --swap-model", fe_combine_file(g->member[0].e), low, high);
        m->scale = first;
    }
    return 0;
}

static void copy_refs(const fe_row_ref *m, fe_estimate *out, size_t row)
{
    for (int t = 0; t < FE_SED_LIKELIHOOD; t++)
        if (m->e->ref[t])
            fe_estimate_ref(out, (fe_sedtype)t)[row] = m->e->ref[t][m->row];
}

static int find_groups(size_t n, fe_estimate *const *parts, fe_row_groups *groups, fe_err *err)
{
    const fe_estimate *e = NULL;
    long twins[2];

    if (group_rows(n, parts, false, groups, &e, twins) == 0)
        return 0;
    fe_row_groups_free(groups);
    if (group_rows(n, parts, true, groups, &e, twins) == 0)
        return 0;
    return fe_fail(err, FE_EDATA, &(fe_where){ e->file, NULL, twins[1] },
                   "source, energies and times are those of row %ld: which rows of other tables belong to it cannot be said", twins[0]);
}

int fe_combine_likelihood(size_t n, fe_estimate *const *parts, bool approx, fe_estimate **out, fe_err *err)
{
    const fe_row_sum how = { .approx = approx };
    fe_row_groups groups = { 0 };
    fe_estimate *e = NULL;
    int rc = -1;

    for (size_t k = 0; k < n; k++)
        if (prepare(parts[k], !approx, err) < 0)
            return -1;
    if (find_groups(n, parts, &groups, err) < 0)
        goto done;
    for (size_t i = 0; i < groups.n; i++)
        if (set_scales(&groups.group[i], err) < 0)
            goto done;
    e = new_table(n, parts, groups.n);
    for (size_t i = 0; i < groups.n; i++) {
        const fe_row_ref *m = &groups.group[i].member[0];

        fe_combine_copy_keys(m->e, m->row, e, i);
        copy_refs(m, e, i);
        fe_row_group_combine(&groups.group[i], &how, e, i);
    }
    rc = finish(e, out, err);
done:
    fe_row_groups_free(&groups);
    return rc;
}

/* ---- pixels ------------------------------------------------------------------------------------------------------ */

/* The same pixel of all parts. */
static int combine_pixel(size_t n, fe_estimate *const *parts, const fe_pixel_scan ***scan, size_t pixel, const fe_row_sum *how,
                         fe_estimate *out, fe_err *err)
{
    fe_row_group g = { .n_expected = n };
    int rc;

    for (size_t k = 0; k < n; k++)
        fe_row_group_add_pixel(&g, parts[k], pixel, scan[k][pixel]);
    rc = set_scales(&g, err);
    if (rc == 0) {
        fe_combine_copy_keys(parts[0], pixel, out, pixel);
        copy_refs(&g.member[0], out, pixel);
        fe_row_group_combine(&g, how, out, pixel);
    }
    free(g.member);
    return rc;
}

int fe_combine_pixels(size_t n, fe_estimate *const *parts, const fe_scanlist *scans, size_t band, bool approx, fe_scanlist *out_scans,
                      fe_estimate **out, fe_err *err)
{
    const fe_row_sum how = { .approx = approx, .scans = out_scans, .band = band };
    const fe_pixel_scan ***scan = FE_NEWN(const fe_pixel_scan **, n);
    fe_estimate *e = NULL;
    int rc = 0;

    for (size_t k = 0; k < n && rc == 0; k++) {
        rc = prepare(parts[k], !approx && scans[k].n == 0, err);
        scan[k] = fe_scanlist_index(&scans[k], band, parts[0]->n);
    }
    if (rc == 0)
        e = new_table(n, parts, parts[0]->n);
    for (size_t i = 0; rc == 0 && i < parts[0]->n; i++)
        rc = combine_pixel(n, parts, scan, i, &how, e, err);
    for (size_t k = 0; k < n; k++)
        free(scan[k]);
    free(scan);
    if (rc == 0)
        return finish(e, out, err);
    fe_estimate_free(e);
    return rc;
}

/* ---- other bands ----------------------------------------------------------------------------------------------- */

/* Which new band holds the row: its number, n_edges when it lies outside, -1 when an edge cuts through it. */
static long band_of(const fe_row_ref *m, size_t n_edges, const double *edge)
{
    double low = key_of(m, FE_KEY_E_MIN), high = key_of(m, FE_KEY_E_MAX);
    double slack = 1e-6;                        /* float32 edges */

    for (size_t b = 0; b + 1 < n_edges; b++)
        if (low >= edge[b] * (1 - slack) && high <= edge[b + 1] * (1 + slack))
            return (long)b;
    if (high <= edge[0] * (1 + slack) || low >= edge[n_edges - 1] * (1 - slack))
        return (long)n_edges;
    return -1;
}

/* ref of the model times what the row says: the amplitude k of the row's reference, ref = k model. */
static int amplitude(const fe_row_ref *m, double *k, fe_err *err)
{
    static const int types[] = { FE_SED_FLUX, FE_SED_EFLUX, FE_SED_DNDE };
    double low = INFINITY, high = -INFINITY;

    *k = NAN;
    for (int t = 0; t < 3; t++) {
        double ratio = ref_of(m, types[t]) / fe_sedtype_ref((fe_sedtype)types[t], m->e->model, key_of(m, FE_KEY_E_MIN),
                                                            key_of(m, FE_KEY_E_MAX), key_of(m, FE_KEY_E_REF));

        if (!isfinite(ratio) || !(ratio > 0))
            continue;
        *k = isnan(*k) ? ratio : *k;
        low = fmin(low, ratio);
        high = fmax(high, ratio);
    }
    if (isnan(*k) || !(high <= low * (1 + SHAPE_RTOL)))
        return fe_fail(err, FE_EDATA, &(fe_where){ m->e->file, NULL, (long)m->row + 1 },
                       "ref_* are not those of the stored reference model (%.6g to %.6g times it): bands can be joined under one model only",
                       low, high);
    return 0;
}

static int by_energy(const void *a, const void *b)
{
    double x = key_of(a, FE_KEY_E_MIN), y = key_of(b, FE_KEY_E_MIN);

    return (x > y) - (x < y);
}

/* ref_dnde at e_ref without a model: a power law between the neighbouring bands. */
static double dnde_between(const fe_row_group *g, double e_ref)
{
    size_t i = 0;
    double e0, e1, f0, f1;

    if (g->n < 2)
        return ref_of(&g->member[0], FE_SED_DNDE);
    while (i + 2 < g->n && key_of(&g->member[i + 1], FE_KEY_E_REF) < e_ref)
        i++;
    e0 = key_of(&g->member[i], FE_KEY_E_REF);
    e1 = key_of(&g->member[i + 1], FE_KEY_E_REF);
    f0 = ref_of(&g->member[i], FE_SED_DNDE);
    f1 = ref_of(&g->member[i + 1], FE_SED_DNDE);
    return f0 * pow(f1 / f0, log(e_ref / e0) / log(e1 / e0));
}

/* Keys and reference values of the joined band; true when bands are missing inside. */
static bool put_band(const fe_row_group *g, double k, fe_estimate *out, size_t row)
{
    const fe_row_ref *first = &g->member[0];
    double low = key_of(first, FE_KEY_E_MIN), high = low, flux = 0, eflux = 0, e_ref, dnde;
    bool gap = false;

    for (size_t i = 0; i < g->n; i++) {
        const fe_row_ref *m = &g->member[i];

        gap |= fabs(key_of(m, FE_KEY_E_MIN) / high - 1) > 1e-6;
        high = fmax(high, key_of(m, FE_KEY_E_MAX));
        flux += ref_of(m, FE_SED_FLUX) * m->scale;
        eflux += ref_of(m, FE_SED_EFLUX) * m->scale;
    }
    e_ref = g->n == 1 ? key_of(first, FE_KEY_E_REF) : sqrt(low * high);
    dnde = g->n == 1 ? ref_of(first, FE_SED_DNDE)
                     : first->e->model ? k * fe_spectrum_dnde(first->e->model, e_ref) : dnde_between(g, e_ref);
    fe_combine_copy_keys(first->e, first->row, out, row);
    fe_estimate_key(out, FE_KEY_E_MAX)[row] = high;
    fe_estimate_key(out, FE_KEY_E_REF)[row] = e_ref;
    fe_estimate_ref(out, FE_SED_FLUX)[row] = flux;
    fe_estimate_ref(out, FE_SED_EFLUX)[row] = eflux;
    fe_estimate_ref(out, FE_SED_DNDE)[row] = dnde;
    fe_estimate_ref(out, FE_SED_E2DNDE)[row] = e_ref * e_ref * dnde;
    return gap;
}

/* Rows sorted into new bands, one group for each and each of the other keys, in the order of the table. */
static int group_bands(fe_estimate *e, size_t n_edges, const double *edge, bool labels, fe_row_groups *groups, fe_err *err)
{
    long *band = FE_NEWN(long, e->n);           /* of group i */
    size_t n_out = 0;
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < e->n; i++) {
        fe_row_ref m = { .e = e, .row = i, .scale = 1 };
        long b = band_of(&m, n_edges, edge);
        size_t k = 0;

        if (b == (long)n_edges) {
            n_out++;
            continue;
        }
        if (b < 0)
            rc = fe_fail(err, FE_EDATA, &(fe_where){ e->file, NULL, (long)i + 1 },
                         "the band %.6g to %.6g TeV lies in no new band: edges must be among those of the table",
                         key_of(&m, FE_KEY_E_MIN), key_of(&m, FE_KEY_E_MAX));
        while (rc == 0 && k < groups->n && !(band[k] == b && same_place(&groups->group[k].member[0], &m, labels, false)))
            k++;
        if (rc == 0 && k == groups->n) {
            band[k] = b;
            fe_row_groups_add(groups);
        }
        if (rc == 0)
            fe_row_group_add(&groups->group[k], e, i);
    }
    if (rc == 0 && n_out)
        fe_note(FE_NOTE_SAID, e->file ? &(fe_where){ e->file, NULL, 0 } : NULL, "%zu rows outside %.6g to %.6g TeV are left out", n_out,
                edge[0], edge[n_edges - 1]);
    free(band);
    return rc;
}

/* Two rows of one band in a group: they are told apart by text columns only. */
static bool overlaps(fe_row_groups *groups)
{
    bool found = false;

    for (size_t i = 0; i < groups->n; i++) {
        fe_row_group *g = &groups->group[i];

        qsort(g->member, g->n, sizeof *g->member, by_energy);
        for (size_t k = 1; k < g->n; k++)
            found |= key_of(&g->member[k], FE_KEY_E_MIN) < key_of(&g->member[k - 1], FE_KEY_E_MAX) * (1 - 1e-6);
    }
    return found;
}

static int find_bands(fe_estimate *e, size_t n_edges, const double *edge, fe_row_groups *groups, fe_err *err)
{
    if (group_bands(e, n_edges, edge, false, groups, err) < 0)
        return -1;
    if (!overlaps(groups))
        return 0;
    fe_row_groups_free(groups);
    if (group_bands(e, n_edges, edge, true, groups, err) < 0)
        return -1;
    if (!overlaps(groups))
        return 0;
    return fe_fail(err, FE_EDATA, &(fe_where){ e->file, NULL, 0 },
                   "bands of one source and time overlap: adding their scans would count data twice");
}

static int rebin_group(fe_row_group *g, bool approx, fe_estimate *out, size_t row, fe_err *err)
{
    double k_first = 1, k = 1;
    bool gap;

    for (size_t i = 0; g->member[0].e->model && i < g->n; i++) {
        if (amplitude(&g->member[i], &k, err) < 0)
            return -1;
        k_first = i == 0 ? k : k_first;
        g->member[i].scale = k_first / k;
    }
    g->n_expected = g->n;
    gap = put_band(g, k_first, out, row);
    fe_row_group_combine(g, &(fe_row_sum){ .over_energy = true, .approx = approx }, out, row);
    if (gap)
        out->q[FE_Q_STATUS][row] = (unsigned)out->q[FE_Q_STATUS][row] | FE_STATUS_PARTIAL;
    return 0;
}

int fe_combine_rebin(fe_estimate *e, size_t n_edges, const double *edge, bool approx, fe_estimate **out, fe_err *err)
{
    fe_row_groups groups = { 0 };
    fe_estimate *new = NULL;
    int rc = -1;

    for (size_t k = 1; k < n_edges; k++)
        if (!(edge[k] > edge[k - 1]))
            return fe_fail(err, FE_EUSAGE, NULL, "edges must ascend, found %g after %g TeV", edge[k], edge[k - 1]);
    if (n_edges < 2 || !e->key[FE_KEY_E_MIN] || !e->key[FE_KEY_E_MAX])
        return fe_fail(err, n_edges < 2 ? FE_EUSAGE : FE_EDATA, &(fe_where){ e->file, NULL, 0 },
                       n_edges < 2 ? "a new band needs two edges" : "there are no bands to join: no e_min and e_max");
    if (prepare(e, !approx, err) < 0)
        return -1;
    if (!e->model)
        fe_note(FE_NOTE_SAID, e->file ? &(fe_where){ e->file, NULL, 0 } : NULL,
                "no reference model is stored: the bands are taken to share the one that ref_* came from");
    if (find_bands(e, n_edges, edge, &groups, err) < 0)
        goto done;
    new = new_table(1, (fe_estimate *[]){ e }, groups.n);
    for (size_t i = 0; i < groups.n; i++)
        if (rebin_group(&groups.group[i], approx, new, i, err) < 0) {
            fe_estimate_free(new);
            goto done;
        }
    rc = finish(new, out, err);
done:
    fe_row_groups_free(&groups);
    return rc;
}
