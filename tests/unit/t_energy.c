/* phys/energy: the language of edges, and snapping. */
#include "check.h"
#include "phys/energy.h"

static void check_list(const char *text, size_t n_bins, const double *edge_TeV)
{
    fe_edges e;
    fe_err err = { FE_OK, "" };

    CHECK_MSG(fe_edges_parse(text, &e, &err) == 0, text);
    CHECK_MSG(e.kind == FE_EDGES_LIST && e.n_bins == n_bins, text);
    for (size_t i = 0; i <= n_bins && e.n_bins == n_bins; i++)
        near_(e.edge_TeV[i], edge_TeV[i], 1e-15, 0, text, __FILE__, __LINE__);
    fe_edges_free(&e);
    CHECK(!e.edge_TeV);
}

#define LIST(text, ...) \
    check_list(text, sizeof (double[]){ __VA_ARGS__ } / sizeof (double) - 1, (const double[]){ __VA_ARGS__ })

static void check_lists(void)
{
    LIST("0.3,1,3,10TeV", 0.3, 1, 3, 10);
    LIST("0.3, 1, 3, 10 TeV", 0.3, 1, 3, 10);
    LIST("300GeV,1TeV,10TeV", 0.3, 1, 10);
    LIST("100,300GeV,1,10TeV", 0.1, 0.3, 1, 10);
    LIST("300GeV,500,900", 0.3, 0.5, 0.9);
    LIST("1:10TeV", 1, 10);
    LIST("500GeV:50TeV", 0.5, 50);
    LIST("0.1:100TeV:3", 0.1, 1, 10, 100);
    LIST("0.1TeV:100:3", 0.1, 1, 10, 100);
    LIST("1:100TeV:2/dec", 1, 3.1622776601683795, 10, 31.622776601683793, 100);
    LIST("1:1.1TeV:2/dec", 1, 1.1);
}

static void check_ten_log_bins(void)
{
    fe_edges e;

    CHECK(fe_edges_parse("0.5:50TeV:10", &e, NULL) == 0);
    CHECK(e.n_bins == 10 && e.edge_TeV[0] == 0.5 && e.edge_TeV[10] == 50);
    for (size_t i = 0; i < 10; i++)
        NEAR(e.edge_TeV[i + 1] / e.edge_TeV[i], pow(100, 0.1), 1e-14);
    fe_edges_free(&e);
    CHECK(fe_edges_parse("0.5:50TeV:5/dec", &e, NULL) == 0 && e.n_bins == 10);
    fe_edges_free(&e);
}

static void check_words(void)
{
    fe_edges e;

    CHECK(fe_edges_parse("all", &e, NULL) == 0 && e.kind == FE_EDGES_ALL && !e.edge_TeV);
    CHECK(fe_edges_parse("min-sig=3", &e, NULL) == 0 && e.kind == FE_EDGES_MIN_SIG && e.threshold == 3);
    CHECK(fe_edges_parse("min-counts=20", &e, NULL) == 0 && e.kind == FE_EDGES_MIN_COUNTS && e.threshold == 20);
}

static void check_refused(void)
{
    static const struct { const char *text, *message; } bad[] = {
        { "1,10", "'1' has no unit, expected one like TeV" },
        { "1TeV", "one energy edge makes no bin, expected at least two, like 1,10TeV" },
        { "", "one energy edge makes no bin, expected at least two, like 1,10TeV" },
        { "1,,10TeV", "energy edge '' is not an energy, expected one like 1TeV" },
        { "1,x,10TeV", "energy edge 'x' is not an energy, expected one like 1TeV" },
        { "1,10s", "'1s' does not convert to TeV" },
        { "1,3,2TeV", "energy edge 2 TeV follows 3 TeV, expected ascending edges" },
        { "0,3TeV", "energy edge '0' is not above 0 and finite" },
        { "1,inf TeV", "energy edge 'inf TeV' is not above 0 and finite" },
        { "10:1TeV", "energy range from 10 to 1 TeV is empty" },
        { "1:10TeV:0", "'0' is not a number of bins, expected one like 10 or 5/dec" },
        { "1:10TeV:2.5", "'2.5' is not a number of bins, expected one like 10 or 5/dec" },
        { "1:10TeV:3/oct", "'3/oct' is not a number of bins, expected one like 10 or 5/dec" },
        { "1:10TeV:1e9", "1e+09 energy bins, expected at most 10000" },
        { "1:10TeV:3:4", "energy range of 4 parts, expected MIN:MAX, MIN:MAX:N or MIN:MAX:N/dec" },
        { "(1:10TeV)", "energy range of 1 parts, expected MIN:MAX, MIN:MAX:N or MIN:MAX:N/dec" },
        { "(1,10TeV)", "energy edge '(1,10TeV)' is not an energy, expected one like 1TeV" },
        { "min-sig=x", "'x' in min-sig=x is not a positive number" },
        { "min-sig=-3", "'-3' in min-sig=-3 is not a positive number" },
        { "min-counts=inf", "'inf' in min-counts=inf is not a positive number" }
    };
    fe_edges e;
    fe_err err;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK_MSG(fe_edges_parse(bad[i].text, &e, &err) < 0 && err.code == FE_EUSAGE && !e.edge_TeV, bad[i].text);
        check_(!strcmp(err.text, bad[i].message), err.text, __FILE__, __LINE__);
    }
}

static void check_snapping(void)
{
    static const double axis[] = { 0.1, 1, 10, 100 }, from_0[] = { 0, 1, 10 }, linear[] = { 1, 2, 4 };

    CHECK(fe_edge_nearest(axis, 3, 0.01) == 0 && fe_edge_nearest(axis, 3, 1000) == 3);
    CHECK(fe_edge_nearest(axis, 3, 0.1) == 0 && fe_edge_nearest(axis, 3, 1) == 1 && fe_edge_nearest(axis, 3, 100) == 3);
    CHECK(fe_edge_nearest(axis, 3, 3.1) == 1 && fe_edge_nearest(axis, 3, 3.2) == 2);      /* sqrt(10) = 3.162 */
    CHECK(fe_edge_nearest(axis, 3, 5) == 2);                      /* nearest in log, not in energy: 5 is closer to 1 */
    CHECK(fe_edge_nearest(linear, 2, sqrt(2) * (1 - 1e-12)) == 0 && fe_edge_nearest(linear, 2,
          sqrt(8) * (1 + 1e-12)) == 2);
    CHECK(fe_edge_nearest(from_0, 2, 0.1) == 0 && fe_edge_nearest(from_0, 2, 0.9) == 1 && fe_edge_nearest(from_0, 2,
          0.6) == 0);
    CHECK(fe_edge_nearest(from_0, 2, 0) == 0 && fe_edge_nearest(axis, 3, NAN) == 0);
    CHECK(fe_edge_same(1, 1 + 5e-7) && fe_edge_same(0.1, (double)0.1f) && !fe_edge_same(1, 1.00001));
}

/* Half way goes to the even edge, at the bottom of a bin as at its top. */
static void check_half_way(void)
{
    static const double axis[] = { 1, 4, 16, 64, 256 };

    CHECK(fe_edge_nearest(axis, 4, 2) == 0 && fe_edge_nearest(axis, 4, 8) == 2);
    CHECK(fe_edge_nearest(axis, 4, 32) == 2 && fe_edge_nearest(axis, 4, 128) == 4);
}

int main(void)
{
    check_lists();
    check_ten_log_bins();
    check_words();
    check_refused();
    check_snapping();
    check_half_way();
    return check_done();
}
