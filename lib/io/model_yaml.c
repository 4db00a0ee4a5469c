/* gammapy's models YAML -> models (formats 9.2): keys equal to the class's default, also frozen, may be missing. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/note.h"
#include "io/beside.h"
#include "io/covariance_io.h"
#include "io/ebl_io.h"
#include "io/model_io.h"
#include "io/model_yaml_parts.h"
#include "io/skymap_io.h"

static int unknown_par(fe_model_yaml *p, const fe_yaml_node *node, const char *name, const fe_spectrum *s)
{
    fe_str known = { 0 };

    for (size_t i = 0; i < s->kind->n_par; i++)
        fe_str_addf(&known, "%s%s", i ? ", " : "one of ", s->kind->par[i].name);
    (void)fe_model_yaml_complain(p, node, "unknown parameter", name ? name : "", known.s);
    fe_str_free(&known);
    return -1;
}

static int read_pars(fe_model_yaml *p, const fe_yaml_node *node, fe_spectrum *s)
{
    const fe_yaml_node *list = fe_yaml_get(node, "parameters");

    for (size_t i = 0; i < fe_yaml_size(list); i++) {
        const fe_yaml_node *item = fe_yaml_item(list, i);
        const char *name = fe_model_yaml_text(item, "name");
        fe_par *par = name ? fe_spectrum_par(s, name) : NULL;

        if (!par)
            return unknown_par(p, item ? item : list, name, s);
        for (size_t k = 0; k < i; k++)
            if (fe_spectrum_par(s, fe_model_yaml_text(fe_yaml_item(list, k), "name")) == par)
                return fe_model_yaml_complain(p, item, "a second parameter", name, NULL);
        if (fe_model_yaml_par(p, item, name, s->kind->par[par - s->par].unit, par) < 0)
            return -1;
    }
    return 0;
}

/* ---- spectra ------------------------------------------------------------------------------------------------ */

static int unknown_type(fe_model_yaml *p, const fe_yaml_node *node, const char *type)
{
    fe_str known = { 0 };

    for (const fe_spectrum_kind *k = fe_spectrum_kinds; k->type; k++)
        fe_str_addf(&known, "%s%s", k == fe_spectrum_kinds ? "one of " : ", ", k->tag);
    fe_str_add(&known, ", compound");
    (void)fe_model_yaml_complain(p, node, type ? "unknown spectral model" : "spectral model without type", type,
                                 known.s);
    fe_str_free(&known);
    return -1;
}

static fe_spectrum *read_spectrum(fe_model_yaml *p, const fe_yaml_node *node);

/* One of two models: its parameters are called by the place of each. */
static fe_spectrum *read_operand(fe_model_yaml *p, const fe_yaml_node *node, const char *place)
{
    size_t len = p->path.len;
    fe_spectrum *s;

    fe_str_add(&p->path, place);
    s = read_spectrum(p, node);
    p->path.len = len;
    p->path.s[len] = 0;
    return s;
}

static fe_spectrum *read_compound(fe_model_yaml *p, const fe_yaml_node *node)
{
    static const struct { const char *word; char op; } ops[] = { { "mul", '*' }, { "add", '+' }, { "sub", '-' } };
    const char *word = fe_model_yaml_text(node, "operator");
    const fe_yaml_node *first = fe_yaml_get(node, "model1"), *second = fe_yaml_get(node, "model2");
    fe_spectrum *left, *right;
    char op = 0;

    for (size_t i = 0; word && i < sizeof ops / sizeof *ops; i++)
        if (!strcmp(word, ops[i].word))
            op = ops[i].op;
    if (!op || !first || !second) {
        if (op)
            (void)fe_model_yaml_complain(p, node, "compound model without model1 and model2", NULL, NULL);
        else
            (void)fe_model_yaml_complain(p, node, "operator", word ? word : "", "mul, add or sub");
        return NULL;
    }
    left = read_operand(p, first, ".model1");
    right = left ? read_operand(p, second, ".model2") : NULL;
    if (right)
        return fe_spectrum_join(op, left, right);
    fe_spectrum_free(left);
    return NULL;
}

static fe_spectrum *read_spectrum(fe_model_yaml *p, const fe_yaml_node *node)
{
    const char *type = fe_model_yaml_text(node, "type");
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
        fe_spectrum *nodes = fe_model_yaml_nodes(p, node, s->kind);

        fe_spectrum_free(s);
        return nodes;
    }
    if (read_pars(p, node, s) < 0 || (fe_spectrum_has_table(s) && fe_model_yaml_ebl(p, node, s) < 0)) {
        fe_spectrum_free(s);
        return NULL;
    }
    if (s->ebl)
        fe_ebl_warn_outside(s->ebl, fe_spectrum_par(s, "redshift")->value);
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

static void set_path(fe_model_yaml *p, const char *name, const char *part)
{
    p->path.len = 0;
    fe_str_addf(&p->path, "%s.%s", name ? name : "", part);
}

