/* io/ogip: many spectra, type II, standard input, shared responses. */
#include "ogip_files.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "io/ogip_parts.h"

/* ---- type II ------------------------------------------------------------------------------------------------ */

static void vector(fe_table *t, const char *name, fe_coltype type, const double *x)
{
    fe_column *c = fe_table_add(t, name, type, "", N_E);

    for (size_t i = 0; i < t->n_rows * N_E; i++)
        if (type == FE_COL_INT)
            c->v.i[i] = (int64_t)x[i];
        else
            c->v.d[i] = x[i];
}

static fe_table *make_type_ii(double first)
{
    const double counts[2 * N_E] = { 1, 2, 3, 4, 5, first, 7, 8, 9, 10 };
    const double channel[2 * N_E] = { 0, 1, 2, 3, 4, 0, 1, 2, 3, 4 };
    fe_table *t = fe_table_new("SPECTRUM", 2);

    put_text(t, "HDUCLAS4", "TYPE:II");
    put_text(t, "OBS_ID", "9");
    put_text(t, "RESPFILE", "rmf_obse.fits");
    put_text(t, "ANCRFILE", "arf_obse.fits");
    vector(t, "CHANNEL", FE_COL_INT, channel);
    vector(t, "COUNTS", FE_COL_INT, counts);
    column(t, "EXPOSURE", "s", (const double[]){ 100, 200 }, 2);
    column(t, "PHASE", "", (const double[]){ 0.25, 0.75 }, 2);
    column(t, "BACKSCAL", "", (const double[]){ 1, 2 }, 2);
    return t;
}

static void test_type_ii(void)
{
    char *path[] = { fe_strdup(path_of("pha2.fits")), fe_strdup(path_of("pha_obse.fits")) };
    fe_document *doc = fe_document_new("");
    fe_dataset *d = NULL;
    fe_dataset_info info;
    fe_feed *feed;
    long opened;

    write_run("e");
    put_text(fe_document_add(doc, make_type_ii(6)), "BACKFILE", "bkg2.fits");
    save(doc, "pha2.fits");
    doc = fe_document_new("");
    fe_document_add(doc, make_type_ii(60));
    save(doc, "bkg2.fits");
    opened = fe_stream_n_opened();
    feed = fe_ogip_feed_new(2, path, &err);
    CHECK(feed && feed->n == 3);
    CHECK(feed->info(feed->ctx, 1, &info, &err) == 0);
    SAME_STR(info.name, "9-2");
    fe_dataset_info_free(&info);
    CHECK_MSG(feed->open(feed->ctx, 0, &d, &err) == 0, err.text);
    CHECK(d && d->counts[0] == 1 && d->n_off[4] == 5 && d->alpha[0] == 1 && d->livetime_s == 100);
    NEAR(fe_meta_number(&d->meta, "PHASE"), 0.25, 0);
    NEAR(d->exposure_cm2_s[0], 1e8 * 100, 1e-15);
    fe_dataset_free(d);
    CHECK_MSG(feed->open(feed->ctx, 1, &d, &err) == 0, err.text);
    CHECK(d && d->counts[0] == 6 && d->n_off[0] == 60 && d->livetime_s == 200 && d->acceptance[3] == 2);
    NEAR(fe_meta_number(&d->meta, "PHASE"), 0.75, 0);
    fe_dataset_free(d);
    CHECK_MSG(feed->open(feed->ctx, 2, &d, &err) == 0, err.text);
    SAME_STR(d->info.name, "17");
    fe_dataset_free(d);
    CHECK(fe_stream_n_opened() - opened == 7);          /* two PHA, two ARF and RMF once, the BKG of each dataset */
    fe_ogip_feed_free(feed);
    free(path[0]);
    free(path[1]);
}

