/* What --dry-run shows: which dataset falls into which group, before anything is estimated. */
#include <string.h>

#include "base/mem.h"
#include "est/plan.h"

static void print_bands(const fe_plan *plan, const char *label, const fe_dataset_info *info, fe_str *out)
{
    bool own = plan->edges.kind == FE_EDGES_ALL;

    for (size_t b = 0; b < (own ? 1 : plan->edges.n_bins); b++) {
        fe_str_addf(out, "%s\t", label ? label : "all");
        if (own) {
            fe_str_add(out, "all\tall");
        } else {
            fe_str_addnum(out, plan->edges.edge_TeV[b]);
            fe_str_add(out, "\t");
            fe_str_addnum(out, plan->edges.edge_TeV[b + 1]);
        }
        fe_str_addf(out, "\t%s\t%s\n", info->name, info->file ? info->file : "");
    }
}

int fe_plan_print(const fe_plan *plan, const fe_feed *feed, fe_str *out, fe_err *err)
{
    fe_str_addf(out, "%s\te_min_TeV\te_max_TeV\tdataset\tfile\n", plan->column ? plan->column : plan->grouping->name);
    for (size_t k = 0; k < plan->n_sets; k++)
        for (size_t m = 0; m < plan->set[k].n; m++) {
            fe_dataset_info info = { 0 };

            if (feed->info(feed->ctx, plan->set[k].member[m], &info, err) < 0)
                return -1;
            print_bands(plan, plan->set[k].label, &info, out);
            fe_dataset_info_free(&info);
        }
    return 0;
}
