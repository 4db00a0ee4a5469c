#include "io/ogip_series.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "io/dataset_io.h"
#include "io/folder.h"
#include "io/ogip.h"

static char *run_name(const fe_ogip_series *s, size_t k)
{
    int width = snprintf(NULL, 0, "%ld", s->first + (long)s->n_runs - 1);
    fe_str name = { 0 };

    if (s->base && s->n_runs == 1)
        return fe_strdup(s->base);
    if (s->base)
        fe_str_addf(&name, "%s-", s->base);
    fe_str_addf(&name, "%0*ld", width, s->first + (long)k);
    return name.s;
}

int fe_ogip_series_put(void *ctx, fe_dataset *d, size_t k, fe_err *err)
{
    const fe_ogip_series *s = ctx;
    char *name = run_name(s, k), *response = s->base ? fe_strdup(s->base) : run_name(s, 0);
    fe_ogip_output out = { .dir = s->dir, .name = name, .response = response, .write_response = k == 0,
                           .force = s->force, .history = s->history };
    const fe_dataset_output whole = { s->dir, name, s->force, s->history };
    bool known_bkg = fe_dataset_is_known_bkg(d);
    char *path = known_bkg ? fe_dataset_path(&whole) : fe_ogip_path(&out, "pha", name);
    int rc = k == 0 ? fe_folder_make(s->dir, err) : 0;          /* not before there is something to put into it */

    free(d->info.name);
    d->info.name = name;
    if (rc == 0)
        rc = known_bkg ? fe_dataset_write(d, &whole, err) : fe_ogip_write(d, &out, err);
    fe_str_addf(s->list, "%s\n", path);
    free(path);
    free(response);
    return rc;
}
