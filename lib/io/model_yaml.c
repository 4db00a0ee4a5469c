/* gammapy's models YAML -> models (formats 9.2): keys equal to the default of the class, also frozen, may be missing. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/note.h"
#include "io/model_io.h"
#include "io/yaml.h"
#include "phys/spectrum_ebl.h"
#include "phys/units.h"

typedef struct parser {
    const char *file;
    fe_err *err;
} parser;

static int complain(const parser *p, const fe_yaml_node *node, const char *what, const char *found,
                    const char *expected)
{
    return fe_fail(p->err, FE_EDATA, &(fe_where){ p->file, NULL, 0 }, "line %ld: %s%s%s%s%s%s", fe_yaml_line(node),
                   what, found ? " '" : "", found ? found : "", found ? "'" : "", expected ? ", expected " : "",
                   expected ? expected : "");
}

static const char *text_of(const fe_yaml_node *map, const char *key)
{
    return fe_yaml_text(fe_yaml_get(map, key));
}

/* ---- parameters --------------------------------------------------------------------------------------------- */

/* Factor from the unit the node states to ours; without one it is that of the class. */
static int factor_of(const parser *p, const fe_yaml_node *node, const char *unit, double *factor)
{
    const fe_yaml_node *stated = fe_yaml_get(node, "unit");

    *factor = 1;
    if (!stated || !fe_yaml_text(stated))
        return 0;
    if (fe_unit_factor(fe_yaml_text(stated), unit, factor, NULL) < 0)
        return complain(p, stated, "unit", fe_yaml_text(stated), *unit ? unit : "none");
    return 0;
}

/* A number that may be missing or .nan. */
static double number_or(const fe_yaml_node *node, const char *key, double missing)
{
    const fe_yaml_node *value = fe_yaml_get(node, key);
    double x = fe_yaml_number(value);

    return value && !isnan(x) ? x : missing;
}

static int read_value(const parser *p, const fe_yaml_node *node, const char *name, double factor, double *x)
{
    const fe_yaml_node *value = fe_yaml_get(node, "value");
    fe_str what = { 0 };

    if (value && isfinite(fe_yaml_number(value))) {
        *x = fe_yaml_number(value) * factor;
        return 0;
    }
    fe_str_addf(&what, value ? "parameter %s is" : "parameter %s has no value", name);
    (void)complain(p, value ? value : node, what.s, value ? fe_yaml_text(value) ? fe_yaml_text(value) : "a list" : NULL,
                   "a number");
    fe_str_free(&what);
    return -1;
}

static int read_par(const parser *p, const fe_yaml_node *node, const char *name, const char *unit, fe_par *par)
{
    const char *frozen = text_of(node, "frozen");
    double factor;

    if (factor_of(p, node, unit, &factor) < 0 || read_value(p, node, name, factor, &par->value) < 0)
        return -1;
    if (!strcmp(unit, "TeV") && !(par->value > 0))
        return complain(p, node, "parameter is not above 0:", name, NULL);
    par->error = number_or(node, "error", 0) * factor;
    par->min = number_or(node, "min", NAN) * factor;
    par->max = number_or(node, "max", NAN) * factor;
    if (frozen)
        par->frozen = !strcasecmp(frozen, "true");
    return 0;
}

static int unknown_par(const parser *p, const fe_yaml_node *node, const char *name, const fe_spectrum *s)
{
    fe_str known = { 0 };

    for (size_t i = 0; i < s->kind->n_par; i++)
        fe_str_addf(&known, "%s%s", i ? ", " : "one of ", s->kind->par[i].name);
    (void)complain(p, node, "unknown parameter", name ? name : "", known.s);
    fe_str_free(&known);
    return -1;
}

