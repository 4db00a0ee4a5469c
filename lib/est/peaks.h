/* peaks.h -- the places of a map that stand out. */
#ifndef FE_EST_PEAKS_H
#define FE_EST_PEAKS_H
#include <stddef.h>

typedef struct fe_peak { size_t band, x, y; double value; } fe_peak;

typedef struct fe_peaks {           /* start with { 0 }                                                 */
    size_t n, cap;
    fe_peak *peak;
} fe_peaks;

void fe_peaks_free(fe_peaks *);
/* Pixels of an image [ny][nx] that are at least the threshold and not below any of their eight neighbours. */
void fe_peaks_add(fe_peaks *, size_t band, size_t ny, size_t nx, const double *value, double threshold);
/* The highest first; those nearer than a distance in pixels to a higher one go, of whatever band. */
void fe_peaks_thin(fe_peaks *, double pixels);
#endif
