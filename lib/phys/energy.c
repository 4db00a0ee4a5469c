#include "phys/energy.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "base/str.h"
#include "phys/units.h"

static const double SAME_EDGE = 1e-6;       /* float32 columns round at 6e-8 */

enum { MAX_BINS = 10000 };

/* What stands behind the number: "" when nothing does, NULL when there is no number. */
static const char *unit_in(const char *text)
{
    const char *rest;
    double x;

    return fe_num_scan(text, &x, &rest) < 0 ? NULL : rest + strspn(rest, " ");
}

/* Unit of a bare number: that of the next part that has one, else of the last before; NULL when no part has one. */
static const char *unit_near(const fe_strv *part, size_t n, size_t i)
{
    const char *unit;

    for (size_t k = i; k < n; k++)
        if ((unit = unit_in(part->s[k])) && *unit)
            return unit;
    for (size_t k = i; k > 0; k--)
        if ((unit = unit_in(part->s[k - 1])) && *unit)
            return unit;
    return NULL;
}

/* Energy of part i of the first n; the others lend their unit. */
static int read_energy(const fe_strv *part, size_t n, size_t i, double *e_TeV, fe_err *err)
{
    const char *own = unit_in(part->s[i]), *unit = own && *own ? "" : unit_near(part, n, i);
    fe_str text = { 0 };
    int rc;

    if (!own)
        return fe_fail(err, FE_EUSAGE, NULL, "energy edge '%s' is not an energy, expected one like 1TeV", part->s[i]);
    fe_str_addf(&text, "%s%s", part->s[i], unit ? unit : "");
    rc = fe_quantity_parse(text.s, "TeV", e_TeV, err);
    fe_str_free(&text);
    if (rc == 0 && !(*e_TeV > 0 && isfinite(*e_TeV)))
        return fe_fail(err, FE_EUSAGE, NULL, "energy edge '%s' is not above 0 and finite", part->s[i]);
    return rc;
}

static int check_ascending(const fe_edges *edges, fe_err *err)
{
    for (size_t i = 0; i < edges->n_bins; i++)
        if (!(edges->edge_TeV[i + 1] > edges->edge_TeV[i]))
            return fe_fail(err, FE_EUSAGE, NULL, "energy edge %g TeV follows %g TeV, expected ascending edges",
                           edges->edge_TeV[i + 1], edges->edge_TeV[i]);
    return 0;
}

static int read_list(const fe_strv *part, fe_edges *edges, fe_err *err)
{
    if (part->n < 2 && (!part->n || !*part->s[0] || unit_in(part->s[0])))
        return fe_fail(err, FE_EUSAGE, NULL, "one energy edge makes no bin, expected at least two, like 1,10TeV");
    edges->n_bins = part->n - 1;
    edges->edge_TeV = FE_NEWN(double, part->n);
    for (size_t i = 0; i < part->n; i++)
        if (read_energy(part, part->n, i, &edges->edge_TeV[i], err) < 0)
            return -1;
    return check_ascending(edges, err);
}

/* "10" or "5/dec" */
static int read_count(const char *text, double decades, size_t *n_bins, fe_err *err)
{
    const char *rest = "";
    double n = 1;

    if (fe_num_scan(text, &n, &rest) < 0 || (*rest && strcmp(rest, "/dec")) || !(n > 0) || !isfinite(n) ||
        (!*rest && n != rint(n)))
        return fe_fail(err, FE_EUSAGE, NULL, "'%s' is not a number of bins, expected one like 10 or 5/dec", text);
    n = *rest ? fmax(rint(n * decades), 1) : n;
    if (n > MAX_BINS)
        return fe_fail(err, FE_EUSAGE, NULL, "%g energy bins, expected at most %d", n, MAX_BINS);
    *n_bins = (size_t)n;
    return 0;
}

/* Equal steps in log10, so that whole decades come out as whole powers of ten. */
static void fill_log_bins(fe_edges *edges, double e1_TeV, double e2_TeV)
{
    double from = log10(e1_TeV), step = (log10(e2_TeV) - from) / (double)edges->n_bins;

    edges->edge_TeV = FE_NEWN(double, edges->n_bins + 1);
    for (size_t i = 1; i < edges->n_bins; i++)
        edges->edge_TeV[i] = pow(10, from + step * (double)i);
    edges->edge_TeV[0] = e1_TeV;
    edges->edge_TeV[edges->n_bins] = e2_TeV;
}

