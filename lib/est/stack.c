#include "est/stack.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/note.h"
#include "est/stack_parts.h"

/*
 * Sums over datasets d with mask e_d (algorithms 7.4): n = sum n_d e_d, the same for background, OFF and acceptance;
 * exposure = sum exposure_d in pixels that are used in any channel; the dispersion weighted by exposure and mask, so that npred of
 * the stack is the masked sum of the datasets' npred.  That of spectra is summed as a full matrix: there is one stack.
 */
struct fe_stacker {
    fe_geom *geom;                  /* asked for; NULL: that of the first                               */
    fe_dataset *sum;                /* NULL before the first dataset                                    */
    double *alpha_off;              /* [n_bins] sum alpha_d n_off_d                                     */
    double *weighted;               /* [n_etrue][n_e] sum exposure_d R_d e_d, of spectra                */
    bool *no_off;                   /* [n_bins] left out for want of an OFF region                      */
};

fe_stacker *fe_stacker_new(void)
{
    return FE_NEW(fe_stacker);
}

void fe_stacker_free(fe_stacker *st)
{
    if (!st)
        return;
    fe_dataset_free(st->sum);
    free(st->alpha_off);
    free(st->weighted);
    free(st->no_off);
    fe_geom_free(st->geom);
    free(st);
}

void fe_stacker_set_geom(fe_stacker *st, fe_geom *geom)
{
    st->geom = fe_geom_share(geom);
}

static double *copy_edges(const double *edge, size_t n)
{
    double *copy = FE_NEWN(double, n);

    memcpy(copy, edge, n * sizeof *edge);
    return copy;
}

/* What is known before the first bin is added. */
static void start(fe_stacker *st, const fe_dataset *d)
{
    fe_geom *geom = st->geom ? st->geom : d->geom;
    fe_dataset *sum = st->sum = fe_dataset_new(d->n_e, d->n_etrue, geom ? fe_geom_ny(geom) : 1, geom ? fe_geom_nx(geom) : 1);
    size_t n = fe_dataset_n_bins(sum);

    free(sum->e_edge_TeV);
    free(sum->etrue_edge_TeV);
    sum->e_edge_TeV = copy_edges(d->e_edge_TeV, d->n_e + 1);
    sum->etrue_edge_TeV = copy_edges(d->etrue_edge_TeV, d->n_etrue + 1);
    sum->info.name = fe_strdup("stacked");
    sum->info.file = fe_strdup(d->info.file);
    sum->info.telescop = fe_strdup(d->info.telescop);
    sum->info.instrume = fe_strdup(d->info.instrume);
    sum->n_channels = d->n_channels;
    sum->livetime_s = 0;
    memset(sum->mask, 0, n * sizeof *sum->mask);
    if (d->n_off) {
        sum->n_off = FE_NEWN(double, n);
        sum->alpha = FE_NEWN(double, n);
        sum->acceptance = FE_NEWN(double, n);
        sum->acceptance_off = FE_NEWN(double, n);
        st->alpha_off = FE_NEWN(double, n);
    }
    st->no_off = FE_NEWN(bool, n);
    if (!geom) {
        st->weighted = FE_NEWN(double, d->n_etrue * d->n_e);
        return;
    }
    sum->geom = fe_geom_share(geom);
    sum->psf = d->psf ? fe_stack_irf_start(d->psf, d, geom) : NULL;
}

/* ---- do they fit together? --------------------------------------------------------------------------------------- */

static const char *name_of(const fe_dataset *sum)
{
    return sum && sum->info.file ? sum->info.file : "the first dataset";
}

static int check_kind(const fe_stacker *st, const fe_dataset *d, fe_err *err)
{
    const fe_where where = { d->info.file, NULL, 0 };

    if (!d->geom && d->ny * d->nx != 1)
        return fe_fail(err, FE_EDATA, &where, "dataset has %zu x %zu pixels without a place on the sky, expected a spectrum or a map",
                       d->nx, d->ny);
    if (!d->geom && st->geom)
        return fe_fail(err, FE_EDATA, &where, "a spectrum, expected a map: the geometry of the sum is given");
    if (st->sum && !st->sum->geom != !d->geom)
        return fe_fail(err, FE_EDATA, &where, "a %s cannot be stacked with a %s, %s", d->geom ? "map" : "spectrum",
                       d->geom ? "spectrum" : "map", name_of(st->sum));
    return 0;
}

