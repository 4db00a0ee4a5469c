/* io/map_hdu: images and tables of cells, axes from scrambled band tables, units, what is refused. */
#include "map_files.h"

static fe_err err;

static fe_map *read_map(const fe_document *doc, const char *name)
{
    fe_bytes b = to_bytes(doc);
    fe_map_file *f = fe_map_file_open(&b, &err);
    fe_map *m = f ? fe_map_read(f, name, &err) : NULL;

    fe_map_file_close(f);
    fe_bytes_free(&b);
    return m;
}

static void refused(fe_document *doc, const char *name, const char *message)
{
    fe_map *m = read_map(doc, name);

    CHECK(!m && err.code == FE_EDATA);
    CHECK_MSG(strstr(err.text, message), err.text);
    fe_map_free(m);
    fe_document_free(doc);
}

/* ---- axes --------------------------------------------------------------------------------------------------- */

/* Three axes of 2, 3, 2 cells, rows in no order that is promised. */
static fe_table *scrambled_bands(const char *unit)
{
    const double e[] = { 1e9, 2e9, 1e9, 2e9, 1e9, 2e9, 1e9, 2e9, 1e9, 2e9, 1e9, 2e9 };
    const double hi[] = { 2e9, 8e9, 2e9, 8e9, 2e9, 8e9, 2e9, 8e9, 2e9, 8e9, 2e9, 8e9 };
    const double migra[] = { 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2 };
    const double rad[] = { .5, .25, .5, .5, .25, .25, .25, .5, .25, .25, .5, .5 };
    fe_table *t = fe_table_new("M_BANDS", 12);

    add_column(t, "E_MIN", unit, e);
    add_column(t, "E_MAX", unit, hi);
    add_column(t, "MIGRA", "", migra);
    add_column(t, "RAD", "rad", rad);
    return t;
}

static void test_axes(void)
{
    double x[24];
    fe_document *doc = fe_document_new("");
    fe_map *m;

    for (int i = 0; i < 24; i++)
        x[i] = i;
    fe_document_add(doc, scrambled_bands("keV"));
    add_double_image(doc, "M", 5, (const long[]){ 2, 1, 2, 3, 2 }, SKY ";AXCOLS1='E_MIN,E_MAX';INTERP1='log';AXCOLS2='MIGRA';INTERP2='lin';"
                     "AXCOLS3='RAD';INTERP3='sqrt'", x);
    m = read_map(doc, "M");
    CHECK_MSG(m, err.text);
    if (!m)
        return;
    CHECK(m->n_axes == 3 && m->n == 24 && m->nx == 2 && m->ny == 1 && m->geom && fe_map_n_cells(m) == 12);
    SAME_STR(m->axis[0].name, "energy");
    SAME_STR(m->axis[1].name, "migra");
    SAME_STR(m->axis[2].name, "rad");
    CHECK(m->axis[0].n == 2 && !m->axis[0].is_node && m->axis[1].n == 3 && m->axis[1].is_node && m->axis[2].n == 2);
    NEAR(m->axis[0].edge[0], 1, 1e-15);
    NEAR(m->axis[0].edge[1], 2, 1e-15);
    NEAR(m->axis[0].edge[2], 8, 1e-15);
    NEAR(m->axis[0].node[1], 4, 1e-15);                          /* sqrt(2 8) */
    NEAR(m->axis[1].edge[0], 0.5, 1e-15);
    NEAR(m->axis[1].edge[3], 3.5, 1e-15);
    NEAR(m->axis[2].node[0], 0.25 * 180 / acos(-1), 1e-14);
    NEAR(m->axis[2].edge[1], pow((0.5 + sqrt(0.5)) / 2, 2) * 180 / acos(-1), 1e-14);
    for (int i = 0; i < 24; i++)
        CHECK(m->value[i] == i);                                 /* NAXIS order */
    fe_map_free(m);
    fe_document_free(doc);
}

static fe_document *line_of(size_t n, const double *lo, const double *hi, const char *unit, const char *axcols)
{
    fe_document *doc = fe_document_new("");
    fe_table *t = fe_document_add(doc, fe_table_new("M", n)), *bands;

    fe_table_add(t, "DATA", FE_COL_DOUBLE, "cm2 s", 1);
    for (size_t i = 0; i < n; i++)
        fe_table_find(t, "DATA")->v.d[i] = (double)i;
    if (axcols)
        fe_meta_set(&t->meta, "AXCOLS1", FE_META_STRING, axcols, NULL);
    fe_meta_set(&t->meta, "INTERP1", FE_META_STRING, "log", NULL);
    bands = fe_document_add(doc, fe_table_new("M_BANDS", n));
    add_column(bands, "ENERGY_TRUE", unit, lo)->fits_code = 'E';
    add_column(bands, "ENERGY_TRUE_MIN", unit, lo)->fits_code = 'E';
    add_column(bands, "ENERGY_TRUE_MAX", unit, hi)->fits_code = 'E';
    return doc;
}

