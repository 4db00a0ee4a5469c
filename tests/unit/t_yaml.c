/* YAML trees: models files, ECSV headers, JSON, and what must be refused. */
#include "io/yaml.h"
#include "check.h"

static fe_yaml *parse(const char *text, fe_err *err)
{
    *err = (fe_err){ FE_OK, "" };
    return fe_yaml_parse(text, strlen(text), "x.yaml", err);
}

static void reads(void)
{
    fe_err err;
    fe_yaml *y = parse("components:\n- name: crab\n  spectral:\n    parameters:\n    - {name: index, value: 2.5, min: .nan}\n"
                       "    - name: amplitude\n      value: 3.0e-11\n", &err);
    const fe_yaml_node *crab, *pars;

    CHECK(y != NULL);
    crab = fe_yaml_item(fe_yaml_get(fe_yaml_root(y), "components"), 0);
    SAME_STR(fe_yaml_text(fe_yaml_get(crab, "name")), "crab");
    pars = fe_yaml_get(fe_yaml_get(crab, "spectral"), "parameters");
    CHECK(fe_yaml_size(pars) == 2);
    NEAR(fe_yaml_number(fe_yaml_get(fe_yaml_item(pars, 0), "value")), 2.5, 0);
    CHECK(isnan(fe_yaml_number(fe_yaml_get(fe_yaml_item(pars, 0), "min"))));
    NEAR(fe_yaml_number(fe_yaml_get(fe_yaml_item(pars, 1), "value")), 3e-11, 0);
    CHECK(fe_yaml_line(fe_yaml_item(pars, 1)) == 6);
    CHECK(fe_yaml_get(pars, "name") == NULL && fe_yaml_item(crab, 0) == NULL && fe_yaml_text(crab) == NULL);
    fe_yaml_free(y);

    y = parse("{\"a\": [1, -2.5e3, null], \"b\": {\"c\": \"x y\"}}", &err);
    NEAR(fe_yaml_number(fe_yaml_item(fe_yaml_get(fe_yaml_root(y), "a"), 1)), -2500.0, 0);
    SAME_STR(fe_yaml_text(fe_yaml_get(fe_yaml_get(fe_yaml_root(y), "b"), "c")), "x y");
    SAME_STR(fe_yaml_key(fe_yaml_root(y), 1), "b");
    fe_yaml_free(y);

    y = parse("!!omap\n- {SED_TYPE: dnde}\n- x: !astropy.units.Unit {unit: 1 / (cm2 s)}\n", &err);
    SAME_STR(fe_yaml_text(fe_yaml_get(fe_yaml_item(fe_yaml_root(y), 0), "SED_TYPE")), "dnde");
    CHECK(isinf(fe_yaml_number(NULL)) == 0 && isnan(fe_yaml_number(NULL)));
    fe_yaml_free(y);
}

static void refuses(void)
{
    static const char *const bad[] = { "", "# only a comment\n", "a: [1, 2", "a: b: c", "a: &x 1\nb: *x\n", "{[1]: 2}",
                                       "--- 1\n--- 2\n", "\t- x", "a: \"open" };
    char deep[1001];
    fe_err err;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK_MSG(parse(bad[i], &err) == NULL, bad[i]);
        CHECK_MSG(err.code == FE_EDATA && strstr(err.text, "x.yaml: line "), err.text);
    }
    memset(deep, '[', 1000);
    deep[1000] = 0;
    CHECK(parse(deep, &err) == NULL);
    CHECK_MSG(strstr(err.text, "nested too deeply") != NULL, err.text);
}

int main(void)
{
    reads();
    refuses();
    return check_done();
}
