/* Kernels of TS maps: what a source is in each channel at the centre of a map. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "est/fold.h"
#include "est/predict_parts.h"
#include "phys/sky.h"

static bool has_exposure(const fe_dataset *d, size_t pixel)
{
    for (size_t i = 0; i < d->n_etrue; i++)
        if (d->exposure_cm2_s[i * d->nx * d->ny + pixel] > 0)
            return true;
    return false;
}

static double pixels_from_centre(const fe_dataset *d, size_t pixel)
{
    return hypot((double)(pixel % d->nx) - 0.5 * ((double)d->nx - 1), (double)(pixel / d->nx) - 0.5 * ((double)d->ny - 1));
}

/* The pixels with exposure that are nearest to the centre of the map: their number, at most 8. */
static size_t nearest_pixels(const fe_dataset *d, size_t list[8])
{
    const double TIE = 1e-6;
    double nearest = INFINITY;
    size_t n = 0;

    for (size_t q = 0; q < d->nx * d->ny; q++) {
        double r = pixels_from_centre(d, q);

        if (r > nearest + TIE || !has_exposure(d, q))
            continue;
        if (r < nearest - TIE)
            n = 0;
        nearest = fmin(nearest, r);
        if (n < 8)
            list[n++] = q;
    }
    return n;
}

/* Of several as near gammapy takes the one whose angle from the centre comes out smallest: rounding decides. */
static size_t gammapy_pixel(const fe_dataset *d, size_t n, const size_t *list)
{
    double x[8], y[8], lon[8], lat[8], lon_0, lat_0, best = INFINITY;
    size_t at = 0;

    for (size_t k = 0; k < n; k++) {
        x[k] = (double)(list[k] % d->nx);
        y[k] = (double)(list[k] / d->nx);
    }
    fe_geom_centre(d->geom, &lon_0, &lat_0);
    fe_geom_to_sky(d->geom, n, x, y, lon, lat);
    for (size_t k = 0; k < n; k++) {
        double r = fe_sky_separation(lon_0, lat_0, lon[k], lat[k]);

        if (r < best) {
            best = r;
            at = k;
        }
    }
    return list[at];
}

/* Spectrum of the exposure in the nearest pixel that has one; of several as near, their mean, or gammapy's one. */
static double *exposure_at_centre(const fe_dataset *d, bool as_gammapy)
{
    double *out = FE_NEWN(double, d->n_etrue);
    size_t list[8], n = nearest_pixels(d, list);

    if (as_gammapy && n > 1) {
        list[0] = gammapy_pixel(d, n, list);
        n = 1;
    }
    for (size_t i = 0; i < d->n_etrue; i++)
        for (size_t k = 0; k < n; k++)
            out[i] += d->exposure_cm2_s[i * d->nx * d->ny + list[k]] / (double)n;
    return out;
}

static void normalize(size_t n_e, size_t n_pixels, double *value)
{
    for (size_t j = 0; j < n_e; j++) {
        double *plane = value + j * n_pixels, sum = 0;

        for (size_t i = 0; i < n_pixels; i++)
            sum += plane[i];
        for (size_t i = 0; i < n_pixels; i++)
            plane[i] = sum > 0 ? plane[i] / sum : 0;
    }
}

/* The largest box of the planes that the channels need: with a PSF in true energies all of them. */
static size_t psf_side(const fe_dataset *d, const fe_kernels *psf, const fe_kernel_request *r)
{
    size_t side = 0;

    for (size_t e = r->first; d->psf && d->psf->reco && psf->n && e < r->last; e++)
        side = psf->side[e] > side ? psf->side[e] : side;
    return side ? side : psf->n;
}

typedef struct kernel_sides { size_t made, kept; } kernel_sides;

/*
 * Made wide enough for PSF and model; what a narrower kernel leaves out is lost, so that it holds less than the whole source.  What is
 * further away than the map is wide has no data.
 */
