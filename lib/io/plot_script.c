#include "io/plot_script.h"

#include <math.h>
#include <string.h>
#include <time.h>

#include "base/note.h"
#include "base/tool.h"
#include "io/plot_axis.h"

/* Okabe and Ito's colours (2008, "Color universal design"), told apart by all kinds of sight; yellow is too faint on white. */
static const char *const colours[] = { "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000" };
enum { N_COLOURS = sizeof colours / sizeof *colours, MANY_ENTRIES = 9, MANY_SCANS = 3, MANY_POINTS = 100, LONG_LABEL = 44 };
static const int point_types[] = { 7, 5, 9, 13, 11, 6, 4, 8 };
enum { N_POINT_TYPES = sizeof point_types / sizeof *point_types };

static const double mjd_of_1970 = 40587, day_s = 86400;
static const double max_rise = 10;      /* of a scan in -2 ln L: beyond three sigma                     */

typedef struct drawing {
    const fe_plot_page *page;
    const fe_plot_look *look;
    fe_plot_range x, y;
    bool rich;                          /* superscripts                                                 */
    double scale;                       /* of the y axis                                                */
    size_t n_points, n_limits, n_entries;
    fe_str *out;
} drawing;

static double x_of(const drawing *d, double x)
{
    return d->look->dates ? (x - mjd_of_1970) * day_s : x;
}

static bool is_drawn(const drawing *d, const fe_plot_point *p, bool limits)
{
    return p->is_ul == limits && !(limits && d->look->no_limits) && fe_plot_range_has(&d->x, p->x) &&
           fe_plot_range_has(&d->y, p->y);
}

/* ---- what is there to draw ---------------------------------------------------------------------------------- */

/* Errors that reach far below a point would squeeze all others on a log axis: they are cut a decade below it. */
static void count_point(drawing *d, const fe_plot_point *p)
{
    fe_plot_range_add(&d->x, x_of(d, p->x));
    fe_plot_range_add(&d->x, x_of(d, p->xlo));
    fe_plot_range_add(&d->x, x_of(d, p->xhi));
    fe_plot_range_add(&d->y, p->y);
    fe_plot_range_add(&d->y, p->yhi);
    fe_plot_range_add(&d->y, d->y.is_log ? fmax(p->ylo, p->y / (p->is_ul ? 3 : 10)) : p->ylo);
}

static void count_sheets(drawing *d)
{
    const fe_plot_page *page = d->page;
    size_t n_left = 0;

    for (size_t i = 0; i < page->n_sheets && page->kind != FE_PLOT_SCAN; i++)
        for (size_t s = 0; s < page->sheet[i].data.n; s++) {
            const fe_plot_series *series = &page->sheet[i].data.series[s];

            d->n_entries++;
            for (size_t k = 0; k < series->n; k++) {
                const fe_plot_point *p = &series->point[k];
                bool drawn = is_drawn(d, p, p->is_ul);

                if (drawn)
                    count_point(d, p);
                d->n_points += drawn && !p->is_ul;
                d->n_limits += drawn && p->is_ul;
                n_left += !drawn && !isnan(p->y) && !(p->is_ul && d->look->no_limits);
            }
        }
    if (n_left)
        fe_note(FE_NOTE_SAID, NULL, "%zu row%s without a positive value %s no place on a log axis", n_left,
                n_left == 1 ? "" : "s", n_left == 1 ? "has" : "have");
}

/* Lines do not stretch an axis that points have set by more than a factor of ten. */
static void count_lines(drawing *d)
{
    fe_plot_range points = d->y;
    bool alone = points.lo > points.hi;

    for (size_t i = 0; i < d->page->n_lines; i++) {
        const fe_plot_line *line = &d->page->line[i];

        d->n_entries++;
        for (size_t k = 0; k < line->n; k++) {
            if (d->page->kind == FE_PLOT_SCAN && line->y[k] > max_rise)
                continue;
            if (!alone && d->y.is_log && (line->y[k] < points.lo / 10 || line->y[k] > points.hi * 10))
                continue;
            fe_plot_range_add(&d->y, line->y[k]);
            fe_plot_range_add(&d->x, x_of(d, line->x[k]));
        }
    }
}

