#include "io/plot_page.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/note.h"
#include "io/gadf.h"
#include "phys/units.h"

enum { N_GRID = 201 };                          /* points of a smooth model                         */

static const char *const kinds[FE_PLOT_N_KINDS] = { "sed", "lightcurve", "scan" };

int fe_plot_kind_parse(const char *name)
{
    for (int i = 0; name && i < FE_PLOT_N_KINDS; i++)
        if (!strcmp(name, kinds[i]))
            return i;
    return -1;
}

/* ---- lines -------------------------------------------------------------------------------------------------- */

static fe_plot_line *new_line(fe_plot_page *page, const char *label)
{
    FE_GROW(page->line, page->n_lines, page->cap_lines);
    page->line[page->n_lines] = (fe_plot_line){ .label = fe_strdup(label) };
    return &page->line[page->n_lines++];
}

static void line_to(fe_plot_line *line, double x, double y)
{
    if (line->n == line->cap) {
        line->cap = line->cap ? 2 * line->cap : 64;
        line->x = fe_realloc(line->x, line->cap, sizeof *line->x);
        line->y = fe_realloc(line->y, line->cap, sizeof *line->y);
    }
    line->x[line->n] = x;
    line->y[line->n++] = y;
}

/* A level across a bin, and a gap behind it. */
static void step_to(fe_plot_line *line, double xlo, double xhi, double y)
{
    line_to(line, xlo, y);
    line_to(line, xhi, y);
    line_to(line, NAN, NAN);
}

static bool is_per_band(int type)
{
    return type == FE_SED_FLUX || type == FE_SED_EFLUX;
}

/* What the table says the reference model is worth: levels of bands, else a line from point to point. */
static void add_refs(fe_plot_page *page, const fe_plot_data *d, const char *label)
{
    fe_plot_line *line = new_line(page, label);

    for (size_t s = 0; s < d->n; s++) {
        for (size_t i = 0; i < d->series[s].n; i++) {
            const fe_plot_point *p = &d->series[s].point[i];

            if (isfinite(p->xlo) && isfinite(p->xhi) && (is_per_band(page->type) || d->axis != FE_PLOT_ENERGY))
                step_to(line, p->xlo, p->xhi, p->ref);
            else
                line_to(line, p->x, p->ref);
        }
        line_to(line, NAN, NAN);
    }
}

/* Lowest and highest energy drawn; lo > hi without any. */
static void energy_range(const fe_plot_data *d, double *lo, double *hi)
{
    for (size_t s = 0; s < d->n; s++)
        for (size_t i = 0; i < d->series[s].n; i++) {
            const fe_plot_point *p = &d->series[s].point[i];

            *lo = fmin(*lo, p->xlo > 0 ? p->xlo : p->x > 0 ? p->x : NAN);
            *hi = fmax(*hi, p->xhi > 0 ? p->xhi : p->x);
        }
}

/* A model from lo to hi (in the unit of the page), or in the bands of a table where a value belongs to a band. */
static int add_spectrum(fe_plot_page *page, const fe_spectrum *model, const char *label, const fe_plot_data *bands,
                        double lo, double hi, fe_err *err)
{
    fe_sedtype type = (fe_sedtype)page->type;
    double to_TeV, factor;
    fe_plot_line *line;

    if (fe_unit_factor(page->x_unit, "TeV", &to_TeV, err) < 0 ||
        fe_unit_factor(fe_sedtypes[type].unit, page->y_unit, &factor, err) < 0)
        return -1;
    line = new_line(page, label);
    for (size_t i = 0; is_per_band(type) && bands->n && i < bands->series[0].n; i++) {
        const fe_plot_point *p = &bands->series[0].point[i];

        step_to(line, p->xlo, p->xhi, factor * fe_sedtype_ref(type, model, p->xlo * to_TeV, p->xhi * to_TeV, p->x * to_TeV));
    }
    for (int i = 0; !is_per_band(type) && lo > 0 && hi > lo && i < N_GRID; i++) {
        double x = lo * pow(hi / lo, (double)i / (N_GRID - 1));

        line_to(line, x, factor * fe_sedtype_ref(type, model, NAN, NAN, x * to_TeV));
    }
    return 0;
}

