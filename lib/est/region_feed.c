#include "est/region_feed.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "est/predict_parts.h"
#include "est/reduce.h"

typedef struct state {
    const fe_feed *maps;
    const fe_regions *regions;
    bool psf_correct;
    fe_dataset *map;                /* the one that was opened last                                     */
    size_t at;                      /* its number                                                       */
    fe_dataset_info info;           /* of map info_at                                                   */
    size_t info_at;
} state;

static const size_t NONE = (size_t)-1;

void fe_region_name(const fe_regions *list, size_t number, fe_str *out)
{
    const char *name = list->region[number].name;

    if (name && *name)
        fe_str_add(out, name);
    else
        fe_str_addf(out, "R%zu", number + 1);
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

static void tell_region(const state *s, size_t number, fe_metalist *meta)
{
    fe_str name = { 0 };
    char text[32];

    fe_region_name(s->regions, number, &name);
    fe_meta_set(meta, "REGION", FE_META_STRING, name.s, NULL);
    snprintf(text, sizeof text, "%zu", number + 1);
    fe_meta_set(meta, "REGIONNR", FE_META_INT, text, NULL);
    fe_str_free(&name);
}

static int info(void *ctx, size_t i, fe_dataset_info *out, fe_err *err)
{
    state *s = ctx;
    size_t map = i / s->regions->n;

    if (s->info_at != map) {
        fe_dataset_info_free(&s->info);
        s->info = (fe_dataset_info){ 0 };
        s->info_at = NONE;
        if (s->maps->info(s->maps->ctx, map, &s->info, err) < 0)
            return -1;
        s->info_at = map;
    }
    copy_info(&s->info, out);
    tell_region(s, i % s->regions->n, &out->meta);
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

static int reduce(state *s, size_t number, fe_dataset **out, fe_err *err)
{
    fe_dataset *map = s->map;
    bool *in_region = FE_NEWN(bool, map->nx * map->ny);
    fe_str name = { 0 };
    fe_err reason;
    double lon, lat;
    int rc = -1;

    fe_region_centre(&s->regions->region[number], &lon, &lat);
    fe_geom_of_icrs(map->geom, lon, lat, &lon, &lat);
    *out = NULL;
    if (fe_region_mask(&s->regions->region[number], map->geom, in_region, &reason) == 0 &&
        (*out = fe_dataset_reduce(map, in_region, lon, lat, &reason)))
        rc = s->psf_correct ? correct_exposure(map, in_region, lon, lat, *out, &reason) : 0;
    if (rc < 0) {
        fe_region_name(s->regions, number, &name);
        fe_fail(err, reason.code, NULL, "region %s: %s", name.s, reason.text);
        fe_dataset_free(*out);
        *out = NULL;
    } else {
        tell_region(s, number, &(*out)->meta);
    }
    fe_str_free(&name);
    free(in_region);
    return rc;
}

static int open_region(void *ctx, size_t i, fe_dataset **out, fe_err *err)
{
    state *s = ctx;
    size_t map = i / s->regions->n;

    if (s->at != map) {
        fe_dataset_free(s->map);
        s->map = NULL;
        s->at = NONE;
        if (s->maps->open(s->maps->ctx, map, &s->map, err) < 0)
            return -1;
        s->at = map;
    }
    if (!s->map->geom)
        return fe_fail(err, FE_EDATA, &(fe_where){ s->map->info.file, NULL, 0 }, "a spectrum, expected a map, which has regions");
    return reduce(s, i % s->regions->n, out, err);
}

fe_feed *fe_region_feed_new(const fe_feed *maps, const fe_regions *regions, bool psf_correct)
{
    fe_feed *feed = FE_NEW(fe_feed);
    state *s = FE_NEW(state);

    *s = (state){ .maps = maps, .regions = regions, .psf_correct = psf_correct, .at = NONE, .info_at = NONE };
    *feed = (fe_feed){ .ctx = s, .n = maps->n * regions->n, .info = info, .open = open_region };
    return feed;
}

void fe_region_feed_free(fe_feed *feed)
{
    state *s = feed ? feed->ctx : NULL;

    if (!feed)
        return;
    fe_dataset_free(s->map);
    fe_dataset_info_free(&s->info);
    free(s);
    free(feed);
}