static int check_axes(const fe_dataset *sum, const fe_dataset *d, fe_err *err)
{
    const fe_where where = { d->info.file, NULL, 0 };

    if (sum->n_e != d->n_e || !fe_stack_same_edges(sum->e_edge_TeV, d->e_edge_TeV, d->n_e + 1))
        return fe_fail(err, FE_EDATA, &where, "reconstructed energy axis differs from that of %s, datasets cannot be "
                       "stacked%s", name_of(sum),
                       sum->n_channels || d->n_channels ? " (GROUPING sums channels: --no-grouping keeps them)" : "");
    if (sum->n_etrue != d->n_etrue || !fe_stack_same_edges(sum->etrue_edge_TeV, d->etrue_edge_TeV, d->n_etrue + 1))
        return fe_fail(err, FE_EDATA, &where, "true energy axis differs from that of %s, datasets cannot be stacked",
                       name_of(sum));
    if (!sum->n_off != !d->n_off)
        return fe_fail(err, FE_EDATA, &where, "a dataset %s OFF counts cannot be stacked with %s",
                       d->n_off ? "with" : "without", name_of(sum));
    return 0;
}

/* edisp: of a map. */
static int check(const fe_stacker *st, const fe_dataset *d, const fe_irfmap *edisp, fe_overlap *o, fe_err *err)
{
    fe_geom *geom = st->sum ? st->sum->geom : st->geom ? st->geom : d->geom;

    if (check_kind(st, d, err) < 0 || (st->sum && check_axes(st->sum, d, err) < 0))
        return -1;
    if (fe_overlap_of_maps(geom, st->geom ? "the geometry asked for" : name_of(st->sum), d, o, err) < 0)
        return -1;
    if (!st->sum)
        return fe_stack_irf_check(d->psf, "itself", d->psf, d, err);
    if (fe_stack_irf_check(st->sum->psf, name_of(st->sum), d->psf, d, err) < 0)
        return -1;
    return edisp ? fe_stack_irf_check(st->sum->edisp_map, name_of(st->sum), edisp, d, err) : 0;
}

/* ---- sums -------------------------------------------------------------------------------------------------------- */

/*
 * Without OFF region (alpha 0) there is no background estimate: the bin is left out as a masked one.
 */
static bool is_used(const fe_dataset *d, size_t j)
{
    return d->mask[j] && (!d->n_off || (d->alpha[j] > 0 && isfinite(d->alpha[j])));
}

static bool *find_used(const fe_dataset *d)
{
    size_t n = fe_dataset_n_bins(d);
    bool *used = FE_NEWN(bool, n);

    for (size_t j = 0; j < n; j++)
        used[j] = is_used(d, j);
    return used;
}

static void add_bin(fe_stacker *st, size_t to, const fe_dataset *d, size_t from)
{
    fe_dataset *sum = st->sum;

    sum->mask[to] = true;
    sum->counts[to] += d->counts[from];
    if (d->background)
        sum->background[to] += d->background[from];
    if (!d->n_off)
        return;
    double acceptance = d->acceptance ? d->acceptance[from] : 1;
    sum->n_off[to] += d->n_off[from];
    sum->acceptance[to] += acceptance;
    sum->acceptance_off[to] += acceptance / d->alpha[from];
    st->alpha_off[to] += d->alpha[from] * d->n_off[from];
}

/* Bin (plane, y, x) of a map of nx x ny pixels, its pixels given in those of the sum. */
static size_t bin_of(const fe_dataset *d, const fe_overlap *o, size_t plane, size_t x, size_t y)
{
    return (plane * d->ny + (size_t)((long)y - o->dy)) * d->nx + (size_t)((long)x - o->dx);
}

static void add_bins(fe_stacker *st, const fe_dataset *d, const bool *used, const fe_overlap *o)
{
    fe_dataset *sum = st->sum;
    size_t n_used = 0, n_added = 0;

    if (d->background && !sum->background)
        sum->background = FE_NEWN(double, fe_dataset_n_bins(sum));
    for (size_t j = 0; j < fe_dataset_n_bins(d); j++)
        n_used += used[j];
    for (size_t j = 0; j < d->n_e; j++)
        for (size_t y = o->y0; y < o->y0 + o->ny; y++)
            for (size_t x = o->x0; x < o->x0 + o->nx; x++) {
                size_t to = (j * sum->ny + y) * sum->nx + x, from = bin_of(d, o, j, x, y);

                if (used[from])
                    add_bin(st, to, d, from);
                else
                    st->no_off[to] |= d->mask[from];
                n_added += used[from];
            }
    if (n_added < n_used)
        fe_note(FE_NOTE_SAID, &(fe_where){ d->info.file, NULL, 0 }, "%zu of its %zu bins lie outside of the sum and are left out",
                n_used - n_added, n_used);
}

