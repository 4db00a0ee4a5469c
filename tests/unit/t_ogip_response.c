/* io/ogip: matrices in all their forms; real files. */
#include "ogip_files.h"

#include <fitsio.h>

/* ---- matrices ----------------------------------------------------------------------------------------------- */

/* F_CHAN counts from TLMIN; without TLMIN from the first channel of EBOUNDS. */
static void test_first_channel(void)
{
    edit e = begin("rmf");
    fe_column *c = fe_table_find(e.t, "F_CHAN");
    fe_dataset *want = make_run(), *d;

    SAME_STR(e.t->col[3].name, "F_CHAN");
    for (size_t k = 0; k < N_TRUE * c->width; k++)
        c->v.i[k] += 7;
    fe_meta_set_number(&e.t->meta, "TLMIN4", 7, NULL);
    d = read_run(finish(&e));
    check_same(d, want);
    fe_dataset_free(d);

    e = begin("rmf");
    fe_meta_remove(&e.t->meta, "TLMIN4");
    d = read_run(finish(&e));
    check_same(d, want);
    fe_dataset_free(d);

    e = begin("rmf");                                   /* one that is wrong by a channel */
    fe_meta_set_number(&e.t->meta, "TLMIN4", 1, NULL);
    CHECK(fails(finish(&e),
                "rmf_obse.fits[MATRIX] row 1: columns F_CHAN and N_CHAN name channels 0 to 0, expected 1 to 5"));
    fe_dataset_free(want);
}

static void put_key(fitsfile *f, const char *key, const char *text, int *status)
{
    fits_update_key_str(f, key, text, NULL, status);
}

/* The run's RMF with cells of variable length, and scalars where a row has one group at most. */
static void write_variable(const char *path)
{
    char *type[] = { "ENERG_LO", "ENERG_HI", "N_GRP", "F_CHAN", "N_CHAN", "MATRIX" };
    char *form[] = { "1E", "1E", "1I", "1PI(2)", "1PB(2)", "1PE(4)" }, *unit[] = { "MeV", "MeV", "", "", "", "" };
    fe_edisp *r = make_edisp();
    fitsfile *f;
    int status = 0;

    unlink(path);
    fits_create_diskfile(&f, path, &status);
    fits_create_tbl(f, BINARY_TBL, 0, 6, type, form, unit, "MATRIX", &status);
    fits_update_key_lng(f, "DETCHANS", N_E, NULL, &status);
    fits_update_key_lng(f, "TLMIN4", 0, NULL, &status);
    put_key(f, "HDUCLAS3", "REDIST", &status);
    for (int i = 0; i < N_TRUE; i++) {
        double lo = 0.25e6 * (1 << i), hi = 2 * lo, value[4];
        short n_grp = 0, f_chan[2], n_chan[2] = { 0, 0 };
        int n = 0;

        for (size_t k = r->row[i]; k < r->row[i + 1]; k++) {
            if (k == r->row[i] || r->col[k] != r->col[k - 1] + 1)
                f_chan[n_grp++] = (short)r->col[k];
            n_chan[n_grp - 1]++;
            value[n++] = r->value[k];
        }
        fits_write_col(f, TDOUBLE, 1, i + 1, 1, 1, &lo, &status);
        fits_write_col(f, TDOUBLE, 2, i + 1, 1, 1, &hi, &status);
        fits_write_col(f, TSHORT, 3, i + 1, 1, 1, &n_grp, &status);
        fits_write_col(f, TSHORT, 4, i + 1, 1, n_grp, f_chan, &status);
        fits_write_col(f, TSHORT, 5, i + 1, 1, n_grp, n_chan, &status);
        fits_write_col(f, TDOUBLE, 6, i + 1, 1, n, value, &status);
    }
    fits_close_file(f, &status);
    CHECK(status == 0);
    fe_edisp_free(r);
}

static void test_variable_length(void)
{
    fe_dataset *want = make_run(), *d;
    FILE *f;

    write_run("e");
    write_variable(path_of("rmf_obse.fits"));
    d = read_run("pha_obse.fits");
    check_same(d, want);
    fe_dataset_free(d);

    f = fopen(path_of("rmf_obse.fits"), "r+b");         /* the descriptor of MATRIX in the first row */
    CHECK(f && fseek(f, 2880 + 2880 + 4 + 4 + 2 + 8 + 8 + 4, SEEK_SET) == 0 && fwrite("\0\xff\0\0", 1, 4, f) == 4);
    fclose(f);
    CHECK(fails("pha_obse.fits",
                "rmf_obse.fits[MATRIX] row 1: column MATRIX points outside the table's heap (1 elements"));
    fe_dataset_free(want);
}

