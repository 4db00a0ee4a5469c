/* FITS documents: what is written reads back the same, gives the same bytes again; no input may crash the reader. */
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include "base/mem.h"
#include "base/num.h"
#include "base/str.h"
#include "check.h"
#include "io/fits.h"

/* ---- comparing ---------------------------------------------------------------------------------------------- */

static int same_text(const char *a, const char *b)
{
    return !strcmp(a ? a : "", b ? b : "");
}

static int same_meta(const fe_metalist *a, const fe_metalist *b)
{
    int ok = a->n == b->n;

    for (size_t i = 0; ok && i < a->n; i++) {
        const fe_meta *x = &a->m[i], *y = &b->m[i];

        ok = !strcmp(x->key, y->key) && x->type == y->type && same_text(x->comment, y->comment) &&
             (x->number == y->number || (isnan(x->number) && isnan(y->number))) &&
             (x->type == FE_META_NUMBER || !strcmp(x->text, y->text));
        if (!ok)
            printf("%s %d '%s' / %s and %s %d '%s' / %s\n", x->key, x->type, x->text, x->comment ? x->comment : "",
                   y->key, y->type, y->text, y->comment ? y->comment : "");
    }
    return ok;
}

static int same_cells(const fe_column *a, const fe_column *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t row = i / a->width, k = i % a->width;
        double x = fe_column_number(a, row, k), y = fe_column_number(b, row, k);

        if (a->type == FE_COL_STRING ? strcmp(fe_column_string(a, row, k), fe_column_string(b, row, k)) != 0
                                     : x != y && !(isnan(x) && isnan(y)))
            return 0;
        if (a->type == FE_COL_INT && a->v.i[i] != b->v.i[i])
            return 0;
    }
    return 1;
}

static int same_table(const fe_table *a, const fe_table *b)
{
    int ok = a->n_rows == b->n_rows && a->n_cols == b->n_cols && !strcmp(a->name, b->name) &&
             same_meta(&a->meta, &b->meta);

    for (size_t k = 0; ok && k < a->n_cols; k++) {
        const fe_column *x = &a->col[k], *y = &b->col[k];

        ok = !strcmp(x->name, y->name) && !strcmp(x->unit, y->unit) && same_text(x->comment, y->comment) &&
             x->type == y->type && (!x->fits_code || x->fits_code == y->fits_code) && x->width == y->width &&
             x->n_dim == y->n_dim && !memcmp(x->dim, y->dim, x->n_dim * sizeof *x->dim) &&
             same_cells(x, y, x->width * a->n_rows);
        if (!ok)
            printf("columns %s and %s differ\n", x->name, y->name);
    }
    return ok;
}

static int same_document(const fe_document *a, const fe_document *b)
{
    int ok = a->n_parts == b->n_parts && same_meta(&a->primary, &b->primary);

    for (size_t i = 0; ok && i < a->n_parts; i++) {
        const fe_part *x = &a->part[i], *y = &b->part[i];

        ok = x->table ? y->table && same_table(x->table, y->table)
                      : !y->table && x->n_raw == y->n_raw && !memcmp(x->raw, y->raw, x->n_raw) &&
                            same_text(x->name, y->name);
    }
    return ok;
}

static fe_document *read_bytes(const void *data, size_t n, fe_err *err)
{
    unsigned char *copy = malloc(n + !n);           /* just as long: a sanitizer sees one byte too many */
    fe_bytes b = { (char *)"f.fits", copy, n };
    fe_document *doc = NULL;

    if (n)
        memcpy(copy, data, n);
    if (fe_fits_read(&b, &doc, err) < 0)
        doc = NULL;
    free(copy);
    return doc;
}

/* ---- a document with one of everything ---------------------------------------------------------------------- */

static void set_ints(fe_table *t, const char *name, char code, int64_t low, int64_t high)
{
    fe_column *c = fe_table_add(t, name, FE_COL_INT, "", 1);

    c->fits_code = code;
    for (size_t i = 0; i < t->n_rows; i++)
        c->v.i[i] = i == 0 ? low : i == 1 ? high : (int64_t)i;
}