static int measure(drawing *d, fe_err *err)
{
    const char *y_axis = d->look->y_axis ? d->look->y_axis : d->page->kind == FE_PLOT_SED ? "log" : "linear";
    size_t n_rows = 0;

    d->x = fe_plot_range_none(d->page->kind == FE_PLOT_SED);
    d->y = fe_plot_range_none(!strcmp(y_axis, "log") && d->page->kind != FE_PLOT_SCAN);
    count_sheets(d);
    for (size_t i = 0; i < d->page->n_sheets; i++)
        for (size_t s = 0; s < d->page->sheet[i].data.n; s++)
            n_rows += d->page->sheet[i].data.series[s].n;
    if (d->page->kind != FE_PLOT_SCAN && !d->n_points && !d->n_limits)
        return fe_fail(err, FE_EDATA, NULL, n_rows ? "nothing to draw: none of the %zu rows has a value that can be drawn"
                                               : "nothing to draw: the table has %zu rows", n_rows);
    count_lines(d);
    if (d->y.lo > 0 && !d->y.is_log)
        d->y.lo = 0;
    fe_plot_range_widen(&d->x, d->x.is_log ? 0.05 : d->page->kind == FE_PLOT_SCAN ? 0.02 : 0.04, 0.5);
    fe_plot_range_widen(&d->y, 0.07, 1);
    if (d->page->kind == FE_PLOT_SCAN) {
        d->y.lo = 0;
        d->y.hi = fmin(d->y.hi, max_rise);
    }
    d->scale = d->y.is_log ? 1 : fe_plot_scale(&d->y);
    return 0;
}

/* ---- the frame ---------------------------------------------------------------------------------------------- */

static void print_terminal(const drawing *d)
{
    const fe_plot_look *l = d->look;

    fe_str_addf(d->out, "# %s %s; draw it with: gnuplot FILE > PICTURE\n", fe_tool_name(), fe_version);
    if (!strcmp(l->format, "text"))
        fe_str_addf(d->out, "set terminal dumb noenhanced size %ld,%ld\n", l->width, l->height);
    else if (!strcmp(l->format, "pdf"))         /* in inches, of 96 pixels */
        fe_str_addf(d->out, "set terminal pdfcairo enhanced color size %.4gin,%.4gin font 'sans,11' fontscale 1 background '#ffffff'\n",
                    (double)l->width / 96, (double)l->height / 96);
    else
        fe_str_addf(d->out, "set terminal %s enhanced size %ld,%ld font 'sans,%s' background '#ffffff'\n",
                    !strcmp(l->format, "png") ? "pngcairo" : "svg", l->width, l->height, !strcmp(l->format, "png") ? "13" : "15");
    fe_str_add(d->out, "set encoding utf8\n");
    if (d->rich)
        fe_str_add(d->out, "set border linewidth 1.2\nset tics scale 1.2,0.6\nset errorbars 0\nset samples 400\n");
    if (l->title) {
        fe_str_add(d->out, "set title ");
        fe_plot_quote(l->title, d->out);
        fe_str_add(d->out, " noenhanced\n");
    }
}

static const char *quantity_name(const drawing *d)
{
    static const char *const rich[FE_SED_N] = { "dN/dE", "E^{2} dN/dE", "Flux", "Energy flux", "Norm" };
    static const char *const bare[FE_SED_N] = { "dN/dE", "E^2 dN/dE", "Flux", "Energy flux", "Norm" };

    return d->rich ? rich[d->page->type] : bare[d->page->type];
}

