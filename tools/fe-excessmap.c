/* fe-excessmap -- excess maps of map datasets: read -> select -> correlate -> estimate -> write. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "base/note.h"
#include "base/tool.h"
#include "est/excess.h"
#include "est/norm_opt.h"
#include "est/sigma_hist.h"
#include "io/format.h"
#include "io/libraries.h"
#include "io/lines.h"
#include "maps_run.h"
#include "phys/units.h"

static struct {
    const char *radius, *bkg_origin, *correlate_off, *emin, *sigma_hist, *exclusion;
    bool allow_double, psf_correct;
} arg;

static const fe_opt own[] = {
    FE_OPT_GROUP("Circle"),
    { 0, "radius", FE_ARG_STR, &arg.radius, "R", NULL, NULL, "0.1deg", NULL, "of the circle whose counts are summed in each pixel" },
    { 0, "psf-correct", FE_ARG_FLAG, &arg.psf_correct, NULL, NULL, NULL, NULL, NULL,
      "fluxes of point sources, part of whose counts fall outside the circle" },
    FE_OPT_GROUP("Background"),
    { 0, "bkg-origin", FE_ARG_CHOICE, &arg.bkg_origin, "WHAT", "ring|reflected|model", NULL, NULL, "not known",
      "where OFF counts come from: of a ring they are sums over it already" },
    { 0, "correlate-off", FE_ARG_CHOICE, &arg.correlate_off, "YES", "yes|no", NULL, NULL, "yes for reflected, else no",
      "sum OFF counts over the circle; no: those of the central pixel hold for all of it" },
    { 0, "allow-double-correlation", FE_ARG_FLAG, &arg.allow_double, NULL, NULL, NULL, NULL, NULL,
      "let --correlate-off yes sum OFF counts of a ring once more, which widens the distribution of significances" },
    FE_OPT_GROUP("Thresholds and checks"),
    { 0, "emin", FE_ARG_STR, &arg.emin, "E,E...", NULL, NULL, NULL, "the bands of -e",
      "a map above each of these energies in one pass, 1,3,10TeV; -o has {emin}, as in x_{emin}.fits" },
    { 0, "sigma-hist", FE_ARG_STR, &arg.sigma_hist, "FILE", NULL, NULL, NULL, NULL,
      "write the distribution of sqrt_ts outside --exclusion, and the normal one that fits it; {emin} as in -o" },
    { 0, "exclusion", FE_ARG_STR, &arg.exclusion, "FILE", NULL, NULL, NULL, "nothing is excluded",
      "image on the same pixels: 0 where there may be sources" },
    FE_OPT_END
};
static const fe_opt *const options[] = { own, maps_options, fe_opts_model, fe_opts_energy, fe_opts_levels, fe_opts_sens,
                                         fe_opts_flux, maps_output, maps_running, fe_opts_talk, NULL };

typedef struct job {
    fe_excess_request request;
    fe_excess_work work;
    fe_sigma_hist hist;
    bool *outside;                  /* [ny][nx] of --exclusion, or NULL                                 */
    double cpu_s;
} job;

static fe_excess_set *sets_of(const maps *m, size_t number)
{
    fe_excess_set *set = FE_NEWN(fe_excess_set, m->n);

    for (size_t i = 0; i < m->n; i++)
        set[i] = (fe_excess_set){ m->dataset[i], m->others[i], m->first[number * m->n + i], m->last[number * m->n + i] };
    return set;
}

static void add_to_hist(job *j, const maps *m, const fe_estimate *e)
{
    bool *used = FE_NEWN(bool, m->nx * m->ny);

    for (size_t i = 0; i < m->nx * m->ny; i++)
        used[i] = !j->outside || j->outside[(m->y0 + i / m->nx) * m->dataset[0]->nx + m->x0 + i % m->nx];
    fe_sigma_hist_add(&j->hist, m->nx * m->ny, e->q[FE_Q_SQRT_TS] + e->n - m->nx * m->ny, used);
    free(used);
}