static void add_numbers(fe_table *t)
{
    fe_column *c = fe_table_add(t, "dnde", FE_COL_DOUBLE, "cm-2 s-1 TeV-1", 1);

    c->comment = fe_strdup("differential flux");
    for (size_t i = 0; i < t->n_rows; i++)
        c->v.d[i] = i == 1 ? NAN : i == 2 ? -INFINITY : i == 3 ? 5e-324 : 1.23e-12 * pow(3, (double)i) / 7;
    c = fe_table_add(t, "single", FE_COL_DOUBLE, "TeV", 1);
    c->fits_code = 'E';
    for (size_t i = 0; i < t->n_rows; i++)
        c->v.d[i] = (double)(1.1f * (float)i);
    c = fe_table_add(t, "stat_scan", FE_COL_DOUBLE, "", 6);
    c->n_dim = 2;
    c->dim[0] = 3;
    c->dim[1] = 2;
    for (size_t i = 0; i < t->n_rows * 6; i++)
        c->v.d[i] = (double)i / 3;
    fe_table_add(t, "one", FE_COL_DOUBLE, "", 1)->n_dim = 1;
    fe_table_find(t, "one")->dim[0] = 1;
}

static void add_others(fe_table *t)
{
    static const char *const words[] = { "Crab nebula", "", "it's", "a longer one than the others", " x" };
    fe_column *c = fe_table_add(t, "source", FE_COL_STRING, "", 1);

    for (size_t i = 0; i < t->n_rows; i++)
        c->v.s[i] = fe_strdup(words[i % 5]);
    c = fe_table_add(t, "pair", FE_COL_STRING, "", 2);
    for (size_t i = 0; i < t->n_rows * 2; i++)
        c->v.s[i] = fe_strdup(words[i % 5]);
    c = fe_table_add(t, "is_ul", FE_COL_BOOL, "", 2);
    for (size_t i = 0; i < t->n_rows * 2; i++)
        c->v.b[i] = i % 3 == 0;
    c = fe_table_add(t, "bits", FE_COL_BOOL, "", 11);
    c->fits_code = 'X';
    for (size_t i = 0; i < t->n_rows * 11; i++)
        c->v.b[i] = i * i % 5 == 1;
}

static void add_meta(fe_metalist *m)
{
    fe_str text = { 0 };

    fe_meta_set(m, "SED_TYPE", FE_META_STRING, "dnde", "kind of flux");
    fe_meta_set(m, "EMPTY", FE_META_STRING, "", NULL);
    fe_meta_set(m, "QUOTED", FE_META_STRING, "it's 'quoted' & ends with &", NULL);
    fe_meta_set(m, "UL_CONF", FE_META_NUMBER, "0.95", NULL);
    fe_meta_set_number(m, "TINY", 1.2345678901234567e-300, "a small number");
    fe_meta_set_number(m, "WHOLE", 5, "stays a real number");
    fe_meta_set_number(m, "MISSING", NAN, NULL);
    fe_meta_set(m, "NSIGMA", FE_META_INT, "-3", NULL);
    fe_meta_set_bool(m, "YES", true, NULL);
    fe_meta_set_bool(m, "NO", false, "not");
    fe_meta_set(m, "HISTORY", FE_META_STRING, "first line", NULL);
    fe_meta_set(m, "HISTORY", FE_META_STRING, "second line", NULL);
    fe_meta_set(m, "COMMENT", FE_META_STRING, "a comment / with = signs", NULL);
    fe_meta_set(m, "a long key name", FE_META_STRING, "HIERARCH", "as ESO does it");
    fe_meta_set(m, "a longer.key", FE_META_NUMBER, "1.5", NULL);
    fe_meta_set(m, "MODEL", FE_META_TEXT, "components:\n-   name: 'crab'\n    path: a\\b\\n\n", "reference model");
    for (int i = 0; i < 60; i++)
        fe_str_addf(&text, "%s%d 'it''s'", i ? "  " : "", i);
    fe_meta_set(m, "CONFIG", FE_META_TEXT, text.s, "a text of several cards");
    fe_meta_set(m, "AFTER", FE_META_STRING, "last", NULL);
    fe_str_free(&text);
}