static int read_pars(const parser *p, const fe_yaml_node *node, fe_spectrum *s)
{
    const fe_yaml_node *list = fe_yaml_get(node, "parameters");

    for (size_t i = 0; i < fe_yaml_size(list); i++) {
        const fe_yaml_node *item = fe_yaml_item(list, i);
        const char *name = text_of(item, "name");
        fe_par *par = name ? fe_spectrum_par(s, name) : NULL;

        if (!par)
            return unknown_par(p, item ? item : list, name, s);
        if (read_par(p, item, name, s->kind->par[par - s->par].unit, par) < 0)
            return -1;
    }
    return 0;
}

/* ---- nodes -------------------------------------------------------------------------------------------------- */

/* {data: [...], unit: ...}; the array is the caller's. */
static int read_list(const parser *p, const fe_yaml_node *map, const char *key, const char *unit, size_t *n, double **x)
{
    const fe_yaml_node *node = fe_yaml_get(map, key), *data = fe_yaml_get(node, "data");
    double factor;

    if (!fe_yaml_size(data) || fe_yaml_is_map(data))
        return complain(p, node ? node : map, "no list of", key, "{data: [...], unit: ...}");
    if (factor_of(p, node, unit, &factor) < 0)
        return -1;
    *n = fe_yaml_size(data);
    *x = FE_NEWN(double, *n);
    for (size_t i = 0; i < *n; i++) {
        (*x)[i] = fe_yaml_number(fe_yaml_item(data, i)) * factor;
        if (!isfinite((*x)[i]))
            return complain(p, fe_yaml_item(data, i), "not a number:", fe_yaml_text(fe_yaml_item(data, i)), NULL);
    }
    return 0;
}

/* Norms of a piecewise norm are parameters norm_0, norm_1 ... in the order of the energies. */
static int read_norms(const parser *p, const fe_yaml_node *node, size_t *n, double **x)
{
    const fe_yaml_node *list = fe_yaml_get(node, "parameters");

    *n = fe_yaml_size(list);
    *x = FE_NEWN(double, *n);
    for (size_t i = 0; i < *n; i++) {
        const fe_yaml_node *item = fe_yaml_item(list, i);
        const char *name = text_of(item, "name");

        if (read_value(p, item ? item : list, name ? name : "norm", 1, &(*x)[i]) < 0)
            return -1;
    }
    return 0;
}

static int check_nodes(const parser *p, const fe_yaml_node *node, const double *e, size_t n_e, const double *y,
                       size_t n_y)
{
    if (n_e != n_y || n_e < 2)
        return fe_fail(p->err, FE_EDATA, &(fe_where){ p->file, NULL, 0 },
                       "line %ld: %zu energies and %zu values, expected two or more of each", fe_yaml_line(node), n_e,
                       n_y);
    for (size_t i = 0; i < n_e; i++)
        if (!(e[i] > (i ? e[i - 1] : 0)) || !(y[i] >= 0))
            return fe_fail(p->err, FE_EDATA, &(fe_where){ p->file, NULL, 0 },
                           "line %ld: node %zu is %g at %g TeV, expected ascending energies and values of at least 0",
                           fe_yaml_line(node), i + 1, y[i], e[i]);
    return 0;
}

static fe_spectrum *read_nodes(const parser *p, const fe_yaml_node *node, const fe_spectrum_kind *kind)
{
    double *e = NULL, *y = NULL;
    size_t n_e = 0, n_y = 0;
    const char *interp = text_of(node, "interp");
    fe_spectrum *s = NULL;

    if (read_list(p, node, "energy", "TeV", &n_e, &e) == 0 &&
        (kind->is_norm ? read_norms(p, node, &n_y, &y)
                       : read_list(p, node, "values", "cm-2 s-1 TeV-1", &n_y, &y)) == 0 &&
        check_nodes(p, node, e, n_e, y, n_y) == 0)
        s = fe_spectrum_nodes(kind->type, n_e, e, y);
    if (s && kind->is_norm)
        s->node_linear = interp && !strcmp(interp, "lin");
    free(e);
    free(y);
    return s;
}

