#include "phys/sky.h"

#include <math.h>

#include "base/num.h"
#include "base/str.h"

static const double RAD = M_PI / 180;

static double wrapped(double angle_deg)
{
    double a = fmod(angle_deg, 360);

    a = a < 0 ? a + 360 : a;
    return a < 360 ? a : 0;         /* -1e-20 + 360 is 360 */
}

double fe_sky_separation(double lon1, double lat1, double lon2, double lat2)
{
    double d = (lon2 - lon1) * RAD, s1 = sin(lat1 * RAD), c1 = cos(lat1 * RAD), s2 = sin(lat2 * RAD), c2 = cos(lat2 * RAD);

    return atan2(hypot(c2 * sin(d), c1 * s2 - s1 * c2 * cos(d)), s1 * s2 + c1 * c2 * cos(d)) / RAD;
}

void fe_sky_separations(double lon0, double lat0, size_t n, const double *lon, const double *lat, double *out)
{
    double s0 = sin(lat0 * RAD), c0 = cos(lat0 * RAD);

    for (size_t i = 0; i < n; i++) {
        double d = (lon[i] - lon0) * RAD, s = sin(lat[i] * RAD), c = cos(lat[i] * RAD), sin_d = sin(d), cos_d = cos(d);
        double east = c * sin_d, north = c0 * s - s0 * c * cos_d;

        out[i] = atan2(sqrt(east * east + north * north), s0 * s + c0 * c * cos_d) / RAD;
    }
}

double fe_sky_position_angle(double lon1, double lat1, double lon2, double lat2)
{
    double d = (lon2 - lon1) * RAD, s1 = sin(lat1 * RAD), c1 = cos(lat1 * RAD), s2 = sin(lat2 * RAD), c2 = cos(lat2 * RAD);

    return wrapped(atan2(c2 * sin(d), c1 * s2 - s1 * c2 * cos(d)) / RAD);
}

void fe_sky_offsets(double lon0, double lat0, double lon, double lat, double *east, double *north)
{
    double d = (lon - lon0) * RAD, s0 = sin(lat0 * RAD), c0 = cos(lat0 * RAD), s = sin(lat * RAD), c = cos(lat * RAD);
    double x = c * cos(d) * c0 + s * s0, y = c * sin(d), z = s * c0 - c * s0 * cos(d);

    *east = atan2(y, x) / RAD;
    *north = atan2(z, hypot(x, y)) / RAD;
}

void fe_sky_of_offsets(double lon0, double lat0, double east, double north, double *lon, double *lat)
{
    double s0 = sin(lat0 * RAD), c0 = cos(lat0 * RAD), s = sin(north * RAD), c = cos(north * RAD);
    double x = c * cos(east * RAD) * c0 - s * s0, y = c * sin(east * RAD), z = s * c0 + c * s0 * cos(east * RAD);

    *lon = lon0 + atan2(y, x) / RAD;
    *lat = atan2(z, hypot(x, y)) / RAD;
}

/* ---- frames ------------------------------------------------------------------------------------------------------ */

/*
 * Rows: the axes of the galactic frame in ICRS, as astropy has them: the pole of 1958 at 192.8594812065348, 27.12825118085622 (FK5,
 * J2000), node 122.9319185680026, and FK5 turned to ICRS.  The matrix of Hipparcos (ESA SP-1200), which WCSLIB has, is 0.02 arcsec
 * away.
 */
static const double to_galactic[3][3] = {
    { -0.054875657712591632830801, -0.873437051955615828546797, -0.483835073616715405364630 },
    { +0.494109437192726819176869, -0.444829721223295226906203, +0.746982183986667602759724 },
    { -0.867666137559657602018603, -0.198076337273000530059264, +0.455983813687301675621200 }
};

static void turn(double lon, double lat, bool back, double *lon_out, double *lat_out)
{
    const double v[3] = { cos(lat * RAD) * cos(lon * RAD), cos(lat * RAD) * sin(lon * RAD), sin(lat * RAD) };
    double u[3] = { 0 };

    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++)
            u[i] += (back ? to_galactic[k][i] : to_galactic[i][k]) * v[k];
    *lon_out = wrapped(atan2(u[1], u[0]) / RAD);
    *lat_out = atan2(u[2], hypot(u[0], u[1])) / RAD;
}

void fe_sky_icrs_to_galactic(double ra, double dec, double *l, double *b)
{
    turn(ra, dec, false, l, b);
}

void fe_sky_galactic_to_icrs(double l, double b, double *ra, double *dec)
{
    turn(l, b, true, ra, dec);
}

/* ---- text -------------------------------------------------------------------------------------------------------- */

/* Mark behind part k: the letter, or the colon that all but the last part have. */
static bool is_mark(char c, char first, int k)
{
    return first == ':' ? c == (k < 2 ? ':' : 0) || c == 0 : c == "?ms"[k];
}

/* "05h34m31.9s", "+22d00m52s", "05:34:31.9": up to three parts; hours only of a right ascension. */
static int parse_sexagesimal(const char *text, bool is_ra, double *deg)
{
    double sign = *text == '-' ? -1 : 1, part[3] = { 0 };
    char first = 0;

    text += *text == '-' || *text == '+';
    for (int k = 0; k < 3 && *text; k++) {
        if (*text < '0' || *text > '9' || fe_num_scan(text, &part[k], &text) < 0)
            return -1;
        first = k ? first : *text;
        if (k ? part[k] >= 60 || !is_mark(*text, first, k) : first != 'd' && first != ':' && !(is_ra && first == 'h'))
            return -1;
        text += *text != 0;
    }
    if (*text)
        return -1;
    *deg = sign * (part[0] + part[1] / 60 + part[2] / 3600) * (is_ra && first != 'd' ? 15 : 1);
    return 0;
}

static int parse_angle(const char *text, bool is_ra, double *deg)
{
    if (!*text)
        return -1;
    return fe_num_parse(text, deg) == 0 ? (isfinite(*deg) ? 0 : -1) : parse_sexagesimal(text, is_ra, deg);
}

int fe_sky_parse_pair(const char *lon, const char *lat, bool galactic, double *lon_deg, double *lat_deg)
{
    if (parse_angle(lon, !galactic, lon_deg) < 0 || parse_angle(lat, false, lat_deg) < 0 || !(fabs(*lat_deg) <= 90) ||
        !(fabs(*lon_deg) <= 360))
        return -1;
    *lon_deg = wrapped(*lon_deg);
    return 0;
}

int fe_sky_parse(const char *text, double *ra, double *dec, fe_err *err)
{
    bool galactic = fe_str_starts(text, "gal:");
    fe_strv part = { 0 };
    int rc = 0;

    fe_strv_split(&part, galactic ? text + 4 : text, ",");
    if (part.n != 2 || fe_sky_parse_pair(part.s[0], part.s[1], galactic, ra, dec) < 0)
        rc = fe_fail(err, FE_EUSAGE, NULL, "position '%s', expected RA,DEC in degrees, gal:L,B, or 05h34m31.9s,+22d00m52s", text);
    else if (galactic)
        fe_sky_galactic_to_icrs(*ra, *dec, ra, dec);
    fe_strv_free(&part);
    return rc;
}
