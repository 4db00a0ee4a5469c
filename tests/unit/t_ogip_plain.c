/* io/ogip_plain against CFITSIO: files that are plain have the same tables, columns and numbers for both, down to the bits. */
#include "ogip_files.h"

#include "io/ogip_parts.h"

typedef struct found { size_t n_tried, n_plain, n_refused; } found;

static uint64_t seed = 1;

static size_t draw(size_t n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (size_t)(seed >> 33) % n;
}

/* ---- agreement ---------------------------------------------------------------------------------------------- */

static bool same_column(fe_ogip_file *f, const char *name)
{
    fe_ogip_column ours, theirs;
    double *x, *y;
    size_t n;
    int rc_x, rc_y;
    bool same, found_ours = fe_ogip_find(f, name, &ours);

    f->is_plain = false;
    same = fe_ogip_find(f, name, &theirs) && found_ours && ours.number == theirs.number && ours.stored == theirs.stored &&
           ours.width == theirs.width && !ours.is_variable && !theirs.is_variable;
    f->is_plain = true;
    if (!same)
        return false;
    n = f->n_rows * ours.width;
    x = FE_NEWN(double, n);
    y = FE_NEWN(double, n);
    rc_x = fe_ogip_get(f, &ours, 0, f->n_rows, x, NULL);
    f->is_plain = false;
    rc_y = fe_ogip_get(f, &theirs, 0, f->n_rows, y, NULL);
    f->is_plain = true;
    same = rc_x == rc_y && !memcmp(x, y, n * sizeof *x);
    free(x);
    free(y);
    return same;
}

static bool same_table(fe_ogip_file *f, fitsfile *theirs, size_t k)
{
    const fe_ogip_hdu *hdu = &f->hdu[k];
    long n_rows = -1;
    int n_cols = -1, type = -1, status = 0;
    bool same = true;

    fits_get_hdu_type(theirs, &type, &status);
    if (k == 0)
        return type == IMAGE_HDU;
    fits_get_num_rows(theirs, &n_rows, &status);
    fits_get_num_cols(theirs, &n_cols, &status);
    if (type != BINARY_TBL || (size_t)n_rows != hdu->n_rows || (size_t)n_cols != hdu->n_fields || status)
        return false;
    f->at = k;
    f->n_rows = hdu->n_rows;
    for (size_t j = 0; j < hdu->n_fields; j++) {
        const fe_ogip_field *field = &f->field[hdu->first_field + j];
        char name[80];

        snprintf(name, sizeof name, "%.*s", (int)field->n_name, field->name);
        same = same && same_column(f, name);
    }
    return same && !same_column(f, "ABSENT");
}

/* CFITSIO finds no fault with the file, and in it what is found without. */
static bool agrees(fe_ogip_file *f)
{
    void *data = f->bytes->data;
    size_t n_data = f->bytes->n, k = 0;
    fitsfile *theirs = NULL;
    bool same = true;
    int status = 0;

    fits_open_memfile(&theirs, "memory", READONLY, &data, &n_data, 0, NULL, &status);
    for (; !status; k++, fits_movrel_hdu(theirs, 1, NULL, &status))
        same = same && k < f->n_hdus && same_table(f, theirs, k);
    same = same && status == END_OF_FILE && k == f->n_hdus;
    status = 0;
    if (theirs)
        fits_close_file(theirs, &status);
    fits_clear_errmsg();
    return same;
}

static bool try_bytes(const fe_bytes *b, found *n)
{
    fe_ogip_file f;
    bool same = true;

    n->n_tried++;
    if (fe_ogip_open(b, &f, NULL) < 0) {
        n->n_refused++;
        return true;
    }
    if (f.is_plain) {
        n->n_plain++;
        same = agrees(&f);
    }
    fe_ogip_close(&f);
    return same;
}

static bool is_plain(const fe_bytes *b)
{
    fe_ogip_file f;
    bool plain = fe_ogip_open(b, &f, NULL) == 0 && f.is_plain;

    fe_ogip_close(&f);
    return plain;
}

/* ---- files as they are -------------------------------------------------------------------------------------- */

static void try_file(const char *path, found *n)
{
    fe_bytes b = { 0 };

    CHECK_MSG(fe_bytes_read(path, &b, &err) == 0, err.text);
    CHECK_MSG(b.data && try_bytes(&b, n), path);
    fe_bytes_free(&b);
}

