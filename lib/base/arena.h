/* arena.h -- memory that is taken piece by piece and given back at once: one arena per dataset, group or worker. */
#ifndef FE_BASE_ARENA_H
#define FE_BASE_ARENA_H
#include <stddef.h>

typedef struct fe_arena fe_arena;

fe_arena *fe_arena_new(void);
void fe_arena_free(fe_arena *arena);
void fe_arena_clear(fe_arena *arena);                           /* keep the newest block for reuse          */
void *fe_arena_alloc(fe_arena *arena, size_t n, size_t size);   /* zeroed, 64-byte aligned, never NULL      */
/* The same, packed: for many small things of pointers, doubles, text. */
void *fe_arena_small(fe_arena *arena, size_t n_bytes);
char *fe_arena_strdup(fe_arena *arena, const char *text);       /* NULL for NULL                            */
size_t fe_arena_bytes(const fe_arena *arena);                   /* bytes held now; tests assert on it       */

#define FE_ARENA_NEWN(arena, type, n) ((type *)fe_arena_alloc((arena), (n), sizeof(type)))
#endif
