#include "io/model_xml.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/note.h"
#include "base/num.h"
#include "io/beside.h"
#include "io/model_xml_rows.h"
#include "io/spectrum_io.h"
#include "io/xml.h"
#include "phys/const.h"

typedef struct reader {
    const char *file, *source;      /* source at hand */
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

static const fe_xml_row *find_row(const fe_xml_element *spectrum, const fe_xml_row **known)
{
    *known = NULL;
    for (const fe_xml_row *row = fe_xml_rows; row->types; row++) {
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

static int no_row(const reader *r, const fe_xml_element *spectrum, const fe_xml_row *known)
{
    fe_str list = { 0 };

    for (size_t k = 0; known && k < FE_XML_MAX_PAR && known->par[k].names; k++)
        fe_str_addf(&list, "%s%s", k ? ", " : "the parameters ", known->par[k].names);
    for (const fe_xml_row *row = fe_xml_rows; !known && row->types; row++)
        fe_str_addf(&list, "%s%s", row == fe_xml_rows ? "one of " : ", ", row->types);
    fe_str_add(&list, known ? "" : ", NodeFunction");
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
    char *path = file ? fe_path_beside(r->file, file) : NULL;

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

static fe_spectrum *read_spectrum(const reader *r, const fe_xml_element *spectrum)
{
    const fe_xml_row *known, *row;
    fe_spectrum *s;

    if (!strcmp(attribute(spectrum, "type"), "NodeFunction"))
        return read_nodes(r, spectrum);
    if (!(row = find_row(spectrum, &known))) {
        (void)no_row(r, spectrum, known);
        return NULL;
    }
    s = fe_spectrum_new(row->tag);
    if (read_row(r, spectrum, row, s) < 0) {
        fe_spectrum_free(s);
        return NULL;
    }
    return strcmp(row->types, "FileFunction") ? s : add_file(r, spectrum, s);
}

/* ---- sources ------------------------------------------------------------------------------------------------- */

static const char SOURCES[] = "PointSource|ExtendedSource|DiffuseSource|CompositeSource";
static const char PER_STERADIAN[] = "ConstantValue|MapCubeFunction|MapCube|DiffuseMapCube|DiffuseIsotropic";

static int read_source(reader *r, const fe_xml_element *source, fe_models *models)
{
    const fe_xml_element *spectrum = fe_xml_find(source, "spectrum"), *where = fe_xml_find(source, "spatialModel");
    fe_spectrum *s;

    r->source = attribute(source, "name");
    if (!fe_xml_is_one_of(SOURCES, attribute(source, "type")) ||
        (where && fe_xml_is_one_of(PER_STERADIAN, attribute(where, "type")))) {
        fe_note(FE_NOTE_SAID, &(fe_where){ r->file, NULL, 0 }, "line %ld: '%s' is no source with a flux and left out",
                fe_xml_line(source), r->source);
        return 0;
    }
    if (!spectrum)
        return complain(r, source, "no spectrum", NULL, NULL);
    if (*r->source && fe_models_find(models, r->source))
        return complain(r, source, "the name stands twice", NULL, NULL);
    if (!(s = read_spectrum(r, spectrum)))
        return -1;
    fe_models_add(models, r->source, s);
    return 0;
}

static const fe_xml_element *find_library(const fe_xml_element *root)
{
    const fe_xml_element *library = fe_xml_find(root, "source_library");

    return library ? library : fe_xml_find(root, "sources");
}

int fe_models_parse_xml(const char *text, size_t n, const char *file, fe_models **out, fe_err *err)
{
    fe_xml *xml = fe_xml_parse(text, n, file, err);
    const fe_xml_element *library = xml ? find_library(fe_xml_root(xml)) : NULL;
    fe_models *models = fe_models_new();
    reader r = { file, "", err };
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
