#include "maps_run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/note.h"
#include "base/num.h"
#include "base/progress.h"
#include "est/describe.h"
#include "est/plan_bands.h"
#include "est/predict.h"
#include "io/fluxmap.h"
#include "io/map_hdu.h"
#include "io/model_io.h"
#include "io/ogip.h"
#include "io/typed.h"
#include "phys/sky.h"
#include "phys/units.h"
#include "types/background.h"

static struct { const char *known, *mask, *center, *width, *select; bool as_float; } arg;

const fe_opt maps_options[] = {
    FE_OPT_GROUP("Maps"),
    { 0, "known-sources", FE_ARG_STR, &arg.known, "MODELS", NULL, NULL, NULL, NULL,
      "models file of sources that are there: what they predict joins the background" },
    { 0, "mask", FE_ARG_STR, &arg.mask, "FILE", NULL, NULL, NULL, "all pixels",
      "image on the same pixels: data where it is 0 are left out" },
    { 0, "center", FE_ARG_STR, &arg.center, "POS", NULL, NULL, NULL, "of the map",
      "middle of the part that is made: RA,Dec or gal:L,B; its pixels are those of the whole map, to the last bit" },
    { 0, "width", FE_ARG_STR, &arg.width, "W[,H]", NULL, NULL, NULL, "the whole map", "size of the part that is made, 3deg" },
    { 0, "select", FE_ARG_STR, &arg.select, "LIST", NULL, NULL, NULL, "all there are",
      "images of the product: norm,err,errn,errp,ul,sensitivity,ts,sqrt_ts,npred,npred_excess,counts,background,stat,"
      "stat_null,niter,status,success" },
    { 0, "float", FE_ARG_FLAG, &arg.as_float, NULL, NULL, NULL, NULL, NULL, "images in single precision: half as large" },
    FE_OPT_END
};

const fe_opt maps_output[] = {
    FE_OPT_GROUP("Output"),
    { 'o', "output", FE_ARG_STR, &fe_args.output, "FILE", NULL, NULL, NULL, "standard output",
      "product, FITS; written to a temporary file beside it, synced, renamed; the model beside it as FILE_model.yaml" },
    { 0, "force", FE_ARG_FLAG, &fe_args.force, NULL, NULL, NULL, NULL, NULL, "replace an existing regular file" },
    { 0, "no-history", FE_ARG_FLAG, &fe_args.no_history, NULL, NULL, NULL, NULL, NULL, "leave provenance out of the product" },
    FE_OPT_END
};

const fe_opt maps_running[] = {
    FE_OPT_GROUP("Run"),
    { 'j', "threads", FE_ARG_LONG, &fe_args.threads, "N", "1..", NULL, NULL, "the CPUs this process may use",
      "worker threads; the result does not depend on N" },
    { 0, "dry-run", FE_ARG_FLAG, &fe_args.dry_run, NULL, NULL, NULL, NULL, NULL,
      "print datasets, bands, pixels and the memory that is needed; write nothing" },
    { 0, "compat", FE_ARG_CHOICE, &fe_args.compat, "gammapy", "gammapy", NULL, NULL, NULL,
      "define things as gammapy 2.1 does where we define them better, to compare digit by digit" },
    FE_OPT_END
};

void maps_close(maps *m)
{
    for (size_t i = 0; i < m->n; i++) {
        fe_dataset_free(m->dataset[i]);
        free(m->others ? m->others[i] : NULL);
    }
    free(m->dataset);
    free(m->others);
    fe_models_free(m->models);
    free(m->edge_TeV);
    free(m->first);
    free(m->last);
    free(m->mask);
    fe_geom_free(m->window);
    *m = (maps){ 0 };
}

/* ---- datasets ---------------------------------------------------------------------------------------------------- */

static int check_pixels(const fe_dataset *d, const fe_dataset *first, fe_err *err)
{
    const fe_where where = { d->info.file, NULL, 0 };

    if (!d->geom)
        return fe_fail(err, FE_EDATA, &where, "a spectrum, expected a map");
    if (!fe_geom_equal(d->geom, first->geom))
        return fe_fail(err, FE_EDATA, &where, "its pixels are not those of %s: maps are fitted jointly on one geometry",
                       first->info.file);
    return 0;
}

