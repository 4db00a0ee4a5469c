/* places_run.h -- places on the sky as users give them, and the pixels of maps they lie in: fe-extract and fe-tsmap --positions. */
#ifndef FE_TOOLS_PLACES_RUN_H
#define FE_TOOLS_PLACES_RUN_H
#include <stdbool.h>
#include "base/str.h"
#include "types/estimate.h"
#include "types/geom.h"
#include "types/scanlist.h"

typedef struct place { char *name; double ra, dec; } place;
typedef struct places { size_t n, cap; place *place; } places;      /* start with { 0 }                 */

/* Those that were typed, and those of a table (NULL: none) with columns ra and dec, or glon and glat, and a name. */
int places_read(const fe_strv *at, const char *table, places *out, fe_err *err) FE_RESULT;
void places_free(places *);

/* The pixel that holds a place; false: it is off the map. */
bool places_pixel(fe_geom *, const place *, size_t *pixel);
/* All that an estimate says of a pixel becomes a row of another one. */
void places_copy_pixel(const fe_estimate *from, size_t pixel, fe_estimate *e, size_t row);
/* Its scan, where there is one. */
void places_put_scan(const fe_scanlist *, size_t band, size_t pixel, fe_estimate *e, size_t row);
/* Rows are place x band: names as sources, columns ra and dec. */
void places_put(const places *, size_t n_bands, fe_estimate *);
#endif
