#include "io/model_xml.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/note.h"
#include "base/num.h"
#include "io/beside.h"
#include "io/model_xml_rows.h"
#include "io/skymap_io.h"
#include "io/spectrum_io.h"
#include "io/xml.h"
#include "phys/const.h"

typedef struct reader {
    const char *file, *source;      /* source at hand */
    bool sky;                       /* places are wanted, and what has no flux but per steradian */
    fe_err *err;
} reader;

static const char *attribute(const fe_xml_element *e, const char *name)
{
    const char *text = fe_xml_attribute(e, name);

    return text ? text : "";
}

static int complain(const reader *r, const fe_xml_element *e, const char *what, const char *found, const char *expected)
{
    return fe_fail(r->err, FE_EDATA, &(fe_where){ r->file, NULL, 0 }, "line %ld: source '%s': %s%s%s%s%s%s",
                   fe_xml_line(e), r->source, what, found ? " '" : "", found ? found : "", found ? "'" : "",
                   expected ? ", expected " : "", expected ? expected : "");
}

/* ---- parameters ---------------------------------------------------------------------------------------------- */

static const fe_xml_element *find_par(const fe_xml_element *spectrum, const char *names)
{
    for (size_t i = 0; i < fe_xml_size(spectrum); i++) {
        const fe_xml_element *e = fe_xml_child(spectrum, i);

        if (!strcmp(fe_xml_name(e), "parameter") && fe_xml_is_one_of(names, attribute(e, "name")))
            return e;
    }
    return NULL;
}

/* A number of a parameter times its scale; NaN when it has none of that name. */
static int scaled(const reader *r, const fe_xml_element *e, const char *name, double *x)
{
    const char *text = fe_xml_attribute(e, name), *scale_text = fe_xml_attribute(e, "scale");
    double scale = 1;
    fe_str what = { 0 };

    *x = NAN;
    if (!text)
        return 0;
    if (fe_num_parse(text, x) == 0 && isfinite(*x) && (!scale_text || fe_num_parse(scale_text, &scale) == 0) &&
        isfinite(scale)) {
        *x *= scale;
        return 0;
    }
    fe_str_addf(&what, "%s of parameter %s is", isfinite(*x) ? "scale" : name, attribute(e, "name"));
    (void)complain(r, e, what.s, isfinite(*x) ? scale_text : text, "a number");
    fe_str_free(&what);
    return -1;
}

/* Limits change places where the sign turns, and where the inverse is taken; an inverse of 0 is no limit. */
static void set_limits(fe_par *par, double a, double b)
{
    a = isfinite(a) ? a : NAN;
    b = isfinite(b) ? b : NAN;
    par->min = a > b ? b : a;
    par->max = a > b ? a : b;
}

static int read_par(const reader *r, const fe_xml_element *e, fe_xml_rule rule, fe_par *par)
{
    double value, error, min, max;

    if (scaled(r, e, "value", &value) < 0 || scaled(r, e, "error", &error) < 0 || scaled(r, e, "min", &min) < 0 ||
        scaled(r, e, "max", &max) < 0)
        return -1;
    if (isnan(value))
        return complain(r, e, "parameter without value", attribute(e, "name"), NULL);
    if ((rule == FE_XML_MEV || rule == FE_XML_CUTOFF) && !(value > 0))
        return complain(r, e, "energy is not above 0:", attribute(e, "name"), NULL);
    *par = (fe_par){ .value = fe_xml_apply(rule, value) };
    if (fabs(error) > 0)
        par->error = fabs(rule == FE_XML_CUTOFF ? par->value * error / value : fe_xml_apply(rule, error));
    if (rule == FE_XML_NEGATIVE || rule == FE_XML_CUTOFF)
        set_limits(par, fe_xml_apply(rule, max), fe_xml_apply(rule, min));
    else
        set_limits(par, fe_xml_apply(rule, min), fe_xml_apply(rule, max));
    par->frozen = !fe_xml_is_one_of("1|true", attribute(e, "free"));
    return 0;
}

/* ---- spectra ------------------------------------------------------------------------------------------------- */

