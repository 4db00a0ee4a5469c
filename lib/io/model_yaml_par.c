/* Parameters and lists of numbers in models files (formats 9.2). */
#include "io/model_yaml_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "phys/units.h"

int fe_model_yaml_complain(const fe_model_yaml *p, const fe_yaml_node *node, const char *what, const char *found,
                           const char *expected)
{
    return fe_fail(p->err, FE_EDATA, &(fe_where){ p->file, NULL, 0 }, "line %ld: %s%s%s%s%s%s", fe_yaml_line(node),
                   what, found ? " '" : "", found ? found : "", found ? "'" : "", expected ? ", expected " : "",
                   expected ? expected : "");
}

const char *fe_model_yaml_text(const fe_yaml_node *map, const char *key)
{
    return fe_yaml_text(fe_yaml_get(map, key));
}

/* ---- parameters --------------------------------------------------------------------------------------------- */

/* Factor from the unit the node states to ours; without one it is that of the class. */
static int read_factor(const fe_model_yaml *p, const fe_yaml_node *node, const char *unit, double *factor)
{
    const fe_yaml_node *stated = fe_yaml_get(node, "unit");

    *factor = 1;
    if (!stated || !fe_yaml_text(stated))
        return 0;
    if (fe_unit_factor(fe_yaml_text(stated), unit, factor, NULL) < 0)
        return fe_model_yaml_complain(p, stated, "unit", fe_yaml_text(stated), *unit ? unit : "none");
    return 0;
}

/* A number that may be missing or .nan. */
static double number_or(const fe_yaml_node *node, const char *key, double missing)
{
    const fe_yaml_node *value = fe_yaml_get(node, key);
    double x = fe_yaml_number(value);

    return value && !isnan(x) ? x : missing;
}

int fe_model_yaml_value(const fe_model_yaml *p, const fe_yaml_node *node, const char *name, double factor, double *x)
{
    const fe_yaml_node *value = fe_yaml_get(node, "value");
    fe_str what = { 0 };

    if (value && isfinite(fe_yaml_number(value))) {
        *x = fe_yaml_number(value) * factor;
        return 0;
    }
    fe_str_addf(&what, value ? "parameter %s is" : "parameter %s has no value", name);
    (void)fe_model_yaml_complain(p, value ? value : node, what.s,
                                 value ? fe_yaml_text(value) ? fe_yaml_text(value) : "a list" : NULL, "a number");
    fe_str_free(&what);
    return -1;
}

/* Its name as in covariances, and its unit. */
static void remember(fe_model_yaml *p, const char *name, double factor)
{
    fe_str full = { 0 };

    fe_str_addf(&full, "%s.%s", p->path.s, name);
    FE_GROW(p->par_factor, p->par_name.n, p->cap_factor);
    p->par_factor[p->par_name.n] = factor;
    fe_strv_add(&p->par_name, full.s);
    fe_str_free(&full);
}

int fe_model_yaml_par(fe_model_yaml *p, const fe_yaml_node *node, const char *name, const char *unit, fe_par *par)
{
    const char *frozen = fe_model_yaml_text(node, "frozen"), *link = fe_model_yaml_text(node, "link");
    double factor;

    if (read_factor(p, node, unit, &factor) < 0 || fe_model_yaml_value(p, node, name, factor, &par->value) < 0)
        return -1;
    if (!strcmp(unit, "TeV") && !(par->value > 0))
        return fe_model_yaml_complain(p, node, "parameter is not above 0:", name, NULL);
    par->error = number_or(node, "error", 0) * factor;
    par->min = number_or(node, "min", NAN) * factor;
    par->max = number_or(node, "max", NAN) * factor;
    if (par->min > par->max)
        return fe_model_yaml_complain(p, node, "min is above max of parameter", name, NULL);
    if (frozen)
        par->frozen = !strcasecmp(frozen, "true");
    if (link && *link)
        par->link = fe_models_link(p->models, link);
    remember(p, name, factor);
    return 0;
}

int fe_model_yaml_list(const fe_model_yaml *p, const fe_yaml_node *map, const char *key, const char *unit, size_t *n,
                       double **x)
{
    const fe_yaml_node *node = fe_yaml_get(map, key), *data = fe_yaml_get(node, "data");
    double factor;

    if (!fe_yaml_size(data) || fe_yaml_is_map(data))
        return fe_model_yaml_complain(p, node ? node : map, "no list of", key, "{data: [...], unit: ...}");
    if (read_factor(p, node, unit, &factor) < 0)
        return -1;
    *n = fe_yaml_size(data);
    *x = FE_NEWN(double, *n);
    for (size_t i = 0; i < *n; i++) {
        (*x)[i] = fe_yaml_number(fe_yaml_item(data, i)) * factor;
        if (!isfinite((*x)[i]))
            return fe_model_yaml_complain(p, fe_yaml_item(data, i), "not a number:",
                                          fe_yaml_text(fe_yaml_item(data, i)), NULL);
    }
    return 0;
}
