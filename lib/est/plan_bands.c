#include "est/plan_bands.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/note.h"

enum { MAX_LISTED = 24 };           /* edges in one message */

static const double EDGE_RTOL = 1e-6;

static double *copy(const double *x, size_t n)
{
    double *y = FE_NEWN(double, n);

    memcpy(y, x, n * sizeof *x);
    return y;
}

static void set_edges(fe_bands *b, size_t n, const double *edge_TeV)
{
    b->n = n;
    b->edge_TeV = copy(edge_TeV, n + 1);
    b->first = FE_NEWN(size_t, n);
    b->last = FE_NEWN(size_t, n);
}

int fe_bands_start(fe_bands *b, const fe_plan *plan, fe_err *err)
{
    *b = (fe_bands){ .exact = plan->exact_edges, .from_data = plan->edges.kind == FE_EDGES_ALL };
    if (b->from_data)
        return 0;
    if (plan->edges.kind != FE_EDGES_LIST || plan->edges.n_bins == 0)
        return fe_fail(err, FE_EUSAGE, NULL, "no energy bands, expected a list of edges");
    set_edges(b, plan->edges.n_bins, plan->edges.edge_TeV);
    return 0;
}

void fe_bands_free(fe_bands *b)
{
    free(b->edge_TeV);
    free(b->axis_TeV);
    free(b->first);
    free(b->last);
    *b = (fe_bands){ 0 };
}

static bool same_axis(const fe_bands *b, const fe_dataset *d)
{
    return b->axis_TeV && b->n_e == d->n_e &&
           !memcmp(b->axis_TeV, d->e_edge_TeV, (d->n_e + 1) * sizeof *d->e_edge_TeV);
}

/* To the end of the data, wherever that is: --integral, and one band over all. */
static bool is_open(double e_TeV)
{
    return isinf(e_TeV) || e_TeV == 0;
}

/* Does the band reach into the axis by more than the rounding of an edge? */
static bool overlaps(const fe_bands *b, size_t k)
{
    return b->edge_TeV[k + 1] > b->axis_TeV[0] * (1 + EDGE_RTOL) &&
           b->edge_TeV[k] < b->axis_TeV[b->n_e] * (1 - EDGE_RTOL);
}

static int refuse(const fe_bands *b, double e_TeV, const fe_dataset *d, fe_err *err)
{
    const fe_where where = { d->info.file, NULL, 0 };
    size_t above = 0;

    while (above < b->n_e && b->axis_TeV[above] < e_TeV)
        above++;
    if (above == 0 || b->axis_TeV[above] < e_TeV)
        return fe_fail(err, FE_EDATA, &where, "energy edge %.9g TeV lies outside the data, whose %s edge is %.9g TeV "
                       "(--exact-edges)", e_TeV, above ? "last" : "first", b->axis_TeV[above]);
    return fe_fail(err, FE_EDATA, &where, "energy edge %.9g TeV is not an edge of the data, the nearest are %.9g and "
                   "%.9g TeV (--exact-edges)", e_TeV, b->axis_TeV[above - 1], b->axis_TeV[above]);
}

/* Bands that lie outside the data move no edge: there is nothing for them. */
static int check_exact(const fe_bands *b, const fe_dataset *d, fe_err *err)
{
    for (size_t k = 0; k < b->n; k++) {
        if (!overlaps(b, k))
            continue;
        for (size_t m = k; m <= k + 1; m++)
            if (!is_open(b->edge_TeV[m]) &&
                !fe_edge_same(b->edge_TeV[m], b->axis_TeV[fe_edge_nearest(b->axis_TeV, b->n_e, b->edge_TeV[m])]))
                return refuse(b, b->edge_TeV[m], d, err);
    }
    return 0;
}

static void say_moved(const fe_bands *b)
{
    fe_str text = { 0 };
    size_t n = 0;

    for (size_t m = 0; m <= b->n; m++) {
        double used = b->axis_TeV[fe_edge_nearest(b->axis_TeV, b->n_e, b->edge_TeV[m])];

        if (is_open(b->edge_TeV[m]) || fe_edge_same(b->edge_TeV[m], used) || n++ >= MAX_LISTED)
            continue;
        fe_str_addf(&text, "%s%.6g -> %.6g", n > 1 ? ", " : "", b->edge_TeV[m], used);
    }
    if (n > MAX_LISTED)
        fe_str_addf(&text, " and %zu more", n - MAX_LISTED);
    if (n)
        fe_note(FE_NOTE_SAID, NULL, "energy edges moved to the data's: %s TeV", text.s);
    fe_str_free(&text);
}

/* The data's own bins are those of the first dataset; another one may reach further. */
static void say_left_out(const fe_bands *b, const fe_dataset *d)
{
    const double *axis = b->axis_TeV, lo = b->edge_TeV[0], hi = b->edge_TeV[b->n];
    const fe_where where = { d->info.file, NULL, 0 };
    static const char text[] = "energies %.6g to %.6g TeV lie %s the bins of the first dataset and are left out";

    if (axis[0] < lo * (1 - EDGE_RTOL))
        fe_note(FE_NOTE_SAID, &where, text, axis[0], lo, "below");
    if (axis[b->n_e] > hi * (1 + EDGE_RTOL))
        fe_note(FE_NOTE_SAID, &where, text, hi, axis[b->n_e], "above");
}

int fe_bands_place(fe_bands *b, const fe_dataset *d, fe_err *err)
{
    if (same_axis(b, d))
        return 0;
    if (b->n == 0)
        set_edges(b, d->n_e, d->e_edge_TeV);
    free(b->axis_TeV);
    b->n_e = d->n_e;
    b->axis_TeV = copy(d->e_edge_TeV, d->n_e + 1);
    for (size_t k = 0; k < b->n; k++) {
        b->first[k] = fe_edge_nearest(b->axis_TeV, b->n_e, b->edge_TeV[k]);
        b->last[k] = fe_edge_nearest(b->axis_TeV, b->n_e, b->edge_TeV[k + 1]);
    }
    if (b->exact)
        return check_exact(b, d, err);
    say_moved(b);
    if (b->from_data)
        say_left_out(b, d);
    return 0;
}