static void test_own(void)
{
    static const char *const kinds[] = { "pha", "bkg", "arf", "rmf" };
    found n = { 0 };

    write_run("p");
    for (size_t k = 0; k < 4; k++) {
        char name[32];

        snprintf(name, sizeof name, "%s_obsp.fits", kinds[k]);
        try_file(path_of(name), &n);
    }
    CHECK(n.n_tried == 4 && n.n_plain == 4 && n.n_refused == 0);
}

static void test_real(void)
{
    static const char *const files[] = {
        "pks2155/pha_obs33790.fits", "pks2155/pha_obs33790_bkg.fits", "joint-crab/spectra/hess/pha_obs23523.fits",
        "joint-crab/spectra/hess/bkg_obs23523.fits", "joint-crab/spectra/hess/arf_obs23523.fits"
    };
    const char *shared = check_shared();
    found n = { 0 };

    for (size_t k = 0; shared && k < sizeof files / sizeof *files; k++) {
        char path[256];

        snprintf(path, sizeof path, "%s/data/%s", shared, files[k]);
        if (access(path, R_OK) == 0)
            try_file(path, &n);
    }
    printf("real files: %zu of %zu are plain\n", n.n_plain, n.n_tried);
    CHECK(!shared || n.n_plain > 0);
}

/* ---- cells of every type ------------------------------------------------------------------------------------ */

static void add_card(fe_str *out, const char *text)
{
    fe_str_addf(out, "%-80.80s", text);
}

static void end_header(fe_str *out)
{
    add_card(out, "END");
    while (out->len % 2880)
        fe_str_add(out, " ");
}

/* A table of one column, whose bytes are drawn. */
static fe_str make_table(const char *form, size_t row_bytes, size_t n_rows)
{
    fe_str out = { 0 };
    char text[81];

    add_card(&out, "SIMPLE  =                    T");
    add_card(&out, "BITPIX  =                    8");
    add_card(&out, "NAXIS   =                    0");
    end_header(&out);
    add_card(&out, "XTENSION= 'BINTABLE'");
    add_card(&out, "BITPIX  =                    8");
    add_card(&out, "NAXIS   =                    2");
    snprintf(text, sizeof text, "NAXIS1  = %20zu", row_bytes);
    add_card(&out, text);
    snprintf(text, sizeof text, "NAXIS2  = %20zu", n_rows);
    add_card(&out, text);
    add_card(&out, "PCOUNT  =                    0");
    add_card(&out, "GCOUNT  =                    1");
    add_card(&out, "TFIELDS =                    1");
    add_card(&out, "TTYPE1  = 'x       '");
    snprintf(text, sizeof text, "TFORM1  = '%s'", form);
    add_card(&out, text);
    end_header(&out);
    for (size_t i = 0; i < row_bytes * n_rows; i++)
        fe_str_addn(&out, &(char){ (char)draw(256) }, 1);
    while (out.len % 2880)
        fe_str_addn(&out, "", 1);
    return out;
}

static void test_types(void)
{
    static const struct { const char *form; size_t n_bytes; bool plain; } type[] = {
        { "B", 1, true }, { "1I", 2, true }, { "J", 4, true }, { "1K", 8, true }, { "1E", 4, true }, { "D", 8, true },
        { "3I", 6, true }, { "4D", 32, true }, { "1L", 1, true }, { "11X", 2, true }, { "5A", 5, true }, { "2C", 16, true },
        { "1M", 16, true }, { "1PD(3)", 8, false }, { "1QE(3)", 16, false }, { "1D", 9, false }, { "0D", 0, false },
        { "d", 8, false }, { "2A1", 2, false }, { "", 1, false }, { "1U", 2, false }
    };

    for (size_t k = 0; k < sizeof type / sizeof *type; k++) {
        fe_str s = make_table(type[k].form, type[k].n_bytes, 50);
        fe_bytes b = { (char *)(uintptr_t)"x", (unsigned char *)s.s, s.len };
        found n = { 0 };

        CHECK_MSG(is_plain(&b) == type[k].plain, type[k].form);
        CHECK_MSG(try_bytes(&b, &n), type[k].form);
        fe_str_free(&s);
    }
}

/* ---- headers changed --------------------------------------------------------------------------------------- */