/* The band that all series share, behind the name of a flux over time. */
static void print_y_name(const drawing *d, fe_str *name)
{
    const fe_plot_data *first = &d->page->sheet[0].data;
    bool shared = d->page->kind == FE_PLOT_LIGHTCURVE && first->n && isfinite(first->series[0].e_min + first->series[0].e_max);

    fe_str_add(name, quantity_name(d));
    for (size_t i = 0; i < d->page->n_sheets && shared; i++)
        for (size_t s = 0; s < d->page->sheet[i].data.n; s++)
            shared &= d->page->sheet[i].data.series[s].e_min == first->series[0].e_min &&
                      d->page->sheet[i].data.series[s].e_max == first->series[0].e_max;
    if (shared)
        fe_str_addf(name, ", %.4g\xe2\x80\x93%.4g %s", first->series[0].e_min, first->series[0].e_max, first->energy_unit);
}

/* A terminal has no upright text: there the name of the y axis stands on top. */
static void print_label(const drawing *d, char axis, const char *name, double scale, const char *unit)
{
    bool on_top = axis == 'y' && !d->rich;

    fe_str_addf(d->out, on_top ? "set label " : "set %clabel ", axis);
    fe_plot_axis_label(name, scale, unit, d->rich, d->out);
    fe_str_add(d->out, on_top ? " at graph 0,1 offset 0,1\n" : "\n");
}

/* Short enough for ten of them side by side; the year of a shorter stretch stands in the label. */
static const char *date_format(const drawing *d)
{
    double days = (d->x.hi - d->x.lo) / day_s;

    return days > 300 ? "%Y-%m" : days > 8 ? "%m-%d" : "%d, %H:%M";
}

static void print_date_name(const drawing *d, fe_str *name)
{
    time_t start_s = (time_t)d->x.lo;
    struct tm start;
    char text[sizeof "99999-12"] = "";

    if (gmtime_r(&start_s, &start) && strchr(date_format(d), 'Y') == NULL)
        strftime(text, sizeof text, strchr(date_format(d), 'm') ? "%Y" : "%Y-%m", &start);
    fe_str_addf(name, *text ? "Date from %s" : "Date%s", text);
}

static void print_x_name(const drawing *d)
{
    const fe_plot_data *data = &d->page->sheet[0].data;
    fe_str name = { 0 };

    if (d->page->kind == FE_PLOT_SCAN)
        print_label(d, 'x', quantity_name(d), 1, d->page->y_unit);
    else if (data->axis == FE_PLOT_ENERGY)
        print_label(d, 'x', "Energy", 1, d->page->x_unit);
    else if (data->axis == FE_PLOT_TIME) {
        if (d->look->dates)
            print_date_name(d, &name);
        else
            fe_str_add(&name, "MJD");
        print_label(d, 'x', name.s, 1, d->page->timesys ? d->page->timesys : "");
    } else
        print_label(d, 'x', data->axis == FE_PLOT_PHASE ? "Phase" : "Position", 1, d->page->x_unit);
    fe_str_free(&name);
}

static void print_x_ticks(const drawing *d)
{
    bool is_time = d->page->sheet[0].data.axis == FE_PLOT_TIME && d->page->kind != FE_PLOT_SCAN;

    if (d->x.is_log) {
        fe_str_add(d->out, "set logscale x\n");
        fe_plot_ticks(&d->x, 'x', d->x.lo > 5e-4 && d->x.hi < 2e4, d->rich, d->out);
    } else if (is_time && d->look->dates)
        fe_str_addf(d->out, "set xtics timedate\nset format x '%s' timedate\n", date_format(d));
    else
        fe_str_addf(d->out, "set format x '%%.12g'\nset mxtics\n");
}

