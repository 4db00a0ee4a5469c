/* fe-tsmap -- TS maps of map datasets: read -> select -> estimate, pixel by pixel -> write. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "base/note.h"
#include "base/tool.h"
#include "est/norm_opt.h"
#include "est/tsmap.h"
#include "io/libraries.h"
#include "io/lines.h"
#include "io/product.h"
#include "io/stream.h"
#include "maps_run.h"
#include "places_run.h"
#include "phys/units.h"

static struct { const char *kernel_width, *spatial, *free, *positions; bool no_psf, sum, cube, scan; double scan_min; long scan_points; } arg;

static const fe_opt own[] = {
    FE_OPT_GROUP("Kernel"),
    { 0, "kernel-width", FE_ARG_STR, &arg.kernel_width, "W", NULL, NULL, NULL, "wide enough for PSF and shape",
      "side of the kernel, 1deg; what lies outside is lost, and known to be lost" },
    { 0, "spatial", FE_ARG_STR, &arg.spatial, "S", NULL, NULL, NULL, "the model's, else point",
      "shape of what is sought: point, gauss:0.1deg, disk:0.2deg ...; tophat:0.2deg is the pixels of fe-excessmap's circle" },
    { 0, "no-psf", FE_ARG_FLAG, &arg.no_psf, NULL, NULL, NULL, NULL, NULL, "the kernel is the shape alone" },
    { 0, "sum", FE_ARG_FLAG, &arg.sum, NULL, NULL, NULL, NULL, NULL, "add the channels of a band before fitting (the default)" },
    { 0, "cube", FE_ARG_FLAG, &arg.cube, NULL, NULL, NULL, NULL, NULL, "fit the channels of a band as they are" },
    { 0, "free", FE_ARG_CHOICE, &arg.free, "WHAT", "none|bkg", NULL, "none", NULL,
      "refit a norm of the background in each pixel" },
    { 0, "positions", FE_ARG_STR, &arg.positions, "FILE", NULL, NULL, NULL, "every pixel",
      "only the pixels of these places, and as a table of flux points: columns ra and dec, or glon and glat, and a name" },
    FE_OPT_GROUP("Scans"),
    { 0, "scan", FE_ARG_FLAG, &arg.scan, NULL, NULL, NULL, NULL, NULL,
      "keep the likelihood over the norm, for pixels above --scan-min" },
    { 0, "scan-min", FE_ARG_DOUBLE, &arg.scan_min, "S", NULL, NULL, "3", NULL, "sqrt_ts, with its sign, from which on scans are kept" },
    { 0, "scan-points", FE_ARG_LONG, &arg.scan_points, "N", "5..", NULL, "25", NULL, "points of a scan" },
    FE_OPT_END
};
static const fe_opt *const options[] = { own, maps_options, fe_opts_model, fe_opts_energy, fe_opts_levels, fe_opts_sens,
                                         fe_opts_flux, maps_output, maps_running, fe_opts_talk, NULL };

typedef struct job {
    fe_tsmap_request request;
    fe_tsmap_work work;
    double cpu_s;
} job;

/* Freed by the caller. */
static fe_tsmap_set *sets_of(const maps *m, size_t number)
{
    fe_tsmap_set *set = FE_NEWN(fe_tsmap_set, m->n);

    for (size_t i = 0; i < m->n; i++)
        set[i] = (fe_tsmap_set){ m->dataset[i], m->others[i], m->first[number * m->n + i], m->last[number * m->n + i] };
    return set;
}

static double bytes(void *ctx, const maps *m, size_t number)
{
    job *j = ctx;
    fe_tsmap_set *set = sets_of(m, number);
    double need = fe_tsmap_bytes(m->n, set, &j->request);

    free(set);
    return need;
}

static int band(void *ctx, const maps *m, size_t number, fe_estimate *out, fe_scanlist *scans, fe_err *err)
{
    job *j = ctx;
    fe_tsmap_set *set = sets_of(m, number);
    clock_t start = clock();
    int rc;

    rc = fe_tsmap_band(m->n, set, &j->request, number, out, scans, &j->work, err);
    j->cpu_s += (double)(clock() - start) / CLOCKS_PER_SEC;
    free(set);
    return rc;
}

