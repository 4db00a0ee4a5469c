#include "est/stack.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"

/*
 * Sums over datasets d with mask e_d (algorithms 7.4): n = sum n_d e_d, the same for background, OFF and acceptance;
 * exposure = sum exposure_d; the dispersion weighted by exposure and mask, so that npred of the stack is the masked sum
 * of the datasets' npred.  It is summed as a full matrix: there is one stack.
 */
struct fe_stacker {
    fe_dataset *sum;                /* NULL before the first dataset                                    */
    double *alpha_off;              /* [n_bins] sum alpha_d n_off_d                                     */
    double *weighted;               /* [n_etrue][n_e] sum exposure_d R_d e_d                            */
    bool *no_off;                   /* [n_bins] left out for want of an OFF region                      */
};

static const double EDGE_RTOL = 1e-6;       /* float32 rounding of the same edge */

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
    free(st);
}

static double *copy_edges(const double *edge, size_t n)
{
    double *copy = FE_NEWN(double, n);

    memcpy(copy, edge, n * sizeof *edge);
    return copy;
}

static void start(fe_stacker *st, const fe_dataset *d)
{
    fe_dataset *sum = st->sum = fe_dataset_new(d->n_e, d->n_etrue, d->ny, d->nx);
    size_t n = fe_dataset_n_bins(d);

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
    st->weighted = FE_NEWN(double, d->n_etrue * d->n_e);
    st->no_off = FE_NEWN(bool, n);
}

static bool same_edges(const double *a, const double *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (a[i] != b[i] && !fe_num_close(a[i], b[i], EDGE_RTOL))
            return false;
    return true;
}

static int check(const fe_dataset *sum, const fe_dataset *d, fe_err *err)
{
    const fe_where where = { d->info.file, NULL, 0 };

    if (d->ny * d->nx != 1)
        return fe_fail(err, FE_EDATA, &where, "only spectra can be stacked, this dataset has %zu x %zu pixels",
                       d->nx, d->ny);
    if (!sum)
        return 0;
    if (sum->n_e != d->n_e || !same_edges(sum->e_edge_TeV, d->e_edge_TeV, d->n_e + 1))
        return fe_fail(err, FE_EDATA, &where, "reconstructed energy axis differs from that of %s, datasets cannot be "
                       "stacked%s", sum->info.file ? sum->info.file : "the first dataset",
                       sum->n_channels || d->n_channels ? " (GROUPING sums channels: --no-grouping keeps them)" : "");
    if (sum->n_etrue != d->n_etrue || !same_edges(sum->etrue_edge_TeV, d->etrue_edge_TeV, d->n_etrue + 1))
        return fe_fail(err, FE_EDATA, &where, "true energy axis differs from that of %s, datasets cannot be stacked",
                       sum->info.file ? sum->info.file : "the first dataset");
    if (!sum->n_off != !d->n_off)
        return fe_fail(err, FE_EDATA, &where, "a dataset %s OFF counts cannot be stacked with %s",
                       d->n_off ? "with" : "without", sum->info.file ? sum->info.file : "the first dataset");
    return 0;
}

/* Without OFF region (alpha 0) there is no background estimate: the channel is left out as a masked one. */
static bool is_used(const fe_dataset *d, size_t j)
{
    return d->mask[j] && (!d->n_off || (d->alpha[j] > 0 && isfinite(d->alpha[j])));
}

static void add_bins(fe_stacker *st, const fe_dataset *d)
{
    fe_dataset *sum = st->sum;

    if (d->background && !sum->background)
        sum->background = FE_NEWN(double, fe_dataset_n_bins(d));
    for (size_t j = 0; j < fe_dataset_n_bins(d); j++) {
        if (!is_used(d, j)) {
            st->no_off[j] |= d->mask[j];
            continue;
        }
        sum->mask[j] = true;
        sum->counts[j] += d->counts[j];
        if (d->background)
            sum->background[j] += d->background[j];
        if (!d->n_off)
            continue;
        double acceptance = d->acceptance ? d->acceptance[j] : 1;
        sum->n_off[j] += d->n_off[j];
        sum->acceptance[j] += acceptance;
        sum->acceptance_off[j] += acceptance / d->alpha[j];
        st->alpha_off[j] += d->alpha[j] * d->n_off[j];
    }
}

static void add_response(fe_stacker *st, const fe_dataset *d)
{
    const fe_edisp *r = d->edisp;
    bool any = false;

    for (size_t j = 0; j < d->n_e; j++)
        any |= is_used(d, j);
    for (size_t i = 0; any && i < d->n_etrue; i++) {
        double exposure = d->exposure_cm2_s[i];

        st->sum->exposure_cm2_s[i] += exposure;
        for (size_t k = r->row[i]; exposure > 0 && k < r->row[i + 1]; k++)
            if (is_used(d, (size_t)r->col[k]))
                st->weighted[i * d->n_e + (size_t)r->col[k]] += exposure * r->value[k];
    }
}

/* fmin and fmax ignore a NaN. */
static void add_times(fe_dataset *sum, const fe_dataset *d)
{
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

int fe_stacker_add(fe_stacker *st, const fe_dataset *d, fe_err *err)
{
    if (d->ny * d->nx != 1)
        return fe_fail(err, FE_EDATA, &(fe_where){ d->info.file, NULL, 0 }, "dataset has %zu x %zu pixels, expected a spectrum: "
                       "maps are not added", d->nx, d->ny);
    if (check(st->sum, d, err) < 0)
        return -1;
    if (!st->sum)
        start(st, d);
    add_bins(st, d);
    add_response(st, d);
    add_times(st->sum, d);
    return 0;
}

/*
 * acceptance_off = acceptance n_off / sum alpha n_off: alpha n_off is the summed background.  A channel without OFF
 * counts gets the mean alpha of all channels, sum alpha n_off / sum n_off; when there are no OFF counts at all, the
 * ratio of the summed acceptances.
 */
static void finish_alpha(fe_stacker *st)
{
    fe_dataset *sum = st->sum;
    double all_off = 0, all_alpha_off = 0;

    for (size_t j = 0; j < sum->n_e; j++) {
        all_off += sum->n_off[j];
        all_alpha_off += st->alpha_off[j];
    }
    for (size_t j = 0; j < sum->n_e; j++) {
        if (!sum->mask[j])
            continue;
        if (sum->n_off[j] > 0)
            sum->acceptance_off[j] = sum->acceptance[j] * sum->n_off[j] / st->alpha_off[j];
        else if (all_off > 0)
            sum->acceptance_off[j] = sum->acceptance[j] * all_off / all_alpha_off;
        sum->alpha[j] = sum->acceptance[j] / sum->acceptance_off[j];
    }
    for (size_t j = 0; j < sum->n_e; j++)
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

fe_dataset *fe_stacker_finish(fe_stacker *st)
{
    fe_dataset *sum = st->sum;

    if (!sum)
        return NULL;
    if (sum->n_off)
        finish_alpha(st);
    fe_edisp_free(sum->edisp);
    sum->edisp = finish_dispersion(st);
    st->sum = NULL;
    free(st->alpha_off);
    free(st->weighted);
    st->alpha_off = st->weighted = NULL;
    return sum;
}

int fe_stack_feed(const fe_feed *feed, size_t n, const size_t *member, fe_dataset **out, fe_err *err)
{
    fe_stacker *st = fe_stacker_new();
    int rc = 0;

    *out = NULL;
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
