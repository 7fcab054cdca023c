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
void *wamp_arena_alloc(struct wamp_arena *a, size_t size);  /* aligned for anything; NULL when memory is short */

/* A copy of s followed by a NUL (not counted); ptr is NULL when memory is short. */
struct str wamp_arena_copy(struct wamp_arena *a, struct str s);

#endif