/* Names of the files beside one, by keyword, by a column of type II, through a datasets file, beside a counts cube. */
static void test_beside(void)
{
    fe_document *doc = fe_document_new("");
    fe_strv beside = { 0 };
    fe_table *t = make_type_ii(6);
    fe_column *c = fe_table_add(t, "BACKFILE", FE_COL_STRING, "", 1);
    const char *const empty[] = { "my_ccube_00.fits", "my_psf_00.fits.gz", "my_bexpmap_00.fits", "bkg3.fits" };
    FILE *f;

    write_run("e");
    c->v.s[0] = fe_strdup("bkg_obse.fits");
    c->v.s[1] = fe_strdup("bkg3.fits");
    fe_document_add(doc, t);
    save(doc, "pha3.fits");
    for (size_t k = 0; k < sizeof empty / sizeof *empty; k++) {
        f = fopen(path_of(empty[k]), "w");
        CHECK(f && fclose(f) == 0);
    }
    fe_ogip_list_beside(path_of("pha_obse.fits"), &beside);
    CHECK(beside.n == 3 && strstr(beside.s[0], "bkg_obse.fits") && strstr(beside.s[1], "arf_obse") && strstr(beside.s[2], "rmf_obse"));
    fe_ogip_list_beside(path_of("pha3.fits"), &beside);
    CHECK(beside.n == 9 && strstr(beside.s[3], "bkg_obse") && strstr(beside.s[6], "bkg3.fits"));
    f = fopen(path_of("sets.yaml"), "w");
    CHECK(f && fputs("datasets:\n- {name: a, type: SpectrumDatasetOnOff, filename: pha_obse.fits}\n", f) > 0 && fclose(f) == 0);
    fe_ogip_list_beside(path_of("sets.yaml"), &beside);
    CHECK(beside.n == 13 && strstr(beside.s[9], "pha_obse.fits") && strstr(beside.s[12], "rmf_obse"));
    fe_ogip_list_beside(path_of("my_ccube_00.fits"), &beside);
    CHECK(beside.n == 15 && strstr(beside.s[13], "my_bexpmap_00.fits") && strstr(beside.s[14], "my_psf_00.fits.gz"));
    fe_ogip_list_beside(path_of("arf_obse.fits"), &beside);
    fe_ogip_list_beside(path_of("not_there.fits"), &beside);
    fe_ogip_list_beside("-", &beside);
    CHECK(beside.n == 15);
    fe_strv_free(&beside);
}

static void test_bad_type_ii(void)
{
    fe_document *doc = fe_document_new("");
    fe_dataset *d = NULL;
    fe_table *t;

    write_run("e");
    put_text(fe_document_add(doc, make_type_ii(-6)), "BACKFILE", "none");
    save(doc, "pha2.fits");
    CHECK(fe_ogip_read(path_of("pha2.fits"), NULL, &d, 1, &err) < 0);
    CHECK(strstr(err.text, "pha2.fits[SPECTRUM] row 2: column COUNTS is negative (-6) in channel 1"));
    CHECK(fe_ogip_read(path_of("pha2.fits"), NULL, &d, 2, &err) < 0 && strstr(err.text, "no spectrum 3, found 2"));
    doc = fe_document_new("");
    t = fe_document_add(doc, make_type_ii(6));
    fe_table_add(t, "AREASCAL", FE_COL_DOUBLE, "", 3);
    put_text(t, "BACKFILE", "none");
    save(doc, "pha2.fits");
    CHECK(fails("pha2.fits",
                "pha2.fits[SPECTRUM] row 1: column AREASCAL has 3 elements, expected one for each of 5 channels"));
    doc = load("pha_obse.fits");
    put_text(fe_document_first(doc), "BACKFILE", "bkg2.fits");
    save(doc, "pha_obse.fits");
    CHECK(fails("pha_obse.fits", "bkg2.fits[SPECTRUM]: 2 spectra for the 1 of"));
}

/* ---- the feed ----------------------------------------------------------------------------------------------- */

