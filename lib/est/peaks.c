#include "est/peaks.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/mem.h"

void fe_peaks_free(fe_peaks *p)
{
    free(p->peak);
    *p = (fe_peaks){ 0 };
}

static bool is_highest(size_t ny, size_t nx, const double *value, size_t x, size_t y)
{
    for (int k = 0; k < 9; k++) {
        size_t qx = x + (size_t)(k % 3) - 1, qy = y + (size_t)(k / 3) - 1;      /* wraps round below 0 */

        if (qx < nx && qy < ny && value[qy * nx + qx] > value[y * nx + x])
            return false;
    }
    return true;
}

void fe_peaks_add(fe_peaks *p, size_t band, size_t ny, size_t nx, const double *value, double threshold)
{
    for (size_t y = 0; y < ny; y++)
        for (size_t x = 0; x < nx; x++) {
            if (!(value[y * nx + x] >= threshold) || !is_highest(ny, nx, value, x, y))
                continue;
            FE_GROW(p->peak, p->n, p->cap);
            p->peak[p->n++] = (fe_peak){ band, x, y, value[y * nx + x] };
        }
}

/* Equals stand in the order of bands, rows, columns. */
static int higher_first(const void *a, const void *b)
{
    const fe_peak *p = a, *q = b;

    if (p->value != q->value)
        return p->value > q->value ? -1 : 1;
    if (p->band != q->band)
        return p->band < q->band ? -1 : 1;
    if (p->y != q->y)
        return p->y < q->y ? -1 : 1;
    return (p->x > q->x) - (p->x < q->x);
}

void fe_peaks_thin(fe_peaks *p, double pixels)
{
    size_t kept = 0;

    if (p->n)
        qsort(p->peak, p->n, sizeof *p->peak, higher_first);
    for (size_t i = 0; i < p->n; i++) {
        bool alone = true;

        for (size_t k = 0; k < kept && alone; k++)
            alone = hypot((double)p->peak[i].x - (double)p->peak[k].x, (double)p->peak[i].y - (double)p->peak[k].y) >= pixels;
        if (alone)
            p->peak[kept++] = p->peak[i];
    }
    p->n = kept;
}
