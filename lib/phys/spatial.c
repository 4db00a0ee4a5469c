/* The spatial models, formula and row of each (algorithms 6.4). */
#include "phys/spatial.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "phys/units.h"

#define N_PAR(list) (sizeof (list) / sizeof *(list)), (list)
#define PLACE { "lon_0", "deg", 0, false }, { "lat_0", "deg", 0, false }
#define ELONGATED { "e", "", 0, true }, { "phi", "deg", 0, true }

static const double RAD = M_PI / 180;

static double value(const fe_spatial *s, size_t i)
{
    return s->par[i].value;
}

/* Half axis of the ellipse in the direction of a position angle: a b / sqrt((a sin d)^2 + (b cos d)^2). */
static double half_axis(double a, double e, double phi_deg, double angle_deg)
{
    double b = a * sqrt(1 - e * e), d = (phi_deg - angle_deg) * RAD;

    return e == 0 ? a : a * b / hypot(a * sin(d), b * cos(d));
}

/* ---- point ---------------------------------------------------------------------------------------------------- */

static const fe_par_spec point_par[] = { PLACE };

/* ---- Gaussian on the sphere ----------------------------------------------------------------------------------- */

static const fe_par_spec gauss_par[] = { PLACE, { "sigma", "deg", 1, false }, ELONGATED };

/* exp(-(1 - cos t) / 2a) / (4 pi a (1 - exp(-1/a))), a = 1 - cos sigma = 2 sin^2(sigma / 2) */
static double gauss(const fe_spatial *s, double sep_deg, double angle_deg)
{
    double sigma = value(s, 2) * RAD, e = value(s, 3);
    double along = sin(0.5 * half_axis(value(s, 2), e, value(s, 4), angle_deg) * RAD), half = sin(0.5 * sep_deg * RAD);
    double a = 2 * sin(0.5 * sigma) * sin(0.5 * sigma);
    double norm = e == 0 ? 1 / (4 * M_PI * a * -expm1(-1 / a)) : 1 / (2 * M_PI * sigma * sigma * sqrt(1 - e * e));

    return norm * exp(-0.5 * half * half / (along * along));
}

static double gauss_radius(const fe_spatial *s)
{
    return 5 * value(s, 2);
}

static double gauss_detail(const fe_spatial *s)
{
    return value(s, 2) / 3;
}

/* ---- generalised Gaussian ------------------------------------------------------------------------------------- */

static const fe_par_spec general_par[] = { PLACE, { "r_0", "deg", 1, false }, { "eta", "", 0.5, false }, ELONGATED };

/* exp(-(t / r_eff)^(1 / eta)) / (2 pi r_min r_0 eta Gamma(2 eta)) */
static double general(const fe_spatial *s, double sep_deg, double angle_deg)
{
    double r = value(s, 2), eta = value(s, 3), e = value(s, 4);
    double along = half_axis(r, e, value(s, 5), angle_deg);
    double norm = 2 * M_PI * r * RAD * r * RAD * sqrt(1 - e * e) * eta * tgamma(2 * eta);

    return exp(-pow(sep_deg / along, 1 / eta)) / norm;
}

static double general_radius(const fe_spatial *s)
{
    return value(s, 2) * (1 + 8 * value(s, 3));
}

static double general_detail(const fe_spatial *s)
{
    return value(s, 2) / (3 + 8 * value(s, 3)) / (1 + value(s, 4));
}

/* ---- disk ------------------------------------------------------------------------------------------------------ */

static const fe_par_spec disk_par[] = {
    PLACE, { "r_0", "deg", 1, false }, ELONGATED, { "edge_width", "", 0.01, true }
};

/*
 * Solid angle of an ellipse on the sphere: 2 int_0^pi 1 - sqrt(1 - 1 / (B + (A - B) cos^2 x)) dx with A = 1 / sin^2 a,
 * B = 1 / sin^2 b.  The integrand is periodic, so equal steps converge like a power of the number of steps.
 */
static double ellipse_sr(double a_deg, double e)
{
    enum { N_STEPS = 256 };
    double sa = sin(a_deg * RAD), sb = sin(a_deg * sqrt(1 - e * e) * RAD), sum = 0;
    double big = 1 / (sa * sa), small = 1 / (sb * sb);

    for (int k = 0; k < N_STEPS; k++) {
        double c = cos((k + 0.5) * M_PI / N_STEPS), u = 1 / (small + (big - small) * c * c);

        sum += u / (1 + sqrt(1 - u));
    }
    return 2 * sum * M_PI / N_STEPS;
}

