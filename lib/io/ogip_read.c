/* One dataset of PHA, BKG, ARF and RMF: the parts are checked against each other and put together. */
#include "io/ogip_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/note.h"
#include "io/history.h"
#include "types/grouping.h"

typedef struct parts {
    const fe_bytes *pha;
    fe_ogip_cache *cache;
    fe_ogip_files how;
    size_t row, n_spectra;
    fe_ogip_file f;                 /* the PHA                                                          */
    fe_ogip_spectrum on, off;       /* off.n 0: no background                                           */
    fe_ogip_ebounds ebounds;        /* of the PHA                                                       */
    char *back, *ancr, *resp;       /* paths of the others, or NULL                                     */
    fe_ogip_response *arf, *rmf;    /* or NULL                                                          */
    fe_metalist meta;
    fe_dataset_info info;
    fe_gti *gti;
    fe_err *err;
} parts;

/* ---- the PHA ------------------------------------------------------------------------------------------------ */

int fe_ogip_seek_spectrum(fe_ogip_file *f, fe_err *err)
{
    if (fe_ogip_seek(f, FE_OGIP_SPECTRUM))
        return 0;
    return fe_ogip_no_hdu(f, "not a counts spectrum: there is no SPECTRUM", err);
}

static int find_file(parts *p, const char *by_hand, fe_ogip_other other, char **path)
{
    if (!by_hand)
        return fe_ogip_find_other(&p->f, p->row, other, p->cache, path, p->err);
    *path = fe_strdup(by_hand);
    return 0;
}

/* A background taken for the source, as by *.fits on the command line. */
static void warn_background(const fe_ogip_file *f)
{
    const fe_where at = fe_ogip_here(f, 0);
    char *class2 = fe_ogip_text(f, "HDUCLAS2");

    if (class2 && fe_str_equal_nocase(class2, "BKG"))
        fe_note(FE_NOTE_WARN, &at, "HDUCLAS2 is BKG: a background spectrum is taken as that of the source");
    free(class2);
}

/* Errors other than those of counts would need another statistic. */
static void note_errors(void)
{
    fe_note(FE_NOTE_SAID, NULL, "column STAT_ERR is not used: counts are taken as Poissonian");
}

static int read_pha(parts *p)
{
    if (fe_ogip_open(p->pha, &p->f, p->err) < 0 || fe_ogip_seek_spectrum(&p->f, p->err) < 0 ||
        fe_ogip_get_spectrum(&p->f, p->row, &p->on, p->err) < 0 ||
        find_file(p, p->how.bkg, FE_OGIP_BKG, &p->back) < 0 ||
        find_file(p, p->how.arf, FE_OGIP_ARF, &p->ancr) < 0 ||
        find_file(p, p->how.rmf, FE_OGIP_RMF, &p->resp) < 0)
        return -1;
    warn_background(&p->f);
    p->n_spectra = fe_ogip_n_spectra(&p->f);
    if (p->on.has_errors)
        note_errors();
    fe_history_input(p->pha->name, p->pha->n, p->pha->data);
    if (fe_ogip_get_info(&p->f, p->row, &p->meta, &p->info, &p->gti, p->err) < 0)
        return -1;
    return fe_ogip_get_ebounds(&p->f, &p->ebounds, p->err);
}

/* ---- the background ----------------------------------------------------------------------------------------- */

static int get_background(parts *p, fe_ogip_file *f)
{
    size_t n;

    if (fe_ogip_seek_spectrum(f, p->err) < 0)
        return -1;
    n = fe_ogip_n_spectra(f);
    if (n != 1 && n != p->n_spectra) {
        const fe_where at = fe_ogip_here(f, 0);

        return fe_fail(p->err, FE_EDATA, &at, "%zu spectra for the %zu of %s", n, p->n_spectra, p->pha->name);
    }
    if (fe_ogip_get_spectrum(f, n == 1 ? 0 : p->row, &p->off, p->err) < 0)
        return -1;
    if (p->off.n != p->on.n) {
        const fe_where at = fe_ogip_here(f, 0);

        return fe_fail(p->err, FE_EDATA, &at, "%zu channels, expected the %zu of %s", p->off.n, p->on.n, p->pha->name);
    }
    return 0;
}