/* ---- tables of the extragalactic background light ------------------------------------------------------------ */

/* One list of transmissions for each redshift; the array is the caller's. */
static int read_rows(const parser *p, const fe_yaml_node *node, size_t n_z, size_t n_e, double **x)
{
    const fe_yaml_node *rows = fe_yaml_get(fe_yaml_get(node, "values"), "data");

    if (fe_yaml_size(rows) != n_z || fe_yaml_size(fe_yaml_item(rows, 0)) != n_e)
        return complain(p, rows ? rows : node, "table of transmissions of another size", NULL,
                        "one list for each of param, as long as energy");
    *x = FE_NEWN(double, n_z * n_e);
    for (size_t i = 0; i < n_z * n_e; i++)
        (*x)[i] = fe_yaml_number(fe_yaml_item(fe_yaml_item(rows, i / n_e), i % n_e));
    return 0;
}

/* gammapy writes the table itself, or the name of the file it is in. */
static int read_table(const parser *p, const fe_yaml_node *node, fe_spectrum *s)
{
    const char *file = text_of(node, "filename");
    double *e = NULL, *z = NULL, *t = NULL;
    size_t n_e = 0, n_z = 0;
    int rc = -1;

    if (!file)
        file = text_of(node, "reference");
    if (file && !fe_yaml_get(node, "values"))
        return complain(p, node, "the table of this model is not here but in", file, "energy, param and values");
    if (read_list(p, node, "energy", "TeV", &n_e, &e) < 0 || read_list(p, node, "param", "", &n_z, &z) < 0 ||
        read_rows(p, node, n_z, n_e, &t) < 0)
        goto done;
    s->ebl = fe_ebl_new("", n_z, z, n_e, e, t);
    rc = s->ebl ? 0 : complain(p, node, "no table of transmissions", NULL, "ascending energies and values of at least 0");
done:
    free(e);
    free(z);
    free(t);
    return rc;
}

/* ---- spectra ------------------------------------------------------------------------------------------------ */

static int unknown_type(const parser *p, const fe_yaml_node *node, const char *type)
{
    fe_str known = { 0 };

    for (const fe_spectrum_kind *k = fe_spectrum_kinds; k->type; k++)
        fe_str_addf(&known, "%s%s", k == fe_spectrum_kinds ? "one of " : ", ", k->tag);
    fe_str_add(&known, ", compound");
    (void)complain(p, node, type ? "unknown spectral model" : "spectral model without type", type, known.s);
    fe_str_free(&known);
    return -1;
}

static fe_spectrum *read_spectrum(const parser *p, const fe_yaml_node *node);

static fe_spectrum *read_compound(const parser *p, const fe_yaml_node *node)
{
    static const struct { const char *word; char op; } ops[] = { { "mul", '*' }, { "add", '+' }, { "sub", '-' } };
    const char *word = text_of(node, "operator");
    const fe_yaml_node *first = fe_yaml_get(node, "model1"), *second = fe_yaml_get(node, "model2");
    fe_spectrum *left, *right;
    char op = 0;

    for (size_t i = 0; word && i < sizeof ops / sizeof *ops; i++)
        if (!strcmp(word, ops[i].word))
            op = ops[i].op;
    if (!op || !first || !second) {
        if (op)
            (void)complain(p, node, "compound model without model1 and model2", NULL, NULL);
        else
            (void)complain(p, node, "operator", word ? word : "", "mul, add or sub");
        return NULL;
    }
    left = read_spectrum(p, first);
    right = left ? read_spectrum(p, second) : NULL;
    if (right)
        return fe_spectrum_join(op, left, right);
    fe_spectrum_free(left);
    return NULL;
}

