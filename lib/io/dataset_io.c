#include "io/dataset_io.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "io/dataset_io_parts.h"
#include "io/fits.h"

enum { CARD = 80 };

static const double EDGE_RTOL = 1e-5;       /* edges in single precision */
static const double TINY = 1e-9;            /* of the largest value: a rounded 0 of a subtraction */

/* ---- recognition -------------------------------------------------------------------------------------------- */

/* Is there such a card in any header?  Cards begin at multiples of 80 bytes everywhere in a file. */
static bool has_card(const fe_bytes *b, const char *begin, const char *value)
{
    size_t n = strlen(begin), m = strlen(value);
    for (size_t at = 0; at + n + m < b->n; at += CARD) {
        const unsigned char *p = b->data + at, *q = p + n + m;

        if (*p != (unsigned char)*begin || memcmp(p, begin, n) || memcmp(p + n, value, m))
            continue;
        while (*q == ' ' && q < b->data + b->n)
            q++;
        if (m == 0 || *q == '\'')
            return true;
    }
    return false;
}

bool fe_dataset_sniff(const fe_bytes *b)
{
    static const char *const others[] = { "EXPOSURE", "BACKGROUND", "COUNTS_OFF", "MASK_SAFE", "EDISP" };
    static const char EXTNAME[] = "EXTNAME = '";
    bool any = false;

    if (!fe_fits_sniff(b) || !has_card(b, "AXCOLS1 =", "") || !has_card(b, EXTNAME, "COUNTS") || has_card(b, EXTNAME, "TS"))
        return false;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        any = any || has_card(b, EXTNAME, others[i]);
    return any;
}

/* ---- maps --------------------------------------------------------------------------------------------------- */

void fe_dataset_place(const fe_map *m, size_t i, char *text, size_t size)
{
    size_t pixel = i % (m->nx * m->ny), cell = i / (m->nx * m->ny), used = 0;

    for (size_t k = 0; k < m->n_axes && used < size; k++) {
        used += (size_t)snprintf(text + used, size - used, "%s%s %zu of %zu", k ? ", " : "", m->axis[k].name,
                                 cell % m->axis[k].n + 1, m->axis[k].n);
        cell /= m->axis[k].n;
    }
    if (m->geom && used < size)
        snprintf(text + used, size - used, ", pixel (%zu, %zu)", pixel % m->nx, pixel / m->nx);
}

static void list_axes(size_t n, const char *const *name, const fe_map_axis *axis, fe_str *out)
{
    for (size_t k = 0; k < n; k++)
        fe_str_addf(out, "%s%s", k ? ", " : "", name ? name[k] : axis[k].name);
    if (n == 0)
        fe_str_add(out, "none");
}

fe_map *fe_dataset_map(fe_map_file *f, const char *hdu, size_t n_axes, const char *const *axis, fe_err *err)
{
    fe_map *m = fe_map_read(f, hdu, err);
    bool same = m && m->n_axes == n_axes;
    fe_str found = { 0 }, wanted = { 0 };

    for (size_t k = 0; same && k < n_axes; k++)
        same = !strcmp(m->axis[k].name, axis[k]);
    if (!m || same)
        return m;
    list_axes(m->n_axes, NULL, m->axis, &found);
    list_axes(n_axes, axis, NULL, &wanted);
    fe_fail(err, FE_EDATA, &(fe_where){ m->file, m->name, 0 }, "its axes are %s, expected %s", found.s, wanted.s);
    fe_str_free(&found);
    fe_str_free(&wanted);
    fe_map_free(m);
    return NULL;
}

static bool same_edges(const double *a, const double *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!fe_num_close(a[i], b[i], EDGE_RTOL))
            return false;
    return true;
}

static int check_sky(const fe_map *m, const fe_map *counts, fe_err *err)
{
    const fe_where at = fe_map_where(m);

    if (m->nx != counts->nx || m->ny != counts->ny || !m->geom != !counts->geom)
        return fe_fail(err, FE_EDATA, &at, "%zu x %zu pixels%s, COUNTS has %zu x %zu%s", m->nx, m->ny, m->geom ? "" : " (a region)",
                       counts->nx, counts->ny, counts->geom ? "" : " (a region)");
    if (m->geom && !fe_geom_equal(m->geom, counts->geom))
        return fe_fail(err, FE_EDATA, &at, "its pixels are at other places of the sky than those of COUNTS");
    return 0;
}

