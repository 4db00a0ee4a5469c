/*
 * Energy bands of maps: what is significant in a map is a source, so the threshold is that of the fit of flux points, over the pixels of
 * all maps.  Every channel of a map is a block of its own: a band is the blocks of its channels.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "est/plan_adapt.h"
#include "est/plan_fold.h"
#include "types/background.h"

typedef struct maps {
    fe_plan_fold fold;
    fe_plan whole;                  /* one band over all                                                */
    double edge_TeV[2];
    fe_bands bands;
    size_t n_e;
    double *axis_TeV;               /* [n_e + 1] of all maps                                            */
    size_t n_maps, cap;
    fe_block *block;                /* [n_maps][n_chosen][n_e], in the arena                            */
    fe_arena *arena, *scratch;
    size_t lo, hi;                  /* channels with a pixel that is not masked                         */
} maps;

static void start(maps *m, const fe_models *sources, const fe_plan_request *request)
{
    *m = (maps){ .edge_TeV = { 0, INFINITY }, .arena = fe_arena_new(), .scratch = fe_arena_new(), .lo = SIZE_MAX };
    m->whole = (fe_plan){ .edges = { FE_EDGES_LIST, 0, 1, m->edge_TeV } };
    fe_plan_fold_start(&m->fold, sources, request);
}

static void finish(maps *m)
{
    fe_plan_fold_free(&m->fold);
    fe_bands_free(&m->bands);
    fe_arena_free(m->arena);
    fe_arena_free(m->scratch);
    free(m->axis_TeV);
    free(m->block);
}

/* ---- blocks ---------------------------------------------------------------------------------------------------- */

static int check_axis(maps *m, const fe_dataset *d, fe_err *err)
{
    const fe_where where = { d->info.file, NULL, 0 };

    if (!d->geom)
        return fe_fail(err, FE_EUSAGE, &where, "a spectrum behind maps: energy bands are found for one or the other");
    if (m->axis_TeV && (m->n_e != d->n_e || memcmp(m->axis_TeV, d->e_edge_TeV, (d->n_e + 1) * sizeof *d->e_edge_TeV)))
        return fe_fail(err, FE_EDATA, &where, "the energies of its channels differ from those of the first map: no common bands are found, "
                       "expected edges that are typed");
    if (m->axis_TeV)
        return 0;
    m->n_e = d->n_e;
    m->axis_TeV = FE_NEWN(double, d->n_e + 1);
    memcpy(m->axis_TeV, d->e_edge_TeV, (d->n_e + 1) * sizeof *d->e_edge_TeV);
    return fe_bands_start(&m->bands, &m->whole, err);
}

static void add_blocks(maps *m, const fe_dataset *d)
{
    size_t n_pixels = d->ny * d->nx, n_bins = fe_dataset_n_bins(d), n_chosen = m->fold.n_chosen;
    fe_block *block;

    m->block = fe_realloc(m->block, (m->n_maps + 1) * n_chosen * m->n_e, sizeof *m->block);
    block = m->block + m->n_maps++ * n_chosen * m->n_e;
    for (size_t k = 0; k < n_chosen; k++)
        for (size_t j = 0; j < m->n_e; j++) {
            fe_fold_piece piece;

            fe_fold_piece_make_beside(d, m->fold.npred + k * n_bins, &m->fold.beside[k], j * n_pixels, (j + 1) * n_pixels,
                                      m->fold.request->method, 0, m->arena, &piece);
            block[k * m->n_e + j] = piece.block;
            if (piece.n_used) {
                m->lo = j < m->lo ? j : m->lo;
                m->hi = j + 1 > m->hi ? j + 1 : m->hi;
            }
        }
}

static int add_map(maps *m, const fe_dataset *d, fe_err *err)
{
    fe_arena *room = fe_arena_new();
    int rc = check_axis(m, d, err);

    if (rc == 0)
        rc = fe_bands_place(&m->bands, d, err);
    if (rc == 0)
        rc = fe_plan_fold_dataset(&m->fold, d, &m->bands, room, err);
    if (rc == 0)
        add_blocks(m, d);
    fe_arena_free(room);
    return rc;
}

/* ---- bands ----------------------------------------------------------------------------------------------------- */

static double counts_of(const maps *m, size_t first, size_t last)
{
    double sum = 0;

    for (size_t i = 0; i < m->n_maps; i++)
        for (size_t j = first; j < last; j++)
            sum += m->block[i * m->fold.n_chosen * m->n_e + j].counts;
    return sum;
}

/* Blocks of a band that have bins on which a norm acts. */
static size_t gather(const maps *m, size_t source, size_t first, size_t last, fe_block *to)
{
    size_t n = 0;

    for (size_t i = 0; i < m->n_maps; i++)
        for (size_t j = first; j < last; j++) {
            const fe_block *block = &m->block[(i * m->fold.n_chosen + source) * m->n_e + j];

            if (block->n_bins || block->s_rest != 0 || block->stat_rest != 0)
                to[n++] = *block;
        }
    return n;
}

/* Counts of all pixels, or the least significance of the chosen sources. */
static double measured(const fe_adapt *a, size_t first, size_t last)
{
    maps *m = a->ctx;
    fe_norm_request request = m->fold.request->norm;
    double least = INFINITY;

    if (!a->of_significance)
        return counts_of(m, first, last);
    request.want_asym = request.want_ul = request.want_scan = request.want_sens = false;
    for (size_t k = 0; k < m->fold.n_chosen; k++) {
        fe_block *block;
        fe_bins bins;
        fe_norm norm;

        fe_arena_clear(m->scratch);
        block = FE_ARENA_NEWN(m->scratch, fe_block, m->n_maps * m->n_e);
        bins = (fe_bins){ .n_blocks = gather(m, k, first, last, block), .block = block, .n_shared = m->fold.n_shared[k],
                          .shared_width = m->fold.width + k * (m->fold.sources->n + 1) };
        if (bins.n_blocks == 0)
            return 0;
        fe_norm_solve(&bins, &request, m->scratch, &norm);
        least = fmin(least, isfinite(norm.sqrt_ts) ? norm.sqrt_ts : 0);
    }
    return least;
}

int fe_adapt_maps(fe_plan *plan, const fe_feed *feed, size_t first, fe_dataset *map, const fe_models *sources, const fe_plan_request *request,
                  fe_err *err)
{
    bool *is_member = fe_adapt_members(plan, feed->n);
    maps m;
    int rc;

    start(&m, sources, request);
    rc = add_map(&m, map, err);
    fe_dataset_free(map);
    for (size_t i = first + 1; rc == 0 && i < feed->n; i++) {
        fe_dataset *d = NULL;

        if (!is_member[i])
            continue;
        if (feed->open(feed->ctx, i, &d, err) < 0) {
            rc = plan->skip_bad ? 0 : -1;
            continue;
        }
        rc = fe_background_apply(sources, false, d, err);
        if (rc == 0)
            rc = add_map(&m, d, err);
        fe_dataset_free(d);
    }
    if (rc == 0)
        rc = fe_adapt_edges(plan, &(fe_adapt){ .n_e = m.n_e, .e_edge_TeV = m.axis_TeV, .lo = m.lo, .hi = m.hi, .ctx = &m,
                                               .of_significance = plan->edges.kind == FE_EDGES_MIN_SIG, .measured = measured }, err);
    finish(&m);
    free(is_member);
    return rc;
}
