#include "io/skymap_io.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/note.h"
#include "io/map_hdu.h"
#include "phys/units.h"

static const double FAR_FROM_1 = 0.1;       /* an integral that is worth a word */

/* ---- axes -------------------------------------------------------------------------------------------------------- */

/* A cube of the Fermi tools: nodes of true energy whatever the column is called, and cm-2 s-1 MeV-1 sr-1 where it says no unit. */
static bool is_fermi_cube(const fe_map *map)
{
    const char *bands = fe_meta_text(&map->meta, "BANDSHDU");

    return map->n_axes == 1 && bands && fe_str_equal_nocase(bands, "ENERGIES");
}

static void copy_axis(const fe_map_axis *a, fe_skymap *m)
{
    m->e_node_TeV = FE_NEWN(double, a->n);
    m->e_edge_TeV = FE_NEWN(double, a->n + 1);
    memcpy(m->e_node_TeV, a->node, a->n * sizeof *a->node);
    memcpy(m->e_edge_TeV, a->edge, (a->n + 1) * sizeof *a->edge);
}

static int take_axis(const fe_map *map, fe_skymap *m, fe_err *err)
{
    const fe_where at = fe_map_where(map);
    const fe_map_axis *a = &map->axis[0];

    if (map->n_axes > 1 || (map->n_axes == 1 && strcmp(a->name, "energy_true") && !is_fermi_cube(map)))
        return fe_fail(err, FE_EDATA, &at, "a template with %zu axes beside the sky, the first is %s, expected energy_true or none",
                       map->n_axes, a->name);
    if (map->n_axes == 0)
        return 0;
    m->of_bins = !a->is_node;
    m->linear_energy = a->scale == FE_MAP_LIN && !is_fermi_cube(map);
    copy_axis(a, m);
    return 0;
}

static int take_bins(const fe_map *map, fe_skymap *m, fe_err *err)
{
    const fe_where at = fe_map_where(map);

    if (map->n_axes != 1 || strcmp(map->axis[0].name, "energy") || map->axis[0].is_node)
        return fe_fail(err, FE_EDATA, &at, "a background with %zu axes beside the sky, the first is %s, expected bins of energy",
                       map->n_axes, map->n_axes ? map->axis[0].name : "none");
    copy_axis(&map->axis[0], m);
    return 0;
}

/* ---- values ------------------------------------------------------------------------------------------------------ */

/* A pixel without value is one without sky. */
static int check_values(const fe_map *map, const double *sr, fe_err *err)
{
    const fe_where at = fe_map_where(map);
    size_t n = map->nx * map->ny;
    double most = 0;

    for (size_t i = 0; i < map->n; i++) {
        double v = map->value[i];

        if (v >= 0 && isfinite(v))
            most = fmax(most, v);
        else if (!isnan(sr[i % n]))
            return fe_fail(err, FE_EDATA, &at, "pixel (%zu, %zu) of plane %zu is %g, expected numbers of at least 0",
                           i % map->nx + 1, i % n / map->nx + 1, i / n + 1, v);
    }
    return most > 0 ? 0 : fe_fail(err, FE_EDATA, &at, "no value above 0 in the map of a model");
}

/* Factor to sr-1, or to cm-2 s-1 TeV-1 sr-1; a steradian has no dimension among units, a square degree has. */
static int find_factor(const fe_map *map, fe_skymap *m, double *factor, fe_err *err)
{
    static const struct { const char *unit; bool is_dnde, per_deg2; } kinds[] = {
        { "", false, false }, { "deg-2", false, true }, { FE_UNIT_DNDE, true, false }, { FE_UNIT_DNDE " deg-2", true, true }
    };
    const double per_sr = (180 / M_PI) * (180 / M_PI);
    const fe_where at = fe_map_where(map);
    const char *unit = !*map->unit && is_fermi_cube(map) ? "cm-2 s-1 MeV-1" : map->unit;

    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        if (fe_unit_factor(unit, kinds[k].unit, factor, NULL) == 0) {
            *factor *= kinds[k].per_deg2 ? per_sr : 1;
            m->is_dnde = kinds[k].is_dnde;
            return 0;
        }
    return fe_fail(err, FE_EDATA, &at, "a template in '%s', expected sr-1, or cm-2 s-1 MeV-1 sr-1 for a spectrum without unit", unit);
}

static void say_integral(const fe_map *map, fe_skymap *m)
{
    const fe_where at = fe_map_where(map);
    double sum = m->is_dnde ? 1 : fe_skymap_integral(m, 0);

    if (fabs(sum - 1) > FAR_FROM_1)
        fe_note(FE_NOTE_SAID, &at, "the integral over its pixels is %.4g, and the flux of the source that of its spectrum times this",
                sum);
}

/* gammapy takes the smallest number of the type for the logarithm of 0: double precision once it has divided by the sum. */
static int take_values(const fe_map *map, fe_skymap *m, fe_err *err)
{
    double factor = 1;

    if (!m->normalize && find_factor(map, m, &factor, err) < 0)
        return -1;
    for (size_t i = 0; i < map->n; i++)
        m->value[i] = isnan(map->value[i]) ? 0 : map->value[i] * factor;
    m->tiny = m->normalize || map->is_double ? DBL_MIN : FLT_MIN * factor;
    if (m->normalize)
        fe_skymap_normalize(m);
    else
        say_integral(map, m);
    return 0;
}

static int take_counts(const fe_map *map, fe_skymap *m, fe_err *err)
{
    const fe_where at = fe_map_where(map);
    double factor;

    if (fe_unit_factor(map->unit, "", &factor, NULL) < 0)
        return fe_fail(err, FE_EDATA, &at, "a background in '%s', expected counts", map->unit);
    for (size_t i = 0; i < map->n; i++)
        m->value[i] = isnan(map->value[i]) ? 0 : map->value[i] * factor;
    return 0;
}

/* ---- files ------------------------------------------------------------------------------------------------------- */

/* The first image, or the reason why there is none: HEALPix maps are tables. */
static fe_map *open_first(fe_map_file *file, fe_err *err)
{
    const fe_document *doc = fe_map_file_document(file);

    for (size_t i = 0; i < doc->n_parts; i++)
        if (doc->part[i].table && fe_meta_find(&doc->part[i].table->meta, "PIXTYPE"))
            return fe_map_read(file, doc->part[i].table->name, err);
    return fe_map_read_first(file, err);
}

typedef int part_of_map(const fe_map *, fe_skymap *, fe_err *err);

static int read_map(fe_skymap *m, part_of_map *axis, part_of_map *values, fe_err *err)
{
    fe_bytes bytes = { 0 };
    fe_map_file *file = NULL;
    fe_map *map = NULL;
    double *sr = NULL;
    int rc = -1;

    if (fe_bytes_read(m->file, &bytes, err) < 0 || !(file = fe_map_file_open(&bytes, err)) || !(map = open_first(file, err)))
        goto done;
    sr = FE_NEWN(double, map->nx * map->ny);
    fe_geom_solid_angle(map->geom, sr);
    if (axis(map, m, err) < 0 || check_values(map, sr, err) < 0)
        goto done;
    fe_skymap_fill(m, map->geom, map->n / (map->nx * map->ny));
    rc = values(map, m, err);
done:
    free(sr);
    fe_map_free(map);
    fe_map_file_close(file);
    fe_bytes_free(&bytes);
    return rc;
}

int fe_skymap_read(fe_skymap *m, fe_err *err)
{
    return read_map(m, take_axis, take_values, err);
}

int fe_skymap_read_counts(fe_skymap *m, fe_err *err)
{
    return read_map(m, take_bins, take_counts, err);
}
