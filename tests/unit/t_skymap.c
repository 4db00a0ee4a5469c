/* Maps of template models: values as gammapy 2.1 finds them between pixels and energies, integrals, files, what is refused. */
#include <float.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/note.h"
#include "io/skymap_io.h"
#include "map_files.h"
#include "types/skymap.h"

enum { NX = 3, NY = 2 };

static fe_err err;
static const double pixels[NX * NY] = { 1, 2, 4, 3, 0, 5 };

static fe_geom *geom(void)
{
    fe_geom_keys k = { .nx = NX, .ny = NY, .ctype = { "GLON-CAR", "GLAT-CAR" }, .equinox = NAN, .crpix = { 2, 1.5 },
                       .crval_deg = { 10, 0 }, .cdelt_deg = { -0.5, 0.5 }, .pc = { { 1, 0 }, { 0, 1 } }, .lonpole_deg = NAN,
                       .latpole_deg = NAN };

    return fe_geom_new(&k, NULL, NULL, NULL);
}

/* Plane k is (k + 1)^2 times the pixels. */
static fe_skymap *map_of(size_t n_e)
{
    fe_geom *g = geom();
    fe_skymap *m = fe_skymap_new(g, n_e);

    for (size_t i = 0; i < n_e * NX * NY; i++)
        m->value[i] = pixels[i % (NX * NY)] * pow((double)(i / (NX * NY)) + 1, 2);
    fe_geom_free(g);
    return m;
}

static double at(fe_skymap *m, double e_TeV, bool as_gammapy, double x, double y)
{
    double lon, lat, out;

    fe_geom_to_sky(m->geom, 1, &x, &y, &lon, &lat);
    fe_skymap_values(m, e_TeV, as_gammapy, 1, &lon, &lat, &out);
    return out;
}

/* TemplateSpatialModel(m, normalize=False).evaluate of gammapy 2.1 at these pixels. */
static void between_pixels(void)
{
    fe_skymap *m = map_of(1);

    for (int as_gammapy = 0; as_gammapy < 2; as_gammapy++) {
        NEAR(at(m, 1, as_gammapy, 0, 0), 1, 1e-10);
        NEAR(at(m, 1, as_gammapy, 0.3, 0), as_gammapy ? 1.231144413344917 : 1.3, 1e-10);        /* 2^0.3 */
        NEAR_ABS(at(m, 1, as_gammapy, 2.55, 0), 0, 0);
        NEAR_ABS(at(m, 1, as_gammapy, 0, -0.55), 0, 0);
        NEAR_ABS(at(m, 1, as_gammapy, 1, 1), 0, 1e-9);
    }
    NEAR(at(m, 1, false, -0.4, 0), 0.6, 1e-10);                                 /* the line goes on to the border of the pixel */
    NEAR(at(m, 1, true, 0.9, 0.02), 5.3544503819842985e-06, 1e-9);              /* gammapy: next to a pixel of 0 all but nothing */
    NEAR(at(m, 1, true, 1.25, 0.2), 1.5419850410180161e-46, 1e-9);
    NEAR(at(m, 1, false, 0.9, 0.02), 0.98 * 1.9 + 0.02 * 0.3, 1e-10);
    NEAR(at(m, 1, false, 1.25, 0.2), 0.8 * 2.5 + 0.2 * 1.25, 1e-10);
    fe_skymap_free(m);
}

typedef struct energies { bool of_bins, linear; double edge[4], node[3], want[8]; } energies;