static int read_background(parts *p)
{
    fe_bytes bytes = { 0 };
    fe_ogip_file f = { 0 };
    int rc;

    if (!p->back) {
        const fe_where at = { p->pha->name, "SPECTRUM", 0 };

        fe_note(FE_NOTE_SAID, NULL, "no background: Cash with background 0");
        fe_note(FE_NOTE_DETAIL, &at, "no BACKFILE");
        return 0;
    }
    rc = fe_bytes_read(p->back, &bytes, p->err);
    if (rc == 0)
        rc = fe_ogip_open(&bytes, &f, p->err) < 0 ? -1 : get_background(p, &f);
    if (rc == 0)
        fe_history_input(bytes.name, bytes.n, bytes.data);
    fe_ogip_close(&f);
    fe_bytes_free(&bytes);
    return rc;
}

/* ---- the response ------------------------------------------------------------------------------------------- */

static int read_response(parts *p)
{
    if ((p->ancr && fe_ogip_cache_get(p->cache, p->ancr, &p->arf, p->err) < 0) ||
        (p->resp && fe_ogip_cache_get(p->cache, p->resp, &p->rmf, p->err) < 0))
        return -1;
    if (p->arf && !p->arf->n_arf)
        return fe_fail(p->err, FE_EDATA, &(fe_where){ .file = p->ancr },
                       "there is no SPECRESP (keyword ANCRFILE of %s)",
                       p->pha->name);
    if (p->rmf && !p->rmf->edisp)
        return fe_fail(p->err, FE_EDATA, &(fe_where){ .file = p->resp }, "there is no MATRIX (keyword RESPFILE of %s)",
                       p->pha->name);
    if (!p->rmf && p->arf && p->arf->edisp) {                           /* both in one file */
        p->rmf = p->arf;
        p->rmf->n_owners++;
    }
    if (!p->arf && p->rmf && p->rmf->n_arf && !p->rmf->rmf_area_cm2) {
        p->arf = p->rmf;
        p->arf->n_owners++;
    }
    return 0;
}

static int check_area(const parts *p)
{
    const fe_where at = { p->pha->name, "SPECTRUM", 0 };
    const fe_ogip_response *arf = p->arf, *rmf = p->rmf;

    if (!arf && !rmf)
        return fe_fail(p->err, FE_EDATA, &at, "no response: keywords ANCRFILE and RESPFILE name no file");
    if (!arf && !rmf->rmf_area_cm2)
        return fe_fail(p->err, FE_EDATA, &at,
                       "no effective area: keyword ANCRFILE names no file, and %s holds probabilities",
                       rmf->file);
    if (!arf || !rmf)
        return 0;
    if (rmf->edisp->n_true != arf->n_arf || !fe_ogip_same_edges(arf->arf_edge_TeV, rmf->rmf_edge_TeV, arf->n_arf + 1))
        return fe_fail(p->err, FE_EDATA, &(fe_where){ rmf->file, "MATRIX", 0 },
                       "the true energies (%zu bins, %g to %g TeV) are not those of %s (%zu bins, %g to %g TeV)",
                       rmf->edisp->n_true, rmf->rmf_edge_TeV[0], rmf->rmf_edge_TeV[rmf->edisp->n_true], arf->file,
                       arf->n_arf, arf->arf_edge_TeV[0], arf->arf_edge_TeV[arf->n_arf]);
    if (rmf->has_large_sum)
        fe_note(FE_NOTE_WARN, &(fe_where){ rmf->file, "MATRIX", 0 },
                "rows sum to more than 1, and there is an ARF: their product is used");
    return 0;
}

