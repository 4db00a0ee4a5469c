/* io/ogip: what is written reads back, what occurs in the wild is understood. */
#include "ogip_files.h"

#include <sys/stat.h>
#include <zlib.h>

#include "phys/time.h"

/* ---- what is written reads back ----------------------------------------------------------------------------- */

static void test_round_trip(void)
{
    fe_dataset *want = make_run(), *d;

    write_run("17");
    d = read_run("pha_obs17.fits");
    check_same(d, want);
    SAME_STR(d->info.name, "17");
    SAME_STR(d->info.telescop, "HESS");
    SAME_STR(d->info.instrume, "CT5");
    SAME_STR(d->info.file, path_of("pha_obs17.fits"));
    CHECK(d->gti->n == 2 && d->gti->start_s[1] == 87200 && d->gti->mjdref_i == 51910 && d->gti->mjdref_f == 0.5);
    NEAR(d->info.mjd_start, 51911.5, 1e-15);
    NEAR(d->info.mjd_stop, 51911.5 + 1700 / 86400., 1e-15);
    SAME_STR(fe_meta_text(&d->meta, "OBS_ID"), "17");
    SAME_STR(fe_meta_text(&d->meta, "BACKFILE"), "bkg_obs17.fits");
    CHECK(!fe_meta_find(&d->meta, "TTYPE1") && !fe_meta_find(&d->meta, "NAXIS2") &&
          !fe_meta_find(&d->meta, "HDUCLAS1"));
    fe_dataset_free(d);
    fe_dataset_free(want);
}

/* Expectations, POISSERR F; acceptances that are no whole numbers; no GTI, no names. */
static void test_round_trip_asimov(void)
{
    fe_ogip_output out = { .dir = folder, .name = "asimov", .response = "asimov", .write_response = true,
                          .force = true };
    fe_dataset *want = make_run(), *d;

    for (size_t j = 0; j < N_E; j++) {
        want->counts[j] = 0.3 * (double)j;
        want->alpha[j] = 1 / 3. + (double)j;
    }
    want->alpha[2] = 0;
    fe_gti_free(want->gti);
    want->gti = NULL;
    CHECK_MSG(fe_ogip_write(want, &out, &err) == 0, err.text);
    d = read_run("pha_obsasimov.fits");
    for (size_t j = 0; j < N_E; j++) {
        CHECK(d->counts[j] == want->counts[j]);
        NEAR(d->alpha[j], want->alpha[j], 1e-15);
        CHECK(j == 2 || d->acceptance[j] / d->acceptance_off[j] == d->alpha[j]);
    }
    CHECK(!d->gti && isnan(d->info.mjd_start) && isnan(d->info.mjd_stop));
    CHECK(!was_noted("STAT_ERR"));
    fe_dataset_free(d);
    fe_dataset_free(want);
}

/* ---- keyword, column or default ----------------------------------------------------------------------------- */

static void test_backscal(void)
{
    const double two[N_E] = { 2, 2, 2, 2, 0 };
    edit e = begin("pha");
    fe_dataset *d;

    fe_table_remove(e.t, "BACKSCAL");
    fe_meta_set_number(&e.t->meta, "BACKSCAL", 3, NULL);
    d = read_run(finish(&e));
    CHECK(d->alpha[0] == 0.75 && d->alpha[4] == 0.75 && d->acceptance[0] == 3 && d->acceptance_off[0] == 4);
    fe_dataset_free(d);

    e = begin("bkg");
    column(e.t, "BACKSCAL", "", two, N_E);
    d = read_run(finish(&e));
    CHECK(d->alpha[0] == 0.5 && d->alpha[4] == 0);
    fe_dataset_free(d);

    e = begin("bkg");
    fe_table_remove(e.t, "BACKSCAL");
    fe_meta_remove(&e.t->meta, "BACKSCAL");
    d = read_run(finish(&e));
    CHECK(d->alpha[0] == 1);
    fe_dataset_free(d);
}