static const fe_xml_row *find_row(const fe_xml_row *rows, const fe_xml_element *spectrum, const fe_xml_row **known)
{
    *known = NULL;
    for (const fe_xml_row *row = rows; row->types; row++) {
        size_t k = 0;

        if (!fe_xml_is_one_of(row->types, attribute(spectrum, "type")))
            continue;
        if (!*known)
            *known = row;
        while (k < FE_XML_MAX_PAR && row->par[k].names && find_par(spectrum, row->par[k].names))
            k++;
        if (k == FE_XML_MAX_PAR || !row->par[k].names)
            return row;
    }
    return NULL;
}

static int no_row(const reader *r, const fe_xml_row *rows, const fe_xml_element *spectrum, const fe_xml_row *known)
{
    fe_str list = { 0 };

    for (size_t k = 0; known && k < FE_XML_MAX_PAR && known->par[k].names; k++)
        fe_str_addf(&list, "%s%s", k ? ", " : "the parameters ", known->par[k].names);
    for (const fe_xml_row *row = rows; !known && row->types; row++)
        fe_str_addf(&list, "%s%s", row == rows ? "one of " : ", ", row->types);
    fe_str_add(&list, known || rows != fe_xml_rows ? "" : ", NodeFunction");
    (void)complain(r, spectrum, known ? "parameters are missing for the spectrum" : "unknown spectrum",
                   attribute(spectrum, "type"), list.s);
    fe_str_free(&list);
    return -1;
}

/* Each parameter of the row; "reference>" is kept as the upper limit of the reference, for finish_energy_flux. */
static int read_row(const reader *r, const fe_xml_element *spectrum, const fe_xml_row *row, fe_spectrum *s)
{
    const char *wrong;
    fe_par upper;

    for (size_t k = 0; k < FE_XML_MAX_PAR && row->par[k].names; k++) {
        bool is_upper = !strcmp(row->par[k].par, "reference>");
        fe_par *par = is_upper ? &upper : fe_spectrum_par(s, row->par[k].par);

        if (read_par(r, find_par(spectrum, row->par[k].names), row->par[k].rule, par) < 0)
            return -1;
        if (is_upper)
            fe_spectrum_par(s, "reference")->max = upper.value;
    }
    wrong = row->finish ? row->finish(s) : NULL;
    return wrong ? complain(r, spectrum, wrong, NULL, NULL) : 0;
}

/* norm x template */
static fe_spectrum *add_file(const reader *r, const fe_xml_element *spectrum, fe_spectrum *norm)
{
    const char *file = fe_xml_attribute(spectrum, "file");
    fe_spectrum *s = fe_spectrum_new("template");
    char *path = file ? fe_path_named(r->file, file) : NULL;

    if (path ? fe_spectrum_read_file(s, path, r->err) < 0
             : complain(r, spectrum, "spectrum without file", NULL, NULL) < 0) {
        fe_spectrum_free(s);
        fe_spectrum_free(norm);
        s = norm = NULL;
    }
    free(path);
    return s ? fe_spectrum_join('*', norm, s) : NULL;
}

/* <node> elements, each with Energy and Intensity: a template. */
static fe_spectrum *read_nodes(const reader *r, const fe_xml_element *spectrum)
{
    size_t n = 0, max = fe_xml_size(spectrum);
    double *e_TeV = FE_NEWN(double, max), *y = FE_NEWN(double, max);
    bool is_free = false;
    fe_spectrum *s = NULL;

    for (size_t i = 0; i < max; i++) {
        const fe_xml_element *node = fe_xml_child(spectrum, i), *e = find_par(node, "Energy");
        const fe_xml_element *v = find_par(node, "Intensity");
        fe_par energy, value;

        if (!e || !v) {
            (void)complain(r, node, "node without Energy and Intensity", NULL, NULL);
            goto done;
        }
        if (read_par(r, e, FE_XML_MEV, &energy) < 0 || read_par(r, v, FE_XML_PER_MEV, &value) < 0)
            goto done;
        e_TeV[n] = energy.value;
        y[n] = value.value;
        is_free |= !value.frozen;
        if (!(y[n] >= 0) || (n && !(e_TeV[n] > e_TeV[n - 1]))) {
            (void)complain(r, node, "node out of order or below 0", NULL, "ascending energies, values of at least 0");
            goto done;
        }
        n++;
    }
    if (n < 2)
        (void)complain(r, spectrum, "fewer than two nodes", NULL, NULL);
    else
        s = fe_spectrum_template(n, e_TeV, y);
    if (s && is_free)
        fe_note(FE_NOTE_SAID, &(fe_where){ r->file, NULL, 0 }, "source '%s': its nodes are held fixed", r->source);
done:
    free(e_TeV);
    free(y);
    return s;
}