/* Runs that share a response read it once, under any name. */
static void test_cache(void)
{
    enum { N_RUNS = 6 };
    char *path[N_RUNS];
    fe_dataset *d[N_RUNS] = { NULL };
    fe_feed *feed;
    long opened;

    for (int k = 0; k < N_RUNS; k++) {
        char name[8], pha[32], response[16];
        edit e;

        snprintf(name, sizeof name, "r%d", k);
        write_run(name);
        snprintf(pha, sizeof pha, "pha_obs%s.fits", name);
        e = (edit){ "", load(pha), NULL };
        e.t = fe_document_first(e.doc);
        snprintf(response, sizeof response, "link%d", k % 2);
        unlink(path_of(response));
        CHECK(symlink("rmf_obsr0.fits", path_of(response)) == 0);
        put_text(e.t, "RESPFILE", response);
        put_text(e.t, "ANCRFILE", "arf_obsr0.fits");
        save(e.doc, pha);
        path[k] = fe_strdup(path_of(pha));
    }
    opened = fe_stream_n_opened();
    feed = fe_ogip_feed_new(N_RUNS, path, &err);
    for (int k = 0; k < N_RUNS; k++) {
        CHECK_MSG(feed->open(feed->ctx, (size_t)k, &d[k], &err) == 0, err.text);
        CHECK(d[k]->edisp == d[0]->edisp);
    }
    CHECK(d[0]->edisp->n_owners == N_RUNS + 1);
    CHECK(fe_stream_n_opened() - opened == 2 * N_RUNS + 2);
    fe_ogip_feed_free(feed);
    CHECK(d[0]->edisp->n_owners == N_RUNS);
    for (int k = 0; k < N_RUNS; k++) {
        fe_dataset_free(d[k]);
        free(path[k]);
    }
}

static void put_response(const char *pha, const char *arf, const char *rmf)
{
    fe_document *doc = load(pha);

    put_text(fe_document_first(doc), "ANCRFILE", arf);
    put_text(fe_document_first(doc), "RESPFILE", rmf);
    save(doc, pha);
}

/* Two areas, written within one tick of the clock, are two. */
static void test_same_age(void)
{
    fe_ogip_cache *cache = fe_ogip_cache_new();
    fe_document *doc = load("arf_obs17.fits");
    fe_dataset *a = NULL, *b = NULL;
    struct timespec both[2] = { { 1000, 0 }, { 1000, 0 } };

    fe_document_first(doc)->col[2].v.d[0] = 5;
    save(doc, "arf_other.fits");
    copy_file("pha_obs17.fits", "pha_other.fits");
    put_response("pha_other.fits", "arf_other.fits", "rmf_obs17.fits");
    utimensat(AT_FDCWD, path_of("arf_obs17.fits"), both, 0);
    utimensat(AT_FDCWD, path_of("arf_other.fits"), both, 0);
    CHECK(fe_ogip_read(path_of("pha_obs17.fits"), cache, &a, 0, &err) == 0);
    CHECK(fe_ogip_read(path_of("pha_other.fits"), cache, &b, 0, &err) == 0);
    CHECK(a->exposure_cm2_s[0] == 1500.5 * 1e8 && b->exposure_cm2_s[0] == 1500.5 * 5 && a->edisp == b->edisp);
    fe_dataset_free(a);
    fe_dataset_free(b);
    fe_ogip_cache_free(cache);
}

/* More areas than the cache holds: the matrix, which every run uses, stays. */
static void test_many_responses(void)
{
    enum { N_RUNS = 70 };
    fe_ogip_cache *cache = fe_ogip_cache_new();
    long opened;

    for (int k = 0; k < N_RUNS; k++) {
        char name[32];

        snprintf(name, sizeof name, "arf_%d.fits", k);
        copy_file("arf_obs17.fits", name);
    }
    copy_file("pha_obs17.fits", "pha_many.fits");
    opened = fe_stream_n_opened();
    for (int k = 0; k < N_RUNS; k++) {
        fe_dataset *d = NULL;
        char name[32];
        long before;

        snprintf(name, sizeof name, "arf_%d.fits", k);
        before = fe_stream_n_opened();
        put_response("pha_many.fits", name, "rmf_obs17.fits");
        opened += fe_stream_n_opened() - before;
        CHECK(fe_ogip_read(path_of("pha_many.fits"), cache, &d, 0, &err) == 0);
        fe_dataset_free(d);
    }
    CHECK(fe_stream_n_opened() - opened == 3 * N_RUNS + 1);
    fe_ogip_cache_free(cache);
}

