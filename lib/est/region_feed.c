#include "est/region_feed.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "est/predict_parts.h"
#include "est/reduce.h"
#include "types/background.h"

typedef struct state {
    const fe_feed *maps;
    fe_region_request request;
    size_t n_regions;
    fe_dataset *map;                /* the one that was opened last                                     */
    double *others;                 /* [n_e][ny][nx] what other sources predict in it, or NULL          */
    size_t at;                      /* its number                                                       */
    fe_dataset_info info;           /* of map info_at                                                   */
    size_t info_at;
} state;

static const size_t NONE = (size_t)-1;

void fe_region_name(const fe_regions *list, size_t k, fe_str *out)
{
    const char *name = fe_regions_included(list, k)->name;

    if (name && *name)
        fe_str_add(out, name);
    else
        fe_str_addf(out, "R%zu", k + 1);
}

/* ---- info ------------------------------------------------------------------------------------------------------ */

static void copy_info(const fe_dataset_info *from, fe_dataset_info *to)
{
    *to = *from;
    to->name = fe_strdup(from->name);
    to->file = fe_strdup(from->file);
    to->telescop = fe_strdup(from->telescop);
    to->instrume = fe_strdup(from->instrume);
    to->meta = (fe_metalist){ 0 };
    fe_metalist_copy(&to->meta, &from->meta);
}

static void tell_region(size_t number, fe_metalist *meta)
{
    char text[32];

    snprintf(text, sizeof text, "%zu", number + 1);
    fe_meta_set(meta, "REGIONNR", FE_META_INT, text, NULL);
}

static int info(void *ctx, size_t i, fe_dataset_info *out, fe_err *err)
{
    state *s = ctx;
    size_t map = i / s->n_regions;

    if (s->info_at != map) {
        fe_dataset_info_free(&s->info);
        s->info = (fe_dataset_info){ 0 };
        s->info_at = NONE;
        if (s->maps->info(s->maps->ctx, map, &s->info, err) < 0)
            return -1;
        s->info_at = map;
    }
    copy_info(&s->info, out);
    tell_region(i % s->n_regions, &out->meta);
    return 0;
}

/* ---- datasets -------------------------------------------------------------------------------------------------- */

/* Exposure of true energy i times what the region holds of a point source at a place. */
static int correct_exposure(const fe_dataset *map, const bool *in_region, double lon, double lat, fe_dataset *d, fe_err *err)
{
    fe_kernels psf;
    double px, py;

    if (!map->psf)
        return 0;
    if (map->psf->reco)
        return fe_fail(err, FE_EUSAGE, &(fe_where){ map->info.file, "PSF", 0 }, "--psf-correct needs a PSF in true energies");
    if (fe_predict_psf(map, lon, lat, false, &psf, err) < 0)
        return -1;
    fe_geom_to_pixel(map->geom, 1, &lon, &lat, &px, &py);
    for (size_t i = 0; i < d->n_etrue; i++) {
        double sum = 0;

        for (size_t k = 0; k < psf.n * psf.n; k++) {
            size_t x = (size_t)lround(px) + k % psf.n - psf.n / 2, y = (size_t)lround(py) + k / psf.n - psf.n / 2;     /* wraps round below 0 */

            if (x < map->nx && y < map->ny && in_region[y * map->nx + x])
                sum += psf.value[i * psf.n * psf.n + k];
        }
        d->exposure_cm2_s[i] *= sum;
    }
    fe_kernels_free(&psf);
    return 0;
}

/* Pixels of a region that no excluded shape covers. */
static int mask_of(const state *s, size_t number, bool *out, fe_err *err)
{
    fe_geom *g = s->map->geom;
    size_t n = fe_geom_nx(g) * fe_geom_ny(g);
    bool *one = FE_NEWN(bool, n);
    int rc = fe_region_mask(fe_regions_included(s->request.regions, number), g, out, err);

    for (size_t i = 0; rc == 0 && i < s->request.regions->n; i++) {
        if (!s->request.regions->region[i].excluded)
            continue;
        rc = fe_region_mask(&s->request.regions->region[i], g, one, err);
        for (size_t q = 0; rc == 0 && q < n; q++)
            out[q] = out[q] && !one[q];
    }
    free(one);
    return rc;
}