/* The edge falls from 0.99 to 0.01 of the top over its width: erf(2.326 / sqrt(2) ...) in gammapy's figures. */
static double disk(const fe_spatial *s, double sep_deg, double angle_deg)
{
    const double SLOPE = 2.326174307353347;
    double r = half_axis(value(s, 2), value(s, 3), value(s, 4), angle_deg);

    return 0.5 * erfc(SLOPE * (sep_deg - r) / (r * value(s, 5))) / ellipse_sr(value(s, 2), value(s, 3));
}

static double disk_radius(const fe_spatial *s)
{
    return 1.1 * value(s, 2) * (1 + value(s, 5));
}

static double disk_detail(const fe_spatial *s)
{
    return value(s, 2) * (1 - value(s, 5)) / 10;
}

/* ---- shells ---------------------------------------------------------------------------------------------------- */

static const fe_par_spec shell_par[] = { PLACE, { "radius", "deg", 1, false }, { "width", "deg", 0.2, false } };

static double chord(double radius, double t)
{
    return t < radius ? sqrt((radius - t) * (radius + t)) : 0;
}

/* Projection of a shell that shines evenly between two radii: 3 / (2 pi (R^3 - r^3)) [sqrt(R^2 - t^2) - sqrt(r^2 - t^2)] */
static double between(double inner_deg, double outer_deg, double sep_deg)
{
    double r = inner_deg * RAD, R = outer_deg * RAD, t = sep_deg * RAD;

    return 3 / (2 * M_PI * (R * R * R - r * r * r)) * (chord(R, t) - chord(r, t));
}

static double shell(const fe_spatial *s, double sep_deg, double angle_deg)
{
    (void)angle_deg;
    return between(value(s, 2), value(s, 2) + value(s, 3), sep_deg);
}

static double shell_radius(const fe_spatial *s)
{
    return value(s, 2) + value(s, 3);
}

static double shell_detail(const fe_spatial *s)
{
    return value(s, 3);
}

static const fe_par_spec shell2_par[] = { PLACE, { "r_0", "deg", 1, false }, { "eta", "", 0.2, false } };

static double shell2(const fe_spatial *s, double sep_deg, double angle_deg)
{
    (void)angle_deg;
    return between(value(s, 2) * (1 - value(s, 3)), value(s, 2), sep_deg);
}

static double shell2_radius(const fe_spatial *s)
{
    return value(s, 2);
}

static double shell2_detail(const fe_spatial *s)
{
    return value(s, 2) * value(s, 3);
}

/* ---- the same everywhere --------------------------------------------------------------------------------------- */

static const fe_par_spec const_par[] = { { "value", "sr-1", 1, true } };

static double constant(const fe_spatial *s, double sep_deg, double angle_deg)
{
    (void)sep_deg, (void)angle_deg;
    return value(s, 0);
}

static double everywhere(const fe_spatial *s)
{
    (void)s;
    return INFINITY;
}

/* ---- a map ------------------------------------------------------------------------------------------------------ */

static const fe_par_spec template_par[] = { { "lon_0", "deg", NAN, true }, { "lat_0", "deg", NAN, true } };

/* ---- the table -------------------------------------------------------------------------------------------------- */

const fe_spatial_kind fe_spatial_kinds[] = {
    { "PointSpatialModel", "point", N_PAR(point_par), true, false, NULL, NULL, NULL },
    { "GaussianSpatialModel", "gauss", N_PAR(gauss_par), true, false, gauss, gauss_radius, gauss_detail },
    { "GeneralizedGaussianSpatialModel", "gauss-general", N_PAR(general_par), true, false, general, general_radius, general_detail },
    { "DiskSpatialModel", "disk", N_PAR(disk_par), true, false, disk, disk_radius, disk_detail },
    { "ShellSpatialModel", "shell", N_PAR(shell_par), true, false, shell, shell_radius, shell_detail },
    { "Shell2SpatialModel", "shell2", N_PAR(shell2_par), true, false, shell2, shell2_radius, shell2_detail },
    { "ConstantSpatialModel", "const", N_PAR(const_par), false, false, constant, everywhere, NULL },
    { "TemplateSpatialModel", "template", N_PAR(template_par), true, true, NULL, NULL, NULL },
    { NULL, NULL, 0, NULL, false, false, NULL, NULL, NULL }
};