static int band(void *ctx, const maps *m, size_t number, fe_estimate *out, fe_scanlist *scans, fe_err *err)
{
    job *j = ctx;
    fe_excess_set *set = sets_of(m, number);
    clock_t start = clock();
    int rc = fe_excess_band(m->n, set, &j->request, out, &j->work, err);

    (void)scans;
    j->cpu_s += (double)(clock() - start) / CLOCKS_PER_SEC;
    if (rc == 0 && arg.sigma_hist)
        add_to_hist(j, m, out);
    free(set);
    return rc;
}

static double bytes(void *ctx, const maps *m, size_t number)
{
    const fe_dataset *d = m->dataset[0];

    (void)ctx;
    return 8.0 * (double)(d->nx * d->ny) * (double)(8 + m->last[number * m->n] - m->first[number * m->n]) +
           8.0 * 16 * (double)(m->nx * m->ny);
}

static void describe(void *ctx, const maps *m, fe_metalist *meta)
{
    const job *j = ctx;

    fe_meta_set(meta, "METHOD", FE_META_STRING, "excess", "counts of a circle");
    fe_meta_set_number(meta, "RADIUS", j->request.radius_deg, "[deg] of the circle");
    fe_meta_set_number(meta, "CIRCLE", (double)j->work.circle, "pixels in it");
    if (m->dataset[0]->n_off)
        fe_meta_set_bool(meta, "CORROFF", j->request.correlate_off, "OFF counts summed over the circle");
    fe_meta_set_bool(meta, "PSFCORR", j->request.psf_correct, "flux of a point source");
}

/* Sums of sums of a ring are refused unless they are meant. */
static int choose_off(const maps *m, fe_excess_request *r, fe_err *err)
{
    bool reflected = arg.bkg_origin && !strcmp(arg.bkg_origin, "reflected"), model = arg.bkg_origin && !strcmp(arg.bkg_origin, "model");

    r->correlate_off = arg.correlate_off ? !strcmp(arg.correlate_off, "yes") : reflected;
    if (m->dataset[0]->n_off && r->correlate_off && !reflected && !arg.allow_double)
        return fe_fail(err, FE_EUSAGE, NULL, "--correlate-off yes: OFF counts of a ring are sums already, and so may these be; "
                       "--bkg-origin reflected, or --allow-double-correlation");
    if (m->dataset[0]->n_off && model)
        return fe_fail(err, FE_EUSAGE, NULL, "--bkg-origin model: %s has OFF counts", m->dataset[0]->info.file);
    if (m->dataset[0]->n_off && !arg.bkg_origin && !arg.correlate_off)
        fe_note(FE_NOTE_SAID, NULL, "OFF counts are taken from the pixel itself, as those of a ring (--bkg-origin says otherwise)");
    return 0;
}

static int open_request(const maps *m, fe_excess_request *r, fe_err *err)
{
    const fe_dataset *d = m->dataset[0];
    double side_deg = fe_geom_pixel_deg(d->geom) * (double)(d->nx > d->ny ? d->nx : d->ny);

    *r = (fe_excess_request){ .norm = fe_norm_request_typed(&fe_args), .model = &m->models->model[0], .psf_correct = arg.psf_correct,
                              .as_gammapy = fe_args.compat != NULL, .x0 = m->x0, .y0 = m->y0, .nx = m->nx, .ny = m->ny,
                              .mask = m->mask, .n_threads = fe_threads_typed(&fe_args) };
    memcpy(r->skip_member, m->skip_member, sizeof r->skip_member);
    memcpy(r->skip, m->skip, sizeof r->skip);
    r->skip[FE_Q_SQRT_TS] = r->skip[FE_Q_SQRT_TS] && !arg.sigma_hist;
    r->norm.want_asym = maps_keeps(m, FE_ERRN) || maps_keeps(m, FE_ERRP);
    r->norm.want_ul = maps_keeps(m, FE_UL);
    if (fe_quantity_parse(arg.radius, "deg", &r->radius_deg, err) < 0)
        return -1;
    if (!(r->radius_deg > 0))
        return fe_fail(err, FE_EUSAGE, NULL, "--radius: '%s', expected a size above 0", arg.radius);
    if (r->radius_deg > side_deg)
        return fe_fail(err, FE_EUSAGE, NULL, "--radius: '%s', expected at most the side of the map, %g deg", arg.radius, side_deg);
    return choose_off(m, r, err);
}