static int read_datasets(size_t n, char **operand, maps *m, fe_err *err)
{
    fe_ogip_files files = { .maps = true };
    fe_feed *feed = fe_ogip_feed_new_with(n, operand, &files, err);
    int rc = feed ? 0 : -1;

    m->dataset = FE_NEWN(fe_dataset *, feed ? feed->n : 1);
    for (size_t i = 0; rc == 0 && i < feed->n; i++) {
        rc = feed->open(feed->ctx, i, &m->dataset[i], err);
        m->n += rc == 0;
        if (rc == 0)
            rc = check_pixels(m->dataset[i], m->dataset[0], err);
    }
    fe_ogip_feed_free(feed);
    return rc;
}

/* ---- models ------------------------------------------------------------------------------------------------------- */

/* What the known sources predict in a dataset; NULL: nothing. */
static int predict_known(const fe_dataset *d, const fe_models *known, double **out, fe_err *err)
{
    fe_patch patch;

    for (size_t k = 0; k < known->n; k++) {
        if (!fe_model_applies(&known->model[k], d->info.name))
            continue;
        if (fe_predict_source(d, &known->model[k], fe_args.compat != NULL, &patch, err) < 0)
            return -1;
        if (!*out)
            *out = FE_NEWN(double, fe_dataset_n_bins(d));
        fe_patch_add(&patch, 1, d->ny, d->nx, *out);
        fe_patch_free(&patch);
    }
    return 0;
}

static int open_models(maps *m, fe_err *err)
{
    fe_models *known = NULL;
    int rc = fe_sky_models_typed(&fe_args, "pl:index=2", &m->models, err);

    m->others = FE_NEWN(double *, m->n);
    if (rc == 0)
        rc = fe_models_check_fluxes(m->models, 1, err);
    if (rc == 0 && arg.known)
        rc = fe_models_read_sky(arg.known, &known, err);
    for (size_t i = 0; rc == 0 && known && i < m->n; i++)
        rc = predict_known(m->dataset[i], known, &m->others[i], err);
    for (size_t i = 0; rc == 0 && i < m->n; i++)
        rc = fe_background_apply(m->models, false, m->dataset[i], err) < 0 ? -1 : fe_background_apply(known, false, m->dataset[i], err);
    fe_models_free(known);
    return rc;
}

/* ---- bands --------------------------------------------------------------------------------------------------------- */

/* Without -e one band over all data. */
static int typed_edges(fe_edges *edges, fe_err *err)
{
    if (fe_opt_typed("energy-edges"))
        return fe_edges_typed(&fe_args, edges, err);
    *edges = (fe_edges){ .kind = FE_EDGES_LIST, .n_bins = 1, .edge_TeV = FE_NEWN(double, 2) };
    edges->edge_TeV[1] = INFINITY;
    return 0;
}

static int place_bands(maps *m, fe_bands *bands, fe_err *err)
{
    for (size_t i = 0; i < m->n; i++) {
        if (fe_bands_place(bands, m->dataset[i], err) < 0)
            return -1;
        if (i == 0) {
            m->n_bands = bands->n;
            m->first = FE_NEWN(size_t, bands->n * m->n);
            m->last = FE_NEWN(size_t, bands->n * m->n);
            m->edge_TeV = FE_NEWN(double, bands->n + 1);
        }
        for (size_t b = 0; b < bands->n; b++) {
            m->first[b * m->n + i] = bands->first[b];
            m->last[b * m->n + i] = bands->last[b];
        }
    }
    for (size_t b = 0; b < m->n_bands; b++) {
        const fe_dataset *d = m->dataset[0];

        if (m->first[b * m->n] >= m->last[b * m->n])
            return fe_fail(err, FE_EUSAGE, &(fe_where){ d->info.file, NULL, 0 }, "no channel lies in the band %.6g to %.6g TeV",
                           bands->edge_TeV[b], bands->edge_TeV[b + 1]);
        m->edge_TeV[b] = d->e_edge_TeV[m->first[b * m->n]];
        m->edge_TeV[b + 1] = d->e_edge_TeV[m->last[b * m->n]];
    }
    return 0;
}