/* The ARF of run e joins its RMF. */
static void join_response(edit *e)
{
    fe_document *arf = load("arf_obse.fits");

    fe_document_add(e->doc, arf->part[0].table);
    arf->part[0].table = NULL;
    fe_document_free(arf);
}

/* Either keyword may name the file that holds both. */
static void test_one_file(void)
{
    fe_dataset *want = make_run(), *d;

    for (int k = 0; k < 2; k++) {
        edit e = begin("rmf");

        join_response(&e);
        finish(&e);
        unlink(path_of("arf_obse.fits"));
        strcpy(e.file, "pha_obse.fits");
        e.doc = load(e.file);
        put_text(fe_document_first(e.doc), "ANCRFILE", k ? "rmf_obse.fits" : "none");
        put_text(fe_document_first(e.doc), "RESPFILE", k ? "none" : "rmf_obse.fits");
        d = read_run(finish(&e));
        check_same(d, want);
        fe_dataset_free(d);
    }
    fe_dataset_free(want);
}

static void test_zeros(void)
{
    edit e = begin("rmf");
    fe_column *c = fe_table_find(e.t, "MATRIX");
    fe_dataset *d;

    c->v.d[2 * c->width + 1] = 0;
    d = read_run(finish(&e));
    CHECK(d->edisp->row[N_TRUE] == 7 && d->edisp->row[3] == 5 && d->edisp->col[4] == 3 && d->edisp->value[4] == 0.25);
    fe_dataset_free(d);
}

static void test_no_rmf(void)
{
    edit e = begin("pha");
    fe_dataset *d;

    put_text(e.t, "RESPFILE", "none");
    d = read_run(finish(&e));                           /* true bins 1 ... 5 are the channels, bin 0 is below */
    CHECK(d->edisp->row[N_TRUE] == N_E && d->edisp->row[1] == 0 && d->edisp->col[0] == 0);
    NEAR(d->edisp->value[0], 1, 1e-14);
    CHECK(was_noted("no RMF"));
    fe_dataset_free(d);

    e = begin("pha");
    put_text(e.t, "RESPFILE", "none");
    remove_part(e.doc, "EBOUNDS");
    CHECK(fails(finish(&e),
                "the energies of the channels are unknown: no EBOUNDS here, and keyword RESPFILE names no file"));
    e = begin("pha");
    put_text(e.t, "RESPFILE", "");
    put_text(e.t, "ANCRFILE", "NONE");
    CHECK(fails(finish(&e), "no response: keywords ANCRFILE and RESPFILE name no file"));
}

/* A matrix that holds the area: 2e4 and 0.5e4 cm2 for probabilities of 0.8 and 0.2. */
static void test_full_matrix(void)
{
    edit e = begin("pha");
    fe_dataset *d;
    fe_column *c;

    put_text(e.t, "ANCRFILE", "none");
    finish(&e);
    CHECK(fails("pha_obse.fits", "no effective area: keyword ANCRFILE names no file, and"));
    strcpy(e.file, "rmf_obse.fits");
    e.doc = load(e.file);
    e.t = fe_document_first(e.doc);
    put_text(e.t, "HDUCLAS3", "FULL");
    c = fe_table_find(e.t, "MATRIX");
    c->v.d[1 * c->width] = 2;
    c->v.d[1 * c->width + 1] = 0.5;
    c->unit = (free(c->unit), fe_strdup("m2"));
    d = read_run(finish(&e));
    NEAR(d->exposure_cm2_s[1], 2.5e4 * 1500.5, 1e-15);
    NEAR(d->edisp->value[1], 0.8, 1e-15);
    NEAR(d->edisp->value[2], 0.2, 1e-15);
    CHECK(d->exposure_cm2_s[5] == 0);
    fe_dataset_free(d);

    strcpy(e.file, "rmf_obse.fits");                    /* no keyword, no unit; SPECRESP beside it */
    e.doc = load(e.file);
    e.t = fe_document_first(e.doc);
    fe_meta_remove(&e.t->meta, "HDUCLAS3");
    c = fe_table_find(e.t, "MATRIX");
    c->unit = (free(c->unit), fe_strdup(""));
    join_response(&e);
    d = read_run(finish(&e));
    NEAR(d->exposure_cm2_s[1], 2.5 * 1500.5, 1e-15);
    fe_dataset_free(d);

    strcpy(e.file, "pha_obse.fits");                    /* and an ARF: the product */
    e.doc = load(e.file);
    put_text(fe_document_first(e.doc), "ANCRFILE", "arf_obse.fits");
    d = read_run(finish(&e));
    NEAR(d->exposure_cm2_s[1], 2.5 * 2e8 * 1500.5, 1e-15);
    CHECK(was_noted("their product is used"));
    fe_dataset_free(d);
}

