#include "base/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { ALIGN = 64, ALIGN_SMALL = 8, FIRST_BLOCK = 16384, MAX_BLOCK = 262144 };

typedef struct block {
    struct block *next;
    size_t size, used;
    unsigned char *data;
} block;

struct fe_arena {
    block *top;                 /* newest */
};

fe_arena *fe_arena_new(void)
{
    return FE_NEW(fe_arena);
}

static void free_blocks(block *b)
{
    while (b) {
        block *next = b->next;

        free(b->data);
        free(b);
        b = next;
    }
}

void fe_arena_free(fe_arena *arena)
{
    if (!arena)
        return;
    free_blocks(arena->top);
    free(arena);
}

void fe_arena_clear(fe_arena *arena)
{
    if (!arena->top)
        return;
    free_blocks(arena->top->next);
    arena->top->next = NULL;
    arena->top->used = 0;
}

static block *add_block(fe_arena *arena, size_t need)
{
    block *b = FE_NEW(block);

    b->size = arena->top ? 2 * arena->top->size : FIRST_BLOCK;
    if (b->size > MAX_BLOCK)                            /* what is left free of the last one is a constant */
        b->size = MAX_BLOCK;
    if (b->size < need + ALIGN)
        b->size = need + ALIGN;
    b->data = fe_alloc(b->size, 1);
    b->next = arena->top;
    return arena->top = b;
}

static void *take(fe_arena *arena, size_t need, size_t align)
{
    size_t start = 0;
    block *b = arena->top;

    if (b)
        start = b->used + (align - (uintptr_t)(b->data + b->used) % align) % align;
    if (!b || start > b->size || b->size - start < need) {
        b = add_block(arena, need);
        start = (align - (uintptr_t)b->data % align) % align;
    }
    b->used = start + need;
    return memset(b->data + start, 0, need);
}

void *fe_arena_alloc(fe_arena *arena, size_t n, size_t size)
{
    if (size && n > (SIZE_MAX - ALIGN) / size)
        return fe_alloc(n, size);                       /* ends the program with the one message */
    return take(arena, n * size, ALIGN);
}

void *fe_arena_small(fe_arena *arena, size_t n_bytes)
{
    return take(arena, n_bytes, ALIGN_SMALL);
}

char *fe_arena_strdup(fe_arena *arena, const char *text)
{
    return text ? memcpy(take(arena, strlen(text) + 1, 1), text, strlen(text)) : NULL;
}

size_t fe_arena_bytes(const fe_arena *arena)
{
    size_t bytes = 0;

    for (const block *b = arena->top; b; b = b->next)
        bytes += b->size;
    return bytes;
}
