/* Models -> gammapy's models YAML.  A component that was read keeps its other parts (spatial ...) as they were in YAML. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "io/beside.h"
#include "io/ecsv_meta.h"
#include "io/model_io.h"
#include "phys/spectrum_ebl.h"

enum {
    STEP = 4,                       /* blanks of one level, as gammapy writes */
    PER_LINE = 5                    /* numbers of a list */
};

static void line(fe_str *out, int indent, const char *text)
{
    fe_str_addf(out, "%*s%s\n", indent, "", text);
}

static void print_number(fe_str *out, int indent, const char *key, double x)
{
    fe_str_addf(out, "%*s%s: ", indent, "", key);
    fe_ecsv_print_number(x, out);
    fe_str_add(out, "\n");
}

static void print_par(fe_str *out, int indent, const char *name, const char *unit, const fe_par *par,
                      const fe_strv *links)
{
    fe_str_addf(out, "%*s-   name: %s\n", indent, "", name);
    indent += STEP;
    print_number(out, indent, "value", par->value);
    if (*unit)
        fe_str_addf(out, "%*sunit: %s\n", indent, "", unit);
    if (par->error > 0)
        print_number(out, indent, "error", par->error);
    if (!isnan(par->min))
        print_number(out, indent, "min", par->min);
    if (!isnan(par->max))
        print_number(out, indent, "max", par->max);
    line(out, indent, par->frozen ? "frozen: true" : "frozen: false");
    if (par->link && par->link <= links->n) {
        fe_str_addf(out, "%*slink: ", indent, "");
        fe_ecsv_print_string(links->s[par->link - 1], out);
        fe_str_add(out, "\n");
    }
}

/* "[1.0, 2.0]", a long one over several lines: FITS keeps lines as rows of a table, all as wide as the longest. */
static void print_numbers(fe_str *out, int indent, const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        fe_str_add(out, i ? "," : "[");
        if (i && i % PER_LINE == 0)
            fe_str_addf(out, "\n%*s", indent + STEP, "");
        else
            fe_str_add(out, i ? " " : "");
        fe_ecsv_print_number(x[i], out);
    }
    fe_str_add(out, "]\n");
}

static void print_list(fe_str *out, int indent, const char *key, const double *x, size_t n, const char *unit)
{
    fe_str_addf(out, "%*s%s:\n%*sdata: ", indent, "", key, indent + STEP, "");
    print_numbers(out, indent + STEP, x, n);
    fe_str_addf(out, "%*sunit: %s\n", indent + STEP, "", unit);
}

static void print_nodes(fe_str *out, int indent, const fe_spectrum *s)
{
    if (!s->kind->is_norm) {
        print_list(out, indent, "energy", s->node_e_TeV, s->n_node, "TeV");
        print_list(out, indent, "values", s->node_value, s->n_node, "cm-2 s-1 TeV-1");
        return;
    }
    line(out, indent, "parameters:");
    for (size_t i = 0; i < s->n_node; i++) {
        fe_str name = { 0 };

        fe_str_addf(&name, "norm_%zu", i);
        print_par(out, indent, name.s, "", &(fe_par){ .value = s->node_value[i], .min = NAN, .max = NAN }, NULL);
        fe_str_free(&name);
    }
    print_list(out, indent, "energy", s->node_e_TeV, s->n_node, "TeV");
    line(out, indent, s->node_linear ? "interp: lin" : "interp: log");
}

/*
 * As long as the redshift is frozen, the two rows beside it are all of the table that counts: with them a product can
 * be read where the table is not.
 */
static void print_table(fe_str *out, int indent, const fe_spectrum *s)
{
    const fe_ebl *ebl = s->ebl;
    size_t from = s->par[0].frozen ? fe_ebl_segment(ebl, s->par[0].value) : 0;
    size_t n = s->par[0].frozen && ebl->n_z > 2 ? 2 : ebl->n_z;

    if (*ebl->name) {
        fe_str_addf(out, "%*sreference: ", indent, "");
        fe_ecsv_print_string(ebl->name, out);
        fe_str_add(out, "\n");
    }
    print_list(out, indent, "energy", ebl->e_TeV, ebl->n_e, "TeV");
    print_list(out, indent, "param", ebl->z + from, n, "''");
    fe_str_addf(out, "%*svalues:\n%*sdata:\n", indent, "", indent + STEP, "");
    for (size_t i = from; i < from + n; i++) {
        fe_str_addf(out, "%*s- ", indent + STEP, "");
        print_numbers(out, indent + STEP, ebl->transmission + i * ebl->n_e, ebl->n_e);
    }
    line(out, indent + STEP, "unit: ''");
}

static void print_spectrum(fe_str *out, int indent, const fe_spectrum *s, const fe_strv *links)
{
    if (!s->kind) {
        line(out, indent, "type: CompoundSpectralModel");
        line(out, indent, "model1:");
        print_spectrum(out, indent + STEP, s->left, links);
        line(out, indent, "model2:");
        print_spectrum(out, indent + STEP, s->right, links);
        line(out, indent, s->op == '*' ? "operator: mul" : s->op == '+' ? "operator: add" : "operator: sub");
        return;
    }
    fe_str_addf(out, "%*stype: %s\n", indent, "", s->kind->type);
    if (fe_spectrum_has_nodes(s)) {
        print_nodes(out, indent, s);
        return;
    }
    line(out, indent, "parameters:");
    for (size_t i = 0; i < s->kind->n_par; i++)
        print_par(out, indent, s->kind->par[i].name, s->kind->par[i].unit, &s->par[i], links);
    if (s->ebl)
        print_table(out, indent, s);
}