/* Files that count channels from 0 and from 1 are seen together: order counts, numbers are only compared. */
static int check_channels(const parts *p, const fe_ogip_ebounds *e, const char *file)
{
    const fe_where at = { p->pha->name, "SPECTRUM", 0 };

    if (e->n != p->on.n)
        return fe_fail(p->err, FE_EDATA, &at, "%zu channels, but EBOUNDS of %s has %zu", p->on.n, file, e->n);
    if (isnan(e->first) || isnan(p->on.first) || e->first == p->on.first)
        return 0;
    if (fabs(e->first - p->on.first) != 1)
        return fe_fail(p->err, FE_EDATA, &at, "channels begin at %g, but those of EBOUNDS of %s at %g", p->on.first,
                       file, e->first);
    fe_note(FE_NOTE_SAID, NULL, "channels of SPECTRUM begin at %g, those of EBOUNDS at %g: they are matched in order",
            p->on.first, e->first);
    return 0;
}

/* The reconstructed energies: of the PHA, else of the RMF. */
static int choose_ebounds(const parts *p, const fe_ogip_ebounds **out)
{
    const fe_where at = { p->pha->name, "SPECTRUM", 0 };
    const fe_ogip_ebounds *own = &p->ebounds, *other = p->rmf ? &p->rmf->ebounds : own;

    *out = own->n ? own : other;
    if (!(*out)->n)
        return fe_fail(p->err, FE_EDATA, &at, "the energies of the channels are unknown: no EBOUNDS here%s",
                       p->rmf ? " or in the RMF" : ", and keyword RESPFILE names no file");
    if (own->n && check_channels(p, own, p->pha->name) < 0)
        return -1;
    if (other->n && p->rmf && check_channels(p, other, p->rmf->file) < 0)
        return -1;
    if (p->rmf && p->rmf->edisp->n_reco != p->on.n)
        return fe_fail(p->err, FE_EDATA, &at, "%zu channels, but the MATRIX of %s has %zu", p->on.n, p->rmf->file,
                       p->rmf->edisp->n_reco);
    if (own->n && other->n && !fe_ogip_same_edges(own->edge_TeV, other->edge_TeV, own->n + 1))
        return fe_fail(p->err, FE_EDATA, &(fe_where){ p->pha->name, "EBOUNDS", 0 },
                       "the energies (%g to %g TeV) are not those of %s (%g to %g TeV)", own->edge_TeV[0],
                       own->edge_TeV[own->n], p->rmf->file, other->edge_TeV[0], other->edge_TeV[other->n]);
    return 0;
}

/* ---- the dataset -------------------------------------------------------------------------------------------- */

/* A first true energy of 0 cannot be integrated from: the bin gets the log width of its neighbour. */
static void mend_first_edge(double *edge, size_t n)
{
    if (edge[0] > 0)
        return;
    edge[0] = n > 1 ? edge[1] * edge[1] / edge[2] : edge[1] / 10;
    fe_note(FE_NOTE_SAID, NULL, "the true energies begin at 0: %g TeV is taken", edge[0]);
}

/* exposure = EXPOSURE SPECRESP, or EXPOSURE times the area in the matrix; of two areas, the product (as XSPEC does). */
static void fill_exposure(const parts *p, fe_dataset *d)
{
    double exposure_s = isnan(p->on.exposure_s) ? 1 : p->on.exposure_s;
    const double *edge = p->arf ? p->arf->arf_edge_TeV : p->rmf->rmf_edge_TeV;

    memcpy(d->etrue_edge_TeV, edge, (d->n_etrue + 1) * sizeof *edge);
    for (size_t i = 0; i < d->n_etrue; i++) {
        d->exposure_cm2_s[i] = p->arf ? p->arf->area_cm2[i] * exposure_s : exposure_s;
        if (p->rmf && p->rmf->rmf_area_cm2)
            d->exposure_cm2_s[i] *= p->rmf->rmf_area_cm2[i];
    }
    mend_first_edge(d->etrue_edge_TeV, d->n_etrue);
}