/* rows: of fluxes, or of factors. */
static fe_spectrum *read_spectrum(const reader *r, const fe_xml_row *rows, const fe_xml_element *spectrum)
{
    const fe_xml_row *known, *row;
    fe_spectrum *s;

    if (rows == fe_xml_rows && !strcmp(attribute(spectrum, "type"), "NodeFunction"))
        return read_nodes(r, spectrum);
    if (!(row = find_row(rows, spectrum, &known))) {
        (void)no_row(r, rows, spectrum, known);
        return NULL;
    }
    s = fe_spectrum_new(row->tag);
    if (read_row(r, spectrum, row, s) < 0) {
        fe_spectrum_free(s);
        return NULL;
    }
    return strcmp(row->types, "FileFunction") ? s : add_file(r, spectrum, s);
}

/* ---- places -------------------------------------------------------------------------------------------------- */

static const fe_xml_place *find_place(const char *type)
{
    const fe_xml_place *row = fe_xml_places;

    while (row->types && !fe_xml_is_one_of(row->types, type))
        row++;
    return row->types ? row : NULL;
}

static int read_place_par(const reader *r, const fe_xml_element *where, const fe_xml_par *row, fe_par *par)
{
    const fe_xml_element *e = find_par(where, row->names);

    return e ? read_par(r, e, row->rule, par) : complain(r, where, "no parameter", row->names, NULL);
}

static int read_direction(const reader *r, const fe_xml_element *where, fe_spatial *s)
{
    s->galactic = !find_par(where, "RA") && find_par(where, "GLON");
    if (read_place_par(r, where, &(fe_xml_par){ s->galactic ? "GLON" : "RA", NULL, FE_XML_SAME }, fe_spatial_par(s, "lon_0")) < 0)
        return -1;
    return read_place_par(r, where, &(fe_xml_par){ s->galactic ? "GLAT" : "DEC|Dec", NULL, FE_XML_SAME }, fe_spatial_par(s, "lat_0"));
}

/* The amplitude of a spectrum, whatever it is called; NULL: nodes, which have none. */
static fe_par *amplitude_of(fe_spectrum *s)
{
    static const char *const names[] = { "amplitude", "norm", "const" };
    fe_par *par = NULL;

    while (!s->kind)
        s = s->left;
    for (size_t k = 0; !par && k < sizeof names / sizeof *names; k++)
        par = fe_spectrum_par(s, names[k]);
    return par;
}

/* Spatial models have a factor, which is 1 nearly always: it becomes part of the spectrum. */
static int apply_factor(const reader *r, const fe_xml_element *where, const fe_xml_place *row, fe_model *m)
{
    const fe_xml_element *e = row->factor ? find_par(where, row->factor) : NULL;
    fe_par factor = { .value = 1 }, *par = amplitude_of(m->spectrum);
    fe_spectrum *scale;

    if (e && read_par(r, e, FE_XML_SAME, &factor) < 0)
        return -1;
    if (row->per_sr > 0)
        fe_spatial_par(m->spatial, "value")->value = factor.value * row->per_sr;
    if (row->per_sr > 0 || factor.value == 1)
        return 0;
    if (par) {
        fe_xml_scale(par, factor.value);
        return 0;
    }
    scale = fe_spectrum_new("scale");
    fe_spectrum_par(scale, "norm")->value = factor.value;
    m->spectrum = fe_spectrum_join('*', scale, m->spectrum);
    return 0;
}

