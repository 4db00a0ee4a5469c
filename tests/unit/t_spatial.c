/* Spatial models: gammapy 2.1's values (astropy's great circles), unit integral, text. */
#include "check.h"
#include "phys/spatial.h"

static const double seps[4] = { 0.05, 0.2, 0.28, 0.35 };

static void same_as_gammapy(const char *text, double e, double phi, double edge, const double want[4])
{
    fe_spatial *s = fe_spatial_parse(text, NULL);

    CHECK(s != NULL);
    if (!s)
        return;
    if (fe_spatial_par(s, "e")) {
        fe_spatial_par(s, "e")->value = e;
        fe_spatial_par(s, "phi")->value = phi;
    }
    if (fe_spatial_par(s, "edge_width"))
        fe_spatial_par(s, "edge_width")->value = edge;
    for (int i = 0; i < 4; i++)
        NEAR(fe_spatial_value(s, seps[i], 30), want[i], 1e-8);
    fe_spatial_free(s);
}

/* Integral over the sphere around the centre: rings of equal width, directions of equal steps. */
static double integral(const fe_spatial *s)
{
    enum { N_RINGS = 4000, N_ANGLES = 64 };
    double radius = fmin(1.6 * fe_spatial_radius_deg(s), 60), step = radius / N_RINGS, sum = 0;

    for (int i = 0; i < N_RINGS; i++)
        for (int k = 0; k < N_ANGLES; k++) {
            double r = (i + 0.5) * step;

            sum += fe_spatial_value(s, r, 360.0 * k / N_ANGLES) * sin(r * M_PI / 180);
        }
    return sum * step * M_PI / 180 * 2 * M_PI / N_ANGLES;
}

static void has_integral_one(const char *text, double e, double rtol)
{
    fe_spatial *s = fe_spatial_parse(text, NULL);

    if (fe_spatial_par(s, "e"))
        fe_spatial_par(s, "e")->value = e;
    NEAR(integral(s), 1, rtol);
    fe_spatial_free(s);
}

static void texts(void)
{
    fe_err err = { FE_OK, "" };
    fe_spatial *s = fe_spatial_parse("shell:30arcmin,0.1deg", &err);

    NEAR(fe_spatial_get(s, "radius"), 0.5, 1e-12);
    NEAR(fe_spatial_get(s, "width"), 0.1, 1e-12);
    CHECK(isnan(fe_spatial_get(s, "sigma")));
    fe_spatial_free(s);
    s = fe_spatial_parse("point", &err);
    CHECK(fe_spatial_is_point(s) && !fe_spatial_is_template(s));
    NEAR_ABS(fe_spatial_radius_deg(s), 0, 0);
    fe_spatial_free(s);
    CHECK(!fe_spatial_parse("blob", &err) && strstr(err.text, "'blob'"));
    CHECK(!fe_spatial_parse("gauss:0.1", &err));
    CHECK(!fe_spatial_parse("gauss:-0.1deg", &err) && strstr(err.text, "more than 0"));
    CHECK(!fe_spatial_parse("point:0.1deg", &err) && strstr(err.text, "at most"));
    CHECK(fe_spatial_new("nothing") == NULL);
    for (const fe_spatial_kind *k = fe_spatial_kinds; k->type; k++) {
        s = fe_spatial_new(k->type);
        CHECK(s && s->kind == k);
        CHECK(!k->has_place || !strcmp(k->par[0].name, "lon_0"));
        fe_spatial_free(s);
    }
}

int main(void)
{
    /* evaluate() of gammapy 2.1 at 10 deg, 20 deg, points at position angle 30 deg */
    same_as_gammapy("gauss:0.3deg", 0, 0, 0, (double[]){ 5.725217604462e+03, 4.648511094967e+03, 3.755471315661e+03, 2.939426469386e+03 });
    same_as_gammapy("gauss:0.3deg", 0.8, 70, 0, (double[]){ 9.445156058318e+03, 6.580695829966e+03, 4.545360263603e+03, 2.971739686519e+03 });
    same_as_gammapy("gauss-general:0.4deg,0.7", 0.5, 10, 0, (double[]){ 5.759443274143e+03, 4.144338314358e+03, 3.274340421553e+03, 2.596882227075e+03 });
    same_as_gammapy("disk:0.3deg", 0, 0, 0.1, (double[]){ 1.161057892177e+04, 1.161057892177e+04, 1.144630417452e+04, 2.429738325532e-04 });
    same_as_gammapy("disk:0.3deg", 0.7, 20, 0.2, (double[]){ 1.625805332807e+04, 1.625805250803e+04, 1.315965314363e+04, 2.072411419769e+01 });
    same_as_gammapy("shell:0.3deg,0.1deg", 0, 0, 0, (double[]){ 4.281132473090e+03, 5.202297569355e+03, 7.538627657360e+03, 8.203526039759e+03 });
    same_as_gammapy("shell2:0.4deg,0.25", 0, 0, 0, (double[]){ 4.281132473090e+03, 5.202297569355e+03, 7.538627657360e+03, 8.203526039759e+03 });
    has_integral_one("gauss:1deg", 0, 1e-6);
    has_integral_one("gauss:0.5deg", 0.6, 1e-4);            /* the flat normalisation of gammapy */
    has_integral_one("gauss-general:0.3deg,0.5", 0.3, 1e-4);
    has_integral_one("disk:0.4deg", 0, 1e-3);               /* the edge has a width */
    has_integral_one("disk:0.4deg", 0.5, 1e-3);
    has_integral_one("shell:0.3deg,0.1deg", 0, 1e-4);
    texts();
    return check_done();
}