static fe_edisp *scale_channels(const fe_edisp *r, const double *factor)
{
    size_t n = r->row[r->n_true];
    fe_edisp *scaled = fe_edisp_new(r->n_true, r->n_reco, n);

    memcpy(scaled->row, r->row, (r->n_true + 1) * sizeof *r->row);
    memcpy(scaled->col, r->col, n * sizeof *r->col);
    for (size_t k = 0; k < n; k++)
        scaled->value[k] = r->value[k] * factor[r->col[k]];
    return scaled;
}

/* AREASCAL of the ON spectrum scales what is expected in a channel (OGIP/92-007 3.1.1); mostly it is 1. */
static void apply_areascal(const parts *p, fe_dataset *d)
{
    fe_edisp *scaled;
    bool any = false;

    for (size_t j = 0; j < p->on.n; j++)
        any = any || p->on.areascal[j] != 1;
    if (!any)
        return;
    scaled = scale_channels(d->edisp, p->on.areascal);
    fe_edisp_free(d->edisp);
    d->edisp = scaled;
}

static void fill_response(const parts *p, fe_dataset *d)
{
    fill_exposure(p, d);
    fe_edisp_free(d->edisp);
    d->edisp = p->rmf ? fe_edisp_share(p->rmf->edisp)
                      : fe_edisp_overlap(d->n_etrue, d->etrue_edge_TeV, d->n_e, d->e_edge_TeV);
    if (!p->rmf)
        fe_note(FE_NOTE_SAID, NULL, "no RMF: energies are taken as measured exactly");
    apply_areascal(p, d);
}

/*
 * alpha = (EXP_on BACKSCAL_on AREASCAL_on) / (EXP_off BACKSCAL_off AREASCAL_off); the times go into the acceptance of
 * OFF, so that alpha is the ratio of the two.  Nothing there: no OFF region, alpha 0.
 */
static void fill_off(const parts *p, fe_dataset *d)
{
    double ratio = isnan(p->off.exposure_s) || isnan(p->on.exposure_s) ? 1 : p->off.exposure_s / p->on.exposure_s;

    d->n_off = FE_NEWN(double, d->n_e);
    d->alpha = FE_NEWN(double, d->n_e);
    d->acceptance = FE_NEWN(double, d->n_e);
    d->acceptance_off = FE_NEWN(double, d->n_e);
    for (size_t j = 0; j < d->n_e; j++) {
        d->n_off[j] = p->off.counts[j];
        d->acceptance[j] = p->on.backscal[j] * p->on.areascal[j];
        d->acceptance_off[j] = p->off.backscal[j] * p->off.areascal[j] * ratio;
        d->alpha[j] = d->acceptance_off[j] > 0 ? d->acceptance[j] / d->acceptance_off[j] : 0;
    }
}

/* An expectation has no fluctuations of its own: b = alpha times its values, Cash instead of WStat. */
static void off_to_known(fe_dataset *d)
{
    d->background = d->n_off;
    for (size_t j = 0; j < d->n_e; j++)
        d->background[j] *= d->alpha[j];
    free(d->alpha);
    free(d->acceptance);
    free(d->acceptance_off);
    d->n_off = d->alpha = d->acceptance = d->acceptance_off = NULL;
}

static void fill_background(const parts *p, fe_dataset *d)
{
    fill_off(p, d);
    if (p->how.known_bkg) {
        if (p->off.has_errors)
            fe_note(FE_NOTE_SAID, NULL, "STAT_ERR of the background is not used: it is known (--bkg-syst F takes a systematic "
                    "error of it)");
        off_to_known(d);
        return;
    }
    if (p->off.has_errors)
        note_errors();
    if (p->off.is_model && !p->on.is_model) {           /* both are: an Asimov set */
        fe_note(FE_NOTE_WARN, NULL, "background spectra with POISSERR F and counts that are no whole numbers: if they are a "
                "model of the background, --known-bkg takes them for one");
        fe_note(FE_NOTE_DETAIL, &(fe_where){ p->back, "SPECTRUM", 0 }, "POISSERR is F, and counts are no whole numbers");
    }
}