static const double lo3[] = { 100, 300, 1000 }, hi3[] = { 300, 1000, 3000 };

static void test_cells(void)
{
    fe_document *doc = line_of(3, lo3, hi3, "GeV", "ENERGY_TRUE");
    fe_map *m = read_map(doc, "M");

    CHECK_MSG(m, err.text);
    if (!m)
        return;
    CHECK(!m->geom && m->n == 3 && m->value[2] == 2 && m->axis[0].is_node && m->axis[0].scale == FE_MAP_LOG);
    SAME_STR(m->axis[0].name, "energy_true");
    NEAR(m->axis[0].edge[0], 0.1 / sqrt(3), 1e-7);               /* float32 nodes */
    NEAR(m->axis[0].edge[1], 0.1 * sqrt(3), 1e-7);
    NEAR(m->axis[0].edge[3], sqrt(10. / 3), 1e-7);
    CHECK(fe_map_to_unit(m, "m2 s", &err) == 0);
    NEAR(m->value[2], 2e-4, 1e-14);
    CHECK(fe_map_to_unit(m, "s", &err) < 0 && err.code == FE_EDATA);
    fe_map_free(m);
    fe_document_free(doc);
}

/* The same map whether a row holds one cell or the whole first axis; booleans count as 0 and 1. */
static void test_vector_cells(void)
{
    fe_document *doc = fe_document_new("");
    fe_table *t = fe_document_add(doc, fe_table_new("M", 2)), *bands = fe_document_add(doc, fe_table_new("M_BANDS", 4));
    fe_column *c = fe_table_add(t, "DATA", FE_COL_BOOL, "", 2);
    fe_map *m;

    c->n_dim = 3;
    c->dim[0] = c->dim[1] = 1;
    c->dim[2] = 2;
    memcpy(c->v.b, (const unsigned char[]){ 1, 0, 0, 1 }, 4);
    add_column(bands, "RAD_MIN", "deg", (const double[]){ 0, 1, 0, 1 });
    add_column(bands, "RAD_MAX", "deg", (const double[]){ 1, 2, 1, 2 });
    add_column(bands, "E_MIN", "TeV", (const double[]){ 1, 1, 2, 2 });
    add_column(bands, "E_MAX", "TeV", (const double[]){ 2, 2, 4, 4 });
    fe_meta_set(&bands->meta, "AXCOLS1", FE_META_STRING, "RAD_MIN,RAD_MAX", NULL);      /* the table says it as well */
    fe_meta_set(&bands->meta, "AXCOLS2", FE_META_STRING, "E_MIN,E_MAX", NULL);
    m = read_map(doc, "M");
    CHECK_MSG(m, err.text);
    if (m)
        CHECK(m->n == 4 && m->n_axes == 2 && m->value[0] == 1 && m->value[1] == 0 && m->value[3] == 1 && m->axis[0].edge[0] == 0);
    fe_map_free(m);
    fe_document_free(doc);
}

/* ---- images ------------------------------------------------------------------------------------------------- */

static void test_integers(void)
{
    const unsigned char bytes[] = { 0, 1, 0, 2, 0x80, 0, 0xff, 0xfe };      /* 1, 2, -32768 (blank), -2 */
    fe_document *doc = fe_document_new("");
    fe_table *bands = fe_document_add(doc, fe_table_new("EB", 2));
    fe_map *m;

    add_column(bands, "E_MIN", "TeV", (const double[]){ 1, 2 });
    add_column(bands, "E_MAX", "TeV", (const double[]){ 2, 4 });
    add_image(doc, "M", 16, 3, (const long[]){ 2, 1, 2 }, SKY ";AXCOLS1='E_MIN,E_MAX';BANDSHDU='EB';BSCALE=0.5;BZERO=10;BLANK=-32768;BUNIT='m2 s'",
              bytes, sizeof bytes);
    m = read_map(doc, "M");
    CHECK_MSG(m, err.text);
    if (m) {
        CHECK(m->value[0] == 10.5 && m->value[1] == 11 && isnan(m->value[2]) && m->value[3] == 9);
        SAME_STR(m->unit, "m2 s");
        CHECK(fe_geom_is_galactic(m->geom));
        CHECK(fe_geom_keys_of(m->geom)->cdelt_deg[0] == -0.5 && fe_geom_keys_of(m->geom)->crpix[0] == 1.5);
    }
    fe_map_free(m);
    fe_document_free(doc);
}