static int read_source(fe_model_yaml *p, const fe_yaml_node *node, const char *name, fe_model **model)
{
    const fe_yaml_node *temporal = fe_yaml_get(node, "temporal"), *spatial = fe_yaml_get(node, "spatial");
    fe_spectrum *s;

    set_path(p, name, "spectral");
    if (!(s = read_spectrum(p, fe_yaml_get(node, "spectral"))))
        return -1;
    *model = fe_models_add(p->models, name, s);
    set_path(p, name, "temporal");
    if (temporal && fe_model_yaml_temporal(p, temporal, &(*model)->temporal) < 0)
        return -1;
    set_path(p, name, "spatial");
    return spatial ? fe_model_yaml_spatial(p, spatial, *model) : 0;
}

/* A list of names, or one. */
static void read_datasets(const fe_yaml_node *names, fe_model *model)
{
    if (names && fe_yaml_text(names))
        fe_strv_add(&model->datasets, fe_yaml_text(names));
    for (size_t i = 0; names && !fe_yaml_text(names) && i < fe_yaml_size(names); i++)
        if (fe_yaml_text(fe_yaml_item(names, i)))
            fe_strv_add(&model->datasets, fe_yaml_text(fe_yaml_item(names, i)));
}

static fe_spectrum *read_factor_spectrum(fe_model_yaml *p, const fe_yaml_node *spectral, const char *name)
{
    fe_spectrum *s;

    set_path(p, name, "spectral");
    s = read_spectrum(p, spectral);
    if (!s || fe_spectrum_is_norm(s))
        return s;
    fe_spectrum_free(s);
    (void)fe_model_yaml_complain(p, spectral, "a background that is no factor", NULL, "a norm model as PowerLawNormSpectralModel");
    return NULL;
}

/* Without a name of its own a background is called as gammapy does: by its first dataset. */
static void name_background(const fe_yaml_node *node, const fe_strv *datasets, fe_str *out)
{
    const char *name = fe_model_yaml_text(node, "name");

    if (name)
        fe_str_add(out, name);
    else
        fe_str_addf(out, "%s%sbkg", datasets->n ? datasets->s[0] : "", datasets->n ? "-" : "");
}

static int add_background(fe_model_yaml *p, const char *yaml, const fe_yaml_node *list, size_t i, const char *name)
{
    const fe_yaml_node *node = fe_yaml_item(list, i), *spectral = fe_yaml_get(node, "spectral");
    fe_spectrum *s;
    fe_model *model;

    if (!(s = read_factor_spectrum(p, spectral, name)))
        return -1;
    model = fe_models_add_background(p->models, name, s);
    read_datasets(fe_yaml_get(node, "datasets_names"), model);
    model->yaml = component_text(yaml, list, i);
    return 0;
}

static int read_background(fe_model_yaml *p, const char *yaml, const fe_yaml_node *list, size_t i)
{
    const fe_yaml_node *node = fe_yaml_item(list, i);
    fe_model named = { .name = NULL };
    fe_str name = { 0 };
    int rc;

    if (!fe_yaml_get(node, "spectral"))         /* a background as it is */
        return 0;
    read_datasets(fe_yaml_get(node, "datasets_names"), &named);
    name_background(node, &named.datasets, &name);
    rc = add_background(p, yaml, list, i, name.s);
    fe_str_free(&name);
    fe_strv_free(&named.datasets);
    return rc;
}

static void hold_fixed(const fe_model_yaml *p, const fe_yaml_node *node, const char *name, fe_spectrum *s)
{
    bool was_free = false;

    while (!s->kind)
        s = s->left;
    for (size_t i = 0; i < s->kind->n_par; i++) {
        was_free = was_free || !s->par[i].frozen;
        s->par[i].frozen = true;
    }
    if (was_free)
        fe_note(FE_NOTE_SAID, &(fe_where){ p->file, NULL, 0 }, "line %ld: the factor of background '%s' is held fixed", fe_yaml_line(node),
                name);
}

/* A background that is a cube of counts, times a factor. */
static int read_cube(fe_model_yaml *p, const char *yaml, const fe_yaml_node *list, size_t i)
{
    const fe_yaml_node *node = fe_yaml_item(list, i);
    const fe_yaml_node *spectral = fe_yaml_get(node, "spectral");
    const char *name = fe_model_yaml_text(node, "name"), *filename = fe_model_yaml_text(node, "filename");
    fe_spectrum *s;
    fe_model *model;
    char *path;

    if (!filename)
        return fe_model_yaml_complain(p, node, "background without filename", name, NULL);
    if (fe_yaml_get(node, "spatial"))
        return fe_model_yaml_complain(p, fe_yaml_get(node, "spatial"), "background with a spatial model", name, "spectral alone");
    if (!(s = spectral ? read_factor_spectrum(p, spectral, name) : fe_spectrum_new("pl-norm")))
        return -1;
    hold_fixed(p, node, name ? name : "", s);
    model = fe_models_add_background(p->models, name, s);
    model->yaml = component_text(yaml, list, i);
    path = fe_path_named(p->file, filename);
    model->map = fe_skymap_later(path, false, fe_skymap_read_counts);
    free(path);
    read_datasets(fe_yaml_get(node, "datasets_names"), model);
    return 0;
}

