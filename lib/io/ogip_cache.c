/* Responses read lately: many runs share an ARF and an RMF.  A file is known by what the system says of it. */
#include "io/ogip_parts.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"

enum { MAX_ENTRIES = 64 };

static const size_t MAX_BYTES = (size_t)64 << 20;

typedef struct entry {
    struct stat st;
    fe_ogip_response *response;
    unsigned long used;             /* when                                                             */
} entry;

struct fe_ogip_cache {
    entry entry[MAX_ENTRIES];
    size_t n, n_bytes;
    unsigned long clock;
};

fe_ogip_cache *fe_ogip_cache_new(void)
{
    return FE_NEW(fe_ogip_cache);
}

static void drop(fe_ogip_cache *cache, size_t k)
{
    cache->n_bytes -= cache->entry[k].response->n_bytes;
    fe_ogip_response_free(cache->entry[k].response);
    cache->entry[k] = cache->entry[--cache->n];
}

void fe_ogip_cache_free(fe_ogip_cache *cache)
{
    if (!cache)
        return;
    while (cache->n)
        drop(cache, cache->n - 1);
    free(cache);
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static entry *find(fe_ogip_cache *cache, const struct stat *st)
{
    for (size_t k = 0; k < cache->n; k++)
        if (is_same_file(&cache->entry[k].st, st))
            return &cache->entry[k];
    return NULL;
}

static void drop_oldest(fe_ogip_cache *cache)
{
    size_t oldest = 0;

    for (size_t k = 1; k < cache->n; k++)
        if (cache->entry[k].used < cache->entry[oldest].used)
            oldest = k;
    drop(cache, oldest);
}

static entry *add(fe_ogip_cache *cache, const struct stat *st, fe_ogip_response *r)
{
    while (cache->n && (cache->n == MAX_ENTRIES || cache->n_bytes + r->n_bytes > MAX_BYTES))
        drop_oldest(cache);
    cache->n_bytes += r->n_bytes;
    cache->entry[cache->n] = (entry){ .st = *st, .response = r };
    return &cache->entry[cache->n++];
}

bool fe_ogip_cache_knows(const fe_ogip_cache *cache, const char *path)
{
    for (size_t k = 0; cache && k < cache->n; k++)
        if (!strcmp(cache->entry[k].response->file, path))
            return true;
    return false;
}

int fe_ogip_cache_get(fe_ogip_cache *cache, const char *path, fe_ogip_response **out, fe_err *err)
{
    struct stat st;
    entry *e;

    if (!cache || stat(path, &st) < 0)          /* what is wrong with the file, reading will say */
        return fe_ogip_response_read(path, out, err);
    e = find(cache, &st);
    if (!e) {
        if (fe_ogip_response_read(path, out, err) < 0)
            return -1;
        e = add(cache, &st, *out);
    }
    e->used = ++cache->clock;
    *out = e->response;
    (*out)->n_owners++;
    return 0;
}