static void describe(void *ctx, const maps *m, fe_metalist *meta)
{
    const job *j = ctx;
    const fe_dataset *d = m->dataset[0];

    fe_meta_set(meta, "METHOD", FE_META_STRING, j->request.cube ? "cube" : "sum", "sum: channels of a band added; cube: kept");
    fe_meta_set(meta, "SPATIAL", FE_META_STRING, m->models->model[0].spatial->kind->tag, "shape of what is sought");
    fe_meta_set_number(meta, "KERNELW", (double)j->work.kernel_side * fe_geom_pixel_max_deg(d->geom), "[deg] side of the kernel");
    fe_meta_set_bool(meta, "PSFUSED", d->psf && !j->request.no_psf, "the kernel holds the point spread function");
    fe_meta_set(meta, "FREEPAR", FE_META_STRING, j->request.free_bkg ? "bkg" : "none", "refitted in each pixel beside the norm");
}

/* A top hat is a disk whose pixels are those with their centre in it. */
static int choose_shape(fe_model *model, fe_tsmap_request *r, fe_err *err)
{
    static const char TOPHAT[] = "tophat:";
    fe_str text = { 0 };

    if (!arg.spatial && model->spatial)
        return 0;
    r->at_centres = arg.spatial && !strncmp(arg.spatial, TOPHAT, strlen(TOPHAT));
    fe_str_addf(&text, "%s%s", r->at_centres ? "disk:" : "", arg.spatial ? arg.spatial + (r->at_centres ? strlen(TOPHAT) : 0) : "point");
    fe_spatial_free(model->spatial);
    model->spatial = fe_spatial_parse(text.s, err);
    fe_str_free(&text);
    return model->spatial ? 0 : -1;
}

static int open_request(maps *m, fe_tsmap_request *r, fe_err *err)
{
    fe_model *model = &m->models->model[0];

    *r = (fe_tsmap_request){ .norm = fe_norm_request_typed(&fe_args), .model = model, .kernel_width_deg = NAN, .no_psf = arg.no_psf,
                             .cube = arg.cube, .free_bkg = !strcmp(arg.free, "bkg"), .as_gammapy = fe_args.compat != NULL,
                             .x0 = m->x0, .y0 = m->y0, .nx = m->nx, .ny = m->ny, .mask = m->mask, .scan_min = arg.scan_min,
                             .n_threads = fe_threads_typed(&fe_args) };
    memcpy(r->skip_member, m->skip_member, sizeof r->skip_member);
    memcpy(r->skip, m->skip, sizeof r->skip);
    r->norm.want_asym = maps_keeps(m, FE_ERRN) || maps_keeps(m, FE_ERRP);
    r->norm.want_ul = maps_keeps(m, FE_UL);
    r->norm.want_scan = arg.scan;
    r->norm.scan_points = (size_t)arg.scan_points;
    if (arg.sum && arg.cube)
        return fe_fail(err, FE_EUSAGE, NULL, "--sum and --cube exclude each other");
    if (arg.kernel_width && fe_quantity_parse(arg.kernel_width, "deg", &r->kernel_width_deg, err) < 0)
        return -1;
    if (arg.kernel_width && !(r->kernel_width_deg > 0))
        return fe_fail(err, FE_EUSAGE, NULL, "--kernel-width: '%s', expected a size above 0", arg.kernel_width);
    return choose_shape(model, r, err);
}

/* ---- places -------------------------------------------------------------------------------------------------------- */

/* The pixels of the places, numbered in the window; what the window holds is fitted there alone. */
static int find_places(const maps *m, const places *p, bool *wanted, size_t *pixel, fe_err *err)
{
    for (size_t k = 0; k < p->n; k++) {
        if (!places_pixel(m->window, &p->place[k], &pixel[k]))
            return fe_fail(err, FE_EUSAGE, NULL, "%s (RA %.6f, Dec %.6f deg) is off the map", p->place[k].name, p->place[k].ra,
                           p->place[k].dec);
        wanted[(m->y0 + pixel[k] / m->nx) * m->dataset[0]->nx + m->x0 + pixel[k] % m->nx] = true;
    }
    return 0;
}

static int fill_points(const maps *m, job *j, const places *p, const size_t *pixel, fe_estimate *e, fe_err *err)
{
    fe_scanlist scans = { 0 };
    int rc = 0;

    for (size_t b = 0; b < m->n_bands && rc == 0; b++) {
        fe_estimate *map = fe_estimate_new();

        rc = band(j, m, b, map, &scans, err);
        for (size_t k = 0; k < p->n && rc == 0; k++) {
            size_t row = k * m->n_bands + b;

            places_copy_pixel(map, pixel[k], e, row);
            places_put_scan(&scans, b, pixel[k], e, row);
            fe_estimate_key(e, FE_KEY_E_MIN)[row] = m->edge_TeV[b];
            fe_estimate_key(e, FE_KEY_E_MAX)[row] = m->edge_TeV[b + 1];
            fe_estimate_key(e, FE_KEY_E_REF)[row] = sqrt(m->edge_TeV[b] * m->edge_TeV[b + 1]);
        }
        fe_estimate_free(map);
    }
    fe_scanlist_free(&scans);
    return rc;
}

