/* est/timegroups: small sets of datasets by hand, and real runs against the intervals of gammapy 2.1. */
#include <dirent.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/str.h"
#include "check.h"
#include "est/timegroups.h"
#include "io/ogip.h"
#include "io/yaml.h"
#include "phys/const.h"

static const double MICROSECOND_D = 1e-6 / FE_S_PER_DAY;

static int members_are(const fe_timegroups *g, size_t set, size_t n, const size_t *want)
{
    int ok = set < g->n && g->set[set].n == n;

    for (size_t i = 0; ok && i < n; i++)
        ok = g->set[set].member[i] == want[i];
    return ok;
}

#define MEMBERS(g, set, ...)                                                                                  \
    CHECK(members_are((g), (set), sizeof((size_t[]){ __VA_ARGS__ }) / sizeof(size_t), (const size_t[]){ __VA_ARGS__ }))

static int is_left(const fe_timegroups *g, size_t i, size_t dataset, fe_left_reason reason)
{
    return i < g->n_left && g->left[i].dataset == dataset && g->left[i].reason == reason;
}

/* ---- good time -------------------------------------------------------------------------------------------------- */

static void test_of_gti(void)
{
    fe_gti *gti = fe_gti_new();
    fe_timed d = fe_timed_of_gti(gti, 5);

    CHECK(isnan(d.start) && isnan(d.stop) && isnan(d.mid) && d.livetime_s == 5);
    gti->mjdref_i = 57753;                      /* 2016-12-31, with a leap second at its end */
    strcpy(gti->timesys, "UTC");
    fe_gti_add(gti, 86400, 86500);
    fe_gti_add(gti, 86000, 86100);
    fe_gti_add(gti, 87000, 87200);
    d = fe_timed_of_gti(gti, 5);
    NEAR_ABS(d.start, 57753 + (86000 + 68.184) / 86400, 8e-12);
    NEAR_ABS(d.stop, 57753 + (87200 + 68.184) / 86400, 8e-12);
    NEAR_ABS(d.mid, 57753 + ((86050 * 100 + 86450 * 100 + 87100 * 200) / 400.0 + 68.184) / 86400, 8e-12);
    strcpy(gti->timesys, "LOCAL");
    CHECK(isnan(fe_timed_of_gti(gti, 5).start));
    fe_gti_free(gti);
}

/* ---- by hand ---------------------------------------------------------------------------------------------------- */

/* One night, out of order, one without time, another night; the second one has its good time at its end. */
static const fe_timed some[] = {
    { 100.30, 100.32, NAN, 10 }, { 100.10, 100.14, 100.135, 20 }, { NAN, NAN, NAN, 40 }, { 101.20, 101.22, NAN, NAN },
    { 100.20, 100.22, NAN, 80 }
};
enum { N_SOME = 5 };

static void test_runs_and_nights(void)
{
    fe_timegroups g;
    size_t *order = fe_timed_order(N_SOME, some);

    CHECK(order[0] == 1 && order[1] == 4 && order[2] == 0 && order[3] == 3 && order[4] == 2);
    CHECK(fe_timed_is_known(&some[0]) && !fe_timed_is_known(&some[2]));
    free(order);
    fe_timegroups_night(N_SOME, some, 0.25, &g);
    CHECK(g.n == 2 && g.n_left == 1 && is_left(&g, 0, 2, FE_LEFT_NO_TIME) && g.livetime_left_s == 40);
    MEMBERS(&g, 0, 0, 1, 4);
    MEMBERS(&g, 1, 3);
    CHECK(g.set[0].time_min == 100.10 && g.set[0].time_max == 100.32 && g.set[1].time_min == 101.20);
    fe_timegroups_free(&g);
    fe_timegroups_night(N_SOME, some, 0.07, &g);            /* gaps of 0.06 and 0.08 d */
    CHECK(g.n == 3);
    MEMBERS(&g, 0, 1, 4);
    fe_timegroups_free(&g);
    fe_timegroups_night(N_SOME, some, 100.20 - 100.14, &g);             /* just as long: another night */
    CHECK(g.n == 4);
    fe_timegroups_free(&g);
    fe_timegroups_night(0, some, 1, &g);
    CHECK(g.n == 0 && g.n_left == 0);
    fe_timegroups_free(&g);
}

