/* Exposure, energy dispersion and point spread function of a dataset. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/note.h"
#include "io/dataset_io_parts.h"
#include "phys/units.h"

/* Integral of a PSF over the sky, or of a dispersion: coarse tables of real files come within a few percent. */
static const double NORM_MIN = 0.5, NORM_MAX = 1.5;
static const double TINY = 1e-6;            /* of the largest value: rounding of an interpolation */

static double *take(double **from)
{
    double *x = *from;

    *from = NULL;
    return x;
}

static double *copy(const double *x, size_t n)
{
    double *y = FE_NEWN(double, n);

    memcpy(y, x, n * sizeof *x);
    return y;
}

/* ---- exposure ----------------------------------------------------------------------------------------------- */

int fe_dataset_read_exposure(fe_dataset *d, fe_map *exposure, fe_err *err)
{
    const fe_where at = fe_map_where(exposure);
    char place[96];

    if (fe_map_to_unit(exposure, "cm2 s", err) < 0)
        return -1;
    for (size_t i = 0; i < exposure->n; i++)
        if (!(exposure->value[i] >= 0) || isinf(exposure->value[i])) {
            fe_dataset_place(exposure, i, place, sizeof place);
            return fe_fail(err, FE_EDATA, &at, "the exposure at %s is %g, expected a number that is not negative", place,
                           exposure->value[i]);
        }
    free(d->etrue_edge_TeV);
    free(d->exposure_cm2_s);
    d->etrue_edge_TeV = copy(exposure->axis[0].edge, exposure->axis[0].n + 1);
    d->exposure_cm2_s = take(&exposure->value);
    return 0;
}

/* ---- responses on a sky grid -------------------------------------------------------------------------------- */

/* Energies of the second axis, values of the first; the map is left without its values. */
static fe_irfmap *make_irf(const fe_dataset *d, fe_irfkind kind, fe_map *m)
{
    const fe_map_axis *a = &m->axis[0], *e = &m->axis[1];
    fe_irfmap *irf = fe_irfmap_new(kind, e->n, a->n, m->ny, m->nx);

    memcpy(irf->e_edge_TeV, e->edge, (e->n + 1) * sizeof *e->edge);
    memcpy(irf->axis_edge, a->edge, (a->n + 1) * sizeof *a->edge);
    memcpy(irf->axis_node, a->node, a->n * sizeof *a->node);
    for (size_t i = 0; i < e->n; i++)
        irf->e_node_TeV[i] = e->is_node ? e->node[i] : sqrt(e->edge[i] * e->edge[i + 1]);
    free(irf->value);
    irf->value = take(&m->value);
    irf->geom = m->geom ? fe_geom_share(m->geom) : NULL;
    irf->turned = d->geom && m->geom && fe_geom_is_galactic(d->geom) != fe_geom_is_galactic(m->geom);
    for (size_t i = 0; kind != FE_IRF_EDISP_KERNEL && i <= a->n; i++)
        irf->axis_edge[i] = fmax(irf->axis_edge[i], 0);         /* half a step below a first node at 0 */
    return irf;
}

/* Numbers that are not negative. */
static int check_values(const fe_map *m, const char *what, fe_err *err)
{
    const fe_where at = fe_map_where(m);
    double largest = 0;
    char place[96];

    for (size_t i = 0; i < m->n; i++)
        largest = fmax(largest, m->value[i]);
    for (size_t i = 0; i < m->n; i++)
        if (!isfinite(m->value[i]) || m->value[i] < -TINY * largest) {
            fe_dataset_place(m, i, place, sizeof place);
            return fe_fail(err, FE_EDATA, &at, "the %s at %s is %g, expected a number that is not negative", what, place,
                           m->value[i]);
        }
    return 0;
}