/* A bad file is one dataset; only opening it fails. */
static void test_bad_in_feed(void)
{
    char *path[] = { fe_strdup(path_of("nowhere.fits")), fe_strdup(path_of("pha_obs17.fits")) };
    fe_feed *feed = fe_ogip_feed_new(2, path, &err);
    fe_dataset_info info;
    fe_dataset *d = NULL;

    CHECK(feed && feed->n == 2);
    CHECK(feed->info(feed->ctx, 0, &info, &err) < 0 && !info.name);
    CHECK(feed->open(feed->ctx, 0, &d, &err) < 0 && !d && strstr(err.text, "nowhere.fits"));
    CHECK(feed->open(feed->ctx, 1, &d, &err) == 0 && d);
    fe_dataset_free(d);
    fe_ogip_feed_free(feed);
    fe_ogip_feed_free(NULL);
    free(path[0]);
    free(path[1]);
}

static void test_stdin(void)
{
    char back[1024], *path[] = { folder + 0, NULL }, dash[] = "-";
    int old = dup(STDIN_FILENO);
    fe_dataset_info info;
    fe_dataset *d = NULL;
    fe_feed *feed;

    CHECK(getcwd(back, sizeof back) && chdir(folder) == 0);
    write_run("17");
    CHECK(freopen("pha_obs17.fits", "r", stdin) != NULL);
    path[0] = dash;
    feed = fe_ogip_feed_new(1, path, &err);
    CHECK(feed && feed->n == 1);
    CHECK_MSG(feed->info(feed->ctx, 0, &info, &err) == 0, err.text);
    SAME_STR(info.name, "17");
    SAME_STR(info.file, "<stdin>");
    for (int k = 0; k < 2; k++) {                       /* it can be opened again */
        CHECK_MSG(feed->open(feed->ctx, 0, &d, &err) == 0, err.text);
        CHECK(d && d->n_off && d->counts[0] == 3);
        fe_dataset_free(d);
    }
    fe_dataset_info_free(&info);
    fe_ogip_feed_free(feed);
    path[1] = dash;
    CHECK(!fe_ogip_feed_new(2, path, &err) && err.code == FE_EUSAGE);
    dup2(old, STDIN_FILENO);
    close(old);
    CHECK(chdir(back) == 0);
}

/* ---- work --------------------------------------------------------------------------------------------------- */

static void use_all(const fe_feed *feed)
{
    for (size_t i = 0; i < feed->n; i++) {
        fe_dataset_info info;
        fe_dataset *d = NULL;

        CHECK_MSG(feed->info(feed->ctx, i, &info, &err) == 0, err.text);
        CHECK_MSG(feed->open(feed->ctx, i, &d, &err) == 0, err.text);
        CHECK(d && !strcmp(d->info.name, info.name));
        NEAR(d->info.mjd_start, info.mjd_start, 0);
        fe_dataset_info_free(&info);
        fe_dataset_free(d);
    }
}

