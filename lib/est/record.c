#include "est/record.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { NUMBER_SIZE = 8 };

typedef struct reader { const unsigned char *at, *end; bool cut; } reader;

/* ---- numbers and texts ------------------------------------------------------------------------------------------- */

static void put_whole(fe_str *out, uint64_t x)
{
    unsigned char bytes[NUMBER_SIZE];

    for (int k = 0; k < NUMBER_SIZE; k++)
        bytes[k] = (unsigned char)(x >> (8 * k));
    fe_str_addn(out, bytes, sizeof bytes);
}

static uint64_t get_whole(reader *in)
{
    uint64_t x = 0;

    if (in->end - in->at < NUMBER_SIZE) {
        in->cut = true;
        return 0;
    }
    for (int k = 0; k < NUMBER_SIZE; k++)
        x |= (uint64_t)in->at[k] << (8 * k);
    in->at += NUMBER_SIZE;
    return x;
}

/* The bits, so that a NaN keeps its payload and a zero its sign. */
static void put_double(fe_str *out, double x)
{
    uint64_t bits;

    memcpy(&bits, &x, sizeof bits);
    put_whole(out, bits);
}

static double get_double(reader *in)
{
    uint64_t bits = get_whole(in);
    double x;

    memcpy(&x, &bits, sizeof x);
    return x;
}

static void put_doubles(fe_str *out, size_t n, const double *x)
{
    for (size_t i = 0; i < n; i++)
        put_double(out, x[i]);
}

static void get_doubles(reader *in, size_t n, double *x)
{
    for (size_t i = 0; i < n; i++)
        x[i] = get_double(in);
}

/* A length that the bytes that follow can hold. */
static size_t get_length(reader *in, size_t size)
{
    uint64_t n = get_whole(in);

    if (n > (size_t)(in->end - in->at) / size) {
        in->cut = true;
        return 0;
    }
    return (size_t)n;
}

/* NULL is not the empty text: its length counts one more. */
static void put_text(fe_str *out, const char *text)
{
    put_whole(out, text ? strlen(text) + 1 : 0);
    if (text)
        fe_str_addn(out, text, strlen(text) + 1);
}

static char *get_text(reader *in)
{
    size_t n = get_length(in, 1);
    char *text = n ? fe_strndup((const char *)in->at, n - 1) : NULL;

    in->at += n;
    return text;
}

static int finish(const reader *in, fe_err *err)
{
    return in->cut || in->at != in->end ? fe_fail(err, FE_ESYS, NULL, "a record of the journal has another length than its "
                                                  "contents") : 0;
}

/* ---- groups ------------------------------------------------------------------------------------------------------ */

/* Where the plain numbers of a result are, in the order they are written. */
enum { N_NUMBERS = 23 };

static void list_numbers(fe_group_result *r, double *number[N_NUMBERS])
{
    double *const list[N_NUMBERS] = {
        &r->e_min_TeV, &r->e_max_TeV, &r->e_ref_TeV, &r->e_min_asked_TeV, &r->e_max_asked_TeV, &r->e_min_eff_TeV,
        &r->e_max_eff_TeV, &r->exposure_cm2_s, &r->livetime_s, &r->norm.norm, &r->norm.err, &r->norm.errn, &r->norm.errp,
        &r->norm.ul, &r->norm.sensitivity, &r->norm.ts, &r->norm.sqrt_ts, &r->norm.stat, &r->norm.stat_null,
        &r->norm.npred, &r->norm.npred_excess, &r->norm.counts, &r->norm.background
    };

    memcpy(number, list, sizeof list);
}

void fe_record_result_write(const fe_group_result *result, fe_str *out)
{
    fe_group_result r = *result;
    double *number[N_NUMBERS];

    list_numbers(&r, number);
    put_whole(out, r.set);
    put_whole(out, r.source);
    put_whole(out, r.band);
    put_whole(out, r.n_bands);
    put_whole(out, r.norm.status);
    put_whole(out, (uint64_t)r.norm.n_iter);
    for (size_t k = 0; k < N_NUMBERS; k++)
        put_double(out, *number[k]);
    put_whole(out, r.norm.n_scan);
    put_doubles(out, r.norm.n_scan, r.norm.norm_scan);
    put_doubles(out, r.norm.n_scan, r.norm.stat_scan);
    put_whole(out, r.norm.n_shared);
    put_doubles(out, r.norm.n_shared, r.norm.shared_cov);
}

static const double *get_array(reader *in, size_t n, fe_arena *arena)
{
    double *x = n ? FE_ARENA_NEWN(arena, double, n) : NULL;

    get_doubles(in, n, x);
    return x;
}

int fe_record_result_read(const void *bytes, size_t n, fe_arena *arena, fe_group_result *r, fe_err *err)
{
    reader in = { bytes, (const unsigned char *)bytes + n, false };
    double *number[N_NUMBERS];

    list_numbers(r, number);
    r->set = get_whole(&in);
    r->source = get_whole(&in);
    r->band = get_whole(&in);
    r->n_bands = get_whole(&in);
    r->norm.status = (unsigned)get_whole(&in);
    r->norm.n_iter = (int)get_whole(&in);
    for (size_t k = 0; k < N_NUMBERS; k++)
        *number[k] = get_double(&in);
    r->norm.n_scan = get_length(&in, 2 * NUMBER_SIZE);
    r->norm.norm_scan = get_array(&in, r->norm.n_scan, arena);
    r->norm.stat_scan = get_array(&in, r->norm.n_scan, arena);
    r->norm.n_shared = get_length(&in, NUMBER_SIZE);
    r->norm.shared_cov = get_array(&in, r->norm.n_shared, arena);
    return finish(&in, err);
}

/* ---- datasets ---------------------------------------------------------------------------------------------------- */

void fe_record_dataset_write(const fe_dataset *d, fe_str *out)
{
    put_text(out, d->info.file);
    put_text(out, d->info.telescop);
    put_whole(out, d->gti != NULL);
    if (!d->gti)
        return;
    put_double(out, d->gti->mjdref_i);
    put_double(out, d->gti->mjdref_f);
    put_text(out, d->gti->timesys);
    put_whole(out, d->gti->n);
    put_doubles(out, d->gti->n, d->gti->start_s);
    put_doubles(out, d->gti->n, d->gti->stop_s);
}

static fe_gti *get_gti(reader *in)
{
    fe_gti *gti = fe_gti_new();
    char *timesys;

    gti->mjdref_i = get_double(in);
    gti->mjdref_f = get_double(in);
    timesys = get_text(in);
    if (timesys)
        strncpy(gti->timesys, timesys, sizeof gti->timesys - 1);
    free(timesys);
    gti->n = gti->cap = get_length(in, 2 * NUMBER_SIZE);
    gti->start_s = FE_NEWN(double, gti->n);
    gti->stop_s = FE_NEWN(double, gti->n);
    get_doubles(in, gti->n, gti->start_s);
    get_doubles(in, gti->n, gti->stop_s);
    return gti;
}

int fe_record_dataset_read(const void *bytes, size_t n, fe_dataset **out, fe_err *err)
{
    reader in = { bytes, (const unsigned char *)bytes + n, false };
    fe_dataset *d = fe_dataset_new(1, 1, 1, 1);

    d->info.file = get_text(&in);
    d->info.telescop = get_text(&in);
    d->gti = get_whole(&in) ? get_gti(&in) : NULL;
    if (finish(&in, err) < 0) {
        fe_dataset_free(d);
        return -1;
    }
    *out = d;
    return 0;
}
