#include "io/history.h"

#include <nettle/sha2.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

#include "base/mem.h"
#include "base/note.h"
#include "base/num.h"
#include "base/opt.h"
#include "base/str.h"
#include "base/tool.h"

enum { MAX_DIGESTS = 64 };

typedef struct input {              /* ten thousand runs have twice as many: small                      */
    char *path;
    size_t n_bytes;
    uint32_t crc32, digest;         /* of its SHA-256; MAX_DIGESTS: has none                            */
} input;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static input *inputs;
static size_t n_inputs, cap_inputs;
static unsigned char digests[MAX_DIGESTS + 1][SHA256_DIGEST_SIZE];      /* of the first inputs; the last is all zeros */
static uint32_t *slots;             /* hash table of inputs by sum: place + 1, 0 = free                 */
static size_t n_slots;              /* a power of 2, at least twice n_inputs                            */

static void compute_sha256(const void *data, size_t n_bytes, unsigned char digest[SHA256_DIGEST_SIZE])
{
    struct sha256_ctx ctx;

    sha256_init(&ctx);
    sha256_update(&ctx, n_bytes, data);
    sha256_digest(&ctx, SHA256_DIGEST_SIZE, digest);
}

static size_t slot_of(const input *in)
{
    return (in->crc32 ^ in->n_bytes * 0x9e3779b9u) & (n_slots - 1);
}

static void index_inputs(void)
{
    memset(slots, 0, n_slots * sizeof *slots);
    for (size_t i = 0; i < n_inputs; i++) {
        size_t k = slot_of(&inputs[i]);

        while (slots[k])
            k = (k + 1) & (n_slots - 1);
        slots[k] = (uint32_t)i + 1;
    }
}

static void make_room(void)
{
    FE_GROW(inputs, n_inputs, cap_inputs);
    if (2 * (n_inputs + 1) <= n_slots)
        return;
    n_slots = n_slots ? 2 * n_slots : 4 * MAX_DIGESTS;
    slots = fe_realloc(slots, n_slots, sizeof *slots);
    index_inputs();
}

/* What is read again is one input: each file of a run is looked at before it is read.  true: it is new. */
static bool add_input(const char *path, size_t n_bytes, uint32_t crc32)
{
    input in = { NULL, n_bytes, crc32, n_inputs < MAX_DIGESTS ? (uint32_t)n_inputs : MAX_DIGESTS };
    size_t k;

    make_room();
    for (k = slot_of(&in); slots[k]; k = (k + 1) & (n_slots - 1)) {
        const input *known = &inputs[slots[k] - 1];

        if (known->crc32 == crc32 && known->n_bytes == n_bytes && !strcmp(known->path, path))
            return false;
    }
    in.path = fe_strdup(path);
    inputs[n_inputs++] = in;
    slots[k] = (uint32_t)n_inputs;
    return true;
}

/* The bytes may be gone when the table is asked for, so sums are made now: about 0.1 ms for a file of 30 kB. */
void fe_history_input(const char *path, size_t n_bytes, const void *data)
{
    uint32_t crc32;

    if (fe_args.no_history)
        return;
    crc32 = (uint32_t)crc32_z(0, data, n_bytes);
    pthread_mutex_lock(&lock);
    if (add_input(path, n_bytes, crc32) && n_inputs <= MAX_DIGESTS)
        compute_sha256(data, n_bytes, digests[n_inputs - 1]);
    pthread_mutex_unlock(&lock);
}

/* Each a path with its terminating 0, size, CRC-32 and SHA-256: for this machine alone, as are journals' inputs. */
size_t fe_history_print_inputs(size_t first, fe_str *out)
{
    for (size_t i = first; i < n_inputs; i++) {
        fe_str_addf(out, "%zu %lx", inputs[i].n_bytes, (unsigned long)inputs[i].crc32);
        fe_str_addn(out, "", 1);
        fe_str_addn(out, digests[inputs[i].digest], SHA256_DIGEST_SIZE);
        fe_str_addn(out, inputs[i].path, strlen(inputs[i].path) + 1);
    }
    return n_inputs;
}

