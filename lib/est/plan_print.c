/* What --dry-run shows: which dataset falls into which group, before anything is estimated. */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "est/plan.h"

static void print_range(const char *before, double min, double max, fe_str *out)
{
    fe_str_add(out, before);
    fe_str_addnum(out, min);
    fe_str_add(out, "..");
    fe_str_addnum(out, max);
}

/* Value of the group, then the run or the bin of time or phase. */
static void print_name(const fe_set *set, fe_str *out)
{
    const char *blank = set->label ? " " : "";

    if (set->label)
        fe_str_add(out, set->label);
    if (set->run)
        fe_str_addf(out, "%s%s", blank, set->run);
    else if (!isnan(set->bin->phase_min))
        print_range(blank, set->bin->phase_min, set->bin->phase_max, out);
    else if (!isnan(set->time_min))
        print_range(blank, set->time_min, set->time_max, out);
    else if (!set->label)
        fe_str_add(out, "all");
}

static void print_bands(const fe_plan *plan, const char *name, const fe_dataset_info *info, fe_str *out)
{
    bool own = plan->edges.kind == FE_EDGES_ALL;

    for (size_t b = 0; b < (own ? 1 : plan->edges.n_bins); b++) {
        fe_str_addf(out, "%s\t", name);
        if (own) {
            fe_str_add(out, "all\tall");
        } else {
            fe_str_addnum(out, plan->edges.edge_TeV[b]);
            fe_str_add(out, "\t");
            fe_str_addnum(out, plan->edges.edge_TeV[b + 1]);
        }
        fe_str_addf(out, "\t%s\t%s\n", info->name ? info->name : "", info->file ? info->file : "");
    }
}

static int print_set(const fe_plan *plan, const fe_set *set, const fe_feed *feed, fe_str *out, fe_err *err)
{
    fe_str name = { 0 };
    int rc = 0;

    print_name(set, &name);
    for (size_t m = 0; rc == 0 && m < set->n; m++) {
        fe_dataset_info info = { 0 };
        fe_err why;

        rc = feed->info(feed->ctx, set->member[m], &info, plan->skip_bad ? &why : err);
        if (rc == 0 || plan->skip_bad)              /* one that cannot be read has its place, but no name */
            print_bands(plan, name.s, &info, out);
        if (plan->skip_bad)
            rc = 0;
        fe_dataset_info_free(&info);
    }
    if (set->n == 0)
        print_bands(plan, name.s, &(fe_dataset_info){ .name = NULL }, out);
    fe_str_free(&name);
    return rc;
}

int fe_plan_print(const fe_plan *plan, const fe_feed *feed, fe_str *out, fe_err *err)
{
    const char *by_run = plan->n_sets && plan->set[0].run ? "run" : plan->grouping->name;

    fe_str_addf(out, "%s\te_min_TeV\te_max_TeV\tdataset\tfile\n", plan->column ? plan->column : by_run);
    for (size_t k = 0; k < plan->n_sets; k++)
        if (print_set(plan, &plan->set[k], feed, out, err) < 0)
            return -1;
    return 0;
}
