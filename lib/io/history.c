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

enum { MAX_DIGESTS = 64, MIN_SLOTS = 256 };

typedef struct input {              /* held until the table is made, or handed over                     */
    char *path;
    size_t n_bytes;
    uint32_t crc32, digest;         /* of its SHA-256; MAX_DIGESTS: has none                            */
} input;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static input *inputs;
static size_t n_held, cap_inputs;
static size_t n_inputs;             /* those held, and those handed over                                */
static unsigned char digests[MAX_DIGESTS + 1][SHA256_DIGEST_SIZE];      /* of the first inputs; the last is all zeros */
static uint64_t *known;             /* set of inputs by hash, 0 = free: ten thousand runs have twice as many */
static size_t n_slots;              /* a power of 2, more than 4/3 n_inputs                             */

static void compute_sha256(const void *data, size_t n_bytes, unsigned char digest[SHA256_DIGEST_SIZE])
{
    struct sha256_ctx ctx;

    sha256_init(&ctx);
    sha256_update(&ctx, n_bytes, data);
    sha256_digest(&ctx, SHA256_DIGEST_SIZE, digest);
}

/* ---- which inputs there are ----------------------------------------------------------------------------------- */

/* FNV-1a of the path, size and sum: two of 10^5 inputs are alike with a chance of 10^-10. */
static uint64_t hash_of(const char *path, size_t n_bytes, uint32_t crc32)
{
    static const uint64_t prime = UINT64_C(0x100000001b3);
    uint64_t h = UINT64_C(0xcbf29ce484222325);

    for (; *path; path++)
        h = (h ^ (unsigned char)*path) * prime;
    h = (h ^ n_bytes) * prime;
    h = (h ^ crc32) * prime;
    h ^= h >> 32;
    return h ? h : 1;
}

/* false: it is there. */
static bool put_hash(uint64_t h)
{
    size_t k = h & (n_slots - 1);

    for (; known[k]; k = (k + 1) & (n_slots - 1))
        if (known[k] == h)
            return false;
    known[k] = h;
    return true;
}

static void make_room(void)
{
    uint64_t *old = known;
    size_t n_old = n_slots;

    if (3 * n_slots > 4 * (n_inputs + 1))
        return;
    n_slots = n_old ? 2 * n_old : MIN_SLOTS;
    known = FE_NEWN(uint64_t, n_slots);
    for (size_t i = 0; i < n_old; i++)
        if (old[i])
            put_hash(old[i]);
    free(old);
}

/* What is read again is one input: a file of a run may be looked at before it is read. */
static bool is_new(const char *path, size_t n_bytes, uint32_t crc32)
{
    make_room();
    if (!put_hash(hash_of(path, n_bytes, crc32)))
        return false;
    n_inputs++;
    return true;
}

static uint32_t digest_of(size_t number)
{
    return number < MAX_DIGESTS ? (uint32_t)number : MAX_DIGESTS;
}

static void hold(const char *path, size_t n_bytes, uint32_t crc32, uint32_t digest)
{
    FE_GROW(inputs, n_held, cap_inputs);
    inputs[n_held++] = (input){ fe_strdup(path), n_bytes, crc32, digest };
}

/* The bytes may be gone when the table is asked for, so sums are made now: about 0.1 ms for a file of 30 kB. */
void fe_history_input(const char *path, size_t n_bytes, const void *data)
{
    uint32_t crc32;

    if (fe_args.no_history)
        return;
    crc32 = (uint32_t)crc32_z(0, data, n_bytes);
    pthread_mutex_lock(&lock);
    if (is_new(path, n_bytes, crc32)) {
        hold(path, n_bytes, crc32, digest_of(n_inputs - 1));
        if (n_inputs <= MAX_DIGESTS)
            compute_sha256(data, n_bytes, digests[n_inputs - 1]);
    }
    pthread_mutex_unlock(&lock);
}

static void let_go(void)
{
    for (size_t i = 0; i < n_held; i++)
        free(inputs[i].path);
    n_held = 0;
}

void fe_history_forget(void)
{
    let_go();
    free(known);
    known = NULL;
    n_slots = n_inputs = 0;
}

/* ---- handed over to a journal, and back ------------------------------------------------------------------------ */

/* Each a path with its terminating 0, size, CRC-32 and SHA-256: for this machine alone, as are journals' inputs. */
void fe_history_hand_over(fe_str *out)
{
    for (size_t i = 0; i < n_held; i++) {
        fe_str_addf(out, "%zu %lx", inputs[i].n_bytes, (unsigned long)inputs[i].crc32);
        fe_str_addn(out, "", 1);
        fe_str_addn(out, digests[inputs[i].digest], SHA256_DIGEST_SIZE);
        fe_str_addn(out, inputs[i].path, strlen(inputs[i].path) + 1);
    }
    let_go();
}

