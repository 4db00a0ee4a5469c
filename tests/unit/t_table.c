/* types/table, gti, irf, dataset: containers. */
#include <stdlib.h>

#include "check.h"

#include "base/mem.h"
#include "types/dataset.h"

static void test_columns(void)
{
    fe_table *t = fe_table_new("SPEC", 2);
    fe_column *c;

    fe_table_add(t, "flux", FE_COL_DOUBLE, "cm-2 s-1", 3)->v.d[3] = 7;
    fe_table_add(t, "n", FE_COL_INT, NULL, 1)->v.i[1] = 5;
    fe_table_add(t, "ok", FE_COL_BOOL, "", 1)->v.b[0] = 1;
    fe_table_add(t, "name", FE_COL_STRING, "", 1)->v.s[0] = fe_strdup("crab");
    CHECK(t->n_cols == 4);
    c = fe_table_find(t, "FLUX");
    CHECK(c && isnan(fe_column_number(c, 0, 0)) && fe_column_number(c, 1, 0) == 7);
    SAME_STR(c->unit, "cm-2 s-1");
    SAME_STR(fe_table_find(t, "n")->unit, "");
    CHECK(fe_column_string(c, 0, 0) == NULL);
    CHECK(isnan(fe_column_number(fe_table_find(t, "name"), 0, 0)));
    SAME_STR(fe_column_string(fe_table_find(t, "name"), 0, 0), "crab");
    SAME_STR(fe_column_string(fe_table_find(t, "name"), 1, 0), "");
    CHECK(fe_column_number(fe_table_find(t, "n"), 1, 0) == 5 && fe_column_number(fe_table_find(t, "ok"), 0, 0) == 1);

    fe_table_resize(t, 4);
    c = fe_table_find(t, "flux");
    CHECK(fe_column_number(c, 1, 0) == 7 && isnan(fe_column_number(c, 2, 0)) && isnan(fe_column_number(c, 3, 2)));
    CHECK(fe_column_number(fe_table_find(t, "n"), 3, 0) == 0);
    SAME_STR(fe_column_string(fe_table_find(t, "name"), 3, 0), "");
    fe_table_find(t, "name")->v.s[3] = fe_strdup("last");
    fe_table_resize(t, 1);
    SAME_STR(fe_column_string(fe_table_find(t, "name"), 0, 0), "crab");
    fe_table_remove(t, "NAME");
    fe_table_remove(t, "nothing");
    CHECK(t->n_cols == 3 && !fe_table_find(t, "name") && fe_table_find(t, "ok"));
    fe_table_free(t);
    fe_table_free(NULL);
}

static void test_meta(void)
{
    fe_metalist m = { NULL, 0, 0 }, copy = { NULL, 0, 0 };

    fe_meta_set(&m, "SED_TYPE", FE_META_STRING, "dnde", "type");
    fe_meta_set_number(&m, "UL_CONF", 0.1 + 0.2, NULL);
    fe_meta_set_bool(&m, "SIMPLE", true, NULL);
    fe_meta_set(&m, "N", FE_META_INT, "42", NULL);
    fe_meta_set(&m, "COMMENT", FE_META_STRING, "one", NULL);
    fe_meta_set(&m, "COMMENT", FE_META_STRING, "two", NULL);
    fe_meta_set(&m, "sed_type", FE_META_STRING, "flux", NULL);
    CHECK(m.n == 6);
    SAME_STR(m.m[0].key, "SED_TYPE");
    SAME_STR(fe_meta_text(&m, "Sed_Type"), "flux");
    CHECK(fe_meta_number(&m, "UL_CONF") == 0.1 + 0.2);
    CHECK(fe_meta_number(&m, "SIMPLE") == 1 && fe_meta_number(&m, "N") == 42);
    CHECK(isnan(fe_meta_number(&m, "SED_TYPE")) && isnan(fe_meta_number(&m, "absent")) && !fe_meta_text(&m, "absent"));
    fe_metalist_copy(&copy, &m);
    fe_meta_remove(&m, "comment");
    CHECK(m.n == 4 && copy.n == 6);
    SAME_STR(copy.m[5].text, "two");
    fe_metalist_free(&m);
    fe_metalist_free(&copy);
    CHECK(copy.n == 0);
}

