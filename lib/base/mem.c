#include "base/mem.h"

#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *checked(void *p)
{
    if (p)
        return p;
    fputs("out of memory\n", stderr);
    exit(1);
}

void *fe_alloc(size_t n, size_t size)
{
    return checked(calloc(n ? n : 1, size ? size : 1));     /* calloc checks the product */
}

void *fe_realloc(void *p, size_t n, size_t size)
{
    if (size && n > SIZE_MAX / size)
        checked(NULL);
    return checked(realloc(p, n && size ? n * size : 1));
}

char *fe_strdup(const char *s)
{
    return s ? fe_strndup(s, strlen(s)) : NULL;
}

char *fe_strndup(const char *s, size_t n)
{
    char *copy = fe_realloc(NULL, n + 1, 1);

    memcpy(copy, s, n);
    copy[n] = 0;
    return copy;
}

void fe_mem_reuse(void)
{
    enum { KEPT = 32 << 20 };                   /* the most that glibc takes */

    mallopt(M_MMAP_THRESHOLD, KEPT);
    mallopt(M_TRIM_THRESHOLD, 2 * KEPT);
}