static const char *const odd[] = {
    "TSCAL1  =                  2.0", "TZERO2  =              32768.0", "TNULL1  =                    3", "TDIM1   = '(1,1)   '",
    "THEAP   =                  320", "ZIMAGE  =                    T", "HIERARCH TFORM1 = '1J'", "HIERARCH TSCAL1 = 3",
    "TFORM01 = '1J      '", "TFORM1 = '1J      '", "tform1  = '1J      '", "TFORM1  = '1PJ(2)  '", "TFORM1  ='1J      '",
    "TTYPE1  = 'COUNTS  '", "TTYPE2  = 'counts  '", "TTYPE1  = 'a b     '", "TTYPE1  = 'a*      '", "TTYPE1  = ''",
    "TTYPE1  = 'abc", "TFORM2  =                   1D", "TFORM2  = '2J      '", "TFORM2  = '1D / '", "TFORM2  = '  1J    '",
    "TFORM9  = '1J      '", "TTYPE0  = 'zero    '", "TFORM   = '1J      '", "TBCOL1  =                    1",
    "TFIELDS =                    3", "NAXIS1  =                   16", "PCOUNT  =                    0", "END", "        ",
    "COMMENT = 'x'", "TDISP1  = 'F8.3    '", "TUNIT1  = 'keV     '", "TTYPE1x = 'b       '", "BZERO   =                    1",
    "TTYPE2  = 'x''y    '", "TFORM1  = '1I'/", "BLANK   =                    1", "GROUPS  =                    T"
};

static void change(const fe_bytes *b, const fe_fits_place *place)
{
    unsigned char *header = b->data + place->header;
    size_t i = draw(place->n_cards + 1), j = draw(place->n_cards + 1);
    char text[81];

    switch (draw(4)) {
    case 0: header[80 * i + draw(80)] = (unsigned char)draw(256); break;
    case 1: header[80 * i + draw(31)] = (unsigned char)"TFORMYPE0123456789'= /IJKEDABXLPQZSCUN"[draw(38)]; break;
    case 2: memmove(header + 80 * i, header + 80 * j, 80); break;
    default:
        snprintf(text, sizeof text, "%-80s", odd[draw(sizeof odd / sizeof *odd)]);
        memcpy(header + 80 * i, text, 80);
    }
}

typedef struct places { fe_fits_place place[16]; size_t n; } places;

static void add_place(void *ctx, const fe_fits_place *place)
{
    places *p = ctx;

    if (p->n < 16)
        p->place[p->n++] = *place;
}

/* Each file changed many times, by one change or two. */
static void test_changed(const char *name)
{
    fe_bytes b = { 0 };
    places p = { .n = 0 };
    found n = { 0 };
    unsigned char *whole;
    size_t n_wrong = 0;

    CHECK_MSG(fe_bytes_read(path_of(name), &b, &err) == 0 && fe_fits_walk(&b, add_place, &p, &err) == 0, err.text);
    whole = FE_NEWN(unsigned char, b.n);
    memcpy(whole, b.data, b.n);
    for (size_t k = 0; k < 8000; k++) {
        memcpy(b.data, whole, b.n);
        for (size_t m = 0; m <= draw(2); m++)
            change(&b, &p.place[draw(p.n)]);
        n_wrong += !try_bytes(&b, &n);
    }
    CHECK(n_wrong == 0);
    CHECK(n.n_plain > 1000 && n.n_refused > 500 && n.n_plain + n.n_refused < n.n_tried - 500);
    free(whole);
    fe_bytes_free(&b);
}

static void test_odd(void)
{
    fe_bytes b = { 0 };
    places p = { .n = 0 };

    CHECK_MSG(fe_bytes_read(path_of("pha_obsp.fits"), &b, &err) == 0 && fe_fits_walk(&b, add_place, &p, &err) == 0, err.text);
    CHECK(is_plain(&b));
    for (size_t k = 0; k < 7; k++) {                    /* TSCAL1 ... HIERARCH TFORM1, in place of the last card */
        char text[81], *last = (char *)b.data + p.place[1].header + 80 * (p.place[1].n_cards - 1);

        snprintf(text, sizeof text, "%-80s", odd[k]);
        memcpy(last, text, 80);
        CHECK_MSG(!is_plain(&b), odd[k]);
    }
    fe_bytes_free(&b);
}

int main(void)
{
    ogip_begin("t_ogip_plain");
    test_own();
    test_real();
    test_types();
    test_odd();
    test_changed("pha_obsp.fits");
    test_changed("arf_obsp.fits");
    return ogip_done();
}