/* The exposure a response is weighed with, if it is there and has its shape. */
static int add_weights(fe_irfmap *irf, fe_map_file *f, const char *hdu, fe_err *err)
{
    fe_map *m;
    int rc;

    if (!fe_map_file_has(f, hdu))
        return 0;
    m = fe_map_read(f, hdu, err);
    if (!m)
        return -1;
    rc = fe_map_to_unit(m, "cm2 s", err);
    if (rc == 0)
        rc = check_values(m, "exposure", err);
    if (rc == 0 && (m->n != irf->n_e * irf->ny * irf->nx || m->nx != irf->nx || m->ny != irf->ny)) {
        const fe_where at = fe_map_where(m);

        rc = fe_fail(err, FE_EDATA, &at, "%zu values on %zu x %zu pixels, expected %zu energies on %zu x %zu pixels", m->n,
                     m->nx, m->ny, irf->n_e, irf->nx, irf->ny);
    }
    if (rc == 0)
        irf->exposure_cm2_s = take(&m->value);
    fe_map_free(m);
    return rc;
}

static void centre_of(const fe_dataset *d, double *lon_deg, double *lat_deg)
{
    *lon_deg = *lat_deg = 0;
    if (d->geom)
        fe_geom_centre(d->geom, lon_deg, lat_deg);
}

/* ---- energy dispersion -------------------------------------------------------------------------------------- */

/* Of each true energy at each place; 0 where no bin is used, less than 1 where channels do not reach. */
static int check_sums(const fe_irfmap *irf, const fe_where *at, fe_err *err)
{
    size_t n_pix = irf->ny * irf->nx;
    double largest = 0;

    for (size_t i = 0; i < irf->n_e * n_pix; i++) {
        double sum = 0;

        for (size_t k = 0; k < irf->n_axis; k++)
            sum += irf->value[(i / n_pix * irf->n_axis + k) * n_pix + i % n_pix] *
                   (irf->kind == FE_IRF_EDISP_MIGRA ? irf->axis_edge[k + 1] - irf->axis_edge[k] : 1);
        if (sum > NORM_MAX)
            return fe_fail(err, FE_EDATA, at, "the dispersion at %.4g TeV has the sum %.4g, expected at most 1",
                           irf->e_node_TeV[i / n_pix], sum);
        largest = fmax(largest, sum);
    }
    if (irf->geom && largest == 0)
        return fe_fail(err, FE_EDATA, at, "the dispersion is 0 everywhere, expected sums of 1");
    return 0;
}

int fe_dataset_read_edisp(fe_dataset *d, fe_map_file *f, fe_err *err)
{
    static const char *const kernel[] = { "energy", "energy_true" }, *const migra[] = { "migra", "energy_true" };
    fe_irfmap *irf = NULL;
    fe_map *m = NULL;
    fe_edisp *edisp = NULL;
    fe_err reason;
    double lon, lat;
    bool is_migra;
    int rc = -1;

    if (!fe_map_file_has(f, "EDISP")) {
        fe_note(FE_NOTE_SAID, NULL, "no energy dispersion: energies are taken as measured exactly");
        edisp = fe_edisp_overlap(d->n_etrue, d->etrue_edge_TeV, d->n_e, d->e_edge_TeV);
        goto done;
    }
    if (!(m = fe_map_read(f, "EDISP", err)))                                        goto done;
    is_migra = m->n_axes > 0 && !strcmp(m->axis[0].name, "migra");
    fe_map_free(m);
    if (!(m = fe_dataset_map(f, "EDISP", 2, is_migra ? migra : kernel, err)))       goto done;
    if (fe_map_to_unit(m, "", err) < 0)                                             goto done;
    if (check_values(m, "dispersion", err) < 0)                                     goto done;
    irf = make_irf(d, is_migra ? FE_IRF_EDISP_MIGRA : FE_IRF_EDISP_KERNEL, m);
    if (check_sums(irf, &(fe_where){ m->file, m->name, 0 }, err) < 0)               goto done;
    if (add_weights(irf, f, "EDISP_EXPOSURE", err) < 0)                             goto done;
    centre_of(d, &lon, &lat);
    edisp = fe_irfmap_edisp(irf, lon, lat, d->n_etrue, d->etrue_edge_TeV, d->n_e, d->e_edge_TeV, &reason);
    if (!edisp)
        fe_fail(err, reason.code, &(fe_where){ m->file, m->name, 0 }, "%s", reason.text);
done:
    if (edisp) {
        rc = 0;
        fe_edisp_free(d->edisp);
        d->edisp = edisp;
        if (d->geom && irf && irf->geom) {
            d->edisp_map = irf;
            irf = NULL;
        }
    }
    fe_irfmap_free(irf);
    fe_map_free(m);
    return rc;
}