/* AREASCAL scales ON and OFF, and what is expected ON; a keyword that is '' is none. */
static void test_areascal(void)
{
    const double scale[N_E] = { 1, 1, 0.5, 1, 1 };
    edit e = begin("pha");
    fe_dataset *d;

    column(e.t, "AREASCAL", "", scale, N_E);
    d = read_run(finish(&e));
    CHECK(d->alpha[1] == 0.25 && d->alpha[2] == 0.125);
    CHECK(d->edisp->value[4] == 0.25 && d->edisp->value[5] == 0.25);
    fe_dataset_free(d);

    e = begin("pha");
    put_text(e.t, "AREASCAL", "");
    d = read_run(finish(&e));
    CHECK(d->alpha[2] == 0.25 && d->edisp->value[4] == 0.5);
    fe_dataset_free(d);
}

static void test_exposure(void)
{
    edit e = begin("bkg");
    fe_dataset *d;

    fe_meta_set_number(&e.t->meta, "EXPOSURE", 3001, NULL);
    d = read_run(finish(&e));
    CHECK(d->alpha[0] == 0.125 && d->acceptance[0] / d->acceptance_off[0] == 0.125 && d->livetime_s == 1500.5);
    fe_dataset_free(d);

    e = begin("pha");
    fe_meta_remove(&e.t->meta, "EXPOSURE");
    d = read_run(finish(&e));
    CHECK(isnan(d->livetime_s) && d->alpha[0] == 0.25);
    NEAR(d->exposure_cm2_s[1], 2e8, 1e-15);
    CHECK(was_noted("there is no EXPOSURE: 1 s is assumed"));
    fe_dataset_free(d);
}

static void test_quality(void)
{
    const double mixed[N_E] = { 0, 1, 2, 5, 0 };
    edit e = begin("pha");
    fe_dataset *d;
    fe_column *c;

    column(e.t, "QUALITY", "", mixed, N_E);
    d = read_run(finish(&e));
    CHECK(d->mask[0] && !d->mask[1] && !d->mask[2] && !d->mask[3] && d->mask[4]);
    fe_dataset_free(d);

    e = begin("pha");                                   /* as gammapy writes it: L, T is bad */
    fe_table_remove(e.t, "QUALITY");
    c = fe_table_add(e.t, "QUALITY", FE_COL_BOOL, "", 1);
    memset(c->v.b, 0, N_E);
    c->v.b[3] = 1;
    d = read_run(finish(&e));
    CHECK(d->mask[0] && d->mask[2] && !d->mask[3] && d->mask[4]);
    fe_dataset_free(d);

    e = begin("pha");
    fe_table_remove(e.t, "QUALITY");
    put_text(e.t, "LO_THRES", "2");
    d = read_run(finish(&e));
    CHECK(d->mask[0] && d->mask[4]);
    fe_dataset_free(d);
}

static void test_rate(void)
{
    double rate[N_E];
    edit e = begin("pha");
    fe_dataset *d;

    for (size_t j = 0; j < N_E; j++)
        rate[j] = (float)(e.t->col[1].v.i[j] / 1500.5);
    SAME_STR(e.t->col[1].name, "COUNTS");
    fe_table_remove(e.t, "COUNTS");
    column(e.t, "RATE", "count/s", rate, N_E);
    d = read_run(finish(&e));
    CHECK(d->counts[0] == 3 && d->counts[1] == 0 && d->counts[2] == 7 && d->counts[4] == 1);
    fe_dataset_free(d);
}

/* ---- names of runs and files -------------------------------------------------------------------------------- */

static void test_names(void)
{
    edit e = begin("pha");
    fe_dataset *d;

    fe_meta_remove(&e.t->meta, "OBS_ID");
    put_text(e.t, "TELESCOP", "unknown");
    fe_meta_remove(&e.t->meta, "INSTRUME");
    d = read_run(finish(&e));
    SAME_STR(d->info.name, "pha_obse");
    SAME_STR(d->info.telescop, "");
    SAME_STR(d->info.instrume, "");
    fe_dataset_free(d);
}

