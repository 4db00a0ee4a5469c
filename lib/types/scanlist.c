#include "types/scanlist.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void fe_scanlist_free(fe_scanlist *list)
{
    for (size_t k = 0; k < list->n; k++)
        free((double *)list->scan[k].norm);      /* both lie in one block, which the list owns */
    free(list->scan);
    *list = (fe_scanlist){ 0 };
}

void fe_scanlist_add(fe_scanlist *list, const fe_pixel_scan *scan)
{
    double *both = FE_NEWN(double, 2 * scan->n);

    memcpy(both, scan->norm, scan->n * sizeof *both);
    memcpy(both + scan->n, scan->stat, scan->n * sizeof *both);
    FE_GROW(list->scan, list->n, list->cap);
    list->scan[list->n] = *scan;
    list->scan[list->n].norm = both;
    list->scan[list->n++].stat = both + scan->n;
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

const fe_pixel_scan **fe_scanlist_index(const fe_scanlist *list, size_t band, size_t n_pixels)
{
    const fe_pixel_scan **of = FE_NEWN(const fe_pixel_scan *, n_pixels);

    for (size_t i = 0; i < list->n; i++)
        if (list->scan[i].band == band && list->scan[i].pixel < n_pixels)
            of[list->scan[i].pixel] = &list->scan[i];
    return of;
}