typedef struct handed { const char *path; size_t n_bytes; uint32_t crc32; const unsigned char *sha256; } handed;

/* The next of them; 0: there is none. */
static int next_handed(const char **at, const char *end, handed *out, fe_err *err)
{
    const char *sha256 = *at < end ? memchr(*at, '\0', (size_t)(end - *at)) : NULL;
    unsigned long crc32;

    if (*at >= end)
        return 0;
    if (!sha256 || end - ++sha256 <= SHA256_DIGEST_SIZE || end[-1] || sscanf(*at, "%zu %lx", &out->n_bytes, &crc32) != 2)
        return fe_fail(err, FE_ESYS, NULL, "a record of the journal is no list of inputs");
    out->crc32 = (uint32_t)crc32;
    out->sha256 = (const unsigned char *)sha256;
    out->path = sha256 + SHA256_DIGEST_SIZE;
    *at = out->path + strlen(out->path) + 1;
    return 1;
}

/* What was read before the journal was opened, and stands in it. */
static void drop_held(const handed *in)
{
    size_t n = 0;

    for (size_t i = 0; i < n_held; i++)
        if (inputs[i].crc32 == in->crc32 && inputs[i].n_bytes == in->n_bytes && !strcmp(inputs[i].path, in->path))
            free(inputs[i].path);
        else
            inputs[n++] = inputs[i];
    n_held = n;
}

int fe_history_know(const void *bytes, size_t n, fe_err *err)
{
    const char *at = bytes;
    handed in;
    int rc;

    while ((rc = next_handed(&at, (const char *)bytes + n, &in, err)) > 0)
        if (!is_new(in.path, in.n_bytes, in.crc32))
            drop_held(&in);
        else if (n_inputs <= MAX_DIGESTS)
            memcpy(digests[n_inputs - 1], in.sha256, SHA256_DIGEST_SIZE);
    return rc;
}

/* They come in the order in which they went, all of them: the first has the first digest again. */
int fe_history_take_back(const void *bytes, size_t n, fe_err *err)
{
    const char *at = bytes;
    handed in;
    int rc;

    while ((rc = next_handed(&at, (const char *)bytes + n, &in, err)) > 0)
        hold(in.path, in.n_bytes, in.crc32, digest_of(n_held));
    return rc;
}

size_t fe_history_n_inputs(void)
{
    return n_inputs;
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

/* With too many inputs for SHA-256 none has it, not the last ones. */
static void add_input(fe_strv *rows, const char *path, size_t n_bytes, uint32_t crc32, const unsigned char *sha256)
{
    fe_str text = { 0 };

    fe_str_addf(&text, "%s size=%zu ", path, n_bytes);
    if (n_inputs > MAX_DIGESTS)
        fe_str_addf(&text, "crc32=%08lx", (unsigned long)crc32);
    else
        fe_str_add(&text, "sha256=");
    for (size_t k = 0; k < SHA256_DIGEST_SIZE && n_inputs <= MAX_DIGESTS; k++)
        fe_str_addf(&text, "%02x", sha256[k]);
    add_row(rows, "input", text.s);
    fe_str_free(&text);
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

static void add_head(fe_strv *rows)
{
    const char *command = fe_tool_command_line();

    add_row(rows, "tool", fe_tool_name());
    add_row(rows, "version", fe_version);
    add_row(rows, "command", command ? command : "");
    add_date(rows);
}

static void add_notes(fe_strv *rows)
{
    for (size_t i = 0; i < fe_note_count(); i++)
        add_row(rows, "note", fe_note_text(i));
}

static fe_table *table_of(fe_strv *rows)
{
    fe_table *t = make_table(rows);

    fe_strv_free(rows);
    return t;
}

fe_table *fe_history_table(void)
{
    fe_strv rows = { 0 };

    add_head(&rows);
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < n_held; i++)
        add_input(&rows, inputs[i].path, inputs[i].n_bytes, inputs[i].crc32, digests[inputs[i].digest]);
    pthread_mutex_unlock(&lock);
    add_notes(&rows);
    return table_of(&rows);
}

fe_table *fe_history_head(void)
{
    fe_strv rows = { 0 };

    add_head(&rows);
    return table_of(&rows);
}

fe_table *fe_history_notes(void)
{
    fe_strv rows = { 0 };

    add_notes(&rows);
    return table_of(&rows);
}

int fe_history_handed(const void *bytes, size_t n, fe_table **out, fe_err *err)
{
    const char *at = bytes;
    fe_strv rows = { 0 };
    handed in;
    int rc;

    while ((rc = next_handed(&at, (const char *)bytes + n, &in, err)) > 0)
        add_input(&rows, in.path, in.n_bytes, in.crc32, in.sha256);
    *out = table_of(&rows);
    return rc;
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
