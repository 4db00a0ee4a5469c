#include "types/scanlist.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void fe_scanlist_free(fe_scanlist *list)
{
    for (size_t k = 0; k < list->n; k++)
        free(list->scan[k].norm);
    free(list->scan);
    *list = (fe_scanlist){ 0 };
}

void fe_scanlist_add(fe_scanlist *list, size_t band, size_t pixel, size_t n, const double *norm, const double *stat)
{
    double *both = FE_NEWN(double, 2 * n);

    memcpy(both, norm, n * sizeof *both);
    memcpy(both + n, stat, n * sizeof *both);
    FE_GROW(list->scan, list->n, list->cap);
    list->scan[list->n++] = (fe_pixel_scan){ band, pixel, n, both, both + n };
}

void fe_scanlist_join(fe_scanlist *list, fe_scanlist *from)
{
    for (size_t k = 0; k < from->n; k++) {
        FE_GROW(list->scan, list->n, list->cap);
        list->scan[list->n++] = from->scan[k];
    }
    free(from->scan);
    *from = (fe_scanlist){ 0 };
}

size_t fe_scanlist_longest(const fe_scanlist *list)
{
    size_t longest = 0;

    for (size_t k = 0; k < list->n; k++)
        longest = list->scan[k].n > longest ? list->scan[k].n : longest;
    return longest;
}
