#include "est/scan.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { FEWEST_POINTS = 3, MOST_NODES = 6, MINIMUM_NODES = 7, MAX_TURNS = 100 };

struct fe_scan_piece {              /* Newton's form on nodes r[start] ... r[start + m - 1]              */
    size_t start, m;
    double c[MOST_NODES];
};

typedef struct point { double x, stat; } point;

/* ---- the points ------------------------------------------------------------------------------------------------ */

static int by_norm(const void *a, const void *b)
{
    double x = ((const point *)a)->x, y = ((const point *)b)->x;

    return (x > y) - (x < y);
}

static size_t finite_points(size_t n, const double *norm, const double *stat, point *p)
{
    size_t m = 0, k = 0;

    for (size_t i = 0; i < n; i++)
        if (isfinite(norm[i]) && isfinite(stat[i]))
            p[m++] = (point){ norm[i], stat[i] };
    qsort(p, m, sizeof *p, by_norm);
    for (size_t i = 0; i < m; i++)
        if (k == 0 || p[i].x > p[k - 1].x)
            p[k++] = p[i];
    return k;
}

static size_t lowest(size_t n, const point *p)
{
    size_t k = 0;

    for (size_t i = 1; i < n; i++)
        if (p[i].stat < p[k].stat)
            k = i;
    return k;
}

static bool peaks_inside(size_t n, const point *p)
{
    size_t low = lowest(n, p), high = 0;

    for (size_t i = 1; i < n; i++)
        if (p[i].stat > p[high].stat)
            high = i;
    return n >= FEWEST_POINTS && (low == 0 || low == n - 1) && high != 0 && high != n - 1;
}

static bool is_flat(size_t n, const point *p)
{
    for (size_t i = 1; i < n; i++)
        if (p[i].stat != p[0].stat)
            return false;
    return n > 0;
}

static double chord(const point *a, const point *b)
{
    return (b->stat - a->stat) / (b->x - a->x);
}

static void insert(size_t *n, point *p, size_t at, point new)
{
    memmove(p + at + 1, p + at, (*n - at) * sizeof *p);
    p[at] = new;
    ++*n;
}

/*
 * Is the best fit the minimum of this curve?  It must lie below all points and keep the curve convex; what comes from elsewhere (an
 * offset that differs, another reference) does not.
 */
static bool fits_in(size_t n, const point *p, size_t at, const point *best)
{
    double tol = 1e-9;

    if (best->stat > p[lowest(n, p)].stat + tol * fmax(1, fabs(best->stat)))
        return false;
    if (at >= 2) {
        double outer = chord(&p[at - 2], &p[at - 1]), inner = chord(&p[at - 1], best);

        if (inner < outer - tol * fabs(outer))
            return false;
    }
    if (at + 1 < n) {
        double inner = chord(best, &p[at]), outer = chord(&p[at], &p[at + 1]);

        if (inner > outer + tol * fabs(outer))
            return false;
    }
    return true;
}

/* Make the best fit of the table a point; *i_min is its place.  False: it is not known, or not of this curve. */
static bool take_best(size_t *n, point *p, double norm, double stat, size_t *i_min)
{
    point best = { norm, stat };
    double range = *n ? p[*n - 1].x - p[0].x : 0;
    size_t at = 0;

    if (!isfinite(norm) || !isfinite(stat) || *n < FEWEST_POINTS - 1)
        return false;
    for (size_t i = 0; i < *n; i++)
        if (fabs(p[i].x - norm) <= 1e-12 * range) {
            *i_min = i;
            return i == lowest(*n, p) && fabs(p[i].stat - stat) <= 1e-9 * fmax(1, fabs(stat));
        }
    while (at < *n && p[at].x < norm)
        at++;
    if (!fits_in(*n, p, at, &best))
        return false;
    insert(n, p, at, best);
    *i_min = at;
    return true;
}

/* ---- the minimum of a grid that does not name it ----------------------------------------------------------------- */

static void divided_differences(size_t n, const double *u, double *c)
{
    for (size_t k = 1; k < n; k++)
        for (size_t i = n; i-- > k;)
            c[i] = (c[i] - c[i - 1]) / (u[i] - u[i - k]);
}

static double newton_form(size_t n, const double *u, const double *c, double at)
{
    double y = c[n - 1];

    for (size_t i = n - 1; i-- > 0;)
        y = y * (at - u[i]) + c[i];
    return y;
}

