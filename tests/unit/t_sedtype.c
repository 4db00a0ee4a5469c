/* phys/sedtype: names, units, and what norm 1 is worth. */
#include "check.h"
#include "phys/sedtype.h"
#include "phys/units.h"

static void check_rows(void)
{
    static const char *const names[FE_SED_N] = { "dnde", "e2dnde", "flux", "eflux", "likelihood" };
    double factor;

    for (int t = 0; t < FE_SED_N; t++) {
        const fe_sedtype_row *row = &fe_sedtypes[t];

        SAME_STR(row->name, names[t]);
        CHECK(fe_sedtype_parse(names[t]) == t);
        CHECK_MSG(fe_unit_factor(row->unit, row->out_unit, &factor, NULL) == 0, row->name);
        CHECK(row->help && *row->help);
        CHECK(row->needs_band == (t == FE_SED_FLUX || t == FE_SED_EFLUX));
    }
    CHECK(!fe_sedtypes[FE_SED_LIKELIHOOD].ref_column);
    SAME_STR(fe_sedtypes[FE_SED_LIKELIHOOD].column, "norm");
    SAME_STR(fe_sedtypes[FE_SED_EFLUX].ref_column, "ref_eflux");
    CHECK(fe_sedtype_parse("DNDE") < 0 && fe_sedtype_parse("norm") < 0 && fe_sedtype_parse("") < 0 &&
          fe_sedtype_parse(NULL) < 0);
}

/* phi = 4e-12 E^-2.  Closed forms. */
static void check_worth(void)
{
    fe_spectrum *pl = fe_spectrum_parse("pl:index=2,amplitude=4e-12 cm-2 s-1 TeV-1", NULL);

    NEAR(fe_sedtype_ref(FE_SED_DNDE, pl, 1, 10, 2), 1e-12, 1e-15);
    NEAR(fe_sedtype_ref(FE_SED_E2DNDE, pl, 1, 10, 2), 4e-12, 1e-15);
    NEAR(fe_sedtype_ref(FE_SED_FLUX, pl, 1, 10, 2), 3.6e-12, 1e-15);
    NEAR(fe_sedtype_ref(FE_SED_EFLUX, pl, 1, 10, 2), 4e-12 * log(10), 1e-15);
    CHECK(fe_sedtype_ref(FE_SED_LIKELIHOOD, pl, NAN, NAN, NAN) == 1);
    CHECK(isnan(fe_sedtype_ref(FE_SED_FLUX, pl, NAN, 10, 2)) && isnan(fe_sedtype_ref(FE_SED_EFLUX, pl, 1, INFINITY,
          2)));
    NEAR(fe_sedtype_ref(FE_SED_DNDE, pl, NAN, NAN, 2), 1e-12, 1e-15);
    CHECK(isnan(fe_sedtype_ref(FE_SED_DNDE, pl, 1, 10, NAN)));
    fe_spectrum_free(pl);
}

/* From flux to dnde at the geometric mean of 1 to 10 depends on the index: 0.1111 for 2, 0.0639 for 3. */
static void check_index_matters(void)
{
    static const struct { const char *model; double ratio; } row[] = {
        { "pl:index=2", 0.1 / 0.9 }, { "pl:index=3", 2 / (31.622776601683793 * 0.99) }
    };

    for (size_t i = 0; i < 2; i++) {
        fe_spectrum *pl = fe_spectrum_parse(row[i].model, NULL);

        NEAR(fe_sedtype_ref(FE_SED_DNDE, pl, 1, 10, sqrt(10)) / fe_sedtype_ref(FE_SED_FLUX, pl, 1, 10, sqrt(10)),
             row[i].ratio, 1e-14);
        fe_spectrum_free(pl);
    }
    NEAR_ABS(row[0].ratio, 0.1111, 5e-5);
    NEAR_ABS(row[1].ratio, 0.0639, 5e-5);
}

int main(void)
{
    check_rows();
    check_worth();
    check_index_matters();
    return check_done();
}