/* ---- places -------------------------------------------------------------------------------------------------- */

/* The frame of a template is that of its map; a place that is not said is its middle. */
static void print_spatial(fe_str *out, int indent, const fe_spatial *s, const fe_strv *links)
{
    bool any = false;

    fe_str_addf(out, "%*stype: %s\n", indent, "", s->kind->type);
    if (s->kind->has_place && !s->kind->is_map)
        line(out, indent, s->galactic ? "frame: galactic" : "frame: icrs");
    for (size_t i = 0; i < s->kind->n_par; i++)
        any = any || !isnan(s->par[i].value);
    line(out, indent, any ? "parameters:" : "parameters: []");
    for (size_t i = 0; i < s->kind->n_par; i++)
        if (!isnan(s->par[i].value))
            print_par(out, indent, s->kind->par[i].name, s->kind->par[i].unit, &s->par[i], links);
    if (!s->filename)
        return;
    fe_str_addf(out, "%*sfilename: ", indent, "");
    fe_ecsv_print_string(s->filename, out);
    fe_str_add(out, "\n");
    line(out, indent, s->normalize ? "normalize: true" : "normalize: false");
}

/* ---- components --------------------------------------------------------------------------------------------- */

static void print_new(fe_str *out, const fe_model *model, bool is_background, const fe_strv *links)
{
    fe_str_add(out, "-   name: ");
    fe_ecsv_print_string(model->name && *model->name ? model->name : "source", out);
    fe_str_add(out, "\n");
    line(out, STEP, is_background ? "type: FoVBackgroundModel" : "type: SkyModel");
    if (is_background)
        line(out, STEP, "datasets_names:");
    for (size_t i = 0; is_background && i < model->datasets.n; i++) {
        fe_str_addf(out, "%*s- ", STEP, "");
        fe_ecsv_print_string(model->datasets.s[i], out);
        fe_str_add(out, "\n");
    }
    line(out, STEP, "spectral:");
    print_spectrum(out, 2 * STEP, model->spectrum, links);
    if (model->spatial) {
        line(out, STEP, "spatial:");
        print_spatial(out, 2 * STEP, model->spatial, links);
    }
}

/* Where the keys of a line begin: behind blanks and the dash of a list. */
static int key_column(const char *text)
{
    size_t k = strspn(text, " ");

    if (text[k] == '-' && text[k + 1] == ' ')
        k += 1 + strspn(text + k + 1, " ");
    return (int)k;
}

static const char *next_line(const char *text)
{
    text += strcspn(text, "\n");
    return *text ? text + 1 : text;
}

/* End of the block under a key that stands in column `key`. */
static const char *block_end(const char *text, int key)
{
    for (text = next_line(text); *text; text = next_line(text)) {
        int column = (int)strspn(text, " ");

        if (text[column] != '\n' && column <= key)
            break;
    }
    return text;
}

/* The part under a key as it is now: the spectrum, and a template, whose file is to be found from elsewhere. */
static bool print_part(fe_str *out, int keys, const char *text, const fe_model *model, const fe_strv *links)
{
    if (fe_str_starts(text, "spectral:")) {
        fe_str_add(out, "spectral:\n");
        print_spectrum(out, keys + STEP, model->spectrum, links);
        return true;
    }
    if (fe_str_starts(text, "filename:") && model->map && !model->spatial) {
        char *path = fe_path_lasting("", model->map->file);

        fe_str_add(out, "filename: ");
        fe_ecsv_print_string(path, out);
        fe_str_add(out, "\n");
        free(path);
        return true;
    }
    if (!fe_str_starts(text, "spatial:") || !model->spatial || !model->spatial->kind->is_map)
        return false;
    fe_str_add(out, "spatial:\n");
    print_spatial(out, keys + STEP, model->spatial, links);
    return true;
}

/* The component as it was read, but for what may have changed. */
static void print_kept(fe_str *out, const fe_model *model, const fe_strv *links)
{
    int keys = key_column(model->yaml);

    for (const char *p = model->yaml, *next; *p; p = next) {
        bool first = p == model->yaml;
        int column = first ? keys : (int)strspn(p, " ");

        next = next_line(p);
        fe_str_addn(out, p, (size_t)column);
        if (column == keys && print_part(out, keys, p + column, model, links)) {
            next = block_end(p, keys);
        } else {
            fe_str_addn(out, p + column, (size_t)(next - p - column));
            if (next[-1] != '\n')
                fe_str_add(out, "\n");
        }
    }
}

static void print_component(fe_str *out, const fe_model *model, bool is_background, const fe_strv *links)
{
    if (model->yaml)
        print_kept(out, model, links);
    else
        print_new(out, model, is_background, links);
}

void fe_models_print_yaml(const fe_models *models, fe_str *out)
{
    fe_str_add(out, "components:\n");
    for (size_t i = 0; i < models->n; i++)
        print_component(out, &models->model[i], false, &models->link);
}

void fe_models_print_backgrounds(const fe_models *models, fe_str *out)
{
    for (size_t i = 0; i < models->n_background; i++)
        print_component(out, &models->background[i], true, &models->link);
}