/* Steps that grow with the norm: the logarithm makes them even, and a Poisson likelihood smoother. */
static bool is_geometric(size_t n, const point *p)
{
    double first = p[1].x - p[0].x, last = p[n - 1].x - p[n - 2].x;

    if (!(p[0].x > 0))
        return false;
    return fabs(log(last / first)) > fabs(log(log(p[n - 1].x / p[n - 2].x) / log(p[1].x / p[0].x)));
}

static double golden_minimum(size_t n, const double *u, const double *c, double low, double high)
{
    const double g = 0.5 * (sqrt(5) - 1);

    for (int turn = 0; turn < MAX_TURNS; turn++) {
        double a = high - g * (high - low), b = low + g * (high - low);

        if (newton_form(n, u, c, a) < newton_form(n, u, c, b))
            high = b;
        else
            low = a;
    }
    return 0.5 * (low + high);
}

/* What a convex curve through the points cannot be below at x beside the lowest one, m: the chords next to it, drawn on. */
static double convex_bound(size_t n, const point *p, size_t m, double x)
{
    bool below = x < p[m].x;
    double bound = p[m].stat + (below ? chord(&p[m], &p[m + 1]) : chord(&p[m - 1], &p[m])) * (x - p[m].x);

    if (below && m >= 2)
        bound = fmax(bound, p[m - 1].stat + chord(&p[m - 2], &p[m - 1]) * (x - p[m - 1].x));
    if (!below && m + 2 < n)
        bound = fmax(bound, p[m + 1].stat + chord(&p[m + 1], &p[m + 2]) * (x - p[m + 1].x));
    return bound;
}

/* A polynomial through the points around the lowest one; where it breaks convexity (at a kink) the lowest point itself. */
static bool find_minimum(size_t *n, point *p, size_t *i_min)
{
    double u[MINIMUM_NODES], c[MINIMUM_NODES], at;
    size_t m = lowest(*n, p), nodes = *n < MINIMUM_NODES ? *n : MINIMUM_NODES, first = m > nodes / 2 ? m - nodes / 2 : 0;
    bool geometric;
    point new;

    *i_min = m;
    if (*n < FEWEST_POINTS || m == 0 || m == *n - 1)
        return false;
    first = first + nodes > *n ? *n - nodes : first;
    geometric = is_geometric(nodes, p + first);
    for (size_t i = 0; i < nodes; i++) {
        u[i] = geometric ? log(p[first + i].x) : p[first + i].x;
        c[i] = p[first + i].stat - p[m].stat;
    }
    divided_differences(nodes, u, c);
    at = golden_minimum(nodes, u, c, u[m - 1 - first], u[m + 1 - first]);
    new = (point){ geometric ? exp(at) : at, p[m].stat + fmin(newton_form(nodes, u, c, at), 0) };
    if (fabs(new.x - p[m].x) < 1e-6 * (p[m + 1].x - p[m - 1].x) || !(new.stat >= convex_bound(*n, p, m, new.x)))
        return true;
    *i_min = new.x > p[m].x ? m + 1 : m;
    insert(n, p, *i_min, new);
    return true;
}

/* ---- the polynomials ------------------------------------------------------------------------------------------- */

/*
 * Points that rise on both sides of the minimum, up to the first one that does not.  Left out: what cannot be told from the
 * minimum in double precision, and a second point at nearly the same norm.
 */
static void take_side(fe_scan *s, size_t n, const point *p, size_t i_min, int direction, size_t *count)
{
    double noise = 64 * DBL_EPSILON * fmax(fabs(s->stat), fabs(p[direction < 0 ? 0 : n - 1].stat));
    double close = 1e-6 * (p[n - 1].x - p[0].x), r_last = 0, x_last = s->norm;

    for (size_t i = i_min; direction < 0 ? i-- > 0 : ++i < n;) {
        double rise = p[i].stat - s->stat, r = sqrt(fmax(rise, 0));

        if (rise <= noise || (r <= r_last * (1 + 1e-9) && fabs(p[i].x - x_last) < close))
            continue;
        if (r <= r_last)
            return;
        s->x[*count] = x_last = p[i].x;
        r_last = r;
        s->r[(*count)++] = direction * r;
    }
}

static void reverse(double *x, size_t n)
{
    for (size_t i = 0; i < n / 2; i++) {
        double swap = x[i];

        x[i] = x[n - 1 - i];
        x[n - 1 - i] = swap;
    }
}

