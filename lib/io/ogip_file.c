/* Files, HDUs and keywords of OGIP files: there are thousands of runs of four files each. */
#include "io/ogip_parts.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "io/fits_header.h"

enum { CARD = 80, KEY = 8 };

fe_where fe_ogip_here(const fe_ogip_file *f, size_t row)
{
    return (fe_where){ f->bytes->name, f->at < f->n_hdus ? f->hdu[f->at].name : NULL, (long)row };
}

int fe_ogip_refuse(const fe_ogip_file *f, const char *what, int status, fe_err *err)
{
    const fe_where at = fe_ogip_here(f, 0);
    char text[FLEN_STATUS] = "", more[FLEN_ERRMSG] = "";

    fits_get_errstatus(status, text);
    fits_read_errmsg(more);
    fits_clear_errmsg();
    return fe_fail(err, status == MEMORY_ALLOCATION ? FE_ESYS : FE_EDATA, &at, "%s cannot be read (%s)", what,
                   *more ? more : text);
}

/* ---- keywords ----------------------------------------------------------------------------------------------- */

static const char *find_card(const fe_ogip_file *f, const char *key)
{
    char padded[KEY + 2] = "        =";
    size_t n = strlen(key);

    if (n > KEY)
        return NULL;
    memcpy(padded, key, n);
    for (size_t i = 0; i < f->n_cards; i++)
        if (!memcmp(f->header + i * CARD, padded, KEY + 1))
            return f->header + i * CARD;
    return NULL;
}

char *fe_ogip_text(const fe_ogip_file *f, const char *key)
{
    const char *card = find_card(f, key);

    return card ? fe_fits_card_text(card, (size_t)(f->header + f->n_cards * CARD - card)) : NULL;
}

int fe_ogip_number(const fe_ogip_file *f, const char *key, double missing, double *out, fe_err *err)
{
    const fe_where at = fe_ogip_here(f, 0);
    char *text = fe_ogip_text(f, key);
    int rc = 0;

    *out = missing;
    if (text && *fe_str_trim(text) && fe_num_parse(text, out) < 0)
        rc = fe_fail(err, FE_EDATA, &at, "keyword %s is '%s', expected a number", key, text);
    free(text);
    return rc;
}

/* ---- HDUs --------------------------------------------------------------------------------------------------- */

static bool text_is(const char *text, const char *wanted)
{
    return text && fe_str_equal_nocase(text, wanted);
}

/* By the classes of OGIP, else by the names in use. */
static fe_ogip_kind kind_of(const char *name, const char *class1, const char *class2)
{
    if (text_is(class2, "EBOUNDS") || text_is(name, "EBOUNDS"))
        return FE_OGIP_EBOUNDS;
    if (text_is(class2, "RSP_MATRIX") || text_is(name, "MATRIX") || text_is(name, "SPECRESP MATRIX"))
        return FE_OGIP_MATRIX;
    if (text_is(class2, "SPECRESP") || text_is(name, "SPECRESP"))
        return FE_OGIP_SPECRESP;
    if (text_is(class1, "SPECTRUM") || text_is(name, "SPECTRUM"))
        return FE_OGIP_SPECTRUM;
    if (text_is(class1, "GTI") || text_is(name, "GTI") || (name && fe_str_starts(name, "STDGTI")))
        return FE_OGIP_GTI;
    return FE_OGIP_OTHER;
}

static atomic_long n_cfitsio;

long fe_ogip_n_cfitsio(void)
{
    return atomic_load(&n_cfitsio);
}

/* CFITSIO at the HDU at hand; the end of the last HDU is the end of the bytes: check_fits has found nothing behind it. */
fitsfile *fe_ogip_cfitsio_at(const fe_ogip_file *f, int *status)
{
    fe_ogip_cfitsio *c = f->cfitsio;

    if (!c->fits) {
        atomic_fetch_add(&n_cfitsio, 1);
        if (fits_open_memfile(&c->fits, "memory", READONLY, &c->data, &c->n_data, 0, NULL, status))
            return NULL;
    }
    if (c->at != f->at)
        fits_movabs_hdu(c->fits, (int)f->at + 1, NULL, status);
    c->at = f->at;
    return c->fits;
}

static void enter_hdu(fe_ogip_file *f, size_t k)
{
    f->at = k;
    f->header = f->hdu[k].header;
    f->n_cards = f->hdu[k].n_cards;
    f->n_rows = f->hdu[k].n_rows;
}

static void name_hdu(fe_ogip_file *f, size_t k, bool is_table)
{
    fe_ogip_hdu *hdu = &f->hdu[k];
    char *name, *class1, *class2;

    enter_hdu(f, k);
    name = fe_ogip_text(f, "EXTNAME");
    class1 = fe_ogip_text(f, "HDUCLAS1");
    class2 = fe_ogip_text(f, "HDUCLAS2");
    hdu->kind = is_table ? kind_of(name, class1, class2) : FE_OGIP_OTHER;
    if (name && *name)
        snprintf(hdu->name, sizeof hdu->name, "%s", name);
    else
        snprintf(hdu->name, sizeof hdu->name, k ? "#%zu" : "PRIMARY", k + 1);
    free(name);
    free(class1);
    free(class2);
}

