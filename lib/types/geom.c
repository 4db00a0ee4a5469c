#include "types/geom.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wcslib/wcslib.h>

#include "base/mem.h"
#include "base/str.h"
#include "phys/sky.h"

static const double RAD = M_PI / 180;

struct fe_geom {
    fe_geom_keys keys;
    struct wcsprm wcs;
    bool galactic;
    int lon, lat;                   /* which of the two axes is which                                   */
    int n_owners;
};

/* ---- making ------------------------------------------------------------------------------------------------------ */

static bool is_healpix(const char *ctype)
{
    return strstr(ctype, "HPX") || strstr(ctype, "XPH") || fe_str_equal_nocase(ctype, "HEALPIX");
}

/* Length of a step along each axis, as the matrix says it. */
static double step_of(const fe_geom_keys *k, int axis)
{
    return hypot(k->cdelt_deg[0] * k->pc[0][axis], k->cdelt_deg[1] * k->pc[1][axis]);
}

/*
 * Equatorial or galactic, nothing else.  FK5 of J2000 counts as ICRS: they differ by 0.02 arcsec.  NULL, or what is wrong.
 */
static const char *refusal(const fe_geom_keys *k, const char *lon)
{
    const double TURNS_DEG = 720, WHOLE_SKY_DEG = 360;
    int lat = lon == k->ctype[0];
    bool old = fe_str_starts(k->radesys, "FK4") || (!*k->radesys && k->equinox < 1984);

    if (!(fabs(k->crval_deg[1 - lat]) <= TURNS_DEG && fabs(k->crval_deg[lat]) <= 90))
        return "CRVAL is no place on the sky";
    if (!(step_of(k, 0) <= WHOLE_SKY_DEG && step_of(k, 1) <= WHOLE_SKY_DEG))
        return "its pixels are larger than the sky";
    if (fe_str_starts(lon, "GLON"))
        return NULL;
    if (!fe_str_starts(lon, "RA--") && strcmp(lon, "RA"))
        return "expected equatorial or galactic coordinates";
    return old || (fe_str_starts(k->radesys, "FK5") && fabs(k->equinox - 2000) > 1e-9) ? "expected ICRS or FK5 of equinox 2000" : NULL;
}

static int fill_wcs(const fe_geom_keys *k, struct wcsprm *w)
{
    w->flag = -1;
    if (wcsinit(1, 2, w, FE_GEOM_MAX_PV, 0, 0))
        return -1;
    for (int i = 0; i < 2; i++) {
        w->crpix[i] = k->crpix[i];
        w->crval[i] = k->crval_deg[i];
        w->cdelt[i] = k->cdelt_deg[i];
        snprintf(w->ctype[i], sizeof w->ctype[i], "%s", k->ctype[i]);
        snprintf(w->cunit[i], sizeof w->cunit[i], "deg");
        for (int m = 0; m < 2; m++)
            w->pc[2 * i + m] = k->pc[i][m];
    }
    if (!isnan(k->lonpole_deg))
        w->lonpole = k->lonpole_deg;
    if (!isnan(k->latpole_deg))
        w->latpole = k->latpole_deg;
    w->npv = (int)k->n_pv;
    for (size_t m = 0; m < k->n_pv; m++)
        w->pv[m] = (struct pvcard){ k->pv[m].i, k->pv[m].m, k->pv[m].value };
    if (*k->radesys)
        snprintf(w->radesys, sizeof w->radesys, "%s", k->radesys);
    if (!isnan(k->equinox))
        w->equinox = k->equinox;
    return wcsset(w);
}

/* Makes what WCSLIB needs; NULL, or why it refuses. */
static const char *set_up(fe_geom *g)
{
    int status = fill_wcs(&g->keys, &g->wcs);

    if (status)
        return status > 0 && status <= 13 ? wcs_errmsg[status] : "no memory";
    if (g->wcs.lng < 0 || g->wcs.lat < 0)
        return "no longitude and latitude";
    g->lon = g->wcs.lng;
    g->lat = g->wcs.lat;
    g->galactic = fe_str_starts(g->keys.ctype[g->lon], "GLON");
    /* a border at longitude 180 that rounding puts outside is no error: on_sky() looks at that, with room */
    g->wcs.cel.prj.bounds &= ~4;
    return refusal(&g->keys, g->keys.ctype[g->lon]);
}