static int write_hist(const job *j, const char *path, fe_err *err)
{
    const fe_format *format = fe_format_choose(NULL, path, err);
    fe_sigma_normal f = fe_sigma_hist_fit(&j->hist, j->work.circle);
    fe_document *doc;
    int rc;

    if (!format)
        return -1;
    doc = fe_document_new("");
    fe_document_add(doc, fe_sigma_hist_table(&j->hist, j->work.circle));
    rc = fe_document_write(doc, format, path, fe_args.force, err);
    fe_document_free(doc);
    fe_note(FE_NOTE_SAID, NULL, "sqrt_ts of %zu pixels: mean %.3f +- %.3f, width %.3f +- %.3f", j->hist.n, f.mean, f.mean_err, f.width,
            f.width_err);
    return rc;
}

/* ---- several thresholds ---------------------------------------------------------------------------------------- */

/* "x_{emin}.fits" with the energy as it was typed. */
static char *path_of(const char *pattern, const char *emin)
{
    const char *at = strstr(pattern, "{emin}");
    fe_str path = { 0 };

    fe_str_addn(&path, pattern, (size_t)(at - pattern));
    fe_str_add(&path, emin);
    fe_str_add(&path, at + strlen("{emin}"));
    return path.s;
}

static int set_above(maps *m, const char *emin, fe_err *err)
{
    double edge[2] = { NAN, INFINITY };

    if (fe_quantity_parse(emin, "TeV", &edge[0], err) < 0)
        return -1;
    return maps_set_edges(m, &(fe_edges){ .kind = FE_EDGES_LIST, .n_bins = 1, .edge_TeV = edge }, err);
}

/* The map above one energy, with its own distribution: thresholds share their counts.  Not write: looks whether it can be made. */
static int do_above(maps *m, job *j, const char *emin, bool write, fe_err *err)
{
    char *output = path_of(fe_args.output, emin), *hist = arg.sigma_hist ? path_of(arg.sigma_hist, emin) : NULL;
    int rc = fe_output_check(output, fe_args.force, err);

    if (rc == 0 && hist)
        rc = fe_output_check(hist, fe_args.force, err);
    if (rc == 0)
        rc = set_above(m, emin, err);
    if (rc == 0 && write) {
        fe_sigma_hist_free(&j->hist);
        rc = maps_write(m, &(maps_job){ j, FE_SED_LIKELIHOOD, &j->request.norm, band, describe }, output, err);
        if (rc == 0 && hist)
            rc = write_hist(j, hist, err);
    }
    free(output);
    free(hist);
    return rc;
}

/* The energies as they were typed; the unit of the last one holds for all. */
static void list_thresholds(fe_strv *out)
{
    fe_strv list = { 0 };
    const char *unit;

    fe_strv_split(&list, arg.emin, ",");
    unit = list.s[list.n - 1] + strspn(list.s[list.n - 1], "0123456789.eE+-");
    for (size_t k = 0; k < list.n; k++) {
        fe_str emin = { 0 };

        fe_str_addf(&emin, "%s%s", list.s[k], k + 1 < list.n && !strpbrk(list.s[k], "eEV") ? unit : "");
        fe_strv_add(out, emin.s);
        fe_str_free(&emin);
    }
    fe_strv_free(&list);
}

