#include "io/fluxmap.h"
#include "io/info.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "io/dataset_io.h"
#include "io/fermi_io.h"
#include "io/fits.h"
#include "io/gadf.h"
#include "io/model_io.h"
#include "io/ogip.h"
#include "phys/stat.h"

/* ---- parts -------------------------------------------------------------------------------------------------- */

static void tell_parts(const fe_document *doc, fe_facts *f)
{
    for (size_t i = 0; i < doc->n_parts; i++) {
        const fe_table *t = doc->part[i].table;

        if (t)
            fe_facts_add(f, "table", "%s: %zu rows, %zu columns", *t->name ? t->name : "(no name)", t->n_rows, t->n_cols);
        else
            fe_facts_add(f, "hdu", "%s: %zu bytes", doc->part[i].name, doc->part[i].n_raw);
    }
}

/* ---- counts spectra ----------------------------------------------------------------------------------------- */

typedef struct sums { double n_on, n_off, bkg; size_t n_used; double e_min_TeV, e_max_TeV; } sums;

static sums sum_masked(const fe_dataset *d)
{
    sums s = { .e_min_TeV = NAN, .e_max_TeV = NAN };

    for (size_t i = 0, n = fe_dataset_n_bins(d); i < n; i++) {
        size_t j = i / (d->ny * d->nx);

        if (!d->mask[i])
            continue;
        s.n_used++;
        s.n_on += d->counts[i];
        s.n_off += d->n_off ? d->n_off[i] : 0;
        s.bkg += d->n_off ? d->alpha[i] * d->n_off[i] : d->background ? d->background[i] : 0;
        s.e_min_TeV = fmin(s.e_min_TeV, d->e_edge_TeV[j]);
        s.e_max_TeV = fmax(s.e_max_TeV, d->e_edge_TeV[j + 1]);
    }
    return s;
}

static void add_number(fe_facts *f, const char *key, double x)
{
    char text[FE_NUM_SIZE];

    fe_facts_add(f, key, "%s", fe_num_format(x, text));
}

static void tell_dataset(const fe_dataset *d, fe_facts *f)
{
    sums s = sum_masked(d);

    fe_facts_add(f, "observation", "%s", d->info.name);
    if (d->info.telescop && *d->info.telescop)
        fe_facts_add(f, "telescope", "%s", d->info.telescop);
    fe_facts_add(f, "channels", "%zu", d->n_channels ? d->n_channels : d->n_e);
    if (d->n_channels)
        fe_facts_add(f, "bins", "%zu", d->n_e);
    fe_facts_add(f, "energies", "%.6g to %.6g TeV", d->e_edge_TeV[0], d->e_edge_TeV[d->n_e]);
    if (d->geom)
        fe_info_tell_map(d, s.n_used, f);
    else
        fe_facts_add(f, d->n_channels ? "bins_used" : "channels_used", "%zu", s.n_used);
    if (s.n_used)
        fe_facts_add(f, "energies_used", "%.6g to %.6g TeV", s.e_min_TeV, s.e_max_TeV);
    add_number(f, "counts", s.n_on);
    if (d->n_off)
        add_number(f, "off_counts", s.n_off);
    fe_facts_add(f, "background", "%.6g", s.bkg);
    fe_facts_add(f, "statistic", "%s", d->n_off ? "wstat" : "cash");
    fe_facts_add(f, "true_energies", "%.6g to %.6g TeV in %zu bins", d->etrue_edge_TeV[0],
                 d->etrue_edge_TeV[d->n_etrue], d->n_etrue);
    if (!isnan(d->livetime_s))
        add_number(f, "livetime_s", d->livetime_s);
    if (d->gti && d->gti->n)
        fe_facts_add(f, "time", strcmp(d->gti->timesys, "TT") ? "MJD %.6f to %.6f (TT; GTI in %s)" : "MJD %.6f to %.6f (TT)",
                     d->info.mjd_start, d->info.mjd_stop, d->gti->timesys);
    else
        fe_facts_add(f, "time", "no good time intervals");
}

static int tell_dataset_file(const fe_bytes *b, fe_facts *f, fe_err *err)
{
    fe_dataset *d = NULL;

    if (fe_dataset_read(b, &d, err) < 0)
        return -1;
    fe_facts_add(f, "format", "fits, dataset of gammapy");
    tell_dataset(d, f);
    fe_dataset_free(d);
    return 0;
}

static int tell_cube(const fe_bytes *b, fe_facts *f, fe_err *err)
{
    fe_dataset *d = NULL;

    if (fe_fermi_read(b, &d, err) < 0)
        return -1;
    fe_facts_add(f, "format", "fits, Fermitools, with the exposure and responses beside it");
    tell_dataset(d, f);
    fe_dataset_free(d);
    return 0;
}

static bool is_spectrum(const fe_bytes *b)
{
    return fe_fits_sniff(b) && fe_ogip_is_pha(b);
}