fe_geom *fe_geom_new(const fe_geom_keys *keys, const char *file, const char *hdu, fe_err *err)
{
    const fe_where at = { file, hdu, 0 };
    const char *wrong;
    fe_geom *g;

    if (is_healpix(keys->ctype[0]) || is_healpix(keys->ctype[1])) {
        (void)fe_fail(err, FE_EDATA, &at, "the map is in HEALPix pixels (CTYPE1 '%s'), which these tools do not take", keys->ctype[0]);
        return NULL;
    }
    if (keys->nx == 0 || keys->ny == 0) {
        (void)fe_fail(err, FE_EDATA, &at, "the map has %zu x %zu pixels", keys->nx, keys->ny);
        return NULL;
    }
    g = FE_NEW(fe_geom);
    g->keys = *keys;
    g->n_owners = 1;
    if ((wrong = set_up(g))) {
        (void)fe_fail(err, FE_EDATA, &at, "no map of the sky: CTYPE '%s', '%s', RADESYS '%s': %s", keys->ctype[0], keys->ctype[1],
                      keys->radesys, wrong);
        fe_geom_free(g);
        return NULL;
    }
    return g;
}

fe_geom *fe_geom_share(fe_geom *g)
{
    if (g)
        __atomic_add_fetch(&g->n_owners, 1, __ATOMIC_RELAXED);
    return g;
}

fe_geom *fe_geom_copy(const fe_geom *g)
{
    return fe_geom_new(&g->keys, NULL, NULL, NULL);
}