/* All are looked at before the first is written. */
static int write_thresholds(maps *m, job *j, fe_err *err)
{
    fe_strv list = { 0 };
    int rc = 0;

    if (!fe_args.output || !strstr(fe_args.output, "{emin}"))
        return fe_fail(err, FE_EUSAGE, NULL, "--emin needs -o with {emin}, as in x_{emin}.fits");
    if (arg.sigma_hist && !strstr(arg.sigma_hist, "{emin}"))
        return fe_fail(err, FE_EUSAGE, NULL, "--emin needs --sigma-hist with {emin}, as in x_{emin}.ecsv");
    list_thresholds(&list);
    for (size_t k = 0; k < 2 * list.n && rc == 0; k++)
        rc = do_above(m, j, list.s[k % list.n], k >= list.n, err);
    fe_strv_free(&list);
    return rc;
}

/* The bands that --emin makes of the data. */
static int show_thresholds(maps *m, fe_err *err)
{
    fe_strv list = { 0 };
    double most = 0;
    int rc = 0;

    list_thresholds(&list);
    maps_print_datasets(m);
    for (size_t k = 0; k < list.n && rc == 0; k++) {
        rc = set_above(m, list.s[k], err);
        if (rc == 0)
            most = fmax(most, maps_print_bands(m, bytes, NULL));
    }
    if (rc == 0)
        maps_print_size(m, most);
    fe_strv_free(&list);
    return rc;
}

static int show(maps *m, fe_err *err)
{
    if (arg.emin)
        return show_thresholds(m, err);
    maps_print_plan(m, bytes, NULL);
    return 0;
}

static int run(size_t n, char **operand, fe_err *err)
{
    maps m = { 0 };
    job j = { .cpu_s = 0 };
    int rc = fe_args.dry_run || arg.emin ? 0 : fe_output_check(fe_args.output, fe_args.force, err);

    if (rc == 0 && arg.sigma_hist && !arg.emin)
        rc = fe_output_check(arg.sigma_hist, fe_args.force, err);
    if (rc == 0)
        rc = maps_open(n, operand, &m, err);
    if (rc == 0)
        rc = open_request(&m, &j.request, err);
    if (rc == 0 && arg.exclusion && !(j.outside = maps_read_mask(&m, arg.exclusion, err)))
        rc = -1;
    if (rc == 0 && fe_args.dry_run)
        rc = show(&m, err);
    else if (rc == 0)
        rc = arg.emin ? write_thresholds(&m, &j, err)
                      : maps_write(&m, &(maps_job){ &j, FE_SED_LIKELIHOOD, &j.request.norm, band, describe }, fe_args.output, err);
    if (rc == 0 && arg.sigma_hist && !arg.emin && !fe_args.dry_run)
        rc = write_hist(&j, arg.sigma_hist, err);
    if (rc == 0 && !fe_args.dry_run)
        fe_note(FE_NOTE_DETAIL, NULL, "work: %zu pixels, %zu in a circle, %.4g s of CPU: %.0f ns a pixel", j.work.n_pixels,
                j.work.circle, j.cpu_s, 1e9 * j.cpu_s / fmax((double)j.work.n_pixels, 1));
    fe_sigma_hist_free(&j.hist);
    free(j.outside);
    maps_close(&m);
    return rc;
}

int main(int argc, char **argv)
{
    return fe_tool_main(argc, argv, &(fe_tool){
        .name = "fe-excessmap",
        .summary = "Excess maps: in every pixel, the counts of a circle against what is expected there.",
        .operands = "FILE...",
        .about = "FILE is a map dataset of gammapy (FITS), with a known background (Cash) or OFF counts (WStat, Li & Ma).\n"
                 "Several are added; they must have the same pixels.  The product is one FITS file of flux maps, an image\n"
                 "for each quantity and energy band, as gammapy reads it.  A flux is that of a source inside the circle.",
        .examples = "fe-excessmap ring.fits.gz --radius 0.1deg -e 1:10TeV -o excess.fits --sigma-hist hist.ecsv --exclusion mask.fits\n"
                    "fe-excessmap map.fits --emin 1,3,10TeV -o 'above_{emin}.fits' -t flux --psf-correct",
        .options = options,
        .libraries = fe_libraries,
        .read_list = fe_lines_read,
        .run = run });
}