/* ---- one model -------------------------------------------------------------------------------------------------- */

fe_spatial *fe_spatial_new(const char *name)
{
    const fe_spatial_kind *k = fe_spatial_kinds;
    fe_spatial *s;

    while (k->type && strcmp(k->type, name) && strcmp(k->tag, name))
        k++;
    if (!k->type)
        return NULL;
    s = FE_NEW(fe_spatial);
    s->kind = k;
    s->normalize = true;
    for (size_t i = 0; i < k->n_par; i++)
        s->par[i] = (fe_par){ .value = k->par[i].value, .min = NAN, .max = NAN, .frozen = k->par[i].frozen };
    return s;
}

fe_spatial *fe_spatial_copy(const fe_spatial *from)
{
    fe_spatial *s;

    if (!from)
        return NULL;
    s = FE_NEW(fe_spatial);
    *s = *from;
    s->filename = fe_strdup(from->filename);
    return s;
}

void fe_spatial_free(fe_spatial *s)
{
    if (s)
        free(s->filename);
    free(s);
}

fe_par *fe_spatial_par(fe_spatial *s, const char *name)
{
    for (size_t i = 0; i < s->kind->n_par; i++)
        if (!strcmp(s->kind->par[i].name, name))
            return &s->par[i];
    return NULL;
}

double fe_spatial_get(const fe_spatial *s, const char *name)
{
    for (size_t i = 0; i < s->kind->n_par; i++)
        if (!strcmp(s->kind->par[i].name, name))
            return s->par[i].value;
    return NAN;
}

bool fe_spatial_is_point(const fe_spatial *s)
{
    return !s->kind->is_map && !s->kind->value;
}

bool fe_spatial_is_template(const fe_spatial *s)
{
    return s->kind->is_map;
}

double fe_spatial_value(const fe_spatial *s, double sep_deg, double angle_deg)
{
    return s->kind->value ? s->kind->value(s, sep_deg, angle_deg) : NAN;
}

double fe_spatial_radius_deg(const fe_spatial *s)
{
    return s->kind->radius_deg ? s->kind->radius_deg(s) : 0;
}

double fe_spatial_detail_deg(const fe_spatial *s)
{
    return s->kind->detail_deg ? s->kind->detail_deg(s) : NAN;
}

/* ---- text ------------------------------------------------------------------------------------------------------- */

static int parse_sizes(fe_spatial *s, const char *text, const char *sizes, fe_err *err)
{
    size_t first = s->kind->has_place ? 2 : 0;
    fe_strv part = { 0 };
    int rc = 0;

    fe_strv_split(&part, sizes, ",");
    for (size_t i = 0; i < part.n && rc == 0; i++) {
        size_t k = first + i;

        if (k >= s->kind->n_par)
            rc = fe_fail(err, FE_EUSAGE, NULL, "spatial model '%s': %zu numbers, expected at most %zu", text, part.n,
                         s->kind->n_par - first);
        else if (fe_quantity_parse(part.s[i], s->kind->par[k].unit, &s->par[k].value, err) < 0)
            rc = -1;
    }
    if (rc == 0 && first < s->kind->n_par && !(s->par[first].value > 0))
        rc = fe_fail(err, FE_EUSAGE, NULL, "spatial model '%s': %s is %g, expected more than 0", text,
                     s->kind->par[first].name, s->par[first].value);
    fe_strv_free(&part);
    return rc;
}

fe_spatial *fe_spatial_parse(const char *text, fe_err *err)
{
    const char *colon = strchr(text, ':');
    fe_str tag = { 0 };
    fe_spatial *s;

    fe_str_addn(&tag, text, colon ? (size_t)(colon - text) : strlen(text));
    s = fe_spatial_new(tag.s);
    fe_str_free(&tag);
    if (!s || fe_spatial_is_template(s)) {
        fe_spatial_free(s);
        (void)fe_fail(err, FE_EUSAGE, NULL, "spatial model '%s', expected point, gauss:SIGMA, disk:RADIUS, shell:RADIUS,WIDTH ...",
                      text);
        return NULL;
    }
    if (colon && parse_sizes(s, text, colon + 1, err) < 0) {
        fe_spatial_free(s);
        return NULL;
    }
    return s;
}
