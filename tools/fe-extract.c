/* fe-extract -- flux points at places of flux maps: read -> select -> convert -> write. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/tool.h"
#include "io/fluxmap.h"
#include "io/libraries.h"
#include "io/product.h"
#include "phys/sky.h"

static struct { fe_strv at; const char *positions; } arg;

static const fe_opt own[] = {
    FE_OPT_GROUP("Places"),
    { 0, "at", FE_ARG_LIST, &arg.at, "POS", NULL, NULL, NULL, NULL, "a place, RA,Dec or gal:L,B; may be given several times" },
    { 0, "positions", FE_ARG_STR, &arg.positions, "FILE", NULL, NULL, NULL, NULL,
      "table of places with columns ra and dec, or glon and glat (deg), and a name: that of fe-peaks; - is standard input" },
    FE_OPT_END
};
static const fe_opt *const options[] = { own, fe_opts_flux, fe_opts_output, fe_opts_talk, NULL };

typedef struct place { char *name; double ra, dec; } place;
typedef struct places { size_t n, cap; place *place; } places;

static void places_free(places *p)
{
    for (size_t k = 0; k < p->n; k++)
        free(p->place[k].name);
    free(p->place);
}

static void add_place(places *p, const char *name, double ra, double dec)
{
    FE_GROW(p->place, p->n, p->cap);
    p->place[p->n++] = (place){ fe_strdup(name), ra, dec };
}

/* ---- where ----------------------------------------------------------------------------------------------------- */

static int read_table(const fe_document *doc, places *out, fe_err *err)
{
    const fe_table *t = fe_document_first(doc);
    const fe_column *name = t ? fe_table_find(t, "name") : NULL, *a = t ? fe_table_find(t, "ra") : NULL;
    const fe_column *b = t ? fe_table_find(t, "dec") : NULL;
    bool galactic = !a || !b;

    if (t && galactic) {
        a = fe_table_find(t, "glon");
        b = fe_table_find(t, "glat");
    }
    if (!a || !b || a->type == FE_COL_STRING || b->type == FE_COL_STRING)
        return fe_fail(err, FE_EDATA, &(fe_where){ doc->file, NULL, 0 }, "no places: expected columns ra and dec, or glon and glat, in degrees");
    for (size_t i = 0; i < t->n_rows; i++) {
        double lon = fe_column_number(a, i, 0), lat = fe_column_number(b, i, 0);
        fe_str text = { 0 };

        if (galactic)
            fe_sky_galactic_to_icrs(lon, lat, &lon, &lat);
        fe_str_addf(&text, "P%zu", i + 1);
        add_place(out, name && name->type == FE_COL_STRING ? fe_column_string(name, i, 0) : text.s, lon, lat);
        fe_str_free(&text);
    }
    return 0;
}

static int read_places(places *out, fe_err *err)
{
    fe_document *doc = NULL;
    int rc = 0;

    for (size_t k = 0; k < arg.at.n && rc == 0; k++) {
        double ra, dec;

        rc = fe_sky_parse(arg.at.s[k], &ra, &dec, err);
        if (rc == 0)
            add_place(out, arg.at.s[k], ra, dec);
    }
    if (rc == 0 && arg.positions) {
        doc = fe_document_read(arg.positions, err);
        rc = doc ? read_table(doc, out, err) : -1;
        fe_document_free(doc);
    }
    if (rc == 0 && !arg.at.n && !arg.positions)
        rc = fe_fail(err, FE_EUSAGE, NULL, "no places: give --at or --positions");
    return rc;
}

/* The pixel that holds a place; false: it is off the map. */
static bool pixel_of(fe_geom *g, const place *p, size_t *pixel)
{
    double lon, lat, x, y;

    fe_geom_of_icrs(g, p->ra, p->dec, &lon, &lat);
    fe_geom_to_pixel(g, 1, &lon, &lat, &x, &y);
    x = round(x);
    y = round(y);
    if (!(x >= 0 && y >= 0 && x < (double)fe_geom_nx(g) && y < (double)fe_geom_ny(g)))
        return false;
    *pixel = (size_t)y * fe_geom_nx(g) + (size_t)x;
    return true;
}

/* ---- rows ------------------------------------------------------------------------------------------------------ */

static void copy_pixel(const fe_estimate *from, size_t pixel, fe_estimate *e, size_t row)
{
    for (int k = 0; k < FE_KEY_N; k++)
        if (from->key[k])
            fe_estimate_key(e, (fe_key)k)[row] = from->key[k][pixel];
    for (int t = 0; t < FE_SED_N; t++)
        for (int k = 0; k < FE_MEMBER_N; k++)
            if (from->family[t][k])
                fe_estimate_member(e, (fe_sedtype)t, (fe_member)k)[row] = from->family[t][k][pixel];
    for (int k = 0; k < FE_Q_N; k++)
        if (from->q[k])
            fe_estimate_quantity(e, (fe_quantity)k)[row] = from->q[k][pixel];
}

