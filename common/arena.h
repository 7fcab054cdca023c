/* A bump allocator for what lives as long as one message.
 *
 * Blocks are never freed one by one; wamp_arena_reset forgets them all and keeps the first chunk, so that the
 * steady state allocates nothing. Addresses stay valid until reset. The zero value is an empty arena. */
#ifndef WAMP_COMMON_ARENA_H
#define WAMP_COMMON_ARENA_H

#include "common/str.h"

#include <stddef.h>

struct wamp_arena_chunk;

struct wamp_arena {
    struct wamp_arena_chunk *chunks;  /* newest first */
    size_t used;                      /* octets used of the newest */
};

void wamp_arena_fini(struct wamp_arena *a);
void wamp_arena_reset(struct wamp_arena *a);

/* Makes room for `size` octets in one chunk of just that size: for what is filled once and kept long. False when memory
 * is short. */
bool wamp_arena_reserve(struct wamp_arena *a, size_t size);
size_t wamp_arena_bytes(const struct wamp_arena *a);        /* all that it occupies */
void *wamp_arena_alloc(struct wamp_arena *a, size_t size);  /* aligned for anything; NULL when memory is short */

/* A copy of s followed by a NUL (not counted); ptr is NULL when memory is short. */
struct str wamp_arena_copy(struct wamp_arena *a, struct str s);

/* Makes *s a copy of itself in the arena. False when memory is short. */
static inline bool wamp_arena_keep(struct wamp_arena *a, struct str *s)
{
    *s = wamp_arena_copy(a, *s);
    return s->ptr != NULL;
}

#endif