static void print_axes(const drawing *d)
{
    fe_str name = { 0 };

    print_x_name(d);
    print_y_name(d, &name);
    if (d->page->kind == FE_PLOT_SCAN)
        print_label(d, 'y', d->rich ? "\xe2\x88\x92" "2 \xce\x94 ln {/:Italic L}" : "-2 Delta ln L", 1, "");
    else
        print_label(d, 'y', name.s, d->scale, d->page->y_unit);
    fe_str_free(&name);
    fe_str_addf(d->out, "set xrange [%.10g:%.10g]\nset yrange [%.6g:%.6g]\n", d->x.lo, d->x.hi, d->y.lo / d->scale,
                d->y.hi / d->scale);
    print_x_ticks(d);
    if (d->y.is_log) {
        fe_str_add(d->out, "set logscale y\n");
        fe_plot_ticks(&d->y, 'y', false, d->rich, d->out);
    } else
        fe_str_addf(d->out, "set mytics\n%s", d->y.lo < 0 ? "set xzeroaxis linewidth 1 linecolor '#999999'\n" : "");
}

/* ---- the legend, where the fewest points are ------------------------------------------------------------------ */

typedef struct corner { const char *name; bool right, top; size_t n; } corner;

static void count_corner(const drawing *d, corner *c, double x, double y)
{
    double u = fe_plot_range_place(&d->x, x_of(d, x)), v = fe_plot_range_place(&d->y, y);

    c->n += (c->right ? u > 0.55 : u < 0.45) && (c->top ? v > 0.65 : v < 0.35);
}

static void count_all(const drawing *d, corner *c)
{
    for (size_t i = 0; i < d->page->n_sheets && d->page->kind != FE_PLOT_SCAN; i++)
        for (size_t s = 0; s < d->page->sheet[i].data.n; s++)
            for (size_t k = 0; k < d->page->sheet[i].data.series[s].n; k++) {
                const fe_plot_point *p = &d->page->sheet[i].data.series[s].point[k];

                count_corner(d, c, p->x, p->y);
                count_corner(d, c, p->x, isnan(p->yhi) ? p->y : p->yhi);
                count_corner(d, c, p->x, isnan(p->ylo) ? p->y : p->ylo);
            }
    for (size_t i = 0; i < d->page->n_lines; i++)
        for (size_t k = 0; k < d->page->line[i].n; k += d->page->line[i].n > MANY_POINTS ? 10 : 1)
            count_corner(d, c, d->page->line[i].x[k], d->page->line[i].y[k]);
}

static bool has_long_label(const drawing *d)
{
    size_t longest = 0;
    fe_str label = { 0 };

    for (size_t i = 0; i < d->page->n_lines; i++)
        longest = strlen(d->page->line[i].label) > longest ? strlen(d->page->line[i].label) : longest;
    for (size_t i = 0; i < d->page->n_sheets && d->page->kind != FE_PLOT_SCAN; i++)
        for (size_t s = 0; s < d->page->sheet[i].data.n; s++) {
            label.len = 0;
            fe_plot_page_label(d->page, i, s, &label);
            longest = label.len > longest ? label.len : longest;
        }
    fe_str_free(&label);
    return longest > LONG_LABEL;
}

static void print_key(const drawing *d)
{
    corner corners[] = { { "top right", true, true, 0 }, { "bottom left", false, false, 0 },
                         { "top left", false, true, 0 }, { "bottom right", true, false, 0 } };
    const corner *best = corners;

    for (size_t i = 0; i < sizeof corners / sizeof *corners; i++) {
        count_all(d, &corners[i]);
        if (corners[i].n < best->n)
            best = &corners[i];
    }
    if (d->n_entries > (d->page->kind == FE_PLOT_SCAN ? MANY_SCANS : MANY_ENTRIES) || has_long_label(d))
        fe_str_addf(d->out, "set key %s Left reverse samplen 2\n", d->rich && !has_long_label(d) ? "outside right top" : "below");
    else
        fe_str_addf(d->out, "set key %s Left reverse samplen 2\n", best->name);
}

/* ---- data --------------------------------------------------------------------------------------------------- */

