/* phys/timebins: the languages of time bins and phase bins. */
#include <stdlib.h>

#include "check.h"
#include "phys/timebins.h"

static fe_err err;

static fe_timebins parsed(const char *text, fe_timescale scale)
{
    fe_timebins bins;

    err = (fe_err){ 0 };
    CHECK_MSG(fe_timebins_parse(text, scale, &bins, &err) == 0, err.text);
    return bins;
}

static void test_words(void)
{
    fe_timebins b = parsed("run", FE_SCALE_TT);

    CHECK(b.kind == FE_TIMEBINS_RUN);
    b = parsed("night", FE_SCALE_TT);
    CHECK(b.kind == FE_TIMEBINS_NIGHT);
    b = parsed("min-sig=3.5", FE_SCALE_TT);
    CHECK(b.kind == FE_TIMEBINS_MIN_SIG && b.threshold == 3.5);
    b = parsed("min-counts=50", FE_SCALE_TT);
    CHECK(b.kind == FE_TIMEBINS_MIN_COUNTS && b.threshold == 50);
    b = parsed("blocks", FE_SCALE_TT);
    CHECK(b.kind == FE_TIMEBINS_BLOCKS && b.threshold == 0.05);
    b = parsed("blocks=0.001", FE_SCALE_TT);
    CHECK(b.kind == FE_TIMEBINS_BLOCKS && b.threshold == 0.001);
}

static void test_lengths(void)
{
    static const struct { const char *text; double length_s, step_s; } row[] = {
        { "30min", 1800, 1800 }, { "1 d", 86400, 86400 }, { "0.5 h", 1800, 1800 }, { "30min/10min", 1800, 600 },
        { "1wk / 1d", 604800, 86400 }, { "200 s", 200, 200 }, { "2week", 1209600, 1209600 }, { "100ms", 0.1, 0.1 }
    };

    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        fe_timebins b = parsed(row[i].text, FE_SCALE_TT);

        CHECK(b.kind == FE_TIMEBINS_LENGTH);
        NEAR(b.length_d * 86400, row[i].length_s, 1e-14);
        NEAR(b.step_d * 86400, row[i].step_s, 1e-14);
    }
}

static void test_lists(void)
{
    fe_timebins b = parsed("53945.9, 53946.0,53946.1", FE_SCALE_TT);

    CHECK(b.kind == FE_TIMEBINS_LIST && b.n == 2 && b.min_mjd[0] == 53945.9 && b.max_mjd[0] == 53946 &&
          b.min_mjd[1] == 53946 && b.max_mjd[1] == 53946.1);
    fe_timebins_free(&b);
    b = parsed("2006-07-29T21:36:00,2006-07-30 00:00,2006-07-30T01:00:00.5Z", FE_SCALE_TT);
    CHECK(b.n == 2 && b.min_mjd[0] == 53945.9 && b.max_mjd[0] == 53946);
    NEAR_ABS(b.max_mjd[1], 53946 + (3600.5 + 65.184) / 86400, 8e-12);
    fe_timebins_free(&b);
    b = parsed("53946.0..53946.2,53945.9..53946.1,53945.9..53946", FE_SCALE_TT);       /* overlapping, in any order */
    CHECK(b.n == 3 && b.min_mjd[0] == 53945.9 && b.max_mjd[0] == 53946 && b.min_mjd[1] == 53945.9 &&
          b.max_mjd[1] == 53946.1 && b.min_mjd[2] == 53946 && b.max_mjd[2] == 53946.2);
    fe_timebins_free(&b);
    b = parsed("MJD 53945.9 MJD 53946.1,53946 53946.2", FE_SCALE_TT);                  /* two columns of a file */
    CHECK(b.n == 2 && b.min_mjd[0] == 53945.9 && b.max_mjd[0] == 53946.1 && b.min_mjd[1] == 53946);
    fe_timebins_free(&b);
    b = parsed("2006-07-29 21:36..2006-07-30", FE_SCALE_TT);
    CHECK(b.n == 1 && b.min_mjd[0] == 53945.9 && b.max_mjd[0] == 53946);
    fe_timebins_free(&b);
    b = parsed("57754,57755", FE_SCALE_UTC);
    NEAR_ABS(b.min_mjd[0], 57754 + 69.184 / 86400, 8e-12);
    fe_timebins_free(&b);
}

static const char *says(const char *text)
{
    fe_timebins bins;

    err = (fe_err){ 0 };
    if (fe_timebins_parse(text, FE_SCALE_TT, &bins, &err) == 0) {
        fe_timebins_free(&bins);
        return "accepted";
    }
    return err.code == FE_EUSAGE && !bins.min_mjd ? err.text : "wrong";
}