static fe_document *make_document(void)
{
    fe_document *doc = fe_document_new("f.fits");
    fe_table *t = fe_document_add(doc, fe_table_new("FLUXPOINTS", 5));

    add_meta(&doc->primary);
    add_meta(&t->meta);
    add_numbers(t);
    set_ints(t, "b", 'B', 0, 255);
    set_ints(t, "s", 'S', -128, 127);
    set_ints(t, "i", 'I', INT16_MIN, INT16_MAX);
    set_ints(t, "u", 'U', 0, UINT16_MAX);
    set_ints(t, "j", 'J', INT32_MIN, INT32_MAX);
    set_ints(t, "v", 'V', 0, UINT32_MAX);
    set_ints(t, "k", 'K', INT64_MIN, INT64_MAX);
    set_ints(t, "w", 'W', 0, INT64_MAX);
    add_others(t);
    t = fe_document_add(doc, fe_table_new("", 0));
    fe_table_add(t, "START", FE_COL_DOUBLE, "s", 1);
    t = fe_document_add(doc, fe_table_new("REFMODEL", 3));
    fe_table_add(t, "line", FE_COL_STRING, "", 1)->v.s[1] = fe_strdup("  name: x");
    return doc;
}

static void test_round_trip(void)
{
    fe_document *doc = make_document(), *back;
    fe_str one = { 0 }, two = { 0 };
    fe_err err = { 0 };

    CHECK(fe_fits_write(doc, &one, &err) == 0);
    CHECK(one.len % 2880 == 0);
    back = read_bytes(one.s, one.len, &err);
    CHECK_MSG(back, err.text);
    CHECK(back && same_document(doc, back));
    CHECK(back && fe_fits_write(back, &two, &err) == 0);
    CHECK(one.len == two.len && !memcmp(one.s, two.s, one.len));
    CHECK(strstr(one.s, "DATASUM ") != NULL);
    fe_document_free(doc);
    fe_document_free(back);
    fe_str_free(&one);
    fe_str_free(&two);
}

/* A column keeps its type while its values fit, and is widened when they do not. */
static void test_widening(void)
{
    fe_document *doc = fe_document_new("f.fits"), *back;
    fe_table *t = fe_document_add(doc, fe_table_new("T", 2));
    fe_str out = { 0 };
    fe_err err = { 0 };

    set_ints(t, "i", 'I', 0, 32768);
    set_ints(t, "b", 'B', -1, 0);
    set_ints(t, "w", 'W', -1, 0);
    set_ints(t, "none", 0, 1, 2);
    CHECK(fe_fits_write(doc, &out, &err) == 0);
    back = read_bytes(out.s, out.len, &err);
    CHECK(back && same_cells(fe_table_find(t, "i"), fe_table_find(back->part[0].table, "i"), 2));
    CHECK(back && fe_table_find(back->part[0].table, "b")->v.i[0] == -1);
    CHECK(back && fe_table_find(back->part[0].table, "w")->v.i[0] == -1);
    CHECK(back && fe_table_find(back->part[0].table, "none")->fits_code == 'K');
    fe_document_free(doc);
    fe_document_free(back);
    fe_str_free(&out);
}

/* Ones' complement sum of an HDU with CHECKSUM is -0: all bits set (standard 4.0, 4.4.2.7). */
static void test_checksum(void)
{
    fe_document *doc = make_document();
    fe_str out = { 0 };
    fe_err err = { 0 };
    uint64_t sum = 0;

    CHECK(fe_fits_write(doc, &out, &err) == 0);
    for (size_t i = 0; i < out.len; i++)
        sum += (uint64_t)(unsigned char)out.s[i] << (24 - 8 * (i % 4));
    while (sum >> 32)
        sum = (sum & UINT32_MAX) + (sum >> 32);
    CHECK(sum == UINT32_MAX);           /* the sum of sums that are all -0 */
    fe_document_free(doc);
    fe_str_free(&out);
}

/* ---- files of others ---------------------------------------------------------------------------------------- */

static void card(fe_str *s, const char *text)
{
    fe_str_addf(s, "%-80s", text);
}

static void end_block(fe_str *s, char with)
{
    while (s->len % 2880)
        fe_str_addn(s, &with, 1);
}

static void start_file(fe_str *s)
{
    card(s, "SIMPLE  =                    T");
    card(s, "BITPIX  =                    8");
    card(s, "NAXIS   =                    0");
    card(s, "OBS_ID  = '23523'");
    card(s, "OBS_ID  = '23526'");
    card(s, "EXPO    =               1.5D+3 / [s] old exponent");
    card(s, "END");
    end_block(s, ' ');
}

static void start_table(fe_str *s, const char *const *cards)
{
    card(s, "XTENSION= 'BINTABLE'");
    card(s, "BITPIX  =                    8");
    card(s, "NAXIS   =                    2");
    for (; *cards; cards++)
        card(s, *cards);
    card(s, "END");
    end_block(s, ' ');
}

