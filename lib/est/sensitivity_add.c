/* Rows of a sensitivity: datasets of a feed, spectra added into one, maps jointly. */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "est/sensitivity_parts.h"
#include "est/stack.h"
#include "types/background.h"

void fe_sensitivities_free(fe_sensitivities *list)
{
    for (size_t k = 0; k < list->n; k++)
        free(list->row[k].region);
    free(list->row);
    *list = (fe_sensitivities){ 0 };
}

typedef struct adder {
    const fe_models *sources;
    fe_bands bands;
    fe_stacker *stacker;            /* spectra                                                          */
    size_t n_spectra;
    fe_sensitivity_maps *maps;      /* NULL before the first map                                        */
} adder;

static int take(adder *x, fe_dataset *d, fe_err *err)
{
    if (fe_background_apply(x->sources, false, d, err) < 0)
        return -1;
    if (d->geom ? x->n_spectra > 0 : x->maps != NULL)
        return fe_fail(err, FE_EUSAGE, &(fe_where){ d->info.file, NULL, 0 }, "a %s among %s: they are taken together only among themselves",
                       d->geom ? "map" : "spectrum", d->geom ? "spectra" : "maps");
    if (!d->geom) {
        x->n_spectra++;
        return fe_stacker_add(x->stacker, d, err);
    }
    if (fe_bands_place(&x->bands, d, err) < 0)
        return -1;
    if (!x->maps)
        x->maps = fe_sensitivity_maps_new(x->sources);
    return fe_sensitivity_maps_add(x->maps, d, &x->bands, err);
}

/* out[bands.n], in the arena. */
static int solve(adder *x, const fe_sensitivity_request *r, fe_arena *arena, fe_sensitivity **out, fe_err *err)
{
    fe_dataset *sum = x->maps ? NULL : fe_stacker_finish(x->stacker);
    int rc = 0;

    if (!x->maps && !sum)
        return fe_fail(err, FE_EDATA, NULL, "there is no dataset to be stacked");
    if (sum)
        rc = fe_bands_place(&x->bands, sum, err);
    if (rc == 0) {
        *out = FE_ARENA_NEWN(arena, fe_sensitivity, x->bands.n);
        if (sum)
            fe_sensitivity_bands(sum, x->sources->model[0].spectrum, r, x->bands.n, x->bands.first, x->bands.last, arena, *out);
        else
            fe_sensitivity_maps_solve(x->maps, r, *out);
    }
    fe_dataset_free(sum);
    return rc;
}

/* A band outside the data is as it was asked for. */
static void append(const adder *x, const fe_sensitivity *s, const char *region, fe_sensitivities *out)
{
    for (size_t k = 0; k < x->bands.n; k++) {
        fe_sensitivity row = s[k];

        if (x->maps ? isnan(row.e_min_TeV) : x->bands.first[k] == x->bands.last[k]) {
            row.e_min_TeV = x->bands.edge_TeV[k];
            row.e_max_TeV = x->bands.edge_TeV[k + 1];
            row.e_ref_TeV = sqrt(row.e_min_TeV * row.e_max_TeV);
        }
        row.region = region ? fe_strdup(region) : NULL;
        FE_GROW(out->row, out->n, out->cap);
        out->row[out->n++] = row;
    }
}

int fe_sensitivity_add(fe_sensitivities *out, const fe_feed *feed, size_t n, const size_t *member, const fe_plan *plan,
                       const fe_models *sources, const fe_sensitivity_request *r, const char *region, fe_err *err)
{
    adder x = { .sources = sources, .stacker = fe_stacker_new() };
    fe_arena *arena = fe_arena_new();
    fe_sensitivity *s = NULL;
    int rc = fe_bands_start(&x.bands, plan, err);

    for (size_t k = 0; rc == 0 && k < n; k++) {
        fe_dataset *d = NULL;

        rc = feed->open(feed->ctx, member[k], &d, err);
        if (rc == 0)
            rc = take(&x, d, err);
        fe_dataset_free(d);
    }
    if (rc == 0)
        rc = solve(&x, r, arena, &s, err);
    if (rc == 0)
        append(&x, s, region, out);
    fe_bands_free(&x.bands);
    fe_stacker_free(x.stacker);
    fe_sensitivity_maps_free(x.maps);
    fe_arena_free(arena);
    return rc;
}