/* ---- real files --------------------------------------------------------------------------------------------- */

typedef struct sums { size_t n_used, first; double on, off, npred, npred_used; } sums;

/* Predicted counts of the power law of algorithms 22.1: A = 3e-11 cm-2 s-1 TeV-1 at 1 TeV, index 2.7. */
static sums sum_run(const fe_dataset *d)
{
    const double amplitude = 3e-11, g = 1.7;
    double *signal = FE_NEWN(double, d->n_etrue), *npred = FE_NEWN(double, d->n_e);
    sums s = { 0 };

    for (size_t i = 0; i < d->n_etrue; i++)
        signal[i] = d->exposure_cm2_s[i] * amplitude / g *
                    (pow(d->etrue_edge_TeV[i], -g) - pow(d->etrue_edge_TeV[i + 1], -g));
    fe_edisp_apply(d->edisp, signal, npred);
    for (size_t j = 0; j < d->n_e; j++) {
        s.npred += npred[j];
        if (!d->mask[j])
            continue;
        if (s.n_used++ == 0)
            s.first = j;
        s.on += d->counts[j];
        s.off += d->n_off[j];
        s.npred_used += npred[j];
    }
    free(signal);
    free(npred);
    return s;
}

static fe_dataset *read_shared(const char *shared, const char *name)
{
    fe_str path = { 0 };
    fe_dataset *d = NULL;

    fe_str_addf(&path, "%s/data/%s", shared, name);
    CHECK_MSG(fe_ogip_read(path.s, NULL, &d, 0, &err) == 0, err.text);
    fe_str_free(&path);
    return d;
}

static void test_real_files(const char *shared)
{
    fe_dataset *d = read_shared(shared, "joint-crab/spectra/hess/pha_obs23523.fits");
    sums s = sum_run(d);

    SAME_STR(d->info.name, "23523");
    CHECK(d->n_e == 80 && s.n_used == 41 && s.first == 39 && s.on == 124 && s.off == 92);
    NEAR(d->alpha[39], 1 / 12., 1e-15);
    NEAR(s.npred, 110.637986, 1e-8);
    NEAR(s.npred_used, 72.6560136, 1e-8);
    fe_dataset_free(d);

    d = read_shared(shared, "joint-crab/spectra/fermi/pha_obs0.fits");
    s = sum_run(d);
    CHECK(d->n_e == 36 && s.n_used == 36 && d->livetime_s == 1);
    NEAR(d->alpha[0], 0.03, 1e-15);
    fe_dataset_free(d);

    d = read_shared(shared, "pks2155/pha_obs33787.fits");
    CHECK(d->n_e == 12 && d->n_etrue == 24 && !d->mask[1] && d->mask[2]);
    NEAR(d->e_edge_TeV[0], 0.5, 1e-15);
    NEAR_ABS(d->info.mjd_start, 53945.85113639, 1e-8);
    SAME_STR(d->gti->timesys, "TT");
    NEAR(d->exposure_cm2_s[12], 5.24695e12, 1e-5);
    fe_dataset_free(d);
}

int main(void)
{
    const char *shared = check_shared();

    ogip_begin("t_ogip_response");
    test_first_channel();
    test_variable_length();
    test_one_file();
    test_zeros();
    test_no_rmf();
    test_full_matrix();
    if (shared)
        test_real_files(shared);
    return ogip_done();
}