static void test_bad_times(void)
{
    SAME_STR(says("53945.9"), "one edge ('53945.9') makes no time bin, expected at least two");
    CHECK(strstr(says("runs"), "'runs' is not a time"));
    CHECK(strstr(says(""), "'' is not a time") || strstr(says(""), "one edge"));
    CHECK(strstr(says("53946,53945"), "time bin from MJD 53946 to 53945 is empty, expected ascending times"));
    CHECK(strstr(says("53945..53945"), "is empty"));
    CHECK(strstr(says("53945..53946,53947"), "'53947' stands between bins like A..B"));
    CHECK(strstr(says("53945,53946..53947"), "is not a time"));
    CHECK(strstr(says("53945.."), "'' is not a time"));
    CHECK(strstr(says("53945,,53946"), "'' is not a time"));
    CHECK(strstr(says("1e-5s"), "expected at least 0.001 s"));
    CHECK(strstr(says("30min/0s"), "expected at least 0.001 s"));
    CHECK(strstr(says("3m"), "3m"));
    CHECK(strstr(says("min-sig"), "expected one like min-sig=3"));
    CHECK(strstr(says("min-sig=x"), "'x' in min-sig=x is not a number above 0"));
    CHECK(strstr(says("min-sig=-1"), "is not a number above 0"));
    CHECK(strstr(says("blocks=1"), "is not a number above 0 and below 1"));
    CHECK(strstr(says("blocksize"), "is not a time"));
}

/* ---- phases --------------------------------------------------------------------------------------------------- */

static fe_phasebins phases(const char *text)
{
    fe_phasebins bins;

    err = (fe_err){ 0 };
    CHECK_MSG(fe_phasebins_parse(text, &bins, &err) == 0, err.text);
    return bins;
}

static void test_phase_bins(void)
{
    fe_phasebins b = phases("10");

    CHECK(b.n == 10 && b.min[0] == 0 && b.max[9] == 1 && b.min[3] == b.max[2] && b.min[3] == 0.3);
    for (int k = 0; k < 1000; k++) {
        int n = 0;

        for (size_t i = 0; i < b.n; i++)
            n += fe_phasebins_holds(&b, i, k / 1000.0);
        CHECK(n == 1);
    }
    fe_phasebins_free(&b);
    b = phases("0.1,0.5,0.9,1.1");
    CHECK(b.n == 3 && b.min[2] == 0.9);
    NEAR(b.max[2], 0.1, 1e-14);
    NEAR(fe_phasebins_width(&b, 2), 0.2, 1e-14);
    fe_phasebins_free(&b);
    b = phases("0.9..0.1,0..0.1,0.9..1,-0.2..0.2,0..1,0.25..1.25");
    CHECK(b.n == 6 && b.min[0] == 0.9 && b.max[0] == 0.1 && b.max[2] == 1 && b.min[4] == 0 && b.max[4] == 1);
    NEAR(b.min[3], 0.8, 1e-14);
    NEAR(fe_phasebins_width(&b, 5), 1, 0);
    for (int k = 0; k < 1000; k++) {            /* 0.9-0.1 is the union of its halves; a whole turn holds everything */
        double phase = k / 1000.0;

        CHECK(fe_phasebins_holds(&b, 0, phase) == (fe_phasebins_holds(&b, 1, phase) || fe_phasebins_holds(&b, 2, phase)));
        CHECK(fe_phasebins_holds(&b, 4, phase) && fe_phasebins_holds(&b, 5, phase));
    }
    fe_phasebins_free(&b);
    b = phases("0.1,0.5,0.9,0.1");              /* edges once around */
    CHECK(b.n == 3 && b.min[2] == 0.9 && b.max[2] == 0.1);
    fe_phasebins_free(&b);
}

static void test_bad_phases(void)
{
    static const struct { const char *text, *says; } row[] = {
        { "0", "0 phase bins, expected a whole number from 1" }, { "2.5", "2.5 phase bins, expected a whole number" },
        { "1e9", "expected a whole number from 1 to 10000" }, { "x", "'x' is not a phase" }, { "", "'' is not a phase" },
        { "0,3", "'3' is not a phase, expected one from 0 to 1" }, { "0.2..0.2", "phase bin from 0.2 to 0.2 is empty" },
        { "0..1.5", "is empty or longer than a period" }, { "0..0.5,0.7", "'0.7' stands between bins" }
    };
    fe_phasebins b;

    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        err = (fe_err){ 0 };
        CHECK(fe_phasebins_parse(row[i].text, &b, &err) < 0 && err.code == FE_EUSAGE && !b.min);
        CHECK_MSG(strstr(err.text, row[i].says), err.text);
    }
}

/* LS 5039: 3.906 d, phase 0 at MJD 43366.275 (Casares et al. 2005, MNRAS 364, 899) */
static void test_phase(void)
{
    NEAR(fe_phase(43366.275, 43366.275, 3.906), 0, 0);
    NEAR(fe_phase(43366.275 + 3.906 * 1000.25, 43366.275, 3.906), 0.25, 1e-9);
    NEAR(fe_phase(43366.275 - 3.906 * 0.25, 43366.275, 3.906), 0.75, 1e-11);
    CHECK(fe_phase(-1e-300, 0, 1) == 0);
    CHECK(isnan(fe_phase(NAN, 0, 1)));
}

int main(void)
{
    test_words();
    test_lengths();
    test_lists();
    test_bad_times();
    test_phase_bins();
    test_bad_phases();
    test_phase();
    return check_done();
}