/* What other sources predict in the pixels of a region, as far as they are in use, joins its background. */
static void add_others(const state *s, const bool *in_region, fe_dataset *d)
{
    size_t n = s->map->nx * s->map->ny;

    if (!s->others)
        return;
    if (!d->background)
        d->background = FE_NEWN(double, d->n_e);
    for (size_t j = 0; j < d->n_e; j++)
        for (size_t q = 0; q < n; q++)
            if (in_region[q] && s->map->mask[j * n + q])
                d->background[j] += s->others[j * n + q];
}

static int reduce(state *s, size_t number, fe_dataset **out, fe_err *err)
{
    fe_dataset *map = s->map;
    bool *in_region = FE_NEWN(bool, map->nx * map->ny);
    fe_str name = { 0 };
    fe_err reason;
    double lon, lat;
    int rc = -1;

    fe_region_centre(fe_regions_included(s->request.regions, number), &lon, &lat);
    fe_geom_of_icrs(map->geom, lon, lat, &lon, &lat);
    *out = NULL;
    if (mask_of(s, number, in_region, &reason) == 0 && (*out = fe_dataset_reduce(map, in_region, lon, lat, &reason))) {
        rc = s->request.psf_correct ? correct_exposure(map, in_region, lon, lat, *out, &reason) : 0;
        add_others(s, in_region, *out);
    }
    if (rc < 0) {
        fe_region_name(s->request.regions, number, &name);
        fe_fail(err, reason.code, NULL, "region %s: %s", name.s, reason.text);
        fe_dataset_free(*out);
        *out = NULL;
    } else {
        tell_region(number, &(*out)->meta);
    }
    fe_str_free(&name);
    free(in_region);
    return rc;
}

static int predict_others(state *s, fe_err *err)
{
    const fe_models *others = s->request.others;
    fe_patch patch;

    for (size_t k = 0; others && k < others->n; k++) {
        if (!fe_model_applies(&others->model[k], s->map->info.name))
            continue;
        if (s->map->n_off)
            return fe_fail(err, FE_EUSAGE, &(fe_where){ s->map->info.file, NULL, 0 }, "regions of a map with OFF counts have no place for "
                           "the other sources of the models: give the one that is estimated alone");
        if (fe_predict_source(s->map, &others->model[k], s->request.as_gammapy, &patch, err) < 0)
            return -1;
        if (!s->others)
            s->others = FE_NEWN(double, fe_dataset_n_bins(s->map));
        fe_patch_add(&patch, 1, s->map->ny, s->map->nx, s->others);
        fe_patch_free(&patch);
    }
    return 0;
}

static int open_map(state *s, size_t map, fe_err *err)
{
    fe_dataset_free(s->map);
    free(s->others);
    s->map = NULL;
    s->others = NULL;
    s->at = NONE;
    if (s->maps->open(s->maps->ctx, map, &s->map, err) < 0)
        return -1;
    if (!s->map->geom)
        return fe_fail(err, FE_EDATA, &(fe_where){ s->map->info.file, NULL, 0 }, "a spectrum, expected a map, which has regions");
    if (fe_background_apply(s->request.others, false, s->map, err) < 0 || predict_others(s, err) < 0)
        return -1;
    s->at = map;
    return 0;
}

static int open_region(void *ctx, size_t i, fe_dataset **out, fe_err *err)
{
    state *s = ctx;
    size_t map = i / s->n_regions;

    if (s->at != map && open_map(s, map, err) < 0)
        return -1;
    return reduce(s, i % s->n_regions, out, err);
}

fe_feed *fe_region_feed_new(const fe_feed *maps, const fe_region_request *request)
{
    fe_feed *feed = FE_NEW(fe_feed);
    state *s = FE_NEW(state);

    *s = (state){ .maps = maps, .request = *request, .n_regions = fe_regions_n_included(request->regions), .at = NONE, .info_at = NONE };
    *feed = (fe_feed){ .ctx = s, .n = maps->n * s->n_regions, .info = info, .open = open_region };
    return feed;
}

void fe_region_feed_free(fe_feed *feed)
{
    state *s = feed ? feed->ctx : NULL;

    if (!feed)
        return;
    fe_dataset_free(s->map);
    free(s->others);
    fe_dataset_info_free(&s->info);
    free(s);
    free(feed);
}
