#include "points_run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/note.h"
#include "base/num.h"
#include "base/opt.h"
#include "est/describe.h"
#include "est/points_opt.h"
#include "est/region_feed.h"
#include "est/time_opt.h"
#include "io/model_io.h"
#include "io/product.h"
#include "io/typed.h"
#include "feeds_run.h"
#include "pieces_run.h"

static int run_groups(const fe_plan *plan, const fe_feed *feed, fe_models *models, const fe_plan_request *request,
                      const fe_sink *sink, fe_err *err)
{
    fe_plan_work work = { 0 };

    if (fe_plan_run(plan, feed, models, request, sink, &work, err) < 0)
        return -1;
    fe_note(FE_NOTE_DETAIL, NULL, "work: %zu datasets opened, %zu groups, %zu bins, %ld evaluations, %zu bytes held at most",
            work.n_opened, work.n_groups, work.n_bins, work.n_eval, work.bytes_peak);
    return 0;
}

static void describe(const fe_plan_request *request, fe_models *models, fe_estimate *e)
{
    fe_str yaml = { 0 };

    fe_plan_describe(request, models, e);
    fe_models_print_yaml(models, &yaml);
    e->model_yaml = yaml.s;
}

int points_estimate(const fe_plan *plan, const fe_feed *feed, fe_models *models, const fe_plan_request *request, fe_estimate *e,
                    fe_err *err)
{
    fe_sink sink = fe_estimate_sink(e, plan, models);

    if (run_groups(plan, feed, models, request, &sink, err) < 0)
        return -1;
    describe(request, models, e);
    return 0;
}

int points_group_by(fe_plan *plan, const char *group_by, const fe_feed *feed, fe_err *err)
{
    bool by_run = group_by && !strcmp(group_by, "run");

    return fe_plan_make(plan, by_run ? "run" : group_by ? "column" : "all", group_by, feed, err);
}

static int show_plan(const fe_plan *plan, const fe_feed *feed, fe_err *err)
{
    fe_str text = { 0 };
    int rc = fe_plan_print(plan, feed, &text, err);

    if (rc == 0)
        fputs(text.s, stdout);
    fe_str_free(&text);
    return rc;
}

static double *add_degrees(fe_estimate *e, const char *name, const char *comment)
{
    fe_column *c = fe_table_add(e->rest, name, FE_COL_DOUBLE, "deg", 1);

    c->comment = fe_strdup(comment);
    return c->v.d;
}

/* Regions were numbered, for their order and for those of the same name; rows say their names and where their centre is. */
static void name_regions(const fe_regions *regions, fe_estimate *e)
{
    const fe_column *number = fe_table_find(e->rest, "regionnr");
    char **name = number ? fe_table_add(e->rest, "region", FE_COL_STRING, "", 1)->v.s : NULL;
    double *ra = number ? add_degrees(e, "ra", "centre of the region, ICRS") : NULL;
    double *dec = number ? add_degrees(e, "dec", "centre of the region, ICRS") : NULL;

    number = fe_table_find(e->rest, "regionnr");                /* columns may have moved, what they hold has not */
    for (size_t row = 0; number && row < e->n; row++) {
        long k = 0;
        fe_str text = { 0 };

        if (fe_num_parse_long(fe_column_string(number, row, 0), &k) < 0 || k < 1 || (size_t)k > fe_regions_n_included(regions))
            continue;
        fe_region_name(regions, (size_t)k - 1, &text);
        free(name[row]);
        name[row] = text.s;
        fe_region_centre(fe_regions_included(regions, (size_t)k - 1), &ra[row], &dec[row]);
    }
    fe_table_remove(e->rest, "regionnr");
}

static int flagged_code(const fe_plan *plan, bool flagged)
{
    return fe_args.strict && (plan->n_unread || flagged) ? FE_EFLAGGED : 0;
}

static int write_product(fe_estimate *e, const fe_plan *plan, const points_job *job, const fe_regions *regions,
                         const fe_format *format, fe_err *err)
{
    if (job->look && job->look(e, err) < 0)
        return -1;
    if (regions)
        name_regions(regions, e);
    if (fe_product_write(e, job->type, NULL, &fe_args, format, fe_args.output, err) < 0)
        return -1;
    return flagged_code(plan, fe_product_is_flagged(e));
}

/* All rows at once, from the journal. */
static int fill_product(const pieces_job *from, const points_job *job, const fe_regions *regions, const fe_format *format,
                        fe_err *err)
{
    fe_estimate *e = fe_estimate_new();
    const fe_sink sink = fe_estimate_sink(e, from->plan, from->models);
    int rc = resume_run_fill(from->journal, &sink, err);

    if (rc == 0) {
        describe(from->request, from->models, e);
        resume_mark(from->config, e);
        rc = write_product(e, from->plan, job, regions, format, err);
    }
    fe_estimate_free(e);
    return rc;
}