void fe_geom_free(fe_geom *g)
{
    if (!g || __atomic_sub_fetch(&g->n_owners, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    wcsfree(&g->wcs);
    free(g);
}

const fe_geom_keys *fe_geom_keys_of(const fe_geom *g)
{
    return &g->keys;
}

size_t fe_geom_nx(const fe_geom *g)
{
    return g->keys.nx;
}

size_t fe_geom_ny(const fe_geom *g)
{
    return g->keys.ny;
}

bool fe_geom_is_galactic(const fe_geom *g)
{
    return g->galactic;
}

static bool near(double a, double b)
{
    return fabs(a - b) < 1e-9 || (isnan(a) && isnan(b));
}

/* All but the reference pixel and the size. */
static bool same_projection(const fe_geom *a, const fe_geom *b)
{
    const fe_geom_keys *x = &a->keys, *y = &b->keys;
    bool same = x->n_pv == y->n_pv && near(a->wcs.lonpole, b->wcs.lonpole) && near(a->wcs.latpole, b->wcs.latpole);

    for (int i = 0; i < 2; i++) {
        same = same && !strcmp(x->ctype[i], y->ctype[i]) && near(x->crval_deg[i], y->crval_deg[i]) &&
               near(x->cdelt_deg[i] / y->cdelt_deg[i], 1);
        for (int m = 0; m < 2; m++)
            same = same && near(x->pc[i][m], y->pc[i][m]);
    }
    for (size_t m = 0; same && m < x->n_pv; m++)
        same = x->pv[m].i == y->pv[m].i && x->pv[m].m == y->pv[m].m && near(x->pv[m].value, y->pv[m].value);
    return same;
}

bool fe_geom_equal(const fe_geom *a, const fe_geom *b)
{
    const fe_geom_keys *x = &a->keys, *y = &b->keys;

    return x->nx == y->nx && x->ny == y->ny && near(x->crpix[0], y->crpix[0]) && near(x->crpix[1], y->crpix[1]) &&
           same_projection(a, b);
}

bool fe_geom_shift(const fe_geom *a, const fe_geom *b, long *x0, long *y0)
{
    const double NEAR_PIXEL = 1e-6, MANY = 1e9;
    double dx = a->keys.crpix[0] - b->keys.crpix[0], dy = a->keys.crpix[1] - b->keys.crpix[1];

    if (!same_projection(a, b) || !(fabs(dx - rint(dx)) < NEAR_PIXEL) || !(fabs(dy - rint(dy)) < NEAR_PIXEL) ||
        fabs(dx) > MANY || fabs(dy) > MANY)
        return false;
    *x0 = lrint(dx);
    *y0 = lrint(dy);
    return true;
}

fe_geom *fe_geom_cutout(const fe_geom *g, long x0, long y0, size_t nx, size_t ny)
{
    fe_geom_keys k = g->keys;

    k.crpix[0] -= (double)x0;
    k.crpix[1] -= (double)y0;
    k.nx = nx;
    k.ny = ny;
    return fe_geom_new(&k, NULL, NULL, NULL);
}

/* ---- pixels and sky ---------------------------------------------------------------------------------------------- */

enum { CHUNK = 512 };

/* On the stack: 30 kB, so that one place costs no allocation. */
typedef struct work { double in[2 * CHUNK], mid[2 * CHUNK], phi[CHUNK], theta[CHUNK], out[2 * CHUNK]; int stat[CHUNK]; } work;

/* WCSLIB did point i, and it is on the sphere: a cylinder goes on beyond the poles and beyond a full turn, where nobody is. */
static bool on_sky(const work *w, size_t i, int status)
{
    enum { SOME_PIXELS = 8, SOME_PLACES = 9 };      /* invalid, says stat; any other status: none was done */
    const double ROOM = 1e-9;

    return (!status || ((status == SOME_PIXELS || status == SOME_PLACES) && !w->stat[i])) && fabs(w->theta[i]) <= 90 + ROOM &&
           fabs(w->phi[i]) <= 180 + ROOM;
}

void fe_geom_to_sky(fe_geom *g, size_t n, const double *x, const double *y, double *lon_deg, double *lat_deg)
{
    work w;

    for (size_t first = 0; first < n; first += CHUNK) {
        size_t m = n - first < CHUNK ? n - first : CHUNK;
        int status;

        for (size_t i = 0; i < m; i++) {
            w.in[2 * i] = x[first + i] + 1;
            w.in[2 * i + 1] = y[first + i] + 1;
        }
        status = wcsp2s(&g->wcs, (int)m, 2, w.in, w.mid, w.phi, w.theta, w.out, w.stat);
        for (size_t i = 0; i < m; i++) {
            bool on = on_sky(&w, i, status);

            lon_deg[first + i] = on ? w.out[2 * i + (size_t)g->lon] : NAN;
            lat_deg[first + i] = on ? w.out[2 * i + (size_t)g->lat] : NAN;
        }
    }
}

void fe_geom_to_pixel(fe_geom *g, size_t n, const double *lon_deg, const double *lat_deg, double *x, double *y)
{
    work w;

    for (size_t first = 0; first < n; first += CHUNK) {
        size_t m = n - first < CHUNK ? n - first : CHUNK;
        int status;

        for (size_t i = 0; i < m; i++) {
            bool missing = !isfinite(lon_deg[first + i]) || !isfinite(lat_deg[first + i]);

            w.in[2 * i + (size_t)g->lon] = missing ? 0 : lon_deg[first + i];
            w.in[2 * i + (size_t)g->lat] = missing ? 0 : lat_deg[first + i];
        }
        status = wcss2p(&g->wcs, (int)m, 2, w.in, w.phi, w.theta, w.mid, w.out, w.stat);
        for (size_t i = 0; i < m; i++) {
            bool on = on_sky(&w, i, status) && isfinite(lon_deg[first + i]) && isfinite(lat_deg[first + i]);

            x[first + i] = on ? w.out[2 * i] - 1 : NAN;
            y[first + i] = on ? w.out[2 * i + 1] - 1 : NAN;
        }
    }
}

void fe_geom_centre(fe_geom *g, double *lon_deg, double *lat_deg)
{
    double x = 0.5 * ((double)g->keys.nx - 1), y = 0.5 * ((double)g->keys.ny - 1);

    fe_geom_to_sky(g, 1, &x, &y, lon_deg, lat_deg);
}

void fe_geom_of_icrs(const fe_geom *g, double ra_deg, double dec_deg, double *lon_deg, double *lat_deg)
{
    *lon_deg = ra_deg;
    *lat_deg = dec_deg;
    if (g->galactic)
        fe_sky_icrs_to_galactic(ra_deg, dec_deg, lon_deg, lat_deg);
}

void fe_geom_to_icrs(const fe_geom *g, double lon_deg, double lat_deg, double *ra_deg, double *dec_deg)
{
    *ra_deg = lon_deg;
    *dec_deg = lat_deg;
    if (g->galactic)
        fe_sky_galactic_to_icrs(lon_deg, lat_deg, ra_deg, dec_deg);
}

void fe_geom_across(fe_geom *from, double x, double y, fe_geom *to, double *u, double *v)
{
    double lon, lat;

    fe_geom_to_sky(from, 1, &x, &y, &lon, &lat);
    if (from->galactic != to->galactic && !isnan(lon)) {
        fe_geom_to_icrs(from, lon, lat, &lon, &lat);
        fe_geom_of_icrs(to, lon, lat, &lon, &lat);
    }
    fe_geom_to_pixel(to, 1, &lon, &lat, u, v);
}

/* ---- sizes ------------------------------------------------------------------------------------------------------- */

double fe_geom_pixel_deg(const fe_geom *g)
{
    return 0.5 * (step_of(&g->keys, 0) + step_of(&g->keys, 1));
}

double fe_geom_pixel_max_deg(const fe_geom *g)
{
    return fmax(step_of(&g->keys, 0), step_of(&g->keys, 1));
}

/* [n] pixel centres or corners of a row of the map. */
static void row_to_sky(fe_geom *g, size_t n, double x0, double y, double *x, double *ys, double *lon, double *lat)
{
    for (size_t i = 0; i < n; i++) {
        x[i] = x0 + (double)i;
        ys[i] = y;
    }
    fe_geom_to_sky(g, n, x, ys, lon, lat);
}

/*
 * Solid angle of the triangle of three places (Van Oosterom & Strackee 1983, IEEE Trans. BME 30, 125), with the products taken of
 * differences of the vectors, so that nothing cancels in small triangles.
 */
static double triangle_sr(const double a[3], const double b[3], const double c[3])
{
    double u[3], v[3], cross[3], triple = 0, ab = 0, bc = 0, ca = 0;

    for (int k = 0; k < 3; k++) {
        u[k] = b[k] - a[k];
        v[k] = c[k] - a[k];
        ab += a[k] * b[k];
        bc += b[k] * c[k];
        ca += c[k] * a[k];
    }
    for (int k = 0; k < 3; k++)
        cross[k] = u[(k + 1) % 3] * v[(k + 2) % 3] - u[(k + 2) % 3] * v[(k + 1) % 3];
    for (int k = 0; k < 3; k++)
        triple += a[k] * cross[k];
    return fabs(2 * atan2(triple, 1 + ab + bc + ca));
}

static void to_vector(double lon_deg, double lat_deg, double v[3])
{
    v[0] = cos(lat_deg * RAD) * cos(lon_deg * RAD);
    v[1] = cos(lat_deg * RAD) * sin(lon_deg * RAD);
    v[2] = sin(lat_deg * RAD);
}

void fe_geom_solid_angle(fe_geom *g, double *out_sr)
{
    size_t nx = g->keys.nx, ny = g->keys.ny, n = nx + 1;
    double *x = FE_NEWN(double, n), *y = FE_NEWN(double, n);
    double *lon[2] = { FE_NEWN(double, n), FE_NEWN(double, n) }, *lat[2] = { FE_NEWN(double, n), FE_NEWN(double, n) };

    row_to_sky(g, n, -0.5, -0.5, x, y, lon[0], lat[0]);
    for (size_t j = 0; j < ny; j++) {
        size_t low = j % 2, high = 1 - low;

        row_to_sky(g, n, -0.5, (double)j + 0.5, x, y, lon[high], lat[high]);
        for (size_t i = 0; i < nx; i++) {
            double p[4][3];

            to_vector(lon[low][i], lat[low][i], p[0]);
            to_vector(lon[low][i + 1], lat[low][i + 1], p[1]);
            to_vector(lon[high][i + 1], lat[high][i + 1], p[2]);
            to_vector(lon[high][i], lat[high][i], p[3]);
            out_sr[j * nx + i] = triangle_sr(p[0], p[1], p[2]) + triangle_sr(p[0], p[2], p[3]);
        }
    }
    for (int k = 0; k < 2; k++) {
        free(lon[k]);
        free(lat[k]);
    }
    free(x);
    free(y);
}

void fe_geom_separation(fe_geom *g, double lon_deg, double lat_deg, double *out_deg)
{
    size_t nx = g->keys.nx, ny = g->keys.ny;
    double *x = FE_NEWN(double, nx), *y = FE_NEWN(double, nx), *lon = FE_NEWN(double, nx), *lat = FE_NEWN(double, nx);

    for (size_t j = 0; j < ny; j++) {
        row_to_sky(g, nx, 0, (double)j, x, y, lon, lat);
        for (size_t i = 0; i < nx; i++)
            out_deg[j * nx + i] = isnan(lon[i]) ? NAN : fe_sky_separation(lon_deg, lat_deg, lon[i], lat[i]);
    }
    free(x);
    free(y);
    free(lon);
    free(lat);
}