/* sr counts as no unit elsewhere: here it makes a density. */
static int counts_unit(fe_map *m, fe_err *err)
{
    const fe_where at = fe_map_where(m);

    if (strstr(m->unit, "sr"))
        return fe_fail(err, FE_EDATA, &at, "its unit is '%s', expected counts in pixels, without a unit", m->unit);
    return fe_map_to_unit(m, "", err);
}

/* Values of an HDU that has the bins of COUNTS; *out NULL where it is absent. */
static int read_like(fe_map_file *f, const char *hdu, const fe_map *counts, double **out, fe_err *err)
{
    static const char *const energy[] = { "energy" };
    const fe_map_axis *e = &counts->axis[0];
    fe_map *m;
    int rc;

    *out = NULL;
    if (!fe_map_file_has(f, hdu))
        return 0;
    m = fe_dataset_map(f, hdu, 1, energy, err);
    if (!m)
        return -1;
    rc = check_sky(m, counts, err);
    if (rc == 0)
        rc = counts_unit(m, err);
    if (rc == 0 && (m->axis[0].n != e->n || !same_edges(m->axis[0].edge, e->edge, e->n + 1))) {
        const fe_where at = fe_map_where(m);

        rc = fe_fail(err, FE_EDATA, &at, "its energies (%zu bins from %g to %g TeV) are not those of COUNTS (%zu from %g to %g TeV)",
                     m->axis[0].n, m->axis[0].edge[0], m->axis[0].edge[m->axis[0].n], e->n, e->edge[0], e->edge[e->n]);
    }
    if (rc == 0) {
        *out = m->value;
        m->value = NULL;
    }
    fe_map_free(m);
    return rc;
}

/* ---- counts, backgrounds, masks ----------------------------------------------------------------------------- */

static int read_masks(fe_map_file *f, const fe_map *counts, fe_dataset *d, fe_err *err)
{
    static const char *const hdu[] = { "MASK_SAFE", "MASK_FIT" };

    for (size_t k = 0; k < 2; k++) {
        double *use;

        if (read_like(f, hdu[k], counts, &use, err) < 0)
            return -1;
        for (size_t i = 0; use && i < counts->n; i++)
            d->mask[i] = d->mask[i] && use[i] != 0 && !isnan(use[i]);
        free(use);
    }
    return 0;
}

/* Numbers that are not negative where bins are used; 0 where they are not, or where rounding left less than 0. */
static int clean(double *x, const char *hdu, const fe_map *counts, const fe_dataset *d, fe_err *err)
{
    const fe_where at = { counts->file, hdu, 0 };
    double largest = 0;
    char place[96];

    for (size_t i = 0; i < counts->n; i++)
        largest = fmax(largest, isfinite(x[i]) ? x[i] : 0);
    for (size_t i = 0; i < counts->n; i++) {
        if (isfinite(x[i]) && x[i] >= 0)
            continue;
        if (d->mask[i] && !(isfinite(x[i]) && x[i] >= -TINY * largest)) {
            fe_dataset_place(counts, i, place, sizeof place);
            return fe_fail(err, FE_EDATA, &at, "the value at %s is %g, expected a number that is not negative", place, x[i]);
        }
        x[i] = 0;
    }
    return 0;
}

static int read_clean(fe_map_file *f, const char *hdu, const fe_map *counts, const fe_dataset *d, double **out, fe_err *err)
{
    if (read_like(f, hdu, counts, out, err) < 0)
        return -1;
    return *out ? clean(*out, hdu, counts, d, err) : 0;
}

