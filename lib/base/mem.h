/* mem.h -- memory that is there or ends the program.
 *
 * A request that cannot be met prints "out of memory" and exits with status 1 (a retry may help): no caller has a
 * meaningful way on.  Sizes that come out of a file are checked against the file's own length before they get here.
 * Ownership everywhere in lib/: one owner, `new` has its `free`, free(NULL) is allowed, const means borrowed.
 */
#ifndef FE_BASE_MEM_H
#define FE_BASE_MEM_H
#include <stddef.h>

void *fe_alloc(size_t n, size_t size);                 /* zeroed; n * size is checked for overflow; never NULL */
void *fe_realloc(void *p, size_t n, size_t size);      /* contents kept, growth not zeroed                     */
char *fe_strdup(const char *s);                        /* NULL stays NULL                                      */
char *fe_strndup(const char *s, size_t n);

#define FE_NEW(type) ((type *)fe_alloc(1, sizeof(type)))
#define FE_NEWN(type, n) ((type *)fe_alloc((n), sizeof(type)))

/* Make room for one more element: FE_GROW(list, n, cap) before list[n++] = x. */
#define FE_GROW(list, n, cap)                                                             \
    ((n) < (cap) ? (void)0                                                                \
                 : (void)((cap) = (cap) ? 2 * (cap) : 8,                                  \
                          (list) = fe_realloc((list), (cap), sizeof *(list))))

/*
 * For tools whose arrays are large and come and go: freed ones of up to 32 MB are kept for the next.  As new pages from the system they
 * cost a fifth of the time of a TS map.
 */
void fe_mem_reuse(void);
#endif