/* The same with an axis energy_true: by edges of bins, by nodes, by nodes of a linear axis. */
static void between_energies(void)
{
    static const double e[8] = { 0.9, 1.0001, 1.3, 3.5, 6, 8.5, 9.99, 15.9 };
    static const energies list[] = {
        { true, false, { 1, 2, 8, 10 }, { 1.4142, 4, 8.9443 },
          { 0, 0.500100005, 0.845, 3.500000000000001, 5.07068666194766, 7.478831463542266, 13.451003974248398, 0 } },
        { false, false, { M_SQRT1_2, M_SQRT2, 4, 16 }, { 1, 2, 8 },
          { 0.81, 1.00020001, 1.69, 5.549171358706068, 7.606029992921491, 9.324895021506663, 10.248895379830918, 13.450579584951768 } },
        { false, true, { 0.5, 1.5, 5, 11 }, { 1, 2, 8 },
          { 0.8705505632961241, 1.0001386390456164, 1.5157165665103982, 4.898979485566356, 6.86828545531999, 9.629218745402966,
            11.777407752573245, 0 } }
    };

    for (size_t k = 0; k < sizeof list / sizeof *list; k++) {
        fe_skymap *m = map_of(3);

        m->of_bins = list[k].of_bins;
        m->linear_energy = list[k].linear;
        m->e_edge_TeV = fe_alloc(4, sizeof (double));
        m->e_node_TeV = fe_alloc(3, sizeof (double));
        memcpy(m->e_edge_TeV, list[k].edge, sizeof list[k].edge);
        memcpy(m->e_node_TeV, list[k].node, sizeof list[k].node);
        CHECK(fe_skymap_changes(m));
        for (size_t i = 0; i < 8; i++)
            NEAR_ABS(at(m, e[i], i % 2, 0, 0), list[k].want[i], 1e-9 * list[k].want[i]);
        fe_skymap_free(m);
    }
}

/* One plane with an axis: within its bin only. */
static void one_energy(void)
{
    fe_skymap *m = map_of(1);

    m->e_edge_TeV = fe_alloc(2, sizeof (double));
    m->e_node_TeV = fe_alloc(1, sizeof (double));
    m->e_edge_TeV[0] = 1;
    m->e_edge_TeV[1] = 2;
    m->e_node_TeV[0] = sqrt(2);
    for (int k = 0; k < 2; k++) {
        m->of_bins = k;
        NEAR_ABS(at(m, 0.9, false, 0, 0), 0, 0);
        NEAR(at(m, 1.1, false, 0, 0), 1, 1e-10);
        NEAR_ABS(at(m, 2.1, false, 0, 0), 0, 0);
    }
    fe_skymap_free(m);
}

static void integrals(void)
{
    fe_skymap *m = map_of(2);

    fe_skymap_normalize(m);
    NEAR(m->value[1], 1750.863387942162, 2e-5);             /* gammapy; its pixels are plane triangles */
    NEAR(m->value[NX * NY + 1], m->value[1], 1e-14);
    NEAR(fe_skymap_integral(m, 0), 1, 1e-14);
    NEAR(fe_skymap_integral(m, 1), 1, 1e-14);
    NEAR(fe_skymap_radius_deg(m, false), 0.75, 1e-14);
    NEAR(fe_skymap_radius_deg(m, true), 0.5 * hypot(1.5, 1), 1e-14);
    fe_skymap_free(m);
}

/* ---- files ------------------------------------------------------------------------------------------------------ */

#define PLANE "CTYPE1='GLON-CAR';CTYPE2='GLAT-CAR';CRPIX1=2.0;CRPIX2=1.5;CRVAL1=10.0;CRVAL2=0.0;CDELT1=-0.5;CDELT2=0.5"
static const long one_plane[2] = { NX, NY };

/* The image, and its table of energies if there is one, as m.fits. */
static void put_file(fe_table *bands, int n_dim, const long *size, const char *cards, const double *x)
{
    fe_document *doc = fe_document_new("");
    fe_str text = { 0 };

    if (bands)
        fe_document_add(doc, bands);
    add_double_image(doc, "SKY", n_dim, size, cards, x);
    CHECK_MSG(fe_fits_write(doc, &text, &err) == 0 && fe_bytes_write("m.fits", text.s, text.len, true, &err) == 0, err.text);
    fe_str_free(&text);
    fe_document_free(doc);
}

static fe_table *energy_table(const char *name, const char *column)
{
    fe_table *t = fe_table_new(name, 2);

    add_column(t, column, "MeV", (const double[]){ 1e6, 4e6 });
    return t;
}

static void reads(void)
{
    static const double per_deg2 = (180 / M_PI) * (180 / M_PI);
    static const struct { const char *unit; bool normalize, is_dnde; double value; } cases[] = {
        { "", true, false, 875.431693971081 }, { "ph cm-2", true, false, 875.431693971081 },
        { "", false, false, 1 }, { "sr-1", false, false, 1 }, { "deg-2", false, false, per_deg2 },
        { "1 / (MeV s sr cm2)", false, true, 1e6 }, { "cm-2 s-1 TeV-1 deg-2", false, true, per_deg2 }
    };

    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        fe_skymap *m = fe_skymap_later("m.fits", cases[k].normalize, fe_skymap_read);
        fe_str cards = { 0 };

        fe_str_addf(&cards, PLANE ";BUNIT='%s'", cases[k].unit);
        put_file(NULL, 2, one_plane, cards.s, pixels);
        CHECK_MSG(fe_skymap_need(m, &err) == 0, err.text);
        NEAR(m->value ? m->value[0] : 0, cases[k].value, 2e-5);
        CHECK(m->is_dnde == cases[k].is_dnde && !fe_skymap_changes(m) && m->n_e == 1);
        CHECK(unlink("m.fits") == 0 && fe_skymap_need(m, &err) == 0);           /* once is enough */
        fe_skymap_free(m);
        fe_str_free(&cards);
    }
}

