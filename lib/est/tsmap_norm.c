/* A trial pixel as a problem for the norm solver: OFF counts, a free background, scans. */
#include <math.h>

#include "est/tsmap_parts.h"

typedef struct builder {
    const fe_maplayer *layer;
    bool keep_all;                  /* blocks with nuisances keep all bins                              */
    double *n, *s, *b, *n_off, *alpha, *fixed, *rest_s, *rest_b;
    double *template;               /* the background alone                                             */
    fe_block *block;
} builder;

static void add_on_off(builder *to, size_t pixel, double s)
{
    const fe_mapband *band = to->layer->band;
    size_t i = to->layer->at * band->ny * band->nx + pixel, k = to->block->n_bins;
    double alpha = fe_mapband_alpha(band, to->layer->at, pixel);

    if (!(alpha > 0))
        return;
    to->n[k] = band->counts[i];
    to->s[k] = s;
    to->n_off[k] = band->n_off[i];
    to->alpha[k] = alpha;
    to->fixed[k] = band->others ? band->others[i] : 0;
    to->block->n_bins++;
    to->block->counts += band->counts[i];
    to->block->background += band->background[i];
}

static void add_cash(builder *to, size_t pixel, double s)
{
    const fe_mapband *band = to->layer->band;
    fe_block *block = to->block;
    size_t i = to->layer->at * band->ny * band->nx + pixel;
    double n = band->counts[i], b = band->background[i];

    block->counts += n;
    block->background += b;
    if (s > 0 && -b / s > block->norm_min)
        block->norm_min = -b / s;
    if (n > 0 || to->keep_all) {
        to->n[block->n_bins] = n;
        to->s[block->n_bins] = s;
        to->template[block->n_bins] = b - (band->others ? band->others[i] : 0);
        to->b[block->n_bins++] = b;
    } else {
        to->rest_s[block->n_rest] = s;
        to->rest_b[block->n_rest++] = b;
        block->s_rest += s;
        block->stat_rest += 2 * b;
    }
}

static void add_pixels(builder *to, size_t x, size_t y)
{
    const fe_maplayer *p = to->layer;

    for (size_t k = 0; k < p->side; k++)
        for (size_t l = 0; l < p->side; l++) {
            size_t qx = x + l - p->half, qy = y + k - p->half, pixel = qy * p->nx + qx;     /* wraps round below 0 */
            double s;

            if (qx >= p->nx || qy >= p->ny || !fe_mapband_uses(p->band, pixel))
                continue;
            s = fmax(fe_maplayer_signal(p, x, y, k, l), 0);
            if (p->band->n_off)
                add_on_off(to, pixel, s);
            else
                add_cash(to, pixel, s);
        }
}

static void make_block(const fe_maplayer *layer, bool free_bkg, size_t x, size_t y, fe_arena *arena, fe_block *block)
{
    size_t most = layer->side * layer->side;
    builder to = { .layer = layer, .keep_all = free_bkg, .block = block };
    double **array[] = { &to.n, &to.s, &to.b, &to.n_off, &to.alpha, &to.fixed, &to.rest_s, &to.rest_b, &to.template };
    const double **local = FE_ARENA_NEWN(arena, const double *, 1);

    for (size_t k = 0; k < sizeof array / sizeof *array; k++)
        *array[k] = FE_ARENA_NEWN(arena, double, most);
    *block = (fe_block){ .norm_min = -INFINITY };
    add_pixels(&to, x, y);
    block->stat = layer->band->n_off ? &fe_stat_wstat : &fe_stat_cash;
    block->n = to.n;
    block->s = to.s;
    if (layer->band->n_off) {
        block->n_off = to.n_off;
        block->alpha = to.alpha;
        block->fixed = to.fixed;
        return;
    }
    block->b = to.b;
    block->rest_s = to.rest_s;
    block->rest_b = to.rest_b;
    if (free_bkg && block->background > 0) {        /* its norm - 1 is a nuisance of the block */
        local[0] = to.template;
        block->local = local;
        block->n_local = 1;
    }
}

void fe_pixel_norm(const fe_maplayer *layer, size_t n_layers, const fe_tsmap_request *r, bool want_scan, size_t x, size_t y,
                   fe_arena *arena, fe_norm *out)
{
    fe_norm_request request = r->norm;
    fe_block *block = FE_ARENA_NEWN(arena, fe_block, n_layers);
    fe_bins bins = { .n_blocks = n_layers, .block = block };

    request.want_scan = want_scan;
    for (size_t k = 0; k < n_layers; k++)
        make_block(&layer[k], r->free_bkg, x, y, arena, &block[k]);
    fe_norm_solve(&bins, &request, arena, out);
}
