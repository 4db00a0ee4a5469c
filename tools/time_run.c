#include "time_run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/note.h"
#include "base/opt.h"
#include "base/str.h"
#include "est/time_opt.h"
#include "est/variability.h"
#include "io/lines.h"
#include "points_run.h"

enum { MAX_SCANS = 300 };                       /* rows whose scans make Bayesian blocks; more take their errors */

static fe_timecut cut;
static const char *grouping;

/* ---- Bayesian blocks ---------------------------------------------------------------------------------------------- */

/* Of likelihood scans, whose cost goes with the third power of the rows. */
static size_t part_scans(const fe_estimate *e, size_t n, double p0, size_t *first)
{
    const double *norm = e->family[FE_SED_LIKELIHOOD][FE_VALUE];
    fe_scan **scan = FE_NEWN(fe_scan *, n);
    size_t n_blocks;

    for (size_t i = 0; e->n_scan && i < n; i++)
        scan[i] = fe_scan_new(e->n_scan, e->norm_scan + i * e->n_scan, e->stat_scan + i * e->n_scan, norm[i], e->q[FE_Q_STAT][i]);
    n_blocks = fe_blocks_of_scans(&(fe_curve_scans){ n, scan, e->ref[FE_SED_FLUX] }, p0, first);
    for (size_t i = 0; i < n; i++)
        fe_scan_free(scan[i]);
    free(scan);
    return n_blocks;
}

/* Of fluxes and errors: a parabola stands for each scan. */
static size_t part_values(const fe_estimate *e, size_t n, double p0, size_t *first)
{
    const double *norm = e->family[FE_SED_LIKELIHOOD][FE_VALUE], *err = e->family[FE_SED_LIKELIHOOD][FE_ERR];
    double *value = FE_NEWN(double, n), *sigma = FE_NEWN(double, n);
    size_t n_blocks;

    for (size_t i = 0; i < n; i++) {
        value[i] = norm[i] * e->ref[FE_SED_FLUX][i];
        sigma[i] = err[i] * e->ref[FE_SED_FLUX][i];
    }
    n_blocks = fe_blocks_of_values(&(fe_curve){ n, e->key[FE_KEY_TIME_MIN], value, sigma }, p0, first);
    free(value);
    free(sigma);
    return n_blocks;
}

/*
 * Rows of a curve by run -> bins from the first start to the last stop of each block.  The rows that have times come first, in
 * their order; the others belong to no block.
 */
static int find_blocks(const fe_estimate *e, double p0, fe_timebins *out, fe_err *err)
{
    const double *min_mjd = e->key[FE_KEY_TIME_MIN], *max_mjd = e->key[FE_KEY_TIME_MAX];
    size_t *first = FE_NEWN(size_t, e->n + 1), n = 0, n_blocks = 0;

    while (min_mjd && n < e->n && !isnan(min_mjd[n]))
        n++;
    if (n > 0)
        n_blocks = n > MAX_SCANS ? part_values(e, n, p0, first) : part_scans(e, n, p0, first);
    first[n_blocks] = n;
    *out = (fe_timebins){ .kind = FE_TIMEBINS_LIST, .n = n_blocks, .min_mjd = FE_NEWN(double, n_blocks),
                          .max_mjd = FE_NEWN(double, n_blocks) };
    for (size_t k = 0; k < n_blocks; k++) {
        out->min_mjd[k] = min_mjd[first[k]];
        out->max_mjd[k] = max_mjd[first[k]];
        for (size_t i = first[k]; i < first[k + 1]; i++)
            out->max_mjd[k] = fmax(out->max_mjd[k], max_mjd[i]);
    }
    free(first);
    if (n_blocks == 0)
        return fe_fail(err, FE_EUSAGE, NULL, "no dataset has good time intervals, so there is only --time-bins run; --gti FILE gives "
                       "them");
    fe_note(FE_NOTE_SAID, NULL, "%zu Bayesian blocks (chance of a false change point %g), from %s", n_blocks, p0,
            n > MAX_SCANS ? "fluxes and errors" : "likelihood scans");
    return 0;
}