int fe_plot_page_model(fe_plot_page *page, const fe_spectrum *model, const char *label, fe_err *err)
{
    double lo = INFINITY, hi = 0;

    if (page->kind != FE_PLOT_SED || page->type == FE_SED_LIKELIHOOD)
        return fe_fail(err, FE_EUSAGE, NULL, "--curve: a model is drawn beside an SED of fluxes, and this is %s",
                       page->kind == FE_PLOT_SED ? "one of norms" : kinds[page->kind]);
    if (fe_spectrum_is_norm(model))
        return fe_fail(err, FE_EDATA, NULL, "%s: a factor without unit is no spectrum", label);
    for (size_t i = 0; i < page->n_sheets; i++)
        energy_range(&page->sheet[i].data, &lo, &hi);
    return add_spectrum(page, model, label, &page->sheet[0].data, lo, hi, err);
}

static int add_reference(fe_plot_page *page, const fe_plot_sheet *sheet, const fe_estimate *e, const char *label, fe_err *err)
{
    double lo = INFINITY, hi = 0;
    bool any = false;

    energy_range(&sheet->data, &lo, &hi);
    if (e->model && page->kind == FE_PLOT_SED && page->type != FE_SED_LIKELIHOOD && sheet->data.n == 1)
        return add_spectrum(page, e->model, label, &sheet->data, lo, hi, err);
    for (size_t s = 0; s < sheet->data.n; s++)
        for (size_t i = 0; i < sheet->data.series[s].n; i++)
            any |= isfinite(sheet->data.series[s].point[i].ref);
    if (any)
        add_refs(page, &sheet->data, label);
    else
        fe_note(FE_NOTE_WARN, &(fe_where){ e->file, NULL, 0 }, "no reference model is stored: none is drawn");
    return 0;
}

/* ---- scans -------------------------------------------------------------------------------------------------- */

static void name_band(double lo, double hi, double ref, const char *unit, fe_str *out)
{
    if (isfinite(lo) && isfinite(hi))
        fe_str_addf(out, "%.3g\xe2\x80\x93%.3g %s", lo, hi, unit);
    else
        fe_str_addf(out, "%.3g %s", ref, unit);
}

static double key_of(const fe_estimate *e, fe_key key, size_t row)
{
    return e->key[key] ? e->key[key][row] : NAN;
}

static bool times_vary(const fe_estimate *e)
{
    for (size_t i = 1; i < e->n; i++)
        if (isfinite(key_of(e, FE_KEY_TIME_MIN, i)) && key_of(e, FE_KEY_TIME_MIN, i) != key_of(e, FE_KEY_TIME_MIN, 0))
            return true;
    return false;
}

/* The points of one scan, as the rise over its lowest point or the best fit. */
static void add_scan(fe_plot_page *page, const fe_estimate *e, size_t row, double x_factor, const char *label)
{
    const double *norm = e->norm_scan + row * e->n_scan, *stat = e->stat_scan + row * e->n_scan;
    double lowest = e->q[FE_Q_STAT] ? e->q[FE_Q_STAT][row] : NAN;
    fe_plot_line *line = NULL;

    for (size_t k = 0; k < e->n_scan; k++)
        lowest = fmin(lowest, stat[k]);                 /* fmin leaves a NaN out */
    for (size_t k = 0; k < e->n_scan; k++)
        if (isfinite(norm[k] * x_factor) && isfinite(stat[k])) {
            line = line ? line : new_line(page, label);
            line_to(line, norm[k] * x_factor, stat[k] - lowest);
        }
}