static void take_points(fe_scan *s, size_t n, const point *p, size_t i_min)
{
    s->norm = p[i_min].x;
    s->stat = p[i_min].stat;
    take_side(s, n, p, i_min, -1, &s->n);
    reverse(s->x, s->n);
    reverse(s->r, s->n);
    s->i_min = s->n;
    s->x[s->n] = s->norm;
    s->r[s->n++] = 0;
    take_side(s, n, p, i_min, 1, &s->n);
}

static double piece_at(const fe_scan *s, const fe_scan_piece *piece, double r)
{
    return newton_form(piece->m, s->r + piece->start, piece->c, r);
}

static double piece_slope(const fe_scan *s, const fe_scan_piece *piece, double r)
{
    const double *node = s->r + piece->start;
    double y = piece->c[piece->m - 1], slope = 0;

    for (size_t i = piece->m - 1; i-- > 0;) {
        slope = slope * (r - node[i]) + y;
        y = y * (r - node[i]) + piece->c[i];
    }
    return slope;
}

static void set_piece(const fe_scan *s, size_t start, size_t m, fe_scan_piece *piece)
{
    piece->start = start;
    piece->m = m;
    memcpy(piece->c, s->x + start, m * sizeof *piece->c);
    divided_differences(m, s->r + start, piece->c);
}

static bool rises(const fe_scan *s, const fe_scan_piece *piece, size_t k)
{
    enum { STEPS = 8 };
    double last = s->x[k];

    for (int i = 1; i <= STEPS; i++) {
        double x = i == STEPS ? s->x[k + 1] : piece_at(s, piece, s->r[k] + (s->r[k + 1] - s->r[k]) * i / STEPS);

        if (!(x > last))
            return false;
        last = x;
    }
    return true;
}

/*
 * The polynomial between points k and k + 1.  Its stencil grows to the side whose divided difference is smaller, so that it does not
 * reach over a kink (ENO: Harten, Engquist, Osher, Chakravarthy, J. Comput. Phys. 71 (1987) 231), within points [low, high]; the order
 * is the highest at which the norm rises throughout.
 */
static void make_piece(const fe_scan *s, size_t k, size_t low, size_t high, fe_scan_piece *piece)
{
    fe_scan_piece next, left, right;

    set_piece(s, k, 2, piece);
    for (next = *piece; next.m < MOST_NODES && (next.start > low || next.start + next.m <= high);) {
        bool has_left = next.start > low, has_right = next.start + next.m <= high;

        if (has_left)
            set_piece(s, next.start - 1, next.m + 1, &left);
        if (has_right)
            set_piece(s, next.start, next.m + 1, &right);
        next = !has_right || (has_left && fabs(left.c[next.m]) < fabs(right.c[next.m])) ? left : right;
        if (rises(s, &next, k))
            *piece = next;
    }
}

/*
 * One-sided slopes d norm / d r at the minimum that differ, or vanish on both sides, tell of a kink beside it or at it; stencils must not
 * look across then: two opposite parabolas pass for a straight line.
 */
static bool has_kink(const fe_scan *s)
{
    fe_scan_piece below, above;
    size_t i = s->i_min;
    double left, right;

    if (i < FEWEST_POINTS || i + FEWEST_POINTS >= s->n)
        return false;
    make_piece(s, i - 1, 0, i, &below);
    make_piece(s, i, i, s->n - 1, &above);
    left = piece_slope(s, &below, 0);
    right = piece_slope(s, &above, 0);
    return fabs(left - right) > 0.1 * (fabs(left) + fabs(right)) ||
           left + right < 0.5 * (s->x[i + 1] - s->x[i - 1]) / (s->r[i + 1] - s->r[i - 1]);
}

static void make_pieces(fe_scan *s)
{
    bool kink = has_kink(s);

    s->piece = FE_NEWN(fe_scan_piece, s->n);
    for (size_t k = 0; k + 1 < s->n; k++)
        make_piece(s, k, kink && k >= s->i_min ? s->i_min : 0, kink && k < s->i_min ? s->i_min : s->n - 1, &s->piece[k]);
}

/* ---- making ---------------------------------------------------------------------------------------------------- */