static int tell_datasets(const fe_bytes *b, fe_facts *f, fe_err *err)
{
    char *path[] = { b->name };
    fe_feed *feed = fe_ogip_feed_new(1, path, err);
    int rc = feed ? 0 : -1;

    if (feed && feed->n > 1)
        fe_facts_add(f, "spectra", "%zu", feed->n);
    for (size_t i = 0; rc == 0 && i < feed->n; i++) {
        fe_dataset *d = NULL;

        rc = feed->open(feed->ctx, i, &d, err);
        if (rc == 0)
            tell_dataset(d, f);
        fe_dataset_free(d);
    }
    fe_ogip_feed_free(feed);
    return rc;
}

/* What cannot be used as a dataset (no response, a file of OFF counts) is told by its tables, with the reason. */
static int tell_spectra(const fe_bytes *b, fe_facts *f, fe_err *err)
{
    fe_err reason = { FE_OK, "" };
    fe_document *doc = NULL;

    if (!strcmp(b->name, "<stdin>"))
        (void)fe_fail(&reason, FE_EDATA, NULL, "from standard input: its background and responses are not looked for");
    else if (tell_datasets(b, f, &reason) == 0)
        return 0;
    if (fe_fits_read(b, &doc, err) < 0)
        return -1;
    fe_facts_add(f, "no_dataset", "%s", reason.text);
    tell_parts(doc, f);
    fe_document_free(doc);
    return 0;
}

/* ---- models ------------------------------------------------------------------------------------------------- */

static bool is_models(const fe_bytes *b)
{
    const char *text = (const char *)b->data;

    return !memchr(text, 0, b->n) &&
           (!strncmp(text, "components:", 11) || strstr(text, "\ncomponents:") || strstr(text, "<source_library"));
}

static void tell_model(const fe_spectrum *spectrum, const char *key, fe_facts *f)
{
    fe_str text = { 0 };

    fe_spectrum_print(spectrum, &text);
    fe_facts_add(f, key, "%s", text.s);
    fe_str_free(&text);
}

static int tell_models(const fe_bytes *b, fe_facts *f, fe_err *err)
{
    fe_models *models = NULL;

    if (fe_models_parse_text((const char *)b->data, b->n, b->name, &models, err) < 0)
        return -1;
    for (size_t i = 0; i < models->n; i++) {
        fe_facts_add(f, "source", "%s", models->model[i].name);
        tell_model(models->model[i].spectrum, "spectrum", f);
    }
    fe_models_free(models);
    return 0;
}

/* ---- tables ------------------------------------------------------------------------------------------------- */

static void tell_range(const double *lo, const double *hi, size_t n, const char *key, const char *unit, fe_facts *f)
{
    double min = NAN, max = NAN;

    for (size_t i = 0; i < n; i++) {
        min = fmin(min, lo ? lo[i] : NAN);
        max = fmax(max, hi ? hi[i] : NAN);
    }
    if (!isnan(min) && !isnan(max))
        fe_facts_add(f, key, "%.10g to %.10g%s", min, max, unit);
}

static void tell_limits(const fe_estimate *e, fe_facts *f)
{
    if (!isnan(e->n_sigma))
        fe_facts_add(f, "errors", "%g sigma", e->n_sigma);
    if (!e->family[e->type][FE_UL])
        return;
    if (isnan(e->ul_conf) && isnan(e->ul_drop))
        fe_facts_add(f, "upper_limits", "level unknown");
    else if (isnan(e->ul_drop))
        fe_facts_add(f, "upper_limits", "%.7g, %s", e->ul_conf, e->ul_side ? e->ul_side : "side unknown");
    else
        fe_facts_add(f, "upper_limits", "%.7g one-sided: rise of %.6g in -2 ln L%s", fe_stat_cl_of_drop(e->ul_drop),
                     e->ul_drop, e->ul_bounded ? ", norm bounded at 0" : "");
    if (e->ul_rule)
        fe_facts_add(f, "is_ul", "%s", e->ul_rule);
}

static void tell_flags(const fe_estimate *e, fe_facts *f)
{
    for (const fe_status_row *row = fe_statuses; row->name; row++) {
        size_t n = 0;

        for (size_t i = 0; e->q[FE_Q_STATUS] && i < e->n; i++)
            n += ((unsigned)e->q[FE_Q_STATUS][i] & row->flag) != 0;
        if (n)
            fe_facts_add(f, row->name, "%zu rows: %s", n, row->help);
    }
}