/* The HDU at which CFITSIO stands. */
static void list_hdu(fe_ogip_file *f, int *status)
{
    fitsfile *fits = fe_ogip_cfitsio_at(f, status);
    fe_ogip_hdu hdu = { FE_OGIP_OTHER, "", NULL, 0, 0, 0, 0, 0, 0, 0 };
    LONGLONG start = 0, data = 0, end = 0;
    long n_rows = 0;
    int type = 0;

    fits_get_hdu_type(fits, &type, status);
    fits_get_hduaddrll(fits, &start, &data, &end, status);
    if (type != IMAGE_HDU)
        fits_get_num_rows(fits, &n_rows, status);
    hdu.header = (const char *)f->bytes->data + start;
    hdu.n_cards = (size_t)(data - start) / CARD;
    hdu.n_rows = (size_t)n_rows;
    FE_GROW(f->hdu, f->n_hdus, f->cap_hdus);
    f->hdu[f->n_hdus++] = hdu;
    name_hdu(f, f->n_hdus - 1, type == BINARY_TBL);
}

/* The HDU behind the last of the list: it has a number, no name yet. */
static int refuse_next(fe_ogip_file *f, int status, fe_err *err)
{
    FE_GROW(f->hdu, f->n_hdus, f->cap_hdus);
    f->at = f->n_hdus++;
    f->hdu[f->at] = (fe_ogip_hdu){ FE_OGIP_OTHER, "", NULL, 0, 0, 0, 0, 0, 0, 0 };
    snprintf(f->hdu[f->at].name, sizeof f->hdu->name, "#%zu", f->n_hdus);
    return fe_ogip_refuse(f, "the header", status, err);
}

/* All HDUs with CFITSIO, which may find fault with any of them. */
static int list_all(fe_ogip_file *f, fe_err *err)
{
    int status = 0;

    f->n_hdus = f->at = 0;
    if (!fe_ogip_cfitsio_at(f, &status)) {
        f->at = f->n_hdus;
        return fe_ogip_refuse(f, "the primary header", status, err);
    }
    for (;;) {
        f->cfitsio->at = f->at = f->n_hdus;
        list_hdu(f, &status);
        if (status || fits_movrel_hdu(f->cfitsio->fits, 1, NULL, &status))
            break;
    }
    if (status != END_OF_FILE)
        return refuse_next(f, status, err);
    fits_clear_errmsg();
    return 0;
}

static void add_place(void *ctx, const fe_fits_place *place)
{
    fe_ogip_file *f = ctx;
    fe_ogip_hdu hdu = { .header = (const char *)f->bytes->data + place->header, .n_used = place->n_cards, .data = place->data };

    hdu.n_cards = (place->data - place->header) / CARD;
    FE_GROW(f->hdu, f->n_hdus, f->cap_hdus);
    f->hdu[f->n_hdus++] = hdu;
}

int fe_ogip_open(const fe_bytes *bytes, fe_ogip_file *f, fe_err *err)
{
    *f = (fe_ogip_file){ .bytes = bytes };
    if (fe_fits_walk(bytes, add_place, f, err) < 0) {
        fe_ogip_close(f);
        return -1;
    }
    f->cfitsio = FE_NEW(fe_ogip_cfitsio);
    *f->cfitsio = (fe_ogip_cfitsio){ .data = bytes->data, .n_data = bytes->n };
    f->is_plain = fe_ogip_lay_out(f);
    if (f->is_plain) {
        for (size_t k = 0; k < f->n_hdus; k++)
            name_hdu(f, k, k > 0);
        return 0;
    }
    if (list_all(f, err) == 0)
        return 0;
    fe_ogip_close(f);
    return -1;
}

void fe_ogip_close(fe_ogip_file *f)
{
    int status = 0;

    if (f->cfitsio && f->cfitsio->fits)
        fits_close_file(f->cfitsio->fits, &status);
    fits_clear_errmsg();
    free(f->cfitsio);
    free(f->hdu);
    free(f->field);
    *f = (fe_ogip_file){ 0 };
}

bool fe_ogip_seek(fe_ogip_file *f, fe_ogip_kind kind)
{
    for (size_t k = 0; k < f->n_hdus; k++)
        if (f->hdu[k].kind == kind) {
            enter_hdu(f, k);
            return true;
        }
    return false;
}

int fe_ogip_no_hdu(const fe_ogip_file *f, const char *wanted, fe_err *err)
{
    fe_str names = { 0 };

    for (size_t k = 0; k < f->n_hdus; k++)
        fe_str_addf(&names, "%s%s", k ? ", " : "", f->hdu[k].name);
    fe_fail(err, FE_EDATA, &(fe_where){ .file = f->bytes->name }, "%s, found %s", wanted, names.s);
    fe_str_free(&names);
    return -1;
}

/* Of the file no more than its beginning is there: what stands behind the header of the spectrum must not be asked for. */
bool fe_ogip_open_head(const fe_bytes *head, fe_ogip_file *f)
{
    bool yes = false;

    *f = (fe_ogip_file){ .bytes = head };
    (void)!fe_fits_walk(head, add_place, f, NULL);          /* which ends where the beginning does */
    f->n_hdus = f->n_hdus < 2 ? f->n_hdus : 2;
    f->is_plain = f->n_hdus == 2 && f->hdu[1].data <= head->n && fe_ogip_lay_out(f);
    if (f->is_plain) {
        name_hdu(f, 1, true);
        yes = f->hdu[1].kind == FE_OGIP_SPECTRUM && !fe_ogip_is_type_ii(f);
    }
    if (!yes)
        fe_ogip_close(f);
    return yes;
}