static fe_spectrum *read_spectrum(const parser *p, const fe_yaml_node *node)
{
    const char *type = text_of(node, "type");
    fe_spectrum *s;

    if (type && (!strcmp(type, "CompoundSpectralModel") || !strcmp(type, "compound")))
        return read_compound(p, node);
    s = type ? fe_spectrum_new(type) : NULL;
    if (!s) {
        const fe_yaml_node *at = fe_yaml_get(node, "type");

        (void)unknown_type(p, at ? at : node, type);
        return NULL;
    }
    if (fe_spectrum_has_nodes(s)) {
        fe_spectrum *nodes = read_nodes(p, node, s->kind);

        fe_spectrum_free(s);
        return nodes;
    }
    if (read_pars(p, node, s) < 0 || (fe_spectrum_has_table(s) && read_table(p, node, s) < 0)) {
        fe_spectrum_free(s);
        return NULL;
    }
    return s;
}

/* ---- components --------------------------------------------------------------------------------------------- */

/* Start of a 1-based line. */
static const char *line_start(const char *text, long line)
{
    for (; line > 1 && text; line--) {
        text = strchr(text, '\n');
        text = text ? text + 1 : NULL;
    }
    return text;
}

/* The lines of component i as they stand in the file, or NULL when it has no lines of its own. */
static char *component_text(const char *yaml, const fe_yaml_node *list, size_t i)
{
    const char *start = line_start(yaml, fe_yaml_line(fe_yaml_item(list, i))), *end;

    if (!start || start[strspn(start, " ")] != '-')
        return NULL;
    if (i + 1 < fe_yaml_size(list)) {
        end = line_start(yaml, fe_yaml_line(fe_yaml_item(list, i + 1)));
        return end && end > start ? fe_strndup(start, (size_t)(end - start)) : NULL;
    }
    for (end = start; *end && (end == start || *end == ' ' || *end == '\n');)
        end += strcspn(end, "\n") + (end[strcspn(end, "\n")] != 0);
    return fe_strndup(start, (size_t)(end - start));
}

static int read_component(const parser *p, const char *yaml, const fe_yaml_node *list, size_t i, fe_models *models)
{
    const fe_yaml_node *node = fe_yaml_item(list, i), *spectral = fe_yaml_get(node, "spectral");
    const char *type = text_of(node, "type"), *name = text_of(node, "name");
    fe_spectrum *s;

    if (type && strcmp(type, "SkyModel")) {
        fe_note(FE_NOTE_SAID, &(fe_where){ p->file, NULL, 0 }, "line %ld: %s %s is no source and left out",
                fe_yaml_line(node), type, name ? name : "");
        return 0;
    }
    if (!spectral)
        return complain(p, node ? node : list, "a source without spectral model", name, NULL);
    if (name && fe_models_find(models, name))
        return complain(p, node, "two sources with the name", name, NULL);
    if (!(s = read_spectrum(p, spectral)))
        return -1;
    fe_models_add(models, name, s)->yaml = component_text(yaml, list, i);
    return 0;
}

static int read_components(const parser *p, const char *yaml, const fe_yaml_node *root, fe_models *models)
{
    const fe_yaml_node *list = fe_yaml_get(root, "components");

    if (!list || fe_yaml_is_map(list) || fe_yaml_text(list))
        return complain(p, root, "no list of components", NULL, "a models file of gammapy");
    for (size_t i = 0; i < fe_yaml_size(list); i++)
        if (read_component(p, yaml, list, i, models) < 0)
            return -1;
    return models->n ? 0 : complain(p, list, "no source with a spectral model", NULL, NULL);
}

int fe_models_parse_yaml(const char *yaml, const char *file, fe_models **out, fe_err *err)
{
    const parser p = { file, err };
    fe_yaml *tree = fe_yaml_parse(yaml, strlen(yaml), file, err);
    fe_models *models;
    int rc;

    if (!tree)
        return -1;
    models = fe_models_new();
    rc = read_components(&p, yaml, fe_yaml_root(tree), models);
    fe_yaml_free(tree);
    if (rc < 0)
        fe_models_free(models);
    else
        *out = models;
    return rc;
}