static void tell_estimate(const fe_estimate *e, fe_facts *f)
{
    fe_facts_add(f, "rows", "%zu", e->n);
    fe_facts_add(f, "sed_type", "%s", fe_sedtypes[e->type].name);
    if (e->key[FE_KEY_E_MIN])
        tell_range(e->key[FE_KEY_E_MIN], e->key[FE_KEY_E_MAX], e->n, "energies", " TeV", f);
    else
        tell_range(e->key[FE_KEY_E_REF], e->key[FE_KEY_E_REF], e->n, "energies", " TeV", f);
    tell_range(e->key[FE_KEY_TIME_MIN], e->key[FE_KEY_TIME_MAX], e->n, "time_mjd", "", f);
    tell_range(e->key[FE_KEY_PHASE_MIN], e->key[FE_KEY_PHASE_MAX], e->n, "phases", "", f);
    tell_range(e->key[FE_KEY_X_MIN], e->key[FE_KEY_X_MAX], e->n, "positions", " deg", f);
    if (e->timesys)
        fe_facts_add(f, "timesys", "%s", e->timesys);
    tell_limits(e, f);
    if (e->model)
        tell_model(e->model, "reference_model", f);
    else
        fe_facts_add(f, "reference_model", "%s", e->ref[FE_SED_DNDE] ? "ref_* columns only" : "none");
    if (e->n_scan)
        fe_facts_add(f, "scan_points", "%zu", e->n_scan);
    tell_flags(e, f);
}

/* HDUs that say what a file is which is no flux table. */
static const struct { const char *hdu, *kind; } known_hdus[] = {
    { "SPECRESP", "effective area (ARF)" }, { "MATRIX", "redistribution matrix (RMF)" },
    { "SPECRESP MATRIX", "response matrix (RSP)" }, { "EVENTS", "event list" }, { "GTI", "good time intervals" },
};

static const char *kind_of(const fe_document *doc)
{
    for (size_t k = 0; k < sizeof known_hdus / sizeof *known_hdus; k++)
        if (fe_document_table(doc, known_hdus[k].hdu))
            return known_hdus[k].kind;
    return "tables that are no flux estimates";
}

/* By the keys its rows have: a profile or phase curve in bins of time is one still. */
static const char *kind_of_estimate(const fe_estimate *e)
{
    if (fe_estimate_has(e, FE_KEY_X_MIN) || fe_estimate_has(e, FE_KEY_X_REF))
        return "profile";
    if (fe_estimate_has(e, FE_KEY_PHASE_MIN))
        return "phase curve";
    return e->key[FE_KEY_TIME_MIN] ? "light curve" : "flux points";
}

static int tell_document(const fe_bytes *b, const fe_format *format, fe_facts *f, fe_err *err)
{
    fe_document *doc = NULL;
    fe_estimate *e = NULL;
    fe_err no_estimate = { FE_OK, "" };
    bool known;

    if (format->read(b, &doc, err) < 0)
        return -1;
    known = fe_estimate_read(doc, -1, &e, &no_estimate) == 0;
    fe_facts_add(f, "kind", "%s", known ? kind_of_estimate(e) : kind_of(doc));
    fe_facts_add(f, "format", "%s", format->name);
    if (known)
        tell_estimate(e, f);
    else
        fe_facts_add(f, "why_no_estimates", "%s", no_estimate.text);
    tell_parts(doc, f);
    fe_estimate_free(e);
    fe_document_free(doc);
    return 0;
}

/* ---- what a file is ----------------------------------------------------------------------------------------- */

static bool is_fluxmap(const fe_bytes *b)
{
    fe_document *doc = NULL;
    bool is = fe_fits_sniff(b) && fe_fits_read_heads(b, &doc, NULL) == 0 && fe_fluxmap_is(doc);

    fe_document_free(doc);
    return is;
}

static const struct kind {
    const char *name;
    bool (*is)(const fe_bytes *);
    int (*tell)(const fe_bytes *, fe_facts *, fe_err *);
} kinds[] = {
    { "counts spectrum (OGIP PHA)", is_spectrum, tell_spectra },
    { "dataset: counts with background and response", fe_dataset_sniff, tell_dataset_file },
    { "counts cube", fe_fermi_sniff, tell_cube },
    { "models", is_models, tell_models },
    { "flux maps", is_fluxmap, fe_info_tell_fluxmap },
};

static int tell(const fe_bytes *b, fe_facts *f, fe_err *err)
{
    if (fe_fits_sniff(b) && fe_bytes_check_fits(b, err) < 0)
        return -1;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        if (kinds[k].is(b)) {
            fe_facts_add(f, "kind", "%s", kinds[k].name);
            return kinds[k].tell(b, f, err);
        }
    for (const fe_format *format = fe_formats; format->name; format++)
        if (format->sniff && format->sniff(b))
            return tell_document(b, format, f, err);
    return fe_fail(err, FE_EDATA, &(fe_where){ b->name, NULL, 0 },
                   "not a file these tools know: expected FITS, ECSV, CSV, JSON, a table of text, or models YAML");
}

int fe_info_collect(const char *path, fe_facts *out, fe_err *err)
{
    fe_bytes bytes = { 0 };
    int rc = fe_bytes_read(path, &bytes, err);

    if (rc == 0)
        rc = tell(&bytes, out, err);
    fe_bytes_free(&bytes);
    return rc;
}
