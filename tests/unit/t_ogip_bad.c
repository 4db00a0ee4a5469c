/* io/ogip: what is wrong is named, in one line. */
#include "ogip_files.h"

static void test_bad_spectrum(void)
{
    const double nan_counts[N_E] = { 1, 2, NAN, 4, 5 }, half[N_E] = { 1, 2, 3, 4.5, 5 }, odd[N_E] = { 0, 1, 3, 4, 5 }, whole[N_E] = { 1, 2, 3, 4, 5 };
    edit e = begin("pha");

    e.t->col[1].v.i[2] = -3;
    CHECK(fails(finish(&e), "pha_obse.fits[SPECTRUM] row 3: column COUNTS is negative (-3)"));
    e = begin("bkg");
    e.t->col[1].v.i[1] = -1;
    CHECK(fails(finish(&e), "bkg_obse.fits[SPECTRUM] row 2: column COUNTS is negative (-1)"));
    e = begin("pha");
    column(e.t, "COUNTS", "", nan_counts, N_E);
    CHECK(fails(finish(&e), "row 3: column COUNTS is not a finite number (nan)"));
    e = begin("pha");
    column(e.t, "COUNTS", "", half, N_E);
    CHECK(fails(finish(&e), "row 4: column COUNTS is not a whole number, but POISSERR is T (4.5)"));
    e = begin("pha");
    column(e.t, "CHANNEL", "", odd, N_E);
    CHECK(fails(finish(&e), "row 3: column CHANNEL is 3, expected 2"));
    e = begin("pha");
    fe_meta_set_number(&e.t->meta, "DETCHANS", 80, NULL);
    CHECK(fails(finish(&e), "pha_obse.fits[SPECTRUM]: 5 channels, expected 80 (keyword DETCHANS)"));
    e = begin("pha");
    fe_meta_set_number(&e.t->meta, "EXPOSURE", -4, NULL);
    CHECK(fails(finish(&e), "EXPOSURE is -4 s, expected a positive time"));
    e = begin("pha");
    put_text(e.t, "EXPOSURE", "long");
    CHECK(fails(finish(&e), "keyword EXPOSURE is 'long', expected a number"));
    e = begin("pha");
    fe_table_remove(e.t, "COUNTS");
    CHECK(fails(finish(&e), "pha_obse.fits[SPECTRUM]: there is no column COUNTS or RATE"));
    e = begin("pha");
    free(fe_table_find(e.t, "COUNTS")->unit);
    fe_table_find(e.t, "COUNTS")->unit = fe_strdup("keV");
    CHECK(fails(finish(&e), "pha_obse.fits[SPECTRUM]: column COUNTS has the unit 'keV', expected counts"));
    e = begin("pha");
    fe_table_remove(e.t, "COUNTS");
    column(e.t, "RATE", "count", whole, N_E);
    CHECK(fails(finish(&e), "pha_obse.fits[SPECTRUM]: column RATE has the unit 'count', expected counts per second"));
    e = begin("rmf");
    free(fe_table_find(e.t, "MATRIX")->unit);
    fe_table_find(e.t, "MATRIX")->unit = fe_strdup("s");
    CHECK(fails(finish(&e), "rmf_obse.fits[MATRIX]: column MATRIX has the unit 's', expected probabilities"));
    e = begin("bkg");
    e.t->col[3].v.d[0] = -2;
    CHECK(fails(finish(&e), "bkg_obse.fits[SPECTRUM] row 1: BACKSCAL is negative (-2)"));
    e = begin("bkg");
    fe_table_resize(e.t, 4);
    fe_meta_remove(&e.t->meta, "DETCHANS");
    CHECK(fails(finish(&e), "bkg_obse.fits[SPECTRUM]: 4 channels, expected the 5 of"));
}

static void test_bad_axes(void)
{
    edit e = begin("pha");
    fe_table *t = fe_document_table(e.doc, "EBOUNDS");

    t->col[1].v.d[2] *= 1.1;
    CHECK(fails(finish(&e),
                "pha_obse.fits[EBOUNDS] row 3: column E_MIN is 2.2 TeV, but the bin before ends at 2 TeV (a gap)"));
    e = begin("pha");
    t = fe_document_table(e.doc, "EBOUNDS");
    t->col[2].v.d[4] = t->col[1].v.d[4];
    CHECK(fails(finish(&e),
                "[EBOUNDS] row 5: columns E_MIN and E_MAX go from 8 to 8 TeV, expected increasing energies"));
    e = begin("pha");
    t = fe_document_table(e.doc, "EBOUNDS");
    scale(t, "E_MAX", "parsec/fortnight", 1);
    CHECK(fails(finish(&e), "[EBOUNDS]: column E_MAX has the unit 'parsec/fortnight', expected one like keV"));
    e = begin("pha");
    t = fe_document_table(e.doc, "EBOUNDS");
    scale(t, "E_MIN", "keV", 1.01);
    scale(t, "E_MAX", "keV", 1.01);
    CHECK(fails(finish(&e), "pha_obse.fits[EBOUNDS]: the energies (0.505 to 16.16 TeV) are not those of"));
    e = begin("pha");
    fe_table_resize(fe_document_table(e.doc, "EBOUNDS"), 4);
    CHECK(fails(finish(&e), "pha_obse.fits[SPECTRUM]: 5 channels, but EBOUNDS of"));
    e = begin("pha");
    t = fe_document_table(e.doc, "EBOUNDS");
    for (size_t j = 0; j < N_E; j++)
        t->col[0].v.i[j] += 7;
    CHECK(fails(finish(&e), "pha_obse.fits[SPECTRUM]: channels begin at 0, but those of EBOUNDS of"));
    e = begin("arf");
    scale(e.t, "ENERG_LO", "keV", 1.01);
    scale(e.t, "ENERG_HI", "keV", 1.01);
    CHECK(fails(finish(&e), "rmf_obse.fits[MATRIX]: the true energies (6 bins, 0.25 to 16 TeV) are not those of"));
    e = begin("arf");
    scale(e.t, "ENERG_LO", "keV", 1 + 5e-6);            /* single precision is no difference */
    scale(e.t, "ENERG_HI", "keV", 1 + 5e-6);
    fe_dataset_free(read_run(finish(&e)));
}