static void test_a_long_run_in_a_night(void)
{
    static const fe_timed d[] = { { 10, 10.5, NAN, 1 }, { 10.1, 10.2, NAN, 1 }, { 10.6, 10.7, NAN, 1 } };
    fe_timegroups g;

    fe_timegroups_night(3, d, 0.2, &g);         /* the first one lasts longer than the second one */
    CHECK(g.n == 1 && g.set[0].time_max == 10.7);
    fe_timegroups_free(&g);
}

static void test_assign(void)
{
    const double min[] = { 100.0, 100.13, 100.25 }, max[] = { 100.13, 100.25, 100.31 };
    fe_timegroups g;

    fe_timegroups_bins(N_SOME, some, 3, min, max, FE_ASSIGN_CONTAINED, &g);
    CHECK(g.n == 3 && g.set[0].n == 0 && g.set[2].n == 0 && g.n_left == 4 && g.livetime_left_s == 70);
    MEMBERS(&g, 1, 4);
    CHECK(is_left(&g, 0, 0, FE_LEFT_CROSSES) && is_left(&g, 1, 1, FE_LEFT_CROSSES) && is_left(&g, 2, 2, FE_LEFT_NO_TIME) &&
          is_left(&g, 3, 3, FE_LEFT_OUTSIDE));
    CHECK(g.set[1].time_min == 100.13 && g.set[1].time_max == 100.25);
    fe_timegroups_free(&g);
    fe_timegroups_bins(N_SOME, some, 3, min, max, FE_ASSIGN_CENTRE, &g);
    MEMBERS(&g, 1, 1, 4);                       /* half way between start and stop it would be in the first bin */
    CHECK(g.set[0].n == 0 && g.set[2].n == 0 && g.n_shared == 0);
    CHECK(g.n_left == 3 && is_left(&g, 0, 0, FE_LEFT_CENTRE));          /* 100.31 is the end of the last bin */
    fe_timegroups_free(&g);
    fe_timegroups_bins(N_SOME, some, 3, min, max, FE_ASSIGN_OVERLAP, &g);
    MEMBERS(&g, 0, 1);
    MEMBERS(&g, 1, 1, 4);
    MEMBERS(&g, 2, 0);
    CHECK(g.n_shared == 1 && g.n_left == 2);
    fe_timegroups_free(&g);
    fe_timegroups_bins(N_SOME, some, 0, NULL, NULL, FE_ASSIGN_OVERLAP, &g);
    CHECK(g.n == 0 && g.n_left == N_SOME);
    fe_timegroups_free(&g);
    CHECK(fe_assign_parse("contained") == FE_ASSIGN_CONTAINED && fe_assign_parse("centre") == FE_ASSIGN_CENTRE &&
          fe_assign_parse("overlap") == FE_ASSIGN_OVERLAP && fe_assign_parse("split") == -1);
}

/* Edges that are the same but for rounding: what starts where a bin ends is not in it. */
static void test_edges(void)
{
    const double min[] = { 100, 100.1 }, max[] = { 100.1, 100.2 };
    const double step = nextafter(100.1, 101) - 100.1;
    const fe_timed d[] = { { 100, 100.1 + 2 * step, NAN, 1 }, { 100.1 - 2 * step, 100.2 + step, NAN, 1 } };
    fe_timegroups g;

    for (int assign = 0; assign < 3; assign++) {
        fe_timegroups_bins(2, d, 2, min, max, (fe_assign)assign, &g);
        MEMBERS(&g, 0, 0);
        MEMBERS(&g, 1, 1);
        fe_timegroups_free(&g);
    }
}

/* Bins that overlap and lie within each other, against the definition. */
static void test_overlapping(void)
{
    enum { N = 300, N_BINS = 60 };
    fe_timed d[N];
    double min[N_BINS], max[N_BINS];
    size_t n_shared = 0;
    fe_timegroups g;

    for (int i = 0; i < N; i++) {
        d[i] = (fe_timed){ fmod(i * 7.77, 100), 0, NAN, 1 };
        d[i].stop = d[i].start + fmod(i * 0.37, 3) + 0.01;
    }
    for (int k = 0; k < N_BINS; k++) {
        min[k] = 1.7 * k + 0.00123;             /* none touches a dataset but for rounding */
        max[k] = min[k] + (k % 7 == 0 ? 40 : fmod(k * 1.3, 5) + 0.1);
    }
    for (int assign = 0; assign < 3; assign++) {
        fe_timegroups_bins(N, d, N_BINS, min, max, (fe_assign)assign, &g);
        n_shared = 0;
        for (size_t i = 0; i < N; i++) {
            size_t n_in = 0;

            for (size_t k = 0; k < N_BINS; k++) {
                double mid = d[i].start + 0.5 * (d[i].stop - d[i].start);
                bool want = assign == FE_ASSIGN_CONTAINED ? d[i].start >= min[k] && d[i].stop <= max[k] :
                            assign == FE_ASSIGN_CENTRE ? mid >= min[k] && mid < max[k] :
                            d[i].stop > min[k] && d[i].start < max[k];
                bool found = false;

                for (size_t m = 0; m < g.set[k].n; m++)
                    found |= g.set[k].member[m] == i;
                CHECK(found == want);
                n_in += want;
            }
            n_shared += n_in > 1;
        }
        CHECK(g.n_shared == n_shared && n_shared > 10);
        fe_timegroups_free(&g);
    }
}

