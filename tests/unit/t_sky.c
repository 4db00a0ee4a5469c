/* t_sky.c -- phys/sky: distances, directions, frames, positions as text.
 *
 * Numbers "astropy": astropy 8.0, SkyCoord.separation, position_angle, icrs, galactic.
 */
#include "check.h"
#include "phys/sky.h"

static fe_err err;

static void test_distances(void)
{
    static const double ref[][4] = {        /* from 83.63, 22.01: to lon, lat; separation, position angle (astropy) */
        { 83.63001, 22.01001, 1.3636526603591e-05, 42.8341647414378 }, { 84.5, 23.5, 1.69224842252084, 28.1329559185136 },
        { 10, -70, 105.236141363609, 199.883561776262 }
    };

    for (size_t i = 0; i < sizeof ref / sizeof *ref; i++) {
        NEAR(fe_sky_separation(83.63, 22.01, ref[i][0], ref[i][1]), ref[i][2], 1e-9);
        NEAR(fe_sky_position_angle(83.63, 22.01, ref[i][0], ref[i][1]), ref[i][3], 1e-8);
    }
    NEAR(fe_sky_separation(83.63, 22.01, 263.63, -22.01), 180, 1e-14);
    CHECK(fe_sky_separation(12.5, -33, 12.5, -33) == 0);
    NEAR(fe_sky_separation(359, 0, 1, 0), 2, 1e-14);
    NEAR(fe_sky_separation(0, 90, 123, 60), 30, 1e-14);
    NEAR(fe_sky_position_angle(10, 0, 10, 5) + 1, 1, 1e-12);
    NEAR(fe_sky_position_angle(10, 0, 15, 0), 90, 1e-14);
    NEAR(fe_sky_position_angle(10, 0, 5, 0), 270, 1e-14);
    NEAR(fe_sky_position_angle(10, 20, 10, -5), 180, 1e-14);
}

/* The turned frame keeps distances and directions, and puts the centre at 0. */
static void test_offsets(void)
{
    double east, north, lon, lat;

    fe_sky_offsets(83.63, 22.01, 83.63, 22.01, &east, &north);
    NEAR_ABS(east, 0, 1e-14);
    NEAR_ABS(north, 0, 1e-14);
    fe_sky_offsets(83.63, 22.01, 84.5, 23.5, &east, &north);
    NEAR(fe_sky_separation(0, 0, east, north), fe_sky_separation(83.63, 22.01, 84.5, 23.5), 1e-13);
    NEAR(fe_sky_position_angle(0, 0, east, north), fe_sky_position_angle(83.63, 22.01, 84.5, 23.5), 1e-13);
    fe_sky_offsets(359, 0, 4, 3, &east, &north);        /* around the equator nothing is turned but the longitude */
    NEAR(east, 5, 1e-13);
    NEAR(north, 3, 1e-13);
    for (int k = 0; k < 12; k++) {
        fe_sky_offsets(200, -50, 190 + 3 * k, -80 + 13 * k, &east, &north);
        fe_sky_of_offsets(200, -50, east, north, &lon, &lat);
        NEAR(lon, 190 + 3 * k, 1e-12);
        NEAR(lat, -80 + 13 * k, 1e-12);
    }
}

static void test_frames(void)
{
    static const double ref[][4] = {        /* l, b, RA, Dec (astropy) */
        { 0, 0, 266.404988286545, -28.9361777617915 }, { 184.5575, -5.7844, 83.6330680844502, 22.0144414257348 },
        { 300, 89, 192.802508860309, 26.1295499395928 }, { 96.3372833696901, -60.1885519469145, 0, 0 },
        { 184.557457712382, -5.78435696418855, 83.633083, 22.0145 },
        { 359.944259338904, -0.0461623625974009, 266.416833, -29.007806 }
    };

    for (size_t i = 0; i < sizeof ref / sizeof *ref; i++) {
        double lon, lat;

        fe_sky_galactic_to_icrs(ref[i][0], ref[i][1], &lon, &lat);
        NEAR_ABS(fmod(lon + 180, 360), fmod(ref[i][2] + 180, 360), 1e-9);
        NEAR_ABS(lat, ref[i][3], 1e-9);
        fe_sky_icrs_to_galactic(lon, lat, &lon, &lat);
        NEAR_ABS(lon, ref[i][0], 1e-11);
        NEAR_ABS(lat, ref[i][1], 1e-11);
    }
}

static void parsed(const char *text, double ra, double dec, double tol)
{
    double lon, lat;

    CHECK_MSG(fe_sky_parse(text, &lon, &lat, &err) == 0, text);
    NEAR_ABS(lon, ra, tol);
    NEAR_ABS(lat, dec, tol);
}

static void refused(const char *text)
{
    double lon, lat;

    CHECK_MSG(fe_sky_parse(text, &lon, &lat, &err) < 0 && err.code == FE_EUSAGE && strstr(err.text, "expected RA,DEC"), text);
}

static void test_text(void)
{
    static const char *const bad[] = {
        "", "83.63", "83.63,", "83.63,22.01,5", "83.63,91", "400,0", "nan,0", "83.63,inf", "crab", "05h34x,22d", "05h34m31.9s,22h",
        "05h64m,22d", "gal:5h,0", "gal:1", "05h-3m,22d", "05:34:31:9,22", "05h34:31,22", "83.63 22.01", "05h34m31.9s7,22d"
    };
    double lon, lat;

    parsed("83.63,22.01", 83.63, 22.01, 0);
    parsed(" -10 , -22.5 ", 350, -22.5, 0);
    parsed("gal:184.5575,-5.7844", 83.6330680844502, 22.0144414257348, 1e-9);
    parsed("05h34m31.9s,+22d00m52s", 83.6329166666666, 22.0144444444444, 1e-12);       /* astropy */
    parsed("05:34:31.9,+22:00:52", 83.6329166666666, 22.0144444444444, 1e-12);
    parsed("83d37m58.5s,-00d30m", 83.63291666666667, -0.5, 1e-12);
    parsed("05h,-00:30", 75, -0.5, 1e-12);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refused(bad[i]);
    CHECK(fe_sky_parse_pair("184:33:27", "-05:47", true, &lon, &lat) == 0);             /* galactic: degrees */
    NEAR(lon, 184.5575, 1e-14);
    NEAR(lat, -5 - 47 / 60.0, 1e-14);
}

/* Of many from one: each as by itself. */
static void test_separations(void)
{
    const double lon[] = { 10, 10.001, 190, 9, 350, 10 }, lat[] = { 20, 20, -20, 21, 89.9, 20 + 1e-7 };
    double out[6];

    fe_sky_separations(10, 20, 6, lon, lat, out);
    for (size_t i = 0; i < 6; i++)
        NEAR_ABS(out[i], fe_sky_separation(10, 20, lon[i], lat[i]), 1e-13);
    CHECK(out[0] == 0);
}

int main(void)
{
    test_distances();
    test_offsets();
    test_frames();
    test_text();
    test_separations();
    return check_done();
}