/* ---- point spread function ---------------------------------------------------------------------------------- */

/* sr counts as no unit; square degrees do not. */
static int psf_to_sr(fe_map *m, fe_err *err)
{
    const double deg_in_rad = 180 / acos(-1);
    double factor;

    if (fe_unit_factor(m->unit, "deg-2", &factor, NULL) < 0)
        return fe_map_to_unit(m, "sr-1", err);
    for (size_t i = 0; i < m->n; i++)
        m->value[i] *= factor * deg_in_rad * deg_in_rad;
    return 0;
}

/* At the middle of its grid: no energy may integrate to much more than 1, and one to about 1; files hold 0 where no bin is used. */
int fe_dataset_check_psf(const fe_irfmap *irf, const fe_where *at, fe_err *err)
{
    const double rad = acos(-1) / 180, turn = 2 * acos(-1);
    size_t n_pix = irf->ny * irf->nx, centre = irf->ny / 2 * irf->nx + irf->nx / 2;
    double largest = 0;
    size_t which = 0;

    for (size_t i = 0; i < irf->n_e; i++) {
        double sum = 0;

        for (size_t k = 0; k < irf->n_axis; k++)
            sum += irf->value[(i * irf->n_axis + k) * n_pix + centre] * turn *
                   (cos(irf->axis_edge[k] * rad) - cos(irf->axis_edge[k + 1] * rad));
        if (!(sum <= largest)) {
            largest = sum;
            which = i;
        }
        if (isnan(sum))
            break;
    }
    if (largest >= NORM_MIN && largest <= NORM_MAX)
        return 0;
    return fe_fail(err, FE_EDATA, at, "the PSF at %.4g TeV integrates to %.4g over the sky, expected 1", irf->e_node_TeV[which],
                   largest);
}

int fe_dataset_read_psf(fe_dataset *d, fe_map_file *f, fe_err *err)
{
    const char *axis[] = { "rad", "energy_true" };
    fe_map *m;
    fe_irfmap *irf = NULL;
    int rc = -1;

    if (!fe_map_file_has(f, "PSF"))
        return 0;
    if (!(m = fe_map_read(f, "PSF", err)))
        return -1;
    if (m->n_axes == 2 && !strcmp(m->axis[0].name, "theta"))
        axis[0] = "theta";                                      /* older files */
    if (m->n_axes == 2 && !strcmp(m->axis[1].name, "energy"))
        axis[1] = "energy";
    fe_map_free(m);
    if ((m = fe_dataset_map(f, "PSF", 2, axis, err)) && psf_to_sr(m, err) == 0 && check_values(m, "PSF", err) == 0) {
        const fe_where at = fe_map_where(m);

        irf = make_irf(d, FE_IRF_PSF, m);
        irf->reco = !strcmp(axis[1], "energy");
        rc = fe_dataset_check_psf(irf, &at, err) < 0 || add_weights(irf, f, "PSF_EXPOSURE", err) < 0 ? -1 : 0;
    }
    fe_map_free(m);
    if (rc == 0)
        d->psf = irf;
    else
        fe_irfmap_free(irf);
    return rc;
}