static int write_points(const maps *m, job *j, const maps_job *description, fe_err *err)
{
    const fe_format *format = fe_format_choose(NULL, fe_args.output, err);
    const fe_dataset *d = m->dataset[0];
    bool *wanted = FE_NEWN(bool, d->nx * d->ny);
    fe_estimate *e = fe_estimate_new();
    places p = { 0 };
    size_t *pixel = NULL;
    int rc = format ? places_read(&(fe_strv){ 0 }, arg.positions, &p, err) : -1;

    if (rc == 0) {
        pixel = FE_NEWN(size_t, p.n);
        rc = find_places(m, &p, wanted, pixel, err);
    }
    if (rc == 0) {
        j->request.wanted = wanted;
        fe_estimate_add_rows(e, p.n * m->n_bands);
        e->type = FE_SED_LIKELIHOOD;
        rc = fill_points(m, j, &p, pixel, e, err);
    }
    if (rc == 0) {
        maps_describe(m, description, e);
        places_put(&p, m->n_bands, e);
        rc = fe_product_write(e, FE_SED_DNDE, NULL, &fe_args, format, fe_args.output, err);
    }
    j->request.wanted = NULL;
    places_free(&p);
    free(pixel);
    free(wanted);
    fe_estimate_free(e);
    return rc;
}

static void say_work(const job *j)
{
    const fe_tsmap_work *w = &j->work;
    double n = fmax((double)w->n_pixels, 1);

    fe_note(FE_NOTE_DETAIL, NULL, "work: %zu pixels, kernel of %zu x %zu, %ld evaluations, %.4g s of CPU: %.0f ns a pixel", w->n_pixels,
            w->kernel_side, w->kernel_side, w->n_eval, j->cpu_s, 1e9 * j->cpu_s / n);
    if (w->n_counts)
        fe_note(FE_NOTE_DETAIL, NULL, "work: %.1f pixels with counts under a kernel, %.2f ns each", (double)w->n_counts / n,
                1e9 * j->cpu_s / (double)w->n_counts);
    if (w->n_bound)
        fe_note(FE_NOTE_SAID, NULL, "%zu of %zu pixels have their best norm at the bound where the prediction turns negative (EDGE)",
                w->n_bound, w->n_pixels);
    if (w->n_failed)
        fe_note(FE_NOTE_WARN, NULL, "%zu of %zu pixels have no norm (NOCONV)", w->n_failed, w->n_pixels);
}

static int run(size_t n, char **operand, fe_err *err)
{
    maps m;
    job j = { .cpu_s = 0 };
    const maps_job product = { &j, FE_SED_LIKELIHOOD, &j.request.norm, band, describe };
    int rc = fe_args.dry_run ? 0 : fe_output_check(fe_args.output, fe_args.force, err);

    m = (maps){ 0 };
    if (rc == 0)
        rc = maps_open(n, operand, &m, err);
    if (rc == 0)
        rc = open_request(&m, &j.request, err);
    if (rc == 0 && fe_args.dry_run)
        maps_print_plan(&m, bytes, &j);
    else if (rc == 0)
        rc = arg.positions ? write_points(&m, &j, &product, err) : maps_write(&m, &product, fe_args.output, err);
    if (rc == 0 && !fe_args.dry_run)
        say_work(&j);
    maps_close(&m);
    return rc;
}

int main(int argc, char **argv)
{
    return fe_tool_main(argc, argv, &(fe_tool){
        .name = "fe-tsmap",
        .summary = "TS maps: in every pixel of a map, the norm of a source that stands there, with errors and limits.",
        .operands = "FILE...",
        .about = "FILE is a map dataset of gammapy (FITS), or a counts cube of the Fermitools with what lies beside it.\n"
                 "Several are fitted jointly; they must have the same pixels.  The product is one FITS file of flux maps,\n"
                 "an image for each quantity and energy band, as gammapy reads it.",
        .examples = "fe-tsmap gc.fits.gz --kernel-width 1deg -e 10,100,500GeV -o ts.fits\n"
                    "fe-tsmap gc.fits.gz --spatial gauss:0.2deg --center gal:0,0 --width 3deg -t flux -o part.fits",
        .options = options,
        .libraries = fe_libraries,
        .read_list = fe_lines_read,
        .run = run });
}