/* MIN:MAX | MIN:MAX:N | MIN:MAX:N/dec */
static int read_range(const fe_strv *part, fe_edges *edges, fe_err *err)
{
    double e1_TeV = 0, e2_TeV = 0;

    edges->n_bins = 1;
    if (part->n < 2 || part->n > 3)         /* one part: the colon stands in brackets or quotes */
        return fe_fail(err, FE_EUSAGE, NULL, "energy range of %zu parts, expected MIN:MAX, MIN:MAX:N or MIN:MAX:N/dec",
                       part->n);
    if (read_energy(part, 2, 0, &e1_TeV, err) < 0 || read_energy(part, 2, 1, &e2_TeV, err) < 0)
        return -1;
    if (!(e2_TeV > e1_TeV))
        return fe_fail(err, FE_EUSAGE, NULL, "energy range from %g to %g TeV is empty", e1_TeV, e2_TeV);
    if (part->n == 3 && read_count(part->s[2], log10(e2_TeV / e1_TeV), &edges->n_bins, err) < 0)
        return -1;
    fill_log_bins(edges, e1_TeV, e2_TeV);
    return check_ascending(edges, err);
}

/* "min-sig=3"; 1 when text is another word. */
static int read_threshold(const char *text, fe_edges *edges, fe_err *err)
{
    static const struct { const char *word; fe_edges_kind kind; } row[] = {
        { "min-sig=", FE_EDGES_MIN_SIG }, { "min-counts=", FE_EDGES_MIN_COUNTS }
    };

    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        if (fe_str_starts(text, row[i].word)) {
            const char *number = text + strlen(row[i].word);

            edges->kind = row[i].kind;
            if (fe_num_parse(number, &edges->threshold) < 0 || !(edges->threshold > 0) || !isfinite(edges->threshold))
                return fe_fail(err, FE_EUSAGE, NULL, "'%s' in %s is not a positive number", number, text);
            return 0;
        }
    return 1;
}

int fe_edges_parse(const char *text, fe_edges *edges, fe_err *err)
{
    fe_strv part = { 0 };
    int rc;

    *edges = (fe_edges){ .kind = FE_EDGES_LIST };
    if (!strcmp(text, "all")) {
        edges->kind = FE_EDGES_ALL;
        return 0;
    }
    rc = read_threshold(text, edges, err);
    if (rc <= 0)
        return rc;
    fe_strv_split(&part, text, strchr(text, ':') ? ":" : ",");
    rc = strchr(text, ':') ? read_range(&part, edges, err) : read_list(&part, edges, err);
    fe_strv_free(&part);
    if (rc < 0)
        fe_edges_free(edges);
    return rc;
}

void fe_edges_free(fe_edges *edges)
{
    free(edges->edge_TeV);
    *edges = (fe_edges){ .kind = FE_EDGES_LIST };
}

/* Edge k of the axis on a log scale; a first edge at 0 has none, half the second stands in for it. */
static double log_edge(const double *axis_TeV, size_t k)
{
    return log(k == 0 && !(axis_TeV[0] > 0) ? axis_TeV[1] / 2 : axis_TeV[k]);
}

static int one_band(fe_edges *e, double e_min_TeV, double e_max_TeV)
{
    *e = (fe_edges){ FE_EDGES_LIST, 0, 1, FE_NEWN(double, 2) };
    e->edge_TeV[0] = e_min_TeV;
    e->edge_TeV[1] = e_max_TeV;
    return 0;
}

int fe_edges_whole(fe_edges *e)
{
    return one_band(e, 0, INFINITY);
}

int fe_edges_span(const fe_edges *list, fe_edges *one)
{
    return one_band(one, list->edge_TeV[0], list->edge_TeV[list->n_bins]);
}

size_t fe_edge_nearest(const double *axis_TeV, size_t n_bins, double e_TeV)
{
    size_t lo = 0, hi = n_bins;
    double from, to;

    if (!(e_TeV > axis_TeV[0]))
        return 0;
    if (e_TeV >= axis_TeV[n_bins])
        return n_bins;
    while (hi - lo > 1) {
        size_t mid = lo + (hi - lo) / 2;

        *(axis_TeV[mid] <= e_TeV ? &lo : &hi) = mid;
    }
    from = log_edge(axis_TeV, lo);
    to = log_edge(axis_TeV, hi);
    return (size_t)fmax(rint((double)lo + (log(e_TeV) - from) / (to - from)), (double)lo);
}

bool fe_edge_same(double a_TeV, double b_TeV)
{
    return fe_num_close(a_TeV, b_TeV, SAME_EDGE);
}