static int add_scans(fe_plot_page *page, const fe_estimate *e, const char *prefix, fe_err *err)
{
    const char *energy_unit = page->energy_unit ? page->energy_unit : e->energy_unit ? e->energy_unit : "TeV";
    double to_unit = 1, y_factor = 1;
    size_t n_before = page->n_lines;

    if (fe_unit_factor("TeV", energy_unit, &to_unit, err) < 0 ||
        fe_unit_factor(fe_sedtypes[page->type].unit, page->y_unit, &y_factor, err) < 0)
        return -1;
    for (size_t row = 0; row < e->n; row++) {
        double ref = page->type == FE_SED_LIKELIHOOD ? 1 : e->ref[page->type] ? e->ref[page->type][row] : NAN;
        fe_str label = { 0 };

        fe_str_addf(&label, "%s", prefix);
        if (e->source)
            fe_str_addf(&label, "%s, ", e->source[row]);
        name_band(key_of(e, FE_KEY_E_MIN, row) * to_unit, key_of(e, FE_KEY_E_MAX, row) * to_unit,
                  key_of(e, FE_KEY_E_REF, row) * to_unit, energy_unit, &label);
        if (times_vary(e))
            fe_str_addf(&label, ", MJD %.9g", key_of(e, FE_KEY_TIME_MIN, row));
        add_scan(page, e, row, ref * y_factor, label.s);
        fe_str_free(&label);
    }
    if (page->n_lines == n_before)
        return fe_fail(err, FE_EDATA, &(fe_where){ e->file, NULL, 0 }, "nothing to draw: no scan has a finite point");
    return 0;
}

/* ---- names -------------------------------------------------------------------------------------------------- */

static const char *keyword(const fe_document *doc, const char *key)
{
    const fe_table *t = fe_document_first(doc);
    const char *text = t ? fe_meta_text(&t->meta, key) : NULL;

    text = text ? text : fe_meta_text(&doc->primary, key);
    return text && *text ? text : NULL;
}

/* What varies among series: the source, the band, the interval. */
static bool sources_vary(const fe_plot_data *d)
{
    for (size_t i = 1; i < d->n; i++)
        if (d->series[i].source && strcmp(d->series[i].source, d->series[0].source) != 0)
            return true;
    return false;
}

static bool values_vary(const fe_plot_data *d, size_t offset)
{
    for (size_t i = 1; i < d->n; i++) {
        double a = *(const double *)((const char *)&d->series[0] + offset);
        double b = *(const double *)((const char *)&d->series[i] + offset);

        if (a != b && !(isnan(a) && isnan(b)))
            return true;
    }
    return false;
}

static const char *object_of(const fe_plot_sheet *s)
{
    return s->data.n && s->data.series[0].source && *s->data.series[0].source && !sources_vary(&s->data)
               ? s->data.series[0].source : s->object;
}

/* Is this name there for every sheet, and no two the same? */
static bool tells_apart(const fe_plot_page *page, const char *(*name)(const fe_plot_sheet *))
{
    for (size_t i = 0; i < page->n_sheets; i++)
        for (size_t k = 0; k <= i; k++) {
            const char *a = name(&page->sheet[i]), *b = name(&page->sheet[k]);

            if (!a || (k < i && b && !strcmp(a, b)))
                return false;
        }
    return true;
}

static const char *telescope_of(const fe_plot_sheet *s) { return s->telescope; }

static const char *sheet_name(const fe_plot_page *page, const fe_plot_sheet *s)
{
    if (s->label)
        return s->label;
    if (page->n_sheets == 1)
        return object_of(s) ? object_of(s) : s->file;
    if (tells_apart(page, telescope_of))
        return s->telescope;
    return tells_apart(page, object_of) ? object_of(s) : s->file;
}

