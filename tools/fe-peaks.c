/* fe-peaks -- sources in flux maps: read -> find what stands out -> write. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/note.h"
#include "base/num.h"
#include "base/tool.h"
#include "est/peaks.h"
#include "io/fluxmap.h"
#include "io/format.h"
#include "io/libraries.h"
#include "phys/sky.h"
#include "phys/units.h"

static struct { const char *quantity, *separation, *band, *regions; double threshold; } arg;

static const fe_opt own[] = {
    FE_OPT_GROUP("Peaks"),
    { 0, "threshold", FE_ARG_DOUBLE, &arg.threshold, "X", NULL, NULL, "5", NULL, "least value of a peak" },
    { 0, "separation", FE_ARG_STR, &arg.separation, "S", NULL, NULL, "0.3deg", NULL, "a peak nearer than this to a higher one is none" },
    { 0, "band", FE_ARG_STR, &arg.band, "N|any", NULL, NULL, "any", NULL,
      "energy band, from 1; any: each, and a source seen in several counts once" },
    { 0, "quantity", FE_ARG_STR, &arg.quantity, "NAME", NULL, NULL, "sqrt_ts", NULL, "of the maps: sqrt_ts, ts, norm, flux, counts ..." },
    { 0, "regions", FE_ARG_STR, &arg.regions, "FILE", NULL, NULL, NULL, NULL, "write circles for DS9 as well" },
    FE_OPT_END
};
static const fe_opt *const options[] = { own, fe_opts_output, fe_opts_talk, NULL };

typedef struct found { fe_fluxmap_file *map; fe_peaks peaks; double separation_deg; } found;

static int search_band(found *f, size_t band, fe_err *err)
{
    fe_geom *g = fe_fluxmap_geom(f->map);
    size_t n = fe_geom_nx(g) * fe_geom_ny(g);
    fe_estimate *e = NULL;
    double *value;
    bool known = false;

    if (fe_fluxmap_read_band(f->map, band, &e, err) < 0)
        return -1;
    value = FE_NEWN(double, n);
    for (size_t i = 0; i < n; i++)
        value[i] = fe_estimate_lookup(e, arg.quantity, i, &known);
    fe_peaks_add(&f->peaks, band, fe_geom_ny(g), fe_geom_nx(g), value, arg.threshold);
    free(value);
    fe_estimate_free(e);
    return known ? 0 : fe_fail(err, FE_EUSAGE, NULL, "--quantity: '%s' is not in these maps", arg.quantity);
}

static int search(found *f, fe_err *err)
{
    size_t n_bands = fe_fluxmap_n_bands(f->map);
    bool any = !strcmp(arg.band, "any");
    long number = 0;
    int rc = 0;

    if (!any && (fe_num_parse_long(arg.band, &number) < 0 || number < 1 || (size_t)number > n_bands))
        return fe_fail(err, FE_EUSAGE, NULL, "--band is '%s', expected any or a number from 1 to %zu", arg.band, n_bands);
    for (size_t band = 0; band < n_bands && rc == 0; band++)
        if (any || band + 1 == (size_t)number)
            rc = search_band(f, band, err);
    fe_peaks_thin(&f->peaks, f->separation_deg / fe_geom_pixel_deg(fe_fluxmap_geom(f->map)));
    return rc;
}

static void place_of(const found *f, size_t k, double *ra, double *dec)
{
    fe_geom *g = fe_fluxmap_geom(f->map);
    double x = (double)f->peaks.peak[k].x, y = (double)f->peaks.peak[k].y, lon, lat;

    fe_geom_to_sky(g, 1, &x, &y, &lon, &lat);
    fe_geom_to_icrs(g, lon, lat, ra, dec);
}

static fe_table *table_of(const found *f)
{
    const double *edge = fe_fluxmap_edges(f->map);
    size_t n = f->peaks.n;
    fe_table *t = fe_table_new("PEAKS", n);
    char **name = fe_table_add(t, "name", FE_COL_STRING, "", 1)->v.s;
    double *ra = fe_table_add(t, "ra", FE_COL_DOUBLE, "deg", 1)->v.d, *dec = fe_table_add(t, "dec", FE_COL_DOUBLE, "deg", 1)->v.d;
    double *l = fe_table_add(t, "glon", FE_COL_DOUBLE, "deg", 1)->v.d, *b = fe_table_add(t, "glat", FE_COL_DOUBLE, "deg", 1)->v.d;
    int64_t *x = fe_table_add(t, "x", FE_COL_INT, "", 1)->v.i, *y = fe_table_add(t, "y", FE_COL_INT, "", 1)->v.i;
    double *lo = fe_table_add(t, "e_min", FE_COL_DOUBLE, "TeV", 1)->v.d, *hi = fe_table_add(t, "e_max", FE_COL_DOUBLE, "TeV", 1)->v.d;
    double *value = fe_table_add(t, arg.quantity, FE_COL_DOUBLE, "", 1)->v.d;

    for (size_t k = 0; k < n; k++) {
        const fe_peak *p = &f->peaks.peak[k];
        fe_str text = { 0 };

        fe_str_addf(&text, "P%zu", k + 1);
        free(name[k]);
        name[k] = text.s;
        place_of(f, k, &ra[k], &dec[k]);
        fe_sky_icrs_to_galactic(ra[k], dec[k], &l[k], &b[k]);
        x[k] = (int64_t)p->x;
        y[k] = (int64_t)p->y;
        lo[k] = edge[p->band];
        hi[k] = edge[p->band + 1];
        value[k] = p->value;
    }
    return t;
}

static int write_regions(const found *f, fe_err *err)
{
    fe_str text = { 0 };
    int rc;

    fe_str_add(&text, "# Region file format: DS9 version 4.1\nicrs\n");
    for (size_t k = 0; k < f->peaks.n; k++) {
        double ra, dec;

        place_of(f, k, &ra, &dec);
        fe_str_addf(&text, "circle(%.6f,%.6f,%.6f) # text={P%zu}\n", ra, dec, 0.5 * f->separation_deg, k + 1);
    }
    rc = fe_bytes_write(arg.regions, text.s, text.len, fe_args.force, err);
    fe_str_free(&text);
    return rc;
}

static int write_table(const found *f, const fe_format *format, fe_err *err)
{
    fe_document *doc = fe_document_new("");
    int rc;

    fe_document_add(doc, table_of(f));
    rc = fe_document_write(doc, format, fe_args.output, fe_args.force, err);
    fe_document_free(doc);
    return rc;
}

static int run(size_t n, char **operand, fe_err *err)
{
    const fe_format *format = fe_format_choose(fe_args.format, fe_args.output, err);
    fe_bytes bytes = { 0 };
    found f = { .map = NULL };
    int rc = -1;

    if (!format || fe_output_check(fe_args.output, fe_args.force, err) < 0)         goto done;
    if (arg.regions && fe_output_check(arg.regions, fe_args.force, err) < 0)        goto done;
    if (n != 1) {
        fe_fail(err, FE_EUSAGE, NULL, "%zu files, expected one", n);
        goto done;
    }
    if (fe_quantity_parse(arg.separation, "deg", &f.separation_deg, err) < 0)       goto done;
    if (fe_bytes_read(operand[0], &bytes, err) < 0)                                 goto done;
    if (!(f.map = fe_fluxmap_open(&bytes, err)) || search(&f, err) < 0)             goto done;
    rc = write_table(&f, format, err);
    if (rc == 0 && arg.regions)
        rc = write_regions(&f, err);
    if (rc == 0 && f.peaks.n == 0)
        fe_note(FE_NOTE_SAID, NULL, "no peak of %s at or above %g", arg.quantity, arg.threshold);
done:
    fe_peaks_free(&f.peaks);
    fe_fluxmap_free(f.map);
    fe_bytes_free(&bytes);
    return rc;
}

int main(int argc, char **argv)
{
    return fe_tool_main(argc, argv, &(fe_tool){
        .name = "fe-peaks",
        .summary = "Sources in flux maps: the places where the significance peaks.",
        .operands = "[FILE]",
        .about = "FILE holds flux maps, those of fe-tsmap and fe-excessmap, or gammapy's.  The product is a table of places,\n"
                 "the highest first, which fe-extract takes; --regions writes them for DS9 as well.",
        .examples = "fe-peaks ts.fits --threshold 5 -o sources.ecsv --regions sources.reg\n"
                    "fe-peaks ts.fits | fe-extract ts.fits --positions -",
        .options = options,
        .libraries = fe_libraries,
        .run = run });
}