static void test_document(void)
{
    fe_document *doc = fe_document_new("x.fits");

    CHECK(fe_document_first(doc) == NULL);
    fe_document_add(doc, fe_table_new("ONE", 0));
    fe_table *two = fe_document_add(doc, fe_table_new("TWO", 1));
    CHECK(fe_document_table(doc, "two") == two && !fe_document_table(doc, "three"));
    SAME_STR(fe_document_first(doc)->name, "ONE");
    fe_document_free(doc);
    fe_document_free(NULL);
}

static void test_gti(void)
{
    fe_gti *a = fe_gti_new(), *b = fe_gti_new(), *c;

    CHECK(isnan(fe_gti_mjd_min(a)) && isnan(fe_gti_mjd_max(a)));
    a->mjdref_i = 51544;
    strcpy(a->timesys, "TT");
    fe_gti_add(a, 86400, 2 * 86400);
    fe_gti_add(a, 43200, 50000);
    CHECK(fe_gti_mjd_min(a) == 51544.5 && fe_gti_mjd_max(a) == 51546);
    b->mjdref_i = 51545;
    b->mjdref_f = 0.5;
    strcpy(b->timesys, "TT");
    fe_gti_add(b, 0, 86400);
    CHECK(fe_gti_append(a, b) == 0);
    CHECK(a->n == 3 && a->start_s[2] == 1.5 * 86400 && fe_gti_mjd_max(a) == 51546.5);
    strcpy(b->timesys, "UTC");
    CHECK(fe_gti_append(a, b) == 0 && a->n == 4);
    NEAR_ABS(a->start_s[3], 1.5 * 86400 + 64.184, 1e-6);        /* TT - UTC in 2000: 32.184 + 32 s */
    NEAR_ABS(a->stop_s[3], 2.5 * 86400 + 64.184, 1e-6);
    strcpy(b->timesys, "LOCAL");
    CHECK(fe_gti_append(a, b) == -1 && a->n == 4);
    c = fe_gti_copy(a);
    fe_gti_add(c, 1, 2);
    CHECK(a->n == 4 && c->n == 5 && c->start_s[1] == 43200);
    fe_gti_unite(a);                                            /* 0.5 d to 50000 s; 1 to 2, 1.5 to 2.5 d and a minute */
    CHECK(a->n == 2 && a->start_s[0] == 43200 && a->stop_s[0] == 50000 && a->start_s[1] == 86400);
    NEAR_ABS(a->stop_s[1], 2.5 * 86400 + 64.184, 1e-6);
    a->n = 0;
    fe_gti_unite(a);
    CHECK(a->n == 0);
    fe_gti_free(a);
    fe_gti_free(b);
    fe_gti_free(c);
}

/* Overlap in linear energy: true 1..3 on channels 0..2..4 is half and half; what lies outside is lost. */
static void test_edisp(void)
{
    const double etrue[] = { 0.5, 1, 3, 8 }, ereco[] = { 1, 2, 4, 6 }, in[] = { 5, 10, 100 };
    double out[3] = { 0, 0, 1 };
    fe_edisp *r = fe_edisp_overlap(3, etrue, 3, ereco), *again = fe_edisp_share(r);

    fe_edisp_free(again);
    CHECK(r->row[1] == 0 && r->row[2] == 2 && r->row[3] == 4);
    fe_edisp_apply(r, in, out);
    NEAR(out[0], 5, 1e-15);
    NEAR(out[1], 10 * 0.5 + 100 * 0.2, 1e-15);
    NEAR(out[2], 1 + 100 * 0.4, 1e-15);
    fe_edisp_free(r);
}

static void test_dataset(void)
{
    fe_dataset *d = fe_dataset_new(4, 6, 2, 3);

    CHECK(fe_dataset_n_bins(d) == 24 && d->mask[23] && d->counts[23] == 0 && !d->n_off && !d->background);
    CHECK(isnan(d->livetime_s) && isnan(d->info.mjd_start) && d->edisp && d->edisp->row[6] == 0);
    fe_meta_set(&d->meta, "ZENITH", FE_META_NUMBER, "20", NULL);
    fe_dataset_free(d);
    fe_dataset_free(NULL);
}

int main(void)
{
    test_columns();
    test_meta();
    test_document();
    test_gti();
    test_edisp();
    test_dataset();
    return check_done();
}
