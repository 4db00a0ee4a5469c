#include "io/plot_map.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/plot_axis.h"

enum { MOST_BANDS = 12, N_TICKS = 5 };

/* Five of the colours of viridis (Smith and van der Walt 2015): even to the eye, also in grey. */
static const char PALETTE[] = "set palette defined (0 '#440154', 1 '#3b528b', 2 '#21918c', 3 '#5ec962', 4 '#fde725')\n";

typedef struct panel { double *value, lo, hi; } panel;

/* ---- values ----------------------------------------------------------------------------------------------------- */

static int read_panel(fe_fluxmap_file *m, size_t band, const fe_plot_map *what, panel *p, fe_err *err)
{
    size_t n = fe_geom_nx(fe_fluxmap_geom(m)) * fe_geom_ny(fe_fluxmap_geom(m));
    fe_estimate *e = NULL;
    const char *name = what->quantity;
    bool found = false;
    int rc = fe_fluxmap_read_band(m, band, &e, err);

    if (rc == 0 && what->type >= 0)
        rc = fe_estimate_convert(e, (fe_sedtype)what->type, err);
    if (rc == 0 && !name)
        name = e->q[FE_Q_SQRT_TS] && what->type < 0 ? "sqrt_ts" : fe_sedtypes[e->type].column;
    *p = (panel){ FE_NEWN(double, n), INFINITY, -INFINITY };
    for (size_t i = 0; rc == 0 && i < n; i++) {
        p->value[i] = fe_estimate_lookup(e, name, i, &found);
        if (isfinite(p->value[i])) {
            p->lo = fmin(p->lo, p->value[i]);
            p->hi = fmax(p->hi, p->value[i]);
        }
    }
    if (rc == 0 && !found)
        rc = fe_fail(err, FE_EUSAGE, NULL, "--quantity: '%s' is not in these maps", name);
    fe_estimate_free(e);
    return rc;
}

/* ---- axes ------------------------------------------------------------------------------------------------------- */

/* 1, 2, 5 and their tens: about N_TICKS of them over a length. */
static double tick_step(double length)
{
    double ten = pow(10, floor(log10(length / N_TICKS))), part = length / N_TICKS / ten;

    return ten * (part < 1.5 ? 1 : part < 3.5 ? 2 : part < 7.5 ? 5 : 10);
}

/* Round longitudes along the middle row, or latitudes along the middle column, at their pixels. */
static void print_ticks(fe_geom *g, bool longitude, fe_str *out)
{
    double nx = (double)fe_geom_nx(g), ny = (double)fe_geom_ny(g), lon_0, lat_0, lon, lat, step, first;
    double x[2] = { 0, nx - 1 }, y[2] = { 0.5 * (ny - 1), 0.5 * (ny - 1) }, l[2], b[2];
    const char *comma = "";

    fe_geom_centre(g, &lon_0, &lat_0);
    if (!longitude) {
        x[0] = x[1] = 0.5 * (nx - 1);
        y[0] = 0;
        y[1] = ny - 1;
    }
    fe_geom_to_sky(g, 2, x, y, l, b);
    for (int k = 0; k < 2; k++)
        l[k] = remainder(l[k] - lon_0, 360) + lon_0;            /* one side of 0 or 360 */
    step = tick_step(longitude ? fabs(l[1] - l[0]) : fabs(b[1] - b[0]));
    first = ceil((longitude ? fmin(l[0], l[1]) : fmin(b[0], b[1])) / step) * step;
    fe_str_addf(out, "set %ctics (", longitude ? 'x' : 'y');
    for (int k = 0; k < 3 * N_TICKS; k++) {
        double value = first + k * step, px, py;

        lon = longitude ? value : lon_0;
        lat = longitude ? lat_0 : value;
        fe_geom_to_pixel(g, 1, &lon, &lat, &px, &py);
        if (!(longitude ? px >= 0 && px <= nx - 1 : py >= 0 && py <= ny - 1))
            continue;
        if (longitude)
            value = fmod(value + 360, 360);
        fe_str_addf(out, "%s'%.10g' %.4f", comma, fabs(value) < 1e-9 ? 0 : value, longitude ? px : py);
        comma = ", ";
    }
    fe_str_add(out, ")\n");
}