int maps_set_edges(maps *m, const fe_edges *edges, fe_err *err)
{
    const fe_plan plan = { .exact_edges = fe_args.exact_edges, .edges = *edges };
    fe_bands bands = { 0 };
    int rc = fe_bands_start(&bands, &plan, err);

    free(m->edge_TeV);
    free(m->first);
    free(m->last);
    m->edge_TeV = NULL;
    m->first = m->last = NULL;
    if (rc == 0)
        rc = place_bands(m, &bands, err);
    fe_bands_free(&bands);
    return rc;
}

static int open_bands(maps *m, fe_err *err)
{
    fe_edges edges = { .n_bins = 0 };
    int rc = typed_edges(&edges, err);

    if (rc == 0)
        rc = maps_set_edges(m, &edges, err);
    fe_edges_free(&edges);
    return rc;
}

/* ---- pixels -------------------------------------------------------------------------------------------------------- */

bool *maps_read_mask(const maps *m, const char *path, fe_err *err)
{
    fe_bytes bytes = { 0 };
    fe_map_file *file = NULL;
    fe_map *image = NULL;
    const fe_dataset *d = m->dataset[0];
    bool *mask = NULL;

    if (fe_bytes_read(path, &bytes, err) < 0 || !(file = fe_map_file_open(&bytes, err)))
        goto done;
    if (!(image = fe_map_read_first(file, err)))
        goto done;
    if (!image->geom || !fe_geom_equal(image->geom, d->geom)) {
        fe_where where = fe_map_where(image);

        fe_fail(err, FE_EDATA, &where, "its pixels are not those of %s", d->info.file);
        goto done;
    }
    mask = FE_NEWN(bool, d->nx * d->ny);
    for (size_t q = 0; q < d->nx * d->ny; q++)
        mask[q] = image->value[q] != 0 && !isnan(image->value[q]);
done:
    fe_map_free(image);
    fe_map_file_close(file);
    fe_bytes_free(&bytes);
    return mask;
}

/* "3deg" or "3deg,2deg". */
static int parse_width(double *w_deg, double *h_deg, fe_err *err)
{
    fe_strv part = { 0 };
    int rc = 0;

    fe_strv_split(&part, arg.width, ",");
    if (part.n < 1 || part.n > 2)
        rc = fe_fail(err, FE_EUSAGE, NULL, "--width: '%s', expected a size or two, 3deg,2deg", arg.width);
    if (rc == 0)
        rc = fe_quantity_parse(part.s[0], "deg", w_deg, err);
    *h_deg = *w_deg;
    if (rc == 0 && part.n == 2)
        rc = fe_quantity_parse(part.s[1], "deg", h_deg, err);
    if (rc == 0 && !(*w_deg > 0 && *h_deg > 0))
        rc = fe_fail(err, FE_EUSAGE, NULL, "--width: '%s', expected a size above 0", arg.width);
    fe_strv_free(&part);
    return rc;
}

/* First pixel and number of pixels along one axis whose centres are within half a width of the centre. */
static bool cut_axis(double centre, double half, size_t n, size_t *first, size_t *count)
{
    double lo = fmax(ceil(centre - half), 0), hi = fmin(floor(centre + half), (double)n - 1);

    *first = lo <= hi ? (size_t)lo : 0;
    *count = lo <= hi ? (size_t)(hi - lo) + 1 : 0;
    return lo <= hi;
}