static void pack(const char *name)
{
    fe_bytes b = { 0 };
    fe_str path = { 0 };
    gzFile f;

    CHECK(fe_bytes_read(path_of(name), &b, &err) == 0);
    fe_str_addf(&path, "%s.gz", path_of(name));
    f = gzopen(path.s, "wb");
    CHECK(gzwrite(f, b.data, (unsigned)b.n) == (int)b.n && gzclose(f) == Z_OK);
    unlink(path_of(name));
    fe_bytes_free(&b);
    fe_str_free(&path);
}

static void test_companions(void)
{
    edit e = begin("pha");
    fe_dataset *d;

    put_text(e.t, "ANCRFILE", path_of("arf_obs17.fits"));
    put_text(e.t, "BACKFILE", "sub/../bkg_obs17.fits");
    mkdir(path_of("sub"), 0777);
    d = read_run(finish(&e));
    CHECK(d->n_off && d->n_off[0] == 10);
    fe_dataset_free(d);

    e = begin("pha");                                   /* keywords absent: the usual names; packed ones are found */
    fe_meta_remove(&e.t->meta, "ANCRFILE");
    fe_meta_remove(&e.t->meta, "BACKFILE");
    fe_meta_remove(&e.t->meta, "RESPFILE");
    finish(&e);
    pack("arf_obse.fits");
    d = read_run("pha_obse.fits");
    CHECK(d->n_off && d->edisp->row[N_TRUE] == 8);
    fe_dataset_free(d);
    copy_file("pha_obse.fits", "crab.fits");            /* X.fits: X_bkg.fits ... */
    copy_file("bkg_obse.fits", "crab_bkg.fits");
    copy_file("arf_obs17.fits", "crab_arf.fits");
    copy_file("rmf_obse.fits", "crab_rmf.fits");
    pack("crab.fits");
    d = read_run("crab.fits.gz");
    CHECK(d->n_off && d->edisp->row[N_TRUE] == 8);
    fe_dataset_free(d);

    e = begin("pha");
    unlink(path_of("arf_obse.fits.gz"));
    put_text(e.t, "BACKFILE", " None ");
    d = read_run(finish(&e));
    CHECK(!d->n_off && !d->alpha && !d->background && was_noted("no background: Cash with background 0"));
    fe_dataset_free(d);

    e = begin("pha");
    put_text(e.t, "ANCRFILE", "nowhere.fits");
    CHECK(fails(finish(&e),
                "pha_obse.fits[SPECTRUM]: keyword ANCRFILE asks for nowhere.fits, but there is no such file"));
}

/* ---- energies, areas ---------------------------------------------------------------------------------------- */

static void test_units(void)
{
    fe_dataset *want = make_run(), *d;
    edit e = begin("pha");
    fe_table *ebounds = fe_document_table(e.doc, "EBOUNDS");

    scale(ebounds, "E_MIN", "MeV", 1e-3);
    scale(ebounds, "E_MAX", "TeV", 1e-9);
    finish(&e);
    strcpy(e.file, "arf_obse.fits");
    e.doc = load(e.file);
    e.t = fe_document_first(e.doc);
    scale(e.t, "ENERG_LO", "GeV", 1e-6);
    scale(e.t, "ENERG_HI", "", 1);                      /* none: keV */
    scale(e.t, "SPECRESP", "m**2", 1e-4);
    d = read_run(finish(&e));
    check_same(d, want);
    CHECK(was_noted("column ENERG_HI of SPECRESP has no unit: keV is assumed"));
    fe_dataset_free(d);
    fe_dataset_free(want);
}

static void test_ebounds(void)
{
    edit e = begin("pha");
    fe_dataset *d;

    remove_part(e.doc, "EBOUNDS");
    d = read_run(finish(&e));
    NEAR(d->e_edge_TeV[N_E], 16, 1e-14);
    fe_dataset_free(d);

    e = begin("pha");                                   /* the first edge is 0; channels are counted from 1 */
    remove_part(e.doc, "EBOUNDS");
    finish(&e);
    strcpy(e.file, "rmf_obse.fits");
    e.doc = load(e.file);
    e.t = fe_document_table(e.doc, "EBOUNDS");
    e.t->col[1].v.d[0] = 0;
    for (size_t j = 0; j < N_E; j++)
        e.t->col[0].v.i[j]++;
    d = read_run(finish(&e));
    CHECK(d->e_edge_TeV[0] == 0 && d->edisp->col[0] == 0);
    CHECK(was_noted("they are matched in order"));
    fe_dataset_free(d);
}