/* Scaled, with an undefined value, and of variable length: two rows of I, I, PI. */
static const char *const odd_cards[] = {
    "NAXIS1  =                   12", "NAXIS2  =                    2", "PCOUNT  =                    6",
    "GCOUNT  =                    1", "TFIELDS =                    3",
    "TTYPE1  = 'SCALED'", "TFORM1  = 'I'", "TSCAL1  = 0.1", "TZERO1  = 10.", "TUNIT1  = 'TeV'",
    "TTYPE2  = 'COUNTS'", "TFORM2  = 'I'", "TNULL2  = -99",
    "TTYPE3  = 'F_CHAN'", "TFORM3  = 'PI(2)'", "EXTNAME = 'ODD'", NULL
};

static void test_odd_columns(void)
{
    static const unsigned char rows[] = {
        0, 7, 0xff, 0x9d, 0, 0, 0, 2, 0, 0, 0, 0,   0xff, 0xff, 0, 5, 0, 0, 0, 1, 0, 0, 0, 4,   0, 3, 0, 4, 0, 9
    };
    fe_str s = { 0 };
    fe_err err = { 0 };
    fe_document *doc;
    fe_table *t;

    start_file(&s);
    start_table(&s, odd_cards);
    fe_str_addn(&s, rows, sizeof rows);
    end_block(&s, 0);
    doc = read_bytes(s.s, s.len, &err);
    CHECK_MSG(doc, err.text);
    if (!doc)
        return;
    SAME_STR(fe_meta_text(&doc->primary, "OBS_ID"), "23523");       /* the first of two counts */
    NEAR(fe_meta_number(&doc->primary, "EXPO"), 1500, 0);
    CHECK((t = fe_document_table(doc, "odd")) && t->n_cols == 3);
    NEAR(fe_column_number(fe_table_find(t, "SCALED"), 0, 0), 10.7, 1e-15);
    NEAR(fe_column_number(fe_table_find(t, "SCALED"), 1, 0), 9.9, 1e-15);
    CHECK(fe_table_find(t, "SCALED")->fits_code == 'D');
    CHECK(isnan(fe_column_number(fe_table_find(t, "COUNTS"), 0, 0)));
    NEAR(fe_column_number(fe_table_find(t, "COUNTS"), 1, 0), 5, 0);
    CHECK(fe_table_find(t, "F_CHAN")->width == 2 && fe_table_find(t, "F_CHAN")->type == FE_COL_INT);
    NEAR(fe_column_number(fe_table_find(t, "F_CHAN"), 0, 1), 4, 0);
    NEAR(fe_column_number(fe_table_find(t, "F_CHAN"), 1, 0), 9, 0);
    NEAR(fe_column_number(fe_table_find(t, "F_CHAN"), 1, 1), 0, 0);
    fe_document_free(doc);
    s.s[s.len - 2880 + 11] = 127;                   /* a descriptor that points outside of the heap */
    CHECK(!read_bytes(s.s, s.len, &err));
    CHECK_MSG(strstr(err.text, "f.fits[ODD]: column F_CHAN cannot be read"), err.text);
    fe_str_free(&s);
}

/* Images and what cannot be held as a table stay as they are, in their place. */
static void test_raw_hdus(void)
{
    static const char *const complex_cards[] = {
        "NAXIS1  =                    8", "NAXIS2  =                    1", "PCOUNT  =                    0",
        "GCOUNT  =                    1", "TFIELDS =                    1", "TFORM1  = '1C'", "EXTNAME = 'CPLX'", NULL
    };
    fe_str s = { 0 }, out = { 0 };
    fe_err err = { 0 };
    fe_document *doc;

    card(&s, "SIMPLE  =                    T");
    card(&s, "BITPIX  =                   16");
    card(&s, "NAXIS   =                    1");
    card(&s, "NAXIS1  =                    2");
    card(&s, "END");
    end_block(&s, ' ');
    fe_str_add(&s, "abcd");
    end_block(&s, 0);
    start_table(&s, complex_cards);
    fe_str_add(&s, "12345678");
    end_block(&s, 0);
    doc = read_bytes(s.s, s.len, &err);
    CHECK_MSG(doc && doc->n_parts == 2, err.text);
    CHECK(doc && !doc->part[0].table && !doc->part[1].table && !strcmp(doc->part[1].name, "CPLX"));
    CHECK(doc && fe_fits_write(doc, &out, &err) == 0 && out.len == s.len && !memcmp(out.s, s.s, s.len));
    fe_document_free(doc);
    fe_str_free(&s);
    fe_str_free(&out);
}

