#include "est/convolve.h"

#include <complex.h>
#include <fftw3.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static void directly(size_t ny, size_t nx, const double *in, size_t kh, size_t kw, const double *kernel, double *out)
{
    memset(out, 0, ny * nx * sizeof *out);
    for (size_t k = 0; k < kh; k++)
        for (size_t l = 0; l < kw; l++) {
            double w = kernel[k * kw + l];
            /* the pixel y of out gets y + kh/2 - k of in */
            size_t y0 = k > kh / 2 ? k - kh / 2 : 0, y1 = k < kh / 2 ? (ny > kh / 2 - k ? ny - (kh / 2 - k) : 0) : ny;
            size_t x0 = l > kw / 2 ? l - kw / 2 : 0, x1 = l < kw / 2 ? (nx > kw / 2 - l ? nx - (kw / 2 - l) : 0) : nx;

            if (w == 0)
                continue;
            for (size_t y = y0; y < y1; y++) {
                const double *from = in + (y + kh / 2 - k) * nx + kw / 2 - l;

                for (size_t x = x0; x < x1; x++)
                    out[y * nx + x] += w * from[x];
            }
        }
}

/* Each pixel that is not 0 spreads its kernel. */
static void spread(size_t ny, size_t nx, const double *in, size_t kh, size_t kw, const double *kernel, double *out)
{
    memset(out, 0, ny * nx * sizeof *out);
    for (size_t i = 0; i < ny * nx; i++) {
        size_t y = i / nx, x = i % nx;
        /* the part of the kernel that falls on the image */
        size_t k0 = y < kh / 2 ? kh / 2 - y : 0, k1 = ny - y > kh / 2 ? kh : ny - y + kh / 2;
        size_t l0 = x < kw / 2 ? kw / 2 - x : 0, l1 = nx - x > kw / 2 ? kw : nx - x + kw / 2;

        for (size_t k = k0; in[i] != 0 && k < k1; k++) {
            double *to = out + (y + k - kh / 2) * nx;

            for (size_t l = l0; l < l1; l++)
                to[x + l - kw / 2] += in[i] * kernel[k * kw + l];
        }
    }
}

static size_t count_pixels(size_t n, const double *in)
{
    size_t n_used = 0;

    for (size_t i = 0; i < n; i++)
        n_used += in[i] != 0;
    return n_used;
}

/* The next size whose only prime factors are 2, 3 and 5. */
static size_t good_size(size_t n)
{
    for (;; n++) {
        size_t m = n;

        while (m % 2 == 0)
            m /= 2;
        while (m % 3 == 0)
            m /= 3;
        while (m % 5 == 0)
            m /= 5;
        if (m == 1)
            return n;
    }
}

static void put(double *to, size_t row, size_t ny, size_t nx, const double *from)
{
    for (size_t y = 0; y < ny; y++)
        memcpy(to + y * row, from + y * nx, nx * sizeof *to);
}

static void by_fft(size_t ny, size_t nx, const double *in, size_t kh, size_t kw, const double *kernel, double *out)
{
    size_t my = good_size(ny + kh / 2), mx = good_size(nx + kw / 2), half = mx / 2 + 1;
    double *a = fftw_alloc_real(my * mx), *b = fftw_alloc_real(my * mx);
    fftw_complex *fa = fftw_alloc_complex(my * half), *fb = fftw_alloc_complex(my * half);
    fftw_plan forward_a = fftw_plan_dft_r2c_2d((int)my, (int)mx, a, fa, FFTW_ESTIMATE);
    fftw_plan forward_b = fftw_plan_dft_r2c_2d((int)my, (int)mx, b, fb, FFTW_ESTIMATE);
    fftw_plan back = fftw_plan_dft_c2r_2d((int)my, (int)mx, fa, a, FFTW_ESTIMATE);

    memset(a, 0, my * mx * sizeof *a);
    memset(b, 0, my * mx * sizeof *b);
    put(a, mx, ny, nx, in);
    /* the centre of the kernel at the origin; what lies before it wraps to the end */
    for (size_t k = 0; k < kh; k++)
        for (size_t l = 0; l < kw; l++)
            b[(k + my - kh / 2) % my * mx + (l + mx - kw / 2) % mx] = kernel[k * kw + l];
    fftw_execute(forward_a);
    fftw_execute(forward_b);
    for (size_t i = 0; i < my * half; i++)
        fa[i] *= fb[i] / (double)(my * mx);
    fftw_execute(back);
    for (size_t y = 0; y < ny; y++)
        memcpy(out + y * nx, a + y * mx, nx * sizeof *out);
    fftw_destroy_plan(forward_a);
    fftw_destroy_plan(forward_b);
    fftw_destroy_plan(back);
    fftw_free(a);
    fftw_free(b);
    fftw_free(fa);
    fftw_free(fb);
}

void fe_convolve_same(size_t ny, size_t nx, const double *in, size_t kh, size_t kw, const double *kernel, double *out)
{
    enum { WORTH_A_TRANSFORM = 300 };       /* pixels of the kernel: measured on 400 x 200 pixels */
    enum { OF_A_TRANSFORM = 8 };            /* products for each pixel of the image that cost less than a transform */
    size_t side = kh > kw ? kh : kw;

    /* point sources: beside their kernels they are nothing at all, where a transform leaves its rounding */
    if (count_pixels(ny * nx, in) * kh * kw <= OF_A_TRANSFORM * ny * nx) {
        spread(ny, nx, in, kh, kw, kernel, out);
        return;
    }
    /* a kernel wider than the image would wrap onto itself in the smaller transform */
    if (kh * kw < WORTH_A_TRANSFORM || side > 2 * (ny < nx ? ny : nx))
        directly(ny, nx, in, kh, kw, kernel, out);
    else
        by_fft(ny, nx, in, kh, kw, kernel, out);
}

const char *fe_convolve_library(void)
{
    return fftw_version;
}