/* A run that is long enough to be interrupted, or to have too many rows to be held. */
static int make_long(const fe_plan *plan, const feeds *f, fe_models *models, const fe_plan_request *request,
                     const points_job *job, const char *config, const fe_format *format, fe_err *err)
{
    resume_run *journal = resume_run_new(config, plan, f->all, models, request, err);
    const pieces_job from = { journal, plan, models, request, config, job->type };
    bool can = !strcmp(format->name, "fits") && !fe_product_layout(&fe_args, format).series && !job->look && !f->regions &&
               pieces_can(plan, models, request), flagged = false;
    fe_sink sink;
    int rc;

    if (!journal)
        return -1;
    sink = resume_run_sink(journal);
    rc = run_groups(plan, f->all, models, request, &sink, err);
    if (rc == 0)
        rc = can ? pieces_write(&from, &flagged, err) : 1;
    if (rc == 1)
        rc = fill_product(&from, job, f->regions, format, err);
    else if (rc == 0)
        rc = flagged_code(plan, flagged);
    return resume_run_close(journal, rc, err);
}

static int make_product(const fe_plan *plan, const feeds *f, fe_models *models, const fe_plan_request *request,
                        const points_job *job, const char *config, const fe_format *format, fe_err *err)
{
    fe_estimate *e;
    int rc;

    if (resume_wants_journal(plan))
        return make_long(plan, f, models, request, job, config, format, err);
    e = fe_estimate_new();
    rc = points_estimate(plan, f->all, models, request, e, err);
    if (rc == 0)
        rc = write_product(e, plan, job, f->regions, format, err);
    fe_estimate_free(e);
    return rc;
}

/* What the product could not hold is said before the work is done; fe_product_write looks at the rows. */
static int check_layout(const fe_plan *plan, const fe_models *models, fe_err *err)
{
    static const char name[] = "binned-time-series";
    size_t n_sources = fe_models_n_chosen(models);

    if (!fe_args.layout || strcmp(fe_args.layout, name))
        return 0;
    if (n_sources > 1)
        return fe_fail(err, FE_EUSAGE, NULL, "--layout %s is of one source, %zu are chosen", name, n_sources);
    if (plan->edges.kind != FE_EDGES_LIST || plan->edges.n_bins != 1)
        return fe_fail(err, FE_EUSAGE, NULL, "--layout %s is of one energy band: -e EMIN:EMAX", name);
    if (!plan->grouping->is_time || (plan->n_sets && !isnan(plan->set[0].bin->phase_min)))
        return fe_fail(err, FE_EUSAGE, NULL, "--layout %s is of bins of time: fe-lightcurve -b", name);
    return 0;
}

static int check_output(size_t n, char **operand, const char *config, fe_err *err)
{
    if (resume_check(n, operand, err) < 0)
        return -1;
    if (fe_args.resume && !fe_args.force && !fe_args.dry_run && resume_is_complete(config)) {
        fe_note(FE_NOTE_SAID, NULL, "%s: already complete", fe_args.output);
        return resume_clean(config, err) < 0 ? -1 : 1;
    }
    return fe_output_check(fe_args.output, fe_args.force, err);
}

int points_run(size_t n, char **operand, const points_job *job, fe_err *err)
{
    const fe_format *format = fe_format_choose(fe_args.format, fe_args.output, err);
    fe_models *models = NULL;
    feeds feed = { .regions = job->regions };
    fe_expr *where = NULL;
    fe_plan plan = { .exact_edges = fe_args.exact_edges, .skip_bad = fe_args.skip_bad };
    fe_plan_request request = { .stack = false };
    fe_str config = { 0 };
    int rc = -1, checked;

    if (fe_args.resume)
        resume_config(n, operand, &config);
    checked = format ? check_output(n, operand, config.s, err) : -1;
    if (checked != 0) {
        rc = checked < 0 ? -1 : 0;
        goto done;
    }
    if (fe_sources_typed(&fe_args, "pl:index=2", &models, err) < 0)                 goto done;
    if (feed.regions || fe_args.regions)
        feed.others = fe_models_take_others(models);
    if (fe_points_typed(&fe_args, models, &request, err) < 0)                       goto done;
    if (job->edges(&plan.edges, err) < 0 || fe_where_typed(&fe_args, &where, err) < 0)          goto done;
    if (fe_time_range_typed(&fe_args, &plan.time_min, &plan.time_max, err) < 0)     goto done;
    if (feeds_open(n, operand, &feed, err) < 0)                       goto done;
    plan.where = where;
    if (job->group(&plan, feed.all, models, &request, err) < 0)                     goto done;
    if (feed.parts && fe_plan_cross(&plan, "column", "regionnr", feed.all, err) < 0)             goto done;
    if (fe_plan_adapt_edges(&plan, feed.all, models, &request, err) < 0 || check_layout(&plan, models, err) < 0)      goto done;
    if (!config.len && !fe_args.dry_run && resume_wants_journal(&plan))
        resume_config(n, operand, &config);
    if (fe_args.dry_run)
        rc = show_plan(&plan, feed.all, err);
    else
        rc = make_product(&plan, &feed, models, &request, job, config.s, format, err);
done:
    fe_str_free(&config);
    fe_plan_free(&plan);
    fe_refit_clear(&request.refit);
    fe_expr_free(where);
    feeds_free(&feed);
    fe_models_free(models);
    return rc;
}