int fe_history_add_inputs(const void *bytes, size_t n, fe_err *err)
{
    const char *at = bytes, *end = at + n;

    while (at < end) {
        const char *sha256 = memchr(at, '\0', (size_t)(end - at)), *path;
        unsigned long crc32;
        size_t n_bytes;

        if (!sha256 || end - ++sha256 <= SHA256_DIGEST_SIZE || end[-1] || sscanf(at, "%zu %lx", &n_bytes, &crc32) != 2)
            return fe_fail(err, FE_ESYS, NULL, "a record of the journal is no list of inputs");
        path = sha256 + SHA256_DIGEST_SIZE;
        at = path + strlen(path) + 1;
        if (add_input(path, n_bytes, (uint32_t)crc32) && n_inputs <= MAX_DIGESTS)
            memcpy(digests[n_inputs - 1], sha256, SHA256_DIGEST_SIZE);
    }
    return 0;
}

size_t fe_history_n_inputs(void)
{
    return n_inputs;
}

void fe_history_forget(void)
{
    for (size_t i = 0; i < n_inputs; i++)
        free(inputs[i].path);
    free(slots);
    slots = NULL;
    n_slots = n_inputs = 0;
}

/* ---- the table: rows of key and value ----------------------------------------------------------------------- */

static void add_row(fe_strv *rows, const char *key, const char *value)
{
    fe_strv_add(rows, key);
    fe_strv_add(rows, value);
}

/* The clock is not asked: the same call gives the same bytes.  reproducible-builds.org/specs/source-date-epoch */
static void add_date(fe_strv *rows)
{
    const char *epoch = getenv("SOURCE_DATE_EPOCH");
    char text[32];
    struct tm tm;
    long seconds;

    if (!epoch || fe_num_parse_long(epoch, &seconds) < 0 || !gmtime_r(&(time_t){ seconds }, &tm))
        return;
    if (strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm))
        add_row(rows, "date", text);
}

static int by_path(const void *a, const void *b)
{
    const input *x = a, *y = b;
    int order = strcmp(x->path, y->path);

    return order ? order : (x->crc32 > y->crc32) - (x->crc32 < y->crc32);
}

/* Sorted, for threads read in any order; so with too many inputs for SHA-256 none has it, not the last ones. */
static void add_inputs(fe_strv *rows)
{
    if (n_inputs) {
        qsort(inputs, n_inputs, sizeof *inputs, by_path);
        index_inputs();
    }
    for (size_t i = 0; i < n_inputs; i++) {
        fe_str text = { 0 };

        fe_str_addf(&text, "%s size=%zu ", inputs[i].path, inputs[i].n_bytes);
        if (n_inputs > MAX_DIGESTS)
            fe_str_addf(&text, "crc32=%08lx", (unsigned long)inputs[i].crc32);
        else
            fe_str_add(&text, "sha256=");
        for (size_t k = 0; k < SHA256_DIGEST_SIZE && n_inputs <= MAX_DIGESTS; k++)
            fe_str_addf(&text, "%02x", digests[inputs[i].digest][k]);
        add_row(rows, "input", text.s);
        fe_str_free(&text);
    }
}

/* The rows' strings become the table's: of many inputs they are not there twice. */
static fe_table *make_table(fe_strv *rows)
{
    fe_table *t = fe_table_new("PROV", rows->n / 2);

    for (size_t k = 0; k < 2; k++) {
        fe_column *c = fe_table_add(t, k ? "value" : "key", FE_COL_STRING, "", 1);

        for (size_t i = 0; i < t->n_rows; i++)
            c->v.s[i] = rows->s[2 * i + k];
    }
    rows->n = 0;
    return t;
}

fe_table *fe_history_table(void)
{
    const char *command = fe_tool_command_line();
    fe_strv rows = { 0 };
    fe_table *t;

    add_row(&rows, "tool", fe_tool_name());
    add_row(&rows, "version", fe_version);
    add_row(&rows, "command", command ? command : "");
    add_date(&rows);
    pthread_mutex_lock(&lock);
    add_inputs(&rows);
    pthread_mutex_unlock(&lock);
    for (size_t i = 0; i < fe_note_count(); i++)
        add_row(&rows, "note", fe_note_text(i));
    t = make_table(&rows);
    fe_strv_free(&rows);
    return t;
}

void fe_history_comment(fe_str *out)
{
    fe_table *t;

    if (fe_args.no_history || !fe_tool_command_line())
        return;
    t = fe_history_table();
    for (size_t i = 0; i < t->n_rows; i++) {
        fe_str_addf(out, "# %s: ", t->col[0].v.s[i]);
        for (const char *p = t->col[1].v.s[i]; *p; p++)
            fe_str_addn(out, *p == '\n' || *p == '\r' ? " " : p, 1);
        fe_str_add(out, "\n");
    }
    fe_table_free(t);
}