static void test_bad_response(void)
{
    const struct { size_t row; double x; const char *text; } area[] = {
        { 2, -1, "arf_obse.fits[SPECRESP] row 3: column SPECRESP is negative (-1)" },
        { 5, NAN, "row 6: column SPECRESP is not a finite number (nan)" },
        { 0, INFINITY, "row 1: column SPECRESP is not a finite number (inf)" }
    };
    const struct { const char *column; size_t at; double x; const char *text; } matrix[] = {
        { "MATRIX", 0, NAN,
         "rmf_obse.fits[MATRIX] row 1: column MATRIX is nan, expected a finite number of at least 0" },
        { "MATRIX", 1, -0.5, "row 2: column MATRIX is -0.5" },
        { "F_CHAN", 3, 9, "row 4: columns F_CHAN and N_CHAN name channels 9 to 9, expected 0 to 4" },
        { "F_CHAN", 3, -1, "row 4: columns F_CHAN and N_CHAN name channels -1 to -1" },
        { "F_CHAN", 2, 3, "row 3: column F_CHAN is 2: the groups of channels overlap or are out of order" },
        { "N_CHAN", 3, -2, "row 4: column N_CHAN is -2, expected a number of channels" },
        { "N_CHAN", 0, 4, "row 1: column N_CHAN is 4, expected no more channels than MATRIX has elements" },
        { "N_GRP", 1, 3, "row 2: column N_GRP is 3, expected a number of groups" }
    };
    edit e;

    for (size_t k = 0; k < sizeof area / sizeof *area; k++) {
        e = begin("arf");
        fe_table_find(e.t, "SPECRESP")->v.d[area[k].row] = area[k].x;
        CHECK(fails(finish(&e), area[k].text));
    }
    for (size_t k = 0; k < sizeof matrix / sizeof *matrix; k++) {
        fe_column *c;

        e = begin("rmf");
        c = fe_table_find(e.t, matrix[k].column);
        if (c->type == FE_COL_DOUBLE)
            c->v.d[matrix[k].at * c->width] = matrix[k].x;
        else
            c->v.i[matrix[k].at * c->width] = (int64_t)matrix[k].x;
        CHECK(fails(finish(&e), matrix[k].text));
    }
    e = begin("rmf");
    fe_meta_set_number(&e.t->meta, "DETCHANS", 6, NULL);
    CHECK(fails(finish(&e), "rmf_obse.fits[MATRIX]: keyword DETCHANS is 6, but EBOUNDS has 5 channels"));
    e = begin("rmf");
    remove_part(e.doc, "EBOUNDS");
    fe_meta_set_number(&e.t->meta, "DETCHANS", 7, NULL);
    CHECK(fails(finish(&e), "pha_obse.fits[SPECTRUM]: 5 channels, but the MATRIX of"));
    e = begin("arf");
    fe_table_remove(e.t, "ENERG_HI");
    CHECK(fails(finish(&e), "arf_obse.fits[SPECRESP]: there is no column ENERG_HI"));
}

static void test_wrong_kind(void)
{
    edit e = begin("pha");
    fe_bytes b = { 0 };

    CHECK(fails("arf_obse.fits",
                "arf_obse.fits: not a counts spectrum: there is no SPECTRUM, found PRIMARY, SPECRESP"));
    put_text(e.t, "ANCRFILE", "rmf_obse.fits");
    CHECK(fails(finish(&e), "rmf_obse.fits: there is no SPECRESP (keyword ANCRFILE of"));
    e = begin("pha");
    put_text(e.t, "RESPFILE", "bkg_obse.fits");
    CHECK(fails(finish(&e),
                "bkg_obse.fits: not a response: there is no MATRIX and no SPECRESP, found PRIMARY, SPECTRUM, EBOUNDS"));
    e = begin("pha");
    put_text(e.t, "BACKFILE", "arf_obse.fits");
    CHECK(fails(finish(&e), "arf_obse.fits: not a counts spectrum"));

    CHECK(fe_bytes_read(path_of("pha_obs17.fits"), &b, &err) == 0 && fe_ogip_is_pha(&b));
    b.n -= 2880;                                        /* cut */
    CHECK(!fe_ogip_is_pha(&b));
    fe_bytes_free(&b);
    CHECK(fe_bytes_read(path_of("rmf_obs17.fits"), &b, &err) == 0 && !fe_ogip_is_pha(&b));
    fe_bytes_free(&b);
}

int main(void)
{
    ogip_begin("t_ogip_bad");
    write_run("17");
    test_bad_spectrum();
    test_bad_axes();
    test_bad_response();
    test_wrong_kind();
    return ogip_done();
}