/* Nodes of the Fermi tools: logarithmic, and with a unit although none is said; an axis of gammapy says what it is. */
static void reads_energies(void)
{
    const double x[2 * NX * NY] = { 1, 1, 1, 1, 1, 1, 4, 4, 4, 4, 4, 4 };
    const long size[3] = { NX, NY, 2 };
    fe_skymap *m = fe_skymap_later("m.fits", false, fe_skymap_read);

    put_file(energy_table("ENERGIES", "ENERGY"), 3, size, PLANE ";BANDSHDU='ENERGIES';AXCOLS1='ENERGY'", x);
    CHECK_MSG(fe_skymap_need(m, &err) == 0, err.text);
    CHECK(m->is_dnde && fe_skymap_changes(m) && !m->of_bins && m->n_e == 2);
    NEAR(at(m, 2, false, 1, 0), 2e6, 1e-9);                /* half way in the logarithm */
    fe_skymap_free(m);
    m = fe_skymap_later("m.fits", true, fe_skymap_read);
    put_file(energy_table("SKY_BANDS", "ENERGY_TRUE"), 3, size, PLANE ";BANDSHDU='SKY_BANDS';AXCOLS1='ENERGY_TRUE';INTERP1='log'", x);
    CHECK_MSG(fe_skymap_need(m, &err) == 0, err.text);
    CHECK(!m->is_dnde && fe_skymap_changes(m) && !m->of_bins && !m->linear_energy);
    NEAR(fe_skymap_integral(m, 1), 1, 1e-12);
    fe_skymap_free(m);
}

static void refused(bool normalize, const char *message)
{
    fe_skymap *m = fe_skymap_later("m.fits", normalize, fe_skymap_read);

    CHECK(fe_skymap_need(m, &err) < 0 && err.code == FE_EDATA);
    CHECK_MSG(strstr(err.text, message), err.text);
    fe_skymap_free(m);
}

static void refuses(void)
{
    const double negative[NX * NY] = { 1, 2, 3, 4, -5, 6 }, nothing[NX * NY] = { 0 };
    double hole[NX * NY] = { 1, 2, NAN, 4, 5, 6 };

    unlink("m.fits");
    refused(true, "m.fits");
    put_file(NULL, 2, one_plane, PLANE, negative);
    refused(true, "m.fits[SKY]: pixel (2, 2) of plane 1 is -5, expected numbers of at least 0");
    put_file(NULL, 2, one_plane, PLANE, hole);
    refused(true, "pixel (3, 1) of plane 1 is nan");
    put_file(NULL, 2, one_plane, PLANE, nothing);
    refused(true, "no value above 0 in the map of a model");
    put_file(NULL, 2, one_plane, PLANE ";BUNIT='cm2 s'", pixels);
    refused(false, "a template in 'cm2 s', expected sr-1, or cm-2 s-1 MeV-1 sr-1");
    put_file(energy_table("SKY_BANDS", "ENERGY"), 3, (const long[]){ 3, 1, 2 }, PLANE ";BANDSHDU='SKY_BANDS';AXCOLS1='ENERGY'", pixels);
    refused(true, "a template with 1 axes beside the sky, the first is energy, expected energy_true or none");
    CHECK(fe_bytes_write("m.fits", "no FITS", 7, true, &err) == 0);
    refused(true, "m.fits");
    unlink("m.fits");
}

int main(void)
{
    char dir[] = "/tmp/t_skymap.XXXXXX";

    fe_note_setup("t_skymap", -1);
    CHECK(mkdtemp(dir) && chdir(dir) == 0);
    between_pixels();
    between_energies();
    one_energy();
    integrals();
    reads();
    reads_energies();
    refuses();
    CHECK(chdir("/") == 0 && rmdir(dir) == 0);
    return check_done();
}