fe_scan *fe_scan_new(size_t n, const double *norm, const double *stat, double best_norm, double best_stat)
{
    fe_scan *s = FE_NEW(fe_scan);
    point *p = FE_NEWN(point, n + 1);           /* the minimum may be one more */
    size_t m = finite_points(n, norm, stat, p), i_min;

    s->norm = s->stat = NAN;
    s->is_empty = m == 0;
    s->is_flat = is_flat(m, p);
    s->is_peak = peaks_inside(m, p);
    if (!s->is_flat && !s->is_peak && (take_best(&m, p, best_norm, best_stat, &i_min) || find_minimum(&m, p, &i_min))) {
        s->x = FE_NEWN(double, m);
        s->r = FE_NEWN(double, m);
        take_points(s, m, p, i_min);
        make_pieces(s);
    }
    free(p);
    return s;
}

void fe_scan_free(fe_scan *s)
{
    if (!s)
        return;
    free(s->x);
    free(s->r);
    free(s->piece);
    free(s);
}

/* ---- asking ---------------------------------------------------------------------------------------------------- */

/* The interval of ascending nodes that holds the value; n - 1: none does. */
static size_t interval(size_t n, const double *node, double value)
{
    size_t low = 0, high = n ? n - 1 : 0;

    if (n < 2 || !(value >= node[0] && value <= node[n - 1]))
        return n ? n - 1 : 0;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (node[middle] <= value)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* Bracketed Newton: the piece rises from one end to the other. */
static double root_of(const fe_scan *s, size_t k, double x)
{
    double low = s->r[k], high = s->r[k + 1];
    double r = low + (high - low) * (x - s->x[k]) / (s->x[k + 1] - s->x[k]);

    for (int turn = 0; turn < MAX_TURNS && high - low > 4 * DBL_EPSILON * (fabs(low) + fabs(high)); turn++) {
        double f = piece_at(s, &s->piece[k], r) - x, next = r - f / piece_slope(s, &s->piece[k], r);

        if (f == 0)
            break;
        if (f < 0)
            low = r;
        else
            high = r;
        next = next > low && next < high ? next : 0.5 * (low + high);
        if (fabs(next - r) <= 2 * DBL_EPSILON * fabs(r))
            break;
        r = next;
    }
    return r;
}

double fe_scan_root(const fe_scan *s, double norm)
{
    size_t k = interval(s->n, s->x, norm);

    if (k + 1 >= s->n)
        return NAN;
    if (norm == s->x[k] || norm == s->x[k + 1])
        return s->r[norm == s->x[k] ? k : k + 1];
    return root_of(s, k, norm);
}

double fe_scan_rise(const fe_scan *s, double norm)
{
    double r = fe_scan_root(s, norm);

    return r * r;
}

double fe_scan_slope(const fe_scan *s, double norm)
{
    size_t k = interval(s->n, s->x, norm);
    double r = fe_scan_root(s, norm), slope;

    if (isnan(r) || r == 0)
        return r;
    slope = piece_slope(s, &s->piece[k], r);
    return 2 * r / (slope > 0 ? slope : (s->x[k + 1] - s->x[k]) / (s->r[k + 1] - s->r[k]));
}

double fe_scan_crossing(const fe_scan *s, int direction, double drop)
{
    double r = direction * sqrt(drop);
    size_t k = interval(s->n, s->r, r);

    return k + 1 < s->n ? piece_at(s, &s->piece[k], r) : NAN;
}

/* stat = stat_min + r^2 gives stat'' = 2 / (d norm / d r)^2 at the minimum, and err^2 = 2 / stat'' (algorithms 8). */
double fe_scan_err(const fe_scan *s)
{
    if (s->n < FEWEST_POINTS || s->i_min == 0 || s->i_min == s->n - 1 || has_kink(s))
        return NAN;
    return 0.5 * (piece_slope(s, &s->piece[s->i_min - 1], 0) + piece_slope(s, &s->piece[s->i_min], 0));
}

fe_scan_norm fe_scan_solve(const fe_scan *s, const fe_scan_levels *levels)
{
    double drop = levels->n_sigma * levels->n_sigma, ul_drop = levels->ul_drop;

    if (levels->bounded && s->norm < 0)
        ul_drop += fe_scan_rise(s, 0);          /* NaN where the scan ends below 0 */
    return (fe_scan_norm){
        .err = levels->n_sigma * fe_scan_err(s), .errn = s->norm - fe_scan_crossing(s, -1, drop),
        .errp = fe_scan_crossing(s, 1, drop) - s->norm, .ul = fe_scan_crossing(s, 1, ul_drop)
    };
}
