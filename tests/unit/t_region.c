/* t_region.c -- types/region: text of regions, and which pixels they hold.
 *
 * Numbers "regions": Python package regions 0.11, Regions.parse(text, format='ds9')[0].contains(sky of the pixel centres, wcs): how
 * many pixels are inside, and the sums of their x and y.  It works in the plane of the map, which for these small shapes, or shapes
 * on the equator of a plate carree, holds the same pixels.
 */
#include "check.h"
#include "types/region.h"

enum { NX = 200, NY = 100, N = NX * NY };

static fe_err err;
static bool mask[N];

static fe_geom *make_geom(bool galactic)
{
    fe_geom_keys k = { .nx = NX, .ny = NY, .equinox = NAN, .crpix = { 100.5, 50.5 }, .pc = { { 1, 0 }, { 0, 1 } }, .lonpole_deg = NAN,
                       .latpole_deg = NAN };
    double step = galactic ? 0.05 : 0.01;

    strcpy(k.ctype[0], galactic ? "GLON-CAR" : "RA---TAN");
    strcpy(k.ctype[1], galactic ? "GLAT-CAR" : "DEC--TAN");
    k.crval_deg[0] = galactic ? 0 : 83.63;
    k.crval_deg[1] = galactic ? 0 : 22.01;
    k.cdelt_deg[0] = -step;
    k.cdelt_deg[1] = step;
    return fe_geom_new(&k, NULL, NULL, &err);
}

static long count(void)
{
    long n = 0;

    for (size_t q = 0; q < N; q++)
        n += mask[q];
    return n;
}

/* All regions of the text together. */
static long masked(fe_geom *g, const char *text)
{
    fe_regions list;

    CHECK_MSG(fe_regions_parse(text, NULL, &list, &err) == 0, text);
    CHECK_MSG(fe_regions_mask(&list, g, mask, &err) == 0, text);
    fe_regions_free(&list);
    return count();
}

static void holds(fe_geom *g, const char *text, long n, long sum_x, long sum_y)
{
    long x = 0, y = 0, got = masked(g, text);
    char said[256];

    for (long q = 0; q < N; q++)
        if (mask[q]) {
            x += q % NX;
            y += q / NX;
        }
    snprintf(said, sizeof said, "%s: %ld %ld %ld", text, got, x, y);
    CHECK_MSG(got == n && x == sum_x && y == sum_y, said);
}

static void test_against_regions(void)
{
    fe_geom *t = make_geom(false), *c = make_geom(true);

    holds(t, "fk5\ncircle(83.7,22.1,0.1523)", 731, 67993, 42775);
    holds(t, "fk5\nannulus(83.7,22.1,0.0712,0.1523)", 573, 53299, 33532);
    holds(t, "icrs\nbox(83.7,22.1,0.4012,0.1507,30)", 605, 56285, 35398);
    holds(t, "icrs\nellipse(83.7,22.1,0.2003,0.0751,30)", 470, 43722, 27495);
    holds(t, "fk5\npolygon(83.9,22.2,83.2,22.15,83.5,21.85,83.6,22.05)", 835, 93102, 46791);
    holds(t, "galactic\nbox(184.5,-5.8,0.4012,0.1507,30)", 605, 62651, 32625);
    holds(c, "galactic\nbox(1.01,0.02,2.003,1.017,0)", 840, 66780, 42000);
    holds(c, "galactic\nbox(1.01,0.02,2.003,1.017,25)", 815, 64664, 40676);
    holds(c, "galactic\nellipse(359.01,0.02,2.003,1.017,25)", 2553, 304550, 127292);
    holds(c, "galactic\npolygon(4.01,2.003,358,1.5,357,-2.001,1.007,-1.003)", 5930, 591825, 322815);
    holds(c, "galactic\ncircle(1.01,0.02,1.003)", 1264, 100273, 62985);
    holds(c, "fk5\ncircle(17:45:40.0,-29:00:28,60')", 1263, 127098, 61396);
    fe_geom_free(t);
    fe_geom_free(c);
}

/* The same shape, said in other ways. */
static void test_spellings(void)
{
    static const char *const same[] = {
        "circle:83.7,22.1,0.1523deg", "circle:83.7,22.1,9.138arcmin", "circle:83.7,22.1,0.1523", "circle:05h34m48s,+22d06m00s,0.1523deg",
        "# Region file format: DS9 version 4.1\nglobal color=green dashlist=8 3\nfk5\r\ncircle(05:34:48.0,+22:06:00,548.28\") # color=red; text={x}\n",
        "J2000; circle 83.7 22.1 0.1523", "ICRS;CIRCLE ( 83.7d, +22.1 , 9.138' )", "icrs;+circle(83.7,22.1,0.1523d)"
    };
    fe_geom *t = make_geom(false), *c = make_geom(true);
    long n;

    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        holds(t, same[i], 731, 67993, 42775);
    n = masked(t, "galactic;annulus(184.5,-5.8,0.05,0.1)");
    CHECK(n > 200 && masked(t, "annulus:gal:184.5,-5.8,0.05deg,0.1deg") == n);
    CHECK(masked(t, "box:83.7,22.1,0.4012deg,0.1507deg,30deg") == 605);
    CHECK(masked(t, "box:83.7,22.1,0.4012deg,0.1507deg") > 590);
    CHECK(masked(c, "polygon:gal:4.01,2.003,gal:358,1.5,gal:357,-2.001,gal:1.007,-1.003") == 5930);
    holds(t, "point:83.6312,22.0151", 1, 99, 50);
    holds(t, "icrs;point(83.6301,22.0151) # point=cross", 1, 99, 50);
    CHECK(masked(t, "point:10,22") == 0 && masked(t, "point:263,-22") == 0);
    fe_geom_free(t);
    fe_geom_free(c);
}

