/* base/expr and the columns of an estimate it sees. */
#include "check.h"

#include "base/expr.h"
#include "base/mem.h"
#include "types/estimate.h"

static bool columns(void *ctx, const char *name, fe_value *v)
{
    (void)ctx;
    if (!strcmp(name, "a"))             v->number = 3;
    else if (!strcmp(name, "b"))        v->number = -2;
    else if (!strcmp(name, "missing"))  v->number = NAN;
    else if (!strcmp(name, "obs"))      v->text = "23523";
    else if (!strcmp(name, "name"))     v->text = "crab";
    else if (!strcmp(name, "status"))   *v = (fe_value){ 4, "LOWOFF" };
    else return false;
    return true;
}

static double value(const char *text)
{
    fe_err err = { 0 };
    fe_expr *e = fe_expr_parse(text, &err);
    fe_value v = { NAN, NULL };

    CHECK_MSG(e, text);
    if (e)
        CHECK_MSG(fe_expr_eval(e, columns, NULL, &v, &err) == 0, text);
    fe_expr_free(e);
    return v.number;
}

static const char *failure(const char *text)
{
    static fe_err err;
    fe_expr *e = fe_expr_parse(text, &err);
    bool truth;

    if (e)
        CHECK_MSG(fe_expr_is_true(e, columns, NULL, &truth, &err) == -1, text);
    CHECK(err.code == FE_EUSAGE);
    fe_expr_free(e);
    return err.text;
}