void fe_plot_page_label(const fe_plot_page *page, size_t sheet, size_t series, fe_str *out)
{
    const fe_plot_sheet *s = &page->sheet[sheet];
    const fe_plot_data *d = &s->data;
    bool by_source = sources_vary(d), by_band = values_vary(d, offsetof(fe_plot_series, e_min)) ||
                                                values_vary(d, offsetof(fe_plot_series, e_ref));
    bool by_time = values_vary(d, offsetof(fe_plot_series, time_min));
    const char *gap = "";

    if (page->n_sheets > 1 || s->label || !(by_source || by_band || by_time)) {
        fe_str_addf(out, "%s", sheet_name(page, s));
        gap = ", ";
    }
    if (by_source) {
        fe_str_addf(out, "%s%s", gap, d->series[series].source);
        gap = ", ";
    }
    if (by_band) {
        fe_str_add(out, gap);
        name_band(d->series[series].e_min, d->series[series].e_max, d->series[series].e_ref, d->energy_unit, out);
        gap = ", ";
    }
    if (by_time)
        fe_str_addf(out, "%sMJD %.9g", gap, d->series[series].time_min);
}

static void name_sheet(fe_plot_sheet *s, const fe_document *doc, const char *label)
{
    const char *slash = strrchr(doc->file, '/'), *base = slash ? slash + 1 : doc->file, *dot = strrchr(base, '.');

    s->telescope = fe_strdup(keyword(doc, "TELESCOP"));
    s->object = fe_strdup(keyword(doc, "OBJECT"));
    s->file = !strcmp(base, "<stdin>") ? fe_strdup("flux")
                                       : fe_strndup(base, dot && dot > base ? (size_t)(dot - base) : strlen(base));
    s->label = fe_strdup(label);
}

/* ---- a table ------------------------------------------------------------------------------------------------ */

/* The axis of a kind; a light curve may run over phases. */
static int read_data(fe_plot_page *page, const fe_document *doc, fe_plot_data *out, fe_err *err)
{
    if (page->kind == FE_PLOT_SED)
        return fe_plot_data_read(doc, FE_PLOT_ENERGY, out, err);
    if (page->kind != FE_PLOT_LIGHTCURVE)
        return fe_plot_data_read(doc, -1, out, err);
    if (fe_plot_data_read(doc, -1, out, err) < 0)
        return -1;
    if (out->axis == FE_PLOT_PHASE || out->axis == FE_PLOT_POSITION)
        return 0;
    fe_plot_data_free(out);
    return fe_plot_data_read(doc, FE_PLOT_TIME, out, err);
}

/* What varies along the rows, whoever wrote the table. */
static int find_kind(fe_plot_page *page, const fe_document *doc, const fe_estimate *e, fe_err *err)
{
    const fe_layout layout = { .stated = true };
    fe_document *flat = fe_estimate_document(e, doc, &layout, err);
    fe_plot_data d = { 0 };
    int rc = flat ? fe_plot_data_read(flat, -1, &d, err) : -1;

    if (rc == 0)
        page->kind = d.axis == FE_PLOT_ENERGY ? FE_PLOT_SED : FE_PLOT_LIGHTCURVE;
    fe_plot_data_free(&d);
    fe_document_free(flat);
    return rc;
}

/* Kind and type, where nothing was asked for: what the table holds; an SED as E^2 dN/dE where that is possible. */
static int decide(fe_plot_page *page, const fe_document *doc, fe_estimate *e, fe_err *err)
{
    fe_err impossible = { 0 };

    if (page->kind < 0 && find_kind(page, doc, e, err) < 0)
        return -1;
    if (page->type >= 0)
        return 0;
    if (page->kind == FE_PLOT_SCAN)
        page->type = FE_SED_LIKELIHOOD;
    else if (page->kind == FE_PLOT_SED && fe_estimate_convert(e, FE_SED_E2DNDE, &impossible) == 0)
        page->type = FE_SED_E2DNDE;
    else
        page->type = e->type;
    return 0;
}

/* One-sided confidence: a two-sided 0.90 leaves 5 % on either side. */
static double one_sided(const fe_estimate *e)
{
    return !e->ul_side ? NAN : !strcmp(e->ul_side, "two") ? (1 + e->ul_conf) / 2 : e->ul_conf;
}

/* The reference of norms is 1. */
static void refer_norms(fe_plot_data *d)
{
    for (size_t s = 0; s < d->n; s++)
        for (size_t i = 0; i < d->series[s].n; i++)
            d->series[s].point[i].ref = 1;
}