/* Where a pixel is used in any channel. */
static void add_exposure(fe_dataset *sum, const fe_dataset *d, const bool *used, const fe_overlap *o)
{
    for (size_t y = o->y0; y < o->y0 + o->ny; y++)
        for (size_t x = o->x0; x < o->x0 + o->nx; x++) {
            bool any = false;

            for (size_t j = 0; j < d->n_e; j++)
                any |= used[bin_of(d, o, j, x, y)];
            for (size_t i = 0; any && i < d->n_etrue; i++)
                sum->exposure_cm2_s[(i * sum->ny + y) * sum->nx + x] += d->exposure_cm2_s[bin_of(d, o, i, x, y)];
        }
}

static void add_dispersion(fe_stacker *st, const fe_dataset *d, const bool *used)
{
    const fe_edisp *r = d->edisp;

    for (size_t i = 0; i < d->n_etrue; i++) {
        double exposure = d->exposure_cm2_s[i];

        for (size_t k = r->row[i]; exposure > 0 && k < r->row[i + 1]; k++)
            if (used[r->col[k]])
                st->weighted[i * d->n_e + (size_t)r->col[k]] += exposure * r->value[k];
    }
}

/* edisp: of a map. */
static void add_response(fe_stacker *st, const fe_dataset *d, const fe_irfmap *edisp, const bool *used, const fe_overlap *o)
{
    add_exposure(st->sum, d, used, o);
    if (!edisp) {
        add_dispersion(st, d, used);
        return;
    }
    if (!st->sum->edisp_map)
        st->sum->edisp_map = fe_stack_irf_start(edisp, d, st->sum->geom);
    fe_stack_irf_add(st->sum->edisp_map, edisp, d, used);
    if (d->psf)
        fe_stack_irf_add(st->sum->psf, d->psf, d, used);
}

/* fmin and fmax ignore a NaN. */
static void add_times(fe_dataset *sum, const fe_dataset *d, const bool *used)
{
    if (memchr(used, true, fe_dataset_n_bins(d)))
        sum->livetime_s += d->livetime_s;
    sum->info.mjd_start = fmin(sum->info.mjd_start, d->info.mjd_start);
    sum->info.mjd_stop = fmax(sum->info.mjd_stop, d->info.mjd_stop);
    if (!d->gti)
        return;
    if (!sum->gti)
        sum->gti = fe_gti_copy(d->gti);
    else if (fe_gti_append(sum->gti, d->gti) < 0) {
        fe_gti_free(sum->gti);          /* intervals of two time scales have no common list */
        sum->gti = NULL;
    }
}

/* gammapy drops the units of what it has stacked. */
static bool same_column(fe_column *to, const fe_column *from)
{
    if (!from || from->type != to->type || (*from->unit && *to->unit && strcmp(from->unit, to->unit)))
        return false;
    if (!*to->unit) {
        free(to->unit);
        to->unit = fe_strdup(from->unit);
    }
    return true;
}

/* The columns that all have: from the first, those the others lack are removed. */
static void append_runs(fe_table *to, const fe_table *from)
{
    size_t n = to->n_rows;

    for (size_t k = to->n_cols; k-- > 0;)
        if (!same_column(&to->col[k], fe_table_find(from, to->col[k].name)))
            fe_table_remove(to, to->col[k].name);
    fe_table_resize(to, n + from->n_rows);
    for (size_t k = 0; k < to->n_cols; k++)
        fe_column_copy(fe_table_find(from, to->col[k].name), 0, &to->col[k], n, from->n_rows);
}

/* A list that lacks some runs would be none. */
static void add_runs(fe_dataset *sum, const fe_dataset *d, bool first)
{
    if (!d->runs || (!first && !sum->runs)) {
        fe_table_free(sum->runs);
        sum->runs = NULL;
        return;
    }
    if (first) {
        sum->runs = fe_table_new(d->runs->name, 0);
        for (size_t k = 0; k < d->runs->n_cols; k++)
            fe_table_add(sum->runs, d->runs->col[k].name, d->runs->col[k].type, d->runs->col[k].unit, 1);
    }
    append_runs(sum->runs, d->runs);
}