static int cut_window(maps *m, fe_err *err)
{
    const fe_dataset *d = m->dataset[0];
    const fe_geom_keys *k = fe_geom_keys_of(d->geom);
    double lon, lat, x, y, w = 0, h = 0;

    m->nx = d->nx;
    m->ny = d->ny;
    if (arg.center && !arg.width)
        return fe_fail(err, FE_EUSAGE, NULL, "--center needs --width");
    if (arg.width) {
        fe_geom_centre(d->geom, &lon, &lat);
        if (arg.center) {
            if (fe_sky_parse(arg.center, &lon, &lat, err) < 0)
                return -1;
            fe_geom_of_icrs(d->geom, lon, lat, &lon, &lat);
        }
        if (parse_width(&w, &h, err) < 0)
            return -1;
        fe_geom_to_pixel(d->geom, 1, &lon, &lat, &x, &y);
        if (!cut_axis(x, 0.5 * w / fabs(k->cdelt_deg[0]), d->nx, &m->x0, &m->nx) ||
            !cut_axis(y, 0.5 * h / fabs(k->cdelt_deg[1]), d->ny, &m->y0, &m->ny))
            return fe_fail(err, FE_EUSAGE, NULL, "--center %s: outside of the map", arg.center ? arg.center : "");
    }
    m->window = fe_geom_cutout(d->geom, (long)m->x0, (long)m->y0, m->nx, m->ny);
    return 0;
}

/* ---- quantities ---------------------------------------------------------------------------------------------------- */

/* "norm", "err": members; the others by their names.  false: none of them. */
static bool keep_one(maps *m, const char *name)
{
    if (!strcmp(name, "norm")) {
        m->skip_member[FE_VALUE] = false;
        return true;
    }
    for (int k = 1; k < FE_MEMBER_N; k++)
        if (!strcmp(name, fe_members[k].name + 1)) {
            m->skip_member[k] = false;
            return true;
        }
    for (int k = 0; k < FE_Q_N; k++)
        if (!strcmp(name, fe_quantities[k].name)) {
            m->skip[k] = false;
            return true;
        }
    return false;
}

static int select_quantities(maps *m, fe_err *err)
{
    fe_strv list = { 0 };
    int rc = 0;

    if (!arg.select)
        return 0;
    memset(m->skip_member, true, sizeof m->skip_member);
    memset(m->skip, true, sizeof m->skip);
    fe_strv_split(&list, arg.select, ",");
    for (size_t k = 0; k < list.n && rc == 0; k++)
        if (!keep_one(m, list.s[k]))
            rc = fe_fail(err, FE_EUSAGE, NULL, "--select: '%s' is no image of a flux map (see --help)", list.s[k]);
    fe_strv_free(&list);
    return rc;
}

bool maps_keeps(const maps *m, fe_member member)
{
    return !m->skip_member[member];
}

int maps_open(size_t n, char **operand, maps *m, fe_err *err)
{
    *m = (maps){ 0 };
    fe_mem_reuse();
    if (select_quantities(m, err) < 0 || read_datasets(n, operand, m, err) < 0 || open_models(m, err) < 0 || open_bands(m, err) < 0 ||
        (arg.mask && !(m->mask = maps_read_mask(m, arg.mask, err))))
        return -1;
    return cut_window(m, err);
}

/* ---- the plan ------------------------------------------------------------------------------------------------------ */

static double bytes_of(const fe_dataset *d)
{
    double bins = (double)fe_dataset_n_bins(d), planes = 1 + (d->background != NULL) + 4 * (d->n_off != NULL);

    return bins * (8 * planes + 1) + 8 * (double)(d->n_etrue * d->nx * d->ny);
}

void maps_print_datasets(const maps *m)
{
    for (size_t i = 0; i < m->n; i++) {
        const fe_dataset *d = m->dataset[i];

        printf("dataset\t%s\t%zu x %zu pixels\t%zu channels\n", d->info.file, d->nx, d->ny, d->n_e);
    }
}

double maps_print_bands(const maps *m, maps_bytes *bytes, void *ctx)
{
    double most = 0;

    for (size_t b = 0; b < m->n_bands; b++) {
        double need = bytes(ctx, m, b);

        printf("band\t%.6g\t%.6g TeV\t%zu channels\n", m->edge_TeV[b], m->edge_TeV[b + 1],
               m->last[b * m->n] - m->first[b * m->n]);
        most = need > most ? need : most;
    }
    return most;
}