/* The curve by run in one band over all of those asked for, with scans. */
static int make_blocks(const fe_plan *asked, const fe_feed *feed, fe_models *models, const fe_plan_request *request, fe_err *err)
{
    fe_plan_request scanning = *request;
    fe_plan plan = { .exact_edges = asked->exact_edges, .skip_bad = asked->skip_bad, .where = asked->where,
                     .time_min = asked->time_min, .time_max = asked->time_max };
    fe_estimate *e = fe_estimate_new();
    fe_timebins list = { 0 };
    int rc = asked->edges.kind == FE_EDGES_LIST ? fe_edges_span(&asked->edges, &plan.edges) : fe_edges_whole(&plan.edges);

    if (rc == 0)
        rc = fe_plan_make(&plan, "interval", NULL, feed, err);
    scanning.norm.want_scan = plan.n_sets <= MAX_SCANS;
    scanning.norm.n_sigma = 1;                      /* of part_values() */
    if (rc == 0)
        rc = points_estimate(&plan, feed, models, &scanning, e, err);
    if (rc == 0 && fe_models_n_chosen(models) > 1)
        rc = fe_fail(err, FE_EUSAGE, NULL, "--time-bins blocks: expected one source, %zu are chosen", fe_models_n_chosen(models));
    if (rc == 0)
        rc = find_blocks(e, cut.bins.threshold, &list, err);
    if (rc == 0) {
        fe_timebins_free(&cut.bins);
        cut.bins = list;
    } else {
        fe_timebins_free(&list);
    }
    fe_plan_free(&plan);
    fe_estimate_free(e);
    return rc;
}

/* ---- as typed ----------------------------------------------------------------------------------------------------- */

/* "@FILE": its lines are the bins. */
static int read_bins(fe_str *text, fe_err *err)
{
    const char *bins = fe_timebins_typed();
    fe_strv lines = { 0 };
    int rc = 0;

    if (bins[0] != '@') {
        fe_str_add(text, bins);
        return 0;
    }
    rc = fe_lines_read(bins + 1, &lines, err);
    for (size_t i = 0; i < lines.n; i++)
        fe_str_addf(text, "%s%s", i ? "," : "", lines.s[i]);
    fe_strv_free(&lines);
    return rc;
}

int time_run_open(fe_err *err)
{
    fe_str bins = { 0 };
    int rc = read_bins(&bins, err);

    if (rc == 0)
        rc = fe_timecut_typed(&fe_args, bins.s ? bins.s : "", &cut, &grouping, err);
    fe_str_free(&bins);
    return rc;
}

void time_run_close(void)
{
    fe_timecut_free(&cut);
}

/* Two regions of one map follow each other in their feed (est/region_feed.h). */
static int has_regions(const fe_feed *feed, bool *out, fe_err *err)
{
    fe_dataset_info a = { 0 }, b = { 0 };
    int rc = 0;

    *out = false;
    if (feed->n < 2)
        return 0;
    rc = feed->info(feed->ctx, 0, &a, err) < 0 || feed->info(feed->ctx, 1, &b, err) < 0 ? -1 : 0;
    if (rc == 0 && fe_meta_text(&a.meta, "REGIONNR") && fe_meta_text(&b.meta, "REGIONNR"))
        *out = strcmp(fe_meta_text(&a.meta, "REGIONNR"), fe_meta_text(&b.meta, "REGIONNR")) != 0;
    fe_dataset_info_free(&a);
    fe_dataset_info_free(&b);
    return rc;
}

/* Bins that follow the data would be those of the first regions, by turns. */
static int check_regions(const fe_feed *feed, fe_err *err)
{
    fe_timebins_kind kind = cut.bins.kind;
    bool several;

    if (kind != FE_TIMEBINS_MIN_SIG && kind != FE_TIMEBINS_MIN_COUNTS && kind != FE_TIMEBINS_BLOCKS)
        return 0;
    if (has_regions(feed, &several, err) < 0)
        return -1;
    return !several ? 0 : fe_fail(err, FE_EUSAGE, NULL, "--time-bins %s: bins that follow the data are those of one region, found several; "
                                  "give a list of edges", fe_timebins_typed());
}

int time_run_group(fe_plan *plan, const char *group_by, const fe_feed *feed, fe_models *models, const fe_plan_request *request,
                   fe_err *err)
{
    if (check_regions(feed, err) < 0)
        return -1;
    if (cut.bins.kind == FE_TIMEBINS_BLOCKS && make_blocks(plan, feed, models, request, err) < 0)
        return -1;
    if (fe_plan_adapt_times(plan, &cut, feed, err) < 0)
        return -1;
    plan->cut = &cut;
    if (fe_plan_make(plan, grouping, NULL, feed, err) < 0)
        return -1;
    return group_by ? fe_plan_cross(plan, "column", group_by, feed, err) : 0;
}
