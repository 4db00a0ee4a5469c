/* phys/time: scales, leap seconds, texts; numbers of astropy 8.0 (whose UTC is ERFA's quasi-MJD, too), and closed forms. */
#include <stdlib.h>

#include "check.h"
#include "phys/time.h"

static const double S_PER_DAY = 86400;

typedef struct instant { const char *iso; fe_timescale scale; fe_time in[FE_SCALE_N]; } instant;

/* astropy 8.0.2, Time(iso, scale).SCALE: jd1 - 2400000.5 and jd2 in days and fraction */
static const instant instants[] = {
    { "2005-12-31T23:59:59.5", FE_SCALE_UTC, { { 53736, 0.00073708333333322162 }, { 53735, 0.99998263908982532 },
      { 53736, 0.00036458333333322379 }, { 53736, 0.0007370826922311613 } } },
    { "2005-12-31T23:59:60.25", FE_SCALE_UTC, { { 53736, 0.00074576388888891731 }, { 53735, 0.99999131954491272 },
      { 53736, 0.00037326388888891948 }, { 53736, 0.00074576324778985459 } } },
    { "2006-01-01T00:00:00", FE_SCALE_UTC, { { 53736, 0.00075444444444439096 }, { 53736, 0 },
      { 53736, 0.00038194444444439313 }, { 53736, 0.00075444380334821481 } } },
    { "2008-12-31T23:59:60.999999", FE_SCALE_UTC, { { 54832, 0.0007660185069443548 }, { 54831, 0.99999999998842615 },
      { 54832, 0.00039351850694435697 }, { 54832, 0.00076601760769801075 } } },
    { "2016-12-31T23:59:60.5", FE_SCALE_UTC, { { 57754, 0.00079495370370363805 }, { 57753, 0.99999421302994174 },
      { 57754, 0.00042245370370364022 }, { 57754, 0.00079495313082400543 } } },
    { "2017-01-01T00:00:00.000001", FE_SCALE_UTC, { { 57754, 0.00080074075231478803 }, { 57754, 1.1574075031717257e-11 },
      { 57754, 0.0004282407523147902 }, { 57754, 0.0008007401794370983 } } },
    { "2006-07-29T21:36:00", FE_SCALE_TT, { { 53945, 0.9 }, { 53945, 0.89924555555555563 },
      { 53945, 0.89962750000000002 }, { 53945, 0.89999999198292358 } } },
    { "1999-06-15T12:00:00", FE_SCALE_UTC, { { 51344, 0.50074287037037035 }, { 51344, 0.5 },
      { 51344, 0.50037037037037035 }, { 51344, 0.50074287698332032 } } },
    { "1965-03-04T05:06:07.5", FE_SCALE_UTC, { { 38823, 0.21300236987861687 }, { 38823, 0.21258680555555554 },
      { 38823, 0.21262986987861687 }, { 38823, 0.21300238629641238 } } }
};

enum { N_INSTANTS = sizeof instants / sizeof *instants };

static double gap_s(fe_time a, fe_time b)
{
    return ((a.day - b.day) + (a.fraction - b.fraction)) * S_PER_DAY;
}

/* ---- scales --------------------------------------------------------------------------------------------------- */

static void test_scales(void)
{
    fe_err err = { 0 };

    for (size_t i = 0; i < N_INSTANTS; i++)
        for (int from = 0; from < FE_SCALE_N; from++)
            for (int to = 0; to < FE_SCALE_N; to++) {
                fe_time t;

                CHECK(fe_time_convert(instants[i].in[from], (fe_timescale)from, (fe_timescale)to, &t, &err) == 0);
                NEAR_ABS(gap_s(t, instants[i].in[to]), 0, 2e-9);
                CHECK(t.day == floor(t.day) && t.fraction >= 0 && t.fraction < 1);
            }
}