static void test_cut(void)
{
    fe_document *doc = make_document();
    fe_str out = { 0 };
    fe_err err = { 0 };
    long passed = 0;

    CHECK(fe_fits_write(doc, &out, &err) == 0);
    fe_document_free(doc);
    for (size_t n = 0; n < out.len; n += n % 2880 < 80 || n % 2880 > 2800 ? 1 : 80) {
        fe_document *back = read_bytes(out.s, n, &err);

        passed += back && (n % 2880 || strstr(out.s + n, "XTENSION") != out.s + n);
        fe_document_free(back);
    }
    CHECK(passed == 0);
    fe_str_free(&out);
}

/* Any bytes changed: an error or a document, and never a crash.  xorshift of Marsaglia, J. Stat. Soft. 8 (2003) 14. */
static void test_flips(void)
{
    fe_document *doc = make_document();
    fe_str out = { 0 }, odd = { 0 };
    fe_err err = { 0 };
    uint64_t r = 88172645463325252ull;
    int bad = 0;

    start_file(&odd);
    start_table(&odd, odd_cards);
    fe_str_add(&odd, "0123456789012345678901234567890");
    end_block(&odd, 0);
    CHECK(fe_fits_write(doc, &out, &err) == 0);
    fe_document_free(doc);
    for (int round = 0; round < 6000; round++) {
        const fe_str *from = round % 3 ? &out : &odd;
        char *copy = malloc(from->len);
        fe_document *back;

        memcpy(copy, from->s, from->len);
        for (int k = 0; k <= round % 4; k++) {
            r ^= r << 13, r ^= r >> 7, r ^= r << 17;
            if (round % 2)
                copy[r % from->len] ^= (char)(1 << (r >> 40) % 8);
            else
                copy[r % from->len] = (char)('0' + (r >> 40) % 10);
        }
        back = read_bytes(copy, from->len, &err);
        bad += !back && (!*err.text || strchr(err.text, '\n'));
        fe_document_free(back);
        free(copy);
    }
    CHECK(bad == 0);
    fe_str_free(&out);
    fe_str_free(&odd);
}

static void test_sniff(void)
{
    fe_str s = { 0 }, junk = { 0 };

    start_file(&s);
    CHECK(fe_fits_sniff(&(fe_bytes){ (char *)"f", (unsigned char *)s.s, s.len }));
    fe_str_addf(&junk, "x\n%.3000s", s.s);
    CHECK(fe_fits_sniff(&(fe_bytes){ (char *)"f", (unsigned char *)junk.s, junk.len }));
    CHECK(!fe_fits_sniff(&(fe_bytes){ (char *)"f", (unsigned char *)"# %ECSV 1.0\n", 12 }));
    CHECK(!fe_fits_sniff(&(fe_bytes){ (char *)"f", NULL, 0 }));
    CHECK(strstr(fe_fits_library(), "cfitsio ") == fe_fits_library());
    fe_str_free(&s);
    fe_str_free(&junk);
}

/* t_fits FILE: write the document, or read FILE and write it again, to standard output; for other programs' checks. */
static int show(const char *path)
{
    fe_err err = { 0 };
    fe_str out = { 0 };
    fe_bytes b = { 0 };
    fe_document *doc = NULL;
    int rc = -1;

    if (!strcmp(path, "--document"))
        doc = make_document();
    else if (fe_bytes_read(path, &b, &err) < 0 || fe_fits_read(&b, &doc, &err) < 0)
        goto done;
    if (fe_fits_write(doc, &out, &err) == 0)
        rc = fe_bytes_write("-", out.s, out.len, false, &err);
done:
    if (rc < 0)
        fprintf(stderr, "%s\n", err.text);
    fe_str_free(&out);
    fe_document_free(doc);
    fe_bytes_free(&b);
    return rc < 0;
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return show(argv[1]);
    test_round_trip();
    test_widening();
    test_checksum();
    test_odd_columns();
    test_raw_hdus();
    test_cut();
    test_flips();
    test_sniff();
    return check_done();
}
