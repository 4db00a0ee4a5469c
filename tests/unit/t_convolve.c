/* Convolution: a single pixel gives the kernel; both ways agree; the sum is kept away from the edges. */
#include "check.h"
#include "est/convolve.h"

static double *made(size_t n, unsigned seed)
{
    double *x = malloc(n * sizeof *x);

    for (size_t i = 0; i < n; i++)
        x[i] = (double)((seed = seed * 1664525u + 1013904223u) >> 8) / (1 << 24);
    return x;
}

/* By the definition, with every index checked. */
static double plain(size_t ny, size_t nx, const double *in, size_t kh, size_t kw, const double *kernel, size_t y, size_t x)
{
    double sum = 0;

    for (size_t k = 0; k < kh; k++)
        for (size_t l = 0; l < kw; l++) {
            long v = (long)y - (long)k + (long)(kh / 2), u = (long)x - (long)l + (long)(kw / 2);

            if (v >= 0 && u >= 0 && v < (long)ny && u < (long)nx)
                sum += kernel[k * kw + l] * in[v * (long)nx + u];
        }
    return sum;
}

static void same_as_definition(size_t ny, size_t nx, size_t kh, size_t kw)
{
    double *in = made(ny * nx, 1), *kernel = made(kh * kw, 2), *out = made(ny * nx, 3), worst = 0;

    fe_convolve_same(ny, nx, in, kh, kw, kernel, out);
    for (size_t y = 0; y < ny; y++)
        for (size_t x = 0; x < nx; x++)
            worst = fmax(worst, fabs(out[y * nx + x] / plain(ny, nx, in, kh, kw, kernel, y, x) - 1));
    NEAR_ABS(worst, 0, 1e-12);
    free(in);
    free(kernel);
    free(out);
}

/* A few pixels spread their kernels: as the definition says, also at the edges, and nothing at all beside. */
static void few_pixels(size_t ny, size_t nx, size_t kh, size_t kw)
{
    const size_t at[] = { 0, nx - 1, (ny / 2) * nx + nx / 2, (ny - 1) * nx + nx / 3 };
    double *in = calloc(ny * nx, sizeof *in), *kernel = made(kh * kw, 2), *out = made(ny * nx, 3), worst = 0;
    size_t beside = 0;

    for (size_t k = 0; k < sizeof at / sizeof *at; k++)
        in[at[k]] = 1.5 + (double)k;
    fe_convolve_same(ny, nx, in, kh, kw, kernel, out);
    for (size_t y = 0; y < ny; y++)
        for (size_t x = 0; x < nx; x++) {
            double want = plain(ny, nx, in, kh, kw, kernel, y, x);

            worst = fmax(worst, fabs(out[y * nx + x] - want));
            beside += want == 0 && out[y * nx + x] == 0;
        }
    NEAR_ABS(worst, 0, 1e-14);
    CHECK(beside > ny * nx / 3);
    free(in);
    free(kernel);
    free(out);
}

int main(void)
{
    same_as_definition(20, 30, 5, 3);           /* directly */
    same_as_definition(7, 5, 9, 11);            /* the kernel is the larger one */
    same_as_definition(1, 40, 1, 7);
    same_as_definition(40, 31, 21, 25);         /* by FFT */
    same_as_definition(25, 33, 41, 19);
    same_as_definition(3, 4, 23, 31);           /* far larger: directly */
    few_pixels(80, 90, 21, 25);
    few_pixels(60, 70, 3, 5);
    few_pixels(51, 9, 5, 9);
    CHECK(strstr(fe_convolve_library(), "fftw-3") != NULL);
    return check_done();
}