/* alpha = acceptance / acceptance_off; without an OFF region (0): none. */
static int read_off(fe_map_file *f, const fe_map *counts, fe_dataset *d, fe_err *err)
{
    if (read_clean(f, "COUNTS_OFF", counts, d, &d->n_off, err) < 0)
        return -1;
    if (!d->n_off)
        return 0;
    if (read_clean(f, "ACCEPTANCE", counts, d, &d->acceptance, err) < 0 ||
        read_clean(f, "ACCEPTANCE_OFF", counts, d, &d->acceptance_off, err) < 0)
        return -1;
    if (!d->acceptance || !d->acceptance_off)
        return fe_fail(err, FE_EDATA, &(fe_where){ counts->file, "COUNTS_OFF", 0 }, "there is no %s that belongs to it",
                       d->acceptance ? "ACCEPTANCE_OFF" : "ACCEPTANCE");
    d->alpha = FE_NEWN(double, counts->n);
    for (size_t i = 0; i < counts->n; i++)
        d->alpha[i] = d->acceptance_off[i] > 0 ? d->acceptance[i] / d->acceptance_off[i] : 0;
    return 0;
}

static int fill(fe_map_file *f, fe_map *counts, fe_dataset *d, fe_err *err)
{
    if (counts_unit(counts, err) < 0 || read_masks(f, counts, d, err) < 0 ||
        clean(counts->value, "COUNTS", counts, d, err) < 0)
        return -1;
    free(d->counts);
    d->counts = counts->value;                  /* it may be large: moved, not copied */
    counts->value = NULL;
    if (read_off(f, counts, d, err) < 0)
        return -1;
    if (!d->n_off && read_clean(f, "BACKGROUND", counts, d, &d->background, err) < 0)
        return -1;
    return 0;
}

static int check_counts(const fe_map *counts, fe_err *err)
{
    const fe_where at = fe_map_where(counts);
    double lon = 0, lat = 0;

    if (counts->geom)
        fe_geom_centre(counts->geom, &lon, &lat);
    if (isnan(lon) || isnan(lat))
        return fe_fail(err, FE_EDATA, &at, "the middle of its %zu x %zu pixels is no place on the sky (CRPIX, CRVAL, CDELT)", counts->nx,
                       counts->ny);
    return counts->axis[0].is_node ? fe_fail(err, FE_EDATA, &at, "its energies are nodes, expected bins (E_MIN,E_MAX)") : 0;
}

static int read_maps(fe_map_file *f, fe_dataset **out, fe_err *err)
{
    static const char *const energy[] = { "energy" }, *const energy_true[] = { "energy_true" };
    const char *file = fe_map_file_document(f)->file;
    fe_map *counts = NULL, *exposure = NULL;
    fe_dataset *d = NULL;
    int rc = -1;

    if (!fe_map_file_has(f, "EXPOSURE"))
        return fe_fail(err, FE_EDATA, &(fe_where){ file, NULL, 0 }, "there is no HDU EXPOSURE, without which there are no fluxes");
    if (!(counts = fe_dataset_map(f, "COUNTS", 1, energy, err)))                    goto done;
    if (check_counts(counts, err) < 0)                                              goto done;
    if (!(exposure = fe_dataset_map(f, "EXPOSURE", 1, energy_true, err)))           goto done;
    if (check_sky(exposure, counts, err) < 0)                                       goto done;
    d = *out = fe_dataset_new(counts->axis[0].n, exposure->axis[0].n, counts->ny, counts->nx);
    memcpy(d->e_edge_TeV, counts->axis[0].edge, (d->n_e + 1) * sizeof *d->e_edge_TeV);
    d->geom = counts->geom ? fe_geom_share(counts->geom) : NULL;
    if (fill(f, counts, d, err) < 0)                                                goto done;
    if (fe_dataset_read_exposure(d, exposure, err) < 0)                             goto done;
    if (fe_dataset_read_edisp(d, f, err) < 0)                                       goto done;
    if (d->geom && fe_dataset_read_psf(d, f, err) < 0)                              goto done;
    rc = fe_dataset_read_info(f, &d->meta, &d->info, &d->gti, err);
    d->livetime_s = fe_dataset_livetime(f);
    d->runs = fe_dataset_read_runs(f);
done:
    fe_map_free(counts);
    fe_map_free(exposure);
    return rc;
}

int fe_dataset_read(const fe_bytes *b, fe_dataset **out, fe_err *err)
{
    fe_map_file *f = fe_map_file_open(b, err);
    int rc;

    *out = NULL;
    if (!f)
        return -1;
    rc = read_maps(f, out, err);
    fe_map_file_close(f);
    if (rc < 0) {
        fe_dataset_free(*out);
        *out = NULL;
    }
    return rc;
}