static int read_map(const reader *r, const fe_xml_element *where, const fe_xml_place *row, fe_model *m)
{
    const char *file = fe_xml_attribute(where, "file"), *normalize = attribute(where, "normalize");
    char *path;

    if (!file)
        return complain(r, where, "spatial model without file", NULL, NULL);
    m->spatial->filename = fe_path_lasting(r->file, file);
    m->spatial->normalize = *normalize ? fe_xml_is_one_of("1|true|yes", normalize) : row->normalize;
    path = fe_path_named(r->file, file);
    m->map = fe_skymap_later(path, m->spatial->normalize, fe_skymap_read);
    free(path);
    return 0;
}

/* Of a kind that is not known the source has no place. */
static int read_place(const reader *r, const fe_xml_element *where, fe_model *m)
{
    const fe_xml_place *row = find_place(attribute(where, "type"));

    if (!row) {
        fe_note(FE_NOTE_SAID, &(fe_where){ r->file, NULL, 0 }, "line %ld: source '%s': spatial model '%s' is not known, so it has no place",
                fe_xml_line(where), r->source, attribute(where, "type"));
        return 0;
    }
    m->spatial = fe_spatial_new(row->tag);
    m->per_sr = row->per_sr > 0;
    if (m->spatial->kind->is_map ? read_map(r, where, row, m) < 0 : m->spatial->kind->has_place && read_direction(r, where, m->spatial) < 0)
        return -1;
    for (size_t k = 0; k < 2 && row->size[k].names; k++)
        if (read_place_par(r, where, &row->size[k], fe_spatial_par(m->spatial, row->size[k].par)) < 0)
            return -1;
    return apply_factor(r, where, row, m);
}

/* ---- sources ------------------------------------------------------------------------------------------------- */

static const char SOURCES[] = "PointSource|ExtendedSource|DiffuseSource|CompositeSource";

static int read_source(reader *r, const fe_xml_element *source, fe_models *models)
{
    const fe_xml_element *spectrum = fe_xml_find(source, "spectrum"), *where = fe_xml_find(source, "spatialModel");
    const fe_xml_place *row = where ? find_place(attribute(where, "type")) : NULL;
    fe_spectrum *s;

    r->source = attribute(source, "name");
    if (!fe_xml_is_one_of(SOURCES, attribute(source, "type")) || (!r->sky && row && (row->is_cube || row->per_sr > 0))) {
        fe_note(FE_NOTE_SAID, &(fe_where){ r->file, NULL, 0 }, "line %ld: '%s' is no source with a flux and left out",
                fe_xml_line(source), r->source);
        return 0;
    }
    if (!spectrum)
        return complain(r, source, "no spectrum", NULL, NULL);
    if (*r->source && fe_models_find(models, r->source))
        return complain(r, source, "the name stands twice", NULL, NULL);
    if (!(s = read_spectrum(r, row && row->is_cube ? fe_xml_factor_rows : fe_xml_rows, spectrum)))
        return -1;
    fe_models_add(models, r->source, s);
    return where && r->sky ? read_place(r, where, &models->model[models->n - 1]) : 0;
}

static const fe_xml_element *find_library(const fe_xml_element *root)
{
    const fe_xml_element *library = fe_xml_find(root, "source_library");

    return library ? library : fe_xml_find(root, "sources");
}

int fe_models_parse_xml(const char *text, size_t n, const char *file, bool sky, fe_models **out, fe_err *err)
{
    fe_xml *xml = fe_xml_parse(text, n, file, err);
    const fe_xml_element *library = xml ? find_library(fe_xml_root(xml)) : NULL;
    fe_models *models = fe_models_new();
    reader r = { file, "", sky, err };
    int rc = xml ? 0 : -1;

    if (xml && !library)
        rc = fe_fail(err, FE_EDATA, &(fe_where){ file, NULL, 0 }, "no source_library, expected a model of the Fermi "
                     "tools or of ctools");
    for (size_t i = 0; rc == 0 && i < fe_xml_size(library); i++)
        if (!strcmp(fe_xml_name(fe_xml_child(library, i)), "source"))
            rc = read_source(&r, fe_xml_child(library, i), models);
    if (rc == 0 && !models->n)
        rc = fe_fail(err, FE_EDATA, &(fe_where){ file, NULL, 0 }, "no source with a flux");
    fe_xml_free(xml);
    if (rc < 0)
        fe_models_free(models);
    else
        *out = models;
    return rc;
}