/* TAI - UTC as announced in IERS bulletins C: 33 s from 2006, 34 s from 2009, 37 s from 2017; TT - TAI is 32.184 s. */
static void test_leap_seconds(void)
{
    static const struct { double day, before, after; } leap[] = { { 53736, 32, 33 }, { 54832, 33, 34 }, { 57754, 36, 37 } };
    fe_time t;

    for (size_t i = 0; i < 3; i++) {
        fe_time end = { leap[i].day - 1, 43200 / 86401.0 }, start = { leap[i].day, 0.5 };

        CHECK(fe_time_convert(end, FE_SCALE_UTC, FE_SCALE_TT, &t, NULL) == 0);
        NEAR_ABS(fe_time_diff_s(t, (fe_time){ leap[i].day - 1, 0.5 }), leap[i].before + 32.184, 1e-9);
        CHECK(fe_time_convert(start, FE_SCALE_UTC, FE_SCALE_TT, &t, NULL) == 0);
        NEAR_ABS(fe_time_diff_s(t, start), leap[i].after + 32.184, 1e-9);
    }
}

/* Every quarter of a second from 3 s before a leap second to 3 s behind it, and half a day to both sides. */
static void test_round_trips(void)
{
    static const double midnight_tai[] = { 53736, 54832, 57754 }, tai_minus_utc[] = { 33, 34, 37 };
    fe_time reference = fe_time_of(51910, 7.428703703703703e-4), utc, tt, back;
    double met_s, last = 0, worst = 0;

    for (size_t i = 0; i < 3; i++) {
        fe_time midnight = fe_time_add_s((fe_time){ midnight_tai[i], 0 }, tai_minus_utc[i]);

        for (int k = -26; k <= 26; k++) {
            double offset_s = abs(k) > 24 ? k * 1728.001 : k * 0.125;
            fe_time tai = fe_time_add_s(midnight, offset_s);

            CHECK(fe_time_convert(tai, FE_SCALE_TAI, FE_SCALE_TT, &tt, NULL) == 0 &&
                  fe_time_convert(tt, FE_SCALE_TT, FE_SCALE_UTC, &utc, NULL) == 0);
            CHECK(fe_time_mjd(utc) >= last);
            last = fe_time_mjd(utc);
            CHECK(offset_s < 0 ? utc.day < midnight_tai[i] : utc.day == midnight_tai[i] || offset_s == 0);
            for (int scale = 0; scale < FE_SCALE_N; scale++) {
                fe_time ref, there;

                CHECK(fe_time_convert(reference, FE_SCALE_TT, (fe_timescale)scale, &ref, NULL) == 0);
                CHECK(fe_time_convert(utc, FE_SCALE_UTC, (fe_timescale)scale, &there, NULL) == 0);
                CHECK(fe_time_to_met(there, ref, (fe_timescale)scale, &met_s, NULL) == 0);
                if (scale != FE_SCALE_TDB)          /* whose seconds are a few 1e-10 longer or shorter */
                    NEAR_ABS(met_s, gap_s(tt, reference), 1e-6);
                CHECK(fe_time_of_met(met_s, ref, (fe_timescale)scale, &back, NULL) == 0 &&
                      fe_time_convert(back, (fe_timescale)scale, FE_SCALE_TT, &back, NULL) == 0);
                worst = fmax(worst, fabs(gap_s(back, tt)));
            }
        }
    }
    CHECK(worst < 1e-6);
    NEAR_ABS(worst, 0, 2e-7);                       /* a MET of 5e8 s has steps of 6e-8 s */
}

static void test_names(void)
{
    fe_time t;
    fe_err err = { 0 };

    CHECK(fe_timescale_parse("tt") == FE_SCALE_TT && fe_timescale_parse("Utc") == FE_SCALE_UTC);
    CHECK(fe_timescale_parse("LOCAL") == -1 && fe_timescale_parse("") == -1);
    CHECK(isnan(fe_time_tt("LOCAL", 59000, 0.5)) && isnan(fe_time_tt("TT", NAN, 0)));
    NEAR_ABS(fe_time_tt("UTC", 59000, 0.5), 59000.5 + 69.184 / S_PER_DAY, 1e-11);
    CHECK(fe_time_convert((fe_time){ 30000, 0 }, FE_SCALE_UTC, FE_SCALE_TT, &t, &err) < 0);
    SAME_STR(err.text, "MJD 30000: there is no UTC before 1960 (MJD 36934)");
    CHECK(fe_time_convert((fe_time){ 2453946, 0.4 }, FE_SCALE_TAI, FE_SCALE_TT, &t, &err) < 0 && err.code == FE_EDATA);
    CHECK(fe_time_convert((fe_time){ NAN, NAN }, FE_SCALE_TT, FE_SCALE_TT, &t, &err) < 0);
    t = fe_time_of(53945.75, -0.25);
    CHECK(t.day == 53945 && t.fraction == 0.5);
    t = fe_time_of(53945, -1e-20);
    CHECK(t.day == 53945 && t.fraction == 0);
    t = fe_time_of(53945.75, 10.5);
    CHECK(t.day == 53956 && t.fraction == 0.25);
    t = fe_time_add_s((fe_time){ 53945, 0.5 }, -86400 * 3 - 21600);
    CHECK(t.day == 53942 && t.fraction == 0.25);
}

