/* Sensitivity of maps: the Asimov set of a source in their pixels (est/norm_sens.c). */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "est/norm.h"
#include "est/plan_fold.h"
#include "est/sensitivity_parts.h"

typedef struct map_band {           /* one band, over all maps                                          */
    size_t n_blocks, cap;
    fe_block *block;                /* of pixels with a background; arrays in the arena                 */
    double signal;                  /* counts of the source in all pixels at norm 1                     */
    double known;                   /* of which where there is a background                             */
    double weight;                  /* sum s^2 / b                                                      */
    double e_min_TeV, e_max_TeV;    /* NaN: no map reaches it                                           */
    size_t n_used, n_nooff;
} map_band;

struct fe_sensitivity_maps {
    const fe_models *sources;
    fe_plan_request request;        /* nothing is refitted                                              */
    fe_plan_fold fold;
    size_t n_bands;
    map_band *band;
    fe_arena *arena;
};

fe_sensitivity_maps *fe_sensitivity_maps_new(const fe_models *sources)
{
    fe_sensitivity_maps *m = FE_NEW(fe_sensitivity_maps);

    m->sources = sources;
    m->request = (fe_plan_request){ .method = FE_METHOD_FOLD };
    m->arena = fe_arena_new();
    fe_plan_fold_start(&m->fold, sources, &m->request);
    return m;
}

void fe_sensitivity_maps_free(fe_sensitivity_maps *m)
{
    if (!m)
        return;
    for (size_t k = 0; k < m->n_bands; k++)
        free(m->band[k].block);
    free(m->band);
    fe_plan_fold_free(&m->fold);
    fe_arena_free(m->arena);
    free(m);
}

/* ---- pixels ---------------------------------------------------------------------------------------------------- */

typedef struct pixels {             /* of a block, where the source shines over a background            */
    size_t n;                       /* n_off, alpha, fixed: of OFF counts                               */
    double *s, *b, *n_off, *alpha, *fixed;
} pixels;

static void add_pixel(map_band *band, pixels *p, double s, double b, const fe_block *from, size_t i)
{
    band->signal += s;
    if (!(s > 0) || !(b > 0))
        return;
    band->known += s;
    band->weight += s * (s / b);
    p->s[p->n] = s;
    p->b[p->n] = b;
    if (from->n_off) {
        p->n_off[p->n] = from->n_off[i];
        p->alpha[p->n] = from->alpha[i];
        p->fixed[p->n] = from->fixed ? from->fixed[i] : 0;
    }
    p->n++;
}

static size_t count_bright(const fe_block *b)
{
    size_t n = 0;

    for (size_t i = 0; i < b->n_bins; i++)
        n += b->s[i] > 0;
    for (size_t i = 0; i < b->n_rest; i++)
        n += b->rest_s[i] > 0;
    return n;
}

/* Where nothing is expected one count would be significant: such pixels say nothing about a background, and are left out. */
static void add_block(map_band *band, const fe_fold_piece *piece, fe_arena *arena)
{
    const fe_block *from = &piece->block;
    size_t n = count_bright(from), n_off = from->n_off ? n : 0;
    pixels p = { 0, FE_ARENA_NEWN(arena, double, n), FE_ARENA_NEWN(arena, double, n), FE_ARENA_NEWN(arena, double, n_off),
                 FE_ARENA_NEWN(arena, double, n_off), FE_ARENA_NEWN(arena, double, n_off) };

    band->n_used += piece->n_used;
    band->n_nooff += piece->n_nooff;
    for (size_t i = 0; i < from->n_bins; i++)
        add_pixel(band, &p, from->s[i], from->n_off ? from->alpha[i] * from->n_off[i] + (from->fixed ? from->fixed[i] : 0) : from->b[i],
                  from, i);
    for (size_t i = 0; i < from->n_rest; i++)
        add_pixel(band, &p, from->rest_s[i], from->rest_b[i], from, i);
    FE_GROW(band->block, band->n_blocks, band->cap);
    band->block[band->n_blocks++] =
        from->n_off ? (fe_block){ .stat = from->stat, .n_bins = p.n, .n = p.b, .s = p.s, .n_off = p.n_off, .alpha = p.alpha, .fixed = p.fixed }
                    : (fe_block){ .stat = from->stat, .n_bins = p.n, .n = p.b, .s = p.s, .b = p.b };
}

int fe_sensitivity_maps_add(fe_sensitivity_maps *m, const fe_dataset *d, const fe_bands *bands, fe_err *err)
{
    fe_arena *room = fe_arena_new();
    size_t n = d->ny * d->nx;
    int rc = fe_plan_fold_dataset(&m->fold, d, bands, room, err);

    if (!m->band) {
        m->n_bands = bands->n;
        m->band = FE_NEWN(map_band, bands->n);
        for (size_t k = 0; k < bands->n; k++)
            m->band[k].e_min_TeV = m->band[k].e_max_TeV = NAN;
    }
    for (size_t k = 0; rc == 0 && k < bands->n; k++) {
        fe_fold_piece piece;

        if (bands->first[k] == bands->last[k])
            continue;
        m->band[k].e_min_TeV = fmin(m->band[k].e_min_TeV, d->e_edge_TeV[bands->first[k]]);
        m->band[k].e_max_TeV = fmax(m->band[k].e_max_TeV, d->e_edge_TeV[bands->last[k]]);
        fe_fold_piece_make_beside(d, m->fold.npred, &m->fold.beside[0], bands->first[k] * n, bands->last[k] * n, FE_METHOD_FOLD, 0, room,
                                  &piece);
        add_block(&m->band[k], &piece, m->arena);
    }
    fe_arena_free(room);
    return rc;
}

/* ---- bands ----------------------------------------------------------------------------------------------------- */

static fe_sensitivity solve(const map_band *band, const fe_spectrum *model, const fe_sensitivity_request *r, fe_arena *scratch)
{
    const fe_bins bins = { .n_blocks = band->n_blocks, .block = band->block };
    const fe_norm_request request = { .sens_sigma = r->n_sigma };
    fe_sensitivity out = fe_sensitivity_start(band->e_min_TeV, band->e_max_TeV);
    bool converged = true;
    int n_eval = 0;

    out.status = band->n_nooff ? FE_STATUS_NOOFF : 0;
    if (!band->n_used) {
        out.status |= FE_STATUS_EMPTY;
        return out;
    }
    out.excess = out.background = 0;
    if (band->known > 0) {
        out.background = band->known * band->known / band->weight;
        out.excess = band->signal * fe_norm_sensitivity(&bins, &request, scratch, &n_eval, &converged);
    }
    if (!converged)
        out.status |= FE_STATUS_NOCONV;
    fe_sensitivity_finish(r, model, band->signal, &out);
    return out;
}

void fe_sensitivity_maps_solve(fe_sensitivity_maps *m, const fe_sensitivity_request *r, fe_sensitivity *out)
{
    fe_arena *scratch = fe_arena_new();

    for (size_t k = 0; k < m->n_bands; k++) {
        fe_arena_clear(scratch);
        out[k] = solve(&m->band[k], m->sources->model[0].spectrum, r, scratch);
    }
    fe_arena_free(scratch);
}
