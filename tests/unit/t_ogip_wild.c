/* io/ogip: columns as X-ray tools write them: errors, backgrounds that are models, units, GROUPING. */
#include "ogip_files.h"

static void test_unused(void)
{
    const double error[N_E] = { 0, 0.1, 0, 0, 0 }, stat[N_E] = { 5, 5, 5, 5, 5 };
    edit e = begin("pha");

    CHECK(!was_noted("SYS_ERR"));
    column(e.t, "SYS_ERR", "", error, N_E);
    column(e.t, "STAT_ERR", "", stat, N_E);
    fe_meta_set_bool(&e.t->meta, "POISSERR", false, NULL);
    fe_dataset_free(read_run(finish(&e)));
    CHECK(was_noted("SYS_ERR is not used") && was_noted("STAT_ERR is not used"));
}

/* What a background spectrum says of its errors depends on what it is taken for. */
static void test_known_background(void)
{
    const double value[N_E] = { 0.5, 1.25, 2, 3, 4 }, stat[N_E] = { 0.1, 0.1, 0.1, 0.1, 0.1 };
    const fe_ogip_files known = { .known_bkg = true };
    edit e = begin("bkg");
    fe_dataset *d;
    char *path = fe_strdup(path_of("pha_obse.fits"));
    fe_feed *feed;

    fe_note_forget();
    column(e.t, "COUNTS", "count", value, N_E);
    column(e.t, "STAT_ERR", "", stat, N_E);
    fe_meta_set_bool(&e.t->meta, "POISSERR", false, NULL);
    fe_meta_set_number(&e.t->meta, "EXPOSURE", 3001, NULL);
    d = read_run(finish(&e));
    CHECK(was_noted("warning: background spectra with POISSERR F") && was_noted("column STAT_ERR is not used"));
    fe_dataset_free(d);
    fe_note_forget();
    feed = fe_ogip_feed_new_with(1, &path, &known, &err);
    CHECK_MSG(feed->open(feed->ctx, 0, &d, &err) == 0, err.text);
    CHECK(!was_noted("warning") && !was_noted("Poissonian") && was_noted("STAT_ERR of the background is not used: it is known"));
    CHECK(!d->n_off && !d->alpha && !d->acceptance_off);
    for (size_t j = 0; j < N_E; j++)
        NEAR(d->background[j], 0.125 * value[j], 1e-15);       /* a quarter of the region, half of the time */
    fe_dataset_free(d);
    fe_ogip_feed_free(feed);
    free(path);
}

/* RATE of a model: times its own EXPOSURE, so that b is the rate times alpha times that. */
static void test_known_rate(void)
{
    const double rate[N_E] = { 0.001, 0.0025, 0.0003, 0.01, 0 };
    const fe_ogip_files known = { .known_bkg = true };
    edit e = begin("bkg");
    char *path = fe_strdup(path_of("pha_obse.fits"));
    fe_feed *feed;
    fe_dataset *d;

    fe_table_remove(e.t, "COUNTS");
    column(e.t, "RATE", "count/min", rate, N_E);
    fe_meta_set_bool(&e.t->meta, "POISSERR", false, NULL);
    finish(&e);
    feed = fe_ogip_feed_new_with(1, &path, &known, &err);
    CHECK_MSG(feed->open(feed->ctx, 0, &d, &err) == 0, err.text);
    for (size_t j = 0; j < N_E; j++)
        NEAR(d->background[j], 0.25 * 1500.5 * rate[j] / 60, 1e-14);
    fe_dataset_free(d);
    fe_ogip_feed_free(feed);
    free(path);
}

static void test_no_channel(void)
{
    edit e = begin("pha");
    fe_dataset *plain = read_run("pha_obs17.fits"), *d;

    CHECK(!was_noted("no column CHANNEL"));
    fe_table_remove(e.t, "CHANNEL");
    d = read_run(finish(&e));
    CHECK(was_noted("no column CHANNEL: channels are taken in the order of EBOUNDS"));
    check_same(d, plain);
    fe_dataset_free(d);
    fe_dataset_free(plain);
}

/* What is no unit that is known is passed over; a known one is used. */
static void test_count_units(void)
{
    const double kilo[N_E] = { 0.003, 0, 0.007, 0.002, 0.001 };
    fe_dataset *plain = read_run("pha_obs17.fits"), *d;
    edit e = begin("pha");

    free(fe_table_find(e.t, "COUNTS")->unit);
    fe_table_find(e.t, "COUNTS")->unit = fe_strdup("furlongs");
    d = read_run(finish(&e));
    check_same(d, plain);
    CHECK(was_noted("column COUNTS has the unit 'furlongs', which is not known: counts are assumed"));
    fe_dataset_free(d);
    e = begin("pha");
    column(e.t, "COUNTS", "1000 count", kilo, N_E);
    d = read_run(finish(&e));
    check_same(d, plain);
    fe_dataset_free(d);
    fe_dataset_free(plain);
}

/* Counts 3 0 7 2 1; the second channel is bad. */
static void test_grouping(void)
{
    const double group[N_E] = { 1, -1, 1, -1, -1 }, quality[N_E] = { 0, 5, 0, 0, 0 }, wrong[N_E] = { 1, 2, 1, 1, 1 };
    fe_dataset *plain = read_run("pha_obs17.fits"), *d;
    edit e = begin("pha");

    column(e.t, "GROUPING", "", group, N_E);
    column(e.t, "QUALITY", "", quality, N_E);
    d = read_run(finish(&e));
    CHECK(was_noted("GROUPING is used"));
    CHECK(d->n_e == 2 && d->mask[0] && d->mask[1]);
    CHECK(d->n_channels == N_E && !plain->n_channels);
    NEAR(d->counts[0], plain->counts[0], 0);
    NEAR(d->counts[1], plain->counts[2] + plain->counts[3] + plain->counts[4], 0);
    NEAR(d->alpha[1] * d->n_off[1], 0.25 * 3, 1e-15);
    CHECK(d->edisp->n_reco == 2 && d->edisp->row[3] - d->edisp->row[2] == 2);
    NEAR(d->edisp->value[d->edisp->row[2] + 1], 0.5 + 0.25, 1e-15);         /* true bin 2 in channels 2 and 3 */
    NEAR(d->e_edge_TeV[1], plain->e_edge_TeV[2], 0);
    NEAR(d->e_edge_TeV[2], plain->e_edge_TeV[N_E], 0);
    fe_dataset_free(d);
    e = begin("pha");
    column(e.t, "GROUPING", "", wrong, N_E);
    CHECK(fe_ogip_read(path_of(finish(&e)), NULL, &d, 0, &err) < 0 && strstr(err.text, "GROUPING is not 1, 0 or -1 (2)"));
    fe_dataset_free(plain);
}

int main(void)
{
    ogip_begin("t_ogip_wild");
    write_run("17");
    test_unused();
    test_known_background();
    test_known_rate();
    test_no_channel();
    test_count_units();
    test_grouping();
    return ogip_done();
}
