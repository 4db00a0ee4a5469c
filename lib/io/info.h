/* info.h -- what a file is, in plain words: a list of facts, the same for people and for programs. */
#ifndef FE_IO_INFO_H
#define FE_IO_INFO_H
#include <stdbool.h>
#include <stddef.h>
#include "base/err.h"
#include "base/str.h"

typedef struct fe_fact {
    char *key, *text;               /* "sed_type", "dnde"                                               */
} fe_fact;

typedef struct fe_facts {
    fe_fact *fact;
    size_t n, cap;
} fe_facts;

/* Facts of the file at path ("-": stdin), the first being "kind"; -1 (FE_EDATA): unreadable, or nothing these tools know. */
int fe_info_collect(const char *path, fe_facts *out, fe_err *err) FE_RESULT;
void fe_facts_free(fe_facts *);
void fe_facts_add(fe_facts *, const char *key, const char *fmt, ...) FE_PRINTF(3, 4);

struct fe_dataset;
/* info_map.c: where its pixels are, what lies on them, and n_used of its bins that the masks allow. */
void fe_info_tell_map(const struct fe_dataset *, size_t n_used, fe_facts *);
struct fe_bytes;
int fe_info_tell_fluxmap(const struct fe_bytes *, fe_facts *, fe_err *err);

void fe_facts_print(const fe_facts *, const char *path, fe_str *out);          /* aligned lines             */
void fe_facts_print_json(const fe_facts *, const char *path, fe_str *out);     /* one object; numbers bare; repeated keys: lists */
#endif