/* ---- texts ---------------------------------------------------------------------------------------------------- */

static void test_iso(void)
{
    for (size_t i = 0; i < N_INSTANTS; i++) {
        fe_timescale scale = instants[i].scale;
        fe_str text = { 0 };
        fe_err err = { 0 };
        fe_time t;

        CHECK_MSG(fe_time_parse(instants[i].iso, &scale, &t, &err) == 0, err.text);
        NEAR_ABS(gap_s(t, instants[i].in[scale]), 0, 1e-9);
        fe_time_print_iso(t, scale, 6, &text);
        CHECK_MSG(!strncmp(text.s, instants[i].iso, strlen(instants[i].iso)), text.s);
        CHECK(strlen(text.s) == 26);
        fe_str_free(&text);
    }
}

static const char *says(const char *text, fe_timescale scale)
{
    static fe_err err;
    fe_time t;

    err = (fe_err){ 0 };
    if (fe_time_parse(text, &scale, &t, &err) == 0)
        return "accepted";
    return err.code == FE_EUSAGE && isnan(t.day) ? err.text : "wrong code";
}

static int reads(const char *text, double day, double fraction, fe_timescale want)
{
    fe_timescale scale = FE_SCALE_TT;
    fe_err err = { 0 };
    fe_time t;
    int ok = fe_time_parse(text, &scale, &t, &err) == 0 && fabs(gap_s(t, (fe_time){ day, fraction })) < 1e-9 &&
             scale == want;

    if (!ok)
        printf("'%s': %.0f + %.17g %s '%s'\n", text, t.day, t.fraction, fe_timescales[scale], err.text);
    return ok;
}

static void test_typed(void)
{
    CHECK(reads("53945.9", 53945, 0.9, FE_SCALE_TT));
    CHECK(reads(" MJD 53945.9 ", 53945, 0.9, FE_SCALE_TT));
    CHECK(reads("mjd53945", 53945, 0, FE_SCALE_TT));
    CHECK(reads("53945.12345678901234 tai", 53945, 0.12345678901234, FE_SCALE_TAI));
    CHECK(reads("53945.99999999999999", 53945, 0.99999999999999, FE_SCALE_TT));
    CHECK(reads("JD 2453946.4", 53945, 0.9, FE_SCALE_TT));
    CHECK(reads("jd2453946.25 UTC", 53945, 0.75, FE_SCALE_UTC));
    CHECK(reads("2006-07-29", 53945, 0, FE_SCALE_TT));
    CHECK(reads("2006-07-29T21:36", 53945, 0.9, FE_SCALE_TT));
    CHECK(reads("2006-07-29 21:36:00", 53945, 0.9, FE_SCALE_TT));
    CHECK(reads("2006-07-29t21:36:00.000001Z", 53945, 0.9 + 1e-6 / S_PER_DAY, FE_SCALE_UTC));
    CHECK(reads("2006-07-29T21:36:00 TDB", 53945, 0.9, FE_SCALE_TDB));
    CHECK(reads("2006-07-29 utc", 53945, 0, FE_SCALE_UTC));
}

