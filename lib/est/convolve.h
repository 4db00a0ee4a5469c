/* convolve.h -- convolution of an image with a kernel, zeros outside of both: directly for small kernels or few pixels, else by FFTW. */
#ifndef FE_EST_CONVOLVE_H
#define FE_EST_CONVOLVE_H
#include <stddef.h>

/*
 * out[y][x] = sum_kl kernel[k][l] in[y - k + kh/2][x - l + kw/2], [ny][nx] as in; kh and kw are odd.  Which way is taken depends
 * on the sizes, and on how many pixels of in are not 0: a few of them spread the kernel one by one.  FFTW plans are estimated, not measured: measured ones change the last bits from run to run.  For one thread.
 */
void fe_convolve_same(size_t ny, size_t nx, const double *in, size_t kh, size_t kw, const double *kernel, double *out);
const char *fe_convolve_library(void);      /* "fftw 3.3.10" */
#endif