static void test_values(void)
{
    const struct { const char *text; double want; } cases[] = {
        { "1+2*3", 7 }, { "(1+2)*3", 9 }, { "8/4/2", 1 }, { "8-4-2", 2 }, { "-a+1", -2 }, { "2*-b", 4 }, { "- -2", 2 },
        { "a<4", 1 }, { "a<=3", 1 }, { "a>=3.5", 0 }, { "a!=3", 0 }, { "a==3", 1 }, { "a>3", 0 }, { "1e-3<.01", 1 },
        { "a<4 and b<0", 1 }, { "a<4 and b>0 or a==3", 1 }, { "a==3 or nothing<1", 1 }, { "a==4 and nothing<1", 0 },
        { "not a<4", 0 }, { "not (a<4) or b<0", 1 }, { "not a>4 and b<0", 1 }, { "not not a<4", 1 },
        { "missing<2", 0 }, { "missing==missing", 0 }, { "missing!=missing", 1 }, { "not missing<2", 1 },
        { "isnan(missing)", 1 }, { "isnan(a)", 0 }, { "not isnan( a )", 1 }, { "isnan(nan)", 1 }, { "isnan(name)", 0 },
        { "name=='crab'", 1 }, { "name!=\"crab\"", 0 }, { "name=='Crab'", 0 }, { "name<'d'", 1 },
        { "obs==23523", 1 }, { "obs=='23523'", 1 }, { "obs>23000", 1 }, { "name==1", 0 }, { "name!=1", 1 },
        { "status==4", 1 }, { "status=='LOWOFF'", 1 }, { "status!=''", 1 }, { "a<b", 0 }, { "a > b", 1 }
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        near_(value(cases[i].text), cases[i].want, 0, 0, cases[i].text, __FILE__, __LINE__);
    CHECK(isnan(value("missing+1")));
}

static void test_failures(void)
{
    char deep[5000];

    SAME_STR(failure("sqrt_ts << 2"),
             "expression 'sqrt_ts << 2', character 10: found '<', expected a column name, a number, a string or '('");
    SAME_STR(failure("a = 3"), "expression 'a = 3', character 3: found '=', expected '=='");
    SAME_STR(failure("a <"),
             "expression 'a <', character 4: found the end, expected a column name, a number, a string or '('");
    SAME_STR(failure(""),
             "expression '', character 1: found the end, expected a column name, a number, a string or '('");
    SAME_STR(failure("(a < 3"), "expression '(a < 3', character 7: found the end, expected an operator or ')'");
    SAME_STR(failure("a < 3 b"), "expression 'a < 3 b', character 7: found 'b', expected an operator or the end");
    SAME_STR(failure("a and or b"),
             "expression 'a and or b', character 7: found 'or', expected a column name, a number, a string or '('");
    SAME_STR(failure("name == 'crab"), "expression 'name == 'crab', character 9: found ''', expected a closing quote");
    SAME_STR(failure("isnan a"), "expression 'isnan a', character 7: found 'a', expected '(' after isnan");
    SAME_STR(failure("nothing < 2"), "expression 'nothing < 2': there is no column 'nothing'");
    SAME_STR(failure("name + 1"), "expression 'name + 1': 'crab' is a text, expected a number");
    memset(deep, '(', sizeof deep);
    deep[sizeof deep - 1] = 0;
    CHECK(strstr(failure(deep), "less nesting"));
    for (size_t i = 0; i + 1 < sizeof deep; i++)
        deep[i] = i % 2 ? '+' : '1';
    deep[sizeof deep - 2] = 0;
    CHECK(strstr(failure(deep), "more than 1000 terms"));
}

static double look(const fe_estimate *e, const char *name, size_t row)
{
    bool found;
    double x = fe_estimate_lookup(e, name, row, &found);

    return found ? x : INFINITY;
}

static fe_estimate *three_rows(void)
{
    fe_estimate *e = fe_estimate_new();
    const double sqrt_ts[] = { 5, 1.5, NAN };

    fe_estimate_add_rows(e, 3);
    for (size_t i = 0; i < 3; i++) {
        fe_estimate_quantity(e, FE_Q_SQRT_TS)[i] = sqrt_ts[i];
        fe_estimate_quantity(e, FE_Q_STATUS)[i] = i == 2 ? FE_STATUS_EMPTY | FE_STATUS_BADINPUT : 0;
        fe_estimate_member(e, FE_SED_LIKELIHOOD, FE_UL)[i] = (double)i;
        fe_estimate_member(e, FE_SED_E2DNDE, FE_VALUE)[i] = 10 + (double)i;
    }
    fe_estimate_key(e, FE_KEY_E_MIN)[1] = 0.5;
    fe_estimate_ref(e, FE_SED_DNDE)[0] = 1e-12;
    fe_table_add(e->rest, "run", FE_COL_STRING, "", 1)->v.s[1] = fe_strdup("23526");
    fe_table_add(e->rest, "zenith", FE_COL_DOUBLE, "deg", 1)->v.d[1] = 20;
    fe_estimate_set_source(e, 0, "Crab");
    return e;
}

static void test_lookup(void)
{
    fe_estimate *e = three_rows();

    CHECK(look(e, "norm_ul", 2) == 2 && look(e, "e2dnde", 1) == 11 && look(e, "e_min", 1) == 0.5);
    CHECK(look(e, "ref_dnde", 0) == 1e-12 && look(e, "zenith", 1) == 20 && look(e, "sqrt_ts", 0) == 5);
    CHECK(isinf(look(e, "dnde", 0)) && isinf(look(e, "norm", 0)) && isinf(look(e, "ts", 0)));
    fe_estimate_free(e);

    e = fe_estimate_new();              /* published: ts, but no sqrt_ts */
    fe_estimate_add_rows(e, 2);
    for (size_t i = 0; i < 2; i++) {
        fe_estimate_quantity(e, FE_Q_TS)[i] = 9;
        fe_estimate_member(e, FE_SED_FLUX, FE_VALUE)[i] = i ? -1e-12 : 1e-12;
    }
    CHECK(look(e, "sqrt_ts", 0) == 3 && look(e, "sqrt_ts", 1) == -3);
    fe_estimate_free(e);
}

static bool test_row(const fe_estimate *e, size_t row, const char *text)
{
    fe_err err;
    fe_expr *expr = fe_expr_parse(text, &err);
    bool truth = false;

    CHECK_MSG(expr && fe_estimate_test(e, row, expr, &truth, &err) == 0, text);
    fe_expr_free(expr);
    return truth;
}

static void test_rows(void)
{
    fe_estimate *e = three_rows();

    CHECK(test_row(e, 0, "source == 'Crab'") && test_row(e, 1, "source == ''"));
    CHECK(test_row(e, 1, "run == 23526 and zenith < 30") && !test_row(e, 0, "run == 23526"));
    CHECK(test_row(e, 2, "status == 'EMPTY|BADINPUT'") && test_row(e, 2, "status > 0"));
    CHECK(test_row(e, 0, "status == ''") && test_row(e, 0, "status == 0"));
    fe_estimate_free(e);
}

static void test_ul_rule(void)
{
    fe_estimate *e = three_rows();
    fe_err err;

    CHECK(fe_estimate_apply_ul_rule(e, NULL, &err) == 0);
    CHECK(e->q[FE_Q_IS_UL][0] == 0 && e->q[FE_Q_IS_UL][1] == 1 && e->q[FE_Q_IS_UL][2] == 0);
    SAME_STR(e->ul_rule, "sqrt_ts<2");
    e->q[FE_Q_IS_UL][0] = 1;
    CHECK(fe_estimate_apply_ul_rule(e, NULL, &err) == 0 && e->q[FE_Q_IS_UL][0] == 1);       /* stored: it stays */
    CHECK(fe_estimate_apply_ul_rule(e, "norm_ul>1 or isnan(sqrt_ts)", &err) == 0);
    CHECK(e->q[FE_Q_IS_UL][0] == 0 && e->q[FE_Q_IS_UL][1] == 0 && e->q[FE_Q_IS_UL][2] == 1);
    CHECK(fe_estimate_apply_ul_rule(e, "nosuch<2", &err) == -1 && err.code == FE_EUSAGE);
    SAME_STR(e->ul_rule, "norm_ul>1 or isnan(sqrt_ts)");
    fe_estimate_free(e);

    e = fe_estimate_new();
    fe_estimate_add_rows(e, 1);
    CHECK(fe_estimate_apply_ul_rule(e, NULL, &err) == 0 && !e->q[FE_Q_IS_UL]);      /* nothing to decide with */
    fe_estimate_free(e);
}

int main(void)
{
    test_values();
    test_failures();
    test_lookup();
    test_rows();
    test_ul_rule();
    return check_done();
}