int fe_stacker_add(fe_stacker *st, const fe_dataset *d, fe_err *err)
{
    fe_irfmap *own = NULL;
    const fe_irfmap *edisp = d->geom ? fe_stack_edisp(d, &own) : NULL;
    bool *used = NULL, first = !st->sum;
    fe_overlap o;
    int rc = check(st, d, edisp, &o, err);

    if (rc < 0)
        goto done;
    if (first)
        start(st, d);
    used = find_used(d);
    add_bins(st, d, used, &o);
    add_response(st, d, edisp, used, &o);
    add_times(st->sum, d, used);
    add_runs(st->sum, d, first);
done:
    free(used);
    fe_irfmap_free(own);
    return rc;
}

/*
 * acceptance_off = acceptance n_off / sum alpha n_off: alpha n_off is the summed background.  A bin without OFF
 * counts gets the mean alpha of all bins, sum alpha n_off / sum n_off; when there are no OFF counts at all, the
 * ratio of the summed acceptances.
 */
static void finish_alpha(fe_stacker *st)
{
    fe_dataset *sum = st->sum;
    size_t n = fe_dataset_n_bins(sum);
    double all_off = 0, all_alpha_off = 0;

    for (size_t j = 0; j < n; j++) {
        all_off += sum->n_off[j];
        all_alpha_off += st->alpha_off[j];
    }
    for (size_t j = 0; j < n; j++) {
        if (!sum->mask[j])
            continue;
        if (sum->n_off[j] > 0)
            sum->acceptance_off[j] = sum->acceptance[j] * sum->n_off[j] / st->alpha_off[j];
        else if (all_off > 0)
            sum->acceptance_off[j] = sum->acceptance[j] * all_off / all_alpha_off;
        sum->alpha[j] = sum->acceptance[j] / sum->acceptance_off[j];
    }
    for (size_t j = 0; j < n; j++)
        sum->mask[j] |= st->no_off[j];          /* alpha 0 where no dataset has a region: as in the datasets */
}

static fe_edisp *finish_dispersion(const fe_stacker *st)
{
    const fe_dataset *sum = st->sum;
    fe_edisp *r;
    size_t n = 0;

    for (size_t k = 0; k < sum->n_etrue * sum->n_e; k++)
        n += st->weighted[k] > 0;
    r = fe_edisp_new(sum->n_etrue, sum->n_e, n);
    n = 0;
    for (size_t i = 0; i < sum->n_etrue; i++) {
        for (size_t j = 0; j < sum->n_e; j++) {
            double weighted = st->weighted[i * sum->n_e + j];

            if (!(weighted > 0))
                continue;
            r->col[n] = (int)j;
            r->value[n++] = weighted / sum->exposure_cm2_s[i];
        }
        r->row[i + 1] = n;
    }
    return r;
}

/* The matrix of a map is that at its centre. */
static void finish_maps(fe_dataset *sum)
{
    double lon, lat;
    fe_edisp *centre;

    fe_stack_irf_finish(sum->edisp_map);
    if (sum->psf)
        fe_stack_irf_finish(sum->psf);
    fe_geom_centre(sum->geom, &lon, &lat);
    centre = fe_irfmap_edisp(sum->edisp_map, lon, lat, sum->n_etrue, sum->etrue_edge_TeV, sum->n_e, sum->e_edge_TeV, NULL);
    if (centre) {
        fe_edisp_free(sum->edisp);
        sum->edisp = centre;
    }
}

fe_dataset *fe_stacker_finish(fe_stacker *st)
{
    fe_dataset *sum = st->sum;

    if (!sum)
        return NULL;
    if (sum->n_off)
        finish_alpha(st);
    if (sum->gti)
        fe_gti_unite(sum->gti);
    if (sum->geom) {
        finish_maps(sum);
    } else {
        fe_edisp_free(sum->edisp);
        sum->edisp = finish_dispersion(st);
    }
    st->sum = NULL;
    free(st->alpha_off);
    free(st->weighted);
    free(st->no_off);
    st->alpha_off = st->weighted = NULL;
    st->no_off = NULL;
    return sum;
}

int fe_stack_feed(const fe_feed *feed, size_t n, const size_t *member, fe_geom *geom, fe_dataset **out, fe_err *err)
{
    fe_stacker *st = fe_stacker_new();
    int rc = 0;

    *out = NULL;
    fe_stacker_set_geom(st, geom);
    for (size_t k = 0; rc == 0 && k < n; k++) {
        fe_dataset *d = NULL;

        rc = feed->open(feed->ctx, member[k], &d, err);
        if (rc == 0)
            rc = fe_stacker_add(st, d, err);
        fe_dataset_free(d);
    }
    if (rc == 0 && !(*out = fe_stacker_finish(st)))
        rc = fe_fail(err, FE_EDATA, NULL, "there is no dataset to be stacked");
    fe_stacker_free(st);
    return rc;
}