static double or_else(double x, double other)
{
    return isfinite(x) ? x : other;
}

static void print_numbers(const double *x, size_t n, fe_str *out)
{
    for (size_t i = 0; i < n; i++) {
        fe_str_add(out, i ? " " : "");
        fe_str_addnum(out, x[i]);
    }
    fe_str_add(out, "\n");
}

/* A bar that is not known has no length. */
static size_t print_points(const drawing *d, const fe_plot_series *s, size_t number, bool limits)
{
    size_t n = 0;

    for (size_t i = 0; i < s->n; i++) {
        const fe_plot_point *p = &s->point[i];
        const double cells[] = { x_of(d, p->x), x_of(d, or_else(p->xlo, p->x)), x_of(d, or_else(p->xhi, p->x)), p->y,
                                 or_else(p->ylo, p->y), or_else(p->yhi, p->y) };

        if (!is_drawn(d, p, limits))
            continue;
        if (!n++)
            fe_str_addf(d->out, limits ? "$limits%zu << END\n# x xlo xhi limit\n" : "$points%zu << END\n# x xlo xhi y ylo yhi\n",
                        number);
        print_numbers(cells, limits ? 4 : 6, d->out);
    }
    fe_str_add(d->out, n ? "END\n" : "");
    return n;
}

static void print_line(const drawing *d, const fe_plot_line *line, size_t number)
{
    fe_str_addf(d->out, "$line%zu << END\n# x y\n", number);
    for (size_t i = 0; i < line->n; i++) {
        const double cells[] = { x_of(d, line->x[i]), line->y[i] };

        if (isfinite(cells[0]) && fe_plot_range_has(&d->y, cells[1]))
            print_numbers(cells, 2, d->out);
        else
            fe_str_add(d->out, "\n");           /* a gap */
    }
    fe_str_add(d->out, "END\n");
}

/* ---- the plot command ----------------------------------------------------------------------------------------- */

static void begin_item(fe_str *items)
{
    fe_str_add(items, items->len ? ", \\\n    " : "plot ");
}

static void add_title(const char *label, fe_str *items)
{
    fe_str_add(items, " title ");
    fe_plot_quote(label, items);
    fe_str_add(items, " noenhanced");
}

static void add_series(const drawing *d, const fe_plot_series *s, const char *label, size_t number, fe_str *items)
{
    const char *colour = colours[(number - 1) % N_COLOURS];
    bool points = print_points(d, s, number, false) > 0, limits = print_points(d, s, number, true) > 0;

    if (limits) {
        begin_item(items);
        fe_str_addf(items, "$limits%zu using 2:($4/scale):($3-$2):(0) with vectors nohead linewidth 1.6 linecolor '%s'", number,
                    colour);
        if (points)
            fe_str_add(items, " notitle");
        else
            add_title(label, items);
        begin_item(items);
        fe_str_addf(items, "$limits%zu using 1:($4/scale):(0):(arrow($4)/scale) with vectors head filled size screen 0.010,20 "
                    "linewidth 1.6 linecolor '%s' notitle", number, colour);
    }
    if (points) {
        begin_item(items);
        fe_str_addf(items, "$points%zu using 1:($4/scale):2:3:(low($5)/scale):($6/scale) with xyerrorbars pointtype %d "
                    "pointsize 0.9 linewidth 1.6 linecolor '%s'", number, point_types[(number - 1) % N_POINT_TYPES], colour);
        add_title(label, items);
    }
}