static void apply_grouping(const parts *p, fe_dataset *d)
{
    size_t *first, n = 0, n_e = d->n_e;

    if (!p->on.goes_on || p->how.no_grouping)
        return;
    first = FE_NEWN(size_t, n_e + 1);
    for (size_t j = 0; j < n_e; j++)
        if (!p->on.goes_on[j])
            first[n++] = j;
    first[n] = n_e;
    fe_dataset_group(d, n, first);
    fe_note(FE_NOTE_SAID, NULL, "GROUPING is used: the channels of a bin are summed (--no-grouping keeps them)");
    fe_note(FE_NOTE_DETAIL, &(fe_where){ p->pha->name, "SPECTRUM", 0 }, "GROUPING sums %zu channels to %zu bins", n_e, n);
    free(first);
}

static fe_dataset *assemble(parts *p, const fe_ogip_ebounds *e)
{
    fe_dataset *d = fe_dataset_new(p->on.n, p->arf ? p->arf->n_arf : p->rmf->edisp->n_true, 1, 1);

    memcpy(d->e_edge_TeV, e->edge_TeV, (d->n_e + 1) * sizeof *e->edge_TeV);
    memcpy(d->counts, p->on.counts, d->n_e * sizeof *p->on.counts);
    memcpy(d->mask, p->on.good, d->n_e * sizeof *p->on.good);
    fill_response(p, d);
    if (p->off.n)
        fill_background(p, d);
    apply_grouping(p, d);
    d->livetime_s = p->on.exposure_s;
    d->info = p->info;
    d->meta = p->meta;
    d->gti = p->gti;
    p->info = (fe_dataset_info){ 0 };
    p->meta = (fe_metalist){ 0 };
    p->gti = NULL;
    return d;
}

static void free_parts(parts *p)
{
    fe_ogip_close(&p->f);
    fe_ogip_spectrum_free(&p->on);
    fe_ogip_spectrum_free(&p->off);
    free(p->ebounds.edge_TeV);
    free(p->back);
    free(p->ancr);
    free(p->resp);
    fe_ogip_response_free(p->arf);
    fe_ogip_response_free(p->rmf);
    fe_metalist_free(&p->meta);
    fe_dataset_info_free(&p->info);
    fe_gti_free(p->gti);
}

int fe_ogip_read_bytes(const fe_bytes *pha, fe_ogip_cache *cache, const fe_ogip_files *files, size_t row,
                       fe_dataset **out, fe_err *err)
{
    parts p = { .pha = pha, .cache = cache, .row = row, .err = err };
    const fe_ogip_ebounds *e = NULL;
    int rc = -1;

    *out = NULL;
    if (files)
        p.how = *files;
    if (read_pha(&p) < 0 || read_response(&p) < 0 || check_area(&p) < 0 || choose_ebounds(&p, &e) < 0 ||
        read_background(&p) < 0)
        goto done;
    *out = assemble(&p, e);
    rc = 0;
done:
    free_parts(&p);
    return rc;
}

int fe_ogip_read(const char *path, fe_ogip_cache *cache, fe_dataset **out, size_t row, fe_err *err)
{
    fe_bytes bytes = { 0 };
    int rc;

    *out = NULL;
    if (fe_bytes_read(path, &bytes, err) < 0)
        return -1;
    rc = fe_ogip_read_bytes(&bytes, cache, NULL, row, out, err);
    fe_bytes_free(&bytes);
    return rc;
}

bool fe_ogip_is_pha(const fe_bytes *bytes)
{
    fe_ogip_file f = { 0 };
    fe_ogip_column c;
    bool yes = fe_ogip_open(bytes, &f, NULL) == 0 && fe_ogip_seek(&f, FE_OGIP_SPECTRUM) &&
               (fe_ogip_find(&f, "COUNTS", &c) || fe_ogip_find(&f, "RATE", &c));

    fe_ogip_close(&f);
    return yes;
}