static void test_lists(void)
{
    fe_geom *t = make_geom(false);
    fe_regions list;
    double ra, dec;

    CHECK(masked(t, "icrs;circle(83.7,22.1,0.1523);-circle(83.7,22.1,0.0712)") == 573);
    CHECK(masked(t, "icrs;-circle(83.7,22.1,0.0712);circle(83.7,22.1,0.1523)") == 573);
    CHECK(masked(t, "icrs;circle(83.7,22.1,0.1523);circle(83.7,22.1,0.0712)") == 731);
    CHECK(masked(t, "icrs;-circle(83.7,22.1,0.1523)") == N - 731);
    CHECK(fe_regions_parse("galactic\n-box(184.5575,-5.7844,1,2,20) # text={a b}\npolygon:10,0,12,0,12,2,10,2", "x.reg", &list, &err) == 0);
    CHECK(list.n == 2 && list.region[0].excluded && list.region[0].galactic && list.region[0].shape == FE_REGION_BOX);
    CHECK(list.region[0].size_deg[0] == 1 && list.region[0].size_deg[1] == 2 && list.region[0].angle_deg == 20);
    SAME_STR(list.region[0].name, "a b");
    SAME_STR(list.region[1].name, "");
    fe_region_centre(&list.region[0], &ra, &dec);
    NEAR(ra, 83.6330680844502, 1e-11);          /* astropy */
    NEAR(dec, 22.0144414257348, 1e-11);
    CHECK(!list.region[1].galactic && list.region[1].n == 4);
    fe_region_centre(&list.region[1], &ra, &dec);
    NEAR(ra, 11, 1e-12);
    NEAR(dec, 1, 1e-3);
    CHECK(fe_region_mask(&list.region[1], t, mask, &err) == 0 && count() == 0);
    fe_regions_free(&list);
    CHECK(fe_regions_parse("polygon:263,-22,264,-22,264,-21", NULL, &list, &err) == 0);
    CHECK(fe_regions_mask(&list, t, mask, &err) < 0 && strstr(err.text, "corner"));
    fe_regions_free(&list);
    fe_geom_free(t);
}

static void refused(const char *text, const char *file, const char *message)
{
    fe_regions list;

    CHECK_MSG(fe_regions_parse(text, file, &list, &err) < 0 && err.code == (file ? FE_EDATA : FE_EUSAGE), text);
    CHECK_MSG(strstr(err.text, message), err.text);
    CHECK(list.n == 0 && !list.region);
}

static void test_refused(void)
{
    refused("", NULL, "no region");
    refused("# only a comment\nfk5\n", "x.reg", "x.reg: no region");
    refused("fk5\ncircle(1,2,3)\nlump(1,2,3)", "x.reg", "x.reg row 3: region 'lump(1,2,3)', expected circle, annulus");
    refused("circle(1,2,3)", "x.reg", "x.reg row 1: region 'circle(1,2,3)' before its frame is said");
    refused("image\ncircle(1,2,3)", "x.reg", "frame 'image', expected icrs, fk5 or galactic");
    refused("fk4;circle(1,2,3)", NULL, "frame 'fk4'");
    refused("circle:83.63,22.01", NULL, "expected a place and a radius");
    refused("circle:83.63,22.01,0deg", NULL, "expected a place and a radius");
    refused("circle:83.63,22.01,-1deg", NULL, "expected a place and a radius");
    refused("circle:83.63,92.01,1deg", NULL, "expected a place and a radius");
    refused("circle:83.63,22.01,1TeV", NULL, "expected a place and a radius");
    refused("circle:83.63,22.01,1p", NULL, "expected a place and a radius");
    refused("circle:83.63,22.01,1deg,2deg", NULL, "expected a place and a radius");
    refused("annulus:83.63,22.01,1deg,0.5deg", NULL, "two radii, the inner one first");
    refused("icrs;annulus(83.63,22.01,1,2,3)", NULL, "two radii");
    refused("icrs;box(83.63,22.01,1,2,3,4)", NULL, "width and height");
    refused("polygon:1,2,3,4", NULL, "three places");
    refused("polygon:1,2,3,4,5,6,7", NULL, "three places");
    refused("circle", NULL, "before its frame is said");
    refused("circle:", NULL, "expected a place and a radius");
}

int main(void)
{
    test_against_regions();
    test_spellings();
    test_lists();
    test_refused();
    return check_done();
}