static void put_scan(const fe_scanlist *scans, size_t band, size_t pixel, fe_estimate *e, size_t row)
{
    for (size_t k = 0; k < scans->n; k++)
        if (scans->scan[k].band == band && scans->scan[k].pixel == pixel) {
            fe_estimate_scan(e, fe_scanlist_longest(scans));
            memcpy(e->norm_scan + row * e->n_scan, scans->scan[k].norm, scans->scan[k].n * sizeof *e->norm_scan);
            memcpy(e->stat_scan + row * e->n_scan, scans->scan[k].stat, scans->scan[k].n * sizeof *e->stat_scan);
        }
}

/* Row = place x band. */
static int extract(fe_fluxmap_file *m, const places *p, fe_estimate *e, fe_err *err)
{
    fe_geom *g = fe_fluxmap_geom(m);
    size_t n_bands = fe_fluxmap_n_bands(m), *pixel = FE_NEWN(size_t, p->n);
    fe_scanlist scans = { 0 };
    int rc = fe_fluxmap_read_scans(m, &scans, err);

    for (size_t k = 0; k < p->n && rc == 0; k++)
        if (!pixel_of(g, &p->place[k], &pixel[k]))
            rc = fe_fail(err, FE_EUSAGE, NULL, "%s (RA %.6f, Dec %.6f deg) is off the map", p->place[k].name, p->place[k].ra,
                         p->place[k].dec);
    for (size_t band = 0; band < n_bands && rc == 0; band++) {
        fe_estimate *map = NULL;

        rc = fe_fluxmap_read_band(m, band, &map, err);
        for (size_t k = 0; k < p->n && rc == 0; k++) {
            copy_pixel(map, pixel[k], e, k * n_bands + band);
            put_scan(&scans, band, pixel[k], e, k * n_bands + band);
        }
        fe_estimate_free(map);
    }
    fe_scanlist_free(&scans);
    free(pixel);
    return rc;
}

static void put_places(const places *p, size_t n_bands, fe_estimate *e)
{
    double *ra = fe_table_add(e->rest, "ra", FE_COL_DOUBLE, "deg", 1)->v.d;
    double *dec = fe_table_add(e->rest, "dec", FE_COL_DOUBLE, "deg", 1)->v.d;

    for (size_t row = 0; row < e->n; row++) {
        fe_estimate_set_source(e, row, p->place[row / n_bands].name);
        ra[row] = p->place[row / n_bands].ra;
        dec[row] = p->place[row / n_bands].dec;
    }
}

static int run(size_t n, char **operand, fe_err *err)
{
    const fe_format *format = fe_format_choose(fe_args.format, fe_args.output, err);
    fe_bytes bytes = { 0 };
    fe_fluxmap_file *m = NULL;
    fe_estimate *e = NULL;
    places p = { 0 };
    int rc = -1;

    if (!format || fe_output_check(fe_args.output, fe_args.force, err) < 0)         goto done;
    if (n != 1) {
        fe_fail(err, FE_EUSAGE, NULL, "%zu files, expected one", n);
        goto done;
    }
    if (read_places(&p, err) < 0 || fe_bytes_read(operand[0], &bytes, err) < 0)     goto done;
    if (!(m = fe_fluxmap_open(&bytes, err)))                                        goto done;
    e = fe_fluxmap_like(m);
    fe_estimate_add_rows(e, p.n * fe_fluxmap_n_bands(m));
    if (extract(m, &p, e, err) < 0)                                                 goto done;
    put_places(&p, fe_fluxmap_n_bands(m), e);
    rc = fe_product_write(e, e->type, NULL, &fe_args, format, fe_args.output, err);
done:
    fe_estimate_free(e);
    fe_fluxmap_free(m);
    fe_bytes_free(&bytes);
    places_free(&p);
    return rc;
}

int main(int argc, char **argv)
{
    return fe_tool_main(argc, argv, &(fe_tool){
        .name = "fe-extract",
        .summary = "Flux points at places of flux maps.",
        .operands = "[FILE]",
        .about = "FILE holds flux maps, those of fe-tsmap and fe-excessmap, or gammapy's.  The product is a table of flux points,\n"
                 "one row per place and energy band, with all that the maps say of the pixel the place lies in.",
        .examples = "fe-extract ts.fits --at gal:0,0 --at 266.4,-28.9 -t e2dnde -o points.ecsv\n"
                    "fe-peaks ts.fits | fe-extract ts.fits --positions -",
        .options = options,
        .libraries = fe_libraries,
        .run = run });
}