static void test_length(void)
{
    fe_err err = { 0 };
    fe_timegroups g;

    CHECK(fe_timegroups_length(N_SOME, some, 0.05, 0.05, NAN, FE_ASSIGN_CONTAINED, &g, &err) == 0);
    CHECK(g.n == 4 && g.n_left == 1);           /* the day between has none */
    NEAR_ABS(g.set[0].time_min, 100.10, 1e-12);
    NEAR_ABS(g.set[1].time_min, 100.20, 2e-11);
    NEAR_ABS(g.set[3].time_max, 101.25, 2e-11);
    MEMBERS(&g, 1, 4);
    MEMBERS(&g, 3, 3);
    fe_timegroups_free(&g);
    CHECK(fe_timegroups_length(N_SOME, some, 0.05, 0.05, 100.43, FE_ASSIGN_CONTAINED, &g, &err) == 0);   /* a grid from 100.08 */
    CHECK(g.n == 5 && g.n_left == 2 && is_left(&g, 0, 1, FE_LEFT_CROSSES));
    NEAR_ABS(g.set[0].time_min, 100.08, 2e-11);
    CHECK(g.set[0].n == 0 && g.set[1].n == 0);
    MEMBERS(&g, 2, 4);
    fe_timegroups_free(&g);
    CHECK(fe_timegroups_length(N_SOME, some, 0.10, 0.05, 100, FE_ASSIGN_CONTAINED, &g, &err) == 0);     /* moving */
    CHECK(g.n_shared == 4 && g.n_left == 1);
    MEMBERS(&g, 0, 1);                          /* 100.05 .. 100.15 */
    MEMBERS(&g, 1, 1);
    fe_timegroups_free(&g);
    CHECK(fe_timegroups_length(2, (const fe_timed[]){ { 1, 2, NAN, 1 }, { NAN, NAN, NAN, 1 } }, 1e-8, 1e-8, NAN,
                               FE_ASSIGN_OVERLAP, &g, &err) < 0 && err.code == FE_EUSAGE && g.n == 0);
    CHECK(strstr(err.text, "more than 1000000 time bins"));
    CHECK(fe_timegroups_length(1, &some[2], 1, 1, NAN, FE_ASSIGN_OVERLAP, &g, &err) == 0 && g.n == 0 && g.n_left == 1);
    fe_timegroups_free(&g);
}

static void test_phase(void)
{
    static const fe_timed d[] = {
        { 10.9, 11.0, NAN, 1 }, { 11.0, 11.1, NAN, 1 }, { 15.4, 15.6, NAN, 1 }, { NAN, NAN, NAN, 7 }, { 20.3, 20.3, NAN, 1 },
        { 12.7, 12.9, 12.72, 3 }
    };
    fe_phasebins bins;
    fe_timegroups g;
    fe_err err = { 0 };

    CHECK(fe_phasebins_parse("0.9..0.1,0.4..0.6,0.7..0.75,0.9..1,0..0.1", &bins, &err) == 0);
    fe_timegroups_phase(6, d, 1, 0, &bins, &g);
    CHECK(g.n == 5);
    MEMBERS(&g, 0, 0, 1);
    MEMBERS(&g, 1, 2);
    MEMBERS(&g, 2, 5);
    MEMBERS(&g, 3, 0);
    MEMBERS(&g, 4, 1);
    CHECK(g.set[0].phase_min == 0.9 && g.set[0].phase_max == 0.1 && g.set[0].time_min == 10.9 && g.set[0].time_max == 11.1);
    CHECK(g.n_shared == 2 && g.n_left == 2 && is_left(&g, 0, 3, FE_LEFT_NO_TIME) && is_left(&g, 1, 4, FE_LEFT_OUTSIDE));
    CHECK(g.livetime_left_s == 8);
    CHECK(g.n_long == 4 && g.longer[0] == 0 && g.longer[1] == 1 && g.longer[2] == 2 && g.longer[3] == 5);
    fe_timegroups_free(&g);
    fe_timegroups_phase(6, d, 10, 0.5, &bins, &g);
    CHECK(g.n_long == 0);
    fe_timegroups_free(&g);
    fe_phasebins_free(&bins);
}

