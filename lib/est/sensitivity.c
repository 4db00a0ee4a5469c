#include "est/sensitivity.h"

#include <math.h>
#include <stdbool.h>

#include "est/fold.h"
#include "est/sensitivity_parts.h"
#include "phys/stat.h"
#include "types/estimate.h"

enum { MAX_TURNS = 200 };

fe_sensitivity_request fe_sensitivity_request_default(void)
{
    return (fe_sensitivity_request){ .n_sigma = 5, .min_counts = 10, .bkg_syst = 0.05 };
}

/* ---- excess of a significance ---------------------------------------------------------------------------------- */

typedef struct background { double n_off, alpha, b; bool known; } background;

/*
 * TS of an excess s that is there exactly as expected: n_on = s + background.  The best fit describes such counts fully, with WStat 0
 * and Cash at mu = n_on (algorithms 3), so TS is the statistic without signal above that.
 */
static double ts_of(const background *bkg, double s)
{
    double n_on = s + bkg->b;

    return bkg->known ? fe_cstat(n_on, bkg->b) : fe_wstat(n_on, bkg->n_off, bkg->alpha, 0);
}

/* TS rises with s from 0: bracket by doubling, then bisection to the last digits. */
static double excess_of(const background *bkg, double ts)
{
    double low = 0, high = 1;

    for (int turn = 0; turn < MAX_TURNS && ts_of(bkg, high) < ts; turn++)
        high *= 2;
    for (int turn = 0; turn < MAX_TURNS; turn++) {
        double s = 0.5 * (low + high);

        if (s == low || s == high)
            break;
        if (ts_of(bkg, s) < ts)
            low = s;
        else
            high = s;
    }
    return 0.5 * (low + high);
}

double fe_sensitivity_excess_cash(double b, double n_sigma)
{
    background bkg = { .b = b, .known = true };

    if (!(b >= 0) || !(n_sigma >= 0))
        return NAN;
    return b > 0 ? excess_of(&bkg, n_sigma * n_sigma) : 0;      /* over nothing at all, one count is significant */
}

double fe_sensitivity_excess_wstat(double n_off, double alpha, double n_sigma)
{
    background bkg = { .n_off = n_off, .alpha = alpha, .b = alpha * n_off };

    if (!(n_off >= 0) || !(alpha > 0) || !isfinite(alpha) || !(n_sigma >= 0))
        return NAN;
    return excess_of(&bkg, n_sigma * n_sigma);
}

/* ---- bands ----------------------------------------------------------------------------------------------------- */

fe_sensitivity fe_sensitivity_start(double e_min_TeV, double e_max_TeV)
{
    return (fe_sensitivity){ .e_min_TeV = e_min_TeV, .e_max_TeV = e_max_TeV, .e_ref_TeV = sqrt(e_min_TeV * e_max_TeV), .excess = NAN,
                             .background = NAN, .norm = NAN, .dnde = NAN, .e2dnde = NAN, .flux = NAN, .eflux = NAN, .criterion = "" };
}

static void take_most(const fe_sensitivity_request *r, fe_sensitivity *out)
{
    double by_background = r->bkg_syst * out->background;

    out->criterion = "significance";
    if (out->excess < r->min_counts) {
        out->excess = r->min_counts;
        out->criterion = "gamma";
    }
    if (out->excess < by_background) {
        out->excess = by_background;
        out->criterion = "bkg";
    }
}

static void scale_model(const fe_spectrum *model, double signal, fe_sensitivity *out)
{
    out->norm = out->excess / signal;
    out->dnde = out->norm * fe_spectrum_dnde(model, out->e_ref_TeV);
    out->e2dnde = out->e_ref_TeV * out->e_ref_TeV * out->dnde;
    out->flux = out->norm * fe_spectrum_flux(model, out->e_min_TeV, out->e_max_TeV);
    out->eflux = out->norm * fe_spectrum_eflux(model, out->e_min_TeV, out->e_max_TeV);
}

void fe_sensitivity_finish(const fe_sensitivity_request *r, const fe_spectrum *model, double signal, fe_sensitivity *out)
{
    take_most(r, out);
    if (signal > 0 && isfinite(signal))
        scale_model(model, signal, out);
    else
        out->status |= FE_STATUS_NOEXPO;
}

static fe_sensitivity band(const fe_dataset *d, const fe_spectrum *model, const double *npred, const fe_sensitivity_request *r,
                           size_t first, size_t last, fe_arena *scratch)
{
    fe_sensitivity out = fe_sensitivity_start(d->e_edge_TeV[first], d->e_edge_TeV[last]);
    const fe_block *block;
    fe_fold_piece piece;

    fe_fold_piece_make(d, npred, first, last, FE_METHOD_EXCESS, 0, scratch, &piece);
    if (piece.n_nooff)
        out.status |= FE_STATUS_NOOFF;
    if (!piece.n_used) {
        out.status |= FE_STATUS_EMPTY;
        return out;
    }
    block = &piece.block;
    out.background = block->background;
    out.excess = block->n_off ? fe_sensitivity_excess_wstat(block->n_off[0], block->alpha[0], r->n_sigma)
                              : fe_sensitivity_excess_cash(block->background, r->n_sigma);
    fe_sensitivity_finish(r, model, block->s_rest + (block->n_bins ? block->s[0] : 0), &out);
    return out;
}

void fe_sensitivity_bands(const fe_dataset *d, const fe_spectrum *model, const fe_sensitivity_request *r, size_t n_bands,
                          const size_t *first, const size_t *last, fe_arena *scratch, fe_sensitivity *out)
{
    double *npred = FE_ARENA_NEWN(scratch, double, d->n_e);

    fe_fold_spectrum(d, model, false, scratch, npred);
    for (size_t k = 0; k < n_bands; k++)
        out[k] = band(d, model, npred, r, first[k], last[k], scratch);
}