static int read_component(fe_model_yaml *p, const char *yaml, const fe_yaml_node *list, size_t i)
{
    const fe_yaml_node *node = fe_yaml_item(list, i);
    const char *type = fe_model_yaml_text(node, "type"), *name = fe_model_yaml_text(node, "name");
    fe_model *model;

    if (type && !strcmp(type, "FoVBackgroundModel"))
        return read_background(p, yaml, list, i);
    if (type && !strcmp(type, "TemplateNPredModel"))
        return read_cube(p, yaml, list, i);
    if (type && strcmp(type, "SkyModel")) {
        fe_note(FE_NOTE_SAID, &(fe_where){ p->file, NULL, 0 }, "line %ld: %s %s is no source and left out",
                fe_yaml_line(node), type, name ? name : "");
        return 0;
    }
    if (!fe_yaml_get(node, "spectral"))
        return fe_model_yaml_complain(p, node ? node : list, "a source without spectral model", name, NULL);
    if (name && fe_models_find(p->models, name))
        return fe_model_yaml_complain(p, node, "two sources with the name", name, NULL);
    if (read_source(p, node, name, &model) < 0)
        return -1;
    read_datasets(fe_yaml_get(node, "datasets_names"), model);
    model->yaml = component_text(yaml, list, i);
    return 0;
}

static int read_components(fe_model_yaml *p, const char *yaml, const fe_yaml_node *root)
{
    const fe_yaml_node *list = fe_yaml_get(root, "components");

    if (!list || fe_yaml_is_map(list) || fe_yaml_text(list))
        return fe_model_yaml_complain(p, root, "no list of components", NULL, "a models file of gammapy");
    for (size_t i = 0; i < fe_yaml_size(list); i++)
        if (read_component(p, yaml, list, i) < 0)
            return -1;
    return p->models->n ? 0 : fe_model_yaml_complain(p, list, "no source with a spectral model", NULL, NULL);
}

/* ---- links --------------------------------------------------------------------------------------------------- */

typedef struct linked {             /* the first parameter of a label                                   */
    const fe_par *par;
    const char *unit;
} linked;

/* The first of linked parameters speaks for all, as in gammapy. */
static int follow_links(fe_model_yaml *p, fe_spectrum *s, linked *first)
{
    if (!s->kind)
        return follow_links(p, s->left, first) < 0 || follow_links(p, s->right, first) < 0 ? -1 : 0;
    for (size_t i = 0; i < s->kind->n_par; i++) {
        linked *link = s->par[i].link ? &first[s->par[i].link - 1] : NULL;
        const char *unit = s->kind->par[i].unit;

        if (link && link->par && strcmp(link->unit, unit))
            return fe_fail(p->err, FE_EDATA, &(fe_where){ p->file, NULL, 0 }, "link '%s' joins parameters in '%s' and "
                           "'%s', expected the same unit", p->models->link.s[s->par[i].link - 1], link->unit, unit);
        if (link && link->par)
            s->par[i] = *link->par;
        else if (link)
            *link = (linked){ &s->par[i], unit };
    }
    return 0;
}

static int join_links(fe_model_yaml *p)
{
    linked *first = FE_NEWN(linked, p->models->link.n);
    int rc = 0;

    for (size_t k = 0; k < fe_models_n_all(p->models) && rc == 0; k++)
        rc = follow_links(p, fe_models_at(p->models, k)->spectrum, first);
    free(first);
    return rc;
}

/* ---- files --------------------------------------------------------------------------------------------------- */

/* A models file is of use without its covariance, and is often sent without it. */
static int read_covariance(fe_model_yaml *p, const fe_yaml_node *root)
{
    const char *name = fe_model_yaml_text(root, "covariance");
    char *path;
    int rc = 0;

    if (!name)
        return 0;
    path = fe_path_beside(p->file, name);
    if (access(path, F_OK) < 0)
        fe_note(FE_NOTE_SAID, &(fe_where){ p->file, NULL, 0 }, "its covariance %s is not there: errors stand alone",
                name);
    else if ((rc = fe_covariance_read(path, &p->models->covariance, p->err)) == 0)
        fe_covariance_scale(p->models->covariance, &p->par_name, p->par_factor);
    free(path);
    return rc;
}

int fe_models_parse_yaml(const char *yaml, const char *file, fe_models **out, fe_err *err)
{
    fe_yaml *tree = fe_yaml_parse(yaml, strlen(yaml), file, err);
    fe_model_yaml p = { .file = file, .err = err };
    int rc = -1;

    if (!tree)
        return -1;
    p.models = fe_models_new();
    if (read_components(&p, yaml, fe_yaml_root(tree)) == 0 && join_links(&p) == 0 &&
        read_covariance(&p, fe_yaml_root(tree)) == 0) {
        *out = p.models;
        p.models = NULL;
        rc = 0;
    }
    fe_models_free(p.models);
    fe_strv_free(&p.par_name);
    free(p.par_factor);
    fe_str_free(&p.path);
    fe_yaml_free(tree);
    return rc;
}