/* ---- real runs ---------------------------------------------------------------------------------------------------- */

typedef struct runs { size_t n; fe_timed *timed; char **name; } runs;

static char *shared_path(const char *name)
{
    fe_str path = { 0 };

    fe_str_addf(&path, "%s/%s", check_shared(), name);
    return path.s;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static fe_strv spectra(void)
{
    char *folder = shared_path("data/pks2155");
    DIR *dir = opendir(folder);
    fe_strv list = { 0 };

    for (struct dirent *d; dir && (d = readdir(dir));)
        if (strlen(d->d_name) == strlen("pha_obs33787.fits") && fe_str_starts(d->d_name, "pha_obs")) {
            fe_str path = { 0 };

            fe_str_addf(&path, "%s/%s", folder, d->d_name);
            fe_strv_add(&list, path.s);
            fe_str_free(&path);
        }
    if (dir)
        closedir(dir);
    free(folder);
    qsort(list.s, list.n, sizeof *list.s, by_name);
    return list;
}

static runs read_runs(void)
{
    fe_strv path = spectra();
    fe_err err = { 0 };
    fe_feed *feed = fe_ogip_feed_new(path.n, path.s, &err);
    runs r = { feed ? feed->n : 0, NULL, NULL };

    CHECK_MSG(r.n == 21, err.text);
    r.timed = FE_NEWN(fe_timed, r.n);
    r.name = FE_NEWN(char *, r.n);
    for (size_t i = 0; i < r.n; i++) {
        fe_dataset *d = NULL;

        CHECK_MSG(feed->open(feed->ctx, i, &d, &err) == 0, err.text);
        if (!d)
            continue;
        r.timed[i] = fe_timed_of_gti(d->gti, d->livetime_s);
        NEAR_ABS(r.timed[i].start, d->info.mjd_start, MICROSECOND_D);
        NEAR_ABS(r.timed[i].stop, d->info.mjd_stop, MICROSECOND_D);
        CHECK(r.timed[i].mid > r.timed[i].start && r.timed[i].mid < r.timed[i].stop);
        r.name[i] = fe_strdup(d->info.name);
        fe_dataset_free(d);
    }
    fe_ogip_feed_free(feed);
    fe_strv_free(&path);
    return r;
}

static fe_yaml *read_reference(const char *name)
{
    fe_str file = { 0 };
    char *path;
    fe_bytes b = { 0 };
    fe_err err = { 0 };
    fe_yaml *y = NULL;

    fe_str_addf(&file, "reference/spectra/d6-pks2155-lc-%s.json", name);
    path = shared_path(file.s);
    CHECK_MSG(fe_bytes_read(path, &b, &err) == 0, err.text);
    if (b.data)
        y = fe_yaml_parse((const char *)b.data, b.n, path, &err);
    CHECK_MSG(y != NULL, err.text);
    fe_bytes_free(&b);
    fe_str_free(&file);
    free(path);
    return y;
}

static int has_name(const fe_yaml_node *list, const char *name)
{
    for (size_t i = 0; i < fe_yaml_size(list); i++)
        if (!strcmp(fe_yaml_text(fe_yaml_item(list, i)), name))
            return 1;
    return 0;
}

static double number(const fe_yaml_node *row, const char *key)
{
    return fe_yaml_number(fe_yaml_get(row, key));
}

/* Rows of gammapy are the sets that are not empty; the rest of its datasets is what we leave out. */
static void compare(const fe_timegroups *g, const runs *r, const fe_yaml *y)
{
    const fe_yaml_node *row = fe_yaml_get(fe_yaml_root(y), "rows");
    const fe_yaml_node *left = fe_yaml_get(fe_yaml_get(fe_yaml_root(y), "config"), "datasets_in_no_interval");
    size_t k = 0;

    for (size_t i = 0; i < g->n; i++) {
        const fe_yaml_node *want = fe_yaml_item(row, k), *names;

        if (g->set[i].n == 0 || !(g->set[i].time_min <= number(fe_yaml_item(row, fe_yaml_size(row) - 1), "time_max_mjd_tt")))
            continue;
        CHECK(k < fe_yaml_size(row));
        if (k++ >= fe_yaml_size(row))
            return;
        NEAR_ABS(g->set[i].time_min, number(want, "time_min_mjd_tt"), MICROSECOND_D);
        NEAR_ABS(g->set[i].time_max, number(want, "time_max_mjd_tt"), MICROSECOND_D);
        names = fe_yaml_get(want, "datasets");
        CHECK(g->set[i].n == fe_yaml_size(names));
        for (size_t m = 0; m < g->set[i].n; m++)
            CHECK(has_name(names, r->name[g->set[i].member[m]]));
    }
    CHECK(k == fe_yaml_size(row));
    for (size_t i = 0; i < g->n_left; i++)
        CHECK(has_name(left, r->name[g->left[i].dataset]));
}

static size_t n_left_of(const fe_yaml *y)
{
    return fe_yaml_size(fe_yaml_get(fe_yaml_get(fe_yaml_root(y), "config"), "datasets_in_no_interval"));
}

/* The bins gammapy was given, and the ones we make of a length. */
static void test_grid(const runs *r, const char *name, double length_s)
{
    fe_yaml *y = read_reference(name);
    const fe_yaml_node *list = fe_yaml_get(fe_yaml_get(fe_yaml_root(y), "config"), "time_intervals_mjd_tt");
    double min[64], max[64];
    fe_timegroups g;
    size_t n = fe_yaml_size(list);

    for (size_t i = 0; i < n; i++) {
        min[i] = fe_yaml_number(fe_yaml_item(fe_yaml_item(list, i), 0));
        max[i] = fe_yaml_number(fe_yaml_item(fe_yaml_item(list, i), 1));
    }
    fe_timegroups_bins(r->n, r->timed, n, min, max, FE_ASSIGN_CONTAINED, &g);
    CHECK(g.n == n && g.n_left == n_left_of(y));
    compare(&g, r, y);
    fe_timegroups_free(&g);
    fe_timegroups_bins(r->n, r->timed, n, min, max, FE_ASSIGN_CENTRE, &g);
    CHECK(g.n_left == 6);                       /* the nights of 2008: none of the 15 runs of the flare is lost */
    fe_timegroups_free(&g);
    CHECK(fe_timegroups_length(r->n, r->timed, length_s / FE_S_PER_DAY, length_s / FE_S_PER_DAY, NAN, FE_ASSIGN_CONTAINED,
                               &g, NULL) == 0);
    compare(&g, r, y);
    for (size_t i = 0; i < g.n && g.set[i].time_min < 53947; i++) {
        size_t k = (size_t)rint((g.set[i].time_min - min[0]) * FE_S_PER_DAY / length_s);

        NEAR_ABS(g.set[i].time_min, min[k], MICROSECOND_D);
        NEAR_ABS(g.set[i].time_max, max[k], MICROSECOND_D);
    }
    fe_timegroups_free(&g);
    fe_yaml_free(y);
}

static void test_by_run(const runs *r)
{
    fe_yaml *y = read_reference("run");
    fe_timegroups g;
    double min[21], max[21];
    size_t *order = fe_timed_order(r->n, r->timed);

    CHECK(r->n == 21);
    for (size_t i = 0; i < 21; i++) {
        min[i] = r->timed[order[i]].start;
        max[i] = r->timed[order[i]].stop;
    }
    free(order);
    fe_timegroups_bins(r->n, r->timed, 21, min, max, FE_ASSIGN_CONTAINED, &g);     /* their own times: each its bin */
    CHECK(g.n == 21);
    compare(&g, r, y);
    fe_timegroups_free(&g);
    fe_yaml_free(y);
    y = read_reference("night");
    fe_timegroups_night(r->n, r->timed, 0.25, &g);
    CHECK(g.n == 3 && g.n_left == 0);
    compare(&g, r, y);
    fe_timegroups_free(&g);
    fe_yaml_free(y);
}

static void test_shared(void)
{
    runs r = read_runs();

    test_by_run(&r);
    test_grid(&r, "30min-fixed-grid", 1800);
    test_grid(&r, "62min-fixed-grid", 3720);
    for (size_t i = 0; i < r.n; i++)
        free(r.name[i]);
    free(r.name);
    free(r.timed);
}

int main(void)
{
    test_of_gti();
    test_runs_and_nights();
    test_a_long_run_in_a_night();
    test_assign();
    test_edges();
    test_overlapping();
    test_length();
    test_phase();
    if (check_shared())
        test_shared();
    else
        printf("no shared data (FE_SHARED): runs of PKS 2155-304 left out\n");
    return check_done();
}
