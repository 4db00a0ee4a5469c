/* Spatial models in models files. */
#include "io/model_yaml_parts.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "io/beside.h"
#include "io/skymap_io.h"

static int unknown_type(const fe_model_yaml *p, const fe_yaml_node *node, const char *type)
{
    fe_str known = { 0 };

    for (const fe_spatial_kind *k = fe_spatial_kinds; k->type; k++)
        fe_str_addf(&known, "%s%s", k == fe_spatial_kinds ? "one of " : ", ", k->type);
    (void)fe_model_yaml_complain(p, node, type ? "unknown spatial model" : "spatial model without type", type, known.s);
    fe_str_free(&known);
    return -1;
}

static int read_pars(fe_model_yaml *p, const fe_yaml_node *node, fe_spatial *s)
{
    const fe_yaml_node *list = fe_yaml_get(node, "parameters");

    for (size_t i = 0; i < fe_yaml_size(list); i++) {
        const fe_yaml_node *item = fe_yaml_item(list, i);
        const char *name = fe_model_yaml_text(item, "name");
        fe_par *par = name ? fe_spatial_par(s, name) : NULL;

        if (!par)
            return fe_model_yaml_complain(p, item ? item : list, "unknown parameter of a spatial model", name ? name : "",
                                          NULL);
        if (fe_model_yaml_par(p, item, name, s->kind->par[par - s->par].unit, par) < 0)
            return -1;
    }
    return 0;
}

static int read_frame(const fe_model_yaml *p, const fe_yaml_node *node, fe_spatial *s)
{
    const char *frame = fe_model_yaml_text(node, "frame");

    if (!s->kind->has_place || s->kind->is_map || !frame)          /* gammapy's default is icrs */
        return 0;
    s->galactic = !strcasecmp(frame, "galactic");
    if (!s->galactic && strcasecmp(frame, "icrs") && strcasecmp(frame, "fk5"))
        return fe_model_yaml_complain(p, fe_yaml_get(node, "frame"), "frame", frame, "icrs or galactic");
    return 0;
}

/* Templates name a map, which lies beside the models file when it is there. */
static int read_map(const fe_model_yaml *p, const fe_yaml_node *node, fe_spatial *s, fe_model *model)
{
    const char *name = fe_model_yaml_text(node, "filename"), *normalize = fe_model_yaml_text(node, "normalize");
    char *path;

    if (!fe_spatial_is_template(s))
        return 0;
    if (!name)
        return fe_model_yaml_complain(p, node, "spatial model without filename", s->kind->type, NULL);
    s->filename = fe_path_lasting(p->file, name);
    s->normalize = !normalize || strcasecmp(normalize, "false") != 0;
    path = fe_path_named(p->file, name);
    model->map = fe_skymap_later(path, s->normalize, fe_skymap_read);
    free(path);
    return 0;
}

int fe_model_yaml_spatial(fe_model_yaml *p, const fe_yaml_node *node, fe_model *model)
{
    const char *type = fe_model_yaml_text(node, "type");
    const fe_yaml_node *at = fe_yaml_get(node, "type");
    fe_spatial *s = type ? fe_spatial_new(type) : NULL;

    if (!s)
        return unknown_type(p, at ? at : node, type);
    if (read_pars(p, node, s) < 0 || read_frame(p, node, s) < 0 || read_map(p, node, s, model) < 0) {
        fe_spatial_free(s);
        return -1;
    }
    model->spatial = s;
    return 0;
}
