/* io/fits_pieces: the bytes of a table in pieces are those of the table at once. */
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "check.h"
#include "io/fits.h"
#include "io/fits_image.h"
#include "io/fits_pieces.h"

static fe_err err;

/* Rows [first, last) of a table; text: length of the longest string from there on. */
static fe_table *rows(size_t first, size_t last, size_t text)
{
    fe_table *t = fe_table_new("FLUXPOINTS", last - first);
    fe_column *wide = fe_table_add(t, "wide", FE_COL_DOUBLE, "TeV", 6), *single = fe_table_add(t, "single", FE_COL_DOUBLE, "", 1);
    fe_column *number = fe_table_add(t, "number", FE_COL_INT, "", 1), *flag = fe_table_add(t, "flag", FE_COL_BOOL, "", 1);
    fe_column *name;

    fe_table_add(t, "name", FE_COL_STRING, "", 1);
    wide = fe_table_find(t, "wide");
    single = fe_table_find(t, "single");
    number = fe_table_find(t, "number");
    flag = fe_table_find(t, "flag");
    name = fe_table_find(t, "name");
    single->fits_code = 'E';
    wide->n_dim = 2;
    wide->dim[0] = 2;
    wide->dim[1] = 3;
    for (size_t i = first; i < last; i++) {
        fe_str s = { 0 };

        for (size_t k = 0; k < 6; k++)
            wide->v.d[(i - first) * 6 + k] = (double)(i * 7 + k);
        single->v.d[i - first] = 1.0 / (double)(i + 1);
        number->v.i[i - first] = (int64_t)i - 100;
        flag->v.b[i - first] = i % 3 == 0;
        for (size_t k = 0; k < i % text + 1; k++)
            fe_str_add(&s, "x");
        name->v.s[i - first] = s.s;
    }
    fe_meta_set(&t->meta, "SED_TYPE", FE_META_STRING, "dnde", "type of the values");
    return t;
}

/* All rows in pieces of a size, at a place of the file. */
static void check_pieces(size_t n, size_t size, size_t at)
{
    fe_fits_pieces *p = fe_fits_pieces_new();
    char path[] = P_tmpdir "/t_pieces.XXXXXX";
    fe_output *out;
    fe_bytes got = { 0 };
    fe_str want = { 0 };
    fe_table *t = rows(0, n, 9);
    size_t behind = 0;

    CHECK(fe_fits_table_add("", t, &want, &err) == 0);
    fe_table_free(t);
    CHECK(close(mkstemp(path)) == 0);
    out = fe_output_open(path, true, &err);
    CHECK(out != NULL);
    for (int pass = 0; pass < 2; pass++) {
        for (size_t first = 0; first < n; first += size) {
            t = rows(first, first + size < n ? first + size : n, 9);
            if (pass == 0)
                CHECK(fe_fits_pieces_measure(p, t));
            else
                CHECK(fe_fits_pieces_put(p, out, t, &err) == 0);
            fe_table_free(t);
        }
        if (pass == 0)
            CHECK(fe_fits_pieces_begin(p, at, &err) == 0);
    }
    CHECK(fe_fits_pieces_end(p, out, &behind, &err) == 0 && behind == at + want.len);
    CHECK(fe_output_commit(out, &err) == 0 && fe_bytes_read(path, &got, &err) == 0);
    CHECK(got.n == behind && !memcmp(got.data + at, want.s, want.len));
    unlink(path);
    fe_bytes_free(&got);
    fe_str_free(&want);
    fe_fits_pieces_free(p);
}

/* What cannot be told from a part: another column, type, unit, keyword. */
static void test_unlike(void)
{
    for (int k = 0; k < 6; k++) {
        fe_fits_pieces *p = fe_fits_pieces_new();
        fe_table *a = rows(0, 5, 3), *b = rows(5, 9, 3);

        if (k == 0)
            fe_table_add(b, "more", FE_COL_DOUBLE, "", 1);
        if (k == 1)
            fe_table_find(b, "single")->fits_code = 'D';
        if (k == 2)
            fe_meta_set(&b->meta, "SED_TYPE", FE_META_STRING, "flux", "type of the values");
        if (k == 3)
            fe_table_find(b, "wide")->dim[0] = 6;
        if (k == 4)
            fe_table_remove(b, "flag");
        CHECK(fe_fits_pieces_measure(p, a) && fe_fits_pieces_measure(p, b) == (k == 5));
        fe_table_free(a);
        fe_table_free(b);
        fe_fits_pieces_free(p);
    }
}

int main(void)
{
    for (size_t size = 1; size <= 4096; size *= 8) {
        check_pieces(1, size, 0);
        check_pieces(1000, size, 2880);
    }
    check_pieces(3000, 100, 5760);
    test_unlike();
    return check_done();
}