static void test_rotated(void)
{
    fe_document *doc = fe_document_new("");
    fe_map *m;

    add_double_image(doc, "M", 2, (const long[]){ 2, 1 }, "CTYPE1='RA---TAN';CTYPE2='DEC--TAN';CRPIX1=1;CRPIX2=1;CRVAL1=83;CRVAL2=22;"
                     "CD1_1=-0.1;CD1_2=0;CD2_1=0;CD2_2=0.2", (const double[]){ 1, 2 });
    m = read_map(doc, "M");
    CHECK_MSG(m, err.text);
    if (m) {
        CHECK(m->n_axes == 0 && m->n == 2);
        CHECK(fe_geom_keys_of(m->geom)->cdelt_deg[0] == 1 && fe_geom_keys_of(m->geom)->pc[0][0] == -0.1);
    }
    fe_map_free(m);
    fe_document_free(doc);
}

/* ---- what is refused ---------------------------------------------------------------------------------------- */

static fe_document *image_with(const char *cards, long planes)
{
    fe_document *doc = fe_document_new("");
    fe_table *bands = fe_document_add(doc, fe_table_new("M_BANDS", 2));
    const double x[8] = { 0 };

    add_column(bands, "E_MIN", "TeV", (const double[]){ 1, 2 });
    add_column(bands, "E_MAX", "TeV", (const double[]){ 2, 4 });
    add_double_image(doc, "M", 3, (const long[]){ 2, 1, planes }, cards, x);
    return doc;
}

static fe_document *with_key(const char *key)
{
    fe_document *doc = line_of(3, lo3, hi3, "GeV", "ENERGY_TRUE");

    fe_meta_set(&fe_document_table(doc, "M")->meta, key, FE_META_STRING, "NESTED", NULL);
    return doc;
}

static void test_refused(void)
{
    const double gap[] = { 300, 900, 3000 }, zero[] = { 0, 300, 1000 }, nan3[] = { 100, NAN, 1000 };
    fe_document *doc;

    refused(line_of(3, lo3, gap, "GeV", "ENERGY_TRUE_MIN,ENERGY_TRUE_MAX"), "M", "a bin ends at 0.9, the next begins at 1, expected bins that touch");
    refused(line_of(3, zero, hi3, "GeV", "ENERGY_TRUE_MIN,ENERGY_TRUE_MAX"), "M", "axis ENERGY_TRUE_MIN begins at 0, expected a positive value");
    refused(line_of(3, nan3, hi3, "GeV", "ENERGY_TRUE_MIN,ENERGY_TRUE_MAX"), "M", "file.fits[M_BANDS] row 2: column ENERGY_TRUE_MIN is not finite");
    refused(line_of(3, lo3, hi3, "", "ENERGY_TRUE"), "M", "column ENERGY_TRUE has no unit, expected one of energy");
    refused(line_of(3, lo3, hi3, "m", "ENERGY_TRUE"), "M", "column ENERGY_TRUE: ");
    refused(line_of(3, lo3, hi3, "GeV", "E_MIN,E_MAX"), "M", "there is no column E_MIN, which AXCOLS names");
    refused(line_of(3, lo3, hi3, "GeV", "A,B,C"), "M", "AXCOLS1 is 'A,B,C', expected one or two columns");
    refused(line_of(3, lo3, hi3, "GeV", NULL), "M", "column DATA has 3 values, the axes have 1 cells");
    refused(line_of(3, lo3, hi3, "GeV", "ENERGY_TRUE"), "NONE", "there is no HDU NONE");
    refused(with_key("PIXTYPE"), "M", "file.fits[M]: a HEALPix map, expected");
    refused(with_key("ORDERING"), "M", "HEALPix");
    refused(image_with(SKY ";AXCOLS1='E_MIN,E_MAX'", 3), "M", "NAXIS3 is 3, but axis 1 (energy) has 2 cells: axes missing or in another order");
    refused(image_with(SKY, 2), "M", "NAXIS3 is 2, but axis 1 (none) has 1 cells");
    refused(image_with(SKY ";AXCOLS1='E_MIN,E_MAX';BANDSHDU='GONE'", 2), "M", "its axes are missing: there is no table GONE");
    refused(image_with("CTYPE1='X';CTYPE2='Y';AXCOLS1='E_MIN,E_MAX'", 2), "M", "file.fits[M]");
    doc = line_of(3, lo3, hi3, "GeV", "ENERGY_TRUE");
    fe_table_remove(fe_document_table(doc, "M"), "DATA");
    add_column(fe_document_table(doc, "M"), "PIX", "", lo3);
    add_column(fe_document_table(doc, "M"), "VALUE", "", lo3);
    refused(doc, "M", "a sparse map");
}

int main(void)
{
    test_axes();
    test_cells();
    test_vector_cells();
    test_integers();
    test_rotated();
    test_refused();
    return check_done();
}