static bool has_limits(const fe_plot_data *d)
{
    for (size_t s = 0; s < d->n; s++)
        for (size_t i = 0; i < d->series[s].n; i++)
            if (d->series[s].point[i].is_ul)
                return true;
    return false;
}

static void take_units(fe_plot_page *page, const fe_estimate *e, const fe_plot_data *d)
{
    if (has_limits(d)) {
        page->ul_conf = !page->has_limits || fabs(one_sided(e) - page->ul_conf) < 1e-9 ? one_sided(e) : NAN;
        page->has_limits = true;
    }
    if (page->n_sheets)
        return;
    page->x_unit = fe_strdup(d->x_unit ? d->x_unit : "");
    page->y_unit = fe_strdup(d->y_unit ? d->y_unit : "");
    page->timesys = fe_strdup(e->timesys);
}

static int read_table(fe_plot_page *page, const fe_document *doc, const fe_estimate *e, fe_plot_data *out, fe_err *err)
{
    bool energies = page->kind == FE_PLOT_SED && page->n_sheets;        /* all in the units of the first */
    fe_layout layout = { .unit = page->n_sheets ? page->y_unit : page->unit,
                         .energy_unit = energies ? page->x_unit : page->energy_unit, .stated = true };
    fe_document *flat = fe_estimate_document(e, doc, &layout, err);
    int rc = flat ? read_data(page, flat, out, err) : -1;

    fe_document_free(flat);
    return rc;
}

int fe_plot_page_add(fe_plot_page *page, const fe_document *doc, fe_estimate *e, const char *label, fe_err *err)
{
    fe_plot_sheet sheet = { 0 };
    fe_str text = { 0 };
    int rc = 0;

    if (page->kind == FE_PLOT_SCAN && !e->n_scan)
        return fe_fail(err, FE_EDATA, &(fe_where){ e->file, NULL, 0 }, "no scans are stored (fe-points --scan stores them)");
    if (decide(page, doc, e, err) < 0 || fe_estimate_convert(e, (fe_sedtype)page->type, err) < 0)
        return -1;
    if (page->ul_if && fe_estimate_apply_ul_rule(e, page->ul_if, err) < 0)
        return -1;
    if (page->show_model || page->kind == FE_PLOT_SCAN)
        fe_estimate_fill_refs(e);
    if (read_table(page, doc, e, &sheet.data, err) < 0)
        return -1;
    if (page->type == FE_SED_LIKELIHOOD)
        refer_norms(&sheet.data);
    name_sheet(&sheet, doc, label);
    take_units(page, e, &sheet.data);
    FE_GROW(page->sheet, page->n_sheets, page->cap_sheets);
    page->sheet[page->n_sheets++] = sheet;
    if (page->kind == FE_PLOT_SCAN) {
        fe_str_addf(&text, "%s%s", label ? label : page->n_sheets > 1 ? sheet.file : "", label || page->n_sheets > 1 ? ", " : "");
        rc = add_scans(page, e, text.s, err);
    } else if (page->show_model) {
        fe_str_addf(&text, "reference model%s%s", page->n_sheets > 1 ? " of " : "", page->n_sheets > 1 ? sheet.file : "");
        rc = add_reference(page, &page->sheet[page->n_sheets - 1], e, text.s, err);
    }
    fe_str_free(&text);
    return rc;
}

void fe_plot_page_free(fe_plot_page *page)
{
    for (size_t i = 0; i < page->n_sheets; i++) {
        fe_plot_data_free(&page->sheet[i].data);
        free(page->sheet[i].telescope);
        free(page->sheet[i].object);
        free(page->sheet[i].file);
        free(page->sheet[i].label);
    }
    for (size_t i = 0; i < page->n_lines; i++) {
        free(page->line[i].label);
        free(page->line[i].x);
        free(page->line[i].y);
    }
    free(page->sheet);
    free(page->line);
    free(page->x_unit);
    free(page->y_unit);
    free(page->timesys);
    *page = (fe_plot_page){ 0 };
}