static void test_typed_badly(void)
{
    static const char *const bad[] = { "", " ", "abc", "MJD", "2006-07", "2006-7-29", "2006-07-29T", "2006-07-29T21",
        "2006-07-29T21:36:0", "2006-07-29T21:36:", "2006-07-29T21:36:00 LOCAL", "53945.9.1", "53945.9d", "53945,9", "nan",
        "inf", "0x10", "53945.9e", "2006-07-29T21:36:00+02:00", "UTC", "53945. 9" };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_MSG(strstr(says(bad[i], FE_SCALE_TT), "is not a time, expected one like"), bad[i]);
    SAME_STR(says("2453946.4", FE_SCALE_TT),
             "'2453946.4' is not an MJD from 0 to 200000 (a Julian date is written JD 2453946.4)");
    CHECK(strstr(says("-5", FE_SCALE_TT), "is not an MJD from 0"));
    CHECK(strstr(says("JD 2000000", FE_SCALE_TT), "is not an MJD from 0"));
    CHECK(strstr(says("2006-13-29", FE_SCALE_TT), "is not a day of the calendar"));
    CHECK(strstr(says("2006-02-30", FE_SCALE_TT), "is not a day of the calendar"));
    CHECK(strstr(says("2006-02-03T24:00", FE_SCALE_TT), "is not a day of the calendar"));
    SAME_STR(says("2016-12-31T23:59:60", FE_SCALE_UTC), "accepted");
    SAME_STR(says("2016-12-31T23:59:60", FE_SCALE_TT), "'2016-12-31T23:59:60': there is no second 60 in TT on that day");
    CHECK(strstr(says("2015-12-31T23:59:60", FE_SCALE_UTC), "there is no second 60 in UTC"));
    CHECK(strstr(says("2016-12-31T22:59:60", FE_SCALE_UTC), "there is no second 60 in UTC"));
}

static void test_parse_tt(void)
{
    fe_err err = { 0 };
    double mjd;

    CHECK(fe_time_parse_tt("2017-01-01T00:00:00Z", FE_SCALE_TT, &mjd, &err) == 0);
    NEAR_ABS(mjd, 57754 + 69.184 / S_PER_DAY, 1e-11);
    CHECK(fe_time_parse_tt("57754", FE_SCALE_UTC, &mjd, &err) == 0);
    NEAR_ABS(mjd, 57754 + 69.184 / S_PER_DAY, 1e-11);
    CHECK(fe_time_parse_tt("1950-01-01", FE_SCALE_UTC, &mjd, &err) < 0 && err.code == FE_EUSAGE && isnan(mjd));
}

static const char *mjd_text(double day, double fraction)
{
    static fe_str text;

    fe_str_free(&text);
    fe_time_print_mjd((fe_time){ day, fraction }, &text);
    return text.s;
}

static const char *iso_text(double day, double fraction, int n_digits)
{
    static fe_str text;

    fe_str_free(&text);
    fe_time_print_iso((fe_time){ day, fraction }, FE_SCALE_UTC, n_digits, &text);
    return text.s;
}

static void test_print(void)
{
    SAME_STR(mjd_text(53945, 0.9), "53945.9");
    SAME_STR(mjd_text(53945, 0), "53945.0");
    SAME_STR(mjd_text(53945, 0.12345678901234), "53945.12345678901234");
    SAME_STR(mjd_text(53945, 0.999999999999999), "53946.0");
    SAME_STR(mjd_text(-1, 0.25), "-0.75");
    SAME_STR(mjd_text(-1, 0), "-1.0");
    SAME_STR(mjd_text(NAN, NAN), "nan");
    SAME_STR(iso_text(57753, 86400.999 / 86401, 3), "2016-12-31T23:59:60.999");
    SAME_STR(iso_text(57753, 86400.999 / 86401, 2), "2017-01-01T00:00:00.00");
    SAME_STR(iso_text(57753, 0, 0), "2016-12-31T00:00:00");
    SAME_STR(iso_text(NAN, NAN, 3), "nan");
    CHECK(reads(mjd_text(53945, 0.12345678901234), 53945, 0.12345678901234, FE_SCALE_TT));
    mjd_text(0, 0);
}

int main(void)
{
    test_scales();
    test_leap_seconds();
    test_round_trips();
    test_names();
    test_iso();
    test_typed();
    test_typed_badly();
    test_parse_tt();
    test_print();
    return check_done();
}