void maps_print_size(const maps *m, double most)
{
    double data = 0;

    for (size_t i = 0; i < m->n; i++)
        data += bytes_of(m->dataset[i]);
    printf("pixels\t%zu x %zu from column %zu, row %zu\n", m->nx, m->ny, m->x0, m->y0);
    printf("memory\t%.0f MB of data, %.0f MB for a band\n", data / 1e6, most / 1e6);
}

void maps_print_plan(const maps *m, maps_bytes *bytes, void *ctx)
{
    maps_print_datasets(m);
    maps_print_size(m, maps_print_bands(m, bytes, ctx));
}

/* ---- writing ------------------------------------------------------------------------------------------------------- */

/* Norms times the reference of the band; the arrays change their family. */
static void to_type(fe_estimate *e, fe_sedtype type, double ref)
{
    e->type = type;
    if (type == FE_SED_LIKELIHOOD)
        return;
    for (int k = 0; k < FE_MEMBER_N; k++) {
        double *x = e->family[FE_SED_LIKELIHOOD][k];

        for (size_t i = 0; x && i < e->n; i++)
            x[i] *= ref;
        e->family[type][k] = x;
        e->family[FE_SED_LIKELIHOOD][k] = NULL;
    }
}

static double reference(const maps *m, fe_sedtype type, size_t band)
{
    double lo = m->edge_TeV[band], hi = m->edge_TeV[band + 1];

    return type == FE_SED_LIKELIHOOD ? 1 : fe_sedtype_ref(type, m->models->model[0].spectrum, lo, hi, sqrt(lo * hi));
}

void maps_describe(const maps *m, const maps_job *job, fe_estimate *e)
{
    fe_str yaml = { 0 };

    fe_norm_describe(job->norm, fe_args.compat != NULL, e);
    for (size_t i = 0; i < m->n; i++)
        fe_estimate_see(e, m->dataset[i]);
    job->describe(job->ctx, m, &e->rest->meta);
    e->model = fe_spectrum_copy(m->models->model[0].spectrum);
    fe_models_print_yaml(m->models, &yaml);
    e->model_yaml = yaml.s;
}

static int make_band(const maps *m, const maps_job *job, fe_sedtype type, size_t band, fe_estimate *e, fe_scanlist *scans,
                     fe_err *err)
{
    if (job->band(job->ctx, m, band, e, scans, err) < 0)
        return -1;
    to_type(e, type, reference(m, type, band));
    return 0;
}

int maps_write(const maps *m, const maps_job *job, const char *output, fe_err *err)
{
    int typed = fe_args.to ? fe_sedtype_parse(fe_args.to) : -1;
    fe_sedtype type = typed < 0 ? job->type : (fe_sedtype)typed;
    fe_fluxmap_head head = { .geom = m->window, .n_bands = m->n_bands, .edge_TeV = m->edge_TeV, .unit = fe_args.unit,
                             .as_float = arg.as_float, .force = fe_args.force, .history = !fe_args.no_history };
    fe_estimate *like = fe_estimate_new(), *e = NULL;
    fe_fluxmap *file = NULL;
    fe_scanlist scans = { 0 };
    int rc = 0;

    for (size_t band = 0; band < m->n_bands && rc == 0; band++) {
        e = fe_estimate_new();
        rc = make_band(m, job, type, band, e, &scans, err);
        if (rc == 0 && !file) {
            fe_estimate *first = e;

            maps_describe(m, job, first);
            rc = (file = fe_fluxmap_create(output, &head, first, err)) ? 0 : -1;
            like->gti = first->gti;
            first->gti = NULL;
            like->model_yaml = first->model_yaml;
            first->model_yaml = NULL;
        }
        if (rc == 0)
            rc = fe_fluxmap_put(file, band, e, 0, err);
        fe_estimate_free(e);
        fe_progress(band + 1, m->n_bands, band + 1, "bands");
    }
    fe_progress_clear();
    if (rc == 0)
        rc = fe_fluxmap_put_scans(file, &scans, err);
    if (rc == 0)
        rc = fe_fluxmap_close(file, like, err);
    else
        fe_fluxmap_drop(file);
    fe_scanlist_free(&scans);
    fe_estimate_free(like);
    return rc;
}