static kernel_sides kernel_sides_of(const fe_dataset *d, size_t n_psf, const fe_kernel_request *r)
{
    double pixel = fe_geom_pixel_max_deg(d->geom);
    size_t natural = fe_kernel_side((double)n_psf * pixel + 2 * (fe_predict_radius_deg(r->model, d->geom) + FE_PREDICT_MARGIN_DEG), pixel);
    size_t asked = isnan(r->width_deg) ? natural : fe_kernel_side(r->width_deg, pixel), all = 2 * (d->nx > d->ny ? d->nx : d->ny) - 1;

    if (r->as_gammapy)
        return (kernel_sides){ natural < asked ? natural : asked, natural < asked ? natural : asked };
    asked = asked < all ? asked : all;
    return (kernel_sides){ natural > asked ? natural : asked, asked };
}

/* The middle of planes. */
static void cut_kernels(const double *from, size_t made, fe_kernels *out)
{
    size_t skip = (made - out->n) / 2;

    for (size_t j = 0; j < out->n_e; j++)
        for (size_t y = 0; y < out->n; y++)
            memcpy(out->value + (j * out->n + y) * out->n, from + (j * made + y + skip) * made + skip, out->n * sizeof *from);
}

/* A template that is wider than the map is no source in it. */
static int check_size(const fe_dataset *d, const fe_model *m, fe_err *err)
{
    double radius = fe_predict_radius_deg(m, d->geom), widest = fe_geom_pixel_max_deg(d->geom) * (double)(d->nx > d->ny ? d->nx : d->ny);

    if (isinf(radius))
        return fe_fail(err, FE_EUSAGE, NULL, "a TS map needs a source of finite size, found %s", m->spatial->kind->tag);
    if (fe_spatial_is_template(m->spatial) && radius > widest)
        return fe_fail(err, FE_EUSAGE, NULL, "a TS map needs a source of finite size, found %s, a template of radius %.3g deg for a map "
                       "of %.3g deg", m->map->file ? m->map->file : "", radius, widest);
    return 0;
}

int fe_predict_kernels(const fe_dataset *d, const fe_kernel_request *r, fe_kernels *out, fe_err *err)
{
    fe_kernels psf = { 0 };
    double lon, lat, *flux = NULL, *exposure = NULL, *npred = NULL;
    fe_geom *geom = NULL;
    size_t n, n_planes = r->last - r->first;
    kernel_sides sides;
    int rc = -1;

    *out = (fe_kernels){ 0 };
    if (fe_predict_need(r->model, err) < 0)
        return -1;
    if (check_size(d, r->model, err) < 0)
        return -1;
    fe_geom_centre(d->geom, &lon, &lat);
    if (!r->no_psf && fe_predict_psf(d, lon, lat, r->as_gammapy, &psf, err) < 0)
        return -1;
    sides = kernel_sides_of(d, psf_side(d, &psf, r), r);
    n = sides.made;
    if (fe_kernel_check_size(n, n, d->n_etrue, err) < 0)
        goto done;
    if (!(geom = fe_kernel_geom(d->geom, lon, lat, n, err)))
        goto done;
    flux = FE_NEWN(double, d->n_etrue);
    fe_fold_flux(d, r->model->spectrum, r->as_gammapy, flux);
    exposure = exposure_at_centre(d, r->as_gammapy);
    npred = FE_NEWN(double, d->n_e * n * n);
    fe_predict_box(&(fe_predict_job){ .d = d, .field = &(fe_field){ r->model, geom, n, n, lon, lat, r->at_centres, r->as_gammapy },
                                      .psf = &psf, .edisp = d->edisp, .flux = flux, .exposure = exposure }, npred);
    normalize(d->n_e, n * n, npred);
    *out = (fe_kernels){ n_planes, sides.kept, FE_NEWN(double, n_planes * sides.kept * sides.kept), FE_NEWN(size_t, n_planes) };
    cut_kernels(npred + r->first * n * n, n, out);
    for (size_t j = 0; j < n_planes; j++)
        out->side[j] = sides.kept;
    rc = 0;
done:
    fe_kernels_free(&psf);
    fe_geom_free(geom);
    free(flux);
    free(exposure);
    free(npred);
    return rc;
}