static void print_head(const fe_plot_look *look, fe_geom *g, size_t n_bands, fe_str *out)
{
    bool galactic = fe_geom_is_galactic(g);
    const char *terminal = !strcmp(look->format, "pdf") ? "pdfcairo" : !strcmp(look->format, "svg") ? "svg" : "pngcairo";
    bool inches = !strcmp(look->format, "pdf");
    size_t columns = n_bands < 4 ? n_bands : 3, rows = (n_bands + columns - 1) / columns;

    fe_str_addf(out, "set terminal %s noenhanced size %.4g%s,%.4g%s\n", terminal, inches ? (double)look->width / 100 : (double)look->width,
                inches ? "in" : "", inches ? (double)look->height / 100 : (double)look->height, inches ? "in" : "");
    fe_str_addf(out, "set multiplot layout %zu,%zu", rows, columns);
    if (look->title) {
        fe_str_add(out, " title ");
        fe_plot_quote(look->title, out);
    }
    fe_str_addf(out, "\n%sunset key\nset size ratio -1\nset tics out nomirror\n", PALETTE);
    fe_str_addf(out, "set xrange [-0.5:%zu.5]\nset yrange [-0.5:%zu.5]\n", fe_geom_nx(g) - 1, fe_geom_ny(g) - 1);
    fe_str_addf(out, "set xlabel '%s'\nset ylabel '%s'\n", galactic ? "Galactic longitude (deg)" : "Right ascension (deg)",
                galactic ? "Galactic latitude (deg)" : "Declination (deg)");
    print_ticks(g, true, out);
    print_ticks(g, false, out);
}

static void print_panel(const panel *p, size_t band, fe_geom *g, double e_min_TeV, double e_max_TeV, const char *quantity, fe_str *out)
{
    size_t nx = fe_geom_nx(g), ny = fe_geom_ny(g);

    fe_str_addf(out, "$band%zu << EOD\n", band);
    for (size_t y = 0; y < ny; y++) {
        for (size_t x = 0; x < nx; x++)
            if (isfinite(p->value[y * nx + x]))
                fe_str_addf(out, "%.6g ", p->value[y * nx + x]);
            else
                fe_str_add(out, "NaN ");
        fe_str_add(out, "\n");
    }
    fe_str_addf(out, "EOD\nset title '%.4g to %.4g TeV'\nset cblabel ", e_min_TeV, e_max_TeV);
    fe_plot_quote(quantity, out);
    fe_str_addf(out, " noenhanced\nset cbrange [%.6g:%.6g]\nplot $band%zu matrix with image\n", p->lo, p->hi > p->lo ? p->hi : p->lo + 1, band);
}

int fe_plot_map_script(fe_fluxmap_file *m, const fe_plot_map *what, const fe_plot_look *look, fe_str *out, fe_err *err)
{
    fe_geom *g = fe_fluxmap_geom(m);
    const fe_estimate *head = fe_fluxmap_head_of(m);
    size_t n_bands = fe_fluxmap_n_bands(m), shown = n_bands < MOST_BANDS ? n_bands : MOST_BANDS;
    int type = what->type >= 0 ? what->type : (int)head->type, rc = 0;
    const char *name = what->quantity ? what->quantity
                     : head->q[FE_Q_SQRT_TS] && what->type < 0 ? "sqrt_ts" : fe_sedtypes[type].column;

    if (!strcmp(look->format, "text"))
        return fe_fail(err, FE_EUSAGE, NULL, "maps are pictures, not text: give -o FILE.png, or -f png");
    print_head(look, g, shown, out);
    for (size_t band = 0; band < shown && rc == 0; band++) {
        panel p = { 0 };

        rc = read_panel(m, band, what, &p, err);
        if (rc == 0 && !(p.hi >= p.lo))
            rc = fe_fail(err, FE_EDATA, NULL, "nothing to draw: band %zu has no values of %s", band + 1, name);
        if (rc == 0)
            print_panel(&p, band, g, fe_fluxmap_edges(m)[band], fe_fluxmap_edges(m)[band + 1], name, out);
        free(p.value);
    }
    fe_str_add(out, "unset multiplot\n");
    return rc;
}