/* Scans go through the colours of their bands' order (after viridis, whose bright end is too faint on white). */
static void add_line(const drawing *d, size_t i, fe_str *items)
{
    static const double rgb[][3] = { { 68, 1, 84 }, { 59, 82, 139 }, { 33, 145, 140 }, { 94, 201, 98 }, { 190, 200, 50 } };
    double place = d->page->n_lines > 1 ? 4.0 * (double)i / (double)(d->page->n_lines - 1) : 1;
    int k = place < 3 ? (int)place : 3;
    int colour = 0;

    print_line(d, &d->page->line[i], i + 1);
    for (int c = 0; c < 3; c++)
        colour = 256 * colour + (int)lround(rgb[k][c] + (place - k) * (rgb[k + 1][c] - rgb[k][c]));
    begin_item(items);
    if (d->page->kind == FE_PLOT_SCAN)
        fe_str_addf(items, "$line%zu using 1:2 smooth mcsplines with lines linewidth 1.8 linecolor '#%06x'", i + 1, (unsigned)colour);
    else
        fe_str_addf(items, "$line%zu using 1:($2/scale) with lines linewidth 1.4 dashtype %zu linecolor '#777777'", i + 1, i % 4 + 1);
    add_title(d->page->line[i].label, items);
}

/* 1: one sigma; 2.7055: a one-sided limit at 95 %, where chi2 of one degree of freedom holds (Wilks, AMS 9 (1938) 60). */
static void print_levels(const drawing *d, fe_str *items)
{
    static const struct { const char *level, *name; } levels[] = { { "1", "1" }, { "2.7055", "2.71" } };

    for (size_t i = 0; i < 2; i++) {
        begin_item(items);
        fe_str_addf(items, "%s with lines linewidth 1 dashtype 3 linecolor '#555555' notitle", levels[i].level);
        fe_str_addf(d->out, "set label '%s' at graph 0.01, first %s offset 0,0.5 textcolor '#555555'\n", levels[i].name,
                    levels[i].level);
    }
}

static void add_limit_entry(const drawing *d, fe_str *items)
{
    fe_str name = { 0 };

    if (!isnan(d->page->ul_conf))
        fe_str_addf(&name, "%.4g%% ", 100 * d->page->ul_conf);
    fe_str_add(&name, "upper limit");
    begin_item(items);
    fe_str_add(items, "keyentry with vectors head filled size screen 0.010,20 linewidth 1.6 linecolor '#555555'");
    add_title(name.s, items);
    fe_str_free(&name);
}

static void print_items(const drawing *d)
{
    fe_str items = { 0 }, label = { 0 };
    size_t number = 0;

    for (size_t i = 0; i < d->page->n_lines; i++)
        add_line(d, i, &items);
    for (size_t i = 0; i < d->page->n_sheets && d->page->kind != FE_PLOT_SCAN; i++)
        for (size_t s = 0; s < d->page->sheet[i].data.n; s++) {
            label.len = 0;
            fe_plot_page_label(d->page, i, s, &label);
            add_series(d, &d->page->sheet[i].data.series[s], label.s, ++number, &items);
        }
    if (d->n_limits)
        add_limit_entry(d, &items);
    if (d->page->kind == FE_PLOT_SCAN)
        print_levels(d, &items);
    fe_str_addf(d->out, "%s\n", items.s);
    fe_str_free(&items);
    fe_str_free(&label);
}

int fe_plot_script(const fe_plot_page *page, const fe_plot_look *look, fe_str *out, fe_err *err)
{
    drawing d = { .page = page, .look = look, .out = out, .rich = strcmp(look->format, "text") != 0 };

    if (measure(&d, err) < 0)
        return -1;
    print_terminal(&d);
    print_axes(&d);
    print_key(&d);
    fe_str_addf(out, "scale = %g\n", d.scale);
    if (d.y.is_log)                             /* bars that end at or below 0 go to the frame */
        fe_str_addf(out, "low(y) = y > %.6g ? y : %.6g\narrow(y) = %.4g*y\n", d.y.lo / 10, d.y.lo / 10,
                    pow(d.y.lo / d.y.hi, 0.08) - 1);
    else
        fe_str_addf(out, "low(y) = y\narrow(y) = %.6g\n", -0.06 * (d.y.hi - d.y.lo));
    print_items(&d);
    return 0;
}
