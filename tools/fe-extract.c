/* fe-extract -- flux points at places of flux maps: read -> select -> convert -> write. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/tool.h"
#include "io/fluxmap.h"
#include "io/libraries.h"
#include "io/product.h"
#include "places_run.h"

static struct { fe_strv at; const char *positions; } arg;

static const fe_opt own[] = {
    FE_OPT_GROUP("Places"),
    { 0, "at", FE_ARG_LIST, &arg.at, "POS", NULL, NULL, NULL, NULL, "a place, RA,Dec or gal:L,B; may be given several times" },
    { 0, "positions", FE_ARG_STR, &arg.positions, "FILE", NULL, NULL, NULL, NULL,
      "table of places with columns ra and dec, or glon and glat (deg), and a name: that of fe-peaks; - is standard input" },
    FE_OPT_END
};
static const fe_opt *const options[] = { own, fe_opts_flux, fe_opts_output, fe_opts_talk, NULL };

/* Row = place x band. */
static int extract(fe_fluxmap_file *m, const places *p, fe_estimate *e, fe_err *err)
{
    fe_geom *g = fe_fluxmap_geom(m);
    size_t n_bands = fe_fluxmap_n_bands(m), *pixel = FE_NEWN(size_t, p->n);
    fe_scanlist scans = { 0 };
    int rc = fe_fluxmap_read_scans(m, &scans, err);

    for (size_t k = 0; k < p->n && rc == 0; k++)
        if (!places_pixel(g, &p->place[k], &pixel[k]))
            rc = fe_fail(err, FE_EUSAGE, NULL, "%s (RA %.6f, Dec %.6f deg) is off the map", p->place[k].name, p->place[k].ra,
                         p->place[k].dec);
    for (size_t band = 0; band < n_bands && rc == 0; band++) {
        fe_estimate *map = NULL;

        rc = fe_fluxmap_read_band(m, band, &map, err);
        for (size_t k = 0; k < p->n && rc == 0; k++) {
            places_copy_pixel(map, pixel[k], e, k * n_bands + band);
            places_put_scan(&scans, band, pixel[k], e, k * n_bands + band);
        }
        fe_estimate_free(map);
    }
    fe_scanlist_free(&scans);
    free(pixel);
    return rc;
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
    if (places_read(&arg.at, arg.positions, &p, err) < 0 || fe_bytes_read(operand[0], &bytes, err) < 0)     goto done;
    if (!(m = fe_fluxmap_open(&bytes, err)))                                        goto done;
    e = fe_fluxmap_like(m);
    fe_estimate_add_rows(e, p.n * fe_fluxmap_n_bands(m));
    if (extract(m, &p, e, err) < 0)                                                 goto done;
    places_put(&p, fe_fluxmap_n_bands(m), e);
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