static void test_first_true_edge(void)
{
    fe_dataset *d;
    edit e = begin("arf");

    fe_table_find(e.t, "ENERG_LO")->v.d[0] = 0;
    finish(&e);
    strcpy(e.file, "rmf_obse.fits");
    e.doc = load(e.file);
    e.t = fe_document_first(e.doc);
    fe_table_find(e.t, "ENERG_LO")->v.d[0] = 0;
    d = read_run(finish(&e));
    NEAR(d->etrue_edge_TeV[0], 0.25, 1e-14);            /* the log width of the next bin */
    CHECK(was_noted("the true energies begin at 0"));
    fe_dataset_free(d);
}

/* ---- times -------------------------------------------------------------------------------------------------- */

static void test_times(void)
{
    edit e = begin("pha");
    fe_dataset *d;
    fe_table *gti = fe_document_table(e.doc, "GTI");

    fe_meta_remove(&gti->meta, "MJDREFI");
    fe_meta_remove(&gti->meta, "MJDREFF");
    fe_meta_set_number(&gti->meta, "MJDREF", 51910.5, NULL);
    put_text(gti, "TIMESYS", "utc");
    d = read_run(finish(&e));
    SAME_STR(d->gti->timesys, "UTC");
    NEAR_ABS(d->info.mjd_start, 51911.5 + 64.184 / 86400, 1e-9);        /* TT - UTC in 2001 */
    fe_dataset_free(d);

    e = begin("pha");
    gti = fe_document_table(e.doc, "GTI");
    fe_meta_remove(&gti->meta, "MJDREFI");
    fe_meta_remove(&gti->meta, "MJDREFF");
    fe_meta_remove(&gti->meta, "TIMESYS");
    d = read_run(finish(&e));
    SAME_STR(d->gti->timesys, "TT");
    NEAR(d->info.mjd_start, 51545, 1e-15);
    CHECK(was_noted("without TIMESYS: TT is assumed") && was_noted("without MJDREF: 51544 is assumed"));
    fe_dataset_free(d);

    e = begin("pha");                                   /* those of SPECTRUM */
    gti = fe_document_table(e.doc, "GTI");
    fe_meta_remove(&gti->meta, "MJDREFI");
    fe_meta_remove(&gti->meta, "MJDREFF");
    fe_meta_remove(&gti->meta, "TIMESYS");
    fe_meta_set_number(&e.t->meta, "MJDREFI", 50000, NULL);
    fe_meta_set_number(&e.t->meta, "MJDREFF", 0.25, NULL);
    put_text(e.t, "TIMESYS", "TAI");
    d = read_run(finish(&e));
    NEAR_ABS(d->info.mjd_start, 50001.25 + 32.184 / 86400, 1e-9);
    fe_dataset_free(d);

    e = begin("pha");
    gti = fe_document_table(e.doc, "GTI");
    gti->col[1].v.d[1] = 3;
    CHECK(fails(finish(&e),
                "pha_obse.fits[GTI] row 2: columns START and STOP go from 87200 to 3 s, expected a time interval"));

    NEAR_ABS(fe_time_tt("TAI", 59000, 0.5), 59000.5 + 32.184 / 86400, 1e-10);
    NEAR_ABS(fe_time_tt("UTC", 59000, 0.5), 59000.5 + 69.184 / 86400, 1e-10);
    NEAR(fe_time_tt("TT", 59000, 0.5), 59000.5, 0);
    CHECK(isnan(fe_time_tt("LOCAL", 59000, 0.5)));
}

int main(void)
{
    ogip_begin("t_ogip");
    test_round_trip();
    test_round_trip_asimov();
    test_backscal();
    test_areascal();
    test_exposure();
    test_quality();
    test_rate();
    test_names();
    test_companions();
    test_units();
    test_ebounds();
    test_first_true_edge();
    test_times();
    return ogip_done();
}