/* More than a feed keeps, a type II among them: of each file its beginning is read, then all for its names, then for its data. */
static void test_work(void)
{
    enum { N = 400, N_II = 370 };
    char *path[N], *run = fe_strdup(path_of("pha_obs17.fits")), *two = fe_strdup(path_of("pha2.fits"));
    fe_document *doc = fe_document_new("");
    fe_dataset_info info;
    long opened, cfitsio;
    fe_feed *feed;

    write_run("e");
    fe_document_add(doc, make_type_ii(6));
    save(doc, "pha2.fits");
    for (size_t k = 0; k < N; k++)
        path[k] = k == N_II ? two : run;
    opened = fe_stream_n_opened();
    cfitsio = fe_ogip_n_cfitsio();
    feed = fe_ogip_feed_new(N, path, &err);
    CHECK_MSG(feed && feed->n == N + 1, err.text);
    CHECK(fe_stream_n_opened() - opened == N + 1);              /* of the type II the beginning says too little */
    CHECK(feed->info(feed->ctx, 0, &info, &err) == 0 && fe_stream_n_opened() - opened == N + 2);   /* nor are the first ones kept */
    fe_dataset_info_free(&info);
    use_all(feed);
    CHECK(fe_ogip_n_cfitsio() == cfitsio);                      /* neither PHA and BKG nor ARF and RMF */
    CHECK(fe_stream_n_opened() - opened <= 4 * (N + 1) + 4);    /* the BKG with the data; two pairs of ARF and RMF */
    fe_ogip_feed_free(feed);
    free(run);
    free(two);
}

/* What only CFITSIO reads it is given as often as the file is looked at: to count, for the names, for the data. */
static void test_unusual(void)
{
    fe_document *doc = load("pha_obs17.fits");
    char *path[] = { fe_strdup(path_of("pha_obss.fits")) };
    fe_feed *feed;
    fe_dataset *d = NULL;
    long cfitsio;

    fe_table_add(fe_document_first(doc), "an odd name", FE_COL_DOUBLE, "", 1);
    save(doc, "pha_obss.fits");
    cfitsio = fe_ogip_n_cfitsio();
    feed = fe_ogip_feed_new(1, path, &err);
    CHECK_MSG(feed && feed->open(feed->ctx, 0, &d, &err) == 0, err.text);
    CHECK(fe_ogip_n_cfitsio() - cfitsio == 2);
    CHECK(d && d->counts[2] == 7 && d->gti && d->gti->n == 2);
    fe_dataset_free(d);
    fe_ogip_feed_free(feed);
    free(path[0]);
}

static bool is_type_i(const fe_bytes *head)
{
    fe_ogip_file f;
    bool yes = fe_ogip_open_head(head, &f);

    fe_ogip_close(&f);
    return yes;
}

static void test_head(void)
{
    fe_bytes b = { 0 }, whole = { 0 };

    CHECK_MSG(fe_bytes_read(path_of("pha_obs17.fits"), &whole, &err) == 0, err.text);
    CHECK_MSG(fe_bytes_read_head(path_of("pha_obs17.fits"), 8640, &b, &err) == 0, err.text);
    CHECK(b.n == 8640 && !memcmp(b.data, whole.data, b.n) && is_type_i(&b));
    b.n = 5760;                                                 /* the header of the spectrum goes on */
    CHECK(!is_type_i(&b));
    b.n = 0;
    CHECK(!is_type_i(&b));
    fe_bytes_free(&b);
    CHECK_MSG(fe_bytes_read_head(path_of("pha_obs17.fits"), whole.n + 1, &b, &err) == 0 && b.n == whole.n, err.text);
    fe_bytes_free(&b);
    CHECK(fe_bytes_read_head(path_of("pha2.fits"), 14400, &b, &err) == 0 && !is_type_i(&b));
    fe_bytes_free(&b);
    CHECK(fe_bytes_read_head(path_of("arf_obs17.fits"), 14400, &b, &err) == 0 && !is_type_i(&b));
    fe_bytes_free(&b);
    CHECK(fe_bytes_read_head(path_of("absent.fits"), 14400, &b, &err) < 0 && !b.data);
    CHECK(fe_bytes_read_head("/dev/null", 14400, &b, &err) < 0 && !b.data);
    fe_bytes_free(&whole);
}

int main(void)
{
    ogip_begin("t_ogip_feed");
    write_run("17");
    test_type_ii();
    test_beside();
    test_bad_type_ii();
    test_cache();
    test_same_age();
    test_many_responses();
    test_bad_in_feed();
    test_work();
    test_unusual();
    test_head();
    test_stdin();
    return ogip_done();
}
