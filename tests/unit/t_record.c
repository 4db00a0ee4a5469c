/* est/record: a result and a dataset come back bit by bit; cut bytes are refused. */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "est/record.h"

static bool same_bits(const double *a, const double *b, size_t n)
{
    return n == 0 || !memcmp(a, b, n * sizeof *a);
}

/* Numbers no text would keep: a negative zero, a denormal, infinity, NaN, 0.1. */
static fe_group_result make_result(const double *scan, size_t n_scan)
{
    fe_group_result r = { .set = 9999, .source = 1, .band = 2, .n_bands = 3, .e_min_TeV = 0.1, .e_max_TeV = 1 / 3.0, .e_ref_TeV = 5e-324,
                          .e_min_asked_TeV = -0.0, .e_max_asked_TeV = INFINITY, .e_min_eff_TeV = NAN, .e_max_eff_TeV = 7,
                          .exposure_cm2_s = 1e17, .livetime_s = 1713.1 };

    r.norm = (fe_norm){ .norm = -0.25, .err = 0.1, .errn = 0.11, .errp = 0.12, .ul = 0.13, .sensitivity = NAN, .ts = 3.3, .sqrt_ts = -1.7,
                        .stat = 1e-300, .stat_null = 4, .npred = 5, .npred_excess = 6, .counts = 7, .background = 8, .n_scan = n_scan,
                        .norm_scan = scan, .stat_scan = scan + 1, .n_shared = 2, .shared_cov = scan + 2, .status = 1u << 12 | 5,
                        .n_iter = 77 };
    return r;
}

static void test_result(void)
{
    const double scan[] = { 0.1, NAN, -0.0, 5e-324, 1e308 };
    fe_group_result r = make_result(scan, 4), back = { .plan = (const fe_plan *)&scan };
    fe_arena *arena = fe_arena_new();
    fe_str bytes = { 0 }, again = { 0 };
    fe_err err;

    fe_record_result_write(&r, &bytes);
    CHECK(fe_record_result_read(bytes.s, bytes.len, arena, &back, &err) == 0);
    CHECK(back.plan == (const fe_plan *)&scan);         /* left alone */
    CHECK(back.set == 9999 && back.source == 1 && back.band == 2 && back.n_bands == 3);
    CHECK(same_bits(&r.e_min_TeV, &back.e_min_TeV, 9) && same_bits(&r.norm.norm, &back.norm.norm, 14));
    CHECK(back.norm.status == r.norm.status && back.norm.n_iter == 77 && back.norm.n_scan == 4 && back.norm.n_shared == 2);
    CHECK(same_bits(back.norm.norm_scan, scan, 4) && same_bits(back.norm.stat_scan, scan + 1, 4));
    CHECK(same_bits(back.norm.shared_cov, scan + 2, 2));
    fe_record_result_write(&back, &again);
    CHECK(again.len == bytes.len && !memcmp(again.s, bytes.s, bytes.len));
    for (size_t n = 0; n < bytes.len; n++)
        CHECK_MSG(fe_record_result_read(bytes.s, n, arena, &back, &err) < 0, "a cut record was taken");
    fe_str_addn(&bytes, "", 1);
    CHECK(fe_record_result_read(bytes.s, bytes.len, arena, &back, &err) < 0);
    fe_str_free(&bytes);
    fe_str_free(&again);
    fe_arena_free(arena);
}

/* The layout is that of files: it is the same on every machine. */
static void test_layout(void)
{
    fe_group_result r = { .set = 0x0102 };
    fe_str bytes = { 0 };

    r.e_min_TeV = 1;                                    /* 0x3ff0000000000000 */
    fe_record_result_write(&r, &bytes);
    CHECK(bytes.s[0] == 2 && bytes.s[1] == 1 && bytes.s[7] == 0);
    CHECK((unsigned char)bytes.s[6 * 8 + 6] == 0xf0 && bytes.s[6 * 8 + 7] == 0x3f && bytes.s[6 * 8] == 0);
    fe_str_free(&bytes);
}

static void test_dataset(bool with_gti)
{
    fe_dataset *d = fe_dataset_new(3, 3, 1, 1), *back = NULL;
    fe_str bytes = { 0 };
    fe_err err;

    d->info.file = fe_strdup("pha_obs1.fits");
    if (with_gti) {
        d->gti = fe_gti_new();
        d->gti->mjdref_i = 51910;
        d->gti->mjdref_f = 7.428703703703703e-4;
        strcpy(d->gti->timesys, "TT");
        fe_gti_add(d->gti, 0.1, 100.3);
        fe_gti_add(d->gti, 200, 300);
        d->info.telescop = fe_strdup("HESS");
    }
    fe_record_dataset_write(d, &bytes);
    CHECK(fe_record_dataset_read(bytes.s, bytes.len, &back, &err) == 0);
    SAME_STR(back->info.file, "pha_obs1.fits");
    CHECK((back->info.telescop != NULL) == with_gti && (back->gti != NULL) == with_gti);
    if (with_gti) {
        SAME_STR(back->info.telescop, "HESS");
        SAME_STR(back->gti->timesys, "TT");
        CHECK(back->gti->n == 2 && back->gti->mjdref_i == 51910 && back->gti->mjdref_f == d->gti->mjdref_f);
        CHECK(same_bits(back->gti->start_s, d->gti->start_s, 2) && same_bits(back->gti->stop_s, d->gti->stop_s, 2));
    }
    fe_dataset_free(back);
    for (size_t n = 0; n < bytes.len; n++)
        CHECK(fe_record_dataset_read(bytes.s, n, &back, &err) < 0);
    fe_str_free(&bytes);
    fe_dataset_free(d);
}

int main(void)
{
    test_result();
    test_layout();
    test_dataset(true);
    test_dataset(false);
    return check_done();
}
